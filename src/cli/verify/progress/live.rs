//! Lines that change, on a terminal: one for each image in work, and one for all of them.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{self, RecvTimeoutError, Sender},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use anstream::{AutoStream, ColorChoice};
use indicatif::{MultiProgress, ProgressBar, ProgressState, ProgressStyle};

use super::{estimate::Estimate, terminal::Silenced};
use crate::{
    cli::{
        output::{BOLD, DIM, plain},
        verify::table::verdict_style,
    },
    verify::Event,
};

/// How often clocks move.
const TICK: Duration = Duration::from_millis(250);
/// A line: what is done, cut to the width of the terminal, and for how long.
const LINE: &str = "{wide_msg} {clock:>7}";
/// The most characters of a name.
const NAME: usize = 28;

/// What is on the terminal. Dropped, all of its lines are gone but for those of images that are done.
pub(super) struct Live {
    screen: Arc<Mutex<Screen>>,
    /// Dropped, it ends the clock.
    stop: Option<Sender<()>>,
    clock: Option<JoinHandle<()>>,
    _silenced: Silenced,
}

struct Screen {
    lines: MultiProgress,
    style: ProgressStyle,
    has_colors: bool,
    /// The line for all images, the last one.
    all: ProgressBar,
    /// A line for each image in work.
    images: BTreeMap<String, Line>,
    estimate: Estimate,
}

struct Line {
    bar: ProgressBar,
    /// What is done: `before: first build`.
    what: String,
}

impl Live {
    pub(super) fn new(jobs: usize) -> Self {
        let lines = MultiProgress::new();
        let style = style();
        let all = lines.add(ProgressBar::no_length().with_style(style.clone()));
        let has_colors = AutoStream::choice(&io::stderr()) != ColorChoice::Never;
        let screen = Screen {
            lines,
            style,
            has_colors,
            all,
            images: BTreeMap::new(),
            estimate: Estimate::new(jobs),
        };
        let screen = Arc::new(Mutex::new(screen));
        let (stop, stopped) = mpsc::channel();
        let shared = Arc::clone(&screen);
        let clock = thread::spawn(move || {
            while stopped.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                locked(&shared).tick(Instant::now());
            }
        });
        Self { screen, stop: Some(stop), clock: Some(clock), _silenced: Silenced::new() }
    }

    pub(super) fn show(&self, event: Event<'_>, now: Instant) {
        locked(&self.screen).show(event, now);
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(clock) = self.clock.take() {
            let _ = clock.join();
        }
        locked(&self.screen).clear();
    }
}

fn locked(screen: &Mutex<Screen>) -> MutexGuard<'_, Screen> {
    screen.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Screen {
    fn show(&mut self, event: Event<'_>, now: Instant) {
        self.estimate.note(event, now);
        match event {
            Event::Begins(image, _, what) => {
                self.line(image).bar.reset_elapsed();
                self.say(image, what, "");
            }
            Event::Step(image, step) => {
                let what = self.line(image).what.clone();
                self.say(image, &what, step);
            }
            Event::Waits(image) => {
                self.line(image).bar.reset_elapsed();
                self.say(image, "waits for its turn", "");
            }
            Event::Ends(image, ..) => {
                // A base image has no more to come.
                match self.images.contains_key(image) && !self.estimate.has(image) {
                    true => self.remove(image),
                    false => self.say(image, "looking at what was built", ""),
                }
            }
            Event::Done(image, verdict) => {
                self.remove(image);
                let style = verdict_style(verdict);
                let line = format!("{BOLD}{}{BOLD:#}  {style}{verdict}{style:#}", short(image));
                let _ = self.lines.println(self.colored(&line));
            }
            Event::Planned(_) => {}
        }
        self.tick(now);
    }

    /// The line of an image.
    fn line(&mut self, image: &str) -> &mut Line {
        let Self { lines, style, all, images, .. } = self;
        images.entry(image.to_owned()).or_insert_with(|| Line {
            bar: lines.insert_before(all, ProgressBar::no_length().with_style(style.clone())),
            what: String::new(),
        })
    }

    fn say(&mut self, image: &str, what: &str, step: &str) {
        let step = step.lines().next().unwrap_or_default();
        let mut text = format!("{BOLD}{}{BOLD:#}  {what}", short(image));
        if !step.is_empty() {
            let _ = write!(text, "  {DIM}{step}{DIM:#}");
        }
        let text = self.colored(&text);
        let line = self.line(image);
        what.clone_into(&mut line.what);
        line.bar.set_message(text);
    }

    fn remove(&mut self, image: &str) {
        if let Some(line) = self.images.remove(image) {
            line.bar.finish_and_clear();
            self.lines.remove(&line.bar);
        }
    }

    /// Takes all lines away that may still change, also those of images that were interrupted.
    fn clear(&mut self) {
        while let Some(image) = self.images.keys().next().cloned() {
            self.remove(&image);
        }
        self.all.finish_and_clear();
        let _ = self.lines.clear();
    }

    /// Moves the clocks.
    fn tick(&self, now: Instant) {
        let text = self.estimate.text(now);
        self.all.set_message(self.colored(&format!("{BOLD}{text}{BOLD:#}")));
        for line in self.images.values() {
            line.bar.tick();
        }
        self.all.tick();
    }

    fn colored(&self, text: &str) -> String {
        if self.has_colors { text.to_owned() } else { plain(text) }
    }
}

/// The style of all lines.
fn style() -> ProgressStyle {
    let style = ProgressStyle::with_template(LINE).unwrap_or(ProgressStyle::default_spinner());
    style.with_key("clock", |state: &ProgressState, out: &mut dyn std::fmt::Write| {
        let _ = out.write_str(&clock(state.elapsed()));
    })
}

/// A name that leaves room for what is done.
fn short(name: &str) -> String {
    match name.char_indices().nth(NAME) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

/// `3:07`, `1:02:03`.
fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_are_short() {
        let shown = [7, 187, 3_723].map(|it| clock(Duration::from_secs(it)));
        assert_eq!(shown, ["0:07", "3:07", "1:02:03"]);
    }

    #[test]
    fn long_names_are_cut() {
        let long = "registry.example.org/team/größere/python:3.12";
        assert_eq!(short(long), "registry.example.org/team/gr…");
        assert_eq!(short("web"), "web");
    }
}
