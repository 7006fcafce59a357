//! The menu of sound tracks, where a video has several.

use egui::Ui;

use super::super::command::{Command, Cx};
use super::super::icons::Icon;
use super::super::widgets::{Choice, Push};
use super::menu::menu_ui;
use crate::player::PlayerStatus;

/// Width of the menu.
const WIDTH: f32 = 240.0;

/// The button and, when it was pressed, the menu above it.
pub(super) fn sound_tracks_ui(ui: &mut Ui, status: &PlayerStatus, cx: &mut Cx<'_>) {
    let now = status.sound_track.map(|n| name(status, n, cx)).unwrap_or_default();
    let label = cx.strings.format("stage-sound-track-now", &[("track", now.as_str().into())]);
    let id = ui.scope_id().with("sound-tracks");
    let button = ui.add(Push::icon(Icon::Headphones, &label));
    menu_ui(&button, id, WIDTH, &cx.text("stage-sound-track"), |ui| {
        for (number, track) in status.sound_tracks.iter().enumerate() {
            let language = if track.language == "und" { "" } else { &track.language };
            if (Choice { name: &name(status, number, cx), note: "", right: language, chosen: status.sound_track == Some(number), mono: false }).show(ui) {
                cx.push(Command::SetSoundTrack(number));
            }
        }
    });
}

/// What the file calls a track, or its number.
fn name(status: &PlayerStatus, number: usize, cx: &Cx<'_>) -> String {
    let title = status.sound_tracks.get(number).and_then(|t| t.title.clone());
    title.unwrap_or_else(|| cx.strings.format("stage-sound-track-number", &[("n", (number + 1).into())]))
}
