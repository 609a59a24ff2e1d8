//! The programs that source starts.

use super::{Image, Process, changes, needs, processes, reach::Reached};
use crate::{
    ecosystems::{
        code::Start,
        programs::{self, Trait},
    },
    text::Refusal,
};

/// The codes that say what is not known, which more of the source may tell, or its owner.
pub(super) const SETTLED: [&str; 1] = ["unknown-write"];

/// The processes that a source file starts, as far as they can be known.
pub(super) fn processes(image: &Image<'_>, start: &Start, file: &Reached<'_>) -> Vec<Process> {
    let place = format!("{}:{}", file.path, start.line);
    processes::started(image, &start.words, start.is_line, &place).unwrap_or_default()
}

/// Checks that a user other than root can run a program that the source starts; `is_compiled` of one whose other
/// writes are known, so that what it starts has to be known as well.
///
/// # Errors
/// A decline's code and reason.
pub(super) fn check(
    image: &Image<'_>,
    start: &Start,
    place: &str,
    is_compiled: bool,
) -> Result<(), Refusal> {
    let found = processes::started(image, &start.words, start.is_line, place);
    if is_compiled {
        let is_harmless = |it: &Process| {
            let program = programs::named(&it.program);
            let writes = [Trait::Tool, Trait::Changes, Trait::Unread].iter();
            program.is_listed() && !writes.into_iter().any(|what| program.is(*what))
        };
        let all = found.iter().flatten();
        let unknown = match &found {
            Ok(found) if found.iter().all(is_harmless) => None,
            Ok(_) => all.into_iter().find(|it| !is_harmless(it)).map(|it| it.program.clone()),
            Err(_) => Some("a program".to_owned()),
        };
        if let Some(name) = unknown {
            let reason = format!("{place} starts {name}, and it is not known what that writes");
            return Err(Refusal::new("unknown-write", reason));
        }
    }
    for process in found.iter().flatten() {
        if process.has(&["collectstatic"]) {
            let reason =
                format!("{place} runs collectstatic, and where that writes was not followed");
            return Err(Refusal::new("writes-at-start", reason));
        }
        match needs::of(process).and_then(|_| changes::check(process)) {
            Err(why) if ["needs-root", "writes-at-start"].contains(&why.code) => {
                // When it does so is not known.
                let reason = why.reason.trim_end_matches(" when it starts");
                return Err(Refusal::new(why.code, reason));
            }
            _ => needs::repository(image, process)?,
        }
    }
    Ok(())
}
