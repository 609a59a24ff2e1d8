//! What a process needs of the user that runs it: root, a home, folders to write to, ports.

use super::{
    Image,
    evidence::{Trace, Written},
    process::{Form, Process},
    roles::Role,
};
use crate::{
    ecosystems::{
        self, ScriptCall, frameworks, grammar_of,
        programs::{self, Trait},
    },
    shell,
    text::Refusal,
};

/// What a process needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Needs {
    /// The program that needs a home, if any.
    pub home: Option<String>,
    /// The files and folders that it writes to.
    pub folders: Vec<Trace>,
    /// The ports that it listens on.
    pub ports: Vec<u16>,
}

/// Arguments that make a program print how it is used: the default command of images for tools.
const HELP: [&str; 5] = ["--help", "-h", "help", "--version", "version"];

/// What a process needs of its user.
///
/// # Errors
/// A decline's code and reason: it needs root or writes to unknown places, or it is not a service.
pub(super) fn of(process: &Process) -> Result<Needs, Refusal> {
    let (name, from) = (process.program.as_str(), &process.from);
    let program = process.facts();
    // A program runs those that its arguments name by their paths.
    let given = process.known().filter(|it| it.starts_with('/') && it.contains("bin/"));
    let given = given.filter_map(|it| it.rsplit('/').next());
    let own = Some(name).filter(|_| process.form != Form::Own);
    if let Some(name) = own.into_iter().chain(given).find(|it| is_root(it)) {
        return Err(Refusal::new("needs-root", format!("{from} runs {name}, which needs root")));
    }
    if let Some(option) = process.known().find(|it| program.needs_root(it)) {
        let reason = format!("{from} runs {name} {option}, which needs root");
        return Err(Refusal::new("needs-root", reason));
    }
    if process.role == Role::Check {
        return Ok(Needs::default());
    }
    if process.has(&["--allow-root"]) {
        let reason = format!("{from} starts {name} as root on purpose");
        return Err(Refusal::new("explicit-root", reason));
    }
    if program.is(Trait::Functions) {
        let reason = format!("{from} runs {name}, which a cloud starts as a user of its own");
        return Err(Refusal::new("service-image", reason));
    }
    if program.is(Trait::Service) {
        let reason = format!("{from} runs {name}, a service with its own users and folders");
        return Err(Refusal::new("service-image", reason));
    }
    if program.is(Trait::DropsRoot) && !process.values(&["-u", "--user", "--uid"]).is_empty() {
        let reason = format!("{from} starts {name} as root, and {name} changes the user itself");
        return Err(Refusal::new("needs-root", reason));
    }
    let call = process.call();
    let script = ecosystems::script_call(&call);
    if program.is(Trait::Test) || is_test(process, script.as_ref()) {
        return Err(Refusal::new("test-image", format!("{from} runs tests")));
    }
    if let Some(line) = by_hand(process) {
        let reason = format!("{from} runs {line}, so the image is used by hand");
        return Err(Refusal::new("tool-image", reason));
    }
    let is_main = process.role == Role::Main;
    if is_main && program.is(Trait::Tool) && !process.known().any(|it| program.sends(it)) {
        let reason =
            format!("{from} runs {name}, a tool that works on the user's files and accounts");
        return Err(Refusal::new("tool-image", reason));
    }
    installs(process, script.as_ref())?;
    manages(process)?;
    Ok(Needs {
        home: home(process, script.as_ref()),
        folders: folders(process),
        ports: ports(process),
    })
}

/// What a process runs that does nothing unless somebody is there: a shell, a prompt, its help.
pub(super) fn by_hand(process: &Process) -> Option<String> {
    // `cat settings` may be part of a start script.
    if process.role != Role::Main {
        return None;
    }
    let (name, program) = (process.program.as_str(), process.facts());
    let is_idle = program.is(Trait::Idle) || shell::is_shell(name);
    let prompts = program.is(Trait::Prompt) && process.arguments.is_empty();
    if is_idle && process.writes.is_empty() && name != "cat" || prompts {
        return Some(name.to_owned());
    }
    let mut arguments = process.known();
    let only = arguments.next().filter(|it| HELP.contains(it))?;
    arguments.next().is_none().then(|| format!("{name} {only}"))
}

/// Checks that a process does not work in a repository that a COPY brings, where the program refuses to: it belongs to
/// root.
///
/// # Errors
/// A decline's code and reason.
pub(super) fn repository(image: &Image<'_>, process: &Process) -> Result<(), Refusal> {
    let program = process.facts();
    let works = program.is(Trait::Repository) && !process.first().is_empty();
    if !works || !image.has_repository() {
        return Ok(());
    }
    let reason = format!(
        "{} runs {}, which refuses to work in a repository of another user, and that in the image is root's",
        process.from, process.program
    );
    Err(Refusal::new("needs-root", reason))
}

