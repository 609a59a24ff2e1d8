//! The mounts as flags of a RUN.

use super::{Caches, Use};
use crate::{
    dockerfile::{Keyword, stage::Stage},
    ecosystems::{
        self,
        images::{self, Family},
        system::System,
    },
    run::Site,
    text::ImagePath,
};

impl Caches<'_> {
    /// The flags that mount what is not mounted.
    pub fn flags(&self, site: &Site<'_>, stage: &Stage<'_>) -> Vec<String> {
        let image = self.run.state.image.as_deref().map(images::named);
        let family = image.map_or(Family::Unknown, |it| it.family());
        // Of an image that is not known its package manager tells.
        let has_apk = || {
            stage.lineage(&site.stages).iter().any(|below| {
                let runs = below.instructions().filter(|it| it.2.keyword == Keyword::Run);
                let mut runs = runs.filter_map(|it| site.run(below, it.0).ok());
                runs.any(|it| {
                    it.calls().iter().any(|it| System::of(&it.call.program) == Some(System::Apk))
                })
            })
        };
        let alpine = family == Family::Alpine || (family == Family::Unknown && has_apk());
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
