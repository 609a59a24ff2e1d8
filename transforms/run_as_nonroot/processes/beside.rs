//! What Kubernetes runs in containers of an image, and the tests of health checks.

use super::{
    super::{Image, roles::Role},
    Line, Process, Replaces, inherited, lines, lines_of, processes, replaced,
};
use crate::{
    callers::{Turn, service::Given},
    dockerfile::{Keyword, instruction},
    text::Refusal,
};

/// What Kubernetes runs.
pub(super) struct Pods {
    pub(super) processes: Vec<Process>,
    /// True if something replaces the image's command.
    pub(super) is_replaced: bool,
}

/// What manifests of Kubernetes run in containers of an image with this command.
///
/// # Errors
/// A decline's code and reason: a command cannot be read.
pub(super) fn of_pods(
    image: &Image<'_>,
    entrypoint: Option<&[Line]>,
    command: Option<&[Line]>,
) -> Result<Pods, Refusal> {
    let mut pods = Pods { processes: Vec::new(), is_replaced: false };
    for (place, given) in image.project.pod_commands(image.site.path) {
        let (has_entrypoint, has_arguments) =
            (given.entrypoint.is_some(), given.arguments.is_some());
        let replaces = Replaces::of(image).with(has_entrypoint, has_arguments);
        inherited::check(image, replaces, &place.to_string())?;
        if !has_entrypoint && !has_arguments {
            continue;
        }
        let words = |it: &Vec<String>| it.iter().cloned().map(Line::Word).collect::<Vec<_>>();
        let instead = (given.entrypoint.as_ref().map(words), given.arguments.as_ref().map(words));
        let found = replaced(image, (entrypoint, command), instead, &place.to_string());
        let role = match given.turn {
            Turn::Main => Role::Main,
            Turn::Step => Role::Step,
            Turn::Probe => Role::Check,
        };
        pods.is_replaced |= given.turn == Turn::Main;
        // Of what only looks whether a container is well, nothing more is asked than what can be read.
        let found = if given.turn == Turn::Probe { found.unwrap_or_default() } else { found? };
        let found = found.into_iter().map(|it| Process { role: role.max(it.role), ..it });
        pods.processes.extend(found);
    }
    Ok(pods)
}

/// What compose runs in the containers beside their command: `post_start`, `pre_stop`.
///
/// # Errors
/// A decline's code and reason: a command cannot be read.
pub(super) fn hooks(image: &Image<'_>) -> Result<Vec<Process>, Refusal> {
    let mut found = Vec::new();
    for started in image.services() {
        for hook in &started.service.hooks {
            let from = format!("a hook of {}", started.place());
            let all = processes(image, None, Some(lines(hook)), &from)?.into_iter();
            found.extend(all.map(|it| Process { role: Role::Step.max(it.role), ..it }));
        }
    }
    Ok(found)
}

/// What the tests of health checks run, as far as they can be read.
pub(super) fn checks(image: &Image<'_>) -> Vec<Process> {
    let mut tests: Vec<(Vec<Line>, String)> = Vec::new();
    let own = image.instructions().filter(|it| it.instruction.keyword == Keyword::Healthcheck);
    if let Some(instruction::Healthcheck::Cmd(test)) =
        own.last().and_then(|it| it.instruction.healthcheck())
    {
        tests.push((lines_of(&test), Keyword::Healthcheck.to_string()));
    }
    for started in image.services() {
        let lines = match &started.service.healthcheck {
            None => continue,
            Some(Given::Line(text)) => vec![Line::Shell(text.clone())],
            Some(Given::Words(words)) => match words.split_first() {
                Some((kind, rest)) if kind == "CMD" => {
                    rest.iter().cloned().map(Line::Word).collect()
                }
                Some((kind, rest)) if kind == "CMD-SHELL" => {
                    rest.iter().cloned().map(Line::Shell).collect()
                }
                _ => continue,
            },
        };
        tests.push((lines, format!("the health check of {}", started.place())));
    }
    let found = tests
        .into_iter()
        .flat_map(|(lines, from)| processes(image, None, Some(lines), &from).unwrap_or_default());
    found.map(|it| Process { role: Role::Check, ..it }).collect()
}
