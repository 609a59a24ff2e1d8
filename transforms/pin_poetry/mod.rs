#![doc = include_str!("page.md")]

mod evidence;
mod installation;
mod installer;
mod pin;
mod service;
mod usage;

use self::installation::Installation;
use serde::Deserialize;

use crate::{
    dockerfile::{Keyword, stage::Stage},
    engine::{Transform, settings::Settings},
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
        "bad-setting",
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
    options: Some(Settings::read::<Options>),
    run,
};

const NAME: &str = "pin-poetry";

/// The options of this transform.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Options {
    /// The version to pin, whatever the project names.
    pub version: Option<String>,
    /// True to pin through `ARG POETRY_VERSION` with a comment by which Renovate updates it.
    pub renovate: bool,
}

fn run(project: &Project, settings: &Settings) -> Outcome {
    let options: Options = settings.get();
    project.each_dockerfile(&["poetry"], |file, dockerfile| {
        let mut outcome = Outcome::default();
        let site = Site::new(&file.path, dockerfile);
        for stage in &site.stages {
            // The name may come from a variable and so be missing in the RUN itself.
            let words = ["poetry", "POETRY", " install "];
            let look = |item| pin(project, &options, &site, stage, item);
            outcome.extend([site.each_run(NAME, stage, &words, look)]);
            for (item, _, it) in stage.instructions().filter(|it| it.2.keyword == Keyword::Onbuild)
            {
                if installer::seems_to_install(it.text()) {
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
    let Some((call, installer)) = installer::find(&run)? else { return Ok(None) };
    let installation = Installation { project, site, stage, run: &run, call, installer };
    let evidence = evidence::evidence(&installation, options)?;
    usage::can_run(&installation, &evidence.version)?;
    usage::stands_alone(&installation)?;
    let follow = usage::follow(&installation, &evidence)?;
    let (mut edits, mut alters) = pin::pin(&installation, options, &evidence.version)?;
    let (followed, more) = follow;
    let alters_more = alters.iter().any(|it| matches!(it, Alteration::Env(_)));
    let sure = evidence.is_written_down && followed.is_empty() && !alters_more;
    let safety = if sure { Safety::Safe } else { Safety::Review };
    edits.extend(followed);
    alters.extend(more);
    alters.push(Alteration::Pinned("poetry"));
    let title = format!("Pin Poetry to {}", evidence.version);
    let mut change = site.change(item, safety, title, evidence.source, edits);
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
        let plan = plan(project, &[super::TRANSFORM], &Options::default()).unwrap();
        let after = plan.after().file("Dockerfile").unwrap().text.to_string();
        let expected = "\u{feff}FROM python:3.9\r\nENV A=1\r\n\
                        RUN pip install poetry==1.8.3 && \\\r\n    # more\r\n    poetry -V";
        assert_eq!(after, expected);
    }
}
