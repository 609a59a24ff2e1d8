//! Moving the COPYs of source behind a RUN that does not need them.

mod kept;
mod source;
mod texts;

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    dockerfile::{
        Keyword,
        stage::{Stage, absolute, mentions},
    },
    independence::{Role, role},
    packages::{self, At, Refusal},
    path::RepoPath,
    project::{
        Project,
        copies::{CopyIn, Opaque, below},
        layers::{Layer, Layers},
    },
    run::{CallSite, Run, Site},
};

/// A RUN, and the COPYs of source before it that are to come after it.
pub struct Deferral<'a> {
    site: &'a Site<'a>,
    stage: &'a Stage<'a>,
    layers: Layers<'a>,
    /// The items of the COPYs that move, in order.
    pub moved: Vec<usize>,
}

/// The files that each COPY that moves must leave behind: the file, and its path in the image.
pub type Kept = BTreeMap<usize, Vec<(RepoPath, String)>>;

impl<'a> Deferral<'a> {
    /// The COPYs of source in a stage before an item; `None` when there are none.
    ///
    /// # Errors
    /// A decline's code and reason, when what they bring is not known.
    pub fn before(
        project: &'a Project,
        site: &'a Site<'a>,
        stage: &'a Stage<'a>,
        item: usize,
    ) -> Result<Option<Self>, Refusal> {
        let copies = stage.instructions().take_while(|it| it.0 < item);
        if !copies.into_iter().any(|it| source::seems_to_copy_source(it.2)) {
            return Ok(None);
        }
        let folder = Layers::context(project, site.path)?;
        let layers = Layers::read(project, site, stage, folder);
        let mut moved = Vec::new();
        for layer in layers.copies.iter().filter(|it| it.stage == stage.index && it.item < item) {
            let line = site.place(layer.item).line;
            match &layer.copy {
                Ok(copy) if source::brings_source(copy, project) => moved.push(layer.item),
                Err(Opaque::Missing(source)) => {
                    let reason =
                        format!("line {line} copies {source}, which is not in the build context");
                    return Err(("source-missing", reason));
                }
                Err(Opaque::UnknownVariable) => {
                    let reason = format!(
                        "what line {line} copies depends on a variable without a known value"
                    );
                    return Err(("unknown-variable", reason));
                }
                Ok(_) | Err(Opaque::OtherStage | Opaque::NotOfContext) => {}
            }
        }
        Ok((!moved.is_empty()).then_some(Self { site, stage, layers, moved }))
    }

    /// The text of the file that a COPY put at a path of the image before an item.
    pub fn text(&self, project: &Project, item: usize, path: &str) -> Option<Arc<str>> {
        let (_, file) = self.layers.provider(self.stage.index, item, path)?;
        project.file(file.as_str()).map(|it| it.text.clone())
    }

    fn moves(&self, layer: &Layer) -> bool {
        layer.stage == self.stage.index && self.moved.contains(&layer.item)
    }

    fn copies(&self, until: usize) -> impl Iterator<Item = &CopyIn> {
        let moves = move |it: &&Layer| it.item < until && self.moves(it);
        self.layers.copies.iter().filter(moves).filter_map(|it| it.copy.as_ref().ok())
    }

    /// Whether a COPY that moves puts something at a path of the image or below it.
    pub fn brings(&self, until: usize, path: &str) -> bool {
        self.copies(until).any(|it| it.reaches(path, &self.layers.sent))
    }

