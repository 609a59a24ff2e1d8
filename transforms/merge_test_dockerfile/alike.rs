//! Compares single instructions of two files.

use crate::{
    dockerfile::{Dockerfile, Instruction, Keyword, instruction::Pair},
    shell::one_line,
};

/// An instruction and the Dockerfile that holds its here-documents.
#[derive(Clone, Copy)]
pub struct InFile<'a> {
    /// The Dockerfile.
    pub dockerfile: &'a Dockerfile,
    /// The instruction.
    pub instruction: &'a Instruction,
}

/// Returns true if two instructions differ in layout and comments at most.
///
/// The names of stages in them are compared as text, and a shell's words with their quotes.
pub fn is_same(production: InFile<'_>, variant: InFile<'_>) -> bool {
    let (a, b) = (production.instruction, variant.instruction);
    a.keyword == b.keyword
        && a.keyword != Keyword::Onbuild
        && a.json().is_some() == b.json().is_some()
        && flags(a) == flags(b)
        && heredocs(production) == heredocs(variant)
        && arguments(a) == arguments(b)
}

/// The builder flags, sorted: the builder accepts them in any order.
pub fn flags(instruction: &Instruction) -> Vec<&str> {
    let mut flags: Vec<&str> = instruction.flags.iter().map(|it| it.text.as_str()).collect();
    flags.sort_unstable();
    flags
}

/// A here-document with its delimiter and whether it expands variables and strips tabs.
#[derive(PartialEq, Eq)]
struct Heredoc<'a> {
    name: &'a str,
    expand: bool,
    chomp: bool,
    body: &'a str,
}

fn heredocs(located: InFile<'_>) -> Vec<Heredoc<'_>> {
    let heredocs = located.instruction.heredocs.iter().map(|it| Heredoc {
        name: &it.name,
        expand: it.expand,
        chomp: it.chomp,
        body: &located.dockerfile.source[it.body.clone()],
    });
    heredocs.collect()
}

/// The arguments of an instruction without their layout.
fn arguments(instruction: &Instruction) -> Vec<String> {
    use Keyword::{Arg, Cmd, Entrypoint, Env, From, Label, Run};
    match instruction.keyword {
        Run | Cmd | Entrypoint if instruction.json().is_none() => {
            vec![one_line(instruction.text())]
        }
        Env | Label | Arg => {
            let write = |it: &Pair| format!("{} {:?} {}", it.name, it.value, it.legacy);
            instruction.pairs().iter().map(write).collect()
        }
        From => instruction.from().map(|it| it.image.to_owned()).into_iter().collect(),
        _ => instruction.values(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(production: &str, variant: &str) -> bool {
        let (production, variant) = (Dockerfile::parse(production), Dockerfile::parse(variant));
        is_same(first(&production), first(&variant))
    }

    fn first(dockerfile: &Dockerfile) -> InFile<'_> {
        let (_, instruction) = dockerfile.instructions().next().unwrap();
        InFile { dockerfile, instruction }
    }

    #[test]
    fn layout_and_comments_do_not_count() {
        assert!(same("RUN a   b \\\n    # why\n    && c\n", "run a b && c\n"));
        assert!(same("CMD [\"a\",\"b\"]\n", "CMD [ \"a\", \"b\" ]\n"));
        assert!(same("ENV A=1 \\\n  B=2\n", "ENV A=1 B=2\n"));
        assert!(same("COPY --link --chown=1 a  b\n", "COPY --chown=1 --link a b\n"));
        assert!(same("RUN <<E\na\nE\n", "RUN <<E\na\nE\n"));
    }

    #[test]
    fn everything_else_does() {
        assert!(!same("RUN echo 'a  b'\n", "RUN echo 'a b'\n"));
        assert!(!same("RUN a $(b  c)\n", "RUN a $(b c)\n"));
        assert!(!same("CMD [\"a\"]\n", "CMD a\n"));
        assert!(!same("RUN <<E\na\nE\n", "RUN <<E\nb\nE\n"));
        assert!(!same("ENV A 1\n", "ENV A=1\n"));
        assert!(!same("ONBUILD RUN a\n", "ONBUILD RUN a\n"));
    }
}
