//! From which folder of the project a program is compiled: the command that makes it, in the stage that a COPY takes
//! it from.

use std::collections::BTreeMap;

use super::{Image, Process, modules::Modules};
use crate::{
    context::brought::{Brought, StagePath},
    dockerfile::Keyword,
    ecosystems::{
        code::Language,
        go::{self, build::Build},
        images,
    },
    run::Reading,
    shell::Invocation,
    text::{ImagePath, RepoPath},
};

/// A program that a command makes.
pub(super) struct Made {
    /// The folder of its package.
    pub folder: RepoPath,
    /// The tags that it is built with; `None` if they are not known.
    pub tags: Option<Vec<String>>,
    /// Where it is put, if that is told.
    output: Option<ImagePath>,
    /// The names that it may have.
    names: Vec<String>,
    stage: usize,
}

/// A package that an argument names.
struct Package {
    folder: RepoPath,
    /// The name of the file that is named instead of the package, without its ending.
    file: Option<String>,
}

/// How many scripts deep a RUN is followed.
const DEPTH: usize = 3;

/// The package that the program of a process is built from; `None` if it is not known to be built here, or from which.
pub(super) fn of<'a>(image: &Image<'a>, process: &Process, modules: &Modules<'a>) -> Option<Made> {
    let brought = image.brought().ok()?;
    let places = origins(image, brought, &paths(image, process));
    let mut made: Vec<Made> = Vec::new();
    for stage in places.keys() {
        made.extend(Finder { image, brought, modules, stage: *stage }.made());
    }
    let at = |it: &Made| {
        let Some(output) = &it.output else { return false };
        // What it is told may be a folder that is there.
        let inside = |path: &ImagePath| it.names.iter().any(|name| output.join(name) == *path);
        places.values().flatten().any(|path| output == path || inside(path))
    };
    let is_named = |it: &Made| {
        let mut own = places.get(&it.stage).into_iter().flatten();
        own.any(|path| it.names.iter().any(|name| name == path.file_name()))
    };
    let unique = |pick: &dyn Fn(&Made) -> bool| {
        let mut found = made.iter().enumerate().filter(|it| pick(it.1));
        let (at, first) = found.next()?;
        found.all(|it| it.1.folder == first.folder).then_some(at)
    };
    let found = match made.iter().any(at) {
        true => unique(&at)?,
        false => unique(&is_named)?,
    };
    Some(made.swap_remove(found))
}

/// Where the program of a process may be.
pub(super) fn paths(image: &Image<'_>, process: &Process) -> Vec<ImagePath> {
    if process.path.contains('/') {
        return image.state().absolute(&process.path).into_iter().collect();
    }
    let variable = image.variable("PATH").unwrap_or_default();
    let folders =
        variable.split(':').chain(images::PROGRAMS).chain(["/go/bin", "/usr/local/cargo/bin"]);
    folders.filter_map(ImagePath::new).map(|it| it.join(&process.path)).collect()
}

/// The stages that what an image has at some paths may come from, each with its paths there.
pub(super) fn origins(
    image: &Image<'_>,
    brought: &Brought<'_>,
    paths: &[ImagePath],
) -> BTreeMap<usize, Vec<ImagePath>> {
    let mut found: BTreeMap<usize, Vec<ImagePath>> = BTreeMap::new();
    for StagePath { stage, path } in
        paths.iter().flat_map(|it| brought.places(image.stage.index, it))
    {
        found.entry(stage).or_default().push(path);
    }
    found
}

/// The two paths that a call names besides its options: for a copy, from where and to where.
pub(super) fn copied(call: &Invocation, directory: &ImagePath) -> Option<(ImagePath, ImagePath)> {
    let words: Vec<&str> = call.texts().filter(|it| !it.starts_with('-')).collect();
    let [from, to] = words[..] else { return None };
    Some((directory.join(from), directory.join(to)))
}

/// Finds the programs that the RUNs of a stage make.
struct Finder<'f, 'a> {
    image: &'f Image<'a>,
    brought: &'f Brought<'a>,
    modules: &'f Modules<'a>,
    stage: usize,
}

