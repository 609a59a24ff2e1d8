//! Who names what services lose that no longer build: their builds and their images.

use super::{builder::Choice, groups::Group};
use crate::{
    callers::ComposeFile,
    project::{File, Project, is_dockerfile},
    text::{Place, Refusal, logical_lines},
};

/// What makes a service of another file one that this file does not know.
const DECIDES: &[&str] = &["build", "image", "platform", "profiles", "pull_policy"];
/// Commands of Docker that are given images.
const OF_IMAGES: &[&str] = &[
    "history", "image", "images", "inspect", "load", "pull", "push", "rmi", "run", "save", "scan",
    "tag",
];

/// Whether the services are what this file says.
///
/// # Errors
/// Another file of the folder says what one of them is.
pub(super) fn elsewhere(
    project: &Project,
    compose: &ComposeFile<'_>,
    group: &Group<'_>,
) -> Result<(), Refusal> {
    let names = group.names();
    let other = compose.services_beside(project).find(|(_, it)| {
        names.contains(&it.key.as_str()) && DECIDES.iter().any(|key| it.value.get(key).is_some())
    });
    let Some((file, service)) = other else { return Ok(()) };
    let (place, name) = (file.place(&service.span), &service.key);
    let reason = format!("{place} says what {name} is as well, and may be read with this file");
    Err(Refusal::new("other-file", reason))
}

/// Whether somebody names the build or the image of a service that no longer builds.
///
/// # Errors
/// Who does.
pub(super) fn names(
    project: &Project,
    compose: &ComposeFile<'_>,
    group: &Group<'_>,
    choice: &Choice<'_>,
) -> Result<(), Refusal> {
    let builder = choice.builder.service.key.as_str();
    let lost: Vec<&str> = group.names().into_iter().filter(|it| *it != builder).collect();
    let pushes = group.block().is_some() && group.image.is_none();
    for file in project.files().filter(|it| it.path != compose.file.path) {
        if is_dockerfile(file.path.file_name()) {
            continue;
        }
        if let Some((place, what)) = in_file(file, compose, &lost, &choice.joins, pushes) {
            return Err(Refusal::new("named", format!("{place} {what}")));
        }
    }
    Ok(())
}

/// Where a file names what is lost, and a clause that says it.
fn in_file(
    file: &File,
    compose: &ComposeFile<'_>,
    lost: &[&str],
    joins: &[&str],
    pushes: bool,
) -> Option<(Place, String)> {
    let text = &*file.text;
    let bakes = ["bake-action", "buildx bake"].iter().find_map(|it| text.find(it));
    if let Some(at) = bakes.filter(|_| text.contains(compose.file.path.file_name())) {
        let what = "bakes services, each with a build of its own".to_owned();
        return Some((file.place(&(at..at)), what));
    }
    let may = lost.iter().any(|it| text.contains(it)) || pushes && text.contains("push");
    if !may {
        return None;
    }
    let is_container = file.path.file_name().contains("devcontainer");
    logical_lines(text).find_map(|(number, line)| {
        let parts = line.split(|it: char| it.is_whitespace() || "\"'`,;()[]{}&|".contains(it));
        let line = Line(parts.filter(|it| !it.is_empty()).collect());
        let what = if is_container {
            line.develops(lost)
        } else if line.is_of_compose() {
            line.asks_compose(lost, joins, pushes)
        } else {
            line.names_image(lost)
        };
        Some((file.line(number), what?))
    })
}

/// The words of a line.
struct Line<'t>(Vec<&'t str>);

impl Line<'_> {
    fn has(&self, word: &str) -> bool {
        self.0.contains(&word)
    }

    /// Returns true if it may call Compose, under its own name or that of a variable.
    fn is_of_compose(&self) -> bool {
        self.0.iter().any(|it| {
            let name = it.rsplit('/').next().unwrap_or(it).to_lowercase();
            name.contains("compose") || name == "dc"
        })
    }

    /// A development container that is one of these services.
    fn develops(&self, lost: &[&str]) -> Option<String> {
        let name = lost.iter().find(|it| self.has("service") && self.has(it))?;
        Some(format!("is a development container of {name}"))
    }

    /// What a call of Compose could not do any more, or would do besides.
    fn asks_compose(&self, lost: &[&str], joins: &[&str], pushes: bool) -> Option<String> {
        if pushes && self.has("push") {
            return Some("pushes the images of services that name one".to_owned());
        }
        let name = lost.iter().find(|it| self.has(it))?;
        if self.has("build") || self.has("--no-deps") || self.has("run") && self.has("--build") {
            return Some(format!("builds or starts {name} by itself"));
        }
        let runs = self.has("run") && joins.contains(name);
        runs.then(|| format!("runs {name}, which would start another service"))
    }

    /// An image that Compose made of one of these services.
    fn names_image(&self, lost: &[&str]) -> Option<String> {
        let is_docker = self.has("docker") && OF_IMAGES.iter().any(|it| self.has(it));
        (is_docker || self.has("trivy")).then_some(())?;
        let image = self.0.iter().find(|it| {
            let name = it.rsplit('/').next().unwrap_or(it);
            let name = name.split([':', '@']).next().unwrap_or(name);
            let project = lost.iter().find_map(|it| name.strip_suffix(it));
            project.is_some_and(|it| it.len() > 1 && it.ends_with(['-', '_']))
        })?;
        Some(format!("names the image {image}"))
    }
}
