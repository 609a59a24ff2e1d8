//! Real builds prove a plan: every image that it touches is built before and after, in a copy of its
//! context, and the two are compared.
//!
//! [`images::images`] tells which images these are. [`Verification`] builds them with a [`builder`] of this
//! machine, measures what a developer waits for, and compares what comes out: configuration, Python
//! distributions, files, libraries, and whether the command can start. Where the user changes, [`run`] starts
//! both and compares what they do. [`settle::settle`] leaves out of a
//! plan what could not be verified.

mod bases;
pub mod builder;
pub mod command;
pub mod compare;
pub mod config;
pub mod contents;
pub mod edits;
pub mod images;
mod measure;
pub mod report;
pub mod run;
pub mod scratch;
pub mod settle;
mod side;

use std::{
    cell::RefCell,
    collections::BTreeSet,
    path::{Path, PathBuf},
    time::Duration,
};

use builder::Builder;
use edits::EditKind;
use images::Image;
use report::{ImageReport, Verdict};

use crate::engine::plan::Plan;

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
}

/// An event of a verification.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event<'a> {
    /// It begins a build: of which image, and what for.
    Begins(&'a str, &'a str),
    /// The builder is at this step.
    Step(&'a str),
    /// The build ended after this many seconds; `false` when it failed.
    Ends(f64, bool),
}

/// Verifies images of plans with one builder, one after the other.
pub struct Verification<'a> {
    builder: &'a Builder,
    options: &'a Options,
    /// The folder of the project, which is only read.
    root: &'a Path,
    /// The folder for copies and logs.
    folder: PathBuf,
    /// Part of the names of images and caches that this run makes.
    nonce: String,
    watch: &'a RefCell<dyn FnMut(Event<'_>) + 'a>,
    /// The base images and frontends that are on this machine by now.
    bases: RefCell<BTreeSet<bases::Base>>,
    count: RefCell<usize>,
    /// The number of pairs of containers whose logs were kept.
    logged: RefCell<usize>,
}

impl<'a> Verification<'a> {
    /// Verifies plans for the project in `root`; what it needs on disk goes into `folder`.
    pub fn new(
        builder: &'a Builder,
        options: &'a Options,
        (root, folder): (&'a Path, &Path),
        watch: &'a RefCell<dyn FnMut(Event<'_>) + 'a>,
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
            bases: RefCell::default(),
            count: RefCell::default(),
            logged: RefCell::default(),
        }
    }

    /// Builds an image before and after a plan, and compares the two.
    ///
    /// Errors of the disk or the builder are in the report as well: the other images are not affected.
    pub fn image(&self, plan: &Plan, image: &Image) -> ImageReport {
        self.measure(plan, image, &self.options.rebuilds)
    }

    /// Returns true if an image is still the same; measures nothing.
    fn is_kept(&self, plan: &Plan, image: &Image) -> bool {
        self.measure(plan, image, &BTreeSet::new()).verdict == Verdict::Verified
    }

    fn tell(&self, event: Event<'_>) {
        (self.watch.borrow_mut())(event);
    }
}
