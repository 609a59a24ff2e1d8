//! One script out of two: what differs becomes the branches of an `if`.

use super::{Command, Joined, Operators, Scope, Script, check::Shape};
use crate::text::{Edit, Span, line_start};

/// A pipeline at the top level of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The pipeline in the file.
    pub span: Span,
    /// The pipeline on one line, as the shell is given it.
    pub text: String,
    /// The operator before it.
    pub joined: Joined,
    /// True if it runs in the background.
    pub background: bool,
}

/// The place of an `if` in a script, by its steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// In the place of these: from the first, up to the second.
    Steps(usize, usize),
    /// Behind this one, joined by `&&`.
    Behind(usize),
}

/// The variable that decides, and the value that takes the first branch.
#[derive(Clone, Copy, Debug)]
pub struct Switch<'a> {
    /// The variable.
    pub variable: &'a str,
    /// The value.
    pub value: &'a str,
}

impl Switch<'_> {
    fn condition(&self) -> String {
        format!("[ \"${}\" = \"{}\" ]", self.variable, self.value)
    }
}

impl Script {
    /// The pipelines at the top level, in order.
    pub fn steps(&self) -> Vec<Step> {
        let mut top: Vec<_> = self.pipelines.iter().filter(|it| it.top).collect();
        top.sort_by_key(|it| it.span.start);
        let step = |it: &super::Pipeline| Step {
            span: it.span.clone(),
            text: self.flat(&it.span),
            joined: it.joined,
            background: it.background,
        };
        top.into_iter().map(step).collect()
    }

    /// The simple commands of a step.
    pub fn commands_of(&self, step: &Step) -> impl Iterator<Item = &Command> {
        let span = step.span.clone();
        self.commands
            .iter()
            .filter(move |it| span.start <= it.span.start && it.span.end <= span.end)
    }

    /// The shell's text in a span on one line: without continuations, and with one space where there is
    /// white space outside quotes.
    fn flat(&self, span: &Span) -> String {
        let lines = self.lines();
        let parts = lines.iter().filter_map(|it| it.part(span));
        let joined: String = parts.map(|it| &self.source[it]).collect();
        one_line(&joined)
    }

    /// Makes `if [ "$VARIABLE" = "value" ]` decide between steps of another script, first, and steps of this
    /// one; `None` where that would not leave a script that says just this.
    ///
    /// Common parts keep their lines; differing parts are indented as a branch.
    pub fn branch(
        &self,
        switch: Switch<'_>,
        at: At,
        other: &Self,
        others: std::ops::Range<usize>,
    ) -> Option<Vec<Edit>> {
        let indentation = self.indentation();
        let (indent, unit) = (indentation.text.as_str(), unit(&indentation.text));
        let (steps, breaks) = (self.steps(), self.line_ending());
        let first = other.lines_of(&other.steps(), &others, &format!("{breaks}{indent}{unit}"))?;
        let condition = switch.condition();
        let end = format!(" {}{}", self.escape, self.line_ending());
        let open = format!("if {condition}; then{end}{indent}{unit}{first};{end}");
        let close = format!("{indent}fi");
        let (edits, own) = match at {
            At::Steps(from, to) => {
                let second =
                    self.lines_of(&steps, &(from..to), &format!("{breaks}{indent}{unit}"))?;
                let text = format!("{open}{indent}else{end}{indent}{unit}{second};{end}{close}");
                let span = steps.get(from)?.span.start..steps.get(to.checked_sub(1)?)?.span.end;
                (
                    self.on_lines_of_its_own(&steps, from, to, indent, Edit::replace(span, text)),
                    from..to,
                )
            }
            At::Behind(step) => {
                let place = steps.get(step)?.span.end;
                let join = match indentation.operators {
                    Operators::Leading if indentation.multiline => format!("{end}{indent}&& "),
                    _ => format!(" &&{end}{indent}"),
                };
                (vec![Edit::insert(place, format!("{join}{open}{close}"))], step + 1..step + 1)
            }
        };
        let expected = self.branched(switch, own, other, &others);
        self.checked_with(edits, &expected, &is_kept)
    }

