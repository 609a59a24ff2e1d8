//! Which virtual environment a stage installs into, and where it gets one that has none.

use super::{Role, Separation, Step, Stop, runtime::Runtime};
use crate::{
    dockerfile::{Instruction, Keyword, stage::Stage},
    ecosystems::{self, Setting},
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
                let Some(site) = step.run.calls().iter().find(|it| it.command == at) else {
                    continue;
                };
                let place = match role {
                    Role::Create(folder) => {
                        let folder = folder.as_deref().unwrap_or(".venv");
                        let path = step.run.at(site).path(folder);
                        let unknown = "where the virtual environment is made is not known";
                        let why = || Refusal::new("unknown-environment", unknown);
                        Some(path.ok_or_else(|| (step.run.item, why()))?)
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
pub(super) fn check(of: &Separation<'_>, runtime: &Runtime<'_>) -> Result<(), Stop> {
    for (item, _, it) in of.stage.instructions().filter(|it| it.2.keyword == Keyword::Env) {
        let overrides = |it: &crate::dockerfile::instruction::Pair| {
            it.name == "PATH" && !it.value.as_deref().unwrap_or_default().contains("PATH")
        };
        if it.pairs().iter().any(overrides) {
            let reason = "PATH is set without what it was before";
            return Err((item, Refusal::new("path-override", reason)));
        }
    }
    if of.runs.iter().any(|it| it.run.calls().iter().any(|it| it.call.program == "uv")) {
        managed(of, runtime)?;
    }
    editable(of, runtime)
}

/// The environment that a manager makes by itself for an install: beside the project.
fn own(step: &Step<'_>, site: &CallSite) -> Result<Option<ImagePath>, Stop> {
    let at = step.run.at(site);
    let beside = match (site.call.program.as_str(), site.call.subcommand()) {
        ("uv", Some("sync" | "add")) => true,
        ("poetry", _) => {
            let variable = at.variable(&site.call, "POETRY_VIRTUALENVS_IN_PROJECT");
            let by_variable = matches!(&variable, Setting::Known(it) if it == "true" || it == "1");
            let created =
                |value: &str| step.run.state.variable("POETRY_VIRTUALENVS_CREATE") == Some(value);
            (by_variable || configured(step, "virtualenvs.in-project"))
                && !created("false")
                && !created("0")
        }
        _ => false,
    };
    if !beside || (site.call.program == "poetry" && step.run.state.sets("VIRTUAL_ENV")) {
        return Ok(None);
    }
    let install = ecosystems::install(&site.call, &at);
    let folder = install.and_then(|it| it.makes.into_iter().next());
    let folder = folder.ok_or_else(|| {
        (
            step.run.item,
            Refusal::new(
                "unknown-environment",
                "where the virtual environment is made is not known",
            ),
        )
    })?;
    match folder.is_within_fixed(&["/usr"]) {
        true => Err((
            step.run.item,
            Refusal::new("install-elsewhere", "UV_PROJECT_ENVIRONMENT is the system's own Python"),
        )),
        false => Ok(Some(folder)),
    }
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

/// Whether a setting of Poetry is turned on by the same RUN, or by one before it.
fn configured(step: &Step<'_>, key: &str) -> bool {
    step.configured.iter().any(|it| it == key)
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

/// uv takes a Python of its own when the image's is not what the project asks for.
fn managed(of: &Separation<'_>, runtime: &Runtime<'_>) -> Result<(), Stop> {
    let image = super::target::image_of(of.stage);
    let python = crate::ecosystems::images::named(image).python();
    let asked = |text: &str| {
        let line = text.lines().find(|it| it.trim_start().starts_with("requires-python"))?;
        let bound = line.split(">=").nth(1)?;
        Some(bound.split(|it: char| !it.is_ascii_digit() && it != '.').next()?.to_owned())
    };
    let mut parts = runtime.manifests.iter().filter_map(|it| asked(it));
    let too_old = parts.find(|it| {
        let mut numbers = it.split('.').filter_map(|it| it.parse::<u32>().ok());
        let wanted = (numbers.next().unwrap_or(3), numbers.next().unwrap_or(0));
        python.is_some_and(|it| (it.0, it.1) < wanted)
    });
    let own = runtime.context.as_ref().and_then(|it| it.join(".python-version"));
    let own = own.and_then(|it| of.project.file(it.as_str()));
    let other = own.is_some_and(|it| {
        python.is_none_or(|python| !it.text.trim().starts_with(&python.to_string()))
    });
    if too_old.is_some() || other {
        let reason = "the project asks for another Python than the image's, which uv then installs beside it";
        return Err((of.first, Refusal::new("managed-python", reason)));
    }
    Ok(())
}

/// An editable install by the old way of setuptools keeps its metadata beside the source.
fn editable(of: &Separation<'_>, runtime: &Runtime<'_>) -> Result<(), Stop> {
    for step in &of.runs {
        for site in step.run.calls() {
            let values = site.call.values(&["-e", "--editable"]);
            if site.call.program != "pip" || values.is_empty() {
                continue;
            }
            let remote = values.iter().any(|it| it.is_none_or(|it| it.contains("://")));
            let modern = runtime.manifests.iter().any(|it| it.contains("[build-system]"));
            if remote || !modern {
                let reason = "pip keeps what an editable install needs beside its source";
                return Err((step.run.item, Refusal::new("editable-install", reason)));
            }
        }
    }
    let listed = |it: &String| it.lines().any(|it| it.trim_start().starts_with("-e git+"));
    if runtime.manifests.iter().any(listed) {
        let reason = "the requirements clone a package to edit, outside of the environment";
        return Err((of.first, Refusal::new("editable-install", reason)));
    }
    Ok(())
}
