#![doc = include_str!("pin_poetry.md")]

use crate::{
    Transform,
    change::{Alteration, Change, Outcome, Safety},
    dockerfile::{
        Keyword,
        image::ImageRef,
        stage::{Stage, mentions},
    },
    packages::{
        Refusal,
        poetry::{self, Evidence, Installer},
        version::Version,
    },
    project::Project,
    run::{CallSite, Run, Site},
    settings::{PinPoetry, Settings},
    text::Edit,
};

/// Poetry is the version that wrote the lock.
pub(super) const TRANSFORM: Transform =
    Transform { name: NAME, docs: include_str!("pin_poetry.md"), run };

const NAME: &str = "pin-poetry";

fn run(project: &Project, settings: &Settings) -> Outcome {
    project.each_dockerfile(|file, dockerfile| {
        let mut outcome = Outcome::default();
        if !dockerfile.source.contains("poetry") {
            return outcome;
        }
        let site = Site::new(&file.path, dockerfile);
        for stage in &site.stages {
            for item in site.runs(stage, &["poetry"]) {
                match pin(project, &settings.pin_poetry, &site, stage, item) {
                    Ok(change) => outcome.changes.extend(change),
                    Err(why) => outcome.declines.push(site.decline(NAME, item, why)),
                }
            }
        }
        outcome
    })
}

/// Pins the Poetry that a RUN installs.
fn pin(
    project: &Project,
    settings: &PinPoetry,
    site: &Site<'_>,
    stage: &Stage<'_>,
    item: usize,
) -> Result<Option<Change>, Refusal> {
    let run = match site.run(stage, item) {
        Ok(run) => run,
        Err(why) if poetry::seems_to_install(site.dockerfile.text(item)) => return Err(why),
        Err(_) => return Ok(None),
    };
    let Some((call, installer)) =
        run.calls().iter().find_map(|it| Some((it, poetry::installer(&run, it)?)))
    else {
        return Ok(None);
    };
    if let Installer::Unpinnable(why) = installer {
        return Err(("unknown-installer", why.to_owned()));
    }
    let evidence = poetry::evidence(project, settings, site, stage, item, &installer)?;
    if let Installer::Package { constraint: Some(it), .. } = &installer
        && evidence.version.meets(it) != Some(true)
    {
        let reason = format!(
            "{} says {}, but the file asks for poetry{it}",
            evidence.source, evidence.version
        );
        return Err(("version-conflict", reason));
    }
    can_run(&run, &evidence.version)?;
    let (mut edits, follow) = flags(project, site, &evidence)?;
    let alters = install(settings, site, stage, &run, call, &installer, &evidence, &mut edits)?;
    let sure = evidence.is_written_down && !follow && alters.is_empty();
    let safety = if sure { Safety::Safe } else { Safety::Review };
    let title = format!("Pin Poetry to {}", evidence.version);
    let mut change = site.change(item, safety, title, evidence.source.clone(), edits);
    change.alters = alters;
    Ok(Some(change))
}

/// Whether the image's Python can run a version of Poetry.
fn can_run(run: &Run<'_>, version: &Version) -> Result<(), Refusal> {
    let needs = poetry::needs_python(version);
    let image = run.state.image.as_deref().unwrap_or_default();
    let reference = ImageRef::parse(image);
    // A tag without a minor version is the newest Python there is.
    let newest = reference.official() == Some("python");
    match reference.python() {
        Some(python) if python < needs => Err((
            "old-python",
            format!("Poetry {version} needs Python {needs}, and {image} has {python}"),
        )),
        None if !newest => {
            let reason = format!(
                "nothing tells whether the Python of the base image can run Poetry {version}"
            );
            Err(("unknown-python", reason))
        }
        _ => Ok(()),
    }
}

/// The flags of every Poetry call that the version no longer has, replaced; whether there are any.
fn flags(
    project: &Project,
    site: &Site<'_>,
    evidence: &Evidence,
) -> Result<(Vec<Edit>, bool), Refusal> {
    let mut edits = Vec::new();
    for stage in &site.stages {
        for run in site.runs(stage, &["poetry"]).filter_map(|it| site.run(stage, it).ok()) {
            for call in run.calls().iter().filter(|it| it.call.program == "poetry") {
                let Some(word) = poetry::lacks(&call.call, &evidence.version) else { continue };
                let conflict = || {
                    let line = site.place(run.item).line;
                    let reason = format!(
                        "{} says {}, which has no `{word}` (line {line})",
                        evidence.source, evidence.version
                    );
                    ("version-conflict", reason)
                };
                if word == "export" && site.dockerfile.source.contains("poetry-plugin-export") {
                    continue;
                }
                let words = [word];
                let flag = call
                    .call
                    .flags(&words)
                    .next()
                    .filter(|_| word == "--no-dev")
                    .ok_or_else(conflict)?;
                let command = &run.script.commands()[call.command];
                let manifest = evidence.manifest(project).ok_or_else(conflict)?;
                let rewritten = match manifest.without_dev() {
                    Some(instead) => run.script.replace_word(command, flag.word, &instead),
                    None => run.script.remove_word(command, flag.word),
                };
                edits.extend(rewritten.ok_or_else(conflict)?);
            }
        }
    }
    let any = !edits.is_empty();
    Ok((edits, any))
}

