//! What reads the history of the repository that it lies in: version numbers from tags, commits in binaries.

use crate::{shell::Invocation, text::line_start};

/// Words that stand in manifests, settings or source that ask a repository for its history. Most are packages that take
/// a version from it.
///
/// To add one, add it in alphabetical order.
const READERS: &[&str] = &[
    "\"git\"",
    "'git'",
    ".git/",
    "@sentry/nextjs",
    "@sentry/vite-plugin",
    "@sentry/webpack-plugin",
    "GitPython",
    "GitVersion",
    "MinVer",
    "Nerdbank.GitVersioning",
    "axion-release",
    "bazel-stamp",
    "dunamai",
    "dulwich",
    "enableGitInfo",
    "gatsby-source-git",
    "git config core.hooksPath",
    "git describe",
    "git log",
    "git ls-files",
    "git rev-list",
    "git rev-parse",
    "git show",
    "git status",
    "git-commit-id",
    "git-describe",
    "git-properties",
    "git-rev-sync",
    "git-revision",
    "git-version",
    "git2",
    "git_revision",
    "gitRepoInfo",
    "gitinfo",
    "gitpython",
    "gitoxide",
    "go-git",
    "grgit",
    "hatch-vcs",
    "hatch_vcs",
    "import git\n",
    "isomorphic-git",
    "jgit",
    "lastUpdated: true",
    "last_updated_by_git",
    "lefthook install",
    "libgit2",
    "nodegit",
    "pbr.",
    "pbr=True",
    "pbr>=",
    "poetry-dynamic-versioning",
    "pygit2",
    "release-it",
    "sbt-dynver",
    "sbt-git",
    "semantic-release",
    "sentry-cli",
    "setuptools-git",
    "setuptools-scm",
    "setuptools_git",
    "setuptools_scm",
    "shadow-rs",
    "showLastUpdate",
    "simple-git",
    "source = \"scm\"",
    "standard-version",
    "vergen",
    "versioneer",
    "versioningit",
];

/// The word in a text that asks a repository for its history; `None` if there is none.
///
/// `"type": "git"` of a `package.json` says where the source is kept, and asks nothing.
pub fn asked_in(text: &str) -> Option<&'static str> {
    READERS.iter().copied().find(|word| {
        text.match_indices(word).any(|(at, _)| {
            let line = line_start(text, at);
            let before = text[line..at].trim_end();
            let is_kind = before.ends_with("\"type\":") || before.ends_with("type =");
            let is_address = before.contains("://");
            !is_kind && !is_address
        })
    })
}

/// What a call does with the history of the repository that it runs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// It writes the commit into what it makes, and does without where there is no repository.
    Stamps,
    /// It does so if git is there.
    StampsByGit,
    /// It fails, or makes something else, where there is no repository.
    Needs,
}

/// Whether the commit is stamped on what is made of a project with a manifest of this name; see [`asks`].
pub fn is_stamped(manifest: &str) -> bool {
    manifest == "go.mod" || manifest.ends_with(".csproj")
}

/// What a call does with the history of the repository that it runs in; `None` if it asks nothing.
///
/// Go: `go help buildvcs`, `-buildvcs=auto` stamps if a version control tool and a repository are there.
/// .NET: the SDK writes the commit into `InformationalVersion` from version 8 on
/// (learn.microsoft.com, "Source Link included in the .NET SDK").
pub fn asks(call: &Invocation) -> Option<Asks> {
    /// Verbs of git that ask nothing of the repository they run in.
    const ELSEWHERE: [&str; 5] = ["init", "lfs", "ls-remote", "version", "--help"];
    let verb = call.subcommand();
    let has = |text: &str| call.texts().any(|it| it == text);
    match (call.program.as_str(), verb) {
        ("git", Some(verb)) if ELSEWHERE.contains(&verb) => None,
        ("git", _) if has("--version") || has("clone") || has("config") => None,
        ("git", _) => Some(Asks::Needs),
        ("goreleaser", _) => Some(Asks::Needs),
        ("go", Some("build" | "install")) if has("-buildvcs=true") => Some(Asks::Needs),
        ("go", Some("build" | "install")) if has("-buildvcs=false") => None,
        ("go", Some("build" | "install")) => Some(Asks::StampsByGit),
        ("dotnet", Some("build" | "publish" | "pack")) => Some(Asks::Stamps),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_ask_nothing() {
        let rows = [
            ("[build-system]\nrequires = [\"setuptools-scm>=8\"]", Some("setuptools-scm")),
            ("subprocess.run([\"git\", \"describe\"])", Some("\"git\"")),
            ("\"repository\": {\"type\": \"git\", \"url\": \"git+https://x.y/z.git\"}", None),
            ("see https://example.org/x.git/tree", None),
            (".gitignore", None),
        ];
        for (text, expected) in rows {
            assert_eq!(asked_in(text), expected, "{text}");
        }
    }
}
