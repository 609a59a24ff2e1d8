//! Texts that name a Dockerfile and are no build that is understood: what would break when it goes, and
//! what would only be out of date.

use super::Kind;
use crate::{
    project::{File, Project, is_dockerfile},
    text::{Place, RepoPath, Span, glob::Glob, line_start},
};

/// The meaning of a mention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    /// It is out of date when the Dockerfile goes, and nothing breaks.
    Prose,
    /// It may well be a build.
    Build,
}

/// The places where a file names `dockerfile`, except those that `known` covers.
pub(super) fn mentions(
    project: &Project,
    file: &File,
    dockerfile: &RepoPath,
    known: &[Span],
) -> Vec<(Place, Weight)> {
    let name = dockerfile.file_name();
    let found = file.text.match_indices(name).map(|it| it.0);
    let found = found.filter(|at| !known.iter().any(|it| it.start <= *at && *at < it.end));
    let found = found.filter_map(|at| {
        let word = word_around(&file.text, at, name.len())?;
        names(project, &file.path, word, dockerfile).then_some((at, word))
    });
    let found = found.map(|(at, word)| {
        let place = file.place(&(at..at + name.len()));
        // A pattern says which changes matter; only a COPY takes what it matches.
        match word.contains('*') && !is_dockerfile(file.path.file_name()) {
            true => (place, Weight::Prose),
            false => (place, weight(&file.path, &file.text, at)),
        }
    });
    found.collect()
}

/// The path that a name ends which stands at this place; `None` when it is part of a longer name.
fn word_around(text: &str, at: usize, len: usize) -> Option<&str> {
    let end = at + len;
    let mut after = text[end..].chars();
    let goes_on = match after.next() {
        Some('.') => after.next().is_some_and(char::is_alphanumeric),
        Some(c) => c.is_alphanumeric() || matches!(c, '_' | '-'),
        None => false,
    };
    if goes_on {
        return None;
    }
    let is_path = |it: char| it.is_alphanumeric() || "._-/*?\\".contains(it);
    let before = text[..at].trim_end_matches(is_path).len();
    let word = &text[before..end];
    Some(word.strip_prefix("-f").unwrap_or(word))
}

/// Returns true if a word in this file may name the Dockerfile.
fn names(project: &Project, file: &RepoPath, word: &str, dockerfile: &RepoPath) -> bool {
    let word = word.replace('\\', "/");
    if word.contains(['*', '?']) {
        let pattern = word.trim_start_matches("./").trim_start_matches('/');
        return Glob::deep(pattern).is_ok_and(|it| it.matches(dockerfile.as_str()));
    }
    let folder = file.parent().unwrap_or(RepoPath::root());
    let name = dockerfile.file_name();
    // `Dockerfile` alone is any of them.
    if word == name && matches!(name, "Dockerfile" | "Containerfile" | "dockerfile") {
        return folder.join(&word).as_ref() == Some(dockerfile);
    }
    let from_root = RepoPath::new(word.trim_start_matches('/'));
    let seen = [folder.join(&word), from_root];
    if seen.iter().flatten().any(|it| it == dockerfile) {
        return true;
    }
    if seen.iter().flatten().any(|it| project.tree().is_file(it)) {
        return false;
    }
    let tail = word.trim_start_matches(['.', '/']);
    let rest = dockerfile.as_str().strip_suffix(tail);
    !tail.is_empty() && rest.is_some_and(|it| it.is_empty() || it.ends_with('/'))
}

fn weight(path: &RepoPath, text: &str, at: usize) -> Weight {
    let start = line_start(text, at);
    let before = &text[start..at];
    let line = before.trim_start();
    let name = path.file_name();
    let extension = name.rsplit_once('.').map_or("", |it| it.1);
    let is_text = matches!(extension, "adoc" | "html" | "md" | "markdown" | "rst" | "txt")
        || matches!(name, "CODEOWNERS" | "README" | "dependabot.yml" | "renovate.json")
        || name.ends_with("ignore");
    let comment = ["#", "//", "* ", "/*", ";", "REM ", "rem ", "::", "<!--"];
    let is_comment = comment.iter().any(|it| line.starts_with(it)) || before.contains(" #");
    let said = ["echo ", "- name:", "name:", "@echo ", "description:", "- echo ", "run: echo "];
    let is_said = said.iter().any(|it| line.starts_with(it)) && !line.contains(['&', ';']);
    let asked = before.contains("hashFiles(");
    if is_text || is_comment || is_said || asked || is_filter(path, &text[..start], before) {
        return Weight::Prose;
    }
    Weight::Build
}

