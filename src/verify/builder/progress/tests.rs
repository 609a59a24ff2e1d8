#![allow(clippy::unwrap_used, reason = "tests may")]

use super::*;

/// The steps read from an output, and the log. A line comes each tenth of a second.
fn read(mut dialect: Dialect, output: &str) -> (Progress, String, Vec<String>) {
    let mut progress = Progress::default();
    let mut log = Vec::new();
    let mut watched = Vec::new();
    let mut seconds = 0.0;
    for line in output.lines() {
        seconds += 0.1;
        progress.line(&mut dialect, line, seconds, &mut log).unwrap();
        watched.extend(progress.now());
    }
    (progress, String::from_utf8(log).unwrap(), watched)
}

fn steps(progress: &Progress) -> Vec<(String, bool, f64)> {
    let rounded = |it: f64| (it * 10.0).round() / 10.0;
    progress.steps().into_iter().map(|it| (it.name, it.cached, rounded(it.seconds))).collect()
}

fn step(name: &str, cached: bool, seconds: f64) -> (String, bool, f64) {
    (name.to_owned(), cached, seconds)
}

const PLAIN: &str = "\
#1 [internal] load build definition from Dockerfile
#1 sha256:01
#1 transferring dockerfile: 335B 0.0s done
#1 DONE 0.0s

#2 [internal] load .dockerignore
#2 transferring context: 2B done
#2 DONE 0.1s

#3 [builder 1/4] FROM docker.io/library/python:3.12
#3 sha256:02 1.05MB / 50.00MB 0.2s
#3 ...

#4 [internal] load build context
#4 transferring context: 1.05MB 0.2s
#4 transferring context: 2.10MB 0.3s done
#4 DONE 0.3s

#5 [context docs] load from client
#5 transferring docs: 12.34kB done
#5 DONE 0.0s

#3 [builder 1/4] FROM docker.io/library/python:3.12
#3 DONE 4.2s

#6 [builder 2/4] WORKDIR /app
#6 CACHED

#7 [builder 3/4] RUN make
#7 0.199 #6 DONE 0.1s
#7 ...

#8 [stage-1 2/3] RUN apt-get update
#8 0.100 Get:1 \u{1b}[32mbookworm\u{1b}[0m
#8 DONE 9.1s

#7 [builder 3/4] RUN make
#7 10.25 10%\r50%\r100%
#7 12.5 gcc: not found
#7 ERROR: executor failed running [/bin/sh -c make]: exit code: 2
#9 [stage-1 3/3] RUN long
#9 CANCELED
------
 > [builder 3/4] RUN make:
------
executor failed running [/bin/sh -c make]: exit code: 2
";

#[test]
fn plain_output_of_interleaved_steps_is_told_apart() {
    let (progress, log, watched) = read(Dialect::Plain, PLAIN);
    assert_eq!(log, PLAIN);
    assert_eq!(
        steps(&progress),
        [
            step("[builder 2/4] WORKDIR /app", true, 0.0),
            step("[builder 3/4] RUN make", false, 0.0),
            step("[stage-1 2/3] RUN apt-get update", false, 9.1),
            step("[stage-1 3/3] RUN long", false, 0.0),
        ]
    );
    assert_eq!(progress.context_bytes(), Some(2_112_340));
    assert_eq!(
        progress.failure().unwrap(),
        "[builder 3/4] RUN make\n#6 DONE 0.1s\n100%\ngcc: not found\nexit code: 2"
    );
    assert_eq!(watched.first().unwrap(), "[builder 1/4] FROM docker.io/library/python:3.12");
    assert_eq!(watched.last().unwrap(), "[stage-1 3/3] RUN long");
}

