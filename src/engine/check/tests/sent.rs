//! Ignore files: what builders are no longer sent.

use super::*;
use crate::ecosystems::clutter::Class;

const ALL: &str = "FROM a\nWORKDIR /app\nCOPY . .\n";

/// The objection to an ignore file with this text, instead of the old one, for a Dockerfile that is built from a folder
/// with these files.
fn of(
    dockerfile: &str,
    files: &[&str],
    old: Option<&str>,
    new: &str,
    classes: &[Class],
) -> Option<String> {
    let files = files.iter().map(|it| (*it, "x")).chain([("Dockerfile", dockerfile)]);
    let mut before: Vec<(&str, &str)> = files.collect();
    let mut after = before.clone();
    before.extend(old.map(|it| (".dockerignore", it)));
    after.push((".dockerignore", new));
    let alters =
        Alteration::Unsent { classes: classes.to_vec(), asked_for: vec!["*.mp4".to_owned()] };
    let objection = objection(&before, &after, vec![alters])?;
    Some(objection.trim_end_matches(" in .dockerignore").to_owned())
}

#[test]
fn only_what_is_declared_may_go() {
    let files = [".git/HEAD", "a.mp4", "bin/x", "main.py", "tests/__pycache__/a.pyc", "tests/a.py"];
    let history = [Class::VersionControl];
    let rows: [(&str, &[Class], Option<&str>); 8] = [
        // What git has of this name is source.
        ("**/bin\n", &[Class::Outputs], Some("no longer sends bin/x")),
        (".git\n*.mp4\n", &history, None),
        (".git\n", &[Class::Caches], Some("no longer sends .git/HEAD")),
        ("**/__pycache__\n", &[Class::Caches], None),
        ("tests/*.py\n", &history, Some("no longer sends tests/a.py")),
        ("*.py\n", &history, Some("no longer sends main.py")),
        ("*\n!main.py\n", &history, Some("no longer sends Dockerfile")),
        ("[a\n", &history, Some("leaves patterns that Docker refuses")),
    ];
    for (new, classes, expected) in rows {
        assert_eq!(of(ALL, &files, None, new, classes).as_deref(), expected, "{new}");
    }
}

#[test]
fn nothing_is_sent_that_was_not() {
    let files = [".git/HEAD", "main.py"];
    let objection = of(ALL, &files, Some("*.py\n"), ".git\n", &[Class::VersionControl]);
    assert_eq!(objection.as_deref(), Some("sends main.py, which was not sent"));
}

#[test]
fn what_a_step_names_stays() {
    let files = [".git/HEAD", "README.md", "docs/a.md", "main.py", "tests/a.py", "x/.venv/b"];
    let rows = [
        ("COPY docs /d", "docs", Some("docs")),
        ("COPY *.md /d/", "README.md", Some("README.md")),
        ("ADD ./README.md /d", "README.md", Some("README.md")),
        ("RUN --mount=type=bind,source=tests,target=/t pytest", "tests", Some("tests")),
        ("RUN pytest tests/a.py", "tests", Some("tests/a.py")),
        ("CMD [\"pytest\", \"/app/tests\"]", "tests", Some("tests")),
        ("RUN git describe", ".git", Some(".git")),
        ("RUN git clone x", ".git", None),
        ("RUN cat main.py", "tests", None),
        ("COPY x /x", "**/.venv", None),
        ("COPY x/.venv /x", "**/.venv", Some("x/.venv")),
        ("RUN rm -rf x/.venv", "**/.venv", None),
    ];
    let classes = Class::ALL;
    for (step, pattern, expected) in rows {
        let dockerfile = format!("{ALL}{step}\n");
        let objection = of(&dockerfile, &files, None, &format!("{pattern}\n"), &classes);
        let expected = expected.map(|it| format!("no longer sends {it}, which a step names"));
        assert_eq!(objection, expected, "{step}");
    }
}

#[test]
fn a_dockerfile_obeys_its_own_file() {
    let files = [
        ("Dockerfile", ALL),
        ("b.Dockerfile", "FROM a\nCOPY tests /t\n"),
        ("b.Dockerfile.dockerignore", ""),
        (
            "docker-compose.yml",
            "services:\n  b:\n    build: {context: ., dockerfile: b.Dockerfile}\n",
        ),
        ("tests/a.py", "x"),
    ];
    let mut after = files.to_vec();
    after.push((".dockerignore", "tests\n"));
    let alters = || vec![Alteration::Unsent { classes: vec![Class::Tests], asked_for: Vec::new() }];
    assert_eq!(objection(&files, &after, alters()), None);
    after.pop();
    after[2].1 = "tests\n";
    let objection = objection(&files, &after, alters());
    assert!(objection.is_some_and(|it| it.contains("no longer sends tests, which a step names")));
}

#[test]
fn what_is_taken_by_another_name_stays() {
    let bake = "target \"api\" {\n  dockerfile = \"Dockerfile\"\n  context = \"api\"\n  contexts = { lib = \".\" }\n}\n";
    let other = "FROM a\nCOPY --from=lib docs /d\n";
    let before = [
        ("Dockerfile", ALL),
        ("api/Dockerfile", other),
        ("docker-bake.hcl", bake),
        ("docs/a.md", "x"),
    ];
    let after: Vec<_> = before.iter().copied().chain([(".dockerignore", "docs\n")]).collect();
    let alters = Alteration::Unsent { classes: vec![Class::Docs], asked_for: Vec::new() };
    let objection = objection(&before, &after, vec![alters]);
    let expected = "no longer sends docs, which a step names in .dockerignore";
    assert_eq!(objection.as_deref(), Some(expected));
}
