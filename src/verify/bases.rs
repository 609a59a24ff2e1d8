//! Base images, brought to this machine before anything is timed.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
};

use super::{
    Event, Verification,
    builder::{Outcome, Request},
    images::ImageBuild,
    side::remove_folder,
};
use crate::project::{
    Project,
    blueprint::{Stage, blueprints},
};

impl Verification<'_> {
    /// Has the base images brought to this machine, so that no build waits for them.
    pub(super) fn pull_bases(&self, sides: [(&Project, &ImageBuild); 2]) -> io::Result<()> {
        let bases: BTreeSet<String> = sides.into_iter().flat_map(|it| bases(it.0, it.1)).collect();
        let new: Vec<String> = bases.difference(&self.bases.borrow()).cloned().collect();
        if new.is_empty() {
            return Ok(());
        }
        let folder = self.folder.join("bases");
        fs::create_dir_all(&folder)?;
        for (at, base) in new.iter().enumerate() {
            // Copied into and from, so that a builder which fetches late does it now.
            let text = format!(
                "FROM {base} AS base\nCOPY Dockerfile /refit\nFROM scratch\nCOPY --from=base /refit /\n"
            );
            let dockerfile = folder.join("Dockerfile");
            fs::write(&dockerfile, text)?;
            let image = format!("refit-verify/{}-base-{at}", self.nonce);
            let request = Request {
                context: &folder,
                dockerfile: &dockerfile,
                target: None,
                arguments: &BTreeMap::new(),
                contexts: &BTreeMap::new(),
                image: &image,
                cold: false,
                options: &self.options.build_options,
                timeout: self.options.timeout,
                log: &folder.join("log"),
            };
            self.tell(Event::Begins("base image", base));
            // One that is not to be had fails the build that needs it, with a log of its own.
            let built = self.builder.build(&request, &mut |step| self.tell(Event::Step(step)))?;
            self.tell(Event::Ends(built.seconds, built.outcome == Outcome::Built));
            self.builder.remove(&image);
        }
        self.bases.borrow_mut().extend(new);
        remove_folder(&folder)
    }
}

/// The images from elsewhere that a build starts from or copies from, as far as the Dockerfile tells.
fn bases(project: &Project, build: &ImageBuild) -> BTreeSet<String> {
    let file = project.file(build.origin.dockerfile.as_str());
    let Some(dockerfile) = file.and_then(|it| it.dockerfile()) else { return BTreeSet::new() };
    let arguments = build.origin.arguments.iter();
    let arguments = arguments.map(|it| (it.0.clone(), Some(it.1.clone()))).collect();
    let stages: Vec<Stage<'_>> = blueprints(dockerfile, &arguments);
    let is_stage = |name: &str| {
        let named = |it: &Stage<'_>| it.name.is_some_and(|it| it.eq_ignore_ascii_case(name));
        name.parse::<usize>().is_ok() || stages.iter().any(named)
    };
    let copied = dockerfile.instructions().filter_map(|it| it.1.copy()?.from.map(str::to_owned));
    let all = stages.iter().map(|it| it.image.base.clone()).chain(copied);
    let plain = |it: &String| {
        !it.is_empty() && it != "scratch" && !it.contains(['$', ' ']) && !is_stage(it)
    };
    all.filter(|it| plain(it) && !build.contexts.contains_key(it)).collect()
}
