//! Finds the version of Poetry that a service is meant to be built with, and the evidence for it.

use super::{
    Options, POETRY,
    installation::Installation,
    installer::Way,
    service::{Header, Service, clone, services},
};
use crate::{
    dockerfile::{Keyword, Kind},
    ecosystems::{
        python::poetry::{DEFAULT, DEFAULT_2},
        version::Version,
    },
    text::Refusal,
};

/// A version of Poetry and where it comes from.
#[derive(Clone, Debug)]
pub(super) struct Evidence {
    /// The version.
    pub version: Version,
    /// The evidence, as the subject of a sentence: `the header of api/poetry.lock`.
    pub source: String,
    /// True if somebody wrote down this very version; false for a default and for one of several.
    pub is_written_down: bool,
    /// A newer version that a lock says has written it.
    pub newer: Option<Header>,
}

/// The version that an installed Poetry is meant to have. The settings count first, then the Dockerfile, the
/// manifests and the locks; if none of them names a version, it is a default.
///
/// # Errors
/// Declines if sources contradict each other or cannot be read.
pub(super) fn evidence(
    installation: &Installation<'_>,
    options: &Options,
) -> Result<Evidence, Refusal> {
    let services = services(installation)?;
    let beside = written_beside(installation, options)?;
    let is_beside = beside.is_some() && options.version.is_none();
    let mut evidence = match beside {
        Some(evidence) => evidence,
        None => of_services(installation, &services)?,
    };
    let Evidence { version, source, .. } = &evidence;
    if let Way::Package { constraint: Some(asked), .. } = &installation.way
        && version.meets(asked) != Some(true)
    {
        return Err(Refusal::new(
            "version-conflict",
            format!("{source} says {version}, but the file asks for {}{asked}", POETRY.package()),
        ));
    }
    let newer = services.iter().find(|it| it.manifest.needs_poetry_2);
    if let Some(service) = newer.filter(|_| *version < Version::new(&[2])) {
        let reason = format!(
            "{source} says {version}, but {} has its dependencies in [project], which {} reads only since 2.0",
            service.path, POETRY.title
        );
        return Err(Refusal::new("version-conflict", reason));
    }
    if is_beside {
        // What says so may have had no effect when the lock was written.
        let mut headers = services.iter().filter_map(|it| it.header().ok()?);
        evidence.newer = headers.find(|it| evidence.version < it.version);
    }
    Ok(evidence)
}

/// The version in the settings, on the installer's command line or in the Dockerfile.
fn written_beside(
    installation: &Installation<'_>,
    options: &Options,
) -> Result<Option<Evidence>, Refusal> {
    let found =
        |version, source| Some(Evidence { version, source, is_written_down: true, newer: None });
    if let Some(version) = &options.version {
        return Ok(found(version.clone(), "refit.toml".to_owned()));
    }
    if let Way::DeadScript { version: Some(version), .. } = &installation.way {
        return Ok(found(version.clone(), "the installer's command line".to_owned()));
    }
    let set = set_in_file(installation)?;
    let variable = POETRY.version_variable();
    Ok(set.and_then(|(version, line)| found(version, format!("{variable} on {line}"))))
}

