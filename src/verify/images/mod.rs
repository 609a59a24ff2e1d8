//! The images that a plan touches: how each is built before, and how after.

pub(super) mod containers;

use std::collections::{BTreeMap, BTreeSet};

use super::compare::Declared;
use crate::{
    callers::{Build, BuildContext},
    context::{Context, dockerignore::Dockerignore},
    dockerfile::{Dockerfile, Keyword},
    engine::plan::Plan,
    project::{
        Project,
        change::{Alteration, Change, Origin},
    },
    text::RepoPath,
};

/// A way to build an image: `docker build --target … --build-arg … -f DOCKERFILE CONTEXT`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ImageBuild {
    /// The Dockerfile, the target and the arguments.
    pub origin: Origin,
    /// The folder that is sent to the builder.
    pub context: RepoPath,
    /// Contexts that are given names, by name: folders of the project, or what the builder knows.
    pub contexts: BTreeMap<String, Named>,
}

/// A context with a name, for `FROM` and `COPY --from`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Named {
    /// A folder of the project.
    Folder(RepoPath),
    /// An image or a URL, as written.
    Other(String),
}

/// An image that a plan touches.
#[derive(Clone, Debug)]
pub struct Image {
    /// A name that is unique in the plan: that of its compose service, or of the
    /// folder that its Dockerfile lies in.
    pub name: String,
    /// Its build today.
    pub before: ImageBuild,
    /// Its build after the plan; `None` if that is not known.
    pub after: Option<ImageBuild>,
    /// What the plan alters of it on purpose.
    pub declared: Declared,
    /// The transforms that change what it is built from, in the order of the plan.
    pub transforms: Vec<&'static str>,
}

/// A Dockerfile that a plan touches, and of which it cannot be told how it is built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// The Dockerfile.
    pub dockerfile: RepoPath,
    /// The reason, a sentence without a full stop.
    pub reason: String,
}

/// The images that a plan touches, in the order of their Dockerfiles, and what could not be understood.
pub fn images(plan: &Plan) -> (Vec<Image>, Vec<Unknown>) {
    images_of(plan, &|path| {
        let now = plan.after().file(path.as_str());
        let was = plan.before.file(path.as_str());
        let is_the_same = now.map(|it| &it.text) == was.map(|it| &it.text);
        !is_the_same || !same_ignore_files(plan, path)
    })
}

/// The images of these Dockerfiles, touched or not, and what could not be understood.
pub fn images_of(plan: &Plan, is_wanted: &dyn Fn(&RepoPath) -> bool) -> (Vec<Image>, Vec<Unknown>) {
    let (mut images, mut unknown) = (Vec::new(), Vec::new());
    for (file, dockerfile) in plan.before.dockerfiles() {
        if !is_wanted(&file.path) {
            continue;
        }
        match pairs(plan, &file.path, dockerfile) {
            Ok(pairs) => {
                let image = |(before, after)| Image::new(plan, before, after);
                images.extend(pairs.into_iter().map(image));
            }
            Err(reason) => unknown.push(Unknown { dockerfile: file.path.clone(), reason }),
        }
    }
    name(&mut images);
    (images, unknown)
}

impl Image {
    fn new(plan: &Plan, before: ImageBuild, after: Option<ImageBuild>) -> Self {
        let service = containers::services(&plan.before, &before.origin).next();
        let name = service.map_or_else(|| before.folder_name(), |it| it.1.name.clone());
        let files = [Some(&before), after.as_ref()];
        let files: Vec<_> = files.into_iter().flatten().map(|it| &it.origin.dockerfile).collect();
        let sides = [(&plan.before, Some(&before)), (plan.after(), after.as_ref())];
        let obeyed = sides.into_iter().filter_map(|(project, build)| {
            let build = build?;
            Dockerignore::path(project, &build.origin.dockerfile, &build.context)
        });
        let obeyed: Vec<RepoPath> = obeyed.collect();
        let touches =
            |it: &Change| it.files.keys().any(|it| files.contains(&it) || obeyed.contains(it));
        let (mut transforms, mut declared) = (Vec::new(), Declared::default());
        for (transform, change) in plan.changes().filter(|it| touches(it.1)) {
            if !transforms.contains(&transform) {
                transforms.push(transform);
            }
            change.alters.iter().for_each(|it| declare(&mut declared, it));
        }
        let now = after.as_ref().and_then(|it| {
            plan.after().file(it.origin.dockerfile.as_str())?.dockerfile().map(mounts_caches)
        });
        declared.caches = now.unwrap_or_default();
        declared.given = containers::given(&plan.before, &before.origin);
        Self { name, before, after, declared, transforms }
    }

