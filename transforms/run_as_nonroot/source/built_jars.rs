//! From which module of Java an image gets what it runs: a jar that a stage builds, or that was built before and is
//! copied, also where it is unpacked in between.

use std::collections::{BTreeSet, VecDeque};

use super::{
    Image, Process,
    builds::{self, Calls},
    jars::manifest,
};
use crate::{
    context::brought::{Brought, StagePath},
    ecosystems::jvm,
    shell::Invocation,
    text::{ImagePath, RepoPath},
};

/// The module that an application is built from.
pub(super) struct Built {
    /// Its folder.
    pub module: RepoPath,
    /// True if it is built elsewhere, and not from what the builder is sent.
    pub is_outside: bool,
}

/// The most places that an application may come from.
const PLACES: usize = 64;

/// The module that the application of a process is built from; `None` if there is none, or several.
pub(super) fn of(image: &Image<'_>, process: &Process) -> Option<Built> {
    let brought = image.brought().ok()?;
    let words: Vec<&str> = process.known().collect();
    let class_path = image.environment("CLASSPATH");
    let names = jvm::application(&words, class_path.as_deref());
    let paths = names.iter().filter_map(|it| image.state().absolute(it));
    let finder = Finder { image, brought };
    let mut open: VecDeque<StagePath> =
        paths.flat_map(|it| brought.places(image.stage.index, &it)).collect();
    let mut places: Vec<StagePath> = Vec::new();
    let mut made = BTreeSet::new();
    while let Some(place) = open.pop_front().filter(|_| places.len() < PLACES) {
        if places.contains(&place) {
            continue;
        }
        let Earlier { is_built, paths } = finder.earlier(&place);
        made.extend(finder.module(&place).filter(|_| is_built));
        open.extend(paths.iter().flat_map(|it| brought.places(place.stage, it)));
        places.push(place);
    }
    if let Some(module) = only(made) {
        return Some(Built { module, is_outside: false });
    }
    let module = only(finder.copied(&places)?)?;
    Some(Built { module, is_outside: true })
}

fn only(mut found: BTreeSet<RepoPath>) -> Option<RepoPath> {
    let first = found.pop_first()?;
    found.is_empty().then_some(first)
}

/// What the RUNs of a stage say of what stands at a path.
struct Earlier {
    /// True if one of them builds jars.
    is_built: bool,
    /// The files that it may be a copy of, and the archives that it may be from.
    paths: Vec<ImagePath>,
}

struct Finder<'f, 'a> {
    image: &'f Image<'a>,
    brought: &'f Brought<'a>,
}

impl Finder<'_, '_> {
    fn earlier(&self, place: &StagePath) -> Earlier {
        let mut earlier = Earlier { is_built: false, paths: Vec::new() };
        let Self { image, brought } = *self;
        Calls { image, brought, stage: place.stage }.each(&mut |call, directory| {
            earlier.paths.extend(moved(call, directory, &place.path));
            earlier.paths.extend(unpacked(call, directory, &place.path));
            let builds = jvm::BUILDERS.contains(&call.program.as_str());
            earlier.is_built |= builds;
            builds
        });
        earlier
    }

    /// The folder of the module that builds a jar where one stands in a stage.
    fn module(&self, place: &StagePath) -> Option<RepoPath> {
        let folder = place.path.parent()?;
        let mut outputs = jvm::OUTPUTS.iter();
        let module = outputs.find_map(|out| ImagePath::new(folder.as_str().strip_suffix(out)?))?;
        let mut manifests = jvm::MANIFESTS.iter();
        let folder =
            manifests.find_map(|it| builds::folder(self.brought, place.stage, &module, it))?;
        manifest(self.image.project, &folder).is_some().then_some(folder)
    }

    /// The folders of the modules whose jars COPYs bring from the build context to these places, where they were built
    /// before: `COPY target/*.jar app.jar`. `None` if one cannot be known.
    fn copied(&self, places: &[StagePath]) -> Option<BTreeSet<RepoPath>> {
        let Self { image, brought } = *self;
        let escape = image.site.dockerfile.escape;
        let mut found = BTreeSet::new();
        for StagePath { stage, path } in places {
            let stage = image.site.stages.get(*stage)?;
            for below in stage.lineage(&image.site.stages) {
                for (item, _, instruction) in below.instructions() {
                    let Some(copy) = instruction.copy().filter(|it| it.from.is_none()) else {
                        continue;
                    };
                    let state = below.state_before(item);
                    let to = state.expand(&copy.destination.text, escape);
                    let to = to.and_then(|it| state.absolute(&it));
                    if to.is_none() || (to.as_ref() != Some(path) && to != path.parent()) {
                        continue;
                    }
                    for source in &copy.sources {
                        let text = state.expand(&source.text, escape)?;
                        let text = text.trim_start_matches("./").trim_start_matches('/');
                        let Some((module, _)) = jvm::built(text) else { continue };
                        let module = brought.folder().join(module)?;
                        if manifest(image.project, &module).is_some() {
                            found.insert(module);
                        }
                    }
                }
            }
        }
        Some(found)
    }
}

/// What a call copies to a path.
fn moved(call: &Invocation, directory: &ImagePath, path: &ImagePath) -> Option<ImagePath> {
    if !["cp", "mv"].contains(&call.program.as_str()) {
        return None;
    }
    let (from, to) = builds::copied(call, directory)?;
    (to == *path).then_some(from)
}

/// The archive that a call unpacks what is at a path from.
fn unpacked(call: &Invocation, directory: &ImagePath, path: &ImagePath) -> Option<ImagePath> {
    let jvm::Unpacked { archive, folder } = jvm::unpacked(call)?;
    let archive = directory.join(archive);
    // An application that is still a jar keeps its name; others in the archive are those of packages.
    let is_jar = path.file_name().ends_with(".jar");
    let is_from = path.is_within(&directory.join(folder))
        && (!is_jar || path.file_name() == archive.file_name());
    is_from.then_some(archive)
}
