//! Text that people wrote, laid out in the order in which it is read: right-to-left scripts by UAX #9, with lines broken before that.
//!
//! egui shapes letters (joining forms, marks, conjuncts) of each run, and puts runs from left to right. Where there is right-to-left text,
//! this cuts it into pieces of one direction, breaks the lines, orders the pieces of each line and hands them to egui as sections that
//! it shapes one by one. Other text goes to egui as it is.

use std::ops::Range;
use std::sync::Arc;

use egui::text::{LayoutJob, LayoutSection, TextFormat, TextWrapping};
use egui::{Align, Color32, Galley, Painter};
use lectern_proto::text::is_right_to_left;
use unicode_bidi::{BidiInfo, Level};
use unicode_segmentation::UnicodeSegmentation;

use super::tokens::Type;

/// A stretch of text in one look.
#[derive(Debug, Clone)]
pub(crate) struct Span {
    pub(crate) range: Range<usize>,
    pub(crate) role: Type,
    pub(crate) color: Color32,
}

/// A piece of a line: one direction, one look.
struct Piece {
    text: String,
    level: Level,
    span: usize,
    width: f32,
    is_space: bool,
}

/// Whether a text needs more than egui does.
pub(crate) fn is_mixed(text: &str) -> bool {
    text.chars().any(is_right_to_left)
}

/// Whether it begins in a right-to-left script: then its lines begin on the right.
pub(crate) fn begins_right(text: &str) -> bool {
    is_mixed(text) && BidiInfo::new(text, None).paragraphs.first().is_some_and(|p| p.level.is_rtl())
}

/// Lays a text out within `width`; `most` rows at most, with an ellipsis behind what is left out.
pub(crate) fn lay_out(painter: &Painter, text: &str, spans: &[Span], width: f32, most: usize) -> Arc<Galley> {
    if !is_mixed(text) {
        let mut job = LayoutJob { text: text.to_owned(), ..LayoutJob::default() };
        job.sections = spans.iter().map(|span| section(span.range.clone(), span)).collect();
        job.wrap = TextWrapping { max_width: width, max_rows: most, ..TextWrapping::default() };
        return painter.layout_job(job);
    }
    let mut rows: Vec<Vec<Piece>> = Vec::new();
    let bidi = BidiInfo::new(text, None);
    for paragraph in &bidi.paragraphs {
        let pieces = pieces(painter, text, &bidi, paragraph.range.clone(), spans);
        rows.extend(broken(painter, pieces, spans, width).into_iter().map(|row| ordered(row, paragraph.level)));
    }
    let is_cut = rows.len() > most;
    rows.truncate(most);
    let mut job = LayoutJob { wrap: TextWrapping::no_max_width(), ..LayoutJob::default() };
    let last = rows.len().saturating_sub(1);
    for (i, row) in rows.into_iter().enumerate() {
        let ellipsis = (is_cut && i == last).then_some("…");
        // It stands where the row ends.
        let is_left = row.first().is_some_and(|_| begins_right(text));
        let end = row.last().map_or(0, |piece| piece.span);
        let ellipsis = |job: &mut LayoutJob| ellipsis.into_iter().for_each(|dots| append(job, dots, &spans[end]));
        if is_left {
            ellipsis(&mut job);
        }
        row.iter().for_each(|piece| append(&mut job, &piece.text, &spans[piece.span]));
        if !is_left {
            ellipsis(&mut job);
        }
        if i < last {
            append(&mut job, "\n", &spans[end]);
        }
    }
    if begins_right(text) {
        job.halign = Align::RIGHT;
    }
    painter.layout_job(job)
}

/// The left edge of a galley within a box: one that begins on the right has its origin there.
pub(crate) fn origin(galley: &Galley, left: f32, right: f32) -> f32 {
    if galley.job.halign == Align::RIGHT { right } else { left }
}

fn section(range: Range<usize>, span: &Span) -> LayoutSection {
    let format = TextFormat { font_id: span.role.font(), color: span.color, line_height: Some(span.role.line()), ..TextFormat::default() };
    LayoutSection { leading_space: 0.0, byte_range: range.start.into()..range.end.into(), format }
}

fn append(job: &mut LayoutJob, text: &str, span: &Span) {
    let start = job.text.len();
    job.text.push_str(text);
    job.sections.push(section(start..job.text.len(), span));
}

fn pieces(painter: &Painter, text: &str, bidi: &BidiInfo<'_>, range: Range<usize>, spans: &[Span]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (at, word) in text[range.clone()].split_word_bound_indices() {
        let start = range.start + at;
        let mut from = start;
        // A word seldom has more than one direction or look; where it has, it is cut.
        let of = |at: usize| (bidi.levels.get(at).copied().unwrap_or(Level::ltr()), spans.iter().position(|s| s.range.contains(&at)).unwrap_or(0));
        for (at, _) in word.grapheme_indices(true).map(|(at, g)| (start + at, g)).chain([(start + word.len(), "")]).skip(1) {
            if at == start + word.len() || of(at) != of(from) {
                let (level, span) = of(from);
                pieces.extend(piece(painter, &text[from..at], level, span, spans));
                from = at;
            }
        }
    }
    pieces
}

