//! Which version of Poetry a service is meant to be built with, and what says so.

use super::Options;
use super::{
    installation::Installation,
    installer::Installer,
    service::{Service, clone, services},
};
use crate::ecosystems::python::poetry::{DEFAULT, DEFAULT_2};
use crate::{
    dockerfile::{Keyword, Kind},
    ecosystems::version::Version,
    text::Refusal,
};

/// A version of Poetry and where it comes from.
#[derive(Clone, Debug)]
pub(super) struct Evidence {
    /// The version.
    pub version: Version,
    /// What says so, as the subject of a sentence: `the header of api/poetry.lock`.
    pub source: String,
    /// Whether somebody wrote this very version down; else it is a default, or one of several.
    pub is_written_down: bool,
}

/// The version that an installed Poetry is meant to have: what the settings say, what the file sets
/// already, what the manifest asks for, what wrote the lock, and else a default.
///
/// # Errors
/// A decline's code and reason, when sources contradict each other or cannot be read.
pub(super) fn evidence(it: &Installation<'_>, options: &Options) -> Result<Evidence, Refusal> {
    let services = services(it)?;
    let evidence = match written_beside(it, options)? {
        Some(evidence) => evidence,
        None => of_services(it, &services)?,
    };
    let Evidence { version, source, .. } = &evidence;
    if let Installer::Package { constraint: Some(asked), .. } = &it.installer
        && version.meets(asked) != Some(true)
    {
        return Err(Refusal::new(
            "version-conflict",
            format!("{source} says {version}, but the file asks for poetry{asked}"),
        ));
    }
    let newer = services.iter().find(|it| it.manifest.needs_poetry_2);
    if let Some(service) = newer.filter(|_| *version < Version::new(&[2])) {
        let reason = format!(
            "{source} says {version}, but {} has its dependencies in [project], which Poetry reads since 2.0",
            service.path
        );
        return Err(Refusal::new("version-conflict", reason));
    }
    Ok(evidence)
}

/// What the settings, the installer's command line and the Dockerfile itself say.
fn written_beside(it: &Installation<'_>, options: &Options) -> Result<Option<Evidence>, Refusal> {
    let found = |version, source| Some(Evidence { version, source, is_written_down: true });
    if let Some(text) = &options.version {
        let bad = format!("refit.toml asks for Poetry {text}, which is not a version");
        let version = text.parse().map_err(|()| Refusal::new("bad-setting", bad))?;
        return Ok(found(version, "refit.toml".to_owned()));
    }
    if let Installer::DeadScript(Some(version)) = &it.installer {
        return Ok(found(version.clone(), "the installer's command line".to_owned()));
    }
    let set = set_in_file(it)?;
    Ok(set.and_then(|(version, line)| found(version, format!("POETRY_VERSION in line {line}"))))
}

