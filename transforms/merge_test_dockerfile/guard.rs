//! What speaks against one file for two, apart from what they say.

use super::{Merged, Twins};
use crate::{
    callers::{Build, BuildContext, Builder},
    context::{Context, dockerignore::Dockerignore},
    dockerfile::Dockerfile,
    project::{File, Project},
    text::{Refusal, RepoPath},
};

/// Whether Docker reads the file.
///
/// # Errors
/// A decline's code and reason, when it would refuse it.
pub fn readable(file: &File, dockerfile: &Dockerfile) -> Result<(), Refusal> {
    match dockerfile.errors.first() {
        None => Ok(()),
        Some(error) => {
            let reason = format!("{}:{}: {}", file.path, error.line, error.message);
            Err(Refusal::new("unparsable", reason))
        }
    }
}

/// Whether the parser and the frontend read both files alike.
///
/// # Errors
/// A decline's code and reason, when they do not.
pub fn directives(ours: &Dockerfile, theirs: &Dockerfile) -> Result<(), Refusal> {
    for name in ["escape", "syntax", "check"] {
        let (own, other) = (ours.directive(name), theirs.directive(name));
        // The frontend that our file asks for reads what the built-in one does.
        let newer = name != "escape" && other.is_none();
        // Nor does ours mind the official one, which mount-caches asks for.
        let official = other.is_some_and(|it| it.starts_with("docker/dockerfile:1"));
        let gains = name == "syntax" && own.is_none() && official;
        if own != other && !newer && !gains {
            let say = |it: Option<&str>| it.map_or("nothing".to_owned(), |it| format!("`{it}`"));
            let reason =
                format!("its `# {name}=` is {}, the other file's {}", say(other), say(own));
            return Err(Refusal::new("different-directives", reason));
        }
    }
    Ok(())
}

/// Whether both are built from one folder, and send the same of it; the ignore file that goes with theirs.
///
/// # Errors
/// A decline's code and reason, when they are not, or it cannot be told.
pub fn contexts(project: &Project, twins: &Twins<'_>) -> Result<Option<RepoPath>, Refusal> {
    let (ours, theirs) = (&twins.ours.path, &twins.theirs.path);
    let folder = match (project.context_of(ours), project.context_of(theirs)) {
        (Context::Known { folder: own, .. }, Context::Known { folder: other, .. })
            if own == other =>
        {
            own.clone()
        }
        (Context::Known { folder: own, .. }, Context::Known { folder: other, .. }) => {
            let reason = format!("it is built from {other}, and {ours} from {own}");
            return Err(Refusal::new("different-contexts", reason));
        }
        (own @ Context::Several(_), _) | (_, own @ Context::Several(_)) => {
            let Context::Several(folders) = own else { return Ok(None) };
            let folders: Vec<_> = folders.iter().map(ToString::to_string).collect();
            let reason = format!("one of the two is built from {}", folders.join(" and from "));
            return Err(Refusal::new("different-contexts", reason));
        }
        // Nobody is seen building either, so they are built by hand, and from one folder as they lie in one.
        (Context::Unknown(own), Context::Unknown(other))
            if own == other && is_built_by_hand(project, twins) =>
        {
            ours.parent().unwrap_or(RepoPath::root())
        }
        (Context::Unknown(why), _) | (_, Context::Unknown(why)) => {
            return Err(Refusal::new("unknown-context", why));
        }
    };
    let elsewhere = |it: &&Build| matches!(it.context, BuildContext::Elsewhere(_));
    let mut builds = project.builds(ours).iter().chain(project.builds(theirs));
    if let Some(build) = builds.find(elsewhere) {
        let reason = format!("{} builds one of the two from what cannot be told", build.place);
        return Err(Refusal::new("unknown-context", reason));
    }
    let text = |it: &Option<(RepoPath, Dockerignore)>| {
        it.as_ref().and_then(|it| project.file(it.0.as_str())).map(|it| it.text.to_string())
    };
    let own = Dockerignore::for_build(project, ours, &folder);
    let other = Dockerignore::for_build(project, theirs, &folder);
    let paths = |it: &Option<(RepoPath, Dockerignore)>| it.as_ref().map(|it| it.0.clone());
    let lone = paths(&other).filter(|it| it.as_str() == format!("{theirs}.dockerignore"));
    if paths(&own) != paths(&other) && text(&own).map(lines) != text(&other).map(lines) {
        let reason = "the two builds ignore different files of their context";
        return Err(Refusal::new("different-dockerignore", reason));
    }
    Ok(lone)
}

fn lines(text: String) -> Vec<String> {
    let lines = text.lines().map(str::trim).filter(|it| !it.is_empty() && !it.starts_with('#'));
    lines.map(str::to_owned).collect()
}

fn is_built_by_hand(project: &Project, twins: &Twins<'_>) -> bool {
    let none = |it: &RepoPath| project.builds(it).is_empty();
    let same_folder = twins.ours.path.parent() == twins.theirs.path.parent();
    same_folder && none(&twins.ours.path) && none(&twins.theirs.path)
}

/// Whether those who build either file can build the merged one.
///
/// # Errors
/// A decline's code and reason, when it would refuse it.
pub fn builds(project: &Project, twins: &Twins<'_>, merged: &Merged) -> Result<(), Refusal> {
    if merged.target.is_none() {
        // Whoever names the last stage goes on doing so.
        let named = |it: &&Build| it.target.as_ref().is_some_and(|it| !merged.is_last(it));
        return match project.builds(&twins.theirs.path).iter().find(named) {
            Some(it) => {
                let target = it.target.as_deref().unwrap_or_default();
                Err(Refusal::new(
                    "builds-a-stage",
                    format!("{} builds its stage {target}", it.place),
                ))
            }
            None => Ok(()),
        };
    }
    // These build every stage up to the one that is asked for, and so theirs, too.
    let every = |it: &&Build| {
        let off =
            project.file(it.place.path.as_str()).is_some_and(|it| it.callers().turns_buildkit_off);
        it.builder == Builder::Kaniko || off
    };
    match project.builds(&twins.ours.path).iter().find(every) {
        Some(it) => {
            let reason =
                format!("{} builds every stage of a file, and so would build both", it.place);
            Err(Refusal::new("builds-every-stage", reason))
        }
        None => Ok(()),
    }
}
