//! Both windows at the moment that is looked at: what is done, on its way, kept, and what may come.

use egui::accesskit::Role;
use egui::{Align2, Rect, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};
use lectern_proto::arq::Slot;

use super::super::super::command::Cx;
use super::super::super::icons::Icon;
use super::super::super::tokens::{Colors, Type, colors, radius, space};
use super::super::super::widgets::{say, say_line};
use super::model::Lab;

const TILE: f32 = 26.0;
const TALL: f32 = 34.0;

/// What a tile says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tile {
    Done,
    Under,
    Lost,
    Kept,
    Open,
    /// Of no window yet.
    Later,
}

pub(super) fn windows_ui(ui: &mut Ui, lab: &mut Lab, cx: &mut Cx<'_>) {
    let (run, settings) = (lab.shown(), lab.scenario.arq);
    let (sender, receiver) = (run.sender(), run.receiver());
    let all = lab.made().outcome.packets;
    let fits = ((ui.available_width() / (TILE + 2.0)) as u64).max(4);
    let number = |nth: u64| settings.space.number(nth).0;

    let (base, next) = (sender.base(), sender.next());
    let words = cx.strings.format("arq-sender-state", &[("base", number(base).into()), ("next", number(next).into())]);
    let window = base..base + u64::from(settings.window);
    row(ui, &cx.text("arq-sender-window"), &words, window, (all, fits), number, |nth| match sender.slot(nth) {
        _ if nth < base => Tile::Done,
        Some(Slot::Sent) => Tile::Under,
        Some(Slot::Lost) => Tile::Lost,
        Some(Slot::Acknowledged) => Tile::Done,
        Some(Slot::Waiting) => Tile::Open,
        None => Tile::Later,
    });
    ui.add_space(space::XS);
    let (next, gaps) = (receiver.next(), receiver.gaps());
    let words = cx.strings.format("arq-receiver-state", &[("next", number(next).into()), ("kept", gaps.held().into())]);
    row(ui, &cx.text("arq-receiver-window"), &words, next..next + settings.receive_window(), (all, fits), number, |nth| match nth {
        nth if nth < next => Tile::Done,
        nth if gaps.get(nth).is_some() => Tile::Kept,
        nth if nth < next + settings.receive_window() => Tile::Open,
        _ => Tile::Later,
    });
    legend(ui, cx);
}

/// A title, a row of tiles, and a frame around those of the window.
fn row(ui: &mut Ui, title: &str, state: &str, window: std::ops::Range<u64>, (all, fits): (u64, u64), number: impl Fn(u64) -> u32, tile: impl Fn(u64) -> Tile) {
    let c = colors(ui);
    ui.horizontal(|ui| {
        say_line(ui, Type::Control, c.t1, title);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| say_line(ui, Type::Small, c.t2, state));
    });
    // The window, and what lies before it as far as there is room.
    let end = window.end.min(all).max(fits.min(all));
    let first = end.saturating_sub(fits).min(window.start.saturating_sub(1));
    let (area, response) = ui.allocate_exact_size(vec2(ui.available_width(), TALL + 6.0), Sense::hover());
    let said = format!("{title}: {state}");
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &said));
    let place = |nth: u64| Rect::from_min_size(pos2(area.left() + 3.0 + (nth - first) as f32 * (TILE + 2.0), area.top() + 3.0), vec2(TILE, TALL));
    let painter = ui.painter().with_clip_rect(area.expand(2.0).intersect(ui.clip_rect()));
    for nth in first..all.min(first + fits) {
        let (rect, kind) = (place(nth), tile(nth));
        let (fill, line, ink, icon) = look(kind, c);
        painter.rect(rect, f32::from(radius::CHIP), fill, Stroke::new(1.0, line), StrokeKind::Inside);
        painter.text(rect.center_top() + vec2(0.0, 11.0), Align2::CENTER_CENTER, number(nth).to_string(), Type::MonoSmall.font(), ink);
        if let Some(icon) = icon {
            icon.paint(&painter, Rect::from_center_size(rect.center_bottom() - vec2(0.0, 9.0), vec2(11.0, 11.0)), ink);
        }
    }
    let shown = window.start.max(first)..window.end.min(all).min(first + fits);
    if !shown.is_empty() {
        let frame = place(shown.start).union(place(shown.end - 1)).expand(2.5);
        painter.rect_stroke(frame, f32::from(radius::CONTROL), Stroke::new(2.0, c.t1), StrokeKind::Inside);
    }
}

fn look(tile: Tile, c: &Colors) -> (egui::Color32, egui::Color32, egui::Color32, Option<Icon>) {
    match tile {
        Tile::Done => (c.good_tint, c.good_line, c.good, Some(Icon::Check)),
        Tile::Under => (c.accent_tint, c.accent_line, c.accent, Some(Icon::Arrow)),
        Tile::Lost => (c.bad_tint, c.bad_line, c.bad, Some(Icon::Replay)),
        Tile::Kept => (c.warn_tint, c.warn_line, c.warn, Some(Icon::Down)),
        Tile::Open => (c.field, c.line_strong, c.t1, None),
        Tile::Later => (c.panel, c.line, c.t3, None),
    }
}

fn legend(ui: &mut Ui, cx: &Cx<'_>) {
    let c = colors(ui);
    ui.horizontal_wrapped(|ui| {
        for (key, tile) in [("arq-tile-done", Tile::Done), ("arq-tile-under", Tile::Under), ("arq-tile-lost", Tile::Lost), ("arq-tile-kept", Tile::Kept)] {
            let (_, _, ink, icon) = look(tile, c);
            if let Some(icon) = icon {
                super::super::super::widgets::icon_ui(ui, icon, 12.0, ink);
            }
            say(ui, Type::Small, c.t2, cx.text(key));
            ui.add_space(space::XS);
        }
    });
}
