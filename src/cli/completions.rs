//! `refit completions` and `refit man`: what a package of refit installs besides the program.

use std::{fs, io, path::PathBuf};

use anyhow::Context as _;
use clap::{Args, Command, CommandFactory as _};
use clap_complete::Shell;
use clap_mangen::Man as Page;

use super::{Cli, Status, output};

/// Print the completions of a shell: bash, zsh, fish, elvish or powershell
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell
    shell: Shell,
}

/// Print the manual page of refit, or write those of all commands into a folder
#[derive(Debug, Args)]
pub(super) struct Man {
    /// The folder for `refit.1`, `refit-diff.1` and so on
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

impl Completions {
    pub(super) fn run(&self) -> anyhow::Result<Status> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "refit", &mut script);
        output::print_raw(&String::from_utf8_lossy(&script))?;
        Ok(Status::Done)
    }
}

impl Man {
    pub(super) fn run(&self) -> anyhow::Result<Status> {
        let mut command = Cli::command();
        command.build();
        let Some(folder) = &self.out else {
            output::print_raw(&page(command)?)?;
            return Ok(Status::Done);
        };
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        let own = command.get_subcommands().filter(|it| it.get_name() != "help").cloned();
        let all: Vec<Command> = own.collect();
        for it in std::iter::once(command).chain(all) {
            let name = it.get_display_name().unwrap_or(it.get_name()).replace(' ', "-");
            let file = folder.join(format!("{name}.1"));
            fs::write(&file, page(it.display_name(name))?)
                .with_context(|| file.display().to_string())?;
        }
        Ok(Status::Done)
    }
}

fn page(command: Command) -> io::Result<String> {
    let mut page = Vec::new();
    Page::new(command).render(&mut page)?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}
