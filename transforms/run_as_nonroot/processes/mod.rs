//! What a container runs: ENTRYPOINT and CMD or what compose replaces them with, followed through wrappers,
//! scripts of the project and scripts of a manifest.

mod beside;
mod files;
mod inherited;
mod lines;
mod managers;
mod synced;

use super::{
    Image, homes,
    image::Placed,
    interpreted, needs,
    process::{Form, Process},
    roles::{Role, roles},
    started::is_for_development,
    values::Values,
};
use crate::{
    callers::service::Given,
    dockerfile::Keyword,
    ecosystems::{
        self,
        programs::{self, Trait},
    },
    shell::{self, Command, Directory, NotShell, Script, Unread, Word},
    text::Refusal,
};
use files::{file, looks_like_script};
use inherited::Replaces;
use lines::{Line, lines, lines_of, split};
use managers::hands_nothing_on;

/// The code of a command that depends on a variable.
const UNKNOWN: &str = "unknown-command";

/// Scripts that wait for a port, and then run the rest of the line: vishnubob/wait-for-it, eficode/wait-for. Others of
/// such names are a project's own, and may do more.
const WAITERS: [&str; 6] =
    ["wait", "wait-for", "wait-for-it", "wait-for-it.sh", "wait-for.sh", "wait_for_it.sh"];

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
        // An empty array resets the command of the base image.
        *into = instruction.command().map(|it| lines_of(&it)).filter(|it| !it.is_empty());
    }
    let mut all = Vec::new();
    let mut given = false;
    let (mut is_own_run, mut is_deployed) = (false, false);
    // Of what keeps it from being read, its own command is named before another's.
    let from = match (&entrypoint, &command) {
        (None, _) => "CMD",
        (Some(_), None) => "ENTRYPOINT",
        (Some(_), Some(_)) => "the image",
    };
    let mut own = processes(image, entrypoint.clone(), command.clone(), from)?;
    let replaces = Replaces::of(image);
    if entrypoint.is_some() || command.is_some() {
        inherited::check(image, replaces, from)?;
    }
    for started in image.services() {
        let service = started.service;
        let replaced_here = replaces.with(service.entrypoint.is_some(), service.command.is_some());
        inherited::check(image, replaced_here, &started.place())?;
        if service.command.is_none() && service.entrypoint.is_none() {
            is_own_run |= started.is_sure && !service.is_run;
            continue;
        }
        given = true;
        is_deployed |= started.is_sure && !is_for_development(started.file, service);
        let lines = |it: &Option<Given>| it.as_ref().map(lines);
        let instead = (lines(&service.entrypoint), lines(&service.command));
        let own = (entrypoint.as_deref(), command.as_deref());
        all.extend(replaced(image, own, instead, &started.place())?);
    }
    let pods = beside::of_pods(image, entrypoint.as_deref(), command.as_deref())?;
    given |= pods.is_replaced;
    if entrypoint.is_none() && command.is_none() && !given {
        return Err(Refusal::new("no-command", "there is no CMD or ENTRYPOINT"));
    }
    // Where services say what runs, a shell is only what people get who start the image by hand.
    if is_deployed && !is_own_run {
        own.retain(|it| needs::by_hand(it).is_none());
    }
    all.extend(own);
    all.extend(pods.processes);
    all.extend(beside::hooks(image)?);
    all.extend(beside::checks(image));
    Ok(all)
}

