//! Scripts of the project that a command runs.

use super::{
    super::{Image, filled::on_path, process::Process},
    Origin, expand, script,
};
use crate::{
    ecosystems::{code::Language, programs},
    text::Refusal,
};

/// Whether a program may be a script of the project, by its path.
pub(super) fn looks_like_script(image: &Image<'_>, name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    if [".sh", ".bash"].iter().any(|it| file.ends_with(it)) {
        return true;
    }
    let scripts = ["start", "startup", "run", "boot", "bootstrap", "init", "launch"];
    // A file that another stage built is not a script; one from the build context may be.
    !file.contains('.') && name.contains('/') && image.source(name).is_some()
        || (name.contains('/') && scripts.contains(&file) && !image.compiles(name))
        || (name.contains('/') && ["start_", "start-"].iter().any(|it| file.starts_with(it)))
        || name.contains("scripts/")
        || file.ends_with("entrypoint")
        || !programs::named(name).is_listed() && image.linked(name).is_some()
}

/// The processes that a script of the project runs.
pub(super) fn file(
    image: &Image<'_>,
    path: &str,
    arguments: &[Option<String>],
    origin: Origin<'_>,
) -> Result<Vec<Process>, Refusal> {
    let from = origin.from;
    let path = &origin.path(path);
    let name = path.rsplit('/').next().unwrap_or(path);
    let why = |why: &str| format!("{from} runs {name}, {why}");
    let found = image.source(path).or_else(|| {
        // A bare name is looked for in the folders of PATH.
        let mut places = on_path(path).filter(|_| !path.contains('/'));
        let provided = places.find_map(|it| image.provided(&it));
        provided.or_else(|| image.linked(path)).or_else(|| image.moved(path))
    });
    let found =
        found.ok_or_else(|| Refusal::new("unknown-script", why(&image.whereabouts(path))))?;
    let text = image.text(&found).filter(|it| !it.trim().is_empty());
    let text =
        text.ok_or_else(|| Refusal::new("unknown-script", why("which is empty or was not read")))?;
    // A script in another language is started as it is.
    if Language::of(found.file_name()).or_else(|| Language::of_script(&text)).is_some() {
        let path = path.to_owned();
        let origin = Origin { folder: "", ..origin };
        return Ok(vec![Process { path, ..origin.process(name, arguments, Vec::new()) }]);
    }
    let place = found.to_string();
    let mut all = script(image, &text, Origin { from: &place, ..origin }.deeper()).map_err(
        |it| match it.code {
            "unreadable-command" => Refusal::new(
                "unknown-script",
                why(&it.reason.replace(&format!("the command of {place} "), "which ")),
            ),
            _ => it,
        },
    )?;
    // `exec "$@"`: it runs its arguments.
    let first = arguments.first().and_then(Option::as_deref).unwrap_or_default();
    if text.contains("\"$@\"") && !arguments.is_empty() && !is_case(&text, first) {
        all.extend(expand(image, arguments, Vec::new(), origin.deeper())?);
    }
    Ok(all)
}

/// Whether a script has a case for its first argument, which is the name of something that it does itself.
fn is_case(text: &str, argument: &str) -> bool {
    let cases = ["case \"$1\"", "case $1", "case \"${1", "case ${1"];
    let is_plain = |it: char| it.is_ascii_alphanumeric() || ['-', '_'].contains(&it);
    let mut lines = text.lines().map(str::trim);
    !argument.is_empty()
        && argument.chars().all(is_plain)
        && lines.any(|it| cases.iter().any(|case| it.starts_with(case)))
        && lines.any(|it| {
            let names = it.split_once(')').map_or("", |it| it.0).trim_start_matches('(');
            names.split('|').any(|it| it.trim().trim_matches(['"', '\'']) == argument)
        })
}
