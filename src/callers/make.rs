//! Makefiles: their rules, and the builds in them.

use std::collections::{BTreeMap, HashMap};

use super::{
    Caller, Callers, own_folder_or_root,
    script::{Script, may_build},
    traced::Traced,
    words::{ROOT, UNKNOWN, is_too_long, rooted, unknown},
};
use crate::text::RepoPath;

/// Reads the recipes: each line runs in a shell of its own, unless `.ONESHELL` joins them.
pub(super) fn read(path: &RepoPath, text: &str, into: &mut Callers) {
    if !may_build(text) {
        return;
    }
    let folder = path.parent().unwrap_or(RepoPath::root());
    // A Makefile runs where it lies; a file that others include runs where they lie.
    let is_included = path.file_name().ends_with(".mk");
    let script = Script {
        path,
        caller: Caller::Makefile,
        starts: if is_included { own_folder_or_root(path) } else { vec![folder.clone()] },
        variables: HashMap::new(),
        lists: BTreeMap::new(),
    };
    let mut variables = HashMap::from([
        ("CURDIR".to_owned(), Traced::untraced(&rooted(&folder))),
        ("DOCKER".to_owned(), Traced::untraced("docker")),
    ]);
    let lines = logical(text);
    for (_, line) in lines.iter().filter(|it| it.1.get(0) != Some('\t')) {
        if let Some((name, value)) = variable(line) {
            let value = expand(&value, &variables);
            variables.insert(name, value);
        }
    }
    for (first, recipe) in lines.iter().filter(|it| it.1.get(0) == Some('\t')) {
        let command = recipe.trim_start(|it| PREFIXES.contains(&it));
        script.read(&expand(&command, &variables), &|it| first + it - 1, into);
    }
}

/// The rules of a Makefile, as far as its text tells: nothing is expanded.
#[derive(Debug, Default)]
pub struct Rules(Vec<Rule>);

/// A rule: what it makes, what it needs, and how.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Rule {
    targets: Vec<String>,
    /// The targets that it needs.
    pub needs: Vec<String>,
    /// The commands, as a shell gets them but for make's variables. Each runs in a shell of its own.
    pub recipe: Vec<String>,
}

impl Rules {
    /// Reads the rules of a text.
    pub fn of(text: &str) -> Self {
        let mut rules: Vec<Rule> = Vec::new();
        for (_, line) in logical(text) {
            let line = line.text();
            if let Some(command) = line.strip_prefix('\t') {
                let command = command.trim_start_matches(PREFIXES);
                rules.last_mut().into_iter().for_each(|it| it.recipe.push(command.to_owned()));
                continue;
            }
            let Some((targets, rest)) = line.split_once(':') else { continue };
            // `NAME := value`, `NAME ::= value`
            let rest = rest.trim_start_matches(':');
            if rest.starts_with('=') || targets.starts_with('#') || targets.contains('=') {
                continue;
            }
            let (needs, command) =
                rest.split_once(';').map_or((rest, None), |it| (it.0, Some(it.1)));
            let words = |it: &str| -> Vec<String> {
                let words = it.split(" #").next().unwrap_or_default().split_whitespace();
                words.filter(|it| !["|", "\\"].contains(it)).map(str::to_owned).collect()
            };
            let recipe = command.map(|it| it.trim_start().to_owned()).into_iter().collect();
            rules.push(Rule { targets: words(targets), needs: words(needs), recipe });
        }
        Self(rules)
    }

    /// The target that make makes when it is told none.
    pub fn first(&self) -> Option<&str> {
        let mut targets = self.0.iter().flat_map(|it| &it.targets).map(String::as_str);
        targets.find(|it| !it.starts_with('.') || it.contains('/'))
    }

    /// The rules that make a target.
    pub fn making(&self, target: &str) -> Vec<&Rule> {
        self.0.iter().filter(|it| it.targets.iter().any(|it| it == target)).collect()
    }
}

/// What may stand before a command of a recipe and is no part of it.
const PREFIXES: [char; 5] = ['\t', ' ', '@', '-', '+'];

/// The lines of a Makefile with their continuations, and the line each starts on.
fn logical(text: &str) -> Vec<(usize, Traced)> {
    let mut all: Vec<(usize, Traced)> = Vec::new();
    let mut continues = false;
    let one_shell = text.lines().any(|it| it.starts_with(".ONESHELL:"));
    let mut start = 0;
    for (at, whole) in text.split_inclusive('\n').enumerate() {
        let line = whole.trim_end_matches(['\r', '\n']);
        let goes_on = |it: &Traced| one_shell && line.starts_with('\t') && it.get(0) == Some('\t');
        let traced = Traced::at(line, start);
        match all.last_mut() {
            Some((_, last)) if continues || goes_on(last) => {
                last.push('\n');
                last.append(&traced);
            }
            _ => all.push((at + 1, traced)),
        }
        continues = line.ends_with('\\');
        start += whole.len();
    }
    all
}

