//! The input of a command: project, transforms and options, from arguments and `refit.toml`.

use std::{
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use rayon::prelude::*;

use super::config::{self, Config};
use super::{
    args::{Run, Scope},
    failure::Failure,
};
use crate::{
    engine::{
        Transform,
        plan::{Diverged, Options, Plan, Without, plan},
    },
    load::{self, Loaded, load},
    project::{
        Project,
        change::Safety,
        is_dockerfile,
        selection::{Pattern, Selection},
    },
    text::RepoPath,
    transforms::{self, recipe},
};

/// The input of a command.
pub(super) struct Input {
    /// The snapshot.
    pub(super) project: Project,
    /// The project's folder; `None` for a Dockerfile from standard input.
    pub(super) root: Option<PathBuf>,
    /// The Dockerfile on standard input.
    pub(super) stdin: Option<RepoPath>,
    transforms: Vec<Transform>,
    options: Options,
}

impl Input {
    /// Reads what the arguments name.
    pub(super) fn read(run: &Run, jobs: usize) -> anyhow::Result<Self> {
        Self::of_scope(&run.scope, run.stdin_filename.as_deref(), jobs)
    }

    /// Reads what the arguments name; `stdin_filename` is where standard input would lie.
    pub(super) fn of_scope(
        scope: &Scope,
        stdin_filename: Option<&Path>,
        jobs: usize,
    ) -> anyhow::Result<Self> {
        let from_stdin = scope.is_stdin();
        if from_stdin && scope.paths.len() != 1 {
            let hint = "give `-` alone, or paths alone";
            return Err(Failure::new("`-` and paths cannot be mixed", hint).into());
        }
        if !from_stdin && stdin_filename.is_some() {
            let hint = "give `-` as the path to read from standard input";
            return Err(Failure::new("--stdin-filename without `-`", hint).into());
        }
        let mut paths = scope.paths.clone();
        if from_stdin {
            paths = stdin_filename.map(Path::to_owned).into_iter().collect();
        }
        let (config, folder) = config(scope.config.as_deref(), &paths)?;
        let transforms = transforms(scope, &config)?;
        let here = std::env::current_dir().context("the current folder")?;
        let here = here.canonicalize().unwrap_or(here);
        let pattern = |folder: &Path, glob: &String| Pattern {
            folder: folder.to_owned(),
            glob: glob.clone(),
        };
        let mut exclude: Vec<_> = scope.exclude.iter().map(|it| pattern(&here, it)).collect();
        exclude.extend(config.exclude.iter().map(|it| pattern(&folder, it)));
        let options = load::Options { exclude, jobs };

        let (project, root, selection, stdin) = if from_stdin {
            let (project, selection, path) = buffer(stdin_filename, &options)?;
            (project, None, selection, Some(path))
        } else {
            let Loaded { project, root, selection } = load(&paths, &options)?;
            (project, Some(root), selection, None)
        };
        let floor = if scope.safe { Safety::Safe } else { Safety::Review };
        let (only, settings) = (stdin.clone(), config.settings);
        let options = Options { floor, selection, only, settings, without: Vec::new() };
        // Parsed on all cores, before the transforms ask one by one.
        project.files().collect::<Vec<_>>().into_par_iter().for_each(|it| {
            it.dockerfile();
            it.callers();
        });
        Ok(Self { project, root, stdin, transforms, options })
    }

    /// The plan of a run.
    pub(super) fn plan(&self) -> anyhow::Result<Plan> {
        Ok(self.plan_without(&[])?)
    }

    /// The plan without the changes that real builds spoke against.
    pub(super) fn plan_without(&self, without: &[Without]) -> Result<Plan, Diverged> {
        let options = Options { without: without.to_vec(), ..self.options.clone() };
        plan(self.project.clone(), &self.transforms, &options)
    }

    /// The files that the arguments select.
    pub(super) fn selection(&self) -> &Selection {
        &self.options.selection
    }
}

/// The Dockerfile on standard input, in its project when its name is known.
fn buffer(
    name: Option<&Path>,
    options: &load::Options,
) -> anyhow::Result<(Project, Selection, RepoPath)> {
    let mut bytes = Vec::new();
    io::stdin().read_to_end(&mut bytes).context("standard input")?;
    let bad = |at: usize, what: &str| {
        let line = bytes[..at].split(|it| *it == b'\n').count();
        Failure::new(format!("-:{line}: {what}"), "a Dockerfile is UTF-8 text")
    };
    let source = std::str::from_utf8(&bytes).map_err(|it| bad(it.valid_up_to(), "not UTF-8"))?;
    if let Some(at) = source.find('\0') {
        return Err(bad(at, "a NUL byte").into());
    }
    let source = source.to_owned();
    let alone = || (Project::new([]), PathBuf::new(), RepoPath::new("Dockerfile"));
    let (project, root, path) = match name {
        None => alone(),
        Some(name) => {
            let file_name = name.file_name().and_then(|it| it.to_str()).unwrap_or_default();
            if !is_dockerfile(file_name) {
                return Err(load::LoadError::NotADockerfile(name.to_owned()).into());
            }
            let folder = name.parent().filter(|it| !it.as_os_str().is_empty());
            let folder = folder.unwrap_or(Path::new("."));
            let known = if name.exists() { name } else { folder };
            let loaded = load(&[known.to_owned()], options)?;
            let folder = folder.canonicalize().with_context(|| folder.display().to_string())?;
            let inside = folder.strip_prefix(&loaded.root).unwrap_or(Path::new(""));
            let path = inside.join(file_name).to_str().and_then(RepoPath::new);
            (loaded.project, loaded.root, path)
        }
    };
    let path = path.context("its path is not UTF-8")?;
    let mut selection = Selection::below(&root, vec![path.clone()]);
    for pattern in &options.exclude {
        selection = selection.without(pattern).map_err(load::LoadError::from)?;
    }
    Ok((project.with_text(&path, source), selection, path))
}

/// The configuration, and the folder that its patterns are written for.
fn config(given: Option<&Path>, paths: &[PathBuf]) -> anyhow::Result<(Config, PathBuf)> {
    let found = match given {
        Some(it) => Some(it.to_owned()),
        None => nearest_config(paths),
    };
    let Some(path) = found else { return Ok((Config::default(), PathBuf::new())) };
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let config = Config::parse(&text).map_err(|it| Failure::config(&path, &it))?;
    let real = path.canonicalize().with_context(|| path.display().to_string())?;
    Ok((config, real.parent().map(Path::to_path_buf).unwrap_or_default()))
}

/// The `refit.toml` in the nearest folder that all paths lie in, or above it.
fn nearest_config(paths: &[PathBuf]) -> Option<PathBuf> {
    // A path that is not there is reported when it is loaded; it may still have a folder.
    let real = paths.iter().map(|it| {
        let parent =
            || it.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
        it.canonicalize().or_else(|_| parent().canonicalize())
    });
    let real: Vec<PathBuf> = real.collect::<Result<_, _>>().ok()?;
    let common =
        real.first()?.ancestors().find(|it| real.iter().all(|path| path.starts_with(it)))?;
    let mut files = common.ancestors().map(|it| it.join(config::FILE_NAME));
    files.find(|it| it.is_file()).map(|it| shown(&it))
}

/// A path as seen from the current folder, where that is shorter.
fn shown(path: &Path) -> PathBuf {
    let here = std::env::current_dir().and_then(|it| it.canonicalize()).ok();
    let inside = here.and_then(|it| path.strip_prefix(it).map(Path::to_path_buf).ok());
    inside.unwrap_or_else(|| path.to_owned())
}

/// The transforms to run: arguments win over the configuration.
fn transforms(scope: &Scope, config: &Config) -> Result<Vec<Transform>, Failure> {
    let names = scope.only.iter().chain(&scope.skip);
    if let Some(unknown) = names.into_iter().find_map(|it| config::unknown_transform(it)) {
        return Err(unknown.into());
    }
    let recipe = scope.recipe.as_deref();
    if let Some(unknown) = recipe.and_then(config::unknown_recipe) {
        return Err(unknown.into());
    }
    let only = match (scope.only.as_slice(), recipe) {
        ([], Some(_)) => None,
        ([], None) => config.only.as_deref(),
        (only, _) => Some(only),
    };
    let named = recipe.or(config.recipe.as_deref()).unwrap_or(recipe::DEFAULT);
    let all: Vec<Transform> = match (only, recipe::find(named)) {
        (Some(only), _) => transforms::ALL
            .iter()
            .filter(|it| only.iter().any(|name| name == it.name))
            .copied()
            .collect(),
        (None, Some(recipe)) => recipe.transforms().copied().collect(),
        (None, None) => Vec::new(),
    };
    let skipped =
        |it: &Transform| scope.skip.iter().chain(&config.skip).any(|name| name == it.name);
    Ok(all.into_iter().filter(|it| !skipped(it)).collect())
}
