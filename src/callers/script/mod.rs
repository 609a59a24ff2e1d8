//! Builds in shell scripts, and in the script lines of CI files and Makefiles.

mod cloud;
mod flags;
mod remote;
mod run;

use std::collections::{BTreeMap, HashMap};

use super::{
    Build, BuildContext, Builder, Caller, Callers, runs_containers,
    site::{Flags, Form, Site},
    traced::Traced,
    words::{self, ROOT, Token, UNKNOWN, Values, Word, rooted},
};
use crate::{
    ecosystems, shell,
    text::{Place, RepoPath},
};
pub use cloud::sends_builds;
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
    pub(super) variables: HashMap<String, Traced>,
    /// Variables that take several values, as in a loop.
    pub(super) lists: BTreeMap<String, Vec<Traced>>,
}

/// Values of loop variables to try.
const LOOPS: usize = 256;

impl Script<'_> {
    /// Reads the script; `line` gives the line in the file of a line of the script.
    pub(super) fn read(&self, text: &Traced, line: &dyn Fn(usize) -> usize, into: &mut Callers) {
        let tokens = words::tokens(text);
        for start in &self.starts {
            let folder = self.path.parent().unwrap_or(RepoPath::root());
            let mut run = Run {
                script: self,
                folder: rooted(&folder),
                current: Some(start.clone()),
                above: Vec::new(),
                variables: self.variables.clone(),
                lists: self.lists.clone(),
                line,
                is_remote: false,
                into: &mut *into,
            };
            run.all(&tokens);
        }
    }
}

/// Returns true if a script may build an image or start a container: most do neither.
pub(super) fn may_build(text: &str) -> bool {
    ["build", "bud", "kaniko/executor"].iter().any(|it| text.contains(it))
        || runs_containers(text)
        || sends_builds(text)
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
    variables: HashMap<String, Traced>,
    lists: BTreeMap<String, Vec<Traced>>,
    line: &'a dyn Fn(usize) -> usize,
    /// True if it runs on another machine.
    is_remote: bool,
    into: &'a mut Callers,
}

