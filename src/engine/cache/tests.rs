use std::collections::BTreeMap;

use super::*;

fn path(path: &str) -> RepoPath {
    RepoPath::new(path).unwrap()
}

/// The lines that run again after an edit of a file, with what the build says besides the Dockerfile.
fn again(
    text: &str,
    files: &[&str],
    edited: &str,
    build: (Option<&str>, &[(&str, &str)]),
) -> Vec<usize> {
    let (target, named) = build;
    let files = files.iter().map(|it| (path(it), String::new()));
    let project = Project::new(files.chain([(path("Dockerfile"), text.to_owned())]));
    let arguments = [("S".to_owned(), "web".to_owned())].into();
    let origin =
        Origin { dockerfile: path("Dockerfile"), target: target.map(str::to_owned), arguments };
    let named: BTreeMap<_, _> = named.iter().map(|it| (it.0.to_owned(), path(it.1))).collect();
    let image = ImageSteps::new(&project, &origin, &RepoPath::root(), &named).unwrap();
    let dockerfile = project.file("Dockerfile").unwrap().dockerfile().unwrap();
    let line = |it: usize| dockerfile.items[image.steps()[it].item].lines.0;
    image.after_edit(&path(edited)).into_iter().map(line).collect()
}

#[test]
fn arguments_of_the_build_and_its_target_count() {
    let text = "FROM a AS base\nARG S=api\nCOPY $S/x /x\nRUN b\nFROM base AS test\nCOPY t /t\nFROM base\nRUN c\n";
    let files = ["api/x", "web/x", "t/a"];
    let of = |edited, target| again(text, &files, edited, (target, &[]));
    assert_eq!(of("web/x", None), [3, 4, 8]);
    assert_eq!(of("web/x", Some("base")), [3, 4]);
    assert_eq!(of("api/x", None), [0; 0]);
    assert_eq!(of("t/a", Some("TEST")), [6]);
    assert_eq!(of("t/a", None), [0; 0]);
}

#[test]
fn named_contexts_are_folders_of_their_own() {
    let text = "FROM a\nCOPY --from=lib x /x\nRUN b\nFROM base\nRUN c\nCOPY --from=0 /x /x\n";
    let files = ["libs/lib/x", "libs/lib/y", "bases/z", "x"];
    let named = [("lib", "libs/lib"), ("base", "bases")];
    let of = |edited| again(text, &files, edited, (None, &named));
    assert_eq!(of("libs/lib/x"), [2, 3, 6]);
    assert_eq!(of("libs/lib/y"), [0; 0]);
    assert_eq!(of("x"), [0; 0]);
    assert_eq!(of("bases/z"), [5, 6]);
}

#[test]
fn a_program_that_is_not_known_may_write_anywhere_but_over_what_was_copied() {
    let text = "FROM a AS b\nWORKDIR /w\nCOPY . .\nRUN ./build\nFROM a\nCOPY --from=b /w/x /x\n\
                COPY --from=b /w/out /out\nCOPY --from=b /w/y /y\n";
    let of = |edited| again(text, &["x", "y", "build"], edited, (None, &[]));
    assert_eq!(of("y"), [3, 4, 7, 8]);
    assert_eq!(of("x"), [3, 4, 6, 7, 8]);
    // What is known to write elsewhere leaves the rest as it was.
    let text = text.replace("./build", "cat y > /made");
    let of = |edited| again(&text, &["x", "y"], edited, (None, &[]));
    assert_eq!(of("y"), [3, 4, 8]);
}

#[test]
fn a_file_is_followed_through_stages() {
    let text = "FROM a AS one\nCOPY src /src\nFROM a AS two\nCOPY --from=one /src/lib /lib\n\
                FROM a\nCOPY --from=two /lib/x /x\nCOPY --from=two /lib /all\n";
    let of = |edited| again(text, &["src/lib/x", "src/lib/y", "src/z"], edited, (None, &[]));
    assert_eq!(of("src/lib/x"), [2, 4, 6, 7]);
    assert_eq!(of("src/lib/y"), [2, 4, 7]);
    assert_eq!(of("src/z"), [2]);
}

#[test]
fn a_linked_copy_stands_alone_and_takes_nothing_that_it_excludes() {
    let text = "FROM a\nCOPY a /a\nCOPY --link --exclude=*.md d /d\nRUN c\n";
    let of = |edited| again(text, &["a", "d/x", "d/y.md"], edited, (None, &[]));
    assert_eq!(of("a"), [2, 4]);
    assert_eq!(of("d/x"), [3, 4]);
    assert_eq!(of("d/y.md"), [0; 0]);
}

#[test]
fn the_costliest_edit_is_of_source_that_the_image_gets() {
    let text = "FROM a\nCOPY package.json lib/a.js ./\nRUN npm ci\nCOPY . .\n";
    let all = ["Dockerfile", "package.json", "lib/a.js", "app.js", "tests/a.js", "deep/b.js"];
    let with = |ignored: &str| {
        let files = all.iter().map(|it| (path(it), text.to_owned()));
        let project = Project::new(files.chain([(path(".dockerignore"), ignored.to_owned())]));
        let origin =
            Origin { dockerfile: path("Dockerfile"), target: None, arguments: BTreeMap::new() };
        let none = BTreeMap::new();
        let image = ImageSteps::new(&project, &origin, &RepoPath::root(), &none).unwrap();
        image.costliest_edit().map(|it| (it.file.to_string(), it.again.len()))
    };
    assert_eq!(with(""), Some(("lib/a.js".to_owned(), 3)));
    assert_eq!(with("lib\n"), Some(("app.js".to_owned(), 1)));
    assert_eq!(with("**/*.js\n"), None);
}
