//! Rewrites installers so that they install a given version.

use super::{Options, POETRY, installation::Installation, installer::Way};
use crate::{
    dockerfile::{Instruction, Keyword, instruction::Pair, variables::mentions},
    ecosystems::{
        Installer, Setting, images,
        python::{pip, poetry::full},
        version::Version,
    },
    project::change::{Alteration, Altered},
    text::{Edit, Refusal},
};

/// Makes an installer install a version.
///
/// # Errors
/// Declines if there is no safe way to rewrite it.
pub(super) fn pin(
    installation: &Installation<'_>,
    options: &Options,
    version: &Version,
) -> Result<Altered, Refusal> {
    let (run, command) = (installation.run, installation.command());
    let mut edits = Vec::new();
    let mut alters = vec![Alteration::Pipeline(command.pipeline.clone())];
    let (name, package) = (POETRY.version_variable(), POETRY.package());
    let is_declared = run.state.sets(name);
    let has_value = run.state.variable(name) == Some(&version.to_string());
    let adds_argument = options.renovate && !is_declared;
    if adds_argument {
        let lines =
            format!("# renovate: datasource=pypi depName={package}\nARG {name}={}", full(version));
        edits.push(installation.site.dockerfile.insert_before(run.item, &lines));
        alters.push(Alteration::Argument(name.to_owned()));
    }
    let by_variable = adds_argument || (has_value && !run.script.assigns(name));
    let version = if by_variable { format!("${{{name}}}") } else { full(version) };
    let unwritable = || Refusal::new("unknown-installer", "the installer cannot be rewritten here");
    match &installation.way {
        Way::Package { word, name, .. } => {
            let quote = command.words[*word].raw.chars().next();
            let quote = match quote.filter(|it| matches!(it, '"' | '\'')) {
                // The shell expands nothing between single quotes.
                Some(quote) if quote == '"' || !by_variable => quote.to_string(),
                _ if by_variable => "\"".to_owned(),
                _ => String::new(),
            };
            let text = format!("{quote}{name}=={version}{quote}");
            let pinned = run.script.replace_word(command, *word, &text);
            edits.extend(pinned.ok_or_else(unwritable)?);
        }
        Way::Script { installer, takes_options } => {
            let option = installer.options.last().ok_or_else(unwritable)?;
            let words = ["-", option, &version];
            let words = if *takes_options { &words[1..] } else { &words };
            edits.push(run.script.append_words(command, words).ok_or_else(unwritable)?);
        }
        Way::DeadScript { installer, .. } => {
            has_pip(installation)?;
            let quote = if by_variable { "\"" } else { "" };
            let text = format!("{} install {quote}{package}=={version}{quote}", pip::NAME);
            edits.push(Edit::replace(command.pipeline.clone(), text));
            let (removed, alters_path) = without_path(installation, installer)?;
            edits.extend(removed);
            alters.extend(alters_path);
        }
        Way::Pinned | Way::Unpinnable(_) => {
            return Err(unwritable());
        }
    }
    Ok((edits, alters))
}

/// Checks that `pip install` puts commands on every PATH. It does so for root, unless the Python is a
/// distribution's, whose pip may refuse.
fn has_pip(installation: &Installation<'_>) -> Result<(), Refusal> {
    if !installation.run.state.image.as_deref().is_some_and(|it| images::named(it).has_pip()) {
        return Err(Refusal::new(
            "dead-installer",
            format!(
                "it is not known whether the image has a {} that can install it instead",
                pip::TITLE
            ),
        ));
    }
    if installation.run.state.is_root() != Some(true) {
        return Err(Refusal::new(
            "dead-installer",
            format!("it is not installed by root, so {} would put it elsewhere", pip::TITLE),
        ));
    }
    Ok(())
}

/// Removes the PATH entries for the folder of an installer script.
fn without_path(
    installation: &Installation<'_>,
    installer: &Installer,
) -> Result<Altered, Refusal> {
    let (mut edits, mut alters) = (Vec::new(), Vec::new());
    // The command itself may be told where: `POETRY_HOME=/opt/poetry python`.
    let folder = match installation
        .run
        .at(installation.call)
        .variable(&installation.call.call, installer.home)
    {
        Setting::Known(it) => Some(it).filter(|it| !it.is_empty()),
        Setting::Unset => None,
        Setting::Unknown => {
            let reason =
                format!("the folder in {}, which it creates, is not known", installer.home);
            return Err(Refusal::new("dead-installer", reason));
        }
    };
    let heirs: Vec<usize> =
        installation.site.heirs(installation.stage).map(|it| it.index).collect();
    for stage in &installation.site.stages {
        let is_heir = heirs.contains(&stage.index);
        for (item, _, instruction) in stage.instructions() {
            let mut text = instruction.logical.text.clone();
            if item == installation.run.item {
                text = text
                    .replace(installation.run.text(installation.command().pipeline.clone()), "");
            }
            // Other stages do not have the folder, but may copy it.
            let may_have_it = is_heir || instruction.copy().is_some_and(|it| it.from.is_some());
            let names = names_folder(installer, &text)
                || folder.as_ref().is_some_and(|it| text.contains(it.as_str()));
            if !may_have_it || !names {
                continue;
            }
            let removable = instruction.pairs().iter().find(|it| {
                instruction.keyword == Keyword::Env
                    && only_adds_folder(installer, it)
                    && is_alone(installer, instruction, it)
            });
            let edit =
                removable.and_then(|it| installation.site.dockerfile.remove_pair(item, &it.name));
            let reason =
                format!("{} uses the folder that it creates", installation.site.line(item));
            edits.push(edit.ok_or_else(|| Refusal::new("dead-installer", reason))?);
            alters.push(Alteration::Env("PATH".to_owned()));
        }
    }
    Ok((edits, alters))
}

/// Returns true if a text names the folder that an installer script makes.
fn names_folder(installer: &Installer, text: &str) -> bool {
    let folder = installer.programs.split('/').next().unwrap_or_default();
    text.contains(&format!("/{folder}"))
        || mentions(text, installer.home)
        || text.contains(&format!("{}=", installer.home))
}

/// Returns true if a variable is a PATH that adds nothing but the folder of an installer script.
fn only_adds_folder(installer: &Installer, pair: &Pair) -> bool {
    let value = pair.value.as_deref().unwrap_or_default().trim_matches(['"', '\'']);
    let is_known =
        |entry: &str| entry.ends_with(installer.programs) || matches!(entry, "$PATH" | "${PATH}");
    pair.name == "PATH" && value.contains(installer.programs) && value.split(':').all(is_known)
}

/// Returns true if no other variable of the instruction names the folder of an installer script.
fn is_alone(installer: &Installer, instruction: &Instruction, pair: &Pair) -> bool {
    let mut others = instruction.pairs().iter().filter(|it| it.name != pair.name);
    others.all(|it| {
        it.name != installer.home
            && !names_folder(installer, it.value.as_deref().unwrap_or_default())
    })
}
