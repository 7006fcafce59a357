//! Push to talk: while everybody sits in one room, the class hears a student's microphone only as long as a key or this button is held,
//! so that many microphones of one room do not howl. It lies over every screen while such a microphone is on air.

use egui::accesskit::Role;
use egui::{Align2, Area, Context, CornerRadius, CursorIcon, Frame, Id, Key, Margin, Order, Sense, Stroke, UiBuilder, WidgetInfo, vec2};

use super::icons::Icon;
use super::strings::Strings;
use super::tokens::{Type, colors, radius, size, space};
use super::widgets::{focus_ring, icon_ui, key_cap, say};

/// What is held to be heard.
pub(super) const KEY: Key = Key::T;
/// Above the controls of a stage.
const ABOVE: f32 = 72.0;

/// Whether the key is held: alone, in this window, and not as a letter of a text.
pub(super) fn is_key_held(ctx: &Context) -> bool {
    !ctx.text_edit_focused() && ctx.input(|i| i.focused && i.key_down(KEY) && i.modifiers.is_none())
}

/// Draws the button; says whether it is pressed. `is_heard`: the class hears the microphone now.
pub(super) fn talk_ui(ctx: &Context, is_heard: bool, strings: &Strings) -> bool {
    let area = Area::new(Id::unique("talk")).order(Order::Foreground).anchor(Align2::CENTER_BOTTOM, vec2(0.0, -ABOVE));
    let shown = area.show(ctx, |ui| {
        let c = colors(ui);
        let (fill, line, ink) = if is_heard { (c.live_fill, c.live_fill, c.on_fill) } else { (c.raised, c.line_strong, c.t1) };
        let frame = Frame::new().fill(fill).stroke(Stroke::new(1.0, line)).corner_radius(CornerRadius::same(radius::CARD));
        let words = strings.text(if is_heard { "talk-heard" } else { "talk-hold" });
        let builder = UiBuilder::new().id_salt("hold").sense(Sense::click_and_drag());
        let response = ui.scope_builder(builder, |ui| {
            frame.inner_margin(Margin::symmetric(space::L as i8, space::S as i8)).show(ui, |ui| {
                ui.horizontal(|ui| {
                    ui.spacing_mut().item_spacing.x = space::S;
                    icon_ui(ui, if is_heard { Icon::Microphone } else { Icon::Muted }, size::ICON, ink);
                    say(ui, Type::Control, ink, &words);
                    key_cap(ui, KEY.name());
                });
            });
        });
        let response = response.response.on_hover_cursor(CursorIcon::PointingHand);
        focus_ring(ui, response.rect, radius::CARD, &response);
        let label = strings.text("talk");
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, is_heard, &label));
        let by_keyboard = response.has_focus() && ui.input(|i| i.key_down(Key::Space) || i.key_down(Key::Enter));
        response.is_pointer_button_down_on() || by_keyboard
    });
    shown.inner && ctx.input(|i| i.focused)
}
