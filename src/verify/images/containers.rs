//! Compose's containers of an image.

use std::sync::Arc;

use crate::{
    callers::service::{Given, Service},
    project::{Project, change::Origin},
    text::RepoPath,
    verify::command,
};

/// The compose services that run an image, each with its file.
pub(in crate::verify) fn services<'a>(
    project: &'a Project,
    origin: &'a Origin,
) -> impl Iterator<Item = &'a (RepoPath, Arc<Service>)> {
    let all = project.services(&origin.dockerfile).iter();
    all.filter(|it| it.1.target == origin.target && !it.1.is_run)
}

/// The commands that replace the image's own, and the tests of health checks.
pub(super) fn given(project: &Project, origin: &Origin) -> Vec<command::Given> {
    let mut given = Vec::new();
    for (path, it) in services(project, origin) {
        let by = |what: &str| format!("{path}:{} {what}", it.line);
        if it.entrypoint.is_some() || it.command.is_some() {
            let what = if it.command.is_some() { "command" } else { "entrypoint" };
            given.push(command::Given {
                by: by(what),
                entrypoint: it.entrypoint.as_ref().map(words),
                cmd: it.command.as_ref().map(words),
            });
        }
        if let Some(test) = it.healthcheck.as_ref().and_then(test) {
            let (by, entrypoint) = (by("healthcheck"), Some(Vec::new()));
            given.push(command::Given { by, entrypoint, cmd: Some(test) });
        }
    }
    given
}

fn words(given: &Given) -> Vec<String> {
    match given {
        Given::Words(it) => it.iter().map(|it| unescaped(it)).collect(),
        // Quotes and variables are for whoever splits it as a shell does.
        Given::Line(it) if it.contains(['"', '\'', '$', '\\']) => shell(it),
        Given::Line(it) => it.split_whitespace().map(str::to_owned).collect(),
    }
}

/// The words of a health check's test; `None` when there is none.
/// <https://docs.docker.com/reference/compose-file/services/#healthcheck>
fn test(given: &Given) -> Option<Vec<String>> {
    let words = match given {
        Given::Line(script) => return Some(shell(script)),
        Given::Words(it) => it,
    };
    let (how, words) = words.split_first()?;
    match how.as_str() {
        "CMD" => Some(words.iter().map(|it| unescaped(it)).collect()),
        "CMD-SHELL" => words.first().map(|it| shell(it)),
        _ => None,
    }
}

fn shell(script: &str) -> Vec<String> {
    ["/bin/sh", "-c", &unescaped(script)].map(str::to_owned).to_vec()
}

/// Replaces `$$` as compose does; other variables are unknown.
fn unescaped(text: &str) -> String {
    text.replace("$$", "$")
}
