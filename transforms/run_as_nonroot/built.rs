//! What RUNs start that is the project's own: scripts, targets of a Makefile, source. It may leave files in root's
//! home, or make a database that belongs to root.

use super::{Image, homes};
use crate::{
    callers::Rules,
    ecosystems::{
        self, homes as leavings,
        programs::{self, Trait},
        python::{INSTALLED_MODULES, PROJECT_SCRIPT},
    },
    run::CallSite,
    shell::{Invocation, Script},
    text::{ImagePath, Refusal, RepoPath},
};

/// How many scripts deep a RUN is followed.
const DEPTH: usize = 4;

/// Words of arguments and modules that fetch something.
const FETCHES: [&str; 8] =
    ["cache", "download", "fetch", "install", "prefetch", "preload", "pull", "warm"];

/// Checks what a call of a RUN starts.
///
/// # Errors
/// A decline's code and reason: it is not known what it leaves, or it leaves files in root's home.
pub(super) fn check(image: &Image<'_>, site: &CallSite) -> Result<(), Refusal> {
    let directory = site.directory.as_ref();
    Origin { image, directory, from: "a RUN", depth: DEPTH }.call(&site.call)
}

/// Where a call comes from.
#[derive(Clone, Copy)]
struct Origin<'p, 'a> {
    image: &'p Image<'a>,
    /// The directory it runs in; `None` if its paths are seen from the image's own.
    directory: Option<&'p ImagePath>,
    /// What runs it, for people.
    from: &'p str,
    /// How many scripts deep it may be followed.
    depth: usize,
}

impl Origin<'_, '_> {
    /// A path that a call names.
    fn at(&self, path: &str) -> String {
        match self.directory {
            Some(it) if !path.starts_with('/') => it.join(path).to_string(),
            _ => path.to_owned(),
        }
    }

    fn call(&self, call: &Invocation) -> Result<(), Refusal> {
        let Self { image, from, .. } = *self;
        database(image, call, from)?;
        let program = programs::named(&call.program);
        // A shell's script, or a file that is run itself.
        let nested = call.script.as_ref().filter(|it| it.is_file).and_then(|it| it.text.clone());
        let own = [".sh", ".bash"].iter().any(|it| call.path.ends_with(it))
            || call.path.contains("scripts/");
        if let Some(path) =
            nested.or_else(|| (own && call.path.contains('/')).then(|| call.path.clone()))
        {
            return self.script(&self.at(&path));
        }
        if call.program == "make" {
            return self.target(call);
        }
        if homes::has_models_elsewhere(image) {
            return Ok(());
        }
        let unknown = |what: &str| {
            let reason = format!(
                "{from} runs {what}, which may leave files in root's home, which only root can read"
            );
            Err(Refusal::new("root-home", reason))
        };
        let fetches = |it: &str| {
            it.split(['-', '_', '.', ':', ' '])
                .any(|it| FETCHES.iter().any(|word| it.starts_with(word)))
        };
        if call.is_module {
            let top = call.program.split('.').next().unwrap_or_default();
            let is_known =
                INSTALLED_MODULES.contains(&top) || ecosystems::grammar_of(top).is_some();
            let words = std::iter::once(call.program.as_str()).chain(call.texts());
            return if !is_known && words.into_iter().any(fetches) {
                unknown(&call.program)
            } else {
                Ok(())
            };
        }
        if !program.is(Trait::Interpreter) {
            return Ok(());
        }
        // `python -` reads its input; what follows are arguments.
        let mut operands = call.texts().filter(|it| !it.starts_with('-') || *it == "-");
        let Some(file) = operands.next() else { return Ok(()) };
        let name = file.rsplit('/').next().unwrap_or(file);
        let is_source =
            [".cjs", ".js", ".mjs", ".py", ".rb", ".ts"].iter().any(|it| name.ends_with(it));
        if !is_source || programs::named(name).is_listed() || PROJECT_SCRIPT.name == name {
            return Ok(());
        }
        unknown(file)
    }

    /// Checks what a script of the project runs.
    fn script(&self, path: &str) -> Result<(), Refusal> {
        let Self { image, from, .. } = *self;
        let name = path.rsplit('/').next().unwrap_or(path);
        // Of a project that a RUN fetches, only its own files are meant.
        let is_foreign = ["autogen", "bootstrap", "build", "buildconf", "configure"];
        let Some(found) = image.source(path) else {
            let stem = name.split('.').next().unwrap_or(name);
            if is_foreign.contains(&stem) || !image.is_absent(path) {
                return Ok(());
            }
            let reason = format!("{from} runs {name}, {}", image.whereabouts(path));
            return Err(Refusal::new("unknown-script", reason));
        };
        let Some(text) = image.text(&found) else { return Ok(()) };
        self.lines(&text, &found)
    }

