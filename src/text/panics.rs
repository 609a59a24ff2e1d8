//! Panics that cost a file and not the run.

use std::{
    any::Any,
    cell::{Cell, RefCell},
    panic::{self, AssertUnwindSafe, catch_unwind},
};

thread_local! {
    /// How many [`caught`] are under way.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
    /// What the last panic said, with its place in the source.
    static SAID: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Keeps panics that are [`caught`] off the terminal: what they said is handed back instead.
///
/// For the command; whoever uses the library keeps their own hook.
pub fn quiet() {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if DEPTH.with(Cell::get) == 0 {
            return before(info);
        }
        let place = info.location().map_or(String::new(), |it| format!(" at {it}"));
        let said = format!("{}{place}", message(info.payload()));
        SAID.with(|it| it.replace(Some(said)));
    }));
}

/// Does some work that reads and returns, and leaves nothing half done that is used afterwards.
///
/// # Errors
/// The work panics: what it says, in one line.
pub fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    DEPTH.with(|it| it.set(it.get() + 1));
    let done = catch_unwind(AssertUnwindSafe(work));
    DEPTH.with(|it| it.set(it.get() - 1));
    done.map_err(|payload| {
        let said = SAID.with(RefCell::take).unwrap_or_else(|| message(&*payload));
        said.split_whitespace().collect::<Vec<_>>().join(" ")
    })
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|it| (*it).to_owned());
    let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "a panic without words".to_owned())
}
