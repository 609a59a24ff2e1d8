//! The scripts of a manifest that managers run: `npm run build`, `yarn start`.

use super::{grammar_of, node};
use crate::{shell::Invocation, text::glob::Glob};

/// How a manager runs the scripts of a manifest.
#[derive(Clone, Copy, Debug)]
pub struct Scripts {
    /// The manifest that has them.
    pub manifest: &'static str,
    /// The text of a script, by the text of the manifest and its name.
    pub text: fn(&str, &str) -> Option<String>,
    /// The verbs that run the script that the next word names. Any other verb may itself be the name of a
    /// script.
    pub verbs: &'static [&'static str],
    /// The verbs that run a program which packages bring, or which is on PATH: `pnpm exec`.
    pub executes: &'static [&'static str],
    /// The options that name the folder of the manifest.
    pub folder: &'static [&'static str],
    /// The names of all scripts, by the text of the manifest.
    pub names: fn(&str) -> Vec<String>,
    /// The script that a container most likely runs if the call names none.
    pub default: &'static str,
    /// What the script of that name runs if the manifest has none; empty if nothing.
    pub missing: &'static str,
    /// True if `--` stands before the arguments of a script.
    pub separates: bool,
    /// True if running a script writes logs, caches or settings to the home directory.
    pub needs_home: bool,
    /// Returns true if the scripts whose names begin with `pre` and `post` run before and after one, by the text of
    /// the manifest.
    pub runs_hooks: fn(&str) -> bool,
}

/// A call that may run a script of a manifest.
#[derive(Clone, Copy, Debug)]
pub struct ScriptCall<'c> {
    /// How the manager runs scripts.
    pub scripts: &'static Scripts,
    /// The name of the script, or a verb of the manager; empty if a script is to be run and none is named.
    pub name: &'c str,
    /// True if the manager installs or changes packages with a verb of this name.
    pub installs: bool,
    /// The folder of the manifest, if it is not the working directory.
    pub folder: Option<&'c str>,
    /// The position of the name among the arguments; `None` if the call names none.
    pub program: Option<usize>,
}

impl ScriptCall<'_> {
    /// The names and command lines of the scripts that run before and after the one that the call names, by the text
    /// of the manifest.
    pub fn hooks(&self, manifest: &str) -> Vec<(String, String)> {
        if self.name.is_empty() || self.installs || !(self.scripts.runs_hooks)(manifest) {
            return Vec::new();
        }
        let names = ["pre", "post"].map(|it| format!("{it}{}", self.name));
        let line = |name: String| Some(((self.scripts.text)(manifest, &name)?, name));
        names.into_iter().filter_map(line).map(|(line, name)| (name, line)).collect()
    }

    /// The command line that the call runs, with the arguments that it adds, by the text of the manifest; `None` if
    /// that has no such script.
    pub fn line(&self, manifest: &str, call: &Invocation) -> Option<String> {
        let mut line = match (self.scripts.text)(manifest, self.name) {
            Some(line) => line,
            None if self.name == self.scripts.default && !self.scripts.missing.is_empty() => {
                return Some(self.scripts.missing.to_owned());
            }
            None => return None,
        };
        let after = self.program.map_or(call.arguments.len(), |it| it + 1);
        let mut more = call.arguments[after..].iter().map(|it| it.text.as_deref());
        if self.scripts.separates {
            more.find(|it| *it == Some("--"));
        }
        for word in more.flatten() {
            line.push_str(&format!(" '{}'", word.replace('\'', "'\\''")));
        }
        Some(line)
    }
}

/// How a program runs several commands beside or after one another.
enum Several {
    /// Each argument is a command line, or `npm:NAME` for a script.
    Lines,
    /// Each argument names a script; `start:*` names several.
    Scripts,
}

/// The programs that run several commands, and their options that take a value. After the READMEs of concurrently and
/// npm-run-all.
const SEVERAL: &[(&str, Several, &[&str])] = &[
    (
        "concurrently",
        Several::Lines,
        &[
            "--default-input-target",
            "--hide",
            "--max-processes",
            "--names",
            "--prefix",
            "--prefix-colors",
            "--prefix-length",
            "--restart-after",
            "--restart-tries",
            "--success",
            "--timestamp-format",
            "-c",
            "-l",
            "-m",
            "-n",
            "-p",
            "-s",
            "-t",
        ],
    ),
    ("npm-run-all", Several::Scripts, &["--max-parallel", "--npm-path"]),
    ("npm-run-all2", Several::Scripts, &["--max-parallel", "--npm-path"]),
    ("run-p", Several::Scripts, &["--max-parallel", "--npm-path"]),
    ("run-s", Several::Scripts, &["--npm-path"]),
];

