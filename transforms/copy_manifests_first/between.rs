//! What stands between the COPYs that move and the RUN.

use super::Deferral;
use crate::{
    context::{
        copies::{self, CopyIn},
        layers::Layer,
    },
    dockerfile::{Keyword, stage::State, variables::mentions},
    ecosystems::{FETCHERS, Source, habits::is_setup, images},
    project::Project,
    run::{CallSite, Run, independence::Role},
    shell::{Command, is_shell},
    text::{ImagePath, Refusal},
};

impl Deferral<'_> {
    /// Whether the COPYs can move past everything between them and the RUN; `read` tells what its installs read.
    ///
    /// # Errors
    /// A decline's code and reason: what stands in the way.
    pub fn clear(
        &mut self,
        project: &Project,
        run: &Run<'_>,
        read: &dyn Fn(&ImagePath) -> bool,
        is_whole: bool,
    ) -> Result<(), Refusal> {
        let first = self.moved[0];
        for layer in self.layers.copies.iter().filter(|it| self.moved.contains(&it.item)) {
            self.ordinary_place(layer, run)?;
        }
        for (item, _, it) in self.stage.instructions().filter(|it| first < it.0 && it.0 < run.item)
        {
            let line = self.site.line(item);
            match it.keyword {
                Keyword::Run => {
                    if !is_whole && self.is_second_step(project, item, &run.state) {
                        self.moved.push(item);
                        self.moved.sort_unstable();
                    } else if let Some(command) = self.reader(project, item) {
                        let reason = format!("{line} may read the source: `{command}`");
                        return Err(Refusal::new("reads-source", reason));
                    }
                }
                Keyword::Copy | Keyword::Add
                    if !self.moved.contains(&item) && self.repeats_copy(item, read) =>
                {
                    self.moved.push(item);
                    self.moved.sort_unstable();
                }
                Keyword::Copy | Keyword::Add if self.rests_on_moved(item, read) => {
                    self.moved.push(item);
                    self.moved.sort_unstable();
                }
                Keyword::Copy | Keyword::Add
                    if !self.moved.contains(&item) && self.overlaps(item) =>
                {
                    let reason = format!("{line} copies to the same place, so the order matters");
                    return Err(Refusal::new("overlapping-copy", reason));
                }
                Keyword::Env | Keyword::Arg => {
                    let uses = |at: &usize| {
                        let text = self.site.dockerfile.text(*at);
                        it.pairs().iter().any(|it| mentions(text, &it.name))
                    };
                    if self.moved.iter().filter(|at| **at < item).any(uses) {
                        let reason = format!("{line} sets a variable that the COPY before it uses");
                        return Err(Refusal::new("unknown-variable", reason));
                    }
                }
                Keyword::Volume => {
                    let reason = format!("{line} makes a volume, after which files may be lost");
                    return Err(Refusal::new("volume", reason));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether a RUN repeats an install that stands before the COPYs, now that the source is there.
    ///
    /// It may come later only where the same holds: it would run in another folder, or as another user.
    fn is_second_step(&self, project: &Project, item: usize, later: &State) -> bool {
        let Ok(run) = self.site.run(self.stage, item) else { return false };
        let same = run.state.workdir == later.workdir
            && run.state.user == later.user
            && run.state.shell == later.shell
            && run.state.variables == later.variables;
        if !same {
            return false;
        }
        let roles = self.roles(project, &run);
        let installs = |it: &Role| matches!(it, Role::Install(it) if it.source != Source::Nothing);
        let harmless = |it: &Role| installs(it) || matches!(it, Role::Shell | Role::Independent);
        roles.iter().any(installs) && roles.iter().all(harmless) && self.repeats(&run, &roles)
    }

    /// The first command of a RUN that may read what moves; `None` when there is none.
    fn reader(&self, project: &Project, item: usize) -> Option<String> {
        let Ok(run) = self.site.run(self.stage, item) else {
            return Some(shortened(self.site.dockerfile.item_said(item)));
        };
        let roles = self.roles(project, &run);
        let reads = |it: &Role| matches!(it, Role::MayRead | Role::Install(_));
        let found = roles.iter().position(reads).map(|it| &run.script.commands()[it]);
        found.map(|it| shortened(run.said(&it.span)))
    }

    /// Whether a command removes something where a COPY that moves puts a folder: the project may not show that it is
    /// brought, as what git ignores, but whoever wrote that had a reason.
    pub(super) fn removes_brought(&self, run: &Run<'_>, site: &CallSite) -> bool {
        let at = run.at(site);
        let is_path = |it: &&str| {
            ["rm", "rmdir"].contains(&site.call.program.as_str()) && !it.starts_with('-')
        };
        site.call.texts().filter(is_path).filter_map(|it| at.path(it)).any(|path| {
            let is_in = |it: &CopyIn| !it.destination.is_root() && path.is_within(&it.destination);
            self.copies(run.item).any(|it| is_in(it) && it.sources.iter().any(|it| it.is_folder))
        })
    }

    /// A COPY that configures the system may change what an install does.
    fn ordinary_place(&self, layer: &Layer, run: &Run<'_>) -> Result<(), Refusal> {
        let Ok(copy) = &layer.copy else { return Ok(()) };
        let place = &copy.destination;
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
        let work = run.state.workdir.as_ref().filter(|it| !it.is_root());
        let at_work = work.is_some_and(|it| place.is_within(it));
        let deep = place.strip_fixed("/home").is_some_and(|it| it.split('/').count() > 1)
            || place.strip_fixed("/root").is_some_and(|it| !it.is_empty() && !it.starts_with('.'));
        let over = system.iter().filter_map(|it| ImagePath::new(it)).any(|it| {
            it != *place
                && it.is_within(place)
                && copy.may_provide(&it, &self.layers.sent).is_some()
        });
        let inside = place.is_within_fixed(&system) && !place.is_within_fixed(&exempt);
        // What lies here any program may read, also where the project chose to work there.
        let read = place.is_within_fixed(images::READ_BY_ALL);
        if over || (inside && !deep && (read || !at_work)) {
            let line = self.site.line(layer.item);
            return Err(Refusal::new(
                "system-files",
                format!("{line} copies to {place}, where it may configure the install"),
            ));
        }
        Ok(())
    }

    /// Whether a COPY brings only what those that move bring to the same place, and nothing that an install reads: it
    /// moves with them.
    fn repeats_copy(&self, item: usize, read: &dyn Fn(&ImagePath) -> bool) -> bool {
        let found = self.layers.copies.iter().find(|it| it.item == item);
        let Some(Ok(own)) = found.map(|it| &it.copy) else { return false };
        let sent = &self.layers.sent;
        own.sources.iter().all(|source| {
            let path = match own.into {
                true => own.destination.join(source.path.file_name()),
                false => own.destination.clone(),
            };
            let repeated = |it: &CopyIn| it.may_provide(&path, sent).as_ref() == Some(&source.path);
            !source.is_folder && !read(&path) && self.copies(item).any(repeated)
        })
    }

    /// Whether a COPY of a file, which no install reads, finds the folder that it copies into only because one that
    /// moves has made it: it moves with that one, or the file would get the name of the folder.
    fn rests_on_moved(&self, item: usize, read: &dyn Fn(&ImagePath) -> bool) -> bool {
        let Some(place) = self.moved_folder(item) else { return false };
        let found = self.layers.copies.iter().find(|it| it.item == item);
        let sources = found.and_then(|it| it.copy.as_ref().ok()).map(|it| &it.sources);
        let name = |it: &copies::Source| place.join(it.path.file_name());
        !self.moved.contains(&item)
            && sources.is_some_and(|it| it.iter().all(|it| !it.is_folder && !read(&name(it))))
    }

    /// The folder that a COPY of one file copies into without saying so, if one that moves makes it, and no WORKDIR does.
    fn moved_folder(&self, item: usize) -> Option<ImagePath> {
        let copy = self.stage.instructions().find(|it| it.0 == item)?.2.copy()?;
        let is_said = copy.sources.len() > 1 || copy.destination.text.ends_with(['/', '.']);
        let state = self.stage.state_before(item);
        let place = self.layers.copies.iter().find(|it| it.item == item)?.destination.clone()?;
        let is_made =
            is_said || place.is_root() || state.made.iter().any(|it| it.is_within(&place));
        let makes = |it: &CopyIn| it.destination.is_within(&place);
        (!is_made && self.copies(item).any(makes)).then_some(place)
    }

    fn overlaps(&self, item: usize) -> bool {
        let Some(other) = self.layers.copies.iter().find(|it| it.item == item) else { return true };
        let Some(place) = &other.destination else { return true };
        if self.moved_folder(item).is_some() {
            return true;
        }
        let sent = &self.layers.sent;
        match &other.copy {
            Ok(other) if other.sources.iter().all(|it| !it.is_folder) => {
                other.sources.iter().any(|source| {
                    let path = match other.into {
                        true => other.destination.join(source.path.file_name()),
                        false => other.destination.clone(),
                    };
                    // The same file at the same place is no conflict.
                    self.copies(item)
                        .any(|it| it.may_provide(&path, sent).is_some_and(|it| it != source.path))
                })
            }
            brought => self.copies(item).any(|it| {
                // What a stage made for a folder of the source may lie there on the machine that builds, too, and git
                // does not know it.
                let beside = place.parent().filter(|at| *at != it.destination);
                let inside = beside.and_then(|at| it.may_provide(&at, sent));
                let may_lie_there =
                    brought.is_err() && inside.is_some() && it.would_provide(place, sent).is_some();
                it.reaches(place, sent) || it.destination.is_within(place) || may_lie_there
            }),
        }
    }
}

/// Whether a shell gets its script from a download, of an address that is known to give the system a repository.
pub(super) fn runs_setup(run: &Run<'_>, command: &Command) -> bool {
    let is_first = |it: &&Command| it.pipeline == command.pipeline && it.position == 0;
    let fetches = |it: &Command| {
        it.program().is_some_and(|it| FETCHERS.contains(&it))
            && it.words.iter().filter_map(|it| it.value.as_deref()).any(is_setup)
    };
    command.position == 1
        && command.program().is_some_and(is_shell)
        && command.nested_script().is_none()
        && command.redirects.is_empty()
        && run.script.commands().iter().find(is_first).is_some_and(fetches)
}

fn shortened(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(60) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}
