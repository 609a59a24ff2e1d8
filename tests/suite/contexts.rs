//! Build contexts in the real projects of the corpus; with `REFIT_SHOW` set, each on a line.

use crate::support;
use std::collections::BTreeMap;

use refit::{
    context::{Context, Evidence},
    project::Project,
    text::RepoPath,
};

/// The projects of the corpus, each with the text of what is not an empty placeholder.
fn projects() -> Option<BTreeMap<String, Project>> {
    let archive = support::corpus("projects.tar.xz")?;
    let mut all: BTreeMap<String, Vec<(RepoPath, String)>> = BTreeMap::new();
    for (path, bytes) in support::files(&archive) {
        let parts: Vec<_> = path.splitn(3, '/').collect();
        let ["projects", project, file] = parts.as_slice() else { continue };
        let Ok(text) = String::from_utf8(bytes) else { continue };
        let file = RepoPath::new(file).unwrap();
        all.entry((*project).to_owned()).or_default().push((file, text));
    }
    Some(all.into_iter().map(|(name, files)| (name, Project::new(files))).collect())
}

#[test]
fn the_corpus_contexts_are_known() {
    let Some(projects) = projects() else { return };
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut problems = Vec::new();
    for (name, project) in &projects {
        problems.extend(project.caller_problems().map(|it| format!("{name}/{}", it.path)));
        for (file, _) in project.dockerfiles() {
            let context = project.context_of(&file.path);
            let kind = match context {
                Context::Known { evidence: Evidence::Named(_), .. } => "named",
                Context::Known { evidence: Evidence::Sources, .. } => "by sources",
                Context::Several(_) => "several",
                Context::Unknown(_) => "unknown",
            };
            *counts.entry(kind).or_default() += 1;
            if std::env::var_os("REFIT_SHOW").is_some() {
                eprintln!("{kind}\t{name}/{}\t{context:?}", file.path);
            }
        }
    }
    eprintln!("contexts: {counts:?}");
    let known = counts.get("named").zip(counts.get("by sources")).map_or(0, |it| it.0 + it.1);
    assert!(known >= 330, "{counts:?}");
    assert_eq!(problems, [""; 0]);
}