    /// Returns true if a user means it by this: its name, its Dockerfile, or the folder of that.
    pub fn is_called(&self, name: &str) -> bool {
        let dockerfile = &self.before.origin.dockerfile;
        let folder = dockerfile.parent().unwrap_or(RepoPath::root());
        self.name == name
            || dockerfile.as_str() == name
            || folder.as_str() == name.trim_end_matches('/')
    }
}

fn declare(declared: &mut Declared, alteration: &Alteration) {
    match alteration {
        Alteration::Env(name) => {
            declared.env.insert(name.clone());
        }
        Alteration::Config(keyword) => {
            declared.config.insert(*keyword);
        }
        Alteration::Split { environment } => declared.environment = Some(environment.clone()),
        Alteration::Pinned(name) => {
            declared.pinned.insert((*name).to_owned());
        }
        Alteration::Unsent { classes, asked_for } => {
            declared.unsent.classes.extend(classes);
            declared.unsent.asked_for.extend(asked_for.iter().cloned());
        }
        Alteration::Argument(_)
        | Alteration::Pipeline(_)
        | Alteration::Order
        | Alteration::Run(_)
        | Alteration::Fetch(_)
        | Alteration::Composed(_)
        | Alteration::Moved { .. } => {}
    }
}

/// Returns true if the ignore files that the builds of a Dockerfile obey say the same after a plan.
fn same_ignore_files(plan: &Plan, dockerfile: &RepoPath) -> bool {
    plan.before.context_of(dockerfile).folders().iter().all(|folder| {
        let text = |project: &Project| {
            let path = Dockerignore::path(project, dockerfile, folder)?;
            Some(project.file(path.as_str())?.text.clone())
        };
        text(&plan.before) == text(plan.after())
    })
}

fn mounts_caches(dockerfile: &Dockerfile) -> bool {
    dockerfile.instructions().any(|it| it.1.mounts().any(|it| it.kind == "cache"))
}

/// The builds of a Dockerfile as its callers ask for them, each with what the plan makes of it.
fn pairs(
    plan: &Plan,
    path: &RepoPath,
    dockerfile: &Dockerfile,
) -> Result<BTreeSet<(ImageBuild, Option<ImageBuild>)>, String> {
    let mut pairs = BTreeSet::new();
    for build in plan.before.builds(path) {
        if let Some(before) = ImageBuild::of(build, &plan.before, dockerfile) {
            pairs.insert((before, followed(plan, build)));
        }
    }
    if !pairs.is_empty() {
        return Ok(pairs);
    }
    // Nobody is seen to build it from a folder of the project.
    let folders = match plan.before.context_of(path) {
        Context::Known { folder, .. } => vec![folder.clone()],
        Context::Several(all) => all.clone(),
        Context::Unknown(reason) => return Err(reason.clone()),
    };
    let origin = Origin { dockerfile: path.clone(), target: None, arguments: BTreeMap::new() };
    let moved = plan.changes().flat_map(|it| &it.1.alters).find_map(|it| match it {
        Alteration::Moved { from, to } if from == path => Some(to),
        _ => None,
    });
    let kept = plan.after().file(path.as_str()).map(|_| &origin);
    let after = kept.or(moved);
    let build = |origin: &Origin, context: &RepoPath| ImageBuild {
        origin: origin.clone(),
        context: context.clone(),
        contexts: BTreeMap::new(),
    };
    let pair = |it: RepoPath| (build(&origin, &it), after.map(|after| build(after, &it)));
    Ok(folders.into_iter().map(pair).collect())
}

/// The build that takes the place of a caller's build after the plan.
fn followed(plan: &Plan, build: &Build) -> Option<ImageBuild> {
    let path = build.place.path.as_str();
    let (old, new) = (plan.before.file(path)?.callers(), plan.after().file(path)?.callers());
    let at = old.builds.iter().position(|it| it == build)?;
    let new = new.builds.get(at).filter(|_| old.builds.len() == new.builds.len())?;
    let file = plan.after().file(new.dockerfile.as_str())?;
    ImageBuild::of(new, plan.after(), file.dockerfile()?)
}

