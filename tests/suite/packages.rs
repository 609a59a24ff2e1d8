//! What is known of the system packages that real Dockerfiles of Python programs install.

use crate::support;
use std::collections::BTreeMap;

use refit::{
    dockerfile::Dockerfile,
    ecosystems::{
        images::{self, Release},
        system::{
            self, System, What,
            apt::{self, Role},
        },
    },
    run::Site,
};

const RELEASES: [Release; 5] =
    [Release::BULLSEYE, Release::BOOKWORM, Release::TRIXIE, Release::JAMMY, Release::NOBLE];

#[test]
fn most_of_what_real_dockerfiles_install_is_known() {
    let Some(mut files) = support::dockerfiles() else { return };
    files.retain(|it| support::is_python(&it.1));
    let mut tally: BTreeMap<&str, usize> = BTreeMap::new();
    let mut unknown: BTreeMap<String, usize> = BTreeMap::new();
    for (path, text) in files {
        let dockerfile = Dockerfile::parse(text);
        let site = Site::new(&path, &dockerfile);
        for stage in &site.stages {
            for run in site.runs(stage, &["apt"]).filter_map(|it| site.run(stage, it).ok()) {
                let image = run.state.image.as_deref().map(images::named);
                let release = image.and_then(|it| it.release());
                let wanted = run.calls().iter().filter_map(|it| system::wanted(&it.call));
                for item in wanted.filter(|it| it.system == System::Apt).flat_map(|it| it.items) {
                    let What::Package { name, .. } = item.what else {
                        *tally.entry("no package").or_default() += 1;
                        continue;
                    };
                    let kind = match apt::role(name, release.unwrap_or(Release::ANY)) {
                        Role::BuildOnly => "only builds",
                        Role::Runtime(_) => "another one at run time",
                        Role::Both if apt::programs(name).is_some() => "a tool",
                        Role::Both if name.ends_with("-dev") && !apt::is_python(name) => {
                            let known =
                                RELEASES.iter().any(|it| apt::role(name, *it) != Role::Both);
                            if !known {
                                *unknown.entry(name.to_owned()).or_default() += 1;
                            }
                            if known { "-dev, differs by release" } else { "-dev, unknown" }
                        }
                        Role::Both => "stays",
                    };
                    *tally.entry(kind).or_default() += 1;
                }
            }
        }
    }
    println!("{tally:#?}");
    let mut unknown: Vec<_> = unknown.into_iter().collect();
    unknown.sort_by_key(|it| std::cmp::Reverse(it.1));
    println!("unknown: {:?}", &unknown[..unknown.len().min(30)]);
    let count = |it: &str| tally.get(it).copied().unwrap_or(0);
    let known = count("another one at run time") + count("-dev, differs by release");
    assert!(count("-dev, unknown") * 4 < known, "{tally:?}");
}