    /// Puts the whole script into an `if`; `None` where that would not leave a script that says just this.
    pub fn only_if(&self, switch: Switch<'_>) -> Option<Vec<Edit>> {
        let indentation = self.indentation();
        let (indent, unit) = (indentation.text.as_str(), unit(&indentation.text));
        let steps = self.steps();
        let all = 0..steps.len();
        let body = self.lines_of(&steps, &all, &format!("{}{indent}{unit}", self.line_ending()))?;
        let end = format!(" {}{}", self.escape, self.line_ending());
        let text =
            format!("if {}; then{end}{indent}{unit}{body};{end}{indent}fi", switch.condition());
        let span = steps.first()?.span.start..steps.last()?.span.end;
        let edit = Edit::replace(span, text);
        let edits = self.on_lines_of_its_own(&steps, 0, steps.len(), indent, edit);
        let expected = self.branched(switch, 0..0, self, &all);
        let expected: Vec<Shape> = expected.into_iter().take(1 + self.commands.len()).collect();
        self.checked_with(edits, &expected, &is_kept)
    }

    /// The shapes of the commands when steps of this script are the second branch of an `if`, behind those
    /// of another.
    fn branched(
        &self,
        switch: Switch<'_>,
        own: std::ops::Range<usize>,
        other: &Self,
        others: &std::ops::Range<usize>,
    ) -> Vec<Shape> {
        let inside = |script: &Self, range: &std::ops::Range<usize>| -> Vec<usize> {
            let steps = script.steps();
            let within = |it: &Command| {
                steps[range.clone()]
                    .iter()
                    .any(|step| step.span.start <= it.span.start && it.span.end <= step.span.end)
            };
            let commands = script.commands.iter().enumerate();
            commands.filter(|it| within(it.1)).map(|it| it.0).collect()
        };
        let scoped = |it: &Command| {
            let mut it = it.clone();
            it.scope.insert(0, Scope::IfBranch);
            Shape::of(&it)
        };
        let start = self.steps().get(own.start).map_or(usize::MAX, |it| it.span.start);
        let own = inside(self, &own);
        let before = self.commands.iter().filter(|it| it.span.start < start);
        let mut shapes: Vec<Shape> = before.map(Shape::of).collect();
        let head = shapes.len();
        shapes.push(Shape::test(&switch.condition()));
        shapes.extend(inside(other, others).into_iter().map(|it| scoped(&other.commands[it])));
        shapes.extend(own.iter().map(|it| scoped(&self.commands[*it])));
        shapes.extend(
            self.commands[(head + own.len()).min(self.commands.len())..].iter().map(Shape::of),
        );
        shapes
    }

    /// The lines of steps as the body of a branch: `breaks` is a line end and the body's indentation.
    fn lines_of(
        &self,
        steps: &[Step],
        range: &std::ops::Range<usize>,
        breaks: &str,
    ) -> Option<String> {
        let steps = steps.get(range.clone())?;
        let span = steps.first()?.span.start..steps.last()?.span.end;
        if self.heredoc || steps.iter().any(|it| it.background || it.text.contains("$?")) {
            return None;
        }
        let lines = self.lines();
        let begin = lines.iter().find(|it| it.is_within(&(span.start..span.start + 1)))?;
        let lead = self.source[begin.start()..span.start].trim();
        let own_line = lead.is_empty() || ["&&", ";"].contains(&lead);
        let old = if own_line { self.indent(begin) } else { "" };
        let mut text = String::new();
        for (number, line) in self.source[span].split('\n').enumerate() {
            let line = line.trim_end_matches('\r');
            if number == 0 {
                text += line;
                continue;
            }
            let bare = line.trim_start();
            let deeper = line[..line.len() - bare.len()].strip_prefix(old).unwrap_or_default();
            text += &match bare {
                "" => breaks.trim_end_matches([' ', '\t']).to_owned(),
                _ => format!("{breaks}{deeper}{bare}"),
            };
        }
        Some(text)
    }

