//! Edits of a script, each of which leaves a valid one.

use super::{Command, Operator, OperatorKind, Pipeline, Script, check::Shape, layout::Line, parse};
use crate::text::{Edit, Span, line_start};

/// The author's layout of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Indentation {
    /// The white space at the start of a continuation line.
    pub text: String,
    /// The place of operators.
    pub operators: Operators,
    /// True if the script has more than one line; otherwise the other two are the customary ones.
    pub multiline: bool,
}

/// The place of an operator when each command has its own line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operators {
    /// At the start of the line: `\⏎    && command`.
    Leading,
    /// At the end of the line before: `&& \⏎    command`.
    Trailing,
}

impl Script {
    /// Takes out the word at this index, with the white space before it, or its whole line when it
    /// stands alone there; `None` when there is no such word, or no safe way.
    ///
    /// For several words of one command use [`Script::remove_words`], whose edits do not conflict.
    pub fn remove_word(&self, command: &Command, index: usize) -> Option<Vec<Edit>> {
        self.remove_words(command, &[index])
    }

    /// Takes out the words at these indices, of which there may be none; `None` when one does not
    /// exist, or there is no safe way.
    pub fn remove_words(&self, command: &Command, indices: &[usize]) -> Option<Vec<Edit>> {
        if indices.is_empty() {
            return Some(Vec::new());
        }
        let spans: Option<Vec<Span>> =
            indices.iter().map(|it| Some(command.words.get(*it)?.span.clone())).collect();
        let edits = self.cut(&spans?);
        let mut expected = self.shapes();
        let words = &mut expected.get_mut(self.index_of(command)?)?.words;
        let mut index = 0..;
        words.retain(|_| !index.next().is_some_and(|it| indices.contains(&it)));
        self.checked(edits, &expected)
    }

    /// Puts `text`, one word or several, in the place of the word at this index; `None` when there is no
    /// such word, or when `text` is anything but words.
    pub fn replace_word(&self, command: &Command, index: usize, text: &str) -> Option<Vec<Edit>> {
        let word = command.words.get(index)?;
        let edits = self.replace(&word.span, text)?;
        let mut expected = self.shapes();
        let words = &mut expected.get_mut(self.index_of(command)?)?.words;
        words.splice(index..=index, plain_words(text)?);
        self.checked(edits, &expected)
    }

    fn replace(&self, span: &Span, text: &str) -> Option<Vec<Edit>> {
        let lines = self.lines();
        if !lines.iter().any(|it| it.skipped && it.is_within(span)) {
            return Some(vec![Edit::replace(span.clone(), text)]);
        }
        // A comment stands between the lines of the word: the first part is replaced, the rest goes.
        let first = lines.iter().find_map(|it| it.part(span))?;
        let mut edits = self.cut(std::slice::from_ref(&(first.end..span.end)));
        edits.push(Edit::replace(first, text));
        Some(edits)
    }

    /// Puts words after the last word of a command, before a redirection that follows it.
    ///
    /// `None` for a command without words, and when these are not words.
    pub fn append_words(&self, command: &Command, words: &[&str]) -> Option<Edit> {
        self.insert_words_after(command, command.words.len().checked_sub(1)?, words)
    }

    /// Puts words after the word at this index; `None` if there is none, or if these are not words.
    pub fn insert_words_after(
        &self,
        command: &Command,
        index: usize,
        words: &[&str],
    ) -> Option<Edit> {
        let at = command.words.get(index)?.span.end;
        let text = format!(" {}", words.join(" "));
        self.inserted(command, index + 1, words, Edit::insert(at, text))
    }

    fn inserted(&self, command: &Command, at: usize, words: &[&str], edit: Edit) -> Option<Edit> {
        let mut expected = self.shapes();
        let shape = expected.get_mut(self.index_of(command)?)?;
        shape.words.splice(at..at, plain_words(&words.join(" "))?);
        self.checked(vec![edit], &expected)?.pop()
    }

    /// Takes out a command's whole pipeline with the operator that joins it.
    ///
    /// `None` where that would change what the rest does: below the top level, for the only pipeline,
    /// beside `||` or `&`, and for the last command of a sequence, whose status is the script's, unless
    /// the status before it cannot be a failure (`set -e`).
    pub fn remove_pipeline(&self, command: &Command) -> Option<Vec<Edit>> {
        let pipeline = self.pipelines.get(command.id)?;
        let beside = [&pipeline.before, &pipeline.after];
        let barred = |it: &Operator| matches!(it.kind, OperatorKind::Or | OperatorKind::Ampersand);
        if !pipeline.top
            || pipeline.background
            || beside.iter().filter_map(|it| it.as_ref()).any(barred)
            || (pipeline.before.is_none() && pipeline.next.is_none())
        {
            return None;
        }
        let range = self.range_with_operator(pipeline)?;
        if self.heredoc && self.source[range.clone()].contains('#') {
            // There may be a comment between the tokens.
            return None;
        }
        let edits = match self.same_line_start(pipeline, &range) {
            Some(next) => vec![Edit::delete(range.start..next)],
            None => self.cut(&[range]),
        };
        let gone =
            |it: &Command| pipeline.span.start <= it.span.start && it.span.end <= pipeline.span.end;
        let rest = self.commands.iter().filter(|it| !gone(it));
        self.checked(edits, &rest.map(Shape::of).collect::<Vec<_>>())
    }

