//! The files of source that interpreters are told to run.

use super::{Image, process::Process};
use crate::{
    ecosystems::{
        code::{self, Language, Value},
        programs::{self, Trait},
    },
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
    inline(call, from)?;
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

/// Options of interpreters after which source stands in the command itself.
const INLINE: [&str; 5] = ["--eval", "--print", "-c", "-e", "-p"];

/// Checks that source in the words of a command writes to no folder of root's.
///
/// # Errors
/// A decline's code and reason.
fn inline(call: &Invocation, from: &str) -> Result<(), Refusal> {
    let program = programs::named(&call.program);
    let language = match () {
        () if program.is(Trait::HostsPython) => Language::Python,
        () if program.is(Trait::HostsRuby) => Language::Ruby,
        () if program.is(Trait::HostsScripts) => Language::JavaScript,
        () => return Ok(()),
    };
    let mut words = call.texts();
    let is_inline = words.next().is_some_and(|it| INLINE.contains(&it));
    let Some(text) = words.next().filter(|_| is_inline) else { return Ok(()) };
    let facts = code::read(language, text).unwrap_or_default();
    let is_scratch = |it: &Value| match it {
        Value::Text(path) => Process::is_scratch(path),
        it => matches!(it, Value::Temporary | Value::Home),
    };
    match facts.writes.iter().find(|it| it.is_sure && !is_scratch(&it.target)) {
        Some(write) => {
            let what = write.what.trim_start_matches('.');
            let reason =
                format!("{from} runs source in its own words when it starts, which calls {what}");
            Err(Refusal::new("writes-at-start", reason))
        }
        None => Ok(()),
    }
}