    /// Breaks the lines around steps that take several lines now.
    fn on_lines_of_its_own(
        &self,
        steps: &[Step],
        from: usize,
        to: usize,
        indent: &str,
        edit: Edit,
    ) -> Vec<Edit> {
        let mut edit = edit;
        let line = line_start(&self.source, edit.span.start);
        let before = &self.source[line..edit.span.start];
        let bare = before.trim();
        let keyword = !bare.contains([' ', '\t']) && line <= self.item.start;
        let leads = bare == "&&" || bare == ";";
        let starts_line = bare.is_empty() || keyword || leads;
        if !starts_line {
            let kept = line + before.trim_end().len();
            edit.span.start = kept;
            edit.text = format!(" {}{}{indent}{}", self.escape, self.line_ending(), edit.text);
        }
        let mut edits = vec![edit];
        if let Some(next) = steps.get(to).filter(|_| from < to) {
            let between = &self.source[steps[to - 1].span.end..next.span.start];
            if !between.contains('\n') {
                let kept = steps[to - 1].span.end + between.trim_end().len();
                let text = format!(" {}{}{indent}", self.escape, self.line_ending());
                edits.push(Edit::replace(kept..next.span.start, text));
            }
        }
        edits
    }

    fn line_ending(&self) -> &'static str {
        match self.source.find('\n') {
            Some(at) if self.source[..at].ends_with('\r') => "\r\n",
            _ => "\n",
        }
    }
}

/// The indentation of a branch below its `if`.
fn unit(indent: &str) -> &str {
    match indent {
        "" => "    ",
        it if it.len() <= 4 => it,
        it => &it[..4],
    }
}

/// Returns true if all comments of the one text are in the other, in the same order.
fn is_kept(before: &[&str], after: &[&str]) -> bool {
    let mut after = after.iter();
    before.iter().all(|it| after.any(|other| other == it))
}

/// A text with one space where there is white space outside quotes; one with substitutions stays as it is.
pub fn one_line(text: &str) -> String {
    if text.contains("$(") || text.contains('`') {
        return text.trim().to_owned();
    }
    let (mut quote, mut escaped, mut blank) = (None, false, false);
    let mut line = String::with_capacity(text.len());
    for it in text.trim().chars() {
        let space = quote.is_none() && !escaped && it.is_whitespace();
        if !(space && blank) {
            line.push(if space { ' ' } else { it });
        }
        blank = space;
        match (it, quote) {
            _ if escaped => escaped = false,
            ('\\', Some('"') | None) => escaped = true,
            ('\'' | '"', None) => quote = Some(it),
            (it, Some(open)) if it == open => quote = None,
            _ => {}
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dockerfile::Dockerfile;

    fn branched(ours: &str, theirs: &str) -> Option<String> {
        let read = |text: &str| {
            let dockerfile = Dockerfile::parse(text);
            let run = dockerfile.instructions().next().unwrap().1;
            Script::of(&dockerfile, run).unwrap()
        };
        let (own, other) = (read(ours), read(theirs));
        let at = At::Steps(own.steps().len() - 1, own.steps().len());
        let last = other.steps().len();
        let edits = own.branch(Switch { variable: "X", value: "1" }, at, &other, last - 1..last)?;
        Some(crate::text::apply(ours, &edits))
    }

    #[test]
    fn line_ends_and_indentation_are_those_of_the_file() {
        assert_eq!(
            branched("RUN a && \\\r\n\tb c", "RUN a && \\\n\tb d \\\n\t\te\n").unwrap(),
            "RUN a && \\\r\n\tif [ \"$X\" = \"1\" ]; then \\\r\n\t\tb d \\\r\n\t\t\te; \\\r\n\telse \\\r\n\
             \t\tb c; \\\r\n\tfi"
        );
        assert_eq!(
            branched("RUN --mount=type=cache,target=/c b\n", "RUN c\n").unwrap(),
            "RUN --mount=type=cache,target=/c \\\n    if [ \"$X\" = \"1\" ]; then \\\n        c; \\\n    \
             else \\\n        b; \\\n    fi\n"
        );
    }

    #[test]
    fn what_no_branch_can_hold_is_refused() {
        assert_eq!(branched("RUN a &\n", "RUN b\n"), None);
        assert_eq!(branched("RUN a; b $?\n", "RUN b\n"), None);
    }
}
