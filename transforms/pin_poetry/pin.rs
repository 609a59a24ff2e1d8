//! Rewrites installers so that they install a given version.

use super::Options;
use super::{installation::Installation, installer::Installer};
use crate::ecosystems::python::poetry::full;
use crate::{
    dockerfile::{Instruction, Keyword, instruction::Pair, variables::mentions},
    ecosystems::{images, version::Version},
    project::change::{Alteration, Altered},
    text::{Edit, Refusal},
};

/// Makes an installer install a version.
///
/// # Errors
/// A decline's code and reason if there is no safe way.
pub(super) fn pin(
    installation: &Installation<'_>,
    options: &Options,
    version: &Version,
) -> Result<Altered, Refusal> {
    let (run, command) = (installation.run, installation.command());
    let mut edits = Vec::new();
    let mut alters = vec![Alteration::Pipeline(command.pipeline.clone())];
    let declared = run.state.sets("POETRY_VERSION");
    let variable = run.state.variable("POETRY_VERSION") == Some(&version.to_string())
        && !run.script.assigns("POETRY_VERSION");
    if options.renovate && !declared {
        let lines = format!(
            "# renovate: datasource=pypi depName=poetry\nARG POETRY_VERSION={}",
            full(version)
        );
        edits.push(installation.site.dockerfile.insert_before(run.item, &lines));
        alters.push(Alteration::Argument("POETRY_VERSION".to_owned()));
    }
    let variable = variable || (options.renovate && !declared);
    let version = if variable { "${POETRY_VERSION}".to_owned() } else { full(version) };
    let unwritable = || Refusal::new("unknown-installer", "the installer cannot be rewritten here");
    match &installation.installer {
        Installer::Package { word, name, .. } => {
            let quote = command.words[*word].raw.chars().next();
            let quote = match quote.filter(|it| matches!(it, '"' | '\'')) {
                // The shell expands nothing between single quotes.
                Some(quote) if quote == '"' || !variable => quote.to_string(),
                _ if variable => "\"".to_owned(),
                _ => String::new(),
            };
            let text = format!("{quote}{name}=={version}{quote}");
            let pinned = run.script.replace_word(command, *word, &text);
            edits.extend(pinned.ok_or_else(unwritable)?);
        }
        Installer::Script { takes_options } => {
            let words = ["-", "--version", &version];
            let words = if *takes_options { &words[1..] } else { &words };
            edits.push(run.script.append_words(command, words).ok_or_else(unwritable)?);
        }
        Installer::DeadScript(_) => {
            has_pip(installation)?;
            let quote = if variable { "\"" } else { "" };
            let text = format!("pip install {quote}poetry=={version}{quote}");
            edits.push(Edit::replace(command.pipeline.clone(), text));
            let (more, environment) = without_path(installation)?;
            edits.extend(more);
            alters.extend(environment);
        }
        Installer::Pinned | Installer::Unpinnable(_) => {
            return Err(unwritable());
        }
    }
    Ok((edits, alters))
}

/// Checks that `pip install` puts commands on every PATH: it does so for root, unless the Python is a
/// distribution's, which may refuse.
fn has_pip(installation: &Installation<'_>) -> Result<(), Refusal> {
    if !installation.run.state.image.as_deref().is_some_and(|it| images::named(it).has_pip()) {
        return Err(Refusal::new(
            "dead-installer",
            "it is not known whether the image has a pip that can install it instead",
        ));
    }
    if installation.run.state.is_root() != Some(true) {
        return Err(Refusal::new(
            "dead-installer",
            "it is not installed by root, so pip would put it elsewhere",
        ));
    }
    if installation.call.call.has(&["--preview", "-p", "--file"]) {
        return Err(Refusal::new(
            "dead-installer",
            "it is asked for a version that is not a release",
        ));
    }
    Ok(())
}

/// Removes the PATH entries for the folder of `get-poetry.py`.
fn without_path(installation: &Installation<'_>) -> Result<Altered, Refusal> {
    let (mut edits, mut alters) = (Vec::new(), Vec::new());
    let heirs: Vec<usize> =
        installation.site.heirs(installation.stage).map(|it| it.index).collect();
    for stage in &installation.site.stages {
        let is_heir = heirs.contains(&stage.index);
        for (item, entry, instruction) in stage.instructions() {
            let mut text = instruction.logical.text.clone();
            if item == installation.run.item {
                text = text
                    .replace(installation.run.text(installation.command().pipeline.clone()), "");
            }
            // Other stages do not have the folder, but may copy it.
            let concerned = is_heir || instruction.copy().is_some_and(|it| it.from.is_some());
            if !concerned || !names_folder(&text) {
                continue;
            }
            let served = instruction.pairs().into_iter().find(|it| {
                instruction.keyword == Keyword::Env && only_serves(it) && is_only(instruction, it)
            });
            let edit =
                served.and_then(|pair| installation.site.dockerfile.remove_pair(item, &pair.name));
            let reason = format!("line {} uses the folder that it creates", entry.lines.0);
            edits.push(edit.ok_or_else(|| Refusal::new("dead-installer", reason))?);
            alters.push(Alteration::Env("PATH".to_owned()));
        }
    }
    Ok((edits, alters))
}

/// Returns true if a text names the folder of `get-poetry.py`.
fn names_folder(text: &str) -> bool {
    text.contains("/.poetry") || mentions(text, "POETRY_HOME") || text.contains("POETRY_HOME=")
}

/// Returns true if a variable is a PATH that only adds that folder.
fn only_serves(pair: &Pair) -> bool {
    let value = pair.value.as_deref().unwrap_or_default().trim_matches(['"', '\'']);
    let mut entries = value.split(':');
    let known = |it: &str| it.ends_with(".poetry/bin") || matches!(it, "$PATH" | "${PATH}");
    pair.name == "PATH" && value.contains(".poetry/bin") && entries.all(known)
}

/// Returns true if no other variable of the instruction names the folder.
fn is_only(instruction: &Instruction, pair: &Pair) -> bool {
    let mut others = instruction.pairs().into_iter().filter(|it| it.name != pair.name);
    others.all(|it| {
        it.name != "POETRY_HOME" && !names_folder(it.value.as_deref().unwrap_or_default())
    })
}
