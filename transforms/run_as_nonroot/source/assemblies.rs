//! The projects of .NET: from which files an assembly is built: those below the folder of its project, and those of
//! the projects that it refers to; and the settings that its host reads.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use super::{
    Image, Process,
    builds::{self, Calls},
    modules::Followed,
    reach::{Explorer, Reach, ToldPlace},
};
use crate::{
    context::brought::Brought,
    ecosystems::{
        code::{Kind, Language},
        dotnet::{self, ProjectFile},
    },
    text::{ImagePath, Refusal, RepoPath},
};

/// Reads the sources of the assembly that a process runs, if it is built from C# here.
pub(super) fn follow<'a>(
    explorer: &Explorer<'_, 'a>,
    image: &Image<'a>,
    process: &Process,
    reach: &mut Reach<'a>,
) -> Followed {
    let Some(Built { project, folder, is_outside }) = built(image, process) else {
        return Followed::Other;
    };
    let from = process.from.as_str();
    let numbers = BTreeSet::new();
    let mut reader = Reader { explorer, image, from, is_outside, reach, numbers };
    let read = reader.projects(&project).and_then(|()| reader.settings(&project));
    match read {
        Err(why) => Followed::Broken(why),
        Ok(()) if reader.numbers.is_empty() => Followed::Other,
        Ok(()) => {
            let Reader { reach, numbers, .. } = reader;
            for number in numbers {
                reach.files[number].modules.insert(String::new(), vec![number]);
            }
            reach.programs.insert(folder);
            Followed::Read
        }
    }
}

/// The file of the project that the assembly of a process is built from, and the folder of the assembly; `None` if it
/// is not built here, or it is not known from which.
fn built(image: &Image<'_>, process: &Process) -> Option<Built> {
    let brought = image.brought().ok()?;
    let named = dotnet::assembly(&process.program, &process.path, process.known())?;
    let at = image.state().absolute(named)?;
    let name = dotnet::stem(at.file_name());
    let (mut is_built, mut told) = (false, BTreeSet::new());
    for stage in builds::origins(image, brought, std::slice::from_ref(&at)).into_keys() {
        Calls { image, brought, stage }.each(&mut |call, directory| {
            let Some(target) = dotnet::built(call) else { return false };
            is_built = true;
            let target = directory.join(&target);
            told.extend(brought.at(stage, &target, &|_| Vec::new()));
            told.extend(brought.below(stage, &target).into_values());
            true
        });
    }
    let project = match is_built {
        true => described(image, brought, name, &told)?,
        false => copied(image, brought, &at)?,
    };
    Some(Built { project, folder: at.parent()?, is_outside: !is_built })
}

/// The file of the project that the builder is sent and that describes an assembly of this name: the only one, or the
/// only one that is told to be built.
fn described(
    image: &Image<'_>,
    brought: &Brought<'_>,
    name: &str,
    told: &BTreeSet<RepoPath>,
) -> Option<RepoPath> {
    let all = image.layers()?.sent.below(brought.folder()).into_iter();
    let mut found: Vec<RepoPath> =
        all.filter(|it| names(image, it).as_deref() == Some(name)).collect();
    if found.len() > 1 {
        found.retain(|it| told.contains(it));
    }
    found.pop().filter(|_| found.is_empty())
}

/// The file of the project whose assembly a COPY brings to a path from where it was built before: `COPY
/// Shop/bin/Release/net8.0/publish/ .`.
fn copied(image: &Image<'_>, brought: &Brought<'_>, at: &ImagePath) -> Option<RepoPath> {
    let escape = image.site.dockerfile.escape;
    let name = dotnet::stem(at.file_name());
    let mut found = BTreeSet::new();
    for (stage, paths) in builds::origins(image, brought, std::slice::from_ref(at)) {
        let stage = image.site.stages.get(stage)?;
        for (item, _, instruction) in stage.instructions() {
            let Some(copy) = instruction.copy().filter(|it| it.from.is_none()) else { continue };
            let state = stage.state_before(item);
            let to = state.expand(&copy.destination.text, escape);
            let to = to.and_then(|it| state.absolute(&it))?;
            if !paths.iter().any(|it| it.is_within(&to)) {
                continue;
            }
            for source in &copy.sources {
                let text = state.expand(&source.text, escape)?;
                let Some(folder) = dotnet::built_in(&text) else { continue };
                let folder = brought.folder().join(folder)?;
                let files = image.project.tree().children(&folder);
                found.extend(files.filter(|it| names(image, it).as_deref() == Some(name)));
            }
        }
    }
    let first = found.pop_first()?;
    found.is_empty().then_some(first)
}

