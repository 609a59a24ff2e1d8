//! Each place that declines is reached by an example of a page: a code may stand for many triggers.

use std::collections::{BTreeMap, BTreeSet};

use refit::{
    engine::plan::{Options, plan},
    project::{File, Project, Tree, change::Decline},
    text::RepoPath,
    transforms,
};

use crate::support::{
    page::cases,
    source::{assert_none, sources},
};

/// What makes a refusal: where it stands in the source is the mark that an example has to reach.
const MARK: &str = "Refusal::new(";

/// The places that no example reaches yet: the file, and the line as it stands there.
const OPEN: &[(&str, &str)] = &[
    // An edit of words that the shell's checks reject; no script is known for which they do.
    (
        "transforms/mount_caches/mod.rs",
        "|| Refusal::new(\"cache-off\", \"what turns the cache off here cannot be taken out\");",
    ),
    (
        "transforms/pin_poetry/pin.rs",
        "let unwritable = || Refusal::new(\"unknown-installer\", \"the installer cannot be rewritten here\");",
    ),
];

#[test]
fn every_place_that_declines_is_reached_by_an_example() {
    let reached = reached();
    let places = places();
    assert!(200 < places.len(), "only {} places were found", places.len());
    let missed = places.iter().filter(|it| !reached.contains_key(it.0));
    let missed = missed.filter(|((path, _), text)| !OPEN.contains(&(path.as_str(), text.as_str())));
    let missed: Vec<_> =
        missed.map(|((path, line), text)| format!("{path}:{line}: {text}")).collect();
    let settled = OPEN.iter().filter(|(path, text)| {
        let mut places = places.iter().filter(|it| !reached.contains_key(it.0));
        !places.any(|it| it.0.0 == *path && it.1 == text)
    });
    let settled: Vec<_> = settled.map(|(path, text)| format!("{path}: {text}")).collect();
    assert_none("places in the list that are reached, or gone", &settled);
    assert_none("places that decline, which no example on a page reaches", &missed);
    let unknown = reached.iter().filter(|it| !places.contains_key(it.0));
    let unknown: Vec<_> =
        unknown.map(|((path, line), codes)| format!("{path}:{line}: {codes:?}")).collect();
    assert_none("places that decline and were not found in the source", &unknown);
}

/// A file of the project and a line of it.
type Line = (String, usize);

/// Where the examples decline, with the codes, in every state that their plans go through.
fn reached() -> BTreeMap<Line, BTreeSet<&'static str>> {
    let mut reached: BTreeMap<Line, BTreeSet<&'static str>> = BTreeMap::new();
    for transform in transforms::ALL {
        let examples = cases(transform.docs);
        let examples = examples.iter().map(|it| (it.project().unwrap(), it.options().unwrap()));
        for (project, options) in examples.chain([(with_large_file(), Options::default())]) {
            let plan = plan(project, &[*transform], &options);
            let states = [&plan.before].into_iter().chain(plan.steps.iter().map(|it| &it.after));
            for state in states {
                for Decline { why, .. } in (transform.run)(state, &options.settings).declines {
                    let path = why.at.file().replace('\\', "/").replace("src/../", "");
                    let line = (path, why.at.line() as usize);
                    reached.entry(line).or_default().insert(why.code);
                }
            }
        }
    }
    reached
}

/// A project with a requirements file that is too large to be read, which no page can show.
fn with_large_file() -> Project {
    let dockerfile =
        "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n";
    let [dockerfile, manifest] = [("Dockerfile", dockerfile), ("requirements.txt", "-r all.txt\n")]
        .map(|(path, text)| File::new(RepoPath::new(path).unwrap(), text));
    let files = BTreeMap::from([dockerfile, manifest].map(|it| (it.path.clone(), it)));
    let large = RepoPath::new("all.txt").unwrap();
    let tree = Tree::new(files.keys().cloned().chain([large]));
    Project::loaded(files, tree, Vec::new())
}

/// The places in the source that decline, with the line. What the engine declines is no transform's, and has
/// tests of its own.
fn places() -> BTreeMap<Line, String> {
    let mut places = BTreeMap::new();
    let sources = sources(&["src", "transforms"]);
    for source in sources.iter().filter(|it| !it.is_test() && it.room() != "engine") {
        for (number, line) in source.without_comments().lines().enumerate() {
            if line.contains(MARK) {
                let line = line.trim();
                let other = places.insert((source.path.clone(), number + 1), line.to_owned());
                let marks = line.matches(MARK).count();
                assert!(other.is_none() && marks == 1, "{marks} on one line: {line}");
            }
        }
    }
    places
}
