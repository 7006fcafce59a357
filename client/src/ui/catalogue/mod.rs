//! The videos of the room as cards: what can be watched, what is being prepared, what failed and why.
//!
//! `CatalogueState` is what the window remembers between two passes: what is searched for, which videos that leaves and
//! in which order, how fast preparing goes. It is worked out anew when the snapshot or the wish changed, never in a pass
//! that only draws. Cards have one height, so only the rows in sight are laid out.

pub(super) mod ahead;
mod card;
mod order;
mod pace;
mod reason;
mod tools;

use std::sync::Arc;

use egui::{Frame, Margin, Rect, ScrollArea, Ui, UiBuilder, pos2, vec2};
use lectern_proto::control::VideoId;

use super::backend::Seat;
use super::command::{Command, Cx};
use super::icons::Icon;
use super::on_air;
use super::thumbnails::Thumbnails;
use super::tokens::{Type, colors, motion, radius, size};
use super::widgets::{Look, Push, empty_ui, rows_ui, say, spinner_ui};
use crate::class::ClassState;
use card::{Around, Asked, CardView, card_ui};
use pace::Pace;

pub use order::Order;
pub(super) use tools::{handle_keys, tools_ui};

use order::{Filter, arrange};

/// Distance between cards, and below a card.
const GAP: f32 = 16.0;
/// Height of the words below a thumbnail.
const WORDS: f32 = 66.0;
/// Distance of the cards from the edges.
const MARGIN: f32 = 20.0;

/// What the catalogue remembers.
#[derive(Debug, Default)]
pub(super) struct CatalogueState {
    /// What is searched for.
    words: String,
    filter: Filter,
    order: Order,
    /// The snapshot that the rest was worked out of.
    seen: Option<Arc<ClassState>>,
    /// Places of the videos that are shown, in order.
    shown: Vec<usize>,
    /// Videos in each of [`Filter::ALL`].
    counts: [usize; 4],
    pace: Pace,
    /// What was shown has changed: from the top again.
    rewind: bool,
    /// The keyboard goes to the first card.
    to_first: bool,
    /// The video that opens as soon as it can be watched.
    pub(super) awaited: Option<VideoId>,
    /// The video whose failure is shown at length.
    reason: Option<VideoId>,
}

impl CatalogueState {
    /// Takes a snapshot; `now` is in egui's seconds. Cheap when it is the one that was taken last.
    pub(super) fn note(&mut self, state: &Arc<ClassState>, order: Order, now: f64) {
        let fresh = !self.seen.as_ref().is_some_and(|seen| Arc::ptr_eq(seen, state));
        if fresh {
            self.seen = Some(state.clone());
            self.pace.note(&state.videos, now);
            self.counts = Filter::ALL.map(|f| state.videos.iter().filter(|v| f.takes(&v.state)).count());
        }
        if fresh || self.order != order {
            self.order = order;
            self.work_out();
        }
    }

    fn work_out(&mut self) {
        self.shown = self.seen.as_ref().map(|state| arrange(&state.videos, &self.words, self.filter, self.order)).unwrap_or_default();
    }

    /// What is wanted has changed.
    fn wish_changed(&mut self) {
        self.rewind = true;
        self.work_out();
    }

    fn show_all(&mut self) {
        self.words.clear();
        self.filter = Filter::All;
        self.wish_changed();
    }
}

/// Draws the catalogue into the space of `ui`. `waited` is for how many seconds the server has been asked.
pub(super) fn catalogue_ui(
    ui: &mut Ui,
    memory: &mut CatalogueState,
    state: &ClassState,
    seat: &dyn Seat,
    thumbnails: &mut Thumbnails,
    waited: f64,
    cx: &mut Cx<'_>,
) {
    thumbnails.collect(ui.ctx());
    on_air::row_ui(ui, state, cx);
    if state.videos.is_empty() {
        if state.synchronised {
            empty_ui(ui, Icon::Film, &cx.text("catalogue-empty"), &cx.text("catalogue-empty-hint"), |_| {});
        } else if waited >= motion::WAIT_SHOWN {
            skeleton_ui(ui, state, cx);
        } else {
            ui.ctx().request_repaint_after_secs((motion::WAIT_SHOWN - waited) as f32);
        }
        return;
    }
    ahead::banner_ui(ui, state, cx);
    tools::chips_ui(ui, memory, state, cx);
    if memory.shown.is_empty() {
        nothing_found_ui(ui, memory, cx);
    } else {
        grid_ui(ui, memory, state, seat, thumbnails, cx);
    }
    reason::reason_ui(ui, memory, state, cx);
}

