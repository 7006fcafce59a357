//! Sentences about a state: a notice beside what it is about, a badge, and the drawing of an empty place.

use egui::{Align, Color32, CornerRadius, Frame, Layout, Margin, Response, Stroke, Ui, vec2};

use super::super::icons::Icon;
use super::super::tokens::{Colors, Type, colors, radius, size, space};
use super::{icon_ui, say};

/// What kind of news a sentence is. The icon says it too, never the colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    Accent,
    Good,
    Warn,
    Bad,
}

/// Ink, fill and line of a tone.
fn tone_colors(tone: Tone, c: &Colors) -> (Color32, Color32, Color32) {
    match tone {
        Tone::Plain => (c.t2, c.hover, c.line_strong),
        Tone::Accent => (c.accent, c.accent_tint, c.accent_line),
        Tone::Good => (c.good, c.good_tint, c.good_line),
        Tone::Warn => (c.warn, c.warn_tint, c.warn_line),
        Tone::Bad => (c.bad, c.bad_tint, c.bad_line),
    }
}

/// A framed sentence, as wide as there is space.
pub(crate) fn notice_ui(ui: &mut Ui, tone: Tone, icon: Icon, text: &str) -> Response {
    notice_frame(ui, tone, icon, |ui| {
        ui.vertical(|ui| {
            ui.set_min_width(ui.available_width());
            say(ui, Type::Body, colors(ui).t1, text)
        })
        .inner
    })
}

/// The same with something small at its right end.
pub(crate) fn notice_with_ui<T>(ui: &mut Ui, tone: Tone, icon: Icon, text: &str, tail: impl FnOnce(&mut Ui) -> T) -> T {
    notice_frame(ui, tone, icon, |ui| {
        ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
            let tail = tail(ui);
            ui.with_layout(Layout::top_down(Align::Min), |ui| say(ui, Type::Body, colors(ui).t1, text));
            tail
        })
        .inner
    })
}

fn notice_frame<T>(ui: &mut Ui, tone: Tone, icon: Icon, content: impl FnOnce(&mut Ui) -> T) -> T {
    let c = colors(ui);
    let (ink, fill, line) = tone_colors(tone, c);
    let frame = Frame::new()
        .fill(fill)
        .stroke(Stroke::new(1.0, line))
        .corner_radius(CornerRadius::same(radius::CONTROL))
        .inner_margin(Margin::symmetric(space::M as i8, space::S as i8));
    frame
        .show(ui, |ui| {
            ui.horizontal_top(|ui| {
                icon_ui(ui, icon, size::ICON, ink);
                content(ui)
            })
            .inner
        })
        .inner
}

/// A small word on a tint.
pub(crate) fn badge_ui(ui: &mut Ui, tone: Tone, icon: Option<Icon>, text: &str) -> Response {
    let (ink, fill, _) = tone_colors(tone, colors(ui));
    let frame = Frame::new().fill(fill).corner_radius(CornerRadius::same(radius::CHIP)).inner_margin(Margin::symmetric(6, 2));
    frame
        .show(ui, |ui| {
            ui.spacing_mut().interact_size.y = Type::Caption.line();
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = space::XS;
                if let Some(icon) = icon {
                    icon_ui(ui, icon, size::ICON_SMALL, ink);
                }
                say(ui, Type::Caption, ink, text)
            })
            .inner
        })
        .inner
}

/// An empty place: what will be here, in the middle of the space that is left. `more` adds buttons.
pub(crate) fn empty_ui(ui: &mut Ui, icon: Icon, title: &str, sentence: &str, more: impl FnOnce(&mut Ui)) {
    let c = colors(ui);
    let space_left = ui.available_size();
    ui.vertical_centered(|ui| {
        ui.add_space((space_left.y * 0.5 - 90.0).max(space::XL));
        icon_ui(ui, icon, size::ICON_EMPTY, c.t3);
        ui.add_space(space::S);
        say(ui, Type::Title, c.t1, title);
        ui.scope(|ui| {
            ui.set_max_width(ui.available_width().min(420.0));
            say(ui, Type::Body, c.t2, sentence);
        });
        ui.add_space(space::S);
        ui.allocate_ui(vec2(ui.available_width().min(420.0), size::PRIMARY), more);
    });
}
