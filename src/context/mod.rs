//! The build context of a Dockerfile: the folder its COPY sources are seen from.
//!
//! The callers that build it name it. If no caller does, the context is the nearest folder above the Dockerfile in
//! which everything that it copies exists.

pub mod brought;
pub mod copies;
pub mod dockerignore;
pub mod layers;
pub mod named;
pub mod shared;
pub mod taken;

use std::{
    collections::BTreeMap,
    hash::{Hash, Hasher},
    sync::Arc,
};

use elsa::sync::FrozenMap;

use self::dockerignore::Dockerignore;
use crate::{
    callers::{Build, BuildContext},
    ecosystems::{
        self,
        clutter::{self, Class},
        images::stages,
        jvm,
    },
    project::{Project, is_dockerfile, tree},
    text::glob::{self, Glob},
};
use crate::{
    dockerfile::{Dockerfile, Instruction, Keyword, stage::Stage},
    text::{Place, RepoPath},
};

/// The build context of a Dockerfile, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Context {
    /// It is this folder.
    Known {
        /// The folder.
        folder: RepoPath,
        /// The evidence.
        evidence: Evidence,
    },
    /// It is built from these folders, which may differ.
    Several(Vec<RepoPath>),
    /// It is not known; the reason is a sentence without a full stop.
    Unknown(String),
}

/// The evidence for a context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// The builds of the Dockerfile name it.
    Named(Vec<Place>),
    /// It is the nearest folder with all that the Dockerfile copies.
    Sources,
}

/// The endings of files that are kept from git for what is in them: passwords, keys, what a machine is told.
const PRIVATE: [&str; 14] = [
    "cert",
    "cfg",
    "conf",
    "crt",
    "env",
    "ini",
    "json",
    "key",
    "p12",
    "pem",
    "properties",
    "toml",
    "yaml",
    "yml",
];

/// The contexts that were found, by Dockerfile and its text.
#[derive(Default)]
struct Contexts(FrozenMap<(RepoPath, Option<Held>), Box<Context>>);

/// Whether folders hold anything but files for containers.
#[derive(Default)]
struct Mixed(FrozenMap<RepoPath, Box<bool>>);

/// A text that is known by where it is held: to compare whole texts takes longer.
struct Held(Arc<str>);

impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Held {}

impl Hash for Held {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.0).cast::<u8>().hash(state);
    }
}

impl Context {
    /// The folder, if there is only one.
    pub fn folder(&self) -> Option<&RepoPath> {
        match self {
            Self::Known { folder, .. } => Some(folder),
            Self::Several(_) | Self::Unknown(_) => None,
        }
    }

    /// The folders that it is built from; none if that is not known.
    pub fn folders(&self) -> &[RepoPath] {
        match self {
            Self::Known { folder, .. } => std::slice::from_ref(folder),
            Self::Several(all) => all,
            Self::Unknown(_) => &[],
        }
    }
}

impl Project {
    /// The context that a Dockerfile is built with; found once for each text that it has.
    pub fn context_of(&self, dockerfile: &RepoPath) -> &Context {
        let Contexts(known) = self.places().get(Contexts::default);
        let text = self.file(dockerfile.as_str()).map(|it| Held(Arc::clone(&it.text)));
        let key = (dockerfile.clone(), text);
        let found = known.get(&key);
        found.unwrap_or_else(|| known.insert(key, Box::new(self.find_context(dockerfile))))
    }

