//! Base images and frontends, brought to this machine before anything is timed.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
};

use super::{
    Event, Task, Verification,
    builder::{self, Outcome, Request},
    images::ImageBuild,
    locked,
    side::remove_folder,
};
use crate::{
    ecosystems::complaints::{self, Cause},
    engine::blueprint::{Stage, blueprints},
    project::Project,
};

/// How often a base image is asked for that does not come for a reason which may pass.
const ATTEMPTS: usize = 2;

/// An image from elsewhere that a build needs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Base {
    /// The images it starts from or copies from.
    Image(String),
    /// The frontend image: `# syntax=`.
    Frontend(String),
}

impl Base {
    pub(super) fn name(&self) -> &str {
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

/// The base images that were fetched; of those that cannot be had here, why.
#[derive(Debug, Default)]
pub(super) struct Bases(BTreeMap<Base, Option<(Cause, String)>>);

impl Verification<'_> {
    /// Has the base images brought to this machine, so that no build waits for them. Returns why one of them cannot
    /// be had here: then there is no need to try the builds.
    pub(super) fn fetch(
        &self,
        builds: [(&Project, &ImageBuild); 2],
    ) -> io::Result<Option<(Cause, String)>> {
        // Who needs one that is being fetched waits for it.
        let mut bases = locked(&self.bases);
        for base in self.bases_of(builds) {
            if !bases.0.contains_key(&base) {
                let number = bases.0.len();
                let missing = self.fetch_one(&base, number)?;
                bases.0.insert(base.clone(), missing);
            }
            if let Some(Some(missing)) = bases.0.get(&base) {
                return Ok(Some(missing.clone()));
            }
        }
        Ok(None)
    }

    /// The images from elsewhere that these builds need.
    pub(super) fn bases_of(&self, builds: [(&Project, &ImageBuild); 2]) -> BTreeSet<Base> {
        let all = builds.into_iter().flat_map(|it| bases(it.0, it.1));
        all.filter(|it| !(self.options.no_syntax && matches!(it, Base::Frontend(_)))).collect()
    }

    /// Fetches one. A reason that is not one of the surroundings is left to the build that needs it, which has a log
    /// of its own.
    fn fetch_one(&self, base: &Base, number: usize) -> io::Result<Option<(Cause, String)>> {
        let builder = self.builder;
        let is_idle = locked(&self.leftovers).is_idle();
        let kept = builder.leftovers();
        let folder = self.folder.join("bases");
        fs::create_dir_all(&folder)?;
        let dockerfile = folder.join("Dockerfile");
        fs::write(&dockerfile, base.dockerfile())?;
        let image = format!("refit-verify/{}-base-{number}", self.nonce);
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
        let name = base.name();
        let mut missing = None;
        for _ in 0..ATTEMPTS {
            self.tell(Event::Begins(name, Task::Fetch, "base image"));
            let built = builder.build(&request, &mut |step| self.tell(Event::Step(name, step)))?;
            self.tell(Event::Ends(name, built.seconds, built.outcome == Outcome::Built));
            missing = match &built.outcome {
                Outcome::Failed(why) => complaints::cause(why).map(|cause| (cause, why.clone())),
                Outcome::Built | Outcome::TimedOut => None,
            };
            if missing.is_none() || builder::is_interrupted() {
                break;
            }
        }
        builder.remove(&image);
        self.verdicts.iter().for_each(|it| it.forget_base(name));
        // Others may be at work on what is new meanwhile.
        if is_idle && !builder.keeps_bases() {
            let mut new = builder.leftovers();
            new.retain(|it| !kept.contains(it));
            builder.forget(&new);
        }
        remove_folder(&folder)?;
        Ok(missing.map(|(cause, why)| (cause, format!("base image {name}: {why}"))))
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
