//! Comments for refit that say nothing it knows, or keep nothing away.

use super::config;
use crate::{
    dockerfile::{Dockerfile, Kind},
    engine::{
        Transform,
        plan::{
            Plan,
            ignores::{Ignore, directive},
        },
        settings::Settings,
    },
    project::{File, Problem, selection::Selection},
    transforms::recipe,
};

/// Looks at the comments of the Dockerfiles of a plan that were asked for.
pub(super) fn warnings(
    plan: &Plan,
    selection: &Selection,
    settings: &Settings,
    ran: &[Transform],
) -> Vec<Problem> {
    let mut warnings = Vec::new();
    for file in plan.before.files().filter(|it| it.text.contains("refit:")) {
        let selected = selection.selects(&file.path);
        let Some(dockerfile) = file.dockerfile().filter(|_| selected) else { continue };
        let runs =
            |name: &str| ran.iter().any(|it| it.name == name) && settings.runs(name, &file.path);
        let looked = Looked { plan, file, dockerfile, runs: &runs };
        (0..dockerfile.items.len()).for_each(|it| looked.item(it, &mut warnings));
    }
    warnings
}

struct Looked<'a> {
    plan: &'a Plan,
    file: &'a File,
    dockerfile: &'a Dockerfile,
    /// Returns true if the transform of this name ran on the file.
    runs: &'a dyn Fn(&str) -> bool,
}

impl Looked<'_> {
    fn item(&self, at: usize, warnings: &mut Vec<Problem>) {
        let item = &self.dockerfile.items[at];
        let text = &self.dockerfile.source[item.span.clone()];
        let mut warn = |line: usize, message: String, hint: String| {
            let path = self.file.path.clone();
            warnings.push(Problem { path, line: Some(line), message, hint });
        };
        match &item.kind {
            Kind::Comment => {}
            Kind::Instruction(it) if it.heredocs.is_empty() => {
                let inside = text.lines().enumerate().filter(|it| directive(it.1).is_some());
                for (line, _) in inside {
                    let hint = "put it directly above the instruction".to_owned();
                    let message = "a comment for refit inside an instruction has no effect";
                    warn(item.lines.0 + line, message.to_owned(), hint);
                }
                return;
            }
            _ => return,
        }
        let Some(said) = directive(text) else { return };
        let line = item.lines.0;
        let Some(ignore) = Ignore::at(self.dockerfile, at) else {
            let word = said.split(|it: char| !it.is_alphanumeric()).next().unwrap_or_default();
            if !KNOWN.contains(&word) || word == IGNORE {
                let hint = "it is `# refit: ignore`, or `# refit: ignore[NAME, NAME] reason`";
                warn(line, format!("`# refit: {said}` is not understood"), hint.to_owned());
            }
            return;
        };
        match &ignore.names {
            Some(names) => {
                for name in names {
                    if let Some(unknown) = config::unknown_transform(name) {
                        warn(line, unknown.message, unknown.hint);
                    } else if (self.runs)(name) && !self.is_used(line, Some(name)) {
                        let hint = format!("take {name} out of the comment");
                        warn(line, format!("{name} has nothing to do here"), hint);
                    }
                }
            }
            None => {
                let mut usual = recipe::usual().transforms();
                let all = usual.all(|it| (self.runs)(it.name));
                if all && !self.is_used(line, None) {
                    let hint = "take the comment out".to_owned();
                    warn(line, "no transform has anything to do here".to_owned(), hint);
                }
            }
        }
    }

    /// Returns true if the comment on a line kept a transform away, or this one.
    fn is_used(&self, line: usize, transform: Option<&str>) -> bool {
        self.plan.ignores.iter().any(|it| {
            it.path == self.file.path
                && it.line == line
                && transform.is_none_or(|name| name == it.transform)
        })
    }
}

/// The first word of a comment that keeps a transform away.
const IGNORE: &str = "ignore";

/// The first words of the comments that refit reads.
const KNOWN: [&str; 2] = [IGNORE, "writes"];
