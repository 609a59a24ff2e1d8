//! The settings in the source of a Rails application that say where it keeps its cache, its log and temporary files.
//!
//! guides.rubyonrails.org: "Caching with Rails", `ActiveSupport::Cache::FileStore`; "Configuring Rails Applications",
//! `config.paths`.

use super::{
    super::{Trace, Written, spot::Spot},
    Settings, environment,
};
use crate::text::Refusal;

/// A setting that names a place.
struct Place {
    /// What stands before its value, without blanks.
    before: &'static str,
    /// What is kept there.
    what: &'static str,
    is_folder: bool,
}

const PLACES: [Place; 5] = [
    Place { before: ".cache_store=:file_store,", what: "its cache", is_folder: true },
    Place { before: ".paths[\"log\"]=", what: "its log", is_folder: false },
    Place { before: ".paths[\"tmp\"]=", what: "temporary files", is_folder: true },
    Place { before: ".paths.add\"log\",with:", what: "its log", is_folder: false },
    Place { before: ".paths.add\"tmp\",with:", what: "temporary files", is_folder: true },
];

impl Settings<'_, '_, '_, '_, '_, '_> {
    /// The places that the settings of an application name.
    ///
    /// # Errors
    /// A decline's code and reason: a place is computed.
    pub(super) fn kept(&self) -> Result<Vec<Trace>, Refusal> {
        let mut found = Vec::new();
        let name = environment(self.image).unwrap_or_else(|| "production".to_owned());
        let files = ["config/application.rb".to_owned(), format!("config/environments/{name}.rb")];
        for path in files.iter().filter_map(|it| self.explorer.files.at(&self.folder.join(it))) {
            let text = self.explorer.project.source(&path).map_or("", |it| &it.text);
            for (at, line) in text.lines().enumerate() {
                let Some((place, value)) = named(line) else { continue };
                let evidence = format!("{path}:{} keeps {} there", at + 1, place.what);
                for spot in self.places(&format!("<%= {value} %>")) {
                    let Spot::Text { text, is_open: false } = spot else {
                        let reason =
                            format!("{path}:{} computes where it keeps {}", at + 1, place.what);
                        return Err(Refusal::new("unknown-settings", reason));
                    };
                    let at = self.folder.join(&text);
                    let written = match place.is_folder {
                        true => Written::folder(at.as_str()),
                        false => Written::file(at.as_str()),
                    };
                    let is_whole = place.is_folder;
                    found.push(Trace { is_whole, ..Trace::new(written, evidence.clone()) });
                }
            }
        }
        Ok(found)
    }
}

/// The setting of a line that names a place, and the expression of its value.
fn named(line: &str) -> Option<(&'static Place, &str)> {
    let line = line.trim();
    if line.starts_with('#') {
        return None;
    }
    PLACES.iter().find_map(|place| {
        let mut rest = &line[line.find(&place.before[..5])?..];
        // Blanks and brackets of lists between, and either kind of quotes.
        for expected in place.before.chars() {
            let between = |it| it == ' ' || it == '(' || (it == '[' && expected == ':');
            rest = rest.trim_start_matches(between);
            let quotes = ['"', '\''];
            rest = match quotes.contains(&expected) {
                true => rest.strip_prefix(quotes)?,
                false => rest.strip_prefix(expected)?,
            };
        }
        Some((place, expression(rest.trim())))
    })
}

/// The expression that a text begins with, up to a comma or a bracket that closes what is around it.
fn expression(text: &str) -> &str {
    let mut depth = 0_usize;
    let end = text.char_indices().find_map(|(at, it)| match it {
        '(' | '[' | '{' => {
            depth += 1;
            None
        }
        ')' | ']' | '}' if depth == 0 => Some(at),
        ')' | ']' | '}' => {
            depth -= 1;
            None
        }
        ',' if depth == 0 => Some(at),
        _ => None,
    });
    text[..end.unwrap_or(text.len())].trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_name_places() {
        for (line, expected) in [
            ("config.cache_store = :file_store, \"/srv/cache\"", Some("\"/srv/cache\"")),
            ("  config.cache_store = [ :file_store, f(1, 2), { a: 1 } ]", Some("f(1, 2)")),
            ("config.paths.add \"log\", with: a", Some("a")),
            ("config.cache_store(:file_store, x)", None),
            ("config.cache_store = :file_store", None),
            ("config.cache_store = :memory_store, { size: 1 }", None),
            ("# config.cache_store = :file_store, \"/srv/cache\"", None),
            ("config.paths['log'] = \"/var/log/a.log\"", Some("\"/var/log/a.log\"")),
            (
                "config.paths[\"tmp\"] = Rails.root.join(\"a\", \"b\")",
                Some("Rails.root.join(\"a\", \"b\")"),
            ),
        ] {
            assert_eq!(named(line).map(|it| it.1), expected, "{line}");
        }
    }
}
