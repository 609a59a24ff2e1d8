//! Files in root's home, which no other user can read: `/root` has mode 700.

use super::{
    Image, built,
    image::{Placed, resolve},
    keys,
    process::Process,
};
use crate::{
    context,
    dockerfile::Keyword,
    ecosystems::{
        self, Grammar, Leaving, MANAGERS, Preference, Switch, grammar_of,
        homes::{self, Brought, LAUNCHERS, MODELS},
        images,
        python::asks_for_another,
    },
    run::Run,
    shell::{Command, Invocation, Word, is_shell},
    text::{ImagePath, Refusal},
};

/// Texts of a program that loads a model, which its library fetches into the home directory.
const LOADS: [&str; 10] = [
    "Reader(",
    "SentenceTransformer",
    "TextEmbedding",
    "download",
    "from_pretrained",
    "get_model",
    "load_model",
    "pipeline(",
    "snapshot_download",
    "torch.hub",
];

/// The options of interpreters that are followed by a script.
const INLINE: [&str; 2] = ["-c", "-e"];

/// Texts in the addresses of scripts that only add a distribution's repository.
const REPOSITORIES: [&str; 5] = ["nodesource", "packagecloud", "setup_", "/apt", ".deb."];

/// Checks that no file needed at run time is in root's home.
///
/// # Errors
/// A decline's code and reason.
pub(super) fn check(image: &Image<'_>, processes: &[Process]) -> Result<(), Refusal> {
    let refuse = |why: String| Err(Refusal::new("root-home", why));
    let is_open = has_open_root(image);
    if !is_open {
        settings(image)?;
        services(image)?;
    }
    managed_python(image)?;
    let runs = image.runs(&[])?;
    for (at, run) in runs.iter().enumerate() {
        let is_for_build = keys::fetches(&runs[at..]);
        for command in run.script.commands() {
            if let Some(text) = mention(run, command, is_for_build) {
                return refuse(format!("a RUN names {text}, which only root can read"));
            }
            if installs_from_web(image, command) {
                return refuse(
                    "an installer script from the web may install to root's home, which only root \
                     can read"
                        .to_owned(),
                );
            }
        }
        for site in run.calls() {
            built::check(image, site)?;
            let command = &run.script.commands()[site.command];
            let leavings = homes::leavings(&site.call);
            let line = short(&site.call);
            if !is_for_build && keys::is_set(&site.call) {
                return refuse(format!(
                    "{line} sets root's own settings, which only root can read"
                ));
            }
            if leavings.iter().any(|it| stays(image, &site.call, it)) {
                return refuse(format!(
                    "{line} leaves files in root's home, which only root can read"
                ));
            }
            if loads_model(image, command, &site.call) {
                return refuse(format!(
                    "{line} may keep what it downloads in root's home, or as root's in another folder"
                ));
            }
        }
    }
    if let Some(script) = script_run_twice(image, processes)? {
        return refuse(format!(
            "a RUN already runs {script}, which may leave files in root's home that it needs later"
        ));
    }
    let mut words = processes.iter().flat_map(Process::known);
    if let Some(word) = words.find(|it| !is_open && in_root(it)) {
        return refuse(format!("its command names {word}, which only root can read"));
    }
    for launcher in LAUNCHERS {
        let fetched = |it: &&Process| launcher.fetches.contains(&it.program.as_str());
        let Some(process) = processes.iter().find(fetched) else { continue };
        if image.mentions_run(&[launcher.program]) && !image.sets(launcher.variable) {
            let (launcher, manager) = (launcher.program, &process.program);
            return refuse(format!("{launcher} keeps {manager} in root's home"));
        }
    }
    Ok(())
}

/// A call without its options and most of its arguments: `poetry install`, `python -c 'import nltk'`.
pub(super) fn short(call: &Invocation) -> String {
    let mut texts = call.texts().skip_while(|it| !INLINE.contains(it));
    let inline = texts.next().zip(texts.next());
    if let Some((option, script)) = inline.filter(|_| loads_scripts(call)) {
        let quote = if script.contains('\'') { '"' } else { '\'' };
        return format!("{} {option} {quote}{script}{quote}", call.program);
    }
    let grammar = grammar_of(&call.program).unwrap_or(&Grammar::NONE);
    match grammar.words(call).next() {
        Some(verb) => format!("{} {verb}", call.program),
        None => call.program.clone(),
    }
}

