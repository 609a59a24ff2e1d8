#![doc = include_str!("page.md")]

mod evidence;
mod installation;
mod installer;
mod pin;
mod service;
mod usage;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de::Error as _};

use self::{installation::Installation, installer::Way};
use crate::{
    dockerfile::{Keyword, stage::Stage},
    ecosystems::{Manager, python::poetry, version::Version},
    engine::{
        Transform,
        settings::{self, Settings},
    },
    project::{
        Project,
        change::{Alteration, Change, Outcome, Safety},
    },
    run::Site,
    text::Refusal,
};

/// Pins Poetry to the version that wrote the lock.
pub(super) const TRANSFORM: Transform = Transform {
    name: NAME,
    docs: include_str!("page.md"),
    codes: &[
        "broken-manifest",
        "constraints-file",
        "dead-installer",
        "exec-form",
        "heredoc",
        "new-python",
        "newest-plugin",
        "not-posix-shell",
        "old-python",
        "onbuild",
        "pinned-plugin",
        "self-update",
        "unknown-installer",
        "unknown-project",
        "unknown-python",
        "unreadable-shell",
        "unreleased-version",
        "unset-version",
        "version-conflict",
    ],
    options: Some(settings::Options::of::<Options>()),
    run,
};

const NAME: &str = "pin-poetry";

/// The manager whose version is pinned.
const POETRY: &Manager = &poetry::MANAGER;

/// The options of this transform.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Options {
    /// The version to pin, whatever version the project names.
    #[serde(deserialize_with = "version")]
    #[schemars(with = "Option<String>")]
    pub version: Option<Version>,
    /// Whether to pin with `ARG POETRY_VERSION` and a comment that lets Renovate update it.
    pub renovate: bool,
}

/// Reads a version; what is none is an error of the settings.
fn version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Version>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let bad = |()| D::Error::custom(format!("{text} is not a version such as 1.8.3"));
    text.parse().map(Some).map_err(bad)
}

fn run(project: &Project, settings: &Settings) -> Outcome {
    let is_poetry = |it: &Manager| it.name == POETRY.name;
    project.each_dockerfile_of(is_poetry, |project, file, dockerfile| {
        let mut outcome = Outcome::default();
        let options: Options = settings.of(&file.path);
        let site = Site::new(&file.path, dockerfile);
        for stage in &site.stages {
            // The package's name may come from a variable, and the RUN then does not contain it.
            let words = [POETRY.name, POETRY.variables.trim_end_matches('_'), " install "];
            let look = |item| pin(project, &options, &site, stage, item);
            outcome.extend([site.each_run(NAME, stage, &words, look)]);
            for (item, _, instruction) in stage.instructions() {
                let is_trigger = instruction.keyword == Keyword::Onbuild;
                if is_trigger && installer::seems_to_install(instruction.text()) {
                    let why = Refusal::new("onbuild", "ONBUILD runs in the builds of other images");
                    outcome.declines.push(site.decline(NAME, item, why));
                }
            }
        }
        outcome
    })
}

/// Pins the Poetry that a RUN installs.
fn pin(
    project: &Project,
    options: &Options,
    site: &Site<'_>,
    stage: &Stage<'_>,
    item: usize,
) -> Result<Option<Change>, Refusal> {
    let run = match site.run(stage, item) {
        Ok(run) => run,
        Err(why) if installer::seems_to_install(site.dockerfile.text(item)) => return Err(why),
        Err(_) => return Ok(None),
    };
    let Some((call, way)) = installer::find(&run)? else { return Ok(None) };
    let installation = Installation { project, site, stage, run: &run, call, way };
    let evidence = evidence::evidence(&installation, options)?;
    usage::can_run(&installation, &evidence.version)?;
    usage::stands_alone(&installation)?;
    let (replaced_flags, alters_calls) = usage::follow(&installation, &evidence)?;
    let (mut edits, mut alters) = pin::pin(&installation, options, &evidence.version)?;
    let changes_path = alters.iter().any(|it| matches!(it, Alteration::Env(_)));
    // Another way of installing puts other files at other places.
    let is_same_way = !matches!(installation.way, Way::DeadScript { .. });
    let is_sure = evidence.is_written_down
        && evidence.newer.is_none()
        && replaced_flags.is_empty()
        && !changes_path
        && is_same_way;
    let safety = if is_sure { Safety::Safe } else { Safety::Review };
    edits.extend(replaced_flags);
    alters.extend(alters_calls);
    alters.push(Alteration::Pinned(POETRY.name));
    let title = format!("Pin {} to {}", POETRY.title, evidence.version);
    let reason = match &evidence.newer {
        Some(it) => format!("{}, although {} says {}", evidence.source, it.source, it.version),
        None => evidence.source,
    };
    let mut change = site.change(item, safety, title, reason, edits);
    change.alters = alters;
    Ok(Some(change))
}

#[cfg(test)]
mod tests {
    use crate::{
        engine::plan::{Options, plan},
        project::Project,
        text::RepoPath,
    };

    #[test]
    fn line_ends_and_a_byte_order_mark_stay() {
        let source = "\u{feff}FROM python:3.9\r\nENV A=1 \\\r\n    PATH=/root/.poetry/bin:$PATH\r\n\
                      RUN curl https://example.com/get-poetry.py | python && \\\r\n    # more\r\n    poetry -V";
        let project = Project::new([(RepoPath::new("Dockerfile").unwrap(), source.to_owned())]);
        let plan = plan(project, &[super::TRANSFORM], &Options::default());
        let after = plan.after().file("Dockerfile").unwrap().text.to_string();
        let expected = "\u{feff}FROM python:3.9\r\nENV A=1\r\n\
                        RUN pip install poetry==1.8.3 && \\\r\n    # more\r\n    poetry -V";
        assert_eq!(after, expected);
    }
}
