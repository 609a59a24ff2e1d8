//! `refit report`: what an audit says is so.

mod page;

use std::collections::BTreeSet;

use refit::{
    engine::plan::{Options, Plan, plan},
    project::{Project, selection::Selection},
    report::{
        Report,
        audit::{Audit, Figure, Spot},
        formats::{self, Length},
    },
    text::{RepoPath, count},
    transforms,
};

use crate::support::{self, page::cases};

fn audit_of(plan: &Plan) -> Audit {
    let selection = Selection::all();
    let report = Report::new(plan, &selection);
    Audit::of(plan, &selection, &RepoPath::root(), report)
}

fn planned(files: impl IntoIterator<Item = (RepoPath, String)>) -> Plan {
    plan(Project::new(files), transforms::ALL, &Options::default())
}

fn small(files: &[(&str, &str)]) -> Audit {
    let files = files.iter().map(|it| (RepoPath::new(it.0).unwrap(), it.1.to_owned()));
    audit_of(&planned(files))
}

/// What an audit says of a code: each place with what mends it.
fn said(audit: &Audit, code: &str) -> Vec<String> {
    let remedy = |it: &Spot| match (&it.mended_by, &it.left_alone) {
        (Some(it), _) => it.clone(),
        (None, Some(_)) => "left alone".to_owned(),
        (None, None) if it.is_for_owner => "for the owner".to_owned(),
        (None, None) => "not mended".to_owned(),
    };
    let of_code = audit.problems.iter().filter(|it| it.code == code);
    let places = of_code.flat_map(|it| &it.places);
    places.map(|it| format!("{} {}: {}", it.place, it.detail, remedy(it))).collect()
}

/// Every place is in its file, figures are sums of what is listed, and all forms have all of it.
fn check(name: &str, plan: &Plan) -> usize {
    let audit = audit_of(plan);
    let unread: BTreeSet<&str> = audit.plan.problems.iter().map(|it| it.path.as_str()).collect();
    for spot in audit.problems.iter().flat_map(|it| &it.places) {
        let lines = plan.before.text(&spot.place.path).map(|it| it.lines().count());
        let is_there = lines.is_some_and(|it| (1..=it.max(1)).contains(&spot.place.line));
        assert!(is_there || unread.contains(spot.place.path.as_str()), "{name}: {spot:?}");
    }
    for image in &audit.images {
        assert!(plan.before.file(&image.dockerfile).is_some(), "{name}: {image:?}");
        assert!(image.before.is_some() != image.unknown.is_some(), "{name}: {image:?}");
        for state in [&image.before, &image.after].into_iter().flatten() {
            let edits = [&state.source_edit, &state.costliest_edit].into_iter().flatten();
            let most = edits.map(|it| it.lines.len()).max().unwrap_or_default();
            assert!(most <= state.steps, "{name}: {image:?}");
        }
    }
    let sum = |of: fn(&refit::report::audit::AuditedContext) -> Figure| {
        let all = audit.contexts.iter().map(of);
        all.fold((0, 0), |sum, it| (sum.0 + it.before, sum.1 + it.after))
    };
    let figures = audit.figures;
    let pair = |it: Figure| (it.before, it.after);
    assert_eq!(sum(|it| it.files), pair(figures.context_files), "{name}");
    assert_eq!(sum(|it| it.bytes), pair(figures.context_bytes), "{name}");
    assert!(figures.steps_again.before <= figures.steps.before, "{name}");
    assert!(figures.steps_again.after <= figures.steps.after, "{name}");
    let (short, whole) = (
        formats::audit_markdown(&audit, Length::Short),
        formats::audit_markdown(&audit, Length::Whole),
    );
    for it in &audit.problems {
        let heading = format!(" ({})\n", it.priority.as_str());
        assert!(short.contains(&heading) && whole.contains(it.why), "{name}: {short}");
    }
    let json: serde_json::Value =
        serde_json::from_str(&formats::audit_json(&audit).unwrap()).unwrap();
    assert_eq!(json["problems"].as_array().unwrap().len(), audit.problems.len());
    audit.problems.iter().map(|it| it.places.len()).sum()
}

