//! Installers rewritten so that they install one version.

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
/// A decline's code and reason, when there is no safe way.
pub(super) fn pin(
    it: &Installation<'_>,
    options: &Options,
    version: &Version,
) -> Result<Altered, Refusal> {
    let (run, command) = (it.run, it.command());
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
        edits.push(it.site.dockerfile.insert_before(run.item, &lines));
        alters.push(Alteration::Argument("POETRY_VERSION".to_owned()));
    }
    let variable = variable || (options.renovate && !declared);
    let version = if variable { "${POETRY_VERSION}".to_owned() } else { full(version) };
    let unwritable = || Refusal::new("unknown-installer", "the installer cannot be rewritten here");
    match &it.installer {
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
            has_pip(it)?;
            let quote = if variable { "\"" } else { "" };
            let text = format!("pip install {quote}poetry=={version}{quote}");
            edits.push(Edit::replace(command.pipeline.clone(), text));
            let (more, environment) = without_path(it)?;
            edits.extend(more);
            alters.extend(environment);
        }
        Installer::Pinned | Installer::Unpinnable(_) => {
            return Err(unwritable());
        }
    }
    Ok((edits, alters))
}

/// Whether `pip install` puts a command where every PATH leads: as root, and not with a distribution's
/// Python, which may refuse it.
fn has_pip(it: &Installation<'_>) -> Result<(), Refusal> {
    if !it.run.state.image.as_deref().is_some_and(|it| images::named(it).has_pip()) {
        return Err(Refusal::new(
            "dead-installer",
            "it is not known whether the image has a pip that can install it instead",
        ));
    }
    if it.run.state.is_root() != Some(true) {
        return Err(Refusal::new(
            "dead-installer",
            "it is not root who installs it, so pip would put it elsewhere",
        ));
    }
    if it.call.call.has(&["--preview", "-p", "--file"]) {
        return Err(Refusal::new(
            "dead-installer",
            "it is asked for a version that is not a release",
        ));
    }
    Ok(())
}

/// Takes out the PATH entries that served the dead installer script.
fn without_path(it: &Installation<'_>) -> Result<Altered, Refusal> {
    let (mut edits, mut alters) = (Vec::new(), Vec::new());
    let heirs: Vec<usize> = it.site.heirs(it.stage).map(|it| it.index).collect();
    for stage in &it.site.stages {
        let is_heir = heirs.contains(&stage.index);
        for (item, entry, instruction) in stage.instructions() {
            let mut text = instruction.logical.text.clone();
            if item == it.run.item {
                text = text.replace(it.run.text(it.command().pipeline.clone()), "");
            }
            // Other stages have folders of their own, but may copy this one.
            let concerned = is_heir || instruction.copy().is_some_and(|it| it.from.is_some());
            if !concerned || !names_folder(&text) {
                continue;
            }
            let served = instruction.pairs().into_iter().find(|it| {
                instruction.keyword == Keyword::Env && only_serves(it) && is_only(instruction, it)
            });
            let edit = served.and_then(|pair| it.site.dockerfile.remove_pair(item, &pair.name));
            let reason = format!("line {} uses the folder that it made", entry.lines.0);
            edits.push(edit.ok_or_else(|| Refusal::new("dead-installer", reason))?);
            alters.push(Alteration::Env("PATH".to_owned()));
        }
    }
    Ok((edits, alters))
}

/// Whether a text names the folder of the dead script.
fn names_folder(text: &str) -> bool {
    text.contains("/.poetry") || mentions(text, "POETRY_HOME") || text.contains("POETRY_HOME=")
}

/// Whether a variable is a PATH that leads to that folder and is the old one otherwise.
fn only_serves(it: &Pair) -> bool {
    let value = it.value.as_deref().unwrap_or_default().trim_matches(['"', '\'']);
    let mut entries = value.split(':');
    let known = |it: &str| it.ends_with(".poetry/bin") || matches!(it, "$PATH" | "${PATH}");
    it.name == "PATH" && value.contains(".poetry/bin") && entries.all(known)
}

/// Whether no other variable of the instruction names the folder.
fn is_only(instruction: &Instruction, pair: &Pair) -> bool {
    let mut others = instruction.pairs().into_iter().filter(|it| it.name != pair.name);
    others.all(|it| {
        it.name != "POETRY_HOME" && !names_folder(it.value.as_deref().unwrap_or_default())
    })
}
