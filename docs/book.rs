//! Writes the sources of the site: `cargo run --example book -- FOLDER`, then `mdbook build FOLDER`.
//!
//! The chapters are the project's own pages, with links that hold on the site and a name for each code, so that
//! `transforms/NAME#CODE` leads to what it means.

use std::{env, fs, io, path::Path};

use anyhow::Context as _;
use refit::{
    ecosystems::MANAGERS,
    engine::plan::codes,
    report::pages::{self, title},
    transforms,
};
use serde_json::Value;

/// A file of the site.
pub struct Page {
    /// The path below the folder of the sources.
    pub path: String,
    /// The title in the table of contents; empty for a file that is no chapter.
    pub title: String,
    /// Whether the chapter is below the one before that is not.
    pub is_nested: bool,
    /// The text.
    pub text: String,
}

/// The schemas, which pages link to.
const SCHEMAS: [(&str, &str); 3] = [
    ("schemas/report.json", include_str!("../schemas/report.json")),
    ("schemas/audit.json", include_str!("../schemas/audit.json")),
    ("schemas/refit.json", include_str!("../schemas/refit.json")),
];

/// All files of the site, in the order of its contents.
///
/// # Errors
/// A page of a package manager cannot be read.
pub fn pages() -> io::Result<Vec<Page>> {
    let managers = managers()?;
    let chapter = |path: &str, title: &str, text: String| Page {
        path: path.to_owned(),
        title: title.to_owned(),
        is_nested: false,
        text,
    };
    let session = include_str!("../examples/assistants/README.md");
    let mut all = vec![
        chapter("index.md", "refit", linked(include_str!("../README.md"))),
        chapter("session.md", "A session: seven services", session.to_owned()),
        chapter("transforms/index.md", "Transforms", catalogue()),
    ];
    all.extend(transforms::ALL.iter().map(|it| Page {
        path: format!("transforms/{}.md", it.name),
        title: it.name.to_owned(),
        is_nested: true,
        text: with_codes(it.docs, it.codes),
    }));
    all.push(chapter("managers/index.md", "Package managers", catalogue_of_managers(&managers)));
    all.extend(managers.into_iter().map(|it| Page {
        path: format!("managers/{}.md", slug(title(&it))),
        title: title(&it).to_owned(),
        is_nested: true,
        text: it,
    }));
    all.push(chapter("codes.md", "Places left alone", reasons()));
    all.push(chapter("settings.md", "Settings", settings()));
    let architecture = linked(include_str!("../ARCHITECTURE.md"));
    all.push(chapter("architecture.md", "Architecture", architecture));
    all.push(chapter("changelog.md", "Changelog", include_str!("../CHANGELOG.md").to_owned()));
    all.extend(SCHEMAS.map(|(path, text)| chapter(path, "", text.to_owned())));
    all.push(chapter("deny.toml", "", include_str!("../deny.toml").to_owned()));
    Ok(all)
}

/// The table of contents, as mdBook reads it.
pub fn contents(pages: &[Page]) -> String {
    let mut text = "# Summary\n\n".to_owned();
    for page in pages.iter().filter(|it| !it.title.is_empty()) {
        let indent = if page.is_nested { "  " } else { "" };
        text += &format!("{indent}- [{}]({})\n", page.title, page.path);
    }
    text
}

/// Where a link in a page of the repository leads on the site.
fn linked(text: &str) -> String {
    let mut text = text.replace("](ARCHITECTURE.md)", "](architecture.md)");
    text = text.replace("](examples/assistants/README.md)", "](session.md)");
    for it in transforms::ALL {
        let folder = it.name.replace('-', "_");
        let page = format!("](transforms/{}.md)", it.name);
        text = text.replace(&format!("](transforms/{folder}/page.md)"), &page);
    }
    text
}

