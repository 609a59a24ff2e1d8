//! `refit verify`, with an engine that builds nothing.

use std::{env, fs, os::unix::fs::symlink, process::Command};

use super::{Folder, Ran};
use crate::support::source::root;

const DOCKERFILE: &str = "FROM python:3.12-slim\nCOPY requirements.txt main.py ./\n\
    RUN pip install --no-cache-dir -r requirements.txt\nCMD [\"python\", \"main.py\"]\n";

/// A committed project, and an engine beside it.
struct Bench {
    project: Folder,
    engine: Folder,
}

impl Bench {
    /// Services, each with a comment for the engine in its Dockerfile.
    fn new(services: &[(&str, &str)]) -> Self {
        let (project, engine) = (Folder::new(&[]), Folder::new(&[]));
        let script = root().join("src/verify/run/fake-engine.sh");
        symlink(script, engine.path().join("docker")).unwrap();
        for (name, comment) in services {
            project.write(&format!("{name}/Dockerfile"), &format!("{comment}\n{DOCKERFILE}"));
            project.write(&format!("{name}/requirements.txt"), "six==1.16.0\n");
            project.write(&format!("{name}/main.py"), "print(1)\n");
        }
        Self { project: project.commit(), engine }
    }

    fn refit(&self, arguments: &[&str]) -> Ran {
        self.refit_with(arguments, &[])
    }