/// The command lines that a program runs which runs several; `None` for other programs. `manifest` gives the text of
/// a manifest in the working directory.
pub fn several(
    call: &Invocation,
    manifest: &dyn Fn(&str) -> Option<String>,
) -> Option<Vec<String>> {
    let (_, several, valued) = SEVERAL.iter().find(|it| it.0 == call.program)?;
    let mut takes = false;
    let given = call.texts().filter(|it| {
        let is_value = std::mem::replace(&mut takes, valued.contains(it));
        !is_value && !it.starts_with('-')
    });
    let manager = |name: &str| {
        let scripts = grammar_of(name)?.scripts.as_ref()?;
        Some((name.to_owned(), scripts.manifest))
    };
    let mut lines = Vec::new();
    for text in given {
        let (manager, name) = match (several, text.split_once(':')) {
            (Several::Scripts, _) => (manager(DEFAULT), text),
            (Several::Lines, Some((before, name))) => (manager(before), name),
            (Several::Lines, None) => (None, text),
        };
        let Some((manager, file)) = manager else {
            lines.push(text.to_owned());
            continue;
        };
        let is_pattern = name.contains('*');
        let text = manifest(file).filter(|_| is_pattern);
        let all = text.map(|it| (node::SCRIPTS.names)(&it)).unwrap_or_default();
        let pattern = Glob::new(name).ok();
        let all =
            all.into_iter().filter(|it| pattern.as_ref().is_some_and(|glob| glob.matches(it)));
        let names = if is_pattern { all.collect() } else { vec![name.to_owned()] };
        lines.extend(names.iter().map(|it| format!("{manager} run {it}")));
    }
    Some(lines)
}

/// The manager whose scripts are meant where none is named.
const DEFAULT: &str = node::npm::NAME;

/// Reads a call of a manager that runs scripts; `None` for other programs.
pub fn script_call(call: &Invocation) -> Option<ScriptCall<'_>> {
    let grammar = super::verbs_of(&call.program)?;
    let scripts = grammar.scripts.as_ref()?;
    let mut words = grammar.words(call);
    let named = |name: &str| call.texts().position(|it| it == name);
    let name = match words.next() {
        Some(it) if scripts.verbs.contains(&it) => words.next().unwrap_or_default(),
        Some(it) => it,
        None => scripts.default,
    };
    let mut verbs = grammar.install.iter().chain(grammar.change);
    let folder = call.values(scripts.folder).into_iter().flatten().last();
    let installs = verbs.any(|it| it.words == name);
    Some(ScriptCall { scripts, name, installs, folder, program: named(name) })
}

#[cfg(test)]
mod tests {
    #[test]
    fn hooks_run_where_the_manager_has_them() {
        let hooks = |line: &str, manager: &str| {
            let words: Vec<_> = line.split(' ').map(|it| Some(it.to_owned())).collect();
            let call = crate::ecosystems::invocation(&words).unwrap();
            let manifest = format!(
                r#"{{"packageManager": "{manager}", "scripts": {{"start": "s", "prestart": "a", "poststart": "b"}}}}"#
            );
            let found = super::script_call(&call).unwrap().hooks(&manifest).into_iter();
            found.map(|it| format!("{}: {}", it.0, it.1)).collect::<Vec<_>>().join(", ")
        };
        let both = "prestart: a, poststart: b";
        let rows = [
            ("npm start", "", both),
            ("npm run start", "npm@10.1.0", both),
            ("yarn start", "", both),
            ("yarn start", "yarn@1.22.22", both),
            ("yarn start", "yarn@4.1.0", ""),
            ("pnpm start", "pnpm@9.0.0", both),
            ("bun run start", "", both),
            ("npm test", "", ""),
        ];
        for (line, manager, expected) in rows {
            assert_eq!(hooks(line, manager), expected, "{line} {manager}");
        }
    }

    #[test]
    fn scripts_are_named_after_a_verb_or_by_it() {
        let read = |line: &str| {
            let words: Vec<_> = line.split(' ').map(|it| Some(it.to_owned())).collect();
            let call = crate::ecosystems::invocation(&words).unwrap();
            super::script_call(&call)
                .map(|it| (it.name.to_owned(), it.installs, it.folder.map(str::to_owned)))
        };
        let call = |name: &str, installs: bool, folder: Option<&str>| {
            Some((name.to_owned(), installs, folder.map(str::to_owned)))
        };
        assert_eq!(read("npm --prefix web run dev"), call("dev", false, Some("web")));
        assert_eq!(read("npm start"), call("start", false, None));
        assert_eq!(read("npm"), call("start", false, None));
        assert_eq!(read("npm ci"), call("ci", true, None));
        assert_eq!(read("yarn"), call("install", true, None));
        assert_eq!(read("bun run"), call("", false, None));
        assert_eq!(read("poetry run x"), None);
    }
}
