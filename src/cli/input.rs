//! The input of a command: project, transforms and options, from arguments and `refit.toml`.

use std::{
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use rayon::prelude::*;

use super::{
    args::Scope,
    baseline::{self, Entry},
    failure::Failure,
    ignores,
    scopes::{self, Found},
    verify,
};
use crate::{
    engine::{
        Transform,
        plan::{
            Options, Plan, Without,
            held::{Baseline, Held, Identity},
            plan,
        },
    },
    load::{self, Loaded, load},
    project::{
        Project,
        change::Safety,
        is_dockerfile,
        selection::{Pattern, Selection},
    },
    report::{Detail, ProblemReport, Report},
    text::RepoPath,
};

/// The input of a command.
pub(super) struct Input {
    /// The snapshot.
    pub(super) project: Project,
    /// The project's folder; `None` for a Dockerfile from standard input.
    pub(super) root: Option<PathBuf>,
    /// The folders of other repositories in it that the arguments name as well.
    pub(super) nested: Vec<RepoPath>,
    /// The Dockerfile on standard input.
    pub(super) stdin: Option<RepoPath>,
    /// What the project's baseline has.
    pub(super) baseline: Vec<Entry>,
    /// How images are built.
    pub(super) verify: verify::Settings,
    /// The folders whose `refit.toml` says that for nothing.
    pub(super) unheard: Vec<RepoPath>,
    transforms: Vec<Transform>,
    options: Options,
}

impl Input {
    /// Reads the project of these paths; `stdin_filename` is where standard input would lie.
    pub(super) fn of_scope(
        scope: &Scope,
        paths: &[PathBuf],
        stdin_filename: Option<&Path>,
    ) -> anyhow::Result<Self> {
        let from_stdin = scope.is_stdin();
        if from_stdin && paths.len() != 1 {
            let hint = "give `-` alone, or paths alone";
            return Err(Failure::new("`-` and paths cannot be mixed", hint).into());
        }
        if !from_stdin && stdin_filename.is_some() {
            let hint = "give `-` as the path to read from standard input";
            return Err(Failure::new("--stdin-filename without `-`", hint).into());
        }
        let here = std::env::current_dir().context("the current folder")?;
        let here = here.canonicalize().unwrap_or(here);
        let pattern = |folder: &Path, glob: &String| Pattern {
            folder: folder.to_owned(),
            glob: glob.clone(),
        };
        let exclude = scope.exclude.iter().map(|it| pattern(&here, it)).collect();
        let options = load::Options { exclude };

        let (loaded, stdin) = if from_stdin {
            let (loaded, path) = buffer(stdin_filename, &options)?;
            (loaded, Some(path))
        } else {
            (load(paths, &options)?, None)
        };
        let floor = if scope.safe { Safety::Safe } else { Safety::Review };
        let dockerfiles = loaded.project.files().map(|it| &it.path).chain(&stdin);
        let dockerfiles = dockerfiles
            .filter(|it| is_dockerfile(it.file_name()) && loaded.selection.selects(it))
            .cloned()
            .collect::<Vec<_>>();
        let Found { transforms, settings, selection, verify, unheard } =
            scopes::find(scope, &loaded, &dockerfiles)?;
        let Loaded { project, root: folder, nested, .. } = loaded;
        let root = (!from_stdin).then(|| folder.clone());
        let only = stdin.clone();
        let has_baseline = !scope.no_baseline && !folder.as_os_str().is_empty();
        let baseline = if has_baseline { baseline::read(&folder)? } else { Vec::new() };
        let held = Held { baseline: baseline::of(&baseline), ..Held::default() };
        let options = Options { floor, selection, only, settings, without: Vec::new(), held };
        // Parsed on all cores, before the transforms ask one by one.
        project.files().collect::<Vec<_>>().into_par_iter().for_each(|it| {
            it.dockerfile();
            it.callers();
        });
        Ok(Self { project, root, nested, stdin, baseline, verify, unheard, transforms, options })
    }

    /// The plan of a run.
    pub(super) fn plan(&self) -> Plan {
        self.plan_without(&[])
    }

    /// The plan without the changes that real builds spoke against.
    pub(super) fn plan_without(&self, without: &[Without]) -> Plan {
        let options = Options { without: without.to_vec(), ..self.options.clone() };
        plan(self.project.clone(), &self.transforms, &options)
    }

    /// The plan of a run that makes no change at all: the baseline holds back what there is.
    pub(super) fn plan_of_everything(&self) -> Plan {
        let held = Held { baseline: Baseline::Everything, ..Held::default() };
        let options = Options { held, ..self.options.clone() };
        plan(self.project.clone(), &self.transforms, &options)
    }

    /// Makes later plans do without these changes.
    pub(super) fn hold_back(&mut self, changes: Vec<Identity>) {
        self.options.held.unwanted.extend(changes);
    }

    /// Returns true if a transform runs on a file.
    pub(super) fn runs(&self, transform: &str, path: &RepoPath) -> bool {
        let Options { selection, settings, .. } = &self.options;
        let runs = self.transforms.iter().any(|it| it.name == transform);
        runs && selection.selects(path) && settings.runs(transform, path)
    }

    /// Returns true if there is anything to look at.
    pub(super) fn has_dockerfiles(&self) -> bool {
        let selection = self.selection();
        let selected = |it: &RepoPath| is_dockerfile(it.file_name()) && selection.selects(it);
        let problems = self.project.problems().iter().map(|it| &it.path);
        self.project.files().map(|it| &it.path).chain(problems).any(selected)
    }

    /// The report of a plan of this input, its files as seen from above its folder.
    pub(super) fn report(&self, folder: &RepoPath, plan: &Plan, detail: Detail) -> Report {
        let Options { selection, settings, .. } = &self.options;
        let mut warnings = ignores::warnings(plan, selection, settings, &self.transforms);
        warnings.extend(baseline::gone(self, plan));
        let warnings = warnings.into_iter().map(ProblemReport::from);
        Report::below(folder, plan, selection, detail).with_warnings(folder, warnings)
    }

    /// The files that the arguments select.
    pub(super) fn selection(&self) -> &Selection {
        &self.options.selection
    }
}

/// The Dockerfile on standard input, in its project when its name is known.
fn buffer(name: Option<&Path>, options: &load::Options) -> anyhow::Result<(Loaded, RepoPath)> {
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
    Ok((Loaded::new(project.with_text(&path, source), root, selection), path))
}
