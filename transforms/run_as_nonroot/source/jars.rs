//! The modules of Java in a project: from which files a jar is built: those of its own module, and those of the
//! modules of the project that this depends on.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    sync::Arc,
};

use super::{
    Image, Process,
    built_jars::{self, Built},
    modules::Followed,
    reach::{Explorer, Reach, ToldPlace},
};
use crate::{
    ecosystems::{
        code::{Kind, Language},
        jvm::{self, Log},
    },
    project::Project,
    text::{ImagePath, Refusal, RepoPath},
    yaml::{self, Node},
};

/// Reads the sources of the jar that a process runs, if it is built from Java here.
pub(super) fn follow<'a>(
    explorer: &Explorer<'_, 'a>,
    image: &Image<'a>,
    process: &Process,
    reach: &mut Reach<'a>,
) -> Followed {
    let Some(Built { module, is_outside }) = built_jars::of(image, process) else {
        return Followed::Other;
    };
    let from = process.from.as_str();
    let mut reader = Reader { explorer, image, from, is_outside, reach, classes: HashMap::new() };
    match reader.module(&module) {
        Ok(0) => Followed::Other,
        Ok(_) => {
            reader.link();
            Followed::Read
        }
        Err(why) => Followed::Broken(why),
    }
}

/// The text of the file that describes a module.
pub(super) fn manifest<'a>(project: &'a Project, folder: &RepoPath) -> Option<&'a str> {
    let mut files = jvm::MANIFESTS.iter().filter_map(|it| folder.join(it));
    files.find_map(|it| Some(&*project.source(&it)?.text))
}

/// The modules of the project, by their names.
struct Modules(BTreeMap<String, RepoPath>);

impl Modules {
    fn read(project: &Project) -> Self {
        let is_manifest = |it: &&RepoPath| jvm::MANIFESTS.contains(&it.file_name());
        let folders = project.tree().files().filter(is_manifest).filter_map(RepoPath::parent);
        let mut found = BTreeMap::new();
        for folder in folders {
            let text = manifest(project, &folder).unwrap_or_default();
            // The first name may be that of the parent.
            let text = text.split("</parent>").last().unwrap_or(text);
            let name = text.split("<artifactId>").nth(1).and_then(|it| it.split('<').next());
            let name = name.map_or_else(|| folder.file_name().to_owned(), str::to_owned);
            found.insert(name, folder.clone());
            found.insert(folder.file_name().to_owned(), folder);
        }
        found.remove("");
        Self(found)
    }
}

/// Reads the files of modules.
struct Reader<'r, 'f, 'a> {
    explorer: &'r Explorer<'f, 'a>,
    image: &'r Image<'a>,
    /// What runs the jar.
    from: &'r str,
    /// True if it is built elsewhere, and not from what the builder is sent.
    is_outside: bool,
    reach: &'r mut Reach<'a>,
    /// The files, by the path of their class from the folder of source.
    classes: HashMap<String, usize>,
}