#[test]
fn without_a_failed_step_the_clients_own_error_is_told() {
    let output = "#1 [internal] load build definition from nope\n#1 DONE 0.0s\n\
        ERROR: failed to solve: failed to read dockerfile: open nope: no such file\n\n\
        View build details: docker-desktop://x\n";
    let (progress, ..) = read(Dialect::Plain, output);
    let error = "ERROR: failed to solve: failed to read dockerfile: open nope: no such file";
    assert_eq!(progress.failure().as_deref(), Some(error));
    assert_eq!(progress.steps(), []);
    assert_eq!(progress.context_bytes(), None);

    let (progress, ..) = read(Dialect::Plain, "unknown flag: --x\nSee 'docker build --help'.\n");
    let both = "unknown flag: --x\nSee 'docker build --help'.";
    assert_eq!(progress.failure().as_deref(), Some(both));
    assert_eq!(read(Dialect::Plain, "").0.failure(), None);
}

#[test]
fn a_failure_is_never_long() {
    let mut output = "#1 [1/1] RUN seq\n".to_owned();
    for number in 0..300 {
        output.push_str(&format!("#1 0.1 {number} {}\n", "ä".repeat(5000)));
    }
    output.push_str(
        "#1 ERROR: process \"/bin/sh -c seq\" did not complete successfully: exit code: 1",
    );
    let failure = read(Dialect::Plain, &output).0.failure().unwrap();
    assert_eq!(failure.lines().count(), 14);
    assert!(failure.lines().all(|it| it.chars().count() <= WIDTH + 1));
    assert!(failure.ends_with("…\nexit code: 1"));
}

#[test]
fn json_of_one_line_or_of_many_is_understood() {
    let compact = [
        r#"{"vertexes":[{"digest":"a","name":"[internal] load build context"},{"digest":"b","name":"[b 1/2] COPY . ."},{"digest":"c","name":"[b 2/2] RUN make \u003e x"},{"digest":"d","name":"[stage-1 1/1] COPY --from=b x /"}]}"#,
        r#"{"vertexes":[{"digest":"a","name":"[internal] load build context","started":"2024-02-05T18:37:58.1Z"}]}"#,
        r#"{"statuses":[{"id":"transferring context:","vertex":"a","name":"transferring","current":30,"timestamp":"2024-02-05T18:37:58.1Z"}]}"#,
        r#"{"statuses":[{"id":"transferring context:","vertex":"a","name":"transferring","current":104092,"timestamp":"2024-02-05T18:37:58.1Z"}]}"#,
        r#"{"vertexes":[{"digest":"b","name":"[b 1/2] COPY . .","started":"2024-02-05T18:37:58Z","completed":"2024-02-05T18:37:58Z","cached":true}]}"#,
        r#"{"vertexes":[{"digest":"c","inputs":["b"],"name":"[b 2/2] RUN make \u003e x","started":"2024-02-05T18:37:58.25Z"}]}"#,
        r#"{"logs":[{"vertex":"c","stream":1,"data":"aGVs","timestamp":"2024-02-05T18:37:58.5Z"}]}"#,
        r#"{"logs":[{"vertex":"c","stream":2,"data":"bG8KaGVsbG8=","timestamp":"2024-02-05T18:37:58.5Z"}]}"#,
        r#"{"vertexes":[{"digest":"c","name":"[b 2/2] RUN make \u003e x","started":"2024-02-05T18:37:58.25Z","completed":"2024-02-05T20:38:01.75+02:00","error":"process \"/bin/sh -c make\" did not complete successfully: exit code: 2"}]}"#,
    ];
    let complaint = "ERROR: failed to build: failed to solve: exit code: 2";
    let pretty = compact.map(|it| {
        let value: serde_json::Value = serde_json::from_str(it).unwrap();
        serde_json::to_string_pretty(&value).unwrap()
    });
    for output in [compact.map(str::to_owned), pretty] {
        let output = format!("WARNING: old\n{}\n{complaint}\n", output.join("\n"));
        let (progress, log, watched) = read(Dialect::rawjson(), &output);
        assert_eq!(
            steps(&progress),
            [step("[b 1/2] COPY . .", true, 0.0), step("[b 2/2] RUN make > x", false, 3.5)]
        );
        assert_eq!(progress.context_bytes(), Some(104_092));
        let failure = "[b 2/2] RUN make > x\nhello\nhello\nexit code: 2";
        assert_eq!(progress.failure().as_deref(), Some(failure));
        assert_eq!(watched, ["[b 1/2] COPY . .", "[b 2/2] RUN make > x"]);
        assert!(log.starts_with("WARNING: old\n[internal] load build context\n"), "{log}");
        assert!(log.contains("\nhello\nhello\n[b 2/2] RUN make > x: ERROR: process"), "{log}");
        assert!(log.ends_with(&format!("{complaint}\n")), "{log}");
    }
}

