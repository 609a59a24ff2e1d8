//! What a stage is built on, and whether it looks like one to split.

use crate::{
    dockerfile::{
        Dockerfile, Kind,
        stage::{Base, Stage},
    },
    ecosystems,
    run::Site,
    text::words,
};

/// The image that a stage is built on, as written when a variable in it has no value.
pub(super) fn image_of<'s>(stage: &'s Stage<'_>) -> &'s str {
    match &stage.base {
        Base::Image(it) | Base::Unknown(it) => it,
        Base::Stage(_) => "",
    }
}

/// Whether a stage that has what cannot be read seems to install with tools that it keeps.
pub(super) fn seems_target(site: &Site<'_>, stage: &Stage<'_>, item: usize) -> bool {
    let text = site.dockerfile.text(item);
    let whole = site.dockerfile.text_of(stage.from..stage.end);
    let compiles = ["build-essential", "gcc", "g++", "-dev"].iter().any(|it| whole.contains(it));
    (ecosystems::seems_to_install(text) || ecosystems::seems_to_install(whole))
        && (compiles || words(whole).any(is_tool))
}

/// Whether a word calls a tool that packages are installed with.
fn is_tool(word: &str) -> bool {
    let name = word.rsplit('/').next().unwrap_or_default();
    ecosystems::tools().any(|it| it.has_program(name))
}

/// The text of an item as an instruction of a file of its own, for edits made one after another.
pub(super) fn alone(text: &str, escape: char) -> Dockerfile {
    let head = if escape == '`' { "# escape=`\n" } else { "" };
    Dockerfile::parse(format!("{head}{text}"))
}

/// The script of a RUN of this text, as written after its flags.
pub(super) fn script_of(text: &str, escape: char) -> String {
    let file = alone(text, escape);
    let run = file.items.iter().find_map(|it| match &it.kind {
        Kind::Instruction(it) => Some(it.text().to_owned()),
        _ => None,
    });
    run.unwrap_or_default()
}
