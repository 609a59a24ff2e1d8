//! What builds speak against is left out, and nothing else.

use std::{collections::BTreeSet, fs, time::Duration};

use libtest_mimic::Failed;
use refit::{
    dockerfile::{Dockerfile, Keyword},
    engine::{
        Transform,
        plan::{self, Plan, codes, plan},
        settings::Settings,
    },
    load::{self, load},
    project::{
        Project,
        change::{Alteration, Change, FileChange, Outcome, Safety},
    },
    text::{Edit, Place},
    verify::{
        Options, Verification,
        builder::{Builder, Choice},
        edits::EditKind,
        images::images,
        report::{ImageReport, Verdict},
        run::{How, Run},
        settle::settle,
    },
};
use tempfile::TempDir;

use crate::{BASE, build_options, written};

/// Adds a RUN, and says so.
fn add(project: &Project, title: &str, script: &str) -> Outcome {
    let alters = vec![Alteration::Run(script.to_owned())];
    edited(project, title, script, alters, |it| {
        it.insert_before(it.items.len() - 1, &format!("RUN {script}"))
    })
}

/// Edits each Dockerfile that does not say `done` yet.
pub fn edited(
    project: &Project,
    title: &str,
    done: &str,
    alters: Vec<Alteration>,
    edit: impl Fn(&Dockerfile) -> Edit,
) -> Outcome {
    let mut outcome = Outcome::default();
    for (file, dockerfile) in project.dockerfiles() {
        if file.text.contains(done) {
            continue;
        }
        outcome.changes.push(Change {
            title: title.to_owned(),
            reason: "a test wants it".to_owned(),
            safety: Safety::Review,
            place: Place::line(&file.path, 1),
            files: [(file.path.clone(), FileChange::Edit(vec![edit(dockerfile)]))].into(),
            alters: alters.clone(),
        });
    }
    outcome
}

const FIRST: Transform = Transform {
    name: "first",
    docs: "",
    codes: &[],
    options: None,
    run: |project: &Project, _: &Settings| add(project, "note one", "echo one > /one"),
};
/// Right for `a`, which has no such file; `b` cannot do without it.
const WRONG: Transform = Transform {
    name: "wrong",
    docs: "",
    codes: &[],
    options: None,
    run: |project: &Project, _: &Settings| add(project, "tidy up", "rm -f /opt/data"),
};
const LAST: Transform = Transform {
    name: "last",
    docs: "",
    codes: &[],
    options: None,
    run: |project: &Project, _: &Settings| add(project, "note two", "echo two > /two"),
};

/// Right where a package manager caches; what is made of the source outlives an edit of it there.
const STALE: Transform = Transform {
    name: "stale",
    docs: "",
    codes: &[],
    options: None,
    run: |project: &Project, _: &Settings| {
        let mount = "--mount=type=cache,target=/root/.cache/pip";
        edited(project, "keep a cache", mount, Vec::new(), |it| {
            let run = it.instructions().find(|it| it.1.keyword == Keyword::Run).unwrap();
            it.add_flags(run.1, &[mount.to_owned()], &[])
        })
    },
};

/// Two services; the data of one is all in the image.
fn project() -> TempDir {
    let a = format!("FROM {BASE}\nCOPY main.sh /\nCMD [\"sh\", \"/main.sh\"]\n");
    let b = format!("FROM {BASE}\nCOPY data /opt/data\nCMD [\"cat\", \"/opt/data\"]\n");
    written(&[
        ("a/Dockerfile", a.as_str()),
        ("a/main.sh", "echo a\n"),
        ("b/Dockerfile", b.as_str()),
        ("b/data", "1\n"),
    ])
}

pub fn options(smoke: Option<&str>) -> Options {
    Options {
        build_options: build_options(),
        timeout: Duration::from_secs(300),
        no_syntax: true,
        smoke: smoke.map(str::to_owned),
        rebuilds: BTreeSet::new(),
        run: Run { how: How::Auto, seconds: 5, network: None },
        keep: false,
        jobs: 2,
    }
}