#[test]
fn what_audits_of_examples_say_is_in_the_files() {
    let mut places = 0;
    for case in transforms::ALL.iter().flat_map(|it| cases(it.docs)) {
        let options = case.options().unwrap();
        let plan = plan(case.project().unwrap(), transforms::ALL, &options);
        places += check(&case.title, &plan);
    }
    assert!(1_000 < places, "{places}");
}

#[test]
fn what_audits_of_real_projects_say_is_in_the_files() {
    for (name, files) in support::projects().into_iter().flatten() {
        check(&name, &planned(files));
    }
}

#[test]
fn the_example_is_the_audit_that_it_comes_from() {
    let audit = audit_of(&planned(support::example("assistants")));
    let figures = audit.figures;
    let figure = |before, after| Figure { before, after };
    assert_eq!(figures.dockerfiles, figure(14, 7));
    assert_eq!(figures.images, figure(14, 14));
    assert_eq!(figures.root, figure(14, 7));
    assert_eq!(figures.unpinned_tools, figure(14, 0));
    // What real builds of the services ran again, as the README has it.
    let services = audit.images.iter().filter(|it| !it.name.ends_with("_test"));
    let again = services.filter_map(|it| it.before.as_ref()?.source_edit.as_ref());
    assert_eq!(again.map(|it| it.lines.len()).sum::<usize>(), 16);
    let codes: Vec<&str> = audit.problems.iter().map(|it| it.code).collect();
    for code in ["source-before-install", "repeated-dockerfile", "unpinned-tool", "no-cache-mount"]
    {
        assert!(codes.contains(&code), "{codes:?}");
    }
    assert!(audit.problems.is_sorted_by_key(|it| it.priority));
}

#[test]
fn what_is_sent_is_what_the_transform_says() {
    let mut compared = 0;
    let one = [*transforms::find("write-dockerignore").unwrap()];
    let of_pages =
        cases(one[0].docs).into_iter().map(|it| (it.title.clone(), it.project().unwrap()));
    let real = support::projects().into_iter().flatten();
    let real = real.map(|(name, files)| (name, Project::new(files)));
    for (name, project) in of_pages.chain(real) {
        let plan = plan(project, &one, &Options::default());
        let audit = audit_of(&plan);
        for change in &audit.plan.changes {
            let Some((_, said)) = change.reason.split_once(" of ") else { continue };
            let Some(context) =
                audit.contexts.iter().find(|it| change.files.contains(&it.ignore_file))
            else {
                continue;
            };
            // `3 files of 8 (1.2 KB of 4.5 KB) are no longer sent`
            let Some((files, rest)) = said.split_once(" (") else { continue };
            let bytes = rest.split_once(" of ").and_then(|it| it.1.split_once(')')).unwrap().0;
            let first = audit.plan.changes.iter().find(|it| it.files == change.files).unwrap();
            if first.fingerprint == change.fingerprint {
                assert_eq!(files, count::number(context.files.before), "{name}");
                assert_eq!(bytes, count::of_bytes(context.bytes.before), "{name}");
                compared += 1;
            }
        }
    }
    assert!(5 < compared, "{compared}");
}

#[test]
fn users_tools_and_bases_are_told_by_place() {
    let audit = small(&[
        ("Dockerfile", "FROM python\nRUN pip install pipenv\nRUN npm i -g pnpm@9\nCMD [\"x\"]\n"),
        (
            "api/Dockerfile",
            "FROM python:3.12\nUSER 5\nFROM own AS b\nFROM debian:latest\nUSER 5:5\n",
        ),
        ("compose.yml", "services:\n  own:\n    build: .\n    image: own\n"),
    ]);
    assert_eq!(said(&audit, "root-user"), ["Dockerfile:1 nothing sets another user: left alone"]);
    let bases = [
        "Dockerfile:1 FROM python: for the owner",
        "api/Dockerfile:4 FROM debian:latest: for the owner",
    ];
    assert_eq!(said(&audit, "unpinned-base"), bases);
    assert_eq!(
        said(&audit, "unpinned-tool"),
        ["Dockerfile:2 pipenv without a version: not mended"]
    );
}

