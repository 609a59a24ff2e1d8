//! Tools that fetch: whether anything but the build calls them.

use crate::{
    dockerfile::{Dockerfile, Keyword, Kind},
    ecosystems::{
        self, FETCHERS,
        system::{System, apt},
    },
    project::{Project, is_dockerfile},
    run::Site,
    shell::{Command, Script},
    text::RepoPath,
};

/// Folders of tools that start containers in ways that are not read here, and may run commands in them.
const ELSEWHERE: [&str; 8] =
    ["k8s", "kubernetes", "helm", "charts", "kustomize", "nomad", "terraform", "ecs"];

/// The packages among these that nothing which is started in the image calls: no instruction of this
/// Dockerfile or of those beside it, no compose file that builds one of them, and no script of the context.
///
/// Dockerfiles in one folder are judged together: twins stay twins.
pub(super) fn idle_tools(
    project: &Project,
    site: &Site<'_>,
    context: Option<&RepoPath>,
) -> Vec<&'static str> {
    let whole = site.dockerfile.text_of(0..site.dockerfile.items.len());
    // They are there to fetch what is built, as long as nobody is seen calling them.
    let mut idle: Vec<&str> = FETCHERS.into_iter().filter(|it| whole.contains(it)).collect();
    let Some(context) = context.filter(|_| !idle.is_empty()) else { return Vec::new() };
    let top =
        project.tree().children(&RepoPath::root()).any(|it| ELSEWHERE.contains(&it.file_name()));
    if top {
        return Vec::new();
    }
    let folder = site.path.parent().unwrap_or(RepoPath::root());
    let beside = project.tree().children(&folder);
    for path in beside.filter(|it| is_dockerfile(it.file_name())) {
        let Some(file) = project.file(path.as_str()) else { continue };
        let Some(dockerfile) = file.dockerfile() else { continue };
        for (item, instruction) in dockerfile.instructions_at(0..dockerfile.items.len()) {
            match instruction.keyword {
                Keyword::Cmd | Keyword::Entrypoint | Keyword::Healthcheck => {
                    idle.retain(|it| !calls(&instruction.logical.text, it));
                }
                // What fetches a package manager is done in the builder, and so is an install of the tool
                // itself.
                Keyword::Run => {
                    let texts = [&instruction.logical.text, dockerfile.text(item)];
                    if idle.iter().any(|it| texts.iter().any(|text| calls(text, it))) {
                        let work = work(dockerfile, item);
                        idle.retain(|it| !work.iter().any(|text| calls(text, it)));
                    }
                }
                _ => {}
            }
        }
        let builders = project.builds(&file.path).iter();
        for caller in builders.filter_map(|it| project.file(it.place.path.as_str())) {
            idle.retain(|it| !calls(&caller.text, it));
        }
        for said in project.said_elsewhere(&file.path) {
            idle.retain(|it| !calls(said.text, it));
        }
        if idle.is_empty() {
            return idle;
        }
    }
    let scripts = project.tree().below(context).filter(|it| it.as_str().ends_with(".sh"));
    for script in scripts {
        match project.file(script.as_str()).filter(|it| !it.text.trim().is_empty()) {
            Some(file) => idle.retain(|it| !calls(&file.text, it)),
            // What it calls is not known.
            None => return Vec::new(),
        }
    }
    idle
}

/// Whether a word of a text is a program of a package.
fn calls(text: &str, package: &str) -> bool {
    let programs = apt::programs(package).unwrap_or_default();
    programs.iter().any(|it| text.contains(it))
        && text
            .split(|it: char| !it.is_alphanumeric() && !"-_.".contains(it))
            .any(|it| programs.contains(&it))
}

/// The pipelines of a RUN, as text, that neither install a tool by its script nor packages of the system; all of
/// its text if it cannot be read.
fn work(dockerfile: &Dockerfile, item: usize) -> Vec<String> {
    let Kind::Instruction(run) = &dockerfile.items[item].kind else { return Vec::new() };
    if run.keyword != Keyword::Run {
        return Vec::new();
    }
    let Ok(script) = Script::at(dockerfile, item) else { return vec![run.logical.text.clone()] };
    let is_system = |command: &Command| {
        let call = ecosystems::invocation_of(command, |it| it.value.clone());
        call.is_some_and(|it| System::of(&it.program) == Some(System::Apt))
    };
    let pipelines = script.commands().chunk_by(|a, b| a.pipeline == b.pipeline);
    let texts = pipelines.filter(|it| !it.iter().any(is_system)).filter_map(|pipeline| {
        let text = dockerfile.source.get(pipeline.first()?.pipeline.clone())?;
        ecosystems::installed_by_script(text).is_none().then(|| text.to_owned())
    });
    texts.collect()
}