/// Whether a process runs a daemon of the distribution, by its folder.
pub(super) fn is_daemon(image: &Image<'_>, process: &Process) -> bool {
    let folder = process.path.rsplit_once('/').map_or("", |it| it.0);
    ["/sbin", "/usr/sbin", "/etc/init.d"].contains(&folder)
        && !process.facts().is_general()
        && !image.makes_program(&process.program)
}

/// Whether nothing is known of what a process does: it runs a program that has no line in any table, and is not the
/// project's own, whose source says what it does.
pub(super) fn is_unknown(image: &Image<'_>, process: &Process) -> bool {
    let name = process.path.as_str();
    let is_plain = !name.is_empty() && !name.contains(['/', '.']);
    is_plain
        && process.role < Role::Condition
        && !process.facts().is_listed()
        && grammar_of(&process.program).is_none()
        && !ecosystems::is_runner(&process.program)
        && !is_root(&process.program)
        && !image.makes_program(name)
}

/// Whether a program of this name needs root.
pub(super) fn is_root(name: &str) -> bool {
    programs::named(name).is(Trait::Root) || name.starts_with("php-fpm") || name.starts_with("s6-")
}

fn is_test(process: &Process, script: Option<&ScriptCall<'_>>) -> bool {
    let is_task = |name: &str| name.starts_with("test") || name == "lint" || name == "check";
    if let Some(script) = script {
        return is_task(script.name);
    }
    if process.program == "python" {
        return process.known().any(|it| {
            let name = it.rsplit('/').next().unwrap_or(it);
            it == "test" || name.starts_with("test_") || name == "runtests.py"
        });
    }
    process.facts().is(Trait::Tasks) && is_task(process.first())
}

/// Checks that a process does not install or build when it starts, which writes to folders that belong to root.
fn installs(process: &Process, script: Option<&ScriptCall<'_>>) -> Result<(), Refusal> {
    let (program, from, first) = (process.program.as_str(), &process.from, process.first());
    if process.form == Form::Fetches {
        let fetched = &process.path;
        let own = process.known().take_while(|it| it != fetched);
        let line = own.fold(program.to_owned(), |line, it| format!("{line} {it}"));
        let reason = format!(
            "{from} runs {line} {fetched}, which fetches {fetched} at the start: no manifest that is copied names it"
        );
        return Err(Refusal::new("writes-at-start", reason));
    }
    let may_write = process.facts().may_write(first);
    let is_bad = if let Some(script) = script {
        script.installs || script.name == "build" || script.name.starts_with("dev")
    // Of one that compiles as well, the table of programs says which verbs write.
    } else if let Some(grammar) = grammar_of(program).filter(|it| it.build.is_empty()) {
        // `poetry run` is left for one whose program is not known.
        grammar.runner.and_then(|it| it.verb).is_none_or(|it| it != first)
    } else if program == "php" {
        (first.ends_with(".php") && process.has(&["start"]))
            || process.known().any(|it| it.ends_with("composer.phar"))
    } else {
        ecosystems::is_runner(program) || process.facts().writes(first) || may_write
    };
    let hosts = [Trait::HostsPhp, Trait::HostsRuby];
    let is_host = hosts.into_iter().any(|it| process.facts().is(it));
    let task = process.known().find(|it| is_host && frameworks::writes(it));
    if !is_bad && task.is_none() {
        return Ok(());
    }
    let first = task.unwrap_or(first);
    let run = if script.is_some_and(|it| it.name != first) { "run " } else { "" };
    let line = match script.filter(|it| !it.installs) {
        Some(script) => format!("{program} {run}{}", script.name),
        None => format!("{program} {first}"),
    };
    let writes = match script.is_some_and(|it| !it.installs && it.name.starts_with("dev")) {
        true => "a script for development, which may write",
        false if may_write => "which may write",
        false => "which writes",
    };
    let reason =
        format!("{from} runs {}, {writes} to folders that belong to root", line.trim_end());
    Err(Refusal::new("writes-at-start", reason))
}

/// Checks that a process does not run a command of Django that writes next to the source.
fn manages(process: &Process) -> Result<(), Refusal> {
    // Where `collectstatic` writes, the settings say.
    let manages = ["makemigrations", "compilemessages"];
    match process.known().find(|it| manages.contains(it)) {
        Some(name) => {
            let reason = format!("{} runs {name} when it starts", process.from);
            Err(Refusal::new("writes-at-start", reason))
        }
        None => Ok(()),
    }
}

