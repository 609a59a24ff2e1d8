//! The source files that a command names.

use super::{
    Form, Process,
    names::module,
    reach::{Entry, Explorer},
};
use crate::{
    ecosystems::{
        code::{self, Language, Value},
        programs::Trait,
    },
    text::ImagePath,
};

/// Options of interpreters after which source stands in the command itself.
const INLINE: [&str; 5] = ["--eval", "--print", "-c", "-e", "-p"];

/// The language of the source that a program runs and that may be the project's; `None` if it runs none.
pub(super) fn hosted(process: &Process) -> Option<Language> {
    let program = process.facts();
    if program.is(Trait::HostsPython) {
        return Some(Language::Python);
    }
    let all = [
        (Trait::HostsPhp, Language::Php),
        (Trait::HostsRuby, Language::Ruby),
        (Trait::HostsScripts, Language::JavaScript),
    ];
    all.into_iter().find(|it| program.is(it.0)).map(|it| it.1)
}

/// The source that the command itself holds; empty if it is not known.
pub(super) fn inline(process: &Process) -> Option<&str> {
    let facts = process.facts();
    let is_php = hosted(process) == Some(Language::Php);
    let holds = |it: &str| {
        is_php && ["-r", "--run"].contains(&it)
            || facts.is(Trait::Interpreter) && INLINE.contains(&it)
            || facts.takes_source(it)
    };
    // What follows the file is the file's own: `ruby web.rb -p 3000`.
    let is_option = |it: &&Option<String>| it.as_deref().is_some_and(|it| it.starts_with('-'));
    let mut options = process.arguments.iter().take_while(is_option).flatten();
    let at = options.position(|it| holds(it))?;
    Some(process.arguments.get(at + 1).and_then(Option::as_deref).unwrap_or_default())
}

impl Explorer<'_, '_> {
    /// The file of a program that an install of the project brings: that of the `function` which its manifest names, or
    /// one that its package links. A package may have the name of its program, and an argument that of another module.
    pub(super) fn installed<'n>(
        &self,
        process: &Process,
        function: impl Fn(&str) -> Option<&'n str>,
    ) -> Option<ImagePath> {
        if process.form != Form::Program || !process.is_bare() {
            return None;
        }
        let function = function(&process.program).and_then(|it| self.function(it));
        function.or_else(|| self.linked(&process.program))
    }

    /// The files that a process starts with; empty if it names none that is here.
    pub(super) fn entries(
        &self,
        process: &Process,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Vec<Entry> {
        let mut found = Vec::new();
        let mut is_run = true;
        let folder = self.workdir.join(&process.folder);
        let own = [process.program.as_str(), process.path.as_str()];
        let language = hosted(process);
        let hosts_scripts = language == Some(Language::JavaScript);
        let is_open = [Some(Language::Php), Some(Language::Ruby)].contains(&language);
        let mut words: Vec<&str> = process.operands().chain(own).collect();
        if is_open {
            // Options name source as well: `sidekiq -r ./jobs.rb`.
            words = process.known().filter(|it| !it.starts_with('-')).chain(own).collect();
        }
        for word in &words {
            let path = folder.join(word);
            let is_source = Language::of(path.file_name()).is_some();
            let is_named = is_source && self.files.at(&path).is_some();
            let may_be = word.contains('/') || is_open && *word != process.program;
            if is_named || may_be && self.script(&path).is_some() {
                found.push(path);
            } else if language == Some(Language::Ruby) && !is_source && *word != process.program {
                // `clockwork lib/clock`
                let file = ImagePath::new(&format!("{path}.rb"));
                found.extend(file.filter(|it| self.files.at(it).is_some()));
            } else if !is_source && hosts_scripts && *word != process.program {
                // `node .`, `node server`.
                found.extend(self.script_module(&path));
            }
        }
        if process.program.starts_with("pm2") {
            found = found.into_iter().flat_map(|it| self.configured(&folder, it)).collect();
        }
        if let Some(language) = language.filter(|_| is_open) {
            match self.unasked(process, language, &found) {
                Some(more) => found.extend(more),
                None => return Vec::new(),
            }
            found.sort();
            found.dedup();
        }
        if found.is_empty() && !hosts_scripts && !is_open {
            let modules = process.known().chain([process.program.as_str()]).filter_map(module);
            let inline =
                process.known().filter_map(|it| it.split_once('=').and_then(|it| module(it.1)));
            // `celery -Ashop`
            let attached = process.known().filter_map(|it| module(it.strip_prefix("-A")?));
            let all = modules.chain(inline).chain(attached);
            found.extend(all.filter_map(|it| self.python_target(it)));
            // `python -m shop` runs it, and a server imports `shop:app`.
            is_run = module(&process.program).and_then(|it| self.python_entry(it)).is_some();
        }
        // docs.locust.io: "Configuration", `--locustfile`.
        if process.program == "locust" && found.is_empty() {
            found.extend(self.python_entry("locustfile"));
        }
        if process.program == "flask" && found.is_empty() {
            let named = env("FLASK_APP");
            let named = named.as_deref().map(|it| it.trim_end_matches(".py"));
            let all = named.into_iter().chain(["app", "wsgi"]);
            found.extend(all.filter_map(module).find_map(|it| self.python_entry(it)));
            is_run = false;
        }
        // Its pages are loaded from the folder `pages` beside the file. docs.streamlit.io: "Multipage apps".
        if process.program == "streamlit" {
            let folders: Vec<_> = found.iter().filter_map(ImagePath::parent).collect();
            let pages = folders.iter().map(|it| it.join("pages"));
            found.extend(pages.flat_map(|it| self.files.below(&it, Language::Python).to_vec()));
        }
        // An application of a framework is started in its own folder.
        let application = |at: &ImagePath| self.framework(at, language?).map(|it| it.folder);
        let start = found.iter().find_map(application).unwrap_or(folder);
        let entry = |at| Entry { at, folder: start.clone(), is_run };
        found.into_iter().map(entry).collect()
    }

    /// What the settings of a process manager name: `script: "dist/main.js"`; the file itself if it is no settings.
    fn configured(&self, folder: &ImagePath, at: ImagePath) -> Vec<ImagePath> {
        let text = self.files.at(&at).and_then(|it| self.project.source(&it));
        let facts = text.and_then(|it| code::read(Language::JavaScript, &it.text));
        let Some(script) = facts.as_ref().and_then(|it| it.attributes.get("script")) else {
            return vec![at];
        };
        let all = if let Value::Any(all) = script {
            all.as_slice()
        } else {
            std::slice::from_ref(script)
        };
        let paths = all.iter().filter_map(Value::text);
        paths.filter_map(|it| self.script_module(&folder.join(it))).collect()
    }
}
