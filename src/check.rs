//! The engine's own checks: what no change may do to a Dockerfile, whoever made it.
//!
//! A transform that fails one has a bug. Its change is dropped, never written.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rayon::prelude::*;

use crate::{
    change::{Alteration, Change, FileChange},
    dockerfile::{Dockerfile, Keyword, Kind},
    path::RepoPath,
    project::{File, Project},
    text::{self, Edit},
};

/// What is wrong with a change by itself: edits that do not fit their file, or nothing that changes.
///
/// An objection reads after "its change".
pub fn change(project: &Project, change: &Change) -> Option<String> {
    let mut idle = true;
    for (path, change) in &change.files {
        let file = project.file(path.as_str());
        match (change, file) {
            (FileChange::Edit(edits), Some(file)) => {
                if !fit(&file.text, edits) {
                    return Some(format!("has edits that do not fit {path}"));
                }
                idle &= text::apply(&file.text, edits) == *file.text;
            }
            (FileChange::Create(_), None) if !project.tree().exists(path) => idle = false,
            (FileChange::Delete, Some(_)) => idle = false,
            (FileChange::Create(_), _) => {
                return Some(format!("creates {path}, which is there already"));
            }
            _ => return Some(format!("touches {path}, which is not there")),
        }
    }
    idle.then(|| "changes nothing".to_owned())
}

/// The files that a step broke, each with an objection that reads after "its change".
pub fn step(before: &Project, after: &Project, changes: &[Change]) -> BTreeMap<RepoPath, String> {
    let mut touched: BTreeMap<&RepoPath, Vec<&Alteration>> = BTreeMap::new();
    for change in changes {
        for path in change.files.keys() {
            touched.entry(path).or_default().extend(&change.alters);
        }
    }
    let broken = touched.into_par_iter().filter_map(|(path, alters)| {
        let objection = file(before.file(path.as_str())?, after.file(path.as_str())?, &alters)?;
        Some((path.clone(), format!("{objection} in {path}")))
    });
    // A file that is new has nothing to keep; it must only be right.
    let made = changes.par_iter().flat_map_iter(|it| it.files.keys()).filter_map(|path| {
        let (None, Some(file)) = (before.file(path.as_str()), after.file(path.as_str())) else {
            return None;
        };
        let error = file.dockerfile()?.errors.first()?;
        Some((path.clone(), format!("creates {path} with an error: {}", error.message)))
    });
    broken.chain(made).collect()
}

fn file(before: &File, after: &File, alters: &[&Alteration]) -> Option<String> {
    match (before.dockerfile(), after.dockerfile()) {
        (Some(before), Some(after)) => dockerfile(before, after, alters),
        _ => {
            let mut problems = after.callers().problems.iter();
            let old: Vec<_> = before.callers().problems.iter().map(|it| &it.message).collect();
            let new = problems.find(|it| !old.contains(&&it.message))?;
            Some(format!("brings an error ({})", new.message))
        }
    }
}

/// What `after` lost or broke of `before`, beyond what a change says it alters.
pub fn dockerfile(
    before: &Dockerfile,
    after: &Dockerfile,
    alters: &[&Alteration],
) -> Option<String> {
    if !tiles(after) {
        return Some("loses bytes".to_owned());
    }
    let errors = |it: &Dockerfile| it.errors.iter().map(|it| it.message.clone()).collect();
    if let Some(error) = missing(errors(after), errors(before)) {
        return Some(format!("brings an error ({error})"));
    }
    if let Some(comment) = missing(comments(before), comments(after)) {
        return Some(format!("loses a comment ({comment})"));
    }
    if let Some(directive) = missing(directives(before), directives(after)) {
        return Some(format!("loses a directive ({directive})"));
    }
    // A blueprint is what tells these apart from mistakes.
    let restructures = |it: &&&Alteration| {
        matches!(it, Alteration::Split { .. } | Alteration::Moved { .. } | Alteration::Config(_))
    };
    if alters.iter().any(|it| restructures(&it)) {
        return None;
    }
    let altered: BTreeSet<&str> = alters
        .iter()
        .filter_map(|it| match it {
            Alteration::Env(name) => Some(name.as_str()),
            _ => None,
        })
        .collect();
    let (before, after) = (config(before, &altered), config(after, &altered));
    let keys: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let (stage, keyword) = keys.into_iter().find(|it| before.get(it) != after.get(it))?;
    Some(match keyword {
        Keyword::From => "alters the stages".to_owned(),
        keyword => format!("alters {keyword} of stage {stage}"),
    })
}

/// Whether edits lie within the text, on character boundaries, and do not depend on their order.
fn fit(text: &str, edits: &[Edit]) -> bool {
    let inside = edits.iter().all(|it| text.get(it.span.clone()).is_some());
    let mut sorted: Vec<&Edit> = edits.iter().collect();
    sorted.sort_by_key(|it| (it.span.start, it.span.end));
    inside && sorted.windows(2).all(|it| !it[0].conflicts(it[1]))
}

fn tiles(dockerfile: &Dockerfile) -> bool {
    let mut at = 0;
    let in_order = dockerfile.items.iter().all(|it| {
        let follows = it.span.start == at;
        at = it.span.end;
        follows
    });
    in_order && at == dockerfile.source.len()
}

