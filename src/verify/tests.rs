//! Plans that are verified with an engine which says what a test has written down.
#![allow(clippy::unwrap_used, reason = "tests may")]

use std::{fs, os::unix::fs::symlink};

use tempfile::TempDir;

use super::*;
use crate::{
    ecosystems::complaints::Cause,
    engine::plan::{self, Plan, plan},
    project::Project,
    text::RepoPath,
    transforms,
    verify::{
        batch::Batch,
        images::{Image, images},
        run::{How, Run},
    },
};

/// A project on disk, an engine, and the verdicts of a user.
struct Bench {
    project: TempDir,
    engine: TempDir,
    verdicts: TempDir,
}

/// A Dockerfile that a plan changes, with a comment for the engine.
fn dockerfile(comment: &str) -> String {
    format!(
        "{comment}\nFROM python:3.12-slim\nARG TOKEN\nCOPY requirements.txt main.py ./\n\
         RUN pip install --no-cache-dir -r requirements.txt\nCMD [\"python\", \"main.py\"]\n"
    )
}

impl Bench {
    /// Services, each with a comment in its Dockerfile.
    fn new(services: &[(&str, &str)]) -> Self {
        let [project, engine, verdicts] = [(); 3].map(|()| tempfile::tempdir().unwrap());
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/verify/run/fake-engine.sh");
        symlink(script, engine.path().join("docker")).unwrap();
        let bench = Self { project, engine, verdicts };
        for (name, comment) in services {
            bench.write(&format!("{name}/Dockerfile"), &dockerfile(comment));
            bench.write(&format!("{name}/requirements.txt"), "six==1.16.0\n");
            bench.write(&format!("{name}/main.py"), "print(1)\n");
        }
        bench
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.project.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn plan(&self) -> Plan {
        let mut files = Vec::new();
        for folder in fs::read_dir(self.project.path()).unwrap() {
            for file in fs::read_dir(folder.unwrap().path()).unwrap() {
                let file = file.unwrap().path();
                let path = file.strip_prefix(self.project.path()).unwrap().to_str().unwrap();
                files.push((RepoPath::new(path).unwrap(), fs::read_to_string(&file).unwrap()));
            }
        }
        plan(Project::new(files), transforms::ALL, &plan::Options::default())
    }

    fn verify(&self, jobs: usize, rebuilds: &[EditKind]) -> Batch {
        self.verify_as(jobs, rebuilds, true)
    }

    fn verify_as(&self, jobs: usize, rebuilds: &[EditKind], is_asked: bool) -> Batch {
        let builder = Builder::fake(&self.engine.path().join("docker"));
        let options = Options {
            build_options: vec!["--secret=id=a".to_owned()],
            timeout: Duration::from_secs(60),
            no_syntax: true,
            smoke: None,
            rebuilds: rebuilds.iter().copied().collect(),
            run: Run { how: How::None, seconds: 0, network: None },
            keep: false,
            jobs,
        };
        let scratch = tempfile::tempdir().unwrap();
        let folders = (self.project.path(), scratch.path());
        let verdicts = Verdicts::new(self.verdicts.path().to_owned(), is_asked);
        let _ = fs::remove_file(self.engine.path().join("calls"));
        let verification = Verification::new(&builder, &options, folders, Some(verdicts), &|_| {});
        let plan = self.plan();
        let (images, _) = images(&plan);
        verification.images(&plan, &images.iter().collect::<Vec<&Image>>())
    }

    fn calls(&self) -> Vec<String> {
        let calls = fs::read_to_string(self.engine.path().join("calls")).unwrap_or_default();
        calls.lines().map(str::to_owned).collect()
    }

    /// The builds of images, not those that fetch a base.
    fn builds(&self) -> usize {
        self.calls().iter().filter(|it| it.starts_with("build ") && !it.contains("-base-")).count()
    }
}

fn verdicts(batch: &Batch) -> Vec<(&str, Verdict)> {
    batch.reports.iter().map(|it| (it.name.as_str(), it.verdict)).collect()
}

#[test]
fn images_are_built_at_once_and_rebuilt_one_by_one() {
    let takes = "# takes: 0.2";
    let bench = Bench::new(&[("a", takes), ("b", takes), ("c", takes)]);
    let batch = bench.verify(2, &[EditKind::Source]);
    let all = ["a", "b", "c"].map(|it| (it, Verdict::Verified));
    assert_eq!(verdicts(&batch), all);
    assert!(batch.reports.iter().all(|it| it.at_once == 2));
    assert!(batch.reports.iter().all(|it| it.measured().unwrap().after.rebuilds.len() == 1));
    // Who is at work at any time: first builds have no layers from before.
    let (mut working, mut most): (Vec<(String, bool)>, usize) = (Vec::new(), 0);
    for call in bench.calls() {
        let tag = |after: &str| call.split(after).nth(1)?.split(' ').next().map(str::to_owned);
        if let Some(tag) = tag("--tag ") {
            working.push((tag, call.contains("--no-cache")));
        } else if let Some(tag) = tag("done ") {
            working.retain(|it| it.0 != tag);
        }
        most = most.max(working.len());
        assert!(working.iter().all(|it| it.1) || working.len() == 1, "{working:?}");
    }
    assert_eq!(most, 2);
    // No two have the same name.
    let mut tags: Vec<_> = bench.calls().into_iter().filter(|it| it.starts_with("done ")).collect();
    let count = tags.len();
    tags.sort();
    tags.dedup();
    assert_eq!(tags.len(), count);
}

#[test]
fn what_was_verified_is_not_built_again_until_something_changes() {
    let bench = Bench::new(&[("a", ""), ("b", "")]);
    let first = bench.verify(2, &[EditKind::Source]);
    assert_eq!(first.reports.len(), 2);
    assert!(first.reports.iter().all(|it| it.verified_on.is_none()));
    let built = bench.builds();
    assert_eq!(built, 8);
    let again = bench.verify(1, &[EditKind::Source]);
    assert_eq!(bench.builds(), 0, "{:?}", bench.calls());
    assert!(again.reports.iter().all(|it| it.verified_on.is_some()));
    let measured = |batch: &Batch| batch.reports[0].measured().map(|it| it.after.clone());
    assert_eq!(measured(&again), measured(&first));
    // What was built again after an edit was built as well.
    assert_eq!((bench.verify(1, &[]).reports.len(), bench.builds()), (2, 0));
    bench.verify(1, &[EditKind::Manifest]);
    assert_eq!(bench.builds(), 8);
    bench.verify_as(1, &[], false);
    assert_eq!(bench.builds(), 4);
    for (path, text) in [("a/main.py", "print(2)\n"), ("a/requirements.txt", "six==1.17.0\n")] {
        bench.write(path, text);
        bench.verify(1, &[]);
        assert_eq!(bench.builds(), 2, "{path}");
    }
    let script = bench.project.path().join("b/main.py");
    fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    bench.verify(1, &[]);
    assert_eq!(bench.builds(), 2);
}

#[test]
fn an_interrupted_run_goes_on_and_failures_are_tried_again() {
    let bench = Bench::new(&[("a", ""), ("b", "# fails: gcc: not found"), ("c", "")]);
    let first = bench.verify(1, &[]);
    assert_eq!(
        verdicts(&first),
        [("a", Verdict::Verified), ("b", Verdict::BrokenBefore), ("c", Verdict::Verified)]
    );
    bench.verify(1, &[]);
    let builds = bench.calls();
    let builds: Vec<_> = builds.iter().filter(|it| it.starts_with("done ")).collect();
    assert!(builds.iter().all(|it| it.contains("-b:") || it.contains("-base-")), "{builds:?}");
}

#[test]
fn nothing_secret_is_kept() {
    let bench = Bench::new(&[("a", "")]);
    bench.write(
        "x/compose.yaml",
        "services:\n  a:\n    build:\n      context: ../a\n      args: {TOKEN: hunter2}\n",
    );
    let batch = bench.verify(1, &[]);
    assert_eq!(batch.reports[0].before.arguments["TOKEN"], "hunter2");
    let records: Vec<_> =
        fs::read_dir(bench.verdicts.path()).unwrap().map(|it| it.unwrap()).collect();
    assert_eq!(records.len(), 1);
    let about = records[0].metadata().unwrap().permissions();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&about) & 0o077, 0);
    let text = fs::read_to_string(records[0].path()).unwrap();
    assert!(!text.contains("hunter2") && !text.contains("secret"), "{text}");
    // It is there again for who asks.
    let again = bench.verify(1, &[]);
    assert_eq!((bench.builds(), again.reports[0].before.arguments.len()), (0, 1));
}

