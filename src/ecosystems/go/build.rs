//! Which packages a command compiles to a program, and which files of a package are compiled.
//!
//! After `go help build`, `go help install` and `go help buildconstraint` (pkg.go.dev/cmd/go).

use super::GRAMMAR;
use crate::shell::Invocation;

/// Go's command, and the one of github.com/tonistiigi/xx that compiles for another platform.
const PROGRAMS: [&str; 2] = [super::NAME, "xx-go"];

/// The variable that gives each call more options.
pub const OPTIONS: &str = "GOFLAGS";

/// A call that compiles programs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Build<'c> {
    /// The folder that it changes to.
    pub folder: Option<&'c str>,
    /// The file or folder that it writes; `None` if it is named after the package.
    pub output: Option<&'c str>,
    /// The packages, as folders, files or paths of imports; empty for the folder it runs in.
    pub packages: Vec<&'c str>,
    /// The tags; `None` if they are not known.
    pub tags: Option<Vec<&'c str>>,
    /// True if the program comes into the folder for tools.
    pub installs: bool,
}

/// Reads a call; `None` if it compiles no program of the project, or what it is told is not known.
pub fn build(call: &Invocation) -> Option<Build<'_>> {
    let verb = call.subcommand()?;
    let installs = verb == "install";
    if !PROGRAMS.contains(&call.program.as_str()) || !(installs || verb == "build") {
        return None;
    }
    let value = |name: &str| {
        let mut found = None;
        for (at, argument) in call.arguments.iter().enumerate() {
            let Some(text) = argument.text.as_deref() else { continue };
            let text = if text.starts_with("--") { &text[1..] } else { text };
            if text == name {
                found = Some(call.arguments.get(at + 1).and_then(|it| it.text.as_deref()));
            } else if let Some(it) = text.strip_prefix(name).and_then(|it| it.strip_prefix('=')) {
                found = Some(Some(it));
            }
        }
        found
    };
    let output = value("-o");
    let tags = match value("-tags") {
        Some(it) => it.map(|it| it.split([',', ' ']).collect()),
        None => Some(Vec::new()),
    };
    let named = call.positionals(GRAMMAR.valued);
    let packages: Vec<&str> = named.iter().filter_map(|it| it.text.as_deref()).collect();
    // What is not known beside a package is options.
    let is_known = !packages.is_empty() || named.is_empty();
    if !is_known || packages.iter().any(|it| it.contains('@')) || output == Some(None) {
        return None;
    }
    let (folder, output) = (value("-C").flatten(), output.flatten());
    Some(Build { folder, output, packages, tags, installs })
}

/// The systems that Go is built for (`go tool dist list`), other than Linux.
const SYSTEMS: [&str; 14] = [
    "aix",
    "android",
    "darwin",
    "dragonfly",
    "freebsd",
    "illumos",
    "ios",
    "js",
    "netbsd",
    "openbsd",
    "plan9",
    "solaris",
    "wasip1",
    "windows",
];

/// The architectures, other than those of servers.
const OTHERS: [&str; 3] = ["wasm", "mips", "386"];

/// Whether a file of a package is compiled for Linux with these tags, or may be: a tag that is not known may be
/// given.
pub fn is_built(name: &str, text: &str, tags: Option<&[&str]>) -> bool {
    let stem = name.strip_suffix(".go").unwrap_or(name);
    if stem.starts_with(['_', '.']) || stem.ends_with("_test") {
        return false;
    }
    let parts: Vec<&str> = stem.split('_').skip(1).collect();
    let is_other = |it: &&str| SYSTEMS.contains(it) || OTHERS.contains(it);
    if parts.iter().rev().take(2).any(is_other) {
        return false;
    }
    let head = text.lines().take_while(|it| !it.starts_with("package "));
    let constraint = head.filter_map(|it| it.strip_prefix("//go:build ")).last();
    constraint.and_then(|it| Expression { rest: it, tags }.or()).unwrap_or(true)
}

/// The expression of a build constraint; the value of a part is `None` if it is not known.
struct Expression<'e> {
    rest: &'e str,
    tags: Option<&'e [&'e str]>,
}

