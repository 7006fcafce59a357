//! One's own sound: the device, whether it stays silent for the room, its delay, and how far from the class it is heard.

use egui::{Align, Layout, Ui};
use lectern_proto::rights::Action;

use super::super::command::{Command, Cx};
use super::super::icons::Icon;
use super::super::settings::Settings;
use super::super::tokens::{Type, colors, size, space};
use super::super::widgets::{Look, Push, Tone, icon_ui, notice_ui, say, say_line, slider_ui};
use super::{PodcastView, PodcastWish};
use crate::class::ClassState;
use crate::player::SoundOut;

/// One step of the delay, in milliseconds.
const STEP_MS: f32 = 1.0;

pub(super) fn panel_ui(ui: &mut Ui, state: &ClassState, view: &PodcastView<'_>, cx: &mut Cx<'_>) {
    let c = colors(ui);
    ui.spacing_mut().item_spacing.y = space::S;
    say(ui, Type::Control, c.t1, cx.text("podcast-own"));
    let status = view.heard.as_ref().and_then(|(_, status)| status.as_ref().ok());
    let device = status.and_then(|s| s.device.as_deref());
    ui.horizontal(|ui| {
        icon_ui(ui, Icon::Headphones, size::ICON_SMALL, c.t2);
        say_line(ui, Type::Body, c.t1, device.map_or_else(|| cx.text("podcast-no-device"), str::to_owned));
    });
    together_ui(ui, state, view, cx);
    ui.separator();
    if let Some(device) = device {
        trim_ui(ui, device, view.settings, cx);
        ui.separator();
    }
    if let Some(status) = status {
        let skew = status.skew_ms.map_or_else(|| "–".to_owned(), |ms| format!("{ms:+.0} ms"));
        row_ui(ui, &cx.text("podcast-distance"), &skew);
        row_ui(ui, &cx.text("podcast-way"), &cx.text(if status.is_udp { "live-udp" } else { "live-tcp" }));
        row_ui(ui, &cx.text("podcast-concealed"), &cx.strings.format("podcast-packets", &[("n", status.concealed.into())]));
    }
}

fn row_ui(ui: &mut Ui, name: &str, value: &str) {
    let c = colors(ui);
    ui.horizontal(|ui| {
        say(ui, Type::Small, c.t2, name);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| say(ui, Type::MonoSmall, c.t1, value));
    });
}

/// That everybody sits in one room; the instructor says whether.
fn together_ui(ui: &mut Ui, state: &ClassState, view: &PodcastView<'_>, cx: &mut Cx<'_>) {
    if state.may(Action::Administer) {
        let c = colors(ui);
        say(ui, Type::Small, c.t2, cx.text("together-title"));
        ui.horizontal_wrapped(|ui| {
            for (on, key) in [(true, "together-on"), (false, "together-off")] {
                let word = cx.text(key);
                let said = format!("{}: {word}", cx.text("together-title"));
                if ui.add(Push::text(Look::Plain, &word).selected(state.together == on).named(&said)).clicked() {
                    cx.push(Command::Podcast(PodcastWish::Together(on)));
                }
            }
        });
        say(ui, Type::Small, c.t3, cx.text("together-hint"));
    } else if view.is_muted_by_room {
        unmute_ui(ui, cx);
    } else if state.together {
        notice_ui(ui, Tone::Plain, Icon::Headphones, &cx.text("together-headphones-on"));
    }
}

/// Why it is silent, and the one click that changes it.
pub(crate) fn unmute_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    notice_ui(ui, Tone::Accent, Icon::Muted, &cx.text("together-muted"));
    if ui.add(Push::text(Look::Plain, &cx.text("together-headphones")).with_icon(Icon::Headphones)).clicked() {
        cx.push(Command::Podcast(PodcastWish::Headphones));
    }
}

/// How much later than others a device is heard.
fn trim_ui(ui: &mut Ui, device: &str, settings: &Settings, cx: &mut Cx<'_>) {
    let c = colors(ui);
    let ms = settings.trims_ms.get(device).copied().unwrap_or(0);
    ui.horizontal(|ui| {
        say(ui, Type::Small, c.t2, cx.text("trim-title"));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| say(ui, Type::MonoSmall, c.t1, format!("{ms:+} ms")));
    });
    let most = SoundOut::MOST_MS as f32;
    let label = cx.strings.format("trim-of", &[("device", device.into())]);
    let width = ui.available_width().min(360.0);
    if let Some(chosen) = slider_ui(ui, width, &label, ms as f32, -most..=most, STEP_MS) {
        cx.push(Command::Podcast(PodcastWish::Trim { device: device.to_owned(), ms: chosen.round() as i32 }));
    }
    say(ui, Type::Small, c.t3, cx.text("trim-hint"));
}

/// The delay of every device that was heard here, for the settings.
pub(crate) fn trims_ui(ui: &mut Ui, settings: &Settings, cx: &mut Cx<'_>) {
    for device in settings.trims_ms.keys() {
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = space::XS;
            say_line(ui, Type::Small, colors(ui).t2, device);
            trim_ui(ui, device, settings, cx);
        });
    }
}
