//! What a Poetry in an image installs: the manifests and locks of the project.

use super::installation::Installation;
use crate::{
    context::layers::Layers,
    dockerfile::{Keyword, stage::Stage},
    ecosystems::{
        python::{
            poetry,
            pyproject::{self, Pyproject},
        },
        version::Version,
    },
    shell::Invocation,
    text::{Refusal, RepoPath},
};

/// A manifest with the lock beside it.
pub(super) struct Service {
    /// Where the manifest is.
    pub(super) path: RepoPath,
    /// What it says.
    pub(super) manifest: Pyproject,
    lock: Option<Lock>,
}

struct Lock {
    path: RepoPath,
    header: Option<String>,
    version: Option<String>,
}

impl Service {
    /// The version that wrote the lock, and what says so.
    pub(super) fn header(&self) -> Result<Option<(Version, String)>, Refusal> {
        let Some(Lock { path, header: Some(header), .. }) = &self.lock else { return Ok(None) };
        let unreleased =
            || format!("{path} was written by Poetry {header}, which is not a release");
        let version =
            header.parse().map_err(|()| Refusal::new("unreleased-version", unreleased()))?;
        Ok(Some((version, format!("the header of {path}"))))
    }

    /// Whether only a version 2 can install it.
    pub(super) fn needs_2(&self) -> bool {
        let version = self.lock.as_ref().and_then(|it| it.version.as_deref());
        self.manifest.needs_poetry_2 || version.is_some_and(|it| it.starts_with("2.1"))
    }
}

/// What the Poetry of a stage installs: what the calls of it read, else what those of the file's other
/// stages read, else a manifest beside the Dockerfile or at the root of its context.
pub(super) fn services(it: &Installation<'_>) -> Result<Vec<Service>, Refusal> {
    let folder = Layers::context(it.project, it.site.path).ok();
    let mut paths = Vec::new();
    if let Some(folder) = &folder {
        paths = read_by(it, folder, &mut it.users().into_iter());
        if paths.is_empty() && clone(it).is_none() {
            paths = read_by(it, folder, &mut it.site.stages.iter());
        }
    }
    if paths.is_empty() && clone(it).is_none() {
        let folders = it.site.path.parent().into_iter().chain(folder);
        let beside = folders.filter_map(|it| it.join("pyproject.toml"));
        paths.extend(beside.into_iter().find(|path| it.project.file(path.as_str()).is_some()));
    }
    paths.into_iter().map(|path| service(it, path)).collect()
}

fn service(it: &Installation<'_>, path: RepoPath) -> Result<Service, Refusal> {
    let text = it.project.file(path.as_str()).map(|it| it.text.clone()).unwrap_or_default();
    let manifest = Pyproject::read(&text).map_err(|it| {
        Refusal::new("broken-manifest", format!("{path}:{}: {}", it.line, it.message))
    })?;
    let lock = path.parent().and_then(|it| it.join("poetry.lock"));
    let lock = lock.and_then(|path| {
        let text = &it.project.file(path.as_str())?.text;
        let header = pyproject::lock_generator(text).map(str::to_owned);
        Some(Lock { path, header, version: pyproject::lock_version(text).map(str::to_owned) })
    });
    Ok(Service { path, manifest, lock })
}

/// The manifests in the directories that Poetry is called in, each once.
fn read_by<'a>(
    it: &Installation<'a>,
    folder: &RepoPath,
    stages: &mut dyn Iterator<Item = &'a Stage<'a>>,
) -> Vec<RepoPath> {
    let mut paths = Vec::new();
    for stage in stages {
        let layers = Layers::read(it.project, it.site.path, &it.site.stages, stage, folder.clone());
        for run in it.site.runs(stage, &["poetry"]).filter_map(|item| it.site.run(stage, item).ok())
        {
            for site in run.calls().iter().filter(|it| it.call.program == "poetry") {
                let path = poetry::directory(&site.call, &run.at(site));
                let path = path.map(|it| it.join("pyproject.toml"));
                let found = path.and_then(|it| layers.provider(stage.index, run.item, &it));
                paths.extend(found.map(|it| it.1).filter(|it| !paths.contains(it)));
            }
        }
    }
    paths
}

/// The line of the first instruction that fetches a repository into the image.
pub(super) fn clone(it: &Installation<'_>) -> Option<usize> {
    let stages = it.stage.lineage(&it.site.stages);
    for stage in stages.iter().chain(it.users()) {
        for (item, entry, instruction) in stage.instructions() {
            let fetches = match instruction.keyword {
                Keyword::Add => instruction.copy().is_some_and(|it| {
                    it.sources
                        .iter()
                        .any(|it| it.text.ends_with(".git") || it.text.contains(".git#"))
                }),
                Keyword::Run => it.site.run(stage, item).is_ok_and(|run| {
                    let clones =
                        |it: &Invocation| it.program == "git" && it.texts().any(|it| it == "clone");
                    run.calls().iter().any(|it| clones(&it.call))
                }),
                _ => false,
            };
            if fetches {
                return Some(entry.lines.0);
            }
        }
    }
    None
}