/// The first of `these` that `those` have not as often.
fn missing(these: Vec<String>, those: Vec<String>) -> Option<String> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for it in those {
        *counts.entry(it).or_default() += 1;
    }
    these.into_iter().find(|it| match counts.get_mut(it) {
        Some(count) if 0 < *count => {
            *count -= 1;
            false
        }
        _ => true,
    })
}

/// The text of every line that is a comment, also of those inside instructions.
fn comments(dockerfile: &Dockerfile) -> Vec<String> {
    let mut comments = Vec::new();
    for item in &dockerfile.items {
        let first = match item.kind {
            Kind::Comment => 0,
            Kind::Instruction(_) => 1,
            Kind::Blank | Kind::Directive(_) => continue,
        };
        let lines = dockerfile.source[item.span.clone()].lines().skip(first);
        let lines = lines.map(|it| it.trim_start_matches('\u{feff}').trim());
        comments.extend(lines.filter(|it| it.starts_with('#')).map(str::to_owned));
    }
    comments
}

fn directives(dockerfile: &Dockerfile) -> Vec<String> {
    let directives = dockerfile.items.iter().filter_map(|it| match &it.kind {
        Kind::Directive(it) => Some(format!("{}={}", it.name, it.value)),
        _ => None,
    });
    directives.collect()
}

/// What the stages leave in their images' configuration, in order, by stage and instruction.
fn config(
    dockerfile: &Dockerfile,
    altered: &BTreeSet<&str>,
) -> BTreeMap<(usize, Keyword), Vec<String>> {
    use Keyword::{
        Cmd, Entrypoint, Env, Expose, From, Healthcheck, Label, Onbuild, Shell, Stopsignal, User,
        Volume, Workdir,
    };
    let mut config: BTreeMap<_, Vec<String>> = BTreeMap::new();
    let mut stage = 0;
    for (_, instruction) in dockerfile.instructions() {
        let keyword = instruction.keyword;
        match keyword {
            From => {
                stage += 1;
                config.entry((0, From)).or_default().push(arguments(instruction));
            }
            Env => {
                let pairs = instruction.pairs().into_iter();
                let kept = pairs.filter(|it| !altered.contains(it.name.as_str()));
                let pairs = kept.map(|it| format!("{}={}", it.name, it.value.unwrap_or_default()));
                let pairs: Vec<_> = pairs.collect();
                if !pairs.is_empty() {
                    config.entry((stage, Env)).or_default().extend(pairs);
                }
            }
            Cmd | Entrypoint | Expose | Healthcheck | Label | Onbuild | Shell | Stopsignal
            | User | Volume | Workdir => {
                config.entry((stage, keyword)).or_default().push(arguments(instruction));
            }
            _ => {}
        }
    }
    config
}

/// The arguments of an instruction as the builder reads them, in a form to compare.
fn arguments(instruction: &crate::dockerfile::Instruction) -> String {
    let flags: Vec<_> = instruction.flags.iter().map(|it| &it.text).collect();
    let form = if instruction.json().is_some() { "exec" } else { "shell" };
    let trigger = instruction.trigger.as_deref();
    let trigger = trigger.map(|it| format!("{} {}", it.keyword, arguments(it))).unwrap_or_default();
    format!("{flags:?} {form} {:?} {trigger}", instruction.values())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn objection(before: &str, after: &str) -> Option<String> {
        dockerfile(&Dockerfile::parse(before), &Dockerfile::parse(after), &[])
    }

    #[test]
    fn what_a_change_may_do() {
        let before = "FROM a AS x\nENV A=1 \\\n # why\n B=2\nRUN a\nCMD [\"a\"]\n";
        let after = "# syntax=docker/dockerfile:1\nFROM a AS x\nRUN b\n# why\nENV A=1\nENV B=2\nCMD [ \"a\" ]";
        assert_eq!(objection(before, after), None);
    }

    #[test]
    fn what_no_change_may_do() {
        let before =
            "FROM a\n# one\nRUN a \\\n  # two\n  b\nUSER x\nONBUILD COPY . /a\nCMD [\"a\"]\n";
        let cases = [
            ("FROM a\n", "FROM b\n", "alters the stages"),
            ("FROM a\n", "FROM a AS c\nFROM a\n", "alters the stages"),
            ("# one\n", "", "loses a comment (# one)"),
            ("  # two\n", "", "loses a comment (# two)"),
            ("USER x\n", "", "alters USER of stage 1"),
            ("COPY . /a", "ADD . /a", "alters ONBUILD of stage 1"),
            ("CMD [\"a\"]", "CMD a", "alters CMD of stage 1"),
            ("USER x\n", "USER x\nENV A\n", "brings an error (ENV must have two arguments)"),
        ];
        for (from, to, expected) in cases {
            let after = before.replacen(from, to, 1);
            assert_eq!(objection(before, &after).as_deref(), Some(expected), "{after}");
        }
    }

    #[test]
    fn the_environment_changes_only_where_a_change_says_so() {
        let parse = |it: &str| Dockerfile::parse(it);
        let (before, after) = (parse("FROM a\nENV A=1 B=2\n"), parse("FROM a\nENV B=2\n"));
        assert!(dockerfile(&before, &after, &[]).is_some());
        assert_eq!(dockerfile(&before, &after, &[&Alteration::Env("A".to_owned())]), None);
    }
}
