//! The edits: the old stage up to its last install, and the last stage after it.

use super::{
    Separation, Stop, alone,
    items::{Fate, Here},
    runtime::Runtime,
    script_of,
    system::without_comments,
};
use crate::{
    dockerfile::{Instruction, Keyword, Kind, variables::mentions},
    ecosystems,
    project::change::Alteration,
    text::{self, Edit, Refusal},
};

/// What the change does.
pub(super) struct Finish {
    /// To the file.
    pub(super) edits: Vec<Edit>,
    /// To the image.
    pub(super) alters: Vec<Alteration>,
}

/// A line of the last stage that the builder's part has to give.
struct Line {
    item: usize,
    keyword: Keyword,
    text: String,
    /// Whether only the last stage has it.
    moved: bool,
}

/// The edits of the whole change.
pub(super) fn edits(
    separation: &Separation<'_>,
    runtime: &Runtime<'_>,
    fates: &[(usize, Fate)],
) -> Result<Finish, Stop> {
    let dockerfile = separation.site.dockerfile;
    let mut finish = Finish { edits: Vec::new(), alters: Vec::new() };
    let name = builder_name(separation)?;
    let mut lines = lines(separation, runtime, fates, &mut finish)?;
    environment_variables(separation, &mut lines, &mut finish.alters);
    arguments(separation, &mut lines, &mut finish.alters);
    for (item, fate) in fates {
        let above = dockerfile.comments_above(*item);
        match &fate.builder {
            Here::Same => {}
            Here::Text(text) => finish.edits.push(dockerfile.replace(*item, text)),
            // What only the last stage has takes its comments along.
            Here::Gone if fate.last.is_some() => {
                finish.edits.push(dockerfile.remove(above.start..item + 1));
            }
            Here::Gone => finish.edits.push(dockerfile.remove(*item..item + 1)),
        }
    }
    if separation.environment.is_new {
        let lines = separation.environment_lines();
        finish.alters.push(Alteration::Run(script_of(
            lines.lines().next().unwrap_or_default(),
            dockerfile.escape,
        )));
        finish.alters.extend(["VIRTUAL_ENV", "PATH"].map(|it| Alteration::Env(it.to_owned())));
        finish.edits.extend(make_environment(separation, fates, &lines));
    }
    finish.edits.extend(dockerfile.name_stage(separation.stage.from, &name));
    // What is said of a later stage is not said of the builder.
    let above = dockerfile.heading_above(separation.stage.from);
    let said = if separation.stage.index > 0 { above } else { 0..0 };
    let comments: String = said.clone().map(|it| format!("{}\n", dockerfile.text(it))).collect();
    if !said.is_empty() {
        finish.edits.push(dockerfile.remove(said));
    }
    let text = format!("{comments}{}", last_stage(separation, &name, &lines, &mut finish.alters));
    finish.edits.push(dockerfile.insert_after(
        dockerfile.end_of_remarks(separation.last),
        &text,
        true,
    ));
    Ok(finish)
}

/// A name for the builder that nothing else in the file goes by.
fn builder_name(separation: &Separation<'_>) -> Result<String, Stop> {
    let taken = |name: &str| {
        let is = |it: Option<&str>| it.is_some_and(|it| it.eq_ignore_ascii_case(name));
        let mut instructions = separation.site.dockerfile.instructions();
        instructions.any(|(_, it)| {
            is(it.from().and_then(|it| it.name))
                || is(it.from().map(|it| it.image))
                || is(it.flag("from").and_then(|it| it.value.as_deref()))
        }) || separation
            .project
            .builds(separation.site.path)
            .iter()
            .any(|it| it.additional_contexts.keys().any(|it| is(Some(it))))
    };
    let mut names = ["builder", "venv-builder", "python-builder"].into_iter();
    let free = names.find(|it| !taken(it)).map(str::to_owned);
    free.ok_or_else(|| {
        (separation.stage.from, Refusal::new("stage-names", "the names for a builder are taken"))
    })
}

