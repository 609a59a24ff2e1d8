//! Which file of the project stands at a path of the image, also where a COPY takes it from another stage or a
//! compiler has made it.

use std::cell::OnceCell;

use super::Image;
use crate::{
    context::layers::Layers,
    dockerfile::stage::Stage,
    ecosystems::code::Language,
    text::{ImagePath, RepoPath},
};

/// The files of an image, by where they are at run time.
pub(super) struct Files<'i, 'a> {
    image: &'i Image<'a>,
    /// The COPYs of each stage; `None` if the build context is not known.
    layers: Vec<OnceCell<Option<Layers<'a>>>>,
}

/// How many stages a file is followed through.
const STAGES: usize = 6;

/// Folders that compilers write to, and the folders of what they read.
const BUILT: [&str; 5] = ["dist", "build", "lib", "out", ".output"];

impl<'i, 'a> Files<'i, 'a> {
    /// The files of an image.
    pub(super) fn new(image: &'i Image<'a>) -> Self {
        let layers = image.site.stages.iter().map(|_| OnceCell::new()).collect();
        Self { image, layers }
    }

    /// The file of the project that is at a path when the image runs, or from which it was made.
    pub(super) fn at(&self, path: &ImagePath) -> Option<RepoPath> {
        self.in_stage(self.image.stage, path, STAGES)
    }

    fn in_stage(&self, stage: &Stage<'a>, path: &ImagePath, depth: usize) -> Option<RepoPath> {
        let depth = depth.checked_sub(1)?;
        if let Some(found) = self.provided(stage, path) {
            return Some(found);
        }
        self.copied(stage, path, depth)
            .or_else(|| sources_of(path).iter().find_map(|it| self.provided(stage, it)))
    }

    /// The file that a COPY of the build context puts there.
    fn provided(&self, stage: &Stage<'a>, path: &ImagePath) -> Option<RepoPath> {
        let read = || {
            let (project, path) = (self.image.project, self.image.site.path);
            let folder = Layers::context(project, path).ok()?;
            Some(Layers::read(project, path, &self.image.site.stages, stage, folder))
        };
        let layers = self.layers.get(stage.index)?.get_or_init(read).as_ref()?;
        layers.provider(stage.index, stage.end, path).map(|it| it.1)
    }

    /// The file that a COPY of another stage puts there.
    fn copied(&self, stage: &Stage<'a>, path: &ImagePath, depth: usize) -> Option<RepoPath> {
        let stages = &self.image.site.stages;
        for below in stage.lineage(stages).iter().rev() {
            let copies = below.instructions().filter_map(|(item, _, it)| Some((item, it.copy()?)));
            for (item, copy) in copies.collect::<Vec<_>>().into_iter().rev() {
                let Some(from) = copy.from else { continue };
                let named = |it: &&Stage<'a>| {
                    it.name.is_some_and(|name| name.eq_ignore_ascii_case(from))
                        || it.index.to_string() == from
                };
                let Some(other) = stages.iter().find(named) else { continue };
                let state = below.state_before(item);
                let escape = below.dockerfile.escape;
                let absolute = |text: &str| state.absolute(&state.expand(text, escape)?);
                let Some(to) = absolute(&copy.destination.text) else { continue };
                let Some(rest) = path.strip_prefix(&to) else { continue };
                for source in &copy.sources {
                    let Some(text) = state.expand(&source.text, escape) else { continue };
                    let from = ImagePath::root().join(&text);
                    // A folder is copied as its contents, a file under its name or that of the destination.
                    let inside = if rest.is_empty() { from.clone() } else { from.join(rest) };
                    let found = self.in_stage(other, &inside, depth);
                    let alone = || {
                        let is_named = rest == from.file_name();
                        is_named.then(|| self.in_stage(other, &from, depth)).flatten()
                    };
                    if let Some(found) = found.or_else(alone) {
                        return Some(found);
                    }
                }
            }
        }
        None
    }
}

/// What a file may have been compiled from: `src/main.ts` for `dist/main.js`.
fn sources_of(path: &ImagePath) -> Vec<ImagePath> {
    let Some(stem) = ["js", "mjs", "cjs"]
        .iter()
        .find_map(|it| path.as_str().strip_suffix(it)?.strip_suffix('.'))
    else {
        return Vec::new();
    };
    let parts: Vec<&str> = stem.split('/').collect();
    let mut stems = vec![stem.to_owned()];
    if let Some(at) = parts.iter().rposition(|it| BUILT.contains(it)) {
        let with = |middle: &[&str]| [&parts[..at], middle, &parts[at + 1..]].concat().join("/");
        stems.extend([with(&["src"]), with(&[])]);
    }
    let endings = ["ts", "tsx", "mts", "js"];
    let all = stems.iter().flat_map(|stem| endings.iter().map(move |it| format!("{stem}.{it}")));
    all.filter_map(|it| ImagePath::new(&it)).filter(|it| it != path).collect()
}

/// Returns true if a file is for tests only.
pub(super) fn is_test(path: &RepoPath) -> bool {
    let name = path.file_name();
    let folders = ["test", "tests", "__tests__", "testing", "testdata", "spec", "e2e"];
    path.as_str().split('/').rev().skip(1).any(|it| folders.contains(&it))
        || name.starts_with("test_")
        || ["_test.py", "_test.go", ".test.js", ".spec.js", ".test.ts", ".spec.ts"]
            .iter()
            .any(|it| name.ends_with(it))
        || name == "conftest.py"
}

/// The language of a file.
pub(super) fn language(path: &RepoPath) -> Option<Language> {
    Language::of(path.file_name())
}
