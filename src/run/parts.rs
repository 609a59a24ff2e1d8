//! A RUN in two: what comes before the source, and what comes after.

use super::{Run, independence::Role};
use crate::{
    dockerfile::{Dockerfile, Kind},
    ecosystems::{self, Install, Source},
    shell::Script,
    text::{self, ImagePath, Refusal},
};

/// What to say where the commands of a RUN cannot be told apart.
pub const STUCK: &str = "its commands cannot be separated: a condition, `;` or `||` connects them";

/// A RUN in two: what can come before the source, and what must come after.
pub struct Parts<'r> {
    /// The installs that come before, by command.
    pub installs: Vec<(usize, &'r Install)>,
    /// The index of the first command that waits for the source.
    pub end: usize,
    /// The commands that only the first part has.
    before: Vec<usize>,
    /// The commands that the second part adds.
    after: Vec<usize>,
    /// Those of them that the first part has not.
    waits: Vec<usize>,
}

/// The texts of a RUN in two.
#[derive(Debug, Default)]
pub struct Texts {
    /// What takes the place of the RUN, when it changes.
    pub head: Option<String>,
    /// What comes after the source, when there is something.
    pub after: Option<String>,
    /// The flags that the first part has and the second has not.
    pub flags: Vec<&'static str>,
    /// Whether the first part is a step of its own, with commands that the RUN does not have.
    pub is_added: bool,
}

impl<'r> Parts<'r> {
    /// The parts of a RUN whose commands have these roles; `brought` tells whether something was put into a folder
    /// before.
    ///
    /// # Errors
    /// A decline's code and reason, when no install can come first.
    pub fn new(
        run: &Run<'_>,
        roles: &'r [Role],
        brought: &dyn Fn(&ImagePath) -> bool,
    ) -> Result<Self, Refusal> {
        let commands = run.script.commands();
        let waits = |it: &Role| match it {
            // What it downloads may come first, in a step of its own.
            Role::Install(it) => matches!(it.source, Source::Now(_) | Source::Fetch { .. }),
            it => *it == Role::MayRead,
        };
        let end = roles.iter().position(waits).unwrap_or(roles.len());
        let installs = roles[..end].iter().enumerate().filter_map(|(at, it)| match it {
            Role::Install(install) => Some((at, install)),
            _ => None,
        });
        let installs: Vec<(usize, &Install)> = installs.collect();
        let Some(last) = installs.iter().map(|it| it.0).max() else {
            return Err(match roles.get(end) {
                Some(Role::Install(Install { source: Source::Now(why), .. })) => why.clone(),
                _ => {
                    let text = commands.get(end).map_or("", |it| run.said(&it.span));
                    let text = text.lines().next().unwrap_or_default().trim();
                    Refusal::new("reads-source", format!("`{text}` may read the source"))
                }
            });
        };
        let is_later = |it: &(usize, &Install)| matches!(it.1.source, Source::First { .. });
        // What comes after an install may need what its second step makes, or be undone by it.
        let first = installs.iter().find(|it| is_later(it));
        if let Some((first, _)) = first
            && let Some((other, _)) = installs.iter().find(|it| *first < it.0 && !is_later(it))
        {
            let said = |at: usize| run.said(&commands[at].span);
            let reason = format!(
                "`{}` installs the project itself, and `{}` comes after it",
                said(*first),
                said(*other)
            );
            return Err(Refusal::new("reads-source", reason));
        }
        let end = match roles[..end].iter().rposition(|it| *it != Role::Shell) {
            // What comes after an install that is made again comes after it once more.
            _ if installs.iter().any(is_later) => last + 1,
            // What prepares the shell for the second part has no use in the first, and may fail there.
            Some(at) if end < roles.len() => at + 1,
            _ => end,
        };
        if let Some(command) = (end..roles.len()).find(|it| removes(run, *it)) {
            let text = run.said(&commands[command].span);
            let reason =
                format!("`{text}` leaves no room for a second step without a larger image");
            return Err(Refusal::new("removes-tools", reason));
        }
        // What is temporary is cleared at first, too, unless something waits for it.
        let names =
            |at: usize| TEMPORARY.iter().any(|it| run.said(&commands[at].span).contains(it));
        let is_rm = |at: usize| commands[at].program() == Some("rm");
        let is_waited_for = (end..roles.len()).any(|it| !is_rm(it) && names(it));
        let is_done_with =
            |path: &ImagePath| path.is_within_fixed(TEMPORARY) && !is_waited_for && !brought(path);
        let cleans = |at: &usize| commands[*at].is_top_level() && cleans(run, *at, &is_done_with);
        let again = |it: &usize| roles[*it] == Role::Independent && !commands[*it].is_top_level();
        if end < roles.len() && (0..end).any(|it| again(&it)) {
            return Err(Refusal::new("control-flow", STUCK));
        }
        let before = (0..end).filter(|it| match &roles[*it] {
            Role::Install(install) => install.source == Source::Nothing,
            Role::Independent => true,
            _ => false,
        });
        let before = before.collect();
        // The caches of both steps are cleared in their layers.
        let after: Vec<usize> = (end..roles.len()).collect();
        let waits = after.iter().copied().filter(|it| !cleans(it)).collect();
        Ok(Self { installs, end, before, after, waits })
    }

