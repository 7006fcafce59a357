//! Recording, for those whom it concerns: whoever shows something is asked whether it may be recorded, is told while it is, and can take
//! it back.

use egui::{Align, Frame, Layout, Margin, Panel, Ui};
use lectern_proto::control::Role;

use super::command::{Command, Cx};
use super::icons::Icon;
use super::studio::StudioCommand;
use super::tokens::{Type, colors, size, space};
use super::widgets::{Look, Push, icon_ui, say_line};
use super::wishes::{Wish, Wishes};
use crate::class::ClassState;

/// Draws a line for each of one's own streams that is recorded or is to be; nothing for an instructor, who decides it anyway.
pub(super) fn consent_ui(ui: &mut Ui, state: &ClassState, wishes: &Wishes, cx: &mut Cx<'_>) {
    let Some(me) = state.me.as_ref().filter(|me| me.role != Role::Instructor) else { return };
    let is_mine = |wish: Wish| matches!(wish, Wish::AllowRecording(..));
    if wishes.has(is_mine) {
        let frame = Frame::new().inner_margin(Margin::symmetric(space::L as i8, space::S as i8));
        Panel::top("consent-refused").resizable(false).frame(frame).show(ui, |ui| wishes.refusals_ui(ui, state, is_mine, cx));
    }
    let c = colors(ui);
    for stream in state.streams.iter().filter(|s| s.publisher == me.id) {
        let (key, ink, fill, answers): (_, _, _, &[_]) = match (state.floor.recorded.contains(&stream.id), state.floor.recording_asked(stream.id)) {
            (true, _) => ("consent-recorded", c.live, c.live_tint, &[("consent-withdraw", false)]),
            (false, Some(false)) => ("consent-asked", c.accent, c.accent_tint, &[("consent-yes", true), ("consent-no", false)]),
            (false, Some(true)) => ("consent-declined", c.t2, c.hover, &[("consent-yes", true)]),
            (false, None) => continue,
        };
        let frame = Frame::new().fill(fill).inner_margin(Margin::symmetric(space::L as i8, 0));
        Panel::top(egui::Id::unique(("consent", stream.id))).exact_size(size::PRIMARY).frame(frame).show(ui, |ui| {
            ui.horizontal_centered(|ui| {
                icon_ui(ui, Icon::Record, size::ICON, ink);
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    for (label, allowed) in answers.iter().rev() {
                        if ui.add(Push::text(Look::Plain, &cx.text(label))).clicked() {
                            cx.push(Command::Studio(StudioCommand::AllowRecording(stream.id, *allowed)));
                        }
                    }
                    let text = cx.strings.format(key, &[("name", stream.name.as_str().into())]);
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| say_line(ui, Type::Body, c.t1, text));
                });
            });
        });
    }
}
