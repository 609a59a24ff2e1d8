//! When `uv run` finds the environment of a project as it wants it, so that it writes nothing but its cache.
//!
//! docs.astral.sh/uv: "Locking and syncing" ("Automatic lock and sync", "Syncing development dependencies"),
//! "Configuring projects" ("Build systems"), "Environment variables"; astral-sh/uv: crates/uv/src/commands/project/run.rs,
//! which goes on with a warning where it may not lock the environment. What these files say was tried with uv 0.13.

use crate::ecosystems::runners::Synced;

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
const OTHERS: [&str; 5] = ["cache-keys", "default-groups", "dynamic", "workspace", "{ path"];

/// Whether a run finds the environment up to date that a sync has brought.
pub(super) fn is_current(synced: &Synced<'_>) -> bool {
    let Synced { sync, run, manifest, lock, is_set, is_last } = synced;
    let asks = |it: &str| run.iter().flatten().any(|word| word == it);
    let has = |name: &str, variable: &str| sync.has(&[name]) || is_set(variable);
    let leaves_out = |it: &str| PARTIAL.iter().any(|option| it.split('=').next() == Some(option));
    // The program's own words come after these.
    let is_plain =
        |it: &Option<String>| it.as_deref().is_some_and(|it| it == "run" || PLAIN.contains(&it));
    if sync.texts().any(leaves_out)
        || !run.iter().skip(1).all(is_plain)
        || OTHERS.iter().any(|it| manifest.contains(it))
        || is_set("UV_CACHE_DIR")
    {
        return false;
    }
    let is_package = manifest.contains("[build-system]") || manifest.contains("package = true");
    if is_package && (!is_last || sync.has(&["--no-install-project"])) {
        return false;
    }
    let has_dev = manifest.contains("dependency-groups") || manifest.contains("dev-dependencies");
    if has_dev && has("--no-dev", "UV_NO_DEV") && !(asks("--no-dev") || is_set("UV_NO_DEV")) {
        return false;
    }
    let is_unchecked = has("--frozen", "UV_FROZEN");
    let stays = asks("--frozen") || asks("--locked") || is_set("UV_FROZEN");
    !is_unchecked || stays || is_locked(manifest, lock)
}

/// Whether a lock has what a manifest depends on, so that nothing locks anew.
fn is_locked(manifest: &str, lock: &str) -> bool {
    let Some((_, rest)) = manifest.split_once("\ndependencies = [") else { return false };
    // The end of the list is the first bracket that is in no text.
    let mut parts = rest.split('"').enumerate().map(|(at, it)| (at % 2 == 1, it));
    let mut named =
        std::iter::from_fn(|| parts.next()).take_while(|it| it.0 || !it.1.contains(']'));
    named.all(|(is_text, it)| {
        if !is_text {
            return true;
        }
        let it = it.split(';').next().unwrap_or(it);
        let end = it.find(|it: char| !it.is_ascii_alphanumeric() && !"-_.".contains(it));
        let (name, rest) = it.split_at(end.unwrap_or(it.len()));
        let name = name.trim().to_lowercase().replace(['_', '.'], "-");
        let version: String = rest.split(']').next_back().unwrap_or(rest).replace(' ', "");
        let mark = format!("{{ name = \"{name}\"");
        let mut found = lock.split(mark.as_str()).skip(1);
        found.any(|it| {
            let it = it.split('}').next().unwrap_or(it);
            match version.is_empty() {
                true => !it.contains("specifier"),
                false => it.contains(&format!("specifier = \"{version}\"")),
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::is_locked;

    #[test]
    fn a_lock_names_what_a_manifest_does() {
        let lock = "requires-dist = [\n    { name = \"six\", specifier = \">=1,<2\" },\n    { name = \"attrs\" },\n    { name = \"u-v\", extras = [\"a\"], specifier = \"==3\" },\n]";
        let manifest = |it: &str| format!("[project]\ndependencies = [{it}]\n");
        assert!(is_locked(&manifest("\"six >=1, <2\", \"attrs\", \"U_v[a]==3\""), lock));
        for it in ["\"six>=2\"", "\"attrs>=1\"", "\"other\""] {
            assert!(!is_locked(&manifest(it), lock), "{it}");
        }
    }
}
