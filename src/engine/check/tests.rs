use super::*;
use crate::dockerfile::Keyword;
use crate::{
    project::change::{Alteration, Origin, Safety},
    text::{Edit, ImagePath, Place},
};

mod composed;
mod effects;
mod halves;
mod leaving;
mod sent;

fn path(text: &str) -> RepoPath {
    RepoPath::new(text).unwrap()
}

/// The engine's objection to a change from these files to those, with these declarations.
fn objection(
    before: &[(&str, &str)],
    after: &[(&str, &str)],
    alters: Vec<Alteration>,
) -> Option<String> {
    let project = Project::new(before.iter().map(|it| (path(it.0), it.1.to_owned())));
    let change = |(name, text): &(&str, &str)| match before.iter().find(|it| it.0 == *name) {
        Some(old) => FileChange::Edit(vec![Edit::replace(0..old.1.len(), *text)]),
        None => FileChange::Create((*text).to_owned()),
    };
    let mut files: BTreeMap<_, _> = after.iter().map(|it| (path(it.0), change(it))).collect();
    let gone = before.iter().filter(|it| !after.iter().any(|new| new.0 == it.0));
    files.extend(gone.map(|it| (path(it.0), FileChange::Delete)));
    let change = Change {
        title: String::new(),
        reason: String::new(),
        safety: Safety::Safe,
        place: Place::line(&path("Dockerfile"), 1),
        files,
        alters,
    };
    let (after, _) = project.apply(std::slice::from_ref(&change));
    step(&project, &after, &[&change]).into_values().next()
}

fn of_one(before: &str, after: &str, alters: Vec<Alteration>) -> Option<String> {
    let objection = objection(&[("Dockerfile", before)], &[("Dockerfile", after)], alters)?;
    Some(objection.trim_end_matches(" in Dockerfile").to_owned())
}

/// The span of a part of a text.
fn pipeline(text: &str, part: &str) -> Alteration {
    let start = text.find(part).unwrap();
    Alteration::Pipeline(start..start + part.len())
}

#[test]
fn layout_is_free() {
    let before =
        "FROM a AS x\nENV A=1 \\\n # why\n B=2\nRUN a  && b\nWORKDIR /w\nCOPY ./c .\nCMD [\"a\"]\n";
    let after = "# syntax=docker/dockerfile:1\nFROM a AS x\nENV A=1\n# why\nENV B=$A\nENV B=2\n\
                 RUN --mount=type=cache,target=/root/.cache/pip a && \\\n    b\nWORKDIR /w\nCOPY c /w/\nCMD [ \"a\" ]";
    assert_eq!(of_one(before, after, vec![]), None);
}

