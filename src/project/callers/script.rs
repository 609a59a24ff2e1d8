//! Builds in shell scripts, and in the script lines of CI files and Makefiles.

mod flags;

use std::collections::HashMap;

use super::{
    Build, BuildContext, Builder, Caller, Callers,
    words::{self, ROOT, Token, UNKNOWN, Values},
};
use crate::{change::Place, path::RepoPath};
use flags::BuildFlags;

/// A script and what is known when it starts.
pub(super) struct Script<'a> {
    /// The file it stands in.
    pub(super) path: &'a RepoPath,
    /// Whose file that is.
    pub(super) caller: Caller,
    /// The folders it may start in; what it builds is given for each.
    pub(super) starts: Vec<RepoPath>,
    /// Variables and their values.
    pub(super) variables: HashMap<String, String>,
    /// Variables that take several values, as in a loop.
    pub(super) lists: HashMap<String, Vec<String>>,
}

/// How many values of loop variables are tried.
const LOOPS: usize = 256;

impl Script<'_> {
    /// Reads the script; `line` gives the line in the file of a line of the script.
    pub(super) fn read(&self, text: &str, line: &dyn Fn(usize) -> usize, into: &mut Callers) {
        // Most scripts build nothing.
        if !["build", "bud", "kaniko/executor"].iter().any(|it| text.contains(it)) {
            return;
        }
        let tokens = words::tokens(text);
        for start in &self.starts {
            let folder = self.path.parent().unwrap_or(RepoPath::root());
            let mut run = Run {
                script: self,
                folder: format!("{ROOT}/{}", folder.as_str()),
                current: Some(start.clone()),
                above: Vec::new(),
                variables: self.variables.clone(),
                lists: self.lists.clone(),
                line,
                into: &mut *into,
            };
            run.all(&tokens);
        }
    }
}

/// A folder or file that a script names from the folder `current`; `None` outside the project.
pub(super) fn locate(current: Option<&RepoPath>, text: &str) -> Option<RepoPath> {
    if text.contains(UNKNOWN) {
        return None;
    }
    match text.strip_prefix(ROOT) {
        Some(rest) => RepoPath::new(rest.trim_start_matches('/')),
        None => current?.join(text),
    }
}

/// A text as the author wrote it, more or less.
pub(super) fn display(text: &str) -> String {
    text.replace(UNKNOWN, "…").replace(&format!("{ROOT}/"), "").replace(ROOT, ".")
}

struct Run<'a> {
    script: &'a Script<'a>,
    folder: String,
    current: Option<RepoPath>,
    above: Vec<Option<RepoPath>>,
    variables: HashMap<String, String>,
    lists: HashMap<String, Vec<String>>,
    line: &'a dyn Fn(usize) -> usize,
    into: &'a mut Callers,
}

