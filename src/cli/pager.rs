//! Long output on a terminal, a screen at a time.

use std::{
    env,
    io::{self, IsTerminal as _, Write as _},
    process::{Command, Stdio},
};

#[cfg(unix)]
use std::sync::Arc;

use super::output::{self, Output};

/// The pager of somebody who has not chosen one: it ends at once where everything fits the screen, shows colors,
/// and leaves the text there.
const DEFAULT: &str = "less -FRX";
/// What a shell answers for a command that it does not find.
const NOT_FOUND: i32 = 127;

/// Returns true if [`page`] would start a pager.
pub(super) fn is_wanted(output: &Output) -> bool {
    output.pager && io::stdout().is_terminal() && command().is_some()
}

/// Prints a text, through the user's pager if that is wanted.
pub(super) fn page(text: &str, output: &Output) -> io::Result<()> {
    let Some(command) = command().filter(|_| is_wanted(output)) else { return output::print(text) };
    let mut pager = Command::new("sh");
    pager.args(["-c", &command]).stdin(Stdio::piped());
    // What git gives its pager; the user's own settings come first.
    for (name, value) in [("LESS", "FRX"), ("LV", "-c")] {
        if env::var_os(name).is_none() {
            pager.env(name, value);
        }
    }
    // An interrupt is for the pager, which only stops to look for something.
    #[cfg(unix)]
    signal_hook::flag::register(signal_hook::consts::SIGINT, Arc::default())?;
    let Ok(mut child) = pager.spawn() else { return output::print(text) };
    let colored = if output::has_colors() { text.to_owned() } else { output::plain(text) };
    if let Some(mut stdin) = child.stdin.take() {
        // Who has seen enough closes the pager.
        let _ = stdin.write_all(colored.as_bytes());
    }
    match child.wait()?.code() {
        Some(NOT_FOUND) => output::print(text),
        _ => Ok(()),
    }
}

/// The pager's command line; `None` for none.
fn command() -> Option<String> {
    let chosen = ["REFIT_PAGER", "PAGER"].into_iter().find_map(|it| env::var(it).ok());
    let command = chosen.unwrap_or_else(|| DEFAULT.to_owned());
    let is_none = matches!(command.trim(), "" | "cat") || !cfg!(unix);
    (!is_none).then_some(command)
}
