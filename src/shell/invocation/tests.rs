use super::*;

const PROGRAMS: Programs = Programs {
    runner: |name| RUNNERS.iter().find(|it| it.program == name),
    versioned: &["pip"],
    letters: |name| match name {
        "pip" => Letters { flags: "Uqé", valued: "ir" },
        _ => Letters::NONE,
    },
};

const RUNNERS: &[Runner] = &[
    Runner {
        program: "ask",
        verb: Some("run"),
        options: Options { short: "C", long: &["with"] },
        modules: true,
    },
    Runner {
        program: "askx",
        verb: None,
        options: Options { short: "", long: &["from"] },
        modules: false,
    },
];

/// The call of a line whose words are apart by blanks; `?` is a word that cannot be known.
fn call(line: &str) -> Option<Invocation> {
    let words: Vec<_> = line.split(' ').map(|it| (it != "?").then(|| it.to_owned())).collect();
    Invocation::read(&words, &PROGRAMS)
}

/// The program of a line with its arguments, and the wrappers around it.
fn started(line: &str) -> String {
    let Some(call) = call(line) else { return "unknown".to_owned() };
    let arguments = call.arguments.iter().map(|it| it.text.as_deref().unwrap_or("?"));
    let words: Vec<&str> = std::iter::once(call.program.as_str()).chain(arguments).collect();
    let mut text = words.join(" ");
    call.assignments.iter().for_each(|it| {
        text += &format!(" [{}={}]", it.0, it.1.as_deref().unwrap_or("?"));
    });
    for (name, is) in [("module", call.is_module), ("empty", call.is_environment_empty)] {
        text += &if is { format!(" [{name}]") } else { String::new() };
    }
    for it in [call.runner, call.other_user].into_iter().flatten() {
        text += &format!(" [{it}]");
    }
    text
}

#[test]
fn each_wrapper_is_read_as_its_manual_says() {
    for (line, expected) in [
        ("pip install x", "pip install x"),
        ("/usr/bin/pip3.11 install ?", "pip install ?"),
        ("md5sum x", "md5sum x"),
        ("bzip2 x", "bzip2 x"),
        ("? x", "unknown"),
        ("busybox wget x", "wget x"),
        ("busybox --list", "busybox --list"),
        ("busybox", "busybox"),
        ("catatonit -g -- a b", "a b"),
        ("catatonit -P", "catatonit -P"),
        ("command -p a -v", "a -v"),
        ("command -v a", "command -v a"),
        ("ddtrace-run --debug a b", "a b"),
        ("ddtrace-run --info", "ddtrace-run --info"),
        ("doas -nu app a b", "a b [doas]"),
        ("doas -C /etc/doas.conf a", "doas -C /etc/doas.conf a"),
        ("docker-init -s -- a b", "a b"),
        ("dockerize -wait tcp://db:1 -timeout=9s -poll a -wait b", "a -wait b"),
        ("dockerize -template a:b -stdout c d", "d"),
        ("dumb-init -c --rewrite 15:3 -r 2:3 -- a b", "a b"),
        ("dumb-init --version", "dumb-init --version"),
        ("env", "env"),
        ("env A=1", "env A=1"),
        ("env A=1 B= a C=2", "a C=2 [A=1] [B=]"),
        ("env -u HOME --unset=X -- A=1 a", "a [HOME=?] [X=?] [A=1]"),
        ("env -i A=1 a", "a [A=1] [empty]"),
        ("env - a", "a [empty]"),
        ("env -iC /x a", "unknown"),
        ("exec -a name a b", "a b"),
        ("exec", "exec"),
        ("gosu app:app a -u b", "a -u b [gosu]"),
        ("gosu ? a", "a [gosu]"),
        ("gosu --version", "gosu --version"),
        ("gosu app", "gosu app"),
        ("ionice -c 2 -n0 a b", "a b"),
        ("ionice -c3 -p 1", "ionice -c3 -p 1"),
        ("newrelic-admin run-program a b", "a b"),
        ("newrelic-admin generate-config a b", "newrelic-admin generate-config a b"),
        ("nice -n 5 a -n b", "a -n b"),
        ("nice -5 a", "a"),
        ("nice --adjustment 5 a", "a"),
        ("nohup a b", "a b"),
        ("opentelemetry-instrument --traces_exporter x --a=b a --b", "a --b"),
        ("opentelemetry-instrument --version", "opentelemetry-instrument --version"),
        ("setsid -w a b", "a b"),
        ("stdbuf -oL -e 0 --input=L a b", "a b"),
        ("su-exec app:app a b", "a b [su-exec]"),
        ("sudo -H -u root -E A=1 a -u b", "a -u b [A=1] [sudo]"),
        ("sudo -nHu root a", "a [sudo]"),
        ("cross-env A=1 a b", "a b [A=1]"),
        ("dotenv -e .env -- a b", "a b"),
        ("dotenvx run -f .env -- a b", "a b"),
        ("env-cmd -f .env a b", "a b"),
        ("sudo --user root -- a", "a [sudo]"),
        ("sudo -l a", "sudo -l a"),
        ("sudo --chdir=/x a", "unknown"),
        ("time -p a", "a"),
        ("time -f %e -o x a", "a"),
        ("timeout -k 5 -s KILL 10m a 5", "a 5"),
        ("timeout --preserve-status --signal=9 ? a", "a"),
        ("timeout 5", "timeout 5"),
        ("tini -s -p SIGTERM -g -- a -- b", "a -- b"),
        ("tini -vvv a b", "a b"),
        ("tini --version", "tini --version"),
        ("tini-static -e 143 -- a", "a"),
        ("xvfb-run -a -s ? --server-num 9 a b", "a b"),
        // These are no wrappers: they add words, or go to another root.
        ("xargs pip install", "xargs pip install"),
        ("chroot /x pip install", "chroot /x pip install"),
        // Several wrappers in a row.
        ("exec /sbin/tini -- sudo env A=1 nice a b", "a b [A=1] [sudo]"),
        ("env ? a", "env ? a"),
        ("sudo nice ?", "nice ? [sudo]"),
    ] {
        assert_eq!(started(line), expected, "{line}");
    }
}

