//! What a step that changes an ignore file keeps from builders: only files that the change says, none that a step of
//! a build names, and nothing is sent that was not.

use std::collections::{BTreeSet, HashMap};

use crate::{
    context::{self, dockerignore::Dockerignore, named::NamedContext, taken::takes_from},
    dockerfile::{Dockerfile, Keyword},
    ecosystems::{
        self,
        clutter::{self, Class},
        history::{self, Asks},
    },
    project::{
        Project,
        change::{Alteration, Change},
        tree,
    },
    shell::Script,
    text::{RepoPath, tails},
};

/// What is wrong with what builders are sent after a step, where the file at `path` is an ignore file.
pub(super) fn objection(
    before: &Project,
    after: &Project,
    path: &RepoPath,
    changes: &[&Change],
) -> Option<String> {
    if !path.file_name().ends_with(".dockerignore") {
        return None;
    }
    let alters = changes.iter().flat_map(|it| &it.alters);
    let declared = alters.filter_map(|it| match it {
        Alteration::Unsent { classes, asked_for } => {
            let asked_for = Dockerignore::of_flags(asked_for.iter().map(String::as_str));
            Some(Declared { classes, asked_for })
        }
        _ => None,
    });
    let declared: Vec<Declared<'_>> = declared.collect();
    let mut compared = BTreeSet::new();
    // A Dockerfile that goes with its ignore file builds nothing any more.
    let builds = before.whole().get(|| ByFolder::of(before));
    let near = builds.near(path);
    let near = near.iter().filter(|it| after.file(it.as_str()).is_some());
    let objection = near.into_iter().find_map(|it| {
        let file = before.file(it.as_str())?;
        let dockerfile = file.dockerfile().filter(|it| it.errors.is_empty())?;
        before.context_of(&file.path).folders().iter().find_map(|folder| {
            let obeyed = |it: &Project| Dockerignore::path(it, &file.path, folder);
            let (old, new) = (obeyed(before), obeyed(after));
            if ![&old, &new].contains(&&Some(path.clone())) {
                return None;
            }
            let read = |it: &Project| Dockerignore::for_build(it, &file.path, folder);
            let rules =
                |it: Option<(RepoPath, Dockerignore)>| it.map(|it| it.1).unwrap_or_default();
            let (old_rules, new_rules) = (rules(read(before)), rules(read(after)));
            let sent = Sent { before, folder, old: old_rules, new: new_rules, declared: &declared };
            if !sent.new.errors.is_empty() && sent.old.errors.is_empty() {
                return Some("leaves patterns that Docker refuses".to_owned());
            }
            // Dockerfiles with one context and one ignore file are sent the same.
            let files = compared.insert((folder.clone(), old)).then(|| sent.files()).flatten();
            files.or_else(|| sent.named(dockerfile))
        })
    });
    objection.or_else(|| builds.by_name(before, after, path))
}

/// What the builds from a folder are sent, before and after.
struct Sent<'a> {
    before: &'a Project,
    folder: &'a RepoPath,
    old: Dockerignore,
    new: Dockerignore,
    declared: &'a [Declared<'a>],
}

/// What a change says that it keeps from builders.
struct Declared<'a> {
    classes: &'a [Class],
    asked_for: Dockerignore,
}

/// The Dockerfiles that are built from each folder, and those that take folders by other names.
struct ByFolder {
    contexts: HashMap<RepoPath, Vec<RepoPath>>,
    named: Vec<(RepoPath, NamedContext)>,
}

impl ByFolder {
    fn of(project: &Project) -> Self {
        let mut contexts: HashMap<RepoPath, Vec<RepoPath>> = HashMap::new();
        let mut named = Vec::new();
        for (file, _) in project.dockerfiles() {
            for folder in project.context_of(&file.path).folders() {
                contexts.entry(folder.clone()).or_default().push(file.path.clone());
            }
            let own = project.named_contexts(&file.path).into_iter();
            named.extend(own.map(|it| (file.path.clone(), it)));
        }
        Self { contexts, named }
    }

    /// What is no longer sent and a step takes from the folder of an ignore file by the name that a build gives it.
    fn by_name(&self, before: &Project, after: &Project, path: &RepoPath) -> Option<String> {
        let folder = &path.parent().unwrap_or(RepoPath::root());
        let is_shared = path.file_name() == ".dockerignore";
        let mut named = self.named.iter().filter(|it| is_shared && it.1.may_be(folder));
        named.find_map(|(dockerfile, context)| {
            let read = |it: &Project| {
                let text = it.file(path.as_str()).map(|it| &*it.text);
                text.map(Dockerignore::parse).unwrap_or_default()
            };
            let sent = Sent { before, folder, old: read(before), new: read(after), declared: &[] };
            let dockerfile = before.file(dockerfile.as_str())?.dockerfile()?;
            let sources = takes_from(dockerfile, &context.name);
            sent.copied(sources.into_iter().map(|it| it.source))
        })
    }

