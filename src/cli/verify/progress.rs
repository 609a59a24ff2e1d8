//! The build that is running, on standard error.

use std::io::{self, IsTerminal as _};

use crate::{
    cli::output::{self, DIM, RED},
    verify::Event,
};

/// A line per build; on a terminal it shows the step as well.
pub(super) struct Progress {
    /// Number of this image, and how many there are.
    pub(super) at: Option<(usize, usize)>,
    quiet: bool,
    live: bool,
    line: String,
}

/// Returns to the start of the line and clears it.
const CLEAR: &str = "\r\u{1b}[K";
/// Characters of a step to show.
const WIDTH: usize = 60;

impl Progress {
    pub(super) fn new(quiet: bool) -> Self {
        let live = io::stderr().is_terminal() && !quiet;
        Self { at: None, quiet, live, line: String::new() }
    }

    /// Shows an event. A closed standard error is ignored.
    pub(super) fn show(&mut self, event: Event<'_>) {
        if self.quiet {
            return;
        }
        let text = match event {
            Event::Begins(image, what) => {
                let at = self.at.map(|it| format!("[{}/{}] ", it.0, it.1)).unwrap_or_default();
                self.line = format!("{at}{image}, {what}");
                format!("{} … ", self.line)
            }
            Event::Step(step) if self.live => {
                let step: String = step.chars().take(WIDTH).collect();
                format!("{CLEAR}{} … {DIM}{step}{DIM:#}", self.line)
            }
            Event::Step(_) => return,
            Event::Ends(seconds, built) => {
                let start =
                    if self.live { format!("{CLEAR}{} … ", self.line) } else { String::new() };
                let failed = if built { String::new() } else { format!(", {RED}failed{RED:#}") };
                format!("{start}{seconds:.1} s{failed}\n")
            }
        };
        let _ = output::note(&text);
    }
}
