//! The compose services that run the image, and the processes that platforms start from it.

use std::sync::Arc;

use super::{
    Image,
    duty::is_of_development,
    image::Placed,
    state::{is_shared, made_by},
};
use crate::{
    callers::{Deployed, Kind, Published, service::Service},
    dockerfile::Keyword,
    text::{ImagePath, Place, RepoPath},
};

/// A compose service that runs the image, as far as one can tell, or a process that a platform starts from it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Started<'a> {
    /// The compose file, or the platform's.
    pub file: &'a RepoPath,
    /// The service.
    pub service: &'a Service,
    /// True if it builds the image, or names one of its builds; otherwise its image may be another.
    pub is_sure: bool,
}

impl Started<'_> {
    /// A place in its file for people, with its image if that may be another.
    pub(super) fn at(&self, place: &Place) -> String {
        match &self.service.image {
            Some(image) if !self.is_sure => format!("{place} (if {image} is this image)"),
            _ => place.to_string(),
        }
    }

    /// Its own place for people.
    pub(super) fn place(&self) -> String {
        self.at(&self.service.place(self.file))
    }
}

/// Whether a service is there for tests or development only, by its file. What CI starts and leaves running is deployed
/// by that.
pub(super) fn is_for_development(file: &RepoPath, service: &Service) -> bool {
    let is_deployed =
        service.is_run && matches!(Kind::of(file), Some(Kind::GitHubActions | Kind::GitLab));
    is_of_development(file) && !is_deployed
}

/// The services that run the image, and whether others may.
#[derive(Default)]
pub(super) struct Runners<'a> {
    services: Vec<Started<'a>>,
    has_others: bool,
}

impl<'a> Image<'a> {
    /// The compose services that run it: those that build it, and those that name it as it is published; and what
    /// platforms start.
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
            let Published { services, guessed, has_others } =
                self.project.published(self.site.path, &self.own_folders());
            // What tests start beside it is not it.
            let guessed = guessed.into_iter().filter(|it| !is_for_development(&it.0, &it.1));
            let started = |is_sure: bool| {
                move |(file, service): &'a (RepoPath, Arc<Service>)| Started {
                    file,
                    service,
                    is_sure,
                }
            };
            let services = services.into_iter().chain(guessed).map(started(false));
            let deployed = self.project.deployed(self.site.path).into_iter();
            let deployed = deployed.filter(|it| it.service.target.as_deref().is_none_or(own));
            let deployed = deployed.map(|Deployed { file, service, is_sure }| Started {
                file,
                service,
                is_sure,
            });
            let services = built.map(started(true)).chain(services).chain(deployed).collect();
            Runners { services, has_others }
        })
    }

    /// The folders that are the image's own: where it starts, its volumes, and what its WORKDIRs and RUNs make.
    pub(super) fn own_folders(&self) -> Vec<ImagePath> {
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
