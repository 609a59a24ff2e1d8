//! What frameworks of Ruby and PHP load and write, and the settings in which applications of them say where.

mod rails;

use super::{
    Image, Process, Trace, Written, django,
    entries::hosted,
    files::List,
    reach::{Entry, Explorer},
    resolve::Resolver,
    spot::Spot,
    sqlite,
};
use crate::{
    ecosystems::{
        code::{self, Language},
        frameworks::{
            self, DATABASE, DATABASES, FRAMEWORKS, Framework, GEMS, PACKAGES, SERVED, SERVES,
            STORAGE, VARIABLES,
        },
        programs::settings::{self, Setting, Value},
    },
    text::{ImagePath, Refusal, RepoPath},
};

impl Explorer<'_, '_> {
    /// The files that a program of Ruby or PHP starts with, besides those that it is told; `None` if it does not
    /// start without one that is not here.
    pub(super) fn unasked(
        &self,
        process: &Process,
        language: Language,
        told: &[ImagePath],
    ) -> Option<Vec<ImagePath>> {
        let folder = self.workdir.join(&process.folder);
        let has = |it: &ImagePath| self.files.at(it).is_some();
        let mut found = Vec::new();
        if language == Language::Php {
            if process.has(&[SERVES]) {
                let served =
                    process.values(&SERVED).last().map_or(folder.clone(), |it| folder.join(it));
                let all = self.files.below(&served, language);
                if all.is_empty() {
                    return None;
                }
                found.extend(all.iter().cloned());
            }
            return Some(found);
        }
        let Some(loading) = frameworks::loading(&process.program) else { return Some(found) };
        let ending = |it: &str| it.rsplit_once('.').map(|it| it.1.to_owned());
        let is_told = |main: &str| {
            let is_same = |it: &ImagePath| ending(it.file_name()) == ending(main);
            told.iter().any(|it| {
                is_same(it) && !loading.more.iter().any(|more| it.as_str().ends_with(more))
            })
        };
        let mut main = loading.main.iter().map(|it| folder.join(it));
        let main = main.find(has);
        let needs = loading.main.first().is_some_and(|it| !is_told(it));
        if main.is_none() && needs {
            return None;
        }
        found.extend(main);
        found.extend(loading.more.iter().map(|it| folder.join(it)).filter(has));
        let folders = loading.folders.iter().map(|it| folder.join(it));
        for folder in folders {
            found.extend(self.files.below(&folder, language).iter().cloned());
        }
        found.extend(Some(folder.join(GEMS)).filter(has));
        Some(found)
    }

    /// The framework of the application that a file is in, and the application's folder.
    pub(super) fn framework(&self, at: &ImagePath, language: Language) -> Option<Application> {
        let is_of = |folder: &ImagePath, it: &Framework| {
            it.language == language
                && it.marks.iter().all(|it| self.files.at(&folder.join(it)).is_some())
        };
        at.ancestors().skip(1).find_map(|folder| {
            let framework = FRAMEWORKS.iter().find(|it| is_of(&folder, it))?;
            Some(Application { framework, folder })
        })
    }
}

/// The values that Laravel's files of variables give one of a database.
pub(super) fn variable(explorer: &Explorer<'_, '_>, entries: &[Entry], name: &str) -> Vec<String> {
    let is_php = |it: &&Entry| explorer.framework(&it.at, Language::Php).is_some();
    let Some(entry) = entries.iter().find(is_php).filter(|_| name.starts_with(DATABASE)) else {
        return Vec::new();
    };
    let files = VARIABLES.iter().filter_map(|it| explorer.files.at(&entry.folder.join(it)));
    let texts = files.filter_map(|it| explorer.project.source(&it));
    let all = texts.flat_map(|it| settings::variables(&it.text));
    let mut values = all.filter(|it| it.key == name).filter_map(|it| match it.value {
        Value::Text(text) => Some(text),
        Value::Variable(..) | Value::Computed(_) => None,
    });
    values.find(|it| !it.is_empty()).into_iter().collect()
}

/// An application of a framework.
pub(super) struct Application {
    framework: &'static Framework,
    /// Its folder.
    pub folder: ImagePath,
}

