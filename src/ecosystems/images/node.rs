//! Which Yarn the official images of Node bring.

use super::{Known, is_trusted};
use crate::ecosystems::version::Version;

/// The official images of Node.
const NODE: &str = "node";

/// The first releases of Node whose images bring Yarn 1.22.22; those before bring 1.22.19 or an older one, and so do the
/// images of releases of other numbers up to 21, whose support had ended.
///
/// github.com/nodejs/docker-node: the commits "feat: Node.js 20.14.0" (2024-05-28), "feat: Node.js 22.3.0" and "feat:
/// Node.js 18.20.5".
const NEWER: [[u32; 3]; 3] = [[18, 20, 5], [20, 14, 0], [22, 3, 0]];

/// The Yarn of the images before these; older ones differ in nothing that matters here.
const YARN: [u32; 3] = [1, 22, 19];

impl Known<'_> {
    /// The newest Yarn that the image may bring, if its tag says that this is one from before 1.22.20.
    pub fn old_yarn(&self) -> Option<Version> {
        let is_node = self.official == Some(NODE) && is_trusted(&self.image);
        let tag = self.image.tag.filter(|_| is_node)?;
        let number = tag.split('-').next()?;
        let parts: Vec<u32> = number.split('.').map_while(|it| it.parse().ok()).collect();
        let major = *parts.first()?;
        let is_old = match NEWER.iter().find(|it| it[0] == major) {
            // A tag with fewer numbers is that of the last release.
            Some(newer) => parts.as_slice() < &newer[..parts.len().min(newer.len())],
            None => major < 22,
        };
        is_old.then(|| Version::new(&YARN))
    }
}

#[cfg(test)]
mod tests {
    use crate::ecosystems::images::named;

    #[test]
    fn tags_tell_which_yarn_is_there() {
        let old = ["node:16", "node:16.14.0-alpine", "node:18.20.4", "node:20.13", "node:21-slim"];
        assert!(old.iter().all(|it| named(it).old_yarn().is_some()));
        let others = [
            "node",
            "node:lts",
            "node:18",
            "node:18.20",
            "node:20.14.0",
            "node:22",
            "node:24",
            "me/node:16",
        ];
        assert_eq!(others.iter().find(|it| named(it).old_yarn().is_some()), None);
    }
}
