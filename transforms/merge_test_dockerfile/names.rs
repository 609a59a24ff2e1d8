//! Finds Dockerfiles that are variants of others, by their names.

use std::{cmp::Reverse, collections::BTreeMap};

use super::{
    align::{LOOKS_ALIKE, likeness},
    guard::Parsed,
};
use crate::{
    project::{File, Project},
    text::RepoPath,
};

/// The kinds of variants with the words that name them in a file or folder name. The kind is the target.
const VARIANTS: &[(&str, &[&str])] = &[
    ("test", &["test", "tests", "testing", "unittest", "unittests", "pytest"]),
    ("dev", &["dev", "devel", "develop", "development"]),
    ("prod", &["prod", "production", "prd"]),
    ("release", &["release"]),
    ("ci", &["ci"]),
    ("local", &["local"]),
    ("debug", &["debug"]),
    ("e2e", &["e2e"]),
    ("integration", &["integration"]),
    ("lint", &["lint"]),
    ("staging", &["staging", "stage"]),
    ("qa", &["qa"]),
];

/// The kinds that take production's part where no file has a name without such a word.
const PRODUCTION: [&str; 2] = ["prod", "release"];

/// The purpose of a variant: `test`, `dev`, …
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind(&'static str);

/// The evidence that one Dockerfile is a variant of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// The names of the files: `Dockerfile` and `Dockerfile.test`.
    Name,
    /// The names of their folders: `docker/prod/Dockerfile` and `docker/test/Dockerfile`.
    Folder,
    /// Their instructions: `app.Dockerfile` and `test.Dockerfile`.
    Likeness,
}

/// A Dockerfile and its variant.
pub struct Twins<'a> {
    /// The file that stays.
    pub production: &'a File,
    /// Its variant.
    pub variant: &'a File,
    /// The purpose of the variant.
    pub kind: Kind,
    /// The evidence.
    pub way: Way,
}

impl<'a> Twins<'a> {
    /// Both files, parsed; `None` if one is not a Dockerfile.
    pub(super) fn parsed(&self) -> Option<Parsed<'a>> {
        let (production, variant) = self.production.dockerfile().zip(self.variant.dockerfile())?;
        Some(Parsed { production, variant })
    }

    /// Returns true if the names of the files alone show a variant, or if the files are similar enough.
    pub fn look_alike(&self) -> bool {
        self.way == Way::Name
            || self
                .parsed()
                .is_some_and(|files| LOOKS_ALIKE <= likeness(files.production, files.variant))
    }
}

impl Kind {
    /// The name of the stage that builds the variant.
    pub fn target(self) -> &'static str {
        self.0
    }

    /// The name of the build argument that adds the variant's packages.
    pub fn argument(self) -> String {
        format!("INSTALL_{}_DEPS", self.0.to_uppercase())
    }

    /// Returns true if a build argument has the name of one that a merge adds.
    pub fn is_argument(name: &str) -> bool {
        VARIANTS.iter().any(|(kind, _)| Self(kind).argument() == name)
    }

    /// The kind that a word of a name stands for.
    fn of(word: &str) -> Option<Self> {
        let (kind, _) = VARIANTS.iter().find(|(_, words)| words.contains(&word))?;
        Some(Self(kind))
    }

    fn is_production(self) -> bool {
        PRODUCTION.contains(&self.0)
    }
}

/// The parts of a Dockerfile's path.
#[derive(PartialEq, Eq)]
struct Name {
    folder: RepoPath,
    /// The folder without the component that names a kind.
    neutral: RepoPath,
    /// The words of the file name that name no kind.
    stem: Vec<String>,
    /// The kind that the file name contains.
    file_kind: Option<Kind>,
    /// The kind that the folder contains.
    folder_kind: Option<Kind>,
}

