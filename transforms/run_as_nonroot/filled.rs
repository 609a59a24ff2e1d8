//! The files that RUNs put into an image, which are root's whoever their folder belongs to.

use super::{Image, image::resolve};
use crate::{
    ecosystems::programs::{COPIES, TARGETS},
    run::Run,
    shell::{Command, Word},
    text::{ImagePath, Refusal, RepoPath},
};

/// The paths at which RUNs of root make files, and at which they take some away.
#[derive(Debug, Default)]
pub(super) struct Filled {
    made: Vec<ImagePath>,
    lost: Vec<ImagePath>,
}

impl Image<'_> {
    /// The file of the project that a RUN moves or copies to a path relative to the last working directory.
    pub(super) fn moved(&self, path: &str) -> Option<RepoPath> {
        let runs = self.runs(&COPIES).ok()?;
        self.provided(&moved_from(&runs, &self.state().absolute(path)?)?)
    }

    /// The script of the project that a RUN moves or copies to a folder of programs, by its name alone.
    pub(super) fn linked(&self, name: &str) -> Option<RepoPath> {
        if name.contains('/') || !self.mentions_run(&[name]) {
            return None;
        }
        let runs = self.runs(&COPIES).ok()?;
        let found = on_path(name).find_map(|it| self.provided(&moved_from(&runs, &it)?))?;
        self.text(&found)?.starts_with("#!").then_some(found)
    }
}

/// The places of a program that is found by its name.
pub(super) fn on_path(name: &str) -> impl Iterator<Item = ImagePath> {
    let folders = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/sbin"];
    folders.into_iter().filter_map(ImagePath::new).map(move |it| it.join(name))
}

/// The path from which one of these RUNs moves or copies a file to a path of the image.
fn moved_from(runs: &[Run<'_>], path: &ImagePath) -> Option<ImagePath> {
    runs.iter().rev().find_map(|run| {
        run.script.commands().iter().rev().find_map(|command| {
            command.program().filter(|it| COPIES.contains(it))?;
            let directory = run.directory(command)?;
            let words = command.positional(&[]).into_iter();
            let paths = words.map(|it| Some(directory.join(&resolve(run, it.1)?)));
            let paths: Vec<ImagePath> = paths.collect::<Option<_>>()?;
            let (target, sources) = paths.split_last()?;
            let meant = |it: &&ImagePath| {
                *target == *path && sources.len() == 1 || target.join(it.file_name()) == *path
            };
            sources.iter().find(meant).cloned()
        })
    })
}

impl Filled {
    /// What the RUNs of an image make, without what they take away again.
    ///
    /// # Errors
    /// A decline's code and reason: a RUN cannot be read.
    pub(super) fn of(image: &Image<'_>) -> Result<Self, Refusal> {
        let mut filled = Self::default();
        for run in image.runs(&[])?.iter().filter(|it| it.state.is_root() != Some(false)) {
            run.script.commands().iter().for_each(|it| filled.take(run, it));
        }
        Ok(filled)
    }

    fn take(&mut self, run: &Run<'_>, command: &Command) {
        let Some(directory) = run.directory(command) else { return };
        let path = |it: &Word| Some(directory.join(&resolve(run, it)?));
        let writes = command.redirects.iter().filter(|it| it.operator.contains('>'));
        self.made.extend(writes.filter_map(|it| path(it.file()?)));
        let program = command.program().unwrap_or_default();
        let words: Vec<&Word> = command.positional(&[]).into_iter().map(|it| it.1).collect();
        match program {
            "touch" | "tee" | "truncate" => self.made.extend(words.into_iter().filter_map(path)),
            "rm" => words.into_iter().filter_map(path).for_each(|it| self.lose(&it)),
            it if COPIES.contains(&it) => {
                let Some((target, sources)) = words.split_last() else { return };
                let sources: Vec<ImagePath> = sources.iter().copied().filter_map(path).collect();
                if program == "mv" {
                    for it in &sources {
                        self.lose(it);
                    }
                }
                let Some(target) = path(target) else { return };
                self.made.extend(sources.iter().map(|it| target.join(it.file_name())));
                self.made.push(target);
            }
            it => {
                let known = TARGETS.iter().filter(|of| of.0 == it).flat_map(|it| it.1);
                let values = known.flat_map(|it| command.flag_values(it));
                self.made.extend(values.filter_map(|it| path(&it)));
            }
        }
    }

    /// Forgets what is removed or moved away: a file, a folder, all files of a pattern's folder.
    fn lose(&mut self, path: &ImagePath) {
        let whole = path.as_str().split(['*', '?', '[']).next().unwrap_or_default();
        let is_pattern = whole.len() < path.as_str().len();
        self.made.retain(|it| match is_pattern {
            true => !it.as_str().starts_with(whole),
            false => !it.is_within(path),
        });
        self.lost.extend((!is_pattern).then(|| path.clone()));
    }

    /// Whether a RUN takes this very file away, or a folder that it is in.
    pub(super) fn loses(&self, file: &ImagePath) -> bool {
        self.lost.iter().any(|it| file.is_within(it))
    }

    /// Whether a RUN makes a file at this very path.
    pub(super) fn has(&self, file: &ImagePath) -> bool {
        self.made.contains(file)
    }

    /// Whether a RUN puts files into a folder.
    pub(super) fn fills(&self, folder: &ImagePath) -> bool {
        self.made.iter().any(|it| it.is_within(folder))
    }
}