/// The edits that make an installer install the version; what of the image they alter besides.
fn install(
    settings: &PinPoetry,
    site: &Site<'_>,
    stage: &Stage<'_>,
    run: &Run<'_>,
    call: &CallSite,
    installer: &Installer,
    evidence: &Evidence,
    edits: &mut Vec<Edit>,
) -> Result<Vec<Alteration>, Refusal> {
    let command = &run.script.commands()[call.command];
    let variable = settings.renovate
        || run.state.variable("POETRY_VERSION") == Some(&evidence.version.to_string());
    let version =
        if variable { "${POETRY_VERSION}".to_owned() } else { evidence.version.to_string() };
    if settings.renovate && !run.state.sets("POETRY_VERSION") {
        let lines = format!(
            "# renovate: datasource=pypi depName=poetry\nARG POETRY_VERSION={}",
            evidence.version
        );
        edits.push(site.dockerfile.insert_before(run.item, &lines));
    }
    let unwritable = || ("unknown-installer", "the installer cannot be rewritten here".to_owned());
    match installer {
        Installer::Package { word, name, .. } => {
            let raw = &command.words[*word].raw;
            let quote = raw
                .chars()
                .next()
                .filter(|it| matches!(it, '"' | '\''))
                .filter(|it| !variable || *it == '"');
            let quote = quote.map_or(if variable { "\"" } else { "" }.to_owned(), String::from);
            let text = format!("{quote}{name}=={version}{quote}");
            let pinned = run.script.replace_word(command, *word, &text);
            edits.extend(pinned.ok_or_else(unwritable)?);
            Ok(Vec::new())
        }
        Installer::Script { has_dash } => {
            let words: &[&str] = if *has_dash { &[] } else { &["-"] };
            let words: Vec<&str> = words.iter().copied().chain(["--version", &version]).collect();
            edits.push(run.script.append_words(command, &words).ok_or_else(unwritable)?);
            Ok(Vec::new())
        }
        Installer::DeadScript(_) => {
            edits.push(Edit::replace(
                command.pipeline.clone(),
                format!("pip install poetry=={version}"),
            ));
            without_path(site, stage, run.item, edits)
        }
        Installer::Unpinnable(_) => Ok(Vec::new()),
    }
}

/// Takes out the PATH entries that served the dead installer script.
fn without_path(
    site: &Site<'_>,
    stage: &Stage<'_>,
    installer: usize,
    edits: &mut Vec<Edit>,
) -> Result<Vec<Alteration>, Refusal> {
    let mut alters = Vec::new();
    for heir in site.heirs(stage) {
        for (item, _, it) in heir.instructions().filter(|it| it.0 != installer) {
            let text = &it.logical.text;
            if !text.contains("/.poetry")
                && !mentions(text, "POETRY_HOME")
                && !text.contains("POETRY_HOME=")
            {
                continue;
            }
            let serves = |it: &crate::dockerfile::instruction::Pair| {
                let value = it.value.as_deref().unwrap_or_default().trim_matches(['"', '\'']);
                let others = value.split(':').filter(|it| {
                    !it.ends_with(".poetry/bin") && !matches!(*it, "$PATH" | "${PATH}")
                });
                it.name == "PATH" && value.contains(".poetry/bin") && others.count() == 0
            };
            let served =
                (it.keyword == Keyword::Env).then(|| it.pairs().into_iter().find(serves)).flatten();
            let edit = served.and_then(|it| site.dockerfile.remove_pair(item, &it.name));
            let used = || {
                let line = site.place(item).line;
                (
                    "dead-installer",
                    format!("line {line} uses the folder that the dead installer script made"),
                )
            };
            edits.push(edit.ok_or_else(used)?);
            alters.push(Alteration::Env("PATH".to_owned()));
        }
    }
    Ok(alters)
}
