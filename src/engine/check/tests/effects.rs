//! The engine judges a RUN by what it reads and writes, whatever a rule thinks of it.

use super::{of_one as objection_to, *};

/// What the engine says when `COPY . .` comes after these lines instead of before them, while requirements.txt
/// is still copied first.
fn deferred(lines: &str) -> Option<String> {
    let before = format!("FROM a\nWORKDIR /w\nCOPY . .\n{lines}\n");
    let after = format!("FROM a\nWORKDIR /w\nCOPY requirements.txt ./\n{lines}\nCOPY . .\n");
    let files = |dockerfile| {
        [
            ("Dockerfile", dockerfile),
            ("requirements.txt", "-r more/base.txt\nflask\n"),
            ("VERSION.txt", "1"),
            ("more/base.txt", ""),
            ("src/app.py", ""),
            ("pyproject.toml", ""),
        ]
    };
    objection(&files(&before), &files(&after), vec![Alteration::Order])
}

const READS: &str = ", which may read what the COPY on line 3 brings in Dockerfile";

#[test]
fn a_copy_may_come_after_what_does_not_touch_it() {
    for lines in [
        "RUN pip install flask",
        "RUN pip install --upgrade pip && pip install gunicorn==20 > /tmp/log",
        "RUN apt-get update && apt-get install -y gcc",
        "RUN export V=$(cat /etc/hostname) && pip install flask",
        "RUN mkdir -p /w/src && useradd app",
        "RUN tar xf /tmp/a.tar -C /opt",
        "RUN cat requirements.txt",
        "RUN curl -fsS https://x.example/install.sh -o /tmp/install.sh",
        "RUN cd /opt && rm -rf *.txt",
        "RUN date > built.txt",
        "RUN mkdir -p src && date > src/built.txt",
        "RUN date > /opt/built.txt 2>&1",
    ] {
        assert_eq!(deferred(lines), None, "{lines}");
    }
}

#[test]
fn a_copy_stays_before_what_touches_it() {
    for lines in [
        "RUN export V=$(cat VERSION.txt) && pip install flask",
        "RUN V=`cat VERSION.txt` pip install flask",
        "RUN pip install app==\"$(cat VERSION.txt)\"",
        "RUN pip install flask < VERSION.txt",
        "RUN echo flask > src/app.py",
        "RUN date > src/built.txt",
        "RUN date 2>> src/built.txt",
        "RUN date &> src/built.txt",
        "RUN date >& src/built.txt",
        "RUN touch src/new.py",
        "RUN curl -fsS https://x.example/a.py -o src/a.py",
        "RUN date > src/built.txt && mkdir -p src",
        "RUN cat <<< \"$(cat VERSION.txt)\"",
        "RUN pip install -r requirements.txt",
        "RUN pip install ./src",
        "RUN pip install .",
        "RUN tar xf /tmp/a.tar",
        "RUN tar xf $ARCHIVE -C /opt",
        "RUN . ./settings.sh && pip install flask",
        "RUN make",
        "RUN sh -c 'cat VERSION.txt'",
        "RUN [\"cat\", \"VERSION.txt\"]",
        "RUN ./src/app.py",
        "RUN cd src && pip install flask",
        "RUN rm -rf *.txt",
        "RUN sed -i s/a/b/ requirements.txt",
        "RUN rm requirements.txt",
        "RUN chown -R app /w",
        "RUN for it in $(cat VERSION.txt); do echo $it; done",
        "RUN while read it; do echo $it; done < VERSION.txt",
        "RUN for it in a b; do echo $it; done > src/app.py",
        "ENV PIP_CONSTRAINT=VERSION.txt\nRUN pip install flask",
    ] {
        let found = deferred(lines);
        assert!(found.as_ref().is_some_and(|it| it.ends_with(READS)), "{lines}: {found:?}");
    }
}

#[test]
fn a_copy_does_not_overtake_another_to_the_same_place() {
    let before = "FROM a\nCOPY . /s/\nRUN pip install flask\nCOPY conf/a.ini /s/a.ini\n";
    let after = "FROM a\nRUN pip install flask\nCOPY conf/a.ini /s/a.ini\nCOPY . /s/\n";
    let files = |it| [("Dockerfile", it), ("conf/a.ini", ""), ("a.ini", "")];
    assert_eq!(
        objection(&files(before), &files(after), vec![Alteration::Order]).as_deref(),
        Some("alters the COPY on line 2, which may now win over the COPY on line 4 in Dockerfile")
    );
}

