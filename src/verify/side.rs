//! One side of an image: a copy to build from, and what is built from it.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use super::{
    Event, Job, Task,
    builder::{self, Build, Builder, Inspected, Outcome, Request},
    contents::Contents,
    images::{ImageBuild, Named},
    scratch::{Prepared, Scratch},
};
use crate::project::Project;

/// One side of an image.
pub(super) struct Side<'a> {
    /// `before` or `after`.
    pub(super) label: &'static str,
    pub(super) build: &'a ImageBuild,
    pub(super) scratch: Scratch,
    /// The images that builds were to make, the last one last, each with its log.
    made: RefCell<Vec<(String, PathBuf)>>,
    image: RefCell<String>,
    /// The prefix of its images' names.
    tag: String,
    folder: PathBuf,
}

/// An image that was built.
pub(super) struct Looked {
    pub(super) inspected: Inspected,
    pub(super) contents: Contents,
}

impl<'a> Side<'a> {
    /// Copies what a build needs into a folder that is its own.
    pub(super) fn new(
        job: &Job<'_>,
        (label, project, build): (&'static str, &Project, &'a ImageBuild),
        before: &Project,
    ) -> io::Result<Self> {
        let (nonce, shared) = (job.nonce(), job.shared);
        let salt = format!("{nonce}-{label}-");
        let how = Prepared { salt: &salt, no_syntax: shared.options.no_syntax };
        let root = job.folder.join(label);
        let scratch = Scratch::new(root, shared.root, (before, project), build, &how)?;
        let tag = format!("refit-verify/{nonce}:{label}");
        let (made, image, folder) = (RefCell::default(), RefCell::default(), job.folder.clone());
        Ok(Self { label, build, scratch, made, image, tag, folder })
    }

    /// The image that was made last: a later build that failed has made none.
    pub(super) fn image(&self) -> String {
        self.image.borrow().clone()
    }

    /// The last output of the builder.
    pub(super) fn log(&self) -> String {
        self.made.borrow().last().map(|it| it.1.display().to_string()).unwrap_or_default()
    }

    /// Removes its images, all of them, and the copy.
    pub(super) fn remove(self, builder: &Builder) -> io::Result<()> {
        self.made.borrow().iter().for_each(|it| builder.remove(&it.0));
        self.scratch.remove()
    }
}

impl Job<'_> {
    /// Builds a side once more, under a name of its own; `cold` knows no layers from before.
    ///
    /// # Errors
    /// An engine that ended, or somebody who does not want to wait any longer: neither says anything about
    /// the image.
    pub(super) fn build(&self, side: &Side<'_>, what: &str, cold: bool) -> io::Result<Build> {
        let (builder, options) = (self.shared.builder, self.shared.options);
        let what = format!("{}: {what}", side.label);
        let task = if cold { Task::FirstBuild } else { Task::Rebuild };
        self.tell(Event::Begins(self.name, task, &what));
        let contexts = side.build.contexts.iter().map(|(name, it)| {
            let value = match it {
                Named::Folder(it) => side.scratch.path(it).display().to_string(),
                Named::Other(it) => it.clone(),
            };
            (name.clone(), value)
        });
        let contexts: BTreeMap<String, String> = contexts.collect();
        let number = side.made.borrow().len() + 1;
        let image = format!("{}-{number}", side.tag);
        let log = side.folder.join(format!("{}-{number}.log", side.label));
        side.made.borrow_mut().push((image.clone(), log.clone()));
        let request = Request {
            context: &side.scratch.path(&side.build.context),
            dockerfile: side.scratch.dockerfile(),
            target: side.build.origin.target.as_deref(),
            arguments: &side.build.origin.arguments,
            contexts: &contexts,
            image: &image,
            cold,
            options: &options.build_options,
            timeout: options.timeout,
            log: &log,
        };
        let built = builder.build(&request, &mut |step| self.tell(Event::Step(self.name, step)));
        let is_built = built.as_ref().is_ok_and(|it| it.outcome == Outcome::Built);
        let seconds = built.as_ref().map_or(0.0, |it| it.seconds);
        self.tell(Event::Ends(self.name, seconds, is_built));
        if builder::is_interrupted() {
            return Err(io::Error::new(io::ErrorKind::Interrupted, "interrupted"));
        }
        let built = built?;
        if is_built {
            *side.image.borrow_mut() = image;
        }
        if !is_built && let Err(why) = builder.answers() {
            let gone = format!("{} does not answer any more: {why}", builder.name());
            return Err(io::Error::new(io::ErrorKind::NotConnected, gone));
        }
        Ok(built)
    }

    /// Looks into the image that was made last.
    pub(super) fn look(&self, side: &Side<'_>) -> io::Result<Looked> {
        let image = side.image();
        let builder = self.shared.builder;
        let inspected = builder.inspect(&image).map_err(io::Error::other)?;
        let contents = builder.files(&image, Contents::read).map_err(io::Error::other)?;
        Ok(Looked { inspected, contents })
    }
}

/// Removes a folder; that it is not there is right as well.
pub(super) fn remove_folder(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