#[test]
fn what_no_change_may_do() {
    let before = "FROM a\n# one\nRUN a && \\\n  # two\n  b\nCOPY c /d/\nENV E=1\nWORKDIR /w\nUSER x\nRUN e\n\
                  ONBUILD COPY . /a\nEXPOSE 80\nENTRYPOINT [\"f\"]\nCMD [\"a\"]\n";
    let cases = [
        ("FROM a\n", "FROM b\n", "alters the base, a to b"),
        ("FROM a\n", "FROM --platform=linux/arm64 a\n", "alters the base, a to a for linux/arm64"),
        ("# one\n", "", "loses a comment (# one)"),
        ("  # two\n", "", "loses a comment (# two)"),
        ("USER x\n", "", "alters USER"),
        ("COPY . /a", "ADD . /a", "alters ONBUILD 0000"),
        ("CMD [\"a\"]", "CMD a", "alters CMD"),
        ("CMD [\"a\"]", "FROM b", "alters the base, a to b"),
        ("ENTRYPOINT [\"f\"]\nCMD [\"a\"]", "CMD [\"a\"]", "alters ENTRYPOINT"),
        ("EXPOSE 80", "EXPOSE 81", "alters EXPOSE 80"),
        ("RUN a && ", "RUN a; ", "alters the RUN on line 3"),
        ("  b\n", "  b 'c'\n", "alters the RUN on line 3"),
        ("COPY c /d/", "COPY c /d", "alters the COPY on line 6"),
        ("COPY c /d/", "COPY --chown=1 c /d/", "alters the COPY on line 6"),
        ("COPY c /d/\n", "COPY c /d/\nCOPY d /e/\n", "alters the WORKDIR on line 8"),
        ("WORKDIR /w\nUSER x\n", "USER x\nWORKDIR /w\n", "alters the WORKDIR on line 8"),
        ("USER x\nRUN e\n", "RUN e\nUSER x\n", "alters the RUN on line 10"),
        ("ENV E=1\n", "ARG E=1\n", "alters ENV E"),
        ("ENV E=1\n", "ENV E=1\nARG F=1\n", "alters the RUN on line 10"),
        ("WORKDIR /w\n", "SHELL [\"bash\", \"-c\"]\nWORKDIR /w\n", "alters SHELL"),
        (
            "RUN e\n",
            "RUN --mount=type=cache,target=/root/.cache/pypoetry e\n",
            "alters the RUN on line 10",
        ),
        ("RUN e\n", "RUN --network=none e\n", "alters the RUN on line 10"),
        ("USER x\n", "USER x\nENV A\n", "brings an error (ENV must have two arguments)"),
    ];
    for (from, to, expected) in cases {
        let after = before.replacen(from, to, 1);
        assert_ne!(before, after, "{from}");
        assert_eq!(of_one(before, &after, vec![]).as_deref(), Some(expected), "{after}");
    }
}

#[test]
fn stages_are_inlined() {
    let one = "FROM a AS x\nRUN b\nCOPY --from=x y /y\nCMD [\"c\"]\n";
    assert_eq!(
        of_one("FROM a\nRUN b\nCMD [\"c\"]\n", "FROM a AS x\nRUN b\nFROM x\nCMD [\"c\"]\n", vec![]),
        None
    );
    // An ENTRYPOINT takes away the CMD of the stage below, but not one of its own.
    let (own, below) = (
        "FROM a\nCMD [\"c\"]\nENTRYPOINT [\"d\"]\n",
        "FROM a AS x\nCMD [\"c\"]\nFROM x\nENTRYPOINT [\"d\"]\n",
    );
    assert_eq!(of_one(own, below, vec![]).as_deref(), Some("alters CMD"));
    // A stage number refers to another stage if a stage is inserted before it.
    let before = "FROM a AS one\nRUN a\nFROM b\nCOPY --from=0 /x /x\n";
    let shifted = "FROM c AS zero\nRUN c\nFROM a AS one\nRUN a\nFROM b\nCOPY --from=0 /x /x\n";
    assert_eq!(of_one(before, shifted, vec![]).as_deref(), Some("alters the COPY on line 4"));
    assert_eq!(of_one(before, &shifted.replace("--from=0", "--from=one"), vec![]), None);
    assert_eq!(
        of_one(before, &before.replace("AS one", "AS two"), vec![]).as_deref(),
        Some("loses the stage one")
    );
    assert!(of_one(one, &one.replace("RUN b", "RUN d"), vec![]).is_some());
}

