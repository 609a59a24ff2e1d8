//! Services that are started with those that they need.

use std::{fs, path::PathBuf, thread::sleep, time::Duration};

use super::{
    Prepared, Seen, Volumes,
    log::unreached,
    model::{Model, Wanted, model},
    start::{Named, Start},
    volumes,
};
use crate::{
    text::ImagePath,
    verify::{
        Job,
        builder::{self, Builder, Composed, Error, State},
    },
};

/// How often a service is started again that ends because another one does not answer yet: outside, the restart
/// policy does that.
const AGAIN: usize = 3;
/// The pause before.
const PAUSE: Duration = Duration::from_secs(3);

/// Images that are removed when this is dropped.
struct Built<'a> {
    builder: &'a Builder,
    images: Vec<String>,
}

impl Drop for Built<'_> {
    fn drop(&mut self) {
        self.images.iter().for_each(|it| self.builder.remove(it));
    }
}

impl Job<'_> {
    /// Starts both images, each in a compose project of its own.
    ///
    /// # Errors
    /// Why that cannot be done: a sentence without a full stop.
    pub(super) fn with_others(&self, start: &Start, images: [&str; 2]) -> Result<Seen, String> {
        let Some(service) = &start.service else { return Err("it is no service".to_owned()) };
        let compose = || {
            self.shared.builder.compose().ok_or("neither docker compose nor docker-compose answers")
        };
        let files: Vec<PathBuf> =
            service.files.iter().map(|it| self.shared.root.join(it.as_str())).collect();
        let config = compose()?.config(&files).map_err(said)?;
        let prefix = format!("refit-verify/{}-needed", self.nonce());
        let make = |image| {
            let needs = &start.before.needs;
            let (root, open) = (self.shared.root, self.shared.options.run.network.is_some());
            let name = service.name.as_str();
            model(&config, Wanted { root, service: name, needs, image, prefix: &prefix, open })
        };
        let [before, after] = images.map(make);
        let (before, after) = (before?, after?);
        let _built = Built { builder: self.shared.builder, images: before.built.clone() };
        let old = self.created(service, "before", images[0], &before).map_err(said)?;
        let new = self.created(service, "after", images[1], &after).map_err(said)?;
        self.start_both([&old, &new]).map_err(said)?;
        Ok(Seen {
            before: old.1.observed(None).map_err(said)?,
            after: new.1.observed(None).map_err(said)?,
            volumes: new.1.volumes.clone(),
            read_only: after.read_only,
            had_others: true,
        })
    }

    /// Starts both projects and waits.
    fn start_both(&self, projects: [&(Composed<'_>, Prepared<'_>); 2]) -> Result<(), Error> {
        for it in projects {
            it.0.start()?;
        }
        for _ in 0..AGAIN {
            self.wait(projects.map(|it| &it.1.container))?;
            let mut is_early = false;
            for (_, Prepared { container, .. }) in projects {
                let failed = matches!(container.state()?, State::Exited(code) if code != 0);
                if failed && !unreached(&container.log()?).is_empty() {
                    sleep(PAUSE);
                    container.start()?;
                    is_early = true;
                }
            }
            if !is_early || builder::is_interrupted() {
                return Ok(());
            }
        }
        self.wait(projects.map(|it| &it.1.container))
    }

    /// Creates the containers of a model, with what is copied into them.
    fn created(
        &self,
        service: &Named,
        side: &str,
        image: &str,
        model: &Model,
    ) -> Result<(Composed<'_>, Prepared<'_>), Error> {
        let file = self.folder.join(format!("compose-{side}.json"));
        let what = file.display().to_string();
        let written = fs::create_dir_all(&self.folder).and_then(|()| fs::write(&file, &model.text));
        written.map_err(|source| Error::Io { what, source })?;
        let compose =
            self.shared.builder.compose().ok_or(Error::Strange { what: "compose".to_owned() })?;
        let project = compose.create(&file, self.shared.options.timeout)?;
        for (name, bind) in &model.binds {
            project.container(name)?.fill(&bind.from, &bind.target)?;
        }
        let container = project.container(&service.name)?;
        let config = self.shared.builder.inspect(image)?.config;
        let declared = config.volumes.iter().filter_map(|it| ImagePath::new(it));
        let mounted: Vec<ImagePath> = model.mounted.iter().cloned().chain(declared).collect();
        let volumes: Volumes = volumes(&container, &mounted)?;
        Ok((project, Prepared { container, volumes }))
    }
}

fn said(error: Error) -> String {
    error.to_string()
}
