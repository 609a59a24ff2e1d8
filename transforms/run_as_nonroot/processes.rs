//! What a container runs: ENTRYPOINT and CMD or what compose replaces them with, followed through wrappers,
//! scripts of the project and scripts of a manifest.

use super::{
    Image, homes,
    image::Placed,
    interpreted, needs,
    process::{Form, Process},
    roles::roles,
    values::Values,
};
use crate::{
    callers::service::Given,
    dockerfile::{Keyword, instruction},
    ecosystems::{
        self, ScriptCall,
        code::Language,
        programs::{self, Trait},
    },
    shell::{self, Directory, Invocation, Script, Word},
    text::{ImagePath, Refusal},
};

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
    for started in image.services() {
        let service = started.service;
        if service.command.is_none() && service.entrypoint.is_none() {
            continue;
        }
        given = true;
        let lines = |it: &Option<Given>| it.as_ref().map(lines);
        let own = lines(&service.entrypoint);
        let default = if own.is_none() { command.clone() } else { None };
        let run = own.or_else(|| entrypoint.clone());
        let from = started.place();
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
                let inner = script(image, &text, Origin::first(from))?;
                all.extend(inner);
            }
        }
    }
    if !words.is_empty() {
        all.extend(expand(image, &words, Vec::new(), Origin::first(from))?);
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
        [Some(line)] if is_line => script(image, line, Origin::first(from)),
        words => expand(image, words, Vec::new(), Origin::first(from)),
    }
}

/// Where a command comes from.
#[derive(Clone, Copy)]
struct Origin<'o> {
    /// What runs it, for people.
    from: &'o str,
    /// The folder that it starts in, seen from the image's own.
    folder: &'o str,
    /// How many scripts deep it may be followed.
    depth: usize,
}

impl<'o> Origin<'o> {
    fn first(from: &'o str) -> Self {
        Self { from, folder: "", depth: DEPTH }
    }

    /// A script that it runs.
    fn deeper(self) -> Self {
        Self { depth: self.depth - 1, ..self }
    }

    /// A path that it names, seen from the image's own folder.
    fn path(&self, path: &str) -> String {
        match (self.folder, path.starts_with('/')) {
            ("", _) | (_, true) => path.to_owned(),
            (folder, false) => format!("{folder}/{path}"),
        }
    }

    fn process(
        self,
        program: &str,
        arguments: &[Option<String>],
        writes: Vec<Option<String>>,
    ) -> Process {
        let (program, arguments) = (program.to_owned(), arguments.to_vec());
        let (from, folder) = (self.from.to_owned(), self.folder.to_owned());
        Process { program, arguments, writes, from, folder, ..Process::default() }
    }
}

/// The processes that the commands of a script run.
fn script(image: &Image<'_>, text: &str, origin: Origin<'_>) -> Result<Vec<Process>, Refusal> {
    let why = || format!("the command of {} cannot be read", origin.from);
    let script = Script::of_text(text).map_err(|_| Refusal::new("unreadable-command", why()))?;
    let mut all = Vec::new();
    let values = Values { image, script: &script };
    let roles = roles(script.commands());
    for (command, role) in script.commands().iter().zip(roles) {
        let value = |it: &Word| values.value(it, &command.span);
        let targets =
            if let Directory::Into(targets) = &command.directory { targets } else { &vec![] };
        let targets: Option<Vec<String>> = targets.iter().map(value).collect();
        let is_lost = command.directory == Directory::Unknown || targets.is_none();
        // A path that is known, whatever compose sets.
        let path = |it: &Word| {
            let path = values.sure(it, &command.span);
            path.filter(|it| !is_lost || it.starts_with(['/', '-', '&']))
        };
        let changes = command.program().is_some_and(|it| programs::named(it).is(Trait::Changes));
        let word = |it: &Word| if changes { path(it) } else { value(it) };
        let start = command.program_index().map_or(0, |it| it + 1);
        let words = command.words.iter().enumerate();
        let words: Vec<_> =
            words.map(|(at, it)| if at < start { value(it) } else { word(it) }).collect();
        let writes = command.redirects.iter().filter(|it| it.operator.contains('>'));
        let writes = writes.filter(|it| !it.operator.ends_with('&'));
        let writes: Vec<_> = writes.map(|it| path(&it.target)).collect();
        // `exec "$@"` runs the arguments, which the caller looks at.
        if command.words.iter().all(|it| it.raw.contains("$@") || it.raw == "exec") {
            continue;
        }
        let folder = targets
            .unwrap_or_default()
            .iter()
            .fold(origin.folder.to_owned(), |at, it| Origin { folder: &at, ..origin }.path(it));
        let run = expand(image, &words, writes, Origin { folder: &folder, ..origin })?.into_iter();
        all.extend(run.map(|it| Process { role: role.max(it.role), ..it }));
    }
    Ok(all)
}

