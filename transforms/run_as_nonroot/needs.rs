//! What a process needs of the user that runs it: root, a home, folders to write to, ports.

use super::evidence::Written;
use super::{
    processes::Process,
    programs::{DEVELOPMENT, HELP, HOMELESS, ROOT, SERVERS, TESTS, TOOLS},
};
use crate::{shell, text::Refusal};

/// What a process needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Needs {
    /// Who needs a home, if anybody.
    pub home: Option<String>,
    /// The files and folders that it writes to, each with the evidence for it.
    pub folders: Vec<(Written, String)>,
    /// The ports that it listens on.
    pub ports: Vec<u16>,
}

/// Commands that change files.
const WRITERS: [&str; 15] = [
    "cp", "dd", "git", "install", "ln", "mkdir", "mv", "openssl", "rm", "rsync", "tar", "tee",
    "touch", "unzip", "wget",
];

/// What a process needs of its user.
///
/// # Errors
/// A decline's code and reason: root, a place that is not known, or it is no service at all.
pub(super) fn of(it: &Process) -> Result<Needs, Refusal> {
    let (program, from) = (it.program.as_str(), &it.from);
    // What a program is given by its path is run by it.
    let given = it.known().filter(|it| it.starts_with('/') && it.contains("bin/"));
    let given = given.filter_map(|it| it.rsplit('/').next());
    if let Some(name) = std::iter::once(program).chain(given).find(|it| is_root(it)) {
        return Err(Refusal::new("needs-root", format!("{from} runs {name}, which needs root")));
    }
    if it.has(&["--allow-root"]) {
        return Err(Refusal::new(
            "explicit-root",
            format!("{from} starts {program} as root on purpose"),
        ));
    }
    if SERVERS.contains(&program) {
        let reason = format!("{from} runs {program}, a service with its own users and folders");
        return Err(Refusal::new("service-image", reason));
    }
    let drops = ["gunicorn", "uwsgi", "celery", "circusd", "twistd"].contains(&program)
        && !it.values(&["-u", "--user", "--uid"]).is_empty();
    if drops {
        return Err(Refusal::new("needs-root", format!("{from} lets {program} drop root itself")));
    }
    if TESTS.contains(&program) || is_test(it) {
        return Err(Refusal::new("test-image", format!("{from} runs tests")));
    }
    let idle = ["sleep", "tail", "true", "ipython", "fish", "cat"].contains(&program)
        || shell::is_shell(program);
    let prompt = ["python", "node", "irb", "ruby", "php"].contains(&program);
    if idle && it.writes.is_empty() && program != "cat" || prompt && it.arguments.is_empty() {
        let reason = format!("{from} runs {program}: it is used by hand");
        return Err(Refusal::new("tool-image", reason));
    }
    let mut arguments = it.known();
    if let (Some(only), None) = (arguments.next().filter(|it| HELP.contains(it)), arguments.next())
    {
        let reason = format!("{from} runs {program} {only}: it is used by hand");
        return Err(Refusal::new("tool-image", reason));
    }
    if TOOLS.contains(&program) {
        let reason =
            format!("{from} runs {program}, a tool that works on the user's files and accounts");
        return Err(Refusal::new("tool-image", reason));
    }
    installs(it)?;
    writes(it)?;
    Ok(Needs { home: home(it), folders: folders(it), ports: ports(it) })
}

fn is_root(program: &str) -> bool {
    ROOT.contains(&program) || program.starts_with("php-fpm") || program.starts_with("s6-")
}

fn is_test(it: &Process) -> bool {
    let first = it.known().find(|it| !it.starts_with('-')).unwrap_or_default();
    match it.program.as_str() {
        "npm" | "yarn" | "pnpm" | "go" | "cargo" | "mvn" | "gradle" | "make" | "dotnet"
        | "flask" | "mix" | "lein" | "sbt" => {
            let run = ["run", "run-script"].contains(&first);
            let name = if run { it.known().nth(1).unwrap_or_default() } else { first };
            name.starts_with("test") || name == "lint" || name == "check"
        }
        "python" => it.known().any(|it| {
            let name = it.rsplit('/').next().unwrap_or(it);
            it == "test" || name.starts_with("test_") || name == "runtests.py"
        }),
        _ => false,
    }
}

/// Installs and builds when a container starts, which need to write where code is.
fn installs(it: &Process) -> Result<(), Refusal> {
    let (program, from) = (it.program.as_str(), &it.from);
    let first = it.known().find(|it| !it.starts_with('-')).unwrap_or_default();
    let runs = first == "run" || first == "run-script";
    let name = if runs { it.known().filter(|it| !it.starts_with('-')).nth(1) } else { None };
    let name = name.unwrap_or(first);
    let bad = match program {
        "pip" | "pip3" | "bundle" | "composer" | "conda" | "mamba" => true,
        "pipenv" | "poetry" | "pdm" | "uv" | "hatch" | "rye" => !runs,
        "npm" | "yarn" | "pnpm" | "bun" => {
            ["install", "ci", "i", "add", "build"].contains(&name) || name.starts_with("dev")
        }
        "npx" | "cargo" | "mvn" | "mvnw" | "gradle" | "gradlew" | "sbt" | "lein" | "make"
        | "mix" | "activator" | "cabal" | "stack" => true,
        "swift" => ["run", "build"].contains(&name),
        "go" => ["run", "build", "install"].contains(&name),
        "dotnet" => ["run", "build", "watch", "restore", "ef"].contains(&name),
        "next" | "nuxt" | "astro" | "remix" | "prisma" => {
            ["dev", "build", "generate", ""].contains(&name)
        }
        "rails" | "puma" | "unicorn" | "rake" | "rackup" | "passenger" | "jekyll" | "artisan" => {
            true
        }
        // Workerman and Hypnotoad keep their PID and their log beside the source.
        "hypnotoad" => true,
        "php" if name.ends_with(".php") && it.has(&["start"]) => true,
        "php" => it.has(&["artisan"]) || it.known().any(|it| it.ends_with("composer.phar")),
        it => DEVELOPMENT.contains(&it),
    };
    match bad {
        true => Err(Refusal::new(
            "writes-at-start",
            format!("{from} runs {program} {name}").trim_end().to_owned()
                + ", which writes where only root can",
        )),
        false => Ok(()),
    }
}

