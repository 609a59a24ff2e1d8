//! The packages of Rust in a project: from which one a program is built, and from which files: its own, those of its
//! library, and of the packages of the project that it depends on.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{
    Image, Process,
    builds::{self, Calls},
    modules::Followed,
    reach::{Explorer, Reach},
};
use crate::{
    ecosystems::{
        cargo::{self, MANIFEST, Package},
        code::Language,
    },
    project::Project,
    text::{ImagePath, Refusal, RepoPath},
};

/// A program of a package.
struct Program {
    name: String,
    /// The folder of its package.
    folder: RepoPath,
    /// The file that it begins with.
    file: RepoPath,
}

/// Reads the sources of the program that a process runs, if it is built from Rust here.
pub(super) fn follow<'a>(
    explorer: &Explorer<'_, 'a>,
    image: &Image<'a>,
    process: &Process,
    reach: &mut Reach<'a>,
) -> Followed {
    let Some(program) = made(image, process) else { return Followed::Other };
    let mut reader = Reader {
        explorer,
        image,
        from: &process.from,
        reach,
        numbers: Vec::new(),
        names: BTreeSet::from([String::new()]),
    };
    match reader.program(&program) {
        Ok(()) => {
            let Reader { reach, numbers, names, .. } = reader;
            for number in &numbers {
                for name in &names {
                    reach.files[*number].modules.insert(name.clone(), numbers.clone());
                }
            }
            Followed::Read
        }
        Err(why) => Followed::Broken(why),
    }
}

/// The program of the project that a process runs; `None` if none is built here, or it is not known which.
fn made(image: &Image<'_>, process: &Process) -> Option<Program> {
    let brought = image.brought().ok()?;
    let mut found: BTreeMap<RepoPath, Program> = BTreeMap::new();
    for (stage, mut own) in builds::origins(image, brought, &builds::paths(image, process)) {
        let mut all: Vec<Program> = Vec::new();
        Calls { image, brought, stage }.each(&mut |call, directory| {
            if let Some(build) = cargo::build(call) {
                let named = build.package.unwrap_or(".");
                let folder = named.strip_suffix(MANIFEST).unwrap_or(named);
                let folder = directory.join(if folder.is_empty() { "." } else { folder });
                let root = builds::folder(brought, stage, &folder, MANIFEST);
                // A mount of the build context for the time of the RUN.
                let root = root.unwrap_or_else(|| brought.folder().clone());
                all.extend(programs(image.project, &root));
                return true;
            }
            if ["cp", "mv", "install"].contains(&call.program.as_str())
                && let Some((from, to)) = builds::copied(call, directory)
                && own.iter().any(|it| *it == to || *it == to.join(from.file_name()))
            {
                own.push(from);
            }
            false
        });
        let is_meant = |it: &Program| own.iter().any(|path| path.file_name() == it.name);
        let meant = all.into_iter().filter(is_meant);
        found.extend(meant.map(|it| (it.file.clone(), it)));
    }
    let (_, first) = found.pop_first()?;
    found.is_empty().then_some(first)
}

/// The programs of the packages in a folder, or of the one that it is part of.
fn programs(project: &Project, root: &RepoPath) -> Vec<Program> {
    let is_manifest = |it: &&RepoPath| it.file_name() == MANIFEST;
    let below: Vec<RepoPath> =
        project.tree().below(root).filter(is_manifest).filter_map(RepoPath::parent).collect();
    let above = || root.ancestors().find(|it| manifest(project, it).is_some());
    let folders = if below.is_empty() { above().into_iter().collect() } else { below };
    folders.iter().flat_map(|it| of_package(project, it)).collect()
}

/// The programs of a package: doc.rust-lang.org/cargo/reference/cargo-targets.html
fn of_package(project: &Project, folder: &RepoPath) -> Vec<Program> {
    let Some(package) = manifest(project, folder) else { return Vec::new() };
    let is_file = |it: &RepoPath| project.tree().is_file(it);
    let more = folder.join(cargo::PROGRAMS);
    let within = |path: String| folder.join(&path).filter(is_file);
    let mut found: BTreeMap<String, RepoPath> = BTreeMap::new();
    found.extend(within(cargo::ROOTS[0].to_owned()).map(|it| (package.name.clone(), it)));
    for file in more.iter().flat_map(|it| project.tree().children(it)) {
        let stem = file.file_name().strip_suffix(".rs");
        let own = file.join("main.rs").filter(is_file);
        let name = stem.unwrap_or(file.file_name()).to_owned();
        found.extend(own.or(stem.map(|_| file.clone())).map(|it| (name, it)));
    }
    for (name, path) in package.programs {
        let usual = || {
            let inside = [
                format!("{}/{name}.rs", cargo::PROGRAMS),
                format!("{}/{name}/main.rs", cargo::PROGRAMS),
            ];
            inside.into_iter().find_map(within).or_else(|| within(cargo::ROOTS[0].to_owned()))
        };
        let file = path.map_or_else(usual, within);
        found.extend(file.map(|it| (name, it)));
    }
    let one = |(name, file)| Program { name, folder: folder.clone(), file };
    found.into_iter().map(one).collect()
}

fn manifest(project: &Project, folder: &RepoPath) -> Option<Package> {
    cargo::package(&project.source(&folder.join(MANIFEST)?)?.text)
}

