//! What a container runs: ENTRYPOINT and CMD or what compose replaces them with, followed through wrappers,
//! scripts of the project and scripts of a manifest.

use super::{
    Image, homes,
    image::Placed,
    interpreted, needs,
    roles::{Role, roles},
    started::Started,
};
use crate::{
    callers::service::Given,
    dockerfile::{Keyword, instruction},
    ecosystems::{self, code::Language},
    shell::{self, Argument, Invocation, Script, Word},
    text::{ImagePath, Refusal},
};

/// A program that a container runs, and its arguments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Process {
    /// The program without its folder; the module of `python -m`.
    pub program: String,
    /// Its arguments; `None` for one that cannot be known.
    pub arguments: Vec<Option<String>>,
    /// The program as it is named, with its folder if it has one.
    pub path: String,
    /// The files to which its output is redirected; `None` for one that cannot be known.
    pub writes: Vec<Option<String>>,
    /// What runs it, for people: `CMD`, `compose.yml:3`.
    pub from: String,
    /// What it is for in the script that runs it.
    pub role: Role,
}

/// How many scripts deep a command is followed.
const DEPTH: usize = 6;

/// Every process that containers of an image are known to run.
///
/// # Errors
/// A decline's code and reason: there is no command, or it cannot be read.
pub(super) fn of(image: &Image<'_>) -> Result<Vec<Process>, Refusal> {
    let mut entrypoint: Option<Vec<Line>> = None;
    let mut command: Option<Vec<Line>> = None;
    for Placed { instruction, .. } in image.instructions() {
        let into = match instruction.keyword {
            Keyword::Entrypoint => &mut entrypoint,
            Keyword::Cmd => &mut command,
            _ => continue,
        };
        *into = match instruction.command() {
            Some(instruction::Command::Exec(words)) => {
                Some(words.iter().map(|it| Line::Word(it.text.clone())).collect())
            }
            Some(instruction::Command::Shell(text)) if !text.is_empty() => {
                Some(vec![Line::Shell(text.to_owned())])
            }
            _ => None,
        };
        // An empty array resets the command of the base image.
        *into = into.take().filter(|it| !it.is_empty());
    }
    let mut all = Vec::new();
    let mut given = false;
    for Started { file, service } in image.services() {
        if service.command.is_none() && service.entrypoint.is_none() {
            continue;
        }
        given = true;
        let lines = |it: &Option<Given>| it.as_ref().map(lines);
        let own = lines(&service.entrypoint);
        let default = if own.is_none() { command.clone() } else { None };
        let run = own.or_else(|| entrypoint.clone());
        let from = service.place(file).to_string();
        all.extend(processes(image, run, lines(&service.command).or(default), &from)?);
    }
    if entrypoint.is_none() && command.is_none() && !given {
        return Err(Refusal::new("no-command", "there is no CMD or ENTRYPOINT"));
    }
    all.extend(processes(image, entrypoint, command, "CMD")?);
    Ok(all)
}

/// A word of a command, or a line for the shell.
#[derive(Clone, Debug)]
enum Line {
    Word(String),
    Shell(String),
}

fn lines(given: &Given) -> Vec<Line> {
    match given {
        Given::Words(words) => words.iter().cloned().map(Line::Word).collect(),
        Given::Line(text) => vec![Line::Shell(text.clone())],
    }
}

fn processes(
    image: &Image<'_>,
    entrypoint: Option<Vec<Line>>,
    command: Option<Vec<Line>>,
    from: &str,
) -> Result<Vec<Process>, Refusal> {
    let mut words: Vec<Option<String>> = Vec::new();
    let mut all = Vec::new();
    for line in entrypoint.into_iter().chain(command).flatten() {
        match line {
            Line::Word(it) => words.push(Some(it)),
            // A shell runs it; as an argument of the words before, it may be run by them.
            Line::Shell(text) => {
                let inner = script(image, &text, from, DEPTH)?;
                all.extend(inner);
            }
        }
    }
    if !words.is_empty() {
        all.extend(expand(image, &words, Vec::new(), from, DEPTH)?);
    }
    Ok(all)
}

/// The processes that a program of the project starts: a command line, or its words.
///
/// # Errors
/// A decline's code and reason: they cannot be read.
pub(super) fn started(
    image: &Image<'_>,
    words: &[Option<String>],
    is_line: bool,
    from: &str,
) -> Result<Vec<Process>, Refusal> {
    match words {
        [Some(line)] if is_line => script(image, line, from, DEPTH),
        words => expand(image, words, Vec::new(), from, DEPTH),
    }
}

