//! Which file of the project stands at a path of the image, also where a COPY takes it from another stage or a
//! compiler has made it.

use super::Image;
use crate::{
    ecosystems::code::Language,
    text::{ImagePath, RepoPath},
};

/// The files of an image, by where they are at run time.
pub(super) struct Files<'i, 'a> {
    image: &'i Image<'a>,
}

/// Folders that compilers write to, and the folders of what they read.
const BUILT: [&str; 5] = ["dist", "build", "lib", "out", ".output"];

impl<'i, 'a> Files<'i, 'a> {
    /// The files of an image.
    pub(super) fn new(image: &'i Image<'a>) -> Self {
        Self { image }
    }

    /// The file of the project that is at a path when the image runs, or from which it was made.
    pub(super) fn at(&self, path: &ImagePath) -> Option<RepoPath> {
        self.image.origin(path, &sources_of)
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
