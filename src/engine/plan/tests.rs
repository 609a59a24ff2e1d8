//! The engine with transforms made for the purpose.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicUsize, Ordering},
};

use super::*;
use crate::{
    dockerfile::Keyword,
    engine::settings::Settings,
    project::{
        File,
        change::{Alteration, FileChange, Outcome, Safety},
        selection::Selection,
    },
    text::{Edit, Place, Refusal},
};

/// Changes that replace every `from` by `to`, one change each.
fn replacing(project: &Project, from: &str, to: &str) -> Outcome {
    let mut outcome = Outcome::default();
    for (file, _) in project.dockerfiles() {
        for (at, _) in file.text.match_indices(from) {
            let edit = Edit::replace(at..at + from.len(), to);
            let change = change(project, &file.path, at, FileChange::Edit(vec![edit]));
            let alters = vec![Alteration::Pipeline(pipeline(&file.text, at))];
            outcome.changes.push(Change { alters, ..change });
        }
    }
    outcome
}

/// The span of the pipeline around a place.
fn pipeline(text: &str, at: usize) -> crate::text::Span {
    let start =
        ["RUN ", "&& "].iter().filter_map(|it| Some(text[..at].rfind(it)? + it.len())).max();
    let end = [" &&", "\n"].iter().filter_map(|it| Some(at + text[at..].find(it)?)).min();
    start.unwrap_or(at)..end.unwrap_or(text.len())
}

fn change(project: &Project, path: &RepoPath, at: usize, change: FileChange) -> Change {
    let text = project.file(path.as_str()).map_or("", |it| &it.text);
    Change {
        title: "replace".to_owned(),
        reason: "the test says so".to_owned(),
        safety: Safety::Safe,
        place: Place::line(path, crate::text::line_at(text, at)),
        files: BTreeMap::from([(path.clone(), change)]),
        alters: Vec::new(),
    }
}

fn transform(name: &'static str, run: fn(&Project, &Settings) -> Outcome) -> Transform {
    Transform { name, docs: "", codes: &[], options: None, run }
}

fn one_to_two() -> Transform {
    transform("swap", |project, _| replacing(project, "one", "two"))
}

fn project(text: &str) -> Project {
    Project::new([(RepoPath::new("Dockerfile").unwrap(), text.to_owned())])
}

fn run(text: &str, transforms: &[Transform]) -> (String, Vec<String>) {
    run_with(text, transforms, &Options::default())
}

fn run_with(text: &str, transforms: &[Transform], options: &Options) -> (String, Vec<String>) {
    let plan = plan(project(text), transforms, options);
    let declines =
        plan.declines.iter().map(|it| format!("{} {} {}", it.place, it.why.code, it.why.reason));
    let declines = declines.collect();
    (plan.after().file("Dockerfile").unwrap().text.to_string(), declines)
}

#[test]
fn later_transforms_see_what_earlier_ones_did_and_rounds_go_on_until_nothing_changes() {
    let two_to_three = transform("two-to-three", |project, _| replacing(project, "two", "three"));
    let (text, declines) = run("FROM a\nRUN do one && do two\n", &[two_to_three, one_to_two()]);
    assert_eq!((text.as_str(), declines.len()), ("FROM a\nRUN do three && do three\n", 0));
}

#[test]
fn a_file_that_did_not_change_is_looked_at_again_when_the_others_are_done() {
    // It works on the second file once nobody else has work, so it is not asked about it while the first changes.
    let follows = transform("follows", |project, _| {
        let done = |it: &File| it.text.contains("three");
        project.each_dockerfile(|project, file, _| match file.path.as_str() {
            "b.Dockerfile" if project.file("a.Dockerfile").is_some_and(|it| done(it)) => {
                replacing(project, "four", "five")
            }
            _ => Outcome::default(),
        })
    });
    let one_to_two = transform("swap", |project, _| replacing(project, "one", "two"));
    let two_to_three = transform("two-to-three", |project, _| replacing(project, "two", "three"));
    let names = ["a", "b", "c", "d"];
    let file = |it: &str| {
        let text = if it == "a" { "FROM x\nRUN do one\n" } else { "FROM x\nRUN do four\n" };
        (RepoPath::new(&format!("{it}.Dockerfile")).unwrap(), text.to_owned())
    };
    let project = Project::new(names.map(file));
    let plan = plan(project, &[follows, two_to_three, one_to_two], &Options::default());
    let text = |it: &str| plan.after().file(&format!("{it}.Dockerfile")).unwrap().text.to_string();
    assert!(text("a").contains("three"));
    assert!(text("b").contains("five"));
    let order: Vec<_> = plan.steps.iter().map(|it| it.transform).collect();
    assert_eq!(order, ["swap", "two-to-three", "follows"]);
}

