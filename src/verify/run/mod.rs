//! Both images of a build are started, for some seconds and at the same time, as they are started today, and what
//! they do is compared: what the new one cannot write, what it complains about, whether it ends.
//!
//! Nothing of the project is mounted, only copied, and there is no network unless one is asked for. A service that
//! needs others is started with them by `compose`, in a project that `model` makes of the user's.

mod compose;
mod judge;
mod log;
mod model;
mod start;
#[cfg(all(test, unix))]
mod tests;
mod values;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
    thread::sleep,
    time::{Duration, Instant},
};

use super::{
    Event, Job, Task,
    builder::{self, Deed, Error, Started, State},
    config::Config,
    contents::{Contents, Ground, Listed, User, listing},
    images::ImageBuild,
    report::{RunOutcome, RunReport, RunSide, RunState, Sides},
    side::Looked,
};
use crate::{
    project::Project,
    text::{ImagePath, RepoPath, count::listed},
};
use judge::{Observed, Setting};
use start::{Planned, Start, starts};

/// The way in which images are started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// Each by itself, if its user changes.
    Auto,
    /// Each by itself.
    Alone,
    /// Each with the services that it needs, if it is a service of a compose file; else by itself.
    Compose,
    /// Not at all.
    None,
}

/// Options of starting images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The way.
    pub how: How,
    /// The seconds that each runs.
    pub seconds: u64,
    /// The network that containers join; `None` for none at all.
    pub network: Option<String>,
}

/// The most ways in which one image is started.
const MOST: usize = 4;
/// The paths to list of what a container wrote.
const LISTED: usize = 100;
/// The pause between two looks at containers.
const PAUSE: Duration = Duration::from_millis(300);

type Volumes = BTreeMap<ImagePath, BTreeMap<ImagePath, Listed>>;