#[test]
fn what_could_not_run_is_no_fault_of_a_change() {
    let full = "# fails: write /x: no space left on device";
    let bench = Bench::new(&[("a", full), ("b", ""), ("c", full)]);
    let batch = bench.verify(1, &[]);
    assert_eq!(batch.stopped, None);
    let causes = batch.reports.iter().map(|it| (it.verdict, it.could_not_run));
    let full = (Verdict::CouldNotRun, Some(Cause::Disk));
    assert_eq!(causes.collect::<Vec<_>>(), [full, (Verdict::Verified, None), full]);
}

#[test]
fn nobody_is_asked_for_ever_who_does_not_answer() {
    let bench = Bench::new(&[("a", ""), ("b", ""), ("c", ""), ("d", ""), ("e", "")]);
    for service in ["a", "b", "c", "d", "e"] {
        let text = dockerfile("")
            .replace("FROM python", &format!("FROM {service}.invalid/library/python"));
        bench.write(&format!("{service}/Dockerfile"), &text);
    }
    let batch = bench.verify(2, &[]);
    assert_eq!(bench.builds(), 0, "{:?}", bench.calls());
    assert!(batch.reports.iter().all(|it| it.could_not_run == Some(Cause::Network)));
    let why = &batch.reports[0].differences[0];
    assert!(why.starts_with("base image a.invalid/library/python:3.12-slim: "), "{why}");
    let stopped = batch.stopped.unwrap();
    assert_eq!(stopped.reason, "3 images in a row could not be built here: a host does not answer");
    assert!((1..=2).contains(&stopped.images.len()), "{stopped:?}");
    assert_eq!(batch.reports.len() + stopped.images.len(), 5);
}
