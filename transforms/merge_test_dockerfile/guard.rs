//! Obstacles to a merge outside the instructions of the two files: their builds, contexts and frontends.

use super::{Merged, Twins};
use crate::{
    callers::{Build, BuildContext, Builder},
    context::{Context, Evidence, dockerignore::Dockerignore},
    dockerfile::Dockerfile,
    project::Project,
    text::{Refusal, RepoPath},
};

/// The parsed files of twins.
pub struct Parsed<'a> {
    /// The production file.
    pub production: &'a Dockerfile,
    /// Its variant.
    pub variant: &'a Dockerfile,
}

impl Parsed<'_> {
    /// Checks that Docker accepts both files.
    ///
    /// # Errors
    /// A decline's code and reason if it would refuse one of them.
    pub fn check(&self, twins: &Twins<'_>) -> Result<(), Refusal> {
        for (file, dockerfile) in
            [(twins.variant, self.variant), (twins.production, self.production)]
        {
            if let Some(error) = dockerfile.errors.first() {
                let reason = format!("{}:{}: {}", file.path, error.line, error.message);
                return Err(Refusal::new("unparsable", reason));
            }
        }
        Ok(())
    }
}

/// Checks that the parser and the frontend read both files in the same way.
///
/// # Errors
/// A decline's code and reason if they do not.
pub fn directives(files: &Parsed<'_>) -> Result<(), Refusal> {
    for name in ["escape", "syntax", "check"] {
        let production = files.production.directive(name);
        let variant = files.variant.directive(name);
        // Production's frontend reads whatever the built-in one reads.
        let is_newer = name != "escape" && variant.is_none();
        // Production can adopt an official frontend, as mount-caches does.
        let is_official = variant.is_some_and(|it| it.starts_with("docker/dockerfile:1"));
        let is_adopted = name == "syntax" && production.is_none() && is_official;
        if production != variant && !is_newer && !is_adopted {
            let show = |it: Option<&str>| it.map_or("not set".to_owned(), |it| format!("`{it}`"));
            let (variant, production) = (show(variant), show(production));
            let reason = format!("`# {name}=` is {variant} here and {production} in production");
            return Err(Refusal::new("different-directives", reason));
        }
    }
    Ok(())
}

/// Checks that both files are built from the same folder with the same files excluded. Returns the variant's
/// own ignore file, if there is one: it goes when the variant goes.
///
/// # Errors
/// A decline's code and reason if the contexts differ or are unknown.
pub fn contexts(project: &Project, twins: &Twins<'_>) -> Result<Option<RepoPath>, Refusal> {
    let (production, variant) = (&twins.production.path, &twins.variant.path);
    let folder = match (project.context_of(production), project.context_of(variant)) {
        (Context::Known { folder: production, .. }, Context::Known { folder: variant, .. })
            if production == variant =>
        {
            production.clone()
        }
        (
            Context::Known { folder: production_folder, evidence: of_production },
            Context::Known { folder: variant_folder, evidence: of_variant },
        ) => {
            let is = |it: &Evidence| match it {
                Evidence::Named(_) => "is",
                // Nothing builds it, so that is what its COPYs say.
                Evidence::Sources => "seems to be",
            };
            let reason = format!(
                "its build context {} {variant_folder}, and that of {production} {} {production_folder}",
                is(of_variant),
                is(of_production)
            );
            return Err(Refusal::new("different-contexts", reason));
        }
        (Context::Several(folders), _) | (_, Context::Several(folders)) => {
            let folders: Vec<_> = folders.iter().map(ToString::to_string).collect();
            let folders = folders.join(" and ");
            let reason = format!("one of the two files has several build contexts: {folders}");
            return Err(Refusal::new("different-contexts", reason));
        }
        (Context::Unknown(production_reason), Context::Unknown(variant_reason))
            if production_reason == variant_reason && are_built_by_hand(project, twins) =>
        {
            production.parent().unwrap_or(RepoPath::root())
        }
        (_, Context::Unknown(reason)) => {
            return Err(Refusal::new("unknown-context", reason.clone()));
        }
        (Context::Unknown(reason), _) => {
            let reason = format!("the build context of {production} is not known: {reason}");
            return Err(Refusal::new("unknown-context", reason));
        }
    };
    let is_elsewhere = |it: &&Build| matches!(it.context, BuildContext::Elsewhere(_));
    let mut builds = project.builds(production).iter().chain(project.builds(variant));
    if let Some(build) = builds.find(is_elsewhere) {
        let reason = format!(
            "{} builds one of the two files with a context that is not a known folder of the project",
            build.place
        );
        return Err(Refusal::new("unknown-context", reason));
    }
    let ignore_file =
        |path| Dockerignore::for_build(project, path, &folder).map(|(ignore_file, _)| ignore_file);
    let (production_ignore, variant_ignore) = (ignore_file(production), ignore_file(variant));
    let patterns = |it: &Option<RepoPath>| {
        it.as_ref().and_then(|it| project.file(it.as_str())).map(|it| patterns(&it.text))
    };
    if production_ignore != variant_ignore
        && patterns(&production_ignore) != patterns(&variant_ignore)
    {
        let reason = "the ignore files of the two builds exclude different files";
        return Err(Refusal::new("different-dockerignore", reason));
    }
    Ok(variant_ignore.filter(|it| it.as_str() == format!("{variant}.dockerignore")))
}

/// The patterns of an ignore file.
fn patterns(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim).filter(|it| !it.is_empty() && !it.starts_with('#'));
    lines.map(str::to_owned).collect()
}

/// Returns true if the two files lie in one folder and no caller builds them.
fn are_built_by_hand(project: &Project, twins: &Twins<'_>) -> bool {
    let (production, variant) = (&twins.production.path, &twins.variant.path);
    let has_no_builds = |path: &RepoPath| project.builds(path).is_empty();
    production.parent() == variant.parent() && has_no_builds(production) && has_no_builds(variant)
}

/// Checks that the callers of both files can build the merged one.
///
/// # Errors
/// A decline's code and reason if one of them cannot.
pub fn builds(project: &Project, twins: &Twins<'_>, merged: &Merged) -> Result<(), Refusal> {
    if merged.target.is_none() {
        // A caller that names the last stage can go on naming it.
        let names_other = |it: &&Build| it.target.as_ref().is_some_and(|it| !merged.is_last(it));
        return match project.builds(&twins.variant.path).iter().find(names_other) {
            Some(build) => {
                let target = build.target.as_deref().unwrap_or_default();
                let reason = format!("{} builds its stage {target}", build.place);
                Err(Refusal::new("builds-a-stage", reason))
            }
            None => Ok(()),
        };
    }
    // Kaniko and the classic builder build each stage up to the target, so the variant's as well.
    let by = [Builder::Kaniko, Builder::Classic];
    match project.built_by(&twins.production.path, &by) {
        Some(place) => {
            let reason = format!(
                "{place} builds every stage of production and so would build the variant, too"
            );
            Err(Refusal::new("builds-every-stage", reason))
        }
        None => Ok(()),
    }
}
