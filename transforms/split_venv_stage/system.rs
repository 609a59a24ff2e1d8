//! What a RUN leaves to do when the packages come from a builder: the system's packages without those that
//! only build, and every command that is no package manager's.

use super::role::Role;
use crate::{
    ecosystems::system::{self, What, apt},
    run::{Run, parts::Part},
};

/// A RUN of the old stage, as the last stage runs it.
#[derive(Debug, Default)]
pub(super) struct Remains {
    /// Its text; `None` when nothing is left to do.
    pub(super) text: Option<String>,
    /// The packages that only the builder has.
    pub(super) gone: Vec<String>,
    /// What was put in the place of packages to build with.
    pub(super) instead: Vec<String>,
    /// The commands that are not in the text as they were.
    pub(super) altered: Vec<usize>,
    /// The commands that are not in the text at all.
    removed: Vec<usize>,
    /// Other words for the packages of a command.
    replaced: Vec<(usize, Vec<Replacement>)>,
    /// Whether nothing is left to do.
    is_idle: bool,
    /// Whether it upgrades packages of the system.
    upgrades: bool,
}

/// The words that stand in the place of the one at an index.
type Replacement = (usize, Vec<String>);

impl Remains {
    fn is_idle_with(&self, roles: &[Role]) -> bool {
        let does = |it: &usize| !self.removed.contains(it) && !roles[*it].is_beside();
        !(0..roles.len()).any(|it| does(&it)) && !self.upgrades
    }

    /// Leaves out these commands as well, which only the builder needs; `None` when the commands of the RUN cannot be
    /// told apart.
    pub(super) fn leave_out(
        &mut self,
        commands: &[usize],
        roles: &[Role],
        text: &str,
        escape: char,
    ) -> Option<()> {
        self.removed.extend(commands);
        self.removed.sort_unstable();
        self.altered.extend(commands);
        self.is_idle = self.is_idle_with(roles);
        self.text = None;
        self.write(text, escape)
    }

    /// Writes what is left to do; `None` when the commands of the RUN cannot be told apart.
    pub(super) fn write(&mut self, text: &str, escape: char) -> Option<()> {
        let mut part = Part::new(text, escape);
        for (command, words) in &self.replaced {
            part = part.replace(*command, words)?;
        }
        if self.is_idle {
            return Some(());
        }
        if !self.removed.is_empty() {
            part = part.without(&self.removed)?;
        }
        let after = part.into_text();
        self.text = Some(if after == text { after } else { without_comments(&after) });
        Some(())
    }
}

/// What a RUN leaves to do, not written yet, where `role` tells what a package of the system is to the
/// image.
pub(super) fn remains(
    run: &Run<'_>,
    roles: &[Role],
    text: &str,
    role: &dyn Fn(&str) -> apt::Role,
) -> Remains {
    let mut remains = Remains::default();
    let is_gone = |it: &usize| roles[*it].is_of_packages() || roles[*it] == Role::SystemRemove;
    let mut removed: Vec<usize> = (0..roles.len()).filter(is_gone).collect();
    // What its own RUN takes away again is only there for it.
    let taken = removed.iter().filter(|it| roles[**it] == Role::SystemRemove);
    let taken: Vec<String> = taken.flat_map(|it| self::removed(run, *it)).flatten().collect();
    let role = |it: &str| match taken.iter().any(|of| of == it) {
        true => apt::Role::BuildOnly,
        false => role(it),
    };
    for at in (0..roles.len()).filter(|it| roles[*it] == Role::SystemInstall) {
        let found = packages(run, at);
        let mut kept: Vec<String> = remains.instead.clone();
        let role = |it: &Option<String>| it.as_deref().map_or(apt::Role::Both, &role);
        let both = found.iter().filter(|it| role(&it.1) == apt::Role::Both);
        kept.extend(both.filter_map(|it| it.1.clone()));
        let mut left = 0;
        let mut edits: Vec<(usize, Vec<String>)> = Vec::new();
        for (word, package) in found {
            let instead = match role(&package) {
                apt::Role::Both => {
                    left += 1;
                    continue;
                }
                apt::Role::BuildOnly => Vec::new(),
                apt::Role::Runtime(it) => it,
            };
            remains.gone.extend(package);
            let new: Vec<String> = instead.into_iter().filter(|it| !kept.contains(it)).collect();
            left += new.len();
            kept.extend(new.iter().cloned());
            remains.instead.extend(new.iter().cloned());
            edits.push((word, new));
        }
        if left == 0 {
            removed.push(at);
            continue;
        }
        if !edits.is_empty() {
            remains.altered.push(at);
            remains.replaced.push((at, edits));
        }
    }
    // An upgrade is worth a RUN of its own.
    let upgrades = |it: &Role| *it == Role::SystemUpkeep;
    remains.upgrades =
        text.contains("upgrade") && roles.iter().any(upgrades) && !text.contains("--upgrade");
    remains.removed = removed;
    remains.is_idle = remains.is_idle_with(roles);
    if !remains.is_idle {
        remains.altered.extend(&remains.removed);
    }
    remains
}

/// The packages that an `apt-get install` names: where, and which, as far as that is known.
pub(super) fn packages(run: &Run<'_>, command: usize) -> Vec<(usize, Option<String>)> {
    let Some(site) = run.call_of(command) else { return Vec::new() };
    let Some(wanted) = system::wanted(&site.call) else { return Vec::new() };
    let package = |it: &system::Item<'_>| match it.what {
        What::Package { name, .. } => (it.word, Some(name.to_owned())),
        What::File(_) | What::Unknown => (it.word, None),
    };
    wanted.items.iter().map(package).collect()
}

/// The packages that an `apt-get remove` names; `None` for what is not known.
pub(super) fn removed(run: &Run<'_>, command: usize) -> Vec<Option<String>> {
    let site = run.call_of(command);
    let words = site.map(|it| it.call.positionals(&["-o", "--option"])).unwrap_or_default();
    words.into_iter().map(|it| it.text.clone()).collect()
}

/// The text of a RUN without its comments, which stay in the builder.
pub(super) fn without_comments(text: &str) -> String {
    let mut lines = text.split_inclusive('\n').enumerate();
    let kept = lines.by_ref().filter(|(at, it)| *at == 0 || !it.trim_start().starts_with('#'));
    kept.map(|it| it.1).collect()
}
