//! What the image's own source starts while it runs: package managers and compilers, which only the builder would have.

use super::{Separation, programs, runtime::Runtime};
use crate::{
    context::brought::Brought,
    ecosystems::{
        self,
        code::{self, Language, Start},
    },
    run::line::Line,
    shell::{Invocation, Script},
    text::{ImagePath, Refusal},
};

/// Checks that no file of source in the image installs packages that may have to be compiled, or starts a tool that
/// only the builder has.
///
/// # Errors
/// A decline's code and reason.
pub(super) fn check(separation: &Separation<'_>, runtime: &Runtime<'_>) -> Result<(), Refusal> {
    let site = separation.site;
    let Ok(brought) = Brought::new(separation.project, site.path, &site.stages) else {
        return Ok(());
    };
    let files = brought.below(separation.stage.index, &ImagePath::root());
    for path in files.values() {
        if Language::of(path.file_name()) != Some(Language::Python) || code::is_test(path) {
            continue;
        }
        let Some(file) = separation.project.source(path) else { continue };
        if !code::may_start(&file.text) {
            continue;
        }
        let facts = separation.project.facts(path, Language::Python, true);
        for start in facts.into_iter().flat_map(|it| &it.starts) {
            started(runtime, start, &format!("{path}:{}", start.line))?;
        }
    }
    Ok(())
}

fn started(runtime: &Runtime<'_>, start: &Start, place: &str) -> Result<(), Refusal> {
    let line = match start.texts().as_slice() {
        [Some(line)] if start.is_line => Line::of_text(line),
        words => Line::of_words(words.iter().map_while(Clone::clone).collect()),
    };
    let names = || line.programs.iter().map(|it| it.rsplit('/').next().unwrap_or_default());
    let tool = names().find_map(|it| runtime.named_tool(it));
    if let Some(tool) = tool {
        let reason = format!("{place} starts {tool}, which only the builder has");
        return Err(Refusal::new("manager-at-runtime", reason));
    }
    if !runtime.loss.compiles() {
        return Ok(());
    }
    let packages = runtime.loss.packages.join(" and ");
    if let Some(name) = names().find(|it| programs::compiles(it)) {
        let reason = format!("{place} starts {name}, which may need {packages}");
        return Err(Refusal::new("needs-build-tools", reason));
    }
    let installs = |it: &Invocation| ecosystems::installs_packages(it) == Some(true);
    if let Some(call) = calls(start).into_iter().find(installs) {
        let reason =
            format!("{place} installs packages with {}, which may need {packages}", call.program);
        return Err(Refusal::new("compiles-at-runtime", reason));
    }
    Ok(())
}

/// The calls that a program starts with.
fn calls(start: &Start) -> Vec<Invocation> {
    match start.texts().as_slice() {
        [Some(line)] if start.is_line => {
            let Ok(script) = Script::of_text(line) else { return Vec::new() };
            let words = script
                .commands()
                .iter()
                .map(|command| command.words.iter().map(|it| it.value.clone()).collect::<Vec<_>>());
            words.filter_map(|it| ecosystems::invocation(&it)).collect()
        }
        words => ecosystems::invocation(words).into_iter().collect(),
    }
}
