//! Command lines and what they load.
#![allow(clippy::unwrap_used, reason = "tests may")]

use std::process::Command;

use super::{python::Loaded, *};
use crate::{text::ImagePath, verify::contents::tests::Image};

fn image() -> Contents {
    Image::new()
        .elf("usr/bin/python3.11", &[], "")
        .link("usr/bin/python", "python3.11")
        .elf("usr/bin/tini", &[], "")
        .elf("bin/sh", &[], "")
        .program("opt/venv/bin/uvicorn", "#!/usr/bin/python3.11\n")
        .program("entrypoint.sh", "#!/bin/sh\nset -e\nalembic upgrade head\nexec \"$@\"\n")
        .read()
}

fn config(entrypoint: &[&str], command: &[&str]) -> Config {
    let words = |it: &[&str]| Some(it.iter().map(|it| (*it).to_owned()).collect());
    let env =
        [("PATH", "/opt/venv/bin:/usr/bin:/bin"), ("PORT", "80"), ("FLASK_APP", "site.app:make()")];
    Config {
        entrypoint: words(entrypoint),
        cmd: words(command),
        workdir: ImagePath::new("/app").unwrap(),
        env: env.map(|it| (it.0.to_owned(), it.1.to_owned())).into(),
        ..Config::default()
    }
}

/// The modules and scripts that a command loads, as `module:attribute` or a path, with `@` and the folder if that is another.
fn loads(words: &[&str]) -> String {
    let probe = probe(&config(&[], words), &image(), &[]);
    let text = |it: &Import| {
        let what = match &it.what {
            Loaded::Module(name, None) => name.clone(),
            Loaded::Module(name, Some(it)) => format!("{name}:{it}"),
            Loaded::Script(path) => path.to_string(),
        };
        if it.folder == "/app" { what } else { format!("{what}@{}", it.folder) }
    };
    probe.imports.iter().map(text).collect::<Vec<_>>().join(" ")
}

#[test]
fn command_lines_name_what_they_load() {
    let table = [
        ("python main.py --port 1", "/app/main.py"),
        ("python -u -X dev src/main.py", "/app/src/main.py@/app/src"),
        ("python3 -m worker.main x", "worker.main"),
        ("python -um uvicorn app.main:app", "app.main:app"),
        ("python -c print()", ""),
        ("python", ""),
        ("uvicorn --host 0.0.0.0 --port 80 app.main:create --factory", "app.main:create"),
        ("uvicorn --app-dir src main:app", "main:app@/app/src"),
        ("gunicorn --bind 0.0.0.0:8000 --workers 2 site.wsgi", "site.wsgi"),
        ("gunicorn site.wsgi:application -b unix:/run/x.sock", "site.wsgi:application"),
        (
            "gunicorn -k uvicorn.workers.UvicornWorker --chdir=/srv m:app.x",
            "uvicorn.workers:UvicornWorker@/srv m:app@/srv",
        ),
        ("gunicorn -c gunicorn.conf.py", ""),
        ("celery -A proj.tasks:app worker", "proj.tasks"),
        ("flask run", "site.app:make"),
        ("flask --app x.py run", "/app/x.py"),
        ("streamlit run ui/home.py", "/app/ui/home.py@/app/ui"),
        ("fastapi run", ""),
        ("dramatiq jobs.tasks --processes 2", "jobs.tasks"),
        ("arq jobs.Settings", "jobs"),
        ("poetry run uvicorn app:app", "app:app"),
        ("uv run --no-sync uvicorn app:app", "app:app"),
        ("uv --directory x run --frozen --extra api -- uvicorn app:app", "app:app"),
        ("uv run --python 3.12 -m worker.main", "worker.main"),
        ("uv run main.py", "/app/main.py"),
        ("uv run --no-sync", ""),
        ("node index.js", ""),
    ];
    for (line, expected) in table {
        let words: Vec<&str> = line.split(' ').collect();
        assert_eq!(loads(&words), expected, "{line}");
        assert_eq!(loads(&["/bin/sh", "-c", line]), expected, "{line}");
    }
}

