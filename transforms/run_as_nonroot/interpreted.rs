//! The files of source that interpreters are told to run.

use super::Image;
use crate::{
    ecosystems::programs::{self, Trait},
    shell::Invocation,
    text::Refusal,
};

/// The options of interpreters of Python, Ruby and JavaScript that take a value.
const TAKES_VALUE: [&str; 14] = [
    "--conditions",
    "--eval",
    "--experimental-loader",
    "--import",
    "--loader",
    "--print",
    "--require",
    "-W",
    "-X",
    "-c",
    "-e",
    "-m",
    "-p",
    "-r",
];

/// Checks that the file of source that an interpreter is told to run in a folder, seen from the image's own, is there. What a build makes of JavaScript and
/// TypeScript is not looked for.
///
/// # Errors
/// A decline's code and reason.
pub(super) fn check(
    image: &Image<'_>,
    call: &Invocation,
    folder: &str,
    from: &str,
) -> Result<(), Refusal> {
    let interprets = programs::named(&call.program).is(Trait::Interpreter);
    let mut takes = false;
    let mut operands = call.texts().filter(|it| {
        let is_value = std::mem::replace(&mut takes, TAKES_VALUE.contains(it));
        !is_value && !it.starts_with('-')
    });
    let Some(path) = operands.next().filter(|_| interprets) else { return Ok(()) };
    let inside = format!("{folder}/{path}");
    let path = if folder.is_empty() || path.starts_with('/') { path } else { &inside };
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_source = [".py", ".rb", ".pl", ".lua", ".php"].iter().any(|it| name.ends_with(it));
    let is_script = [".cjs", ".js", ".mjs"].iter().any(|it| name.ends_with(it));
    let builds = || image.mentions_any_run(&["build", "bundle", "compile", "tsc", "pack"]);
    if (is_source || (is_script && !builds())) && image.is_absent(path) {
        let reason = format!("{from} runs {path}, {}", image.whereabouts(path));
        return Err(Refusal::new("unknown-script", reason));
    }
    Ok(())
}
