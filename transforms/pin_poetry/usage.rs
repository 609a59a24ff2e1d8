//! The calls of a Poetry to pin: those that change with its version, and those that prevent pinning.

use super::{POETRY, evidence::Evidence, installation::Installation};
use crate::{
    dockerfile::Keyword,
    ecosystems::{
        self, images,
        python::{
            self, pip,
            poetry::{Feature, missing, pythons},
        },
        version::Version,
    },
    project::change::{Alteration, Altered},
    run::{CallSite, Run},
    shell::{Invocation, Word},
    text::Refusal,
};

/// Checks that the image's Python can run a version of Poetry.
///
/// # Errors
/// Declines if it cannot, or if the version of the Python is unknown.
pub(super) fn can_run(installation: &Installation<'_>, version: &Version) -> Result<(), Refusal> {
    let (first, last) = pythons(version);
    let title = POETRY.title;
    let image = installation.run.state.image.as_deref().unwrap_or_default();
    let known = images::named(image);
    let Some(python) = known.python() else {
        // A tag without a minor version means the newest Python.
        if known.is_python() && last.is_none() {
            return Ok(());
        }
        let reason = format!(
            "it is not known whether the Python of the base image can run {title} {version}"
        );
        return Err(Refusal::new("unknown-python", reason));
    };
    if python < first {
        let reason = format!("{title} {version} needs Python {first}, and {image} has {python}");
        return Err(Refusal::new("old-python", reason));
    }
    match last.filter(|it| python > *it) {
        None => Ok(()),
        Some(last) => {
            let reason = format!(
                "{title} {version} does not run on Python versions after {last}, and {image} has {python}"
            );
            Err(Refusal::new("new-python", reason))
        }
    }
}

/// Checks that nothing else in the file depends on the version or decides it: constraints, plugins, updates.
///
/// # Errors
/// Declines if something does.
pub(super) fn stands_alone(installation: &Installation<'_>) -> Result<(), Refusal> {
    let install = &installation.call.call;
    if pip::is_constrained(install, &installation.run.at(installation.call)) {
        let reason = format!("a constraints file of {} also determines the version", pip::TITLE);
        return Err(Refusal::new("constraints-file", reason));
    }
    for stage in installation.users() {
        let runs = installation.site.runs(stage, POETRY.programs);
        for run in runs.filter_map(|item| installation.site.run(stage, item).ok()) {
            let line = installation.site.line(run.item);
            for CallSite { call, .. } in run.calls() {
                if is_call(call) && POETRY.grammar.has(call, POETRY.grammar.update_self) {
                    let reason = format!("{line} updates {} after it was installed", POETRY.title);
                    return Err(Refusal::new("self-update", reason));
                }
                if let Some(plugin) = pinned_plugin(call) {
                    let reason = format!(
                        "{line} installs {plugin}, and it is not known which versions of {} that supports",
                        POETRY.title
                    );
                    return Err(Refusal::new("pinned-plugin", reason));
                }
                if let Some(plugin) = newest_plugin(call) {
                    let reason = format!(
                        "{line} installs the newest {plugin}, which may not work with that version of {}",
                        POETRY.title
                    );
                    return Err(Refusal::new("newest-plugin", reason));
                }
            }
        }
    }
    Ok(())
}

/// Returns true if a call is of Poetry.
fn is_call(call: &Invocation) -> bool {
    POETRY.has_program(&call.program)
}

/// Returns true if a call adds a plugin to Poetry by a command of its own.
fn adds_plugin(call: &Invocation) -> bool {
    is_call(call) && POETRY.grammar.has(call, POETRY.grammar.add_plugin)
}

/// A plugin or a part of Poetry for which a call names a version.
fn pinned_plugin(call: &Invocation) -> Option<&str> {
    let is_pinned = |text: &&str| {
        text.starts_with(POETRY.plugins) && text.contains(['=', '<', '>', '~', '@', '^'])
    };
    let adds = adds_plugin(call) || python::adds_named(call);
    call.texts().filter(|_| adds).find(is_pinned)
}

/// A plugin that `poetry self add` adds without a version. Poetry takes its newest release and fails if that
/// needs another Poetry; pip would look for a release that fits.
fn newest_plugin(call: &Invocation) -> Option<&str> {
    let adds = adds_plugin(call);
    call.texts().find(|it| adds && it.starts_with(POETRY.plugins))
}

