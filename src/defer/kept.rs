//! What the COPYs that move must leave behind.

use super::{Deferral, Kept};
use crate::{
    packages::{Install, Refusal},
    project::{
        copies::{Opaque, below},
        layers::Layer,
    },
    run::{CallSite, Run},
};

impl Deferral<'_> {
    /// What an install reads of the COPYs that move, by COPY.
    ///
    /// # Errors
    /// A decline's code and reason: a file that is not found, or that the COPY would overwrite.
    pub fn kept(&self, run: &Run<'_>, installs: &[&Install]) -> Result<Kept, Refusal> {
        let mut kept = Kept::new();
        for read in installs.iter().flat_map(|it| &it.reads) {
            let made = self.makes(run, &read.path);
            let provider = self.layers.provider(self.stage.index, run.item, &read.path);
            match provider {
                Some((layer, _)) if made && self.moves(layer) => {
                    return Err((
                        "overwrites-install",
                        format!("{} is made by a command and copied, too", read.path),
                    ));
                }
                Some((layer, file)) if self.moves(layer) => {
                    // A COPY that stays may bring the same file already.
                    let mut others =
                        self.layers.before(self.stage.index, run.item).filter(|it| !self.moves(it));
                    let brings =
                        |it: &Layer| it.copy.as_ref().ok()?.provides(&read.path, &self.layers.sent);
                    if others.any(|it| brings(it).as_ref() == Some(&file)) {
                        continue;
                    }
                    let files = kept.entry(layer.item).or_default();
                    if !files.iter().any(|it| it.0 == file) {
                        files.push((file, read.path.clone()));
                    }
                }
                Some(_) => {}
                None if made
                    || !read.required
                    || self.comes_from_elsewhere(run.item, &read.path) => {}
                None => {
                    let reason = format!(
                        "the install reads {}, which is not in the build context",
                        read.path
                    );
                    return Err(("manifest-not-found", reason));
                }
            }
        }
        for path in installs.iter().flat_map(|it| &it.makes) {
            let over = self.copies(run.item).find_map(|it| it.may_provide(path, &self.layers.sent));
            if let Some(over) = over {
                let reason = format!(
                    "copied after the install, {over} would take the place of what it makes; exclude it in .dockerignore (write-dockerignore)"
                );
                return Err(("overwrites-install", reason));
            }
        }
        Ok(kept)
    }

    /// Whether a folder of the image is there without the COPYs that move.
    pub fn has_folder(&self, run: &Run<'_>, kept: &Kept, folder: &str) -> bool {
        let mut paths = kept.values().flatten().map(|it| it.1.as_str());
        let others = self
            .layers
            .before(self.stage.index, run.item)
            .filter(|it| !self.moved.contains(&it.item));
        folder == "/"
            || run.state.workdir.as_deref() == Some(folder)
            || run.state.made.iter().any(|it| below(it, folder).is_some())
            || paths.any(|it| below(it, folder).is_some())
            || others
                .filter_map(|it| it.destination.as_deref())
                .any(|it| below(it, folder).is_some() || below(folder, it).is_some())
    }

    /// Whether a command before the install, in its RUN or an earlier one, writes a file.
    fn makes(&self, run: &Run<'_>, path: &str) -> bool {
        let earlier = self.site.runs(self.stage, &[""]).filter(|it| *it < run.item);
        let earlier: Vec<_> = earlier.filter_map(|it| self.site.run(self.stage, it).ok()).collect();
        earlier
            .iter()
            .chain([run])
            .any(|run| run.calls().iter().any(|site| writes(run, site, path)))
    }

    /// Whether a file may come from another stage or from the net.
    fn comes_from_elsewhere(&self, item: usize, path: &str) -> bool {
        let covers = |it: &&Layer| {
            matches!(it.copy, Err(Opaque::OtherStage | Opaque::NotOfContext))
                && it.destination.as_deref().is_none_or(|it| below(path, it).is_some())
        };
        self.layers.before(self.stage.index, item).any(|it| covers(&it))
    }
}

fn writes(run: &Run<'_>, site: &CallSite, path: &str) -> bool {
    let at = run.at(site);
    let command = &run.script.commands()[site.command];
    let redirects = command
        .redirects
        .iter()
        .filter(|it| it.operator.starts_with('>'))
        .filter_map(|it| it.target.value.as_deref());
    let options =
        site.call.values(&["-o", "--output", "--output-file", "-O"]).into_iter().flatten();
    redirects.chain(options).any(|it| at.path(it).as_deref() == Some(path))
}
