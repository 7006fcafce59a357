//! What stands on the seek bar beside the position: where chapters begin, and what of the file could not be read.

use egui::{Rect, Ui, pos2};
use lectern_proto::manifest::{Details, Span};

use super::super::command::Cx;
use super::super::format;
use super::super::tokens::{DARK, colors};
use super::chapters;
use crate::player::{PlayState, PlayerStatus};

/// Width of the gap where a chapter begins, and least width of what is lost.
const GAP: f32 = 2.0;
const LOST_MIN: f32 = 3.0;
/// What is lost for less than this is over before it can be read about, in microseconds.
const TOLD_MIN_US: u64 = 500_000;

/// Draws them across the bar; `x_of` says where a time lies.
pub(super) fn marks_ui(ui: &Ui, bar: Rect, status: &PlayerStatus, x_of: impl Fn(u64) -> f32) {
    let c = colors(ui);
    let part = |from: f32, to: f32| Rect::from_min_max(pos2(from, bar.top()), pos2(to, bar.bottom()));
    for span in &status.details.lost {
        let (from, to) = (x_of(span.start_us), x_of(span.end_us()));
        let from = from.min(bar.right() - LOST_MIN);
        ui.painter().rect_filled(part(from, to.max(from + LOST_MIN)), 1.0, c.warn);
    }
    for chapter in status.details.chapters.iter().filter(|c| c.start_us > 0) {
        let x = x_of(chapter.start_us);
        ui.painter().rect_filled(part(x - GAP / 2.0, x + GAP / 2.0), 0.0, DARK.well);
    }
}

/// The chapter at a place, for who points there.
pub(super) fn chapter_at(details: &Details, position_us: u64, cx: &Cx<'_>) -> Option<String> {
    chapters::at(&details.chapters, position_us).map(|n| chapters::title(&details.chapters, n, cx))
}

/// What is lost at a place.
pub(super) fn lost_at(details: &Details, position_us: u64) -> Option<&Span> {
    details.lost.iter().find(|s| (s.start_us..s.end_us()).contains(&position_us))
}

/// All that is lost, in a sentence.
pub(super) fn lost_words(details: &Details, cx: &Cx<'_>) -> Option<String> {
    let damage = lectern_proto::control::Damage::of(&details.lost)?;
    Some(format::damage(&damage, cx))
}

/// Why nothing moves or is heard here, as a title and a sentence: the file could not be read, or breaks off.
pub(super) fn trouble(status: &PlayerStatus, cx: &Cx<'_>) -> Option<(String, String)> {
    let lost = &status.details.lost;
    if status.state == PlayState::Ended {
        let rest = lost.last().map(|s| s.end_us().saturating_sub(status.duration_us)).filter(|us| *us >= TOLD_MIN_US)?;
        return Some((cx.text("stage-cut"), cx.strings.format("stage-cut-hint", &[("lost", format::seconds(rest).into())])));
    }
    let here = lost_at(&status.details, status.position_us).filter(|s| s.duration_us >= TOLD_MIN_US)?;
    let hint = if here.end_us() >= status.duration_us {
        cx.text("stage-lost-to-end")
    } else {
        cx.strings.format("stage-lost-hint", &[("at", format::clock(here.end_us()).into())])
    };
    Some((cx.text("stage-lost"), hint))
}
