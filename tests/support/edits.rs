//! The cases of `tests/builds/cache.md`: what an edit of a file runs again.

use std::{collections::BTreeMap, fmt::Write as _, fs};

use refit::{
    engine::cache::ImageSteps,
    project::{Project, change::Origin},
    text::RepoPath,
};

use super::{page::cases, source::root};

/// The page of cases.
pub const PAGE: &str = "tests/builds/cache.md";

/// A Dockerfile with its context, and the files that are edited.
pub struct CacheCase {
    /// Its heading.
    pub title: String,
    /// Its files by path.
    pub files: Vec<(String, String)>,
    /// The files that are edited.
    pub edited: Vec<RepoPath>,
    /// True if a frontend has to be newer than that of an old engine.
    pub is_new: bool,
}

/// The cases of the page.
pub fn cache_cases() -> Vec<CacheCase> {
    let page = fs::read_to_string(root().join(PAGE)).unwrap();
    let sections: BTreeMap<&str, &str> =
        page.split("\n## ").skip(1).filter_map(|it| it.split_once('\n')).collect();
    let case = |case: super::page::Case| {
        let section = sections[case.title.as_str()];
        let edited = section.lines().filter_map(|it| it.strip_prefix("- `")?.split('`').next());
        CacheCase {
            edited: edited.map(|it| RepoPath::new(it).unwrap()).collect(),
            is_new: section.contains("Needs a frontend"),
            title: case.title,
            files: case.files,
        }
    };
    cases(&page).into_iter().map(case).collect()
}

/// The Dockerfile at the root of a project, built from there.
pub fn origin() -> Origin {
    let dockerfile = RepoPath::new("Dockerfile").unwrap();
    Origin { dockerfile, target: None, arguments: BTreeMap::new() }
}

/// The page, with what the model says below each case.
pub fn cache_page() -> String {
    let page = fs::read_to_string(root().join(PAGE)).unwrap();
    let cases = cache_cases();
    let mut out = String::with_capacity(page.len());
    let mut case = None;
    for line in page.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            case = cases.iter().find(|it| it.title == title);
        }
        let path = line.strip_prefix("- `").and_then(|it| it.split('`').next());
        match (path, case) {
            (Some(path), Some(case)) => {
                let _ = writeln!(out, "- `{path}`: {}", said(case, path));
            }
            _ => out.extend([line, "\n"]),
        }
    }
    out
}

fn said(case: &CacheCase, path: &str) -> String {
    let files = case.files.iter().map(|it| (RepoPath::new(&it.0).unwrap(), it.1.clone()));
    let project = Project::new(files);
    let steps = ImageSteps::new(&project, &origin(), &RepoPath::root(), &BTreeMap::new()).unwrap();
    let again = steps.after_edit(&RepoPath::new(path).unwrap());
    let dockerfile = project.file("Dockerfile").unwrap().dockerfile().unwrap();
    let line = |it: &usize| dockerfile.items[steps.steps()[*it].item].lines.0.to_string();
    let lines: Vec<String> = again.iter().map(line).collect();
    match lines.as_slice() {
        [] => format!("nothing of {} steps", steps.steps().len()),
        lines => {
            format!("lines {}: {} of {} steps", lines.join(", "), lines.len(), steps.steps().len())
        }
    }
}