impl Expression<'_> {
    fn or(&mut self) -> Option<bool> {
        let mut value = self.and();
        while self.takes("||") {
            value = match (value, self.and()) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            };
        }
        value
    }

    fn and(&mut self) -> Option<bool> {
        let mut value = self.not();
        while self.takes("&&") {
            value = match (value, self.not()) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            };
        }
        value
    }

    fn not(&mut self) -> Option<bool> {
        if self.takes("!") {
            return self.not().map(|it| !it);
        }
        if self.takes("(") {
            let value = self.or();
            self.takes(")");
            return value;
        }
        self.rest = self.rest.trim_start();
        let is_tag = |it: char| it.is_alphanumeric() || it == '_' || it == '.';
        let end = self.rest.find(|it| !is_tag(it)).unwrap_or(self.rest.len());
        let (tag, rest) = self.rest.split_at(end);
        self.rest = rest;
        match tag {
            "linux" | "unix" | "gc" | "" => Some(true),
            // A container is built for one of these, and with C or without.
            "amd64" | "arm64" | "cgo" => None,
            _ if tag.starts_with("go1") => Some(true),
            "ignore" => Some(false),
            _ if SYSTEMS.contains(&tag) || OTHERS.contains(&tag) => Some(false),
            _ => self.tags.map(|it| it.contains(&tag)),
        }
    }

    fn takes(&mut self, word: &str) -> bool {
        let rest = self.rest.trim_start();
        match rest.strip_prefix(word) {
            Some(it) => {
                self.rest = it;
                true
            }
            None => false,
        }
    }
}

/// Whether a file of a package says that it is a program.
pub fn is_program(text: &str) -> bool {
    let mut lines = text.lines().filter_map(|it| it.strip_prefix("package "));
    lines.next().is_some_and(|it| it.split_whitespace().next() == Some("main"))
}

/// The name of the module that a manifest declares.
pub fn module(manifest: &str) -> Option<&str> {
    let mut lines = manifest.lines().filter_map(|it| it.trim().strip_prefix("module "));
    let name = lines.next()?.split("//").next()?;
    Some(name.trim().trim_matches('"'))
}

/// The modules that a manifest takes from folders, each with its folder.
pub fn replaced(manifest: &str) -> Vec<(&str, &str)> {
    let pairs = manifest.lines().filter_map(|line| {
        let line = line.split("//").next()?.trim();
        let (name, folder) = line.strip_prefix("replace ").unwrap_or(line).split_once("=>")?;
        Some((name.split_whitespace().next()?, folder.trim()))
    });
    pairs.filter(|it| it.1.starts_with('.')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_compiled_for_linux() {
        let rows = [
            ("a.go", "package a", true),
            ("a_test.go", "package a", false),
            ("a_windows.go", "package a", false),
            ("a_linux.go", "package a", true),
            ("a_windows_amd64.go", "package a", false),
            ("windows.go", "package a", true),
            ("a.go", "//go:build ignore\n\npackage main", false),
            ("a.go", "//go:build !linux\n\npackage a", false),
            ("a.go", "//go:build linux && (amd64 || arm64)\n\npackage a", true),
            ("a.go", "//go:build darwin || windows\n\npackage a", false),
            ("a.go", "//go:build sqlite\n\npackage a", false),
            ("a.go", "//go:build extra\n\npackage a", true),
            ("a.go", "//go:build !extra\n\npackage a", false),
        ];
        for (name, text, expected) in rows {
            assert_eq!(is_built(name, text, Some(&["extra"])), expected, "{name} {text}");
        }
        assert!(is_built("a.go", "//go:build sqlite\n\npackage a", None));
    }

    #[test]
    fn manifests_name_modules() {
        let text = "module example.org/a // b\n\nreplace (\n\texample.org/c v1.0.0 => ./c\n)\nreplace example.org/d => example.org/e v1.0.0\n";
        assert_eq!(module(text), Some("example.org/a"));
        assert_eq!(replaced(text), [("example.org/c", "./c")]);
    }
}
