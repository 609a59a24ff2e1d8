//! When `uv run` finds the environment of a project as it wants it, so that it writes nothing but its cache.
//!
//! docs.astral.sh/uv: "Locking and syncing" ("Automatic lock and sync", "Syncing development dependencies"),
//! "Configuring projects" ("Build systems"), "Environment variables"; astral-sh/uv: crates/uv/src/commands/project/run.rs,
//! which goes on with a warning where it may not lock the environment. What these files say was tried with uv 0.13.

use toml_edit::{Item, Table, Value};

use crate::ecosystems::{
    python::pyproject::{self, Pyproject, lookup},
    runners::Synced,
};

/// Options with which a sync leaves out what a run installs, or installs it in another way.
const PARTIAL: [&str; 12] = [
    "--check",
    "--dry-run",
    "--no-default-groups",
    "--no-editable",
    "--no-group",
    "--no-install-local",
    "--no-install-package",
    "--no-install-workspace",
    "--only-dev",
    "--only-group",
    "--package",
    "--script",
];

/// The options of a run with which it asks for nothing else than a sync.
const PLAIN: [&str; 10] = [
    "--frozen",
    "--locked",
    "--no-dev",
    "--no-progress",
    "--no-sync",
    "--offline",
    "--quiet",
    "--verbose",
    "-q",
    "-v",
];

/// What a manifest says that is not looked into.
const OTHERS: [&[&str]; 5] = [
    &["project", "dynamic"],
    &["tool", "uv", "cache-keys"],
    &["tool", "uv", "default-groups"],
    &["tool", "uv", "sources"],
    &["tool", "uv", "workspace"],
];

/// Whether a run finds the environment up to date that a sync has brought.
pub(super) fn is_current(synced: &Synced<'_>) -> bool {
    let Synced { sync, run, manifest, lock, is_set, is_last } = synced;
    let asks = |it: &str| run.iter().flatten().any(|word| word == it);
    let has = |name: &str, variable: &str| sync.has(&[name]) || is_set(variable);
    let leaves_out = |it: &str| PARTIAL.iter().any(|option| it.split('=').next() == Some(option));
    // The program's own words come after these.
    let is_plain =
        |it: &Option<String>| it.as_deref().is_some_and(|it| it == "run" || PLAIN.contains(&it));
    if sync.texts().any(leaves_out) || !run.iter().skip(1).all(is_plain) || is_set("UV_CACHE_DIR") {
        return false;
    }
    let (Ok(package), Ok(document)) = (Pyproject::read(manifest), pyproject::document(manifest))
    else {
        return false;
    };
    let at = |path: &[&str]| lookup(document.as_item(), path);
    if OTHERS.iter().any(|it| at(it).is_some()) || !package.paths.is_empty() {
        return false;
    }
    if package.is_uv_package && (!is_last || sync.has(&["--no-install-project"])) {
        return false;
    }
    let has_dev =
        at(&["dependency-groups"]).is_some() || at(&["tool", "uv", "dev-dependencies"]).is_some();
    if has_dev && has("--no-dev", "UV_NO_DEV") && !(asks("--no-dev") || is_set("UV_NO_DEV")) {
        return false;
    }
    let is_unchecked = has("--frozen", "UV_FROZEN");
    let stays = asks("--frozen") || asks("--locked") || is_set("UV_FROZEN");
    !is_unchecked || stays || is_locked(document.as_item(), lock)
}

/// Whether a lock has what a manifest depends on, so that nothing locks anew: the lock says for the project what its
/// manifest asked for when it was locked.
fn is_locked(manifest: &Item, lock: &str) -> bool {
    let Ok(lock) = pyproject::document(lock) else { return false };
    let packages = lock.get("package").and_then(Item::as_array_of_tables);
    let is_own = |it: &&Table| {
        let source = it.get("source").and_then(Item::as_table_like);
        let mut folders = ["virtual", "editable"].iter().filter_map(|it| source?.get(it)?.as_str());
        folders.any(|it| it == ".")
    };
    let own = packages.into_iter().flatten().find(is_own);
    let own = own.and_then(|it| it.get("metadata")?.get("requires-dist")?.as_array());
    let locked = own.into_iter().flatten().filter_map(|it| {
        let it = it.as_inline_table()?;
        let text = |key: &str| it.get(key).map_or(Some(""), |it| it.as_str());
        Some(Wanted { name: text("name")?.to_owned(), versions: versions(text("specifier")?) })
    });
    let locked: Vec<Wanted> = locked.collect();
    let wanted = lookup(manifest, &["project", "dependencies"]).and_then(Item::as_array);
    let is_in = |it: &Value| it.as_str().is_some_and(|it| locked.contains(&Wanted::of(it)));
    wanted.is_some_and(|it| it.iter().all(is_in))
}

/// A distribution that a project asks for: its name as it is compared ("Names and normalization" of
/// packaging.python.org), and the versions that will do, in an order of their own.
#[derive(PartialEq, Eq)]
struct Wanted {
    name: String,
    versions: Vec<String>,
}

impl Wanted {
    /// What a requirement asks for, whatever it says of extras and of the machines that it is for.
    fn of(requirement: &str) -> Self {
        let it = requirement.split(';').next().unwrap_or(requirement);
        let end = it.find(|it: char| !it.is_ascii_alphanumeric() && !"-_.".contains(it));
        let (name, rest) = it.split_at(end.unwrap_or(it.len()));
        let name = name.trim().to_lowercase().replace(['_', '.'], "-");
        Self { name, versions: versions(rest.split(']').next_back().unwrap_or(rest)) }
    }
}

/// The parts of a specifier such as `>=1, <2`.
fn versions(specifier: &str) -> Vec<String> {
    let parts = specifier.trim().trim_matches(['(', ')']).split(',').map(|it| it.replace(' ', ""));
    let mut parts: Vec<String> = parts.filter(|it| !it.is_empty()).collect();
    parts.sort_unstable();
    parts
}

#[cfg(test)]
mod tests {
    use super::{is_locked, pyproject};

    fn is_locked_by(lock: &str, dependencies: &str) -> bool {
        let manifest = format!("[project]\ndependencies = [{dependencies}]\n");
        is_locked(pyproject::document(&manifest).unwrap().as_item(), lock)
    }

    #[test]
    fn a_lock_names_what_a_manifest_does() {
        let lock = r#"
            [[package]]
            name = "other"
            source = { registry = "https://pypi.org/simple" }
            [package.metadata]
            requires-dist = [{ name = "other" }]

            [[package]]
            name = "shop"
            source = { editable = "." }
            [package.metadata]
            requires-dist = [
                { name = "attrs" },
                { name = "six", specifier = ">=1,<2" },
                { name = "u-v", extras = ["a"], specifier = "==3" },
            ]"#;
        for it in
            ["", "'six <2, >= 1', \"attrs\", 'U_v[a]==3'", "'six (>=1,<2); os_name == \"nt\"'"]
        {
            assert!(is_locked_by(lock, it), "{it}");
        }
        for it in
            ["'six>=2'", "'attrs>=1'", "'other'", "'attrs @ git+https://example.org/attrs'", "1"]
        {
            assert!(!is_locked_by(lock, it), "{it}");
        }
        assert!(!is_locked_by("no lock", ""));
    }
}
