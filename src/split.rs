//! Parts of a RUN's script: what comes before the source, and what comes after.

use crate::{
    dockerfile::{Dockerfile, Kind},
    shell::Script,
    text,
};

/// A RUN on its own, for edits that are made one after another.
pub struct Part {
    /// Its text.
    text: String,
    escape: char,
}

impl Part {
    /// The RUN of this text, in a file with this escape character.
    pub fn new(text: &str, escape: char) -> Self {
        Self { text: text.to_owned(), escape }
    }

    /// The text.
    pub fn into_text(self) -> String {
        self.text
    }

    /// Takes out the pipelines of the commands at these indices; `None` when one cannot go.
    #[must_use]
    pub fn without(mut self, commands: &[usize]) -> Option<Self> {
        let mut commands = commands.to_vec();
        commands.sort_unstable();
        // From the last to the first, so that the indices of the others stay.
        let mut removed = usize::MAX;
        for index in commands.into_iter().rev() {
            let count = self.edit(|script| {
                script.commands().get(index).map(|it| it.pipeline.clone()).map(|_| Vec::new())
            })?;
            if removed <= index || count <= index {
                continue;
            }
            self.edit(|script| script.remove_pipeline(&script.commands()[index]))?;
            removed = index;
        }
        Some(self)
    }

    /// Adds words to the command at an index.
    #[must_use]
    pub fn with_words(mut self, command: usize, words: &[&str]) -> Option<Self> {
        self.edit(|script| {
            Some(vec![script.append_words(script.commands().get(command)?, words)?])
        })?;
        Some(self)
    }

    /// Edits the text by what `edits` makes of its script; the number of commands before.
    fn edit(&mut self, edits: impl FnOnce(&Script) -> Option<Vec<text::Edit>>) -> Option<usize> {
        let head = if self.escape == '`' { "# escape=`\n" } else { "" };
        let source = format!("{head}{}", self.text);
        let dockerfile = Dockerfile::parse(source.as_str());
        let run = dockerfile.items.iter().find_map(|it| match &it.kind {
            Kind::Instruction(it) => Some(it),
            _ => None,
        })?;
        let script = Script::of(&dockerfile, run).ok()?;
        let count = script.commands().len();
        let edits = edits(&script)?;
        text::apply(&source, &edits)[head.len()..].clone_into(&mut self.text);
        Some(count)
    }
}