/// The project that an assembly is built from.
struct Built {
    /// Its file.
    project: RepoPath,
    /// The folder of the assembly.
    folder: ImagePath,
    /// True if it is built elsewhere, and not from what the builder is sent.
    is_outside: bool,
}

/// The name of the assembly that the file of a project describes; `None` if it describes none, or the name is computed.
fn names(image: &Image<'_>, file: &RepoPath) -> Option<String> {
    let mut endings = dotnet::OTHERS.into_iter().chain([dotnet::PROJECT]);
    let stem = endings.find_map(|it| file.file_name().strip_suffix(it))?;
    let told = dotnet::project(&image.project.source(file)?.text).assembly;
    let own = told.unwrap_or_else(|| stem.to_owned()).replace("$(MSBuildProjectName)", stem);
    Some(own).filter(|it| !it.contains('$'))
}

/// Why a file that a project names is not read.
const LOST: &str = "and where that is was not followed";

/// Reads the files of projects.
struct Reader<'r, 'f, 'a> {
    explorer: &'r Explorer<'f, 'a>,
    image: &'r Image<'a>,
    /// What runs the assembly.
    from: &'r str,
    /// True if it is built elsewhere, and not from what the builder is sent.
    is_outside: bool,
    reach: &'r mut Reach<'a>,
    /// The files.
    numbers: BTreeSet<usize>,
}

