//! How many builds are done and how long the others take, from the time that builds have taken so far.

use std::{collections::BTreeMap, time::Instant};

use crate::{
    text::count::{counted, number},
    verify::{Event, Task},
};

/// The first builds of an image: before and after.
const FIRST: usize = 2;

/// The builds of a run.
#[derive(Debug, Default)]
pub(super) struct Estimate {
    /// How many images may be in work at once.
    jobs: usize,
    done: usize,
    /// The builds that are left, by image.
    left: BTreeMap<String, Left>,
    /// The builds that run, each with its start.
    running: BTreeMap<String, (Task, Instant)>,
    first: Mean,
    rebuild: Mean,
}

/// The builds of an image that are left.
#[derive(Clone, Copy, Debug, Default)]
struct Left {
    first: usize,
    rebuilds: usize,
}

/// The mean of what was measured.
#[derive(Clone, Copy, Debug, Default)]
struct Mean {
    count: f64,
    seconds: f64,
}

impl Mean {
    fn add(&mut self, seconds: f64) {
        self.count += 1.0;
        self.seconds += seconds;
    }

    fn get(self) -> Option<f64> {
        (0.0 < self.count).then(|| self.seconds / self.count)
    }
}

impl Estimate {
    pub(super) fn new(jobs: usize) -> Self {
        Self { jobs, ..Self::default() }
    }

    /// Takes note of an event.
    pub(super) fn note(&mut self, event: Event<'_>, now: Instant) {
        match event {
            Event::Planned(images) => {
                let left = |builds: usize| Left {
                    first: builds.min(FIRST),
                    rebuilds: builds.saturating_sub(FIRST),
                };
                self.left.extend(images.iter().map(|it| (it.0.to_owned(), left(it.1))));
            }
            Event::Begins(image, task @ (Task::FirstBuild | Task::Rebuild), _) => {
                self.running.insert(image.to_owned(), (task, now));
            }
            Event::Ends(image, seconds, _) => {
                let Some((task, _)) = self.running.remove(image) else { return };
                self.done += 1;
                let left = self.left.entry(image.to_owned()).or_default();
                let (mean, left) = match task {
                    Task::Rebuild => (&mut self.rebuild, &mut left.rebuilds),
                    _ => (&mut self.first, &mut left.first),
                };
                mean.add(seconds);
                *left = left.saturating_sub(1);
            }
            // An image that fails takes fewer builds.
            Event::Done(image, _) => _ = self.left.remove(image),
            Event::Begins(..) | Event::Step(..) | Event::Waits(_) => {}
        }
    }

    /// Returns true if an image is one of those that are to be built, and is not done.
    pub(super) fn has(&self, image: &str) -> bool {
        self.left.contains_key(image)
    }

    /// `14 of 48 builds, about 8 min left`; the time is left out while nothing is measured.
    pub(super) fn text(&self, now: Instant) -> String {
        let left: usize = self.left.values().map(|it| it.first + it.rebuilds).sum();
        if self.done + left == 0 {
            return "looking for images that are known".to_owned();
        }
        let of = counted(self.done + left, "build");
        let time = self.seconds(now).map(|it| format!(", {}", about(it)));
        format!("{} of {of}{}", number(self.done as u64), time.unwrap_or_default())
    }

    /// The seconds that are left. First builds of several images run at once, rebuilds do not.
    fn seconds(&self, now: Instant) -> Option<f64> {
        let first = self.first.get()?;
        let rebuild = self.rebuild.get().unwrap_or(first);
        let (mut together, mut alone, mut images) = (0.0, 0.0, 0_usize);
        for (image, left) in &self.left {
            let running = self.running.get(image);
            let spent = |task: Task, mean: f64| {
                let spent = running.filter(|it| it.0 == task);
                spent.map_or(0.0, |it| now.duration_since(it.1).as_secs_f64().min(mean))
            };
            together += times(left.first, first) - spent(Task::FirstBuild, first);
            alone += times(left.rebuilds, rebuild) - spent(Task::Rebuild, rebuild);
            images += usize::from(0 < left.first);
        }
        let at_once = times(self.jobs.min(images).max(1), 1.0);
        Some(together.max(0.0) / at_once + alone.max(0.0))
    }
}

fn times(count: usize, of: f64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX)) * of
}

/// A duration that nobody takes by its word.
fn about(seconds: f64) -> String {
    let minutes = (seconds / 60.0).ceil();
    match minutes {
        ..=1.0 => "less than a minute left".to_owned(),
        ..=90.0 => format!("about {minutes} min left"),
        _ => format!("about {:.1} h left", minutes / 60.0),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::verify::report::Verdict;

    #[test]
    fn what_is_left_is_estimated_from_what_was_measured() {
        let (mut estimate, start) = (Estimate::new(2), Instant::now());
        let mut at = |event, seconds| {
            let now = start + Duration::from_secs(seconds);
            estimate.note(event, now);
            estimate.text(now)
        };
        let first = |it| Event::Begins(it, Task::FirstBuild, "before: first build");
        assert_eq!(at(Event::Planned(&[("a", 4), ("b", 4), ("c", 2)]), 0), "0 of 10 builds");
        assert_eq!(at(first("a"), 0), "0 of 10 builds");
        assert_eq!(at(first("b"), 0), "0 of 10 builds");
        // Four more first builds of 100 s and 300 s in two rows, one of which is halfway, and four rebuilds.
        assert_eq!(at(Event::Ends("a", 100.0, true), 100), "1 of 10 builds, about 10 min left");
        at(first("a"), 100);
        at(Event::Ends("a", 100.0, true), 200);
        at(Event::Begins("a", Task::Rebuild, "after an edit"), 200);
        at(Event::Ends("a", 10.0, true), 210);
        assert_eq!(at(Event::Done("a", Verdict::Verified), 210), "3 of 9 builds, about 3 min left");
        // One that is not there any more takes no time.
        assert_eq!(
            at(Event::Done("b", Verdict::BrokenBefore), 210),
            "3 of 5 builds, about 4 min left"
        );
        at(Event::Ends("c", 1.0, true), 220);
        assert_eq!(
            at(Event::Done("c", Verdict::Verified), 230),
            "3 of 3 builds, less than a minute left"
        );
        assert_eq!(about(100.0 * 60.0), "about 1.7 h left");
    }
}