impl Job<'_> {
    /// Starts both images, which were made of these builds, in each way in which they are started today.
    ///
    /// # Errors
    /// An interrupt.
    pub(super) fn runs(
        &self,
        builds: [(&Project, &ImageBuild); 2],
        images: [&str; 2],
        looked: [&Looked; 2],
    ) -> io::Result<Vec<RunReport>> {
        let [old, new] = looked.map(|it| &it.inspected.config);
        let is_wanted = match self.shared.options.run.how {
            How::None => false,
            How::Auto => old.user != new.user,
            How::Alone | How::Compose => true,
        };
        if !is_wanted {
            return Ok(Vec::new());
        }
        let all = starts(self.shared.root, builds, [old, new]);
        let mut reports = Vec::new();
        for start in all.iter().take(MOST) {
            self.tell(Event::Begins(self.name, Task::Run, &start.what()));
            let began = Instant::now();
            let report = self.run(start, images, looked)?;
            let is_fine = report.outcome != RunOutcome::Differs;
            self.tell(Event::Ends(self.name, began.elapsed().as_secs_f64(), is_fine));
            reports.push(report);
        }
        for start in all.iter().skip(MOST) {
            let reason = format!("{MOST} other ways to start it were");
            reports.push(RunReport::not_tried(start, reason));
        }
        Ok(reports)
    }

    fn run(&self, start: &Start, images: [&str; 2], looked: [&Looked; 2]) -> io::Result<RunReport> {
        if !self.shared.builder.tells_changes() {
            let reason =
                format!("{} does not tell what a container writes", self.shared.builder.name());
            return Ok(RunReport::not_tried(start, reason));
        }
        let refused = start.before.refused.as_ref().or(start.after.refused.as_ref());
        if let Some(reason) = refused {
            return Ok(RunReport::not_tried(start, reason.clone()));
        }
        let mut with_others = None;
        if self.shared.options.run.how == How::Compose && !start.before.needs.is_empty() {
            with_others = Some(self.with_others(start, images));
        }
        let (seen, alone) = match with_others {
            Some(Ok(seen)) => (Ok(seen), None),
            Some(Err(why)) => (self.observe(start, images), Some(why)),
            None => (self.observe(start, images), None),
        };
        if builder::is_interrupted() {
            return Err(io::Error::new(io::ErrorKind::Interrupted, "interrupted"));
        }
        let mut report = match seen {
            Ok(seen) => {
                let mut report = self.judged(start, &seen, looked);
                if report.outcome == RunOutcome::Differs {
                    report.logs = self.keep_logs(&seen)?;
                }
                report
            }
            // An engine that does not do what it is asked says nothing about the image.
            Err(error) => RunReport::not_tried(start, error.to_string()),
        };
        report.might_have_others &= self.shared.options.run.how != How::Compose;
        if let (Some(reason), Some(why)) = (&mut report.reason, alone) {
            *reason = format!("{reason} (with compose: {why})");
        }
        Ok(report)
    }

    fn judged(&self, start: &Start, seen: &Seen, looked: [&Looked; 2]) -> RunReport {
        let [old, new] = [&seen.before, &seen.after];
        let mut report = RunReport {
            sides: Some(Sides { before: RunSide::new(old), after: RunSide::new(new) }),
            ..RunReport::not_tried(start, String::new())
        };
        let planned = [&start.before, &start.after];
        let people = [0, 1].map(|at| Person::new(looked[at], planned[at]));
        let [Some(before), Some(after)] = people else {
            report.reason = Some("its user is not in /etc/passwd".to_owned());
            return report;
        };
        let setting = Setting {
            ground: Ground {
                image: &looked[1].contents,
                volumes: &seen.volumes,
                tmpfs: &start.after.launch.tmpfs,
            },
            user: &after.user,
            homes: [before.home, after.home],
            read_only: &seen.read_only,
            seconds: self.shared.options.run.seconds,
        };
        report.differences = judge::differences([old, new], &setting);
        (report.outcome, report.reason) = match report.differences.is_empty() {
            true => outcome(start, seen),
            false => (RunOutcome::Differs, None),
        };
        report
    }

    /// Writes what both containers have written to their logs beside the copies.
    fn keep_logs(&self, seen: &Seen) -> io::Result<Vec<String>> {
        let number = self.logged.replace(self.logged.get() + 1);
        fs::create_dir_all(&self.folder)?;
        let both = [("before", &seen.before.log), ("after", &seen.after.log)];
        let write = |(side, text): (&str, &String)| {
            let path = self.folder.join(format!("run-{number}-{side}.log"));
            fs::write(&path, text)?;
            Ok(path.display().to_string())
        };
        both.into_iter().map(write).collect()
    }

    /// Starts both containers, waits, and looks at them.
    fn observe(&self, start: &Start, images: [&str; 2]) -> Result<Seen, Error> {
        let before = self.prepared(&start.before, images[0])?;
        let after = self.prepared(&start.after, images[1])?;
        let refusals = [&before, &after].map(|it| it.container.start().err());
        self.wait([&before.container, &after.container])?;
        let [old, new] = refusals;
        Ok(Seen {
            before: before.observed(old)?,
            after: after.observed(new)?,
            volumes: after.volumes,
            read_only: start.after.read_only.clone(),
            had_others: false,
        })
    }

    fn prepared(&self, planned: &Planned, image: &str) -> Result<Prepared<'_>, Error> {
        let mut launch = planned.launch.clone();
        image.clone_into(&mut launch.image);
        launch.network.clone_from(&self.shared.options.run.network);
        let container = self.shared.builder.create(&launch)?;
        for bind in &planned.binds {
            container.fill(&bind.from, &bind.target)?;
        }
        // Folders that an image declares as volumes are mounted as well.
        let config = self.shared.builder.inspect(image)?.config;
        let declared = config.volumes.iter().filter_map(|it| ImagePath::new(it));
        let mounted: Vec<ImagePath> = launch.volumes.into_iter().chain(declared).collect();
        let volumes = volumes(&container, &mounted)?;
        Ok(Prepared { container, volumes })
    }

    /// Waits as long as containers are to run; once both have ended, no longer. When one has ended, the other one
    /// gets twice the time of that, if it is more: it may only be slower.
    fn wait(&self, containers: [&Started<'_>; 2]) -> Result<(), Error> {
        let time = Duration::from_secs(self.shared.options.run.seconds);
        let began = Instant::now();
        let mut enough = time;
        while !builder::is_interrupted() {
            let [old, new] = containers.map(Started::state);
            let (old, new) = (old? == State::Running, new? == State::Running);
            let now = began.elapsed();
            if old != new && enough == time {
                enough = time.max(now * 2);
            }
            if !(old || new) || enough <= now {
                break;
            }
            sleep(PAUSE);
        }
        Ok(())
    }
}

/// The ways in which images are started, written down; the compose files that say so; and what these have mounted.
pub(super) fn mounted(
    root: &Path,
    builds: [(&Project, &ImageBuild); 2],
    configs: [&Config; 2],
) -> (String, BTreeSet<RepoPath>, BTreeSet<PathBuf>) {
    let all = starts(root, builds, configs);
    let files = all.iter().flat_map(|it| &it.service).flat_map(|it| it.files.iter().cloned());
    let binds = all.iter().flat_map(|it| it.before.binds.iter().chain(&it.after.binds));
    (format!("{all:?}"), files.collect(), binds.map(|it| it.from.clone()).collect())
}

/// Both containers at their end.
struct Seen {
    before: Observed,
    after: Observed,
    /// What lay on the volumes of the new one when it started.
    volumes: Volumes,
    /// What is mounted to be read only.
    read_only: Vec<ImagePath>,
    /// True if they had the services that they need.
    had_others: bool,
}

/// A container that is ready to start.
struct Prepared<'a> {
    container: Started<'a>,
    volumes: Volumes,
}

