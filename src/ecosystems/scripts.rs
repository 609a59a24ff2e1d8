//! The scripts of a manifest that managers run: `npm run build`, `yarn start`.

use super::{Grammar, grammar_of};
use crate::shell::Invocation;

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
    /// The options that name the folder of the manifest.
    pub folder: &'static [&'static str],
    /// The script that a container most likely runs if the call names none.
    pub default: &'static str,
    /// True if running a script writes logs, caches or settings to the home directory.
    pub needs_home: bool,
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
}

/// Reads a call of a manager that runs scripts; `None` for other programs.
pub fn script_call(call: &Invocation) -> Option<ScriptCall<'_>> {
    let grammar: &'static Grammar = grammar_of(&call.program)?;
    let scripts = grammar.scripts.as_ref()?;
    let mut words = grammar.words(call);
    let name = match words.next() {
        Some(it) if scripts.verbs.contains(&it) => words.next().unwrap_or_default(),
        Some(it) => it,
        None => scripts.default,
    };
    let mut verbs = grammar.install.iter().chain(grammar.change);
    let folder = call.values(scripts.folder).into_iter().flatten().last();
    Some(ScriptCall { scripts, name, installs: verbs.any(|it| it.words == name), folder })
}

#[cfg(test)]
mod tests {
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
