//! How a bit looks: a digit on a tile, and the colours and icons of what happened.

use egui::{Align2, Color32, Painter, Rect, Stroke, StrokeKind};
use lectern_proto::lab::hamming::Outcome;

use super::super::super::icons::Icon;
use super::super::super::tokens::{Colors, Type, radius};

/// How a tile looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tile {
    Plain,
    /// Of no interest here.
    Faint,
    /// To be clicked.
    Raised,
    /// Turned on the way.
    Flipped,
    /// Turned back by the receiver.
    Mended,
    /// Lit from elsewhere.
    Lit,
}

/// Paints one.
pub(super) fn paint(painter: &Painter, rect: Rect, digit: bool, tile: Tile, c: &Colors) {
    let (fill, line, ink) = match tile {
        Tile::Plain => (c.active, c.active, c.t1),
        Tile::Faint => (c.hover, c.hover, c.t2),
        Tile::Raised => (c.raised, c.control, c.t1),
        Tile::Flipped => (c.bad_tint, c.bad, c.t1),
        Tile::Mended => (c.accent_tint, c.accent, c.t1),
        Tile::Lit => (c.warn_tint, c.warn_line, c.t1),
    };
    painter.rect(rect, f32::from(radius::CHIP), fill, Stroke::new(1.0, line), StrokeKind::Inside);
    write(painter, rect, digit, ink);
}

/// Writes the digit alone.
pub(super) fn write(painter: &Painter, rect: Rect, digit: bool, ink: Color32) {
    painter.text(rect.center(), Align2::CENTER_CENTER, if digit { "1" } else { "0" }, Type::Mono.font(), ink);
}

/// Icon, colour, and the key of the word of an outcome.
pub(super) fn outcome(outcome: Outcome, c: &Colors) -> (Icon, Color32, &'static str) {
    match outcome {
        Outcome::NoError => (Icon::Check, c.good, "labs-no-error"),
        Outcome::Corrected => (Icon::Wrench, c.accent, "labs-corrected"),
        Outcome::Detected => (Icon::Warning, c.warn, "labs-detected"),
        Outcome::Miscorrected => (Icon::Octagon, c.bad, "labs-miscorrected"),
        Outcome::Undetected => (Icon::EyeOff, c.bad, "labs-undetected"),
    }
}
