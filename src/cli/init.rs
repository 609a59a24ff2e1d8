//! `refit init`.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    fs::OpenOptions,
    io::Write as _,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::{Args, Parser as _};

use super::{
    Status,
    args::Scope,
    config::FILE_NAME,
    explain::{Setting, settings},
    failure::Failure,
    inputs::Inputs,
    output::{self, Output},
    wrap::wrap,
};
use crate::report::{Detail, Report};

/// Write a refit.toml that fits the repository, with a comment for each setting
#[derive(Debug, Args)]
pub(super) struct Init {
    /// The folder to write it to
    #[arg(value_name = "FOLDER", default_value = ".")]
    folder: PathBuf,
}

/// The width of comments.
const WIDTH: usize = 90;

/// Arguments that choose everything in a folder.
#[derive(clap::Parser)]
struct Everything {
    #[command(flatten)]
    scope: Scope,
}

impl Init {
    pub(super) fn run(&self, output: &Output) -> anyhow::Result<Status> {
        let here = self.folder == Path::new(".");
        let file = if here { FILE_NAME.into() } else { self.folder.join(FILE_NAME) };
        if file.exists() {
            let hint = "edit it, or remove it first";
            return Err(Failure::new(format!("{} exists", file.display()), hint).into());
        }
        let Everything { mut scope } = Everything::try_parse_from(["refit"])?;
        scope.paths = vec![self.folder.clone()];
        let inputs = Inputs::of_scope(&scope, None)?;
        let plans = inputs.plans();
        let text = text(&inputs.report(&plans, Detail::Few));
        let opened = OpenOptions::new().write(true).create_new(true).open(&file);
        let written = opened.and_then(|mut it| it.write_all(text.as_bytes()));
        written.with_context(|| file.display().to_string())?;
        output::say(|| format!("wrote {}\n", file.display()), output)?;
        Ok(Status::Done)
    }
}

/// A `refit.toml` for the project of a report: what it needs is set, everything else that could matter to it stands
/// there as a comment.
fn text(report: &Report) -> String {
    let mut out = "# Settings of refit: `refit explain NAME` says more about each.\n".to_owned();
    let settings = settings();
    let (tables, general): (Vec<Setting>, Vec<Setting>) =
        settings.into_iter().partition(|it| it.name.contains('.'));
    let unread: BTreeSet<&str> = report.problems.iter().map(|it| it.path.as_str()).collect();
    for it in general.iter().filter(|it| it.name != "extend") {
        comment(&mut out, it);
        let excluded = it.name == "exclude" && !unread.is_empty();
        if excluded {
            out.push_str("# These cannot be read as they are.\n");
            let all: Vec<String> =
                unread.iter().map(|it| format!("  {:?},\n", format!("/{it}"))).collect();
            let _ = writeln!(out, "exclude = [\n{}]", all.concat());
        } else {
            example(&mut out, it);
        }
    }
    let changes = report.changes.iter().map(|it| it.transform.as_str());
    let seen: BTreeSet<&str> =
        changes.chain(report.declines.iter().map(|it| it.transform.as_str())).collect();
    let mut last = "";
    for it in &tables {
        let Some((transform, _)) = it.name.split_once('.').filter(|it| seen.contains(it.0)) else {
            continue;
        };
        if transform != last {
            let _ = writeln!(out, "\n[{transform}]");
            last = transform;
        }
        comment(&mut out, it);
        example(&mut out, it);
    }
    out
}

fn comment(out: &mut String, setting: &Setting) {
    out.push('\n');
    out.push_str(&wrap(&setting.description, "# ", "# ", Some(WIDTH)));
}

/// The setting with its default, or else with a value of its type.
fn example(out: &mut String, setting: &Setting) {
    let name = setting.name.rsplit('.').next().unwrap_or_default();
    let first = setting.values.first().map_or("…", String::as_str);
    let value = setting.default.clone().unwrap_or_else(|| match &*setting.types {
        "string" => format!("{first:?}"),
        "integer" => "10001".to_owned(),
        "boolean" => "false".to_owned(),
        _ => format!("[{first:?}]"),
    });
    let _ = writeln!(out, "# {name} = {value}");
}
