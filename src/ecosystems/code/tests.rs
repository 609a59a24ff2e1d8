use super::*;

mod listening;
mod long;
mod open;
mod reached;
mod uploads;

fn writes(language: Language, text: &str) -> Vec<String> {
    let facts = read(language, text).unwrap();
    let one = |it: &Write| format!("{} {} {}", it.line, it.what, shown(&it.target));
    facts.writes.iter().map(one).collect()
}

/// A value in short.
pub(super) fn shown(value: &Value) -> String {
    let all = |parts: &[Value], by: &str| parts.iter().map(shown).collect::<Vec<_>>().join(by);
    match value {
        Value::Text(text) => format!("{text:?}"),
        Value::File => "file".to_owned(),
        Value::Around => "around".to_owned(),
        Value::Working => "cwd".to_owned(),
        Value::Home => "home".to_owned(),
        Value::Temporary => "temp".to_owned(),
        Value::Variable { name, default: None } => format!("${name}"),
        Value::Variable { name, default: Some(it) } => format!("${name}:{}", shown(it)),
        Value::Named { name, .. } => format!("${{{}}}", shown(name)),
        Value::Reference { module, path } => format!("<{module}>{}", path.join(".")),
        Value::Parameter { function, index, .. } => format!("{function}({index})"),
        Value::Parent(it) => format!("up({})", shown(it)),
        Value::Join(parts) => format!("({})", all(parts, " / ")),
        Value::Below(parts) => format!("({})", all(parts, " // ")),
        Value::Field(name) => format!(".{name}"),
        Value::Applied { function, arguments } => {
            format!("{}({})", shown(function), all(arguments, ", "))
        }
        Value::Concat(parts) => format!("({})", all(parts, " + ")),
        Value::Any(parts) => format!("({})", all(parts, " | ")),
        Value::Nothing | Value::Number(_) => "-".to_owned(),
        Value::Unknown => "?".to_owned(),
    }
}

pub(super) fn check(language: Language, rows: &[(&str, &[&str])]) {
    for (text, expected) in rows {
        assert_eq!(writes(language, text), *expected, "{text}");
    }
}

#[test]
fn python_writes_where_its_names_say() {
    check(
        Language::Python,
        &[
            ("open('a.txt')", &[]),
            ("open('a.txt', 'rb')", &[]),
            ("open('a.txt', mode='a')", &["1 open \"a.txt\""]),
            ("import os\nD = 'up'\nos.makedirs(D, exist_ok=True)", &["3 os.makedirs \"up\""]),
            (
                "import os.path as p, os\nB = p.dirname(p.abspath(__file__))\nos.mkdir(p.join(B, 'x'))",
                &["3 os.mkdir (up(file) / \"x\")"],
            ),
            (
                "from pathlib import Path as P\nBASE = P(__file__).resolve().parents[1]\n(BASE / 'media').mkdir()",
                &["3 .mkdir (up(up((file))) / \"media\")"],
            ),
            (
                "import os\nd = os.getenv('D', 'data')\nopen(f'{d}/{x}.json', 'w')",
                &["3 open ($D:\"data\" + \"/\" + <>x + \".json\")"],
            ),
            (
                "import logging.handlers\nlogging.handlers.RotatingFileHandler('a.log')",
                &["2 logging.handlers.RotatingFileHandler \"a.log\""],
            ),
            (
                "class C:\n  D = 'x'\n  def f(self):\n    open(self.D, 'w')\n    open(C.D, 'w')",
                &["4 open \"x\"", "5 open \"x\""],
            ),
            (
                "from app.config import settings\nimport os\nos.makedirs(settings.UP)",
                &["3 os.makedirs <app.config>settings.UP"],
            ),
            ("def f(a, b='x'):\n  open(b, 'w')", &["2 open f(1)"]),
            (
                "DATABASES = {'d': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': 'db.sqlite3'}}",
                &["1 DATABASES \"db.sqlite3\""],
            ),
            ("DATABASES = {'d': {'ENGINE': 'django.db.backends.mysql', 'NAME': 'db'}}", &[]),
            (
                "import tempfile\nd = tempfile.mkdtemp()\nopen(d + '/x', 'w')",
                &["3 open (temp + \"/x\")"],
            ),
            (
                "import os\ndef env(n, d=None):\n  v = os.getenv(n)\n  if v is None: return d\n  return v\nopen(env('D', 'x'), 'w')",
                &["6 open (\"x\" | $D)"],
            ),
            ("x = x + 'a'\nopen(x, 'w')", &["2 open (? + \"a\")"]),
        ],
    );
}