fn variable(line: &Traced) -> Option<(String, Traced)> {
    let (left, value) = line.split_once("=")?;
    let left = left.text();
    let name = left.trim().trim_end_matches([':', '?', '+', '!']).trim();
    let name = name.strip_prefix("export ").unwrap_or(name);
    let plain = |it: char| it.is_ascii_alphanumeric() || "_-.".contains(it);
    let value = value.split_once(" #").map_or(value, |it| it.0).trim();
    // A variable that is there to be set from outside says something else on another day.
    let value = if left.trim_end().ends_with('?') { value.forgotten() } else { value };
    (!name.is_empty() && name.chars().all(plain)).then(|| (name.to_owned(), value))
}

/// Puts in make's variables; `$$` becomes the shell's `$`.
fn expand(text: &Traced, variables: &HashMap<String, Traced>) -> Traced {
    let mut out = Traced::default();
    let mut at = 0;
    while let Some(c) = text.get(at) {
        at += 1;
        if is_too_long(&out, text) {
            return unknown();
        }
        if c != '$' {
            out.append(&text.slice(at - 1..at));
            continue;
        }
        match text.get(at) {
            Some('$') => {
                out.append(&text.slice(at..at + 1));
                at += 1;
            }
            Some(open @ ('(' | '{')) => {
                let close = if open == '(' { ")" } else { "}" };
                let end = text.find(close, at).unwrap_or(text.len());
                match text.slice(at + 1..end).text().as_str() {
                    "shell pwd" => {
                        if let Some(it) = variables.get("CURDIR") {
                            out.append(it);
                        }
                    }
                    "shell git rev-parse --show-toplevel" => out.push(ROOT),
                    name => match variables.get(name) {
                        Some(it) => out.append(it),
                        None => out.push(UNKNOWN),
                    },
                }
                at = end + 1;
            }
            Some(_) => {
                out.push(UNKNOWN);
                at += 1;
            }
            None => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::Rules;
    use crate::callers::{
        retarget::tests::{assert_follows, follow},
        tests::builds,
    };

    #[test]
    fn recipes_build() {
        let text = "\
SERVICE := api
IMAGE ?= x/$(SERVICE)
build: deps
\t@docker build -t $(IMAGE) \\
\t\t-f $(SERVICE)/Dockerfile .
\tcd web && docker build --no-cache -t web .
\tdocker build other
\tfor s in a b; do docker build -t $$s svc/$$s; done
\tdocker build -f $@/Dockerfile .
\tdocker build - < Dockerfile
";
        assert_eq!(
            builds("Makefile", text),
            [
                "4 api/Dockerfile .",
                "6 web/Dockerfile web",
                "7 other/Dockerfile other",
                "8 svc/a/Dockerfile svc/a",
                "8 svc/b/Dockerfile svc/b",
                "9 lost",
            ]
        );
    }

    #[test]
    fn rules_have_targets_needs_and_recipes() {
        let text = "A := b:c\n.PHONY: all\nall: lib | out # first\nlib lib2: a.c \\\n  b.c\n\t@cc \\\n\t  a.c\n\t-rm x\n\
                    out: ; mkdir out\n# no: rule\nall:: more\n";
        let rules = Rules::of(text);
        assert_eq!(rules.first(), Some("all"));
        let needs =
            |it: &str| rules.making(it).iter().flat_map(|it| it.needs.clone()).collect::<Vec<_>>();
        assert_eq!(needs("all"), ["lib", "out", "more"]);
        assert_eq!(needs("lib2"), ["a.c", "b.c"]);
        let recipe =
            |it: &str| rules.making(it).iter().flat_map(|it| it.recipe.clone()).collect::<Vec<_>>();
        assert_eq!(recipe("lib"), ["cc \\\n\t  a.c", "rm x"]);
        assert_eq!(recipe("out"), ["mkdir out"]);
        assert_eq!(recipe("no"), [""; 0]);
    }

    #[test]
    fn makefiles_follow() {
        assert_follows("Makefile", " SERVICE := api
-DOCKERFILE = Dockerfile.test # the twin
+DOCKERFILE = Dockerfile # the twin
 test:
-\t@docker build -t x \\
-\t\t-f $(SERVICE)/Dockerfile.test .
+\t@docker build -t x \\
+\t\t-f $(SERVICE)/Dockerfile \\
+\t\t--target test \\
+\t\t--build-arg INSTALL_TEST_DEPS=true .
-\tdocker build -f $(DOCKERFILE) -t x .
+\tdocker build -f $(DOCKERFILE) --target test --build-arg INSTALL_TEST_DEPS=true -t x .
-\tfor s in a b; do docker build -f $$s/Dockerfile.test .; done
+\tfor s in a b; do docker build -f $$s/Dockerfile --target test --build-arg INSTALL_TEST_DEPS=true .; done
");
        let overridable = "F ?= Dockerfile.test\nt:\n\tdocker build -f $(F) .\n";
        assert!(follow("Makefile", overridable).contains("comes from a variable"));
    }
}