    fn find_context(&self, dockerfile: &RepoPath) -> Context {
        let mut named: BTreeMap<RepoPath, Vec<Place>> = BTreeMap::new();
        for Build { context, place, .. } in self.builds(dockerfile) {
            if let BuildContext::Folder(it) = context {
                named.entry(it.clone()).or_default().push(place.clone());
            }
        }
        let parsed = self.file(dockerfile.as_str()).and_then(|it| it.dockerfile());
        if let Some(parsed) = parsed.filter(|_| named.len() > 1) {
            // A build from a folder that lacks what is copied fails today, and does not count.
            let sources = context_sources(parsed).iter().filter(|it| !glob::is_pattern(it));
            let sources: Vec<_> = sources.collect();
            let fits =
                |it: &RepoPath| sources.iter().all(|source| self.sends(dockerfile, it, source));
            if named.keys().any(fits) {
                named.retain(|it, _| fits(it));
            }
        }
        if named.len() > 1 {
            return Context::Several(named.into_keys().collect());
        }
        if let Some((folder, places)) = named.pop_first() {
            return Context::Known { folder, evidence: Evidence::Named(places) };
        }
        if let Some(it) = self.unread_caller(dockerfile) {
            return Context::Unknown(it.reason());
        }
        match parsed {
            Some(parsed) => self.context_by_sources(dockerfile, parsed),
            None => Context::Unknown("it was not read".to_owned()),
        }
    }

    fn context_by_sources(&self, path: &RepoPath, dockerfile: &Dockerfile) -> Context {
        let known = |folder| Context::Known { folder, evidence: Evidence::Sources };
        let sources = context_sources(dockerfile);
        let own = path.parent().unwrap_or(RepoPath::root());
        let whole = sources.iter().any(|it| is_whole(it));
        let parts: Vec<&str> =
            sources.iter().map(String::as_str).filter(|it| !is_whole(it)).collect();
        // A pattern may match nothing: `poetry.lock*` is how one says "if there is one".
        let (patterns, mut names): (Vec<&str>, Vec<&str>) =
            parts.into_iter().partition(|it| glob::is_pattern(it));
        names.retain(|it| !self.is_private(path, it));
        if names.is_empty() {
            let matched =
                path.ancestors().find(|it| patterns.iter().any(|s| self.sends(path, it, s)));
            let folder = if whole { Some(self.context_of_all(path, dockerfile)) } else { matched };
            return known(folder.unwrap_or(own));
        }
        let mut fewest: Option<Vec<&str>> = None;
        for folder in path.ancestors() {
            let is_there =
                |it: &str| self.sends(path, &folder, it) || self.builds_jar(path, &folder, it);
            let missing = names.iter().filter(|it| !is_there(it));
            let missing: Vec<&str> = missing.copied().collect();
            if missing.is_empty() {
                return known(folder);
            }
            if fewest.as_ref().is_none_or(|it| missing.len() < it.len()) {
                fewest = Some(missing);
            }
        }
        let mut missing = fewest.unwrap_or_default();
        missing.dedup();
        Context::Unknown(format!("no folder above it holds all it copies: {}", missing.join(", ")))
    }

    /// Whether a source is a file of settings that git ignores, and that no folder above the Dockerfile has: whoever
    /// builds has it, and it says nothing about where.
    fn is_private(&self, dockerfile: &RepoPath, source: &str) -> bool {
        let name = source.rsplit('/').next().unwrap_or_default();
        let ending = name.rsplit_once('.').map(|it| it.1);
        let is_settings =
            name.starts_with(".env") || ending.is_some_and(|it| PRIVATE.contains(&it));
        let folders = dockerfile.ancestors();
        let places = folders.filter_map(|it| it.join(source.trim_start_matches('/')));
        let places: Vec<RepoPath> = places.collect();
        is_settings
            && !places.iter().any(|it| self.tree().exists(it))
            && places.iter().any(|it| self.would_ignore(it))
    }

    /// The context of a Dockerfile that copies all of it, as any folder could be: the nearest folder with something
    /// that its commands name, or else the nearest with more in it than files for containers.
    fn context_of_all(&self, path: &RepoPath, dockerfile: &Dockerfile) -> RepoPath {
        let hints = named_files(dockerfile);
        let holds = |folder: &RepoPath| {
            hints.iter().filter_map(|it| folder.join(it)).any(|it| self.tree().is_file(&it))
        };
        let mut folders = path.ancestors();
        let is_own = |it: &RepoPath| self.holds_more_than_ours(it);
        let found = folders.find(holds).or_else(|| path.ancestors().find(is_own));
        found.or_else(|| path.parent()).unwrap_or(RepoPath::root())
    }