/// The processes that the commands of a script run.
fn script(
    image: &Image<'_>,
    text: &str,
    from: &str,
    depth: usize,
) -> Result<Vec<Process>, Refusal> {
    let why = || format!("the command of {from} cannot be read");
    let script = Script::of_text(text).map_err(|_| Refusal::new("unreadable-command", why()))?;
    let mut all = Vec::new();
    let value = |it: &Word| script.resolve(it, &|name| image.variable(name));
    let roles = roles(script.commands());
    for (command, role) in script.commands().iter().zip(roles) {
        let words: Vec<_> = command.words.iter().map(value).collect();
        let writes = command.redirects.iter().filter(|it| it.operator.contains('>'));
        let writes = writes.filter(|it| !it.operator.ends_with('&'));
        let writes: Vec<_> = writes.map(|it| value(&it.target)).collect();
        // `exec "$@"` runs the arguments, which the caller looks at.
        if command.words.iter().all(|it| it.raw.contains("$@") || it.raw == "exec") {
            continue;
        }
        let run = expand(image, &words, writes, from, depth)?.into_iter();
        all.extend(run.map(|it| Process { role: role.max(it.role), ..it }));
    }
    Ok(all)
}

/// The processes that the words of a command line run, through wrappers and scripts.
fn expand(
    image: &Image<'_>,
    words: &[Option<String>],
    writes: Vec<Option<String>>,
    from: &str,
    depth: usize,
) -> Result<Vec<Process>, Refusal> {
    let why = || format!("the command of {from} depends on a variable");
    let unknown = || Refusal::new("unknown-command", why());
    if words.is_empty() {
        let process = Process { writes, from: from.to_owned(), ..Process::default() };
        return Ok(vec![process]);
    }
    let call = ecosystems::invocation(words).filter(|it| !it.path.contains('$'));
    let call = call.ok_or_else(unknown)?;
    let (path, name) = (call.path.as_str(), call.program.as_str());
    let rest = &words[call.arguments.first().map_or(words.len(), |it| it.word)..];
    if depth == 0 {
        return Err(Refusal::new("unreadable-command", format!("{from} runs scripts of scripts")));
    }
    if let Some(wrapper) = call.other_user {
        return Ok(vec![process(wrapper, &words[call.word..], writes, from)]);
    }
    if let Some(runner) = call.runner.filter(|it| !homes::is_settled(image, it)) {
        let reason = format!(
            "{from} runs {runner} run, which looks for the environment of the current user"
        );
        return Err(Refusal::new("runner", reason));
    }
    if call.is_module {
        return Ok(vec![process(name, rest, writes, from)]);
    }
    if shell::is_wrapper(name) && call.script.is_none() && !needs::is_root(name) {
        // An entrypoint that runs its arguments, without any.
        let is_known = call.arguments.iter().all(|it| it.text.is_some());
        return match (is_known, writes.is_empty()) {
            (false, _) => Err(unknown()),
            (true, true) => Ok(Vec::new()),
            // `env > settings` only writes.
            (true, false) => Ok(vec![process(name, rest, writes, from)]),
        };
    }
    let waits = name.starts_with("wait-for") || name.starts_with("wait_for") || name == "wait";
    if waits && !path.ends_with(".py") {
        let at = rest.iter().position(|it| it.as_deref() == Some("--"));
        return match at.and_then(|it| rest.get(it + 1..)) {
            Some(inner @ [_, ..]) => expand(image, inner, writes, from, depth - 1),
            _ => Ok(Vec::new()),
        };
    }
    // A program that changes the user needs root, whatever its script does.
    if let Some(nested) = call.script.as_ref().filter(|_| !needs::is_root(name)) {
        let inner = nested.text.as_deref().ok_or_else(unknown)?;
        return match nested.is_file {
            true => file(image, inner, &words[nested.word + 1..], from, depth),
            false => script(image, inner, from, depth - 1),
        };
    }
    if shell::is_shell(name) {
        return Ok(vec![process(name, rest, writes, from)]);
    }
    // A shell runs what a script of the project says as if it stood there; others only set variables.
    let sourced =
        rest.first().and_then(Option::as_deref).filter(|_| ["source", "."].contains(&name));
    if let Some(sourced) = sourced.filter(|it| image.source(it).is_some()) {
        return file(image, sourced, &rest[1..], from, depth);
    }
    if looks_like_script(image, path) {
        return file(image, path, rest, from, depth);
    }
    image.owner.settle(interpreted::check(image, &call, from))?;
    if let Some(called) = ecosystems::script_call(&call) {
        let mut all = vec![process(name, rest, Vec::new(), from)];
        let folder = called.folder.unwrap_or(".");
        let manifest = image.manifest(&format!("{folder}/{}", called.scripts.manifest));
        if let Some(text) = manifest.and_then(|it| (called.scripts.text)(&it, called.name)) {
            let from = format!("the script {} of {}", called.name, called.scripts.manifest);
            all.extend(script(image, &text, &from, depth - 1)?);
        }
        return Ok(all);
    }
    Ok(vec![Process { path: path.to_owned(), ..process(name, rest, writes, from) }])
}

