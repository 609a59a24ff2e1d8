//! One image, built before and after, measured and compared.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    Event, Verification,
    builder::{Build, Inspected, Outcome, Request},
    command,
    compare::compare,
    contents::Contents,
    edits::{EditKind, TouchedFile, edits, line},
    images::{Image, ImageBuild, Named},
    report::{BuildReport, ImageReport, Measured, Rebuild, Verdict},
    scratch::{Prepared, Scratch},
};
use crate::{plan::Plan, project::Project};

/// How long a command may take that is only there to look at an image.
const PROBE: Duration = Duration::from_secs(120);
/// The seconds after which something that is imported counts as running.
const IMPORT: u32 = 20;

/// One side of an image: a copy to build from, and what it is called.
struct Side<'a> {
    label: &'static str,
    build: &'a ImageBuild,
    scratch: Scratch,
    image: String,
    /// Where the builder's own words go.
    log: PathBuf,
}

/// What is known of an image that was built.
struct Looked {
    inspected: Inspected,
    contents: Contents,
}

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
            report.fail(Verdict::Unknown, "what builds it afterwards cannot be told".to_owned());
            return Ok(());
        };
        let number = self.count.replace_with(|it| *it + 1);
        let folder = self.folder.join(format!("{number}-{}", slug(&image.name)));
        let side = |label, project, build| {
            self.side(&plan.before, (label, project, build), (&folder, &image.name))
        };
        let before = side("before", &plan.before, &image.before)?;
        let after = side("after", plan.after(), after)?;
        self.pull_bases([(&plan.before, before.build), (plan.after(), after.build)])?;
        let mut built = self.both(image, [&before, &after], report);
        if built.is_ok() && report.verdict == Verdict::Verified {
            built = self.rebuild(plan, image, [&before, &after], rebuilds, report);
        }
        if !self.options.keep {
            self.builder.remove(&before.image);
            self.builder.remove(&after.image);
            before.scratch.remove()?;
            after.scratch.remove()?;
            if report.logs.is_empty() {
                fs::remove_dir_all(&folder)?;
            }
        }
        built
    }

    fn side<'a>(
        &self,
        before: &Project,
        (label, project, build): (&'static str, &Project, &'a ImageBuild),
        (folder, name): (&Path, &str),
    ) -> io::Result<Side<'a>> {
        let image = format!("refit-verify/{}-{}:{label}", self.nonce, slug(name));
        let salt = format!("{}-{label}-", folder.file_name().unwrap_or_default().display());
        let salt = format!("{}-{salt}", self.nonce);
        let how = Prepared { salt: &salt, no_syntax: self.options.no_syntax };
        let root = folder.join(label);
        let scratch = Scratch::new(root, self.root, (before, project), &[build], &how)?;
        Ok(Side { label, build, scratch, image, log: folder.join(format!("{label}.log")) })
    }

    /// Builds both sides for the first time, and compares what comes out.
    fn both(
        &self,
        image: &Image,
        sides: [&Side<'_>; 2],
        report: &mut ImageReport,
    ) -> io::Result<()> {
        let [before, after] = sides;
        let old = self.build(&image.name, before, "first build", true)?;
        if let Some(why) = why_failed(&old.outcome) {
            report.fail(Verdict::BrokenBefore, why);
            report.logs.push(before.log.display().to_string());
            // There is nothing to compare with; that the changes mend it is worth knowing.
            let new = self.build(&image.name, after, "first build", true)?;
            if why_failed(&new.outcome).is_none() {
                report.notes.push("it builds with these changes".to_owned());
                let inspected = self.builder.inspect(&after.image).map_err(io::Error::other)?;
                if let Some(it) = &mut report.after {
                    it.measured = Some(Measured::new(&new, &inspected));
                }
            }
            return Ok(());
        }
        let old_look = self.look(before)?;
        report.before.measured = Some(Measured::new(&old, &old_look.inspected));
        let mut new = self.build(&image.name, after, "first build", true)?;
        if let Some(why) = why_failed(&new.outcome) {
            // A server that did not answer is no verdict.
            new = self.build(&image.name, after, "first build, once more", true)?;
            if why_failed(&new.outcome).is_some() {
                report.fail(Verdict::Breaks, why);
                report.logs.push(after.log.display().to_string());
                return Ok(());
            }
            report
                .notes
                .push(format!("its first build failed, and succeeded when tried again: {why}"));
        }
        let new_look = self.look(after)?;
        if let Some(it) = &mut report.after {
            it.measured = Some(Measured::new(&new, &new_look.inspected));
        }
        let one = (&old_look.inspected.config, &old_look.contents);
        let other = (&new_look.inspected.config, &new_look.contents);
        let found = compare(one, other, &image.declared);
        report.distributions = found.distributions;
        report.missing = found.missing;
        report.notes.extend(found.notes);
        let mut differences = found.differences;
        differences.extend(self.imports([(before, &old_look), (after, &new_look)], report));
        differences.extend(self.smoke([before, after])?);
        for it in differences {
            report.fail(Verdict::Differs, it);
        }
        Ok(())
    }

    fn build(&self, name: &str, side: &Side<'_>, what: &str, cold: bool) -> io::Result<Build> {
        let what = format!("{}: {what}", side.label);
        self.tell(Event::Begins(name, &what));
        let contexts = side.build.contexts.iter().map(|(name, it)| {
            let value = match it {
                Named::Folder(it) => side.scratch.path(it).display().to_string(),
                Named::Other(it) => it.clone(),
            };
            (name.clone(), value)
        });
        let contexts: BTreeMap<String, String> = contexts.collect();
        let request = Request {
            context: &side.scratch.path(&side.build.context),
            dockerfile: &side.scratch.path(&side.build.origin.dockerfile),
            target: side.build.origin.target.as_deref(),
            arguments: &side.build.origin.arguments,
            contexts: &contexts,
            image: &side.image,
            cold,
            options: &self.options.build_options,
            timeout: self.options.timeout,
            log: &side.log,
        };
        let built = self.builder.build(&request, &mut |step| self.tell(Event::Step(step)))?;
        let is_built = matches!(built.outcome, Outcome::Built);
        self.tell(Event::Ends(built.seconds, is_built));
        // An engine that ended says nothing about what it was to build.
        if !is_built && let Err(why) = self.builder.answers() {
            let gone = format!("{} does not answer any more: {why}", self.builder.name());
            return Err(io::Error::other(gone));
        }
        Ok(built)
    }

    fn look(&self, side: &Side<'_>) -> io::Result<Looked> {
        let inspected = self.builder.inspect(&side.image).map_err(io::Error::other)?;
        let contents = self.builder.files(&side.image, Contents::read).map_err(io::Error::other)?;
        Ok(Looked { inspected, contents })
    }

    /// Whether what the command names is imported with the same outcome.
    fn imports(
        &self,
        sides: [(&Side<'_>, &Looked); 2],
        report: &mut ImageReport,
    ) -> Option<String> {
        let outcome = |(side, look): (&Side<'_>, &Looked)| {
            let probe = command::probe(&look.inspected.config, &look.contents);
            let words = probe.words(IMPORT)?;
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let ran = self.builder.run(&side.image, &words, PROBE);
            Some(ran.map_or_else(|it| it.to_string(), |it| last_line(&it.stdout)))
        };
        let [before, after] = sides.map(outcome);
        match (before?, after) {
            (before, Some(after)) if before == after => {
                report.notes.push(format!("what the command imports gives {before} in both"));
                None
            }
            (before, Some(after)) => {
                Some(format!("what the command imports gave {before}, and gives {after}"))
            }
            (_, None) => Some("what the command imports cannot be tried any more".to_owned()),
        }
    }

    /// What the command that the user gave does otherwise.
    fn smoke(&self, sides: [&Side<'_>; 2]) -> io::Result<Option<String>> {
        let Some(smoke) = &self.options.smoke else { return Ok(None) };
        let run = |side: &Side<'_>| {
            let ran =
                self.builder.run(&side.image, &["/bin/sh", "-c", smoke], self.options.timeout);
            ran.map_err(io::Error::other)
        };
        let [before, after] = sides.map(run);
        let (before, after) = (before?, after?);
        let exit = |it: Option<i32>| it.map_or("no end".to_owned(), |it| format!("exit code {it}"));
        Ok(if before.code != after.code {
            let (before, after) = (exit(before.code), exit(after.code));
            Some(format!("`{smoke}`: {before} before, {after} after"))
        } else if before.stdout != after.stdout {
            Some(format!("`{smoke}` prints something else"))
        } else {
            None
        })
    }

    /// Edits both copies in the same way, and builds them again.
    fn rebuild(
        &self,
        plan: &Plan,
        image: &Image,
        [before, after]: [&Side<'_>; 2],
        kinds: &BTreeSet<EditKind>,
        report: &mut ImageReport,
    ) -> io::Result<()> {
        for edit in edits(&plan.before, &image.before).iter().filter(|it| kinds.contains(&it.kind))
        {
            let TouchedFile { kind, path } = edit;
            let line = line(path, &format!("refit verify {}", self.nonce));
            let reports = [
                report.before.measured.as_mut(),
                report.after.as_mut().and_then(|it| it.measured.as_mut()),
            ];
            for (side, measured) in [before, after].into_iter().zip(reports) {
                side.scratch.append(path, &line)?;
                let built =
                    self.build(&image.name, side, &format!("after an edit in {path}"), false)?;
                let steps = built.steps.iter().filter(|it| !it.cached).count();
                match (why_failed(&built.outcome), measured) {
                    (None, Some(measured)) => measured.rebuilds.push(Rebuild {
                        kind: *kind,
                        path: path.to_string(),
                        seconds: built.seconds,
                        steps,
                    }),
                    (Some(why), _) => {
                        report
                            .notes
                            .push(format!("{}, after an edit in {path}: {why}", side.label));
                        return Ok(());
                    }
                    (None, None) => {}
                }
            }
        }
        Ok(())
    }
}

impl ImageReport {
    fn new(image: &Image) -> Self {
        Self {
            name: image.name.clone(),
            before: BuildReport::new(&image.before),
            after: image.after.as_ref().map(BuildReport::new),
            transforms: image.transforms.clone(),
            verdict: Verdict::Verified,
            differences: Vec::new(),
            missing: Vec::new(),
            notes: Vec::new(),
            distributions: 0,
            logs: Vec::new(),
        }
    }

    /// Says why it is not verified.
    pub(super) fn fail(&mut self, verdict: Verdict, why: String) {
        self.verdict = self.verdict.max(verdict);
        self.differences.push(why);
    }
}

impl Measured {
    fn new(build: &Build, inspected: &Inspected) -> Self {
        Self {
            seconds: build.seconds,
            steps: build.steps.len(),
            context_bytes: build.context_bytes,
            size: inspected.size,
            layers: inspected.layers,
            user: inspected.config.user.clone(),
            rebuilds: Vec::new(),
        }
    }
}

fn why_failed(outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Built => None,
        Outcome::Failed(why) => Some(why.clone()),
        Outcome::TimedOut => Some("its build took longer than --timeout allows".to_owned()),
    }
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
