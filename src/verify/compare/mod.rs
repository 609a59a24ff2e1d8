//! Two images, compared: what a rewrite says that it alters is explained, all else is a difference.

mod config;
mod distributions;
mod files;
mod libraries;
mod packages;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use super::{
    command::{self, Given},
    config::Config,
    contents::Contents,
};
use crate::{
    dockerfile::Keyword,
    ecosystems::clutter::Class,
    engine::blueprint::named_caches,
    text::{ImagePath, count::counted},
};

/// The declared alterations of a rewrite that can be seen in an image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declared {
    /// The environment variables.
    pub env: BTreeSet<String>,
    /// The instructions whose configuration changes: `USER`, `CMD`.
    pub config: BTreeSet<Keyword>,
    /// The folder of the virtual environment that packages are in from now on: what only builds is gone.
    pub environment: Option<ImagePath>,
    /// True if caches are mounted during the build, so that package managers' caches are gone.
    pub caches: bool,
    /// Python distributions that are installed in another version, as a pin asks for, normalised: their
    /// requirements may be others, too.
    pub pinned: BTreeSet<String>,
    /// Paths that are not the same in two builds of the same Dockerfile.
    pub unstable: BTreeSet<ImagePath>,
    /// The files of the build context that are no longer sent.
    pub unsent: Unsent,
    /// The commands that callers start containers with, before and after.
    pub given: Vec<Given>,
}

/// Files of the build context that a rewrite keeps from the builder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unsent {
    /// The kinds of clutter that they are of.
    pub classes: BTreeSet<Class>,
    /// Patterns of an ignore file.
    pub asked_for: BTreeSet<String>,
}

/// The comparison of two images.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Unexplained differences, each a sentence without a full stop. Any is a reason for doubt.
    pub differences: Vec<String>,
    /// The number of Python distributions that are the same in both.
    pub distributions: usize,
    /// Files that are gone for a reason.
    pub missing: Vec<Missing>,
    /// Remarks, each a sentence without a full stop.
    pub notes: Vec<String>,
}

/// Files that are gone for one reason.
#[derive(
    Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
pub struct Missing {
    /// The reason: reads after `12 files`.
    pub reason: String,
    /// Their number.
    pub files: usize,
    /// The first of them.
    pub examples: Vec<String>,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", counted(self.files, "file"), self.reason)
    }
}

/// An image: its configuration, and what is in it.
pub type Image<'a> = (&'a Config, &'a Contents);

/// The image of a build before a rewrite and that of the build after it, and what the rewrite declares.
#[derive(Clone, Copy)]
struct Pair<'a> {
    before: Image<'a>,
    after: Image<'a>,
    declared: &'a Declared,
}

/// Compares the image of a build before a rewrite with that of the build after it.
pub fn compare(before: Image<'_>, after: Image<'_>, declared: &Declared) -> Comparison {
    let pair = Pair { before, after, declared };
    let mut comparison = Comparison::default();
    config::compare(pair, &mut comparison);
    commands(pair, &mut comparison);
    let distributions = distributions::compare(pair, &mut comparison);
    let packages = packages::compare(pair, &mut comparison);
    libraries::compare(pair, &mut comparison);
    let user = after.1.user(&after.0.user);
    let caches = named_caches(|it| before.0.env.get(it).map(String::as_str));
    let caches = caches.filter_map(|it| ImagePath::new(&it)).collect();
    let (before, after) = (before.1, after.1);
    let reasons = files::Reasons { before, after, user, caches, declared, distributions, packages };
    reasons.compare(&mut comparison);
    comparison
}

/// Programs that are started and are not there.
fn commands(Pair { before, after, declared }: Pair<'_>, comparison: &mut Comparison) {
    let given = &declared.given;
    let old = command::started(before.0, before.1, given);
    let known: BTreeMap<&str, bool> =
        old.iter().map(|it| (it.program.as_str(), it.found.is_ok())).collect();
    let mut said = BTreeSet::new();
    for it in command::started(after.0, after.1, given) {
        // A word that was not a program before cannot have been lost.
        if let Err(why) = &it.found
            && known.get(it.program.as_str()) != Some(&false)
            && said.insert(it.program.clone())
        {
            comparison.differences.push(format!("{} starts {}, which {why}", it.by, it.program));
        }
    }
}

/// The first few of a list, and that there are more.
fn some<T: fmt::Display>(all: impl IntoIterator<Item = T>, most: usize) -> String {
    let all: Vec<String> = all.into_iter().map(|it| it.to_string()).collect();
    let more = if all.len() > most { ", …" } else { "" };
    format!("{}{more}", all[..all.len().min(most)].join(", "))
}
