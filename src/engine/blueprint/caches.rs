//! Mounts of package managers' caches, of which nothing is left in an image.

use crate::dockerfile::variables::Variables;

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

/// The caches that variables name, as far as these are set.
pub(crate) fn named_caches<'a>(
    value: impl Fn(&str) -> Option<&'a str>,
) -> impl Iterator<Item = String> {
    let set = NAMED_CACHES.iter().filter_map(move |(name, parts)| Some((value(name)?, *parts)));
    let set = set.map(|(value, parts)| (value.trim_end_matches('/'), parts));
    let named = set.filter(|it| !it.0.is_empty());
    named.flat_map(|(folder, parts)| parts.iter().map(move |part| format!("{folder}{part}")))
}

/// Whether a folder is such a cache where these variables are set.
pub(super) fn is_cache(folder: &str, variables: &Variables) -> bool {
    let folder = folder.trim_end_matches('/');
    named_caches(|name| variables.text(name)).any(|it| it == folder)
        || CACHES.iter().any(|it| folder.ends_with(it))
}
