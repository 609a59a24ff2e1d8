//! `refit list`.

use std::fmt::Write as _;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::{
    Status,
    output::{self, BOLD},
};
use crate::{
    report::pages::{summary, title},
    transforms::{self, recipe},
};

/// List the transforms and recipes, a line each
#[derive(Debug, Args)]
pub(super) struct List {
    /// Print for people, or one JSON object with the codes of each transform as well
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

impl List {
    pub(super) fn run(&self) -> anyhow::Result<Status> {
        match self.format {
            Format::Text => output::print(&text())?,
            Format::Json => output::print_raw(&(serde_json::to_string_pretty(&list())? + "\n"))?,
        }
        Ok(Status::Done)
    }
}

fn text() -> String {
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
    out
}

fn list() -> Value {
    let transforms = transforms::ALL.iter().map(|it| {
        json!({
            "name": it.name,
            "title": title(it.docs),
            "summary": summary(it.docs).replace('\n', " "),
            "codes": it.codes,
        })
    });
    let recipes = recipe::ALL.iter().map(|it| {
        let transforms: Vec<&str> = it.transforms().map(|it| it.name).collect();
        let is_default = it.name == recipe::DEFAULT;
        json!({"name": it.name, "title": it.title, "default": is_default, "transforms": transforms})
    });
    json!({
        "transforms": transforms.collect::<Vec<_>>(),
        "recipes": recipes.collect::<Vec<_>>(),
    })
}