/// The edits that replace flags of Poetry's calls that its version no longer has.
///
/// # Errors
/// Declines if a call needs another version.
pub(super) fn follow(
    installation: &Installation<'_>,
    evidence: &Evidence,
) -> Result<Altered, Refusal> {
    let (mut edits, mut alters) = (Vec::new(), Vec::new());
    for stage in installation.users() {
        for (item, _, instruction) in stage.instructions() {
            let text = installation.site.dockerfile.text(item);
            if !POETRY.programs.iter().any(|it| text.contains(it)) {
                continue;
            }
            let conflict = |word: &str| {
                let line = installation.site.line(item);
                let Evidence { version, source, .. } = evidence;
                format!("{source} says {version}, which has no `{word}` ({line})")
            };
            let mut loose = Vec::new();
            match (instruction.keyword, installation.site.run(stage, item)) {
                (Keyword::Run, Ok(run)) => {
                    let (replaced, altered) = follow_in(installation, &run, &evidence.version)
                        .map_err(|it| Refusal::new("version-conflict", conflict(it)))?;
                    edits.extend(replaced);
                    alters.extend(altered);
                    // Nested scripts are checked, but not edited.
                    let commands = run.script.commands().iter();
                    let within = commands.flat_map(|it| {
                        it.nested_script()
                            .into_iter()
                            .chain(it.words.iter().filter(|it| it.has_substitution()))
                    });
                    loose.extend(within.flat_map(|it| calls_in(&it.raw)));
                }
                (Keyword::Run | Keyword::Cmd | Keyword::Entrypoint | Keyword::Healthcheck, _) => {
                    loose.extend(calls_in(text));
                }
                _ => {}
            }
            for call in &loose {
                if let Some(feature) = lacks(installation, call, &evidence.version).first() {
                    return Err(Refusal::new("version-conflict", conflict(feature.name())));
                }
            }
        }
    }
    Ok((edits, alters))
}

/// The edits of one RUN.
///
/// # Errors
/// The word that the version does not have and that nothing can replace.
fn follow_in(
    installation: &Installation<'_>,
    run: &Run<'_>,
    version: &Version,
) -> Result<Altered, &'static str> {
    let (mut edits, mut alters) = (Vec::new(), Vec::new());
    for site in run.calls().iter().filter(|it| is_call(&it.call)) {
        let command = &run.script.commands()[site.command];
        for feature in lacks(installation, &expanded(run, site), version) {
            let name = feature.name();
            let instead = feature.instead().ok_or(name)?;
            let word = site.call.flags(&[name]).next().map(|it| it.word);
            // Only if the flag is written here and does not come from a variable.
            let word = word.filter(|it| command.words[*it].raw == name).ok_or(name)?;
            let edited = match instead {
                "" => run.script.remove_word(command, word),
                instead => run.script.replace_word(command, word, instead),
            };
            edits.extend(edited.ok_or(name)?);
            alters.push(Alteration::Pipeline(command.pipeline.clone()));
        }
    }
    Ok((edits, alters))
}

/// A call with the values of variables that expand to several words or come from build arguments.
fn expanded(run: &Run<'_>, site: &CallSite) -> Invocation {
    let mut call = site.call.clone();
    let words = &run.script.commands()[site.command].words;
    for argument in site.call.arguments.iter().filter(|it| it.text.is_none()) {
        let names = words.get(argument.word).map(Word::variables).unwrap_or_default();
        let values = names.iter().filter_map(|it| run.state.variable(it));
        for text in values.flat_map(str::split_whitespace) {
            let mut argument = argument.clone();
            argument.text = Some(text.to_owned());
            call.arguments.push(argument);
        }
    }
    call
}

/// The features that a call uses and that neither the version nor a plugin in the file has.
fn lacks(
    installation: &Installation<'_>,
    call: &Invocation,
    version: &Version,
) -> Vec<&'static Feature> {
    let source = &installation.site.dockerfile.source;
    let has_plugin = |name: &str| source.contains(&format!("{}plugin-{name}", POETRY.plugins));
    missing(call, version).filter(|it| !has_plugin(it.name())).collect()
}

/// The calls of Poetry in a text that is not parsed as shell: exec form, here-documents, quoted scripts.
fn calls_in(text: &str) -> Vec<Invocation> {
    let text = text.replace(|it| "\"'[](),`$".contains(it), " ");
    let mut calls = Vec::new();
    for part in text.split(['\n', ';', '&', '|']) {
        let words: Vec<&str> = part.split_whitespace().collect();
        let is_program =
            |word: &&str| word.rsplit('/').next().is_some_and(|it| POETRY.has_program(it));
        let Some(at) = words.iter().position(is_program) else { continue };
        let words: Vec<_> = words[at..].iter().map(|it| Some((*it).to_owned())).collect();
        calls.extend(ecosystems::invocation(&words).filter(is_call));
    }
    calls
}