impl Finder<'_, '_> {
    fn made(&self) -> Vec<Made> {
        let mut made = Vec::new();
        let calls = Calls { image: self.image, brought: self.brought, stage: self.stage };
        calls.each(&mut |call, directory| match go::build::build(call) {
            Some(build) => {
                made.extend(self.build(&build, directory));
                true
            }
            None => false,
        });
        made
    }

    fn build(&self, build: &Build<'_>, directory: &ImagePath) -> Vec<Made> {
        let directory = build.folder.map_or_else(|| directory.clone(), |to| directory.join(to));
        let root = self.folder(&directory);
        let mut packages: Vec<Package> = Vec::new();
        let here = ["."];
        let named = if build.packages.is_empty() { &here[..] } else { &build.packages };
        for name in named {
            packages.extend(self.packages(name, &directory, root.as_ref()));
        }
        let several = packages.len() > 1;
        // The variable may give others.
        let is_told = !self.image.site.dockerfile.source.contains(go::build::OPTIONS);
        let tags = build.tags.as_ref().filter(|_| is_told);
        let tags = tags.map(|it| it.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>());
        let one = |Package { folder, file }: Package| {
            let mut names = self.modules.names(&folder);
            names.extend(file);
            let is_folder = several || build.output.is_some_and(|it| it.ends_with('/'));
            let told = build.output.filter(|_| !is_folder).map(|it| it.rsplit('/').next());
            let output = build.output.filter(|_| !build.installs).map(|to| directory.join(to));
            names.extend(told.flatten().map(str::to_owned));
            Made { folder, tags: tags.clone(), output, names, stage: self.stage }
        };
        packages.into_iter().map(one).collect()
    }

    /// The packages that an argument names, in a directory that `root` is the folder of.
    fn packages(&self, name: &str, directory: &ImagePath, root: Option<&RepoPath>) -> Vec<Package> {
        let whole = |folder: RepoPath| Package { folder, file: None };
        if let Some(stem) = name.strip_suffix(".go") {
            let (above, stem) = stem.rsplit_once('/').unwrap_or((".", stem));
            // A program is what its files are, wherever these come from.
            let alone = || {
                let path = directory.join(name);
                self.brought.at(self.stage, &path, &|_| Vec::new())?.parent()
            };
            let folder = alone().or_else(|| root.and_then(|it| it.join(above)));
            let package = |folder| Package { folder, file: Some(stem.to_owned()) };
            return folder.map(package).into_iter().collect();
        }
        let Some(root) = root else { return Vec::new() };
        let name = name.trim_end_matches('/');
        if let Some(above) = name.strip_suffix("...") {
            let above = root.join(above.trim_end_matches('/'));
            let all = above.iter().flat_map(|it| self.modules.programs(it));
            return all.map(whole).collect();
        }
        let local = name.starts_with('.');
        let named = if local { None } else { self.modules.folder(name) };
        let folder = named.or_else(|| {
            let folder = root.join(name)?;
            let has_source = |it: &RepoPath| self.modules.has_files(it);
            let moved = || self.moved(&directory.join(name));
            Some(folder).filter(has_source).or_else(moved).or_else(|| root.join(name))
        });
        folder.map(whole).into_iter().collect()
    }

    /// The folder of the project whose files COPYs put into a directory under another path; `None` if there are several.
    fn moved(&self, directory: &ImagePath) -> Option<RepoPath> {
        let all = self.brought.below(self.stage, directory);
        let here = all.iter().filter(|it| it.0.parent().as_ref() == Some(directory));
        let source = here.filter(|it| Language::of(it.1.file_name()) == Some(Language::Go));
        let mut folders = source.filter_map(|it| it.1.parent());
        let first = folders.next()?;
        folders.all(|it| it == first).then_some(first)
    }

    /// The folder of the project at a directory of the stage: that of the closest manifest, and what is below it.
    fn folder(&self, directory: &ImagePath) -> Option<RepoPath> {
        let found = folder(self.brought, self.stage, directory, go::MANAGER.manifest);
        // A mount of the build context for the time of the RUN.
        let context = || {
            let root = self.brought.folder().clone();
            self.modules.has(&root).then_some(root)
        };
        found.or_else(context)
    }
}

