//! Small files that once hung the command, filled its memory or ran over its stack.

use std::time::{Duration, Instant};

use super::*;

/// What a run may take, far more than it does: a hang is found, and a slow machine is not blamed.
const SECONDS: u64 = 60;
/// Address space in KiB; what these inputs asked for was more than any machine has.
const MEMORY: u32 = 4_000_000;

/// Looks at a project of these files, which must come to an end without a crash.
fn survives(name: &str, files: &[(&str, &str)]) -> Ran {
    let folder = Folder::new(files);
    finishes(name, &folder)
}

fn finishes(name: &str, folder: &Folder) -> Ran {
    let refit = env!("CARGO_BIN_EXE_refit");
    let limited = format!("ulimit -v {MEMORY}; exec '{refit}' check -q");
    let mut command = Command::new("sh");
    command.args(["-c", &limited]).current_dir(folder.path());
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.unwrap();
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if Duration::from_secs(SECONDS) < start.elapsed() {
            child.kill().unwrap();
            panic!("{name} takes more than {SECONDS} s");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let output = child.wait_with_output().unwrap();
    let code = output.status.code();
    assert!(
        matches!(code, Some(0 | 1)),
        "{name}: {code:?} {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ran::from(output)
}

/// A Dockerfile of one RUN.
fn run(script: &str) -> String {
    format!("FROM python:3.12-slim\nRUN {script}\n")
}

/// A text that stands in itself again and again.
fn nested(open: &str, inside: &str, close: &str, depth: usize) -> String {
    [&open.repeat(depth), inside, &close.repeat(depth)].concat()
}

#[test]
fn nested_shell_comes_to_an_end() {
    let install = "pip install x";
    for (name, open, close, depth) in [
        ("case", "case x in a) ", "; esac", 2000),
        ("case and parentheses", "case x in a) ( ", ") ;; esac", 22),
        ("parentheses", "( echo done; ", ")", 3000),
        ("braces", "{ echo fi; ", ";}", 3000),
        ("if", "if echo fi; then ", "; fi", 3000),
        ("arithmetic", "(( while ", " ; do a; done ))", 16),
        ("open arithmetic", "while (( ", "", 16),
    ] {
        survives(name, &[("Dockerfile", &run(&nested(open, install, close, depth)))]);
    }
}

#[test]
fn shell_as_people_write_it_is_read_however_long_it_is() {
    let steps = [
        "if [ -f a ]; then echo if; else echo done; fi",
        "for i in a b; do (cd $i && x=$((1 + 2)) && echo $x) || { echo fi; exit 1; }; done",
        "case $A in a|b) echo esac ;; *) ( : ) ;; esac",
        "while false; do :; done",
    ];
    let script = format!("{} && pip install x", steps.join(" && "));
    let script = [script.as_str(); 20].join(" && ");
    let ran = survives("long", &[("Dockerfile", &run(&script))]);
    assert!(ran.stdout.contains("mount-caches"), "{ran:?}");
}

#[test]
fn variables_that_grow_are_unknown() {
    let install = "RUN pip install x\n";
    let from = "FROM python:3.12-slim\n";
    for (name, lines) in [
        ("nested", format!("ENV B={}\n", nested("${A:-", "", "}", 10_000))),
        ("doubled", format!("ENV V=x\n{}", "ENV V=$V$V\n".repeat(40))),
        ("path", "ENV PATH=$PATH:$PATH\n".repeat(40)),
        ("replaced", format!("ENV V=x\n{}", "ENV V=${V//x/xxxxxxxxxx}\n".repeat(15))),
        ("pattern", format!("ENV A={}\nENV B=${{A//{}b/x}}\n", "a".repeat(800), "*a".repeat(100))),
    ] {
        let ran = survives(name, &[("Dockerfile", &format!("{from}{lines}{install}"))]);
        assert!(ran.stdout.contains("mount-caches"), "{name} {ran:?}");
    }
    let doubled = |line: &dyn Fn(usize) -> String| (0..40).map(line).collect::<String>();
    let make = format!(
        "V0 = x\n{}b:\n\tdocker build $(V40) .\n",
        doubled(&|it| format!("V{} = $(V{it})$(V{it})\n", it + 1))
    );
    survives("make", &[("Dockerfile", &run("pip install x")), ("Makefile", &make)]);
    let shell = format!("A=x\n{}docker build $A .\n", "A=$A$A\n".repeat(40));
    survives("shell", &[("Dockerfile", &run("pip install x")), ("build.sh", &shell)]);
}

#[test]
fn lists_of_lists_come_to_an_end() {
    let dockerfile = run("pip install x");
    let aliases: String =
        (0..30).map(|it| format!("k{}: &k{} [*k{it}, *k{it}]\n", it + 1, it + 1)).collect();
    let aliases = format!("k0: &k0 [docker build .]\n{aliases}job:\n  script: *k30\n");
    survives("aliases", &[("Dockerfile", &dockerfile), (".gitlab-ci.yml", &aliases)]);

    let mut extends = ".l9x0:\n  script: [docker build .]\n".to_owned();
    for level in 0..9 {
        for own in 0..10 {
            let above = (0..10).map(|it| format!(".l{}x{it}", level + 1)).collect::<Vec<_>>();
            extends += &format!(".l{level}x{own}:\n  extends: [{}]\n", above.join(", "));
        }
    }
    extends += "job:\n  extends: .l0x0\n";
    survives("extends", &[("Dockerfile", &dockerfile), (".gitlab-ci.yml", &extends)]);

    let includes: Vec<_> = (0..4000)
        .map(|it| (format!("r{it}.txt"), format!("-r r{}.txt\n", it + 1)))
        .chain([("Dockerfile".to_owned(), run("pip install -r r0.txt"))])
        .collect();
    let includes: Vec<_> = includes.iter().map(|it| (it.0.as_str(), it.1.as_str())).collect();
    survives("includes", &includes);

    let triggers = format!("FROM a\n{}RUN x\n", "ONBUILD ".repeat(4000));
    let ran = survives("triggers", &[("Dockerfile", &triggers)]);
    assert!(ran.stderr.contains("Chaining ONBUILD"), "{ran:?}");
}

#[test]
fn stages_that_copy_from_each_other_are_compared_once() {
    let mut text = "FROM a AS s0\nFROM a AS s1\n".to_owned();
    for it in 2..40 {
        let (one, two) = (it - 1, it - 2);
        text += &format!("FROM a AS s{it}\nCOPY --from=s{one} /x /x\nCOPY --from=s{two} /y /y\n");
        text += "RUN pip install a\n";
    }
    survives("stages", &[("Dockerfile", &text), ("Dockerfile.test", &text)]);
}

#[cfg(unix)]
#[test]
fn what_only_has_the_name_of_an_ignore_file_is_not_opened() {
    let folder = Folder::new(&[("a/Dockerfile", UNPINNED), ("b/Dockerfile", UNPINNED)]);
    let place = |it: &str| folder.path().join(it);
    std::os::unix::fs::symlink("/dev/zero", place("a/.gitignore")).unwrap();
    let made = Command::new("mkfifo").arg(place("b/.gitignore")).status().unwrap();
    assert!(made.success());
    // A link that leads to a file with rules says nothing, as with git.
    folder.write("rules", "Dockerfile\n");
    std::os::unix::fs::symlink("rules", place(".gitignore")).unwrap();
    let ran = finishes("ignore files", &folder);
    let named = |it: &str| ran.stdout.contains(it);
    assert!(named("a/Dockerfile") && named("b/Dockerfile"), "{ran:?}");
}
