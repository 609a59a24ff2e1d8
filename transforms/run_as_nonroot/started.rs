//! The compose services that run the image.

use super::{
    Image,
    image::Placed,
    state::{is_shared, made_by},
};
use crate::{
    callers::{Published, service::Service},
    dockerfile::Keyword,
    text::{ImagePath, RepoPath},
};

/// A compose service that runs the image.
#[derive(Clone, Copy, Debug)]
pub(super) struct Started<'a> {
    /// The compose file.
    pub file: &'a RepoPath,
    /// The service.
    pub service: &'a Service,
}

/// The services that run the image, and whether others may.
#[derive(Default)]
pub(super) struct Runners<'a> {
    services: Vec<Started<'a>>,
    has_others: bool,
}

impl<'a> Image<'a> {
    /// The compose services that run it: those that build it, and those that name it as it is published.
    pub(super) fn services(&self) -> impl Iterator<Item = Started<'a>> + '_ {
        self.runners().services.iter().copied()
    }

    /// Whether compose services run images of which it is not known whose they are.
    pub(super) fn has_unknown_services(&self) -> bool {
        self.runners().has_others
    }

    fn runners(&self) -> &Runners<'a> {
        self.runners.get_or_init(|| {
            let own = |target: &str| {
                self.stage.name.is_some_and(|it| it.eq_ignore_ascii_case(target))
                    || target == self.stage.index.to_string()
            };
            let built = self.project.services(self.site.path).iter();
            let built = built.filter(|it| it.1.target.as_deref().is_none_or(own));
            let Published { services, has_others } =
                self.project.published(self.site.path, &self.own_folders());
            let all = built.chain(services);
            let services = all.map(|(file, service)| Started { file, service }).collect();
            Runners { services, has_others }
        })
    }

    /// The folders that are the image's own: where it starts, its volumes, and what its WORKDIRs and RUNs make.
    fn own_folders(&self) -> Vec<ImagePath> {
        let state = self.state();
        let mut folders: Vec<ImagePath> = state.made.clone();
        folders.extend(state.workdir.clone());
        for Placed { instruction, .. } in self.instructions() {
            if instruction.keyword == Keyword::Volume {
                let words = instruction.words().into_iter();
                let words = words.filter_map(|it| self.expand(&it.text));
                folders.extend(words.filter_map(|it| ImagePath::new(&it)));
            }
        }
        // What cannot be read makes nothing that is known.
        for run in self.runs(&["mkdir"]).unwrap_or_default() {
            for command in run.script.commands().iter().filter(|it| it.program() == Some("mkdir")) {
                folders.extend(made_by(&run, command));
            }
        }
        folders.retain(|it| !is_shared(it));
        folders
    }
}
