//! The builders of this machine, each put to work; what is not there is skipped and said.
//!
//! `REFIT_BUILD_OPTIONS` has the options that builds need on a machine: `--network=host`.

#![allow(clippy::print_stderr, clippy::unwrap_used, reason = "tests may")]

use std::{
    collections::BTreeMap,
    env, fs,
    io::Read,
    path::Path,
    time::{Duration, Instant, SystemTime},
};

use refit::verify::builder::{Build, Builder, Choice, Outcome, Request, Step};
use tempfile::TempDir;

const CHOICES: [Choice; 3] = [Choice::Docker, Choice::Buildah, Choice::Podman];
const BASE: &str = "debian:bookworm-slim";

/// An image's name that is removed when this is dropped.
struct Image<'a> {
    builder: &'a Builder,
    name: String,
}

impl<'a> Image<'a> {
    fn new(builder: &'a Builder, name: &str) -> Self {
        Self { builder, name: format!("refit-test-{name}-{}", std::process::id()) }
    }
}

impl Drop for Image<'_> {
    fn drop(&mut self) {
        self.builder.remove(&self.name);
    }
}

/// A context, and what is built from it.
struct Context {
    folder: TempDir,
    arguments: BTreeMap<String, String>,
    target: Option<&'static str>,
    timeout: Duration,
}

impl Context {
    fn new(dockerfile: &str, files: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().unwrap();
        fs::create_dir(folder.path().join("context")).unwrap();
        fs::write(folder.path().join("Dockerfile"), dockerfile).unwrap();
        for (path, text) in files {
            fs::write(folder.path().join("context").join(path), text).unwrap();
        }
        let timeout = Duration::from_secs(300);
        Self { folder, arguments: BTreeMap::new(), target: None, timeout }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    fn build(&self, image: &Image<'_>, cold: bool) -> (Build, Vec<String>) {
        let options = env::var("REFIT_BUILD_OPTIONS").unwrap_or_default();
        let options: Vec<_> = options.split_whitespace().map(str::to_owned).collect();
        let request = Request {
            context: &self.folder.path().join("context"),
            dockerfile: &self.folder.path().join("Dockerfile"),
            target: self.target,
            arguments: &self.arguments,
            contexts: &BTreeMap::new(),
            image: &image.name,
            cold,
            options: &options,
            timeout: self.timeout,
            log: &self.folder.path().join("log"),
        };
        let mut watched = Vec::new();
        let build = image.builder.build(&request, &mut |it| watched.push(it.to_owned())).unwrap();
        (build, watched)
    }
}

/// The builders that are there. The others are skipped, with what they said.
fn builders(test: &str) -> Vec<Builder> {
    let found = CHOICES.map(|it| (it, Builder::find(it)));
    let answered = found.into_iter().filter_map(|(choice, found)| match found {
        Ok(builder) => Some(builder),
        Err(error) => {
            let reason = error.tried.join("; ");
            eprintln!("{test} with {choice:?} is skipped: {reason}");
            None
        }
    });
    answered.collect()
}

/// Whether a builder can run something on the base, which is on this machine already: nothing is pulled here.
fn is_able(test: &str, builder: &Builder) -> bool {
    let reason = match builder.inspect(BASE) {
        Err(error) => error.to_string(),
        Ok(_) => {
            let image = Image::new(builder, &format!("able-{test}"));
            match Context::new(&format!("FROM {BASE}\nRUN true\n"), &[])
                .build(&image, false)
                .0
                .outcome
            {
                Outcome::Built => return true,
                Outcome::Failed(reason) => reason.replace('\n', "; "),
                Outcome::TimedOut => "RUN true takes too long".to_owned(),
            }
        }
    };
    eprintln!("{test} with {} is skipped: {reason}", builder.name());
    false
}

fn names(build: &Build) -> Vec<&str> {
    build.steps.iter().map(|it| it.name.as_str()).collect()
}

fn sorted(build: &Build) -> Vec<&str> {
    let mut names = names(build);
    names.sort_unstable();
    names
}

/// The COPYs. BuildKit makes the first folder of an image anew or not as it likes.
fn copied(build: &Build) -> impl Iterator<Item = &Step> {
    build.steps.iter().filter(|it| it.name.contains("] COPY "))
}

/// The paths and the contents of small files in a tar stream.
fn unpack(read: &mut dyn Read) -> std::io::Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    for entry in tar::Archive::new(read).entries()? {
        let mut entry = entry?;
        let path = entry.path()?.to_string_lossy().trim_start_matches("./").to_owned();
        let mut text = String::new();
        if entry.size() < 1000 {
            entry.read_to_string(&mut text)?;
        }
        files.insert(path, text);
    }
    Ok(files)
}

