//! Mounts of package managers' caches, of which nothing is left in an image.

use crate::{
    dockerfile::variables::Variables,
    ecosystems::{Cache, caches},
    text::ImagePath,
};

/// The caches that variables name, as far as these are set.
pub(crate) fn named_caches<'a>(
    value: impl Fn(&str) -> Option<&'a str>,
) -> impl Iterator<Item = String> {
    caches().flat_map(move |it| it.named(&value))
}

/// Whether a folder is such a cache where these variables are set.
pub(super) fn is_cache(folder: &str, variables: &Variables) -> bool {
    let folder = folder.trim_end_matches('/');
    // One folder has many names: `/srv//pip`, `/srv/x/../pip`.
    let place = ImagePath::new(folder);
    named_caches(|name| variables.text(name))
        .any(|it| it == folder || (place.is_some() && ImagePath::new(&it) == place))
        || caches().flat_map(Cache::endings).any(|it| folder.ends_with(&it))
}

/// The folders that the command lines of a RUN ask for as a cache: `--cache-dir /x`, `--cache-dir=/x`.
pub(super) fn asked_for(text: &str) -> impl Iterator<Item = &str> {
    let options: Vec<&str> = caches().flat_map(Cache::options).collect();
    let mut is_next = false;
    text.split_whitespace().filter_map(move |word| {
        if std::mem::replace(&mut is_next, options.contains(&word)) {
            return Some(word);
        }
        let (option, folder) = word.split_once('=')?;
        options.contains(&option).then_some(folder)
    })
}
