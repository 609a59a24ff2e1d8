//! Containers of an engine that says what a test has written down.
#![allow(clippy::unwrap_used, reason = "tests may")]

use std::{fs, os::unix::fs::symlink, path::Path};

use tempfile::TempDir;

use super::*;
use crate::{
    project::{Project, change::Origin},
    text::RepoPath,
    verify::{
        Options, Verification,
        builder::{Builder, Inspected},
        contents::tests::Image as Tar,
        images::ImageBuild,
    },
};

const RUNNING: &str = "true 0 false running\n";

/// An engine, with the answers of the containers of `image-before` and `image-after`.
struct Engine(TempDir);

impl Engine {
    fn new() -> Self {
        let engine = Self(tempfile::tempdir().unwrap());
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/verify/run/fake-engine.sh");
        symlink(script, engine.0.path().join("docker")).unwrap();
        for side in ["before", "after"] {
            let image = r#"[{"Size": 1, "RootFS": {"Layers": []}, "Config": {}}]"#;
            let engine = engine.says(side, "json", image).says(side, "state", RUNNING);
            engine.says(side, "log", "").says(side, "diff", "");
        }
        engine
    }

    fn says(&self, side: &str, what: &str, text: &str) -> &Self {
        fs::write(self.0.path().join(format!("image-{side}.{what}")), text).unwrap();
        self
    }

    fn calls(&self) -> String {
        fs::read_to_string(self.0.path().join("calls")).unwrap_or_default()
    }

    fn runs(&self, files: &[(&str, &str)]) -> Vec<RunReport> {
        self.runs_as(How::Auto, files)
    }

    /// Starts both images of the project's Dockerfile.
    fn runs_as(&self, how: How, files: &[(&str, &str)]) -> Vec<RunReport> {
        let root = tempfile::tempdir().unwrap();
        let path = |it: &str| RepoPath::new(it).unwrap();
        for (name, text) in files {
            fs::write(root.path().join(name), text).unwrap();
        }
        let known = files.iter().filter(|it| it.0 != ".env");
        let files = known.map(|it| (path(it.0), it.1.to_owned()));
        let project = Project::new(files.chain([(path("Dockerfile"), "FROM a\n".to_owned())]));
        let origin =
            Origin { dockerfile: path("Dockerfile"), target: None, arguments: BTreeMap::new() };
        let contexts = BTreeMap::new();
        let build = ImageBuild { origin, context: RepoPath::root(), contexts };
        let run = Run { how, seconds: 0, network: None };
        let options = Options {
            build_options: Vec::new(),
            timeout: Duration::from_secs(60),
            no_syntax: false,
            smoke: None,
            rebuilds: BTreeSet::new(),
            run,
            keep: false,
            jobs: 1,
        };
        let builder = Builder::fake(&self.0.path().join("docker"));
        let folders = (root.path(), self.0.path());
        let verification = Verification::new(&builder, &options, folders, None, &|_| {});
        let looked = ["", "10001:10001"].map(looked);
        let sides = [(&project, &build), (&project, &build)];
        let images = ["image-before", "image-after"];
        verification.job("web").runs(sides, images, looked.each_ref()).unwrap()
    }

    fn run(&self, files: &[(&str, &str)]) -> (String, Vec<String>) {
        let report = self.runs(files).remove(0);
        (report.to_string(), report.differences)
    }
}

fn looked(user: &str) -> Looked {
    let config =
        Config { user: user.to_owned(), cmd: Some(vec!["serve".to_owned()]), ..Config::default() };
    let image = Tar::new()
        .folder("app")
        .folder("root")
        .owned_folder("data/", 0o755, 10_001)
        .owned_folder("tmp/", 0o1777, 0)
        .file("app/kept", "x")
        .file("etc/passwd", "root:x:0:0::/root:/bin/sh\napp:x:10001:10001::/data:/bin/sh\n");
    Looked { inspected: Inspected { size: 1, layers: 1, config }, contents: image.read() }
}

#[test]
fn what_the_new_user_cannot_write_is_a_difference() {
    let engine = Engine::new();
    engine.says(
        "before",
        "diff",
        "C /app\nA /app/a.db\nA /app/run\nA /app/run/1.pid\nC /app/kept\nA /app/__pycache__\n\
         A /app/__pycache__/a.pyc\nC /tmp\nA /tmp/x\nC /data\nA /data/x\nA /dev/y\n\
         C /root\nA /root/.cache\nA /root/.cache/z\nA /app/both\n",
    );
    engine.says("after", "diff", "A /app/both\n");
    let (said, differences) = engine.run(&[]);
    assert_eq!(said, "run: differs");
    assert_eq!(
        differences,
        [
            "it writes /app/a.db and /app/run today, and the user 10001:10001 cannot: /app belongs \
             to root, mode 755",
            "it writes /app/kept today, and the user 10001:10001 cannot: /app/kept belongs to root, \
             mode 644",
        ]
    );
    // Whatever happens, nothing is left.
    let calls = engine.calls();
    assert_eq!(calls.matches("\nstart ").count(), 2, "{calls}");
    assert_eq!(calls.matches("\nrm --force --volumes refit-verify-").count(), 2, "{calls}");
    assert!(calls.starts_with("create --name refit-verify-"), "{calls}");
    assert!(calls.contains(" --network none --memory 2g --pids-limit "), "{calls}");
}