/// The processes that the words of a command line run, through wrappers and scripts.
fn expand(
    image: &Image<'_>,
    words: &[Option<String>],
    writes: Vec<Option<String>>,
    origin: Origin<'_>,
) -> Result<Vec<Process>, Refusal> {
    let from = origin.from;
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
    if origin.depth == 0 {
        return Err(Refusal::new("unreadable-command", format!("{from} runs scripts of scripts")));
    }
    if let Some(wrapper) = call.other_user {
        return Ok(vec![origin.process(wrapper, &words[call.word..], writes)]);
    }
    if let Some(runner) = call.runner.filter(|it| !homes::is_settled(image, it)) {
        let reason = format!(
            "{from} runs {runner} run, which looks for the environment of the current user"
        );
        return Err(Refusal::new("runner", reason));
    }
    if call.is_module {
        let form = Form::Module;
        return Ok(vec![Process { form, ..origin.process(name, rest, writes) }]);
    }
    if shell::is_wrapper(name) && call.script.is_none() && !needs::is_root(name) {
        // An entrypoint that runs its arguments, without any.
        let is_known = call.arguments.iter().all(|it| it.text.is_some());
        return match (is_known, writes.is_empty()) {
            (false, _) => Err(unknown()),
            (true, true) => Ok(Vec::new()),
            // `env > settings` only writes.
            (true, false) => Ok(vec![origin.process(name, rest, writes)]),
        };
    }
    let waits = name.starts_with("wait-for") || name.starts_with("wait_for") || name == "wait";
    if waits && !path.ends_with(".py") {
        let at = rest.iter().position(|it| it.as_deref() == Some("--"));
        return match at.and_then(|it| rest.get(it + 1..)) {
            Some(inner @ [_, ..]) => expand(image, inner, writes, origin.deeper()),
            _ => Ok(Vec::new()),
        };
    }
    // A program that changes the user needs root, whatever its script does.
    if let Some(nested) = call.script.as_ref().filter(|_| !needs::is_root(name)) {
        let inner = nested.text.as_deref().ok_or_else(unknown)?;
        return match nested.is_file {
            true => file(image, inner, &words[nested.word + 1..], origin),
            false => script(image, inner, origin.deeper()),
        };
    }
    if shell::is_shell(name) {
        return Ok(vec![origin.process(name, rest, writes)]);
    }
    // A shell runs what a script of the project says as if it stood there; others only set variables.
    let sourced =
        rest.first().and_then(Option::as_deref).filter(|_| ["source", "."].contains(&name));
    if let Some(sourced) = sourced.filter(|it| image.source(&origin.path(it)).is_some()) {
        return file(image, sourced, &rest[1..], origin);
    }
    if looks_like_script(image, &origin.path(path)) {
        return file(image, path, rest, origin);
    }
    image.owner.settle(interpreted::check(image, &call, origin.folder, from))?;
    let manifest = |folder: Option<&str>, name: &str| {
        image.manifest(&origin.path(&format!("{}/{name}", folder.unwrap_or("."))))
    };
    if let Some(lines) = ecosystems::several(&call, &|name| manifest(None, name)) {
        let all = lines.iter().map(|it| script(image, it, origin.deeper()));
        return Ok(all.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect());
    }
    // A program that the manifest's packages bring, which is not fetched.
    let brought = rest.iter().position(|it| it.as_deref().is_some_and(|it| !it.starts_with('-')));
    let brought = brought.filter(|_| ecosystems::is_runner(name)).map(|it| &rest[it..]);
    if let Some(inner @ [Some(program), ..]) = brought
        && image.depends_on(program)
    {
        return expand(image, inner, writes, origin.deeper());
    }
    let called = ecosystems::script_call(&call);
    // `bun run server.ts` runs that file.
    let is_file =
        |it: &str| programs::named(name).is(Trait::HostsScripts) && Language::of(it).is_some();
    let Some(called) = called.filter(|it| !is_file(it.name)) else {
        let (path, form) = (path.to_owned(), image.form(path));
        return Ok(vec![Process { path, form, ..origin.process(name, rest, writes) }]);
    };
    let process = |form| Process { form, ..origin.process(name, rest, Vec::new()) };
    let Some(text) = manifest(called.folder, called.scripts.manifest) else {
        return Ok(vec![process(Form::Script(called.scripts.manifest))]);
    };
    let mut all = vec![process(Form::Program)];
    let folder = called.folder.map_or_else(|| origin.folder.to_owned(), |it| origin.path(it));
    let inner = Origin { folder: &folder, ..origin };
    if let Some(line) = called.line(&text, &call) {
        let from = format!("the script {} of {}", called.name, called.scripts.manifest);
        all.extend(script(image, &line, Origin { from: &from, ..inner }.deeper())?);
    } else if let Some(at) = called.program.filter(|_| image.depends_on(called.name)) {
        // A program that a package brings.
        let program = &words[call.arguments[at].word..];
        all.extend(expand(image, program, writes, inner.deeper())?);
    } else if let Some(program) = executed(image, &called, &call, words) {
        all.extend(expand(image, program, writes, inner.deeper())?);
    } else if !called.installs {
        let (name, file) = (called.name, called.scripts.manifest);
        let reason = format!("{from} runs {name}, which is no script of {file}");
        image.owner.settle::<()>(Err(Refusal::new("unread-source", reason)))?;
    }
    Ok(all)
}

