//! The menus of the stage: dark in both themes like the controls that they open above, with their name on top.
//!
//! What stands in a menu is the business of who opens it.

use egui::{Frame, Id, Margin, Popup, PopupCloseBehavior, RectAlign, Response, Theme, Ui};

use super::super::tokens::{Type, colors, space};
use super::super::widgets::say;

/// The menu that a button opens; `content` draws its lines. `width` is in points.
pub(super) fn menu_ui(button: &Response, id: Id, width: f32, name: &str, content: impl FnOnce(&mut Ui)) {
    let dark = button.ctx.style_of(Theme::Dark);
    let frame = Frame::menu(&dark).inner_margin(Margin::same(4));
    let menu = Popup::menu(button).id(id).align(RectAlign::TOP_END).gap(space::S).width(width);
    menu.close_behavior(PopupCloseBehavior::CloseOnClick).frame(frame).show(|ui| {
        ui.set_style(dark.clone());
        ui.set_width(width);
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.horizontal(|ui| {
            ui.add_space(space::S);
            say(ui, Type::Control, colors(ui).t1, name);
        });
        content(ui);
    });
}
