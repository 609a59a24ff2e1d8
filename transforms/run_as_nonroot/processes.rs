//! What a container runs: ENTRYPOINT and CMD, what compose puts in their place, and what is behind
//! wrappers, scripts and the scripts of `package.json`.

use super::{Image, homes, programs::ROOT};
use crate::{
    callers::service::Given,
    dockerfile::{Keyword, instruction},
    ecosystems,
    shell::{self, Script, Word},
    text::{ImagePath, Refusal},
};

/// A program that a container runs, and what it is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Process {
    /// The program, without its folder; of `python -m`, the module.
    pub program: String,
    /// What it is given; `None` where that cannot be known.
    pub arguments: Vec<Option<String>>,
    /// Whether it is found on `PATH`, by its name alone.
    pub on_path: bool,
    /// The files that it writes by redirection.
    pub writes: Vec<Option<String>>,
    /// Who says so: `CMD`, `compose.yml:3`.
    pub from: String,
}

/// How deep scripts are followed into scripts.
const DEPTH: usize = 6;

/// Everything that is known to be run in containers of an image.
///
/// # Errors
/// A decline's code and reason, when nothing is run, or what cannot be read.
pub(super) fn of(image: &Image<'_>) -> Result<Vec<Process>, Refusal> {
    let mut entrypoint: Option<Vec<Line>> = None;
    let mut command: Option<Vec<Line>> = None;
    for (_, it) in image.instructions() {
        let into = match it.keyword {
            Keyword::Entrypoint => &mut entrypoint,
            Keyword::Cmd => &mut command,
            _ => continue,
        };
        *into = match it.command() {
            Some(instruction::Command::Exec(words)) => {
                Some(words.iter().map(|it| Line::Word(it.text.clone())).collect())
            }
            Some(instruction::Command::Shell(text)) if !text.is_empty() => {
                Some(vec![Line::Shell(text.to_owned())])
            }
            _ => None,
        };
        // An empty array takes back what the base image runs.
        *into = into.take().filter(|it| !it.is_empty());
    }
    let mut all = Vec::new();
    let mut given = false;
    for (path, service) in image.services() {
        if service.command.is_none() && service.entrypoint.is_none() {
            continue;
        }
        given = true;
        let lines = |it: &Option<Given>| it.as_ref().map(lines);
        let own = lines(&service.entrypoint);
        let default = if own.is_none() { command.clone() } else { None };
        let run = own.or_else(|| entrypoint.clone());
        let from = service.place(path).to_string();
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
            // A shell gets it, or what stands before gets its words.
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

/// What the commands of a script run.
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
    for command in script.commands() {
        let words: Vec<_> = command.words.iter().map(value).collect();
        let writes = command.redirects.iter().filter(|it| it.operator.contains('>'));
        let writes = writes.filter(|it| !it.operator.ends_with('&'));
        let writes: Vec<_> = writes.map(|it| value(&it.target)).collect();
        // `exec "$@"` runs what it is given, which is looked at by itself.
        if command.words.iter().all(|it| it.raw.contains("$@") || it.raw == "exec") {
            continue;
        }
        all.extend(expand(image, &words, writes, from, depth)?);
    }
    Ok(all)
}

/// What is run by words, wrappers taken off.
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
    if let Some(runner) = call.runner {
        // Poetry asks for no more than its settings, which then must not be root's own.
        let settled = runner == "poetry" && homes::poetry_is_settled(image);
        if !settled {
            let what = "looks for its environment as the user that runs it";
            return Err(Refusal::new("runner", format!("{from} runs {runner} run, which {what}")));
        }
    }
    if call.is_module {
        return Ok(vec![process(name, rest, writes, from)]);
    }
    if shell::is_wrapper(name) && call.script.is_none() && !ROOT.contains(&name) {
        // An entrypoint that runs what it is given, and nothing is.
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
    // What changes the user needs root for it.
    if let Some(nested) = call.script.as_ref().filter(|_| !ROOT.contains(&name)) {
        let inner = nested.text.as_deref().ok_or_else(unknown)?;
        return match nested.is_file {
            true => file(image, inner, &words[nested.word + 1..], from, depth),
            false => script(image, inner, from, depth - 1),
        };
    }
    if shell::is_shell(name) {
        return Ok(vec![process(name, rest, writes, from)]);
    }
    if looks_like_script(image, path) {
        return file(image, path, rest, from, depth);
    }
    let manager = ["npm", "yarn", "pnpm", "bun"].contains(&name);
    if manager {
        let mut plain = rest.iter().flatten().filter(|it| !it.starts_with('-'));
        let wanted = match plain.next().map_or("start", String::as_str) {
            "run" | "run-script" => plain.next().map_or("", String::as_str),
            it => it,
        };
        let mut all = vec![process(name, rest, Vec::new(), from)];
        if let Some(text) = image.package_script(wanted) {
            let from = format!("the script {wanted} of package.json");
            all.extend(script(image, &text, &from, depth - 1)?);
        }
        return Ok(all);
    }
    let on_path = name != "python" && !path.contains('/');
    Ok(vec![Process { on_path, ..process(name, rest, writes, from) }])
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

/// Whether a program may be a script of the project.
fn looks_like_script(image: &Image<'_>, name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    if [".sh", ".bash"].iter().any(|it| file.ends_with(it)) {
        return true;
    }
    let scripts = ["start", "startup", "run", "boot", "bootstrap", "init", "launch"];
    // What a stage has built is no script, but what comes from the project may be one.
    !file.contains('.') && name.contains('/') && image.provider(name).is_some()
        || (name.contains('/') && scripts.contains(&file))
        || (name.contains('/') && ["start_", "start-"].iter().any(|it| file.starts_with(it)))
        || name.contains("scripts/")
        || file.ends_with("entrypoint")
}

/// What a script of the project runs.
fn file(
    image: &Image<'_>,
    path: &str,
    arguments: &[Option<String>],
    from: &str,
    depth: usize,
) -> Result<Vec<Process>, Refusal> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let why = |why: &str| format!("{from} runs {name}, {why}");
    let found = image.provider(path).or_else(|| {
        // A bare name is looked for where programs are.
        let plain = !path.contains('/');
        let folders = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/sbin"];
        let mut folders = folders.into_iter().filter(|_| plain).filter_map(ImagePath::new);
        folders.find_map(|it| image.provided(&it.join(path)))
    });
    let found =
        found.ok_or_else(|| Refusal::new("unknown-script", why("which is not in the project")))?;
    let text = image.text(&found).filter(|it| !it.trim().is_empty());
    let text =
        text.ok_or_else(|| Refusal::new("unknown-script", why("whose text is not known")))?;
    let place = found.to_string();
    let mut all = script(image, &text, &place, depth - 1).map_err(|it| match it.code {
        "unreadable-command" => Refusal::new("unknown-script", why("which cannot be read")),
        _ => it,
    })?;
    // `exec "$@"`: what follows it in the words is run by it.
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

    /// Whether a file that it writes lies where everybody may write.
    pub(super) fn is_scratch(path: &str) -> bool {
        let scratch = ["/dev", "/tmp", "/var/tmp", "/proc/self"];
        ImagePath::new(path).is_some_and(|it| it.is_within_fixed(&scratch))
            || path.starts_with('&')
            || path.parse::<u32>().is_ok()
    }
}