fn home(process: &Process, script: Option<&ScriptCall<'_>>) -> Option<String> {
    let needs = process.facts().is(Trait::Home) || script.is_some_and(|it| it.scripts.needs_home);
    needs.then(|| process.program.clone())
}

fn folders(process: &Process) -> Vec<Trace> {
    let celery = process.program == "celery";
    let mut found = Vec::new();
    let beat = celery && process.has(&["beat", "-B", "--beat"]);
    let is_told =
        || !process.values(&["-s", "--schedule"]).is_empty() || process.has(&["-S", "--scheduler"]);
    if beat && !is_told() {
        found.push(Trace::new(Written::folder("."), "celery beat keeps its schedule there"));
    }
    for flag in [
        "--data-dir",
        "--data_dir",
        "--datadir",
        "--storage-dir",
        "--data",
        "--db-path",
        "--upload-dir",
        "--output-dir",
    ] {
        for value in process.values(&[flag]) {
            if value.contains('/') && !value.contains("://") {
                let evidence = format!("{flag} of {}", process.from);
                found.push(Trace::new(Written::folder(value), evidence));
            }
        }
    }
    found
}

fn ports(process: &Process) -> Vec<u16> {
    let flags = ["--port", "-b", "--bind", "--http", "--listen", "--server.port", "--http-port"];
    let mut values = process.values(&flags);
    // `php -S 0.0.0.0:80`, `rackup -p 80`.
    let program = process.facts();
    if program.is(Trait::HostsPhp) {
        values.extend(process.values(&["-S"]));
    }
    if program.is(Trait::HostsRuby) {
        values.extend(process.values(&["-p"]));
    }
    let runs = process.has(&["runserver"]);
    let bare = process.known().filter(|it| runs && !it.starts_with('-'));
    let texts = values.into_iter().chain(bare);
    texts.filter_map(|it| it.rsplit(':').next()?.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(line: &str) -> Result<Needs, &'static str> {
        let mut words = line.split(' ').map(str::to_owned);
        let program = words.next().unwrap();
        let arguments = words.map(Some).collect();
        let process = Process { program, arguments, from: "CMD".to_owned(), ..Process::default() };
        of(&process).map_err(|it| it.code)
    }

    #[test]
    fn processes_need_what_they_do() {
        let rows = [
            ("supervisord -n", "needs-root"),
            ("php-fpm8.2", "needs-root"),
            ("pytest -q", "test-image"),
            ("python manage.py test", "test-image"),
            ("npm test", "test-image"),
            ("npm run dev", "writes-at-start"),
            ("npm ci", "writes-at-start"),
            ("php server.php start", "writes-at-start"),
            ("python manage.py makemigrations", "writes-at-start"),
            ("poetry install", "writes-at-start"),
            ("nest start", "writes-at-start"),
            ("webpack-dev-server", "writes-at-start"),
            ("bash", "tool-image"),
            ("sleep infinity", "tool-image"),
        ];
        for (line, code) in rows {
            assert_eq!(needs(line), Err(code), "{line}");
        }
        let yarn =
            Process { program: "yarn".to_owned(), from: "CMD".to_owned(), ..Process::default() };
        let reason = of(&yarn).map_err(|it| it.reason);
        assert_eq!(
            reason,
            Err("CMD runs yarn, which writes to folders that belong to root".to_owned())
        );
        assert_eq!(needs("python main.py"), Ok(Needs::default()));
        assert_eq!(needs("ts-node-dev --respawn src/index.ts"), Ok(Needs::default()));
        assert_eq!(needs("tsx watch src/index.ts"), Ok(Needs::default()));
    }

    #[test]
    fn ports_folders_and_homes_are_seen() {
        let ports = |it: &str| needs(it).unwrap().ports;
        assert_eq!(ports("uvicorn a:b --host 0.0.0.0 --port 80"), [80]);
        assert_eq!(ports("gunicorn -b 0.0.0.0:443 a:b"), [443]);
        assert_eq!(ports("python manage.py runserver 0.0.0.0:80"), [80]);
        let folders = |it: &str| -> Vec<String> {
            let workdir = crate::text::ImagePath::new("/w");
            let folders = needs(it).unwrap().folders.into_iter();
            folders
                .filter_map(|it| it.written.place(workdir.as_ref()))
                .map(|it| it.to_string())
                .collect()
        };
        assert_eq!(folders("celery -A a beat"), ["/w"]);
        assert_eq!(folders("celery -A a beat -s /var/x/schedule"), [""; 0]);
        assert_eq!(needs("streamlit run a.py").unwrap().home.as_deref(), Some("streamlit"));
    }
}
