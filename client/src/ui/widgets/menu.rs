//! Menus: a popup of choices of which one is in force, and a pill that is on or off.

use egui::accesskit::Role;
use egui::text::LayoutJob;
use egui::{Align2, CursorIcon, Rect, Response, Sense, Stroke, StrokeKind, Ui, Vec2, Widget, WidgetInfo, pos2, vec2};

use super::super::icons::Icon;
use super::super::tokens::{Type, colors, radius, size, space};
use super::focus_ring;

/// A line of a menu: what is chosen, a note beside it, a number on the right.
#[derive(Debug)]
#[must_use = "call show"]
pub(crate) struct Choice<'a> {
    pub(crate) name: &'a str,
    pub(crate) note: &'a str,
    pub(crate) right: &'a str,
    pub(crate) chosen: bool,
    /// Whether the name is set in digits that do not jump.
    pub(crate) mono: bool,
}

impl Choice<'_> {
    /// Draws it as wide as the menu; true when it was clicked.
    pub(crate) fn show(self, ui: &mut Ui) -> bool {
        let c = colors(ui);
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), size::LIST_ROW), Sense::click());
        if self.chosen || response.hovered() || response.has_focus() {
            ui.painter().rect_filled(rect, f32::from(radius::CHIP), if self.chosen { c.active } else { c.hover });
        }
        let middle = rect.center().y;
        if self.chosen {
            Icon::Check.paint(ui.painter(), Rect::from_center_size(pos2(rect.left() + 15.0, middle), Vec2::splat(16.0)), c.accent);
        }
        let text = |x: f32, align: Align2, text: &str, role: Type, color| ui.painter().text(pos2(x, middle), align, text, role.font(), color);
        let role = if self.mono { Type::Mono } else { Type::Body };
        let right = text(rect.right() - space::S, Align2::RIGHT_CENTER, self.right, Type::MonoSmall, c.t2).left();
        // Files give names of any length.
        let mut name = LayoutJob::simple_singleline(self.name.to_owned(), role.font(), c.t1);
        (name.wrap.max_width, name.wrap.max_rows) = ((right - space::S - rect.left() - 30.0).max(0.0), 1);
        let name = ui.painter().layout_job(name);
        let after = rect.left() + 30.0 + name.size().x;
        ui.painter().galley(pos2(rect.left() + 30.0, middle - name.size().y / 2.0), name, c.t1);
        text(after.max(rect.left() + 80.0) + space::S, Align2::LEFT_CENTER, self.note, Type::Small, c.t2);
        focus_ring(ui, rect.shrink(2.0), radius::CHIP, &response);
        response.widget_info(|| WidgetInfo::selected(Role::MenuItemRadio, true, self.chosen, self.name));
        response.on_hover_cursor(CursorIcon::PointingHand).clicked()
    }
}

/// A pill with a word and a count; on, it is filled.
#[derive(Debug)]
#[must_use = "add it to a ui"]
pub(crate) struct Chip<'a> {
    pub(crate) label: &'a str,
    pub(crate) count: usize,
    pub(crate) on: bool,
}

impl Widget for Chip<'_> {
    fn ui(self, ui: &mut Ui) -> Response {
        const HEIGHT: f32 = 28.0;
        let c = colors(ui);
        let name = ui.painter().layout_no_wrap(self.label.to_owned(), Type::Small.font(), if self.on { c.t1 } else { c.t2 });
        let count = ui.painter().layout_no_wrap(self.count.to_string(), Type::MonoSmall.font(), if self.on { c.t2 } else { c.t3 });
        let width = name.size().x + count.size().x + 6.0 + 2.0 * space::M;
        let (rect, response) = ui.allocate_exact_size(vec2(width, HEIGHT), Sense::click());
        let fill = match (self.on, response.hovered()) {
            (true, _) => c.active,
            (false, true) => c.hover,
            (false, false) => c.window,
        };
        ui.painter().rect(rect, HEIGHT / 2.0, fill, Stroke::new(1.0, if self.on { c.active } else { c.line_strong }), StrokeKind::Inside);
        let left = rect.left() + space::M;
        ui.painter().galley(pos2(left, rect.center().y - name.size().y / 2.0), name.clone(), c.t1);
        ui.painter().galley(pos2(left + name.size().x + 6.0, rect.center().y - count.size().y / 2.0), count, c.t2);
        focus_ring(ui, rect, 14, &response);
        let said = format!("{}, {}", self.label, self.count);
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, self.on, &said));
        response.on_hover_cursor(CursorIcon::PointingHand)
    }
}
