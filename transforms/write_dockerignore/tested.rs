//! Tests that run while an image is built, or as what it starts: they may read any file of the context.

use std::{
    cell::OnceCell,
    collections::{HashMap, HashSet},
};

use super::readers::Readers;
use crate::{
    callers::{Rules, service::Given},
    dockerfile::Keyword,
    ecosystems::{self, clutter},
    run::{Reading, Site},
    shell::{Invocation, is_shell},
    text::{RepoPath, tails},
};

/// Returns true if a step of a Dockerfile of the group runs tests, or a command that it or a service starts.
pub(super) fn runs_tests(readers: &Readers<'_>) -> bool {
    let scripts = Scripts { readers, named: OnceCell::new() };
    readers.group.all().any(|taker| {
        let site = Site::new(&taker.file.path, taker.dockerfile);
        let built = site.stages.iter().any(|stage| {
            let mut runs = site.runs(stage, &[""]).filter_map(|it| site.run(stage, it).ok());
            runs.any(|run| scripts.run_tests(&run))
        });
        let is_start = |it: &Keyword| matches!(it, Keyword::Cmd | Keyword::Entrypoint);
        let own = taker.dockerfile.instructions().map(|it| it.1);
        let mut own = own.filter(|it| is_start(&it.keyword));
        let services = readers.project.services(&taker.file.path).iter();
        let mut given = services.flat_map(|it| [&it.1.command, &it.1.entrypoint]).flatten();
        built
            || own.any(|it| clutter::runs_tests(it.text()))
            || given.any(|it| clutter::runs_tests(&Given::text(it)))
    })
}

/// Whether a call of a script runs tests, or may.
fn tests(reading: &Reading) -> bool {
    reading.calls().iter().any(|it| clutter::may_test(&it.call))
}

/// The scripts of a context.
struct Scripts<'r, 'a> {
    readers: &'r Readers<'a>,
    /// The files of the context by their names.
    named: OnceCell<HashMap<&'r str, Vec<&'r RepoPath>>>,
}

impl<'r> Scripts<'r, '_> {
    /// Whether a RUN runs tests, or a script that it starts does. Each text is followed once: the scripts of packages may
    /// start one another.
    fn run_tests(&self, run: &Reading) -> bool {
        if tests(run) {
            return true;
        }
        let mut open: Vec<String> = self.all_started(run).collect();
        let mut known: HashSet<String> = open.iter().cloned().collect();
        while let Some(text) = open.pop() {
            let Ok(inner) = Reading::of_text(&text, run.state.clone()) else { continue };
            if tests(&inner) {
                return true;
            }
            open.extend(self.all_started(&inner).filter(|it| known.insert(it.clone())));
        }
        false
    }

    /// The scripts that the calls of one start.
    fn all_started(&self, reading: &Reading) -> impl Iterator<Item = String> {
        reading.calls().iter().flat_map(|it| self.started(&it.call))
    }

    /// The scripts that a call starts and that lie in the context, wherever they lie there: those of a manifest, the
    /// rules of a Makefile, files.
    fn started(&self, call: &Invocation) -> Vec<String> {
        let Readers { project, group, .. } = *self.readers;
        let text = |it: &RepoPath| Some(project.source(it)?.text.to_string());
        let called = |name: &str| {
            let files = self.named().get(name).into_iter().flatten();
            files.filter_map(|it| text(it)).collect::<Vec<String>>()
        };
        if let Some(script) = ecosystems::script_call(call).filter(|it| !it.installs) {
            let lines = |manifest: String| {
                let hooks = script.hooks(&manifest).into_iter().map(|it| it.1);
                hooks.chain(script.line(&manifest, call)).collect::<Vec<String>>()
            };
            return called(script.scripts.manifest).into_iter().flat_map(lines).collect();
        }
        if call.program == "make" {
            let targets: Vec<&str> = call.texts().filter(|it| !it.starts_with('-')).collect();
            return called("Makefile").iter().flat_map(|it| recipes(it, &targets)).collect();
        }
        let given = call.texts().filter(|_| is_shell(&call.program));
        let given = given.chain([call.path.as_str()]).flat_map(tails);
        let files = given.filter_map(|it| group.folder.join(it));
        files.filter(|it| project.tree().is_file(it)).filter_map(|it| text(&it)).collect()
    }

    /// The files of the context by their names.
    fn named(&self) -> &HashMap<&'r str, Vec<&'r RepoPath>> {
        self.named.get_or_init(|| {
            let mut named: HashMap<&str, Vec<&RepoPath>> = HashMap::new();
            for file in self.readers.project.tree().below(&self.readers.group.folder) {
                named.entry(file.file_name()).or_default().push(file);
            }
            named
        })
    }
}

/// The commands by which a Makefile makes these targets, or its first one, and what they need.
fn recipes(makefile: &str, targets: &[&str]) -> Vec<String> {
    let rules = Rules::of(makefile);
    let mut wanted: Vec<String> = match targets {
        [] => rules.first().map(str::to_owned).into_iter().collect(),
        _ => targets.iter().map(|it| (*it).to_owned()).collect(),
    };
    let (mut at, mut recipes) = (0, Vec::new());
    while let Some(target) = wanted.get(at).cloned() {
        for rule in rules.making(&target) {
            recipes.extend(rule.recipe.iter().cloned());
            let new: Vec<String> =
                rule.needs.iter().filter(|it| !wanted.contains(it)).cloned().collect();
            wanted.extend(new);
        }
        at += 1;
    }
    recipes
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use crate::{
        engine::plan::{Options, plan},
        project::Project,
        text::RepoPath,
        transforms::write_dockerignore::TRANSFORM,
    };

    /// Whether documentation goes where twelve packages have scripts that start two others each, the last these.
    fn docs_go(last: &str) -> bool {
        let path = |it: &str| RepoPath::new(it).unwrap();
        let mut files = vec![
            (path("Dockerfile"), "FROM node:22\nCOPY . .\nRUN npm run s0\n".to_owned()),
            (path("docs/usage.md"), "# Usage\n".to_owned()),
        ];
        for package in 0..12 {
            let mut scripts = String::new();
            for at in 0..7 {
                let next = format!("echo {package} && npm run s{} && npm run t{}", at + 1, at + 1);
                _ = write!(scripts, "\"s{at}\": \"{next}\", \"t{at}\": \"{next}\", ");
            }
            let folder = if package == 0 { String::new() } else { format!("packages/{package}/") };
            let manifest = format!("{{\"scripts\": {{{scripts}\"s7\": \"{last}\"}}}}");
            files.push((path(&format!("{folder}package.json")), manifest));
        }
        let plan = plan(Project::new(files), &[TRANSFORM], &Options::default());
        plan.after().file(".dockerignore").is_some_and(|it| it.text.contains("docs"))
    }

    #[test]
    fn scripts_that_start_one_another_are_followed_once() {
        assert!(docs_go("echo built"));
        assert!(!docs_go("node --test"));
    }
}
