//! Which microphone is sent, how loud it is, and that nothing is heard from it.

use std::time::Duration;

use egui::{Frame, Id, Margin, Popup, PopupCloseBehavior, RectAlign, Response, Ui};

use super::super::command::{Command, Cx};
use super::super::icons::Icon;
use super::super::tokens::{Type, colors, space};
use super::super::widgets::{Choice, Look, Push, Tone, notice_ui, say};
use super::{StudioCommand, StudioView, meter_ui};
use crate::live::{Pictures, Sound};

/// So long nobody speaks in a lesson that is going on.
const SILENT: Duration = Duration::from_secs(4);
/// Width of a menu.
const MENU: f32 = 260.0;

/// Draws the choice, the level and what is wrong with it.
pub(super) fn sound_ui(ui: &mut Ui, view: &StudioView<'_>, cx: &mut Cx<'_>) {
    // A file brings its own sound.
    if matches!(view.chosen.pictures, Some(Pictures::File(_))) {
        say(ui, Type::Small, colors(ui).t3, cx.text("studio-file-sound"));
    } else {
        choice_ui(ui, view, cx);
    }
    let Some(publishing) = view.open().filter(|p| p.peak_db.is_some()) else { return };
    let width = ui.available_width();
    let shown = publishing.peak_db.unwrap_or(-144.0).max(-60.0).round();
    let label = cx.strings.format("studio-level", &[("db", format!("{shown:.0}").into())]);
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        meter_ui(ui, Id::unique("studio-level"), width, 12.0, publishing.peak_db, &label);
        scale_ui(ui, width);
    });
    let silence = publishing.silent_since.filter(|_| matches!(view.chosen.sound, Some(Sound::Microphone(_))));
    match silence.map(|since| view.now.saturating_duration_since(since)) {
        Some(silence) if silence >= SILENT => drop(notice_ui(ui, Tone::Warn, Icon::Microphone, &cx.text("studio-silent"))),
        Some(silence) => ui.ctx().request_repaint_after(SILENT - silence),
        None => {}
    }
}

/// The numbers below the meter.
fn scale_ui(ui: &mut Ui, width: f32) {
    let c = colors(ui);
    let (rect, _) = ui.allocate_exact_size(egui::vec2(width, 14.0), egui::Sense::hover());
    let mark = |share: f32, align: egui::Align2, text: &str| {
        ui.painter().text(egui::pos2(rect.left() + width * share, rect.top()), align, text, egui::FontId { size: 10.5, ..Type::MonoSmall.font() }, c.t3);
    };
    mark(0.0, egui::Align2::LEFT_TOP, "-60");
    mark(1.0 / 3.0, egui::Align2::CENTER_TOP, "-40");
    mark(2.0 / 3.0, egui::Align2::CENTER_TOP, "-20");
    mark(1.0, egui::Align2::RIGHT_TOP, "0 dB");
}

fn choice_ui(ui: &mut Ui, view: &StudioView<'_>, cx: &mut Cx<'_>) {
    let microphones = view.devices.and_then(Result::ok).map(|d| d.microphones.as_slice()).unwrap_or_default();
    let is_pattern = matches!(view.chosen.pictures, Some(Pictures::Pattern));
    let name = match &view.chosen.sound {
        None => cx.text("studio-no-sound"),
        Some(Sound::Tone) => cx.text("studio-tone"),
        Some(Sound::Microphone(None)) => cx.text("studio-microphone-default"),
        Some(Sound::Microphone(Some(id))) => microphones.iter().find(|m| m.id == *id).map_or_else(|| id.clone(), |m| m.name.clone()),
    };
    let label = cx.strings.format("studio-sound-now", &[("name", name.as_str().into())]);
    let icon = if view.chosen.sound.is_some() { Icon::Microphone } else { Icon::Muted };
    let button = ui.add(Push::text(Look::Plain, &name).with_icon(icon).width(ui.available_width()).named(&label));
    let mut choices = vec![(cx.text("studio-no-sound"), None)];
    if is_pattern {
        choices.push((cx.text("studio-tone"), Some(Sound::Tone)));
    }
    choices.push((cx.text("studio-microphone-default"), Some(Sound::Microphone(None))));
    choices.extend(microphones.iter().map(|m| (m.name.clone(), Some(Sound::Microphone(Some(m.id.clone()))))));
    menu_ui(&button, &cx.text("studio-sound"), |ui| {
        for (name, sound) in choices {
            let chosen = view.chosen.sound == sound;
            if (Choice { name: &name, note: "", right: "", chosen, mono: false }).show(ui) && !chosen {
                cx.push(Command::Studio(StudioCommand::Sound(sound)));
            }
        }
    });
}

/// The menu that a button of this view opens, below it.
pub(super) fn menu_ui(button: &Response, name: &str, content: impl FnOnce(&mut Ui)) {
    let style = button.ctx.style_of(button.ctx.theme());
    let frame = Frame::menu(&style).inner_margin(Margin::same(4));
    let menu = Popup::menu(button).align(RectAlign::BOTTOM_START).gap(space::XS).width(MENU);
    menu.close_behavior(PopupCloseBehavior::CloseOnClick).frame(frame).show(|ui| {
        ui.set_width(MENU);
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.horizontal(|ui| {
            ui.add_space(space::S);
            say(ui, Type::Control, colors(ui).t1, name);
        });
        content(ui);
    });
}
