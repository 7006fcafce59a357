//! The seek bar: what was played, what is held ahead, and the time under the pointer.

use egui::accesskit::Role;
use egui::{CursorIcon, Rect, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::super::command::{Command, Cx};
use super::super::format;
use super::super::tokens::{Type, colors, radius};
use super::super::widgets::focus_ring;
use super::StageState;
use crate::player::PlayerStatus;

/// Draws it across `rect`. A click or the end of a drag seeks; while it is dragged, the handle goes ahead.
pub(super) fn seek_bar_ui(ui: &mut Ui, rect: Rect, state: &mut StageState, status: &PlayerStatus, cx: &mut Cx<'_>) {
    let c = colors(ui);
    let response = ui.interact(rect, ui.scope_id().with("seek"), Sense::click_and_drag()).on_hover_cursor(CursorIcon::PointingHand);
    let track = Rect::from_center_size(rect.center(), vec2(rect.width(), 4.0));
    let duration = status.duration_us.max(1);
    let x_of = |us: u64| track.left() + track.width() * (us.min(duration) as f64 / duration as f64) as f32;
    let us_at = |x: f32| (f64::from(((x - track.left()) / track.width()).clamp(0.0, 1.0)) * duration as f64) as u64;

    let pointer = response.interact_pointer_pos();
    if let Some(at) = pointer.filter(|_| response.is_pointer_button_down_on()) {
        state.held_us = Some(us_at(at.x));
    }
    if response.clicked() || response.drag_stopped() {
        if let Some(position_us) = pointer.map(|at| us_at(at.x)).or(state.held_us) {
            cx.push(Command::Seek { position_us });
        }
        state.held_us = None;
    } else if !response.is_pointer_button_down_on() {
        state.held_us = None;
    }

    let shown = state.held_us.unwrap_or(status.position_us);
    let lit = response.hovered() || response.is_pointer_button_down_on() || response.has_focus();
    let thick = if lit { track.expand2(vec2(0.0, 1.0)) } else { track };
    let part = |from: f32, to: f32| Rect::from_x_y_ranges(from..=to.max(from), thick.y_range());
    ui.painter().rect_filled(thick, 2.0, c.active);
    ui.painter().rect_filled(part(x_of(status.buffered_us.start), x_of(status.buffered_us.end)), 2.0, c.t3);
    ui.painter().rect_filled(part(track.left(), x_of(shown)), 2.0, c.accent);
    ui.painter().circle_filled(pos2(x_of(shown), track.center().y), if lit { 7.5 } else { 6.0 }, c.t1);
    focus_ring(ui, rect.shrink2(vec2(0.0, 6.0)), radius::CHIP, &response);

    if let Some(at) = response.hover_pos().or(pointer.filter(|_| response.is_pointer_button_down_on())) {
        let x = at.x.clamp(track.left(), track.right());
        ui.painter().vline(x, track.y_range().expand(4.0), Stroke::new(2.0, c.t1));
        time_ui(ui, track, x, &format::position(us_at(x), status.duration_us));
    }
    let label = cx.text("stage-seek");
    let seconds = (shown / 1_000_000) as f64;
    response.widget_info(|| WidgetInfo { value: Some(seconds), ..WidgetInfo::labeled(Role::Slider, true, &label) });
    let text = format!("{} / {}", format::clock(shown), format::clock(status.duration_us));
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_min_numeric_value(0.0);
        node.set_max_numeric_value((status.duration_us / 1_000_000) as f64);
        node.set_value(text);
    });
}

/// The time above the pointer.
fn time_ui(ui: &Ui, track: Rect, x: f32, text: &str) {
    let c = colors(ui);
    let galley = ui.painter().layout_no_wrap(text.to_owned(), Type::MonoSmall.font(), c.t1);
    let size = galley.size() + vec2(16.0, 8.0);
    let left = (x - size.x / 2.0).clamp(track.left(), (track.right() - size.x).max(track.left()));
    let place = Rect::from_min_size(pos2(left, track.top() - 14.0 - size.y), size);
    ui.painter().rect(place, f32::from(radius::CHIP), c.raised, Stroke::new(1.0, c.line_strong), StrokeKind::Inside);
    ui.painter().galley(place.center() - galley.size() / 2.0, galley, c.t1);
}
