//! Base images and frontends, brought to this machine before anything is timed.

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
use crate::{
    engine::blueprint::{Stage, blueprints},
    project::Project,
};

/// An image from elsewhere that a build needs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Base {
    /// The images it starts from or copies from.
    Image(String),
    /// The frontend image: `# syntax=`.
    Frontend(String),
}

impl Base {
    fn name(&self) -> &str {
        match self {
            Self::Image(it) | Self::Frontend(it) => it,
        }
    }

    /// A Dockerfile that needs nothing else.
    fn dockerfile(&self) -> String {
        match self {
            // Copied into and from, so that a builder which fetches late does it now.
            Self::Image(it) => format!(
                "FROM {it} AS base\nCOPY Dockerfile /refit\nFROM scratch\nCOPY --from=base /refit /\n"
            ),
            Self::Frontend(it) => format!("# syntax={it}\nFROM scratch\nCOPY Dockerfile /\n"),
        }
    }
}

impl Verification<'_> {
    /// Has the base images brought to this machine, so that no build waits for them.
    pub(super) fn pull_bases(&self, sides: [(&Project, &ImageBuild); 2]) -> io::Result<()> {
        let all = sides.into_iter().flat_map(|it| bases(it.0, it.1));
        let is_wanted = |it: &Base| !(self.options.no_syntax && matches!(it, Base::Frontend(_)));
        let bases: BTreeSet<Base> = all.filter(is_wanted).collect();
        let new: Vec<Base> = bases.difference(&self.bases.borrow()).cloned().collect();
        if new.is_empty() {
            return Ok(());
        }
        let kept = self.builder.kept();
        let folder = self.folder.join("bases");
        fs::create_dir_all(&folder)?;
        for (at, base) in new.iter().enumerate() {
            let dockerfile = folder.join("Dockerfile");
            fs::write(&dockerfile, base.dockerfile())?;
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
            self.tell(Event::Begins("base image", base.name()));
            // One that is not to be had fails the build that needs it, with a log of its own.
            let built = self.builder.build(&request, &mut |step| self.tell(Event::Step(step)))?;
            self.tell(Event::Ends(built.seconds, built.outcome == Outcome::Built));
            self.builder.remove(&image);
        }
        self.builder.forget_but_bases(&kept);
        self.bases.borrow_mut().extend(new);
        remove_folder(&folder)
    }
}

/// The images from elsewhere that a build needs, as far as the Dockerfile tells.
fn bases(project: &Project, build: &ImageBuild) -> BTreeSet<Base> {
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
    let images = all.filter(|it| plain(it) && !build.contexts.contains_key(it)).map(Base::Image);
    let frontend = dockerfile.directive("syntax").filter(|it| !it.is_empty());
    images.chain(frontend.map(|it| Base::Frontend(it.to_owned()))).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may")]

    use super::*;
    use crate::{project::change::Origin, text::RepoPath, verify::images::Named};

    #[test]
    fn what_comes_from_elsewhere_is_found() {
        let text = "# syntax=docker/dockerfile:1.7\nARG V=3\nFROM python:$V AS a\nFROM A AS b\n\
            COPY --from=a /x /\nCOPY --from=ghcr.io/uv:1 /uv /\nCOPY --from=0 /y /\n\
            COPY --from=tools /z /\nFROM scratch\n";
        let path = RepoPath::new("Dockerfile").unwrap();
        let project = Project::new([(path.clone(), text.to_owned())]);
        let arguments = [("V".to_owned(), "4".to_owned())].into();
        let build = ImageBuild {
            origin: Origin { dockerfile: path, target: None, arguments },
            context: RepoPath::root(),
            contexts: [("tools".to_owned(), Named::Other("x".to_owned()))].into(),
        };
        let image = |it: &str| Base::Image(it.to_owned());
        let frontend = Base::Frontend("docker/dockerfile:1.7".to_owned());
        assert_eq!(
            bases(&project, &build),
            [image("ghcr.io/uv:1"), image("python:4"), frontend].into()
        );
    }
}
