//! What comments say of the caches: that they are wanted in the image, or that they are emptied.

use std::ops::Range;

use super::Caches;
use crate::{
    dockerfile::Kind,
    ecosystems::{MANAGERS, system},
    project::change::Alteration,
    run::Site,
    shell::Command,
    text::Refusal,
};

/// What a comment has that wants a cache in the image.
const WANTED: &[&str] = &[
    "in-image",
    "in the image",
    "in image",
    "into the image",
    "persist",
    "baked",
    "prime",
    "warm",
];

/// What a comment has that tells of a cache that is emptied or turned off.
const EMPTIED: &[&str] = &[
    "avoid", "clean", "clear", "delet", "disabl", "discard", "do not", "don't", "empt", "no cache",
    "no-cache", "not ", "prun", "purg", "remov", "smaller", "without",
];

impl Caches<'_> {
    /// The line of a comment that says that a cache is in the image on purpose.
    pub(super) fn wanted_by(&self, site: &Site<'_>) -> Option<String> {
        let items = &site.dockerfile.items;
        let is_comment = |at: usize| matches!(items[at].kind, Kind::Comment);
        let starts = |at: &usize| is_comment(*at) && (*at == 0 || !is_comment(at - 1));
        let blocks = (0..items.len()).filter(starts).map(|from| {
            let rest = from..items.len();
            from..rest.take_while(|it| is_comment(*it)).last().map_or(from, |it| it + 1)
        });
        let above = site.dockerfile.comments_above(self.run.item);
        let wants = |block: &Range<usize>| {
            let text = site.dockerfile.text_of(block.clone()).to_lowercase();
            let is_near = block.end == above.end && !above.is_empty();
            has_any(&text, WANTED)
                && !has_any(&text, EMPTIED)
                && self.is_named_in(&text)
                && (is_near || self.managers().iter().any(|it| has_word(&text, it)))
        };
        blocks.filter(|it| wants(it)).map(|it| site.line(it.start)).next()
    }

    /// The line of a comment on the RUN that speaks of caches, mounts or builds without network: whoever wrote it has
    /// thought about the matter.
    pub(super) fn spoken_of(&self, site: &Site<'_>) -> Option<String> {
        let dockerfile = site.dockerfile;
        let speaks = |text: &str| {
            let is_prose = is_prose(&text.trim_start());
            let text = text.to_lowercase();
            let own = self.managers();
            let others = MANAGERS.iter().flat_map(|it| it.programs).chain(&system::PROGRAMS);
            let is_others = others.filter(|it| !own.contains(it)).any(|it| has_word(&text, it));
            let words = ["cache", "caching", "mount", "offline"];
            is_prose
                && words.iter().any(|it| has_word(&text, it))
                && (!is_others || own.iter().any(|it| has_word(&text, it)))
        };
        let mut above = dockerfile.comments_above(self.run.item);
        let above = above.find(|it| speaks(dockerfile.text(*it)));
        let inside = || {
            let mut lines = dockerfile.text(self.run.item).lines();
            let speaks = lines.any(|it| it.trim_start().starts_with('#') && speaks(it));
            speaks.then_some(self.run.item)
        };
        above.or_else(inside).map(|it| site.line(it))
    }

    /// No comment on the RUN, or on a command of it that changes, may tell of what goes: it would be left without
    /// its subject.
    pub(super) fn check_remarks(&self, site: &Site<'_>) -> Result<(), Refusal> {
        let (edits, alters) = self.let_fill()?;
        if edits.is_empty() {
            return Ok(());
        }
        let above = site.dockerfile.comments_above(self.run.item);
        let above: String = above.map(|it| site.dockerfile.text(it)).filter(is_prose).collect();
        let changes = |it: &&Command| alters.contains(&Alteration::Pipeline(it.pipeline.clone()));
        let commands = self.run.script.commands().iter().filter(changes);
        let commands: Vec<&Command> = commands.collect();
        if let Some(comment) = commands.iter().find_map(|it| self.run.script.orphan(it, &edits)) {
            let text = self.run.text(comment).trim().to_owned();
            let reason =
                format!("without the command below it, the comment `{text}` would say nothing");
            return Err(Refusal::new("cache-emptied", reason));
        }
        let inside = commands.iter().flat_map(|it| self.run.script.remove_comments(it));
        let inside = inside.map(|it| self.run.text(it.span).to_lowercase());
        match [above.to_lowercase()].into_iter().chain(inside).any(|it| self.tells_of_less(&it)) {
            true => Err(Refusal::new(
                "cache-emptied",
                "a comment tells of the cache that is emptied or turned off",
            )),
            false => Ok(()),
        }
    }

    /// Whether a comment tells of a cache that is emptied or turned off, and not of another's alone.
    fn tells_of_less(&self, text: &str) -> bool {
        let own = self.managers();
        let others = MANAGERS.iter().flat_map(|it| it.programs).chain(&system::PROGRAMS);
        let mut others = others.filter(|it| !own.contains(it));
        let is_named = own.iter().any(|it| has_word(text, it));
        text.contains("cache")
            && has_any(text, EMPTIED)
            && (is_named || !others.any(|it| has_word(text, it)))
    }

    /// Whether a text speaks of a cache, by the word or by the name of its folder.
    fn is_named_in(&self, text: &str) -> bool {
        let mut names = self.locations.iter().map(|it| it.root.file_name());
        // A folder may be called like its manager, which says nothing.
        has_word(text, "cache")
            || names.any(|it| !self.managers().contains(&it) && has_word(text, it))
    }
}

/// Whether a comment is none that keeps an instruction for later.
fn is_prose(comment: &&str) -> bool {
    let text = comment.trim_start_matches(['#', ' ']);
    !["RUN ", "&&"].iter().any(|it| text.starts_with(it))
}

fn has_any(text: &str, parts: &[&str]) -> bool {
    parts.iter().any(|it| text.contains(it))
}

fn has_word(text: &str, word: &str) -> bool {
    let mut words = text.split(|it: char| !it.is_alphanumeric() && it != '_');
    words.any(|it| it.strip_suffix('s').unwrap_or(it) == word || it == word)
}
