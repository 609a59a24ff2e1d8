//! Tools that fetch: whether anything but the build calls them.

use crate::{
    dockerfile::Keyword,
    ecosystems::{self, FETCHERS, system::apt},
    project::Project,
    run::Site,
    text::RepoPath,
};

/// Folders of those who start containers in ways that are not read here, and may look into them by a command.
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
    let mut candidates: Vec<&str> = FETCHERS.into_iter().filter(|it| whole.contains(it)).collect();
    let Some(context) = context.filter(|_| !candidates.is_empty()) else { return Vec::new() };
    let top =
        project.tree().children(&RepoPath::root()).any(|it| ELSEWHERE.contains(&it.file_name()));
    if top {
        return Vec::new();
    }
    let folder = site.path.parent().unwrap_or(RepoPath::root());
    let mut said: Vec<String> = Vec::new();
    for path in project.tree().children(&folder) {
        let Some(file) = project.file(path.as_str()) else { continue };
        let Some(dockerfile) = file.dockerfile() else { continue };
        let starts =
            |it: Keyword| matches!(it, Keyword::Cmd | Keyword::Entrypoint | Keyword::Healthcheck);
        let starts = dockerfile.instructions().filter(|it| starts(it.1.keyword));
        said.extend(starts.map(|it| it.1.logical.text.clone()));
        // What fetches a package manager is done in the builder, and so is an install of the tool itself.
        let runs = dockerfile.instructions().filter(|it| it.1.keyword == Keyword::Run);
        let parts = runs.flat_map(|it| it.1.logical.text.split("&&").flat_map(|it| it.split(';')));
        let builds = |it: &str| {
            ["apt-get", "apt "].iter().any(|of| it.contains(of))
                || ecosystems::installed_by_script(it).is_some()
        };
        let others = parts.filter(|it| !builds(it));
        said.extend(others.map(str::to_owned));
        let builders = project.builds(&file.path).iter();
        let callers = builders.filter_map(|it| project.file(it.place.path.as_str()));
        said.extend(callers.map(|it| it.text.to_string()));
    }
    let scripts = project.tree().below(context).filter(|it| it.as_str().ends_with(".sh"));
    for script in scripts {
        match project.file(script.as_str()).filter(|it| !it.text.trim().is_empty()) {
            Some(it) => said.push(it.text.to_string()),
            // What it calls is not known.
            None => return Vec::new(),
        }
    }
    candidates.retain(|package| {
        let programs = apt::programs(package).unwrap_or_default();
        let calls = |text: &String| {
            let words = text.split(|it: char| !it.is_alphanumeric() && !"-_.".contains(it));
            words.into_iter().any(|it| programs.contains(&it))
        };
        !said.iter().any(calls)
    });
    candidates
}
