//! Images of frontends, which read Dockerfiles: `# syntax=docker/dockerfile:1`.

use crate::dockerfile::image::ImageRef;

/// The repositories of BuildKit's own frontend; a mirror may put a name before them.
const OWN: [&str; 2] = ["docker/dockerfile", "docker/dockerfile-upstream"];

/// Whether a frontend, as `# syntax=` names it, knows cache mounts; `None` if that is not known.
///
/// They came with 1.2; before that, the frontends tagged `experimental` had them.
pub fn knows_cache_mounts(frontend: &str) -> Option<bool> {
    let image = ImageRef::parse(frontend.split_whitespace().next()?);
    if !OWN.iter().any(|it| image.repository.ends_with(it)) {
        return None;
    }
    let tag = image.tag.unwrap_or("latest").trim_start_matches('v');
    if tag.ends_with("experimental") {
        return Some(true);
    }
    let mut parts = tag.split(['.', '-']);
    match (parts.next()?, parts.next().and_then(|it| it.parse::<u32>().ok())) {
        ("1", Some(minor)) => Some(minor >= 2),
        ("0", _) => Some(false),
        _ => Some(true),
    }
}

/// Whether a frontend is a release that knows cache mounts, none of the `experimental` ones.
pub fn is_released_with_cache_mounts(frontend: &str) -> bool {
    knows_cache_mounts(frontend) == Some(true) && !frontend.contains("experimental")
}