impl Run<'_> {
    fn all(&mut self, tokens: &[Token]) {
        let mut command: Vec<(&str, usize)> = Vec::new();
        for token in tokens.iter().chain([&Token::End]) {
            match token {
                Token::Word(word, line) => {
                    command.push((word, *line));
                    continue;
                }
                Token::End => self.command(&command),
                Token::Open => {
                    self.command(&command);
                    self.above.push(self.current.clone());
                }
                Token::Close => {
                    self.command(&command);
                    if let Some(it) = self.above.pop() {
                        self.current = it;
                    }
                }
            }
            command.clear();
        }
    }

    fn expand(&self, word: &str) -> String {
        self.expand_with(word, &self.variables)
    }

    fn expand_with(&self, word: &str, variables: &HashMap<String, String>) -> String {
        let current = self.current.as_ref().map(|it| format!("{ROOT}/{}", it.as_str()));
        let values = Values { variables, folder: &self.folder, current: current.as_deref() };
        values.expand(word)
    }

    fn command(&mut self, words: &[(&str, usize)]) {
        let mut words = words;
        while let [(first, _), rest @ ..] = words {
            let assigned = assignment(first);
            let skipped = matches!(
                *first,
                "!" | "{"
                    | "}"
                    | "do"
                    | "else"
                    | "env"
                    | "exec"
                    | "export"
                    | "if"
                    | "elif"
                    | "local"
                    | "readonly"
                    | "sudo"
                    | "then"
                    | "time"
                    | "while"
                    | "command"
                    | "eval"
                    | "declare"
            );
            match assigned {
                Some((name, value)) => {
                    let value = self.expand(value);
                    self.lists.remove(name);
                    self.variables.insert(name.to_owned(), value);
                }
                None if skipped => {}
                None => break,
            }
            words = rest;
        }
        let Some((first, line)) = words.first() else { return };
        match *first {
            "for" => self.loop_over(words),
            "cd" | "pushd" => {
                let to = words.iter().skip(1).map(|it| it.0).find(|it| !it.starts_with('-'));
                if *first == "pushd" {
                    self.above.push(self.current.clone());
                }
                let to = to.map(|it| self.expand(it));
                self.current = to.and_then(|it| locate(self.current.as_ref(), &it));
            }
            "popd" => self.current = self.above.pop().flatten(),
            _ => self.try_build(words, *line),
        }
    }

    fn loop_over(&mut self, words: &[(&str, usize)]) {
        let [_, (name, _), (_, _), values @ ..] = words else { return };
        let values: Vec<_> = values.iter().map(|it| self.expand(it.0)).collect();
        let words = values.iter().flat_map(|it| it.split_whitespace()).map(str::to_owned);
        self.variables.remove(*name);
        self.lists.insert((*name).to_owned(), words.take(LOOPS).collect());
    }

    fn try_build(&mut self, words: &[(&str, usize)], line: usize) {
        let raw: Vec<_> = words.iter().map(|it| it.0).collect();
        let Some((builder, at)) = build_command(&raw) else { return };
        let line = (self.line)(line);
        // One build for each value of the loop variables that the command names.
        let mut rounds = vec![self.variables.clone()];
        for (name, values) in &self.lists {
            let named = format!("${name}");
            let braced = format!("${{{name}");
            if !raw.iter().any(|it| it.contains(&named) || it.contains(&braced)) {
                continue;
            }
            let with = |round: &HashMap<String, String>, value: &String| {
                let mut round = round.clone();
                round.insert(name.clone(), value.clone());
                round
            };
            rounds = rounds
                .iter()
                .flat_map(|round| values.iter().map(move |it| with(round, it)))
                .take(LOOPS)
                .collect();
        }
        for variables in &rounds {
            let words = raw[at..].iter().map(|it| self.expand_with(it, variables));
            let found = BuildFlags::read(words.collect(), builder);
            self.add(found, builder, line);
        }
    }

    fn add(&mut self, flags: BuildFlags, builder: Builder, line: usize) {
        let place = Place { path: self.script.path.clone(), line };
        let current = self.current.as_ref();
        let context = flags.context.as_deref().unwrap_or(".");
        let folder = if is_remote(context) { None } else { locate(current, context) };
        let mut dockerfiles: Vec<RepoPath> = Vec::new();
        match flags.file.as_deref() {
            Some("-") => return,
            Some(file) => {
                // Kaniko and Podman look below the context too.
                dockerfiles.extend(locate(current, file));
                if builder != Builder::Docker && !file.contains([ROOT, UNKNOWN]) {
                    dockerfiles.extend(folder.as_ref().and_then(|it| it.join(file)));
                }
            }
            None if context == "-" => return,
            None => dockerfiles.extend(folder.as_ref().and_then(|it| it.join("Dockerfile"))),
        }
        let context = match folder {
            Some(it) => BuildContext::Folder(it),
            None => BuildContext::Elsewhere(display(context)),
        };
        if dockerfiles.is_empty() {
            let named = flags.file.as_deref().map_or("its Dockerfile".to_owned(), display);
            self.into.unresolved(place, format!("builds {named}, which cannot be told"));
            return;
        }
        dockerfiles.dedup();
        for dockerfile in dockerfiles {
            self.into.add(Build {
                place: place.clone(),
                caller: self.script.caller,
                dockerfile,
                context: context.clone(),
                target: flags.target.clone(),
                arguments: flags.arguments.clone(),
                additional_contexts: flags.contexts.clone(),
                builder,
                site: super::Site::fixed(),
            });
        }
    }
}

