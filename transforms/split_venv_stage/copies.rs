//! Which COPYs the builder alone needs, and which the last stage.

use super::{Role, Separation, Stop, inputs, items::Fate};
use crate::{
    dockerfile::{
        Instruction, Keyword,
        instruction::{Copy, Word},
        stage::Stage,
    },
    ecosystems::{self, Ecosystem, FileKind, Tool, python, tools},
    project::Project,
    text::{ImagePath, Refusal, RepoPath},
};

/// What becomes of a COPY or ADD of the builder's part.
pub(super) fn copy(
    separation: &Separation<'_>,
    context: Option<&RepoPath>,
    item: usize,
    instruction: &Instruction,
    text: &str,
) -> Fate {
    let Some(copy) = instruction.copy() else { return Fate::both(text) };
    let installs: Vec<&str> = {
        let before = separation
            .runs
            .iter()
            .filter(|it| it.run.item <= separation.last && it.has(Role::is_of_packages));
        before.map(|it| it.run.instruction.logical.text.as_str()).collect()
    };
    let named = |name: &str| !name.is_empty() && installs.iter().any(|it| it.contains(name));
    if copy.from.is_some() {
        if brings_tool(instruction).is_some() {
            return Fate::BUILDER;
        }
        let into = copy.destination.text.trim_end_matches('/').trim_start_matches("./");
        let is_input = |it: &Word| {
            let name = it.text.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
            Ecosystem::Python.is_manifest(name) || ["wheels", "wheelhouse", "*.whl"].contains(&name)
        };
        let place = place(separation, item, instruction);
        let is_read = || place.is_none_or(|it| inputs::reads_whole(separation, item, &it));
        return match copy.sources.iter().all(is_input) {
            true => Fate::BUILDER,
            false if named(into) || is_read() => Fate::both(text),
            false => Fate::moved(text),
        };
    }
    // Other tools have their settings there as well: without a manager that reads it, the file is for one of these.
    let is_of_tools = |name: &str| {
        let is_read = || {
            let called = ecosystems::mentioned(&installs.join("\n"));
            let mut files = called.iter().flat_map(|it| it.files);
            files.any(|it| it.kind != FileKind::Named && it.matches("", name))
        };
        python::TOOL_SETTINGS.contains(&name) && !named(name) && !is_read()
    };
    let is_manifest = |source: &str| {
        let name = source.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        let plain = name.trim_end_matches(['*', '?']);
        let folder = context
            .and_then(|it| it.join(source))
            .is_some_and(|it| separation.project.tree().is_folder(&it));
        !plain.is_empty()
            && plain != "."
            && plain != ".."
            && if folder {
                plain.contains("requirement")
            } else {
                (Ecosystem::Python.is_manifest(plain) && !is_of_tools(plain))
                    || (named(plain) && plain.ends_with(".txt"))
            }
    };
    let manifests = !copy.has_heredoc && copy.sources.iter().all(|it| is_manifest(&it.text));
    if !manifests
        || (is_read(separation, item, instruction) && !comes_again(separation, item, instruction))
    {
        return Fate::both(text);
    }
    Fate::BUILDER
}

/// Where a COPY or ADD copies to; `None` if that is not known.
fn place(separation: &Separation<'_>, item: usize, instruction: &Instruction) -> Option<ImagePath> {
    let state = separation.stage.state_before(item);
    let target = &instruction.copy()?.destination.text;
    state.expand(target, separation.site.dockerfile.escape).and_then(|it| state.absolute(&it))
}

/// The folders whose `bin` has the Python of official images or of the distribution.
const PYTHONS: &[&str] = &["/usr", "/usr/local"];

/// A COPY from another stage or image that brings something into an environment which the stage itself fills after it.
pub(super) fn of_environment(separation: &Separation<'_>) -> Option<Stop> {
    let folder = &separation.environment.folder;
    let copies = separation.stage.instructions().take_while(|it| it.0 < separation.last);
    let copies = copies.filter(|it| it.2.copy().is_some_and(|it| it.from.is_some()));
    let mut places = copies.filter_map(|it| Some((it.0, place(separation, it.0, it.2)?)));
    if let Some((item, _)) = places.find(|it| it.1.is_within(folder)) {
        let reason = format!(
            "{} copies files to {folder}, to which the installs add",
            separation.site.line(item)
        );
        return Some((item, Refusal::new("several-environments", reason)));
    }
    let copies = separation.stage.instructions().take_while(|it| it.0 < separation.first);
    let of_python = |it: &ImagePath| PYTHONS.contains(&it.as_str());
    let others = copies.filter(|it| it.2.copy().is_some_and(|it| it.from.is_some()));
    let mut places = others.filter_map(|it| Some((it.0, place(separation, it.0, it.2)?)));
    if let Some((item, place)) = places.find(|it| of_python(&it.1)) {
        let line = separation.site.line(item);
        let reason =
            format!("{line} copies to {place}, where the Python is that makes the environment");
        return Some((item, Refusal::new("unknown-environment", reason)));
    }
    let copies = separation.stage.instructions().take_while(|it| it.0 < separation.first);
    let mut copies = copies.filter_map(|it| Some((it.0, it.2, it.2.copy()?)));
    let escape = separation.site.dockerfile.escape;
    let is_vague = |item: usize, copy: &Copy<'_>| {
        let state = separation.stage.state_before(item);
        let mut sources = copy.sources.iter();
        copy.from.is_some()
            || sources.any(|it| state.expand(&it.text, escape).is_none_or(|it| it.is_empty()))
    };
    // Of what another image has in a folder above, or a folder that is not known, some may lie in the environment.
    let (item, _, _) = copies.find(|(item, it, copy)| match place(separation, *item, it) {
        Some(place) => place.is_root() && is_vague(*item, copy),
        None => true,
    })?;
    let reason = format!(
        "{} may copy files to {folder}, where the environment is to be",
        separation.site.line(item)
    );
    Some((item, Refusal::new("unknown-environment", reason)))
}

