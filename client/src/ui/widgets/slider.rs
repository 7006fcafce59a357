//! A slider: by mouse, and with the arrow keys while it has the focus.

use std::ops::RangeInclusive;

use egui::accesskit::Role;
use egui::{CursorIcon, Key, Modifiers, Rect, Sense, Ui, WidgetInfo, pos2, vec2};

use super::super::tokens::{colors, size, space};
use super::focus_ring;

/// Draws it so wide; gives the value that was chosen. The filled part begins at zero.
pub(crate) fn slider_ui(ui: &mut Ui, width: f32, label: &str, value: f32, range: RangeInclusive<f32>, step: f32) -> Option<f32> {
    let c = colors(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(width, size::SMALL), Sense::click_and_drag());
    let response = response.on_hover_cursor(CursorIcon::PointingHand);
    let track = Rect::from_center_size(rect.center(), vec2(rect.width() - space::M, 4.0));
    let (low, high) = (*range.start(), *range.end());
    let x = |value: f32| track.left() + track.width() * ((value - low) / (high - low)).clamp(0.0, 1.0);
    let mut chosen = None;
    if let Some(at) = response.interact_pointer_pos().filter(|_| response.is_pointer_button_down_on() || response.dragged()) {
        let exact = low + (high - low) * ((at.x - track.left()) / track.width()).clamp(0.0, 1.0);
        chosen = Some((exact / step).round() * step);
    }
    if response.has_focus() {
        ui.memory_mut(|m| m.set_focus_lock_filter(response.id, egui::EventFilter { horizontal_arrows: true, ..egui::EventFilter::default() }));
        let steps = ui.input_mut(|i| {
            let mut count = |key| i.count_and_consume_key(Modifiers::NONE, key) as f32;
            count(Key::ArrowRight) - count(Key::ArrowLeft)
        });
        if steps != 0.0 {
            chosen = Some(value + steps * step);
        }
    }
    let chosen = chosen.map(|v| v.clamp(low, high)).filter(|v| (v - value).abs() > step * 0.1);
    let at = pos2(x(value), track.center().y);
    let zero = x(0.0);
    ui.painter().rect_filled(track, 2.0, c.control);
    ui.painter().rect_filled(Rect::from_x_y_ranges(zero.min(at.x)..=zero.max(at.x), track.y_range()), 2.0, c.accent);
    ui.painter().circle_filled(at, 5.5, c.t1);
    focus_ring(ui, rect, 4, &response);
    response.widget_info(|| WidgetInfo { value: Some(f64::from(value)), ..WidgetInfo::labeled(Role::Slider, true, label) });
    chosen
}