/// What the manifests and the locks say, and else a default.
fn of_services(it: &Installation<'_>, services: &[Service]) -> Result<Evidence, Refusal> {
    let mut headers = Vec::new();
    for service in services {
        headers.extend(service.header()?);
    }
    let asking =
        services.iter().filter_map(|it| Some((it, it.manifest.requires_poetry.as_deref()?)));
    let asking: Vec<(&Service, &str)> = asking.collect();
    let meets = |version: &Version| asking.iter().all(|it| version.meets(it.1) == Some(true));
    // Poetry reads the locks of older ones, so the newest is right for all.
    let newest =
        headers.iter().max_by(|a, b| a.0.partial_cmp(&b.0).unwrap_or(std::cmp::Ordering::Equal));
    if let Some((version, source)) = newest.filter(|it| meets(&it.0)) {
        let is_written_down = headers.iter().all(|it| it.0 == *version);
        return Ok(Evidence { version: version.clone(), source: source.clone(), is_written_down });
    }
    let defaults = [Version::new(&DEFAULT), Version::new(&DEFAULT_2)];
    let needs_2 = services.iter().find(|it| it.needs_2());
    let defaults = defaults.into_iter().skip(usize::from(needs_2.is_some()));
    if let Some((service, constraint)) = asking.first() {
        let source = format!("requires-poetry in {}", service.path);
        // A single version, a default, or one of the bounds, which is a release more likely than not.
        let bounds = constraint.split(|it: char| !it.is_ascii_digit() && it != '.');
        let bounds = bounds.filter_map(|it| it.parse().ok());
        let exact = constraint.trim_start_matches('=').trim().parse().ok();
        let is_written_down = exact.as_ref().is_some_and(&meets);
        let mut candidates = exact.into_iter().chain(defaults).chain(bounds);
        let found = candidates.find(|it| meets(it)).ok_or_else(|| {
            let path = &service.path;
            Refusal::new(
                "version-conflict",
                format!("no known version of Poetry meets {constraint}, which {path} requires"),
            )
        });
        return Ok(Evidence { version: found?, source, is_written_down });
    }
    if services.is_empty()
        && let Some(line) = clone(it)
    {
        let reason = format!("line {line} fetches the project, so its lock is not known");
        return Err(Refusal::new("unknown-project", reason));
    }
    let asked = match &it.installer {
        Installer::Package { constraint, .. } => constraint.as_deref(),
        _ => None,
    };
    let version =
        defaults.clone().find(|it| asked.is_none_or(|asked| it.meets(asked) == Some(true)));
    let version = version.or_else(|| defaults.clone().next()).unwrap_or(Version::new(&DEFAULT_2));
    let source = match (needs_2, services.first()) {
        (Some(service), _) => format!("{} needs a version 2; the default", service.path),
        (_, Some(service)) => {
            format!("nothing beside {} names a version; the default", service.path)
        }
        _ => "no manifest, lock or setting names a version; the default".to_owned(),
    };
    Ok(Evidence { version, source, is_written_down: false })
}

/// The `POETRY_VERSION` that the file sets, and on which line: in the stage, else in one that it is built on or
/// that uses its Poetry, or before the first FROM. Other stages may have a Poetry of their own.
fn set_in_file(it: &Installation<'_>) -> Result<Option<(Version, usize)>, Refusal> {
    let (site, stage) = (it.site, it.stage);
    let head = site.stages.first().map_or(0, |it| it.from);
    let lineage = stage.lineage(&site.stages);
    let related = lineage.iter().chain(it.users());
    let ranges: Vec<_> =
        related.map(|it| it.from..it.end).chain(std::iter::once(0..head)).collect();
    let mut set: Vec<(bool, Version, usize)> = Vec::new();
    for (at, entry) in site.dockerfile.items.iter().enumerate() {
        let Kind::Instruction(it) = &entry.kind else { continue };
        let related = ranges.iter().any(|it| it.contains(&at));
        if !related || !matches!(it.keyword, Keyword::Env | Keyword::Arg) {
            continue;
        }
        for pair in it.pairs().into_iter().filter(|it| it.name == "POETRY_VERSION") {
            let value = pair.value.unwrap_or_default();
            let value = value.trim_matches(['"', '\'']);
            match value.parse() {
                Ok(version) => {
                    set.push((stage.from < at && at < stage.end, version, entry.lines.0));
                }
                Err(()) if value.starts_with(|it: char| it.is_ascii_digit()) => {
                    let line = entry.lines.0;
                    let reason =
                        format!("POETRY_VERSION on line {line} is {value}, which is not a release");
                    return Err(Refusal::new("unreleased-version", reason));
                }
                Err(()) => {}
            }
        }
    }
    let near = set.iter().any(|it| it.0);
    set.retain(|it| it.0 == near);
    let Some((_, version, line)) = set.first().cloned() else { return Ok(None) };
    if set.iter().any(|it| it.1 != version) {
        let line = site.place(it.run.item).line;
        let reason = format!("POETRY_VERSION has several values, so that of line {line} is open");
        return Err(Refusal::new("version-conflict", reason));
    }
    Ok(Some((version, line)))
}