    /// Whether a folder has anything in it that is not [ours](is_ours); found once, since many Dockerfiles may lie in it.
    fn holds_more_than_ours(&self, folder: &RepoPath) -> bool {
        let Mixed(known) = self.places().get(Mixed::default);
        let mixed = known.get(folder).unwrap_or_else(|| {
            let is_mixed = self.tree().children(folder).any(|it| !is_ours(it.file_name()));
            known.insert(folder.clone(), Box::new(is_mixed))
        });
        *mixed
    }

    /// Returns true if a source exists in the context and reaches the builder.
    fn sends(&self, dockerfile: &RepoPath, context: &RepoPath, source: &str) -> bool {
        let found = tree::sources(self.tree(), context, source);
        !found.is_empty() && self.reaches(dockerfile, context, &found)
    }

    /// Whether one of these files and folders of the context reaches the builder.
    fn reaches(&self, dockerfile: &RepoPath, context: &RepoPath, found: &[RepoPath]) -> bool {
        let Some((_, ignore)) = Dockerignore::for_build(self, dockerfile, context) else {
            return true;
        };
        found.iter().any(|it| {
            let path = it.strip_prefix(context).unwrap_or_default();
            let folder_may_hold_more = ignore.has_exceptions() && self.tree().is_folder(it);
            folder_may_hold_more || !ignore.excludes(path)
        })
    }
}

impl Project {
    /// Whether a source is a jar that Maven or Gradle builds in the context before the image: `target/shop-1.0.jar`.
    fn builds_jar(&self, dockerfile: &RepoPath, context: &RepoPath, source: &str) -> bool {
        let source = source.trim_start_matches('/').trim_start_matches("./");
        let Some((module, jar)) = jvm::built(source) else { return false };
        let Some((folder, path)) = context.join(module).zip(context.join(source)) else {
            return false;
        };
        let text = |name: &str| Some(&*self.source(&folder.join(name)?)?.text);
        let is_built = jvm::MANIFESTS.iter().any(|name| {
            let own = [name].into_iter().chain(&jvm::NAMING).filter_map(|it| text(it));
            let own: Vec<&str> = own.collect();
            text(name).is_some() && jvm::names_jar(&own, folder.file_name(), jar)
        });
        is_built && self.reaches(dockerfile, context, &[path])
    }
}

/// What a Dockerfile takes from its context: the sources of COPY, ADD and bind mounts, as far as their
/// variables are known.
pub fn context_sources(dockerfile: &Dockerfile) -> &[String] {
    let Sources(sources) = dockerfile.memo.get(|| {
        let stages = stages(dockerfile);
        Sources(stages.iter().flat_map(|it| sources_of(it, dockerfile.escape)).collect())
    });
    sources
}

/// The sources of a Dockerfile, once they were asked for.
struct Sources(Box<[String]>);

/// Whether a Dockerfile takes a file of this name from the root of its context: by name, by a pattern, or with all of
/// the context.
pub fn takes(dockerfile: &Dockerfile, name: &str) -> bool {
    let is_named = |it: &String| {
        let source = it.trim_start_matches('/').trim_start_matches("./");
        is_whole(it) || Glob::new(source).is_ok_and(|it| it.matches(name))
    };
    context_sources(dockerfile).iter().any(is_named)
}

/// What one stage of a Dockerfile with this escape character takes from its context; see [`context_sources`].
pub fn sources_of(stage: &Stage<'_>, escape: char) -> Vec<String> {
    let mut sources = Vec::new();
    for (at, _, it) in stage.instructions() {
        let taken = taken(it, None);
        if !taken.is_empty() {
            let state = stage.state_before(at);
            sources.extend(taken.iter().filter_map(|it| state.expand(it, escape)));
        }
    }
    sources
}