#[test]
fn javascript_writes_where_its_names_say() {
    check(
        Language::JavaScript,
        &[
            (
                "const fs = require('node:fs')\nfs.writeFileSync('a', '')",
                &["2 fs.writeFileSync \"a\""],
            ),
            (
                "import { promises as fsp } from 'fs'\nfsp.mkdir(path)",
                &["2 fs.promises.mkdir <>path"],
            ),
            (
                "const { mkdirSync: m } = require('fs'), path = require('path')\nm(path.join(__dirname, 'x'))",
                &["2 fs.mkdirSync (up(file) / \"x\")"],
            ),
            (
                "const multer = require('multer')\nconst u = multer({ dest: 'uploads/' })",
                &["2 multer \"uploads/\""],
            ),
            (
                "const multer = require('multer')\nmulter.diskStorage({ destination: (r, f, cb) => { cb(null, 'up') } })",
                &["2 multer.diskStorage \"up\""],
            ),
            (
                "import fs from 'fs'\nconst d = process.env.D || `${process.cwd()}/data`\nfs.createWriteStream(d)",
                &["3 fs.createWriteStream $D:(cwd + \"/data\")"],
            ),
            (
                "const w = require('winston')\nnew w.transports.File({ filename: 'a.log' })",
                &["2 winston.transports.File \"a.log\""],
            ),
        ],
    );
    check(
        Language::TypeScript,
        &[(
            "import * as fs from 'fs'\nclass A { private d: string = './u'; f() { fs.mkdirSync(this.d!) } }",
            &["2 fs.mkdirSync \"./u\""],
        )],
    );
}

#[test]
fn a_module_of_javascript_knows_its_folder() {
    let rows: &[(&str, &[&str])] = &[
        (
            "import path, { dirname } from 'path'\nimport { fileURLToPath } from 'node:url'\nimport fs from 'fs'\nconst __dirname = dirname(fileURLToPath(import.meta.url))\nfs.mkdirSync(path.join(__dirname, '../data'))",
            &["5 fs.mkdirSync (up(file) / \"../data\")"],
        ),
        (
            "import { mkdirSync } from 'fs'\nmkdirSync(import.meta.dirname + '/x')",
            &["2 fs.mkdirSync (up(file) + \"/x\")"],
        ),
        (
            "import { writeFileSync } from 'fs'\nwriteFileSync(new URL('./x', import.meta.url), '')",
            &["2 fs.writeFileSync (up(file) / \"./x\")"],
        ),
    ];
    check(Language::JavaScript, rows);
    check(Language::TypeScript, rows);
}

#[test]
fn a_writer_is_not_dropped_because_its_argument_is_unknown() {
    check(
        Language::JavaScript,
        &[
            ("q.files.data.mv(process.env['KEY_' + q.query.key], next)", &["1 .mv ?"]),
            (
                "const { transports } = require('winston')\nrequire('winston-daily-rotate-file')\nnew transports.DailyRotateFile({ filename: 'logs/%DATE%.log' })",
                &["3 winston.transports.DailyRotateFile \"logs/%DATE%.log\""],
            ),
            (
                "const { transports } = require('winston')\nconst options = { file: { filename: 'a.log', dirname: 'up' } }\nnew transports.File(options.file)",
                &["3 winston.transports.File \"up\""],
            ),
            (
                "const multer = require('multer')\nconst { options } = require('./o')\nmulter(options)",
                &["3 multer ?"],
            ),
            ("const multer = require('multer')\nmulter({ storage: s })\nmulter()", &[]),
            (
                "const session = require('express-session')\nconst Store = require('session-file-store')(session)\nnew Store({})",
                &["3 session-file-store \"sessions\""],
            ),
            (
                "const fsp = require('fs-promise')\nfsp.writeJson('x')",
                &["2 fs-promise.writeJson \"x\""],
            ),
            ("const pino = require('pino')\npino({ options: { destination: 1 } })", &[]),
        ],
    );
    check(
        Language::Python,
        &[
            (
                "import tempfile, os\nwith tempfile.TemporaryDirectory() as d:\n  open(os.path.join(d, 'x'), 'w')",
                &["3 open (temp / \"x\")"],
            ),
            (
                "import pandas as pd, io\nb = io.StringIO()\ndf.to_csv(b)\ndf.to_csv(x)",
                &["4 .to_csv <>x"],
            ),
            (
                "import pandas, io\ndef f():\n  b = io.BytesIO()\n  df.to_excel(b)\n  b = b.getvalue()\n  return b",
                &[],
            ),
            (
                "import tempfile\nt = tempfile.NamedTemporaryFile(delete=False)\nopen(t.name, 'w')",
                &["3 open temp"],
            ),
            (
                "from loguru import logger\nimport sys\nlogger.add(sys.stderr)\nlogger.add('a.log')",
                &["4 loguru.logger.add \"a.log\""],
            ),
            ("app.config['SESSION_TYPE'] = 'filesystem'", &["1 SESSION_TYPE \"flask_session\""]),
            ("open('up/%s.txt' % x, 'w')", &["1 open (\"up/\" + ?)"]),
            ("open('up/{}.txt'.format(x), 'w')", &["1 open (\"up/\" + ?)"]),
            (
                "from langchain_chroma import Chroma\nChroma(persist_directory='db')",
                &["2 persist_directory \"db\""],
            ),
            ("import os\np = os.getenv('P', None)\nopen(p, 'w')", &["3 open $P"]),
            ("z.open('data.csv')\nwebbrowser.open('https://example.org/waxx')", &[]),
        ],
    );
}