impl Run<'_> {
    fn all(&mut self, tokens: &[Token]) {
        let mut command: Vec<&Word> = Vec::new();
        // Whether the last command is run by `ssh`, and so the document that follows it.
        let mut goes_on = false;
        for token in tokens.iter().chain([&Token::End]) {
            match token {
                Token::Word(word) => {
                    command.push(word);
                    continue;
                }
                Token::Document(text, line) => {
                    if goes_on {
                        self.remote(text, *line);
                    }
                }
                Token::End => goes_on = self.command(&command),
                Token::Open => {
                    goes_on = self.command(&command);
                    self.above.push(self.current.clone());
                }
                Token::Close => {
                    goes_on = self.command(&command);
                    if let Some(it) = self.above.pop() {
                        self.current = it;
                    }
                }
            }
            command.clear();
        }
    }

    fn expand(&self, word: &Traced) -> Traced {
        self.expand_with(word, &self.variables)
    }

    fn expand_with(&self, word: &Traced, variables: &HashMap<String, Traced>) -> Traced {
        let current = self.current.as_ref().map(rooted);
        let values = Values { variables, folder: &self.folder, current: current.as_deref() };
        values.expand(word)
    }

    /// Reads a command. Returns true if the here-documents of its line are run on another machine.
    fn command(&mut self, words: &[&Word]) -> bool {
        let mut words = words;
        while let [first, rest @ ..] = words {
            let assigned = assignment(&first.text);
            let name = first.text.text();
            if shell::is_wrapper(name.rsplit('/').next().unwrap_or_default()) {
                let texts: Vec<_> = words.iter().map(|it| Some(it.text.text())).collect();
                let program = ecosystems::invocation(&texts).map_or(0, |it| it.word);
                words = &words[program..];
                break;
            }
            let skipped = matches!(
                name.as_str(),
                "!" | "{"
                    | "}"
                    | "do"
                    | "else"
                    | "export"
                    | "if"
                    | "elif"
                    | "local"
                    | "readonly"
                    | "then"
                    | "while"
                    | "eval"
                    | "declare"
            );
            match assigned {
                Some((name, value)) => {
                    let value = self.expand(&value);
                    self.lists.remove(&name);
                    self.variables.insert(name, value);
                }
                None if skipped => {}
                None => break,
            }
            words = rest;
        }
        let Some(first) = words.first() else { return false };
        match first.text.text().as_str() {
            "for" => self.loop_over(words),
            verb @ ("cd" | "pushd") => {
                let to = words.iter().skip(1).find(|it| it.text.get(0) != Some('-'));
                if verb == "pushd" {
                    self.above.push(self.current.clone());
                }
                let to = to.map(|it| self.expand(&it.text).text());
                self.current = to.and_then(|it| locate(self.current.as_ref(), &it));
            }
            "popd" => self.current = self.above.pop().flatten(),
            _ => return self.try_build(words, first.line),
        }
        false
    }

    fn loop_over(&mut self, words: &[&Word]) {
        let [_, name, _, values @ ..] = words else { return };
        let values = values.iter().flat_map(|it| self.expand(&it.text).words());
        let values: Vec<_> = values.take(LOOPS).collect();
        let name = name.text.text();
        self.variables.remove(&name);
        self.lists.insert(name, values);
    }

    /// Reads a command that may build an image, start a container or run another on another machine, and returns true
    /// for the last.
    fn try_build(&mut self, words: &[&Word], line: usize) -> bool {
        let raw: Vec<_> = words.iter().map(|it| it.text.text()).collect();
        let raw: Vec<_> = raw.iter().map(String::as_str).collect();
        if self.try_remote(words, &raw) {
            return true;
        }
        self.try_run(words, &raw, line);
        let Some((builder, at)) = build_command(&raw) else {
            self.try_submit(words, &raw, line);
            return false;
        };
        let is_off = self.variables.get("DOCKER_BUILDKIT").map(Traced::text);
        let is_off = matches!(is_off.as_deref(), Some("0" | "false")) && !raw.contains(&"buildx");
        let builder = match builder {
            Builder::Docker if is_off => Builder::Classic,
            it => it,
        };
        let line = (self.line)(line);
        // One build for each value of the loop variables that the command names.
        let mut rounds = vec![self.variables.clone()];
        for (name, values) in &self.lists {
            let named = format!("${name}");
            let braced = format!("${{{name}");
            if !raw.iter().any(|it| it.contains(&named) || it.contains(&braced)) {
                continue;
            }
            let with = |round: &HashMap<String, Traced>, value: &Traced| {
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
        // Without a flag that names the Dockerfile, others go after the verb.
        let verb = words.get(at - 1).and_then(|it| it.end);
        for variables in &rounds {
            let words = words[at..]
                .iter()
                .map(|it| Word { text: self.expand_with(&it.text, variables), ..(**it).clone() });
            let found = BuildFlags::read(words.collect(), builder);
            let after_verb = || verb.map(|end| Flags { start: None, end });
            let flags = found.after.clone().or_else(after_verb);
            self.add(found, flags, builder, line);
        }
        false
    }

    fn add(&mut self, flags: BuildFlags, form: Option<Flags>, builder: Builder, line: usize) {
        let place = Place::line(self.script.path, line);
        let current = self.current.as_ref();
        let file = flags.file.as_ref().map(Traced::text);
        let context = flags.context.as_deref().unwrap_or(".");
        let folder = if is_remote(context) { None } else { locate(current, context) };
        // Each with the folder that its name is seen from.
        let mut dockerfiles: Vec<(RepoPath, Option<RepoPath>)> = Vec::new();
        let mut found = |it: Option<RepoPath>, seen_from: Option<&RepoPath>| {
            let new = it.filter(|it| !dockerfiles.iter().any(|known| known.0 == *it));
            dockerfiles.extend(new.map(|it| (it, seen_from.cloned())));
        };
        match file.as_deref() {
            Some("-") => return,
            Some(file) => {
                // Kaniko, Podman and Azure look below the context too.
                found(locate(current, file), current);
                if builder != Builder::Docker && !file.contains([ROOT, UNKNOWN]) {
                    found(folder.as_ref().and_then(|it| it.join(file)), folder.as_ref());
                }
            }
            None if context == "-" => return,
            None => found(folder.as_ref().and_then(|it| it.join("Dockerfile")), current),
        }
        let context = match folder {
            Some(it) => BuildContext::Folder(it),
            None => BuildContext::Elsewhere(display(context)),
        };
        if dockerfiles.is_empty() {
            let named = file.as_deref().map_or("its Dockerfile".to_owned(), display);
            self.into.unresolved(place, format!("builds {named}, which is not known"));
            return;
        }
        for (dockerfile, seen_from) in dockerfiles {
            self.into.add(Build {
                place: place.clone(),
                caller: self.script.caller,
                dockerfile,
                context: context.clone(),
                target: flags.target.as_ref().map(|it| display(&it.text())),
                arguments: flags.arguments.clone(),
                additional_contexts: flags.contexts.clone(),
                tags: flags.tags.clone(),
                builder,
                site: Site {
                    file: flags.file.clone(),
                    seen_from,
                    target: flags.target.clone(),
                    form: form.clone().map_or(Form::Fixed, Form::Flags),
                },
            });
        }
    }
}

/// Returns true if a context is not a folder but a URL or a git remote.
pub(super) fn is_remote(context: &str) -> bool {
    context.contains("://") || context.starts_with("git@") || context.starts_with("github.com/")
}

fn assignment(word: &Traced) -> Option<(String, Traced)> {
    let (name, value) = word.split_once("=")?;
    let name = name.text();
    let starts = name.starts_with(|it: char| it.is_ascii_alphabetic() || it == '_');
    let is_name = name.chars().all(|it| it.is_ascii_alphanumeric() || it == '_');
    (starts && is_name).then_some((name, value))
}

/// The names of Docker's client, of one that takes the same words, and of variables for it.
const DOCKERS: &[&str] = &["docker", "nerdctl", "$(DOCKER)", "${DOCKER}", "$DOCKER"];

/// The name of the program that a command line starts.
fn program<'w>(words: &[&'w str]) -> Option<&'w str> {
    Some(words.first()?.rsplit('/').next()?.trim_matches('"'))
}

