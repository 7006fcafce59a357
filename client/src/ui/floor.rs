//! What everybody reads of the floor, below the header: that it is quiet, and that one has the stage.

use egui::{Align, Frame, Layout, Margin, Panel, Ui};
use lectern_proto::control::Role;

use super::command::{Command, Cx};
use super::icons::Icon;
use super::studio::StudioCommand;
use super::tokens::{Type, colors, size, space};
use super::widgets::{Look, Push, icon_ui, say_line};
use crate::class::ClassState;

/// Draws the line; nothing where there is nothing to say. `in_studio`: the Class view is shown.
pub(super) fn floor_ui(ui: &mut Ui, state: &ClassState, in_studio: bool, cx: &mut Cx<'_>) {
    let Some(me) = &state.me else { return };
    let is_instructor = me.role == Role::Instructor;
    let has_stage = state.floor.stage.contains(&me.id);
    let c = colors(ui);
    let (icon, key, ink, fill) = match (state.floor.quiet, has_stage) {
        (true, _) if is_instructor => (Icon::Hand, "floor-quiet-instructor", c.warn, c.warn_tint),
        (true, _) => (Icon::Hand, "floor-quiet", c.warn, c.warn_tint),
        (false, true) => (Icon::Broadcast, "floor-stage", c.accent, c.accent_tint),
        (false, false) => return,
    };
    let frame = Frame::new().fill(fill).inner_margin(Margin::symmetric(space::L as i8, 0));
    Panel::top("floor").exact_size(size::PRIMARY).frame(frame).show(ui, |ui| {
        ui.horizontal_centered(|ui| {
            icon_ui(ui, icon, size::ICON, ink);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if state.floor.quiet && is_instructor {
                    if ui.add(Push::text(Look::Plain, &cx.text("studio-quiet-end")).shortcut("Q")).clicked() {
                        cx.push(Command::Studio(StudioCommand::Quiet(false)));
                    }
                } else if has_stage && !state.floor.quiet && !in_studio && ui.add(Push::text(Look::Primary, &cx.text("floor-show"))).clicked() {
                    cx.push(Command::Studio(StudioCommand::Show));
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| say_line(ui, Type::Body, c.t1, cx.text(key)));
            });
        });
    });
}

/// The instructor's keys that work on every screen.
pub(super) fn handle_keys(ctx: &egui::Context, state: &ClassState, out: &mut Vec<Command>) {
    use egui::{Event, Key};
    if ctx.text_edit_focused() || state.me.as_ref().is_none_or(|me| me.role != Role::Instructor) {
        return;
    }
    let is_press =
        |e: &Event, wanted: Key| matches!(e, Event::Key { key, pressed: true, modifiers, repeat: false, .. } if *key == wanted && modifiers.is_none());
    let pressed = |key| ctx.input(|i| i.events.iter().any(|e| is_press(e, key)));
    if pressed(Key::Q) {
        out.push(Command::Studio(StudioCommand::Quiet(!state.floor.quiet)));
    }
    if pressed(Key::F5) {
        out.push(Command::Studio(StudioCommand::Projector));
    }
}
