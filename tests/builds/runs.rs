//! Images that are started before and after their user changes.

use std::process::Command;

use libtest_mimic::Failed;
use refit::{
    dockerfile::Keyword,
    engine::{
        Transform,
        plan::{self, Plan, plan},
        settings::Settings,
    },
    load::{self, load},
    project::{Project, change::Alteration},
    verify::{
        Verification,
        builder::{Builder, Choice},
        images::images,
        report::{ImageReport, RunOutcome, Verdict},
        settle::{Settled, settle},
    },
};
use tempfile::TempDir;

use crate::{
    BASE,
    settled::{edited, options},
    written,
};

/// Every image gets a user, whatever it writes.
const USER: Transform = Transform {
    name: "user",
    docs: "",
    codes: &[],
    options: None,
    run: |project: &Project, _: &Settings| {
        let alters = vec![Alteration::Config(Keyword::User)];
        edited(project, "another user", "USER", alters, |it| {
            it.insert_before(it.items.len() - 1, "USER 1000:1000")
        })
    },
};

/// A Dockerfile that runs a script.
fn dockerfile(more: &str) -> String {
    format!("FROM {BASE}\nWORKDIR /srv\nCOPY main.sh .\n{more}CMD [\"sh\", \"main.sh\"]\n")
}

const REST: &str = "echo ready\nwhile :; do sleep 1; done\n";

/// No container of an earlier test is there any more.
fn assert_nothing_is_left() {
    let filter = ["ps", "--all", "--quiet", "--filter", "label=refit.verify"];
    let left = Command::new("docker").args(filter).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&left.stdout), "");
}

/// Leaves out of a plan what cannot be verified.
fn settled(folder: &TempDir) -> Result<Settled, Failed> {
    let scratch = tempfile::tempdir()?;
    let loaded = load(&[folder.path().to_owned()], &load::Options::default())?;
    let builder = Builder::find(Choice::Docker)?;
    let options = options(None);
    let folders = (loaded.root.as_path(), scratch.path());
    let verification = Verification::new(&builder, &options, folders, None, &|_| {});
    let plan = |without: &[plan::Without]| -> Plan {
        let options = plan::Options { without: without.to_vec(), ..plan::Options::default() };
        plan(loaded.project.clone(), &[USER], &options)
    };
    let settled = settle(&verification, plan)?;
    assert_nothing_is_left();
    Ok(settled)
}

pub fn what_a_new_user_cannot_do_is_left_out() -> Result<(), Failed> {
    let plain = dockerfile("");
    let handed = dockerfile("RUN mkdir data && chown 1000 data\n");
    // A volume has what the image has there.
    let volume = dockerfile("RUN mkdir /data\nVOLUME /data\n");
    let folder = written(&[
        ("handed/Dockerfile", handed.as_str()),
        ("handed/main.sh", &format!("echo 1 > data/beat\n{REST}")),
        ("quiet/Dockerfile", plain.as_str()),
        // A new error, and nothing else.
        ("quiet/main.sh", &format!("(echo 1 >> /etc/motd) || true\n{REST}")),
        ("volume/Dockerfile", volume.as_str()),
        ("volume/main.sh", &format!("touch /data/x 2> /tmp/log || true\n{REST}")),
        ("wrong/Dockerfile", plain.as_str()),
        ("wrong/main.sh", &format!("set -e\nmkdir -p cache/a\n{REST}")),
    ]);
    let settled = settled(&folder)?;
    let reasons: Vec<_> = settled
        .left_out
        .iter()
        .map(|it| (it.dockerfile.as_str(), it.transform, it.reason.as_str()))
        .collect();
    let user = Some("user");
    let motd = "sh: 1: cannot create /etc/motd: Permission denied";
    assert_eq!(reasons.len(), 3, "{reasons:#?}");
    assert_eq!((reasons[0].0, reasons[0].1), ("quiet/Dockerfile", user));
    assert!(reasons[0].2.starts_with("differs: run: new error: "), "{}, {motd}", reasons[0].2);
    let why = "differs: run: it writes /data/x today, and the user 1000:1000 cannot: /data belongs \
               to root, mode 755";
    assert_eq!(reasons[1], ("volume/Dockerfile", user, why));
    assert_eq!((reasons[2].0, reasons[2].1), ("wrong/Dockerfile", user));
    let ended = "differs: run: it ends with exit code 1, and keeps running today: mkdir: cannot \
                 create directory 'cache': Permission denied";
    assert_eq!(reasons[2].2.replace(['‘', '’'], "'"), ended);
    let outcomes = settled.images.iter().map(|it| (it.name.as_str(), it.run(), it.verdict));
    assert_eq!(
        outcomes.collect::<Vec<_>>(),
        [("handed", Some(RunOutcome::Same), Verdict::Verified)]
    );
    Ok(())
}

/// The report of the only image.
fn only(folder: &TempDir) -> Result<ImageReport, Failed> {
    let scratch = tempfile::tempdir()?;
    let loaded = load(&[folder.path().to_owned()], &load::Options::default())?;
    let builder = Builder::find(Choice::Docker)?;
    let plan = plan(loaded.project.clone(), &[USER], &plan::Options::default());
    let options = options(None);
    let folders = (loaded.root.as_path(), scratch.path());
    let verification = Verification::new(&builder, &options, folders, None, &|_| {});
    let report = verification.image(&plan, &images(&plan).0[0]);
    assert_nothing_is_left();
    Ok(report)
}

pub fn started_as_compose_does() -> Result<(), Failed> {
    let compose = "services:\n  reader:\n    build: .\n    command: sh read.sh\n    volumes:\n      \
        - ./config:/srv/config:ro\n      - state:/state\n    environment:\n      NAME: ${NAME:-me}\n  \
        writer:\n    build: .\n    volumes: ['./data:/srv/data']\n  \
        client:\n    build: .\n    command: sh read.sh\n    depends_on: [db]\n  \
        db:\n    image: postgres\nvolumes:\n  state:\n";
    let folder = written(&[
        ("compose.yaml", compose),
        ("Dockerfile", &dockerfile("COPY read.sh .\nRUN mkdir -m 777 /state\n")),
        ("main.sh", &format!("echo 1 >> data/log\n{REST}")),
        ("read.sh", &format!("set -e\ntest \"$NAME\" = me\ncat config/a > /state/a\n{REST}")),
        ("config/a", "1\n"),
        ("data/log", "0\n"),
    ]);
    let report = only(&folder)?;
    let runs: Vec<String> = report.runs.iter().map(ToString::to_string).collect();
    assert_eq!(
        runs,
        [
            "run of reader in compose.yaml: same",
            "run of writer in compose.yaml: differs",
            "run of client in compose.yaml: not tried, needs db",
        ],
        "{:#?}",
        report.runs
    );
    assert!(
        report.runs[1].differences.iter().any(|it| it.contains("/srv/data/log")),
        "{report:#?}"
    );
    // The project's own folder is as it was.
    assert_eq!(std::fs::read_to_string(folder.path().join("data/log"))?, "0\n");
    Ok(())
}
