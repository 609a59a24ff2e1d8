//! Which Dockerfile is a variant of which, by their names.

use std::collections::BTreeMap;

use super::align::{LOOKS_ALIKE, likeness};
use crate::{
    project::{File, Project},
    text::RepoPath,
};

/// Words that say what a variant is for, and the name that each goes by.
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

/// The variants that stay where there is no file without one.
const PRODUCTION: [&str; 2] = ["prod", "release"];

/// What a variant is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind(&'static str);

/// How two Dockerfiles are known to be variants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// By their own names: `Dockerfile` and `Dockerfile.test`.
    Name,
    /// By the names of their folders: `docker/prod/Dockerfile` and `docker/test/Dockerfile`.
    Folder,
    /// By what they say: `app.Dockerfile` and `test.Dockerfile`.
    Likeness,
}

/// Two Dockerfiles of which one is a variant of the other.
pub struct Twins<'a> {
    /// The one that stays: production's.
    pub ours: &'a File,
    /// The variant.
    pub theirs: &'a File,
    /// What the variant is for.
    pub kind: Kind,
    /// How they are known.
    pub way: Way,
}

impl Twins<'_> {
    /// Whether the two look like variants: by their own names they do, else by what they say.
    pub fn look_alike(&self) -> bool {
        let both = self.ours.dockerfile().zip(self.theirs.dockerfile());
        self.way == Way::Name || both.is_some_and(|it| LOOKS_ALIKE <= likeness(it.0, it.1))
    }
}

impl Kind {
    /// The name of the stage that builds it.
    pub fn target(self) -> &'static str {
        self.0
    }

    /// The build argument that installs what it needs.
    pub fn argument(self) -> String {
        format!("INSTALL_{}_DEPS", self.0.to_uppercase())
    }

    /// Whether an argument is one that a variant was merged with.
    pub fn is_argument(name: &str) -> bool {
        VARIANTS.iter().any(|it| Self(it.0).argument() == name)
    }

    fn of(word: &str) -> Option<Self> {
        VARIANTS.iter().find(|it| it.1.contains(&word)).map(|it| Self(it.0))
    }

    fn is_production(self) -> bool {
        PRODUCTION.contains(&self.0)
    }
}

/// A Dockerfile's name, taken apart.
#[derive(PartialEq, Eq)]
struct Name {
    folder: RepoPath,
    /// The folder without the component that names a variant.
    neutral: RepoPath,
    /// The words of the file's name that name no variant.
    stem: Vec<String>,
    own: Option<Kind>,
    folders: Option<Kind>,
}

impl Name {
    /// `None` where the name says more than one thing.
    fn of(path: &RepoPath) -> Option<Self> {
        let lower = path.file_name().to_lowercase();
        let words = lower.split(['.', '-', '_']).filter(|it| !it.is_empty());
        let (variants, stem): (Vec<&str>, Vec<&str>) = words.partition(|it| Kind::of(it).is_some());
        let folder = path.parent().unwrap_or(RepoPath::root());
        let parts: Vec<&str> = folder.as_str().split('/').filter(|it| !it.is_empty()).collect();
        let kinds = parts.iter().filter_map(|it| Kind::of(it)).collect::<Vec<_>>();
        let neutral: Vec<&str> =
            parts.iter().copied().filter(|it| Kind::of(it).is_none()).collect();
        let neutral =
            if kinds.len() == 1 { RepoPath::new(&neutral.join("/"))? } else { folder.clone() };
        let named = |it: &&str| !matches!(*it, "dockerfile" | "containerfile");
        let stem = stem.into_iter().filter(named).map(str::to_owned).collect();
        if variants.len() > 1 {
            return None;
        }
        let own = variants.first().and_then(|it| Kind::of(it));
        let folders = kinds.first().copied().filter(|_| kinds.len() == 1);
        Some(Self { folder, neutral, stem, own, folders })
    }
}

/// The twins of a project, by the path of the variant.
pub fn find(project: &Project) -> Vec<Twins<'_>> {
    let files = project.files().filter(|it| it.dockerfile().is_some());
    let named: Vec<(&File, Name)> =
        files.filter_map(|it| Some((it.as_ref(), Name::of(&it.path)?))).collect();
    let mut groups: BTreeMap<&RepoPath, Vec<&(&File, Name)>> = BTreeMap::new();
    for it in &named {
        groups.entry(&it.1.neutral).or_default().push(it);
    }
    let mut twins = Vec::new();
    for group in groups.values() {
        for (file, name) in group {
            twins.extend(by_name(group, file, name).or_else(|| by_likeness(group, file, name)));
        }
    }
    twins.sort_by(|a, b| a.theirs.path.cmp(&b.theirs.path));
    twins
}

fn by_name<'a>(group: &[&(&'a File, Name)], theirs: &'a File, name: &Name) -> Option<Twins<'a>> {
    let stays = |it: Option<Kind>| it.is_none_or(Kind::is_production);
    // A production file is the variant of a plain one only.
    let beats = |it: Option<Kind>, kind: Kind| it.is_none() || !kind.is_production();
    let mut candidates: Vec<(usize, &'a File, Kind, Way)> = Vec::new();
    for (file, other) in group {
        if other.stem != name.stem || other == name {
            continue;
        }
        let same_folder = other.folder == name.folder;
        let same_own = other.own == name.own;
        match (name.own, name.folders) {
            (Some(kind), _) if same_folder && stays(other.own) && beats(other.own, kind) => {
                candidates.push((usize::from(other.own.is_some()), file, kind, Way::Name));
            }
            (_, Some(kind)) if same_own && stays(other.folders) && beats(other.folders, kind) => {
                candidates.push((usize::from(other.folders.is_some()), file, kind, Way::Folder));
            }
            _ => {}
        }
    }
    candidates.sort_by_key(|it| (it.3 == Way::Folder, it.0));
    let (_, ours, kind, way) = candidates.into_iter().next()?;
    Some(Twins { ours, theirs, kind, way })
}

/// The one sibling that says nearly the same as a file whose name is nothing but a variant's.
fn by_likeness<'a>(
    group: &[&(&'a File, Name)],
    theirs: &'a File,
    name: &Name,
) -> Option<Twins<'a>> {
    let kind = name.own.filter(|it| name.stem.is_empty() && !it.is_production())?;
    let twin = theirs.dockerfile()?;
    let beside = group.iter().filter(|it| it.1.folder == name.folder && it.1.own.is_none());
    let mut alike: Vec<(usize, &'a File)> = beside
        .filter_map(|it| Some((likeness(it.0.dockerfile()?, twin), it.0)))
        .filter(|it| LOOKS_ALIKE <= it.0)
        .collect();
    alike.sort_by_key(|it| std::cmp::Reverse(it.0));
    match alike.as_slice() {
        [(best, _), (next, _), ..] if best == next => None,
        [(_, ours), ..] => Some(Twins { ours, theirs, kind, way: Way::Likeness }),
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
        let say =
            |it: &Twins<'_>| format!("{} <- {} {}", it.ours.path, it.theirs.path, it.kind.target());
        find(&project).iter().map(say).collect()
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
            // Which of the two it would be is anybody's guess.
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