#[test]
fn programs_and_imports_are_seen() {
    let facts = read(
        Language::Python,
        "import subprocess\nfrom . import a\nfrom b.c import d as e\nsubprocess.run(['npx', x])",
    );
    let facts = facts.unwrap();
    let modules: Vec<_> = facts.imports.iter().map(|it| it.module.as_str()).collect();
    assert_eq!(modules, ["subprocess", ".", "b.c"]);
    assert_eq!(facts.starts[0].texts(), [Some("npx".to_owned()), None]);
    let facts = read(
        Language::JavaScript,
        "import './a'\nexport * from './b'\nconst c = require('./c')\nrequire('child_process').spawn('npx', ['serve'])",
    );
    let facts = facts.unwrap();
    let modules: Vec<_> = facts.imports.iter().map(|it| it.module.as_str()).collect();
    assert_eq!(modules, ["./a", "./b", "./c", "child_process"]);
    assert_eq!(facts.starts[0].texts(), [Some("npx".to_owned()), Some("serve".to_owned())]);
}

#[test]
fn what_runs_only_in_a_program_does_not_run_in_a_module() {
    let rows = [
        (Language::Python, "if __name__ == '__main__':\n  open('a', 'w')"),
        (Language::Python, "if a and (__name__=='__main__'):\n  open('a', 'w')"),
        (
            Language::JavaScript,
            "const fs = require('fs')\nif (require.main === module) fs.mkdirSync('a')",
        ),
        (Language::TypeScript, "import fs from 'fs'\nif (import.meta.main) { fs.mkdirSync('a') }"),
    ];
    for (language, text) in rows {
        let count = |is_run| read_as(language, text, is_run).unwrap().writes.len();
        assert_eq!((count(true), count(false)), (1, 0), "{text}");
    }
    let rows = [
        "if __name__ == '__main__' or a:\n  open('a', 'w')",
        "if __name__ == '__main__':\n  pass\nelse:\n  open('a', 'w')",
        "if __name__ != '__main__':\n  open('a', 'w')",
    ];
    for text in rows {
        assert_eq!(read_as(Language::Python, text, false).unwrap().writes.len(), 1, "{text}");
    }
}

#[test]
fn loaded_files_and_commands_are_seen() {
    let facts = |language: Language, text: &str| read(language, text).unwrap();
    let loads = |language: Language, text: &str| {
        let facts = facts(language, text);
        facts.loads.iter().map(|it| (shown(&it.module), it.is_run)).collect::<Vec<_>>()
    };
    let python = Language::Python;
    assert_eq!(
        loads(python, "bot.load_extensions('a', x)"),
        [("\"a\"".to_owned(), false), ("<>x".to_owned(), false)]
    );
    assert_eq!(loads(python, "bot.load_extensions(['a'])"), [("\"a\"".to_owned(), false)]);
    assert_eq!(
        loads(python, "import runpy\nrunpy.run_path('a.py')"),
        [("\"a.py\"".to_owned(), true)]
    );
    let fork = "const { fork } = require('child_process')\nfork('./a.js')";
    assert_eq!(loads(Language::JavaScript, fork), [("\"./a.js\"".to_owned(), true)]);
    let words = |text: &str| facts(python, text).starts[0].texts();
    assert_eq!(
        words("import os\nos.system(f'tar xf {name}')"),
        [Some("tar xf $UNKNOWN".to_owned())]
    );
    assert_eq!(words("import os\nos.system(f'{name} xf')"), [None]);
    assert_eq!(
        words("import subprocess, sys\nsubprocess.run([sys.executable, '-m', 'pip'])")[0]
            .as_deref(),
        Some("python")
    );
    assert_eq!(
        words("from pip._internal import main\nmain(['install', x])"),
        [Some("pip".to_owned()), Some("install".to_owned()), None]
    );
}

#[test]
fn what_programs_wrote_is_not_read() {
    assert!(read(Language::JavaScript, &"x".repeat(LONGEST_LINE + 1)).is_none());
    let deep = format!("{}1{}", "(".repeat(5000), ")".repeat(5000));
    assert!(!read(Language::Python, &deep).unwrap().is_whole);
    let laughs = (0..64).map(|it| format!("a{} = a{it} + a{it}\n", it + 1)).collect::<String>();
    let facts = read(Language::Python, &format!("a0 = 'x'\n{laughs}open(a64, 'w')")).unwrap();
    assert_eq!(facts.writes[0].target, Value::Unknown);
}