#[test]
fn another_end_and_new_errors_are_differences() {
    let engine = Engine::new();
    let failed = "false 1 false exited\n";
    engine.says("after", "state", failed).says("after", "log", "start 12\nEACCES: /app/x\nbye\n");
    engine.says("before", "log", "start 7\n");
    let (said, differences) = engine.run(&[]);
    let ended = "it ends with exit code 1, and keeps running today: bye";
    assert_eq!(
        (said.as_str(), &*differences),
        ("run: differs", &[ended.to_owned(), "new error: EACCES: /app/x".to_owned()][..])
    );
    engine.says("before", "state", failed).says("before", "log", "EACCES: /app/x\nno key\n");
    let unclear = "run: unclear, it ends with exit code 1 in both: no key";
    assert_eq!(engine.run(&[]), (unclear.to_owned(), Vec::new()));
    engine.says("after", "refusal", "docker: exec: \"serve\": permission denied");
    let why = "it does not start any more: docker: exec: \"serve\": permission denied";
    assert_eq!(engine.run(&[]).1, [why]);
    engine.says("before", "refusal", "no memory");
    let unclear = "run: unclear, it does not start today: no memory";
    assert_eq!(engine.run(&[]), (unclear.to_owned(), Vec::new()));
}

#[test]
fn what_needs_others_is_not_tried() {
    let same = ("run: same".to_owned(), Vec::new());
    let engine = Engine::new();
    assert_eq!(engine.run(&[]), same);
    let rows = [
        ("depends_on: [db]", "needs db"),
        ("environment: [\"URL=postgres://me:x@db:5432/me\"]", "needs db"),
        ("environment: {CACHE_HOST: db}", "needs db"),
        ("env_file: secret.env", "needs secret.env"),
        ("environment: {KEY: \"$REFIT_NO_SUCH\"}", "needs REFIT_NO_SUCH"),
        ("privileged: true", "it is started with `privileged`"),
        ("network_mode: host", "it shares the host's network"),
        (
            "volumes: ['/var/run/docker.sock:/s']",
            "it mounts /var/run/docker.sock, which is not in the project",
        ),
    ];
    for (line, reason) in rows {
        let compose =
            format!("services:\n  web:\n    build: .\n    {line}\n  db:\n    image: db\n");
        let expected = format!("run of web in compose.yaml: not tried, {reason}");
        assert_eq!(engine.run(&[("compose.yaml", &compose)]), (expected, Vec::new()), "{line}");
    }
    engine.says("after", "log", "Error: getaddrinfo ENOTFOUND db\nconnect ECONNREFUSED ::1:1\n");
    assert_eq!(engine.run(&[]).0, "run: not tried, needs db");
    // A difference is one all the same.
    engine.says("before", "diff", "A /app/x\n");
    assert_eq!(engine.run(&[]).0, "run: differs");
}

#[test]
fn an_image_is_started_as_its_services_start_it() {
    let engine = Engine::new();
    let compose = "services:\n  web:\n    build: .\n    user: '7'\n    working_dir: /srv\n    \
        command: serve --port ${PORT:-80} 'a b'\n    environment: {A: \"${B}\"}\n    \
        tmpfs: /run\n  worker:\n    build: .\n    entrypoint: [sh, -c]\n    command: [work]\n  \
        copy:\n    build: .\n    entrypoint: [sh, -c]\n    command: [work]\n";
    let more = "services:\n  worker:\n    command: [more]\n";
    let files = [("compose.yaml", compose), ("compose.override.yaml", more), (".env", "B=2\n")];
    let reports = engine.runs(&files);
    let by: Vec<&str> = reports.iter().map(|it| it.by.as_str()).collect();
    assert_eq!(by, ["web in compose.yaml", "worker in compose.yaml", "copy in compose.yaml"]);
    let calls = engine.calls();
    let created: Vec<&str> = calls.lines().filter(|it| it.starts_with("create ")).collect();
    let end = |at: usize| created[at].split_once("--pids-limit 1024 ").unwrap().1;
    assert_eq!(
        end(0),
        "--user 7 --workdir /srv --env A=2 --tmpfs /run image-before serve --port 80 a b"
    );
    assert_eq!(end(2), "--entrypoint sh image-before -c more");
    assert_eq!(end(4), "--entrypoint sh image-before -c work");
}

#[test]
fn a_service_is_started_with_those_that_it_needs() {
    let compose = "services:\n  web:\n    build: .\n    depends_on: [db]\n  db:\n    image: db\n";
    let files = [("compose.yaml", compose)];
    let with_others = |engine: &Engine| engine.runs_as(How::Compose, &files).remove(0).to_string();
    let engine = Engine::new();
    let config = |more: &str| {
        let config =
            format!("services:\n  web:\n    depends_on:\n    - db\n  db:\n    image: db\n{more}");
        fs::write(engine.0.path().join("config.yaml"), config).unwrap();
    };
    let lost = "run of web in compose.yaml: not tried, needs db (with compose: ";
    // Here may be a program of that name.
    config("    privileged: true\n");
    assert_eq!(with_others(&engine), format!("{lost}db is started with `privileged`)"));
    config("");
    engine.says("after", "log", "connect ECONNREFUSED 10.0.0.1:5432\nready\n");
    assert_eq!(with_others(&engine), "run of web in compose.yaml: same");
    let calls = engine.calls();
    for words in ["up --no-start", "up --detach", "down --volumes --remove-orphans --timeout 1"] {
        let asked = |it: &&str| it.starts_with("compose --file ") && it.ends_with(words);
        assert_eq!(calls.lines().filter(asked).count(), 2, "{words} in {calls}");
    }
    engine.says("before", "diff", "A /app/x\n");
    assert_eq!(with_others(&engine), "run of web in compose.yaml: differs");
}
