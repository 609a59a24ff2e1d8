//! The scripts of a Dockerfile after an edit elsewhere in it: they are what they were, in another place.

use std::{collections::HashMap, ops::Range, sync::Arc};

use super::{Command, Directory, GroupRedirect, Pipeline, Redirect, Script, Word};
use crate::{dockerfile::Dockerfile, text::Span};

/// The scripts of an earlier text of a Dockerfile, by the text of their instructions.
#[derive(Debug, Default)]
pub struct Earlier(HashMap<Box<str>, Arc<Script>>);

impl Earlier {
    /// Those that were read of this text, and of those before it.
    pub fn of(dockerfile: &Dockerfile) -> Self {
        let before: &Arc<Self> = dockerfile.memo.get(Arc::default);
        let scripts = before.0.values().chain(Script::known(dockerfile));
        Self(scripts.map(|it| (it.source[it.item.clone()].into(), Arc::clone(it))).collect())
    }

    /// The script of the RUN whose lines these are, which is where they are; `None` if there was none with this text,
    /// or one that was read in another way.
    pub(super) fn moved(&self, dockerfile: &Dockerfile, item: &Span) -> Option<Arc<Script>> {
        let known = self.0.get(&dockerfile.source[item.clone()])?;
        let is_alike = known.backtick == (dockerfile.escape == '`');
        is_alike.then(|| Arc::new(known.moved(Arc::clone(&dockerfile.source), item.start)))
    }
}

impl Script {
    /// The same script where its instruction starts at another byte, of another text.
    fn moved(&self, source: Arc<str>, start: usize) -> Self {
        let by = Move { from: self.item.start, to: start };
        let mut moved = Self { source, ..self.clone() };
        by.span(&mut moved.region);
        by.span(&mut moved.item);
        moved.commands.iter_mut().for_each(|it| by.command(it));
        moved.pipelines.iter_mut().for_each(|it| by.pipeline(it));
        for GroupRedirect { redirect, directory } in &mut moved.group_redirects {
            by.redirect(redirect);
            by.directory(directory);
        }
        moved
    }
}

/// How far bytes move.
#[derive(Clone, Copy)]
struct Move {
    from: usize,
    to: usize,
}

impl Move {
    fn byte(self, at: usize) -> usize {
        at - self.from + self.to
    }

    fn span(self, Range { start, end }: &mut Span) {
        (*start, *end) = (self.byte(*start), self.byte(*end));
    }

    fn word(self, it: &mut Word) {
        self.span(&mut it.span);
    }

    fn redirect(self, Redirect { target, span, descriptor: _, operator: _ }: &mut Redirect) {
        self.word(target);
        self.span(span);
    }

    fn directory(self, it: &mut Directory) {
        match it {
            Directory::Into(targets) => targets.iter_mut().for_each(|it| self.word(it)),
            Directory::Unknown => {}
        }
    }

    fn command(self, command: &mut Command) {
        for it in &mut command.assignments {
            self.word(&mut it.value);
            self.span(&mut it.span);
        }
        command.words.iter_mut().for_each(|it| self.word(it));
        command.redirects.iter_mut().for_each(|it| self.redirect(it));
        self.span(&mut command.span);
        self.span(&mut command.pipeline);
        self.directory(&mut command.directory);
    }

    fn pipeline(self, pipeline: &mut Pipeline) {
        self.span(&mut pipeline.span);
        for it in pipeline.before.iter_mut().chain(&mut pipeline.after) {
            self.span(&mut it.span);
        }
        if let Some(it) = &mut pipeline.next {
            *it = self.byte(*it);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_that_moved_is_as_if_it_were_read_there() {
        let runs = [
            "RUN a && b | c > d ; cd e\n",
            "RUN A=1 B=\"$x y\" cmd <in 2>&1 \\\n  # note\n  || { f; g; } >> h &\n",
            "RUN if a; then cd b && c; else d; fi && for i in 1 2; do e \"$i\"; done\n",
            "RUN <<END\ncd /a\nb 'c d' > \\\n e\nEND\n",
            "ONBUILD RUN --mount=type=cache,target=/c a; b\n",
            "RUN é && cd \"ü x\" && ! (a; b) | c\n",
        ];
        let (before, after) = ("FROM a\n", "# more\nFROM a AS b\nRUN before\n");
        for run in runs {
            let old = Dockerfile::parse([before, run].concat());
            let read = (0..old.items.len()).filter(|it| Script::at(&old, *it).is_ok()).count();
            assert_eq!(read, usize::from(!run.starts_with("ONBUILD")), "{run}");
            let earlier = Earlier::of(&old);
            let new = Dockerfile::parse([after, run].concat());
            let at = new.items.len() - 1;
            let item = new.items[at].span.clone();
            let moved = earlier.moved(&new, &item).map(|it| format!("{it:?}"));
            let again = Script::at(&new, at).ok().map(|it| format!("{it:?}"));
            assert_eq!(moved, again, "{run}");
        }
    }

    #[test]
    fn another_escape_character_is_another_script() {
        let old = Dockerfile::parse("FROM a\nRUN b c\n");
        assert!(Script::at(&old, 1).is_ok());
        let new = Dockerfile::parse("# escape=`\nFROM a\nRUN b c\n");
        assert!(Earlier::of(&old).moved(&new, &new.items[2].span).is_none());
    }
}
