//! Questions about each change, as `git add -p` asks them.

use std::{
    collections::{HashMap, HashSet},
    io::{self, BufRead},
};

use super::{
    explain,
    input::Input,
    output::{self, BOLD, CYAN},
    story,
};
use crate::{
    engine::plan::{Plan, held::Identity},
    report::{self, ChangeReport},
    text::RepoPath,
};

/// An answer to the question whether to make a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Yes,
    No,
    /// This one and all that follow in its file.
    All,
    /// Neither this one nor any that follows in its file.
    Done,
    Quit,
    Explain,
    Help,
}

const HELP: &str = "\
y - make this change
n - do not make this change
a - make this change and all later ones in the file
d - make neither this change nor any of the later ones in the file
q - quit; make neither this change nor any of the remaining ones
e - explain the transform
? - print help
";

/// What was said so far about the changes of one project.
#[derive(Default)]
struct Said {
    wanted: HashSet<Identity>,
    /// The files that there is an answer for as a whole: true for yes.
    files: HashMap<RepoPath, bool>,
    /// Everything that is left is unwanted.
    is_over: bool,
}

/// Asks about each change of these plans, each of a project and its folder; returns them without those that are not
/// wanted.
pub(super) fn choose<'i>(
    inputs: impl Iterator<Item = (&'i mut Input, &'i RepoPath)>,
    plans: Vec<Plan>,
) -> io::Result<Vec<Plan>> {
    let mut is_over = false;
    let mut chosen = Vec::with_capacity(plans.len());
    for ((input, folder), mut plan) in inputs.zip(plans) {
        let mut said = Said { is_over, ..Said::default() };
        loop {
            let unwanted = said.hears(&plan, folder)?;
            if unwanted.is_empty() {
                break;
            }
            input.hold_back(unwanted);
            // Without a change, those that built on it are other ones.
            plan = input.plan();
        }
        is_over = said.is_over;
        chosen.push(plan);
    }
    Ok(chosen)
}

impl Said {
    /// Goes on with a plan until a change is unwanted; returns what is, which is nothing if all that is left is wanted.
    fn hears(&mut self, plan: &Plan, folder: &RepoPath) -> io::Result<Vec<Identity>> {
        let reports = report::changes(plan, folder);
        let all: Vec<_> = plan.changes().zip(&reports).collect();
        // File by file, each in the order in which its changes are made.
        let mut order: Vec<usize> = (0..all.len()).collect();
        order.sort_by_key(|it| &all[*it].0.1.place.path);
        let mut unwanted = Vec::new();
        for (nth, at) in order.into_iter().enumerate() {
            let ((transform, change), report) = &all[at];
            let identity = Identity::of(transform, change);
            if self.wanted.contains(&identity) {
                continue;
            }
            let path = &change.place.path;
            let is_wanted = match self.files.get(path) {
                _ if self.is_over => false,
                Some(answer) => *answer,
                // What builds on an unwanted one is another change without it.
                None if !unwanted.is_empty() => break,
                None => {
                    let position = format!("({}/{})", nth + 1, all.len());
                    self.ask(path, report, &position, output::width())?
                }
            };
            if is_wanted {
                self.wanted.insert(identity);
            } else {
                unwanted.push(identity);
            }
        }
        Ok(unwanted)
    }

    /// Asks until there is an answer; returns true for yes.
    fn ask(
        &mut self,
        path: &RepoPath,
        change: &ChangeReport,
        position: &str,
        width: Option<usize>,
    ) -> io::Result<bool> {
        let told = story::change(change, 1, width);
        output::print(&format!("\n{BOLD}{}{BOLD:#}\n{told}", change.place.path))?;
        output::diff(&change.diff)?;
        loop {
            output::print(&format!("{CYAN}{position} Make this change [y,n,a,d,q,e,?]?{CYAN:#} "))?;
            match Answer::read(&mut io::stdin().lock())? {
                Answer::Yes => return Ok(true),
                Answer::No => return Ok(false),
                Answer::All => {
                    self.files.insert(path.clone(), true);
                    return Ok(true);
                }
                Answer::Done => {
                    self.files.insert(path.clone(), false);
                    return Ok(false);
                }
                Answer::Quit => {
                    self.is_over = true;
                    return Ok(false);
                }
                Answer::Explain => {
                    let page = explain::of_transform(&change.transform, width);
                    output::print(&page.unwrap_or_default())?;
                }
                Answer::Help => output::print(HELP)?,
            }
        }
    }
}

impl Answer {
    /// Reads a line; its end without one is [`Answer::Quit`], and what is no answer asks for help.
    fn read(input: &mut impl BufRead) -> io::Result<Self> {
        let mut line = String::new();
        if input.read_line(&mut line)? == 0 {
            output::print("\n")?;
            return Ok(Self::Quit);
        }
        Ok(match line.trim() {
            "y" | "Y" => Self::Yes,
            "n" | "N" => Self::No,
            "a" => Self::All,
            "d" => Self::Done,
            "q" => Self::Quit,
            "e" => Self::Explain,
            _ => Self::Help,
        })
    }
}
