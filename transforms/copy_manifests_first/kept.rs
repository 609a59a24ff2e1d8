//! What the COPYs that move must leave behind.

use super::{Deferral, Kept};
use crate::{
    context::{copies::Opaque, layers::Layer},
    ecosystems::Install,
    run::{CallSite, Run, independence::Role},
    text::{ImagePath, Refusal, RepoPath},
};

impl Deferral<'_> {
    /// What an install reads of the COPYs that move, by COPY.
    ///
    /// # Errors
    /// A decline's code and reason: a file that is not found, or that the COPY would overwrite.
    pub fn kept(&self, run: &Run<'_>, installs: &[&Install]) -> Result<Kept, Refusal> {
        let mut kept = Kept::new();
        for (path, required) in installs.iter().flat_map(|it| it.files()) {
            if self.mounted(run, path).is_some() {
                continue;
            }
            let made = self.makes(run, path);
            let provider = self.layers.provider(self.stage.index, run.item, path);
            match provider {
                Some((layer, _)) if made && self.moves(layer) => {
                    return Err(Refusal::new(
                        "overwrites-install",
                        format!("{path} is made by a command and copied, too"),
                    ));
                }
                Some((layer, file)) if self.moves(layer) => {
                    // A COPY that stays may bring the same file already.
                    let mut others =
                        self.layers.before(self.stage.index, run.item).filter(|it| !self.moves(it));
                    let brings =
                        |it: &Layer| it.copy.as_ref().ok()?.provides(path, &self.layers.sent);
                    if others.any(|it| brings(it).as_ref() == Some(&file)) {
                        continue;
                    }
                    let files = kept.entry(layer.item).or_default();
                    if !files.iter().any(|it| it.0 == file) {
                        files.push((file, path.to_owned()));
                    }
                }
                Some(_) => {}
                None if made || self.comes_from_elsewhere(run.item, path) => {}
                None if required => {
                    let reason =
                        format!("the install reads {path}, which is not in the build context");
                    return Err(Refusal::new("manifest-not-found", reason));
                }
                None => {
                    // What git ignores is sent where it exists: it is named so that it may be missing.
                    let moves = |it: &&Layer| self.moves(it) && it.item < run.item;
                    let found = self.layers.copies.iter().rev().filter(moves).find_map(|it| {
                        let copy = it.copy.as_ref().ok()?;
                        Some((it.item, copy.may_provide(path, &self.layers.sent)?))
                    });
                    if let Some((item, file)) = found {
                        kept.entry(item).or_default().push((file, path.to_owned()));
                    }
                }
            }
        }
        for path in installs.iter().flat_map(|it| &it.makes) {
            if self.copies(run.item).any(|it| it.destination.is_within(path)) {
                let reason = format!("it installs into {path}, where the source is copied to");
                return Err(Refusal::new("overwrites-install", reason));
            }
            let over = self.copies(run.item).find_map(|it| it.may_provide(path, &self.layers.sent));
            if let Some(over) = over {
                let reason = format!(
                    "copied after the install, {over} would take the place of what it makes; exclude it in .dockerignore"
                );
                return Err(Refusal::new("overwrites-install", reason));
            }
        }
        Ok(kept)
    }

    /// A folder that an install makes and that a COPY of source would lay over it, if whoever builds has one too: the
    /// project has none, and nothing keeps one from the builder.
    pub(super) fn may_cover(&self, run: &Run<'_>, installs: &[&Install]) -> Option<RepoPath> {
        let mut made = installs.iter().flat_map(|it| &it.makes);
        made.find_map(|path| {
            self.copies(run.item).find_map(|it| it.would_provide(path, &self.layers.sent))
        })
    }

    /// Whether a command before the install, in its RUN or an earlier one, writes a file.
    fn makes(&self, run: &Run<'_>, path: &ImagePath) -> bool {
        let earlier = self.site.runs(self.stage, &[""]).filter(|it| *it < run.item);
        let earlier: Vec<_> = earlier.filter_map(|it| self.site.run(self.stage, it).ok()).collect();
        earlier
            .iter()
            .chain([run])
            .any(|run| run.calls().iter().any(|site| writes(run, site, path)))
    }

    /// Whether a COPY before a RUN has put something at a path or below it.
    pub fn puts(&self, run: &Run<'_>, path: &ImagePath) -> bool {
        // `/tmp/*` is cleared by its folder.
        let folder = match path.file_name().contains(['*', '?']) {
            true => path.parent().unwrap_or_default(),
            false => path.clone(),
        };
        let near = |it: &ImagePath| it.is_within(&folder) || folder.is_within(it);
        self.layers.before(self.stage.index, run.item).any(|it| match (&it.copy, &it.destination) {
            (Ok(copy), _) => copy.reaches(&folder, &self.layers.sent),
            (Err(_), destination) => destination.as_ref().is_none_or(near),
        })
    }

    /// The file that an install must have and that may come from another stage or from the net, so that it is not
    /// known what it names.
    pub(super) fn list_from_elsewhere(&self, run: &Run<'_>, role: &Role) -> Option<String> {
        let Role::Install(install) = role else { return None };
        let mut needed = install.files().filter(|it| it.1).map(|it| it.0);
        let is_it = |it: &&ImagePath| {
            self.file(run, it).is_none() && self.comes_from_elsewhere(run.item, it)
        };
        needed.find(is_it).map(ToString::to_string)
    }

    /// Whether a file may come from another stage or from the net.
    fn comes_from_elsewhere(&self, item: usize, path: &ImagePath) -> bool {
        let covers = |it: &&Layer| {
            matches!(it.copy, Err(Opaque::OtherStage | Opaque::NotOfContext))
                && it.destination.as_ref().is_none_or(|it| path.is_within(it))
        };
        self.layers.before(self.stage.index, item).any(|it| covers(&it))
    }
}

fn writes(run: &Run<'_>, site: &CallSite, path: &ImagePath) -> bool {
    let at = run.at(site);
    let command = &run.script.commands()[site.command];
    let redirects = command
        .redirects
        .iter()
        .filter(|it| it.operator.starts_with('>'))
        .filter_map(|it| it.target.value.as_deref());
    let options =
        site.call.values(&["-o", "--output", "--output-file", "-O"]).into_iter().flatten();
    redirects.chain(options).any(|it| at.path(it).as_ref() == Some(path))
}