/// What is changed when a container starts, in places that only root can write to.
fn writes(it: &Process) -> Result<(), Refusal> {
    let (program, from) = (it.program.as_str(), &it.from);
    let why = |what: &str| format!("{from} {what} when it starts");
    let open = |path: &Option<String>| path.as_deref().is_some_and(Process::is_scratch);
    if !it.writes.iter().all(open) {
        return Err(Refusal::new("writes-at-start", why("writes files")));
    }
    let in_place = program == "sed" && it.known().any(|it| it.starts_with("-i"));
    let paths = it.known().filter(|it| it.starts_with('/'));
    let scratch = {
        let paths: Vec<_> = paths.collect();
        !paths.is_empty() && paths.into_iter().all(Process::is_scratch)
    };
    if in_place || (WRITERS.contains(&program) && !scratch) || program == "chmod" {
        return Err(Refusal::new("writes-at-start", why(&format!("runs {program}"))));
    }
    let manages = ["collectstatic", "makemigrations", "compilemessages"];
    match it.known().find(|it| manages.contains(it)) {
        Some(name) => Err(Refusal::new("writes-at-start", why(&format!("runs {name}")))),
        None => Ok(()),
    }
}

/// A program that somebody installed, and of which nothing is known: most such tools keep settings, sessions
/// or caches in a home, and end with an error where there is none.
pub(super) fn may_need_home(it: &Process) -> bool {
    it.on_path && !HOMELESS.contains(&it.program.as_str())
}

fn home(it: &Process) -> Option<String> {
    let program = it.program.as_str();
    let needs = [
        "streamlit",
        "jupyter",
        "jupyter-lab",
        "jupyter-notebook",
        "jupyterlab",
        "notebook",
        "npm",
        "yarn",
        "pnpm",
        "pm2",
        "pm2-runtime",
        "forever",
        "airflow",
        "mlflow",
        "dagster",
        "prefect",
        "chainlit",
        "gradio",
        "deno",
        "chromium",
        "google-chrome",
        "soffice",
        "libreoffice",
        "rasa",
        "dagit",
        "mitmproxy",
        "mitmweb",
        "mitmdump",
        "code-server",
        "atom",
    ];
    needs.contains(&program).then(|| program.to_owned())
}

fn folders(it: &Process) -> Vec<(Written, String)> {
    let file_flags = [
        "--log-file",
        "--logfile",
        "--access-logfile",
        "--error-logfile",
        "--access-log-file",
        "-f",
        "-s",
        "--schedule",
        "--pidfile",
        "--pid",
        "--logto",
    ];
    let celery = it.program == "celery";
    let flags = if celery { &file_flags[..] } else { &file_flags[..5] };
    let mut found = Vec::new();
    for value in it.values(flags) {
        if value != "-" && !value.is_empty() && !value.contains(['%', '$']) {
            found.push((Written::file(value), format!("{} of {}", value, it.from)));
        }
    }
    let beat = celery && it.has(&["beat", "-B", "--beat"]);
    if beat && it.values(&["-s", "--schedule"]).is_empty() && !it.has(&["-S", "--scheduler"]) {
        found.push((Written::folder("."), "celery beat keeps its schedule there".to_owned()));
    }
    if it.program == "next" || it.known().any(|it| it.contains(".next/")) {
        found.push((Written::folder(".next/cache"), "Next.js caches there".to_owned()));
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
        for value in it.values(&[flag]) {
            if value.contains('/') && !value.contains("://") {
                found.push((Written::folder(value), format!("{flag} of {}", it.from)));
            }
        }
    }
    found
}

fn ports(it: &Process) -> Vec<u16> {
    let flags = ["--port", "-b", "--bind", "--http", "--listen", "--server.port", "--http-port"];
    let values = it.values(&flags);
    let runs = it.has(&["runserver"]);
    let bare = it.known().filter(|_| runs).filter(|it| !it.starts_with('-'));
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
            ("python manage.py collectstatic", "writes-at-start"),
            ("sed -i s/a/b/ /etc/x", "writes-at-start"),
            ("poetry install", "writes-at-start"),
            ("bash", "tool-image"),
            ("sleep infinity", "tool-image"),
        ];
        for (line, code) in rows {
            assert_eq!(needs(line), Err(code), "{line}");
        }
        assert_eq!(needs("python main.py"), Ok(Needs::default()));
        assert_eq!(needs("cp a b"), Err("writes-at-start"));
        assert_eq!(needs("cp a /tmp/b"), Ok(Needs::default()));
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
            folders.filter_map(|it| it.0.place(workdir.as_ref())).map(|it| it.to_string()).collect()
        };
        assert_eq!(folders("gunicorn --log-file=logs/x.log --access-logfile - a:b"), ["/w/logs"]);
        assert_eq!(folders("celery -A a beat"), ["/w"]);
        assert_eq!(folders("celery -A a beat -s /var/x/schedule"), ["/var/x"]);
        assert_eq!(needs("streamlit run a.py").unwrap().home.as_deref(), Some("streamlit"));
    }
}