/// A Python image in two, with these lines before the install and in each of the stages.
fn split_with(before: &str, builder: &str, last: &str) -> Option<String> {
    let (head, tail) = SPLIT.0.split_once("COPY requirements.txt .\n").unwrap();
    let old = format!("{head}{before}COPY requirements.txt .\n{tail}");
    let (head, tail) = SPLIT.1.split_once("COPY requirements.txt .\n").unwrap();
    let new = format!("{head}{builder}COPY requirements.txt .\n{tail}");
    let new = new.replacen("COPY . .\n", &format!("{last}COPY . .\n"), 1);
    objection_to(&old, &new, split())
}

#[test]
fn only_what_installs_need_leaves_the_last_stage() {
    assert_eq!(split_with("", "", ""), None);
    for file in ["requirements-dev.txt", "constraints.txt", "README.md"] {
        let copy = format!("COPY {file} .\n");
        assert_eq!(split_with(&copy, &copy, ""), None, "{file}");
    }
    // Of managers that the image does not call.
    for file in ["package.json", "poetry.lock.txt", "Pipfile", "settings.py"] {
        let copy = format!("COPY {file} .\n");
        assert!(split_with(&copy, &copy, "").is_some(), "{file}");
        assert_eq!(split_with(&copy, &copy, &copy), None, "{file}");
    }
    for run in ["RUN make\n", "RUN locale-gen en_US.UTF-8\n", "RUN useradd app\n"] {
        assert!(split_with(run, run, "").is_some(), "{run}");
        assert_eq!(split_with(run, run, run), None, "{run}");
    }
}

#[test]
fn the_last_stage_names_only_what_it_has() {
    let install = "RUN pip install -r requirements.txt\n";
    for (command, is_right) in [
        ("cat requirements.txt", false),
        ("rm requirements.txt", false),
        ("rm requirements*.txt", false),
        ("python check.py requirements.txt", false),
        ("rm -f requirements.txt", true),
        ("ls -la /w", true),
        ("chown -R app /w", true),
    ] {
        let run = format!("RUN {command}\n");
        let before = SPLIT.0.replacen(install, &format!("{install}{run}"), 1);
        let before = before.replacen("COPY . .\n", "COPY src src\n", 1);
        let after = SPLIT.1.replacen("COPY . .\n", &format!("{run}COPY src src\n"), 1);
        let found = objection_to(&before, &after, split());
        assert_eq!(found.is_none(), is_right, "{command}: {found:?}");
    }
}

#[test]
fn the_builder_has_what_its_installs_build_on() {
    for (run, is_right) in [
        ("RUN mkdir shop && touch shop/__init__.py\n", false),
        ("RUN sed -i /x/d requirements.txt\n", false),
        ("RUN mkdir -p /data\n", true),
        ("RUN useradd app\n", true),
    ] {
        let install = "RUN pip install -r requirements.txt .\n";
        let before = SPLIT.0.replacen("RUN pip install -r requirements.txt\n", install, 1);
        let before = before.replacen(install, &format!("{run}{install}"), 1);
        let after = SPLIT.1.replacen("RUN pip install -r requirements.txt\n", install, 1);
        let after = after.replacen("COPY . .\n", &format!("{run}COPY . .\n"), 1);
        let found = objection_to(&before, &after, split());
        assert_eq!(found.is_none(), is_right, "{run}: {found:?}");
    }
}

#[test]
fn a_folder_that_a_copy_needs_is_made_in_the_builder() {
    let file = "COPY requirements.txt .\nRUN pip install -r requirements.txt\n";
    let there = "COPY requirements.txt /deps\nRUN pip install -r /deps/requirements.txt\n";
    let before = SPLIT.0.replacen(file, &format!("RUN mkdir /deps\n{there}"), 1);
    let after = SPLIT.1.replacen(file, there, 1);
    let last = after.replacen("COPY . .\n", "RUN mkdir /deps\nCOPY . .\n", 1);
    assert!(objection_to(&before, &last, split()).is_some());
    let both = last.replacen(there, &format!("RUN mkdir /deps\n{there}"), 1);
    assert_eq!(objection_to(&before, &both, split()), None);
}

#[test]
fn a_directive_stays() {
    let before = "# syntax=docker/dockerfile:1.20\n# escape=`\nFROM a\n";
    for line in before.lines().take(2) {
        let after = before.replace(&format!("{line}\n"), "");
        let found = objection_to(before, &after, vec![]);
        assert!(found.is_some_and(|it| it.starts_with("loses a directive")), "{line}");
    }
}