#[test]
fn every_wrapper_is_in_the_test_above() {
    let source = include_str!("tests.rs");
    for wrapper in programs::WRAPPERS {
        assert!(source.contains(&format!("(\"{} ", wrapper.name)), "{}", wrapper.name);
    }
}

#[test]
fn modules_and_runners_are_read() {
    for (line, expected) in [
        ("python3.11 -u -m pip install x", "pip install x [module]"),
        ("python -W ignore -Xdev -um a b", "a b [module]"),
        ("pypy3 -mpip x", "pip x [module]"),
        ("python --check-hash-based-pycs never -m a", "a [module]"),
        ("python -m nice a", "nice a [module]"),
        ("python -m ?", "unknown"),
        ("python -m", "python -m"),
        ("python -c -m x", "python -c -m x"),
        ("python x.py -m a", "python x.py -m a"),
        ("python - -m a", "python - -m a"),
        ("python -- -m a", "python -- -m a"),
        ("ask run pip install", "pip install [ask]"),
        ("/x/ask -C dir --with a run --with b -q -- sudo a -x", "a -x [ask] [sudo]"),
        ("python -m ask run a", "a [ask]"),
        ("ask run -m a b", "a b [module] [ask]"),
        ("ask run --module a", "a [module] [ask]"),
        ("ask run python -m a", "a [module] [ask]"),
        ("ask run -q", "ask run -q"),
        ("ask add run a", "ask add run a"),
        ("ask ? run a", "ask ? run a"),
        ("ask run ? a", "unknown"),
        ("askx --from b a run", "a run [askx]"),
        ("askx -m a", "a [askx]"),
    ] {
        assert_eq!(started(line), expected, "{line}");
    }
}

#[test]
fn positions_are_those_in_the_command_line() {
    let it = call("sudo env A=1 /usr/bin/python3 -u -m pip install ?").unwrap();
    assert_eq!((it.path.as_str(), it.word, it.wrappers.as_slice()), ("pip", 6, &[0, 1, 3][..]));
    assert_eq!(it.arguments.iter().map(|it| it.word).collect::<Vec<_>>(), [7, 8]);
    let it = call("exec /usr/bin/pip3 x").unwrap();
    assert_eq!((it.path.as_str(), it.word), ("/usr/bin/pip3", 1));
}

