//! The files of the project that a source file imports.

use std::{cell::OnceCell, collections::HashMap, rc::Rc};

use super::{files::Files, names::module_text, reach::Explorer};
use crate::{
    ecosystems::{
        code::{Import, Language, SourceFacts},
        node::{
            self,
            aliases::{self, Mapping},
        },
    },
    project::Project,
    text::{ImagePath, RepoPath},
};

/// What a source file imports.
#[derive(Default)]
pub(super) struct Imported {
    /// The files of the project, with the names that it gives them.
    pub files: Vec<(Option<String>, ImagePath)>,
    /// True if a module that seems to be the project's own was not found.
    pub is_lost: bool,
}

/// The settings of TypeScript's compiler of folders, with the folders of their files.
pub(super) type Mappings = HashMap<ImagePath, Option<(Rc<Mapping>, ImagePath)>>;

/// The names of files with settings of TypeScript's compiler.
const CONFIGS: [&str; 2] = ["tsconfig.json", "jsconfig.json"];

/// How many files settings may go on from.
const FILES: usize = 6;

/// Endings of files that are imported and are no source.
const ASSETS: [&str; 16] = [
    ".css", ".gif", ".gql", ".graphql", ".html", ".jpg", ".json", ".less", ".md", ".node", ".png",
    ".scss", ".svg", ".txt", ".wasm", ".yaml",
];

impl Explorer<'_, '_> {
    /// What a module of Python imports.
    pub(super) fn python_imports(&self, at: &ImagePath, facts: &SourceFacts) -> Imported {
        let (mut found, mut is_lost) = (Vec::new(), false);
        for Import { module, names, .. } in &facts.imports {
            let dots = module.chars().take_while(|it| *it == '.').count();
            let base = module.trim_start_matches('.');
            let stem = |name: &str| name.replace('.', "/");
            let one = |name: &str| match dots {
                0 => self.python_module(name),
                dots => {
                    let folder = at.ancestors().nth(dots)?;
                    if name.is_empty() {
                        return Some(folder.join("__init__.py"))
                            .filter(|it| self.files.at(it).is_some());
                    }
                    self.python_file(&folder.join(&stem(name)))
                }
            };
            let whole = one(base);
            // The packages around a module are imported with it.
            for (index, _) in base.match_indices('.') {
                found.extend(one(&base[..index]).map(|it| (None, it)));
            }
            let top = base.split('.').next().unwrap_or(base);
            let is_own = |it: &str| dots > 0 || base != top && self.python_module(it).is_some();
            let mut is_found = whole.is_some();
            found.extend(whole.map(|it| (Some(module.clone()), it)));
            for name in names {
                let inner = if base.is_empty() { name.clone() } else { format!("{base}.{name}") };
                let separator = if base.is_empty() { "" } else { "." };
                let part = one(&inner);
                is_found |= part.is_some();
                found.extend(part.map(|it| (Some(format!("{module}{separator}{name}")), it)));
            }
            is_lost |= !is_found && is_own(top);
        }
        // Settings name modules in texts: `ROOT_URLCONF`, `include("shop.urls")`, `INSTALLED_APPS`.
        let apps =
            ["INSTALLED_APPS", "ROOT_URLCONF"].iter().any(|it| facts.names.contains_key(*it))
                || facts.texts.iter().any(|it| it.starts_with("django.contrib."));
        for text in &facts.texts {
            let Some(module) = module_text(text) else { continue };
            if let Some((outer, last)) = module.rsplit_once('.') {
                // `shop.apps.ShopConfig`, but not `model.pkl`.
                let is_class = last.starts_with(|it: char| it.is_ascii_uppercase());
                let outer = Some(outer).filter(|it| is_class || it.contains('.'));
                let file = self.python_module(module).or_else(|| self.python_module(outer?));
                found.extend(file.map(|it| (None, it)));
            } else if text.contains(':') {
                // `uvicorn.run("main:app")`
                found.extend(self.python_module(module).map(|it| (None, it)));
            }
            if apps {
                let package =
                    self.python_module(module).filter(|it| it.file_name() == "__init__.py");
                let package = package.and_then(|it| it.parent());
                // https://docs.djangoproject.com/en/stable/ref/applications/
                let parts = ["apps", "models", "admin", "signals", "tasks"];
                let parts = package.iter().flat_map(|it| parts.iter().map(|part| it.join(part)));
                found.extend(parts.filter_map(|it| self.python_file(&it)).map(|it| (None, it)));
            }
        }
        Imported { files: found, is_lost }
    }

    /// What a module of JavaScript imports.
    pub(super) fn script_imports(&self, at: &ImagePath, facts: &SourceFacts) -> Imported {
        let mut imported = Imported::default();
        let package = OnceCell::new();
        let package = || {
            let find = || self.files.package(at).filter(|_| !Files::is_placed(at));
            package.get_or_init(find).as_ref()
        };
        for Import { module, .. } in &facts.imports {
            let module = module.split('?').next().unwrap_or(module);
            if let Some((folder, inside)) = self.member(module) {
                let folders = [folder.join("src"), folder.clone()];
                let file = folders.iter().find_map(|it| self.script_module(&it.join(inside)));
                if file.is_none() && self.opened.borrow_mut().insert(folder.clone()) {
                    let all = self.files.below(&folder, Language::JavaScript);
                    imported.files.extend(all.iter().map(|it| (None, it.clone())));
                }
                imported.files.extend(file.map(|it| (Some(module.to_owned()), it)));
                continue;
            }
            let is_relative = module.starts_with('.') || module.starts_with('/');
            let alias = ["@/", "~/", "src/", "#/"].iter().find_map(|it| module.strip_prefix(it));
            let mut is_own = is_relative || alias.is_some();
            let file = if is_relative {
                at.parent().and_then(|it| self.script_module(&it.join(module)))
            } else {
                let own = self.own_module(at, module, package());
                let (named, other) = self.mapped(at, module, package());
                is_own |= own.is_some() || named.is_some() || module.starts_with('#');
                let all = own.into_iter().chain(named).flatten().chain(other);
                let mut all = all.filter_map(|it| self.script_module(&it));
                all.next().or_else(|| self.aliased(module, alias, package()))
            };
            let is_asset = ASSETS.iter().any(|it| module.ends_with(it));
            imported.is_lost |= file.is_none() && is_own && !is_asset;
            imported.files.extend(file.map(|it| (Some(module.to_owned()), it)));
        }
        imported
    }

