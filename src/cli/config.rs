//! `refit.toml`: what a project says about its runs. Reading the file is the caller's.

use std::{collections::BTreeMap, fmt};

use schemars::{
    JsonSchema, Schema,
    generate::SchemaSettings,
    transform::{self, Transform as _},
};
use serde::Deserialize;
use serde_json::Value;
use toml_edit::{Document, DocumentMut, Item, Table, de::Deserializer};

use super::verify;
use crate::{
    engine::settings::{Settings, Tables},
    report::pages,
    text,
    transforms::{self, recipe},
};

/// The file's name.
pub const FILE_NAME: &str = "refit.toml";

/// The contents of a `refit.toml`.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The `refit.toml` that it adds to, as written.
    pub extend: Option<String>,
    /// The recipe to run.
    pub recipe: Option<String>,
    /// The only transforms to run.
    pub only: Option<Vec<String>>,
    /// Transforms not to run.
    pub skip: Option<Vec<String>>,
    /// Globs of files to leave alone.
    pub exclude: Option<Vec<String>>,
    /// How images are built.
    verify: verify::Settings,
    /// The options of the transforms, by name.
    tables: BTreeMap<&'static str, Table>,
}

/// An error in a `refit.toml`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// The settings of a project; the closest `refit.toml` above a Dockerfile holds.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(title = "refit.toml")]
struct General {
    /// Another `refit.toml` that this one adds to, as a path from this file.
    extend: Option<String>,
    /// The recipe to run: a named list of transforms.
    recipe: Option<String>,
    /// The only transforms to run.
    only: Option<Vec<String>>,
    /// Transforms not to run.
    skip: Option<Vec<String>>,
    /// Files to leave alone; the syntax is that of a `.gitignore` in the folder of this file.
    exclude: Option<Vec<String>>,
    verify: verify::Settings,
}

/// The JSON Schema of a `refit.toml`; `schemas/refit.json` has its text.
pub fn schema() -> Schema {
    let mut settings = SchemaSettings::draft2020_12();
    // Each transform has a type called `Options`.
    settings.inline_subschemas = true;
    let mut generator = settings.into_generator();
    let mut schema = generator.root_schema_for::<General>();
    let transforms: Value = transforms::ALL.iter().map(|it| it.name).collect();
    let recipes: Value = recipe::ALL.iter().map(|it| it.name).collect();
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else {
        return schema;
    };
    for key in ["only", "skip"] {
        let items = properties.get_mut(key).and_then(|it| it.get_mut("items"));
        _ = items
            .and_then(Value::as_object_mut)
            .map(|it| it.insert("enum".into(), transforms.clone()));
    }
    let recipe = properties.get_mut("recipe").and_then(Value::as_object_mut);
    _ = recipe.map(|it| it.insert("enum".into(), recipes));
    for transform in transforms::ALL {
        let Some(options) = transform.options else { continue };
        let mut table = (options.schema)(&mut generator);
        let title = pages::title(transform.docs);
        table.insert(
            "description".to_owned(),
            format!("Options of {}: {title}.", transform.name).into(),
        );
        properties.insert(transform.name.to_owned(), table.to_value());
    }
    // TOML has no null: what is not set is not there.
    transform::RecursiveTransform(without_null).transform(&mut schema);
    schema
}

fn without_null(schema: &mut Schema) {
    if schema.get("default").is_some_and(Value::is_null) {
        schema.remove("default");
    }
    let types = schema.get_mut("type").and_then(Value::as_array_mut);
    let one = types.and_then(|it| {
        it.retain(|it| it != "null");
        it.first().cloned().filter(|_| it.len() == 1)
    });
    _ = one.map(|it| schema.insert("type".to_owned(), it));
    let values = schema.get_mut("enum").and_then(Value::as_array_mut);
    _ = values.map(|it| it.retain(|it| !it.is_null()));
}

