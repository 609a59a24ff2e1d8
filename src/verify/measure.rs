//! One image, built before and after, measured and compared.

use std::{
    collections::BTreeSet,
    io::{self, ErrorKind},
    time::Duration,
};

use super::{
    Event, Job,
    builder::{Build, Outcome},
    command,
    compare::{Comparison, Declared, compare},
    edits::{EditKind, TouchedFile, edits, line},
    images::{Image, ImageBuild},
    locked,
    report::{ImageReport, Measured, Verdict},
    side::{Looked, Side, remove_folder},
};
use crate::{
    ecosystems::complaints::{self, Cause},
    engine::plan::Plan,
    project::Project,
    text::count::counted,
};

/// The time limit of commands that only inspect an image.
const PROBE: Duration = Duration::from_secs(300);
/// The seconds after which something that is imported counts as running.
const IMPORT: u32 = 30;

impl Job<'_> {
    /// Builds and compares; after that it edits and builds again, for each kind in `rebuilds`.
    ///
    /// Errors of the disk or the builder are in the report: other images are not affected.
    pub(super) fn measure(
        &self,
        plan: &Plan,
        image: &Image,
        rebuilds: &BTreeSet<EditKind>,
    ) -> ImageReport {
        let mut report = ImageReport::new(image);
        report.at_once = self.shared.options.jobs;
        if let Err(error) = self.fill(plan, image, rebuilds, &mut report) {
            let cause = match error.kind() {
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Some(Cause::Disk),
                ErrorKind::NotConnected => Some(Cause::Builder),
                _ => complaints::cause(&error.to_string()),
            };
            match cause {
                Some(cause) => report.could_not_run(cause, error.to_string()),
                None => report.fail(Verdict::Unknown, error.to_string()),
            }
        }
        report
    }

    fn fill(
        &self,
        plan: &Plan,
        image: &Image,
        rebuilds: &BTreeSet<EditKind>,
        report: &mut ImageReport,
    ) -> io::Result<()> {
        let Some(after) = &image.after else {
            report.fail(Verdict::Unknown, "how it is built afterwards cannot be told".to_owned());
            return Ok(());
        };
        let builds = [(&plan.before, &image.before), (plan.after(), after)];
        if let Some((cause, why)) = self.shared.fetch(builds)? {
            report.could_not_run(cause, why);
            return Ok(());
        }
        if self.shared.options.keep {
            return self.work(plan, image, builds, rebuilds, report);
        }
        let builder = self.shared.builder;
        // Images that a build pulls serve the next builds, too.
        locked(&self.shared.leftovers).begin(self.number, builder.leftovers());
        let done = self.work(plan, image, builds, rebuilds, report);
        let leftovers = locked(&self.shared.leftovers).end(self.number, builder.leftovers());
        builder.forget(&leftovers);
        if report.logs.is_empty() {
            remove_folder(&self.folder)?;
        }
        done
    }

    fn work(
        &self,
        plan: &Plan,
        image: &Image,
        [before, after]: [(&Project, &ImageBuild); 2],
        rebuilds: &BTreeSet<EditKind>,
        report: &mut ImageReport,
    ) -> io::Result<()> {
        let shared = self.shared;
        let before = Side::new(self, ("before", before.0, before.1), &plan.before)?;
        let after = Side::new(self, ("after", after.0, after.1), &plan.before)?;
        self.copied.set(shared.inputs(plan, image));
        let sides = [&before, &after];
        let mut done = {
            self.tell(Event::Waits(self.name));
            let _turn = shared.turns.together();
            self.both(plan, image, sides, report)
        };
        let edits = edits_of(plan, image, rebuilds);
        if done.is_ok() && report.verdict == Verdict::Verified && !edits.is_empty() {
            self.tell(Event::Waits(self.name));
            let _turn = shared.turns.alone();
            done = self.rebuild(image, sides, &edits, report);
        }
        if report.verdict != Verdict::Verified || done.is_err() {
            report.logs.extend(sides.iter().map(|it| it.log()).filter(|it| !it.is_empty()));
        }
        if !shared.options.keep {
            before.remove(shared.builder)?;
            after.remove(shared.builder)?;
        }
        done
    }

    /// Builds both sides for the first time, and compares what comes out.
    fn both(
        &self,
        plan: &Plan,
        image: &Image,
        sides: [&Side<'_>; 2],
        report: &mut ImageReport,
    ) -> io::Result<()> {
        let [before, after] = sides;
        let Some(old) = self.first(before, report)? else {
            if report.verdict == Verdict::BrokenBefore {
                self.mend(after, report)?;
            }
            return Ok(());
        };
        let Some(new) = self.first(after, report)? else { return Ok(()) };
        let looked = [&old, &new];
        let found = self.compare(image, &sides, looked)?;
        report.distributions = found.distributions;
        report.missing = found.missing;
        report.notes.extend(found.notes);
        let mut differences = found.differences;
        differences.extend(self.imports(image, sides, looked, report)?);
        differences.extend(self.smoke(sides, report)?);
        let builds = [(&plan.before, before.build), (plan.after(), after.build)];
        let made = sides.map(Side::image);
        let made = made.each_ref().map(String::as_str);
        report.runs = self.runs(builds, made, looked)?;
        for run in &report.runs {
            let of = run.of();
            differences.extend(run.differences.iter().map(|it| format!("run{of}: {it}")));
            report.logs.extend(run.logs.iter().cloned());
        }
        for it in differences {
            report.fail(Verdict::Differs, it);
        }
        Ok(())
    }

    /// A first build, measured, and what came out; without that, the report says why.
    fn first(&self, side: &Side<'_>, report: &mut ImageReport) -> io::Result<Option<Looked>> {
        let built = self.try_twice(side, report)?;
        match &built.outcome {
            Outcome::Built => {}
            Outcome::TimedOut => {
                report.took_too_long();
                return Ok(None);
            }
            Outcome::Failed(why) => {
                let is_old = side.label == "before";
                let verdict = if is_old { Verdict::BrokenBefore } else { Verdict::Breaks };
                report.failed(verdict, why);
                return Ok(None);
            }
        }
        let look = self.look(side)?;
        report.first_built(side.label, Measured::new(&built, &look.inspected));
        Ok(Some(look))
    }

    /// When there is nothing to compare with, it is worth knowing that the changes fix the build.
    fn mend(&self, after: &Side<'_>, report: &mut ImageReport) -> io::Result<()> {
        let built = self.build(after, "first build", true)?;
        if built.outcome == Outcome::Built {
            report.notes.push("it builds with these changes".to_owned());
            let inspected =
                self.shared.builder.inspect(&after.image()).map_err(io::Error::other)?;
            report.first_built(after.label, Measured::new(&built, &inspected));
        }
        Ok(())
    }

    /// A first build. It is tried again if it fails: a server that did not answer proves nothing.
    fn try_twice(&self, side: &Side<'_>, report: &mut ImageReport) -> io::Result<Build> {
        let built = self.build(side, "first build", true)?;
        let Outcome::Failed(why) = &built.outcome else { return Ok(built) };
        if side.label == "before" && !may_pass(why) {
            return Ok(built);
        }
        let again = self.build(side, "first build, once more", true)?;
        if again.outcome == Outcome::Built {
            let why = why.lines().next().unwrap_or_default();
            let what = format!("{}: the first build failed, and not the second: {why}", side.label);
            report.notes.push(what);
        }
        Ok(Build { context_bytes: built.context_bytes.or(again.context_bytes), ..again })
    }

    /// Compares two images; where they differ, these of the sides are built once more, the old one first, and
    /// only what differs each time counts.
    fn compare(
        &self,
        image: &Image,
        again: &[&Side<'_>],
        looked: [&Looked; 2],
    ) -> io::Result<Comparison> {
        let [old, new] = looked;
        let pair = |declared: &Declared| {
            let one = (&old.inspected.config, &old.contents);
            compare(one, (&new.inspected.config, &new.contents), declared)
        };
        let mut declared = image.declared.clone();
        let mut found = pair(&declared);
        for (side, look) in again.iter().zip(looked) {
            if found.differences.is_empty() {
                break;
            }
            let built = self.build(side, "once more, to see what is stable", true)?;
            if built.outcome != Outcome::Built {
                break;
            }
            let anew = self.look(side)?;
            declared.unstable.extend(look.contents.unstable(&anew.contents, &old.contents));
            found = pair(&declared);
        }
        if !declared.unstable.is_empty() {
            let files = counted(declared.unstable.len(), "file");
            found.notes.push(format!("ignored {files} with other contents in each build"));
        }
        Ok(found)
    }

    /// Returns true if the modules that the command names are imported with the same outcome.
    fn imports(
        &self,
        image: &Image,
        sides: [&Side<'_>; 2],
        looked: [&Looked; 2],
        report: &mut ImageReport,
    ) -> io::Result<Option<String>> {
        let outcome = |at: usize| -> io::Result<Option<String>> {
            let look = looked[at];
            let probe =
                command::probe(&look.inspected.config, &look.contents, &image.declared.given);
            let Some(words) = probe.words(IMPORT) else { return Ok(None) };
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let ran = self.shared.builder.run(&sides[at].image(), &words, PROBE);
            Ok(Some(last_line(&ran.map_err(io::Error::other)?.stdout)))
        };
        let (before, after) = (outcome(0)?, outcome(1)?);
        let (before, after) = match (before, after) {
            (None, _) => {
                report.notes.push("nothing that the command imports could be tried".to_owned());
                return Ok(None);
            }
            (Some(_), None) => {
                let lost = "what the command imports cannot be tried any more";
                return Ok(Some(lost.to_owned()));
            }
            (Some(before), Some(after)) => (before, after),
        };
        if before == after {
            report.notes.push(format!("what the command imports gives {before} in both"));
            return Ok(None);
        }
        let is_fine = |it: &str| it.contains("\"ok\"") || it.contains("\"running\"");
        let what = format!("what the command imports gave {before}, and gives {after}");
        // One of them was only faster.
        if is_fine(&before) && is_fine(&after) {
            report.notes.push(what);
            return Ok(None);
        }
        Ok(Some(what))
    }

    /// The differences in the user's own command.
    fn smoke(&self, sides: [&Side<'_>; 2], report: &mut ImageReport) -> io::Result<Option<String>> {
        let Some(smoke) = &self.shared.options.smoke else { return Ok(None) };
        let run = |side: &Side<'_>| {
            let words = ["/bin/sh", "-c", smoke];
            self.shared.builder.run(&side.image(), &words, PROBE).map_err(io::Error::other)
        };
        let [before, after] = sides.map(run);
        let (before, after) = (before?, after?);
        let exit = |it: Option<i32>| it.map_or("no end".to_owned(), |it| format!("exit code {it}"));
        Ok(if before.code != after.code {
            let (before, after) = (exit(before.code), exit(after.code));
            Some(format!("`{smoke}`: {before} before, {after} after"))
        } else if before.code != Some(0) {
            // A command that fails today proves nothing.
            report.fail(Verdict::Unknown, format!("`{smoke}`: {} in both", exit(before.code)));
            None
        } else if before.stdout != after.stdout {
            Some(format!("`{smoke}` prints something else"))
        } else {
            None
        })
    }

    /// Edits both copies in the same way, and builds them again; what comes out is compared once more, for
    /// it is now that a cache may be stale.
    fn rebuild(
        &self,
        image: &Image,
        sides: [&Side<'_>; 2],
        edits: &[TouchedFile],
        report: &mut ImageReport,
    ) -> io::Result<()> {
        for TouchedFile { kind, path } in edits {
            let line = line(path, &format!("refit verify {}", self.shared.nonce));
            for side in sides {
                side.scratch.append(path, &line)?;
                let what = format!("after an edit in {path}");
                let built = self.build(side, &what, false)?;
                match &built.outcome {
                    Outcome::Built => report.rebuilt(side.label, *kind, path.as_str(), &built),
                    Outcome::TimedOut => {
                        report.took_too_long();
                        return Ok(());
                    }
                    // The project's own: a lock that does not fit its manifest any more.
                    Outcome::Failed(why)
                        if side.label == "before" && complaints::cause(why).is_none() =>
                    {
                        report.notes.push(format!("{what} it does not build today: {why}"));
                        return Ok(());
                    }
                    Outcome::Failed(why) => {
                        report.failed(Verdict::Breaks, &format!("{what}: {why}"));
                        return Ok(());
                    }
                }
            }
        }
        let (old, new) = (self.look(sides[0])?, self.look(sides[1])?);
        // Not the new one: with nothing cached it would not show what was stale.
        for it in self.compare(image, &sides[..1], [&old, &new])?.differences {
            report.fail(Verdict::Differs, format!("built again after edits: {it}"));
        }
        Ok(())
    }
}

/// The edits after which an image is built again.
pub(super) fn edits_of(plan: &Plan, image: &Image, kinds: &BTreeSet<EditKind>) -> Vec<TouchedFile> {
    if kinds.is_empty() {
        return Vec::new();
    }
    let mut edits = edits(&plan.before, &image.before);
    edits.retain(|it| kinds.contains(&it.kind));
    edits
}

/// Returns true if a failure may have passed a moment later.
fn may_pass(why: &str) -> bool {
    let is_brief = ["connection refused", "timed out", "timeout"];
    let lower = why.to_lowercase();
    complaints::cause(why).is_some_and(|it| it != Cause::Disk)
        || is_brief.iter().any(|it| lower.contains(it))
}

/// The last line of what a command prints.
fn last_line(output: &[u8]) -> String {
    let text = String::from_utf8_lossy(output);
    text.trim_end().lines().last().unwrap_or("nothing").to_owned()
}
