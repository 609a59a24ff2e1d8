//! `refit apply`.

use std::path::Path;

use anyhow::Context as _;
use clap::Args;

use super::{
    Status,
    args::Run,
    failure::Failure,
    inputs::Inputs,
    output::{self, Output},
    story::Kind,
    summary,
    verify::{self, Building, Session},
};
use crate::{
    engine::{
        apply,
        diff::changed,
        plan::Plan,
        transaction::{Direction, Recovered},
    },
    load::{
        commit::{self, Committed},
        git,
    },
    report::series,
    text::{RepoPath, count::counted},
};

/// Write exactly what `diff` shows, all files or none; `undo` takes it back
#[derive(Debug, Args)]
pub(super) struct Apply {
    #[command(flatten)]
    run: Run,
    /// Ask about each change
    #[arg(short, long)]
    interactive: bool,
    #[command(flatten)]
    allow: Allow,
    /// Commit the changes as well, one commit for each transform
    #[arg(long, conflicts_with_all = ["allow_dirty", "allow_staged"])]
    commit: bool,
    /// Build every image before and after, and write only what is verified
    #[arg(long)]
    verify: bool,
    #[command(flatten)]
    building: Building,
}

/// Which unsaved work is written over.
#[derive(Debug, Args)]
struct Allow {
    /// Write although git has uncommitted changes, or does not keep the files
    #[arg(long)]
    allow_dirty: bool,
    /// Write although git has staged changes, which the working tree does not go beyond
    #[arg(long)]
    allow_staged: bool,
}

impl Apply {
    pub(super) fn run(&self, output: &Output, jobs: Option<u16>) -> anyhow::Result<Status> {
        if let Some(option) = self.building.given().filter(|_| !self.verify) {
            let hint = "give --verify as well: without it nothing is built";
            return Err(Failure::new(format!("{option} without --verify"), hint).into());
        }
        if self.interactive && (self.run.scope.is_stdin() || !self.run.report.is_text()) {
            let hint = "answers come from standard input, and questions are text";
            let message = "--interactive with `-` or another format";
            return Err(Failure::new(message, hint).into());
        }
        if self.verify && self.run.scope.is_stdin() {
            return Err(verify::no_context().into());
        }
        let mut inputs = Inputs::read(&self.run)?;
        let mut is_recovered = false;
        for root in inputs.all.iter().filter_map(|it| it.root.as_deref()) {
            let Some(Recovered { direction, paths }) = apply::recover(root)? else { continue };
            is_recovered = true;
            let what = match direction {
                Direction::Apply => "an interrupted apply was rolled back",
                Direction::Undo => "an interrupted undo was finished",
            };
            output::note(&format!("{what}: {}\n", counted(paths.len(), "file")))?;
        }
        if is_recovered {
            inputs = Inputs::read(&self.run)?;
        }
        let named = inputs.named();
        let mut plans = inputs.plans();
        if self.interactive {
            // Not after twenty answers.
            self.check_all_saved(&inputs, &plans)?;
            plans = inputs.choose(plans)?;
        }
        let mut verification = None;
        if self.verify && plans.iter().any(|it| !it.steps.is_empty()) {
            // Not after half an hour of builds.
            self.check_all_saved(&inputs, &plans)?;
            let input = inputs.only()?;
            let (verified, report) = Session::settle(&self.building, &input, output, jobs)?;
            plans = vec![verified];
            if self.run.report.is_text() {
                output::note(&verify::text(&report, output))?;
            }
            verification = Some(report);
            inputs = Inputs::from(input);
        }
        let mut report = inputs.report(&plans, self.run.report.detail());
        report.verification = verification;
        self.write(&inputs, &plans)?;
        let stdin = inputs.all.first().and_then(|it| it.stdin.as_ref()).zip(plans.first());
        let changed = stdin.map(|(path, plan)| plan.after().file(path.as_str()));
        let changed = changed.flatten().map_or("", |it| &*it.text);
        self.run.report.write(&report, || changed.to_owned())?;
        if self.run.report.is_text() && stdin.is_some() {
            output::print_raw(changed)?;
        }
        let verified = report.verification.as_ref().map_or(Status::Done, verify::status);
        let problems = summary::problems(&report, &named)?;
        let width = output::note_width();
        let kind = if self.commit { Kind::Committed } else { Kind::Applied };
        output::say(|| summary::text(&report, kind, &self.run, output, width), output)?;
        Ok(self.run.scope.status(problems.max(verified)))
    }

    /// Refuses to write plans where that could lose work.
    fn check_all_saved(&self, inputs: &Inputs, plans: &[Plan]) -> anyhow::Result<()> {
        if self.allow.allow_dirty {
            return Ok(());
        }
        written(inputs, plans).try_for_each(|(root, plan)| self.check_saved(root, plan))
    }

    /// Writes the plans: nothing at all if the work of one repository is not saved, and each repository whole.
    fn write(&self, inputs: &Inputs, plans: &[Plan]) -> anyhow::Result<()> {
        self.check_all_saved(inputs, plans)?;
        for (root, _) in written(inputs, plans).filter(|_| self.commit) {
            // Not after the files are written.
            commit::author(root)?;
        }
        for (root, plan) in written(inputs, plans) {
            apply::apply(plan, root)?;
            if self.commit {
                commit_parts(root, plan)
                    .context("all files are written, but not all are committed")?;
            }
        }
        Ok(())
    }

    /// Refuses to write a plan where that could lose work.
    fn check_saved(&self, root: &Path, plan: &Plan) -> anyhow::Result<()> {
        git::check_saved(root, self.allow.allow_staged)?;
        // A link is written through: what it points at is what git must keep.
        let real = |path: &RepoPath| {
            let real = root.join(path.as_str()).canonicalize().ok()?;
            RepoPath::new(real.strip_prefix(root).ok()?.to_str()?)
        };
        let paths = apply::overwritten(plan).into_iter().map(|it| real(&it).unwrap_or(it));
        let paths: Vec<_> = paths.collect();
        let paths: Vec<_> = paths.iter().map(RepoPath::as_str).collect();
        Ok(git::check_kept(root, &paths)?)
    }
}

/// The plans that change something on disk, each with its folder.
fn written<'p>(
    inputs: &'p Inputs,
    plans: &'p [Plan],
) -> impl Iterator<Item = (&'p Path, &'p Plan)> {
    let all = inputs.all.iter().zip(plans).filter(|it| !it.1.steps.is_empty());
    all.filter_map(|(input, plan)| Some((input.root.as_deref()?, plan)))
}

/// Commits what each transform did.
fn commit_parts(root: &Path, plan: &Plan) -> anyhow::Result<()> {
    for part in series::parts(plan) {
        let files = changed(part.before, part.after).into_iter().map(|path| Committed {
            path,
            text: part.after.file(path.as_str()).map(|it| &*it.text),
        });
        let files: Vec<Committed<'_>> = files.collect();
        commit::commit(root, &files, &part.message(&RepoPath::root()))?;
    }
    Ok(())
}