#[test]
fn shells_are_told_a_script_or_a_file() {
    let told = |words: &[&str]| {
        let words: Vec<_> = words.iter().map(|it| (*it != "?").then(|| (*it).to_owned())).collect();
        let it = Invocation::read(&words, &PROGRAMS).unwrap().script?;
        let text = it.text.unwrap_or_else(|| "?".to_owned());
        Some(format!("{} {}: {text}", it.word, if it.is_file { "file" } else { "script" }))
    };
    for (words, expected) in [
        (&["sh", "-c", "a b"][..], Some("2 script: a b")),
        (&["/bin/bash", "-lc", "a", "name"], Some("2 script: a")),
        (&["bash", "-euo", "pipefail", "-c", "a"], Some("4 script: a")),
        (&["bash", "-c", "-e", "--", "a"], Some("4 script: a")),
        (&["bash", "+o", "posix", "--rcfile", "x", "a", "-c"], Some("5 file: a")),
        (&["bash", "--norc", "a"], Some("2 file: a")),
        (&["sh", "-c", "?"], Some("2 script: ?")),
        (&["sh", "?"], Some("1 file: ?")),
        (&["sh", "-c"], None),
        (&["sh", "-s", "a"], None),
        (&["sh"], None),
        (&["bash", "-"], None),
        (&["bash", "-", "a", "b"], Some("2 file: a")),
        (&["sh", "-s", "--", "-", "a"], None),
        (&["sudo", "-u", "x", "ash", "-c", "a"], Some("5 script: a")),
        (&["busybox", "sh", "-c", "a"], Some("3 script: a")),
        (&["dash", "a"], Some("1 file: a")),
        (&["ksh", "a"], Some("1 file: a")),
        (&["zsh", "-c", "a"], Some("2 script: a")),
        (&["su", "-", "x", "-c", "a b"], Some("4 script: a b")),
        (&["su", "-s", "-c", "x", "--command=a b"], Some("4 script: a b")),
        (&["su", "x", "a"], None),
        (&["eval", "a", "b"], Some("1 script: a b")),
        (&["eval", "--", "a", "?"], Some("2 script: ?")),
        (&["env", "-i", "-S", "a -b", "c"], Some("3 script: a -b c")),
        (&["env", "-Sa b"], Some("1 script: a b")),
        (&["env", "-S", "a", "b c"], Some("2 script: ?")),
        (&["python", "-m", "sh", "-c", "a"], None),
        (&["fish", "-c", "a"], None),
    ] {
        assert_eq!(told(words).as_deref(), expected, "{words:?}");
    }
}

#[test]
fn options_and_values_are_told_apart() {
    let it = call("pip install -r x.txt -cy.txt --index-url=u a ?").unwrap();
    assert_eq!(it.values(&["-r", "--requirement"]), [Some("x.txt")]);
    assert_eq!(it.values(&["-c"]), [Some("y.txt")]);
    assert_eq!(it.values(&["--index-url"]), [Some("u")]);
    let positionals = it.positionals(&["-r"]);
    assert_eq!(positionals.iter().map(|it| it.word).collect::<Vec<_>>(), [6, 7]);
    assert_eq!((it.subcommand(), it.subcommands().1), (Some("install"), Some("x.txt")));
}

#[test]
fn options_that_stand_in_one_word_are_read_one_by_one() {
    for (line, arguments) in [
        ("pip -Ur x", "-U1 -r1 x2"),
        ("python -m pip -qUrx.txt a", "-q3 -U3 -rx.txt3 a4"),
        ("pip -rU -qir", "-rU1 -q2 -ir2"),
        ("pip -éq -q - -- --U", "-é1 -q1 -q2 -3 --4 --U5"),
        // A letter that is not one of its options.
        ("pip -Uxr y", "-Uxr1 y2"),
        ("other -Ur x", "-Ur1 x2"),
    ] {
        let it = call(line).unwrap();
        let texts = it.arguments.iter();
        let texts: Vec<_> =
            texts.map(|it| format!("{}{}", it.text.as_deref().unwrap(), it.word)).collect();
        assert_eq!(texts.join(" "), arguments, "{line}");
    }
    assert_eq!(call("pip -Ur ?").unwrap().values(&["-r"]), [None]);
}

#[test]
fn the_words_of_a_runner_can_be_taken_away() {
    for (line, expected) in [
        ("ask run a b", Some(0..2)),
        ("sudo /x/ask run -- a", Some(1..4)),
        ("python -I -m ask run a", Some(0..5)),
        ("ask run python -m a", Some(0..2)),
        ("askx a", Some(0..1)),
        ("askx ask run a", Some(1..3)),
        ("ask -C x run a", None),
        ("ask run --with x a", None),
        ("ask run -m a", None),
        ("askx ask run -m a", None),
        ("ask run", None),
        ("a b", None),
    ] {
        assert_eq!(call(line).and_then(|it| it.runner_words), expected, "{line}");
    }
}
