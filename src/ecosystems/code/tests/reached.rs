//! What files have others load, and what needs root.

use super::*;

fn loads(language: Language, text: &str) -> Vec<String> {
    let facts = read(language, text).unwrap();
    facts.loads.iter().map(|it| shown(&it.module)).collect()
}

fn roots(language: Language, text: &str) -> Vec<String> {
    let facts = read(language, text).unwrap();
    facts.roots.iter().map(|it| format!("{} {} {}", it.line, it.what, it.with)).collect()
}

#[test]
fn files_that_are_run_by_their_names() {
    let of = |text| loads(Language::JavaScript, text);
    assert_eq!(
        of("const { ShardingManager } = require('discord.js')\nnew ShardingManager('./w.js')"),
        ["\"./w.js\""]
    );
    assert_eq!(of("import { Worker } from 'bullmq'\nnew Worker('q', './w.js')"), ["\"./w.js\""]);
    assert_eq!(
        of("import { Worker } from 'bullmq'\nnew Worker('q', async () => 1)"),
        Vec::<String>::new()
    );
    assert_eq!(
        of(
            "const { Worker } = require('bullmq')\nconst work = require('./work')\nnew Worker('q', work)"
        ),
        Vec::<String>::new()
    );
    assert_eq!(
        of("import Piscina from 'piscina'\nnew Piscina({ filename: './w.js' })"),
        ["\"./w.js\""]
    );
}

#[test]
fn modules_that_a_framework_finds() {
    let of = |text| read(Language::Python, text).unwrap();
    assert_eq!(of("app.autodiscover_tasks()").finds, Some("tasks"));
    assert_eq!(of("app.autodiscover()").finds, None);
    let plugins = "import pyrogram\npyrogram.Client('x', plugins=dict(root='p'))";
    assert!(of(plugins).loader.is_some());
    assert!(of("import pyrogram\npyrogram.Client('x')").loader.is_none());
}

#[test]
fn calls_that_need_root_with_some_arguments() {
    let of = |text| roots(Language::Python, text);
    let none = Vec::<String>::new();
    assert_eq!(
        of("import socket\nsocket.socket(socket.AF_INET, socket.SOCK_RAW)"),
        ["2 socket.socket SOCK_RAW"]
    );
    assert_eq!(of("import socket\nsocket.socket(socket.AF_INET, socket.SOCK_STREAM)"), none);
    assert_eq!(of("from scapy.all import *\nsniff(count=1)"), ["2 sniff "]);
    assert_eq!(of("from scapy.all import *\nsniff(offline='a.pcap')"), none);
    assert_eq!(of("from scapy.all import sendpfast\nsendpfast([])"), ["2 scapy.all.sendpfast "]);
    assert_eq!(of("from wine import *\nsniff(count=1)"), none);
    assert_eq!(of("import docker\ndocker.from_env()"), ["2 docker.from_env "]);
    assert_eq!(of("import docker\ndocker.DockerClient(base_url='tcp://a:2375')"), none);
    let node = |text| roots(Language::JavaScript, text);
    assert_eq!(node("const D = require('dockerode')\nnew D()"), ["2 dockerode "]);
    assert_eq!(node("const D = require('dockerode')\nnew D({ host: 'a' })"), none);
}

#[test]
fn libraries_write_if_they_are_told_to() {
    check(
        Language::JavaScript,
        &[
            (
                "const up = require('express-fileupload')\nup({ useTempFiles: true })",
                &["2 express-fileupload \"tmp\""],
            ),
            ("const up = require('express-fileupload')\nup({ useTempFiles: false })", &[]),
            ("const up = require('express-fileupload')\nup()", &[]),
            ("require('jimp')\nimage.write('b.png')", &["2 .write \"b.png\""]),
            ("answer.write('b.png')", &[]),
            ("require('jimp')\nanswer.write('Done.')", &[]),
            ("require('jimp')\nanswer.write(text)", &[]),
            ("server.listen('/run/a.sock')", &["1 .listen \"/run/a.sock\""]),
        ],
    );
    check(
        Language::Python,
        &[
            (
                "from telegram.ext import PicklePersistence\nPicklePersistence(filepath='a')",
                &["2 telegram.ext.PicklePersistence \"a\""],
            ),
            ("import aiogram\nbot.download_file(photo, 'a')", &["2 .download_file \"a\""]),
            ("model.predict(x, save=True)\nmodel.train()", &[]),
            (
                "from loguru import logger\nlogger.configure(handlers=[{'sink': 'a.log'}])",
                &["2 loguru \"a.log\""],
            ),
            ("from ultralytics import YOLO\nYOLO('a.pt')", &["2 ultralytics.YOLO \"a.pt\""]),
            ("import ultralytics\nmodel.predict(x, save=True)", &["2 .predict \"runs\""]),
            ("import ultralytics\nmodel.predict(x, save=False)", &[]),
            ("import socket\ns.bind('a.sock')", &["2 .bind \"a.sock\""]),
        ],
    );
}

#[test]
fn the_last_line_of_go_needs_no_end() {
    for text in ["package a\ntype T struct {\n}", "package a\nconst (\n\tb = 1\n)", "package a"] {
        assert!(read(Language::Go, text).unwrap().is_whole, "{text}");
    }
}

#[test]
fn texts_of_many_terms_are_read() {
    let terms = "\t\"x\" +\n".repeat(5000);
    let text = format!(
        "package a\nimport \"os\"\nconst all = \"\" +\n{terms}\t\"\"\nfunc f() {{ os.Create(\"b\") }}\n"
    );
    let facts = read(Language::Go, &text).unwrap();
    assert!(facts.is_whole);
    assert_eq!(facts.writes.len(), 1);
}
