//! Instructions and typed views over them, for every instruction of the Dockerfile reference.

use super::{Heredoc, Keyword, Logical, json, mount::Mount, word};
use crate::text::Span;

/// An instruction of a Dockerfile.
#[derive(Debug)]
pub struct Instruction {
    /// The keyword.
    pub keyword: Keyword,
    /// The keyword in the source, in the author's case.
    pub keyword_span: Span,
    /// The whole logical line, keyword and flags included.
    pub logical: Logical,
    /// The builder flags (`--from=…`) before the arguments.
    pub flags: Vec<Flag>,
    /// The arguments in the logical text: what follows keyword and flags, trimmed.
    pub arguments: Span,
    /// Its here-documents, in order.
    pub heredocs: Vec<Heredoc>,
    /// The instruction that an ONBUILD holds back.
    pub trigger: Option<Box<Self>>,
    /// The words of a JSON array, when the arguments are one.
    json: Option<Vec<Word>>,
    /// The pairs of ENV, LABEL and ARG.
    pairs: Box<[Pair]>,
    escape: char,
}

/// A builder flag: `--name=value` or `--name`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// The name, without dashes.
    pub name: String,
    /// The value after `=`, unquoted; `None` without `=`.
    pub value: Option<String>,
    /// The flag in the logical text.
    pub range: Span,
    /// The flag as the builder reads it: quotes removed.
    pub text: String,
}

/// A word of an instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The text: raw in shell form, decoded in JSON form.
    pub text: String,
    /// Its range in the logical text, quotes included.
    pub range: Span,
}

/// A `name=value` of ENV, LABEL or ARG.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The name, raw.
    pub name: String,
    /// The value, raw; `None` for an `ARG name`.
    pub value: Option<String>,
    /// Both, in the logical text.
    pub range: Span,
    /// The old form `ENV name value`, which takes the whole line.
    pub legacy: bool,
}

/// `FROM [--platform=…] image [AS name]`.
#[derive(Clone, Debug)]
pub struct From<'a> {
    /// The image or the stage, raw.
    pub image: &'a str,
    /// The image in the logical text.
    pub image_range: Span,
    /// The stage's name, as written.
    pub name: Option<&'a str>,
    /// The platform, raw.
    pub platform: Option<&'a str>,
}

/// `COPY` and `ADD`.
#[derive(Clone, Debug)]
pub struct Copy<'a> {
    /// The sources, raw; heredocs are left out.
    pub sources: Vec<Word>,
    /// The destination, raw.
    pub destination: Word,
    /// The stage, image or context that `--from` names.
    pub from: Option<&'a str>,
    /// True if any source is a here-document.
    pub has_heredoc: bool,
}