#[test]
fn a_file_that_is_as_it_was_is_not_looked_at_again() {
    static LOOKS: AtomicUsize = AtomicUsize::new(0);
    let counts = transform("counts", |project, _| {
        project.each_dockerfile(|_, file, _| {
            LOOKS.fetch_add(usize::from(file.path.as_str() == "b.Dockerfile"), Ordering::Relaxed);
            Outcome::default()
        })
    });
    let one_to_two = transform("one-to-two", |project, _| replacing(project, "one", "two"));
    let file = |it: &str, text: &str| (RepoPath::new(it).unwrap(), text.to_owned());
    let texts = [("a.Dockerfile", "one"), ("b.Dockerfile", "x"), ("c.Dockerfile", "x")];
    let files = texts.map(|(path, it)| file(path, &format!("FROM x\nRUN do {it}\n")));
    let plan = plan(Project::new(files), &[counts, one_to_two], &Options::default());
    assert_eq!((plan.steps.len(), LOOKS.load(Ordering::Relaxed)), (1, 1));
}

#[test]
fn transforms_that_undo_each_other_are_kept_from_the_file_and_from_no_other() {
    let swap = transform("swap", |project, _| replacing(project, "one", "two"));
    let back = transform("two-to-one", |project, _| {
        let changes = replacing(project, "two", "one").changes.into_iter();
        let changes = changes.filter(|it| it.place.path.as_str() == "Dockerfile").collect();
        Outcome { changes, ..Outcome::default() }
    });
    let other = transform("other", |project, _| replacing(project, "x", "y"));
    let path = |it: &str| RepoPath::new(it).unwrap();
    let text = || "FROM a\nRUN do one x\n".to_owned();
    let project = Project::new([(path("Dockerfile"), text()), (path("b/Dockerfile"), text())]);
    let plan = plan(project, &[other, swap, back], &Options::default());
    let after = |it: &str| plan.after().file(it).unwrap().text.to_string();
    assert_eq!(after("Dockerfile"), "FROM a\nRUN do one y\n");
    assert_eq!(after("b/Dockerfile"), "FROM a\nRUN do two y\n");
    let decline = &plan.declines[0];
    assert_eq!((decline.transform, decline.why.code), ("swap", codes::ENGINE));
    assert!(decline.why.reason.contains("comes again and again"), "{decline:?}");
    assert_eq!(plan.bugs[0].input[0].0.as_str(), "Dockerfile");
}

#[test]
fn a_transform_that_never_finishes_is_stopped() {
    let grow = transform("grow", |project, _| replacing(project, "do", "do x"));
    let (text, declines) = run("FROM a\nRUN do one\n", &[grow, one_to_two()]);
    assert_eq!(text, "FROM a\nRUN do two\n");
    assert_eq!(
        declines,
        ["Dockerfile:2 engine a bug in grow: its change comes again and again, without an end"]
    );
}

#[test]
fn a_panic_costs_its_file_and_not_the_run() {
    let broken = transform("broken", |project, _| {
        project.each_dockerfile(|_, file, _| {
            assert!(!file.text.contains("bad"), "a test wants it");
            Outcome::default()
        })
    });
    let worse = transform("worse", |_, _| panic!("all of it"));
    let path = |it: &str| RepoPath::new(it).unwrap();
    let file = |it: &str, text: &str| (path(it), text.to_owned());
    let project = Project::new([
        file("Dockerfile", "FROM bad\nRUN do one\n"),
        file("b/Dockerfile", "FROM a\nRUN do one\n"),
    ]);
    let plan = plan(project, &[broken, worse, one_to_two()], &Options::default());
    let after = |it: &str| plan.after().file(it).unwrap().text.to_string();
    assert_eq!(after("Dockerfile"), "FROM bad\nRUN do two\n");
    assert_eq!(after("b/Dockerfile"), "FROM a\nRUN do two\n");
    let said = plan.declines.iter().map(|it| (it.transform, it.why.reason.as_str()));
    assert_eq!(
        said.collect::<Vec<_>>(),
        [
            ("broken", "a bug in broken: its change could not be worked out: a test wants it"),
            ("worse", "a bug in worse: its change could not be worked out: all of it"),
        ]
    );
}

#[test]
fn a_change_that_breaks_something_is_dropped_alone() {
    // It replaces the stage's name as well as the command.
    let (text, declines) = run("FROM one AS one\nRUN do one\nCMD one\n", &[one_to_two()]);
    assert_eq!(text, "FROM one AS one\nRUN do two\nCMD one\n");
    assert_eq!(
        declines,
        [
            "Dockerfile:1 engine a bug in swap: its change alters the base, one to two in Dockerfile",
            "Dockerfile:1 engine a bug in swap: its change loses the stage one in Dockerfile",
            "Dockerfile:3 engine a bug in swap: its change alters CMD in Dockerfile",
        ]
    );
}

