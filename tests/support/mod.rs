//! The corpus of real files beside the project, read when it is there.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part")]
#![allow(clippy::print_stderr, clippy::print_stdout, clippy::unwrap_used, reason = "tests may")]

pub mod damage;
pub mod dom;
pub mod edits;
pub mod figures;
pub mod page;
pub mod properties;
pub mod source;

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{BufReader, Read as _},
    path::{Path, PathBuf},
};

use refit::{project::is_dockerfile, text::RepoPath};

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

/// The corpus' lone Dockerfiles, by path; `None` when the corpus is not there.
pub fn dockerfiles() -> Option<Vec<(RepoPath, String)>> {
    // Some have names that only a caller's `dockerfile:` explains; here they all count.
    let named =
        |(path, bytes): (String, Vec<u8>)| match is_dockerfile(path.rsplit('/').next().unwrap()) {
            true => (path, bytes),
            false => (format!("{path}.Dockerfile"), bytes),
        };
    let files = files(&corpus("dockerfiles.tar.xz")?);
    Some(files.into_iter().map(named).filter_map(text).collect())
}

/// The files of each of the corpus' projects, by its name; `None` when the corpus is not there.
pub fn projects() -> Option<BTreeMap<String, Vec<(RepoPath, String)>>> {
    let mut projects: BTreeMap<String, Vec<(RepoPath, String)>> = BTreeMap::new();
    for (path, text) in files(&corpus("projects.tar.xz")?).into_iter().filter_map(text) {
        let name = path.as_str().split('/').nth(1).unwrap().to_owned();
        if name == "INDEX.tsv" {
            continue;
        }
        let folder = RepoPath::new(&format!("projects/{name}")).unwrap();
        let path = RepoPath::new(path.strip_prefix(&folder).unwrap()).unwrap();
        projects.entry(name).or_default().push((path, text));
    }
    Some(projects)
}

/// The files of one of the project's own examples.
pub fn example(name: &str) -> Vec<(RepoPath, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name);
    let (mut found, mut open) = (Vec::new(), vec![root.clone()]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                let path = path.strip_prefix(&root).unwrap().to_str().unwrap();
                found.push((RepoPath::new(path).unwrap(), text));
            }
        }
    }
    found
}

/// Whether a Dockerfile has to do with Python.
pub fn is_python(dockerfile: &str) -> bool {
    ["python", "pip", "poetry", "uv "].iter().any(|it| dockerfile.contains(it))
}

fn text((path, bytes): (String, Vec<u8>)) -> Option<(RepoPath, String)> {
    Some((RepoPath::new(&path)?, String::from_utf8(bytes).ok()?))
}