/// The words of a program that a package brings and that a manager is told to run: `pnpm exec tsx server.ts`.
fn executed<'w>(
    image: &Image<'_>,
    called: &ScriptCall<'_>,
    call: &Invocation,
    words: &'w [Option<String>],
) -> Option<&'w [Option<String>]> {
    let at = called.program.filter(|_| called.name == "exec")?;
    let rest = words.get(call.arguments.get(at)?.word + 1..)?;
    let is_word = |it: &Option<String>| it.as_deref().is_some_and(|it| !it.starts_with('-'));
    let program = &rest[rest.iter().position(is_word)?..];
    image.depends_on(program.first()?.as_deref()?).then_some(program)
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
        || (name.contains('/') && scripts.contains(&file) && !image.compiles(name))
        || (name.contains('/') && ["start_", "start-"].iter().any(|it| file.starts_with(it)))
        || name.contains("scripts/")
        || file.ends_with("entrypoint")
}

/// The processes that a script of the project runs.
fn file(
    image: &Image<'_>,
    path: &str,
    arguments: &[Option<String>],
    origin: Origin<'_>,
) -> Result<Vec<Process>, Refusal> {
    let from = origin.from;
    let path = &origin.path(path);
    let name = path.rsplit('/').next().unwrap_or(path);
    let why = |why: &str| format!("{from} runs {name}, {why}");
    let found = image.source(path).or_else(|| {
        // A bare name is looked for in the folders of PATH.
        let plain = !path.contains('/');
        let folders = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/sbin"];
        let mut folders = folders.into_iter().filter(|_| plain).filter_map(ImagePath::new);
        folders.find_map(|it| image.provided(&it.join(path))).or_else(|| image.moved(path))
    });
    let found =
        found.ok_or_else(|| Refusal::new("unknown-script", why(&image.whereabouts(path))))?;
    let text = image.text(&found).filter(|it| !it.trim().is_empty());
    let text =
        text.ok_or_else(|| Refusal::new("unknown-script", why("which is empty or was not read")))?;
    // A script in another language is started as it is.
    if Language::of(found.file_name()).or_else(|| Language::of_script(&text)).is_some() {
        let path = path.to_owned();
        let origin = Origin { folder: "", ..origin };
        return Ok(vec![Process { path, ..origin.process(name, arguments, Vec::new()) }]);
    }
    let place = found.to_string();
    let mut all = script(image, &text, Origin { from: &place, ..origin }.deeper()).map_err(
        |it| match it.code {
            "unreadable-command" => Refusal::new("unknown-script", why("which cannot be read")),
            _ => it,
        },
    )?;
    // `exec "$@"`: it runs its arguments.
    if text.contains("\"$@\"") && !arguments.is_empty() {
        all.extend(expand(image, arguments, Vec::new(), origin.deeper())?);
    }
    Ok(all)
}