/// The command of RUN, CMD, ENTRYPOINT or SHELL.
#[derive(Clone, Debug)]
pub enum Command<'a> {
    /// A line for the shell.
    Shell(&'a str),
    /// Words for the kernel.
    Exec(&'a [Word]),
}

/// `HEALTHCHECK`.
#[derive(Clone, Debug)]
pub enum Healthcheck<'a> {
    /// `HEALTHCHECK NONE`, or an empty one.
    None,
    /// `HEALTHCHECK CMD …`.
    Cmd(Command<'a>),
}

impl Instruction {
    /// Reads a logical line; also what BuildKit would say against it.
    pub(super) fn read(logical: Logical, escape: char) -> (Self, Vec<String>) {
        let mut errors = Vec::new();
        let text = logical.text.as_str();
        let start = text.len() - text.trim_start().len();
        let end = start + word::first_field(text[start..].trim_end()).len();
        let keyword = Keyword::read(&text[start..end]);
        let (flags, at) = word::flags(&text[end..]);
        let at = end + at;
        let arguments = at..at + text[at..].trim_end().len();
        let arguments = if arguments.is_empty() { at..at } else { arguments };
        let flags =
            flags.into_iter().map(|(span, text)| Flag::new(end + span.start..end + span.end, text));
        let mut instruction = Self {
            keyword,
            keyword_span: logical.source_span(start..end),
            flags: flags.collect(),
            arguments: arguments.clone(),
            heredocs: Vec::new(),
            trigger: None,
            json: None,
            pairs: Box::default(),
            escape,
            logical,
        };
        instruction.pairs = instruction.read_pairs();
        let rest = &instruction.logical.text[arguments.clone()];
        let skip = if keyword == Keyword::Healthcheck { command_start(rest) } else { 0 };
        if keyword == Keyword::Env || keyword == Keyword::Label {
            errors.extend(pair_error(keyword, rest, escape));
        }
        if keyword.takes_json() {
            match json::words(&rest[skip..]) {
                Ok(words) => instruction.json = words.map(|it| shift(it, arguments.start + skip)),
                Err(message) => errors.push(message),
            }
        }
        if keyword == Keyword::Onbuild && !arguments.is_empty() {
            let inner = instruction.logical.slice(arguments);
            // What none may hold back (`refusals`) may be as long as the file: it is not read.
            let word = Keyword::read(word::first_field(&inner.text));
            if !matches!(word, Keyword::Onbuild | Keyword::From | Keyword::Maintainer) {
                let (trigger, more) = Self::read(inner, escape);
                errors.extend(more);
                instruction.trigger = Some(Box::new(trigger));
            }
        }
        (instruction, errors)
    }

    /// Returns true if BuildKit looks for here-documents in it.
    pub(super) fn may_have_heredocs(&self) -> bool {
        let it = self.trigger.as_deref().unwrap_or(self);
        matches!(it.keyword, Keyword::Add | Keyword::Copy | Keyword::Run) && it.json.is_none()
    }

    /// The arguments as the builder sees them, trimmed.
    pub fn text(&self) -> &str {
        &self.logical.text[self.arguments.clone()]
    }

    /// The words of a JSON array, when the arguments are one.
    pub fn json(&self) -> Option<&[Word]> {
        self.json.as_deref()
    }

    /// The flag of this name.
    pub fn flag(&self, name: &str) -> Option<&Flag> {
        self.flags.iter().find(|it| it.name == name)
    }

    /// The words of the arguments: of the JSON array, of NAME=VALUE lists, or between white space.
    pub fn words(&self) -> Vec<Word> {
        if let Some(words) = &self.json {
            return words.clone();
        }
        let (text, start) = (self.text(), self.arguments.start);
        let word = |it: Span| {
            let range = start + it.start..start + it.end;
            Word { text: text[it].to_owned(), range }
        };
        self.spans().into_iter().map(word).collect()
    }

    /// The texts of its [words](Self::words).
    pub(super) fn texts(&self) -> Vec<&str> {
        match &self.json {
            Some(words) => words.iter().map(|it| it.text.as_str()).collect(),
            None => self.spans().into_iter().map(|it| &self.text()[it]).collect(),
        }
    }

    /// Whether it has [words](Self::words).
    pub(super) fn has_words(&self) -> bool {
        self.json.as_ref().map_or(!self.text().is_empty(), |it| !it.is_empty())
    }

    /// The ranges of the words in the text of the arguments, when they are no JSON array.
    fn spans(&self) -> Vec<Span> {
        match self.keyword {
            Keyword::Env | Keyword::Label | Keyword::Arg => word::pairs(self.text(), self.escape),
            _ => word::fields(self.text()),
        }
    }

    /// The arguments of FROM.
    pub fn from(&self) -> Option<From<'_>> {
        if self.keyword != Keyword::From {
            return None;
        }
        let spans = word::fields(self.text());
        let text = |at: usize| spans.get(at).map(|it| &self.text()[it.clone()]);
        let image = spans.first()?;
        let name = text(1).filter(|it| it.eq_ignore_ascii_case("as")).and_then(|_| text(2));
        let platform = self.flag("platform").and_then(|it| it.value.as_deref());
        let image_range = self.arguments.start + image.start..self.arguments.start + image.end;
        Some(From { image: text(0)?, image_range, name, platform })
    }

    /// The arguments of COPY or ADD.
    pub fn copy(&self) -> Option<Copy<'_>> {
        if !matches!(self.keyword, Keyword::Copy | Keyword::Add) {
            return None;
        }
        let mut sources = self.words();
        let destination = sources.pop()?;
        let all = sources.len();
        if !self.heredocs.is_empty() {
            sources.retain(|it| !it.text.contains("<<"));
        }
        let from = self.flag("from").and_then(|it| it.value.as_deref());
        Some(Copy { has_heredoc: sources.len() != all, sources, destination, from })
    }

    /// The pairs of ENV, LABEL and ARG.
    pub fn pairs(&self) -> &[Pair] {
        &self.pairs
    }

    fn read_pairs(&self) -> Box<[Pair]> {
        if !matches!(self.keyword, Keyword::Env | Keyword::Label | Keyword::Arg) {
            return Box::default();
        }
        let (text, start) = (self.text(), self.arguments.start);
        let spans = word::pairs(text, self.escape);
        let first = spans.first().map_or("", |it| &text[it.clone()]);
        let legacy = self.keyword != Keyword::Arg && !first.is_empty() && !first.contains('=');
        if legacy {
            let name = word::first_field(text);
            let value = text[name.len()..].trim_start();
            return Box::new([Pair {
                name: name.to_owned(),
                value: Some(value.to_owned()),
                range: self.arguments.clone(),
                legacy,
            }]);
        }
        let pair = |it: Span| {
            let range = start + it.start..start + it.end;
            let (name, value) = match text[it.clone()].split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (&text[it], None),
            };
            Pair { name: name.to_owned(), value, range, legacy }
        };
        spans.into_iter().map(pair).collect()
    }

    /// The command of RUN, CMD, ENTRYPOINT or SHELL.
    pub fn command(&self) -> Option<Command<'_>> {
        use Keyword::{Cmd, Entrypoint, Run, Shell};
        matches!(self.keyword, Run | Cmd | Entrypoint | Shell).then(|| match &self.json {
            Some(words) => Command::Exec(words),
            None => Command::Shell(self.text()),
        })
    }

    /// The mounts of a RUN.
    pub fn mounts(&self) -> impl Iterator<Item = Mount> {
        let flags =
            self.flags.iter().filter(|it| self.keyword == Keyword::Run && it.name == "mount");
        flags.map(|it| Mount::read(it.value.as_deref().unwrap_or_default()))
    }

    /// The arguments of HEALTHCHECK.
    pub fn healthcheck(&self) -> Option<Healthcheck<'_>> {
        if self.keyword != Keyword::Healthcheck {
            return None;
        }
        let text = self.text();
        let at = command_start(text);
        if !text[..at].trim().eq_ignore_ascii_case("cmd") {
            return Some(Healthcheck::None);
        }
        Some(Healthcheck::Cmd(match &self.json {
            Some(words) => Command::Exec(words),
            None => Command::Shell(&text[at..]),
        }))
    }

    /// This instruction as BuildKit's parser reads it: the value of its node and the nodes after it.
    ///
    /// The form of BuildKit's own test results, and so what they are compared with.
    pub fn values(&self) -> Vec<String> {
        use Keyword::{
            Add, Arg, Cmd, Copy, Entrypoint, Env, Expose, From, Healthcheck, Label, Maintainer,
            Onbuild, Run, Shell, Stopsignal, Unknown, User, Volume, Workdir,
        };
        let text = self.text();
        let texts = || self.texts().into_iter().map(str::to_owned);
        // BuildKit's word reader drops an escape character at the very end.
        let unescaped = |it: String| match it.strip_suffix(self.escape) {
            Some(kept) if !kept.ends_with(self.escape) && text.ends_with(&it) => kept.to_owned(),
            _ => it,
        };
        match (&self.json, self.keyword) {
            (_, Unknown) => Vec::new(),
            (_, Onbuild) => self.trigger.as_ref().map_or_else(Vec::new, |it| it.values()),
            (json, Healthcheck) => {
                let at = command_start(text);
                let kind = (!text.is_empty()).then(|| text[..at].trim_end().to_owned());
                let rest = match json {
                    Some(_) => texts().collect(),
                    None if at == text.len() => Vec::new(),
                    None => vec![text[at..].to_owned()],
                };
                kind.into_iter().chain(rest).collect()
            }
            (Some(_), _) | (None, Add | Copy | Expose | From | Volume) => texts().collect(),
            (None, Env | Label) => {
                let pairs = self.pairs.iter();
                let flat =
                    pairs.flat_map(|it| [it.name.clone(), it.value.clone().unwrap_or_default()]);
                flat.map(unescaped).collect()
            }
            (None, Arg) => texts().map(unescaped).collect(),
            (None, Cmd | Entrypoint | Run | Shell | Maintainer | Stopsignal | User | Workdir) => {
                if text.is_empty() {
                    Vec::new()
                } else {
                    vec![text.to_owned()]
                }
            }
        }
    }
}

impl Flag {
    fn new(range: Span, text: String) -> Self {
        let bare = text.trim_start_matches('-');
        let (name, value) = match bare.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (bare, None),
        };
        Self { name: name.to_owned(), value, range, text }
    }
}

/// The offset after the first word and the blanks that follow it.
fn command_start(text: &str) -> usize {
    let word = text.find(char::is_whitespace).unwrap_or(text.len());
    text.len() - text[word..].trim_start().len()
}

fn shift(mut words: Vec<Word>, by: usize) -> Vec<Word> {
    for it in &mut words {
        it.range = it.range.start + by..it.range.end + by;
    }
    words
}

fn pair_error(keyword: Keyword, text: &str, escape: char) -> Option<String> {
    let words = word::pairs(text, escape);
    let lacks = |it: &&Span| !text[(*it).clone()].contains('=');
    if words.first().is_some_and(|it| lacks(&it)) {
        return (word::fields(text).len() < 2)
            .then(|| format!("{keyword} must have two arguments"));
    }
    let word = &text[words.iter().find(lacks)?.clone()];
    Some(format!("can't find = in \"{word}\": it must be of the form name=value"))
}