/// Returns true if an item of a list only selects the changed files that a workflow or a job is for.
fn is_filter(path: &RepoPath, above: &str, before: &str) -> bool {
    if !matches!(Kind::of(path), Some(Kind::GitHubActions | Kind::GitLab)) {
        return false;
    }
    let keys = ["paths:", "paths-ignore:", "changes:"];
    let key = |it: &str| keys.iter().any(|key| it.trim_start_matches([' ', '-']).starts_with(key));
    let depth = |it: &str| it.len() - it.trim_start().len();
    if !before.trim_start().starts_with('-') {
        return key(before);
    }
    let heads = above.lines().rev().filter(|it| !it.trim().is_empty());
    let mut heads = heads.filter(|it| !it.trim_start().starts_with(['-', '#']));
    heads.find(|it| depth(it) <= depth(before)).is_some_and(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The meaning of each line of a file that names `api/Dockerfile.test`.
    fn seen(path: &str, text: &str) -> Vec<(usize, Weight)> {
        let at = |it: &str| RepoPath::new(it).unwrap();
        let file = at(path);
        let twin = at("api/Dockerfile.test");
        let others =
            ["api/Dockerfile.test", "web/Dockerfile.test", "api/Dockerfile.test.dockerignore"];
        let others = others.map(|it| (at(it), "FROM x\n".to_owned()));
        let project = Project::new(others.into_iter().chain([(file.clone(), text.to_owned())]));
        let found = mentions(&project, project.file(file.as_str()).unwrap(), &twin, &[]);
        found.into_iter().map(|it| (it.0.line, it.1)).collect()
    }

    #[test]
    fn a_mention_is_prose_or_may_be_a_build() {
        use Weight::{Build, Prose};
        type Row = (&'static str, &'static str, &'static [(usize, Weight)]);
        let rows: [Row; 15] = [
            ("README.md", "run `docker build -f api/Dockerfile.test .`.\n", &[(1, Prose)]),
            ("README.md", "see web/Dockerfile.test, Dockerfile.tests\n", &[]),
            ("README.md", "Dockerfile.test.dockerignore\n", &[]),
            ("web/README.md", "see Dockerfile.test\n", &[]),
            ("docs/README.md", "see Dockerfile.test.\n", &[(1, Prose)]),
            ("Jenkinsfile", "sh 'docker build -f api/Dockerfile.test .'\n", &[(1, Build)]),
            ("Jenkinsfile", "// api/Dockerfile.test\n", &[(1, Prose)]),
            (
                "Jenkinsfile",
                "dir('api') { sh \"docker build -fDockerfile.test .\" }\n",
                &[(1, Build)],
            ),
            (
                "api/Dockerfile",
                "FROM x\n# Dockerfile.test\nCOPY Dockerfile.test .\n",
                &[(2, Prose), (3, Build)],
            ),
            ("web/build.sh", "docker build -f ../api/Dockerfile.test .\n", &[(1, Build)]),
            (
                ".github/workflows/ci.yml",
                "on:\n  push:\n    paths:\n      # x\n      - '**/Dockerfile.test'\n    paths: [api/Dockerfile.test]\njobs: \n",
                &[(5, Prose), (6, Prose)],
            ),
            (
                ".github/workflows/ci.yml",
                "steps:\n  - name: Build Dockerfile.test\n    with:\n      key: ${{ hashFiles('api/Dockerfile.test') }}\n      dockerfile: api/Dockerfile.test\n",
                &[(2, Prose), (4, Prose), (5, Build)],
            ),
            (
                ".github/workflows/ci.yml",
                "filters: |\n  a:\n    - '**/Dockerfile.test'\n",
                &[(3, Prose)],
            ),
            ("CODEOWNERS", "/api/Dockerfile.test @x\n", &[(1, Prose)]),
            (
                ".circleci/config.yml",
                "- run: docker build -f ./api/Dockerfile.test .\n",
                &[(1, Build)],
            ),
        ];
        for (path, text, expected) in rows {
            assert_eq!(seen(path, text), expected, "{path}: {text}");
        }
    }
}