/// The Python script that a RUN starts without arguments and the container starts again: it probably runs at
/// build time for the files that it leaves behind, such as models.
fn script_run_twice(image: &Image<'_>, processes: &[Process]) -> Result<Option<String>, Refusal> {
    let started: Vec<&str> = processes.iter().flat_map(Process::known).collect();
    for run in image.runs(&[".py"])? {
        for command in run.script.commands() {
            let [program, script] = command.words.as_slice() else { continue };
            let python = program.value.as_deref().is_some_and(|it| it.starts_with("python"));
            let script = script.value.as_deref().filter(|it| python && it.ends_with(".py"));
            if let Some(it) = script.filter(|it| started.contains(it)) {
                return Ok(Some(it.to_owned()));
            }
        }
    }
    Ok(None)
}

/// Whether the image has no `/root` but the one that its own instructions make, which every user may read: `WORKDIR`
/// and `COPY` make folders with mode 755. In an empty image nothing else brings one, unless a `COPY` fills `/`.
fn has_open_root(image: &Image<'_>) -> bool {
    let copies = image.instructions().filter_map(|it| Some((it.item, it.instruction.copy()?)));
    let mut places = copies.map(|(item, copy)| image.path_at(item, &copy.destination.text));
    image.base().is_some_and(|it| images::named(it).is_empty())
        && places.all(|it| it.is_some_and(|it| !it.is_root()))
}

/// Checks that no instruction but RUN puts a file or a setting into root's home.
fn settings(image: &Image<'_>) -> Result<(), Refusal> {
    let caches = ["CACHE_DIR", "CONFIG_CACHE", "CACHE_FOLDER"];
    let is_roots = |it: &ImagePath| it.is_within_fixed(&["/root"]);
    for Placed { item, instruction } in image.instructions() {
        let found = match instruction.keyword {
            Keyword::Env => {
                let pairs = instruction.pairs().iter();
                let mut pairs =
                    pairs.filter(|pair| !caches.iter().any(|it| pair.name.ends_with(it)));
                pairs.find(|it| it.value.as_deref().is_some_and(in_root)).map(|it| it.name.clone())
            }
            Keyword::Workdir => {
                let path = image.path_at(item, instruction.text());
                path.filter(is_roots).map(|it| it.to_string())
            }
            Keyword::Copy | Keyword::Add => {
                let copy = instruction.copy();
                copy.and_then(|copy| image.path_at(item, &copy.destination.text))
                    .filter(is_roots)
                    .map(|it| it.to_string())
            }
            Keyword::Volume => {
                instruction.words().into_iter().map(|it| it.text).find(|it| in_root(it))
            }
            _ => None,
        };
        if let Some(what) = found {
            let keyword = instruction.keyword;
            let verb = if keyword == Keyword::Env { "points into" } else { "is in" };
            let reason = format!("{keyword} {what} {verb} root's home, which only root can read");
            return Err(Refusal::new("root-home", reason));
        }
    }
    Ok(())
}

/// Checks that no service of compose puts something into root's home: a mount, a variable.
fn services(image: &Image<'_>) -> Result<(), Refusal> {
    for started in image.services() {
        let service = started.service;
        if let Some(it) = service.volumes.iter().find(|it| in_root(&it.target)) {
            let reason =
                format!("{} mounts something at {}, which only root can read", it.place, it.target);
            return Err(Refusal::new("root-home", reason));
        }
        let place = started.place();
        let mut values = service.environment.iter();
        if let Some((name, value)) = values.find(|it| in_root(&it.1)) {
            let reason = format!("{place} sets {name} to {value}, which only root can read");
            return Err(Refusal::new("root-home", reason));
        }
    }
    Ok(())
}

/// The file that names the Python of a project.
const PINNED: &str = ".python-version";