/// What frameworks write in the folders of the applications that processes run.
///
/// # Errors
/// A decline's code and reason: its settings cannot be read, or it writes its schema into the source.
pub(super) fn traces(
    explorer: &Explorer<'_, '_>,
    image: &Image<'_>,
    processes: &[Process],
    entries: &[Entry],
    resolver: &Resolver<'_, '_>,
) -> Result<Vec<Trace>, Refusal> {
    let mut found = django::collected(processes, resolver)?;
    let mut known: Vec<ImagePath> = Vec::new();
    for Entry { at, folder: start, .. } in entries {
        let language = explorer.files.at(at).and_then(|it| explorer.language(at, &it));
        let Some(language) = language.filter(|it| [Language::Ruby, Language::Php].contains(it))
        else {
            continue;
        };
        let application = explorer.framework(at, language);
        let folder = application.as_ref().map_or(start, |it| &it.folder).clone();
        if known.contains(&folder) {
            continue;
        }
        known.push(folder.clone());
        if language == Language::Ruby {
            let own = Settings { explorer, image, resolver, folder: &folder };
            found.extend(own.databases()?);
            found.extend(own.storage()?);
            found.extend(own.kept()?);
        }
        let Some(Application { framework, folder }) = application else { continue };
        for kept in framework.folders {
            let path = folder.join(kept.folder);
            let evidence = format!("{} keeps {} there", framework.name, kept.what);
            let written = Written::folder(path.as_str());
            found.push(Trace { is_whole: true, ..Trace::new(written, evidence) });
        }
        if framework.language == Language::Ruby {
            let dumping = processes.iter().filter(|it| hosted(it) == Some(Language::Ruby));
            let mut tasks = dumping.flat_map(|it| it.known().map(move |task| (it, task)));
            let task = tasks.find(|it| frameworks::dumps(it.1));
            if let Some((process, task)) = task.filter(|_| !keeps_schema(explorer, image, &folder))
            {
                let reason = format!(
                    "{} runs {task}, which writes the schema of the database into {}",
                    process.from,
                    folder.join("db")
                );
                return Err(Refusal::new("writes-at-start", reason));
            }
        }
    }
    Ok(found)
}

/// Whether the settings of the image's environment say that migrations leave the schema in the source as it is.
fn keeps_schema(explorer: &Explorer<'_, '_>, image: &Image<'_>, folder: &ImagePath) -> bool {
    let Some(name) = environment(image) else { return false };
    let file = explorer.files.at(&folder.join(&format!("config/environments/{name}.rb")));
    let file = file.and_then(|it| explorer.project.source(&it));
    let facts = file.and_then(|it| code::read(Language::Ruby, &it.text));
    facts.is_some_and(|it| it.attributes.contains_key(frameworks::DUMPS))
}

/// The name of the environment that the image says, of `production` and the like.
fn environment(image: &Image<'_>) -> Option<String> {
    image.environment("RAILS_ENV").or_else(|| image.environment("RACK_ENV"))
}

/// The settings files of an application.
struct Settings<'s, 'f, 'a, 'i, 'r, 'b> {
    explorer: &'s Explorer<'f, 'a>,
    image: &'s Image<'i>,
    resolver: &'s Resolver<'r, 'b>,
    /// The folder of the application.
    folder: &'s ImagePath,
}

impl Settings<'_, '_, '_, '_, '_, '_> {
    /// The settings of a file, and the file; `None` if it is not there.
    fn read(&self, name: &str) -> Result<Option<(RepoPath, Vec<Setting>)>, Refusal> {
        let Some(path) = self.explorer.files.at(&self.folder.join(name)) else { return Ok(None) };
        let text = self.explorer.project.source(&path).map_or("", |it| &it.text);
        match settings::read(path.file_name(), text) {
            Some(all) => Ok(Some((path, all))),
            None => {
                let reason = format!("{path} names where files are kept, and it cannot be read");
                Err(Refusal::new("unknown-settings", reason))
            }
        }
    }

    /// The places that a value names, which may be computed: `<%= Rails.root.join("storage") %>`.
    fn places(&self, value: &str) -> Vec<Spot> {
        let Some((before, rest)) = value.split_once("<%=") else {
            return vec![Spot::Text { text: value.to_owned(), is_open: false }];
        };
        let (inner, after) = rest.split_once("%>").unwrap_or((rest, ""));
        let facts = code::read(Language::Ruby, &format!("value = ({inner})"));
        let value = facts.and_then(|it| it.names.get("value").cloned());
        match value {
            Some(value) if before.is_empty() && after.is_empty() => {
                self.resolver.spots_in(self.folder, &value)
            }
            _ => vec![Spot::Unknown],
        }
    }

