//! Tools and base images without a version.

use std::collections::HashSet;

use crate::{
    callers::image_name,
    dockerfile::{
        Dockerfile,
        image::ImageRef,
        stage::{Base, Stage},
    },
    ecosystems::{self, MANAGERS, images::stages},
    project::{File, Project},
    run::Site,
    text::{Place, RepoPath},
};

/// A place, and what is not pinned there.
pub(super) struct Unpinned {
    pub(super) place: Place,
    pub(super) what: String,
}

/// The names of the images that the project builds: whoever builds on them gets what was built last.
pub(super) fn own_images(project: &Project) -> HashSet<&str> {
    let builds = project.files().flat_map(|it| &it.callers().builds);
    builds.flat_map(|it| &it.tags).map(String::as_str).collect()
}

/// The base images of a Dockerfile that have no tag, or `latest`, and are not made by the project itself.
pub(super) fn bases(file: &File, dockerfile: &Dockerfile, own: &HashSet<&str>) -> Vec<Unpinned> {
    let unpinned = |stage: &Stage<'_>| {
        let Base::Image(image) = stage.base else { return None };
        let reference = ImageRef::parse(image);
        let is_open = reference.digest.is_none() && reference.tag.is_none_or(|it| it == "latest");
        let is_own = image_name(image).is_some_and(|it| own.contains(it.as_str()));
        let is_known = !image.contains('$') && image != "scratch" && !is_own;
        let place = dockerfile.place(&file.path, stage.from);
        (is_open && is_known).then(|| Unpinned { place, what: format!("FROM {image}") })
    };
    stages(dockerfile).iter().filter_map(unpinned).collect()
}

/// The RUNs of a Dockerfile that install a package manager from an index, in whatever version is the newest.
pub(super) fn tools(path: &RepoPath, dockerfile: &Dockerfile) -> Vec<Unpinned> {
    let site = Site::new(path, dockerfile);
    let mut found = Vec::new();
    for stage in &site.stages {
        for (item, _, _) in stage.instructions() {
            let Ok(run) = site.run(stage, item) else { continue };
            for it in run.calls() {
                let call = &it.call;
                if !ecosystems::takes_packages(&call.program)
                    || ecosystems::installs_packages(call) != Some(true)
                {
                    continue;
                }
                let tools = call.texts().filter(|it| is_other_tool(it, &call.program));
                let tools: Vec<&str> = tools.collect();
                if !tools.is_empty() {
                    let what = format!("{} without a version", tools.join(", "));
                    found.push(Unpinned { place: site.place(item), what });
                }
            }
        }
    }
    found
}

/// Whether a word is the package of a manager and nothing more, and not of the one that installs it.
fn is_other_tool(word: &str, program: &str) -> bool {
    let found = MANAGERS.iter().find(|it| it.packages.contains(&word));
    found.is_some_and(|it| !it.has_program(program))
}