impl Prepared<'_> {
    /// What became of it; `refusal` if it did not start.
    fn observed(&self, refusal: Option<Error>) -> Result<Observed, Error> {
        let container = &self.container;
        let state = match refusal {
            Some(Error::Failed { said, .. }) => State::Refused(said),
            Some(error) => return Err(error),
            None => container.state()?,
        };
        let log =
            if matches!(state, State::Refused(_)) { String::new() } else { container.log()? };
        let mut changes = container.changes()?;
        let mounted: Vec<ImagePath> = self.volumes.keys().cloned().collect();
        for (target, now) in volumes(container, &mounted)? {
            let was = &self.volumes[&target];
            let made =
                |it: &ImagePath| if was.contains_key(it) { Deed::Changed } else { Deed::Made };
            let written = now.iter().filter(|it| was.get(it.0) != Some(it.1));
            changes.extend(written.map(|it| (it.0.clone(), made(it.0))));
            let gone = was.keys().filter(|it| !now.contains_key(*it));
            changes.extend(gone.map(|it| (it.clone(), Deed::Removed)));
        }
        Ok(Observed { state, log, changes })
    }
}

/// What lies on each volume.
fn volumes(container: &Started<'_>, mounted: &[ImagePath]) -> Result<Volumes, Error> {
    let all = mounted.iter().map(|target| {
        let listed = container.files(target, |tar| listing(target, tar))?;
        Ok((target.clone(), listed))
    });
    all.collect()
}

/// Whom a container runs as.
struct Person {
    user: User,
    home: ImagePath,
}

impl Person {
    fn new(looked: &Looked, planned: &Planned) -> Option<Self> {
        let Looked { inspected, contents } = looked;
        let config: &Config = &inspected.config;
        let contents: &Contents = contents;
        let user = contents.user(planned.launch.user.as_ref().unwrap_or(&config.user))?;
        let set = planned.launch.environment.get("HOME").or(config.env.get("HOME"));
        let home = set.and_then(|it| ImagePath::new(it)).unwrap_or_else(|| contents.home(&user));
        Some(Self { user, home })
    }
}

/// What two containers that behave the same prove, and the reason if that is nothing.
fn outcome(start: &Start, seen: &Seen) -> (RunOutcome, Option<String>) {
    let old = &seen.before;
    let unclear = |why: String| (RunOutcome::Unclear, Some(why));
    let both = [old, &seen.after];
    if both.iter().any(|it| it.state == State::OutOfMemory) {
        return unclear("it needs more memory than it gets here".to_owned());
    }
    if let State::Refused(why) = &old.state {
        return unclear(format!("it does not start today: {why}"));
    }
    let needs = if seen.had_others { &[][..] } else { &start.before.needs };
    let mut needs = needs.to_vec();
    // That another service did not answer at first is nothing new if it goes on all the same.
    if needs.is_empty() && !(seen.had_others && old.state == State::Running) {
        let unreached: BTreeSet<String> =
            both.iter().flat_map(|it| log::unreached(&it.log)).collect();
        needs = unreached.into_iter().collect();
    }
    // Where one host is named, that is what the others mean.
    if needs.len() > 1 {
        needs.retain(|it| it != log::NETWORK);
    }
    if !needs.is_empty() {
        let needs: Vec<&str> = needs.iter().map(String::as_str).collect();
        return (RunOutcome::NotTried, Some(format!("needs {}", listed(&needs))));
    }
    match old.state {
        State::Exited(code) if code != 0 => {
            let said = log::last(&old.log).map(|it| format!(": {it}")).unwrap_or_default();
            unclear(format!("it ends with exit code {code} in both{said}"))
        }
        _ => (RunOutcome::Same, None),
    }
}

impl Start {
    /// `run of web in compose.yaml`
    fn what(&self) -> String {
        if self.by.is_empty() { "run".to_owned() } else { format!("run of {}", self.by) }
    }
}

impl RunReport {
    fn not_tried(start: &Start, reason: String) -> Self {
        Self {
            by: start.by.clone(),
            outcome: RunOutcome::NotTried,
            reason: Some(reason),
            differences: Vec::new(),
            sides: None,
            logs: Vec::new(),
            might_have_others: start.service.is_some() && !start.before.needs.is_empty(),
        }
    }
}

impl RunSide {
    fn new(observed: &Observed) -> Self {
        let (state, exit_code) = match &observed.state {
            State::Running => (RunState::Running, None),
            State::Exited(code) => (RunState::Exited, Some(*code)),
            State::OutOfMemory => (RunState::OutOfMemory, None),
            State::Refused(_) => (RunState::NotStarted, None),
        };
        let written = observed.changes.keys().take(LISTED).map(ToString::to_string).collect();
        Self { state, exit_code, written, log: log::last(&observed.log) }
    }
}
