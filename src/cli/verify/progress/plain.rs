//! A line per build, for files and logs.

use std::collections::BTreeMap;

use crate::{
    cli::{output::RED, verify::figures::tenths},
    verify::{Event, Task},
};

/// What is shown so far.
#[derive(Debug, Default)]
pub(super) struct Plain {
    /// True if a line is written in two parts: the build, and once it is done, how long it took.
    is_alone: bool,
    /// The number of images that are to be built.
    images: usize,
    /// The numbers of those that were begun, by name.
    begun: BTreeMap<String, usize>,
    /// What is built of each.
    running: BTreeMap<String, String>,
}

impl Plain {
    pub(super) fn new(jobs: usize) -> Self {
        Self { is_alone: jobs == 1, ..Self::default() }
    }

    /// What there is to print about an event.
    pub(super) fn text(&mut self, event: Event<'_>) -> String {
        match event {
            Event::Planned(images) => {
                self.images = images.len();
                self.begun.clear();
                String::new()
            }
            Event::Begins(image, task, what) => {
                let line = format!("{}{image}, {what} … ", self.number(image, task));
                if self.is_alone {
                    return line;
                }
                self.running.insert(image.to_owned(), line);
                String::new()
            }
            Event::Ends(image, seconds, built) => {
                let line = self.running.remove(image).unwrap_or_default();
                let failed = if built { String::new() } else { format!(", {RED}failed{RED:#}") };
                format!("{line}{} s{failed}\n", tenths(seconds))
            }
            Event::Step(..) | Event::Waits(_) | Event::Done(..) => String::new(),
        }
    }

    /// `[1/3] `, for an image of a plan.
    fn number(&mut self, image: &str, task: Task) -> String {
        if task == Task::Fetch || self.images == 0 {
            return String::new();
        }
        let next = self.begun.len() + 1;
        let number = *self.begun.entry(image.to_owned()).or_insert(next);
        // States between the steps of a plan are built as well, of images that are done.
        if number <= self.images { format!("[{number}/{}] ", self.images) } else { String::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(jobs: usize) -> String {
        let mut plain = Plain::new(jobs);
        let events = [
            Event::Begins("debian", Task::Fetch, "base image"),
            Event::Ends("debian", 1.0, true),
            Event::Planned(&[("web", 2), ("job", 2)]),
            Event::Begins("web", Task::FirstBuild, "before: first build"),
            Event::Step("web", "[1/2] RUN a"),
            Event::Ends("web", 12.34, true),
            Event::Begins("job", Task::FirstBuild, "before: first build"),
            Event::Ends("job", 2.0, false),
        ];
        let text: String = events.map(|it| plain.text(it)).concat();
        anstream::adapter::strip_str(&text).to_string()
    }

    #[test]
    fn a_line_is_whole_also_if_others_are_written_meanwhile() {
        let lines = "debian, base image … 1.0 s\n[1/2] web, before: first build … 12.3 s\n\
            [2/2] job, before: first build … 2.0 s, failed\n";
        assert_eq!([shown(1), shown(3)], [lines, lines]);
        let mut plain = Plain::new(2);
        let begins = |it| Event::Begins(it, Task::Run, "run");
        let events =
            [begins("a"), begins("b"), Event::Ends("b", 1.0, true), Event::Ends("a", 2.0, true)];
        assert_eq!(events.map(|it| plain.text(it)).concat(), "b, run … 1.0 s\na, run … 2.0 s\n");
    }
}
