//! The `refit.toml` of each Dockerfile: the closest above it, with what that extends.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;

use super::{
    args::Scope as Arguments,
    config::{self, Config, FILE_NAME},
    failure::Failure,
    verify,
};
use crate::{
    engine::{
        Transform,
        settings::{Scope, Settings},
    },
    load::{LoadError, Loaded},
    project::selection::{Pattern, Selection},
    text::RepoPath,
    transforms::{self, recipe},
};

/// What the settings of a run come to.
pub(super) struct Found {
    /// The transforms that run on any Dockerfile, in the order of the catalogue.
    pub(super) transforms: Vec<Transform>,
    /// Which of them run on which, and their options.
    pub(super) settings: Settings,
    /// The files that may be changed.
    pub(super) selection: Selection,
    /// How images are built: what the `refit.toml` of the whole project says.
    pub(super) verify: verify::Settings,
    /// The folders whose `refit.toml` says so as well, for nothing.
    pub(super) unheard: Vec<RepoPath>,
}

/// A `refit.toml` that was read, and the folder that its patterns are written for.
type Read = (Config, PathBuf);

/// Finds the settings of these Dockerfiles of a project.
pub(super) fn find(
    arguments: &Arguments,
    loaded: &Loaded,
    dockerfiles: &[RepoPath],
) -> anyhow::Result<Found> {
    check_names(arguments)?;
    let root = &loaded.root;
    let mut selection = loaded.selection.clone();
    let mut found: BTreeMap<RepoPath, Option<Read>> = BTreeMap::new();
    match &arguments.config {
        Some(file) => _ = found.insert(RepoPath::root(), Some(read(file)?)),
        None => {
            let above = root.ancestors().find(|it| it.join(FILE_NAME).is_file());
            let above = above.filter(|it| !it.as_os_str().is_empty());
            let above = above.map(|it| read(&shown(&it.join(FILE_NAME)))).transpose()?;
            found.insert(RepoPath::root(), above);
            let folders: BTreeSet<RepoPath> =
                dockerfiles.iter().flat_map(RepoPath::ancestors).collect();
            let has_one = |it: &RepoPath| it.join(FILE_NAME).is_some_and(|it| loaded.has(&it));
            for folder in folders.into_iter().filter(|it| !it.is_root() && has_one(it)) {
                let file = root.join(folder.as_str()).join(FILE_NAME);
                if file.is_file() {
                    found.insert(folder, Some(read(&shown(&file))?));
                }
            }
        }
    }
    let (mut scopes, mut all) = (Vec::new(), BTreeSet::new());
    let (mut verify, mut unheard) = (verify::Settings::default(), Vec::new());
    for (folder, read) in found {
        let (config, own) = read.unwrap_or_default();
        // One run has one builder. That of the whole project is the first.
        match folder.is_root() {
            true => config.verify().clone_into(&mut verify),
            false if [&verify, &verify::Settings::default()].contains(&config.verify()) => {}
            false => unheard.push(folder.clone()),
        }
        for glob in config.exclude.iter().flatten() {
            let pattern = Pattern { folder: own.clone(), glob: glob.clone() };
            selection = selection.without(&pattern).map_err(LoadError::from)?;
        }
        let names = transforms_of(arguments, &config);
        all.extend(names.iter().copied());
        scopes.push(Scope { folder, transforms: Some(names), tables: config.tables() });
    }
    let transforms = transforms::ALL.iter().filter(|it| all.contains(it.name)).copied().collect();
    Ok(Found { transforms, settings: Settings::new(scopes), selection, verify, unheard })
}

/// Reads a `refit.toml`, and those that it extends.
fn read(path: &Path) -> anyhow::Result<Read> {
    let real = |path: &Path| path.canonicalize().with_context(|| path.display().to_string());
    let folder = |path: &Path| path.parent().map(Path::to_path_buf).unwrap_or_default();
    let (mut config, mut next) = (parse(path)?, path.to_owned());
    let own = folder(&real(path)?);
    let mut seen = vec![real(path)?];
    while let Some(base) = config.extend.take() {
        next = folder(&next).join(&base);
        if seen.contains(&real(&next)?) {
            let hint = format!("take `extend` out of {}", next.display());
            return Err(Failure::new(format!("{} extends itself", path.display()), hint).into());
        }
        seen.push(real(&next)?);
        let mut base = parse(&next)?;
        let more = base.extend.take();
        config = config.over(base);
        config.extend = more;
    }
    Ok((config, own))
}

fn parse(path: &Path) -> anyhow::Result<Config> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    Ok(Config::parse(&text).map_err(|it| Failure::config(path, &it))?)
}

/// A path as seen from the current folder, where that is shorter.
fn shown(path: &Path) -> PathBuf {
    let here = std::env::current_dir().and_then(|it| it.canonicalize()).ok();
    let inside = here.and_then(|it| path.strip_prefix(it).map(Path::to_path_buf).ok());
    inside.unwrap_or_else(|| path.to_owned())
}

fn check_names(arguments: &Arguments) -> Result<(), Failure> {
    let names = arguments.only.iter().chain(&arguments.skip);
    let recipe = arguments.recipe.as_deref().and_then(config::unknown_recipe);
    let unknown = names.into_iter().find_map(|it| config::unknown_transform(it)).or(recipe);
    unknown.map_or(Ok(()), |it| Err(it.into()))
}

/// The transforms to run: arguments win over the configuration.
fn transforms_of(arguments: &Arguments, config: &Config) -> Vec<&'static str> {
    let recipe = arguments.recipe.as_deref();
    let only = match (arguments.only.as_slice(), recipe) {
        ([], Some(_)) => None,
        ([], None) => config.only.as_deref(),
        (only, _) => Some(only),
    };
    let named = recipe.or(config.recipe.as_deref()).unwrap_or(recipe::DEFAULT);
    let all: Vec<&'static str> = match (only, recipe::find(named)) {
        (Some(only), _) => {
            let all = transforms::ALL.iter().map(|it| it.name);
            all.filter(|it| only.iter().any(|name| name == it)).collect()
        }
        (None, Some(recipe)) => recipe.transforms().map(|it| it.name).collect(),
        (None, None) => Vec::new(),
    };
    let skip = config.skip.iter().flatten().chain(&arguments.skip);
    let skip: Vec<&String> = skip.collect();
    all.into_iter().filter(|it| !skip.iter().any(|name| name == it)).collect()
}