    /// Runs the command with these variables and no others of refit's.
    fn refit_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
        let _ = fs::remove_file(self.engine.path().join("calls"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_refit"));
        for (name, _) in env::vars().filter(|it| it.0.starts_with("REFIT_")) {
            command.env_remove(name);
        }
        let path = format!("{}:{}", self.engine.path().display(), env::var("PATH").unwrap());
        command.args(arguments).current_dir(self.project.path()).env("PATH", path);
        command.env("REFIT_CACHE_DIR", self.engine.path().join("cache"));
        command.envs(variables.iter().copied());
        Ran::from(command.output().unwrap())
    }

    /// The builds of images, not those that fetch a base.
    fn builds(&self) -> Vec<String> {
        let calls = fs::read_to_string(self.engine.path().join("calls")).unwrap_or_default();
        let is_build = |it: &&str| it.starts_with("build ") && !it.contains("-base-");
        calls.lines().filter(is_build).map(str::to_owned).collect()
    }
}

#[test]
fn a_second_run_builds_nothing_and_says_since_when() {
    let bench = Bench::new(&[("web", "")]);
    let ran = bench.refit(&["verify", "--jobs", "1", "--rebuilds", "none"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let lines: Vec<&str> = ran.stderr.lines().filter(|it| it.contains(" … ")).collect();
    assert!(lines[0].starts_with("python:3.12-slim, base image … "), "{ran:?}");
    let lines = lines.iter().filter_map(|it| it.strip_prefix("[1/1] web, "));
    let lines: Vec<&str> = lines.map(|it| it.split(" …").next().unwrap()).collect();
    assert_eq!(lines, ["before: first build", "after: first build"]);
    assert!(ran.stdout.ends_with("\n1 of 1 image verified with docker 20.10.24 with BuildKit\n"));
    assert!(!ran.stdout.contains("as verified on"), "{ran:?}");

    let again = bench.refit(&["verify", "--rebuilds", "none"]);
    assert_eq!((again.code, bench.builds().len()), (0, 0), "{again:?}");
    assert!(again.stdout.contains("\n1 image as verified on 2"), "{again:?}");
    let json = bench.refit(&["verify", "--rebuilds", "none", "--format", "json"]).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert!(json["images"][0]["verified_on"].is_string(), "{json:#}");

    let fresh = bench.refit(&["verify", "-q", "--rebuilds", "none", "--fresh"]);
    assert_eq!((fresh.code, bench.builds().len(), fresh.stderr.as_str()), (0, 2, ""));
    assert_eq!(bench.project.git(&["status", "--porcelain"]), "");
    // What was verified is written.
    let ran = bench.refit(&["apply", "--verify"]);
    assert_eq!((ran.code, bench.builds().len()), (0, 0), "{ran:?}");
    assert_ne!(bench.project.git(&["status", "--porcelain"]), "");
}

#[test]
fn what_could_not_run_is_an_exit_code_of_its_own() {
    let full = "# fails: write /var/lib/x: no space left on device";
    let bench = Bench::new(&[("a", full), ("b", full), ("c", full), ("d", "")]);
    let ran = bench.refit(&["verify", "--jobs", "1", "--format", "json"]);
    assert_eq!(ran.code, 4, "{ran:?}");
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(json["images"][0]["verdict"], "could-not-run");
    assert_eq!(json["images"][0]["could_not_run"], "disk");
    assert_eq!(json["stopped"]["images"], serde_json::json!(["d"]));
    let ran = bench.refit(&["verify", "--jobs", "1", "--exit-zero"]);
    let end = "\n0 of 4 images verified, 3 could not run, 1 not tried with docker";
    assert!(ran.code == 4 && ran.stdout.contains(end), "{ran:?}");
    assert!(ran.stdout.contains("this is of this machine and its network: no change is to blame"));

    let ran = bench.refit(&["apply", "--verify", "--jobs", "1"]);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(ran.stderr.contains("error: 3 images in a row could not be built here"), "{ran:?}");
    assert_eq!(bench.project.git(&["status", "--porcelain"]), "");
}

#[test]
fn an_option_comes_before_its_variable_and_that_before_the_setting() {
    let bench = Bench::new(&[("web", "")]);
    let builds = |arguments: &[&str], variables: &[(&str, &str)]| {
        let ran = bench.refit_with(&[&["verify", "--fresh"], arguments].concat(), variables);
        assert_eq!(ran.code, 0, "{ran:?}");
        bench.builds().len()
    };
    assert_eq!(builds(&[], &[]), 6);
    bench.project.write("refit.toml", "[verify]\nrebuilds = [\"none\"]\njobs = 2\n");
    assert_eq!(builds(&[], &[]), 2);
    assert_eq!(builds(&[], &[("REFIT_REBUILDS", "source")]), 4);
    assert_eq!(builds(&["--rebuilds=source,manifest"], &[("REFIT_REBUILDS", "none")]), 6);
    builds(&[], &[("REFIT_BUILD_OPTIONS", "--network=host --pull")]);
    assert!(bench.builds().iter().all(|it| it.contains(" --network=host --pull ")));
    for (name, value, hint) in [
        ("REFIT_RUN", "sometimes", "it can be auto, alone, compose, none"),
        ("REFIT_TIMEOUT", "soon", "`refit verify --help` says what --timeout takes"),
        ("REFIT_JOBS", "0", "`refit verify --help` says what --jobs takes"),
    ] {
        let ran = bench.refit_with(&["verify"], &[(name, value)]);
        let error = format!("error: {name} is `{value}`\nhint: {hint}\n");
        assert!(ran.code == 2 && ran.stderr.ends_with(&error), "{ran:?}");
    }
}

#[test]
fn settings_are_known_by_name_and_count_once() {
    let bench = Bench::new(&[("web", "")]);
    let page = bench.refit(&["explain", "verify.jobs"]);
    assert!(page.code == 0 && page.stdout.contains("Rebuilds, whose time"), "{page:?}");
    let page = bench.refit(&["explain", "verify.run"]).stdout;
    assert!(page.contains("auto, alone, compose, none") && page.contains("\"auto\""), "{page}");
    bench.project.write("web/refit.toml", "[verify]\ntimeout = 5\n");
    let ran = bench.refit(&["verify", "--rebuilds=none"]);
    let warning = "warning: web/refit.toml: [verify] counts in the refit.toml of the whole project";
    assert!(ran.code == 0 && ran.stderr.contains(warning), "{ran:?}");
    bench.project.write("refit.toml", "\n[verify]\njosb = 5\n");
    let ran = bench.refit(&["verify"]);
    let error = "error: refit.toml:3: unknown key `josb`\nhint: did you mean `jobs`?\n";
    assert_eq!((ran.code, ran.stderr.as_str()), (2, error), "{ran:?}");
}
