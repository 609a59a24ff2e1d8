#![doc = include_str!("page.md")]

// Moving the COPYs of source behind a RUN that does not need them.

mod between;
mod fetch;
mod folders;
mod gain;
mod kept;
mod locks;
mod named;
mod repeated;
mod source;
mod texts;

use std::{cell::RefCell, collections::BTreeMap, fmt::Write as _, sync::Arc};

use crate::{
    context::{
        copies::{CopyIn, Opaque},
        layers::{Layer, Layers},
    },
    dockerfile::stage::Stage,
    ecosystems::{self, At, Ecosystem, Install, Manager},
    engine::{Transform, settings::Settings},
    project::{
        Project,
        change::{Alteration, Change, Outcome, Safety},
    },
    run::{
        Run, Site,
        independence::{Role, role},
        parts::Parts,
    },
    text::{ImagePath, Refusal, RepoPath},
};
use texts::words;

/// Dependency manifests are copied and installed before the source.
pub(super) const TRANSFORM: Transform = Transform {
    name: NAME,
    docs: include_str!("page.md"),
    codes: &[
        "control-flow",
        "dynamic-metadata",
        "exec-form",
        "folder-missing",
        "heredoc",
        "local-requirement",
        "manifest-not-found",
        "no-fetch",
        "no-gain",
        "no-lock",
        "not-posix-shell",
        "overlapping-copy",
        "overwrites-install",
        "poetry-version",
        "reads-source",
        "removes-tools",
        "rewritten-lock",
        "root-only",
        "several-contexts",
        "source-missing",
        "system-files",
        "unknown-context",
        "unknown-manifest",
        "unknown-variable",
        "unreadable-shell",
        "volume",
        "workspace",
    ],
    options: None,
    run,
};

const NAME: &str = "copy-manifests-first";

fn run(project: &Project, _: &Settings) -> Outcome {
    let any = |_: &Manager| true;
    project.each_dockerfile_of(any, |project, file, dockerfile| {
        let site = Site::new(&file.path, dockerfile);
        let words = file.programs();
        let mut outcome = Outcome::default();
        outcome.extend(site.stages.iter().map(|stage| {
            let look = |item| reorder(project, &site, stage, item);
            let mut found = site.each_run(NAME, stage, &words, look);
            if found.changes.is_empty() {
                let look = |item| named::reorder(project, &site, stage, item);
                found.extend([site.each_run(NAME, stage, &words, look)]);
            }
            // The next install is looked at when this one stands where it belongs.
            found.changes.truncate(1);
            found
        }));
        outcome
    })
}

/// Whether a text that cannot be read seems to install from manifests.
fn seems_to_install(text: &str) -> bool {
    ecosystems::seems_to_install_from_manifests(text, |_| true)
}

/// Moves the COPYs of source before an install behind it.
fn reorder(
    project: &Project,
    site: &Site<'_>,
    stage: &Stage<'_>,
    item: usize,
) -> Result<Option<Change>, Refusal> {
    let run = match site.run(stage, item) {
        Ok(run) => run,
        Err(why) if seems_to_install(site.dockerfile.text(item)) => {
            return Deferral::before(project, site, stage, item)?.map_or(Ok(None), |_| Err(why));
        }
        Err(_) => return Ok(None),
    };
    if run.installs(&|_| None).next().is_none() {
        let mut nested = run.script.commands().iter().filter_map(|it| it.nested_script());
        let somewhere = run.calls().iter().any(|it| it.directory.is_none());
        let why = if nested.any(|it| seems_to_install(&it.raw)) {
            Refusal::new("unreadable-shell", "it hands its script to another shell")
        } else if somewhere && seems_to_install(site.dockerfile.text(item)) {
            Refusal::new("unknown-variable", "the folder that it runs in is not known")
        } else {
            return Ok(None);
        };
        return Deferral::before(project, site, stage, item)?.map_or(Ok(None), |_| Err(why));
    }
    let mut deferral = match Deferral::before(project, site, stage, item) {
        Ok(Some(it)) => it,
        Ok(None) => return Ok(None),
        Err(_) if Deferral::seems_repeated(site, stage, &run) => return Ok(None),
        Err(why) => return Err(why),
    };
    let roles = deferral.roles(project, &run);
    if deferral.repeats(&run, &roles) || deferral.mounts_source(project, &run) {
        return Ok(None);
    }
    if let Some(fetch) = deferral.fetch(&run, &roles)? {
        return deferral.fetch_first(project, &run, &fetch).map(Some);
    }
    let parts = Parts::new(&run, &roles, &|path| deferral.puts(&run, path))?;
    let installs: Vec<&Install> = parts.installs.iter().map(|it| it.1).collect();
    let reads = |path: &ImagePath| installs.iter().any(|it| it.files().any(|it| it.0 == path));
    let is_whole = installs.iter().any(|it| it.source == ecosystems::Source::Nothing);
    deferral.clear(project, &run, &reads, is_whole)?;
    let kept = deferral.kept(&run, &installs)?;
    deferral.folders(project, &run, &kept, parts.end)?;
    deferral.gains(project, &run)?;
    let texts = parts.texts(site.dockerfile.text(item), site.dockerfile.escape)?;
    let edits = deferral.edits(&run, &kept, &texts);
    let (title, mut reason) = words(&kept, &texts);
    let mut safety = Safety::Safe;
    if let Some(lock) = deferral.rewritten(&run, &kept, &parts.installs)? {
        safety = Safety::Review;
        let _ = write!(
            reason,
            "; it may write {lock} anew, and the copy that comes later puts the project's own in its place"
        );
    }
    // The same install once more, below the source, puts right what the copy brings.
    let is_repeated = !texts.flags.is_empty();
    if let Some(folder) = deferral.may_cover(&run, &installs).filter(|_| !is_repeated) {
        safety = Safety::Review;
        let _ = write!(
            reason,
            "; unless an ignore file has {folder}, one that whoever builds has now lies over the installed packages"
        );
    }
    let change = site.change(item, safety, title, reason, edits);
    Ok(Some(Change { alters: vec![Alteration::Order], ..change }))
}