    /// The databases in files.
    fn databases(&self) -> Result<Vec<Trace>, Refusal> {
        let Some((file, all)) = self.read(DATABASES)? else { return Ok(Vec::new()) };
        let named = environment(self.image);
        let is_used = |key: &str| {
            let section = key.split('.').next().unwrap_or_default();
            match &named {
                Some(name) => section == name || section == "default",
                None => section != "test",
            }
        };
        let text = |it: &Setting| match &it.value {
            Value::Text(text) => text.clone(),
            _ => String::new(),
        };
        let used: Vec<&Setting> = all.iter().filter(|it| is_used(&it.key)).collect();
        let adapters = used.iter().filter(|it| it.is("adapter"));
        if !adapters.into_iter().any(|it| text(it).contains("sqlite") || text(it).contains("<%")) {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        for setting in used.iter().filter(|it| it.is("database")) {
            let evidence = format!("a database of {file}:{}", setting.line);
            for spot in self.places(&text(setting)) {
                match spot {
                    Spot::Text { text, .. } if text.contains(":memory:") => {}
                    Spot::Text { text, is_open: false } if is_file(&text) => {
                        let at = self.folder.join(&text);
                        if self.explorer.files.at(&at).is_some() {
                            let reason = format!("{at} is copied into the image as root");
                            return Err(Refusal::new("database-in-image", reason));
                        }
                        found.push(Trace::new(Written::file(at.as_str()), evidence.clone()));
                    }
                    Spot::Text { is_open: false, .. } => {}
                    _ => {
                        let reason = format!("{evidence} is computed");
                        return Err(Refusal::new("unknown-settings", reason));
                    }
                }
            }
        }
        Ok(found)
    }

    /// The folders of uploads.
    fn storage(&self) -> Result<Vec<Trace>, Refusal> {
        let Some((file, all)) = self.read(STORAGE)? else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for setting in all.iter().filter(|it| it.is("root") && !it.key.starts_with("test.")) {
            let Value::Text(text) = &setting.value else { continue };
            let evidence = format!("uploads of {file}:{}", setting.line);
            for spot in self.places(text) {
                let Spot::Text { text, is_open: false } = spot else {
                    let reason = format!("the folder of {evidence} is computed");
                    return Err(Refusal::new("unknown-settings", reason));
                };
                let written = Written::folder(self.folder.join(&text).as_str());
                found.push(Trace { is_whole: true, ..Trace::new(written, evidence.clone()) });
            }
        }
        Ok(found)
    }
}

/// Whether the name of a database is that of a file.
fn is_file(name: &str) -> bool {
    name.contains('/')
        || name.ends_with(".db")
        || name.contains(".sqlite")
        || sqlite(name).is_some()
}

impl Explorer<'_, '_> {
    /// The files of Ruby that a file imports by names: `require "shop/mail"`.
    pub(super) fn ruby_imports(&self, at: &ImagePath, module: &str) -> Option<ImagePath> {
        let name = module.strip_suffix(".rb").unwrap_or(module);
        let inside = format!("{name}.rb");
        let own = at.ancestors().skip(1).take(3);
        let folders = own.chain(self.roots.iter().filter(|it| !it.is_root()).cloned());
        let mut all = folders.flat_map(|it| [it.join("lib").join(&inside), it.join(&inside)]);
        all.find(|it| self.files.at(it).is_some())
    }

    /// The folder of the application that a file is in.
    pub(super) fn application(
        &self,
        at: &ImagePath,
        language: Language,
        start: &ImagePath,
    ) -> ImagePath {
        let marks: &[&str] = match language {
            Language::Ruby => &[GEMS, "config.ru"],
            _ => &[PACKAGES, "artisan"],
        };
        let mut folders = at.ancestors().skip(1);
        let found =
            folders.find(|it| marks.iter().any(|mark| self.files.at(&it.join(mark)).is_some()));
        found.unwrap_or_else(|| start.clone())
    }

    /// The files that an autoloader may load: those of the application's folder, or those that its manifest says.
    pub(super) fn autoloaded(&self, at: &ImagePath, language: Language, start: &ImagePath) -> List {
        let folder = self.application(at, language, start);
        let manifest = self.files.at(&folder.join(PACKAGES));
        let manifest = manifest
            .filter(|_| language == Language::Php && self.framework(at, language).is_none());
        let text = manifest.and_then(|it| self.project.source(&it));
        let Some(paths) = text.and_then(|it| frameworks::autoloaded(&it.text)) else {
            return self.files.below(&folder, language);
        };
        let paths = paths.iter().map(|it| folder.join(it));
        let all = paths.flat_map(|it| match self.files.at(&it) {
            Some(_) => vec![it],
            None => self.files.below(&it, language).to_vec(),
        });
        all.collect::<Vec<_>>().into()
    }

    /// The files that an import by path may load.
    pub(super) fn loaded_path(
        &self,
        at: &ImagePath,
        language: Language,
        start: &ImagePath,
        spot: &Spot,
    ) -> List {
        let whole = || self.files.below(&self.application(at, language, start), language);
        let Spot::Text { text, is_open: false } = spot else { return whole() };
        // What others made, and what a build makes.
        if text.contains("/vendor/") || text.starts_with("vendor/") {
            return List::default();
        }
        let beside = at.parent().unwrap_or_else(ImagePath::root);
        let paths = [start.join(text), beside.join(text)];
        let named =
            paths.iter().flat_map(|it| [Some(it.clone()), ImagePath::new(&format!("{it}.rb"))]);
        let mut named = named.flatten();
        match named.find(|it| self.files.at(it).is_some()) {
            Some(found) => List::from([found]),
            None => whole(),
        }
    }
}