#[test]
fn an_install_after_the_source_is_told_and_a_build_is_not() {
    let files = [
        ("package.json", "{}"),
        ("package-lock.json", "{}"),
        ("main.go", ""),
        ("a.js", ""),
        (
            "Dockerfile",
            "FROM node:20\nWORKDIR /a\nCOPY . .\nRUN npm ci --ignore-scripts\nRUN npm run build\n",
        ),
        ("go.Dockerfile", "FROM golang:1.22\nWORKDIR /a\nCOPY . .\nRUN go build -o /x .\n"),
    ];
    let audit = small(&files);
    let all = said(&audit, "source-before-install");
    assert!(all.len() == 1 && all[0].starts_with("Dockerfile:4 an edit of a.js runs"), "{all:?}");
}

#[test]
fn compose_files_are_asked_for_policies_limits_and_equal_builds() {
    let compose = "services:\n  a:\n    build: .\n    restart: always\n  b:\n    build: .\n    mem_limit: 1g\n  \
                   c:\n    build: {context: ., args: {X: 1}}\n    deploy: {restart_policy: {}, resources: {limits: {}}}\n  \
                   d:\n    extends: a\n    build: .\n";
    let files =
        [("Dockerfile", "FROM a:1\n"), ("compose.yml", compose), ("compose.dev.yml", compose)];
    let audit = small(&files);
    assert_eq!(said(&audit, "no-restart-policy"), ["compose.yml:5 b: for the owner"]);
    assert_eq!(said(&audit, "no-limits"), ["compose.yml:2 a and d: for the owner"]);
    let repeated = said(&audit, "repeated-build");
    assert_eq!(repeated.len(), 2, "{repeated:?}");
    assert!(
        repeated[1].starts_with("compose.yml:3 a, b and d build Dockerfile alike"),
        "{repeated:?}"
    );
    assert_eq!(audit.figures.repeated_builds, Figure { before: 4, after: 4 });
}

#[test]
fn cleanups_that_delete_data_are_told_and_never_advised() {
    let script = "#!/bin/sh\ndocker build -t a .\n# docker system prune --volumes\ndocker system prune -af --volumes\n";
    let audit = small(&[("Dockerfile", "FROM a:1\n"), ("build.sh", script)]);
    assert_eq!(
        said(&audit, "volumes-pruned"),
        ["build.sh:4 docker system prune -af --volumes: for the owner"]
    );
    let commands: Vec<&String> = audit.advice.iter().flat_map(|it| &it.commands).collect();
    assert!(!commands.is_empty() && commands.iter().all(|it| !it.contains("volumes")));
    assert!(small(&[("README.md", "")]).advice.is_empty());
}

#[test]
fn secrets_come_first() {
    let audit = small(&[
        ("Dockerfile", "FROM a:1\nCOPY . .\nCMD [\"x\"]\n"),
        (".env", "PASSWORD=x\n"),
        ("main.py", ""),
    ]);
    let first = &audit.problems[0];
    assert_eq!((first.code, first.priority.as_str()), ("secrets-in-image", "critical"));
    let ignored = said(&audit, "no-dockerignore");
    assert!(ignored.len() == 1 && ignored[0].ends_with(": write-dockerignore"), "{ignored:?}");
}

#[test]
fn each_problem_is_explained() {
    for code in refit::report::audit::codes() {
        let page = refit::report::audit::explained(code).unwrap();
        assert!(page.contains(code) && 2 < page.lines().count(), "{page}");
    }
    assert_eq!(refit::report::audit::explained("no-such"), None);
}
