//! The controls that the screens are made of. They take colours and measures from [`super::tokens`] and know no screen.

mod field;
mod menu;
mod notice;
mod plot;
mod push;
mod search;
mod slider;

pub(crate) use field::Field;
pub(crate) use menu::{Chip, Choice};
pub(crate) use notice::{Tone, badge_ui, empty_ui, notice_ui, notice_with_ui};
pub(crate) use plot::{Axis, Plot};
pub(crate) use push::{Look, Push};
pub(crate) use search::{End, Search};
pub(crate) use slider::slider_ui;

use egui::{Align2, Color32, Label, Pos2, Rect, Response, RichText, ScrollArea, Sense, Stroke, StrokeKind, Ui, Vec2, pos2, vec2};

use super::icons::Icon;
use super::prose;
use super::tokens::{Type, colors, motion, radius};

/// Text of a role in a colour.
#[must_use]
pub(crate) fn rich(role: Type, color: Color32, text: impl Into<String>) -> RichText {
    RichText::new(text).font(role.font()).line_height(Some(role.line())).color(color)
}

/// A paragraph or word.
pub(crate) fn say(ui: &mut Ui, role: Type, color: Color32, text: impl Into<String>) -> Response {
    let text = text.into();
    if prose::is_mixed(&text) {
        return mixed(ui, role, color, &text, usize::MAX);
    }
    ui.add(Label::new(rich(role, color, text)))
}

/// A text with a right-to-left script in it, in the order in which it is read.
fn mixed(ui: &mut Ui, role: Type, color: Color32, text: &str, most: usize) -> Response {
    let spans = [prose::Span { range: 0..text.len(), role, color }];
    let galley = prose::lay_out(ui.painter(), text, &spans, ui.available_width(), most);
    let (rect, response) = ui.allocate_exact_size(galley.size(), Sense::hover());
    let at = pos2(prose::origin(&galley, rect.left(), rect.right()), rect.top());
    ui.painter().galley(at, galley, color);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Label, true, text));
    response
}

/// A line that ends in an ellipsis where the space ends; the whole is in the tooltip.
pub(crate) fn say_line(ui: &mut Ui, role: Type, color: Color32, text: impl Into<String>) -> Response {
    let text = text.into();
    if prose::is_mixed(&text) {
        return mixed(ui, role, color, &text, 1).on_hover_text(text);
    }
    ui.add(Label::new(rich(role, color, text)).truncate())
}

/// An icon of `edge` points in the flow of the layout.
pub(crate) fn icon_ui(ui: &mut Ui, icon: Icon, edge: f32, color: Color32) -> Response {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(edge), Sense::hover());
    icon.paint(ui.painter(), rect, color);
    response
}

/// A key as it looks on a keyboard, in the flow of the layout.
pub(crate) fn key_cap(ui: &mut Ui, key: &str) -> Response {
    let (rect, response) = ui.allocate_exact_size(cap_size(ui, key), Sense::hover());
    key_cap_ui(ui, rect.center(), key);
    response
}

/// The same around a place.
pub(crate) fn key_cap_ui(ui: &Ui, centre: Pos2, key: &str) {
    let c = colors(ui);
    let rect = Rect::from_center_size(centre, cap_size(ui, key));
    ui.painter().rect(rect, f32::from(radius::CHIP), c.hover, Stroke::new(1.0, c.line_strong), StrokeKind::Inside);
    ui.painter().text(rect.center(), Align2::CENTER_CENTER, key, Type::MonoSmall.font(), c.t1);
}

fn cap_size(ui: &Ui, key: &str) -> Vec2 {
    let galley = ui.painter().layout_no_wrap(key.to_owned(), Type::MonoSmall.font(), Color32::PLACEHOLDER);
    vec2((galley.size().x + 12.0).max(24.0), 22.0)
}

/// The ring that shows keyboard focus, 2 points away from the control.
pub(crate) fn focus_ring(ui: &Ui, rect: Rect, radius: u8, response: &Response) {
    if response.has_focus() {
        let stroke = Stroke::new(2.0, colors(ui).accent);
        ui.painter().rect_stroke(rect.expand(2.0), f32::from(radius) + 2.0, stroke, StrokeKind::Outside);
    }
}

