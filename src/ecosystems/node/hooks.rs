//! Packages whose install scripts read files of the project that installs them.
//!
//! Most install scripts build or fetch something and look at nothing of the project. To add one that does, read in the
//! package's documentation what it reads, add a line to [`HOOKS`] with the name of the page, and its files to those
//! that Node's managers read, so that they are loaded.

use serde_json::Value;

use crate::{
    ecosystems::{At, Install, Source},
    text::{ImagePath, Refusal},
};

/// A package, and what its install script reads.
#[derive(Clone, Copy, Debug)]
pub struct Hook {
    /// Its name.
    pub package: &'static str,
    /// The files that it reads in the folder of the manifest, if they are there.
    pub reads: &'static [&'static str],
    /// Those of them that are programs, and may load and name further files.
    programs: &'static [&'static str],
    /// The key of the manifest, as a JSON pointer, that names another file or folder to read.
    pub key: Option<&'static str>,
    /// The key that names the same in a program; empty for none.
    pub named: &'static str,
    /// Whether it looks for its files in the folders above, too.
    above: bool,
    /// The key of those files that are no programs which names a folder that it makes, from theirs; empty for none.
    makes: &'static str,
}

/// The packages, in the order of the alphabet.
pub const HOOKS: &[Hook] = &[
    // After "Generating Prisma Client", "Prisma schema: location" and "Prisma Config" of Prisma's documentation:
    // installed, it runs `prisma generate` if it finds a schema, and only warns if it finds none.
    Hook {
        package: "@prisma/client",
        reads: &[
            "prisma/schema.prisma",
            "schema.prisma",
            "prisma.config.ts",
            "prisma.config.mts",
            "prisma.config.js",
            "prisma.config.mjs",
        ],
        programs: &[
            "prisma.config.ts",
            "prisma.config.mts",
            "prisma.config.js",
            "prisma.config.mjs",
        ],
        key: Some("/prisma/schema"),
        named: "schema:",
        above: false,
        makes: "output",
    },
    // After "Configuration" of Puppeteer's documentation: what to download, and where to.
    Hook {
        package: "puppeteer",
        reads: &[
            ".puppeteerrc",
            ".puppeteerrc.json",
            ".puppeteerrc.yaml",
            ".puppeteerrc.cjs",
            ".puppeteerrc.js",
            "puppeteer.config.cjs",
            "puppeteer.config.js",
        ],
        programs: &[
            ".puppeteerrc.cjs",
            ".puppeteerrc.js",
            "puppeteer.config.cjs",
            "puppeteer.config.js",
        ],
        key: None,
        named: "",
        above: true,
        makes: "",
    },
];

/// Adds what the install scripts of the packages read that a manifest names, or its lock; `lock` is the lock's
/// name.
pub(super) fn add(
    install: &mut Install,
    manifest: &str,
    folder: &ImagePath,
    lock: &str,
    at: &At<'_>,
) {
    for hook in HOOKS {
        let own = || manifest.contains(hook.package);
        let locked = || (at.text)(&folder.join(lock)).is_some_and(|it| it.contains(hook.package));
        let files = present(hook, folder, at);
        let named = hook.key.filter(|_| own()).and_then(|it| value(manifest, it));
        if (files.is_empty() && named.is_none()) || !(own() || locked()) {
            continue;
        }
        if let Some(it) = named {
            names(install, hook, folder, &it);
        }
        for (path, text) in files {
            if hook.programs.contains(&path.file_name()) {
                program(install, hook, folder, &path, &text);
            } else if let Some(folder) = path.parent() {
                let made = values(&text, hook.makes).map(|it| folder.join(it));
                install.makes.extend(made);
            }
            install.takes(path);
        }
    }
}

/// The files of a hook that are there, with their texts.
fn present(hook: &Hook, folder: &ImagePath, at: &At<'_>) -> Vec<(ImagePath, std::sync::Arc<str>)> {
    let folders = folder.ancestors().take(if hook.above { usize::MAX } else { 1 });
    let files = folders.flat_map(|folder| hook.reads.iter().map(move |it| folder.join(it)));
    files.filter_map(|it| (at.text)(&it).map(|text| (it, text))).collect()
}

/// The text at a key of a manifest.
fn value(manifest: &str, key: &str) -> Option<String> {
    let manifest: Value = serde_json::from_str(manifest).ok()?;
    Some(manifest.pointer(key)?.as_str()?.to_owned())
}

/// Adds what a path names: a file by its ending, else a folder.
fn names(install: &mut Install, hook: &Hook, folder: &ImagePath, named: &str) {
    let path = folder.join(named);
    match path.file_name().trim_start_matches('.').contains('.') {
        true => install.takes(path),
        false => {
            let why = format!("the install script of {} reads {named}", hook.package);
            install.takes_folder(Some(path), why);
        }
    }
}

/// Adds what a program names that an install script loads.
fn program(install: &mut Install, hook: &Hook, folder: &ImagePath, path: &ImagePath, text: &str) {
    let loads = ["require(", "import(", "from ", "import "];
    let is_own = |at: &str| at.trim_start().strip_prefix(['"', '\'', '`']).is_some_and(is_local);
    let loads_own = loads
        .iter()
        .any(|it| text.match_indices(it).any(|(at, it)| is_own(&text[at + it.len()..])));
    let mut named = text.match_indices(hook.named).filter(|_| !hook.named.is_empty());
    let name = |(at, key): (usize, &str)| {
        let rest = text[at + key.len()..].trim_start();
        let quote = rest.chars().next().filter(|it| ['"', '\''].contains(it))?;
        rest[1..].split(quote).next().map(str::to_owned)
    };
    match named.next().map(name) {
        Some(Some(it)) if !loads_own => names(install, hook, folder, &it),
        None if !loads_own => {}
        _ => {
            let package = hook.package;
            let reason =
                format!("the install script of {package} loads {path}, which needs other files");
            install.source = Source::Now(Refusal::new("local-requirement", reason));
        }
    }
}

fn is_local(module: &str) -> bool {
    module.starts_with(['.', '/'])
}

/// The values of a key in lines of `key = "value"`.
fn values<'t>(text: &'t str, key: &'t str) -> impl Iterator<Item = &'t str> {
    let lines = text.lines().filter(move |_| !key.is_empty());
    let values = lines.filter_map(move |it| it.trim().strip_prefix(key)?.trim().strip_prefix('='));
    values.filter_map(|it| it.trim().strip_prefix('"')?.split('"').next())
}