#[test]
fn what_a_change_declares_it_may_do_and_nothing_else() {
    let before = "FROM a\nENV A=1 B=2\nRUN pip install poetry && b\nCOPY . /s\nRUN pip install -r /s/r.txt\n\
                  CMD [\"poetry\", \"run\", \"x\"]\n";
    let pinned = pipeline(before, "pip install poetry");
    let rows = [
        (Alteration::Env("A".to_owned()), "A=1 ", ""),
        (pinned.clone(), "poetry &&", "poetry==1 &&"),
        (pinned.clone(), "pip install poetry && ", ""),
        (Alteration::Run("useradd x".to_owned()), "CMD", "RUN useradd x\nCMD"),
        (Alteration::Config(Keyword::User), "CMD", "USER 1:1\nCMD"),
        (Alteration::Config(Keyword::Cmd), "\"poetry\", \"run\", ", ""),
        (Alteration::Argument("X".to_owned()), "RUN pip install -r", "ARG X=1\nRUN pip install -r"),
        (
            Alteration::Order,
            "COPY . /s\nRUN pip install -r /s/r.txt\n",
            "COPY r.txt /s/\nRUN pip install -r /s/r.txt\nCOPY . /s\n",
        ),
    ];
    let edit = |from: &str, to: &str| {
        let after = before.replacen(from, to, 1);
        assert_ne!(before, after, "{from}");
        after
    };
    for (alteration, from, to) in &rows {
        assert_eq!(of_one(before, &edit(from, to), vec![alteration.clone()]), None, "{to}");
        assert!(of_one(before, &edit(from, to), vec![]).is_some(), "{to}");
        for (other, ..) in rows.iter().filter(|it| it.0 != *alteration) {
            assert!(
                of_one(before, &edit(from, to), vec![other.clone()]).is_some(),
                "{other:?}: {to}"
            );
        }
    }
    let beyond = [
        (pinned, "poetry && b", "poetry==1 && c"),
        (Alteration::Config(Keyword::User), "CMD", "USER root\nCMD"),
        (Alteration::Config(Keyword::User), "RUN pip install -r", "USER 1:1\nRUN pip install -r"),
        (Alteration::Config(Keyword::Cmd), "\"run\", \"x\"", "\"y\""),
        (Alteration::Run("useradd x".to_owned()), "CMD", "RUN useradd y\nCMD"),
        (
            Alteration::Order,
            "COPY . /s\nRUN pip install -r /s/r.txt\n",
            "RUN pip install -r /s/r.txt\n",
        ),
        (
            Alteration::Order,
            "COPY . /s\nRUN pip install -r /s/r.txt\n",
            "COPY r.txt /t/\nRUN pip install -r /s/r.txt\nCOPY . /s\n",
        ),
        (
            Alteration::Order,
            "RUN pip install poetry && b\nCOPY . /s\n",
            "COPY . /s\nRUN pip install poetry && b\n",
        ),
    ];
    for (alteration, from, to) in beyond {
        assert!(of_one(before, &edit(from, to), vec![alteration]).is_some(), "{to}");
    }
}

#[test]
fn what_a_change_declares_it_does() {
    let before = "FROM a\nRUN useradd x\nUSER 1\nCMD a\n";
    let after = before.replace("USER 1", "USER  1");
    let rows = [
        (Alteration::Run("useradd x".to_owned()), "does not run useradd x"),
        (Alteration::Config(Keyword::User), "does not set USER"),
    ];
    for (alteration, expected) in rows {
        assert_eq!(of_one(before, &after, vec![alteration]).as_deref(), Some(expected));
    }
    // One more than before, in whatever layout.
    let again = before.replace("CMD", "RUN useradd \\\n  x\nCMD");
    assert_eq!(of_one(before, &again, vec![Alteration::Run("useradd x".to_owned())]), None);
}

#[test]
fn copies_may_wait_for_what_does_not_read_them() {
    let before = "FROM a\nCOPY . /s\nRUN make\nRUN pip install -r /s/r.txt\n";
    let after = "FROM a\nCOPY r.txt /s/\nRUN make\nRUN pip install -r /s/r.txt\nCOPY . /s\n";
    let objection = of_one(before, after, vec![Alteration::Order]);
    assert_eq!(
        objection.as_deref(),
        Some("alters the RUN on line 3, which may read what the COPY on line 2 brings")
    );
}

#[test]
fn an_install_may_be_done_in_two_steps() {
    let before = "FROM a\nCOPY . .\nRUN cd s && poetry install\n";
    let after = "FROM a\nCOPY pyproject.toml .\nRUN cd s && poetry install --no-root\nCOPY . .\nRUN cd s && poetry install\n";
    let order = || vec![Alteration::Order];
    assert_eq!(of_one(before, after, order()), None);
    for (from, to) in [
        ("\nRUN cd s && poetry install\n", "\n"),
        ("install --no-root", "install --dry-run"),
        ("COPY . .\nRUN cd s && poetry", "COPY . .\nRUN poetry"),
        ("cd s && poetry install --no-root\n", "cd s && poetry install --no-root && x\n"),
    ] {
        assert!(of_one(before, &after.replacen(from, to, 1), order()).is_some(), "{to}");
    }
}

