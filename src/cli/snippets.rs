//! Findings with the lines that they are about, the span marked.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet, renderer::DecorStyle};

use super::{story, wrap::wrap};
use crate::{
    project::File,
    report::{PlaceReport, Report},
    text::LineStarts,
};

/// The width of lines that are not for a terminal.
const WIDTH: usize = 140;

/// The columns that come before a reason.
const WHY: usize = "9999 = why: ".len();

/// Each change and each place left alone, by place, with its line; `file_of` has the files.
pub(super) fn snippets<'t>(
    report: &Report,
    file_of: impl Fn(&str) -> Option<&'t File>,
    width: Option<usize>,
) -> String {
    let changes = report.changes.iter().map(|it| Finding {
        level: Level::WARNING.with_name(it.safety),
        id: &it.transform,
        place: &it.place,
        title: it.title.clone(),
        reason: &it.reason,
    });
    let declines = story::declines(report).map(|it| Finding {
        level: Level::NOTE.with_name("left alone"),
        id: it.code,
        place: &it.place,
        title: format!("by {}", it.transform),
        reason: &it.reason,
    });
    let mut all: Vec<Finding<'_>> = changes.chain(declines).collect();
    all.sort_by_key(|it| (&it.place.path, it.place.line, it.place.column));
    let renderer =
        Renderer::styled().term_width(width.unwrap_or(WIDTH)).decor_style(DecorStyle::Ascii);
    let mut out = String::new();
    let none = LineStarts::of("");
    for it in all {
        let file = file_of(&it.place.path);
        let (text, lines) = file.map_or(("", &none), |it| (&*it.text, it.line_starts()));
        out.push_str(&it.render(&renderer, text, lines, width));
        out.push_str("\n\n");
    }
    out
}

struct Finding<'r> {
    level: Level<'static>,
    id: &'r str,
    place: &'r PlaceReport,
    title: String,
    reason: &'r str,
}

impl Finding<'_> {
    fn render(
        &self,
        renderer: &Renderer,
        text: &str,
        lines: &LineStarts,
        width: Option<usize>,
    ) -> String {
        let PlaceReport { path, line, column, end_line, end_column } = self.place;
        let source = &text[lines.span(*line)];
        let start = lines.byte(text, *line, *column);
        // Of an instruction of many lines the first is enough to find it.
        let end = match line == end_line {
            true => lines.byte(text, *end_line, *end_column),
            false => lines.span(*line).end,
        };
        let from = lines.span(*line).start;
        let span = start - from..end.max(start) - from;
        let snippet = Snippet::source(source)
            .path(path)
            .line_start(*line)
            .annotation(AnnotationKind::Primary.span(span));
        // Behind `  = why: `, and as far from the edge for line numbers of up to four digits.
        let why = wrap(self.reason, "", "", width.map(|it| it.saturating_sub(WHY)));
        let before = format!("left alone[{}]: ", self.id).len();
        let title = wrap(&self.title, "", "", width.map(|it| it.saturating_sub(before)));
        let group = self.level.clone().primary_title(title.trim_end()).id(self.id).element(snippet);
        let group = group.element(Level::NOTE.with_name("why").message(why.trim_end()));
        renderer.render(&[group])
    }
}
