//! Tests that run while an image is built, or as what it starts: they may read any file of the context.

use super::readers::Readers;
use crate::{
    callers::{Rules, service::Given},
    dockerfile::Keyword,
    ecosystems::{self, clutter},
    run::{Reading, Site},
    shell::{Invocation, is_shell},
    text::{RepoPath, tails},
};

/// How many scripts that start one another are followed.
const DEPTH: usize = 8;

/// Returns true if a step of a Dockerfile of the group runs tests, or a command that it or a service starts.
pub(super) fn runs_tests(readers: &Readers<'_>) -> bool {
    readers.group.all().any(|taker| {
        let site = Site::new(&taker.file.path, taker.dockerfile);
        let built = site.stages.iter().any(|stage| {
            let mut runs = site.runs(stage, &[""]).filter_map(|it| site.run(stage, it).ok());
            runs.any(|run| tests(readers, &run, DEPTH))
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

/// Whether a script runs tests, or one that it starts does.
fn tests(readers: &Readers<'_>, reading: &Reading, depth: usize) -> bool {
    reading.calls().iter().any(|site| {
        clutter::may_test(&site.call)
            || depth > 0
                && started(readers, &site.call).iter().any(|text| {
                    let inner = Reading::of_text(text, reading.state.clone());
                    inner.is_ok_and(|it| tests(readers, &it, depth - 1))
                })
    })
}

/// The scripts that a call starts and that lie in the context, wherever they lie there: those of a manifest, the rules
/// of a Makefile, files.
fn started(readers: &Readers<'_>, call: &Invocation) -> Vec<String> {
    let folder = &readers.group.folder;
    let text = |it: &RepoPath| Some(readers.project.source(it)?.text.to_string());
    let called = |name: &str| {
        let all = readers.project.tree().below(folder);
        all.filter(|it| it.file_name() == name).filter_map(text).collect::<Vec<String>>()
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
    let files =
        given.chain([call.path.as_str()]).flat_map(|it| tails(it).filter_map(|it| folder.join(it)));
    files.filter(|it| readers.project.tree().is_file(it)).filter_map(|it| text(&it)).collect()
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
