//! One image, built before and after, measured and compared.

use std::{collections::BTreeSet, io, time::Duration};

use super::{
    Verification,
    builder::{Build, Outcome},
    command,
    compare::{Comparison, Declared, compare},
    edits::{EditKind, TouchedFile, edits, line},
    images::Image,
    report::{ImageReport, Measured, Verdict},
    side::{Looked, Side, remove_folder},
};
use crate::{engine::plan::Plan, text::count::counted};

/// The time limit of commands that only inspect an image.
const PROBE: Duration = Duration::from_secs(300);
/// The seconds after which something that is imported counts as running.
const IMPORT: u32 = 30;

impl Verification<'_> {
    /// Builds and compares; after that it edits and builds again, for each kind in `rebuilds`.
    pub(super) fn measure(
        &self,
        plan: &Plan,
        image: &Image,
        rebuilds: &BTreeSet<EditKind>,
    ) -> ImageReport {
        let mut report = ImageReport::new(image);
        if let Err(error) = self.fill(plan, image, rebuilds, &mut report) {
            report.fail(Verdict::Unknown, error.to_string());
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
        self.pull_bases([(&plan.before, &image.before), (plan.after(), after)])?;
        // Images that a build pulls serve the next builds, too.
        let kept = self.builder.kept();
        let number = self.count.replace_with(|it| *it + 1);
        let folder = self.folder.join(format!("{number}-{}", slug(&image.name)));
        let side =
            |label, project, build| Side::new(self, (label, project, build), &plan.before, &folder);
        let before = side("before", &plan.before, &image.before)?;
        let after = side("after", plan.after(), after)?;
        let sides = [&before, &after];
        let mut done = self.both(plan, image, sides, report);
        if done.is_ok() && report.verdict == Verdict::Verified {
            done = self.rebuild(plan, image, sides, rebuilds, report);
        }
        if report.verdict != Verdict::Verified || done.is_err() {
            report.logs.extend(sides.iter().map(|it| it.log()).filter(|it| !it.is_empty()));
        }
        if !self.options.keep {
            before.remove(self)?;
            after.remove(self)?;
            self.builder.forget_since(&kept);
            if report.logs.is_empty() {
                remove_folder(&folder)?;
            }
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
        let Some(old) = self.first(image, before, report)? else {
            if report.verdict == Verdict::BrokenBefore {
                self.mend(image, after, report)?;
            }
            return Ok(());
        };
        let Some(new) = self.first(image, after, report)? else { return Ok(()) };
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
        report.runs = self.runs((&image.name, builds), made, looked)?;
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
    fn first(
        &self,
        image: &Image,
        side: &Side<'_>,
        report: &mut ImageReport,
    ) -> io::Result<Option<Looked>> {
        let built = self.try_twice(image, side, report)?;
        match &built.outcome {
            Outcome::Built => {}
            Outcome::TimedOut => {
                report.took_too_long();
                return Ok(None);
            }
            Outcome::Failed(why) => {
                let is_old = side.label == "before";
                let verdict = if is_old { Verdict::BrokenBefore } else { Verdict::Breaks };
                report.fail(verdict, why.clone());
                return Ok(None);
            }
        }
        let look = self.look(side)?;
        report.first_built(side.label, Measured::new(&built, &look.inspected));
        Ok(Some(look))
    }

    /// When there is nothing to compare with, it is worth knowing that the changes fix the build.
    fn mend(&self, image: &Image, after: &Side<'_>, report: &mut ImageReport) -> io::Result<()> {
        let built = self.build(&image.name, after, "first build", true)?;
        if built.outcome == Outcome::Built {
            report.notes.push("it builds with these changes".to_owned());
            let inspected = self.builder.inspect(&after.image()).map_err(io::Error::other)?;
            report.first_built(after.label, Measured::new(&built, &inspected));
        }
        Ok(())
    }

    /// A first build. It is tried again if it fails: a server that did not answer proves nothing.
    fn try_twice(
        &self,
        image: &Image,
        side: &Side<'_>,
        report: &mut ImageReport,
    ) -> io::Result<Build> {
        let built = self.build(&image.name, side, "first build", true)?;
        let Outcome::Failed(why) = &built.outcome else { return Ok(built) };
        if side.label == "before" && !is_passing(why) {
            return Ok(built);
        }
        let again = self.build(&image.name, side, "first build, once more", true)?;
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
            let built = self.build(&image.name, side, "once more, to see what is stable", true)?;
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
            let ran = self.builder.run(&sides[at].image(), &words, PROBE);
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
        let Some(smoke) = &self.options.smoke else { return Ok(None) };
        let run = |side: &Side<'_>| {
            let words = ["/bin/sh", "-c", smoke];
            self.builder.run(&side.image(), &words, PROBE).map_err(io::Error::other)
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
        plan: &Plan,
        image: &Image,
        sides: [&Side<'_>; 2],
        kinds: &BTreeSet<EditKind>,
        report: &mut ImageReport,
    ) -> io::Result<()> {
        let edits = edits(&plan.before, &image.before);
        let edits: Vec<_> = edits.iter().filter(|it| kinds.contains(&it.kind)).collect();
        for TouchedFile { kind, path } in &edits {
            let line = line(path, &format!("refit verify {}", self.nonce));
            for side in sides {
                side.scratch.append(path, &line)?;
                let what = format!("after an edit in {path}");
                let built = self.build(&image.name, side, &what, false)?;
                match &built.outcome {
                    Outcome::Built => report.rebuilt(side.label, *kind, path.as_str(), &built),
                    Outcome::TimedOut => {
                        report.took_too_long();
                        return Ok(());
                    }
                    // The project's own: a lock that does not fit its manifest any more.
                    Outcome::Failed(why) if side.label == "before" => {
                        report.notes.push(format!("{what} it does not build today: {why}"));
                        return Ok(());
                    }
                    Outcome::Failed(why) => {
                        report.fail(Verdict::Breaks, format!("{what}: {why}"));
                        return Ok(());
                    }
                }
            }
        }
        if !edits.is_empty() {
            let (old, new) = (self.look(sides[0])?, self.look(sides[1])?);
            // Not the new one: with nothing cached it would not show what was stale.
            for it in self.compare(image, &sides[..1], [&old, &new])?.differences {
                report.fail(Verdict::Differs, format!("built again after edits: {it}"));
            }
        }
        Ok(())
    }
}

/// Returns true if a failure looks like one of the network, which may pass.
fn is_passing(why: &str) -> bool {
    let signs = [
        "timed out",
        "timeout",
        "Temporary failure",
        "Connection reset",
        "Connection refused",
        "502 ",
        "503 ",
        "504 ",
        "failed to get edge",
    ];
    signs.iter().any(|it| why.contains(it))
}

/// The last line of what a command prints.
fn last_line(output: &[u8]) -> String {
    let text = String::from_utf8_lossy(output);
    text.trim_end().lines().last().unwrap_or("nothing").to_owned()
}

/// A name as images and files may have it.
fn slug(name: &str) -> String {
    let plain = |it: char| if it.is_ascii_alphanumeric() { it.to_ascii_lowercase() } else { '-' };
    let name: String = name.chars().map(plain).collect();
    let parts: Vec<&str> = name.split('-').filter(|it| !it.is_empty()).collect();
    if parts.is_empty() { "image".to_owned() } else { parts.join("-") }
}