#[test]
fn what_was_dropped_can_be_seen_again() {
    let text = "FROM one\nRUN do one\n";
    let plan = plan(project(text), &[one_to_two()], &Options::default());
    let [bug] = plan.bugs.as_slice() else { panic!("{:?}", plan.bugs) };
    assert_eq!((bug.transform, bug.title.as_str()), ("swap", "replace"));
    assert_eq!(bug.objection, "alters the base, one to two in Dockerfile");
    // In the second round the file was another; the first is the one to look at.
    assert_eq!(&*bug.input[0].1, text);
}

#[test]
fn edits_that_do_not_fit_or_do_nothing_are_bugs() {
    let wild = transform("wild", |project, _| {
        let path = RepoPath::new("Dockerfile").unwrap();
        let edits = |edits| change(project, &path, 0, FileChange::Edit(edits));
        let changes = vec![
            edits(vec![Edit::delete(0..1000)]),
            edits(vec![Edit::delete(6..7)]),
            edits(vec![Edit::insert(0, "a"), Edit::insert(0, "b")]),
            edits(vec![Edit::replace(0..4, "FROM")]),
            change(project, &path, 0, FileChange::Create(String::new())),
        ];
        Outcome { changes, ..Outcome::default() }
    });
    let (text, declines) = run("FROM é\n", &[wild]);
    assert_eq!((text.as_str(), declines.len()), ("FROM é\n", 3));
}

#[test]
fn comments_keep_transforms_away() {
    let text = "FROM a\n# refit: ignore[swap, other] for now\n# more\nRUN do one\nRUN do one\n\
                # refit: ignore\n\nRUN do one\n# refit: ignore[other]\nRUN do one\n";
    let (after, declines) = run(text, &[one_to_two()]);
    assert_eq!(after.matches("two").count(), 3);
    assert_eq!(declines, ["Dockerfile:4 ignored the comment on line 2 says so: for now"]);
    let (after, declines) = run("ARG A\n# refit: ignore\n\nFROM a\nRUN do one\n", &[one_to_two()]);
    assert!(after.contains("RUN do one"));
    assert_eq!(declines.len(), 1);
}

#[test]
fn a_decline_at_an_ignored_place_is_not_repeated() {
    let declining = transform("declining", |project, _| {
        let mut declines = Vec::new();
        for (file, dockerfile) in project.dockerfiles() {
            for (item, _) in dockerfile.instructions().filter(|it| it.1.keyword == Keyword::Run) {
                let place = Place::line(&file.path, item.lines.0);
                let why = Refusal::new("code", "of a reason");
                declines.push(Decline { transform: "declining", place, why });
            }
        }
        Outcome { declines, ..Outcome::default() }
    });
    let text = "FROM a\n# refit: ignore[declining]\nRUN a\nRUN b\n";
    assert_eq!(run(text, &[declining]).1, ["Dockerfile:4 code of a reason"]);
}

#[test]
fn what_is_not_asked_for_is_not_done() {
    let review = transform("review", |project, _| {
        let mut outcome = replacing(project, "one", "two");
        outcome.changes.iter_mut().for_each(|it| it.safety = Safety::Review);
        outcome
    });
    let options = Options { floor: Safety::Safe, ..Options::default() };
    let (text, declines) = run_with("FROM a\nRUN one\n", &[review], &options);
    assert!(text.contains("one"));
    assert!(declines[0].starts_with("Dockerfile:2 review"));

    let selection = Selection::below(std::path::Path::new(""), vec![RepoPath::new("api").unwrap()]);
    let options = Options { selection, ..Options::default() };
    let (text, declines) = run_with("FROM a\nRUN one\n", &[one_to_two()], &options);
    assert!(text.contains("one") && declines.is_empty());

    let options = Options { only: RepoPath::new("other"), ..Options::default() };
    let (text, declines) = run_with("FROM a\nRUN one\n", &[one_to_two()], &options);
    assert!(text.contains("one"));
    assert!(declines[0].starts_with("Dockerfile:2 other-files"));
}

#[test]
fn what_real_builds_spoke_against_is_not_done() {
    let text = "FROM a\nRUN do one\n";
    let without = |dockerfile: &str, transform| {
        let dockerfile = RepoPath::new(dockerfile).unwrap();
        let without = vec![Without { dockerfile, transform, reason: "it differs".to_owned() }];
        let options = Options { without, ..Options::default() };
        let plan = plan(project(text), &[one_to_two()], &options);
        let codes: Vec<_> = plan.declines.iter().map(|it| it.why.code).collect();
        (plan.steps.len(), codes)
    };
    assert_eq!(without("Dockerfile", Some("swap")), (0, vec![codes::UNVERIFIED]));
    assert_eq!(without("Dockerfile", None), (0, vec![codes::UNVERIFIED]));
    assert_eq!(without("Dockerfile", Some("another")), (1, vec![]));
    assert_eq!(without("other/Dockerfile", None), (1, vec![]));
}
