//! The configurations of two images.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound::{self, Unbounded},
};

use super::{Comparison, Declared, Pair};
use crate::{
    dockerfile::Keyword,
    text::ImagePath,
    verify::{config::Config, contents::Kind},
};

/// Compares all but what is declared.
pub(super) fn compare(pair: Pair<'_>, comparison: &mut Comparison) {
    let Pair { before, after, declared } = pair;
    let (old, new) = (before.0, after.0);
    let mut field = |keyword: Keyword, old: String, new: String| {
        if old == new {
            return;
        }
        let text = format!("{} is {new} instead of {old}", keyword.as_str());
        match declared.config.contains(&keyword) {
            true => comparison.notes.push(text),
            false => comparison.differences.push(text),
        }
    };
    let or_nothing = |it: &str| if it.is_empty() { "nothing".to_owned() } else { it.to_owned() };
    let words = |it: &Option<Vec<String>>| match it {
        Some(words) if !words.is_empty() => {
            serde_json::to_string(words).unwrap_or_default().replace("\",\"", "\", \"")
        }
        _ => "nothing".to_owned(),
    };
    let user = |it: &str| if it.is_empty() { "root".to_owned() } else { it.to_owned() };
    field(Keyword::User, user(&old.user), user(&new.user));
    field(Keyword::Entrypoint, words(&old.entrypoint), words(&new.entrypoint));
    field(Keyword::Cmd, words(&old.cmd), words(&new.cmd));
    field(Keyword::Workdir, old.workdir.to_string(), new.workdir.to_string());
    let listed =
        |it: &BTreeSet<String>| or_nothing(&it.iter().cloned().collect::<Vec<_>>().join(" "));
    field(Keyword::Expose, listed(&old.exposed), listed(&new.exposed));
    field(Keyword::Volume, listed(&old.volumes), listed(&new.volumes));
    let json = |it: &Option<serde_json::Value>| {
        it.as_ref().map_or_else(|| "nothing".to_owned(), ToString::to_string)
    };
    field(Keyword::Healthcheck, json(&old.healthcheck), json(&new.healthcheck));
    let signal = |it: &Option<String>| it.clone().unwrap_or_else(|| "SIGTERM".to_owned());
    field(Keyword::Stopsignal, signal(&old.stop_signal), signal(&new.stop_signal));
    // The default of the reference, which builders write down or not.
    let shell = |it: &Option<Vec<String>>| match words(it).as_str() {
        "nothing" => "[\"/bin/sh\", \"-c\"]".to_owned(),
        it => it.to_owned(),
    };
    field(Keyword::Shell, shell(&old.shell), shell(&new.shell));
    field(
        Keyword::Onbuild,
        or_nothing(&old.on_build.join("; ")),
        or_nothing(&new.on_build.join("; ")),
    );
    variables("LABEL", &old.labels, &new.labels, declared, comparison);
    variables("ENV", &old.env, &new.env, declared, comparison);
    path(pair, comparison);
}

/// Compares labels or environments.
fn variables(
    keyword: &str,
    old: &BTreeMap<String, String>,
    new: &BTreeMap<String, String>,
    declared: &Declared,
    comparison: &mut Comparison,
) {
    // Builders label what they make with themselves.
    let own = |it: &str| keyword == "LABEL" && it.starts_with("io.buildah.");
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for name in names.into_iter().filter(|it| !own(it)) {
        let text = match (old.get(name), new.get(name)) {
            (old, new) if old == new => continue,
            (Some(old), Some(new)) => format!("{keyword} {name} is `{new}` instead of `{old}`"),
            (None, Some(new)) => format!("{keyword} {name} is new: `{new}`"),
            (old, None) => {
                format!("{keyword} {name} is gone: `{}`", old.map_or("", String::as_str))
            }
        };
        match keyword == "ENV" && declared.env.contains(name) {
            true => comparison.notes.push(text),
            false => comparison.differences.push(text),
        }
    }
}

/// Folders that `PATH` has no longer, although programs are in them.
fn path(Pair { before, after, .. }: Pair<'_>, comparison: &mut Comparison) {
    let folders =
        |it: &Config| it.path().split(':').map(|it| ImagePath::root().join(it)).collect::<Vec<_>>();
    let (old, new) = (folders(before.0), folders(after.0));
    for folder in old.iter().filter(|it| !new.contains(it) && !it.is_root()) {
        // `/a-b` comes between `/a` and `/a/b`.
        let from = format!("{folder}/");
        let inside = after.1.files().range::<str, _>((Bound::Included(from.as_str()), Unbounded));
        let mut inside = inside.take_while(|it| it.0.is_within(folder));
        let found = inside.find(|it| it.1.mode & 0o111 != 0 && it.1.kind != Kind::Folder);
        if let Some((program, _)) = found {
            comparison.differences.push(format!("PATH lacks {folder}, which has {program}"));
        }
    }
}