#[test]
fn what_a_run_removed_is_not_copied_again() {
    let install = "RUN rm -rf tests && pip install -r requirements.txt\n";
    let before = format!("FROM a\nWORKDIR /w\nCOPY . .\n{install}CMD [\"x\"]\n");
    let after = format!(
        "FROM a AS builder\nWORKDIR /w\nRUN python -m venv /v\nENV PATH=/v/bin:$PATH\nCOPY . .\n{install}\n\
         FROM a\nWORKDIR /w\nCOPY --from=builder /v /v\nENV PATH=/v/bin:$PATH\nCOPY . .\nCMD [\"x\"]\n"
    );
    let alters = || {
        let mut alters = split();
        alters.retain(|it| *it != Alteration::Run("apt-get install libpq5".to_owned()));
        alters
    };
    let files = |it, tests| [("Dockerfile", it), ("requirements.txt", ""), (tests, "")];
    let found = |tests| objection(&files(&before, tests), &files(&after, tests), alters());
    let what = "alters the RUN on line 4, which changes what is still copied in Dockerfile";
    assert_eq!(found("tests/app.py").as_deref(), Some(what));
    assert_eq!(found("src/app.py"), None);
}

#[test]
fn packages_of_the_system_that_the_image_may_need_stay() {
    let after = SPLIT.1.replacen("RUN apt-get install libpq5\n", "", 1);
    let mut alters = split();
    alters.retain(|it| *it != Alteration::Run("apt-get install libpq5".to_owned()));
    assert!(objection_to(SPLIT.0, &after, alters.clone()).is_some());
    // A compiler is of no use to what is installed.
    let before = SPLIT.0.replacen(" libpq-dev", "", 1);
    let after = after.replacen(" libpq-dev", "", 1);
    assert_eq!(objection_to(&before, &after, alters), None);
}

/// A workspace of pnpm, whose downloads are fetched before the source is copied.
const FETCH: (&str, &str) = (
    "FROM a\nWORKDIR /w\nCOPY . .\nRUN pnpm install\n",
    "FROM a\nWORKDIR /w\nCOPY package.json pnpm-lock.yaml ./\nRUN pnpm fetch\nCOPY . .\nRUN pnpm install\n",
);

/// What the engine says to this Dockerfile instead of the first of [`FETCH`].
fn fetched(after: &str, script: &str) -> Option<String> {
    let files = |dockerfile| {
        [
            ("Dockerfile", dockerfile),
            ("package.json", "{\"scripts\": {\"prepare\": \"tsc\"}}"),
            ("pnpm-lock.yaml", "lockfileVersion: '9.0'\n"),
            ("main.ts", ""),
        ]
    };
    let alters = vec![Alteration::Order, Alteration::Fetch(script.to_owned())];
    objection(&files(FETCH.0), &files(after), alters)
}

#[test]
fn a_step_may_fetch_what_the_install_after_it_needs() {
    assert_eq!(fetched(FETCH.1, "pnpm fetch"), None);
    let folder = FETCH.1.replace("RUN pnpm fetch", "RUN cd . && pnpm fetch");
    assert!(fetched(&folder, "cd . && pnpm fetch").is_some(), "another folder");
    let late = "COPY . .\nRUN pnpm fetch\nRUN pnpm install\n";
    assert_eq!(fetched(&FETCH.0.replace("COPY . .\nRUN pnpm install\n", late), "pnpm fetch"), None);
}

#[test]
fn a_step_that_fetches_does_nothing_else() {
    // Whatever the change says of it.
    for script in [
        "pnpm run build",
        "pnpm install",
        "pnpm fetch && pnpm build",
        "pnpm fetch && rm -rf /x",
        "pnpm fetch && touch x",
        "pnpm fetch > log",
        "pnpm fetch $(cat main.ts)",
        "pnpm fetch x",
        "pnpm config set a b",
        "npm ci",
        "true",
        "curl -O https://example.com/x",
    ] {
        let after = FETCH.1.replace("pnpm fetch", script);
        assert!(fetched(&after, script).is_some(), "{script}");
    }
    for (from, to) in [
        // Without what it reads.
        ("package.json pnpm-lock.yaml", "package.json"),
        // In other surroundings than the install, or not before it.
        ("RUN pnpm fetch", "RUN --network=none pnpm fetch"),
        ("RUN pnpm fetch\n", "USER 1\nRUN pnpm fetch\nUSER root\n"),
        ("RUN pnpm fetch\n", "ENV A=1\nRUN pnpm fetch\n"),
        ("RUN pnpm install\n", ""),
        (
            "RUN pnpm fetch\nCOPY . .\nRUN pnpm install\n",
            "COPY . .\nRUN pnpm install\nRUN pnpm fetch\n",
        ),
        // Twice.
        ("RUN pnpm fetch\n", "RUN pnpm fetch\nRUN pnpm fetch\n"),
        // Not as declared.
        ("RUN pnpm fetch", "RUN pnpm fetch --prod"),
    ] {
        let after = FETCH.1.replace(from, to);
        assert_ne!(after, FETCH.1);
        assert!(fetched(&after, "pnpm fetch").is_some(), "{to}");
    }
    assert!(objection_to(FETCH.0, FETCH.1, vec![Alteration::Order]).is_some());
}
