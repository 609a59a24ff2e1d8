//! Files that could not be read or understood.

use crate::{
    dockerfile::Reader,
    project::{Problem, Project, selection::Selection},
};

/// The files of a project that could not be read or understood, each with its first error.
pub fn problems(project: &Project, selection: &Selection) -> Vec<Problem> {
    let mut problems = project.problems().to_vec();
    problems.extend(project.late_problems().cloned());
    problems.extend(project.caller_problems().cloned());
    problems.extend(project.manifest_problems());
    for file in project.files() {
        let Some(dockerfile) = file.dockerfile().filter(|_| selection.selects(&file.path)) else {
            continue;
        };
        if let [first, more @ ..] = dockerfile.errors.as_slice() {
            let more = match more.len() {
                0 => String::new(),
                count => format!(" (and {count} more)"),
            };
            problems.push(Problem {
                path: file.path.clone(),
                line: Some(first.line),
                message: format!("{}{more}", first.message),
                hint: match first.refused_by {
                    Reader::Parser | Reader::Instructions => {
                        "docker would refuse this file, so it was left alone; if it is a template, exclude it"
                    }
                    Reader::Neither => "the file was left alone; say which is meant",
                }
                .to_owned(),
            });
        }
    }
    problems.retain(|it| !selection.excludes(&it.path));
    problems.sort();
    problems.dedup();
    problems
}
