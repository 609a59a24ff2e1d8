//! The ports that calls listen on, and the settings files that they read.

use super::*;

#[test]
fn ports_are_followed_to_the_calls_that_listen() {
    let of = |language, text| -> Vec<Value> {
        read(language, text).unwrap().listens.into_iter().map(|it| it.address).collect()
    };
    let text = |it: &str| Value::Text(it.to_owned());
    let default = |name: &str, it| {
        let name = name.to_owned();
        Value::Variable { name, default: Some(Box::new(it)) }
    };
    let rows = [
        (Language::Python, "app.run(host='0.0.0.0', port=80)", vec![Value::Number(80)]),
        (Language::Python, "app.run()", vec![]),
        (
            Language::Python,
            "import os\nport = int(os.getenv('PORT', '80'))\napp.run(port=port)",
            vec![default("PORT", text("80"))],
        ),
        (
            Language::Python,
            "import socket\ns = socket.socket()\ns.bind(('', 53))",
            vec![Value::Number(53)],
        ),
        (Language::Python, "box.bind(('', 53))", vec![]),
        (
            Language::JavaScript,
            "app.listen(process.env.PORT || 80)",
            vec![default("PORT", Value::Number(80))],
        ),
        (Language::JavaScript, "app.listen({ port: 8_080 })", vec![Value::Number(8080)]),
        (
            Language::Go,
            "package a\nimport \"net/http\"\nfunc f() { http.ListenAndServe(\":80\", nil) }",
            vec![text(":80")],
        ),
        (
            Language::Rust,
            "use actix_web::HttpServer;\nfn f() { HttpServer::new(g).bind((\"0.0.0.0\", 80u16)); }",
            vec![Value::Number(80)],
        ),
        (
            Language::Rust,
            "fn f() { let a = std::net::SocketAddr::from(([0, 0, 0, 0], 80)); tokio::net::TcpListener::bind(a); }",
            vec![Value::Number(80)],
        ),
        (Language::Ruby, "require 'sinatra'\nset :port, 80", vec![Value::Number(80)]),
        (Language::Ruby, "require 'sinatra'\nset :views, 'a'", vec![]),
        (
            Language::Php,
            "<?php new React\\Socket\\SocketServer('0.0.0.0:80');",
            vec![text("0.0.0.0:80")],
        ),
        (
            Language::Java,
            "import java.net.ServerSocket; class A { void f() { new ServerSocket(80); } }",
            vec![Value::Number(80)],
        ),
    ];
    for (language, source, expected) in rows {
        assert_eq!(of(language, source), expected, "{source}");
    }
}

#[test]
fn settings_files_are_followed_to_the_calls_that_read_them() {
    let of = |text: &str| {
        let facts =
            read(Language::Python, &format!("import logging.config, yaml\n{text}")).unwrap();
        facts.settings.iter().map(|it| shown(&it.1)).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(of("logging.config.fileConfig('logs.ini')"), "\"logs.ini\"");
    assert_eq!(of("logging.config.dictConfig(yaml.safe_load(open('logs.yaml')))"), "\"logs.yaml\"");
    assert_eq!(
        of(
            "with open('logs.yaml') as file:\n  it = yaml.safe_load(file.read())\nlogging.config.dictConfig(it)"
        ),
        "\"logs.yaml\""
    );
    assert_eq!(of("logging.config.dictConfig({'version': 1})"), "");
    assert_eq!(of("logging.config.dictConfig(made())"), "");
}