/// Whether a context is not a folder: a URL, a git remote.
pub(super) fn is_remote(context: &str) -> bool {
    context.contains("://") || context.starts_with("git@") || context.starts_with("github.com/")
}

fn assignment(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once('=')?;
    let starts = name.starts_with(|it: char| it.is_ascii_alphabetic() || it == '_');
    let is_name = name.chars().all(|it| it.is_ascii_alphanumeric() || it == '_');
    (starts && is_name).then_some((name, value))
}

/// The builder a command line runs, and where its flags begin.
fn build_command(words: &[&str]) -> Option<(Builder, usize)> {
    let name = words.first()?.rsplit('/').next()?.trim_matches('"');
    if name == "executor" && words.first()?.contains("kaniko") {
        return Some((Builder::Kaniko, 1));
    }
    let builder = match name {
        "docker" | "nerdctl" | "$(DOCKER)" | "${DOCKER}" | "$DOCKER" => Builder::Docker,
        "buildah" | "podman" => Builder::Buildah,
        _ => return None,
    };
    // Past the flags of the command itself and the names of its groups.
    let skipped =
        |it: &&&str| it.starts_with('-') || matches!(**it, "buildx" | "builder" | "image");
    let at = 1 + words[1..].iter().take_while(skipped).count();
    matches!(*words.get(at)?, "b" | "bud" | "build").then_some((builder, at + 1))
}

#[cfg(test)]
mod tests {
    use super::super::tests::builds;

    #[test]
    fn scripts_build() {
        let text = "\
#!/bin/sh
set -e
HERE=\"$(cd \"$(dirname \"$0\")\" && pwd)\"
# docker build commented
cat <<END
docker build heredoc
END
if [ -n \"$CI\" ]; then DOCKER_BUILDKIT=1 docker buildx build --platform linux/amd64 --push \"$HERE/../api\"; fi
(cd \"$HERE\" && podman build -f Containerfile)
cd \"$(git rev-parse --show-toplevel)\" || exit
docker build \\
  --build-arg V=\"1 2\" \\
  -f web/Dockerfile $FLAGS web
docker build \"$1\"
docker compose build
";
        assert_eq!(
            builds("scripts/build.sh", text),
            [
                "8 api/Dockerfile api",
                "9 scripts/Containerfile scripts",
                "11 web/Dockerfile web V=1 2",
                "14 lost",
            ]
        );
    }

    #[test]
    fn a_script_that_does_not_say_where_it_starts_is_read_both_ways() {
        let rows = builds("ops/build.sh", "docker build -f a/Dockerfile .\n");
        assert_eq!(rows, ["1 ops/a/Dockerfile ops", "1 a/Dockerfile ."]);
    }

    #[test]
    fn depth_is_survived() {
        let nested = format!("docker build {}{}\n", "${a:-".repeat(50_000), "}".repeat(50_000));
        assert_eq!(builds("build.sh", &nested), ["1 lost"]);
        assert_eq!(
            builds("build.sh", &format!("docker build {}\n", "$(".repeat(50_000))),
            ["1 lost"]
        );
    }

    #[test]
    fn loops_name_every_value() {
        let text = "for s in api \"web\"; do\n  docker build -t \"$s\" \"./$s\"\ndone\n";
        assert_eq!(builds("build.sh", text), ["2 api/Dockerfile api", "2 web/Dockerfile web"]);
    }
}