impl ImageBuild {
    /// The build that a caller asks for; `None` if its context is not a folder of the project.
    ///
    /// Arguments that the Dockerfile does not declare do nothing, and one whose value the caller takes from
    /// elsewhere is left to its default.
    fn of(build: &Build, project: &Project, dockerfile: &Dockerfile) -> Option<Self> {
        let BuildContext::Folder(context) = &build.context else { return None };
        let declared: BTreeSet<String> = dockerfile
            .instructions()
            .filter(|it| it.1.keyword == Keyword::Arg)
            .flat_map(|it| it.1.pairs())
            .map(|it| it.name.clone())
            .collect();
        let known = |it: &&String| !it.contains(['$', '{']);
        let arguments = build.arguments.iter().filter(|it| declared.contains(it.0));
        let arguments =
            arguments.filter_map(|it| Some((it.0.clone(), it.1.as_ref().filter(known)?.clone())));
        let folder = build.place.path.parent().unwrap_or(RepoPath::root());
        let named = |text: &String| {
            let inside = folder.join(text).filter(|it| project.tree().is_folder(it));
            inside.map_or_else(|| Named::Other(text.clone()), Named::Folder)
        };
        let contexts = build.additional_contexts.iter().map(|it| (it.0.clone(), named(it.1)));
        Some(Self {
            origin: Origin {
                dockerfile: build.dockerfile.clone(),
                target: build.target.clone(),
                arguments: arguments.collect(),
            },
            context: context.clone(),
            contexts: contexts.collect(),
        })
    }

    /// The name of the folder that its Dockerfile lies in; at the top, of its context.
    fn folder_name(&self) -> String {
        let dockerfile = &self.origin.dockerfile;
        let folder = dockerfile.parent().unwrap_or(RepoPath::root());
        let folder = if folder.is_root() { &self.context } else { &folder };
        let named = if folder.is_root() { dockerfile } else { folder };
        named.file_name().to_owned()
    }

    /// The folders of the project that are named contexts, by name.
    pub fn named_folders(&self) -> BTreeMap<String, RepoPath> {
        let named = self.contexts.iter().filter_map(|(name, it)| match it {
            Named::Folder(it) => Some((name.clone(), it.clone())),
            Named::Other(_) => None,
        });
        named.collect()
    }

    /// The folders of the project that it sends to the builder.
    pub fn folders(&self) -> impl Iterator<Item = &RepoPath> {
        let named = self.contexts.values().filter_map(|it| match it {
            Named::Folder(it) => Some(it),
            Named::Other(_) => None,
        });
        std::iter::once(&self.context).chain(named)
    }
}

