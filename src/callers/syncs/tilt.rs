//! Tiltfiles, which are written in Starlark: the calls that build an image with a `live_update`.
//!
//! <https://docs.tilt.dev/api.html#api.docker_build>, <https://docs.tilt.dev/live_update_reference.html>

use super::Sync;
use crate::{
    callers::{image_name, script::locate},
    text::{Place, RepoPath},
};

/// The functions that take a `live_update`, with those of the extensions `restart_process` and `docker_build_sub`.
const FUNCTIONS: [&str; 6] = [
    "custom_build",
    "custom_build_with_restart",
    "docker_build",
    "docker_build_sub",
    "docker_build_with_restart",
    "k8s_custom_deploy",
];

/// `Tiltfile`, `Tiltfile.dev`, `web.tiltfile`.
pub(super) fn is_tiltfile(path: &RepoPath) -> bool {
    let name = path.file_name();
    name.starts_with("Tiltfile") || name.to_lowercase().ends_with(".tiltfile")
}

/// The files that the calls of a Tiltfile have copied.
pub(super) fn read(path: &RepoPath, text: &str) -> Vec<Sync> {
    let plain = without_comments(text);
    let mut found = Vec::new();
    for (at, _) in plain.match_indices("build").chain(plain.match_indices("k8s_custom_deploy")) {
        let is_name = |it: char| it.is_alphanumeric() || it == '_';
        let start = plain[..at].rfind(|it| !is_name(it)).map_or(0, |it| it + 1);
        let Some((name, rest)) = plain[start..].split_once('(') else { continue };
        let is_defined = plain[..start].trim_end().ends_with("def");
        if FUNCTIONS.contains(&name.trim_end()) && !is_defined {
            let line = plain[..start].matches('\n').count() + 1;
            found.extend(call(path, line, &arguments(rest)));
        }
    }
    found.sort_by_key(|it: &Sync| it.place.line);
    found.dedup();
    found
}

/// What a call has copied; `None` if it has no `live_update`.
fn call(path: &RepoPath, line: usize, arguments: &[&str]) -> Option<Sync> {
    let named = |name: &str| {
        let mut values = arguments.iter().filter_map(|it| it.split_once('='));
        values.find(|it| it.0.trim() == name).map(|it| it.1.trim())
    };
    let mut places = arguments.iter().filter(|it| literal(it).is_some() || !it.contains('='));
    let mut place = |name: &str| named(name).or_else(|| places.next().map(|it| it.trim()));
    let image = place("ref").and_then(literal);
    let context = place("context");
    let steps = named("live_update").filter(|it| !matches!(*it, "[]" | "None"))?;
    let folder = path.parent();
    let dockerfile = match named("dockerfile") {
        Some(it) => literal(it).and_then(|it| locate(folder.as_ref(), it)),
        None => {
            let context = context.and_then(literal).and_then(|it| locate(folder.as_ref(), it));
            context.and_then(|it| it.join("Dockerfile"))
        }
    };
    let synced = steps.split_once("sync(").map(|it| self::arguments(it.1));
    let to = synced.and_then(|it| literal(it.get(1)?).map(str::to_owned));
    Some(Sync {
        place: Place::line(path, line),
        to,
        target: named("target").and_then(literal).map(str::to_owned),
        dockerfiles: dockerfile.into_iter().collect(),
        names: image.and_then(image_name).into_iter().collect(),
    })
}

/// The text of a string without a variable in it.
fn literal(text: &str) -> Option<&str> {
    let text = text.trim();
    let quote = text.chars().next().filter(|it| matches!(it, '"' | '\''))?;
    let inner = text.get(1..)?.strip_suffix(quote)?;
    (!inner.contains([quote, '{', '%'])).then_some(inner)
}

/// The arguments of a call, from behind its opening parenthesis on.
fn arguments(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut start, mut depth, mut quote) = (0, 0, None);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(it), _) if it == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') if depth == 0 => {
                found.push(&text[start..at]);
                break;
            }
            (None, ')' | ']' | '}') => depth -= 1,
            (None, ',') if depth == 0 => {
                found.push(&text[start..at]);
                start = at + 1;
            }
            (None, _) => {}
        }
    }
    found
}

/// The same text with its comments left out, each line in its place.
fn without_comments(text: &str) -> String {
    let plain = |line: &str| {
        let mut quote = None;
        for (at, c) in line.char_indices() {
            match (quote, c) {
                (Some(it), _) if it == c => quote = None,
                (None, '"' | '\'') => quote = Some(c),
                (None, '#') => return line[..at].to_owned(),
                _ => {}
            }
        }
        line.to_owned()
    };
    text.lines().map(plain).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use crate::callers::syncs::tests::seen;

    #[test]
    fn live_updates_sync() {
        let text = "load('ext://restart_process', 'docker_build_with_restart')\n# docker_build('x', '.', live_update=[sync('.', '/x')])\n\
                    docker_build('me/web', './web', live_update=[\n  sync('./web', '/app'),\n  run('a, b', trigger='x'),\n])\n\
                    docker_build('plain', '.')\ndocker_build('none', '.', live_update=[])\n\
                    docker_build_with_restart(\n  ref='api', context='.', dockerfile='api/Dockerfile.dev', entrypoint=['/a'], live_update=steps)\n\
                    def image(name):\n  docker_build(name, '.', dockerfile='%s/Dockerfile' % name, live_update=[sync('.', '/app')])\n";
        assert_eq!(
            seen("Tiltfile", text),
            ["3 /app web/Dockerfile web", "9 ? api/Dockerfile.dev api", "12 /app  "]
        );
        assert!(seen("Tiltfile", "docker_build('a, live_update=(").is_empty());
    }
}