pub fn a_step_that_breaks_is_left_out() -> Result<(), Failed> {
    let (folder, scratch) = (project(), tempfile::tempdir()?);
    let loaded = load(&[folder.path().to_owned()], &load::Options::default())?;
    let builder = Builder::find(Choice::Auto)?;
    let options = options(None);
    let verification =
        Verification::new(&builder, &options, (&loaded.root, scratch.path()), None, &|_| {});
    let plan = |without: &[plan::Without]| -> Plan {
        let options = plan::Options { without: without.to_vec(), ..plan::Options::default() };
        plan(loaded.project.clone(), &[FIRST, WRONG, LAST], &options)
    };
    let settled = settle(&verification, plan)?;
    let left: Vec<_> = settled
        .left_out
        .iter()
        .map(|it| (it.dockerfile.as_str(), it.transform, it.is_bug))
        .collect();
    assert_eq!(left, [("b/Dockerfile", Some("wrong"), true)]);
    assert!(
        settled.images.iter().all(|it| it.verdict == Verdict::Verified),
        "{:?}",
        settled.images
    );
    for path in ["a/Dockerfile", "b/Dockerfile"] {
        let text = &settled.plan.after().file(path).unwrap().text;
        assert!(text.contains("/one") && text.contains("/two"), "{text}");
        assert_eq!(text.contains("rm -f"), path.starts_with('a'), "{text}");
    }
    let declined: Vec<_> =
        settled.plan.declines.iter().map(|it| (it.transform, it.why.code)).collect();
    assert_eq!(declined, [("wrong", codes::UNVERIFIED)]);
    // Nothing of it is in the project's folder.
    assert!(!fs::read_to_string(folder.path().join("b/Dockerfile"))?.contains("RUN"));
    Ok(())
}

/// What comes of the first image that a transform touches.
fn first_image(
    folder: &TempDir,
    transform: Transform,
    options: &Options,
) -> Result<ImageReport, Failed> {
    let scratch = tempfile::tempdir()?;
    let loaded = load(&[folder.path().to_owned()], &load::Options::default())?;
    let builder = Builder::find(Choice::Auto)?;
    let plan = plan(loaded.project.clone(), &[transform], &plan::Options::default());
    let folders = (loaded.root.as_path(), scratch.path());
    let verification = Verification::new(&builder, options, folders, None, &|_| {});
    Ok(verification.image(&plan, &images(&plan).0[0]))
}

pub fn a_smoke_test_sees_a_difference() -> Result<(), Failed> {
    let folder = project();
    let verdict = |smoke: &str| -> Result<_, Failed> {
        let report = first_image(&folder, FIRST, &options(Some(smoke)))?;
        Ok((report.verdict, report.differences))
    };
    assert_eq!(verdict("cat /main.sh")?, (Verdict::Verified, Vec::new()));
    let (seen, why) = verdict("test -e /one")?;
    assert_eq!(seen, Verdict::Differs);
    assert_eq!(why, ["`test -e /one`: exit code 1 before, exit code 0 after"]);
    assert_eq!(verdict("ls /")?.1, ["`ls /` prints something else"]);
    Ok(())
}

pub fn a_stale_cache_is_a_difference() -> Result<(), Failed> {
    let cached = "/root/.cache/pip/main.sh";
    let dockerfile = format!(
        "FROM {BASE}\nCOPY main.sh /\nRUN mkdir -p /root/.cache/pip && cp --no-clobber /main.sh {cached} \
         && cp {cached} /made.sh\nCMD [\"sh\", \"/made.sh\"]\n"
    );
    let folder = written(&[("Dockerfile", dockerfile.as_str()), ("main.sh", "echo a\n")]);
    let options = Options { rebuilds: [EditKind::Source].into(), ..options(None) };
    let report = first_image(&folder, STALE, &options)?;
    let why = "built again after edits: 1 file is not the same: /made.sh";
    assert_eq!((report.verdict, report.differences), (Verdict::Differs, vec![why.to_owned()]));
    Ok(())
}
