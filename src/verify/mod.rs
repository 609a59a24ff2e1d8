//! Real builds prove a plan: every image that it touches is built before and after, in a copy of its
//! context, and the two are compared.
//!
//! [`images::images`] tells which images these are. [`Verification`] builds them with a [`builder`] of this
//! machine, several at once if that is asked for, measures what a developer waits for, and compares what comes out: configuration, Python
//! distributions, files, libraries, and whether the command can start. Where the user changes, [`run`] starts
//! both and compares what they do. [`settle::settle`] leaves out of a
//! plan what could not be verified. [`verdicts`] keeps what was verified for later runs.

mod bases;
pub mod batch;
pub mod builder;
pub mod command;
pub mod compare;
pub mod config;
pub mod contents;
pub mod edits;
pub mod images;
mod leftovers;
mod measure;
pub mod report;
pub mod run;
pub mod scratch;
pub mod settle;
mod side;
#[cfg(all(test, unix))]
mod tests;
mod turns;
pub mod verdicts;

use std::{
    cell::Cell,
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bases::Bases;
use builder::Builder;
use edits::EditKind;
use leftovers::Leftovers;
use report::Verdict;
use turns::Turns;
use verdicts::{Inputs, Verdicts};

/// Options of a verification.
#[derive(Clone, Debug)]
pub struct Options {
    /// Handed to the builder as they are, such as `--network=host`.
    pub build_options: Vec<String>,
    /// The time limit of a build.
    pub timeout: Duration,
    /// Build without the `# syntax=` line, on machines that cannot pull its image.
    pub no_syntax: bool,
    /// A command for a shell in both images, which must do the same.
    pub smoke: Option<String>,
    /// The edits after which images are built again, to see what they cost.
    pub rebuilds: BTreeSet<EditKind>,
    /// Whether and how both images are started.
    pub run: run::Run,
    /// Keep the images and the copies.
    pub keep: bool,
    /// The most images that are in work at once.
    pub jobs: usize,
}

/// Something that begins and ends, for an image or a base image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// A base image is fetched.
    Fetch,
    /// A build that knows no layers from before.
    FirstBuild,
    /// A build after an edit.
    Rebuild,
    /// Both images of a build are started.
    Run,
}

/// An event of a verification. Images are told apart by their names.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event<'a> {
    /// These images are to be built, each as often as the number says if all goes well.
    Planned(&'a [(&'a str, usize)]),
    /// Something begins: for which image, and what for.
    Begins(&'a str, Task, &'a str),
    /// The builder of this image is at this step.
    Step(&'a str, &'a str),
    /// It ended after this many seconds; `false` when it failed.
    Ends(&'a str, f64, bool),
    /// Work on this image waits until others have come to an end.
    Waits(&'a str),
    /// All that there was to do for an image is done.
    Done(&'a str, Verdict),
}

/// Who is told of events, by all threads.
pub type Watch<'a> = dyn Fn(Event<'_>) + Sync + 'a;

/// Verifies images of plans with one builder.
///
/// It is what the threads share that do the work. What is of one image is in a `Job`, which one thread has.
pub struct Verification<'a> {
    builder: &'a Builder,
    options: &'a Options,
    /// The folder of the project, which is only read.
    root: &'a Path,
    /// The folder for copies and logs.
    folder: PathBuf,
    /// Part of the names of images and caches that this run makes.
    nonce: String,
    watch: &'a Watch<'a>,
    verdicts: Option<Verdicts>,
    /// The base images and frontends that were fetched.
    bases: Mutex<Bases>,
    leftovers: Mutex<Leftovers>,
    turns: Turns,
    /// The number of images that were begun.
    count: AtomicUsize,
}

impl<'a> Verification<'a> {
    /// Verifies plans for the project in `root`; what it needs on disk goes into `folder`. What is in `verdicts` is
    /// not built again.
    pub fn new(
        builder: &'a Builder,
        options: &'a Options,
        (root, folder): (&'a Path, &Path),
        verdicts: Option<Verdicts>,
        watch: &'a Watch<'a>,
    ) -> Self {
        // The folder is a new one, and so its name is like no other.
        let name = folder.file_name().and_then(|it| it.to_str()).unwrap_or("refit");
        let nonce = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
        Self {
            builder,
            options,
            root,
            folder: folder.to_owned(),
            nonce: nonce.to_lowercase(),
            watch,
            verdicts,
            bases: Mutex::default(),
            leftovers: Mutex::default(),
            turns: Turns::default(),
            count: AtomicUsize::new(0),
        }
    }

    fn tell(&self, event: Event<'_>) {
        (self.watch)(event);
    }

    /// A new piece of work on the image of this name.
    fn job<'v>(&'v self, name: &'v str) -> Job<'v> {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let folder = self.folder.join(format!("{number}-{}", slug(name)));
        Job { shared: self, name, number, folder, logged: Cell::new(0), copied: Cell::new(None) }
    }
}

/// The work on one image. Its copies, logs, images and caches have names that no other job's have.
struct Job<'v> {
    shared: &'v Verification<'v>,
    /// The name of the image.
    name: &'v str,
    number: usize,
    /// The folder for its copies and logs.
    folder: PathBuf,
    /// The number of pairs of containers whose logs were kept.
    logged: Cell<usize>,
    /// What was copied to be built.
    copied: Cell<Option<Inputs>>,
}

impl Job<'_> {
    /// Part of the names of images and caches that it makes.
    fn nonce(&self) -> String {
        let name = self.folder.file_name().unwrap_or_default().display();
        format!("{}-{name}", self.shared.nonce)
    }

    fn tell(&self, event: Event<'_>) {
        self.shared.tell(event);
    }
}

/// What is behind a lock, also when a thread that had it has panicked.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A name as images and files may have it.
fn slug(name: &str) -> String {
    let plain = |it: char| if it.is_ascii_alphanumeric() { it.to_ascii_lowercase() } else { '-' };
    let name: String = name.chars().map(plain).collect();
    let parts: Vec<&str> = name.split('-').filter(|it| !it.is_empty()).collect();
    if parts.is_empty() { "image".to_owned() } else { parts.join("-") }
}