/// Something turns while it is waited for; repaints at [`motion::SPINNER_RATE`], or seldom where little is to move.
pub(crate) fn spinner_ui(ui: &mut Ui, edge: f32, color: Color32) -> Response {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(edge), Sense::hover());
    paint_spinner(ui, rect, color);
    response
}

/// The same in a rectangle.
pub(crate) fn paint_spinner(ui: &Ui, rect: Rect, color: Color32) {
    if !ui.is_rect_visible(rect) {
        return;
    }
    // Where little is to move it takes an eighth of a turn each second: enough to see that something is waited for.
    let (rate, steps) = if motion::is_still(ui.ctx()) { (motion::SPINNER_RATE_STILL, 8.0) } else { (motion::SPINNER_RATE, motion::SPINNER_RATE) };
    ui.ctx().request_repaint_after_secs(1.0 / rate);
    let step = (ui.input(|i| i.time) * f64::from(rate)).floor();
    let turn = (step / f64::from(steps)).rem_euclid(1.0) as f32;
    let radius = rect.width().min(rect.height()) * 0.4;
    let angle = |i: f32| std::f32::consts::TAU * (turn + i);
    let points = (0..=20).map(|i| rect.center() + radius * Vec2::angled(angle(i as f32 * 0.75 / 20.0))).collect();
    ui.painter().add(egui::Shape::line(points, Stroke::new((radius * 0.22).max(1.5), color)));
}

/// A bar that fills from the left; `share` from 0 to 1.
pub(crate) fn progress_ui(ui: &mut Ui, width: f32, share: f32, label: &str) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(width, 4.0), Sense::hover());
    let c = colors(ui);
    ui.painter().rect_filled(rect, 2.0, c.active);
    let filled = Rect::from_min_max(rect.min, pos2(rect.left() + rect.width() * share.clamp(0.0, 1.0), rect.bottom()));
    ui.painter().rect_filled(filled, 2.0, c.accent);
    let percent = f64::from(share) * 100.0;
    response
        .widget_info(|| egui::WidgetInfo { value: Some(percent.round()), ..egui::WidgetInfo::labeled(egui::accesskit::Role::ProgressIndicator, true, label) });
    response
}

/// Equal rows of which only those in sight are laid out, and one on each side, so that the keyboard reaches the next.
pub(crate) fn rows_ui(ui: &mut Ui, area: ScrollArea, height: f32, gap: f32, count: usize, mut row: impl FnMut(&mut Ui, usize, Rect)) {
    let step = height + gap;
    area.auto_shrink(false).show_viewport(ui, |ui, sight| {
        let (_, whole) = ui.allocate_space(vec2(ui.available_width(), (step * count as f32 - gap).max(0.0)));
        let first = (sight.top() / step).floor().max(0.0) as usize;
        let last = (sight.bottom() / step).ceil().max(0.0) as usize;
        for i in first.saturating_sub(1)..last.saturating_add(1).min(count) {
            row(ui, i, Rect::from_min_size(pos2(whole.left(), whole.top() + i as f32 * step), vec2(whole.width(), height)));
        }
    });
}

/// A round picture of a person: the first letter of the name.
pub(crate) fn avatar_ui(ui: &mut Ui, name: &str, edge: f32, accented: bool) -> Response {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(edge), Sense::hover());
    paint_avatar(ui, rect, name, accented);
    response
}

/// The same in a rectangle.
pub(crate) fn paint_avatar(ui: &Ui, rect: Rect, name: &str, accented: bool) {
    let c = colors(ui);
    let edge = rect.width();
    let (fill, line, text) = if accented { (c.accent_tint, c.accent_line, c.accent) } else { (c.active, c.active, c.t1) };
    ui.painter().circle(rect.center(), edge / 2.0 - 0.5, fill, Stroke::new(1.0, line));
    let initial: String = name.chars().find(|ch| ch.is_alphanumeric()).map_or_else(|| "?".into(), |ch| ch.to_uppercase().collect());
    ui.painter().text(rect.center(), Align2::CENTER_CENTER, initial, Type::Caption.font(), text);
}
