//! Simple commands, redirections and single tokens.

use super::{
    Assignment, Command, Directory, GroupRedirect, Joined, Operator, OperatorKind, Pipeline,
    Redirect, Span, Tok, Walk, Word, ast,
};

impl Walk<'_> {
    pub(super) fn simple(&mut self, simple: &ast::SimpleCommand, id: usize) -> Option<Command> {
        let start = self.tokens.get(self.at)?.start;
        let named = usize::from(simple.word_or_name.is_some());
        let arguments = simple.suffix.as_ref().map_or(0, |it| it.0.len());
        let mut command = Command {
            assignments: Vec::new(),
            words: Vec::with_capacity(named + arguments),
            redirects: Vec::new(),
            span: 0..0,
            pipeline: 0..0,
            position: 0,
            stages: 1,
            joined: Joined::First,
            background: false,
            negated: false,
            scope: self.scope.clone(),
            directory: self.directory.clone(),
            always: false,
            id,
        };
        for item in simple.prefix.iter().flat_map(|it| &it.0) {
            self.item(item, true, &mut command)?;
        }
        if let Some(word) = &simple.word_or_name {
            let word = self.word_of(&word.value)?;
            command.words.push(word);
        }
        for item in simple.suffix.iter().flat_map(|it| &it.0) {
            self.item(item, false, &mut command)?;
        }
        command.span = (self.file)(start..self.previous()?.end);
        Some(command)
    }

    fn item(
        &mut self,
        item: &ast::CommandPrefixOrSuffixItem,
        prefix: bool,
        command: &mut Command,
    ) -> Option<()> {
        use ast::CommandPrefixOrSuffixItem as Item;
        match item {
            Item::IoRedirect(it) => command.redirects.extend(self.redirect(it)?),
            Item::Word(it) => command.words.push(self.word_of(&it.value)?),
            Item::ProcessSubstitution(_, subshell) => {
                command.words.push(self.process_substitution(subshell)?);
            }
            Item::AssignmentWord(assignment, word) => {
                let start = self.tokens.get(self.at)?.start;
                let array = matches!(assignment.value, ast::AssignmentValue::Array(_));
                let all = if array { self.array(&word.value)? } else { self.word_of(&word.value)? };
                if !prefix {
                    command.words.push(all);
                    return Some(());
                }
                let name = match &assignment.name {
                    ast::AssignmentName::VariableName(name) => name.clone(),
                    ast::AssignmentName::ArrayElementName(name, at) => format!("{name}[{at}]"),
                };
                let append = assignment.append;
                let at = name.len() + 1 + usize::from(append);
                let raw = all.raw.get(at..)?;
                let span = all.rest(at).span;
                // A tilde after `=` is a home, so the value is a word of its own.
                let value = if array { Word::opaque(raw, span) } else { Word::new(raw, span) };
                let span = (self.file)(start..self.previous()?.end);
                command.assignments.push(Assignment { name, value, append, span });
            }
        }
        Some(())
    }

    /// An array assignment: the word before `(`, the elements, `)`.
    fn array(&mut self, all: &str) -> Option<Word> {
        let first = self.tokens.get(self.at)?;
        let start = first.start;
        all.starts_with(&first.text).then(|| self.at += 1)?;
        self.take("(")?;
        while self.peek()? != ")" {
            self.at += 1;
        }
        self.take(")")?;
        let range = start..self.previous()?.end;
        Some(Word::opaque(&self.text[range.clone()], (self.file)(range)))
    }

    pub(super) fn redirects(
        &mut self,
        list: Option<&ast::RedirectList>,
        directory: &Directory,
    ) -> Option<()> {
        for redirect in list.iter().flat_map(|it| &it.0) {
            let found = self.redirect(redirect)?;
            let directory = directory.clone();
            self.group_redirects
                .extend(found.map(|redirect| GroupRedirect { redirect, directory }));
        }
        Some(())
    }

    /// Takes a redirection; none for the one that `|&` implies.
    #[allow(clippy::option_option, reason = "the outer is failure, as everywhere here")]
    fn redirect(&mut self, redirect: &ast::IoRedirect) -> Option<Option<Redirect>> {
        use ast::{IoFileRedirectTarget as Target, IoRedirect as Io};
        let start = match redirect {
            Io::File(_, _, Target::Fd(_)) if self.peek() == Some("|&") => return Some(None),
            _ => self.tokens.get(self.at)?.start,
        };
        let number = match redirect {
            Io::File(number, ..) | Io::HereString(number, _) => *number,
            Io::OutputAndError(..) => None,
            Io::HereDocument(..) => return None,
        };
        let descriptor = number.map(u32::try_from).transpose().ok()?;
        if descriptor.is_some() {
            self.at += 1;
        }
        let operator = self.tokens.get(self.at).filter(|it| !it.word)?.text.clone();
        self.at += 1;
        let target = match redirect {
            Io::File(_, _, Target::ProcessSubstitution(_, it)) => self.process_substitution(it)?,
            Io::File(_, _, Target::Filename(it) | Target::Duplicate(it))
            | Io::HereString(_, it)
            | Io::OutputAndError(it, _) => self.word_of(&it.value)?,
            Io::File(_, _, Target::Fd(_)) | Io::HereDocument(..) => return None,
        };
        let span = (self.file)(start..self.previous()?.end);
        Some(Some(Redirect { descriptor, operator, target, span }))
    }

    /// `<( … )` or `>( … )`: a word whose commands are not this script's.
    fn process_substitution(&mut self, subshell: &ast::SubshellCommand) -> Option<Word> {
        let start = self.tokens.get(self.at)?.start;
        matches!(self.peek()?, "<" | ">").then(|| self.at += 1)?;
        let (commands, pipelines) = (self.commands.len(), self.pipelines.len());
        let directory = self.directory.clone();
        self.subshell(subshell)?;
        self.commands.truncate(commands);
        self.pipelines.truncate(pipelines);
        self.directory = directory;
        let range = start..self.previous()?.end;
        Some(Word::opaque(&self.text[range.clone()], (self.file)(range)))
    }

    pub(super) fn word_of(&mut self, value: &str) -> Option<Word> {
        let token = self.tokens.get(self.at).filter(|it| it.word && it.text == value)?;
        let range = token.start..token.end;
        self.at += 1;
        Some(Word::new(&self.text[range.clone()], (self.file)(range)))
    }

    /// Takes this word.
    pub(super) fn word(&mut self, value: &str) -> Option<()> {
        (self.tokens.get(self.at)?.word && self.peek()? == value).then(|| self.at += 1)
    }

    /// Takes this token.
    pub(super) fn take(&mut self, text: &str) -> Option<()> {
        (self.peek()? == text).then(|| self.at += 1)
    }

    pub(super) fn operator(&mut self, kind: OperatorKind) -> Option<Operator> {
        let text = match kind {
            OperatorKind::And => "&&",
            OperatorKind::Or => "||",
            OperatorKind::Semicolon => ";",
            OperatorKind::Ampersand => "&",
            OperatorKind::Newline => "\n",
        };
        let token = self.tokens.get(self.at).filter(|it| !it.word && it.text == text)?;
        self.at += 1;
        Some(Operator { kind, span: (self.file)(token.start..token.end) })
    }

    /// Takes line ends; the first of them, in the file.
    pub(super) fn newlines(&mut self) -> Option<Span> {
        let first = self.at;
        while self.peek() == Some("\n") {
            self.at += 1;
        }
        let token = self.tokens.get(first).filter(|_| first < self.at)?;
        Some((self.file)(token.start..token.end))
    }

    pub(super) fn separators(&mut self) {
        while matches!(self.peek(), Some("\n" | ";")) {
            self.at += 1;
        }
    }

    /// Skips past the token that ends at this character.
    pub(super) fn skip_to(&mut self, character: usize) -> Option<()> {
        while self.tokens.get(self.at)?.end_character < character {
            self.at += 1;
        }
        self.at += 1;
        Some(())
    }

    pub(super) fn peek(&self) -> Option<&str> {
        self.tokens.get(self.at).map(|it| it.text.as_str())
    }

    pub(super) fn previous(&self) -> Option<&Tok> {
        self.tokens.get(self.at.checked_sub(1)?)
    }
}

impl Pipeline {
    /// One that nothing may be done with.
    pub(super) fn unknown() -> Self {
        Self {
            span: 0..0,
            joined: Joined::First,
            background: true,
            negated: false,
            stages: Vec::new(),
            top: false,
            before: None,
            after: None,
            next: None,
        }
    }
}
