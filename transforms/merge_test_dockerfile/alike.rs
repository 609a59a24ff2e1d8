//! Whether two instructions of two files are one.

use crate::{
    dockerfile::{Dockerfile, Instruction, Keyword},
    shell::one_line,
};

/// Whether two instructions say the same, whatever their layout and comments.
///
/// The names of stages in them are compared as text, and a shell's words with their quotes.
pub fn is_same(one: (&Dockerfile, &Instruction), other: (&Dockerfile, &Instruction)) -> bool {
    let ((_, a), (_, b)) = (one, other);
    a.keyword == b.keyword
        && a.keyword != Keyword::Onbuild
        && a.json().is_some() == b.json().is_some()
        && flags(a) == flags(b)
        && heredocs(one) == heredocs(other)
        && says(a) == says(b)
}

/// The builder flags, in an order of their own: the builder reads them in any.
pub fn flags(instruction: &Instruction) -> Vec<&str> {
    let mut flags: Vec<&str> = instruction.flags.iter().map(|it| it.text.as_str()).collect();
    flags.sort_unstable();
    flags
}

fn heredocs<'a>(
    (dockerfile, it): (&'a Dockerfile, &Instruction),
) -> Vec<(String, bool, bool, &'a str)> {
    let heredocs = it.heredocs.iter();
    heredocs
        .map(|it| (it.name.clone(), it.expand, it.chomp, &dockerfile.source[it.body.clone()]))
        .collect()
}

fn says(it: &Instruction) -> Vec<String> {
    use Keyword::{Arg, Cmd, Entrypoint, Env, From, Label, Run};
    match it.keyword {
        Run | Cmd | Entrypoint if it.json().is_none() => vec![one_line(it.text())],
        Env | Label | Arg => {
            let pairs = it.pairs().into_iter();
            let say = |it: crate::dockerfile::instruction::Pair| {
                format!("{} {:?} {}", it.name, it.value, it.legacy)
            };
            pairs.map(say).collect()
        }
        From => it.from().map(|it| it.image.to_owned()).into_iter().collect(),
        _ => it.values(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(one: &str, other: &str) -> bool {
        let (one, other) = (Dockerfile::parse(one), Dockerfile::parse(other));
        let (a, b) = (one.instructions().next().unwrap().1, other.instructions().next().unwrap().1);
        is_same((&one, a), (&other, b))
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