impl Reader<'_, '_, '_> {
    fn unread(&self, what: &str, why: &str) -> Refusal {
        Refusal::new("unread-source", format!("{} is built from {what}, {why}", self.from))
    }

    /// Reads a project and those that it refers to.
    fn projects(&mut self, first: &RepoPath) -> Result<(), Refusal> {
        let mut open = VecDeque::from([first.clone()]);
        let mut known = BTreeSet::new();
        while let Some(file) = open.pop_front() {
            if !known.insert(file.clone()) {
                continue;
            }
            if !file.file_name().ends_with(dotnet::PROJECT) {
                return Err(
                    self.unread(file.as_str(), "which is in a language that refit does not read")
                );
            }
            let Some(own) = self.image.project.source(&file) else {
                return Err(self.unread(file.as_str(), "which is not in the build context"));
            };
            let Some(folder) = file.parent() else { continue };
            let own = dotnet::project(&own.text);
            self.files(&file, &folder, &own)?;
            for (at, shared) in self.shared(&folder, own) {
                for name in &shared.compiled {
                    match self.named(&at, name) {
                        Some(it) => self.file(&it)?,
                        // What is below the folder is compiled in any case.
                        None if !name.starts_with("../") && !name.contains('$') => {}
                        None => return Err(self.unread(name, LOST)),
                    }
                }
                for reference in &shared.references {
                    let Some(found) = self.named(&at, reference) else {
                        return Err(self.unread(reference, LOST));
                    };
                    open.push_back(found);
                }
                for name in &shared.packages {
                    let kept = Language::CSharp.keeper(name);
                    self.reach.kept.extend(kept.map(|it| (file.to_string(), it)));
                }
            }
        }
        Ok(())
    }

    /// What a project says itself, what the files say that it brings in, and those above it, each with its folder.
    fn shared(&self, folder: &RepoPath, own: ProjectFile) -> Vec<(RepoPath, ProjectFile)> {
        let project = self.image.project;
        let read =
            |file: &RepoPath| Some((file.parent()?, dotnet::project(&project.source(file)?.text)));
        let folders = || [folder.clone()].into_iter().chain(folder.ancestors());
        let closest = |name: &&str| folders().find_map(|it| read(&it.join(name)?));
        let brought = own.imported.iter().filter_map(|it| read(&self.named(folder, it)?));
        let brought: Vec<_> = brought.collect();
        let above = dotnet::SHARED.iter().filter_map(closest);
        [(folder.clone(), own)].into_iter().chain(brought).chain(above).collect()
    }

    /// The file that a project names from its folder; `None` if its name is computed.
    fn named(&self, folder: &RepoPath, name: &str) -> Option<RepoPath> {
        const FOLDERS: [&str; 2] = ["$(MSBuildThisFileDirectory)", "$(MSBuildProjectDirectory)/"];
        let name = FOLDERS.iter().find_map(|it| name.strip_prefix(it)).unwrap_or(name);
        let file = folder.join(name).filter(|_| !name.contains(['$', '*', '@']))?;
        self.image.project.tree().is_file(&file).then_some(file)
    }

    /// Reads the source of a project.
    fn files(
        &mut self,
        file: &RepoPath,
        folder: &RepoPath,
        own: &ProjectFile,
    ) -> Result<(), Refusal> {
        let is_shared = |it: &String| it.ends_with(".projitems");
        if own.is_told || own.imported.iter().any(is_shared) {
            return Err(
                self.unread(file.as_str(), "which names its files in a way that was not followed")
            );
        }
        let tree = self.image.project.tree();
        let sent = self.image.layers();
        let all: Vec<RepoPath> = tree.below(folder).cloned().collect();
        for path in all {
            let inside = path.strip_prefix(folder).unwrap_or_default();
            let is_built = inside.split('/').any(|it| dotnet::BUILT.contains(&it));
            let is_removed = own.removed.iter().any(|it| {
                let whole = it.strip_suffix("/**").or_else(|| it.strip_suffix("/**/*.cs"));
                it == inside || whole.is_some_and(|it| inside.starts_with(&format!("{it}/")))
            });
            let is_kept = !self.is_outside && sent.is_some_and(|it| it.sent.excludes(&path));
            if is_built || is_removed || is_kept {
                continue;
            }
            self.file(&path)?;
        }
        Ok(())
    }

    fn file(&mut self, path: &RepoPath) -> Result<(), Refusal> {
        if Language::of(path.file_name()) != Some(Language::CSharp) {
            if dotnet::is_page(path.file_name()) {
                let text = self.image.project.source(path).map_or("", |it| &it.text);
                if dotnet::hides_writes(text) {
                    return Err(self.unread(path.as_str(), "a page whose code may write files"));
                }
            }
            return Ok(());
        }
        let at = ImagePath::root().join(path.as_str());
        let Some(number) = self.explorer.number(self.reach, &at, path, Language::CSharp) else {
            return Err(self.unread(path.as_str(), "which cannot be read"));
        };
        self.numbers.insert(number);
        let facts = self.reach.files[number].facts;
        match Language::CSharp.told_everywhere(facts) {
            Some(import) => {
                let why = format!("whose files all use {}, which was not followed", import.module);
                Err(self.unread(path.as_str(), &why))
            }
            None => Ok(()),
        }
    }

    /// Reads the settings that a host reads beside its assembly.
    fn settings(&mut self, file: &RepoPath) -> Result<(), Refusal> {
        let Some(folder) = file.parent() else { return Ok(()) };
        let project = self.image.project;
        for path in project.tree().children(&folder) {
            let Some(own) = project.source(&path).filter(|_| dotnet::has_logs(path.file_name()))
            else {
                continue;
            };
            for dotnet::Log { key, path: value } in dotnet::logs(path.file_name(), &own.text) {
                let evidence = format!("{key} in {path} writes logs");
                let unknown = format!("{evidence}, and where was not followed");
                self.reach.told.push(ToldPlace {
                    key: "",
                    kind: Kind::File,
                    value,
                    evidence,
                    unknown,
                });
            }
        }
        let mut found: HashMap<String, BTreeSet<String>> = HashMap::new();
        for environment in self.environments() {
            let mut own: BTreeMap<String, String> = BTreeMap::new();
            for name in dotnet::environments(&environment) {
                let Some(path) = folder.join(&name) else { continue };
                let Some(text) = project.source(&path) else { continue };
                match dotnet::settings(&text.text) {
                    Some(all) => own.extend(all),
                    None => return Err(self.unread(path.as_str(), "settings that cannot be read")),
                }
            }
            for (key, value) in own {
                found.entry(key).or_default().insert(value);
            }
        }
        let image = self.image;
        let services = image.services().flat_map(|it| &it.service.environment);
        let names = image.state().variables.iter().map(|it| it.0.to_owned());
        let names: BTreeSet<String> = names.chain(services.map(|it| it.0.clone())).collect();
        for name in names {
            let services = image.services().flat_map(|it| &it.service.environment);
            let set = services.filter(|it| it.0 == name).map(|it| it.1.clone());
            let values: BTreeSet<String> = set.chain(image.variable(&name)).collect();
            found.insert(name.replace("__", ":").to_lowercase(), values);
        }
        for (key, values) in found {
            let mut values = values.into_iter();
            let value = values.next().filter(|it| !it.contains("${"));
            let value = value.filter(|_| values.next().is_none());
            let known = self.reach.properties.entry(key).or_insert_with(|| value.clone());
            if *known != value {
                *known = None;
            }
        }
        Ok(())
    }

    /// The environments that the host may run in: learn.microsoft.com, "ASP.NET Core runtime environments".
    fn environments(&self) -> BTreeSet<String> {
        let names = ["ASPNETCORE_ENVIRONMENT", "DOTNET_ENVIRONMENT"];
        let services = self.image.services().flat_map(|it| &it.service.environment);
        let set = services.filter(|it| names.contains(&it.0.as_str())).map(|it| it.1.clone());
        let own = names.iter().filter_map(|it| self.image.variable(it));
        let mut found: BTreeSet<String> = set.chain(own).collect();
        if found.is_empty() {
            found.insert("Production".to_owned());
        }
        found
    }
}