const SPLIT: (&str, &str) = (
    "FROM a\nWORKDIR /w\nRUN apt-get install gcc libpq-dev\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\nCOPY . .\n\
     RUN python manage.py collectstatic\nUSER 1\nCMD [\"x\"]\n",
    "FROM a AS builder\nWORKDIR /w\nRUN apt-get install gcc libpq-dev\nRUN python -m venv /v\nENV PATH=/v/bin:$PATH\n\
     COPY requirements.txt .\nRUN pip install -r requirements.txt\n\nFROM a\nWORKDIR /w\nRUN apt-get install libpq5\n\
     COPY --from=builder /v /v\nENV PATH=/v/bin:$PATH\nCOPY . .\nRUN python manage.py collectstatic\nUSER 1\nCMD [\"x\"]\n",
);

fn split() -> Vec<Alteration> {
    vec![
        Alteration::Split { environment: ImagePath::new("/v").unwrap() },
        Alteration::Env("PATH".to_owned()),
        Alteration::Run("python -m venv /v".to_owned()),
        Alteration::Run("apt-get install libpq5".to_owned()),
    ]
}

#[test]
fn an_environment_may_be_built_apart() {
    assert_eq!(of_one(SPLIT.0, SPLIT.1, split()), None);
    for without in 0..split().len() {
        let mut some = split();
        some.remove(without);
        assert!(of_one(SPLIT.0, SPLIT.1, some).is_some(), "{without}");
    }
    for (from, to, expected) in [
        ("USER 1\n", "", "alters USER"),
        ("RUN python manage.py collectstatic\n", "", "alters the RUN on line 7"),
        ("\nFROM a\n", "\nFROM b\n", "alters the base, a to b"),
        ("FROM a AS builder", "FROM b AS builder", "alters the base of the environment to b"),
        ("RUN pip install -r requirements.txt\n", "", "alters the RUN on line 5"),
        ("COPY . .\n", "", "alters the COPY on line 6"),
        ("RUN apt-get install gcc libpq-dev\n", "", "alters the RUN on line 3"),
        ("\nFROM a\nWORKDIR /w\n", "\nFROM a\n", "alters WORKDIR"),
        (
            "=builder /v /v",
            "=builder /v /u",
            "alters the files of the image with the COPY on line 12",
        ),
        ("RUN apt-get install libpq5", "RUN apt-get install libpq6", "alters the COPY on line 6"),
    ] {
        let after = SPLIT.1.replacen(from, to, 1);
        assert_ne!(after, SPLIT.1, "{from}");
        let objection = of_one(SPLIT.0, &after, split());
        assert!(objection.is_some(), "{after}");
        if !["WORKDIR", "files", "COPY on line 6"].iter().any(|it| expected.contains(it)) {
            assert_eq!(objection.as_deref(), Some(expected), "{after}");
        }
    }
}

const TWINS: [(&str, &str); 3] = [
    ("Dockerfile", "FROM a\nRUN poetry install --only main\nCMD [\"x\"]\n"),
    (
        "Dockerfile.test",
        "FROM a\nRUN poetry install --with test\nCOPY tests .\n# how\nCMD [\"pytest\"]\n",
    ),
    (
        "compose.yaml",
        "services:\n  t:\n    build:\n      context: .\n      dockerfile: Dockerfile.test\n",
    ),
];

const MERGED: [(&str, &str); 2] = [
    (
        "Dockerfile",
        "FROM a AS base\nARG T=no\nRUN if [ \"$T\" = \"yes\" ]; then \\\n    poetry install --with test; \\\n  else \\\n    \
         poetry install --only main; \\\n  fi\nFROM base AS test\nCOPY tests .\n# how\nCMD [\"pytest\"]\nFROM base\nCMD [\"x\"]\n",
    ),
    (
        "compose.yaml",
        "services:\n  t:\n    build:\n      context: .\n      dockerfile: Dockerfile\n      target: test\n      args:\n        T: \"yes\"\n",
    ),
];

