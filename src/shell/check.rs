//! Every edit is tried before it is handed out.
//!
//! A refactoring that goes wrong must not reach a file. So each edit is applied to the instruction
//! alone, read again, and must have changed the commands as it was meant to and nothing else: a `[` that
//! comes to stand first may make the instruction exec form, a lost line end may join two instructions.

use super::{Command, Scope, Script};
use crate::{
    dockerfile::Dockerfile,
    text::{Edit, apply},
};

/// A command apart from its place.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) words: Vec<String>,
    others: Vec<String>,
}

impl Shape {
    pub(super) fn of(command: &Command) -> Self {
        let words = command.words.iter().map(|it| it.raw.clone()).collect();
        let assigned = command.assignments.iter().map(|it| format!("{}={}", it.name, it.value.raw));
        let redirects =
            command.redirects.iter().map(|it| format!("{}{}", it.operator, it.target.raw));
        let descriptors = command.redirects.iter().map(|it| format!("{:?}", it.descriptor));
        let scope = std::iter::once(format!("{:?} {}", command.scope, command.stages));
        Self { words, others: assigned.chain(redirects).chain(descriptors).chain(scope).collect() }
    }
}

impl Shape {
    /// The condition of an `if` at the top level, one command without expansions but of variables.
    pub(super) fn test(condition: &str) -> Self {
        let words = condition.split(' ').map(str::to_owned).collect();
        Self { words, others: vec![format!("{:?} 1", [Scope::IfCondition])] }
    }
}

impl Script {
    pub(super) fn shapes(&self) -> Vec<Shape> {
        self.commands.iter().map(Shape::of).collect()
    }

    pub(super) fn index_of(&self, command: &Command) -> Option<usize> {
        self.commands.iter().position(|it| it.span == command.span)
    }

    /// The edits, when they make exactly these commands of the script and leave all else as it is.
    pub(super) fn checked(&self, edits: Vec<Edit>, expected: &[Shape]) -> Option<Vec<Edit>> {
        self.checked_with(edits, expected, &|before, after| before == after)
    }

    /// [`Script::checked`] with another rule for comments: of those before, and those after.
    pub(super) fn checked_with(
        &self,
        edits: Vec<Edit>,
        expected: &[Shape],
        keeps: &dyn Fn(&[&str], &[&str]) -> bool,
    ) -> Option<Vec<Edit>> {
        let inside = |it: &Edit| self.item.start <= it.span.start && it.span.end <= self.item.end;
        if !edits.iter().all(inside) {
            return None;
        }
        let moved = edits.iter().map(|it| {
            let span = it.span.start - self.item.start..it.span.end - self.item.start;
            Edit::replace(span, it.text.clone())
        });
        let before = &self.source[self.item.clone()];
        let after = apply(before, &moved.collect::<Vec<_>>());
        // An instruction that continues at the end of its file swallows whatever comes.
        let followed = self.alone(before, NEXT);
        let (next, old) = match followed.instructions().count() {
            2 => (NEXT, followed),
            _ => ("", self.alone(before, "")),
        };
        let new = self.alone(&after, next);
        let (_, instruction) = new.instructions().next()?;
        let instruction = instruction.trigger.as_deref().unwrap_or(instruction);
        let script = Self::of(&new, instruction).ok()?;
        let (before, after): (Vec<&str>, Vec<&str>) =
            (comments(&old.source).collect(), comments(&new.source).collect());
        let same = old.instructions().count() == new.instructions().count()
            && keeps(&before, &after)
            && script.shapes() == expected;
        same.then_some(edits)
    }

    /// An instruction in a separate file, followed by `next`.
    fn alone(&self, instruction: &str, next: &str) -> Dockerfile {
        let directive = if self.backtick { "# escape=`\n" } else { "" };
        let end = if instruction.ends_with('\n') || next.is_empty() { "" } else { "\n" };
        Dockerfile::parse([directive, instruction, end, next].concat())
    }
}

/// An instruction that must stay one of its own.
const NEXT: &str = "USER refit\n";

fn comments(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|it| it.starts_with('#'))
}