/// The lines of the last stage, and the edits of what starts in it.
fn lines(
    separation: &Separation<'_>,
    runtime: &Runtime<'_>,
    fates: &[(usize, Fate)],
    finish: &mut Finish,
) -> Result<Vec<Line>, Stop> {
    let dockerfile = separation.site.dockerfile;
    let mut lines = Vec::new();
    for (item, _, it) in separation.stage.instructions() {
        let fate = fates.iter().find(|of| of.0 == item);
        let start = runtime.start(dockerfile, item, it).map_err(|why| (item, why))?;
        if let Some(new) = &start {
            finish.alters.push(Alteration::Config(it.keyword));
            if fate.is_none() {
                finish.edits.push(dockerfile.replace(item, new));
            }
        }
        let Some(text) = fate.and_then(|it| it.1.last.clone()) else { continue };
        let moved = fate.is_some_and(|it| it.1.builder == Here::Gone);
        lines.push(Line { item, keyword: it.keyword, text: start.unwrap_or(text), moved });
    }
    for (item, fate) in fates {
        let new = fate.new.iter().map(|it| Alteration::Run(script_of(it, dockerfile.escape)));
        finish.alters.extend(new);
        let Some(step) = separation.runs.iter().find(|it| it.run.item == *item) else { continue };
        // What the last stage runs instead is there for certain.
        let last = fate.last.as_deref().filter(|it| *it != dockerfile.text(*item));
        finish.alters.extend(last.map(|it| Alteration::Run(script_of(it, dockerfile.escape))));
        for at in &fate.altered {
            let pipeline = step.run.script.commands()[*at].pipeline.clone();
            let alteration = Alteration::Pipeline(pipeline);
            if !finish.alters.contains(&alteration) {
                finish.alters.push(alteration);
            }
        }
    }
    Ok(lines)
}

/// Leaves out what only tells the package managers that are gone.
fn environment_variables(
    separation: &Separation<'_>,
    lines: &mut Vec<Line>,
    alters: &mut Vec<Alteration>,
) {
    let dockerfile = separation.site.dockerfile;
    let own = |name: &str| {
        separation.loss.tools.iter().any(|it| it.owns_variable(name))
            || ecosystems::environments().any(|it| it.1.system_variables.contains(&name))
    };
    // A PATH that leads to nothing but a package manager.
    let leads = |value: &str| {
        let tool = |it: &str| {
            ecosystems::environments().flat_map(|own| own.1.folders).any(|end| it.ends_with(end))
        };
        let mut parts = value.trim_matches('"').split(':');
        let only = parts.clone().all(|it| tool(it) || ["$PATH", "${PATH}"].contains(&it));
        only && !separation.loss.tools.is_empty() && parts.any(tool)
    };
    let mut gone: Vec<(usize, String)> = Vec::new();
    for line in lines.iter().filter(|it| it.keyword == Keyword::Env) {
        let Some(it) = instruction(separation, line.item) else { continue };
        let idle = it.pairs().iter().filter(|it| {
            own(&it.name) || (it.name == "PATH" && leads(it.value.as_deref().unwrap_or_default()))
        });
        gone.extend(idle.map(|it| (line.item, it.name.clone())));
    }
    loop {
        let without: Vec<String> =
            lines.iter().map(|it| without_pairs(dockerfile.escape, it, &gone)).collect();
        let after = separation
            .stage
            .instructions()
            .filter(|it| separation.last < it.0)
            .map(|it| it.2.logical.text.as_str());
        let said: Vec<&str> = without.iter().map(String::as_str).chain(after).collect();
        let wanted = |name: &str| name != "PATH" && said.iter().any(|it| mentions(it, name));
        let before = gone.len();
        gone.retain(|it| !wanted(&it.1));
        if gone.len() == before {
            break;
        }
    }
    for line in lines.iter_mut().filter(|it| it.keyword == Keyword::Env) {
        line.text = without_pairs(dockerfile.escape, line, &gone);
    }
    lines.retain(|it| !it.text.is_empty());
    for (_, name) in gone {
        let alteration = Alteration::Env(name);
        if !alters.contains(&alteration) {
            alters.push(alteration);
        }
    }
}

