#![doc = include_str!("split_venv_stage.md")]

use crate::{
    Transform, change::Outcome, packages, project::Project, run::Site, settings::Settings,
    venv::Separation,
};

/// What is only needed to install stays in a stage of its own.
pub(super) const TRANSFORM: Transform =
    Transform { name: NAME, docs: include_str!("split_venv_stage.md"), run };

const NAME: &str = "split-venv-stage";

fn run(project: &Project, _: &Settings) -> Outcome {
    let words = packages::programs();
    project.each_dockerfile(&words, |file, dockerfile| {
        let site = Site::new(&file.path, dockerfile);
        let separation = Separation::of(project, &site);
        let change = separation.and_then(|it| it.map(|it| it.change()).transpose());
        let mut outcome = Outcome::default();
        match change {
            Ok(change) => outcome.changes.extend(change),
            Err((item, why)) => outcome.declines.push(site.decline(NAME, item, why)),
        }
        outcome
    })
}
