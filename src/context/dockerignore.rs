//! `.dockerignore`, as BuildKit applies it.
//!
//! After `moby/patternmatcher` and its `ignorefile`: patterns are rooted at the context, the last that
//! matches wins, and a folder's match covers what it holds until a later `!` brings a part of it back.
//! A `# comment` after a pattern is part of the pattern.

use crate::{
    project::Project,
    text::{Edit, RepoPath, glob::Glob},
};

/// The patterns of a `.dockerignore`.
#[derive(Clone, Debug, Default)]
pub struct Dockerignore {
    patterns: Vec<Pattern>,
    /// The patterns that Docker refuses, by line: with such a file every build fails. Line 0 stands for all of a file that
    /// was not read.
    pub errors: Vec<(usize, String)>,
}

/// A line of a `.dockerignore` that excludes files or brings them back.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// The line, counted from 1.
    pub line: usize,
    /// The pattern as Docker cleans it, with its `!`.
    pub text: String,
    /// True if it re-includes what an earlier pattern excludes.
    pub exception: bool,
    glob: Glob,
}

impl Dockerignore {
    /// Reads a `.dockerignore`; never fails.
    pub fn parse(text: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut read = Self::default();
        for (at, line) in text.lines().enumerate() {
            let trimmed = line.trim();
            // Only a `#` in the first column makes a comment.
            if !line.starts_with('#') && !trimmed.is_empty() {
                read.push(at + 1, trimmed);
            }
        }
        read
    }

    /// The patterns of `--exclude` flags; they follow the same rules, from each source's own folder.
    pub fn of_flags<'a>(patterns: impl IntoIterator<Item = &'a str>) -> Self {
        let mut read = Self::default();
        patterns.into_iter().for_each(|it| read.push(1, it.trim()));
        read
    }

    /// The ignore file that [`Dockerignore::for_build`] reads; `None` if there is none.
    pub fn path(project: &Project, dockerfile: &RepoPath, context: &RepoPath) -> Option<RepoPath> {
        let own = RepoPath::new(&format!("{}.dockerignore", dockerfile.as_str()));
        let shared = context.join(".dockerignore");
        [own, shared].into_iter().flatten().find(|it| project.tree().exists(it))
    }

    /// The ignore file that a build obeys: `<Dockerfile>.dockerignore` beside the Dockerfile if there is
    /// one, else the context's `.dockerignore`.
    ///
    /// One that is there but could not be read excludes nothing and has an error.
    pub fn for_build(
        project: &Project,
        dockerfile: &RepoPath,
        context: &RepoPath,
    ) -> Option<(RepoPath, Self)> {
        let path = Self::path(project, dockerfile, context)?;
        let read = match project.file(path.as_str()) {
            Some(file) => Self::parse(&file.text),
            None => {
                let error = match project.tree().is_file(&path) {
                    true => "could not be read",
                    false => "is ignored by git and was not read",
                };
                Self { errors: vec![(0, error.to_owned())], ..Self::default() }
            }
        };
        Some((path, read))
    }

    fn push(&mut self, line: usize, text: &str) {
        let (exception, rest) = text.strip_prefix('!').map_or((false, text), |it| (true, it));
        let rest = rest.trim();
        if rest.is_empty() {
            if exception {
                self.errors.push((line, "illegal exclusion pattern: \"!\"".to_owned()));
            }
            return;
        }
        let cleaned = clean(rest);
        match Glob::deep(&cleaned) {
            Ok(glob) => {
                let text = if exception { format!("!{cleaned}") } else { cleaned };
                self.patterns.push(Pattern { line, text, exception, glob });
            }
            Err(_) => self.errors.push((line, format!("syntax error in pattern: {rest}"))),
        }
    }

    /// Returns true if a path, relative to the context, is not sent to the builder.
    pub fn excludes(&self, path: &str) -> bool {
        self.decides(path).is_some_and(|it| !it.exception)
    }

    /// The line that excludes a path or brings it back; `None` when no pattern concerns it.
    pub fn decides(&self, path: &str) -> Option<&Pattern> {
        let path = path.trim_matches('/');
        // As BuildKit walks: folder by folder, remembering which patterns matched the one above. A
        // pattern that cannot change the outcome is not tried, and so not remembered either.
        let mut above = vec![false; self.patterns.len()];
        let mut deciding = None;
        let has_exceptions = self.has_exceptions();
        let ends = path.match_indices('/').map(|it| it.0).chain([path.len()]);
        for end in ends.filter(|_| !matches!(path, "" | ".")) {
            let mut excluded = false;
            deciding = None;
            for (pattern, matched) in self.patterns.iter().zip(&mut above) {
                if !*matched {
                    *matched = pattern.exception == excluded && pattern.glob.matches(&path[..end]);
                }
                if *matched {
                    excluded = !pattern.exception;
                    deciding = Some(pattern);
                }
            }
            // Nothing brings back what lies in it, and no other pattern is tried there.
            if excluded && !has_exceptions {
                break;
            }
        }
        deciding
    }

    /// Returns true if any pattern re-includes something, so that an excluded folder may still hold files.
    pub fn has_exceptions(&self) -> bool {
        self.patterns.iter().any(|it| it.exception)
    }

    /// Returns true if it excludes everything and brings back what the image needs.
    pub fn is_allow_list(&self) -> bool {
        let excludes_all = |it: &Pattern| {
            !it.exception && matches!(it.text.as_str(), "*" | "**" | "**/*" | "**/**" | "*/**")
        };
        self.patterns.iter().any(excludes_all) && self.has_exceptions()
    }

    /// The edit of the text of an ignore file that puts lines after one of its own, by its number, or at its end.
    /// They end as its lines do, and the last one as the last one of the file does.
    pub fn add(text: &str, after: Option<usize>, lines: &[String]) -> Edit {
        let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let starts = text.split_inclusive('\n').scan(0, |at, line| {
            *at += line.len();
            Some(*at)
        });
        let at = after.and_then(|it| starts.into_iter().nth(it - 1)).unwrap_or(text.len());
        let lines = lines.join(end);
        match text[..at].ends_with('\n') || at == 0 {
            true => Edit::insert(at, lines + end),
            false => Edit::insert(at, format!("{end}{lines}")),
        }
    }

    /// The patterns, in order.
    pub fn patterns(&self) -> &[Pattern] {
        &self.patterns
    }
}

