//! A field for words that are searched for, in a header or above a list: a glass before it, something small at its end.

use egui::accesskit::Role;
use egui::{Frame, Id, Key, Margin, Rect, Sense, Stroke, StrokeKind, TextEdit, Ui, UiBuilder, Vec2, vec2};

use super::super::icons::Icon;
use super::super::tokens::{Type, colors, radius, size};
use super::{Push, key_cap_ui, paint_spinner, rich};

/// A search field.
#[derive(Debug)]
#[must_use = "call show"]
pub(crate) struct Search<'a> {
    pub(crate) id: Id,
    /// What a screen reader says, and what stands in it while it is empty.
    pub(crate) label: &'a str,
    /// In points.
    pub(crate) width: f32,
    /// Most characters.
    pub(crate) limit: usize,
    pub(crate) end: End<'a>,
}

/// What stands at its end.
#[derive(Debug, Clone, Copy)]
pub(crate) enum End<'a> {
    Nothing,
    /// The key that leads there, while it has no focus.
    Key(&'a str),
    /// A button that ends the search, by its label.
    Close(&'a str),
    /// The search is under way.
    Spinner,
}

/// What was done with it in this pass.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Searched {
    /// The words are others.
    pub(crate) changed: bool,
    /// Enter.
    pub(crate) entered: bool,
    /// Escape, or the button at its end. The words stay to be cleared.
    pub(crate) ended: bool,
}

impl Search<'_> {
    /// Draws it where the layout is.
    pub(crate) fn show(self, ui: &mut Ui, words: &mut String) -> Searched {
        let c = colors(ui);
        let (rect, ground) = ui.allocate_exact_size(vec2(self.width, size::CONTROL), Sense::CLICK);
        let mut ui = ui.new_child(UiBuilder::new().id_salt("search").max_rect(rect));
        ui.painter().rect_filled(rect, f32::from(radius::CONTROL), c.field);
        Icon::Search.paint(ui.painter(), Rect::from_center_size(rect.left_center() + vec2(18.0, 0.0), Vec2::splat(16.0)), c.t3);
        let inner = Rect::from_min_max(rect.min + vec2(34.0, 0.0), rect.max - vec2(size::CONTROL, 0.0));
        let edit = TextEdit::singleline(words)
            .id(self.id)
            .frame(Frame::NONE.inner_margin(Margin::ZERO))
            .font(Type::Body.font())
            .text_color(c.t1)
            .hint_text(rich(Type::Body, c.t3, self.label))
            .char_limit(self.limit)
            .align(egui::Align2::LEFT_CENTER)
            .desired_width(inner.width())
            .min_size(inner.size());
        let response = ui.put(inner, edit);
        ui.ctx().accesskit_node_builder(response.id, |node| {
            node.set_role(Role::SearchInput);
            node.set_label(self.label);
        });
        let end = Rect::from_center_size(rect.right_center() - vec2(size::CONTROL / 2.0, 0.0), Vec2::splat(size::SMALL));
        let closed = match self.end {
            End::Close(label) => ui.put(end, Push::icon(Icon::Close, label).small()).clicked(),
            End::Key(key) if !response.has_focus() => {
                key_cap_ui(&ui, end.center(), key);
                false
            }
            End::Spinner => {
                paint_spinner(&ui, Rect::from_center_size(end.center(), Vec2::splat(16.0)), c.t3);
                false
            }
            End::Key(_) | End::Nothing => false,
        };
        if ground.clicked() {
            response.request_focus();
        }
        let stroke = if response.has_focus() { Stroke::new(2.0, c.accent) } else { Stroke::new(1.0, c.control) };
        ui.painter().rect_stroke(rect, f32::from(radius::CONTROL), stroke, StrokeKind::Inside);
        // egui gives the focus up with Escape and Enter.
        let left_by = |key| response.lost_focus() && ui.input(|i| i.key_pressed(key));
        Searched { changed: response.changed(), entered: left_by(Key::Enter), ended: closed || left_by(Key::Escape) }
    }
}