/// The calls of the RUNs of a stage, and of the Makefiles and scripts that these run.
pub(super) struct Calls<'f, 'a> {
    pub image: &'f Image<'a>,
    pub brought: &'f Brought<'a>,
    pub stage: usize,
}

impl Calls<'_, '_> {
    /// Calls `read` for each, with the directory that it runs in; what it returns true for is not looked into.
    pub(super) fn each(&self, read: &mut dyn FnMut(&Invocation, &ImagePath) -> bool) {
        let site = self.image.site;
        let Some(stage) = site.stages.get(self.stage) else { return };
        for below in stage.lineage(&site.stages) {
            for (item, _, instruction) in below.instructions() {
                if instruction.keyword != Keyword::Run {
                    continue;
                }
                let Ok(run) = site.run(&below, item) else { continue };
                self.calls(&run, read, DEPTH);
            }
        }
    }

    fn calls(
        &self,
        reading: &Reading,
        read: &mut dyn FnMut(&Invocation, &ImagePath) -> bool,
        depth: usize,
    ) {
        for site in reading.calls() {
            let Some(directory) = &site.directory else { continue };
            let is_read = read(&site.call, directory);
            if let (false, Some(depth)) = (is_read, depth.checked_sub(1))
                && let Some(inner) = self.nested(&site.call, directory, reading)
            {
                self.calls(&inner, read, depth);
            }
        }
    }

    /// The Makefile or script that a call runs.
    fn nested(
        &self,
        call: &Invocation,
        directory: &ImagePath,
        reading: &Reading,
    ) -> Option<Reading> {
        let text_at = |path: &ImagePath| {
            let found = self.brought.at(self.stage, path, &|_| Vec::new())?;
            self.image.text(&found)
        };
        let folder = call.values(&["-C"]).into_iter().flatten().last();
        let directory = folder.map_or_else(|| directory.clone(), |it| directory.join(it));
        let script = call.script.as_ref().filter(|it| it.is_file).and_then(|it| it.text.as_deref());
        let own = Some(call.path.as_str()).filter(|it| it.contains('/'));
        let text = match (call.program.as_str(), script.or(own)) {
            ("make", _) => text_at(&directory.join("Makefile")).map(|it| recipes(&it)),
            (_, Some(path)) => text_at(&directory.join(path)),
            _ => None,
        }?;
        Reading::of_text(&text, reading.state.at_directory(directory)).ok()
    }
}

/// The folder of the project at a directory of a stage: that of the closest file of this name, and what is below it.
pub(super) fn folder(
    brought: &Brought<'_>,
    stage: usize,
    directory: &ImagePath,
    manifest: &str,
) -> Option<RepoPath> {
    directory.ancestors().find_map(|above| {
        let found = brought.at(stage, &above.join(manifest), &|_| Vec::new())?;
        found.parent()?.join(directory.strip_prefix(&above)?)
    })
}

/// The recipes of a Makefile as lines of a script, with its own variables expanded.
fn recipes(text: &str) -> String {
    let mut variables: Vec<(String, String)> = Vec::new();
    let mut lines: Vec<String> = Vec::new();
    let text = text.replace("\\\n", " ");
    for line in text.lines() {
        let Some(recipe) = line.strip_prefix('\t') else {
            let Some((name, value)) = line.split_once('=') else { continue };
            let name = name.trim_end_matches([':', '?', '+']).trim();
            let name = name.strip_prefix("export ").unwrap_or(name);
            variables.push((name.to_owned(), value.trim().to_owned()));
            continue;
        };
        lines.push(recipe.trim_start_matches(['@', '-', '+', ' ']).to_owned());
    }
    let lines = lines.into_iter().map(|mut line| {
        for _ in 0..4 {
            for (name, value) in &variables {
                let forms = [format!("$({name})"), format!("${{{name}}}")];
                line = forms.iter().fold(line, |line, form| line.replace(form, value));
            }
        }
        line.replace("$(", "${").replace("$$", "$")
    });
    // A line that is no shell hides none of the others.
    let readable = lines.filter(|it| crate::shell::Script::of_text(it).is_ok());
    readable.collect::<Vec<_>>().join("\n")
}