fn instruction<'s>(separation: &Separation<'s>, item: usize) -> Option<&'s Instruction> {
    match &separation.site.dockerfile.items[item].kind {
        Kind::Instruction(it) => Some(it),
        _ => None,
    }
}

/// The text of an ENV without these pairs, and then without comments; empty when none is left.
fn without_pairs(escape: char, line: &Line, gone: &[(usize, String)]) -> String {
    let mut gone = gone.iter().filter(|it| it.0 == line.item).peekable();
    if gone.peek().is_none() {
        return line.text.clone();
    }
    // They stay in the builder; here they would stand in the way of what goes.
    let mut left = without_comments(&line.text);
    for (_, name) in gone {
        let file = alone(&left, escape);
        let Some(at) = file.items.iter().position(|it| matches!(it.kind, Kind::Instruction(_)))
        else {
            break;
        };
        let Some(edit) = file.remove_pair(at, name) else { continue };
        let whole = text::apply(&file.source, &[edit]);
        left = match escape {
            '`' => whole.split_once('\n').map_or(String::new(), |it| it.1.to_owned()),
            _ => whole,
        };
    }
    left
}

/// Leaves out the arguments that nothing in the last stage asks for.
fn arguments(separation: &Separation<'_>, lines: &mut Vec<Line>, alters: &mut Vec<Alteration>) {
    let after: Vec<&str> = separation
        .stage
        .instructions()
        .filter(|it| separation.last < it.0)
        .map(|it| it.2.logical.text.as_str())
        .collect();
    let runs = lines.iter().any(|it| it.keyword == Keyword::Run)
        || after.iter().any(|it| it.trim_start().to_ascii_uppercase().starts_with("RUN"));
    let texts: Vec<String> = lines.iter().map(|it| it.text.clone()).collect();
    lines.retain(|line| {
        let Some(it) = instruction(separation, line.item).filter(|it| it.keyword == Keyword::Arg)
        else {
            return true;
        };
        let kept = it.pairs().iter().any(|it| {
            let name = it.name.as_str();
            let tool = ecosystems::environments().any(|it| name.starts_with(it.0.variables));
            let said = texts
                .iter()
                .map(String::as_str)
                .chain(after.iter().copied())
                .any(|it| mentions(it, name));
            said || (runs && !tool)
        });
        if !kept {
            alters.extend(it.pairs().iter().map(|it| Alteration::Env(it.name.clone())));
        }
        kept
    });
}

/// Where a new environment is made: behind the package manager's own install, else before the manifests.
fn make_environment(
    separation: &Separation<'_>,
    fates: &[(usize, Fate)],
    lines: &str,
) -> Option<Edit> {
    let dockerfile = separation.site.dockerfile;
    let inside = |it: &(usize, Fate)| {
        it.0 == separation.first
            && matches!(&it.1.builder, Here::Text(text) if text.contains(lines))
    };
    if fates.iter().any(inside) {
        return None;
    }
    let is_tool = |it: &super::Role| matches!(it, super::Role::Tool(_));
    let tool = separation
        .runs
        .iter()
        .rfind(|it| it.run.item < separation.first && it.has(is_tool))
        .map(|it| it.run.item);
    let tool = tool
        .into_iter()
        .chain(
            super::copies::of_tools(separation.stage)
                .map(|it| it.0)
                .filter(|it| *it < separation.first),
        )
        .max();
    if let Some(tool) =
        tool.filter(|tool| !fates.iter().any(|it| it.0 == *tool && it.1.builder == Here::Gone))
    {
        return Some(dockerfile.insert_after(tool, lines, false));
    }
    // An edit of what is copied must not make it again.
    let mut at = separation.first;
    for (item, fate) in fates.iter().rev().filter(|it| it.0 < separation.first) {
        match instruction(separation, *item).map(|it| it.keyword) {
            Some(Keyword::Copy | Keyword::Add) if fate.builder != Here::Gone => at = *item,
            Some(Keyword::Workdir | Keyword::Expose | Keyword::Label | Keyword::Arg) => {}
            Some(Keyword::Env | Keyword::Run) if fate.builder == Here::Gone => {}
            _ => break,
        }
    }
    let gap = if dockerfile.begins_paragraph(at) { "\n" } else { "" };
    Some(dockerfile.insert_before(at, &format!("{lines}{gap}")))
}

