//! Go modules: `go mod download`, and the builds that download as well.
//!
//! After the Go Modules Reference (go.dev/ref/mod: "go mod download", "replace directive", "Workspaces", "Vendoring",
//! "Module cache", "Environment variables") and what `go help environment` and `go help cache` say.

pub mod build;

use super::{
    At, Cache, CacheKind, CachePlace, Ecosystem, File, Grammar, Install, Leaving, Manager, Setting,
    Source, Switch, Verb, habits::Habit,
};
use crate::{
    shell::Invocation,
    text::{ImagePath, Refusal},
};

/// What it is called on the command line.
pub const NAME: &str = "go";
/// What people call it.
pub const TITLE: &str = "Go";

/// The words for what compiles packages, and downloads the modules that they need.
const BUILDS: &[&str] = &["build", "install", "test", "run", "vet"];

/// The words for all else that reads or fills the module cache.
const READS: &[&str] =
    &["mod download", "mod tidy", "mod verify", "get", "list", "generate", "tool"];

/// Go's own manager of modules.
pub const MANAGER: Manager = Manager {
    system_packages: &["golang-go", NAME],
    programs: &[NAME],
    grammar: GRAMMAR,
    files: &[
        File::manifest("go.mod").marking_project(),
        File::lock("go.sum"),
        File::manifest("go.work"),
        File::lock("go.work.sum"),
        File::lock(VENDORED),
    ],
    manifest: "go.mod",
    cache: &[
        Cache {
            kind: CacheKind::Store,
            places: &[
                CachePlace::Variable("GOMODCACHE"),
                CachePlace::Below("GOPATH", "pkg/mod"),
                CachePlace::Home("go/pkg/mod"),
            ],
            filled_by: &Verb::each::<{ BUILDS.len() + READS.len() }>(&[BUILDS, READS]),
            offline: &[Switch::Variable("GOPROXY", "off")],
            portable: true,
            printed_by: &["go env GOMODCACHE"],
            shown_by: &["go.mod", "go mod "],
            denied_by: &["GO111MODULE=off", "vendor"],
            denied_by_run: &[
                "GOPROXY",
                "GOPRIVATE",
                "GONOPROXY",
                "GONOSUM",
                "GOINSECURE",
                "GOAUTH",
            ],
            brought_by: &[VENDORED],
            ..Cache::NONE
        },
        // It does not notice other versions of C libraries ("go help cache"), which distributions name `-dev`.
        Cache {
            places: &[CachePlace::Variable("GOCACHE"), CachePlace::Xdg("go-build")],
            filled_by: &Verb::each::<{ BUILDS.len() }>(&[BUILDS]),
            // "go help build": it rebuilds what is up to date as well, and reads nothing there.
            idle: &["-a"],
            printed_by: &["go env GOCACHE"],
            denied_by: &["-dev"],
            ..Cache::NONE
        },
    ],
    settles: "go env -w",
    // go.dev/doc/install: "Download and install".
    archives: &["go.dev/dl/go", "golang.org/dl/go", "dl.google.com/go/go"],
    leaves: &[Leaving {
        verbs: &[Verb::new("install")],
        unless: &[Switch::Set("GOBIN"), Switch::Set("GOPATH")],
        ..Leaving::ALWAYS
    }],
    habits: &[
        Habit {
            verbs: &["mod download"],
            bare: true,
            downloads: true,
            reads: &["go.mod", "go.sum"],
            above: &[("go.mod", ""), ("go.sum", ""), ("go.work", ""), ("go.work.sum", "")],
            folder: &["-C"],
            ..Habit::IDLE
        },
        Habit { verbs: &["env", "version", "clean"], ..Habit::IDLE },
    ],
    facts: install,
    ..Manager::new(NAME, TITLE, Ecosystem::Go)
};

/// What lists the modules that are in the project itself.
const VENDORED: &str = "vendor/modules.txt";

