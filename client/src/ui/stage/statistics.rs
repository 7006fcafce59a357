//! Statistics over the picture: the last minute as plots, and the counters below them.
//!
//! Everything shown is what the player and the membership tell about themselves; where they tell nothing stands a dash.

use egui::{Align, CornerRadius, Frame, Grid, Layout, Margin, Rect, ScrollArea, Stroke, Ui, UiBuilder, Vec2, vec2};

use super::super::command::{Command, Cx};
use super::super::icons::Icon;
use super::super::tokens::{Type, colors, radius, space};
use super::super::widgets::{Axis, Plot, Push, say};
use super::history::{History, Look, SPAN_S};
use crate::player::PlayerStatus;

/// Width of the card, and of a card with one column of plots.
const WIDTH: f32 = 552.0;
const NARROW: f32 = 300.0;
/// What the controls keep of the lower edge.
const CONTROLS: f32 = 84.0;
/// Where there is no value.
const DASH: &str = "–";

/// Draws them over the upper left of `area`.
pub(super) fn statistics_ui(ui: &mut Ui, area: Rect, history: &History, status: &PlayerStatus, cx: &mut Cx<'_>) {
    let space_left = area.width() - 2.0 * space::M;
    let columns = if space_left >= WIDTH { 2 } else { 1 };
    let width = if columns == 2 { WIDTH } else { NARROW.min(space_left) };
    let height = area.height() - CONTROLS - 2.0 * space::M;
    if width < 160.0 || height < 80.0 {
        return;
    }
    statistics_card_ui(ui, area, vec2(width, height), cx, |ui, cx| {
        ScrollArea::vertical().max_height(height - 64.0).show(ui, |ui| {
            plots_ui(ui, columns, history, status, cx);
            ui.add_space(space::XS);
            counters_ui(ui, columns, status, cx);
        });
    });
}

/// The card over the upper left of `area`, with its title and what closes it; for live streams too.
pub(in crate::ui) fn statistics_card_ui(ui: &mut Ui, area: Rect, size: Vec2, cx: &mut Cx<'_>, content: impl FnOnce(&mut Ui, &mut Cx<'_>)) {
    let c = colors(ui);
    let place = Rect::from_min_size(area.min + vec2(space::M, space::M), size);
    let mut ui = ui.new_child(UiBuilder::new().id_salt("statistics").max_rect(place));
    let frame = Frame::new()
        .fill(c.panel)
        .stroke(Stroke::new(1.0, c.line_strong))
        .corner_radius(CornerRadius::same(radius::CARD))
        .inner_margin(Margin::same(space::M as i8));
    frame.show(&mut ui, |ui| {
        ui.set_width(size.x - 2.0 * space::M);
        ui.horizontal(|ui| {
            say(ui, Type::Title, c.t1, cx.text("stats-title"));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if ui.add(Push::icon(Icon::Close, &cx.text("common-close")).shortcut("I")).clicked() {
                    cx.push(Command::ToggleStatistics);
                }
            });
        });
        content(ui, cx);
    });
}

fn plots_ui(ui: &mut Ui, columns: usize, history: &History, status: &PlayerStatus, cx: &Cx<'_>) {
    let now = ui.input(|i| i.time);
    let last = |value: fn(&Look) -> Option<f64>, decimals: usize| history.last().and_then(value).map_or_else(|| DASH.to_owned(), |v| format!("{v:.decimals$}"));
    let buffer: fn(&Look) -> Option<f64> = |l| Some(l.buffer);
    let rung = status.rung.clone().unwrap_or_else(|| DASH.to_owned());
    let all = [
        ("stats-throughput", "Mbit/s", last(|l| l.throughput, 2), history.points(now, |l| l.throughput), Axis::Up { least: 1.0 }, false),
        ("stats-buffer", "s", last(buffer, 1), history.points(now, buffer), Axis::Up { least: 10.0 }, false),
        ("stats-missed", "", last(|l| l.missed, 0), history.points(now, |l| l.missed), Axis::Up { least: 4.0 }, true),
        ("stats-rung", "", rung, history.points(now, |l| l.rung), Axis::Names(&status.rungs), true),
        ("stats-skew", "ms", last(|l| l.skew, 1), history.points(now, |l| l.skew), Axis::Both { least: 20.0 }, false),
        ("stats-round-trip", "ms", last(|l| l.round_trip, 1), history.points(now, |l| l.round_trip), Axis::Up { least: 5.0 }, true),
    ];
    let ends = [cx.text("stats-ago"), cx.text("stats-now")];
    let width = column_width(ui, columns);
    for row in all.chunks(columns) {
        ui.horizontal(|ui| {
            for (key, unit, value, points, axis, steps) in row {
                let name = cx.text(key);
                let ends = [ends[0].as_str(), ends[1].as_str()];
                Plot { name: &name, unit, value, points, axis: *axis, span: SPAN_S, ends, steps: *steps }.show(ui, width);
            }
        });
    }
}

/// Plots and counters stand in the same columns.
fn column_width(ui: &Ui, columns: usize) -> f32 {
    (ui.available_width() - space::S * (columns as f32 - 1.0)) / columns as f32
}

fn counters_ui(ui: &mut Ui, columns: usize, status: &PlayerStatus, cx: &Cx<'_>) {
    let c = colors(ui);
    let stats = &status.stats;
    let seconds = |d: std::time::Duration| format!("{:.1} s", d.as_secs_f64());
    let rows = [
        ("stats-presented", stats.presented.to_string()),
        ("stats-late", stats.late.to_string()),
        ("stats-dropped", stats.dropped.to_string()),
        ("stats-corrupt", stats.corrupt.to_string()),
        ("stats-stalls", format!("{} · {}", stats.stalls, seconds(stats.stall_time))),
        ("stats-first", stats.first_frame.map_or_else(|| DASH.to_owned(), |d| format!("{} ms", d.as_millis()))),
        ("stats-received", format!("{:.1} MB", stats.bytes as f64 / 1e6)),
    ];
    ui.spacing_mut().interact_size.y = Type::Small.line();
    let width = column_width(ui, columns);
    Grid::new("counters").num_columns(columns).spacing(vec2(space::S, space::XS)).show(ui, |ui| {
        for (i, (key, value)) in rows.iter().enumerate() {
            let (rect, _) = ui.allocate_exact_size(vec2(width, Type::Small.line()), egui::Sense::hover());
            let inner = rect.shrink2(vec2(space::S, 0.0));
            let mut ui_row = ui.new_child(UiBuilder::new().id_salt(key).max_rect(inner).layout(Layout::right_to_left(Align::Center)));
            say(&mut ui_row, Type::MonoSmall, c.t1, value.as_str());
            ui_row.with_layout(Layout::left_to_right(Align::Center), |ui| say(ui, Type::Small, c.t3, cx.text(key)));
            if (i + 1) % columns == 0 {
                ui.end_row();
            }
        }
    });
}
