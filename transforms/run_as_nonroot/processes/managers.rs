//! What package managers start: the scripts of a manifest, and programs that packages bring.

use super::{
    super::{
        Image,
        process::{Form, Process},
        roles::Role,
    },
    Origin, expand as run, script,
};
use crate::{
    ecosystems::{
        self, ScriptCall,
        code::Language,
        programs::{self, Trait},
    },
    shell::Invocation,
    text::Refusal,
};

/// The processes that the words of a command line run, of which `rest` are those after the program.
pub(super) fn expand(
    image: &Image<'_>,
    call: &Invocation,
    words: &[Option<String>],
    rest: &[Option<String>],
    writes: Vec<Option<String>>,
    origin: Origin<'_>,
) -> Result<Vec<Process>, Refusal> {
    let (from, path, name) = (origin.from, call.path.as_str(), call.program.as_str());
    let manifest = |folder: Option<&str>, name: &str| {
        image.manifest(&origin.path(&format!("{}/{name}", folder.unwrap_or("."))))
    };
    if let Some(lines) = ecosystems::several(call, &|name| manifest(None, name)) {
        let all = lines.iter().map(|it| script(image, it, origin.deeper()));
        return Ok(all.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect());
    }
    // A program that the manifest's packages bring, which is not fetched.
    let brought = rest.iter().position(|it| it.as_deref().is_some_and(|it| !it.starts_with('-')));
    let brought = brought.filter(|_| ecosystems::is_runner(name)).map(|it| &rest[it..]);
    if let Some(inner @ [Some(program), ..]) = brought
        && image.brings_program(program)
    {
        return run(image, inner, writes, origin.deeper());
    }
    if let Some([Some(program), ..]) = brought {
        let (path, form) = (program.clone(), Form::Fetches);
        return Ok(vec![Process { path, form, ..origin.process(name, rest, writes) }]);
    }
    let called = ecosystems::script_call(call);
    // `bun run server.ts` runs that file.
    let is_file =
        |it: &str| programs::named(name).is(Trait::HostsScripts) && Language::of(it).is_some();
    let is_source = || call.texts().next().is_some_and(|it| programs::named(name).takes_source(it));
    let Some(called) = called.filter(|it| !is_file(it.name) && !is_source()) else {
        let (path, form) = (path.to_owned(), image.form(path));
        return Ok(vec![Process { path, form, ..origin.process(name, rest, writes) }]);
    };
    let process = |form| Process { form, ..origin.process(name, rest, Vec::new()) };
    let Some(text) = manifest(called.folder, called.scripts.manifest) else {
        return Ok(vec![process(Form::Script(called.scripts.manifest))]);
    };
    let mut all = vec![process(Form::Program)];
    let folder = called.folder.map_or_else(|| origin.folder.to_owned(), |it| origin.path(it));
    let inner = Origin { folder: &folder, ..origin };
    if let Some(line) = called.line(&text, call) {
        let from = |name: &str| format!("the script {name} of {}", called.scripts.manifest);
        let own = from(called.name);
        all.extend(script(image, &line, Origin { from: &own, ..inner }.deeper())?);
        for (name, line) in called.hooks(&text) {
            let from = from(&name);
            let hook = script(image, &line, Origin { from: &from, ..inner }.deeper())?.into_iter();
            all.extend(hook.map(|it| Process { role: Role::Step.max(it.role), ..it }));
        }
    } else if let Some(at) = called.program.filter(|_| is_there(image, called.name)) {
        // `yarn tsx server.ts`, `yarn node server.js`.
        let program = &words[call.arguments[at].word..];
        all.extend(run(image, program, writes, inner.deeper())?);
    } else if let Some(program) = executed(&called, call, words) {
        let name = program[0].as_deref().unwrap_or_default();
        let verbs = ecosystems::grammar_of(&call.program);
        let fetches = verbs.is_some_and(|it| it.has(call, it.run));
        if fetches && !image.brings_program(name) {
            let path = name.to_owned();
            return Ok(vec![Process { path, ..process(Form::Fetches) }]);
        }
        all.extend(run(image, program, writes, inner.deeper())?);
    } else if !called.installs {
        let (name, file) = (called.name, called.scripts.manifest);
        let reason = format!("{from} runs {name}, which is no script of {file}");
        image.owner.settle::<()>(Err(Refusal::new("unread-source", reason)))?;
    }
    Ok(all)
}

/// Whether a manager finds a program that it is told to run: a package brings it, or the image has it.
fn is_there(image: &Image<'_>, program: &str) -> bool {
    image.brings_program(program) || programs::named(program).is(Trait::Interpreter)
}

/// The words of a program that a package brings and that a manager is told to run: `pnpm exec tsx server.ts`.
fn executed<'w>(
    called: &ScriptCall<'_>,
    call: &Invocation,
    words: &'w [Option<String>],
) -> Option<&'w [Option<String>]> {
    let at = called.program.filter(|_| called.scripts.executes.contains(&called.name))?;
    let rest = words.get(call.arguments.get(at)?.word + 1..)?;
    let is_word = |it: &Option<String>| it.as_deref().is_some_and(|it| !it.starts_with('-'));
    Some(&rest[rest.iter().position(is_word)?..])
}

/// Whether a command line is of a program that runs source which its own options and arguments name, and starts nothing
/// that follows.
pub(super) fn hands_nothing_on(words: &[Option<String>]) -> bool {
    let Some(call) = ecosystems::invocation(words) else { return false };
    let program = programs::named(&call.program);
    let hosts = [Trait::HostsPhp, Trait::HostsPython, Trait::HostsRuby, Trait::HostsScripts];
    hosts.into_iter().any(|it| program.is(it)) && !program.is(Trait::Interpreter)
}
