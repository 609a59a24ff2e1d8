//! `refit explain`.

use std::fmt::Write as _;

use clap::Args;
use serde_json::Value;

use super::{
    Status, config,
    failure::Failure,
    markdown,
    output::{self, Output},
    pager,
};
use crate::{
    engine::Transform,
    report::{
        audit,
        pages::{self, title},
    },
    transforms::{self, recipe},
};

/// Explain a transform, the code of a place left alone or of a problem, or a setting of refit.toml
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// A transform or recipe (`refit list` shows them), a code such as `unknown-user`, or a setting such as `exclude`
    /// or `pin-poetry.version`
    #[arg(value_name = "NAME")]
    name: String,
    /// Show the whole page of a transform, with all its examples
    #[arg(long)]
    examples: bool,
}

/// The most lines of the diff of the one example.
const EXAMPLE: usize = 16;

impl Explain {
    pub(super) fn run(&self, output: &Output) -> anyhow::Result<Status> {
        let Some(page) = self.page() else {
            let known: Vec<String> = names();
            let hint = config::suggestion(&self.name, known.iter().map(String::as_str));
            let hint = hint.unwrap_or_else(|| "`refit list` shows every transform".to_owned());
            let message = format!("there is no transform, code or setting `{}`", self.name);
            return Err(Failure::new(message, hint).into());
        };
        let colors = output::has_colors();
        pager::page(&markdown::render(&page, colors, output::width()), output)?;
        Ok(Status::Done)
    }

    fn page(&self) -> Option<String> {
        transforms::find(&self.name)
            .map(|it| if self.examples { it.docs.to_owned() } else { screen(it) })
            .or_else(|| recipe::find(&self.name).map(recipe_page))
            .or_else(|| code(&self.name))
            .or_else(|| audit::explained(&self.name))
            .or_else(|| setting(&self.name))
    }
}

/// The screen of the transform of this name, lines no longer than `width`.
pub(super) fn of_transform(name: &str, width: Option<usize>) -> Option<String> {
    Some(markdown::render(&screen(transforms::find(name)?), output::has_colors(), width))
}

/// What is suggested for a name that nothing has; the codes of the engine are not among it.
fn names() -> Vec<String> {
    let transforms = transforms::ALL.iter().map(|it| it.name);
    let recipes = recipe::ALL.iter().map(|it| it.name);
    let codes = transforms::ALL.iter().flat_map(|it| it.codes).copied();
    let names = transforms.chain(recipes).chain(codes).chain(audit::codes()).map(str::to_owned);
    names.chain(settings().into_iter().map(|it| it.name)).collect()
}

/// A transform on one screen.
fn screen(transform: &Transform) -> String {
    let (name, docs) = (transform.name, transform.docs);
    let mut page = format!("# {name}: {}\n\n{}\n", title(docs), pages::summary(docs));
    if let Some(safety) = pages::section(docs, &["Safety", "How sure"]) {
        let first = safety.split("\n\n").next().unwrap_or_default();
        let _ = writeln!(page, "\n# Safety\n\n{first}");
    }
    let own = settings().into_iter().filter(|it| it.name.starts_with(&format!("{name}.")));
    let own: Vec<Setting> = own.collect();
    if !own.is_empty() {
        let _ = writeln!(page, "\n# Settings\n");
        for it in own {
            let _ = writeln!(page, "- `{}`: {}", it.name, it.first_sentence());
        }
    }
    let codes: Vec<String> = transform.codes.iter().map(|it| format!("`{it}`")).collect();
    let _ = writeln!(page, "\n# Reasons to leave a place alone\n\n{}", codes.join(", "));
    if let Some(example) = pages::examples(docs).find(|it| it.diff.lines().count() <= EXAMPLE) {
        let _ =
            writeln!(page, "\n# For example: {}\n\n```diff\n{}```", example.title, example.diff);
    }
    let count = pages::examples(docs).count();
    let _ = writeln!(
        page,
        "\n`refit explain CODE` says what a reason means; `refit explain {name} --examples` shows the whole page, with \
         {count} examples."
    );
    page
}

fn recipe_page(recipe: &recipe::Recipe) -> String {
    let lines = recipe.transforms().map(|it| format!("- `{}`: {}\n", it.name, title(it.docs)));
    format!("# {}: {}\n\n{}", recipe.name, recipe.title, lines.collect::<String>())
}

/// The page of a code: what it means, by transform.
fn code(name: &str) -> Option<String> {
    let meanings = pages::meanings(name);
    let mut page = format!("# {name}\n");
    for it in &meanings {
        let by = it.transform.map_or_else(|| "any transform".to_owned(), |it| format!("`{it}`"));
        let _ = writeln!(page, "\nA place left alone by {by}:\n\n- {}.", it.text);
    }
    let transforms: Vec<&str> = meanings.iter().filter_map(|it| it.transform).collect();
    if let Some(transform) = transforms.first() {
        let _ = writeln!(
            page,
            "\nTo have no transform look at the place, write `# refit: ignore[{transform}] reason` above the \
             instruction. `refit explain {transform}` says more."
        );
    }
    (!meanings.is_empty()).then_some(page)
}

/// A setting of `refit.toml`.
pub(super) struct Setting {
    /// Its name: `exclude`, `pin-poetry.version`.
    pub(super) name: String,
    /// What it is for.
    pub(super) description: String,
    /// The types of its values.
    pub(super) types: String,
    /// Its default as TOML; `None` if there is none.
    pub(super) default: Option<String>,
    /// The values that it may have, if they are listed.
    pub(super) values: Vec<String>,
}

impl Setting {
    fn new(name: String, schema: &Value) -> Self {
        let text = |it: &Value| it.as_str().unwrap_or_default().replace('\n', " ");
        let of_list = schema.get("items").map(|it| text(&it["type"]));
        let values = schema.get("enum").or_else(|| schema.get("items")?.get("enum"));
        let values = values.and_then(Value::as_array).into_iter().flatten().map(text);
        Self {
            name,
            description: text(&schema["description"]),
            types: match of_list {
                Some(item) => format!("list of {item}s"),
                None => text(&schema["type"]),
            },
            default: schema.get("default").map(ToString::to_string),
            values: values.collect(),
        }
    }

    fn first_sentence(&self) -> &str {
        self.description.split_once(". ").map_or(&*self.description, |it| it.0)
    }
}

/// The settings, as the schema of `refit.toml` has them.
pub(super) fn settings() -> Vec<Setting> {
    let schema = config::schema();
    let properties = schema.get("properties").and_then(Value::as_object);
    let mut all = Vec::new();
    for (name, schema) in properties.into_iter().flatten() {
        match schema.get("properties").and_then(Value::as_object) {
            Some(options) => all.extend(
                options.iter().map(|(option, it)| Setting::new(format!("{name}.{option}"), it)),
            ),
            None => all.push(Setting::new(name.clone(), schema)),
        }
    }
    all
}

/// The page of the settings of this name, with or without its transform.
fn setting(name: &str) -> Option<String> {
    let is_called = |it: &Setting| it.name == name || it.name.rsplit('.').next() == Some(name);
    let mut page = String::new();
    for it in settings().into_iter().filter(is_called) {
        let _ = writeln!(page, "# {} in refit.toml\n\n{}\n", it.name, it.description);
        let default = it.default.unwrap_or_else(|| "none".to_owned());
        let _ = writeln!(page, "- type: {}\n- default: {default}", it.types);
        if !it.values.is_empty() {
            let _ = writeln!(page, "- values: {}", it.values.join(", "));
        }
        page.push('\n');
    }
    (!page.is_empty()).then_some(page)
}