    /// Checks the commands of a script.
    fn lines(&self, text: &str, file: &RepoPath) -> Result<(), Refusal> {
        let image = self.image;
        let from = file.to_string();
        let script = Script::of_text(text).map_err(|_| {
            Refusal::new("unknown-script", format!("a RUN runs {from}, which cannot be read"))
        })?;
        for command in script.commands() {
            let said = command.words.iter().map(|it| it.raw.as_str());
            let said = said.chain(command.assignments.iter().map(|it| it.value.raw.as_str()));
            let said: Vec<&str> = said.collect();
            let reads =
                ["cat", "echo", "ls", "rm"].contains(&command.program().unwrap_or_default());
            if let Some(word) = said.iter().find(|it| !reads && homes::names_home(it)) {
                let reason =
                    format!("{from}, which a RUN runs, names {word}, which only root can read");
                return Err(Refusal::new("root-home", reason));
            }
            let Some(inner) = ecosystems::invocation_of(command, |it| it.value.clone()) else {
                continue;
            };
            let all = leavings::leavings(&inner);
            if all.iter().any(|it| homes::stays(image, &inner, it)) {
                let reason = format!(
                    "{from}, which a RUN runs, leaves files in root's home by {}, and only root can read them",
                    homes::short(&inner)
                );
                return Err(Refusal::new("root-home", reason));
            }
            if let Some(depth) = self.depth.checked_sub(1) {
                Origin { directory: None, from: &from, depth, ..*self }.call(&inner)?;
            }
        }
        Ok(())
    }

    /// Checks the recipes of the targets that `make` is told to make.
    fn target(&self, call: &Invocation) -> Result<(), Refusal> {
        let Self { image, from, .. } = *self;
        let folder = call.values(&["-C", "--directory"]).into_iter().flatten().last();
        let file = call.values(&["-f", "--file", "--makefile"]).into_iter().flatten().last();
        let path = format!("{}/{}", folder.unwrap_or("."), file.unwrap_or("Makefile"));
        // A Makefile of another project, which a RUN fetches, builds that.
        let Some(found) = image.source(&self.at(&path)) else { return Ok(()) };
        let Some(text) = image.text(&found) else { return Ok(()) };
        let named = call.texts().filter(|it| !it.starts_with('-') && !it.contains('='));
        let mut wanted: Vec<String> = named.map(str::to_owned).collect();
        let rules = Rules::of(&text);
        if wanted.is_empty() {
            wanted.extend(rules.first().map(str::to_owned));
        }
        let mut done: Vec<String> = Vec::new();
        while let Some(name) = wanted.pop() {
            if done.contains(&name) {
                continue;
            }
            let mut recipe: Vec<&str> = Vec::new();
            for rule in rules.making(&name) {
                wanted.extend(rule.needs.iter().cloned());
                recipe.extend(rule.recipe.iter().map(String::as_str));
            }
            done.push(name);
            let recipe = recipe.join("\n");
            // Make's own variables and functions are left as they are.
            self.lines(&recipe.replace("$(", "${").replace("$$", "$"), &found).map_err(|it| {
                match it.code {
                    "unknown-script" => Refusal::new(
                        "unknown-script",
                        format!("{from} runs a target of {found}, which cannot be read"),
                    ),
                    _ => it,
                }
            })?;
        }
        Ok(())
    }
}

/// Whether the settings of Rails name databases that are no files: guides.rubyonrails.org, "Configuring a Database".
fn has_servers_only(image: &Image<'_>) -> bool {
    let text = image.source("config/database.yml").and_then(|it| image.text(&it));
    let text = text.unwrap_or_default();
    let lines = text.lines().map(str::trim);
    let mut adapters = lines.filter_map(|it| it.strip_prefix("adapter:")).map(str::trim).peekable();
    adapters.peek().is_some()
        && adapters.all(|it| !it.contains("sqlite") && !it.contains("<%"))
        && !image.environment("DATABASE_URL").is_some_and(|it| it.contains("sqlite"))
}

/// Checks that a call makes no database.
fn database(image: &Image<'_>, call: &Invocation, from: &str) -> Result<(), Refusal> {
    let mut words = call.texts().filter(|it| !it.starts_with('-'));
    let first = words.next().unwrap_or_default();
    let script = programs::named(first.rsplit('/').next().unwrap_or(first));
    let second = words.next().unwrap_or_default();
    let line = if programs::named(&call.program).migrates(first) {
        format!("{} {first}", call.program)
    } else if script.migrates(second) {
        format!("{first} {second}")
    } else {
        return Ok(());
    };
    let is_rails = programs::named(&call.program).is(Trait::HostsRuby);
    if is_rails && has_servers_only(image) {
        return Ok(());
    }
    let reason = format!(
        "{from} runs {line}: a database that is made while the image is built is a file in it, and root's"
    );
    Err(Refusal::new("database-in-image", reason))
}
