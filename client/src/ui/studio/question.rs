//! Asks once whether somebody leaves who is on air.

use egui::{Align, Frame, Id, Key, Layout, Margin, Ui};

use super::super::command::{Command, Cx};
use super::super::tokens::{Type, colors, space};
use super::super::widgets::{Look, Push, say, say_line};
use super::StudioCommand;

/// Its width.
const WIDTH: f32 = 400.0;

/// Draws it over everything. `is_shown`: by the Class view; else it is a podcast.
pub(in crate::ui) fn question_ui(ui: &Ui, is_shown: bool, cx: &mut Cx<'_>) {
    let frame = Frame::window(ui.style()).inner_margin(Margin::same(space::XL as i8));
    let response = egui::Modal::new(Id::unique("studio-end")).frame(frame).show(ui.ctx(), |ui| {
        let c = colors(ui);
        let (title, hint) = if is_shown { ("studio-end", "studio-end-hint") } else { ("podcast-end", "podcast-end-hint") };
        ui.set_width(WIDTH.min(ui.ctx().content_rect().width() - space::XXXL));
        ui.spacing_mut().item_spacing.y = space::M;
        say_line(ui, Type::Title, c.t1, cx.text(title));
        say(ui, Type::Body, c.t2, cx.text(hint));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = space::S;
            if ui.add(Push::text(Look::Primary, &cx.text("studio-end-no"))).clicked() {
                cx.push(Command::Studio(StudioCommand::Stay));
            }
            if ui.add(Push::text(Look::Plain, &cx.text("studio-end-yes"))).clicked() {
                cx.push(Command::Studio(StudioCommand::EndAndLeave));
            }
        });
    });
    if response.backdrop_response.clicked() || ui.input(|i| i.key_pressed(Key::Escape)) {
        cx.push(Command::Studio(StudioCommand::Stay));
    }
}