    /// Takes out the comment lines that stand directly above a command's line in a continued RUN, when
    /// the line begins with it; what goes with the command when that goes.
    pub fn remove_comments(&self, command: &Command) -> Vec<Edit> {
        let lines = self.lines();
        let begins = |it: &Line| {
            let before = self.source.get(it.start()..command.pipeline.start);
            it.is_within(&(command.pipeline.start..command.pipeline.start + 1))
                && before.is_some_and(|it| it.trim_matches([' ', '\t', '&', ';']).is_empty())
        };
        let Some(at) = lines.iter().position(begins) else { return Vec::new() };
        let above =
            lines[..at].iter().rev().take_while(|it| it.skipped && !self.is_blank(it.all()));
        above.map(|it| Edit::delete(it.all())).collect()
    }

    /// The comment directly above a command that these edits take out, if it would have no subject left: the command
    /// is the last, or the next one has a comment of its own.
    pub fn orphan(&self, command: &Command, edits: &[Edit]) -> Option<Span> {
        let is_gone = |it: &Command| {
            let start = it.words.first().map_or(it.span.start, |it| it.span.start);
            edits.iter().any(|it| it.span.start <= start && start < it.span.end)
        };
        let comment = self.remove_comments(command).into_iter().next()?;
        let mut later = self.commands.iter().filter(|it| command.pipeline.end <= it.span.start);
        let next = later.find(|it| !is_gone(it));
        let is_orphan = next.is_none_or(|it| !self.remove_comments(it).is_empty());
        (is_gone(command) && is_orphan).then_some(comment.span)
    }

    /// The pipeline with one of the operators beside it.
    fn range_with_operator(&self, pipeline: &Pipeline) -> Option<Span> {
        let span = &pipeline.span;
        let before = pipeline.before.as_ref();
        let after = pipeline.after.as_ref();
        let kind = |it: Option<&Operator>| it.map(|it| it.kind);
        let with_before = |it: &Operator| match it.kind {
            OperatorKind::Newline => span.clone(),
            _ => it.span.start..span.end,
        };
        let with_after = |it: &Operator| match it.kind {
            OperatorKind::Newline => span.clone(),
            _ => span.start..it.span.end,
        };
        match (kind(before), kind(after)) {
            // It must not take the `;` before what stands after `&&`, nor the other way round.
            (Some(OperatorKind::And), Some(OperatorKind::And))
            | (
                Some(OperatorKind::Semicolon | OperatorKind::Newline),
                Some(OperatorKind::Semicolon | OperatorKind::Newline),
            ) if pipeline.next.is_some() => {
                let (before, after) = (before?, after?);
                let newline = |it: &Operator| it.kind == OperatorKind::Newline;
                let leads = self.is_same_line(before, span) || newline(after);
                Some(if leads && !newline(before) {
                    with_before(before)
                } else {
                    with_after(after)
                })
            }
            (Some(OperatorKind::And), _) => before.map(with_before),
            (None, _) | (_, Some(OperatorKind::And)) => after.map(with_after),
            // The last of a sequence: its status is the script's.
            (Some(_), _) if pipeline.next.is_none() => {
                let status =
                    self.commands.iter().any(|it| it.id == self.before(pipeline) && it.always);
                let before = before.filter(|_| status)?;
                match after {
                    Some(after) if !self.is_same_line(before, span) => Some(with_after(after)),
                    _ => Some(with_before(before)),
                }
            }
            (Some(_), _) => after.map(with_after),
        }
    }

    /// For a pipeline behind `RUN` whose successor stands on another line: where that begins, unless
    /// comments are between them.
    fn same_line_start(&self, pipeline: &Pipeline, range: &Span) -> Option<usize> {
        let next = pipeline.next?;
        let first = range.start == pipeline.span.start && pipeline.before.is_none();
        let line = line_start(&self.source, range.start);
        let comments =
            self.lines().iter().any(|it| it.skipped && it.is_within(&(range.start..next)));
        let alone = self.is_blank(line..range.start);
        (!self.heredoc && first && !alone && !comments && range.end <= next).then_some(next)
    }

    fn is_same_line(&self, operator: &Operator, span: &Span) -> bool {
        !self.source[operator.span.start..span.start].contains('\n')
    }

    /// The id of the pipeline before this one in its list.
    fn before(&self, pipeline: &Pipeline) -> usize {
        let before = |it: &Pipeline| it.next == Some(pipeline.span.start);
        self.pipelines.iter().position(before).unwrap_or(usize::MAX)
    }

    /// The indentation of continuation lines, and the place of operators.
    pub fn indentation(&self) -> Indentation {
        let lines = self.lines();
        let mut texts = lines.iter().skip(usize::from(!self.heredoc)).filter(|it| !it.skipped);
        let text = texts.next().map(|it| self.indent(it).to_owned());
        let multiline = text.is_some();
        let (mut leading, mut trailing) = (0, 0);
        for operator in
            self.pipelines.iter().filter(|it| it.top).filter_map(|it| it.before.as_ref())
        {
            let span = &operator.span;
            let line = line_start(&self.source, span.start);
            let rest = &self.source[span.end..];
            let rest = rest.split('\n').next().unwrap_or_default().trim_end();
            leading += usize::from(self.is_blank(line..span.start));
            trailing +=
                usize::from(rest.strip_suffix(self.escape).is_some_and(|it| it.trim().is_empty()));
        }
        let operators = if leading < trailing { Operators::Trailing } else { Operators::Leading };
        let text = text.unwrap_or_else(|| "    ".to_owned());
        Indentation { text, operators, multiline }
    }
}

/// The words of a text that holds nothing else.
fn plain_words(text: &str) -> Option<Vec<String>> {
    // Behind a name, for the first of them may look like an assignment.
    let parsed = parse::parse(&format!("name {text}"), &|it| it, false).ok()?;
    let [command] = parsed.commands.as_slice() else { return None };
    let plain = command.redirects.is_empty() && parsed.pipelines[0].after.is_none();
    let words = command.words.iter().skip(1).map(|it| it.raw.clone());
    plain.then(|| words.collect())
}
