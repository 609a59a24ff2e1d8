//! The manifests and locks that the Poetry of an image installs from.

use super::{POETRY, installation::Installation};
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
    /// The manifest.
    pub(super) manifest: Pyproject,
    lock: Option<Lock>,
}

/// The version that wrote a lock.
#[derive(Clone, Debug)]
pub(super) struct Header {
    /// The version.
    pub(super) version: Version,
    /// The evidence, as the subject of a sentence: `the header of api/poetry.lock`.
    pub(super) source: String,
}

struct Lock {
    path: RepoPath,
    header: Option<String>,
    version: Option<String>,
}

impl Service {
    /// The version that wrote the lock; `None` if there is no lock or it does not say.
    ///
    /// # Errors
    /// Declines if the version is not a release.
    pub(super) fn header(&self) -> Result<Option<Header>, Refusal> {
        let Some(Lock { path, header: Some(header), .. }) = &self.lock else { return Ok(None) };
        let unreleased =
            || format!("{path} was written by {} {header}, which is not a release", POETRY.title);
        let version =
            header.parse().map_err(|()| Refusal::new("unreleased-version", unreleased()))?;
        Ok(Some(Header { version, source: format!("the header of {path}") }))
    }

    /// Returns true if only Poetry 2 can install it.
    pub(super) fn needs_2(&self) -> bool {
        let version = self.lock.as_ref().and_then(|it| it.version.as_deref());
        self.manifest.needs_poetry_2 || version.is_some_and(poetry::lock_needs_2)
    }
}

/// The services that the Poetry of a stage installs: those whose manifests its calls read. If its calls read
/// none, calls in other stages count; if those read none either, a manifest beside the Dockerfile or at the root
/// of its context.
pub(super) fn services(installation: &Installation<'_>) -> Result<Vec<Service>, Refusal> {
    let folder = Layers::context(installation.project, installation.site.path).ok();
    let mut paths = Vec::new();
    if let Some(folder) = &folder {
        paths = read_by(installation, folder, &mut installation.users().into_iter());
        if paths.is_empty() && clone(installation).is_none() {
            paths = read_by(installation, folder, &mut installation.site.stages.iter());
        }
    }
    if paths.is_empty() && clone(installation).is_none() {
        let folders = installation.site.path.parent().into_iter().chain(folder);
        let beside = folders.filter_map(|it| it.join(POETRY.manifest));
        paths.extend(
            beside.into_iter().find(|path| installation.project.file(path.as_str()).is_some()),
        );
    }
    paths.into_iter().map(|path| service(installation, path)).collect()
}

fn service(installation: &Installation<'_>, path: RepoPath) -> Result<Service, Refusal> {
    let text =
        installation.project.file(path.as_str()).map(|it| it.text.clone()).unwrap_or_default();
    let manifest = Pyproject::read(&text).map_err(|it| {
        Refusal::new("broken-manifest", format!("{path}:{}: {}", it.line, it.message))
    })?;
    let lock = path.parent().and_then(|it| it.join(POETRY.lock()));
    let lock = lock.and_then(|path| {
        let text = &installation.project.text(path.as_str())?;
        let header = pyproject::lock_generator(text).map(str::to_owned);
        Some(Lock { path, header, version: pyproject::lock_version(text).map(str::to_owned) })
    });
    Ok(Service { path, manifest, lock })
}

/// The manifests in the directories in which Poetry is called, without duplicates.
fn read_by<'a>(
    installation: &Installation<'a>,
    folder: &RepoPath,
    stages: &mut dyn Iterator<Item = &'a Stage<'a>>,
) -> Vec<RepoPath> {
    let mut paths = Vec::new();
    for stage in stages {
        let layers = Layers::read(
            installation.project,
            installation.site.path,
            &installation.site.stages,
            stage,
            folder.clone(),
        );
        for run in installation
            .site
            .runs(stage, POETRY.programs)
            .filter_map(|item| installation.site.run(stage, item).ok())
        {
            for site in run.calls().iter().filter(|it| POETRY.has_program(&it.call.program)) {
                let path = poetry::directory(&site.call, &run.at(site));
                let path = path.map(|it| it.join(POETRY.manifest));
                let found = path.and_then(|it| layers.provider(stage.index, run.item, &it));
                paths.extend(found.map(|it| it.1).filter(|it| !paths.contains(it)));
            }
        }
    }
    paths
}

/// The line, in words, of the first instruction that fetches a repository into the image.
pub(super) fn clone(installation: &Installation<'_>) -> Option<String> {
    let stages = installation.stage.lineage(&installation.site.stages);
    for stage in stages.iter().chain(installation.users()) {
        for (item, _, instruction) in stage.instructions() {
            let fetches = match instruction.keyword {
                Keyword::Add => instruction.copy().is_some_and(|copy| {
                    let mut sources = copy.sources.iter();
                    sources.any(|it| it.text.ends_with(".git") || it.text.contains(".git#"))
                }),
                Keyword::Run => installation.site.run(stage, item).is_ok_and(|run| {
                    let clones = |call: &Invocation| {
                        call.program == "git" && call.texts().any(|it| it == "clone")
                    };
                    run.calls().iter().any(|it| clones(&it.call))
                }),
                _ => false,
            };
            if fetches {
                return Some(installation.site.line(item));
            }
        }
    }
    None
}