fn process(
    program: &str,
    arguments: &[Option<String>],
    writes: Vec<Option<String>>,
    from: &str,
) -> Process {
    let (program, arguments) = (program.to_owned(), arguments.to_vec());
    Process { program, arguments, writes, from: from.to_owned(), ..Process::default() }
}

/// Whether a program may be a script of the project, by its path.
fn looks_like_script(image: &Image<'_>, name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    if [".sh", ".bash"].iter().any(|it| file.ends_with(it)) {
        return true;
    }
    let scripts = ["start", "startup", "run", "boot", "bootstrap", "init", "launch"];
    // A file that another stage built is not a script; one from the build context may be.
    !file.contains('.') && name.contains('/') && image.source(name).is_some()
        || (name.contains('/') && scripts.contains(&file))
        || (name.contains('/') && ["start_", "start-"].iter().any(|it| file.starts_with(it)))
        || name.contains("scripts/")
        || file.ends_with("entrypoint")
}

/// The processes that a script of the project runs.
fn file(
    image: &Image<'_>,
    path: &str,
    arguments: &[Option<String>],
    from: &str,
    depth: usize,
) -> Result<Vec<Process>, Refusal> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let why = |why: &str| format!("{from} runs {name}, {why}");
    let found = image.source(path).or_else(|| {
        // A bare name is looked for in the folders of PATH.
        let plain = !path.contains('/');
        let folders = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/sbin"];
        let mut folders = folders.into_iter().filter(|_| plain).filter_map(ImagePath::new);
        folders.find_map(|it| image.provided(&it.join(path)))
    });
    let found =
        found.ok_or_else(|| Refusal::new("unknown-script", why(&image.whereabouts(path))))?;
    let text = image.text(&found).filter(|it| !it.trim().is_empty());
    let text =
        text.ok_or_else(|| Refusal::new("unknown-script", why("which is empty or was not read")))?;
    // A script in another language is started as it is.
    if Language::of(found.file_name()).or_else(|| Language::of_script(&text)).is_some() {
        let path = path.to_owned();
        return Ok(vec![Process { path, ..process(name, arguments, Vec::new(), from) }]);
    }
    let place = found.to_string();
    let mut all = script(image, &text, &place, depth - 1).map_err(|it| match it.code {
        "unreadable-command" => Refusal::new("unknown-script", why("which cannot be read")),
        _ => it,
    })?;
    // `exec "$@"`: it runs its arguments.
    if text.contains("\"$@\"") && !arguments.is_empty() {
        all.extend(expand(image, arguments, Vec::new(), from, depth - 1)?);
    }
    Ok(all)
}

impl Process {
    /// The arguments that are known.
    pub(super) fn known(&self) -> impl Iterator<Item = &str> {
        self.arguments.iter().flatten().map(String::as_str)
    }

    /// The first argument that is not an option; empty if there is none.
    pub(super) fn first(&self) -> &str {
        self.known().find(|it| !it.starts_with('-')).unwrap_or_default()
    }

    /// The call that starts it, for those who read command lines.
    pub(super) fn call(&self) -> Invocation {
        let arguments = self.arguments.iter().enumerate();
        let arguments = arguments.map(|(at, it)| Argument { text: it.clone(), word: at + 1 });
        Invocation {
            program: self.program.clone(),
            path: self.program.clone(),
            arguments: arguments.collect(),
            ..Invocation::default()
        }
    }

    /// Whether one of these is among its arguments.
    pub(super) fn has(&self, any: &[&str]) -> bool {
        self.known().any(|it| any.contains(&it))
    }

    /// The values of these flags: `--name value` and `--name=value`.
    pub(super) fn values(&self, flags: &[&str]) -> Vec<&str> {
        let known: Vec<Option<&str>> = self.arguments.iter().map(Option::as_deref).collect();
        let mut values = Vec::new();
        for (at, it) in known.iter().enumerate() {
            let Some(it) = it else { continue };
            if flags.contains(it) {
                values.extend(known.get(at + 1).copied().flatten());
            }
            let inline = it.split_once('=').filter(|(flag, _)| flags.contains(flag));
            values.extend(inline.map(|it| it.1));
        }
        values
    }

    /// Whether the value of an option cannot be known.
    pub(super) fn hides(&self, option: &str) -> bool {
        let mut pairs = self.arguments.windows(2);
        pairs.any(|it| it[0].as_deref() == Some(option) && it[1].is_none())
    }

    /// Whether a path lies where every user may write.
    pub(super) fn is_scratch(path: &str) -> bool {
        let scratch = ["/dev", "/tmp", "/var/tmp", "/proc/self"];
        ImagePath::new(path).is_some_and(|it| it.is_within_fixed(&scratch))
            || path.starts_with('&')
            || path.parse::<u32>().is_ok()
    }
}
