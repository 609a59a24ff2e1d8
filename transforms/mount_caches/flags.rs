//! The mounts as flags of a RUN.

use super::{Caches, Use};
use crate::{
    ecosystems::{
        self,
        images::{self, Family},
    },
    text::ImagePath,
};

impl Caches<'_> {
    /// The flags that mount what is not mounted.
    pub fn flags(&self) -> Vec<String> {
        let image = self.run.state.image.as_deref().map(images::named);
        let alpine = image.is_some_and(|it| it.family() == Family::Alpine);
        let flag = |folder: &ImagePath| {
            let owner = self.uses.iter().find(|it| it.caching.folders().contains(folder));
            // A wheel built for musl is named like one for glibc, so the two must not share.
            let id = owner.filter(|it| alpine && !it.caching.cache.portable);
            let id = id.and_then(|it| Some(format!("id={}-alpine,", it.name_of(folder)?)));
            let id = id.unwrap_or_default();
            let sharing = match owner {
                Some(it) if it.caching.exclusive => ",sharing=locked",
                _ => "",
            };
            format!("--mount=type=cache,{id}target={folder}{sharing}")
        };
        self.unmounted().into_iter().map(flag).collect()
    }
}

impl Use<'_> {
    /// What a folder of its cache is called: after the manager, and after the part if there are several.
    fn name_of(&self, folder: &ImagePath) -> Option<String> {
        let manager = ecosystems::manager(&self.site.call)?;
        let root = &self.caching.location.as_ref()?.root;
        let own = root.file_name();
        let mut name = match manager.cache.len() {
            1 => manager.name.to_owned(),
            _ if own.starts_with(manager.name) => own.to_owned(),
            _ => format!("{}-{own}", manager.name),
        };
        if folder != root {
            name = format!("{name}-{}", folder.file_name());
        }
        Some(name)
    }
}