/// Go's `filepath.Clean`, and then without the leading slash, as Docker's reader does.
fn clean(pattern: &str) -> String {
    let rooted = pattern.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in pattern.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|it| *it != "..") => _ = parts.pop(),
            ".." if rooted => {}
            part => parts.push(part),
        }
    }
    match parts.as_slice() {
        [] => if rooted { "/" } else { "." }.to_owned(),
        parts => parts.join("/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excludes(patterns: &str, path: &str) -> bool {
        Dockerignore::parse(patterns).excludes(path)
    }

    #[test]
    fn one_pattern() {
        let rows = [
            ("*", "file", true),
            ("**", "file", true),
            ("**/", "file", true),
            ("**", "dir/file", true),
            ("**/**", "dir/file", true),
            ("dir/**", "dir/file", true),
            ("dir/**", "dir/dir2/file", true),
            ("dir/**", "dir", false),
            ("**/dir", "dir", true),
            ("**/dir", "dir/file", true),
            ("**/dir2/*", "dir/dir2/file", true),
            ("**/dir2/**", "dir/dir2/dir3/file", true),
            ("**file", "file", true),
            ("**file", "dir/profile", true),
            ("**/file", "dir/profile", false),
            ("**/file*txt", "dir/dir/file.txt", true),
            ("**/**/*.txt", "file.txt", true),
            ("**/**/*.txt2", "dir/dir/file.txt", false),
            ("a**/*.txt", "a/dir/dir/file.txt", true),
            ("a/*.txt", "a/dir/file.txt", false),
            ("a/*.txt**", "a/file.txt", true),
            ("a[b-d]e", "ace", true),
            ("a[b-d]e", "aae", false),
            ("a[^b-d]e", "aze", true),
            (".*", ".foo", true),
            (".*", "foo", false),
            ("abc.def", "abcZdef", false),
            ("abc?def", "abcZdef", true),
            ("**/foo/bar", "dir/dir2/foo/bar", true),
            ("**/.foo", "bar.foo", false),
            ("a(b)c/def", "a(b)c/def", true),
            ("a.|)$(}+{bc", "a.|)$(}+{bc", true),
            ("dist/*.whl", "dist/a-2.4.0rc3.dev36+g08acad9-py3-none-any.whl", true),
            (r"a\*b", "a*b", true),
            // Rooted at the context, not at any depth as in a .gitignore.
            ("*.pyc", "a/b.pyc", false),
            ("node_modules", "web/node_modules/x", false),
            ("/docs", "docs/index.md", true),
            ("docs/", "docs/index.md", true),
            ("./docs//x/..", "docs/index.md", true),
            ("docs", "docs2", false),
            // What the reader does.
            ("docs # not a comment", "docs", false),
            ("# docs", "# docs", false),
            (" # docs", "# docs", true),
            ("  docs  ", "docs", true),
            ("\u{feff}docs", "docs", true),
            (".", "docs", false),
            ("/", "docs", false),
            ("../docs", "docs", false),
            ("docs\r\nsrc\r\n", "docs/x", true),
        ];
        for (pattern, path, expected) in rows {
            assert_eq!(excludes(pattern, path), expected, "{pattern} on {path}");
        }
    }

    #[test]
    fn several_patterns() {
        let rows = [
            ("!a.go\n*.go", "a.go", true),
            ("*.go\n!a.go", "a.go", false),
            ("docs\n!docs/README.md", "docs/README.md", false),
            ("docs\n!docs/README.md", "docs/guide.md", true),
            ("docs/\n!docs/README.md", "docs/README.md", false),
            ("docs/*\n!docs/README.md", "docs/README.md", false),
            ("**\n!util/docker/web", "util/docker/web/foo", false),
            ("**\n!util/docker/web\nutil/docker/web/foo", "util/docker/web/foo", true),
            ("*\n! /src", "src/main.py", false),
            ("*\n!src\n**/*.pyc", "src/a/b.pyc", true),
            // An exception for a folder was not tried while nothing was excluded: BuildKit keeps the
            // file out, although the whole path taken at once would say otherwise.
            ("a/b/*\n!a", "a/b/c", true),
            ("*\n!*.md\nREADME*.md\n!README-secret.md", "README-secret.md", false),
        ];
        for (patterns, path, expected) in rows {
            assert_eq!(excludes(patterns, path), expected, "{patterns} on {path}");
        }
    }

    #[test]
    fn the_line_that_decides_is_known() {
        let read = Dockerignore::parse("# all\n*\n\n!src\n");
        assert_eq!(read.decides("src/a").map(|it| (it.line, it.text.as_str())), Some((4, "!src")));
        assert_eq!(read.decides("b").map(|it| it.line), Some(2));
    }

    #[test]
    fn what_docker_refuses_is_an_error() {
        let read = Dockerignore::parse("a\n!\n[x\n");
        assert_eq!(read.errors.iter().map(|it| it.0).collect::<Vec<_>>(), [2, 3]);
        assert!(read.excludes("a"));
    }

    #[test]
    fn a_dockerfile_may_have_its_own() {
        let path = |it: &str| RepoPath::new(it).unwrap();
        let files = [
            (path("docker/web.Dockerfile"), String::new()),
            (path("docker/web.Dockerfile.dockerignore"), "a".to_owned()),
            (path(".dockerignore"), "b".to_owned()),
        ];
        let project = Project::new(files);
        let ignore = |it: &str| Dockerignore::for_build(&project, &path(it), &RepoPath::root());
        assert!(ignore("docker/web.Dockerfile").unwrap().1.excludes("a"));
        assert!(ignore("docker/api.Dockerfile").unwrap().1.excludes("b"));
    }
}
