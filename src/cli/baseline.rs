//! `refit baseline`, and the file that it keeps.

use std::{
    collections::HashMap,
    fs,
    io::{self, Write as _},
    path::Path,
};

use anyhow::Context as _;
use clap::Args;
use serde::{Deserialize, Serialize};

use super::{
    Status,
    args::Scope,
    failure::Failure,
    input::Input,
    inputs::Inputs,
    output::{self, Output},
    summary,
};
use crate::{
    engine::plan::{Plan, held::Baseline},
    project::Problem,
    report::Detail,
    text::{RepoPath, count::counted},
};

/// Accept what could be changed today: `refit-baseline.json` keeps it away from all commands, so that only what is new
/// counts
#[derive(Debug, Args)]
pub(super) struct Take {
    #[command(flatten)]
    scope: Scope,
    /// Accept nothing new, and only forget what is gone
    #[arg(long)]
    prune: bool,
}

/// The file's name; it lies in the folder of the project.
pub(super) const FILE_NAME: &str = "refit-baseline.json";
/// The version of its form.
const VERSION: u32 = 1;
/// What to do about a file that cannot be read.
const HINT: &str = "`refit baseline --no-baseline` writes a new one";

/// The contents of a `refit-baseline.json`.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Contents {
    /// The version of its form: 1.
    version: u32,
    /// The changes that are held back, sorted.
    changes: Vec<Entry>,
}

/// Changes that are held back.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    /// The file that they start in.
    path: String,
    /// Their transform.
    transform: String,
    /// What they do.
    title: String,
    /// What they are known by.
    fingerprint: String,
    /// How many of them there are in the file.
    count: usize,
}

impl Take {
    pub(super) fn run(&self, output: &Output) -> anyhow::Result<Status> {
        if self.scope.is_stdin() {
            let hint = "name the project's folder";
            return Err(Failure::new("standard input has no baseline", hint).into());
        }
        let inputs = Inputs::of_scope(&self.scope, None)?;
        inputs.check_settled()?;
        let plans: Vec<Plan> = inputs.all.iter().map(Input::plan_of_everything).collect();
        let report = inputs.report(&plans, Detail::Few);
        let status = summary::problems(&report, &inputs.named())?;
        for (input, plan) in inputs.all.iter().zip(&plans) {
            let Some(root) = &input.root else { continue };
            let said = self.update(input, plan, root)?;
            output::say(|| format!("{}: {said}\n", root.join(FILE_NAME).display()), output)?;
        }
        Ok(self.scope.status(status))
    }

    /// Writes the baseline of one project; returns what is different.
    fn update(&self, input: &Input, plan: &Plan, root: &Path) -> anyhow::Result<String> {
        let known = counts(&input.baseline);
        let mut new = 0;
        let found = plan.held.iter().filter_map(|(fingerprint, held)| {
            let before = known.get(fingerprint).copied().unwrap_or_default();
            let count = if self.prune { held.count.min(before) } else { held.count };
            new += count.saturating_sub(before);
            (0 < count).then(|| Entry {
                path: held.path.to_string(),
                transform: held.transform.to_owned(),
                title: held.title.clone(),
                fingerprint: fingerprint.clone(),
                count,
            })
        });
        let mut next: Vec<Entry> = found.collect();
        next.extend(input.baseline.iter().filter(|it| !it.is_looked_for(input)).cloned());
        next.sort();
        let all: usize = next.iter().map(|it| it.count).sum();
        write(root, next)?;
        let gone = count_gone(input, plan);
        Ok(format!("{} ({new} new, {gone} gone)", counted(all, "change")))
    }
}

impl Entry {
    /// Returns true if a run would come across it, as long as it is there.
    fn is_looked_for(&self, input: &Input) -> bool {
        RepoPath::new(&self.path).is_none_or(|it| input.runs(&self.transform, &it))
    }
}

/// Writes the baseline of the project in a folder, whole or not at all; there is no file for one without changes.
fn write(root: &Path, changes: Vec<Entry>) -> anyhow::Result<()> {
    let path = root.join(FILE_NAME);
    let shown = || path.display().to_string();
    if changes.is_empty() {
        return match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error).with_context(shown),
            _ => Ok(()),
        };
    }
    let contents = Contents { version: VERSION, changes };
    let text = serde_json::to_string_pretty(&contents)? + "\n";
    let mut file = tempfile::NamedTempFile::new_in(root).with_context(shown)?;
    file.write_all(text.as_bytes()).with_context(shown)?;
    // A temporary file is for its owner alone; this one is for everybody who has the project.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(&path).map_or(0o644, |it| it.permissions().mode());
        file.as_file().set_permissions(fs::Permissions::from_mode(mode)).with_context(shown)?;
    }
    file.persist(&path).map_err(|it| it.error).with_context(shown)?;
    Ok(())
}

/// Reads the baseline of the project in a folder; there need not be one.
pub(super) fn read(root: &Path) -> anyhow::Result<Vec<Entry>> {
    let path = root.join(FILE_NAME);
    let text = match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read.with_context(|| path.display().to_string())?,
    };
    let contents: Contents = serde_json::from_str(&text).map_err(|error| {
        Failure::new(format!("{}:{}: {error}", path.display(), error.line()), HINT)
    })?;
    if contents.version != VERSION {
        let message = format!("{}: version {} is not known", path.display(), contents.version);
        return Err(Failure::new(message, "use the refit that wrote it, or a later one").into());
    }
    Ok(contents.changes)
}

/// What these entries hold back.
pub(super) fn of(entries: &[Entry]) -> Baseline {
    Baseline::Changes(counts(entries))
}

/// How many changes of each fingerprint entries stand for.
fn counts(entries: &[Entry]) -> HashMap<String, usize> {
    let mut all: HashMap<String, usize> = HashMap::new();
    for it in entries {
        *all.entry(it.fingerprint.clone()).or_default() += it.count;
    }
    all
}

/// How many changes of the baseline a plan would have come across and did not.
fn count_gone(input: &Input, plan: &Plan) -> usize {
    let looked_for = input.baseline.iter().filter(|it| it.is_looked_for(input));
    let gone = looked_for.map(|it| {
        it.count.saturating_sub(plan.held.get(&it.fingerprint).map_or(0, |held| held.count))
    });
    gone.sum()
}

/// The warning that changes of the baseline are gone, if some are.
pub(super) fn gone(input: &Input, plan: &Plan) -> Option<Problem> {
    let gone = count_gone(input, plan);
    (0 < gone).then(|| Problem {
        path: RepoPath::root().join(FILE_NAME).unwrap_or_else(RepoPath::root),
        line: None,
        message: format!("{} of it can no longer be made", counted(gone, "change")),
        hint: "`refit baseline --prune` takes them out".to_owned(),
    })
}
