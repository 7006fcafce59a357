//! What everybody reads of the floor, below the header: that it is quiet, and that one has the stage.

use std::time::Duration;

use egui::{Align, Frame, Layout, Margin, Panel, Ui};
use lectern_proto::rights::Action;

use super::command::{Command, Cx};
use super::icons::Icon;
use super::studio::StudioCommand;
use super::tokens::{Type, colors, size, space};
use super::widgets::{Look, Push, icon_ui, say_line};
use super::wishes::{Wish, Wishes};
use crate::class::ClassState;

/// What the floor says beside what the class knows.
pub(super) struct FloorView<'a> {
    pub(super) class: &'a ClassState,
    /// The Class view is shown.
    pub(super) in_studio: bool,
    pub(super) wishes: &'a Wishes,
    /// How long this person can still take Quiet back.
    pub(super) undo: Option<Duration>,
}

/// Draws the line; nothing where there is nothing to say.
pub(super) fn floor_ui(ui: &mut Ui, view: &FloorView<'_>, cx: &mut Cx<'_>) {
    let state = view.class;
    let is_quiet = |wish: Wish| matches!(wish, Wish::Quiet(_));
    if view.wishes.has(is_quiet) {
        let frame = Frame::new().inner_margin(Margin::symmetric(space::L as i8, space::S as i8));
        Panel::top("floor-refused").resizable(false).frame(frame).show(ui, |ui| view.wishes.refusals_ui(ui, state, is_quiet, cx));
    }
    let Some(me) = &state.me else { return };
    let is_instructor = state.may(Action::Moderate);
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
                    undo_ui(ui, view.undo, cx);
                } else if has_stage && !state.floor.quiet && !view.in_studio && ui.add(Push::text(Look::Primary, &cx.text("floor-show"))).clicked() {
                    cx.push(Command::Studio(StudioCommand::Show));
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| say_line(ui, Type::Body, c.t1, cx.text(key)));
            });
        });
    });
}

/// Takes Quiet back, and counts down how long that goes.
fn undo_ui(ui: &mut Ui, left: Option<Duration>, cx: &mut Cx<'_>) {
    let Some(left) = left else { return };
    // The next number, a moment after it is due.
    ui.ctx().request_repaint_after(Duration::from_millis(u64::from(left.subsec_millis()) + 5));
    let label = cx.strings.format("floor-quiet-undo", &[("s", (left.as_secs() + 1).into())]);
    if ui.add(Push::text(Look::Primary, &label).with_icon(Icon::Replay).shortcut("Ctrl+Z")).clicked() {
        cx.push(Command::Studio(StudioCommand::Quiet(false)));
    }
}

/// The instructor's keys that work on every screen. `can_undo`: Quiet can be taken back.
pub(super) fn handle_keys(ctx: &egui::Context, state: &ClassState, can_undo: bool, out: &mut Vec<Command>) {
    use egui::{Event, Key, Modifiers};
    if ctx.text_edit_focused() || !state.may(Action::Moderate) {
        return;
    }
    let is_press =
        |e: &Event, wanted: Key| matches!(e, Event::Key { key, pressed: true, modifiers, repeat: false, .. } if *key == wanted && modifiers.is_none());
    let pressed = |key| ctx.input(|i| i.events.iter().any(|e| is_press(e, key)));
    if can_undo && ctx.input_mut(|i| i.consume_key(Modifiers::COMMAND, Key::Z)) {
        out.push(Command::Studio(StudioCommand::Quiet(false)));
    }
    if pressed(Key::Q) {
        out.push(Command::Studio(StudioCommand::Quiet(!state.floor.quiet)));
    }
    if pressed(Key::F5) {
        out.push(Command::Studio(StudioCommand::Projector));
    }
}
