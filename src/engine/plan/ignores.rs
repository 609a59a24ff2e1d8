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

impl<'a> Ignores<'a> {
    pub(super) fn new(disk: &'a Project, project: &'a Project, transform: &'a str) -> Self {
        Self { disk, project, transform }
    }

    /// Returns true if a comment covers the instruction at a place on disk, or its whole file.
    pub(super) fn cover(&self, place: &Place) -> bool {
        dockerfile(self.disk, &place.path).is_some_and(|dockerfile| {
            self.cover_file(dockerfile)
                || self.cover_item(dockerfile, |it| {
                    it.lines.0 <= place.line && place.line <= it.lines.1
                })
        })
    }

    /// Returns true if a comment forbids a change: at its place, or at anything else it would touch.
    pub(super) fn forbid(&self, change: &Change) -> bool {
        self.cover(&change.place)
            || change.files.iter().any(|(path, change)| {
                dockerfile(self.project, path).is_some_and(|dockerfile| {
                    self.cover_file(dockerfile) || self.cover_edits(dockerfile, change)
                })
            })
    }

    fn cover_edits(&self, dockerfile: &Dockerfile, change: &FileChange) -> bool {
        match change {
            FileChange::Edit(edits) => self.cover_item(dockerfile, |item| {
                // An insertion between two instructions touches neither.
                edits
                    .iter()
                    .any(|it| it.span.start < item.span.end && item.span.start < it.span.end)
            }),
            FileChange::Delete => self.cover_item(dockerfile, |_| true),
            FileChange::Create(_) => false,
        }
    }

    /// Returns true if a comment above the first FROM names the transform.
    fn cover_file(&self, dockerfile: &Dockerfile) -> bool {
        let is_from =
            |it: &&Item| matches!(&it.kind, Kind::Instruction(it) if it.keyword == Keyword::From);
        let head = dockerfile.items.iter().take_while(|it| !is_from(it));
        head.into_iter().any(|it| self.names(dockerfile, it))
    }

    /// Returns true if one of the instructions that `touched` picks has such a comment directly above it.
    fn cover_item(&self, dockerfile: &Dockerfile, touched: impl Fn(&Item) -> bool) -> bool {
        let items = &dockerfile.items;
        let touched = items.iter().enumerate().filter(|(_, it)| touched(it)).map(|it| it.0);
        touched.into_iter().any(|at| {
            let above = items[..at].iter().rev();
            let mut comments = above.take_while(|it| matches!(it.kind, Kind::Comment));
            comments.any(|it| self.names(dockerfile, it))
        })
    }

    fn names(&self, dockerfile: &Dockerfile, item: &Item) -> bool {
        matches!(item.kind, Kind::Comment)
            && ignores(&dockerfile.source[item.span.clone()], self.transform)
    }
}

fn dockerfile<'a>(project: &'a Project, path: &RepoPath) -> Option<&'a Dockerfile> {
    let dockerfile = project.file(path.as_str())?.dockerfile()?;
    // Almost no file has one, so the text is asked before the tree.
    dockerfile.source.contains("refit:").then_some(dockerfile)
}

/// Returns true if a comment keeps this transform away.
fn ignores(comment: &str, transform: &str) -> bool {
    // The first line of a file may begin with a byte order mark.
    let words = comment.strip_prefix('\u{feff}').unwrap_or(comment).trim().strip_prefix('#');
    let words = words.and_then(|it| it.trim_start().strip_prefix("refit:"));
    let Some(rest) = words.and_then(|it| it.trim_start().strip_prefix("ignore")) else {
        return false;
    };
    match rest.strip_prefix('[') {
        Some(rest) => rest
            .split_once(']')
            .is_some_and(|(names, _)| names.split(',').any(|it| it.trim() == transform)),
        None => rest.is_empty() || rest.starts_with(char::is_whitespace),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_names_transforms_or_means_all() {
        let yes = [
            "# refit: ignore",
            "#refit:ignore because\n",
            "# refit: ignore[pin-poetry] the base image has it\r\n",
            "  # refit: ignore[a, pin-poetry]",
        ];
        let no =
            ["# refit: ignored", "# refit: ignore[pin]", "# refit: ignore[pin-poetry", "# ignore"];
        assert!(yes.iter().all(|it| ignores(it, "pin-poetry")));
        assert!(!no.iter().any(|it| ignores(it, "pin-poetry")));
    }
}