/// Checks that no manager installs a Python of its own, which it does into root's home.
fn managed_python(image: &Image<'_>) -> Result<(), Refusal> {
    let base = image.base().map(images::named);
    let base = base.filter(images::Known::has_pip).and_then(|it| it.python());
    let Some(python) = base else { return Ok(()) };
    for run in image.runs(&[])? {
        for site in run.calls() {
            let Some(manager) = ecosystems::manager(&site.call) else { continue };
            // What is left without a Python in the image is left beside a Python that does not fit.
            let brings = |it: &&Leaving| it.without == Some(Brought::Python);
            let leavings = homes::leavings(&site.call);
            let mut brought =
                leavings.iter().filter(|it| brings(it) && !is_elsewhere(image, &site.call, it));
            let manifest = image.manifest(manager.manifest);
            let pinned = image.manifest(PINNED).filter(|_| {
                // One that stays out of the image asks for nothing there.
                context::takes(image.site.dockerfile, PINNED) || image.source(PINNED).is_some()
            });
            let asks = asks_for_another(
                manifest.iter().map(String::as_str),
                pinned.as_deref(),
                Some(python),
            );
            if brought.next().is_some() && asks {
                let reason = format!(
                    "the project asks for another Python than the image's, so {} installs one in root's home",
                    manager.title
                );
                return Err(Refusal::new("root-home", reason));
            }
        }
    }
    Ok(())
}

/// Whether the home directory is named by a word as it is written.
pub(super) fn names_home(raw: &str) -> bool {
    let is_home = in_root(raw) || raw.contains("$HOME") || raw.contains("${HOME}");
    is_home && !keys::is_for_build(raw)
}

/// Whether a variable of the image puts models and what libraries download elsewhere.
pub(super) fn has_models_elsewhere(image: &Image<'_>) -> bool {
    MODELS.iter().any(|it| is_set(image, it)) || image.sets("HOME")
}

/// Whether a text names something in root's home.
fn in_root(text: &str) -> bool {
    text.split([':', '=', ' ', ',', ';', '"', '\''])
        .any(|it| ["/root", "~"].contains(&it) || it.starts_with("/root/") || it.starts_with("~/"))
}

/// The first word of a command that names root's home, as written.
fn mention(run: &Run<'_>, command: &Command, is_for_build: bool) -> Option<String> {
    if matches!(command.program(), Some("rm" | "ls" | "cat" | "du" | "echo"))
        && command.redirects.is_empty()
    {
        return None;
    }
    let redirects = command.redirects.iter().map(|it| &it.target);
    let values = command.assignments.iter().map(|it| &it.value);
    let mut words = command.words.iter().chain(redirects).chain(values);
    let names_home = |word: &Word| {
        let value = resolve(run, word);
        in_root(value.as_deref().unwrap_or(&word.raw))
            || (value.is_none() && (word.raw.contains("$HOME") || word.raw.contains("${HOME}")))
            || in_root(&word.raw)
    };
    let is_kept =
        |it: &Word| keys::is_for_build(&it.raw) && (is_for_build || !keys::is_key(&it.raw));
    let found = words.find(|it| names_home(it) && !is_kept(it))?;
    Some(found.raw.clone())
}

/// Whether what a command leaves in the home directory stays there, since nothing puts it elsewhere.
pub(super) fn stays(image: &Image<'_>, call: &Invocation, leaving: &Leaving) -> bool {
    let base = image.base().map(images::named);
    let is_in_base = |program: Brought| match program {
        Brought::Python => base.is_some_and(|it| it.has_pip() || it.brings("python")),
    };
    // The Python of a distribution is a package like any other.
    let is_installed = |program: Brought| match program {
        Brought::Python => image.mentions_run(&["python3", "py3-"]),
    };
    !leaving.without.is_some_and(|it| is_in_base(it) || is_installed(it))
        && leaving.within.is_none_or(is_in_base)
        && !is_elsewhere(image, call, leaving)
}

/// Whether an option, a variable or a setting puts elsewhere what a call leaves, or nothing asks for it.
fn is_elsewhere(image: &Image<'_>, call: &Invocation, leaving: &Leaving) -> bool {
    let holds = |switch: &Switch| match switch {
        Switch::Option(name) => call.has(&[name]),
        Switch::Value(name, value) => call.values(&[name]).contains(&Some(value)),
        Switch::Variable(..) | Switch::Set(_) => is_set(image, switch),
    };
    !((leaving.when.is_empty() || leaving.when.iter().any(holds))
        && !leaving.unless.iter().any(holds)
        && (leaving.packages.is_empty() || leaving.packages.iter().any(|it| image.depends_on(it)))
        && (leaving.said.is_empty() || !image.mentions_run(leaving.said))
        && !leaving.preferences.iter().any(|it| is_preferred(image, it, leaving.settings)))
}