const GRAMMAR: Grammar = Grammar {
    // pkg.go.dev/cmd/go: "Compile packages and dependencies", "Compile and run Go program", "Testing flags".
    valued: &[
        "-C",
        "-asmflags",
        "-buildmode",
        "-compiler",
        "-covermode",
        "-coverpkg",
        "-exec",
        "-gccgoflags",
        "-gcflags",
        "-installsuffix",
        "-ldflags",
        "-mod",
        "-modfile",
        "-o",
        "-overlay",
        "-p",
        "-pgo",
        "-pkgdir",
        "-tags",
        "-toolexec",
    ],
    build: &Verb::each::<{ BUILDS.len() }>(&[BUILDS]),
    fetch: &[Verb::new("mod download")],
    change: &[
        Verb::new("get"),
        Verb::new("mod tidy"),
        Verb::new("mod edit"),
        Verb::new("mod init"),
    ],
    apart: &[Verb::new("env"), Verb::new("version")],
    configure: &[Verb::new("env").with(&["-w"])],
    clean: &[Verb::new("clean").with(&["-modcache", "-cache"])],
    ..Grammar::NONE
};

/// The variables that say what is downloaded, and from where.
const VARIABLES: &[&str] =
    &["GOFLAGS", "GOWORK", "GO111MODULE", "GOPROXY", "GONOSUMDB", "GOTOOLCHAIN"];

fn install(verb: &Verb, call: &Invocation, at: &At<'_>) -> Option<Install> {
    let mut install = Install::default();
    let folder = match call.values(&["-C"]).last() {
        Some(it) => at.path((*it)?)?,
        None => at.directory?.clone(),
    };
    // A tool with its version reads no module of the project, nor does a module that is named.
    if GRAMMAR.words(call).any(|it| it.contains('@')) {
        return None;
    }
    // The module is that of the folder, or else of the nearest one above it.
    let is_module = |it: &ImagePath| (at.text)(&it.join("go.mod")).is_some();
    let module = folder.ancestors().find(is_module).unwrap_or_else(|| folder.clone());
    install.needs(module.join("go.mod"));
    install.takes(module.join("go.sum"));
    let builds = BUILDS.contains(&verb.words);
    install.source = source(builds, call, &folder, &module, at)
        .unwrap_or_else(|(code, reason)| Source::Now(Refusal::new(code, reason)));
    Some(install)
}

/// What an install needs of the project besides go.mod and go.sum.
///
/// # Errors
/// Why it cannot come before the source, as a code and a reason.
fn source(
    builds: bool,
    call: &Invocation,
    folder: &ImagePath,
    module: &ImagePath,
    at: &At<'_>,
) -> Result<Source, (&'static str, String)> {
    let text = |name: &str| (at.text)(&module.join(name));
    if folder.ancestors().any(|it| (at.text)(&it.join("go.work")).is_some()) {
        let reason = format!("{TITLE} needs the go.mod of every module of the workspace");
        return Err(("workspace", reason));
    }
    let Some(manifest) = text("go.mod") else {
        let reason = match module.parent() {
            Some(_) => {
                format!("neither {folder} nor a folder above it has a go.mod in the build context")
            }
            None => "/go.mod is not in the build context".to_owned(),
        };
        return Err(("manifest-not-found", reason));
    };
    if module != folder {
        let reason = format!(
            "Go runs in {folder}, which comes with the source; its go.mod is {module}/go.mod"
        );
        return Err(("no-fetch", reason));
    }
    let manifest = code(&manifest);
    if let Some(it) = replacements(&manifest).next() {
        let reason = format!("go.mod takes a module from the folder {it}");
        return Err(("local-requirement", reason));
    }
    let refuse = |reason: String| Err(("no-fetch", reason));
    if call.has(&["-modfile"]) {
        return refuse("it is given another go.mod".to_owned());
    }
    if !builds {
        return Ok(Source::Nothing);
    }
    if text(VENDORED).is_some() || call.has(&["-mod"]) {
        return refuse("the modules that it builds with may be in the project".to_owned());
    }
    let set = |it: &&&str| at.variable(call, it) != Setting::Unset;
    if let Some(name) = VARIABLES.iter().find(set) {
        return refuse(format!("{name} may say what is downloaded"));
    }
    // Before, the download takes modules that no build needs.
    if !lists_all(&manifest) {
        return refuse("its go.mod, from before Go 1.17, does not list all modules".to_owned());
    }
    let sums = text("go.sum");
    let mut modules = requirements(&manifest).peekable();
    if modules.peek().is_none() {
        return refuse("go.mod requires no modules".to_owned());
    }
    if sums.is_none() {
        return refuse("there is no go.sum in the build context".to_owned());
    }
    // One that is too large to be read is there all the same, and empty.
    let has = |it: &str| {
        sums.as_ref().is_some_and(|sums| {
            sums.is_empty() || sums.lines().any(|line| line.starts_with(&format!("{it} h1:")))
        })
    };
    match modules.find(|it| !has(it)) {
        Some(it) => refuse(format!("go.sum has no checksum of {it}")),
        None => {
            let words = [NAME, "mod", "download"].map(str::to_owned);
            Ok(Source::Fetch { commands: vec![words.to_vec()] })
        }
    }
}

