//! The project's own source, as the tests of its structure read it.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A source file: its path from the root, and its text.
pub struct Source {
    /// The path from the root.
    pub path: String,
    /// The text.
    pub text: String,
}

impl Source {
    /// What of it is no test.
    pub fn code(&self) -> &str {
        self.text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default()
    }

    /// Its code with comments blanked out, so that line numbers stay.
    pub fn without_comments(&self) -> String {
        let lines = self.code().lines().map(|it| match it.find("//") {
            // The `//` of a URL stands in a literal.
            Some(at) if !it[..at].ends_with(':') => &it[..at],
            _ => it,
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// A line, counted from 1.
    pub fn line(&self, number: usize) -> String {
        self.text.lines().nth(number - 1).unwrap_or_default().trim().to_owned()
    }

    /// Whether all of it is a test.
    pub fn is_test(&self) -> bool {
        self.path.ends_with("tests.rs")
            || self.path.contains("/tests/")
            || self.path.starts_with("tests/")
    }

    /// The room that it stands in.
    pub fn room(&self) -> &str {
        let mut parts = self.path.split('/');
        match parts.next() {
            Some("src") => parts.next().unwrap_or_default(),
            other => other.unwrap_or_default(),
        }
    }
}

/// The project's folder.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The Rust files below these folders, in order.
pub fn sources(folders: &[&str]) -> Vec<Source> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = folders.iter().map(|it| root().join(it)).collect();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let path = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
                found.push(Source { path, text });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// Fails with the offenders, if there are any.
pub fn assert_none(rule: &str, offenders: &[String]) {
    assert!(offenders.is_empty(), "{rule}:\n  {}", offenders.join("\n  "));
}

/// The lines of these sources that mention a word outside comments.
pub fn mentions<'a>(sources: impl Iterator<Item = &'a Source>, words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources {
        for (number, line) in source.code().lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if words.iter().any(|it| code.contains(it)) {
                found.push(format!("{}:{}: {}", source.path, number + 1, line.trim()));
            }
        }
    }
    found
}