/// Whether only the builder has what a COPY or ADD brings.
pub(super) fn is_for_builder(
    separation: &Separation<'_>,
    context: Option<&RepoPath>,
    item: usize,
    instruction: &Instruction,
) -> bool {
    copy(separation, context, item, instruction, "").last.is_none()
}

/// Whether a later COPY brings the same files with the folder that they are in.
fn comes_again(separation: &Separation<'_>, item: usize, instruction: &Instruction) -> bool {
    let Some(copy) = instruction.copy() else { return false };
    let plain = |it: &str| it.trim_start_matches("./").trim_matches('/').to_owned();
    let later =
        separation.stage.instructions().filter(|it| item < it.0).filter_map(|it| it.2.copy());
    let folders: Vec<String> = later
        .filter(|it| it.from.is_none())
        .flat_map(|it| it.sources.into_iter().map(|it| plain(&it.text)))
        .collect();
    copy.sources.iter().all(|source| {
        let source = plain(&source.text);
        folders.iter().any(|it| it.is_empty() || it == "." || source.starts_with(&format!("{it}/")))
    })
}

/// Whether what is started reads a manifest: a test runner its settings, or a command that names it.
fn is_read(separation: &Separation<'_>, item: usize, instruction: &Instruction) -> bool {
    let Some(copy) = instruction.copy() else { return false };
    let escape = separation.site.dockerfile.escape;
    let names: Vec<&str> =
        copy.sources.iter().filter_map(|it| it.text.rsplit('/').next()).collect();
    let starts = separation.stage.instructions().filter(|it| {
        matches!(it.2.keyword, Keyword::Cmd | Keyword::Entrypoint | Keyword::Healthcheck)
            || (it.2.keyword == Keyword::Run && separation.last < it.0)
    });
    let said: Vec<&str> = starts.map(|it| it.2.logical.text.as_str()).collect();
    if said.iter().any(|text| names.iter().any(|it| text.contains(it.trim_end_matches(['*', '?']))))
    {
        return true;
    }
    let settings =
        names.iter().any(|it| python::TOOL_SETTINGS.contains(&it.trim_end_matches(['*', '?'])));
    let tests = said.iter().any(|it| {
        ["pytest", "tox", "coverage", "mypy", "ruff", "unittest"].iter().any(|of| it.contains(of))
    });
    if !settings || !tests {
        return false;
    }
    let state = separation.stage.state_before(item);
    let folder = state.expand(&copy.destination.text, escape).and_then(|it| state.absolute(&it));
    let end = separation.stage.state_before(separation.stage.end);
    let (Some(folder), Some(workdir)) = (folder, &end.workdir) else { return true };
    // Settings are looked for in the folders above, too.
    let words =
        said.iter().flat_map(|it| it.split(|it: char| it.is_whitespace() || "\"',[]".contains(it)));
    workdir.is_within(&folder)
        || words.filter(|it| it.contains('/')).any(|it| workdir.join(it).is_within(&folder))
}

/// The COPYs that bring nothing but a tool to install with, and which.
pub(super) fn of_tools<'a>(stage: &'a Stage<'_>) -> impl Iterator<Item = (usize, Tool)> + 'a {
    stage.instructions().filter_map(|it| Some((it.0, brings_tool(it.2)?)))
}

fn brings_tool(instruction: &Instruction) -> Option<Tool> {
    let copy = instruction.copy().filter(|it| it.from.is_some())?;
    let name = |it: &Word| it.text.rsplit('/').next().unwrap_or_default().to_owned();
    tools().find(|tool| copy.sources.iter().all(|it| tool.is_binary(&name(it))))
}

/// The texts of the manifests that a stage copies, or that lie in a folder which it copies.
pub(super) fn manifests(
    project: &Project,
    stage: &Stage<'_>,
    context: Option<&RepoPath>,
) -> Vec<String> {
    let Some(context) = context else { return Vec::new() };
    let mut texts = Vec::new();
    let files = ecosystems::environments().flat_map(|it| it.0.files);
    let names: Vec<&str> = files
        .filter(|it| it.marks_project || it.kind == FileKind::Lock)
        .map(|it| it.pattern)
        .collect();
    for (_, _, it) in stage.instructions() {
        let Some(copy) = it.copy().filter(|it| it.from.is_none()) else { continue };
        for source in &copy.sources {
            let Some(path) =
                context.join(source.text.trim_start_matches('/').trim_end_matches(['*', '?', '/']))
            else {
                continue;
            };
            let below = names.iter().filter_map(|it| path.join(it));
            let named = std::iter::once(path.clone()).chain(below);
            let manifests = named.filter(|it| Ecosystem::Python.is_manifest(it.file_name()));
            let found = manifests.filter_map(|it| project.text(it.as_str()));
            texts.extend(found.map(|it| it.to_string()));
        }
    }
    texts
}
