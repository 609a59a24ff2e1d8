//! Which version of Poetry a service is meant to be built with, and what says so.

use super::{DEFAULT, DEFAULT_2, Installer};
use crate::{
    dockerfile::{Keyword, stage::Stage},
    packages::{
        Refusal,
        pyproject::{self, Pyproject},
        version::Version,
    },
    path::RepoPath,
    project::{Project, layers::Layers},
    run::Site,
    settings::PinPoetry,
};

/// A version of Poetry and where it comes from.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// The version.
    pub version: Version,
    /// What says so, as the subject of a sentence: `the header of api/poetry.lock`.
    pub source: String,
    /// Whether somebody wrote it down; else it is a default.
    pub is_written_down: bool,
    manifest: Option<RepoPath>,
}

impl Evidence {
    /// The manifest of the service.
    pub fn manifest(&self, project: &Project) -> Option<Pyproject> {
        Pyproject::read(&project.file(self.manifest.as_ref()?.as_str())?.text).ok()
    }
}

/// The version that the Poetry installed at an item is meant to have: what the settings say, what the file
/// sets already, what the manifest asks for, what wrote the lock, and else a default.
///
/// # Errors
/// A decline's code and reason, when sources contradict each other or cannot be read.
pub fn evidence(
    project: &Project,
    settings: &PinPoetry,
    site: &Site<'_>,
    stage: &Stage<'_>,
    item: usize,
    installer: &Installer,
) -> Result<Evidence, Refusal> {
    let manifest = manifest(project, site, stage);
    let found = |version: Version, source: String| Evidence {
        version,
        source,
        is_written_down: true,
        manifest: manifest.clone(),
    };
    if let Some(text) = &settings.version {
        let bad =
            || ("bad-setting", format!("refit.toml asks for Poetry {text}, which is no version"));
        return Ok(found(text.parse().map_err(|()| bad())?, "refit.toml".to_owned()));
    }
    if let Installer::DeadScript(Some(version)) = installer {
        return Ok(found(version.clone(), "the installer's command line".to_owned()));
    }
    if let Some((version, line)) = set_in_file(site, stage, item)? {
        return Ok(found(version, format!("POETRY_VERSION in line {line}")));
    }
    let Some(path) = &manifest else {
        let source = "no manifest, lock or setting names a version; the default".to_owned();
        return Ok(Evidence { is_written_down: false, ..found(Version::new(&DEFAULT), source) });
    };
    let text = project.file(path.as_str()).map(|it| it.text.clone()).unwrap_or_default();
    let read = Pyproject::read(&text)
        .map_err(|it| ("broken-manifest", format!("{path}:{}: {}", it.line, it.message)))?;
    let lock = path.parent().and_then(|it| it.join("poetry.lock"));
    let lock = lock.as_ref().and_then(|it| project.file(it.as_str()));
    let header = lock.and_then(|it| pyproject::lock_generator(&it.text));
    let header = match (header.map(str::parse::<Version>), lock) {
        (Some(Ok(version)), Some(lock)) => Some((version, format!("the header of {}", lock.path))),
        (Some(Err(())), Some(lock)) => {
            let reason = format!(
                "{} was written by {}, which is no release",
                lock.path,
                header.unwrap_or_default()
            );
            return Err(("unreleased-version", reason));
        }
        _ => None,
    };
    if let Some(constraint) = &read.requires_poetry {
        let meets = |it: &Version| it.meets(constraint) == Some(true);
        let source = format!("requires-poetry in {path}");
        let lowest = constraint
            .split(|it: char| !it.is_ascii_digit() && it != '.')
            .find_map(|it| it.parse().ok());
        let default = [Version::new(&DEFAULT), Version::new(&DEFAULT_2)];
        let mut candidates = header.clone().map(|it| it.0).into_iter().chain(default).chain(lowest);
        return match candidates.find(meets) {
            Some(version) => Ok(found(version, source)),
            None => Err((
                "version-conflict",
                format!("no known version of Poetry meets {constraint}, which {path} requires"),
            )),
        };
    }
    if let Some((version, source)) = header {
        return Ok(found(version, source));
    }
    let lock_version = lock.and_then(|it| pyproject::lock_version(&it.text));
    let needs_2 = (read.has_project && !read.has_poetry)
        || lock_version.is_some_and(|it| it.starts_with("2.1"));
    let (version, source) = match needs_2 {
        true => (DEFAULT_2, format!("{path} needs a version 2; the default")),
        false => (DEFAULT, format!("nothing beside {path} names a version; the default")),
    };
    Ok(Evidence { is_written_down: false, ..found(Version::new(&version), source) })
}

/// The `POETRY_VERSION` that the file sets, and on which line; one in the stage beats one elsewhere.
fn set_in_file(
    site: &Site<'_>,
    stage: &Stage<'_>,
    item: usize,
) -> Result<Option<(Version, usize)>, Refusal> {
    let mut set: Vec<(bool, Version, usize)> = Vec::new();
    for (at, entry) in site.dockerfile.items.iter().enumerate() {
        let crate::dockerfile::Kind::Instruction(it) = &entry.kind else { continue };
        if !matches!(it.keyword, Keyword::Env | Keyword::Arg) {
            continue;
        }
        for pair in it.pairs().into_iter().filter(|it| it.name == "POETRY_VERSION") {
            let value = pair.value.unwrap_or_default();
            if let Ok(version) = value.trim_matches(['"', '\'']).parse() {
                set.push((stage.from < at && at < stage.end, version, entry.lines.0));
            }
        }
    }
    let near = set.iter().any(|it| it.0);
    set.retain(|it| it.0 == near);
    let Some((_, version, line)) = set.first().cloned() else { return Ok(None) };
    if set.iter().any(|it| it.1 != version) {
        let line = site.place(item).line;
        return Err((
            "version-conflict",
            format!("POETRY_VERSION has several values, so that of line {line} is open"),
        ));
    }
    Ok(Some((version, line)))
}

/// The manifest that the Poetry of a stage installs from: what a `poetry install` reads in the stages built
/// on it, else one beside the Dockerfile or at the root of its context.
fn manifest(project: &Project, site: &Site<'_>, stage: &Stage<'_>) -> Option<RepoPath> {
    let folder = Layers::context(project, site.path).ok();
    if let Some(folder) = &folder {
        for heir in site.heirs(stage) {
            let layers = Layers::read(project, site, heir, folder.clone());
            for run in site.runs(heir, &["poetry"]).filter_map(|it| site.run(heir, it).ok()) {
                let calls = run.calls().iter().filter(|it| it.call.program == "poetry");
                let mut directories = calls.filter_map(|it| it.directory.clone());
                let found = directories.find_map(|it| {
                    let path = format!("{}/pyproject.toml", it.trim_end_matches('/'));
                    layers.provider(heir.index, run.item, &path).map(|it| it.1)
                });
                if found.is_some() {
                    return found;
                }
            }
        }
    }
    let beside =
        site.path.parent().into_iter().chain(folder).filter_map(|it| it.join("pyproject.toml"));
    beside.into_iter().find(|it| project.file(it.as_str()).is_some())
}