/// A RUN, and the COPYs of source before it that are to come after it.
pub struct Deferral<'a> {
    site: &'a Site<'a>,
    stage: &'a Stage<'a>,
    ecosystems: &'a [Ecosystem],
    layers: Layers<'a>,
    /// The items of the COPYs that move, in order.
    pub moved: Vec<usize>,
}

/// What a mount shows at a path.
enum Mounted {
    /// This file of the project.
    Project(RepoPath),
    /// Something else.
    Elsewhere,
}

/// The files that each COPY that moves must leave behind: the file, and its path in the image.
pub type Kept = BTreeMap<usize, Vec<(RepoPath, ImagePath)>>;

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
        let ecosystems = site.ecosystems(stage);
        if !copies.into_iter().any(|it| source::seems_to_copy_source(ecosystems, it.2)) {
            return Ok(None);
        }
        let folder = Layers::context(project, site.path)?;
        let layers = Layers::read(project, site.path, &site.stages, stage, folder);
        let mut moved = Vec::new();
        for layer in layers.copies.iter().filter(|it| it.stage == stage.index && it.item < item) {
            let line = site.line(layer.item);
            match &layer.copy {
                Ok(copy) if source::brings_source(ecosystems, copy, project, &layers.sent) => {
                    moved.push(layer.item);
                }
                Err(Opaque::Missing(source)) => {
                    let reason =
                        format!("{line} copies {source}, which is not in the build context");
                    return Err(Refusal::new("source-missing", reason));
                }
                Err(Opaque::UnknownVariable) => {
                    let reason = format!("what {line} copies depends on a variable");
                    return Err(Refusal::new("unknown-variable", reason));
                }
                Ok(_) | Err(Opaque::OtherStage | Opaque::NotOfContext) => {}
            }
        }
        Ok((!moved.is_empty()).then_some(Self { site, stage, ecosystems, layers, moved }))
    }

    /// The file that a RUN sees at a path of the image, by a mount or a COPY before it.
    fn file(&self, run: &Run<'_>, path: &ImagePath) -> Option<RepoPath> {
        match self.mounted(run, path) {
            Some(Mounted::Project(it)) => Some(it),
            Some(Mounted::Elsewhere) => None,
            None => Some(self.layers.provider(self.stage.index, run.item, path)?.1),
        }
    }

    /// What a mount of a RUN has at a path: the file of the project, or something else.
    fn mounted(&self, run: &Run<'_>, path: &ImagePath) -> Option<Mounted> {
        run.instruction.mounts().find_map(|it| {
            let target = run.state.expand(it.target.as_deref()?, self.site.dockerfile.escape)?;
            let rest = path.strip_prefix(&run.state.absolute(&target)?)?;
            let source = it.source().and_then(|it| self.in_context(it));
            let file = source.and_then(|it| it.join(rest));
            Some(file.map_or(Mounted::Elsewhere, Mounted::Project))
        })
    }

    /// Whether a RUN has the source mounted, so that it runs with every edit wherever it stands.
    pub fn mounts_source(&self, project: &Project, run: &Run<'_>) -> bool {
        run.instruction.mounts().any(|it| {
            let source = it.source().and_then(|it| self.in_context(it));
            source.is_some_and(|it| {
                source::is_source(self.ecosystems, &it, project, &self.layers.sent)
            })
        })
    }

    fn in_context(&self, path: &str) -> Option<RepoPath> {
        self.layers.sent.folder.join(path.trim_start_matches('/'))
    }

    fn moves(&self, layer: &Layer) -> bool {
        layer.stage == self.stage.index && self.moved.contains(&layer.item)
    }

    fn copies(&self, until: usize) -> impl Iterator<Item = &CopyIn> {
        let moves = move |it: &&Layer| it.item < until && self.moves(it);
        self.layers.copies.iter().filter(moves).filter_map(|it| it.copy.as_ref().ok())
    }

    /// Whether a COPY that moves puts something at a path of the image or below it.
    pub fn brings(&self, until: usize, path: &ImagePath) -> bool {
        self.copies(until).any(|it| it.reaches(path, &self.layers.sent))
    }

    /// What each command of a RUN has to do with the COPYs that move.
    pub fn roles(&self, project: &Project, run: &Run<'_>) -> Vec<Role> {
        let unread = RefCell::new(None);
        let text = |path: &ImagePath| {
            let file = self.file(run, path)?;
            let read = project.text(file.as_str());
            // A lock may be too large to be read, and is there all the same.
            let read =
                read.or_else(|| ecosystems::is_lock(path.file_name()).then(|| Arc::from("")));
            if read.is_none() {
                unread.replace(Some(file));
            }
            read
        };
        let brings = |path: &ImagePath| self.brings(run.item, path);
        let commands = run.script.commands().iter().enumerate();
        let one = |(index, command)| {
            let site = run.call_of(index);
            let directory = run.directory(command);
            let version = || {
                let call = &site.as_ref()?.call;
                match ecosystems::manager(call) {
                    Some(it) => self.site.version(self.stage, run.item, it),
                    None => self.site.installed(self.stage, run.item, &call.program),
                }
            };
            let (state, version) = (&run.state, &version);
            let at = At { state, directory: directory.as_ref(), text: &text, version };
            unread.replace(None);
            // What a group writes or reads as a whole is not looked into.
            if !command.is_top_level() && run.script.redirects_groups() {
                return Role::MayRead;
            }
            if site.is_some_and(|it| self.removes_brought(run, it)) {
                return Role::MayRead;
            }
            if between::runs_setup(run, command) {
                return Role::Independent;
            }
            let role = role(command, site, &at, &brings);
            let unread = unread.take().map(|it| it.to_string());
            let unread = unread.or_else(|| self.list_from_elsewhere(run, &role));
            match (role, unread) {
                (Role::Install(mut install), Some(file)) => {
                    let reason = format!("what {file} names is not known");
                    install.source =
                        ecosystems::Source::Now(Refusal::new("unknown-manifest", reason));
                    Role::Install(install)
                }
                (role, _) => role,
            }
        };
        commands.map(one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::plan::{Options, plan},
        text::RepoPath,
    };

    fn changed(dockerfile: &str) -> String {
        let path = |it: &str| RepoPath::new(it).unwrap();
        let files = [("Dockerfile", dockerfile), ("requirements.txt", ""), ("main.py", "")];
        let project = Project::new(files.map(|(it, text)| (path(it), text.to_owned())));
        let plan = plan(project, &[TRANSFORM], &Options::default());
        plan.after().file("Dockerfile").unwrap().text.to_string()
    }

    #[test]
    fn line_ends_are_those_of_the_file() {
        assert_eq!(
            changed(
                "FROM a\r\nWORKDIR /b\r\nCOPY . .\r\n\r\nRUN pip install -r requirements.txt\r\n"
            ),
            "FROM a\r\nWORKDIR /b\r\nCOPY requirements.txt .\r\n\r\nRUN pip install -r requirements.txt\r\n\r\nCOPY . .\r\n"
        );
    }

    #[test]
    fn a_last_line_without_end_stays_without() {
        assert_eq!(
            changed("FROM a\nWORKDIR /b\nCOPY . .\nRUN pip install -r requirements.txt"),
            "FROM a\nWORKDIR /b\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\nCOPY . ."
        );
    }
}