/// The sources of one instruction, raw: of the build context, or of the one of this name.
fn taken(instruction: &Instruction, from: Option<&str>) -> Vec<String> {
    let mounts = instruction.mounts().filter(|it| it.kind == "bind");
    let mounts = mounts.filter(|it| it.field(&["from"]) == from);
    let mounts = mounts.map(|it| it.field(&["source", "src"]).unwrap_or(".").to_owned());
    let copied = instruction.copy().filter(|it| it.from == from);
    let copied = copied.map(|it| it.sources).unwrap_or_default().into_iter().map(|it| it.text);
    let local = copied.filter(|it| !it.contains("://") && !it.starts_with("git@"));
    mounts.chain(local).collect()
}

/// Returns true if a source is the context itself.
pub fn is_whole(source: &str) -> bool {
    source.split('/').all(|it| matches!(it, "" | "." | ".." | "*"))
}

/// Relative names of files in RUN, CMD and ENTRYPOINT, and the manifests of package managers they call.
fn named_files(dockerfile: &Dockerfile) -> Vec<String> {
    let mut files = Vec::new();
    let runs = dockerfile.instructions().map(|it| it.1);
    let runs =
        runs.filter(|it| matches!(it.keyword, Keyword::Run | Keyword::Cmd | Keyword::Entrypoint));
    let separates =
        |it| matches!(it, ' ' | '\t' | '"' | '\'' | ',' | ';' | '=' | '[' | ']' | '(' | ')');
    for word in runs.flat_map(|it| it.text().split(separates)).filter(|it| !it.is_empty()) {
        files.extend(ecosystems::manifests_of(word).map(str::to_owned));
        let named =
            word.rsplit('/').next().is_some_and(|it| it.trim_start_matches('.').contains('.'));
        let plain = |it: char| it.is_alphanumeric() || "._-/".contains(it);
        if named && !word.starts_with('/') && word.chars().all(plain) {
            files.push(word.to_owned());
        }
    }
    files
}