#[test]
fn an_image_without_a_base_is_built_inspected_and_read() {
    let dockerfile = "FROM scratch AS first\nCOPY a /from/a\n\
        FROM scratch\nARG WHO\nENV WHO=$WHO EMPTY=\nWORKDIR /app\nCOPY --from=first /from /\n\
        COPY b ./\nUSER 1000:1000\nEXPOSE 80\nVOLUME /data\nLABEL a=b\nSTOPSIGNAL SIGINT\n\
        HEALTHCHECK CMD true\nENTRYPOINT [\"/a\"]\n";
    for builder in builders("scratch") {
        let mut context = Context::new(dockerfile, &[("a", "one"), ("b", "two")]);
        context.arguments.insert("WHO".to_owned(), "me and you".to_owned());
        let image = Image::new(&builder, "scratch");
        let (first, watched) = context.build(&image, true);
        assert_eq!(first.outcome, Outcome::Built, "{}", context.log());
        let copies = names(&first);
        assert!(copies.iter().any(|it| it.starts_with('[') && it.ends_with("] COPY a /from/a")));
        assert!(!copies.iter().any(|it| it.contains("FROM scratch")), "{copies:?}");
        assert!(copied(&first).all(|it| !it.cached), "{:?}", first.steps);
        assert!(watched.iter().any(|it| it.ends_with("] COPY b ./")), "{watched:?}");
        assert!(0.0 < first.seconds && first.seconds < 300.0);
        // Two files of three bytes and their headers, where they are sent at all.
        assert!(first.context_bytes.is_none_or(|it| (6..10_000).contains(&it)));
        assert!(context.log().contains("COPY b ./"));

        let (again, _) = context.build(&image, false);
        // Stages that do not wait for each other are built in any order.
        assert_eq!(sorted(&again), sorted(&first));
        assert!(copied(&again).all(|it| it.cached), "{:?}\n{}", again.steps, context.log());

        // A text that no earlier run left in a cache.
        let text = format!("{:?} {}", SystemTime::now(), std::process::id());
        fs::write(context.folder.path().join("context/b"), &text).unwrap();
        let (edited, _) = context.build(&image, false);
        let rerun = copied(&edited).find(|it| !it.cached);
        assert!(rerun.unwrap().name.ends_with("] COPY b ./"), "{:?}", edited.steps);

        let inspected = builder.inspect(&image.name).unwrap();
        assert!((8..100_000).contains(&inspected.size), "{inspected:?}");
        assert!((2..5).contains(&inspected.layers), "{inspected:?}");
        let config = inspected.config;
        assert_eq!(config.user, "1000:1000");
        assert_eq!(config.env["WHO"], "me and you");
        assert_eq!(config.env["EMPTY"], "");
        assert_eq!(config.workdir, "/app");
        assert_eq!(config.entrypoint, Some(vec!["/a".to_owned()]));
        assert_eq!(config.cmd, None);
        assert_eq!(config.exposed.iter().collect::<Vec<_>>(), ["80/tcp"]);
        assert_eq!(config.volumes.iter().collect::<Vec<_>>(), ["/data"]);
        assert_eq!(config.labels, BTreeMap::from([("a".to_owned(), "b".to_owned())]));
        assert_eq!(config.stop_signal.as_deref(), Some("SIGINT"));
        let check = config.healthcheck.unwrap();
        assert_eq!(check.pointer("/Test/1").and_then(|it| it.as_str()), Some("true"), "{check}");

        let files = builder.files(&image.name, unpack).unwrap();
        assert_eq!((files["a"].as_str(), files["app/b"].as_str()), ("one", text.as_str()));
        assert!(!files.contains_key("from/a"));

        builder.remove(&image.name);
        let error = builder.inspect(&image.name).unwrap_err().to_string();
        assert!(error.contains(&image.name), "{error}");
        assert!(builder.files(&image.name, unpack).is_err());
        eprintln!("scratch with {}: {:.1} s", builder.name(), first.seconds);
    }
}

#[test]
fn stages_that_nothing_needs_are_no_steps() {
    let dockerfile = "FROM scratch AS one\nCOPY a /1\nFROM scratch AS two\nCOPY a /2\n\
        FROM scratch AS three\nCOPY --from=one /1 /3\n";
    for builder in builders("target") {
        let mut context = Context::new(dockerfile, &[("a", "x")]);
        context.target = Some("one");
        let image = Image::new(&builder, "target");
        let (build, _) = context.build(&image, true);
        assert_eq!(build.outcome, Outcome::Built, "{}", context.log());
        assert!(names(&build).iter().all(|it| it.ends_with("] COPY a /1")), "{:?}", build.steps);
        assert_eq!(build.steps.len(), 1);
    }
}

