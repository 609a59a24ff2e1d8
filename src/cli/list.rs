//! `refit list`.

use std::fmt::Write as _;

use clap::Args;

use super::{
    Status,
    output::{self, BOLD},
};
use crate::{
    report::pages::title,
    transforms::{self, recipe},
};

/// List the transforms and recipes, a line each
#[derive(Debug, Args)]
pub(super) struct List {}

impl List {
    #[allow(clippy::unused_self, reason = "as every command")]
    pub(super) fn run(&self) -> anyhow::Result<Status> {
        let transforms = transforms::ALL.iter().map(|it| (it.name, title(it.docs).to_owned()));
        let transforms: Vec<_> = transforms.collect();
        let recipes = recipe::ALL.iter().map(|it| {
            let default = if it.name == recipe::DEFAULT { " (the default)" } else { "" };
            (it.name, format!("{}{default}", it.title))
        });
        let recipes: Vec<_> = recipes.collect();
        let names = transforms.iter().chain(&recipes).map(|it| it.0.len());
        let width = names.max().unwrap_or_default();
        let mut out = String::new();
        for (heading, rows) in [("transforms", transforms), ("recipes", recipes)] {
            let _ = writeln!(out, "{heading}:");
            for (name, title) in rows {
                let _ = writeln!(out, "  {BOLD}{name:width$}{BOLD:#}  {title}");
            }
        }
        output::print(&out)?;
        Ok(Status::Done)
    }
}
