//! The packages that an image has, as far as manifests name them.

use std::{
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet},
};

use super::Image;
use crate::{
    context::sources_of,
    dockerfile::Keyword,
    ecosystems::{
        self, FileKind, files,
        node::{self, Dependencies},
    },
    project::tree,
    text::{RepoPath, glob},
};

/// What is found out about the packages of an image, when it is first asked for.
#[derive(Default)]
pub(super) struct Packages<'a> {
    copied: OnceCell<BTreeMap<RepoPath, BTreeSet<usize>>>,
    manifests: OnceCell<Vec<&'a str>>,
    lists: OnceCell<Lists<'a>>,
    has_development: OnceCell<bool>,
}

/// The lists of packages of an image.
#[derive(Default)]
struct Lists<'a> {
    /// The texts of those that are not read any further.
    texts: Vec<&'a str>,
    /// What the manifests of npm say.
    node: Vec<Dependencies>,
}

/// Folders that hold what a compiler or a bundler made, but no packages.
const MADE: [&str; 6] = ["build", "dist", "lib", "out", "public", "static"];

impl<'a> Image<'a> {
    /// The texts of the manifests that the Dockerfile copies.
    pub(super) fn manifests(&self) -> &[&'a str] {
        let text = |it: &RepoPath| Some(&*self.project.file(it.as_str())?.text);
        let read = || self.copied().keys().filter_map(text).collect();
        self.contents.packages.manifests.get_or_init(read)
    }

    /// Whether a manifest names a package that is in the image: what only development needs is not if an install
    /// leaves it out, nor are packages of npm of another stage from which nothing but results is copied.
    pub(super) fn depends_on(&self, package: &str) -> bool {
        let lists = self.contents.packages.lists.get_or_init(|| self.lists());
        let all = |pick: fn(&Dependencies) -> &Vec<String>| lists.node.iter().flat_map(pick);
        lists.texts.iter().any(|it| names(it, package))
            || all(|it| &it.always).any(|it| names(it, package))
            || all(|it| &it.development).any(|it| names(it, package)) && self.has_development()
            || self.adds(package)
    }

    /// Whether a package of a manifest brings a program.
    pub(super) fn brings_program(&self, program: &str) -> bool {
        self.depends_on(program) || self.depends_on(node::package_of(program))
    }

    fn lists(&self) -> Lists<'a> {
        let own = self.with_packages();
        let mut lists = Lists::default();
        for (path, stages) in self.copied() {
            let Some(file) = self.project.file(path.as_str()) else { continue };
            let read = || node::dependencies(&file.text);
            match (path.file_name() == node::MANIFEST).then(read).flatten() {
                Some(_) if stages.is_disjoint(&own) => {}
                Some(dependencies) => lists.node.push(dependencies),
                None => lists.texts.push(&file.text),
            }
        }
        lists
    }

    /// The manifests that stages copy, and the numbers of these stages.
    fn copied(&self) -> &BTreeMap<RepoPath, BTreeSet<usize>> {
        self.contents.packages.copied.get_or_init(|| self.read_copied())
    }

    fn read_copied(&self) -> BTreeMap<RepoPath, BTreeSet<usize>> {
        let Some(folder) = self.layers().map(|it| &it.sent.folder) else { return BTreeMap::new() };
        let manifests = files().filter(|it| it.kind == FileKind::Manifest).map(|it| it.pattern);
        let names: BTreeSet<&str> = manifests.filter(|it| !it.contains('*')).collect();
        let mut found: BTreeMap<RepoPath, BTreeSet<usize>> = BTreeMap::new();
        for stage in &self.site.stages {
            let mut add = |path| found.entry(path).or_default().insert(stage.index);
            for source in sources_of(stage, self.site.dockerfile.escape) {
                let source = source.trim_start_matches('/');
                let is_list = |it: &RepoPath| {
                    let name = it.file_name();
                    names.contains(name) || name.ends_with(".txt") || name.ends_with(".in")
                };
                if glob::is_pattern(source) {
                    let matching = tree::sources(self.project.tree(), folder, source);
                    matching.into_iter().filter(is_list).for_each(|it| {
                        add(it);
                    });
                }
                let Some(path) = folder.join(source.trim_end_matches('*')) else { continue };
                names.iter().filter_map(|it| path.join(it)).for_each(|it| {
                    add(it);
                });
                if is_list(&path) {
                    add(path);
                }
            }
        }
        found
    }

    /// Whether a RUN installs a package by its name: `npm install puppeteer`, `pip install playwright==1.47`.
    fn adds(&self, package: &str) -> bool {
        let runs = self.runs(&[package]).unwrap_or_default();
        let mut calls = runs.iter().flat_map(|it| it.calls()).map(|it| &it.call);
        calls.any(|call| {
            let installs = ecosystems::installs_packages(call) == Some(true);
            installs && call.texts().any(|it| !it.starts_with('-') && is_of(it, package))
        })
    }

    /// The numbers of the stages whose packages the image may have: its own, and those that it copies more from than
    /// what a compiler or a bundler made.
    fn with_packages(&self) -> BTreeSet<usize> {
        let stages = &self.site.stages;
        let mut found: BTreeSet<usize> = BTreeSet::new();
        let mut more: Vec<usize> = self.lineage.iter().map(|it| it.index).collect();
        while let Some(number) = more.pop() {
            if !found.insert(number) {
                continue;
            }
            for (_, _, instruction) in stages[number].instructions() {
                let Some(copy) = instruction.copy() else { continue };
                let Some(from) = copy.from.and_then(|it| self.stage_called(it)) else { continue };
                if copy.sources.iter().all(|it| is_result(&it.text)) {
                    continue;
                }
                more.extend(from.lineage(stages).iter().map(|it| it.index));
            }
        }
        found
    }

    /// Whether the packages that only development needs are installed: no install leaves them out.
    fn has_development(&self) -> bool {
        let stages = &self.site.stages;
        let leaves_out = |number: usize| {
            let runs = stages[number].instructions().filter(|it| it.2.keyword == Keyword::Run);
            let runs = runs.filter_map(|it| self.site.run(&stages[number], it.0).ok());
            let runs: Vec<_> = runs.collect();
            runs.iter().any(|run| {
                let environment = run.state.variable("NODE_ENV");
                run.calls().iter().any(|it| node::leaves_out_development(&it.call, environment))
            })
        };
        let found = || !self.with_packages().into_iter().any(leaves_out);
        *self.contents.packages.has_development.get_or_init(found)
    }
}

/// Whether an argument of an install is a package, perhaps with its version.
fn is_of(argument: &str, package: &str) -> bool {
    let rest = argument.strip_prefix(package);
    rest.is_some_and(|it| it.is_empty() || it.starts_with(['@', '=', '<', '>', '~', '!', '[']))
}

/// Whether a text names a package as a word of its own.
fn names(text: &str, package: &str) -> bool {
    text.match_indices(package).any(|(at, _)| {
        let part = |it: char| it.is_ascii_alphanumeric() || it == '_' || it == '-';
        let before = text[..at].chars().next_back().is_some_and(part);
        let after = text[at + package.len()..].chars().next().is_some_and(part);
        !before && !after
    })
}

/// Whether a path is of what a compiler or a bundler made.
fn is_result(path: &str) -> bool {
    let path = path.trim_end_matches(['/', '*', '.']);
    let name = path.rsplit('/').next().unwrap_or(path);
    let ending = name.rsplit_once('.').map_or("", |it| it.1);
    MADE.contains(&name) || ["cjs", "css", "html", "js", "json", "mjs"].contains(&ending)
}