    /// The Dockerfiles that may obey an ignore file: those built from its folder, or the one that it is named after.
    fn near(&self, path: &RepoPath) -> Vec<RepoPath> {
        match path.file_name() {
            ".dockerignore" => {
                let folder = path.parent().unwrap_or(RepoPath::root());
                self.contexts.get(&folder).cloned().unwrap_or_default()
            }
            _ => {
                let named = path.as_str().strip_suffix(".dockerignore").and_then(RepoPath::new);
                named.into_iter().collect()
            }
        }
    }
}

impl Sent<'_> {
    /// A file that is sent and was not, or that is not sent although no change says so.
    fn files(&self) -> Option<String> {
        self.before.on_disk(self.folder).iter().find_map(|file| {
            let path = file.path.strip_prefix(self.folder)?;
            match (self.old.excludes(path), self.new.excludes(path)) {
                (true, false) => Some(format!("sends {}, which was not sent", file.path)),
                (false, true)
                    if !self.is_declared(path, self.before.tree().is_file(&file.path)) =>
                {
                    Some(format!("no longer sends {}", file.path))
                }
                _ => None,
            }
        })
    }

    fn is_declared(&self, path: &str, is_tracked: bool) -> bool {
        self.declared.iter().any(|it| {
            let is_one = |class: Class| it.classes.contains(&class);
            let is_clutter = match is_tracked {
                true => clutter::classes_of_tracked(path).any(is_one),
                false => clutter::classes_of(path).any(is_one),
            };
            is_clutter || it.asked_for.excludes(path)
        })
    }

    /// Something that is no longer sent and that a step of the Dockerfile names.
    fn named(&self, dockerfile: &Dockerfile) -> Option<String> {
        let sources = context::context_sources(dockerfile).iter().cloned();
        self.copied(sources).or_else(|| self.run(dockerfile).map(is_named))
    }

    /// Something that is no longer sent and that is one of these sources.
    fn copied(&self, mut sources: impl Iterator<Item = String>) -> Option<String> {
        let copied = sources.find_map(|source| {
            let found = tree::sources(self.before.tree(), self.folder, &source);
            let found =
                found.iter().filter_map(|it| it.strip_prefix(self.folder)).map(str::to_owned);
            let mut all = found.chain([source.trim_start_matches("./").to_owned()]);
            let is_whole = context::is_whole(&source);
            all.find(|it| !is_whole && self.goes(it))
        });
        copied.map(is_named)
    }

    /// Returns true if a path was sent and is no more.
    fn goes(&self, path: &str) -> bool {
        !self.old.excludes(path) && self.new.excludes(path)
    }

    /// What a command names of what goes. What tools make again is often named to remove it.
    fn run(&self, dockerfile: &Dockerfile) -> Option<String> {
        let is_break = |it: char| it.is_whitespace() || "\"'`;,=|&()<>[]{}".contains(it);
        let is_there =
            |path: &str| self.folder.join(path).is_some_and(|it| self.before.tree().exists(&it));
        let is_local = |path: &str| clutter::class_of(path).is_some_and(Class::is_local);
        let goes = |path: &&str| is_there(path) && self.goes(path) && !is_local(path);
        let history = RepoPath::new(".git").is_some_and(|it| self.goes(it.as_str()));
        dockerfile.instructions_at(0..dockerfile.items.len()).find_map(|(item, it)| {
            let is_command =
                matches!(it.keyword, Keyword::Run | Keyword::Cmd | Keyword::Entrypoint);
            if !is_command {
                return None;
            }
            if history && asks_history(dockerfile, item) {
                return Some(".git".to_owned());
            }
            let mut words = it.text().split(is_break).filter(|it| !it.is_empty());
            words.find_map(|word| tails(word).find(goes).map(str::to_owned))
        })
    }
}

fn is_named(path: String) -> String {
    format!("no longer sends {path}, which a step names")
}

/// Returns true if a RUN needs the history of the repository.
fn asks_history(dockerfile: &Dockerfile, item: usize) -> bool {
    let Ok(script) = Script::at(dockerfile, item) else { return false };
    let calls = script.commands().iter();
    let mut calls = calls.filter_map(|it| ecosystems::invocation_of(it, |it| it.value.clone()));
    calls.any(|it| history::asks(&it) == Some(Asks::Needs))
}