fn moved() -> Vec<Alteration> {
    let arguments = [("T".to_owned(), "yes".to_owned())].into();
    let to = Origin { dockerfile: path("Dockerfile"), target: Some("test".to_owned()), arguments };
    vec![
        Alteration::Argument("T".to_owned()),
        Alteration::Moved { from: path("Dockerfile.test"), to },
    ]
}

#[test]
fn twins_may_become_one() {
    assert_eq!(objection(&TWINS, &MERGED, moved()), None);
    for (at, from, to) in [
        (0, "--with test", "--with tests"),
        (0, "--only main", "--only dev"),
        (0, "T=no", "T=yes"),
        (0, "# how\n", ""),
        (0, "FROM base\nCMD [\"x\"]\n", ""),
        (0, "COPY tests .\n", ""),
        (0, "AS test", "AS tests"),
        (1, "      target: test\n", ""),
        (1, "\"yes\"", "\"no\""),
        (1, "dockerfile: Dockerfile\n", "dockerfile: Dockerfile.test\n"),
        (1, "context: .", "context: ./a"),
        (1, "context: .", "context: .\n      additional_contexts:\n        x: ./a"),
    ] {
        let mut files = MERGED;
        let text = files[at].1.replacen(from, to, 1);
        assert_ne!(text, files[at].1, "{from}");
        files[at].1 = &text;
        assert!(objection(&TWINS, &files, moved()).is_some(), "{to}");
    }
    assert!(objection(&TWINS, &MERGED, moved()[..1].to_vec()).is_some());
    assert!(objection(&TWINS, &MERGED, moved()[1..].to_vec()).is_some());
    // A caller that still names what is gone.
    let stale = [MERGED[0], TWINS[2]];
    let expected = "leaves nothing to build for compose.yaml:4 in Dockerfile.test";
    assert_eq!(objection(&TWINS, &stale, moved()).as_deref(), Some(expected));
}

#[test]
fn a_build_that_stays_is_compared_in_a_caller_that_changes() {
    let with = |files: &[(&'static str, &str)], two: &str| -> Vec<(&str, String)> {
        let run = format!("ARG V=1\nRUN if [ \"$V\" = \"2\" ]; then {two}; else b; fi\n");
        let web =
            "services:\n  web:\n    build:\n      context: .\n      args:\n        V: \"2\"\n";
        let one = |(name, text): &(&'static str, &str)| match text.split_once('\n').unwrap() {
            ("services:", rest) => (*name, format!("{web}{rest}")),
            (from, rest) => (*name, format!("{from}\n{run}{rest}")),
        };
        files.iter().map(one).collect()
    };
    let merged = |two| {
        let (before, after) = (with(&TWINS, "a"), with(&MERGED, two));
        let before: Vec<_> = before.iter().map(|it| (it.0, it.1.as_str())).collect();
        let after: Vec<_> = after.iter().map(|it| (it.0, it.1.as_str())).collect();
        objection(&before, &after, moved())
    };
    assert_eq!(merged("a"), None);
    assert_eq!(merged("c").as_deref(), Some("alters the RUN on line 3 in Dockerfile"));
}

#[test]
fn a_reading_that_comes_to_nothing_may_come_to_nothing_in_another_way() {
    // Without a `cd` it is read from its own folder as well.
    let script = |file: &str| format!("docker build -f {file} .\n");
    let (before, after) =
        (script("Dockerfile.test"), script("Dockerfile --target test --build-arg T=yes"));
    let before = [TWINS[0], TWINS[1], ("ci/build.sh", before.as_str())];
    let after = [MERGED[0], ("ci/build.sh", after.as_str())];
    assert_eq!(objection(&before, &after, moved()), None);
}
