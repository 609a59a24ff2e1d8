//! The corpus of real files beside the project, read when it is there.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part")]
#![allow(clippy::print_stderr, clippy::unwrap_used, reason = "tests may")]

pub mod page;

use std::{
    fs::File,
    io::{BufReader, Read as _},
    path::{Path, PathBuf},
};

/// The corpus file of this name; `None`, with a line that says so, when the corpus is not there.
pub fn corpus(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus").join(name);
    if !path.exists() {
        eprintln!("skipped: no corpus at ../shared/corpus/{name}");
        return None;
    }
    Some(path)
}

/// The decompressed bytes of an `.xz` file.
pub fn unxz(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut file = BufReader::new(File::open(path).unwrap());
    lzma_rs::xz_decompress(&mut file, &mut bytes).unwrap();
    bytes
}

/// The regular files of a `.tar.xz`: path and bytes, in the archive's order.
pub fn files(archive: &Path) -> Vec<(String, Vec<u8>)> {
    let bytes = unxz(archive);
    let mut archive = tar::Archive::new(bytes.as_slice());
    let entries = archive.entries().unwrap().map(Result::unwrap);
    let files = entries.filter(|it| it.header().entry_type().is_file());
    files
        .map(|mut it| {
            let path = it.path().unwrap().to_string_lossy().into_owned();
            let mut bytes = Vec::new();
            it.read_to_end(&mut bytes).unwrap();
            (path, bytes)
        })
        .collect()
}
