//! What a text seems to do before anybody reads it, or if nobody can.

use std::{mem, sync::LazyLock};

use aho_corasick::AhoCorasick;

use super::{MANAGERS, Manager, files, of_program};
use crate::text::{Memo, folder_and_name, is_name_at};

/// Finds the programs of all managers, and the manager of each.
static PROGRAMS: LazyLock<Option<(AhoCorasick, Vec<&Manager>)>> = LazyLock::new(|| {
    let programs = MANAGERS.iter().flat_map(|of| of.programs.iter().map(move |it| (*it, of)));
    let (programs, managers): (Vec<_>, Vec<_>) = programs.unzip();
    Some((AhoCorasick::new(programs).ok()?, managers))
});

/// The managers whose programs a text has, be it in other words, but for names of two letters; all if that cannot
/// be found out.
pub fn mentioned(text: &str) -> Vec<&'static Manager> {
    let Some((programs, of)) = &*PROGRAMS else { return MANAGERS.iter().collect() };
    let mut found: Vec<&Manager> = Vec::new();
    let matches = programs.find_overlapping_iter(text);
    for it in matches.filter(|it| is_name_at(text, it.start()..it.end())) {
        let manager = of[it.pattern().as_usize()];
        if !found.iter().any(|it| it.name == manager.name) {
            found.push(manager);
        }
    }
    found
}

/// The managers that a text [mentions](mentioned), found once for the facts about it.
pub fn mentioned_once<'m>(facts: &'m Memo, text: &str) -> &'m [&'static Manager] {
    let Mentioned(managers) = facts.get(|| Mentioned(mentioned(text)));
    managers
}

/// What a text mentions, once it was asked for.
struct Mentioned(Vec<&'static Manager>);

/// Whether a text that cannot be read as shell seems to install packages.
pub fn seems_to_install(text: &str) -> bool {
    seeming_installs(text).next().is_some()
}

/// Whether a text that cannot be read as shell seems to install from manifests of one of these managers: some
/// are given names of packages as well as files.
pub fn seems_to_install_from_manifests(text: &str, of: impl Fn(&'static Manager) -> bool) -> bool {
    let names_files = |manager: &Manager| {
        words(text).any(|word| {
            let name = folder_and_name(word).1;
            manager.grammar.manifest_options.iter().any(|it| word.starts_with(it))
                || files::reads(manager, name)
        })
    };
    let takes_packages =
        |manager: &Manager, verb| manager.grammar.apart.iter().any(|it| it.words == verb);
    // Most RUNs of a file call none of them.
    if !mentioned(text).into_iter().any(&of) {
        return false;
    }
    // A RUN may call one manager many times.
    let mut looked: Vec<&str> = Vec::new();
    seeming_installs(text).filter(|it| of(it.0)).any(|(manager, verb)| {
        if !takes_packages(manager, verb) {
            return true;
        }
        let is_first = !looked.contains(&manager.name);
        looked.push(manager.name);
        is_first && names_files(manager)
    })
}

/// The managers that seem to install packages in a text, each with the first word of its verb.
fn seeming_installs(text: &str) -> impl Iterator<Item = (&'static Manager, &str)> {
    let mut program = "";
    words(text).filter_map(move |word| {
        let name = folder_and_name(mem::replace(&mut program, word)).1;
        let name = name.trim_end_matches(|it: char| it.is_ascii_digit() || it == '.');
        let manager = of_program(name)?;
        let mut verbs = manager.grammar.install.iter();
        let installs = verbs.any(|verb| verb.words.split(' ').next() == Some(word));
        installs.then_some((manager, word))
    })
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    let ends = |it: char| !it.is_alphanumeric() && !matches!(it, '-' | '_' | '.' | '/');
    let parts = text.split(ends);
    parts.filter(|it| !it.is_empty())
}