#[test]
fn what_does_not_build_says_why() {
    for builder in builders("failure") {
        let image = Image::new(&builder, "failure");
        let failure = |dockerfile| match Context::new(dockerfile, &[]).build(&image, true).0.outcome
        {
            Outcome::Failed(reason) => reason,
            other => panic!("{other:?}"),
        };
        let missing = failure("FROM scratch\nCOPY nowhere /\n");
        assert!(missing.contains("nowhere"), "{missing}");
        let unknown = failure("FROM scratch\nCOPPY a b\n");
        assert!(unknown.to_uppercase().contains("COPPY"), "{unknown}");
        if !is_able("failure", &builder) {
            continue;
        }
        let script =
            "echo first; for i in $(seq 300); do echo line $i; done; echo last >&2; exit 7";
        let context = Context::new(&format!("FROM {BASE}\nRUN {script}\n"), &[]);
        let build = context.build(&image, true).0;
        let Outcome::Failed(reason) = &build.outcome else { panic!("{:?}", build.outcome) };
        let lines: Vec<_> = reason.lines().collect();
        assert!(lines.len() < 20, "{reason}");
        assert!(lines[0].starts_with('[') && lines[0].contains("RUN echo first"), "{reason}");
        assert!(lines.contains(&"line 300"), "{reason}");
        assert!(lines.last().unwrap().contains('7'), "{reason}");
        let log = context.log();
        assert!(log.contains("line 100") && log.contains("last"), "{log}");
        assert_eq!(build.steps.len(), 1, "{:?}", build.steps);
        assert!(!build.steps[0].cached);
    }
}

#[test]
fn a_build_that_takes_too_long_is_ended() {
    for builder in builders("timeout") {
        if !is_able("timeout", &builder) {
            continue;
        }
        // A number that no other program sleeps for.
        let seconds = 100_000 + std::process::id();
        let dockerfile = format!("FROM {BASE}\nRUN sleep {seconds}\n");
        let mut context = Context::new(&dockerfile, &[]);
        context.timeout = Duration::from_secs(8);
        let image = Image::new(&builder, "timeout");
        let before = Instant::now();
        let (build, watched) = context.build(&image, true);
        assert_eq!(build.outcome, Outcome::TimedOut, "{}", context.log());
        assert!(watched.iter().any(|it| it.contains("RUN sleep")), "{watched:?}");
        assert!(before.elapsed() < Duration::from_secs(30));
        assert!(ends(&seconds.to_string()), "{}: it sleeps on", builder.name());
    }
}

/// Whether the program with this word is gone, now or soon.
fn ends(word: &str) -> bool {
    let runs = || {
        let Ok(processes) = Path::new("/proc").read_dir() else { return false };
        let lines = processes.flatten().filter_map(|it| fs::read(it.path().join("cmdline")).ok());
        lines.into_iter().any(|it| it.split(|it| *it == 0).any(|it| it == word.as_bytes()))
    };
    (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(100));
        !runs()
    })
}

#[test]
fn words_run_as_the_image_would() {
    let dockerfile = format!(
        "FROM {BASE}\nENV WHO=me\nWORKDIR /srv\nUSER 1234\n\
         ENTRYPOINT [\"/bin/false\"]\nHEALTHCHECK CMD false\n"
    );
    for builder in builders("run") {
        if !is_able("run", &builder) {
            continue;
        }
        let image = Image::new(&builder, "run");
        let context = Context::new(&dockerfile, &[]);
        assert_eq!(context.build(&image, false).0.outcome, Outcome::Built, "{}", context.log());
        let long = Duration::from_secs(60);
        let script = "echo $WHO $(pwd) $(id -u); echo oops >&2; cat; \
            grep -cv 'lo:\\||' /proc/net/dev; exit 3";
        let ran = match builder.run(&image.name, &["sh", "-c", script], long) {
            Ok(ran) => ran,
            Err(error) => {
                eprintln!("run with {} is skipped: {error}", builder.name());
                continue;
            }
        };
        // No interface but the loopback one.
        assert_eq!(String::from_utf8_lossy(&ran.stdout), "me /srv 1234\n0\n");
        assert_eq!(String::from_utf8_lossy(&ran.stderr), "oops\n");
        assert_eq!(ran.code, Some(3));
        let missing = builder.run(&image.name, &["no-such-program"], long);
        assert!(missing.is_err() || missing.is_ok_and(|it| it.code != Some(0)));
        assert!(builder.run("refit-test-no-such-image", &["true"], long).is_err());

        let seconds = (200_000 + std::process::id()).to_string();
        let before = Instant::now();
        let ran = builder.run(&image.name, &["sleep", &seconds], Duration::from_secs(4)).unwrap();
        assert_eq!(ran.code, None);
        assert!(before.elapsed() < Duration::from_secs(40));
        assert!(ends(&seconds), "{}: it sleeps on", builder.name());
        eprintln!("run with {}: done", builder.name());
    }
}