/// Tells images of the same name apart: by their Dockerfile, target and arguments, then by number.
fn name(images: &mut [Image]) {
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for it in images.iter() {
        *count.entry(it.name.clone()).or_default() += 1;
    }
    let mut taken: BTreeSet<String> = BTreeSet::new();
    for it in images.iter_mut().filter(|it| count[&it.name] > 1) {
        let origin = &it.before.origin;
        let file = Some(origin.dockerfile.file_name()).filter(|it| *it != "Dockerfile");
        let kind = file.or(origin.target.as_deref()).map(str::to_owned);
        let arguments = origin.arguments.iter().map(|it| format!("{}={}", it.0, it.1));
        let more: Vec<_> = kind.into_iter().chain(arguments).collect();
        if !more.is_empty() {
            it.name = format!("{} ({})", it.name, more.join(", "));
        }
        let plain = it.name.clone();
        let mut number = 2;
        while !taken.insert(it.name.clone()) {
            it.name = format!("{plain} #{number}");
            number += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may")]

    use super::*;
    use crate::{
        engine::plan::{Options, plan},
        transforms,
    };

    fn planned(files: &[(&str, &str)]) -> Plan {
        let files = files.iter().map(|it| (RepoPath::new(it.0).unwrap(), it.1.to_owned()));
        plan(Project::new(files), transforms::ALL, &Options::default())
    }

    fn shown(build: &ImageBuild) -> String {
        let target = build.origin.target.as_deref().map(|it| format!(" {it}")).unwrap_or_default();
        let arguments = build.origin.arguments.iter().map(|it| format!(" {}={}", it.0, it.1));
        format!(
            "{}{target}{} in {:?}",
            build.origin.dockerfile,
            arguments.collect::<String>(),
            build.context.as_str()
        )
    }

    const WEB: &str = "FROM python:3.12-slim\nARG V=1\nCOPY requirements.txt .\n\
        RUN pip install --no-cache-dir -r requirements.txt\nCOPY main.py .\nCMD [\"python\", \"main.py\"]\n";

    #[test]
    fn an_image_is_built_as_its_callers_build_it() {
        let compose = "services:\n  web:\n    command: celery -A main worker\n    \
            healthcheck:\n      test: curl -f localhost\n    build:\n      \
            context: ./web\n      args:\n        V: '2'\n        UNKNOWN: x\n        T: ${TAG}\n  \
            other:\n    image: redis\n";
        let plan = planned(&[
            ("compose.yaml", compose),
            ("web/Dockerfile", WEB),
            ("web/requirements.txt", "x==1\n"),
            ("web/main.py", ""),
            ("job/Dockerfile", WEB),
            ("job/requirements.txt", "x==1\n"),
            ("job/main.py", ""),
            ("idle/Dockerfile", "FROM scratch\n"),
        ]);
        let (images, unknown) = images(&plan);
        let all: Vec<_> = images.iter().map(|it| (it.name.as_str(), shown(&it.before))).collect();
        assert_eq!(
            all,
            [
                ("job", "job/Dockerfile in \"job\"".to_owned()),
                ("web", "web/Dockerfile V=2 in \"web\"".to_owned()),
            ]
        );
        assert!(images.iter().all(|it| it.after.as_ref() == Some(&it.before)));
        assert!(images.iter().all(|it| it.declared.caches), "{images:?}");
        assert_eq!(unknown, []);
        let given = images[1].declared.given.iter().map(|it| (it.by.as_str(), it.cmd.clone()));
        let words = |it: &[&str]| Some(it.iter().map(|it| (*it).to_owned()).collect());
        assert_eq!(
            given.collect::<Vec<_>>(),
            [
                ("compose.yaml:2 command", words(&["celery", "-A", "main", "worker"])),
                ("compose.yaml:2 healthcheck", words(&["/bin/sh", "-c", "curl -f localhost"])),
            ]
        );
        assert!(images[0].declared.given.is_empty());
        assert!(images[1].is_called("web") && images[1].is_called("web/Dockerfile"));
        assert!(!images[1].is_called("job"));
    }

    #[test]
    fn a_twin_is_followed_to_where_it_is_built_now() {
        let twin =
            WEB.replace("CMD [\"python\", \"main.py\"]", "COPY tests tests\nCMD [\"pytest\"]");
        let compose =
            "services:\n  test:\n    build:\n      context: .\n      dockerfile: Dockerfile.test\n";
        let plan = planned(&[
            ("compose.yaml", compose),
            ("Dockerfile", WEB),
            ("Dockerfile.test", &twin),
            ("requirements.txt", "x==1\n"),
            ("main.py", ""),
            ("tests/test_a.py", ""),
        ]);
        let (images, _) = images(&plan);
        let twin = images.iter().find(|it| it.name == "test").unwrap();
        assert_eq!(shown(&twin.before), "Dockerfile.test in \"\"");
        assert_eq!(shown(twin.after.as_ref().unwrap()), "Dockerfile test in \"\"");
        assert!(twin.transforms.contains(&"merge-test-dockerfile"), "{:?}", twin.transforms);
    }

    #[test]
    fn names_are_told_apart_and_what_is_unclear_is_said() {
        let plan = planned(&[
            ("compose.yaml", "services:\n  a:\n    build:\n      context: .\n"),
            ("x/web/Dockerfile", WEB),
            ("x/web/requirements.txt", "x==1\n"),
            ("x/web/main.py", ""),
            ("y/web/Dockerfile", WEB),
            ("y/web/requirements.txt", "x==1\n"),
            ("y/web/main.py", ""),
            ("lost/Dockerfile", WEB),
        ]);
        let (images, unknown) = images(&plan);
        let names: Vec<_> = images.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["web", "web #2"]);
        assert_eq!(unknown.len(), 1, "{unknown:?}");
        assert_eq!(unknown[0].dockerfile.as_str(), "lost/Dockerfile");
    }
}
