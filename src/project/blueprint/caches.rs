//! Mounts of package managers' caches, of which nothing is left in an image.

use std::collections::BTreeMap;

use super::Setting;

/// Folders that package managers cache in, wherever their home is: an image needs nothing of them.
const CACHES: &[&str] = &[
    "/.cache/pip",
    "/.cache/uv",
    "/.cache/pdm",
    "/.cache/pipenv",
    "/pypoetry/cache",
    "/pypoetry/artifacts",
    "/var/cache/apt",
    "/var/lib/apt",
    "/var/lib/apt/lists",
    "/var/cache/apk",
    "/.npm",
];

/// Variables that name such a folder, and what of it is one.
const NAMED_CACHES: &[(&str, &[&str])] = &[
    ("PIP_CACHE_DIR", &[""]),
    ("UV_CACHE_DIR", &[""]),
    ("PDM_CACHE_DIR", &[""]),
    ("PIPENV_CACHE_DIR", &[""]),
    ("POETRY_CACHE_DIR", &["/cache", "/artifacts"]),
    ("XDG_CACHE_HOME", &["/pip", "/uv", "/pdm", "/pipenv"]),
];

/// Whether a folder is such a cache where these variables are set.
pub(super) fn is_cache(folder: &str, variables: &BTreeMap<String, Setting>) -> bool {
    let folder = folder.trim_end_matches('/');
    let named = NAMED_CACHES.iter().any(|(name, parts)| {
        let value = variables.get(*name).map(|it| it.value.trim_end_matches('/'));
        let rest = value.and_then(|it| folder.strip_prefix(it));
        rest.is_some_and(|it| parts.contains(&it))
    });
    named || CACHES.iter().any(|it| folder.ends_with(it))
}
