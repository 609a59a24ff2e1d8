//! `refit explain`.

use clap::Args;

use super::config;
use super::{Status, failure::Failure, markdown, output};
use crate::{
    report::pages::title,
    transforms::{self, recipe},
};

/// Show a transform's page: what it does, when it declines, and examples
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The transform or recipe; `refit list` shows them
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