impl Reader<'_, '_, '_> {
    /// Reads a module and those that it depends on; how many files there are.
    fn module(&mut self, first: &RepoPath) -> Result<usize, Refusal> {
        let project = self.image.project;
        let Modules(all) = project.surroundings().get(|| Modules::read(project));
        let mut open = VecDeque::from([first.clone()]);
        let mut known = BTreeSet::new();
        while let Some(folder) = open.pop_front() {
            if !known.insert(folder.clone()) {
                continue;
            }
            self.files(&folder)?;
            self.resources(&folder)?;
            let own = manifest(self.image.project, &folder).unwrap_or_default();
            let above = folder
                .parent()
                .and_then(|it| manifest(self.image.project, &it))
                .unwrap_or_default();
            for (name, other) in all {
                let marks = [
                    format!("<artifactId>{name}</artifactId>"),
                    format!(":{name}\""),
                    format!(":{name}'"),
                    format!("projects.{name}"),
                ];
                // The module above names its parts, and what all of these depend on.
                let is_named = |text: &str| marks.iter().any(|it| text.contains(it.as_str()));
                let shared = above.split("<dependencies>").nth(1).unwrap_or_default();
                if is_named(own) || is_named(shared) {
                    open.push_back(other.clone());
                }
            }
        }
        Ok(self.classes.len())
    }

    /// Reads the source of a module.
    fn files(&mut self, folder: &RepoPath) -> Result<(), Refusal> {
        let project = self.image.project;
        for other in jvm::OTHERS {
            let inside = folder.join(other);
            let mut files = inside.iter().flat_map(|it| project.tree().below(it));
            if let Some(file) = files.next() {
                let reason = format!(
                    "{} is built from {file}, which is in a language that refit does not read",
                    self.from
                );
                return Err(Refusal::new("unread-source", reason));
            }
        }
        let Some(source) = folder.join(jvm::SOURCE) else { return Ok(()) };
        let sent = self.image.layers();
        let is_java = |it: &&RepoPath| Language::of(it.file_name()) == Some(Language::Java);
        for file in project.tree().below(&source).filter(is_java) {
            if !self.is_outside && sent.is_some_and(|it| it.sent.excludes(file)) {
                return Err(self.unread(file));
            }
            let at = ImagePath::root().join(file.as_str());
            let Some(number) = self.explorer.number(self.reach, &at, file, Language::Java) else {
                return Err(self.unread(file));
            };
            let class = file.strip_prefix(&source).unwrap_or_default();
            let class = class.strip_suffix(".java").unwrap_or(class).replace('/', ".");
            self.classes.insert(class, number);
        }
        Ok(())
    }

    fn unread(&self, file: &RepoPath) -> Refusal {
        let reason = format!(
            "{} is built from {file}, which the builder is not sent or refit cannot read",
            self.from
        );
        Refusal::new("unread-source", reason)
    }

    /// Reads the settings of a module.
    fn resources(&mut self, folder: &RepoPath) -> Result<(), Refusal> {
        let Some(inside) = folder.join(jvm::RESOURCES) else { return Ok(()) };
        for path in self.image.project.tree().below(&inside) {
            let name = path.file_name();
            let endings = [".xml", ".properties"];
            let has_logs = endings.iter().any(|it| name.ends_with(it)) || jvm::is_tree(name);
            let profile = jvm::settings(name);
            if profile.is_none() && !has_logs {
                continue;
            }
            let Some(file) = self.image.project.source(path) else { continue };
            for Log { line, path: value } in jvm::logs(name, &file.text) {
                let evidence = format!("{path}:{line} writes logs");
                let unknown =
                    format!("{path}:{line} writes logs to a file, and where was not followed");
                let told = ToldPlace { key: "", kind: Kind::File, value, evidence, unknown };
                self.reach.told.push(told);
            }
            let Some(is_profile) = profile else { continue };
            let documents = if name.ends_with(".properties") {
                jvm::documents(&file.text)
            } else {
                let Ok(all) = yaml::read(&file.text) else { return Err(self.unread(path)) };
                let flat = |it: &Arc<Node>| {
                    let mut values = Vec::new();
                    flatten(it, "", &mut values);
                    values
                };
                all.iter().map(flat).collect()
            };
            for values in documents {
                let is_profile = is_profile || values.iter().any(|it| jvm::is_condition(&it.0));
                for (key, value) in values {
                    self.set(path, &key, value, is_profile)?;
                }
            }
        }
        Ok(())
    }

    /// Notes a setting of a file.
    fn set(
        &mut self,
        path: &RepoPath,
        key: &str,
        value: String,
        is_profile: bool,
    ) -> Result<(), Refusal> {
        let of_profile = jvm::of_profile(key);
        let key = of_profile.unwrap_or(key);
        let unknown =
            || format!("{path} sets {key} to {value}, and where that writes was not followed");
        if let Some(setting) = jvm::SETTINGS.iter().find(|it| it.key == key) {
            let (key, kind, evidence) = (setting.key, setting.kind, format!("{key} of {path}"));
            let (value, unknown) = (jvm::placeholder(&value), unknown());
            self.reach.told.push(ToldPlace { key, kind, value, evidence, unknown });
        } else if jvm::is_database(&value) {
            let (key, kind, evidence) = ("", Kind::Url, format!("{key} of {path}"));
            let (value, unknown) = (jvm::placeholder(&value), unknown());
            self.reach.told.push(ToldPlace { key, kind, value, evidence, unknown });
        } else if jvm::is_writing(key, &value) {
            return Err(Refusal::new("unknown-write", unknown()));
        }
        // Which profiles are active is not known.
        let is_sure = !is_profile && of_profile.is_none();
        let known = self.reach.properties.entry(key.to_owned());
        let known = known.or_insert_with(|| Some(value.clone()).filter(|_| is_sure));
        if known.as_ref() != Some(&value) {
            *known = None;
        }
        Ok(())
    }

    /// Connects the names of files with the files that define them.
    fn link(&mut self) {
        let numbers: Vec<usize> = self.classes.values().copied().collect();
        for number in numbers {
            let file = &mut self.reach.files[number];
            let imports = file.facts.imports.iter().map(|it| it.module.clone());
            let found: Vec<(String, usize)> =
                imports.filter_map(|it| Some((it.clone(), *self.classes.get(&it)?))).collect();
            file.modules.insert(String::new(), vec![number]);
            file.modules.extend(found.into_iter().map(|it| (it.0, vec![it.1])));
        }
    }
}

/// The settings of a tree, by the names of its keys with dots between.
fn flatten(node: &Node, above: &str, values: &mut Vec<(String, String)>) {
    for entry in node.entries() {
        let key =
            if above.is_empty() { entry.key.clone() } else { format!("{above}.{}", entry.key) };
        match entry.value.as_str() {
            Some(text) => values.push((key, text.to_owned())),
            None => flatten(&entry.value, &key, values),
        }
    }
}