    /// Writes the two.
    ///
    /// # Errors
    /// A decline's code and reason, when the commands cannot be told apart.
    pub fn texts(&self, text: &str, escape: char) -> Result<Texts, Refusal> {
        let later = self.installs.iter().filter_map(|(at, it)| match &it.source {
            Source::First { leaves_out } => Some((*at, leaves_out)),
            _ => None,
        });
        let later: Vec<_> = later.collect();
        if later.is_empty() && self.after.is_empty() {
            return Ok(Texts::default());
        }
        let mut flags: Vec<&'static str> =
            later.iter().flat_map(|it| it.1.iter().copied()).collect();
        flags.dedup();
        let part = Part::new(text, escape);
        let mut head = part.clone().without(&self.waits);
        for (command, flags) in later {
            head = head.and_then(|it| it.with_words(command, flags));
        }
        match (head, part.without(&self.before)) {
            (Some(head), Some(after)) => {
                let (head, after) = (Some(head.into_text()), Some(after.into_text()));
                Ok(Texts { head, after, flags, is_added: false })
            }
            _ => Err(Refusal::new("control-flow", STUCK)),
        }
    }
}

/// Whether a command uninstalls tools.
fn removes(run: &Run<'_>, command: usize) -> bool {
    let verbs = ["autoremove", "del", "erase", "purge", "remove", "uninstall"];
    let subcommand = run.call_of(command).and_then(|it| it.call.subcommand());
    subcommand.is_some_and(|it| verbs.contains(&it))
}

/// Folders of the system of which an image needs nothing.
const SPARE: &[&str] = &["/var/cache", "/var/lib/apt/lists"];

/// Folders for what is of use for a while.
pub const TEMPORARY: &[&str] = &["/tmp", "/var/tmp"];

/// Whether a command does nothing but clear caches, which may be done twice; `or` tells of other folders whether they
/// may be cleared as well.
fn cleans(run: &Run<'_>, command: usize, or: &dyn Fn(&ImagePath) -> bool) -> bool {
    let Some(site) = run.call_of(command) else { return false };
    let at = run.at(site);
    let value = |name: &str| run.state.variable(name);
    let is_cache = |path: &ImagePath| {
        let is_one = |folder: &ImagePath| {
            let text = folder.as_str();
            ecosystems::caches().any(|it| {
                it.named(&value).iter().any(|it| it == text)
                    || it.endings().any(|it| text.ends_with(&it))
            })
        };
        // By the XDG Base Directory Specification nothing essential is in `.cache`.
        path.as_str().split('/').any(|it| it == ".cache")
            || path.is_within_fixed(SPARE)
            || path.ancestors().any(|it| is_one(&it))
    };
    match site.call.program.as_str() {
        "rm" => {
            let forces = site.call.texts().any(|it| it.starts_with('-') && it.contains('f'));
            let words = site.call.arguments.iter().map(|it| it.text.as_deref());
            let mut paths = words.filter(|it| it.is_none_or(|it| !it.starts_with('-')));
            forces
                && paths.all(|it| {
                    it.and_then(|it| at.path(it)).is_some_and(|it| is_cache(&it) || or(&it))
                })
        }
        "apt-get" | "apt" => site.call.subcommand() == Some("clean"),
        _ => ecosystems::manager(&site.call)
            .is_some_and(|it| it.grammar.has(&site.call, it.grammar.clean)),
    }
}

