//! Which virtual environment a stage installs into, and where it gets one that has none.

use super::{Role, Separation, Step, Stop, runtime::Runtime};
use crate::{
    context,
    dockerfile::{Instruction, Keyword, stage::Stage},
    ecosystems::{self, Manager, Preference, Setting, python::asks_for_another},
    run::{CallSite, Site},
    text::{ImagePath, Refusal},
};

/// The environment that a stage comes to install into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Environment {
    /// Its folder.
    pub(super) folder: ImagePath,
    /// Whether the change makes it: the stage installed into the system's Python.
    pub(super) is_new: bool,
}

/// Where a new environment is made.
const FOLDER: &str = "/opt/venv";

impl Environment {
    fn new() -> Self {
        Self { folder: ImagePath::root().join(FOLDER), is_new: true }
    }

    /// The environment that these RUNs install into.
    pub(super) fn of(runs: &[Step<'_>]) -> Result<Self, Stop> {
        let mut found: Vec<ImagePath> = Vec::new();
        let mut system = None;
        for step in runs {
            for (at, role) in step.roles.iter().enumerate() {
                let Some(site) = step.run.call_of(at) else {
                    continue;
                };
                let place = match role {
                    Role::Create(folder) => {
                        let path = step.run.at(site).path(folder);
                        Some(path.ok_or_else(|| (step.run.item, unknown_folder()))?)
                    }
                    Role::Install => own(step, site)?.or_else(|| entered(step, &found)),
                    _ => continue,
                };
                match place {
                    Some(it) if !found.contains(&it) => found.push(it),
                    Some(_) => {}
                    None => system = system.or(Some(step)),
                }
            }
        }
        match (found.as_slice(), system) {
            ([], Some(step)) if step.run.state.sets("VIRTUAL_ENV") => Err((
                step.run.item,
                Refusal::new(
                    "unknown-environment",
                    "VIRTUAL_ENV is set, but nothing makes what it names",
                ),
            )),
            ([], _) => Ok(Self::new()),
            ([one], None) => Ok(Self { folder: one.clone(), is_new: false }),
            (_, Some(step)) => Err((
                step.run.item,
                Refusal::new(
                    "several-environments",
                    "some packages are installed into a virtual environment, and others not",
                ),
            )),
            (_, None) => match runs.first() {
                Some(step) => Err((
                    step.run.item,
                    Refusal::new(
                        "several-environments",
                        "it makes more than one virtual environment",
                    ),
                )),
                None => Ok(Self::new()),
            },
        }
    }
}

/// What must hold for the environment to work in another stage.
pub(super) fn check(separation: &Separation<'_>, runtime: &Runtime<'_>) -> Result<(), Stop> {
    let folder = separation.environment.folder.as_str();
    if folder.contains(|it: char| it.is_whitespace() || "\\\",'$:".contains(it)) {
        let reason = format!("{folder} cannot be written into COPY and PATH as it is");
        return Err((separation.first, Refusal::new("unknown-environment", reason)));
    }
    for (item, _, it) in separation.stage.instructions().filter(|it| it.2.keyword == Keyword::Env) {
        let overrides = |it: &crate::dockerfile::instruction::Pair| {
            it.name == "PATH" && !it.value.as_deref().unwrap_or_default().contains("PATH")
        };
        if it.pairs().iter().any(overrides) {
            let reason = "PATH is set without what it was before";
            return Err((item, Refusal::new("path-override", reason)));
        }
    }
    managed(separation, runtime)?;
    in_place(separation, runtime)
}

/// The environment that a manager makes by itself for an install: beside the project.
fn own(step: &Step<'_>, site: &CallSite) -> Result<Option<ImagePath>, Stop> {
    let (call, at) = (&site.call, step.run.at(site));
    let Some(manager) = ecosystems::manager(call) else { return Ok(None) };
    let own = manager.environments.as_ref().and_then(|it| it.own.as_ref());
    let Some(own) = own.filter(|it| manager.grammar.has(call, it.filled_by)) else {
        return Ok(None);
    };
    let by_variable = |it: &Preference| {
        let value = at.variable(call, it.variable);
        matches!(value, Setting::Known(value) if it.values.contains(&value.as_str()))
    };
    let by_verb = |it: &Preference| step.preferences.contains(&it.key);
    let is_beside = own.beside.as_ref().is_none_or(|it| by_variable(it) || by_verb(it));
    let is_off = own.off.as_ref().is_some_and(by_variable);
    if !is_beside || is_off || (own.yields && step.run.state.sets("VIRTUAL_ENV")) {
        return Ok(None);
    }
    let stop = |why| (step.run.item, why);
    let folder = manager.install(call, &at).and_then(|it| it.makes.into_iter().next());
    let folder = folder.ok_or_else(|| stop(unknown_folder()))?;
    if folder.is_within_fixed(&["/usr"]) {
        let reason = format!("{} installs into {folder}, the system's own Python", manager.title);
        return Err(stop(Refusal::new("install-elsewhere", reason)));
    }
    Ok(Some(folder))
}

pub(super) fn unknown_folder() -> Refusal {
    Refusal::new("unknown-environment", "where the virtual environment is made is not known")
}

/// The folders that a stage puts on PATH before an item, as far as they are known.
pub(super) fn path(site: &Site<'_>, stage: &Stage<'_>, item: usize) -> Vec<String> {
    let mut folders = Vec::new();
    let before = stage.instructions().take_while(|it| it.0 < item);
    let sets = |it: &Instruction| it.keyword == Keyword::Env && it.text().contains("PATH");
    for (at, _, it) in before.filter(|it| sets(it.2)) {
        for pair in it.pairs().iter().filter(|it| it.name == "PATH") {
            let state = stage.state_before(at);
            let value = pair.value.as_deref().unwrap_or_default().trim_matches('"');
            folders
                .extend(value.split(':').filter_map(|it| state.expand(it, site.dockerfile.escape)));
        }
    }
    folders
}

/// The environment, of those that were made, that an install is in: by PATH, by an activation in its RUN,
/// or by the program's own path.
fn entered(step: &Step<'_>, made: &[ImagePath]) -> Option<ImagePath> {
    let first_on_path = |it: &&ImagePath| {
        let bin = format!("{it}/bin");
        step.path.contains(&bin) || step.run.state.variable("VIRTUAL_ENV") == Some(it.as_str())
    };
    let text = &step.run.instruction.logical.text;
    let named = |it: &&ImagePath| text.contains(&format!("{it}/bin/"));
    made.iter().find(first_on_path).or_else(|| made.iter().find(named)).cloned()
}

/// The file that names the Python of a project.
const PINNED: &str = ".python-version";

/// Some managers install a Python of their own if the image's is not the one that the project asks for.
fn managed(separation: &Separation<'_>, runtime: &Runtime<'_>) -> Result<(), Stop> {
    let mut calls = separation.runs.iter().flat_map(|it| it.run.calls());
    let brings = |it: &Manager| it.environments.is_some_and(|it| !it.interpreters.is_empty());
    let manager = calls.find_map(|it| ecosystems::manager(&it.call).filter(|it| brings(it)));
    let Some(manager) = manager else { return Ok(()) };
    let image = super::target::image_of(separation.stage);
    let python = crate::ecosystems::images::named(image).python();
    // One that stays out of the image asks for nothing there.
    let is_taken = context::takes(separation.site.dockerfile, PINNED);
    let own = runtime.context.as_ref().filter(|_| is_taken).and_then(|it| it.join(PINNED));
    let own = own.and_then(|it| separation.project.file(it.as_str()));
    let pinned = own.map(|it| &*it.text);
    let manifests = runtime.manifests.iter().map(String::as_str);
    if asks_for_another(manifests, pinned, python) {
        let reason = format!(
            "the project asks for another Python than the image's, so {} installs one beside it",
            manager.title
        );
        return Err((separation.first, Refusal::new("managed-python", reason)));
    }
    Ok(())
}

/// A project that is installed in place without a build system keeps its metadata beside the source.
fn in_place(separation: &Separation<'_>, runtime: &Runtime<'_>) -> Result<(), Stop> {
    for step in &separation.runs {
        for site in step.run.calls() {
            let Some(manager) = ecosystems::manager(&site.call) else { continue };
            let Some(own) = &manager.environments else { continue };
            let values = site.call.values(own.in_place);
            if values.is_empty() {
                continue;
            }
            let remote = values.iter().any(|it| it.is_none_or(|it| it.contains("://")));
            let modern = runtime.manifests.iter().any(|it| it.contains("[build-system]"));
            if remote || !modern {
                let title = manager.title;
                let reason =
                    format!("{title} keeps what an editable install needs beside its source");
                return Err((step.run.item, Refusal::new("editable-install", reason)));
            }
        }
    }
    let listed = |it: &String| it.lines().any(|it| it.trim_start().starts_with("-e git+"));
    if runtime.manifests.iter().any(listed) {
        let reason = "the requirements clone a package to edit, outside of the environment";
        return Err((separation.first, Refusal::new("editable-install", reason)));
    }
    Ok(())
}
