//! Two containers of an image, before and after, compared: what the new one cannot do.

use std::collections::{BTreeMap, BTreeSet};

use super::log;
use crate::{
    text::{
        ImagePath,
        count::{counted, listed},
    },
    verify::{
        builder::{Deed, State},
        contents::{Ground, Obstacle, User},
    },
};

/// What was seen of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Observed {
    /// Its state at the end.
    pub(super) state: State,
    /// Its log.
    pub(super) log: String,
    /// What became of paths, also on volumes.
    pub(super) changes: BTreeMap<ImagePath, Deed>,
}

/// Where the new container runs, and as whom.
pub(super) struct Setting<'a> {
    /// Its file system.
    pub(super) ground: Ground<'a>,
    /// Its user.
    pub(super) user: &'a User,
    /// The home directories, before and after.
    pub(super) homes: [ImagePath; 2],
    /// What is mounted to be read only.
    pub(super) read_only: &'a [ImagePath],
    /// The seconds that both had.
    pub(super) seconds: u64,
}

/// The differences between two containers, each a sentence without a full stop.
pub(super) fn differences([before, after]: [&Observed; 2], setting: &Setting<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let cause = log::last(&after.log).map(|it| format!(": {it}")).unwrap_or_default();
    let seconds = counted(usize::try_from(setting.seconds).unwrap_or(usize::MAX), "second");
    let end = match (&before.state, &after.state) {
        (old, new) if old == new => None,
        // Neither says anything about what the image does.
        (State::Refused(_) | State::OutOfMemory, _) | (_, State::OutOfMemory) => None,
        (_, State::Refused(why)) => Some(format!("it does not start any more: {why}")),
        (State::Running, State::Exited(code)) => {
            Some(format!("it ends with exit code {code}, and keeps running today{cause}"))
        }
        (State::Exited(code), State::Running) => {
            Some(format!("it still runs after {seconds}, and ends with exit code {code} today"))
        }
        (State::Exited(old), State::Exited(new)) => {
            Some(format!("it ends with exit code {new}, and with {old} today{cause}"))
        }
        (State::Running, State::Running) => None,
    };
    found.extend(end);
    let said = found.join("\n");
    let denied = log::new_denials(&before.log, &after.log);
    found.extend(
        denied.iter().filter(|it| !said.contains(*it)).take(3).map(|it| format!("new error: {it}")),
    );
    found.extend(unwritable(before, after, setting));
    found
}

/// The paths that the old container wrote, the new one did not, and cannot.
fn unwritable(before: &Observed, after: &Observed, setting: &Setting<'_>) -> Vec<String> {
    let Setting { ground, user, homes: [home, new_home], .. } = setting;
    let mut kept: BTreeMap<Obstacle, BTreeSet<&ImagePath>> = BTreeMap::new();
    for (path, deed) in &before.changes {
        let is_read_only = setting.read_only.iter().any(|it| path.is_within(it));
        if is_read_only || is_nothing(path) || leads_on(path, *deed, &before.changes) {
            continue;
        }
        // What a user keeps at home goes to the other one's.
        let moved = path.strip_prefix(home).filter(|_| !home.is_root());
        let to = moved.map_or_else(|| path.clone(), |it| new_home.join(it));
        if after.changes.contains_key(&to) {
            continue;
        }
        if let Some(it) = ground.obstacle(&to, *deed == Deed::Removed, user) {
            kept.entry(it).or_default().insert(path);
        }
    }
    let sentence = |(obstacle, paths): (Obstacle, BTreeSet<&ImagePath>)| {
        let all: Vec<&ImagePath> = outermost(&paths);
        let shown: Vec<&str> = all.iter().take(3).map(|it| it.as_str()).collect();
        let more = all.len() - shown.len();
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        let owner = ground.image.user_name(obstacle.owner.0);
        format!(
            "it writes {}{more} today, and the user {} cannot: {} belongs to {owner}, mode {:o}",
            if more.is_empty() { listed(&shown) } else { shown.join(", ") },
            user.name,
            obstacle.path,
            obstacle.mode
        )
    };
    kept.into_iter().map(sentence).collect()
}

/// Paths without those that lie in others of them.
fn outermost<'a>(paths: &BTreeSet<&'a ImagePath>) -> Vec<&'a ImagePath> {
    let lies_in = |it: &ImagePath| it.ancestors().skip(1).any(|it| paths.contains(&it));
    paths.iter().copied().filter(|it| !lies_in(it)).collect()
}

/// Returns true for a folder that changed because of what was made or removed in it.
fn leads_on(path: &ImagePath, deed: Deed, changes: &BTreeMap<ImagePath, Deed>) -> bool {
    let inside = changes.range::<ImagePath, _>(path..).skip(1);
    let inside = inside.take_while(|it| it.0.as_str().starts_with(path.as_str()));
    deed == Deed::Changed && { inside }.any(|it| path.is_root() || it.0.is_within(path))
}

/// Returns true for what no program misses: Python writes compiled modules where it can, and else does without
/// (<https://docs.python.org/3/reference/import.html#cached-bytecode-invalidation>); and what engines make
/// themselves.
fn is_nothing(path: &ImagePath) -> bool {
    path.as_str().split('/').any(|it| it == "__pycache__")
        || path.is_within_fixed(&["/dev", "/proc", "/sys"])
}
