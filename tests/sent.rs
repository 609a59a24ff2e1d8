//! Whether refit knows what a builder is sent: its list of each build context is compared with that of a judge that uses
//! Docker's own code, before and after `write-dockerignore`.
//!
//! `cargo test --test sent -- FOLDER JUDGE`: each folder in FOLDER is a project, and JUDGE is the program
//! `docker-devtools` of the PyPI package of that name. Exits with 1 if one list is another.

#![allow(clippy::print_stderr, clippy::print_stdout, clippy::unwrap_used, reason = "tests may")]

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use refit::{
    context::dockerignore::Dockerignore,
    engine::plan::{Options, Plan, plan},
    load,
    project::Project,
    text::{RepoPath, count::number},
    transforms,
};
use serde_json::Value;

/// What was counted.
#[derive(Default)]
struct Counts {
    lists: usize,
    alike: usize,
    /// The bytes of each context that is sent less, before and after.
    shrunk: Vec<(u64, u64)>,
}

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1).filter(|it| !it.starts_with('-'));
    let (Some(folder), Some(judge)) = (arguments.next(), arguments.next()) else {
        eprintln!("cargo test --test sent -- FOLDER JUDGE");
        return ExitCode::from(2);
    };
    let mut counts = Counts::default();
    let folders = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
    let mut folders: Vec<PathBuf> = folders.filter(|it| it.is_dir()).collect();
    folders.sort();
    for folder in folders {
        compare(&folder, &judge, &mut counts);
    }
    let saved = |it: &(u64, u64)| it.0 - it.1;
    counts.shrunk.sort_by_key(saved);
    let median = counts.shrunk.get(counts.shrunk.len() / 2).map_or(0, saved);
    let total: u64 = counts.shrunk.iter().map(saved).sum();
    let (alike, lists) = (counts.alike, counts.lists);
    println!("{alike} of {lists} lists are the judge's");
    let shrunk = counts.shrunk.len();
    println!(
        "{shrunk} contexts shrink, by {} bytes in the median, {} in all",
        number(median),
        number(total)
    );
    ExitCode::from(u8::from(alike != lists))
}

/// Compares the lists of a project.
fn compare(folder: &Path, judge: &str, counts: &mut Counts) {
    let loaded = load::load(&[folder.to_path_buf()], &load::Options::default()).unwrap();
    let transform = transforms::ALL.iter().find(|it| it.name == "write-dockerignore").unwrap();
    let plan = plan(loaded.project, &[*transform], &Options::default());
    let copy = tempfile::tempdir().unwrap();
    // Links stay links, and so does what git ignores.
    let copied = Command::new("cp").arg("-a").arg(loaded.root.join(".")).arg(copy.path()).status();
    assert!(copied.unwrap().success());
    let before = contexts(&plan, &plan.before);
    let sides = [(false, &plan.before), (true, plan.after())];
    let mut sent: Vec<Vec<u64>> = Vec::new();
    for (is_after, project) in sides {
        if is_after {
            for file in project.files().filter(|it| it.path.file_name().ends_with(".dockerignore"))
            {
                fs::write(copy.path().join(file.path.as_str()), &*file.text).unwrap();
            }
        }
        let bytes = before.iter().map(|(dockerfile, context)| {
            let (own, bytes) = listed(&plan.before, project, dockerfile, context);
            let theirs = judged(copy.path(), judge, dockerfile, context);
            counts.lists += 1;
            match theirs {
                Some(theirs) if theirs == own => counts.alike += 1,
                Some(theirs) => {
                    let side = if is_after { "after" } else { "before" };
                    let (more, less) = (own.difference(&theirs), theirs.difference(&own));
                    let (more, less): (Vec<_>, Vec<_>) =
                        (more.take(3).collect(), less.take(3).collect());
                    println!(
                        "{}: {dockerfile} from {context} {side}: {more:?}, not {less:?}",
                        folder.display()
                    );
                }
                None => println!("{}: {dockerfile} from {context}: no list", folder.display()),
            }
            bytes
        });
        sent.push(bytes.collect());
    }
    let pairs = sent[0].iter().zip(&sent[1]).map(|it| (*it.0, *it.1));
    let distinct: BTreeSet<_> = before.iter().map(|it| &it.1).zip(pairs).collect();
    counts.shrunk.extend(distinct.into_iter().map(|it| it.1).filter(|it| it.1 < it.0));
}

/// The Dockerfiles of a project, each with the folders that it is built from.
fn contexts(plan: &Plan, project: &Project) -> Vec<(RepoPath, RepoPath)> {
    let all = plan.before.dockerfiles().flat_map(|(file, _)| {
        let folders = project.context_of(&file.path).folders();
        folders.iter().map(|it| (file.path.clone(), it.clone()))
    });
    all.collect()
}

/// What refit thinks that a builder is sent of a context, and the bytes of it.
fn listed(
    disk: &Project,
    project: &Project,
    dockerfile: &RepoPath,
    context: &RepoPath,
) -> (BTreeSet<String>, u64) {
    let rules = Dockerignore::for_build(project, dockerfile, context).map(|it| it.1);
    let mut bytes = 0;
    let mut paths = BTreeSet::new();
    for file in disk.on_disk(context) {
        let path = file.path.strip_prefix(context).unwrap();
        if rules.as_ref().is_none_or(|it| !it.excludes(path)) {
            bytes += file.bytes;
            paths.insert(path.to_owned());
        }
    }
    (without_own(paths), bytes)
}

/// What the judge says that is sent; `None` if it says nothing.
fn judged(
    root: &Path,
    judge: &str,
    dockerfile: &RepoPath,
    context: &RepoPath,
) -> Option<BTreeSet<String>> {
    let output = Command::new(judge)
        .args(["build-context", "ls", "--whole-context", "--json", "-f", dockerfile.as_str()])
        .arg(if context.is_root() { "." } else { context.as_str() })
        .current_dir(root)
        .output()
        .unwrap();
    let list: Value = serde_json::from_slice(&output.stdout).ok()?;
    let sent = list["entries"].as_array()?.iter().filter(|it| it["status"] == "included");
    let files = sent.filter(|it| it["dir"] != true).filter_map(|it| it["path"].as_str());
    Some(without_own(files.map(str::to_owned).collect()))
}

/// A list without ignore files: one that was written is in no listing of the disk.
fn without_own(mut paths: BTreeSet<String>) -> BTreeSet<String> {
    paths.retain(|it| !it.ends_with(".dockerignore"));
    paths
}