#[test]
fn programs_behind_shells_and_wrappers_are_found() {
    let names = |config: &Config| {
        let found = started(config, &image(), &[]).into_iter();
        found.map(|it| (it.by, it.program, it.found.is_ok())).collect::<Vec<_>>()
    };
    let mut config = config(
        &["tini", "--", "/entrypoint.sh"],
        &["sh", "-c", "cd /x && exec uvicorn a:b --port $PORT"],
    );
    config.healthcheck = Some(serde_json::json!({"Test": ["CMD", "curl", "x"]}));
    let expected = [
        ("ENTRYPOINT", "tini", true),
        ("ENTRYPOINT", "/entrypoint.sh", false),
        ("/entrypoint.sh", "alembic", false),
        ("/entrypoint.sh", "sh", true),
        ("/entrypoint.sh", "uvicorn", true),
        ("HEALTHCHECK", "curl", false),
    ];
    let expected = expected.map(|it| (it.0.to_owned(), it.1.to_owned(), it.2));
    let mut found = names(&config);
    // Its interpreter is a program, too.
    found[1].2 = false;
    assert_eq!(found, expected);
    let probe = probe(&config, &image(), &[]);
    assert_eq!(probe.imports.len(), 1);
    assert_eq!(probe.words(5).unwrap()[..2], ["/usr/bin/python3.11", "-c"]);
    let endless = Image::new().program("a.sh", "#!/bin/sh\n/a.sh\n").elf("bin/sh", &[], "").read();
    config.entrypoint = Some(vec!["/a.sh".to_owned()]);
    assert!(started(&config, &endless, &[]).len() < 20);
}

#[test]
fn callers_start_what_they_give() {
    let words = |it: &[&str]| Some(it.iter().map(|it| (*it).to_owned()).collect());
    let config = config(&["/entrypoint.sh"], &["uvicorn", "a:b"]);
    let starts = |entrypoint, cmd| {
        let given = [Given { by: "compose.yaml:1 command".to_owned(), entrypoint, cmd }];
        let own = started(&config, &image(), &[]).len();
        let all = started(&config, &image(), &given).split_off(own);
        all.into_iter().map(|it| it.program).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(starts(None, words(&["celery"])), "/entrypoint.sh alembic celery");
    assert_eq!(starts(words(&["tini", "--"]), words(&["python"])), "tini python");
    assert_eq!(starts(words(&["tini"]), None), "tini");
    assert_eq!(starts(words(&[]), words(&["curl"])), "curl");
    assert_eq!(starts(None, None), "/entrypoint.sh alembic uvicorn");
    let given = |key: &str| Given {
        by: format!("compose.yaml:1 {key}"),
        entrypoint: words(&[]),
        cmd: words(&["python", "check.py"]),
    };
    let imports = |key: &str| probe(&config, &image(), &[given(key)]).imports.len();
    assert_eq!((imports("command"), imports("healthcheck")), (2, 1));
}

#[test]
fn what_is_tried_behind_a_runner_is_run_as_it_runs() {
    let words = ["uv", "run", "--no-sync", "uvicorn", "a:b"];
    let probe = probe(&config(&[], &words), &image(), &[]);
    assert_eq!(probe.words(5).unwrap()[..5], ["uv", "run", "--no-sync", "python", "-c"]);
}

#[test]
fn python_tells_what_came_of_it() {
    if Command::new("python3").arg("--version").output().is_err() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("good.py", "print('noise')\nimport other\nassert __name__ == 'refit_verify'\n");
    write("other.py", "app = 1\n");
    write("bad.py", "import not_there\n");
    write("stop.py", "import sys\nsys.exit('at ' + sys.prefix + '/x ' + repr(object()))\n");
    write("slow.py", "import time\ntime.sleep(60)\n");
    let at = |what: Loaded, seconds: u32| {
        let folder = ImagePath::new(folder.path().to_str().unwrap()).unwrap();
        let imports = vec![Import { what, folder, enters: true }];
        let probe =
            Probe { programs: Vec::new(), imports, interpreter: vec!["python3".to_owned()] };
        let words = probe.words(seconds).unwrap();
        let output = Command::new(&words[0]).args(&words[1..]).current_dir("/").output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let script = |name: &str| {
        let folder = ImagePath::new(folder.path().to_str().unwrap()).unwrap();
        Loaded::Script(folder.join(name))
    };
    let module =
        |name: &str, of: Option<&str>| Loaded::Module(name.to_owned(), of.map(str::to_owned));
    assert_eq!(at(script("good.py"), 20), "{\"outcome\": \"ok\"}\n");
    assert_eq!(at(module("other", Some("app")), 20), "{\"outcome\": \"ok\"}\n");
    let raised = |kind: &str, text: &str| {
        format!("{{\"outcome\": \"raised\", \"text\": \"{text}\", \"type\": \"{kind}\"}}\n")
    };
    let lacks = raised("AttributeError", "other has no it");
    assert_eq!(at(module("other", Some("it")), 20), lacks);
    let missing = raised("ModuleNotFoundError", "No module named 'not_there'");
    assert_eq!(at(script("bad.py"), 20), missing);
    let stopped = raised("SystemExit", "at \\u2026/x <object object at \\u2026>");
    assert_eq!(at(script("stop.py"), 20), stopped);
    assert_eq!(at(module("slow", None), 1), "{\"outcome\": \"running\"}\n");
}