fn piece(painter: &Painter, text: &str, level: Level, span: usize, spans: &[Span]) -> Option<Piece> {
    // Isolates have done their work.
    let text: String = text.chars().filter(|c| !matches!(c, '\n' | '\u{2066}'..='\u{2069}')).collect();
    if text.is_empty() {
        return None;
    }
    let (is_space, has_strong) = (text.trim().is_empty(), text.chars().any(is_right_to_left));
    // The shaper turns what it knows to be right-to-left; signs alone it does not.
    let text = if level.is_rtl() && !has_strong { text.chars().rev().map(mirrored).collect() } else { text };
    let width = measure(painter, &text, &spans[span]);
    Some(Piece { text, level, span, width, is_space })
}

fn measure(painter: &Painter, text: &str, span: &Span) -> f32 {
    painter.layout_no_wrap(text.to_owned(), span.role.font(), span.color).size().x
}

/// Rows that fit. A word that is longer than a row is cut.
fn broken(painter: &Painter, pieces: Vec<Piece>, spans: &[Span], width: f32) -> Vec<Vec<Piece>> {
    let mut rows = vec![Vec::new()];
    let mut used = 0.0;
    for piece in pieces {
        if used + piece.width > width && !piece.is_space && used > 0.0 {
            rows.push(Vec::new());
            used = 0.0;
        }
        for part in cut(painter, piece, spans, width) {
            if used + part.width > width && !part.is_space && used > 0.0 {
                rows.push(Vec::new());
                used = 0.0;
            }
            used += part.width;
            if let Some(row) = rows.last_mut() {
                row.push(part);
            }
        }
    }
    rows
}

fn cut(painter: &Painter, piece: Piece, spans: &[Span], width: f32) -> Vec<Piece> {
    if piece.width <= width || piece.is_space {
        return vec![piece];
    }
    let mut parts: Vec<Piece> = Vec::new();
    for grapheme in piece.text.graphemes(true) {
        let wide = measure(painter, grapheme, &spans[piece.span]);
        match parts.last_mut().filter(|part| part.width + wide <= width) {
            Some(part) => {
                part.text.push_str(grapheme);
                part.width += wide;
            }
            None => parts.push(Piece { text: grapheme.to_owned(), level: piece.level, span: piece.span, width: wide, is_space: false }),
        }
    }
    parts
}

/// UAX #9, L1 and L2: spaces at the end of a row go, then runs are reversed from the highest level down.
fn ordered(mut row: Vec<Piece>, paragraph: Level) -> Vec<Piece> {
    while row.last().is_some_and(|piece| piece.is_space) {
        row.pop();
    }
    let highest = row.iter().map(|p| p.level.number()).max().unwrap_or(paragraph.number());
    for level in (1..=highest).rev() {
        let mut from = 0;
        while from < row.len() {
            let end = row[from..].iter().position(|p| p.level.number() < level).map_or(row.len(), |n| from + n);
            row[from..end].reverse();
            from = end + 1;
        }
    }
    row
}

/// The sign that looks the other way (UAX #9, L4), of those that people type.
fn mirrored(c: char) -> char {
    match c {
        '(' => ')',
        ')' => '(',
        '[' => ']',
        ']' => '[',
        '{' => '}',
        '}' => '{',
        '<' => '>',
        '>' => '<',
        '«' => '»',
        '»' => '«',
        '‹' => '›',
        '›' => '‹',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands in each row, from left to right, in logical letters of each piece.
    fn rows(text: &str, width: f32) -> Vec<String> {
        let ctx = egui::Context::default();
        super::super::tokens::install(&ctx);
        let mut found = Vec::new();
        let mut output = ctx.run_ui(egui::RawInput::default(), |ui| {
            let spans = [Span { range: 0..text.len(), role: Type::Body, color: Color32::WHITE }];
            let galley = lay_out(ui.painter(), text, &spans, width, usize::MAX);
            found = galley.job.text.split('\n').map(str::to_owned).collect();
        });
        output.textures_delta.clear();
        found
    }

    #[test]
    fn words_stand_in_the_order_in_which_they_are_read() {
        let check = |text: &str, want: &[&str]| assert_eq!(rows(text, f32::INFINITY), want, "{text:?}");
        check("plain text", &["plain text"]);
        check("אבג דהו", &["דהו אבג"]);
        check("say אבג דהו now", &["say דהו אבג now"]);
        check("אבג 123 דהו", &["דהו 123 אבג"]);
        check("אבג (דהו)", &["(דהו) אבג"]);
        check("one אבג!\nדהו two", &["one אבג!", "two דהו"]);
        check("מחיר: 5 EUR.", &[".EUR 5 :מחיר"]);
    }

    #[test]
    fn lines_are_broken_before_they_are_ordered() {
        let narrow = rows("אבגדה ווזחט יכלמנ סעפצק", 90.0);
        assert!(narrow.len() > 1, "{narrow:?}");
        assert!(
            narrow[0].ends_with("אבגדה") && narrow.last().is_some_and(|l| l.starts_with("סעפצק")),
            "the first word stands in the first row, on its right: {narrow:?}"
        );
        let long = rows(&"א".repeat(200), 90.0);
        assert!(long.len() > 5, "a long word is cut: {}", long.len());
    }
}
