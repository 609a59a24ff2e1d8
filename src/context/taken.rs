//! What the steps of a Dockerfile take from the build context: BuildKit is sent that and no more.

use std::collections::BTreeSet;

use super::{is_whole, taken};
use crate::{
    dockerfile::{
        Dockerfile, Instruction,
        stage::{Base, Stage},
    },
    ecosystems::images::stages,
    project::{Project, tree},
    text::RepoPath,
};

/// A source of a COPY, an ADD or a bind mount of the context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Take {
    /// The index of the instruction among the items.
    pub item: usize,
    /// The source; `*` stands for variables whose values are not known.
    pub source: String,
}

struct Takes(Vec<Take>);

/// What a Dockerfile takes from its context, in order; found once.
pub fn takes(dockerfile: &Dockerfile) -> &[Take] {
    let Takes(takes) = dockerfile.memo.get(|| Takes(takes_of(dockerfile, None)));
    takes
}

/// What a Dockerfile takes from the context that a build gives this name, in order: with `FROM`, all of it.
pub fn takes_from(dockerfile: &Dockerfile, name: &str) -> Vec<Take> {
    let mut takes = takes_of(dockerfile, Some(name));
    let is_named = |it: &Stage<'_>| matches!(it.base, Base::Image(base) if base == name);
    let bases = stages(dockerfile).into_iter().filter(is_named);
    takes.extend(bases.map(|it| Take { item: it.from, source: ".".to_owned() }));
    takes
}

fn takes_of(dockerfile: &Dockerfile, from: Option<&str>) -> Vec<Take> {
    let mut takes = Vec::new();
    for stage in stages(dockerfile) {
        for (item, _, it) in stage.instructions() {
            let sources = sources(&stage, item, it, from);
            takes.extend(sources.into_iter().map(|source| Take { item, source }));
        }
    }
    takes
}

/// What an instruction of a stage takes of the context, or of the one of this name; `*` stands for variables whose
/// values are not known.
pub fn sources(
    stage: &Stage<'_>,
    item: usize,
    instruction: &Instruction,
    from: Option<&str>,
) -> Vec<String> {
    let raw = taken(instruction, from);
    if raw.is_empty() {
        return raw;
    }
    let (state, escape) = (stage.state_before(item), stage.dockerfile.escape);
    let expand = |it: String| state.expand(&it, escape).unwrap_or_else(|| guessed(&it));
    raw.into_iter().map(expand).collect()
}

/// The files on disk that a build of a Dockerfile from a folder makes use of, its ignore file aside: whether it takes a
/// path, which is seen from that folder.
pub struct Wanted {
    /// The files and folders that it takes, seen from the context.
    sources: BTreeSet<String>,
}

impl Wanted {
    /// What the steps of a Dockerfile take from a folder of the project.
    pub fn of(project: &Project, takes: &[Take], context: &RepoPath) -> Self {
        let mut sources = BTreeSet::new();
        for take in takes {
            if is_whole(&take.source) {
                sources.insert(String::new());
                continue;
            }
            let found = tree::sources(project.tree(), context, &take.source);
            sources
                .extend(found.iter().filter_map(|it| it.strip_prefix(context)).map(str::to_owned));
        }
        Self { sources }
    }

    /// Returns true if a path is taken, or lies in a folder that is.
    pub fn takes(&self, path: &str) -> bool {
        let ends = path.match_indices('/').map(|it| it.0).chain([path.len()]);
        self.sources.contains("") || ends.into_iter().any(|it| self.sources.contains(&path[..it]))
    }

    /// Returns true if a path lies in a folder that is taken, and is not named itself.
    pub fn takes_with_folder(&self, path: &str) -> bool {
        let ends = path.match_indices('/').map(|it| it.0);
        self.sources.contains("") || ends.into_iter().any(|it| self.sources.contains(&path[..it]))
    }
}

/// A source of which a variable is not known, as a pattern.
fn guessed(source: &str) -> String {
    let mut pattern = String::new();
    let mut rest = source;
    while let Some((before, after)) = rest.split_once('$') {
        pattern += before;
        pattern.push('*');
        rest = match after.strip_prefix('{') {
            Some(inside) => inside.split_once('}').map_or("", |it| it.1),
            None => after.trim_start_matches(|it: char| it.is_alphanumeric() || it == '_'),
        };
    }
    pattern + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_what_steps_name() {
        let text = "ARG D=lib\nFROM a\nARG D\nCOPY a.txt $D ./\nCOPY ${X}/b /\n\
                    RUN --mount=type=bind,target=/s make\nCOPY --from=b c .\n";
        let dockerfile = Dockerfile::parse(text);
        let sources: Vec<_> = takes(&dockerfile).iter().map(|it| it.source.as_str()).collect();
        assert_eq!(sources, ["a.txt", "lib", "*/b", "."]);
        assert_eq!(takes_from(&dockerfile, "b"), [Take { item: 6, source: "c".to_owned() }]);
        assert_eq!(takes_from(&dockerfile, "a"), [Take { item: 1, source: ".".to_owned() }]);
    }

    #[test]
    fn a_folder_is_taken_with_what_it_holds() {
        let path = |it: &str| RepoPath::new(it).unwrap();
        let text = "FROM a\nCOPY src main.py ./\n";
        let files = ["Dockerfile", "main.py", "src/a/b.py", "tests/c.py"];
        let project = Project::new(files.map(|it| (path(it), text.to_owned())));
        let dockerfile = Dockerfile::parse(text);
        let wanted = Wanted::of(&project, takes(&dockerfile), &RepoPath::root());
        let rows =
            [("main.py", true, false), ("src/a/b.py", true, true), ("tests/c.py", false, false)];
        for (file, taken, with_folder) in rows {
            assert_eq!(
                (wanted.takes(file), wanted.takes_with_folder(file)),
                (taken, with_folder),
                "{file}"
            );
        }
    }
}