/// A transform's page, in which each code can be linked to.
fn with_codes(page: &str, codes: &[&str]) -> String {
    let mut text = String::with_capacity(page.len());
    let mut named: Vec<&str> = Vec::new();
    for line in page.split_inclusive('\n') {
        let entry = line.strip_prefix("- `").and_then(|it| it.split_once(':'));
        let own = |it: &&&str| {
            entry.is_some_and(|entry| format!("`{}", entry.0).contains(&format!("`{it}`")))
        };
        let fresh: Vec<&str> =
            codes.iter().filter(own).copied().filter(|it| !named.contains(it)).collect();
        if !fresh.is_empty() {
            let anchors: String = fresh.iter().map(|it| format!("<a id=\"{it}\"></a>")).collect();
            text += &format!("- {anchors}{}", line.strip_prefix("- ").unwrap_or(line));
            named.extend(fresh);
            continue;
        }
        text += line;
    }
    text
}

fn catalogue() -> String {
    let rows = transforms::ALL
        .iter()
        .map(|it| format!("- [`{0}`]({0}.md): {1}\n", it.name, title(it.docs)));
    format!(
        "# Transforms\n\nIn the order in which a run applies them.\n\n{}",
        rows.collect::<String>()
    )
}

/// The pages of package managers, each beside its facts, in the order of the registry.
fn managers() -> io::Result<Vec<String>> {
    let mut pages = Vec::new();
    let facts = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ecosystems");
    for folder in fs::read_dir(facts)?.collect::<io::Result<Vec<_>>>()? {
        if !folder.path().is_dir() {
            continue;
        }
        for file in fs::read_dir(folder.path())?.collect::<io::Result<Vec<_>>>()? {
            if file.path().extension().is_some_and(|it| it == "md") {
                pages.push(fs::read_to_string(file.path())?);
            }
        }
    }
    let place = |it: &String| MANAGERS.iter().position(|manager| manager.title == title(it));
    pages.sort_by_key(place);
    Ok(pages)
}

fn catalogue_of_managers(managers: &[String]) -> String {
    let row = |it: &String| format!("- [{0}]({1}.md)\n", title(it), slug(title(it)));
    let rows: String = managers.iter().map(row).collect();
    format!("# Package managers\n\nWhat refit knows of each, as cases that are tests.\n\n{rows}")
}

/// What every code means: those of the engine here, those of transforms on their pages.
fn reasons() -> String {
    let mut text =
        "# Places left alone\n\nWhere refit declines, it says why, and the reason has a code. These come from the \
         engine, whatever the transform:\n\n"
            .to_owned();
    for it in codes::MEANINGS {
        text += &format!("- <a id=\"{0}\"></a>`{0}`: {1}\n", it.code, it.text);
    }
    for it in transforms::ALL {
        text += &format!("\n## {0}\n\n", it.name);
        for code in it.codes {
            let meaning = pages::code(it.docs, code).unwrap_or_default();
            text += &format!("- [`{code}`](transforms/{}.md#{code}): {meaning}\n", it.name);
        }
    }
    text
}

/// What can be set, after the schema of `refit.toml`.
fn settings() -> String {
    let schema: Value = serde_json::from_str(SCHEMAS[1].1).unwrap_or_default();
    let mut text =
        "# Settings\n\nOf `refit.toml`, after its [JSON Schema](schemas/refit.json).\n".to_owned();
    let said = |it: &Value| it["description"].as_str().unwrap_or_default().replace('\n', " ");
    for (name, table) in schema["properties"].as_object().into_iter().flatten() {
        text += &format!("\n## {name}\n\n{}\n", said(table));
        for (option, it) in table["properties"].as_object().into_iter().flatten() {
            text += &format!("- `{option}`: {}\n", said(it));
        }
    }
    text
}

/// A title as a name of a file.
fn slug(title: &str) -> String {
    let name = title.to_lowercase().replace(|it: char| !it.is_alphanumeric(), "-");
    name.trim_matches('-').to_owned()
}

fn write(folder: &Path) -> io::Result<()> {
    let pages = pages()?;
    let put = |path: &str, text: &str| {
        let path = folder.join(path);
        path.parent().map(fs::create_dir_all).transpose()?;
        fs::write(path, text)
    };
    put("book.toml", include_str!("book.toml"))?;
    put("src/SUMMARY.md", &contents(&pages))?;
    pages.iter().try_for_each(|it| put(&format!("src/{}", it.path), &it.text))
}

fn main() -> anyhow::Result<()> {
    let folder = env::args_os().nth(1).context("usage: cargo run --example book -- FOLDER")?;
    write(Path::new(&folder)).with_context(|| format!("{}", Path::new(&folder).display()))
}
