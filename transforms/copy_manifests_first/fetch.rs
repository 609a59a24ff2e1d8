//! A step that fetches what an install downloads, where the install itself needs the source.

use super::{Deferral, Kept};
use crate::{
    dockerfile::{Keyword, variables::mentions},
    ecosystems::{self, CacheKind, Install, Manager, Source},
    project::{
        Project,
        change::{Alteration, Change, Safety},
    },
    run::{CallSite, Run, independence::Role, parts::Texts},
    shell::one_line,
    text::{ImagePath, Refusal, count::listed},
};

/// An install whose downloads are fetched first.
pub(super) struct Fetch<'r> {
    /// Its index among the commands of its RUN.
    command: usize,
    install: &'r Install,
    /// The script of the step.
    script: String,
}

impl Deferral<'_> {
    /// The install of a RUN whose downloads can be fetched by a step before the source; `None` if the RUN
    /// installs something before the source anyway, or waits for it because of something else.
    ///
    /// # Errors
    /// A decline's code and reason, when the step may not do what it is for.
    pub(super) fn fetch<'r>(
        &self,
        run: &Run<'_>,
        roles: &'r [Role],
    ) -> Result<Option<Fetch<'r>>, Refusal> {
        let first = roles.iter().position(|it| matches!(it, Role::Install(_) | Role::MayRead));
        let Some((command, Role::Install(install))) = first.map(|it| (it, &roles[it])) else {
            return Ok(None);
        };
        let Source::Fetch { commands } = &install.source else { return Ok(None) };
        let refuse = |reason: String| Err(Refusal::new("no-fetch", reason));
        let text = |at: usize| one_line(run.said(&run.script.commands()[at].span));
        let Some((site, manager)) = call(run, command) else { return Ok(None) };
        if !run.script.commands()[command].runs_always() {
            return refuse(format!("`{}` may not run at all", text(command)));
        }
        let enters = |at: usize| run.script.commands()[at].program() == Some("cd");
        if let Some(before) = (0..command).find(|it| !enters(*it)) {
            return refuse(format!("`{}` comes first, and the download may need it", text(before)));
        }
        if let Some((line, store)) = self.store_copied(run, site, manager) {
            return refuse(format!(
                "{line} copies packages to {store}, so little is left to download"
            ));
        }
        if !self.site.has_program(self.stage, run.item, manager) {
            return refuse(format!("nothing shows that {} is there before its RUN", manager.title));
        }
        let Some(directory) = &site.directory else { return Ok(None) };
        let mut steps: Vec<String> = commands.iter().map(|it| it.join(" ")).collect();
        let workdir = run.state.workdir.as_ref().filter(|it| *it != directory);
        if run.state.workdir.is_none() || workdir.is_some() {
            let inner = workdir.and_then(|it| directory.strip_prefix(it));
            steps.insert(0, format!("cd {}", inner.unwrap_or(directory.as_str())));
        }
        Ok(Some(Fetch { command, install, script: steps.join(" && ") }))
    }

    /// The ARGs between the COPYs that move and a RUN that nothing but the RUN itself names: above the download, each
    /// other value of one would repeat it.
    fn arguments(&self, run: &Run<'_>, fetch: &Fetch<'_>) -> Vec<usize> {
        let dockerfile = self.site.dockerfile;
        let between = self
            .stage
            .instructions()
            .filter(|it| self.moved[0] < it.0 && it.0 < run.item && !self.moved.contains(&it.0));
        let between: Vec<_> = between.collect();
        let is_own = |item: usize, name: &str| {
            let mut others = between.iter().filter(|it| it.0 != item);
            mentions(dockerfile.text(run.item), name)
                && !mentions(&fetch.script, name)
                && !others.any(|it| mentions(dockerfile.text(it.0), name))
        };
        let arguments = between.iter().filter(|it| it.2.keyword == Keyword::Arg);
        let own = arguments.filter(|it| it.2.pairs().iter().all(|pair| is_own(it.0, &pair.name)));
        own.map(|it| it.0).collect()
    }

    /// A COPY before a RUN that brings what the manager would download, from another stage or image: its line, and
    /// where it copies to.
    fn store_copied(
        &self,
        run: &Run<'_>,
        site: &CallSite,
        manager: &Manager,
    ) -> Option<(String, ImagePath)> {
        let all = manager.cachings(&site.call, &run.at(site));
        let stores = all.into_iter().filter(|it| it.cache.kind == CacheKind::Store);
        let stores: Vec<ImagePath> = stores.filter_map(|it| Some(it.location?.root)).collect();
        self.layers.before(self.stage.index, run.item).find_map(|layer| {
            let place = layer.destination.as_ref().filter(|_| layer.copy.is_err())?;
            let is_near = |it: &ImagePath| it.is_within(place) || place.is_within(it);
            let is_it = !place.is_root() && stores.iter().any(is_near);
            is_it.then(|| (self.site.line(layer.item), place.clone()))
        })
    }

    /// The change that fetches first.
    ///
    /// # Errors
    /// A decline's code and reason, when the COPYs cannot come after the step.
    pub(super) fn fetch_first(
        &mut self,
        project: &Project,
        run: &Run<'_>,
        fetch: &Fetch<'_>,
    ) -> Result<Change, Refusal> {
        self.clear(project, run, &|path| fetch.install.files().any(|it| it.0 == path), false)?;
        let kept = self.kept(run, &[fetch.install])?;
        self.folders(project, run, &kept, fetch.command + 1)?;
        self.gains(project, run)?;
        self.moved.extend(self.arguments(run, fetch));
        self.moved.sort_unstable();
        let it = run.instruction;
        let keyword = self.site.dockerfile.keyword(Keyword::Run.as_str());
        let flags = it.flags.iter().map(|flag| &it.logical.text[flag.range.clone()]);
        let words: Vec<&str> =
            [keyword.as_str()].into_iter().chain(flags).chain([fetch.script.as_str()]).collect();
        let whole = self.site.dockerfile.text(run.item).to_owned();
        let texts = Texts {
            head: Some(words.join(" ")),
            after: Some(whole),
            is_added: true,
            ..Texts::default()
        };
        let edits = self.edits(run, &kept, &texts);
        let title = title(&kept, &fetch.script);
        let reason = "it downloads what the install needs and reads nothing else of the source, so an edit of \
                      the source keeps its layer";
        let change = self.site.change(run.item, Safety::Safe, title, reason.to_owned(), edits);
        let alters = vec![Alteration::Order, Alteration::Fetch(fetch.script.clone())];
        Ok(Change { alters, ..change })
    }
}

/// The call of a manager that a command of a RUN is.
fn call<'r>(run: &'r Run<'_>, command: usize) -> Option<(&'r CallSite, &'static Manager)> {
    let site = run.call_of(command)?;
    Some((site, ecosystems::manager(&site.call)?))
}

fn title(kept: &Kept, script: &str) -> String {
    let files: Vec<&str> = kept.values().flatten().map(|it| it.0.file_name()).collect();
    match files.as_slice() {
        [] => format!("Run `{script}` before copying the source"),
        files => {
            format!("Copy {} and run `{script}` before copying the source", listed(files))
        }
    }
}
