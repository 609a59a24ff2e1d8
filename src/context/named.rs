//! Named contexts: the folders that builds send besides the build context, for `FROM` and `COPY --from`.
//!
//! BuildKit filters each by the `.dockerignore` in the folder itself; `<Dockerfile>.dockerignore` is for the build
//! context alone (`frontend/dockerui/namedcontext.go` of moby/buildkit).

use crate::{callers::BuildContext, project::Project, text::RepoPath};

/// A context that builds of a Dockerfile give a name to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedContext {
    /// The name that `FROM` and `COPY --from` have.
    pub name: String,
    /// The folders of the project that it may be: seen from the file of the build, from the build context, or from the
    /// top. `None` if it depends on a variable.
    folders: Option<Vec<RepoPath>>,
}

impl NamedContext {
    /// Returns true if it is a folder of the project, or may be.
    pub fn may_be(&self, folder: &RepoPath) -> bool {
        self.folders.as_ref().is_none_or(|it| it.contains(folder))
    }
}

impl Project {
    /// The named contexts of a Dockerfile that are, or may be, folders of the project.
    pub fn named_contexts(&self, dockerfile: &RepoPath) -> Vec<NamedContext> {
        let mut found: Vec<NamedContext> = Vec::new();
        for build in self.builds(dockerfile) {
            let own = build.place.path.parent();
            let context = match &build.context {
                BuildContext::Folder(it) => Some(it),
                BuildContext::Elsewhere(_) => None,
            };
            let top = RepoPath::root();
            let from = [own.as_ref(), context, Some(&top)];
            for (name, value) in &build.additional_contexts {
                let is_known = !value.contains('$');
                let folders = from.into_iter().flatten().filter_map(|it| it.join(value));
                let folders: Vec<RepoPath> =
                    folders.filter(|it| self.tree().is_folder(it)).collect();
                let named =
                    NamedContext { name: name.clone(), folders: is_known.then_some(folders) };
                if named.folders.as_ref().is_none_or(|it| !it.is_empty()) && !found.contains(&named)
                {
                    found.push(named);
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_seen_from_the_file_of_the_build() {
        let compose = "services:\n  api:\n    build:\n      context: api\n      additional_contexts:\n\
                       \x20       lib: ../lib\n        base: docker-image://alpine\n        any: ${ANY}\n";
        let files = [
            ("deploy/compose.yml", compose),
            ("deploy/api/Dockerfile", "FROM a\n"),
            ("lib/a.py", ""),
        ];
        let path = |it: &str| RepoPath::new(it).unwrap();
        let project = Project::new(files.map(|it| (path(it.0), it.1.to_owned())));
        let named = project.named_contexts(&path("deploy/api/Dockerfile"));
        let may_be = |name: &str, folder: &str| {
            named.iter().any(|it| it.name == name && it.may_be(&path(folder)))
        };
        assert!(may_be("lib", "lib") && !may_be("lib", "deploy/api"));
        assert!(may_be("any", "lib") && may_be("any", "deploy/api"));
        assert!(!named.iter().any(|it| it.name == "base"));
    }
}
