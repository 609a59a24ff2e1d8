//! `refit explain`.

use std::fmt::Write as _;

use clap::Args;

use super::config;
use super::{Status, failure::Failure, markdown, output};
use crate::{
    report::pages::{self, title},
    transforms::{self, recipe},
};

/// Show the page of a transform, or what the code of a place left alone means
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// A transform or recipe, which `refit list` shows, or the code of a place left alone
    #[arg(value_name = "NAME")]
    name: String,
}

impl Explain {
    pub(super) fn run(&self) -> anyhow::Result<Status> {
        let transform = transforms::ALL.iter().find(|it| it.name == self.name);
        let page = match (transform, recipe::find(&self.name)) {
            (Some(it), _) => it.docs.to_owned(),
            (None, Some(it)) => {
                let lines =
                    it.transforms().map(|it| format!("- `{}`: {}\n", it.name, title(it.docs)));
                format!("# {}\n\n{}", it.title, lines.collect::<String>())
            }
            (None, None) if !pages::meanings(&self.name).is_empty() => code(&self.name),
            (None, None) => {
                let unknown = config::unknown_transform(&self.name);
                return Err(unknown
                    .map_or_else(|| Failure::new("no such page", ""), Failure::from)
                    .into());
            }
        };
        output::print(&markdown::render(&page, output::has_colors()))?;
        Ok(Status::Done)
    }
}

/// The page of a code: what it means, by transform.
fn code(name: &str) -> String {
    let mut page = format!("# {name}\n");
    for it in pages::meanings(name) {
        let by = it.transform.map_or_else(|| "any transform".to_owned(), |it| format!("`{it}`"));
        let _ = writeln!(page, "\nA place left alone by {by}:\n\n{}.", it.text);
    }
    page
}
