//! Which folders are there without the COPYs that move.

use super::{Deferral, Kept};
use crate::{
    context::layers::Layer,
    ecosystems::images::FOLDERS,
    project::Project,
    run::{Run, independence::Role},
    text::{ImagePath, Refusal},
};

impl Deferral<'_> {
    /// Whether every folder that is needed before the COPYs move in is there: where the first commands of
    /// the RUN and those of the RUNs before it run, and where they put something.
    ///
    /// # Errors
    /// A decline's code and reason: a folder that only a COPY makes.
    pub fn folders(
        &self,
        project: &Project,
        run: &Run<'_>,
        kept: &Kept,
        end: usize,
    ) -> Result<(), Refusal> {
        let between = self.stage.instructions().map(|it| it.0);
        let between = between.filter(|it| self.moved[0] < *it && *it < run.item);
        let between = between.filter(|it| !self.moved.contains(it));
        let between: Vec<_> = between.filter_map(|it| self.site.run(self.stage, it).ok()).collect();
        for it in between.iter().chain([run]) {
            let roles = self.roles(project, it);
            let end = if it.item == run.item { end } else { roles.len() };
            for (command, role) in roles[..end].iter().enumerate() {
                if let Some(folder) = self.missing(it, kept, command, role) {
                    let reason = format!("only the COPY of the source makes {folder}");
                    return Err(Refusal::new("folder-missing", reason));
                }
            }
        }
        Ok(())
    }

    /// The folder that a command needs and that only a COPY that moves makes.
    fn missing(
        &self,
        run: &Run<'_>,
        kept: &Kept,
        command: usize,
        role: &Role,
    ) -> Option<ImagePath> {
        let directory = run.directory(&run.script.commands()[command]);
        let lacks =
            |it: &ImagePath| self.makes_folder(run.item, it) && !self.has_folder(run, kept, it);
        if let Some(directory) = directory.as_ref().filter(|it| lacks(it)) {
            return Some(directory.clone());
        }
        // The shell opens a file before the command runs, and makes no folder for it.
        let redirects = &run.script.commands()[command].redirects;
        let files = redirects.iter().filter_map(|it| it.file()?.value.as_deref());
        let place = |it: &str| {
            ImagePath::new(it).or_else(|| directory.as_ref().map(|folder| folder.join(it)))
        };
        let uppermost = |it: ImagePath| it.ancestors().skip(1).filter(lacks).last();
        if let Some(folder) = files.filter_map(place).find_map(uppermost) {
            return Some(folder);
        }
        let site = run.call_of(command)?;
        let at = run.at(site);
        let paths =
            site.call.texts().filter(|it| !it.starts_with('-')).filter_map(|it| at.path(it));
        let program = site.call.program.as_str();
        match role {
            Role::Shell if program == "cd" => paths.into_iter().find(|it| lacks(it)),
            // `mkdir -p` makes what is missing, and a folder below the COPY's is set right by it.
            Role::Independent => paths.into_iter().find_map(|path| {
                let is_top =
                    |it: &ImagePath| self.copies(run.item).any(|copy| copy.destination == *it);
                let above = path.ancestors().skip(1);
                let above = above.filter(|it| program != "mkdir" || is_top(it));
                // The uppermost folder that is missing is the one to name.
                above.filter(lacks).last()
            }),
            _ => None,
        }
    }

    /// Whether a COPY that moves makes a folder, or brings one.
    fn makes_folder(&self, item: usize, folder: &ImagePath) -> bool {
        self.copies(item).any(|it| {
            it.destination.is_within(folder) || it.may_provide(folder, &self.layers.sent).is_some()
        })
    }

    /// Whether a folder of the image is there without the COPYs that move.
    fn has_folder(&self, run: &Run<'_>, kept: &Kept, folder: &ImagePath) -> bool {
        let mut paths = kept.values().flatten().map(|it| &it.1);
        let mut others = self
            .layers
            .before(self.stage.index, run.item)
            .filter(|it| !self.moved.contains(&it.item));
        // What another stage brings is not known.
        let brings = |it: &Layer| match (&it.copy, &it.destination) {
            (Ok(copy), Some(place)) => {
                place.is_within(folder) || copy.may_provide(folder, &self.layers.sent).is_some()
            }
            (Err(_), Some(place)) => place.is_within(folder) || folder.is_within(place),
            (_, None) => false,
        };
        FOLDERS.contains(&folder.as_str())
            || run.state.workdir.as_ref() == Some(folder)
            || run.state.made.iter().any(|it| it.is_within(folder))
            || paths.any(|it| it.is_within(folder))
            || others.any(brings)
    }
}
