//! What earlier runs have verified: an image that is built from the same is not built again.
//!
//! An image is known by a digest of all that matters (`inputs`) for what comes of it. Only what was verified is kept. A
//! failure is tried again: its reason may lie elsewhere, who runs refit again wants to see its log, and builders repeat
//! in their messages what should be in no file. For the same reason nothing that a build or a container has said is kept.
//!
//! The verdicts of all projects lie in one folder of the user, and not in the projects: the digest does not depend on
//! where a clone lies, a project is only read, whoever wrote a project cannot bring verdicts along, and there is one
//! limit for all of them.

mod inputs;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    env, fs,
    io::Write as _,
    path::{Path, PathBuf},
    sync::Mutex,
    time::{Duration, SystemTime},
};

use serde::{Deserialize, Serialize};

use super::{
    Verification,
    compare::Missing,
    edits::EditKind,
    images::Image,
    report::{ImageReport, Measured, RunReport, Verdict},
};
use crate::engine::plan::Plan;
pub(super) use inputs::Inputs;

/// The version of the form of records.
const VERSION: u32 = 1;
/// How long a verdict holds: what a registry or a package index serves is another after a while.
const AGE: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// The most records, and the most bytes of one.
const RECORDS: usize = 2_000;
const BYTES: usize = 256 << 10;

/// Verdicts on disk.
#[derive(Debug)]
pub struct Verdicts {
    folder: PathBuf,
    /// Whether they are believed; new ones are kept in any case.
    is_asked: bool,
    /// Digests of files: the same file is sent to many builds.
    digests: Mutex<HashMap<PathBuf, inputs::Digested>>,
    /// The identities of base images on this machine.
    bases: Mutex<BTreeMap<String, Option<String>>>,
}

/// A verdict, without what its image is known by.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    version: u32,
    /// The day: `2026-11-28`.
    on: String,
    /// The edits after which the image was built again.
    rebuilds: BTreeSet<EditKind>,
    at_once: usize,
    distributions: usize,
    missing: Vec<Missing>,
    runs: Vec<RunReport>,
    before: Measured,
    after: Measured,
}

impl Verdicts {
    /// Those in a folder, which need not be there. Unless `is_asked`, every image is built again.
    pub fn new(folder: PathBuf, is_asked: bool) -> Self {
        Self { folder, is_asked, digests: Mutex::default(), bases: Mutex::default() }
    }

    /// The folder of a user's: `verify` in `REFIT_CACHE_DIR`, or else in the `refit` of the user's caches.
    /// <https://specifications.freedesktop.org/basedir-spec/latest/>
    pub fn folder() -> Option<PathBuf> {
        let set = |name: &str| env::var_os(name).filter(|it| !it.is_empty()).map(PathBuf::from);
        let caches = || {
            let caches = set("XDG_CACHE_HOME").or_else(|| set("LOCALAPPDATA"));
            caches.filter(|it| it.is_absolute()).or_else(|| Some(set("HOME")?.join(".cache")))
        };
        let own = set("REFIT_CACHE_DIR").or_else(|| Some(caches()?.join("refit")));
        own.map(|it| it.join("verify"))
    }

    fn read(&self, key: &str) -> Option<Record> {
        let path = self.path(key);
        if age(&path)? > AGE {
            return None;
        }
        let record: Record = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
        (record.version == VERSION).then_some(record)
    }

    /// Writes a record. A folder that cannot be written to is no reason to fail: the image is built again.
    fn write(&self, key: &str, record: &Record) -> Option<()> {
        let text = serde_json::to_vec(record).ok().filter(|it| it.len() <= BYTES)?;
        private_folder(&self.folder).ok()?;
        // Readable for the user alone, and whole or not at all.
        let mut file = tempfile::NamedTempFile::new_in(&self.folder).ok()?;
        file.write_all(&text).ok()?;
        file.persist(self.path(key)).ok()?;
        self.prune();
        Some(())
    }

