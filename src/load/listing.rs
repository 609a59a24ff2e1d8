//! Lists all that a folder holds, as a builder that is sent it would find it.

use std::path::Path;

use ignore::WalkBuilder;

use crate::{
    project::{DiskFile, Lister},
    text::RepoPath,
};

/// Lists the files of folders of a project when they are asked for, those included that git ignores. Links are
/// files, and are not followed; what has no name in UTF-8 is left out, and so is what cannot be listed.
pub(super) fn lister(root: &Path) -> Box<Lister> {
    let root = root.to_owned();
    Box::new(move |folder| {
        let mut walk = WalkBuilder::new(root.join(folder.as_str()));
        walk.standard_filters(false).follow_links(false);
        let files = walk.build().filter_map(Result::ok);
        let files = files.filter(|it| it.file_type().is_some_and(|it| !it.is_dir()));
        let files = files.filter_map(|it| {
            let path = RepoPath::new(it.path().strip_prefix(&root).ok()?.to_str()?)?;
            let is_file = it.file_type().is_some_and(|it| it.is_file());
            let bytes = if is_file { it.metadata().ok()?.len() } else { 0 };
            let is_link = it.path_is_symlink();
            Some(DiskFile { path, bytes, is_link })
        });
        let mut files: Vec<DiskFile> = files.collect();
        files.sort();
        files
    })
}
