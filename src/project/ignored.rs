//! What the project's own `.gitignore` files say of a path that is not there.

use ignore::{Match, gitignore::GitignoreBuilder};

use super::Project;
use crate::text::RepoPath;

/// The name of git's ignore files.
const FILE: &str = ".gitignore";

impl Project {
    /// Whether git would ignore a file at this path: of the files above it that say something about it, the deepest wins
    /// (gitignore(5)).
    pub fn would_ignore(&self, path: &RepoPath) -> bool {
        let said = path.ancestors().map(|folder| self.said(&folder, path));
        said.into_iter().find(|it| !it.is_none()).is_some_and(|it| it.is_ignore())
    }

    /// What the file of one folder says of a path below it.
    fn said(&self, folder: &RepoPath, path: &RepoPath) -> Match<()> {
        let Some(file) = folder.join(FILE).and_then(|it| self.source(&it)) else {
            return Match::None;
        };
        let mut builder = GitignoreBuilder::new(folder.as_str());
        for line in file.text.lines() {
            // A line that is no pattern says nothing.
            _ = builder.add_line(None, line);
        }
        let Ok(rules) = builder.build() else { return Match::None };
        rules.matched_path_or_any_parents(path.as_str(), false).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deepest_file_that_says_something_wins() {
        let path = |it: &str| RepoPath::new(it).unwrap();
        let project = Project::new([
            (path(".gitignore"), ".env\n/keys/\n*.json\n".to_owned()),
            (path("api/.gitignore"), "!settings.json\n[\n".to_owned()),
        ]);
        for ignored in [".env", "api/.env", "keys/a.pem", "api/other.json"] {
            assert!(project.would_ignore(&path(ignored)), "{ignored}");
        }
        for kept in ["env", "api/keys/a.pem", "api/settings.json", "main.py"] {
            assert!(!project.would_ignore(&path(kept)), "{kept}");
        }
    }
}