/// The version that the manifests and locks name, or a default.
fn of_services(installation: &Installation<'_>, services: &[Service]) -> Result<Evidence, Refusal> {
    let mut headers = Vec::new();
    for service in services {
        headers.extend(service.header()?);
    }
    let asking =
        services.iter().filter_map(|it| Some((it, it.manifest.requires_poetry.as_deref()?)));
    let asking: Vec<(&Service, &str)> = asking.collect();
    let meets = |version: &Version| {
        asking.iter().all(|(_, constraint)| version.meets(constraint) == Some(true))
    };
    // Poetry reads the locks of older versions, so the newest fits all.
    let newest = headers
        .iter()
        .max_by(|a, b| a.version.partial_cmp(&b.version).unwrap_or(std::cmp::Ordering::Equal));
    if let Some(Header { version, source }) = newest.filter(|it| meets(&it.version)) {
        let is_written_down = headers.iter().all(|it| it.version == *version);
        return Ok(Evidence {
            version: version.clone(),
            source: source.clone(),
            is_written_down,
            newer: None,
        });
    }
    let defaults = [Version::new(&DEFAULT), Version::new(&DEFAULT_2)];
    let needs_2 = services.iter().find(|it| it.needs_2());
    let defaults = defaults.into_iter().skip(usize::from(needs_2.is_some()));
    if let Some((service, constraint)) = asking.first() {
        let source = format!("requires-poetry in {}", service.path);
        // The one version that meets it, a default, or one of its bounds, which are releases more often than not.
        let bounds = constraint.split(|it: char| !it.is_ascii_digit() && it != '.');
        let bounds = bounds.filter_map(|it| it.parse().ok());
        let exact = constraint.trim_start_matches('=').trim().parse().ok();
        let is_written_down = exact.as_ref().is_some_and(&meets);
        let mut candidates = exact.into_iter().chain(defaults).chain(bounds);
        let found = candidates.find(|it| meets(it)).ok_or_else(|| {
            let path = &service.path;
            Refusal::new(
                "version-conflict",
                format!(
                    "no known version of {} meets {constraint}, which {path} requires",
                    POETRY.title
                ),
            )
        });
        return Ok(Evidence { version: found?, source, is_written_down, newer: None });
    }
    if services.is_empty()
        && let Some(line) = clone(installation)
    {
        let reason = format!("{line} downloads the project, so its lock is unknown");
        return Err(Refusal::new("unknown-project", reason));
    }
    let asked = match &installation.way {
        Way::Package { constraint, .. } => constraint.as_deref(),
        _ => None,
    };
    let version =
        defaults.clone().find(|it| asked.is_none_or(|asked| it.meets(asked) == Some(true)));
    let version = version.or_else(|| defaults.clone().next()).unwrap_or(Version::new(&DEFAULT_2));
    let source = match (needs_2, services.first()) {
        (Some(service), _) => {
            format!("{} needs {} 2; this is the default", service.path, POETRY.title)
        }
        (_, Some(service)) => {
            format!("neither {} nor its lock names a version; this is the default", service.path)
        }
        _ => "no manifest, lock or setting names a version; this is the default".to_owned(),
    };
    Ok(Evidence { version, source, is_written_down: false, newer: None })
}

/// A line that sets the version variable.
#[derive(Clone)]
struct Setting {
    /// True if it is in the stage that installs.
    in_stage: bool,
    version: Version,
    /// Its line, in words.
    line: String,
}

/// The `POETRY_VERSION` that the file sets, and its line: in the stage, or else in a stage that it is built on or
/// that uses its Poetry, or before the first FROM. Other stages may have a Poetry of their own.
fn set_in_file(installation: &Installation<'_>) -> Result<Option<(Version, String)>, Refusal> {
    let (site, stage) = (installation.site, installation.stage);
    let head = site.stages.first().map_or(0, |it| it.from);
    let lineage = stage.lineage(&site.stages);
    let related = lineage.iter().chain(installation.users());
    let ranges: Vec<_> =
        related.map(|it| it.from..it.end).chain(std::iter::once(0..head)).collect();
    let variable = POETRY.version_variable();
    let mut settings: Vec<Setting> = Vec::new();
    for (at, entry) in site.dockerfile.items.iter().enumerate() {
        let Kind::Instruction(instruction) = &entry.kind else { continue };
        let related = ranges.iter().any(|it| it.contains(&at));
        if !related || !matches!(instruction.keyword, Keyword::Env | Keyword::Arg) {
            continue;
        }
        for pair in instruction.pairs().iter().filter(|it| it.name == variable) {
            let value = pair.value.as_deref().unwrap_or_default();
            let value = value.trim_matches(['"', '\'']);
            let line = site.line(at);
            match value.parse() {
                Ok(version) => {
                    let in_stage = stage.from < at && at < stage.end;
                    settings.push(Setting { in_stage, version, line });
                }
                Err(()) if value.starts_with(|it: char| it.is_ascii_digit()) => {
                    let reason = format!("{variable} on {line} is {value}, which is not a release");
                    return Err(Refusal::new("unreleased-version", reason));
                }
                Err(()) => {}
            }
        }
    }
    let in_stage = settings.iter().any(|it| it.in_stage);
    settings.retain(|it| it.in_stage == in_stage);
    let Some(Setting { version, line, .. }) = settings.first().cloned() else { return Ok(None) };
    if settings.iter().any(|it| it.version != version) {
        let line = site.line(installation.run.item);
        let reason =
            format!("{variable} has several values, and it is not clear which one {line} uses");
        return Err(Refusal::new("version-conflict", reason));
    }
    Ok(Some((version, line)))
}
