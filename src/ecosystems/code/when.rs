//! When functions write that are known to.

use super::facts::Argument;

/// When a function writes.
#[derive(Clone, Copy, Debug)]
pub(super) enum When {
    /// Each time.
    Always,
    /// If the argument contains one of these.
    Mode(Argument, &'static [&'static str]),
    /// If none of these arguments or entries is given.
    Without(&'static [&'static str]),
    /// Unless the argument is one of these, perhaps after the name of a module.
    Unless(Argument, &'static [&'static str]),
    /// Unless any argument is this name: `download_media(message, bytes)`.
    UnlessGiven(&'static str),
    /// If the argument is one of these.
    Told(Argument, &'static [&'static str]),
    /// If the argument has the form of a path with folders.
    Path(Argument),
    /// If the argument names an engine whose databases are files.
    Engine(Argument),
    /// If the argument is no stream.
    UnlessStream(Argument),
    /// If the file mentions one of the modules that it is of.
    Mentioned,
    /// Unless the file mentions this.
    Lacks(&'static str),
    /// If the text of the argument contains this.
    Says(Argument, &'static str),
    /// If the one argument mentions the name of an upload: `store.save(upload.filename)`.
    Upload,
    /// If the argument is given, and not false.
    On(Argument),
    /// If the argument is a text, or begins or ends with one, and that has the ending of a file.
    File(Argument),
    /// If it is none.
    NoFile(Argument),
    /// If it has at least this many arguments.
    Counted(usize),
    /// If it has fewer arguments.
    Fewer(usize),
    /// If the object is made by the first, with one of the others: `OpenOptions::new().write(true)`.
    Made(&'static str, &'static [&'static str]),
}