/// The lines of a go.mod without comments.
fn code(manifest: &str) -> String {
    let lines = manifest.lines().map(|it| it.split("//").next().unwrap_or_default().trim());
    lines.flat_map(|it| [it, "\n"]).collect()
}

/// The folders that take the place of modules: `replace example.com/a => ../a`.
fn replacements(code: &str) -> impl Iterator<Item = &str> {
    let right = code.lines().filter_map(|it| it.split_once("=>")).map(|it| it.1.trim());
    let right = right.map(|it| it.trim_matches(['"', '`']));
    right.filter(|it| it.starts_with("./") || it.starts_with("../") || it.starts_with('/'))
}

/// Whether a go.mod lists all modules that are needed to build, as it does from Go 1.17 on.
fn lists_all(code: &str) -> bool {
    let version = code.lines().find_map(|it| it.strip_prefix("go "));
    let version = version.and_then(|it| it.trim().strip_prefix("1."));
    let minor = version.and_then(|it| it.split('.').next()?.parse::<u32>().ok());
    minor.is_some_and(|it| 17 <= it)
}

/// The modules that a go.mod requires, each with its version as go.sum has it; of those that others take the
/// place of, the others.
fn requirements(code: &str) -> impl Iterator<Item = String> {
    let replaced = |module: &str| {
        let lines = code.lines().filter_map(|it| it.split_once("=>"));
        let mut pairs = lines.map(|it| (it.0.trim().trim_start_matches("replace "), it.1.trim()));
        let own = pairs.find(|it| it.0.split_whitespace().next() == Some(module));
        own.map(|it| it.1.to_owned())
    };
    let mut block = "";
    code.lines().filter_map(move |line| {
        let line = match line.strip_suffix('(') {
            Some(word) => {
                block = word.trim();
                return None;
            }
            None if line == ")" => {
                block = "";
                return None;
            }
            None if block == "require" => line,
            None => line.strip_prefix("require ")?,
        };
        let mut words = line.split_whitespace();
        let (module, version) = (words.next()?, words.next()?);
        Some(replaced(module).unwrap_or_else(|| format!("{module} {version}")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_that_take_a_modules_place() {
        let text = "module a\nreplace b v1.0.0 => ../b // for now\nreplace (\n\tc => ./c\n\td => e v1.2.3\n\t// f => ./f\n)\n";
        assert_eq!(replacements(&code(text)).collect::<Vec<_>>(), ["../b", "./c"]);
    }

    #[test]
    fn modules_that_are_required() {
        let text = "module a\ngo 1.21.3\nrequire b v1.0.0\nrequire (\n\tc v1.1.0 // indirect\n\td v0.1.0\n)\n\
                    exclude (\n\tx v1.0.0\n)\nreplace d => e v2.0.0\n";
        let code = code(text);
        assert_eq!(requirements(&code).collect::<Vec<_>>(), ["b v1.0.0", "c v1.1.0", "e v2.0.0"]);
        assert!(lists_all(&code) && !lists_all("go 1.16\n") && !lists_all("module a\n"));
    }
}