impl Name {
    /// Splits a path; `None` if its file name contains several kinds.
    fn of(path: &RepoPath) -> Option<Self> {
        let lower = path.file_name().to_lowercase();
        let words = lower.split(['.', '-', '_']).filter(|it| !it.is_empty());
        let (kinds, stem): (Vec<&str>, Vec<&str>) = words.partition(|it| Kind::of(it).is_some());
        if kinds.len() > 1 {
            return None;
        }
        let named = |it: &&str| !matches!(*it, "dockerfile" | "containerfile");
        let stem = stem.into_iter().filter(named).map(str::to_owned).collect();
        let file_kind = kinds.first().and_then(|it| Kind::of(it));
        let folder = path.parent().unwrap_or(RepoPath::root());
        let components = folder.as_str().split('/').filter(|it| !it.is_empty());
        let (kinds, neutral): (Vec<&str>, Vec<&str>) =
            components.partition(|it| Kind::of(it).is_some());
        let (folder_kind, neutral) = match kinds.as_slice() {
            [kind] => (Kind::of(kind), RepoPath::new(&neutral.join("/"))?),
            _ => (None, folder.clone()),
        };
        Some(Self { folder, neutral, stem, file_kind, folder_kind })
    }
}

/// A Dockerfile of the project with the parts of its path.
struct Named<'a> {
    file: &'a File,
    name: &'a Name,
}

/// The Dockerfiles among which there may be twins by their paths, each with its parts: those whose folders are called
/// the same but for kinds, if one has a kind.
struct Groups(Vec<Vec<(RepoPath, Name)>>);

impl Groups {
    fn of(project: &Project) -> Self {
        let mut groups: BTreeMap<RepoPath, Vec<(RepoPath, Name)>> = BTreeMap::new();
        for path in project.dockerfile_paths() {
            if let Some(name) = Name::of(path) {
                groups.entry(name.neutral.clone()).or_default().push((path.clone(), name));
            }
        }
        let has_kind = |it: &Name| it.file_kind.is_some() || it.folder_kind.is_some();
        groups.retain(|_, group| group.iter().any(|it| has_kind(&it.1)));
        Self(groups.into_values().filter(|it| 1 < it.len()).collect())
    }
}

/// The twins of a project, by the path of the variant.
pub fn find(project: &Project) -> Vec<Twins<'_>> {
    let Groups(groups) = project.places().get(|| Groups::of(project));
    let mut twins = Vec::new();
    for group in groups {
        let named = group.iter().filter_map(|(path, name)| {
            let file = project.file(path.as_str())?;
            Some(Named { file, name })
        });
        let group: Vec<Named<'_>> = named.collect();
        for variant in &group {
            twins.extend(by_name(&group, variant).or_else(|| by_likeness(&group, variant)));
        }
    }
    twins.sort_by(|a, b| a.variant.path.cmp(&b.variant.path));
    twins
}

/// A file that may be the production file of a variant.
struct Candidate<'a> {
    way: Way,
    /// True if the candidate's own name contains a kind; one without is preferred.
    has_kind: bool,
    file: &'a File,
    kind: Kind,
}

/// Finds the production file of a variant by the names of files and folders.
fn by_name<'a>(group: &[Named<'a>], variant: &Named<'a>) -> Option<Twins<'a>> {
    // A file for production is a variant only of one whose name contains no kind.
    let can_stay = |production: Option<Kind>, kind: Kind| {
        production.is_none_or(|it| it.is_production() && !kind.is_production())
    };
    let name = &variant.name;
    if name.file_kind.is_none() && name.folder_kind.is_none() {
        return None;
    }
    let mut candidates: Vec<Candidate<'a>> = Vec::new();
    for Named { file, name: production } in group {
        if production.stem != name.stem || production == name {
            continue;
        }
        let same_folder = production.folder == name.folder;
        let same_file_kind = production.file_kind == name.file_kind;
        let (way, has_kind, kind) = match (name.file_kind, name.folder_kind) {
            (Some(kind), _) if same_folder && can_stay(production.file_kind, kind) => {
                (Way::Name, production.file_kind.is_some(), kind)
            }
            (_, Some(kind)) if same_file_kind && can_stay(production.folder_kind, kind) => {
                (Way::Folder, production.folder_kind.is_some(), kind)
            }
            _ => continue,
        };
        candidates.push(Candidate { way, has_kind, file, kind });
    }
    let best = candidates.into_iter().min_by_key(|it| (it.way, it.has_kind))?;
    Some(Twins { production: best.file, variant: variant.file, kind: best.kind, way: best.way })
}

