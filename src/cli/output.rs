//! Standard output and standard error, with colors where they are wanted.

use std::{
    fmt::Write as _,
    io::{self, Write as _},
};

use anstyle::{AnsiColor, Effects, Style};

use super::{args::Global, failure::Failure};
use crate::project::Problem;

/// How much to print.
pub(super) struct Output {
    /// No summary.
    pub(super) quiet: bool,
    /// Every change and every place.
    pub(super) verbose: bool,
    /// A pager may be started.
    pub(super) pager: bool,
}

pub(super) const BOLD: Style = Style::new().effects(Effects::BOLD);
pub(super) const DIM: Style = Style::new().effects(Effects::DIMMED);
pub(super) const RED: Style = AnsiColor::Red.on_default();
pub(super) const GREEN: Style = AnsiColor::Green.on_default();
pub(super) const CYAN: Style = AnsiColor::Cyan.on_default();
pub(super) const YELLOW: Style = AnsiColor::Yellow.on_default();
const ERROR: Style = AnsiColor::Red.on_default().effects(Effects::BOLD);
const HINT: Style = AnsiColor::Cyan.on_default().effects(Effects::BOLD);

impl Output {
    pub(super) fn new(global: &Global) -> Self {
        Self { quiet: global.quiet, verbose: global.verbose, pager: !global.no_pager }
    }
}

/// Prints what was asked for.
pub(super) fn print(text: &str) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Prints a text as it is, also what looks like a color.
pub(super) fn print_raw(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Prints what is said about it.
pub(super) fn note(text: &str) -> io::Result<()> {
    anstream::stderr().lock().write_all(text.as_bytes())
}

/// Prints what is said about it, unless nothing is to be said.
pub(super) fn say(text: impl FnOnce() -> String, output: &Output) -> io::Result<()> {
    if output.quiet { Ok(()) } else { note(&text()) }
}

/// A text without its colors.
pub(super) fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

/// Prints a diff in the colors of git's; to a file, byte for byte.
pub(super) fn diff(diff: &str) -> io::Result<()> {
    if has_colors() { print(&colored(diff)) } else { print_raw(diff) }
}

/// The columns of the terminal that standard output is; `None` if it is something else.
pub(super) fn width() -> Option<usize> {
    columns(terminal_size::terminal_size_of(io::stdout()))
}

/// The columns of the terminal that standard error is; `None` if it is something else.
pub(super) fn note_width() -> Option<usize> {
    columns(terminal_size::terminal_size_of(io::stderr()))
}

fn columns(size: Option<(terminal_size::Width, terminal_size::Height)>) -> Option<usize> {
    size.map(|(terminal_size::Width(columns), _)| usize::from(columns))
}

/// Returns true if standard output takes colors.
pub(super) fn has_colors() -> bool {
    anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
}

pub(super) fn failure(failure: &Failure) -> io::Result<()> {
    let hint = failure.hint.as_ref().map(|it| format!("{HINT}hint{HINT:#}: {it}\n"));
    let message = &failure.message;
    note(&format!("{ERROR}error{ERROR:#}: {message}\n{}", hint.unwrap_or_default()))
}

pub(super) fn problem(problem: &Problem) -> io::Result<()> {
    let line = problem.line.map(|it| format!(":{it}")).unwrap_or_default();
    failure(&Failure {
        message: format!("{}{line}: {}", problem.path, problem.message),
        hint: Some(problem.hint.clone()).filter(|it| !it.is_empty()),
    })
}

/// A diff in the colors of git's.
pub(super) fn colored(diff: &str) -> String {
    let mut out = String::with_capacity(diff.len() * 2);
    for line in diff.split_inclusive('\n') {
        let text = line.strip_suffix('\n').unwrap_or(line);
        let style = match text {
            it if it.starts_with("--- ") || it.starts_with("+++ ") => BOLD,
            it if it.starts_with('-') => RED,
            it if it.starts_with('+') => GREEN,
            it if it.starts_with("@@ ") => CYAN,
            it if it.starts_with(' ') || it.is_empty() => Style::new(),
            _ => BOLD,
        };
        let _ = write!(out, "{style}{text}{style:#}");
        out.push_str(&line[text.len()..]);
    }
    out
}