/// A RUN on its own, for edits that are made one after another.
#[derive(Clone)]
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
        let mut firsts = Vec::new();
        self.edit(|script| {
            // Of a pipeline of several commands, the first stands for it.
            let first = |at: &usize| Some(at - script.commands().get(*at)?.position);
            firsts = commands.iter().map(first).collect::<Option<Vec<_>>>()?;
            Some(Vec::new())
        })?;
        firsts.sort_unstable();
        firsts.dedup();
        // From the last to the first, so that the indices of the others stay.
        for index in firsts.into_iter().rev() {
            self.edit(|script| Some(script.remove_comments(script.commands().get(index)?)))?;
            self.edit(|script| script.remove_pipeline(script.commands().get(index)?))?;
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

    /// Puts other words in the place of words of a command, by their indices; none take one out.
    #[must_use]
    pub fn replace(mut self, command: usize, words: &[(usize, Vec<String>)]) -> Option<Self> {
        let (escape, source) = (self.escape, self.source());
        self.edit(|script| {
            let command = script.commands().get(command)?;
            let (gone, new): (Vec<_>, Vec<_>) = words.iter().partition(|it| it.1.is_empty());
            let gone: Vec<usize> = gone.into_iter().map(|it| it.0).collect();
            let mut edits = script.remove_words(command, &gone)?;
            for (word, instead) in new {
                // Of words with lines of their own, each new one gets a line.
                let between = match own_line(&source, &command.words.get(*word)?.span, escape) {
                    Some(indent) => format!(" {escape}\n{indent}"),
                    None => " ".to_owned(),
                };
                let lines = script.replace_word(command, *word, &instead.join(&between));
                let plain = || script.replace_word(command, *word, &instead.join(" "));
                edits.extend(lines.or_else(plain)?);
            }
            Some(edits)
        })?;
        Some(self)
    }

    /// The text as a Dockerfile of its own.
    fn source(&self) -> String {
        let head = if self.escape == '`' { "# escape=`\n" } else { "" };
        format!("{head}{}", self.text)
    }

    /// Edits the text by what `edits` makes of its script; the number of commands before.
    fn edit(&mut self, edits: impl FnOnce(&Script) -> Option<Vec<text::Edit>>) -> Option<usize> {
        let source = self.source();
        let head = &source[..source.len() - self.text.len()];
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

/// The indentation of a word that has a line of its own; `None` if it shares its line.
fn own_line<'s>(source: &'s str, word: &text::Span, escape: char) -> Option<&'s str> {
    let start = source[..word.start].rfind('\n')? + 1;
    let rest = source[word.end..].lines().next().unwrap_or_default();
    let indent = &source[start..word.start];
    let is_alone = indent.trim().is_empty() && rest.trim().trim_end_matches(escape).is_empty();
    is_alone.then_some(indent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipeline_goes_once_however_many_of_its_commands_are_named() {
        let without = |text: &str, commands: &[usize]| {
            Part::new(text, '\\').without(commands).unwrap().into_text()
        };
        assert_eq!(without("RUN a && curl b | sh - && ln c", &[1, 2]), "RUN a && ln c");
        assert_eq!(without("RUN a && curl b | sh - && ln c", &[2, 0]), "RUN ln c");
    }
}