    /// The file of a module that a file names as the manifest of its package says, which may not be there; `None` if
    /// that says nothing of it.
    fn own_module(
        &self,
        at: &ImagePath,
        module: &str,
        package: Option<&ImagePath>,
    ) -> Option<Vec<ImagePath>> {
        let has = |it: &ImagePath| self.files.at(&it.join(node::MANIFEST)).is_some();
        let folders = at.ancestors().skip(1).find(has).into_iter().chain(package.cloned());
        let mut is_own = false;
        for folder in folders {
            let manifest = self.files.at(&folder.join(node::MANIFEST));
            let manifest = manifest.and_then(|it| self.project.source(&it));
            let Some(targets) = manifest.and_then(|it| aliases::own(&it.text, module)) else {
                continue;
            };
            is_own = true;
            let mut all = targets.iter().map(|it| folder.join(it));
            if let Some(found) = all.find(|it| self.script_module(it).is_some()) {
                return Some(vec![found]);
            }
        }
        is_own.then(Vec::new)
    }

    /// The places of a module that the settings of TypeScript's compiler name, which may not be there, or `None`; then
    /// one that they may mean.
    fn mapped(
        &self,
        at: &ImagePath,
        module: &str,
        package: Option<&ImagePath>,
    ) -> (Option<Vec<ImagePath>>, Option<ImagePath>) {
        let folders = at.ancestors().skip(1).chain(package.cloned());
        for folder in folders {
            let Some((mapping, folder)) = self.mapping(&folder) else { continue };
            let (named, other) = mapping.places(module);
            let named: Vec<ImagePath> = named.iter().map(|it| folder.join(it)).collect();
            let other = other.map(|it| folder.join(&it));
            return ((!named.is_empty()).then_some(named), other);
        }
        (None, None)
    }

    /// The settings of TypeScript's compiler in a folder that say where modules are, with the folder of their file.
    fn mapping(&self, folder: &ImagePath) -> Option<(Rc<Mapping>, ImagePath)> {
        if let Some(known) = self.mappings.borrow().get(folder) {
            return known.clone();
        }
        let found = CONFIGS.iter().find_map(|it| self.told_mapping(&folder.join(it), FILES));
        self.mappings.borrow_mut().insert(folder.clone(), found.clone());
        found
    }

    /// The settings of a file, or of the one that it goes on from.
    fn told_mapping(&self, file: &ImagePath, files: usize) -> Option<(Rc<Mapping>, ImagePath)> {
        let files = files.checked_sub(1)?;
        let text = self.project.source(&self.files.at(file)?)?;
        let mapping = aliases::mapping(&text.text)?;
        let folder = file.parent()?;
        if mapping.is_told() {
            return Some((Rc::new(mapping), folder));
        }
        let base = mapping.extends.filter(|it| it.starts_with('.'))?;
        let names = [base.clone(), format!("{base}.json")];
        names.iter().find_map(|it| self.told_mapping(&folder.join(it), files))
    }

    /// The file of a module that is named from where the program or its project begins, as the aliases of a
    /// `tsconfig.json` have it: `alias` is the name behind their sign.
    fn aliased(
        &self,
        module: &str,
        alias: Option<&str>,
        package: Option<&ImagePath>,
    ) -> Option<ImagePath> {
        if !module.contains('/') {
            return None;
        }
        let key = (package.cloned(), module.to_owned());
        if let Some(known) = self.aliased.borrow().get(&key) {
            return known.clone();
        }
        let folders = || self.starts.iter().cloned().chain([self.workdir.clone()]);
        let own = || package.into_iter().flat_map(|it| [it.join("src"), it.clone()]);
        let names = [alias, Some(module)].into_iter().flatten();
        let mut all = names.flat_map(|name| folders().chain(own()).map(move |it| it.join(name)));
        let found = all.find_map(|it| self.script_module(&it));
        self.aliased.borrow_mut().insert(key, found.clone());
        found
    }

    /// The folder, in the build context, of the project's own package that a module is of, and the rest of its name:
    /// `smtp` of `@shop/mail/smtp`.
    fn member<'m>(&self, module: &'m str) -> Option<(ImagePath, &'m str)> {
        let parts = if module.starts_with('@') { 2 } else { 1 };
        let end = module.match_indices('/').nth(parts - 1).map_or(module.len(), |it| it.0);
        let members = self.project.surroundings().get(|| Members::read(self.project));
        let folder = self.files.context_path(members.0.get(&module[..end])?)?;
        Some((folder, module[end..].trim_start_matches('/')))
    }
}

/// The packages of npm that the project has, by name: their folders.
struct Members(HashMap<String, RepoPath>);

impl Members {
    fn read(project: &Project) -> Self {
        let manifests = project.files().filter(|it| it.path.file_name() == node::MANIFEST);
        let named = manifests.filter_map(|it| Some((node::name(&it.text)?, it.path.parent()?)));
        Self(named.filter(|it| !it.1.is_root()).collect())
    }
}