/// What a container runs that gets another entrypoint or command `instead` of the image's `own`. Without a command
/// beside it, another entrypoint replaces both.
fn replaced(
    image: &Image<'_>,
    own: (Option<&[Line]>, Option<&[Line]>),
    instead: (Option<Vec<Line>>, Option<Vec<Line>>),
    from: &str,
) -> Result<Vec<Process>, Refusal> {
    let (entrypoint, command) = instead;
    let default = own.1.filter(|_| entrypoint.is_none()).map(<[Line]>::to_vec);
    let entrypoint = entrypoint.or_else(|| own.0.map(<[Line]>::to_vec));
    processes(image, entrypoint, command.or(default), from)
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
            Line::Split(text) => {
                match Some(&text).filter(|_| !words.is_empty()).and_then(|it| split(it)) {
                    Some(more) => words.extend(more.into_iter().map(Some)),
                    None => all.extend(script(image, &text, Origin::first(from))?),
                }
            }
            // docs.docker.com, "Understand how CMD and ENTRYPOINT interact": a server gets it as arguments.
            Line::Shell(text) if hands_nothing_on(&words) => {
                words.extend(["/bin/sh".to_owned(), "-c".to_owned(), text].map(Some));
            }
            // A shell runs it; as an argument of the words before, it may be run by them.
            Line::Shell(text) => all.extend(script(image, &text, Origin::first(from))?),
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
    let script = Script::of_file(text).map_err(|it| {
        let why = unread(it, text);
        Refusal::new("unreadable-command", format!("the command of {} {why}", origin.from))
    })?;
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
        let run = expand(image, &words, writes, Origin { folder: &folder, ..origin });
        let run = run.map_err(|it| located(it, &script, command, origin.from))?.into_iter();
        all.extend(run.map(|it| Process { role: role.max(it.role), ..it }));
    }
    for it in script.group_redirects().iter().filter(|it| it.redirect.operator.contains('>')) {
        let Some(target) = it.redirect.file() else { continue };
        let at = &it.redirect.span;
        let path = values.sure(target, at);
        let path = path.filter(|path| {
            let is_here = matches!(&it.directory, Directory::Into(into) if into.is_empty());
            is_here || path.starts_with('/')
        });
        all.push(Process { role: Role::Step, ..origin.process("", &[], vec![path]) });
    }
    Ok(all)
}

/// A refusal of a command of a script, with the line and the words that depend on a variable.
fn located(why: Refusal, script: &Script, command: &Command, from: &str) -> Refusal {
    if why.code != UNKNOWN || why.reason != unknown(from).reason || script.commands().len() == 1 {
        return why;
    }
    let (line, words) = (script.line_of(command), script.first_line_of(command));
    let reason = format!("{from}:{line} runs a command that depends on a variable: {words}");
    Refusal::new(UNKNOWN, reason)
}

/// A command that depends on a variable.
fn unknown(from: &str) -> Refusal {
    Refusal::new(UNKNOWN, format!("the command of {from} depends on a variable"))
}

/// Why a script is not read, as the rest of a sentence.
fn unread(unread: Unread, text: &str) -> String {
    match (unread.why, unread.line) {
        (NotShell::Heredoc, Some(line)) => {
            format!("has a here-document that may run commands (line {line})")
        }
        (NotShell::Interpreter, _) => {
            let first = text.lines().next().unwrap_or_default().trim_start_matches("#!").trim();
            format!("is for {first}, which is not read")
        }
        _ => "cannot be read".to_owned(),
    }
}

/// The processes that the words of a command line run, through wrappers and scripts.
fn expand(
    image: &Image<'_>,
    words: &[Option<String>],
    writes: Vec<Option<String>>,
    origin: Origin<'_>,
) -> Result<Vec<Process>, Refusal> {
    let from = origin.from;
    let unknown = || unknown(from);
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
        let is_set = |it: &str| image.environment(it).is_some_and(|it| !it.is_empty());
        let why = match ecosystems::syncs(runner, &words[..call.word], &is_set) {
            Some(false) => "",
            Some(true)
                if origin.folder.is_empty()
                    && synced::is_current(image, runner, &words[..call.word]) =>
            {
                ""
            }
            Some(true) => {
                "brings the environment of the project up to date first, and that is root's"
            }
            None => "looks for the environment of the current user",
        };
        if !why.is_empty() {
            return Err(Refusal::new("runner", format!("{from} runs {runner} run, which {why}")));
        }
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
    if WAITERS.contains(&name) {
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
    managers::expand(image, &call, words, rest, writes, origin)
}