#[test]
fn json_of_vertexes_that_are_one_for_people_is_one_step() {
    let group = r#""progressGroup":{"id":"g","name":"[2/2] COPY --link a /"}"#;
    let part = |digest: &str, start: u8, cached: bool| {
        format!(
            r#"{{"vertexes":[{{"digest":"{digest}","name":"merge",{group},"cached":{cached},"started":"2024-02-05T18:37:0{start}Z","completed":"2024-02-05T18:37:09Z"}}]}}"#
        )
    };
    let half = format!("{}\n{}\n", part("a", 4, true), part("b", 8, false));
    let name = "[2/2] COPY --link a /";
    assert_eq!(steps(&read(Dialect::rawjson(), &half).0), [step(name, false, 5.0)]);
    let all = format!("{}\n{}\n", part("a", 4, true), part("b", 8, true));
    assert_eq!(steps(&read(Dialect::rawjson(), &all).0), [step(name, true, 5.0)]);
}

#[test]
fn broken_json_is_kept_as_it_is() {
    for output in ["{\"vertexes\": 3}\n", "{\nERROR: gone\n", "{]}\nERROR: gone\n"] {
        let (progress, log, _) = read(Dialect::rawjson(), output);
        assert_eq!(log, output);
        let failure = progress.failure().unwrap();
        assert!(failure.starts_with(if output.contains("gone") { "ERROR: gone" } else { "{" }));
    }
}

const STEPPED: &str = "\
[1/2] STEP 1/3: FROM debian:bookworm-slim AS base
[1/2] STEP 2/3: WORKDIR /x
--> Using cache 64cbde93f62196066cd2cc71ce1fb427760eafefbd4cb3c91981f3b02787d71d
--> 64cbde93f62
[1/2] STEP 3/3: COPY . .
--> 1ed0ec8c37a
[2/2] STEP 1/2: FROM 64cbde93f62196066cd2cc71ce1fb427760eafefbd4cb3c91981f3b02787d71d
[2/2] STEP 2/2: RUN echo \"a: b\"; exit 3
hello
subprocess exited with status 3
Error: building at STEP \"RUN echo \"a: b\"; exit 3\": while running runtime: exit status 3
";

#[test]
fn steps_of_buildah_and_podman_are_named_like_buildkits() {
    let (progress, log, watched) = read(Dialect::stepped(), STEPPED);
    assert_eq!(log, STEPPED);
    assert_eq!(
        steps(&progress),
        [
            step("[base 2/3] WORKDIR /x", true, 0.3),
            step("[base 3/3] COPY . .", false, 0.2),
            step("[stage-1 2/2] RUN echo \"a: b\"; exit 3", false, 0.0),
        ]
    );
    assert_eq!(progress.context_bytes(), None);
    let failure =
        "[stage-1 2/2] RUN echo \"a: b\"; exit 3\nhello\nwhile running runtime: exit status 3";
    assert_eq!(progress.failure().as_deref(), Some(failure));
    assert_eq!(watched.len(), 5);
}

#[test]
fn a_single_stage_has_no_name_and_ends_with_its_commit() {
    let output = "STEP 1/2: FROM scratch\nSTEP 2/2: COPY a /\nCOMMIT it\n--> 01\n\
        Error: committing: no space left\n";
    let (progress, ..) = read(Dialect::stepped(), output);
    assert_eq!(steps(&progress), [step("[2/2] COPY a /", false, 0.1)]);
    assert_eq!(progress.failure().as_deref(), Some("Error: committing: no space left"));
}
