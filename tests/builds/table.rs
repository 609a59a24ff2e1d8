//! The tables that the README shows, from what `refit verify` measured.

use std::{collections::BTreeSet, env, fs};

use serde_json::Value;

use crate::own;

/// Prints a table, and with `UPDATE=1` puts it into the README, between the lines that name it.
pub fn publish(name: &str, table: &str) {
    println!("{name}:\n{table}");
    if env::var_os("UPDATE").is_none() {
        return;
    }
    let path = own("README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let (begin, end) = (format!("<!-- builds: {name} -->\n"), "<!-- end -->");
    let (head, rest) = readme.split_once(&begin).expect("the README has a place for it");
    let (_, tail) = rest.split_once(end).expect("the place has an end");
    fs::write(path, format!("{head}{begin}\n{table}\n{end}{tail}")).unwrap();
}

/// The audit's own table: sums over the services; the test images by the side.
pub fn of_example(services: &Value, tests: &Value) -> String {
    let dockerfiles = &services["dockerfiles"];
    let images = |it: &'_ Value| it["images"].as_array().unwrap().clone();
    let (services, tests) = (images(services), images(tests));
    let services: Vec<&Value> = services.iter().collect();
    let tests: Vec<&Value> = tests.iter().collect();
    let mut out = "| | before | after |\n|---|---|---|\n".to_owned();
    let mut row = |name: &str, before: String, after: String| {
        out += &format!("| {name} | {before} | {after} |\n");
    };
    row("Dockerfiles", dockerfiles["before"].to_string(), dockerfiles["after"].to_string());
    let seconds = |of: &[&Value], side| format!("{:.0} s", sum(of, side, "seconds"));
    let megabytes = |of: &[&Value], side, what| format!("{:.0} MB", sum(of, side, what) / 1e6);
    row("first build of the services", seconds(&services, "before"), seconds(&services, "after"));
    for (kind, name) in [
        ("source", "rebuild after an edit in a service's own source"),
        ("shared", "rebuild after an edit in the shared library"),
        ("manifest", "rebuild after an edit in pyproject.toml"),
    ] {
        let cell = |side: &str| {
            let all = rebuilds(&services, side, kind);
            let seconds: f64 = all.iter().map(|it| it.0).sum();
            let steps: u64 = all.iter().map(|it| it.1).sum();
            format!("{seconds:.1} s, {steps} steps")
        };
        row(name, cell("before"), cell("after"));
    }
    row(
        "images of the services",
        megabytes(&services, "before", "size"),
        megabytes(&services, "after", "size"),
    );
    row(
        "images of the tests",
        megabytes(&tests, "before", "size"),
        megabytes(&tests, "after", "size"),
    );
    let kilobytes = |side| format!("{:.0} kB", sum(&services, side, "context_bytes") / 1e3);
    row("context sent", kilobytes("before"), kilobytes("after"));
    let users = |side: &str| {
        let user = |it: &&Value| it[side]["measured"]["user"].as_str().unwrap().to_owned();
        let users: BTreeSet<String> = services.iter().map(user).collect();
        let users = users.into_iter().map(|it| if it.is_empty() { "root".to_owned() } else { it });
        users.collect::<Vec<_>>().join(", ")
    };
    row("user", users("before"), users("after"));
    out
}

/// One figure of all images, summed.
pub fn sum(images: &[&Value], side: &str, what: &str) -> f64 {
    images.iter().filter_map(|it| it[side]["measured"][what].as_f64()).sum()
}

/// Seconds and steps of every build after an edit of this kind.
pub fn rebuilds(images: &[&Value], side: &str, kind: &str) -> Vec<(f64, u64)> {
    let all = images.iter().filter_map(|it| it[side]["measured"]["rebuilds"].as_array()).flatten();
    let all = all.filter(|it| it["kind"] == kind);
    all.map(|it| (it["seconds"].as_f64().unwrap(), it["steps"].as_u64().unwrap())).collect()
}

/// The middle one.
pub fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    match all.len() {
        0 => 0.0,
        len if len % 2 == 1 => all[len / 2],
        len => f64::midpoint(all[len / 2 - 1], all[len / 2]),
    }
}