impl Config {
    /// Reads the text of a `refit.toml`; what it does not know is an error.
    pub fn parse(source: &str) -> Result<Self, ConfigError> {
        let document = Document::parse(source)
            .map_err(|it| ConfigError::at(source, it.span(), it.message(), None))?;
        let (mut general, mut found) = (Table::new(), Vec::new());
        for (name, item) in document.as_table() {
            // With its key, which knows where it stands.
            let Some(key) = document.key(name) else { continue };
            let transform = transforms::find(name);
            match transform.and_then(|it| Some((it.name, it.options?.read))) {
                Some((name, read)) => found.push((name, key, item, read)),
                None => _ = general.insert_formatted(key, item.clone()),
            }
        }
        let error = |it: toml_edit::de::Error| {
            let names = unknown_field(it.message());
            let at = it.span().or_else(|| {
                let name = names.first()?;
                document.key(name)?.span()
            });
            let top = at.is_none() || names.first().is_some_and(|it| document.contains_key(it));
            let known = names.iter().skip(1).copied();
            let tables = transforms::ALL.iter().filter(|it| it.options.is_some());
            let known = known.chain(tables.map(|it| it.name).filter(|_| top));
            let hint = names.first().and_then(|it| suggestion(it, known));
            match names.first() {
                Some(name) => ConfigError::at(source, at, &format!("unknown key `{name}`"), hint),
                None => ConfigError::at(source, at, it.message().trim_end(), None),
            }
        };
        let general = General::deserialize(deserializer(general));
        let General { extend, recipe, only, skip, exclude, verify } = general.map_err(error)?;
        let mut tables = BTreeMap::new();
        for (name, key, item, read) in found {
            let Some(table) = item.as_table_like() else {
                let message = format!("`{}` is a table of options", key.get());
                return Err(ConfigError::at(source, key.span(), &message, None));
            };
            let mut own = Table::new();
            for (name, value) in table.iter() {
                let Some(key) = table.key(name) else { continue };
                own.insert_formatted(key, value.clone());
            }
            read(deserializer(own.clone()), &mut Tables::default()).map_err(error)?;
            tables.insert(name, own);
        }
        let config = Self { extend, recipe, only, skip, exclude, verify, tables };
        config.check_names(source, document.as_table())?;
        Ok(config)
    }

    /// The settings of both; where this one says something, it holds. `exclude` is for one folder, so it stays
    /// that of this one.
    #[must_use]
    pub fn over(mut self, base: Self) -> Self {
        if self.recipe.is_none() && self.only.is_none() {
            (self.recipe, self.only) = (base.recipe, base.only);
        }
        self.skip = self.skip.or(base.skip);
        self.verify = self.verify.over(base.verify);
        for (name, table) in base.tables {
            let own = self.tables.entry(name).or_default();
            for (key, item) in &table {
                own.entry(key).or_insert_with(|| item.clone());
            }
        }
        self
    }

    /// The options of the transforms.
    pub fn tables(&self) -> Tables {
        let mut tables = Tables::default();
        for (name, table) in &self.tables {
            let read = transforms::find(name).and_then(|it| it.options);
            // Each table was read when its file was.
            _ = read.map(|it| (it.read)(deserializer(table.clone()), &mut tables));
        }
        tables
    }

    /// How images are built.
    pub(super) fn verify(&self) -> &verify::Settings {
        &self.verify
    }

    /// These settings for every Dockerfile of a project.
    pub fn everywhere(&self) -> Settings {
        Settings::everywhere(self.tables())
    }

    fn check_names(&self, source: &str, table: &Table) -> Result<(), ConfigError> {
        let recipe = self.recipe.iter().map(|it| ("recipe", unknown_recipe(it)));
        let only = self.only.iter().flatten().map(|it| ("only", unknown_transform(it)));
        let skip = self.skip.iter().flatten().map(|it| ("skip", unknown_transform(it)));
        match recipe.chain(only).chain(skip).find_map(|(key, it)| Some((key, it?))) {
            None => Ok(()),
            Some((key, Unknown { message, hint })) => {
                let span = table.get(key).and_then(Item::span);
                Err(ConfigError::at(source, span, &message, Some(hint)))
            }
        }
    }
}

fn deserializer(table: Table) -> Deserializer {
    Deserializer::from(DocumentMut::from(table))
}

/// A name that does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// What is wrong.
    pub message: String,
    /// What the user probably meant, or where to look.
    pub hint: String,
}

/// The error for the name of a transform that does not exist; `None` if it exists.
pub fn unknown_transform(name: &str) -> Option<Unknown> {
    unknown("transform", name, transforms::ALL.iter().map(|it| it.name))
}

/// The error for the name of a recipe that does not exist; `None` if it exists.
pub fn unknown_recipe(name: &str) -> Option<Unknown> {
    unknown("recipe", name, recipe::ALL.iter().map(|it| it.name))
}

