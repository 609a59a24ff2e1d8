//! What the words of a start script stand for.

use super::Image;
use crate::{
    shell::{Script, Word},
    text::Span,
};

/// How many variables deep a word is followed.
const DEPTH: usize = 8;

/// The values of the words of a script that a container of an image runs.
pub(super) struct Values<'v, 'i> {
    /// The image.
    pub image: &'v Image<'i>,
    /// The script.
    pub script: &'v Script,
}

impl Values<'_, '_> {
    /// The value of a word of a command that stands at a place of the script; `None` if it is not known.
    pub(super) fn value(&self, word: &Word, at: &Span) -> Option<String> {
        self.resolve(word, at, false, DEPTH)
    }

    /// The same if no compose service sets a variable in it.
    pub(super) fn sure(&self, word: &Word, at: &Span) -> Option<String> {
        self.resolve(word, at, true, DEPTH)
    }

    fn resolve(&self, word: &Word, at: &Span, is_sure: bool, depth: usize) -> Option<String> {
        let depth = depth.checked_sub(1)?;
        let mut constants = Vec::new();
        for name in word.variables() {
            if is_sure && self.image.is_told(&name) {
                return None;
            }
            if !self.script.assigns(&name) {
                continue;
            }
            let (value, place) = self.script.constant(&name)?;
            // In `A=${A:-1}`, it is that of the environment.
            if place == *at {
                continue;
            }
            if at.start < place.end {
                return None;
            }
            constants.push((name, self.resolve(&value, &place, true, depth)?));
        }
        word.resolve(&|name| {
            let constant = constants.iter().find(|it| it.0 == name).map(|it| it.1.clone());
            constant.or_else(|| self.image.variable(name))
        })
    }
}
