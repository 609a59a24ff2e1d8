//! Programs of an image that are the project's own: built in a stage, or brought by a COPY.

use super::{
    Image,
    image::{Placed, placed},
    process::Form,
};
use crate::{
    dockerfile::Keyword,
    ecosystems::{go, images, programs::BUILDS},
    run::CallSite,
    text::ImagePath,
};

/// A file that a RUN tells a compiler to write.
pub(super) struct Compiled {
    stage: usize,
    item: usize,
    path: ImagePath,
}

impl Image<'_> {
    /// Whether a RUN compiles what stands at a path where a COPY had brought a file.
    pub(super) fn is_replaced(&self, path: &ImagePath) -> bool {
        let compiled = self.contents.compiled.get_or_init(|| self.compiled());
        let Some(brought) = self.brought().ok().filter(|_| !compiled.is_empty()) else {
            return false;
        };
        brought.places(self.stage.index, path).iter().any(|place| {
            let copied = brought
                .layers(place.stage)
                .and_then(|it| Some(it.provider(place.stage, usize::MAX, &place.path)?.0.item));
            let is_here = |it: &&Compiled| it.stage == place.stage && it.path == place.path;
            let item = compiled.iter().filter(is_here).map(|it| it.item).max();
            copied.is_some_and(|copied| item.is_some_and(|item| copied < item))
        })
    }

    fn compiled(&self) -> Vec<Compiled> {
        let mut found = Vec::new();
        for stage in &self.site.stages {
            let runs = placed(stage).filter(|it| it.instruction.keyword == Keyword::Run);
            for Placed { item, .. } in runs {
                let Ok(run) = self.site.run(stage, item) else { continue };
                for CallSite { call, directory, .. } in run.calls() {
                    let Some(directory) = directory else { continue };
                    let output = go::build::build(call).and_then(|it| it.output);
                    let output = output.filter(|it| !it.ends_with('/'));
                    let path = output.map(|it| directory.join(it));
                    found.extend(path.map(|path| Compiled { stage: stage.index, item, path }));
                }
            }
        }
        found
    }

    /// What the path by which a process runs a program stands for.
    pub(super) fn form(&self, path: &str) -> Form {
        if self.compiles(path) { Form::Own } else { Form::Program }
    }

    /// Whether what a process runs by this path is compiled for the image, so that its name says nothing: no file of
    /// the project stands there, and a COPY brings it from another stage, or a RUN builds it.
    pub(super) fn compiles(&self, path: &str) -> bool {
        if self.source(path).is_some() {
            return false;
        }
        // Packages have theirs in folders of programs.
        let folder = path.rsplit_once('/').map(|it| it.0).unwrap_or_default();
        let is_apart = !folder.is_empty() && !folder.ends_with("bin") && folder != "/etc/init.d";
        let absolute = self.state().absolute(path).filter(|_| is_apart);
        let is_here = || {
            let folder = self.state().workdir.as_ref().filter(|it| !it.is_root());
            absolute.as_ref().zip(folder).is_some_and(|it| it.0.is_within(it.1))
        };
        is_own(self, path)
            || is_apart && origin(self, path).is_some()
            || is_here() && self.mentions_run(&BUILDS)
    }
}

/// Whether a COPY brings a program as a file of its own, and not from a folder of programs, where packages put theirs.
pub(super) fn is_own(image: &Image<'_>, path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let absolute = image.state().absolute(path).filter(|_| path.contains('/'));
    // A name alone is looked for in folders of programs.
    let is_there = |it: &ImagePath| match &absolute {
        Some(path) => it == path,
        None => it.parent().is_some_and(|it| it.file_name().ends_with("bin")),
    };
    image.instructions().any(|placed| {
        let Some(copy) = placed.instruction.copy() else { return false };
        let is_stage = copy.from.is_none_or(|it| image.stage_called(it).is_some());
        let is_meant = |it: &str| {
            let mut parts = it.rsplit('/');
            let is_named = parts.next() == Some(name);
            let folder = parts.next().unwrap_or_default();
            is_named && (!folder.trim_start_matches('.').ends_with("bin") || it.starts_with("/go/"))
        };
        let to = image.path_at(placed.item, &copy.destination.text);
        let lands = |it: ImagePath| is_there(&it) || is_there(&it.join(name));
        is_stage && copy.sources.iter().any(|it| is_meant(&it.text)) && to.is_some_and(lands)
    })
}

/// Where a program of the project comes from, as a part of a sentence; `None` if no COPY of the project brings it.
pub(super) fn origin(image: &Image<'_>, path: &str) -> Option<String> {
    let absolute = image.state().absolute(path)?;
    // A name alone is looked for in folders of programs, and not in the working directory.
    let is_file = path.contains(['/', '.']);
    if let Some(file) = image.provided(&absolute).filter(|_| is_file) {
        return Some(format!(", which is copied from {file}"));
    }
    let told = image.variable("PATH");
    // One that is computed may name any folder.
    let any = (told.is_none() && image.sets("PATH")).then_some("/");
    let told = told.iter().flat_map(|it| it.split(':'));
    let told = told.chain(images::PROGRAMS).chain(any);
    let folders: Vec<ImagePath> = told.filter_map(ImagePath::new).collect();
    let name = absolute.file_name();
    let is_named = |it: &str| it.rsplit('/').next() == Some(name);
    let copies: Vec<_> = image.instructions().collect();
    // Where a folder of PATH is not known, it may be another one.
    let is_certain = is_file || any.is_none();
    let (is_copied, comes) =
        if is_certain { ("is copied", "comes") } else { ("may be copied", "may come") };
    let from = |placed: &Placed<'_>, is_sure: bool| {
        let copy = placed.instruction.copy()?;
        let to = image.path_at(placed.item, &copy.destination.text);
        // What has its name may be put elsewhere.
        let lands = to.as_ref().is_none_or(|to| match is_file {
            true => absolute.is_within(to),
            false => folders.iter().any(|it| it.is_within(to) || to.is_within(it)),
        });
        let source = copy.sources.iter().find(|it| is_named(&it.text)).filter(|_| lands);
        // The destination of a folder is a folder.
        let is_one = copy.sources.iter().all(|it| !it.text.ends_with(['.', '/']));
        let is_there = to.as_ref().is_none_or(|it| is_file && *it == absolute)
            || (!path.contains('/') && lands);
        let is_named = is_one && is_there && is_named(&copy.destination.text);
        let is_meant = source.is_some() || is_named;
        let is_inside = is_file && to.is_some_and(|it| !it.is_root() && absolute.is_within(&it));
        let Some(from) = copy.from else {
            let source = source.or(copy.sources.first()).filter(|_| is_meant);
            let said = source.map(|it| format!(", which {is_copied} from {}", it.text));
            return said.or_else(|| is_inside.then(String::new));
        };
        let other = image.stage_called(from)?;
        let name = other.name.map_or_else(|| other.index.to_string(), str::to_owned);
        match is_meant || is_inside {
            true => Some(format!(", which {comes} from the stage {name}")),
            false if is_sure => None,
            false => (is_file || lands).then(|| format!(", which may come from the stage {name}")),
        }
    };
    let find = |is_sure: bool| copies.iter().rev().find_map(|it| from(it, is_sure));
    // Another COPY may fill one of these.
    find(true).or_else(|| find(path.contains('/')))
}
