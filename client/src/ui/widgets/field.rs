//! A field for one line of text, with a label above it and, when something is wrong, the sentence below it.

use egui::{Align2, CursorIcon, Frame, Id, Margin, Rect, Response, Sense, Stroke, StrokeKind, TextEdit, Ui, Vec2, pos2, vec2};

use super::super::icons::Icon;
use super::super::tokens::{Type, colors, radius, size, space};
use super::{Push, icon_ui, rich, say};

/// A field.
#[derive(Debug)]
#[must_use = "call show"]
pub(crate) struct Field<'a> {
    id: Id,
    label: &'a str,
    hint: &'a str,
    icon: Option<Icon>,
    problem: Option<&'a str>,
    limit: usize,
}

impl<'a> Field<'a> {
    pub(crate) fn new(id: Id, label: &'a str) -> Self {
        Self { id, label, hint: "", icon: None, problem: None, limit: usize::MAX }
    }

    /// What stands in it while it is empty.
    pub(crate) fn hint(mut self, hint: &'a str) -> Self {
        self.hint = hint;
        self
    }

    pub(crate) fn icon(mut self, icon: Icon) -> Self {
        self.icon = Some(icon);
        self
    }

    /// A sentence below the field, which is then framed in the colour of failure.
    pub(crate) fn problem(mut self, problem: Option<&'a str>) -> Self {
        self.problem = problem;
        self
    }

    /// Most characters.
    pub(crate) fn limit(mut self, characters: usize) -> Self {
        self.limit = characters;
        self
    }

    /// Shows it as wide as there is space.
    pub(crate) fn show(self, ui: &mut Ui, text: &mut String) -> Response {
        self.show_with(ui, text, false, None).0
    }

    /// Shows it masked, with an eye that shows the text while `shown`.
    pub(crate) fn show_secret(self, ui: &mut Ui, text: &mut String, shown: &mut bool, eye_label: &str) -> Response {
        let icon = if *shown { Icon::EyeOff } else { Icon::Eye };
        let (response, eye) = self.show_with(ui, text, !*shown, Some(Push::icon(icon, eye_label).selected(*shown)));
        if eye.is_some_and(|eye| eye.clicked()) {
            *shown = !*shown;
        }
        response
    }

    /// Shows it masked.
    pub(crate) fn show_hidden(self, ui: &mut Ui, text: &mut String) -> Response {
        self.show_with(ui, text, true, None).0
    }

    /// Shows it with a button at its end; the second response is the button's.
    pub(crate) fn show_with_button(self, ui: &mut Ui, text: &mut String, button: Push<'_>) -> (Response, Response) {
        let (response, pressed) = self.show_with(ui, text, false, Some(button));
        let pressed = pressed.unwrap_or_else(|| response.clone());
        (response, pressed)
    }

    fn show_with(self, ui: &mut Ui, text: &mut String, hidden: bool, button: Option<Push<'_>>) -> (Response, Option<Response>) {
        let c = colors(ui);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = space::XS + 2.0;
            let label = say(ui, Type::Small, c.t2, self.label);
            let (rect, ground) = ui.allocate_exact_size(vec2(ui.available_width(), size::PRIMARY), Sense::CLICK);
            ui.painter().rect_filled(rect, f32::from(radius::CONTROL), c.field);
            if let Some(icon) = self.icon {
                let at = pos2(rect.left() + space::M + size::ICON / 2.0, rect.center().y);
                icon.paint(ui.painter(), Rect::from_center_size(at, Vec2::splat(size::ICON)), c.t3);
            }
            let left = if self.icon.is_some() { space::M + size::ICON + space::S } else { space::M };
            let right = if button.is_some() { size::PRIMARY } else { space::M };
            let inner = Rect::from_min_max(rect.min + vec2(left, 0.0), rect.max - vec2(right, 0.0));
            let font = egui::FontId { size: 14.0, ..Type::Body.font() };
            let edit = TextEdit::singleline(text)
                .id(self.id)
                .frame(Frame::NONE.inner_margin(Margin::ZERO))
                .font(font)
                .text_color(c.t1)
                .hint_text(rich(Type::Body, c.t3, self.hint))
                .password(hidden)
                .char_limit(self.limit)
                .vertical_center()
                .desired_width(inner.width())
                .min_size(inner.size());
            let response = ui.put(inner, edit).labelled_by(label.id);
            if response.gained_focus() {
                ui.scroll_to_rect(rect.expand(space::S), None);
            }
            if ground.clicked() {
                response.request_focus();
            }
            ground.on_hover_cursor(CursorIcon::Text);
            let at = Rect::from_center_size(pos2(rect.right() - size::PRIMARY / 2.0, rect.center().y), Vec2::splat(size::CONTROL));
            let pressed = button.map(|button| ui.put(at, button));
            let stroke = match (response.has_focus(), self.problem) {
                (_, Some(_)) => Stroke::new(if response.has_focus() { 2.0 } else { 1.0 }, c.bad),
                (true, None) => Stroke::new(2.0, c.accent),
                (false, None) => Stroke::new(1.0, c.control),
            };
            ui.painter().rect_stroke(rect, f32::from(radius::CONTROL), stroke, StrokeKind::Inside);
            if let Some(problem) = self.problem {
                ui.horizontal_top(|ui| {
                    ui.spacing_mut().item_spacing.x = space::S - 2.0;
                    ui.add_space(1.0);
                    icon_ui(ui, Icon::Octagon, 16.0, c.bad);
                    ui.vertical(|ui| say(ui, Type::Small, c.bad, problem));
                });
            }
            (response, pressed)
        })
        .inner
    }
}

/// Keeps one line of text in the middle of the field's height.
trait VerticalCenter {
    fn vertical_center(self) -> Self;
}

impl VerticalCenter for TextEdit<'_> {
    fn vertical_center(self) -> Self {
        self.align(Align2::LEFT_CENTER)
    }
}