    /// Whether the COPYs can move past everything between them and the RUN.
    ///
    /// # Errors
    /// A decline's code and reason: what stands in the way.
    pub fn clear(&mut self, project: &Project, run: &Run<'_>) -> Result<(), Refusal> {
        let first = self.moved[0];
        for layer in self.layers.copies.iter().filter(|it| self.moved.contains(&it.item)) {
            self.ordinary_place(layer, run)?;
        }
        for (item, _, it) in self.stage.instructions().filter(|it| first < it.0 && it.0 < run.item)
        {
            let line = self.site.place(item).line;
            let stop = |code, what: &str| Err((code, format!("line {line} {what}")));
            match it.keyword {
                Keyword::Run => {
                    if self.is_second_step(project, item) {
                        self.moved.push(item);
                        self.moved.sort_unstable();
                    } else if let Some(command) = self.reader(project, item) {
                        return stop("reads-source", &format!("may read the source: `{command}`"));
                    }
                }
                Keyword::Copy | Keyword::Add
                    if !self.moved.contains(&item) && self.overlaps(item) =>
                {
                    return stop(
                        "overlapping-copy",
                        "copies to the same place, so the order matters",
                    );
                }
                Keyword::Env | Keyword::Arg => {
                    let names: Vec<String> = it.pairs().into_iter().map(|it| it.name).collect();
                    let uses = |at: &usize| {
                        names.iter().any(|it| mentions(self.site.dockerfile.text(*at), it))
                    };
                    if self.moved.iter().filter(|at| **at < item).any(uses) {
                        return stop(
                            "unknown-variable",
                            "sets a variable that the COPY before it uses",
                        );
                    }
                }
                Keyword::Volume => {
                    return stop("volume", "makes a volume, after which files may be lost");
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether a RUN repeats an install that stands before the COPYs, now that the source is there.
    fn is_second_step(&self, project: &Project, item: usize) -> bool {
        let Ok(run) = self.site.run(self.stage, item) else { return false };
        let roles = self.roles(project, &run);
        let installs =
            |it: &Role| matches!(it, Role::Install(it) if it.source != packages::Source::Nothing);
        let harmless = |it: &Role| installs(it) || matches!(it, Role::Shell | Role::Independent);
        roles.iter().any(installs) && roles.iter().all(harmless) && self.repeats(&run, &roles)
    }

    /// Whether every install of a RUN was made before the COPYs already: by the same manager in the same
    /// folder, from the same manifests unless what is left here needs the source.
    pub fn repeats(&self, run: &Run<'_>, roles: &[Role]) -> bool {
        let words = packages::programs();
        let earlier = self.site.runs(self.stage, &words).filter(|it| *it < self.moved[0]);
        let earlier: Vec<_> = earlier.filter_map(|it| self.site.run(self.stage, it).ok()).collect();
        let installed = |run: &Run<'_>, site: &CallSite| {
            let install = (packages::manager(&site.call)?.install)(&site.call, &run.at(site))?;
            Some((site.call.program.clone(), site.directory.clone(), install))
        };
        let installed: Vec<_> = earlier
            .iter()
            .flat_map(|run| run.calls().iter().filter_map(|it| installed(run, it)))
            .collect();
        let mut installs = roles.iter().enumerate().filter_map(|(index, it)| match it {
            Role::Install(install) => {
                Some((run.calls().iter().find(|it| it.command == index)?, install))
            }
            _ => None,
        });
        installs.all(|(site, install)| {
            installed.iter().any(|(program, directory, earlier)| {
                let reads = || install.reads.iter().all(|it| earlier.reads.contains(it));
                *program == site.call.program
                    && (reads()
                        || (install.source != packages::Source::Nothing
                            && *directory == site.directory))
            })
        })
    }

    /// The first command of a RUN that may read what moves; `None` when there is none.
    fn reader(&self, project: &Project, item: usize) -> Option<String> {
        let Ok(run) = self.site.run(self.stage, item) else {
            return Some(shortened(self.site.dockerfile.text(item)));
        };
        let roles = self.roles(project, &run);
        let reads = |it: &Role| matches!(it, Role::MayRead | Role::Install(_));
        let found = roles.iter().position(reads).map(|it| &run.script.commands()[it]);
        found.map(|it| shortened(run.text(it.span.clone())))
    }

    /// What each command of a RUN has to do with the COPYs that move.
    pub fn roles(&self, project: &Project, run: &Run<'_>) -> Vec<Role> {
        let text = |path: &str| self.text(project, run.item, path);
        let brings = |path: &str| self.brings(run.item, path);
        let commands = run.script.commands().iter().enumerate();
        let one = |(index, command)| {
            let site = run.calls().iter().find(|it| it.command == index);
            let directory = run.directory(command);
            let version =
                || self.site.installed(self.stage, run.item, &site.as_ref()?.call.program);
            let (state, version) = (&run.state, &version);
            let at = At { state, directory: directory.as_deref(), text: &text, version };
            let found = role(command, site, &at, &brings);
            // A folder that only a COPY makes is not there yet.
            let elsewhere =
                directory != run.state.workdir && directory.is_none_or(|it| brings(&it));
            match found {
                Role::Independent if elsewhere => Role::MayRead,
                found => found,
            }
        };
        commands.map(one).collect()
    }

    /// A COPY that configures the system may change what an install does.
    fn ordinary_place(&self, layer: &Layer, run: &Run<'_>) -> Result<(), Refusal> {
        let Ok(copy) = &layer.copy else { return Ok(()) };
        let place = copy.destination.as_str();
        let system = ["/etc", "/usr", "/bin", "/sbin", "/lib", "/root", "/var", "/home"];
        let exempt = [
            "/usr/src",
            "/usr/app",
            "/usr/local/app",
            "/usr/local/src",
            "/var/www",
            "/var/task",
            "/var/app",
        ];
        let inside = |all: &[&str]| all.iter().any(|it| below(place, it).is_some());
        let work = run.state.workdir.as_deref().filter(|it| *it != "/");
        let at_work = work.is_some_and(|it| below(place, it).is_some());
        let deep = below(place, "/home").is_some_and(|it| it.split('/').count() > 1)
            || below(place, "/root").is_some_and(|it| !it.is_empty() && !it.starts_with('.'));
        if inside(&system) && !inside(&exempt) && !at_work && !deep {
            let line = self.site.place(layer.item).line;
            return Err((
                "system-files",
                format!("line {line} copies to {place}, where it may configure the install"),
            ));
        }
        Ok(())
    }

    fn overlaps(&self, item: usize) -> bool {
        let Some(other) = self.layers.copies.iter().find(|it| it.item == item) else { return true };
        let Some(place) = other.destination.as_deref() else { return true };
        let sent = &self.layers.sent;
        match &other.copy {
            Ok(other) if other.sources.iter().all(|it| !it.is_folder) => {
                other.sources.iter().any(|source| {
                    let path = match other.into {
                        true => absolute(&other.destination, source.path.file_name()),
                        false => other.destination.clone(),
                    };
                    // The same file at the same place is no conflict.
                    self.copies(item)
                        .any(|it| it.may_provide(&path, sent).is_some_and(|it| it != source.path))
                })
            }
            _ => self
                .copies(item)
                .any(|it| it.reaches(place, sent) || below(&it.destination, place).is_some()),
        }
    }
}

fn shortened(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(60) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}
