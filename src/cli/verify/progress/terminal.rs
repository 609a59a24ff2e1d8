//! The terminal that standard error is, while lines on it change.

/// While this lives, the terminal does not write `^C` when somebody presses Ctrl-C. After the last line the cursor stands
/// at the right edge: what is written there goes to the next line, and one of the changing lines would stay for ever.
pub(super) struct Silenced {
    #[cfg(unix)]
    was: Option<rustix::termios::Termios>,
}

#[cfg(unix)]
impl Silenced {
    pub(super) fn new() -> Self {
        Self { was: silence().ok() }
    }
}

/// Has control characters not shown; returns how it was.
#[cfg(unix)]
fn silence() -> rustix::io::Result<rustix::termios::Termios> {
    use rustix::{
        io::Errno,
        process::getpgrp,
        termios::{LocalModes, OptionalActions, tcgetattr, tcgetpgrp, tcsetattr},
    };
    let terminal = std::io::stderr();
    // A program in the background that changes the terminal is stopped.
    if tcgetpgrp(&terminal)? != getpgrp() {
        return Err(Errno::NOTTY);
    }
    let was = tcgetattr(&terminal)?;
    let mut now = was.clone();
    now.local_modes.remove(LocalModes::ECHOCTL);
    tcsetattr(&terminal, OptionalActions::Now, &now)?;
    Ok(was)
}

#[cfg(unix)]
impl Drop for Silenced {
    fn drop(&mut self) {
        use rustix::termios::{OptionalActions, tcsetattr};
        if let Some(was) = &self.was {
            let _ = tcsetattr(std::io::stderr(), OptionalActions::Now, was);
        }
    }
}

#[cfg(not(unix))]
impl Silenced {
    pub(super) fn new() -> Self {
        Self {}
    }
}
