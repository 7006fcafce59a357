//! The text of a message: words with the names in them, and blocks of code.

use egui::{CornerRadius, Frame, Margin, Sense, Stroke, Ui, pos2, vec2};
use lectern_proto::control::Mention;

use super::super::prose::{self, Span};
use super::super::tokens::{Type, colors, radius};

/// A stretch of a message: text, or lines between three backticks.
#[derive(Debug, PartialEq, Eq)]
enum Block {
    Text(std::ops::Range<usize>),
    Code(std::ops::Range<usize>),
}

/// Lines that begin with three backticks begin and end code.
fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let (mut start, mut at, mut is_code) = (0, 0, false);
    for line in text.split_inclusive('\n') {
        let end = at + line.len();
        if line.trim_end().starts_with("```") {
            blocks.push(if is_code { Block::Code(start..at) } else { Block::Text(start..at) });
            (start, is_code) = (end, !is_code);
        }
        at = end;
    }
    blocks.push(if is_code { Block::Code(start..at) } else { Block::Text(start..at) });
    let trimmed = |range: &std::ops::Range<usize>| !text[range.clone()].trim().is_empty();
    blocks.retain(|b| matches!(b, Block::Text(r) | Block::Code(r) if trimmed(r)));
    blocks
}

/// Draws all of it, one stretch below the other.
pub(super) fn message_ui(ui: &mut Ui, text: &str, mentions: &[Mention]) {
    for block in blocks(text) {
        match block {
            Block::Text(range) => text_ui(ui, text, mentions, range),
            Block::Code(range) => code_ui(ui, &text[range]),
        }
    }
}

fn text_ui(ui: &mut Ui, whole: &str, mentions: &[Mention], range: std::ops::Range<usize>) {
    let c = colors(ui);
    let (text, start) = (whole[range.clone()].trim_end_matches('\n'), range.start);
    let mut spans = Vec::new();
    let mut at = 0;
    for mention in mentions {
        let (from, to) = ((mention.start as usize).max(start) - start, (mention.end as usize).max(start) - start);
        if from < to && from >= at && to <= text.len() {
            spans.push(Span { range: at..from, role: Type::Body, color: c.t1 });
            spans.push(Span { range: from..to, role: Type::Control, color: c.accent });
            at = to;
        }
    }
    spans.push(Span { range: at..text.len(), role: Type::Body, color: c.t1 });
    spans.retain(|s| !s.range.is_empty());
    paint(ui, text, &spans);
}

fn code_ui(ui: &mut Ui, text: &str) {
    let c = colors(ui);
    let frame =
        Frame::new().fill(c.field).stroke(Stroke::new(1.0, c.line)).corner_radius(CornerRadius::same(radius::CHIP)).inner_margin(Margin::symmetric(8, 6));
    frame.show(ui, |ui| {
        let text = text.trim_end_matches('\n');
        paint(ui, text, &[Span { range: 0..text.len(), role: Type::Mono, color: c.t1 }]);
    });
}

/// Text as it was written, not read out: the bubble says it.
fn paint(ui: &mut Ui, text: &str, spans: &[Span]) {
    let galley = prose::lay_out(ui.painter(), text, spans, ui.available_width(), usize::MAX);
    // What begins on the right stands at the right of what is above it.
    let width = if prose::begins_right(text) { ui.min_rect().width() } else { 0.0 };
    let (rect, _) = ui.allocate_exact_size(vec2(galley.size().x.max(width), galley.size().y), Sense::hover());
    let at = pos2(prose::origin(&galley, rect.left(), rect.right()), rect.top());
    ui.painter().galley(at, galley, colors(ui).t1);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_between_backticks_are_code() {
        let check = |text: &str, want: &[(bool, &str)]| {
            let found: Vec<_> = blocks(text)
                .into_iter()
                .map(|b| match b {
                    Block::Text(r) => (false, text[r].to_owned()),
                    Block::Code(r) => (true, text[r].to_owned()),
                })
                .collect();
            assert_eq!(found, want.iter().map(|(code, t)| (*code, (*t).to_owned())).collect::<Vec<_>>(), "{text:?}");
        };
        check("plain", &[(false, "plain")]);
        check("see\n```rust\nlet x = 1;\n```\nso", &[(false, "see\n"), (true, "let x = 1;\n"), (false, "so")]);
        check("```\nunfinished", &[(true, "unfinished")]);
        check("inline ``` stays", &[(false, "inline ``` stays")]);
        check("```\n```", &[]);
    }
}