/// Whether a text names a folder, and not one that only ends like it.
fn names_folder(text: &str, folder: &str) -> bool {
    let ends = |it: char| it.is_whitespace() || "\"':=".contains(it);
    text.split(ends).any(|it| it == folder)
}

/// The beginning of the last stage.
fn last_stage(
    separation: &Separation<'_>,
    name: &str,
    lines: &[Line],
    alters: &mut Vec<Alteration>,
) -> String {
    let dockerfile = separation.site.dockerfile;
    let folder = &separation.environment.folder;
    let mut text = instruction(separation, separation.stage.from)
        .map_or("", |it| it.logical.text.trim())
        .to_owned();
    let mut add = |item: Option<usize>, line: &str| {
        let paragraph = item.is_some_and(|it| dockerfile.begins_paragraph(it));
        text.push_str(if paragraph { "\n\n" } else { "\n" });
        text.push_str(line);
    };
    let mut environment =
        format!("{} --from={name} {folder} {folder}", separation.site.dockerfile.keyword("COPY"));
    let entered =
        separation.runs.iter().any(|it| it.path.iter().any(|it| *it == format!("{folder}/bin")));
    let late = separation.stage.instructions().any(|it| {
        it.2.keyword == Keyword::Env && names_folder(&it.2.logical.text, &format!("{folder}/bin"))
    });
    if separation.environment.is_new || (!entered && !late) {
        environment = format!("{environment}\n{}", separation.entering());
        for name in ["VIRTUAL_ENV", "PATH"] {
            let alteration = Alteration::Env(name.to_owned());
            if !alters.contains(&alteration) {
                alters.push(alteration);
            }
        }
    }
    // Packages of the system come before the environment, which changes more often.
    let is_system = |it: &Line| {
        let mut steps = separation.runs.iter().filter(|step| step.run.item == it.item);
        steps.any(|step| {
            let remains = |role: &super::Role| !role.is_of_packages();
            let system =
                |role: &&super::Role| **role == super::Role::SystemInstall || role.is_beside();
            step.has(|it| *it == super::Role::SystemInstall)
                && step.roles.iter().filter(|it| remains(it)).all(|it| system(&it))
        })
    };
    let copies = |it: &Line| {
        matches!(it.keyword, Keyword::Copy | Keyword::Add)
            || (separation.first <= it.item && !is_system(it))
    };
    let split = lines.iter().position(copies).unwrap_or(lines.len());
    for (at, line) in lines.iter().enumerate() {
        if at == split {
            // A paragraph of its own, where those around it are.
            let beside = at.checked_sub(1).map_or(line.item, |it| lines[it].item);
            add(
                [line.item, beside].into_iter().find(|it| dockerfile.begins_paragraph(*it)),
                &environment,
            );
        }
        // The comments of what is no longer in the builder come along.
        let comments = dockerfile.comments_above(line.item).map(|it| dockerfile.text(it));
        let comments: Vec<&str> = comments.filter(|_| line.moved).collect();
        let whole: Vec<&str> = comments.into_iter().chain([line.text.as_str()]).collect();
        // A paragraph that goes leaves its gap.
        let before = at.checked_sub(1).filter(|_| at != split).map(|it| &lines[it]);
        let gap = before
            .and_then(|it| (it.item + 1..line.item).find(|of| dockerfile.begins_paragraph(*of)));
        add(gap.or(Some(line.item)), &whole.join("\n"));
    }
    if split == lines.len() {
        add(lines.last().map(|it| it.item), &environment);
    }
    text
}