/// Returns true if a file serves containers only, and so does not make its folder a context.
fn is_ours(name: &str) -> bool {
    is_dockerfile(name)
        || clutter::class_of(name) == Some(Class::VersionControl)
        || name.ends_with(".dockerignore")
        || name.contains("compose")
        || name.ends_with(".md")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(dockerfile: &str, text: &str, files: &[&str]) -> String {
        with(dockerfile, text, files, &[])
    }

    fn with(dockerfile: &str, text: &str, files: &[&str], texts: &[(&str, &str)]) -> String {
        let path = |it: &str| RepoPath::new(it).unwrap();
        let files = files.iter().map(|it| (path(it), String::new()));
        let texts = texts.iter().copied().chain([(dockerfile, text)]);
        let texts = texts.map(|it| (path(it.0), it.1.to_owned()));
        let project = Project::new(files.chain(texts));
        match project.context_of(&path(dockerfile)) {
            Context::Known { folder, evidence: Evidence::Sources } => folder.to_string(),
            Context::Known { folder, evidence: Evidence::Named(places) } => {
                let places: Vec<_> = places.iter().map(ToString::to_string).collect();
                format!("{folder} by {}", places.join(", "))
            }
            Context::Several(it) => {
                it.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
            }
            Context::Unknown(it) => it.clone(),
        }
    }

    #[test]
    fn the_nearest_folder_with_all_sources_is_the_context() {
        let copy = "FROM a\nCOPY app/main.py requirements.txt ./\n";
        let rows = [
            (copy, vec!["api/app/main.py", "api/requirements.txt", "requirements.txt"], "api"),
            (copy, vec!["api/main.py", "app/main.py", "requirements.txt"], "."),
            (copy, vec!["app/main.py"], "no folder above it holds all it copies: requirements.txt"),
            ("FROM a\n", vec![], "api"),
            (
                "FROM a\nCOPY --from=b x .\nADD https://x/y .\nCOPY <<END f\nx\nEND\n",
                vec!["x"],
                "api",
            ),
            ("FROM a\nCOPY poetry.lock* main.py ./\n", vec!["main.py"], "."),
            ("FROM a\nCOPY *.py ./\n", vec!["main.py"], "."),
            ("ARG D=lib\nFROM a\nARG D\nCOPY $D/x ${MISSING}/y ./\n", vec!["lib/x"], "."),
            ("FROM a\nARG D=no\nFROM b\nCOPY $D/x z ./\n", vec!["z"], "."),
            (
                "FROM a\nRUN --mount=type=bind,source=uv.lock,target=uv.lock uv sync\n",
                vec!["uv.lock"],
                ".",
            ),
            ("FROM a\nONBUILD COPY none .\n", vec![], "api"),
            (
                "FROM a\nCOPY build/libs/api-1.0.jar a.jar\n",
                vec!["api/build.gradle", "build.gradle"],
                "api",
            ),
            (
                "FROM a\nCOPY build/libs/other-1.0.jar a.jar\n",
                vec!["api/build.gradle"],
                "no folder above it holds all it copies: build/libs/other-1.0.jar",
            ),
        ];
        for (text, files, expected) in rows {
            assert_eq!(context("api/Dockerfile", text, &files), expected, "{text}");
        }
    }

    #[test]
    fn settings_that_git_ignores_are_with_whoever_builds() {
        let of = |copied: &str, ignored: &str| {
            let text = format!("FROM a\nCOPY {copied} main.py ./\n");
            with("api/Dockerfile", &text, &["api/main.py"], &[(".gitignore", ignored)])
        };
        assert_eq!(of(".env", ".env\n"), "api");
        assert_eq!(of("keys/web.pem", "keys\n"), "api");
        let missing = "no folder above it holds all it copies";
        assert_eq!(of(".env", "*.log\n"), format!("{missing}: .env"));
        assert_eq!(of("dist", "dist\n"), format!("{missing}: dist"));
    }

    #[test]
    fn what_is_ignored_is_no_evidence() {
        let text = "FROM a\nCOPY main.py .\n";
        let files = ["api/main.py", "main.py"];
        let ignored = |it| with("api/Dockerfile", text, &files, &[("api/.dockerignore", it)]);
        assert_eq!(ignored("*.py\n"), ".");
        assert_eq!(ignored("*.py\n!main.py\n"), "api");
    }

    #[test]
    fn a_context_copied_whole_is_known_by_what_commands_name() {
        let pip = "FROM a\nCOPY . .\nRUN pip install -r requirements.txt\n";
        let rows = [
            (pip, vec!["docker/entrypoint.sh", "requirements.txt"], "."),
            (pip, vec!["docker/requirements.txt", "requirements.txt"], "docker"),
            ("FROM a\nCOPY . .\nRUN npm ci\n", vec!["docker/x.sh", "package.json"], "."),
            ("FROM a\nCOPY . .\n", vec!["docker/x.py", "main.py"], "docker"),
            ("FROM a\nCOPY . .\n", vec!["docker/Dockerfile.test", "main.py"], "."),
        ];
        for (text, files, expected) in rows {
            assert_eq!(context("docker/Dockerfile", text, &files), expected, "{text} {files:?}");
        }
    }

    #[test]
    fn callers_know_best() {
        let text = "FROM a\nCOPY main.py .\n";
        let compose = "services:\n  a:\n    build: {context: ., dockerfile: api/Dockerfile}\n";
        let other = "services:\n  a:\n    build: api\n";
        let files = ["api/main.py"];
        let named = |text, files: &[_], texts: &[_]| with("api/Dockerfile", text, files, texts);
        let both = [("compose.yml", compose), ("compose.dev.yml", other)];
        assert_eq!(named(text, &files, &both[..1]), ". by compose.yml:3");
        assert_eq!(named(text, &["api/main.py", "main.py"], &both), ". or api");
        assert_eq!(named("FROM a\n", &[], &both), ". or api");
        // Only one of the two can work.
        assert_eq!(named(text, &files, &both), "api by compose.dev.yml:3");
    }
}