/// Whether a variable, a RUN or one of these files sets a preference.
fn is_preferred(image: &Image<'_>, preference: &Preference, files: &[&str]) -> bool {
    let Preference { variable, key, values } = preference;
    let said = values.iter().flat_map(|it| [format!("{key} {it}"), format!("{variable}={it}")]);
    let said: Vec<String> = said.collect();
    let said: Vec<&str> = said.iter().map(String::as_str).collect();
    image.mentions_run(&said) || is_preferred_for_all(image, preference, files)
}

/// Whether a preference is set for whoever runs the manager: by a variable of the image, by one of these files in the
/// folder of the project, or by a RUN that writes one of them with `--local`.
fn is_preferred_for_all(image: &Image<'_>, preference: &Preference, files: &[&str]) -> bool {
    let Preference { key, values, .. } = preference;
    let entry = key.rsplit('.').next().unwrap_or(key);
    let has = |text: &str| values.iter().any(|it| text.contains(&format!("{entry} = {it}")));
    let texts = || files.iter().filter_map(|it| image.text(&image.provider(it)?));
    let is_local = |value: &&str| {
        let said = [format!("{key} {value} --local"), format!("--local {key} {value}")];
        image.mentions_run(&said.each_ref().map(String::as_str))
    };
    is_preferred_by_variable(image, preference)
        || texts().any(|it| has(&it))
        || !files.is_empty() && values.iter().any(is_local)
}

/// Whether a variable of the image sets a preference.
fn is_preferred_by_variable(image: &Image<'_>, preference: &Preference) -> bool {
    let value = image.variable(preference.variable);
    value.is_some_and(|value| preference.values.iter().any(|it| value.eq_ignore_ascii_case(it)))
}

/// Whether a variable of the image is as a switch says; false for options.
fn is_set(image: &Image<'_>, switch: &Switch) -> bool {
    match switch {
        Switch::Variable(name, value) => {
            image.variable(name).is_some_and(|it| it.eq_ignore_ascii_case(value))
        }
        // A RUN may set it for itself: `export PYTHONUSERBASE=/srv/packages`.
        Switch::Set(name) => {
            image.mentions_run(&[&format!("{name}=")])
                || image.sets(name)
                || image.base().is_some_and(|it| images::named(it).sets(name))
        }
        Switch::Option(_) | Switch::Value(..) => false,
    }
}

/// Whether a call is one of an interpreter whose libraries fetch models.
fn loads_scripts(call: &Invocation) -> bool {
    ["node", "python"].contains(&call.program.as_str())
}

/// Whether a command runs Python or JavaScript that fetches a model into the home directory.
fn loads_model(image: &Image<'_>, command: &Command, call: &Invocation) -> bool {
    if !loads_scripts(call) {
        return false;
    }
    let says = |text: &str| command.words.iter().any(|it| it.raw.contains(text));
    LOADS.iter().any(|it| says(it))
        && !MODELS.iter().any(|it| is_set(image, it))
        && !(says("nltk") && image.sets("NLTK_DATA"))
}

/// Whether a command is a shell that runs a script from the web, which often installs to the home directory.
fn installs_from_web(image: &Image<'_>, command: &Command) -> bool {
    command.program().is_some_and(is_shell)
        && 0 < command.position
        && command.nested_script().is_none()
        && !image.pipes_from(command, &REPOSITORIES)
}

/// Whether the `run` of this manager works for every user, since a variable names its environment, or the settings of
/// the project do. Those of root do not count: no other user can read them.
pub(super) fn is_settled(image: &Image<'_>, manager: &str) -> bool {
    if ecosystems::runs_for_all(manager) {
        return true;
    }
    let manager = MANAGERS.iter().find(|it| it.name == manager);
    let leaves = manager.map_or(&[][..], |it| it.leaves);
    leaves.iter().filter(|it| it.run_needs_only_this).any(|it| {
        it.unless.iter().any(|it| is_set(image, it))
            || it.preferences.iter().any(|own| is_preferred_for_all(image, own, it.settings))
    })
}