#[test]
fn go_writes_where_its_names_say() {
    let file = |it: &str| format!("package main\nimport (\n\"os\"\n\"path/filepath\"\n)\n{it}");
    let rows: [(&str, &[&str]); 14] = [
        // Who calls it is not known.
        ("var create = os.Create", &["6 os.Create ?"]),
        ("func f() { walk(os.MkdirAll) }", &["6 os.MkdirAll ?"]),
        (
            "const Dir = \"data\"\nfunc f() { os.MkdirAll(filepath.Join(Dir, x), 0o755) }",
            &["7 os.MkdirAll (\"data\" // <>x)"],
        ),
        // Another file of the package may change a variable.
        ("var dir = \"a\"\nfunc f() { os.Mkdir(dir, 0) }", &["7 os.Mkdir <>dir"]),
        (
            "func f() { var d string\nif x { d = \"a\" } else { d = \"b\" }\nos.Mkdir(d, 0) }",
            &["8 os.Mkdir (\"a\" | \"b\")"],
        ),
        ("func f(a, b string) error { return os.WriteFile(b, nil, 0) }", &["6 os.WriteFile f(1)"]),
        (
            "func f() { d, err := os.MkdirTemp(\"\", \"x\"); os.Create(filepath.Join(d, \"y\")) }",
            &["6 os.MkdirTemp \"\"", "6 os.Create (temp // \"y\")"],
        ),
        (
            "func f() { os.OpenFile(os.Getenv(\"LOG\"), os.O_CREATE|os.O_WRONLY, 0) }",
            &["6 os.OpenFile $LOG"],
        ),
        ("func f() { os.OpenFile(\"a\", os.O_RDONLY, 0) }", &[]),
        ("func f() { os.OpenFile(\"a\", mode, 0) }", &["6 os.OpenFile \"a\""]),
        ("func f() { c.load(&p); os.Create(p) }", &["6 os.Create <>p"]),
        ("func f() { p := \"a\"; load(&p); os.Create(p) }", &["6 os.Create (\"a\" | ?)"]),
        ("func f() { os.Create(s.path(\"a\")) }", &["6 os.Create .path(\"a\")"]),
        (
            "func f() { for _, it := range []string{\"a\", \"b\"} { os.Mkdir(it, 0) } }",
            &["6 os.Mkdir (\"a\" | \"b\")"],
        ),
    ];
    for (text, expected) in rows {
        assert_eq!(writes(Language::Go, &file(text)), expected, "{text}");
    }
}

#[test]
fn go_has_fields_options_and_formats() {
    let rows: [(&str, &[&str]); 6] = [
        (
            "package a\nimport (\"flag\"; \"os\")\nfunc f() { d := flag.String(\"data\", \"/srv\", \"\"); os.Create(*d) }",
            &["3 os.Create $-data:\"/srv\""],
        ),
        (
            "package a\nimport (\"flag\"; \"os\")\nfunc f() { var d string; flag.StringVar(&d, \"data\", \"/srv\", \"\"); os.Create(d) }",
            &["3 os.Create $-data:\"/srv\""],
        ),
        (
            "package a\nimport (\"fmt\"; \"os\")\nfunc f(a string) { os.Create(fmt.Sprintf(\"%s/%03d.txt\", a, 1)) }",
            &["3 os.Create (f(0) + \"/\" + ? + \".txt\")"],
        ),
        (
            "package a\nimport \"gopkg.in/natefinch/lumberjack.v2\"\nvar l = &lumberjack.Logger{Filename: \"a.log\"}",
            &["3 gopkg.in/natefinch/lumberjack.v2.Logger \"a.log\""],
        ),
        (
            "package a\nimport \"github.com/dgraph-io/badger/v4\"\nvar o = badger.DefaultOptions(\"db\")",
            &["3 github.com/dgraph-io/badger.DefaultOptions \"db\""],
        ),
        ("package a\nimport \"database/sql\"\nvar o, e = sql.Open(\"postgres\", u)", &[]),
    ];
    for (text, expected) in rows {
        assert_eq!(writes(Language::Go, text), expected, "{text}");
    }
    let text = "package a\ntype S struct {\nDir string `env:\"DIR\" envDefault:\"/srv\"`\nName string `json:\"name\"`\n}";
    let facts = read(Language::Go, text).unwrap();
    assert_eq!(shown(&facts.attributes["Dir"]), "$DIR:\"/srv\"");
    assert_eq!(facts.attributes["Name"], Value::Unknown);
}
