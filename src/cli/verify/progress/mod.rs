//! The builds that are running, on standard error.

mod estimate;
mod live;
mod plain;
mod terminal;

use std::{
    env,
    io::{self, IsTerminal as _},
    sync::{Mutex, PoisonError},
    time::Instant,
};

use crate::{cli::output, verify::Event};
use live::Live;
use plain::Plain;

/// Shows events as they come, from any thread. A closed standard error is ignored.
pub(super) struct Progress(Kind);

enum Kind {
    /// Lines that change, on a terminal.
    Live(Live),
    /// A line per build.
    Plain(Mutex<Plain>),
    Quiet,
}

impl Progress {
    /// How it is shown is decided by what standard error is; `jobs` images may be in work at once.
    pub(super) fn new(quiet: bool, jobs: usize) -> Self {
        let is_dumb = env::var_os("TERM").is_some_and(|it| it == "dumb");
        Self(match io::stderr().is_terminal() && !is_dumb {
            _ if quiet => Kind::Quiet,
            true => Kind::Live(Live::new(jobs)),
            false => Kind::Plain(Mutex::new(Plain::new(jobs))),
        })
    }

    /// Shows an event.
    pub(super) fn show(&self, event: Event<'_>) {
        match &self.0 {
            Kind::Live(live) => live.show(event, Instant::now()),
            Kind::Plain(plain) => {
                let mut plain = plain.lock().unwrap_or_else(PoisonError::into_inner);
                let _ = output::note(&plain.text(event));
            }
            Kind::Quiet => {}
        }
    }
}