    fn path(&self, key: &str) -> PathBuf {
        self.folder.join(format!("{key}.json"))
    }

    /// Removes the records that hold no longer, and the oldest if there are too many.
    fn prune(&self) {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut all: Vec<_> =
            entries.filter_map(|it| Some((age(&it.path())?, it.path()))).collect();
        all.sort();
        let fresh = all.iter().take_while(|it| it.0 <= AGE).count().min(RECORDS);
        for (_, path) in all.drain(fresh..) {
            let _ = fs::remove_file(path);
        }
    }
}

impl Verification<'_> {
    /// What an earlier run has found of an image, if it was built again after all of these edits.
    pub(super) fn known(
        &self,
        inputs: Inputs,
        plan: &Plan,
        image: &Image,
        rebuilds: &BTreeSet<EditKind>,
    ) -> Option<ImageReport> {
        let verdicts = self.verdicts.as_ref().filter(|it| it.is_asked)?;
        let record = verdicts.read(&self.key(verdicts, inputs, plan, image))?;
        let has_all = rebuilds.is_subset(&record.rebuilds);
        has_all.then(|| record.report(image))
    }

    /// Keeps the report of an image that was verified.
    pub(super) fn keep(
        &self,
        inputs: Inputs,
        plan: &Plan,
        image: &Image,
        rebuilds: &BTreeSet<EditKind>,
        report: &ImageReport,
    ) {
        let Some(verdicts) = &self.verdicts else { return };
        if let Some(record) = Record::new(report, rebuilds) {
            let key = self.key(verdicts, inputs, plan, image);
            let _ = verdicts.write(&key, &record);
        }
    }
}

impl Record {
    /// The record of a report, if it is worth one.
    fn new(report: &ImageReport, rebuilds: &BTreeSet<EditKind>) -> Option<Self> {
        if report.verdict != Verdict::Verified {
            return None;
        }
        let measured = report.measured()?;
        Some(Self {
            version: VERSION,
            on: day(SystemTime::now()),
            rebuilds: rebuilds.clone(),
            at_once: report.at_once,
            distributions: report.distributions,
            missing: report.missing.clone(),
            runs: report.runs.iter().map(without_output).collect(),
            before: measured.before.clone(),
            after: measured.after.clone(),
        })
    }

    fn report(self, image: &Image) -> ImageReport {
        let mut report = ImageReport::new(image);
        report.verified_on = Some(self.on);
        report.at_once = self.at_once;
        report.distributions = self.distributions;
        report.missing = self.missing;
        report.runs = self.runs;
        report.first_built("before", self.before);
        report.first_built("after", self.after);
        report
    }
}

/// What happened when an image was started, without what it printed.
fn without_output(run: &RunReport) -> RunReport {
    let mut run = run.clone();
    // What comes after a colon is quoted.
    run.reason = run.reason.map(|it| it.split(": ").next().unwrap_or_default().to_owned());
    if let Some(sides) = &mut run.sides {
        (sides.before.log, sides.after.log) = (None, None);
    }
    run
}

/// Makes a folder that only the user can read.
fn private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// How long ago a file was written; `None` if it is not there.
fn age(path: &Path) -> Option<Duration> {
    let written = fs::metadata(path).ok()?.modified().ok()?;
    // One from the future is new.
    Some(SystemTime::now().duration_since(written).unwrap_or_default())
}

/// A day in UTC: `2026-11-28`.
fn day(time: SystemTime) -> String {
    let seconds = time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |it| it.as_secs());
    let mut days = seconds / 86_400;
    let mut year = 1970;
    let is_leap =
        |year: u64| year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    while days >= 365 + u64::from(is_leap(year)) {
        days -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let february = 28 + u64::from(is_leap(year));
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    format!("{year}-{month:02}-{:02}", days + 1)
}

#[cfg(test)]
mod tests;
