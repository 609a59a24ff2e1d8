//! The place where a build is written, and how to edit it.

use super::{
    entries::{self, Entries},
    traced::Traced,
    words::ROOT,
};
use crate::{
    project::change::Origin,
    text::{Edit, RepoPath, Span, line_start},
};

/// The place where a build names its Dockerfile, and where more settings can go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The Dockerfile's name with variables expanded; `None` if the default applies.
    pub(super) file: Option<Traced>,
    /// The folder that the name is seen from; `None` when it cannot be told.
    pub(super) seen_from: Option<RepoPath>,
    /// The stage's name.
    pub(super) target: Option<Traced>,
    /// The notation for more settings.
    pub(super) form: Form,
}

/// The notation of a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As entries of a mapping.
    Entries(Entries),
    /// As flags of a command.
    Flags(Flags),
    /// In a way that is read and not edited.
    Fixed,
}

/// The place of a build's flags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Flags {
    /// The byte on which the flag begins that names the Dockerfile.
    pub(super) start: Option<usize>,
    /// The byte after which more flags go.
    pub(super) end: usize,
}

/// The settings that a build needs besides the name of its Dockerfile.
#[derive(Default)]
pub(super) struct More<'a> {
    /// The Dockerfile, where none is named.
    pub(super) file: Option<String>,
    /// The stage, where none is named.
    pub(super) target: Option<&'a str>,
    /// The build arguments that are not there yet.
    pub(super) arguments: Vec<(&'a str, &'a str)>,
}

impl Site {
    /// The edits that make a build of `from` one of `to`, of which it gives the arguments `given` already.
    ///
    /// # Errors
    /// A clause that says why there are none.
    pub(super) fn edits(
        &self,
        source: &str,
        from: &RepoPath,
        to: &Origin,
        given: &[&str],
    ) -> Result<Vec<Edit>, String> {
        let mut edits = Vec::new();
        let mut more = More::default();
        match &self.file {
            Some(_) if *from == to.dockerfile => {}
            Some(name) => edits.push(self.respelled(name, from, &to.dockerfile)?),
            None => {
                let seen_from = self.seen_from.as_ref().ok_or("its folder is not known")?;
                more.file = Some(to.dockerfile.relative_to(seen_from));
            }
        }
        match (&self.target, &to.target) {
            (None, target) => more.target = target.as_deref(),
            (Some(old), Some(new)) if old.to_string() == *new => {}
            (Some(old), Some(new)) => {
                let span = old.span().ok_or("its target comes from a variable")?;
                edits.push(Edit::replace(span, new));
            }
            (Some(_), None) => return Err("it names a target".to_owned()),
        }
        let arguments = to.arguments.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        more.arguments = arguments.filter(|it| !given.contains(&it.0)).collect();
        if more.is_empty() {
            return Ok(edits);
        }
        edits.extend(match &self.form {
            Form::Entries(it) => entries::add(source, it, &more)?,
            Form::Flags(it) => vec![it.add(source, &more)],
            Form::Fixed => return Err("this way of writing it is not edited".to_owned()),
        });
        Ok(edits)
    }

    /// Another name in the place of the one that is there, written as that is.
    fn respelled(&self, name: &Traced, from: &RepoPath, to: &RepoPath) -> Result<Edit, String> {
        let unknown = || "its name comes from a variable".to_owned();
        let text = name.to_string();
        let new = if from.parent() == to.parent() {
            let folder = text.rsplit_once('/').map_or("", |it| it.0);
            let slash = if text.contains('/') { "/" } else { "" };
            format!("{folder}{slash}{}", to.file_name())
        } else if text.starts_with(ROOT) {
            format!("{ROOT}/{to}")
        } else {
            let new = to.relative_to(self.seen_from.as_ref().ok_or_else(unknown)?);
            let dot = if text.starts_with("./") && !new.starts_with("../") { "./" } else { "" };
            format!("{dot}{new}")
        };
        // Only the components that differ have to stand in the file.
        let mut common = 0;
        for (at, (old, new)) in text.chars().zip(new.chars()).enumerate() {
            match old == new {
                true if old == '/' => common = at + 1,
                true => {}
                false => break,
            }
        }
        let span = name.slice(common..name.len()).span().filter(|it| !it.is_empty());
        let rest: String = new.chars().skip(common).collect();
        Ok(Edit::replace(span.ok_or_else(unknown)?, rest))
    }

    /// The places that tell whether another build is written in the same place.
    pub(super) fn marks(&self) -> Vec<Span> {
        let tail = self.file.as_ref().and_then(|it| {
            let name = it.chars().rev().take_while(|it| *it != '/').count();
            it.slice(it.len() - name..it.len()).span()
        });
        let own = match &self.form {
            Form::Entries(it) => it.mark(),
            Form::Flags(it) => Some(it.end..it.end),
            Form::Fixed => None,
        };
        tail.into_iter().chain(own).collect()
    }
}

impl Flags {
    /// More flags, on lines of their own where the one before them has one.
    fn add(&self, source: &str, more: &More<'_>) -> Edit {
        let start = self.start.unwrap_or(self.end);
        let line = line_start(source, start);
        let (above, indent) = (source[..line].trim_end_matches(['\r', '\n']), &source[line..start]);
        let continued = above.ends_with(['\\', '`']) && indent.trim().is_empty();
        let carriage = if source[..line].ends_with("\r\n") { "\r" } else { "" };
        let between = match above.chars().next_back() {
            Some(escape) if continued && self.start.is_some() => {
                format!(" {escape}{carriage}\n{indent}")
            }
            _ => " ".to_owned(),
        };
        let file = more.file.as_ref().map(|it| format!("-f {it}"));
        let target = more.target.map(|it| format!("--target {it}"));
        let arguments = more.arguments.iter().map(|(name, it)| format!("--build-arg {name}={it}"));
        let all = file.into_iter().chain(target).chain(arguments);
        Edit::insert(self.end, all.map(|it| format!("{between}{it}")).collect::<String>())
    }
}

impl More<'_> {
    fn is_empty(&self) -> bool {
        self.file.is_none() && self.target.is_none() && self.arguments.is_empty()
    }
}
