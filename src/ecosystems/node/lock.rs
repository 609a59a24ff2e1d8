//! Locks of Node's managers: whether an install writes them anew.
//!
//! After "package-lock.json" of npm's documentation, "yarn.lock" of Yarn 1's and "pnpm install" of pnpm's: an install
//! that is not told to keep the lock writes it where it does not fit the manifest, or where an older version of the
//! manager wrote it.

use std::collections::HashSet;

use serde_json::Value;

use super::pnpm::{LOCK, TITLE, WORKSPACE};
use crate::{
    ecosystems::{At, Install},
    text::{ImagePath, Refusal},
};

/// The sections of a manifest that a lock repeats.
const SECTIONS: [&str; 3] = ["dependencies", "devDependencies", "optionalDependencies"];

/// The dependencies of a manifest: name and range.
fn dependencies(manifest: &Value) -> impl Iterator<Item = (&str, &str)> {
    let sections = SECTIONS.into_iter().filter_map(|it| manifest[it].as_object());
    sections.flatten().filter_map(|(name, range)| Some((name.as_str(), range.as_str()?)))
}

/// Whether npm keeps a lock as it is. npm 7 and later write version 2 or 3, and what the manifest says first.
pub(super) fn npm_keeps(manifest: &str, lock: &str) -> bool {
    let version = after(lock, "\"lockfileVersion\":").and_then(|it| it.trim_start().chars().next());
    let Some(root) = after(lock, "\"packages\":").and_then(|it| after(it, "\"\":")) else {
        return false;
    };
    let root = serde_json::Deserializer::from_str(root).into_iter::<Value>().next();
    let (Some(Ok(root)), Ok(manifest)) = (root, serde_json::from_str::<Value>(manifest)) else {
        return false;
    };
    let entries = |of: &Value, section: &str| of[section].as_object().cloned().unwrap_or_default();
    let same = |section: &str| entries(&root, section) == entries(&manifest, section);
    matches!(version, Some('2' | '3')) && SECTIONS.into_iter().all(same)
}

/// Whether Yarn 1 keeps a lock as it is: it has every range of the manifest.
pub(super) fn yarn1_keeps(manifest: &str, lock: &str) -> bool {
    let Ok(manifest) = serde_json::from_str::<Value>(manifest) else { return false };
    let heads = lock.lines().filter(|it| !it.starts_with([' ', '#'])).flat_map(|it| it.split(','));
    let locked: HashSet<&str> =
        heads.map(|it| it.trim().trim_end_matches(':').trim_matches('"')).collect();
    dependencies(&manifest).all(|(name, range)| locked.contains(format!("{name}@{range}").as_str()))
}

/// Whether pnpm 9 and later keep a lock as it is: it has every range of the manifest.
pub(super) fn pnpm_keeps(manifest: &str, lock: &str) -> bool {
    let Ok(manifest) = serde_json::from_str::<Value>(manifest) else { return false };
    let version = after(lock, "lockfileVersion:").map_or("", |it| it.trim_start());
    let bare = |it: &str| it.trim().trim_matches(['"', '\'']).to_owned();
    let mut lines = lock.lines().peekable();
    let mut locked: HashSet<(String, String)> = HashSet::new();
    while let Some(line) = lines.next() {
        let range = lines.peek().and_then(|it| it.trim().strip_prefix("specifier:"));
        let name = line.trim().strip_suffix(':');
        locked.extend(name.zip(range).map(|(name, range)| (bare(name), bare(range))));
    }
    version.trim_start_matches('\'').starts_with('9')
        && dependencies(&manifest)
            .all(|(name, range)| locked.contains(&(name.to_owned(), range.to_owned())))
}

/// What follows the first place of a text.
fn after<'t>(text: &'t str, place: &str) -> Option<&'t str> {
    text.split_once(place).map(|it| it.1)
}