/// Reads the files of packages.
struct Reader<'r, 'f, 'a> {
    explorer: &'r Explorer<'f, 'a>,
    image: &'r Image<'a>,
    /// What runs the program.
    from: &'r str,
    reach: &'r mut Reach<'a>,
    /// The files.
    numbers: Vec<usize>,
    /// The names by which files name the packages.
    names: BTreeSet<String>,
}

impl Reader<'_, '_, '_> {
    fn program(&mut self, program: &Program) -> Result<(), Refusal> {
        self.files(&program.file)?;
        let mut open = VecDeque::from([(program.folder.clone(), true)]);
        let mut known = BTreeSet::new();
        while let Some((folder, is_own)) = open.pop_front() {
            if !known.insert(folder.clone()) {
                continue;
            }
            let package = manifest(self.image.project, &folder);
            let Some(package) = package else {
                return Err(self.missing(&format!("the package {folder}")));
            };
            self.names.insert(package.library.clone());
            let root = package.library_file.as_deref().unwrap_or(cargo::ROOTS[1]);
            let library = folder.join(root).filter(|it| self.image.project.tree().is_file(it));
            match library {
                Some(it) => self.files(&it)?,
                None if is_own => {}
                None => return Err(self.missing(&format!("the library of {folder}"))),
            }
            for it in self.dependencies(&folder, &package)? {
                open.push_back((it, false));
            }
        }
        Ok(())
    }

    /// The folders of the packages of the project that a package depends on. Notes those of others that keep files.
    fn dependencies(
        &mut self,
        folder: &RepoPath,
        package: &Package,
    ) -> Result<Vec<RepoPath>, Refusal> {
        let project = self.image.project;
        let mut above = folder.ancestors();
        let workspace = above.find_map(|it| {
            let package = manifest(project, &it)?;
            (!package.shared.is_empty()).then_some((it, package))
        });
        let mut found = Vec::new();
        for it in &package.dependencies {
            let shared = workspace.as_ref().filter(|_| it.is_shared).and_then(|(at, whole)| {
                Some((at, whole.shared.iter().find(|shared| shared.name == it.name)?))
            });
            let own = it.folder.as_ref().map(|path| folder.join(path));
            let path = own.or_else(|| {
                let (at, shared) = shared?;
                shared.folder.as_ref().map(|path| at.join(path))
            });
            if let Some(path) = path {
                let Some(path) = path else { return Err(self.missing(&it.name)) };
                self.names.insert(it.name.clone());
                found.push(path);
                continue;
            }
            let features = shared.into_iter().flat_map(|it| &it.1.features).chain(&it.features);
            let modules = features.map(|feature| format!("{}::{feature}", it.name));
            let mut modules = modules.chain([it.name.clone()]);
            let kept = modules.find_map(|it| Language::Rust.keeper(&it));
            let place = folder.join(MANIFEST).map_or_else(String::new, |it| it.to_string());
            self.reach.kept.extend(kept.map(|it| (place, it)));
        }
        Ok(found)
    }

    fn missing(&self, what: &str) -> Refusal {
        let reason =
            format!("{} is built from {what}, which is not in the build context", self.from);
        Refusal::new("unread-source", reason)
    }

    /// Reads a file and the modules that it declares.
    fn files(&mut self, root: &RepoPath) -> Result<(), Refusal> {
        let sent = self.image.layers();
        let mut open = VecDeque::from([(root.clone(), true)]);
        while let Some((file, is_root)) = open.pop_front() {
            if sent.is_some_and(|it| it.sent.excludes(&file)) {
                return Err(self.missing(file.as_str()));
            }
            let at = ImagePath::root().join(file.as_str());
            let Some(number) = self.explorer.number(self.reach, &at, &file, Language::Rust) else {
                let reason = format!("{} is built from {file}, which cannot be read", self.from);
                return Err(Refusal::new("unread-source", reason));
            };
            if self.numbers.contains(&number) {
                continue;
            }
            self.numbers.push(number);
            for import in &self.reach.files[number].facts.imports {
                let Some(module) = import.module.strip_prefix("./") else { continue };
                let Some(found) = self.module(&file, is_root, module) else {
                    let place = format!("{file}:{}", import.line);
                    let reason = format!(
                        "{place} declares the module {module}, which is not in the build context"
                    );
                    return Err(Refusal::new("unread-source", reason));
                };
                open.push_back((found, false));
            }
        }
        Ok(())
    }

    /// The file of a module that a file declares.
    fn module(&self, file: &RepoPath, is_root: bool, module: &str) -> Option<RepoPath> {
        let folder = file.parent()?;
        let name = file.file_name();
        let is_folder = is_root || ["main.rs", "lib.rs", "mod.rs"].contains(&name);
        let inner = if is_folder {
            folder.clone()
        } else {
            folder.join(name.strip_suffix(".rs").unwrap_or(name))?
        };
        let files = match module.ends_with(".rs") {
            true => vec![folder.join(module)],
            false => {
                vec![inner.join(&format!("{module}.rs")), inner.join(&format!("{module}/mod.rs"))]
            }
        };
        let mut files = files.into_iter().flatten();
        files.find(|it| self.image.project.tree().is_file(it))
    }
}
