//! What lies in a folder of a container, by the headers of its tar stream.

use std::{
    collections::BTreeMap,
    io::{self, Read},
};

use super::Entry;
use crate::text::ImagePath;

/// A file, folder or link, and when it was last modified. Its content was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The entry, without a digest.
    pub entry: Entry,
    /// Seconds since 1970.
    pub modified: u64,
}

/// Lists a tar stream whose paths begin with the name of the folder that `target` is, or of the file.
///
/// # Errors
/// Errors of the stream, and of a stream that is not a tar.
pub fn listing(target: &ImagePath, tar: &mut dyn Read) -> io::Result<BTreeMap<ImagePath, Listed>> {
    let mut found = BTreeMap::new();
    for entry in tar::Archive::new(tar).entries()? {
        let entry = entry?;
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let below = path.trim_start_matches("./").split_once('/').map_or("", |it| it.1);
        let modified = entry.header().mtime().unwrap_or_default();
        found.insert(target.join(below), Listed { entry: Entry::read(&entry), modified });
    }
    Ok(found)
}