/// Adds the patches that a lock lists; why nothing can come before the source that reads it, if so.
pub(super) fn pnpm_patches(
    install: &mut Install,
    lock: &str,
    folder: &ImagePath,
    at: &At<'_>,
) -> Option<Refusal> {
    const PATCHES: &str = "patchedDependencies:";
    if lock.is_empty() {
        let reason = format!("what {LOCK} names is not known");
        return Some(Refusal::new("unknown-manifest", reason));
    }
    if lock.contains("type: directory") || lock.contains("tarball: file:") {
        let reason = format!("{LOCK} has packages that are folders or files of the project");
        return Some(Refusal::new("local-requirement", reason));
    }
    let section = lock.lines().skip_while(|it| *it != PATCHES).skip(1);
    let section = section.take_while(|it| it.is_empty() || it.starts_with(' '));
    let paths: Vec<&str> = section.filter_map(|it| it.trim().strip_prefix("path: ")).collect();
    for it in &paths {
        install.needs(folder.join(it.trim_matches(['\'', '"'])));
    }
    let patches = |name: &str| {
        (at.text)(&folder.join(name)).is_some_and(|it| it.contains("patchedDependencies"))
    };
    let is_patched = lock.contains(PATCHES) || patches("package.json") || patches(WORKSPACE);
    (paths.is_empty() && is_patched).then(|| {
        let reason = format!("{TITLE} patches packages, and {LOCK} does not say with which files");
        Refusal::new("local-requirement", reason)
    })
}

/// Whether a file of hooks loads files of the project.
pub(super) fn loads_more(hooks: &str) -> bool {
    ["require(", "import ", "import(", "readFile"].iter().any(|it| hooks.contains(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str =
        r#"{"dependencies": {"a": "^1.0.0", "@b/c": "2.x"}, "devDependencies": {"d": ">=3"}}"#;

    #[test]
    fn npm_keeps_what_fits() {
        let lock = |version: u8, dev: &str| {
            format!(
                r#"{{"name": "x", "lockfileVersion": {version}, "packages": {{"": {{"dependencies": {{"@b/c": "2.x", "a": "^1.0.0"}}, "devDependencies": {{{dev}}}}}, "node_modules/a": {{}}}}}}"#
            )
        };
        let dev = r#""d": ">=3""#;
        assert!(npm_keeps(MANIFEST, &lock(3, dev)) && npm_keeps(MANIFEST, &lock(2, dev)));
        assert!(!npm_keeps(MANIFEST, &lock(1, dev)) && !npm_keeps(MANIFEST, &lock(3, "")));
        assert!(!npm_keeps(MANIFEST, r#"{"lockfileVersion": 1, "dependencies": {}}"#));
        assert!(!npm_keeps(MANIFEST, ""));
    }

    #[test]
    fn yarn_keeps_what_fits() {
        let lock = "# yarn lockfile v1\n\n\"@b/c@2.x\", \"@b/c@^2.1\":\n  version \"2.1\"\n\na@^1.0.0:\n  version \"1.0.0\"\n";
        assert!(!yarn1_keeps(MANIFEST, lock));
        assert!(yarn1_keeps(MANIFEST, &format!("{lock}\nd@>=3:\n  version \"3\"\n")));
    }

    #[test]
    fn pnpm_keeps_what_fits() {
        let lock = |version: &str, range: &str| {
            format!(
                "lockfileVersion: '{version}'\nimporters:\n  .:\n    dependencies:\n      '@b/c':\n        specifier: 2.x\n        version: 2.1.0\n      a:\n        specifier: ^1.0.0\n        version: 1.0.0\n    devDependencies:\n      d:\n        specifier: '{range}'\n"
            )
        };
        assert!(pnpm_keeps(MANIFEST, &lock("9.0", ">=3")));
        assert!(
            !pnpm_keeps(MANIFEST, &lock("9.0", ">=4"))
                && !pnpm_keeps(MANIFEST, &lock("6.0", ">=3"))
        );
    }
}