fn unknown<'a>(
    kind: &str,
    name: &str,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Option<Unknown> {
    if known.clone().any(|it| it == name) {
        return None;
    }
    let hint = suggestion(name, known);
    let hint = hint.unwrap_or_else(|| format!("`refit list` shows every {kind}"));
    Some(Unknown { message: format!("there is no {kind} `{name}`"), hint })
}

/// The known name that is most like `name`, if one is similar enough.
pub fn suggestion<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let scored = known.map(|it| (strsim::jaro_winkler(name, it), it));
    let (score, best) = scored.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (0.75 <= score).then(|| format!("did you mean `{best}`?"))
}

/// The name of the field that serde does not know, then the fields it knows; empty for other errors.
fn unknown_field(message: &str) -> Vec<&str> {
    match message.starts_with("unknown field") {
        true => message.split('`').skip(1).step_by(2).collect(),
        false => Vec::new(),
    }
}

impl ConfigError {
    fn at(source: &str, span: Option<text::Span>, message: &str, hint: Option<String>) -> Self {
        let line = text::line_at(source, span.map_or(0, |it| it.start));
        Self { line, message: message.to_owned(), hint }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transforms::{mount_caches, pin_poetry};

    #[test]
    fn a_whole_file_is_read() {
        let config = Config::parse(
            "recipe = \"audit\"\nexclude = [\"vendor/\"]\n\n[pin-poetry]\nversion = \"1.8.3\"\n\
             renovate = true\n\n[mount-caches]\nsyntax = false\n",
        );
        let config = config.unwrap();
        assert_eq!(config.recipe.as_deref(), Some("audit"));
        assert_eq!(config.exclude.as_deref(), Some(&["vendor/".to_owned()][..]));
        let pins: pin_poetry::Options = config.tables().get();
        assert_eq!(pins, pin_poetry::Options { version: "1.8.3".parse().ok(), renovate: true });
        let caches: mount_caches::Options = config.tables().get();
        assert!(!caches.syntax);
        assert!(Config::parse("").unwrap().recipe.is_none());
    }

    #[test]
    fn one_adds_to_another() {
        let read = |text: &str| Config::parse(text).unwrap();
        let base = read(
            "only = [\"mount-caches\"]\nskip = [\"pin-poetry\"]\nexclude = [\"a\"]\n\
             [pin-poetry]\nversion = \"1.8.3\"\nrenovate = true\n",
        );
        let own = read("extend = \"x\"\nrecipe = \"audit\"\n[pin-poetry]\nversion = \"2.0\"\n");
        let both = own.over(base);
        assert_eq!((both.recipe.as_deref(), both.only.as_deref()), (Some("audit"), None));
        assert_eq!((both.skip.map(|it| it.len()), &both.exclude), (Some(1), &None));
        let both =
            read("[pin-poetry]\nversion = \"2.0\"\n").over(read("[pin-poetry]\nrenovate = true\n"));
        let pins: pin_poetry::Options = both.tables().get();
        assert_eq!(pins, pin_poetry::Options { version: "2.0".parse().ok(), renovate: true });
    }

    #[test]
    fn what_is_wrong_has_a_line_and_a_suggestion() {
        let error = |source: &str| {
            let error = Config::parse(source).unwrap_err();
            format!("{}: {} / {}", error.line, error.message, error.hint.unwrap_or_default())
        };
        assert_eq!(error("\nrecip = \"a\"\n"), "2: unknown key `recip` / did you mean `recipe`?");
        assert_eq!(
            error("# x\n[pin-peotry]\nversion = \"1\"\n"),
            "2: unknown key `pin-peotry` / did you mean `pin-poetry`?"
        );
        assert_eq!(
            error("[pin-poetry]\n\nverison = \"1\"\n"),
            "3: unknown key `verison` / did you mean `version`?"
        );
        assert_eq!(
            error("\n\nrecipe = \"audti\"\n"),
            "3: there is no recipe `audti` / did you mean `audit`?"
        );
        assert_eq!(
            error("skip = [\n \"zzz\"]\n"),
            "1: there is no transform `zzz` / `refit list` shows every transform"
        );
        assert!(error("[mount-caches]\nsyntax = 3\n").starts_with("2: invalid type"));
        assert!(error("exclude = \"a\"\n").starts_with("1: invalid type"));
        assert_eq!(
            error("[pin-poetry]\nversion = \"banana\"\n"),
            "2: banana is not a version such as 1.8.3 / "
        );
        assert!(error("a = \n").starts_with("1: "));
    }
}