/// The builder a command line runs, and where its flags begin.
fn build_command(words: &[&str]) -> Option<(Builder, usize)> {
    let name = program(words)?;
    if name == "executor" && words.first()?.contains("kaniko") {
        return Some((Builder::Kaniko, 1));
    }
    // Tasks of Azure's registry build without BuildKit: github.com/Azure/acr/issues/721.
    if name == "az" && words.get(1..3) == Some(&["acr", "build"]) {
        return Some((Builder::Classic, 3));
    }
    let builder = match name {
        "buildah" | "podman" => Builder::Buildah,
        name if DOCKERS.contains(&name) => Builder::Docker,
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
    use crate::callers::{
        retarget::tests::{assert_follows, follow},
        tests::builds,
    };

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
sudo -E env A=1 timeout 600 docker build api
";
        assert_eq!(
            builds("scripts/build.sh", text),
            [
                "8 api/Dockerfile api",
                "9 scripts/Containerfile scripts",
                "11 web/Dockerfile web V=1 2",
                "16 api/Dockerfile api",
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

    #[test]
    fn scripts_follow() {
        assert_follows(
            "build.sh",
            r#" #!/bin/sh
 HERE="$(cd "$(dirname "$0")" && pwd)"
-docker build -f "$HERE/Dockerfile.test" "$HERE"
+docker build -f "$HERE/Dockerfile" --target test --build-arg INSTALL_TEST_DEPS=true "$HERE"
-docker build -fapi/Dockerfile.test .
+docker build -fapi/Dockerfile --target test --build-arg INSTALL_TEST_DEPS=true .
-docker build --file=api/Dockerfile.test --target=0 .
+docker build --file=api/Dockerfile --build-arg INSTALL_TEST_DEPS=true --target=test .
-for f in a/Dockerfile.test b/Dockerfile.test; do
-  docker buildx build --push -f "$f" .
+for f in a/Dockerfile b/Dockerfile; do
+  docker buildx build --push -f "$f" --target test --build-arg INSTALL_TEST_DEPS=true .
 done
 (
   cd web
-  podman build -f Dockerfile.test
+  podman build -f Dockerfile --target test --build-arg INSTALL_TEST_DEPS=true
 )
"#,
        );
        let loops = "for f in a.test Dockerfile; do docker build -f $f .; done\n";
        assert!(follow("build.sh", loops).contains("the same lines build Dockerfile"));
        // Windows line ends.
        let windows = "docker build \\\r\n  -f Dockerfile.test \\\r\n  .\r\n";
        let followed = "docker build \\\r\n  -f Dockerfile \\\r\n  --target test \\\r\n  \
                    --build-arg INSTALL_TEST_DEPS=true \\\r\n  .\r\n";
        assert_eq!(follow("build.sh", windows), followed);
    }
}
