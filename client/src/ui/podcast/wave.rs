//! The picture of what was heard in the last half minute: one bar for each stretch, loud ones taller, now on the right.

use egui::accesskit::Role;
use egui::{Align2, Color32, Rect, Sense, Ui, WidgetInfo, pos2, vec2};

use super::super::command::Cx;
use super::super::tokens::{Type, colors};
use crate::live::Levels;

const HEIGHT: f32 = 64.0;
/// A bar and the gap after it.
const BAR: f32 = 4.0;
const GAP: f32 = 2.0;

/// Draws it as wide as there is space; `is_live`: its right edge is now.
pub(super) fn wave_ui(ui: &mut Ui, levels: &Levels, is_live: bool, cx: &Cx<'_>) {
    let c = colors(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    let label = cx.text("podcast-wave");
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &label));
    let fit = ((rect.width() - BAR) / (BAR + GAP)).floor().max(1.0) as usize;
    let all: Vec<f32> = levels.iter().collect();
    let shown = &all[all.len().saturating_sub(fit)..];
    let ink = if is_live { c.accent } else { c.t3 };
    for (from_right, level) in shown.iter().rev().enumerate() {
        let right = rect.right() - 4.0 - from_right as f32 * (BAR + GAP);
        let height = (HEIGHT * level.sqrt()).max(3.0);
        let bar = Rect::from_center_size(pos2(right - BAR / 2.0, rect.center().y), vec2(BAR, height));
        ui.painter().rect_filled(bar, 1.5, ink);
    }
    if is_live {
        ui.painter().vline(rect.right() - 1.0, rect.y_range(), egui::Stroke::new(2.0, c.bad));
    }
    let seconds = (shown.len() as f64 * Levels::step().as_secs_f64()).round() as u64;
    ends_ui(ui, &cx.strings.format("podcast-ago", &[("s", seconds.into())]), &cx.text(if is_live { "podcast-now" } else { "podcast-stopped" }), c.t3);
}

fn ends_ui(ui: &mut Ui, left: &str, right: &str, ink: Color32) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), Type::Small.line()), Sense::hover());
    ui.painter().text(rect.left_center(), Align2::LEFT_CENTER, left, Type::Small.font(), ink);
    ui.painter().text(rect.right_center(), Align2::RIGHT_CENTER, right, Type::Small.font(), ink);
}