/// Finds the one most similar file beside a variant whose file name is only a kind.
fn by_likeness<'a>(group: &[Named<'a>], variant: &Named<'a>) -> Option<Twins<'a>> {
    let Named { file: variant, name } = variant;
    let kind = name.file_kind.filter(|it| name.stem.is_empty() && !it.is_production())?;
    let dockerfile = variant.dockerfile()?;
    let mut similar: Vec<(usize, &'a File)> = group
        .iter()
        .filter(|it| it.name.folder == name.folder && it.name.file_kind.is_none())
        .filter_map(|it| Some((likeness(it.file.dockerfile()?, dockerfile), it.file)))
        .filter(|(likeness, _)| LOOKS_ALIKE <= *likeness)
        .collect();
    similar.sort_by_key(|(likeness, _)| Reverse(*likeness));
    match similar.as_slice() {
        [(best, _), (next, _), ..] if best == next => None,
        [(_, production), ..] => Some(Twins { production, variant, kind, way: Way::Likeness }),
        [] => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(paths: &[&str]) -> Vec<String> {
        let text = "FROM a\nRUN b\nCMD c\n";
        let files = paths.iter().map(|it| (RepoPath::new(it).unwrap(), text.to_owned()));
        let project = Project::new(files);
        let show = |twins: &Twins<'_>| {
            let Twins { production, variant, kind, .. } = twins;
            format!("{} <- {} {}", production.path, variant.path, kind.target())
        };
        find(&project).iter().map(show).collect()
    }

    #[test]
    fn twins_are_known_by_name() {
        let rows: &[(&[&str], &[&str])] = &[
            (&["Dockerfile", "Dockerfile.test"], &["Dockerfile <- Dockerfile.test test"]),
            (&["Dockerfile", "tests.Dockerfile"], &["Dockerfile <- tests.Dockerfile test"]),
            (&["Dockerfile", "Dockerfile.prod"], &["Dockerfile <- Dockerfile.prod prod"]),
            (&["Dockerfile.dev", "Dockerfile.prod"], &["Dockerfile.prod <- Dockerfile.dev dev"]),
            (
                &["Dockerfile.api", "Dockerfile.api.test"],
                &["Dockerfile.api <- Dockerfile.api.test test"],
            ),
            (
                &["api.Dockerfile", "api.dev.dockerfile"],
                &["api.Dockerfile <- api.dev.dockerfile dev"],
            ),
            (
                &["docker/Dockerfile", "docker/test/Dockerfile"],
                &["docker/Dockerfile <- docker/test/Dockerfile test"],
            ),
            (
                &[
                    "docker/prod/api.Dockerfile",
                    "docker/dev/api.Dockerfile",
                    "docker/dev/web.Dockerfile",
                ],
                &["docker/prod/api.Dockerfile <- docker/dev/api.Dockerfile dev"],
            ),
            (
                &["Dockerfile", "Dockerfile.dev", "Dockerfile.prod"],
                &["Dockerfile <- Dockerfile.dev dev", "Dockerfile <- Dockerfile.prod prod"],
            ),
            (&["app.Dockerfile", "test.Dockerfile"], &["app.Dockerfile <- test.Dockerfile test"]),
            // Both files are equally similar.
            (&["app.Dockerfile", "web.Dockerfile", "test.Dockerfile"], &[]),
            (&["worker.Dockerfile", "flower.Dockerfile"], &[]),
            (&["Dockerfile.dev", "Dockerfile.test"], &[]),
            (&["a/Dockerfile", "b/Dockerfile.test"], &[]),
            (&["Dockerfile", "Dockerfile.local.dev"], &[]),
        ];
        for (paths, expected) in rows {
            assert_eq!(found(paths), *expected, "{paths:?}");
        }
    }
}
