//! The layers of the house: what may import what. ARCHITECTURE.md says why.

use std::{collections::BTreeMap, fs, path::Path};

use crate::support::source::{Source, assert_none, mentions, sources};

/// The rooms, from the ground up: each imports only those before it.
const ROOMS: [&str; 15] = [
    "text",
    "dockerfile",
    "shell",
    "yaml",
    "ecosystems",
    "project",
    "callers",
    "context",
    "load",
    "run",
    "engine",
    "transforms",
    "verify",
    "report",
    "cli",
];

fn floor(room: &str) -> Option<usize> {
    ROOMS.iter().position(|it| *it == room)
}

/// Every room that a source imports from, with the line that does.
fn imports(source: &Source) -> Vec<(String, usize, String)> {
    let mut found = Vec::new();
    let code = source.without_comments();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let line = code[..at].matches('\n').count() + 1;
        let is_name = |it: char| it.is_alphanumeric() || it == '_';
        match rest.strip_prefix('{') {
            // `use crate::{a::b, c}`: the names at the first level.
            Some(group) => {
                let (mut depth, mut start) = (0, true);
                for (at, c) in group.char_indices() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => start = true,
                        c if start && is_name(c) => {
                            let name: String =
                                group[at..].chars().take_while(|it| is_name(*it)).collect();
                            found.push((name, line, source.line(line)));
                            start = false;
                        }
                        _ => {}
                    }
                }
            }
            None => {
                let name: String = rest.chars().take_while(|it| is_name(*it)).collect();
                found.push((name, line, source.line(line)));
            }
        }
    }
    found
}

#[test]
fn an_import_goes_to_a_lower_room() {
    let mut offenders = Vec::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for source in sources(&["src", "transforms"]) {
        let Some(own) = floor(source.room()) else { continue };
        for (room, line, text) in imports(&source) {
            *seen.entry(room.clone()).or_default() += 1;
            if floor(&room).is_none_or(|it| own < it) {
                offenders.push(format!("{}:{line}: {text}", source.path));
            }
        }
    }
    assert_none("imports of a higher room, or of none", &offenders);
    // A test that finds no import proves nothing.
    assert!(ROOMS[..11].iter().all(|it| seen.contains_key(*it)), "{seen:?}");
}

#[test]
fn no_transform_imports_another() {
    let mut offenders = Vec::new();
    for source in sources(&["transforms"]) {
        let own = source.path.split('/').nth(1).unwrap();
        let code = source.without_comments();
        for (number, line) in code.lines().enumerate() {
            let other = line.split("transforms::").skip(1).filter(|it| !it.starts_with(own));
            let up = own != "mod.rs" && line.contains("super::super::");
            if (own != "mod.rs" && own != "recipe.rs" && other.count() > 0) || up {
                offenders.push(format!("{}:{}: {}", source.path, number + 1, line.trim()));
            }
        }
    }
    assert_none("a transform imports another one", &offenders);
}

#[test]
fn the_engine_imports_no_rule() {
    // What transforms ask to find a change must not be asked to judge it.
    let rules = [
        "independence",
        "run::parts",
        "transforms::",
        ".install)(",
        ".caching)(",
        "is_manifest",
        "ecosystems::python",
        "ecosystems::programs",
        "ecosystems::manager(",
        "Site::",
    ];
    let mut offenders = Vec::new();
    let mut seen = 0;
    for source in sources(&["src/engine"]) {
        seen += 1;
        let code = source.without_comments();
        for (number, line) in code.lines().enumerate() {
            if rules.iter().any(|it| line.contains(it)) {
                offenders.push(format!("{}:{}: {}", source.path, number + 1, line.trim()));
            }
        }
    }
    assert_none("the engine asks a rule", &offenders);
    assert!(10 < seen, "{seen}");
}

#[test]
fn src_shows_sixteen_entries_at_most() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let entries = fs::read_dir(src).unwrap().map(|it| it.unwrap().file_name());
    let mut entries: Vec<String> = entries.map(|it| it.to_str().unwrap().to_owned()).collect();
    entries.sort();
    assert!(entries.len() <= 16, "{entries:?}");
    let unknown = entries.iter().filter(|it| !it.ends_with(".rs") && floor(it).is_none());
    assert_eq!(unknown.collect::<Vec<_>>(), [""; 0], "rooms without a floor");
}

/// Names of images that are also programs, packages, endings of files, codes or, as `scratch`, a word of FROM: those
/// may stand anywhere.
const OTHER_MEANINGS: [&str; 18] = [
    "airflow", "alpine", "busybox", "composer", "dart", "docker", "gcc", "gradle", "java", "julia",
    "node", "php", "pypy", "python", "ruby", "rust", "scratch", "swift",
];

#[test]
fn what_is_known_of_images_stands_in_one_table() {
    let inside = |path: &str| {
        path.starts_with("src/ecosystems/images/") || path == "src/dockerfile/image.rs"
    };
    let sources: Vec<Source> = sources(&["src", "transforms"]);
    let outside = || sources.iter().filter(|it| !inside(&it.path) && !it.is_test());
    let asks = mentions(outside(), &[".official()", ".repository"]);
    assert_none("only `images` asks a reference for its name", &asks);
    let in_transforms = sources.iter().filter(|it| it.room() == "transforms");
    assert_none("transforms ask `images`", &mentions(in_transforms, &["ImageRef"]));

    let table = include_str!("../../src/ecosystems/images/table.tsv");
    let names = table.lines().filter(|it| !it.starts_with('#')).filter_map(|it| {
        let name = it.split(['\t', ':']).next()?;
        (!name.contains('*')).then(|| format!("\"{name}\""))
    });
    let names: Vec<String> = names.collect();
    let is_other = |it: &&str| OTHER_MEANINGS.contains(&it.trim_matches('"'));
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (other, names): (Vec<&str>, Vec<&str>) = names.into_iter().partition(is_other);
    assert!(80 < names.len(), "{}", names.len());
    assert_none("an image's name stands in the table alone", &mentions(outside(), &names));
    let stale = other.iter().filter(|it| mentions(outside(), &[it]).is_empty());
    let stale: Vec<String> = stale.map(|it| (*it).to_owned()).collect();
    assert_none("names that have no other meaning any more", &stale);
}
