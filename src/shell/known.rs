//! The scripts of RUNs that were read: those of one text are read once, wherever they stand.
//!
//! A repository has the same RUN in many Dockerfiles, an edit leaves most RUNs of its file as they were, and what an
//! edit makes of a RUN is read before it is handed out. Reading shell is the longest part of a run.

use std::{
    ops::Range,
    sync::{Arc, LazyLock, PoisonError, RwLock},
};

use foldhash::HashMap;

use super::{Command, Directory, GroupRedirect, NotShell, Pipeline, Redirect, Script, Word};
use crate::{
    dockerfile::{Dockerfile, Instruction},
    text::Span,
};

/// The most scripts that are kept, however large a repository is.
const MOST: usize = 8192;

/// What the lines of an instruction are to a shell, by their text and the escape character of their file.
type Known = HashMap<(Box<str>, char), Result<Arc<Script>, NotShell>>;

static KNOWN: LazyLock<RwLock<Known>> = LazyLock::new(RwLock::default);

/// The script of a RUN, read if it is not known from elsewhere.
pub(super) fn script(
    dockerfile: &Dockerfile,
    instruction: &Instruction,
) -> Result<Arc<Script>, NotShell> {
    let at = instruction.keyword_span.start;
    let item = dockerfile.items.partition_point(|it| it.span.end <= at);
    let whole = 0..dockerfile.source.len();
    let item = dockerfile.items.get(item).map_or(whole, |it| it.span.clone());
    let key = (Box::from(&dockerfile.source[item.clone()]), dockerfile.escape);
    let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
    if let Some(known) = known {
        return Ok(known?.moved(&dockerfile.source, item.start));
    }
    let script = Script::read(dockerfile, instruction, item).map(Arc::new);
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    if known.len() < MOST {
        known.insert(key, script.clone());
    }
    script
}

impl Script {
    /// The same script where its instruction starts at another byte, of another text.
    fn moved(self: Arc<Self>, source: &Arc<str>, start: usize) -> Arc<Self> {
        if Arc::ptr_eq(&self.source, source) && self.item.start == start {
            return self;
        }
        let by = Move { from: self.item.start, to: start };
        let mut moved = Self { source: Arc::clone(source), ..Self::clone(&self) };
        by.span(&mut moved.region);
        by.span(&mut moved.item);
        moved.commands.iter_mut().for_each(|it| by.command(it));
        moved.pipelines.iter_mut().for_each(|it| by.pipeline(it));
        for GroupRedirect { redirect, directory } in &mut moved.group_redirects {
            by.redirect(redirect);
            by.directory(directory);
        }
        Arc::new(moved)
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

    fn word(self, word: &mut Word) {
        self.span(&mut word.span);
    }

    fn redirect(self, Redirect { target, span, descriptor: _, operator: _ }: &mut Redirect) {
        self.word(target);
        self.span(span);
    }

    fn directory(self, directory: &mut Directory) {
        match directory {
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

    /// The script of the last instruction: as it is handed out, and as it is read in its place.
    fn both(text: &str) -> (String, String) {
        let dockerfile = Dockerfile::parse(text);
        let item = dockerfile.items.last().unwrap().span.clone();
        let (_, instruction) = dockerfile.instructions().last().unwrap();
        let instruction = instruction.trigger.as_deref().unwrap_or(instruction);
        let known = Script::of(&dockerfile, instruction).unwrap();
        let read = Script::read(&dockerfile, instruction, item).unwrap();
        (format!("{known:?}"), format!("{read:?}"))
    }

    #[test]
    fn a_script_that_is_known_is_as_if_it_were_read_in_its_place() {
        let runs = [
            "RUN a && b | c > d ; cd e\n",
            "RUN A=1 B=\"$x y\" cmd <in 2>&1 \\\n  # note\n  || { f; g; } >> h &\n",
            "RUN if a; then cd b && c; else d; fi && for i in 1 2; do e \"$i\"; done\n",
            "RUN <<END\ncd /a\nb 'c d' > \\\n e\nEND\n",
            "ONBUILD RUN --mount=type=cache,target=/c a; b\n",
            "RUN é && cd \"ü x\" && ! (a; b) | c\n",
        ];
        for run in runs {
            for before in ["FROM a\n", "# more\nFROM a AS b\nRUN before\n", "FROM é\n"] {
                let (known, read) = both(&[before, run].concat());
                assert_eq!(known, read, "{run}");
            }
        }
    }

    #[test]
    fn another_escape_character_makes_another_script() {
        let run = "FROM a\nRUN echo `\n  a\n";
        let (known, read) = both(&["# escape=`\n", run].concat());
        assert_eq!(known, read);
        let dockerfile = Dockerfile::parse(run);
        assert_eq!(Script::at(&dockerfile, 1).err(), Some(NotShell::Unparsable));
    }
}
