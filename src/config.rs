//! `refit.toml`: what a project says about its runs. Reading the file is the caller's.

use std::fmt;

use serde::Deserialize;
use toml_edit::{Document, DocumentMut, Item, Table, de::Deserializer};

use crate::{recipe, settings::Settings, text, transforms};

/// The file's name.
pub const FILE_NAME: &str = "refit.toml";

/// What `refit.toml` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// The recipe to run.
    pub recipe: Option<String>,
    /// The only transforms to run.
    pub only: Option<Vec<String>>,
    /// Transforms not to run.
    pub skip: Vec<String>,
    /// Globs of files to leave alone.
    pub exclude: Vec<String>,
    /// The options of the transforms, each in a table of its name.
    pub settings: Settings,
}

/// What is wrong with a `refit.toml`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// The keys that are no transform's.
#[derive(Default, Deserialize)]
#[serde(default)]
struct General {
    recipe: Option<String>,
    only: Option<Vec<String>>,
    skip: Vec<String>,
    exclude: Vec<String>,
}

const GENERAL: [&str; 4] = ["recipe", "only", "skip", "exclude"];

impl Config {
    /// Reads the text of a `refit.toml`; what it does not know is an error.
    pub fn parse(source: &str) -> Result<Self, ConfigError> {
        let document = Document::parse(source)
            .map_err(|it| ConfigError::at(source, it.span(), it.message(), None))?;
        let (mut general, mut transforms) = (Table::new(), Table::new());
        for (name, item) in document.as_table() {
            let table = if GENERAL.contains(&name) { &mut general } else { &mut transforms };
            // With its key, which knows where it stands.
            if let Some(key) = document.key(name) {
                table.insert_formatted(key, item.clone());
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
            let known = known.chain(GENERAL.into_iter().filter(|_| top));
            let hint = names.first().and_then(|it| suggestion(it, known));
            match names.first() {
                Some(name) => ConfigError::at(source, at, &format!("unknown key `{name}`"), hint),
                None => ConfigError::at(source, at, it.message().trim_end(), None),
            }
        };
        let general = General::deserialize(deserializer(general));
        let General { recipe, only, skip, exclude } = general.map_err(error)?;
        let settings = Settings::deserialize(deserializer(transforms));
        let config = Self { recipe, only, skip, exclude, settings: settings.map_err(error)? };
        config.check_names(source, document.as_table())?;
        Ok(config)
    }

    fn check_names(&self, source: &str, table: &Table) -> Result<(), ConfigError> {
        let recipe = self.recipe.iter().map(|it| ("recipe", unknown_recipe(it)));
        let only = self.only.iter().flatten().map(|it| ("only", unknown_transform(it)));
        let skip = self.skip.iter().map(|it| ("skip", unknown_transform(it)));
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

/// A name that nothing has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// What is wrong.
    pub message: String,
    /// What was meant, or where to look.
    pub hint: String,
}

/// What to say about a transform's name when there is no such transform.
pub fn unknown_transform(name: &str) -> Option<Unknown> {
    unknown("transform", name, transforms::ALL.iter().map(|it| it.name))
}

/// What to say about a recipe's name when there is no such recipe.
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

/// What was probably meant by a name.
pub fn suggestion<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let scored = known.map(|it| (strsim::jaro_winkler(name, it), it));
    let (score, best) = scored.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (0.75 <= score).then(|| format!("did you mean `{best}`?"))
}

/// The name of a field that serde does not know, then those it would have taken; nothing for other errors.
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

    #[test]
    fn a_whole_file_is_read() {
        let config = Config::parse(
            "recipe = \"audit\"\nexclude = [\"vendor/\"]\n\n[pin-poetry]\nversion = \"1.8.3\"\n\
             renovate = true\n\n[mount-caches]\nsyntax = false\n",
        );
        let config = config.unwrap();
        assert_eq!(config.recipe.as_deref(), Some("audit"));
        assert_eq!(config.exclude, ["vendor/"]);
        assert_eq!(config.settings.pin_poetry.version.as_deref(), Some("1.8.3"));
        assert!(config.settings.pin_poetry.renovate && !config.settings.mount_caches.syntax);
        assert_eq!(Config::parse("").unwrap(), Config::default());
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
        assert!(error("a = \n").starts_with("1: "));
    }
}