fn grid_ui(ui: &mut Ui, memory: &mut CatalogueState, state: &ClassState, seat: &dyn Seat, thumbnails: &mut Thumbnails, cx: &mut Cx<'_>) {
    let now = ui.input(|i| i.time);
    let frame = Frame::new().inner_margin(Margin { left: MARGIN as i8, right: 0, top: 0, bottom: 0 });
    let mut asked = None;
    frame.show(ui, |ui| {
        let (columns, width) = columns(ui.available_width() - MARGIN);
        let height = width * 9.0 / 16.0 + WORDS;
        let rows = memory.shown.len().div_ceil(columns);
        let mut area = ScrollArea::vertical().content_margin(Margin { left: 0, right: MARGIN as i8, top: 12, bottom: 16 });
        if std::mem::take(&mut memory.rewind) {
            area = area.vertical_scroll_offset(0.0);
        }
        rows_ui(ui, area, height, GAP, rows, |ui, row, place| {
            for (column, at) in memory.shown.iter().skip(row * columns).take(columns).enumerate() {
                let Some(video) = state.videos.get(*at) else { continue };
                let left = place.left() + column as f32 * (width + GAP);
                let rect = Rect::from_min_size(pos2(left, place.top()), vec2(width, height));
                let mut ui = ui.new_child(UiBuilder::new().id_salt(&video.id).max_rect(rect));
                let first = row == 0 && column == 0;
                let view = CardView {
                    left: memory.pace.left(&video.id, now),
                    take_focus: first && std::mem::take(&mut memory.to_first),
                    awaited: memory.awaited.as_ref() == Some(&video.id),
                };
                match card_ui(&mut ui, rect, video, view, Around { state, seat }, thumbnails, cx) {
                    Asked::Nothing => {}
                    Asked::Open => cx.push(Command::Open(video.id.clone())),
                    Asked::Reason => asked = Some(video.id.clone()),
                }
            }
        });
    });
    if asked.is_some() {
        memory.reason = asked;
    }
}

/// Nothing is left of what was searched for.
fn nothing_found_ui(ui: &mut Ui, memory: &mut CatalogueState, cx: &Cx<'_>) {
    let words = memory.words.trim();
    let sentence = if words.is_empty() { cx.text("catalogue-none-state") } else { cx.strings.format("catalogue-none-words", &[("words", words.into())]) };
    let label = cx.text("catalogue-show-all");
    let mut all = false;
    empty_ui(ui, Icon::Search, &cx.text("catalogue-none"), &sentence, |ui| {
        ui.vertical_centered(|ui| all = ui.add(Push::text(Look::Plain, &label)).clicked());
    });
    if all {
        memory.show_all();
    }
}

/// How many cards fit side by side, and how wide each is then.
fn columns(width: f32) -> (usize, f32) {
    let n = ((width + GAP) / (size::CARD_MIN + GAP)).floor().max(1.0);
    (n as usize, ((width - GAP * (n - 1.0)) / n).floor().max(64.0))
}

/// Grey shapes where cards will be, while the server is asked.
fn skeleton_ui(ui: &mut Ui, state: &ClassState, cx: &Cx<'_>) {
    let c = colors(ui);
    Frame::new().inner_margin(Margin::symmetric(MARGIN as i8, 16)).show(ui, |ui| {
        let (columns, width) = columns(ui.available_width());
        for _ in 0..2 {
            let (_, place) = ui.allocate_space(vec2(ui.available_width(), width * 9.0 / 16.0 + WORDS));
            for column in 0..columns {
                let left = place.left() + column as f32 * (width + GAP);
                let picture = Rect::from_min_size(pos2(left, place.top()), vec2(width, width * 9.0 / 16.0));
                ui.painter().rect_filled(picture, f32::from(radius::CARD), c.hover);
                let line = Rect::from_min_size(picture.left_bottom() + vec2(0.0, 14.0), vec2(width * 0.6, 10.0));
                ui.painter().rect_filled(line, 4.0, c.hover);
            }
        }
        ui.horizontal(|ui| {
            spinner_ui(ui, size::ICON, c.t2);
            say(ui, Type::Body, c.t2, cx.strings.format("catalogue-loading", &[("server", state.server_name.as_str().into())]));
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_cards_as_fit() {
        let check = |width: f32, want: usize| {
            let (n, each) = columns(width);
            assert_eq!(n, want, "{width}");
            assert!(each * n as f32 + GAP * (n as f32 - 1.0) <= width.max(64.0), "{width}");
        };
        check(1168.0, 4);
        check(880.0, 3);
        check(536.0, 2);
        check(200.0, 1);
        check(0.0, 1);
    }
}
