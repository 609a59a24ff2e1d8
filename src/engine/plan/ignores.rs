//! Comments that keep a transform away: `# refit: ignore[name, name] reason`.

use crate::{
    dockerfile::{Dockerfile, Item, Keyword, Kind},
    project::{
        Project,
        change::{Change, FileChange},
    },
    text::{Place, RepoPath},
};

/// The ignore comments of a project's Dockerfiles for one transform.
pub(super) struct Ignores<'a> {
    disk: &'a Project,
    project: &'a Project,
    transform: &'a str,
}

/// A comment that keeps transforms away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignore {
    /// The names in brackets; `None` without brackets, for all transforms.
    pub names: Option<Vec<String>>,
    /// What its author says about it.
    pub reason: String,
}

/// A comment that kept a transform away from something.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Used {
    /// The Dockerfile, on disk.
    pub path: RepoPath,
    /// The comment's line, on disk.
    pub line: usize,
    /// The transform.
    pub transform: &'static str,
}

/// A comment that covers a place, and where it is on disk.
pub(super) struct Covering {
    pub(super) place: Place,
    pub(super) reason: String,
}

impl<'a> Ignores<'a> {
    pub(super) fn new(disk: &'a Project, project: &'a Project, transform: &'a str) -> Self {
        Self { disk, project, transform }
    }

    /// The comment that covers the instruction at a place on disk, or its whole file.
    pub(super) fn cover(&self, place: &Place) -> Option<Covering> {
        let dockerfile = dockerfile(self.disk, &place.path)?;
        self.cover_file(&place.path, dockerfile).or_else(|| {
            self.cover_item(&place.path, dockerfile, |it| {
                it.lines.0 <= place.line && place.line <= it.lines.1
            })
        })
    }

    /// The comment that forbids a change: at its place, or at anything else it would touch.
    pub(super) fn forbid(&self, change: &Change) -> Option<Covering> {
        self.cover(&change.place).or_else(|| {
            change.files.iter().find_map(|(path, change)| {
                let dockerfile = dockerfile(self.project, path)?;
                self.cover_file(path, dockerfile)
                    .or_else(|| self.cover_edits(path, dockerfile, change))
            })
        })
    }

    fn cover_edits(
        &self,
        path: &RepoPath,
        dockerfile: &Dockerfile,
        change: &FileChange,
    ) -> Option<Covering> {
        match change {
            FileChange::Edit(edits) => self.cover_item(path, dockerfile, |item| {
                // An insertion between two instructions touches neither.
                edits
                    .iter()
                    .any(|it| it.span.start < item.span.end && item.span.start < it.span.end)
            }),
            FileChange::Delete => self.cover_item(path, dockerfile, |_| true),
            FileChange::Create(_) => None,
        }
    }

    /// The comment above the first FROM that names the transform.
    fn cover_file(&self, path: &RepoPath, dockerfile: &Dockerfile) -> Option<Covering> {
        let is_from =
            |it: &Item| matches!(&it.kind, Kind::Instruction(it) if it.keyword == Keyword::From);
        let head = dockerfile.items.iter().take_while(|it| !is_from(it)).count();
        (0..head).find_map(|it| self.names(path, dockerfile, it))
    }

    /// The comment directly above one of the instructions that `touched` picks.
    fn cover_item(
        &self,
        path: &RepoPath,
        dockerfile: &Dockerfile,
        touched: impl Fn(&Item) -> bool,
    ) -> Option<Covering> {
        let items = &dockerfile.items;
        let mut touched = (0..items.len()).filter(|it| touched(&items[*it]));
        touched.find_map(|at| {
            let above = (0..at).rev();
            let mut comments = above.take_while(|it| matches!(items[*it].kind, Kind::Comment));
            comments.find_map(|it| self.names(path, dockerfile, it))
        })
    }

    fn names(&self, path: &RepoPath, dockerfile: &Dockerfile, item: usize) -> Option<Covering> {
        let found = Ignore::at(dockerfile, item)?;
        let names = found.names.as_ref();
        let named = names.is_none_or(|it| it.iter().any(|it| it == self.transform));
        let covering = || Covering { place: dockerfile.place(path, item), reason: found.reason };
        named.then(covering)
    }
}

impl Covering {
    /// The reason for a decline.
    pub(super) fn said(&self) -> String {
        let reason = if self.reason.is_empty() { "" } else { ": " };
        format!("the comment on line {} says so{reason}{}", self.place.line, self.reason)
    }

    pub(super) fn used_by(self, transform: &'static str) -> Used {
        Used { path: self.place.path, line: self.place.line, transform }
    }
}

fn dockerfile<'a>(project: &'a Project, path: &RepoPath) -> Option<&'a Dockerfile> {
    let dockerfile = project.file(path.as_str())?.dockerfile()?;
    // Almost no file has one, so the text is asked before the tree.
    dockerfile.source.contains("refit:").then_some(dockerfile)
}

impl Ignore {
    /// The one that an item is, if it is one.
    pub fn at(dockerfile: &Dockerfile, item: usize) -> Option<Self> {
        let item = &dockerfile.items[item];
        matches!(item.kind, Kind::Comment).then_some(())?;
        Self::read(&dockerfile.source[item.span.clone()])
    }

    fn read(comment: &str) -> Option<Self> {
        let rest = directive(comment)?.strip_prefix("ignore")?;
        let (names, reason) = match rest.strip_prefix('[') {
            Some(rest) => {
                let (names, reason) = rest.split_once(']')?;
                (Some(names.split(',').map(|it| it.trim().to_owned()).collect()), reason)
            }
            None if rest.is_empty() || rest.starts_with(char::is_whitespace) => (None, rest),
            None => return None,
        };
        Some(Self { names, reason: reason.trim().to_owned() })
    }
}

/// The text after `# refit:` of a comment that is for refit.
pub fn directive(comment: &str) -> Option<&str> {
    let comment = comment.trim_start_matches('\u{feff}').trim().strip_prefix('#')?;
    Some(comment.trim_start().strip_prefix("refit:")?.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_names_transforms_or_means_all() {
        let read = |it: &str| {
            Ignore::read(it).map(|it| (it.names.unwrap_or_default().join("+"), it.reason))
        };
        let rows = [
            ("# refit: ignore", Some(("", ""))),
            ("#refit:ignore because\n", Some(("", "because"))),
            (
                "# refit: ignore[pin-poetry] the base has it\r\n",
                Some(("pin-poetry", "the base has it")),
            ),
            ("  # refit: ignore[a, pin-poetry]", Some(("a+pin-poetry", ""))),
            ("# refit: ignored", None),
            ("# refit: ignore[pin-poetry", None),
            ("# ignore", None),
        ];
        for (comment, expected) in rows {
            let expected = expected.map(|it| (it.0.to_owned(), it.1.to_owned()));
            assert_eq!(read(comment), expected, "{comment}");
        }
    }
}
