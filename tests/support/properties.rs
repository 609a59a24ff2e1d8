//! What holds for any text: nothing panics, nothing points outside of it, nothing is lost. The targets of `fuzz/`
//! and the tests that damage real files both ask it.

use std::collections::BTreeMap;

use refit::{
    callers,
    dockerfile::{Dockerfile, Kind},
    ecosystems::images::stages,
    engine::plan::{Options, plan},
    project::Project,
    shell::Script,
    text::RepoPath,
    transforms, yaml,
};

/// The files of callers, one of each kind.
pub const CALLERS: &[&str] = &[
    "compose.yaml",
    "deploy.yaml",
    "docker-bake.hcl",
    "docker-bake.json",
    ".github/workflows/ci.yml",
    ".gitlab-ci.yml",
    "skaffold.yaml",
    ".devcontainer/devcontainer.json",
    "Makefile",
    "build.sh",
    "README.md",
];

/// The files of a repository that `repository` takes from one text, in order.
const FILES: &[&str] =
    &["Dockerfile", "Dockerfile.test", "compose.yaml", "build.sh", "docker-bake.hcl"];

/// What stands between two of them.
pub const NEXT: &str = "\n%%%%\n";

/// A Dockerfile: its items tile it, its errors are on its lines, its scripts are in it, and what is read twice is
/// the same.
///
/// # Panics
/// If that does not hold.
pub fn dockerfile(text: &str) {
    let read = Dockerfile::parse(text);
    let tiled: String = read.items.iter().map(|it| &text[it.span.clone()]).collect();
    assert_eq!(tiled, text, "items do not tile");
    let lines = text.split('\n').count();
    assert!(read.errors.iter().all(|it| (1..=lines).contains(&it.line)), "{:?}", read.errors);
    assert_eq!(read.errors, Dockerfile::parse(text).errors);
    if !read.errors.is_empty() {
        return;
    }
    for stage in stages(&read) {
        let _ = stage.state_before(stage.end);
    }
    for (at, item) in read.items.iter().enumerate() {
        let Kind::Instruction(instruction) = &item.kind else { continue };
        let _ = instruction.values();
        if let Ok(script) = Script::at(&read, at) {
            inside(&script, text);
        }
    }
}

/// A shell script: its commands are in it.
///
/// # Panics
/// If that does not hold.
pub fn script(text: &str) {
    if let Ok(script) = Script::of_text(text) {
        inside(&script, text);
    }
}

fn inside(script: &Script, text: &str) {
    for command in script.commands() {
        assert!(text.get(command.span.clone()).is_some(), "{:?} is not in the text", command.span);
        assert!(
            text.get(command.pipeline.clone()).is_some(),
            "{:?} is not in the text",
            command.pipeline
        );
    }
}

/// A file of a caller of each kind, and YAML: builds and problems are on its lines.
///
/// # Panics
/// If that does not hold.
pub fn caller(text: &str) {
    let _ = yaml::read(text);
    let lines = text.split('\n').count();
    for name in CALLERS {
        let found = callers::read(&path(name), text);
        let places =
            found.builds.iter().map(|it| &it.place).chain(found.unresolved.iter().map(|it| &it.0));
        for place in places {
            assert!((1..=lines).contains(&place.line), "{place} of {lines} lines");
        }
        let problems = found.problems.iter().filter_map(|it| it.line);
        problems.for_each(|it| assert!((1..=lines).contains(&it), "{name}:{it} of {lines} lines"));
    }
}

/// A repository: what is changed can be read, keeps its comments, and is not changed again. What the engine objects
/// to is dropped; `tests/damage.rs` counts that.
///
/// # Panics
/// If that does not hold.
pub fn repository(text: &str) {
    let more = [("requirements.txt", "flask==3.0.0\n"), ("src/main.py", "")];
    let files = FILES.iter().zip(text.split(NEXT)).map(|it| (*it.0, it.1)).chain(more);
    let project = Project::new(files.map(|it| (path(it.0), it.1.to_owned())));
    let before = all_comments(&project);
    let done = plan(project, transforms::ALL, &Options::default());
    for file in done.after().files() {
        // What was broken before is left alone.
        let before = done.before.file(file.path.as_str()).and_then(|it| it.dockerfile());
        let was_sound = before.is_some_and(|it| it.errors.is_empty());
        if let Some(read) = file.dockerfile().filter(|_| was_sound) {
            assert_eq!(read.errors, [], "{}", file.path);
        }
    }
    let after = all_comments(done.after());
    let lost = before.iter().filter(|(comment, count)| after.get(*comment).unwrap_or(&0) < *count);
    // Two files that become one keep a comment once.
    let lost: Vec<_> = lost.filter(|(comment, _)| !after.contains_key(*comment)).collect();
    assert!(lost.is_empty(), "comments lost: {lost:?}");
    let again = plan(done.after().clone(), transforms::ALL, &Options::default());
    let titles: Vec<_> = again.changes().map(|it| it.1.title.clone()).collect();
    assert!(titles.is_empty(), "a second run changes more: {titles:?}");
}

/// How often each comment occurs in the Dockerfiles that can be built.
fn all_comments(project: &Project) -> BTreeMap<String, usize> {
    let mut all = BTreeMap::new();
    let sound = project.files().filter_map(|it| it.dockerfile()).filter(|it| it.errors.is_empty());
    for (comment, count) in sound.flat_map(comments) {
        *all.entry(comment).or_default() += count;
    }
    all
}

/// How often each comment occurs, those inside instructions included.
pub fn comments(dockerfile: &Dockerfile) -> BTreeMap<String, usize> {
    let mut comments = BTreeMap::new();
    for item in dockerfile.items.iter().filter(|it| !matches!(it.kind, Kind::Directive(_))) {
        let heredocs = match &item.kind {
            Kind::Instruction(it) => it.heredocs.first().map(|it| it.body.start),
            _ => None,
        };
        let lines = dockerfile.source[item.span.start..heredocs.unwrap_or(item.span.end)].lines();
        for line in lines.map(str::trim).filter(|it| it.starts_with('#')) {
            *comments.entry(line.to_owned()).or_default() += 1;
        }
    }
    comments
}

fn path(name: &str) -> RepoPath {
    RepoPath::new(name).expect("a path of the tables above")
}
