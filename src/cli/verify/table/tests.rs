//! The tables of a verification.

#![allow(clippy::unwrap_used, reason = "tests may")]

use std::collections::BTreeMap;

use super::*;
use crate::verify::{
    compare::Missing,
    report::{BuildReport, Rebuild, UnknownReport},
};

fn build(dockerfile: &str, measured: Option<Measured>) -> BuildReport {
    BuildReport {
        dockerfile: dockerfile.to_owned(),
        context: ".".to_owned(),
        target: None,
        arguments: BTreeMap::new(),
        measured,
    }
}

fn measured(seconds: f64, size: u64, user: &str, steps: usize) -> Measured {
    let rebuild =
        Rebuild { kind: EditKind::Source, path: "a.py".to_owned(), seconds: seconds / 4.0, steps };
    Measured {
        seconds,
        steps: 8,
        context_bytes: Some(1_500),
        size,
        layers: 7,
        user: user.to_owned(),
        rebuilds: vec![rebuild],
    }
}

fn report() -> Report {
    let image = |name: &str, verdict| ImageReport {
        name: name.to_owned(),
        before: build("web/Dockerfile", Some(measured(38.6, 1_017_000_000, "", 5))),
        after: Some(build("web/Dockerfile", Some(measured(23.6, 349_000_000, "10001:10001", 2)))),
        transforms: vec!["pin-poetry", "split-venv-stage"],
        verdict,
        differences: Vec::new(),
        missing: Vec::new(),
        notes: Vec::new(),
        distributions: 0,
        runs: Vec::new(),
        logs: Vec::new(),
        could_not_run: None,
        at_once: 1,
        verified_on: None,
    };
    let mut right = image("web", Verdict::Verified);
    right.distributions = 43;
    let reason = "of package managers' caches".to_owned();
    right.missing =
        vec![Missing { reason, files: 1_234, examples: vec!["/root/.cache/a".to_owned()] }];
    let run = |by: &str, outcome, reason: Option<&str>| RunReport {
        by: by.to_owned(),
        outcome,
        reason: reason.map(str::to_owned),
        differences: Vec::new(),
        sides: None,
        logs: Vec::new(),
        might_have_others: reason.is_some(),
    };
    right.runs = vec![
        run("web in compose.yaml", RunOutcome::Same, None),
        run("worker in compose.yaml", RunOutcome::NotTried, Some("needs db and cache")),
    ];
    let mut wrong = image("job", Verdict::Breaks);
    wrong.after = Some(build("job/Dockerfile", None));
    wrong.differences = vec!["[2/3] RUN x\nnot found".to_owned()];
    wrong.logs = vec!["/tmp/x/after.log".to_owned()];
    let lost = UnknownReport {
        dockerfile: "lost/Dockerfile".to_owned(),
        reason: "nobody knows".to_owned(),
    };
    Report {
        version: 1,
        builder: "docker 1 with BuildKit".to_owned(),
        dockerfiles: Sides { before: 3, after: 2 },
        images: vec![right, wrong],
        unknown: vec![lost],
        left_out: Vec::new(),
        stopped: None,
    }
}

#[test]
fn a_terminal_gets_a_table_and_what_is_wrong() {
    let shown = anstream::adapter::strip_str(&text(&report(), false, None)).to_string();
    insta::assert_snapshot!(shown, @r#"
image  verdict                  first build    after a source edit       size            user                run
web    verified                 38.6 → 23.6 s  9.7 → 5.9 s, 5 → 2 steps  1,017 → 349 MB  root → 10001:10001  not tried
job    does not build any more  —              —                         —               —                   —

                                  before          after
Dockerfiles                       3               2
first build of 1 image            38.6 s          23.6 s
after an edit of source, 1 image  9.7 s, 5 steps  5.9 s, 2 steps
image size                        1,017 MB        349 MB
layers                            7               7
context sent                      1.5 kB          1.5 kB

web (web/Dockerfile): verified
  run of worker in compose.yaml: not tried, needs db and cache

job (web/Dockerfile): does not build any more
  [2/3] RUN x
    not found
  this is a bug in refit, unless something says otherwise: please report it
  log: /tmp/x/after.log
not built: lost/Dockerfile: nobody knows
--run=compose starts services with those that they need

1 of 2 images verified with docker 1 with BuildKit
"#);
}

#[test]
fn a_pull_request_gets_all_of_it() {
    insta::assert_snapshot!(markdown(&report()), @r#"
**1 of 2 images verified** with docker 1 with BuildKit: each was built before and after, and compared.

|  | before | after |
|---|---|---|
| Dockerfiles | 3 | 2 |
| first build of 1 image | 38.6 s | 23.6 s |
| after an edit of source, 1 image | 9.7 s, 5 steps | 5.9 s, 2 steps |
| image size | 1,017 MB | 349 MB |
| layers | 7 | 7 |
| context sent | 1.5 kB | 1.5 kB |

| image | verdict | first build | after a source edit | after a manifest edit | size | user | run |
|---|---|---|---|---|---|---|---|
| web | verified | 38.6 → 23.6 s | 9.7 → 5.9 s, 5 → 2 steps | — | 1,017 → 349 MB | root → 10001:10001 | not tried |
| job | does not build any more | — | — | — | — | — | — |

- not built: `lost/Dockerfile`: nobody knows

<details><summary>web: verified</summary>

- run of web in compose.yaml: same
- run of worker in compose.yaml: not tried, needs db and cache
- changed by pin-poetry, split-venv-stage
- 43 Python distributions are the same
- 1,234 files of package managers' caches: /root/.cache/a, …
- after an edit in a.py: 9.7 → 5.9 s, 5 → 2 steps run again
- layers: 7
- context sent: 1.5 kB

</details>

<details><summary>job: does not build any more</summary>

- [2/3] RUN x
  not found
- this is a bug in refit, unless something says otherwise: please report it
- log: /tmp/x/after.log
- changed by pin-poetry, split-venv-stage

</details>
"#);
}
