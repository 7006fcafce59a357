//! The menu of sound tracks, where a video has several.

use egui::{Frame, Margin, Popup, PopupCloseBehavior, RectAlign, Theme, Ui};

use super::super::command::{Command, Cx};
use super::super::icons::Icon;
use super::super::tokens::{Type, colors, space};
use super::super::widgets::{Choice, Push, say};
use crate::player::PlayerStatus;

/// Width of the menu.
const WIDTH: f32 = 240.0;

/// The button and, when it was pressed, the menu above it.
pub(super) fn sound_tracks_ui(ui: &mut Ui, status: &PlayerStatus, cx: &mut Cx<'_>) {
    let now = status.sound_track.map(|n| name(status, n, cx)).unwrap_or_default();
    let label = cx.strings.format("stage-sound-track-now", &[("track", now.as_str().into())]);
    let id = ui.scope_id().with("sound-tracks");
    let button = ui.add(Push::icon(Icon::Headphones, &label));
    let dark = ui.ctx().style_of(Theme::Dark);
    let frame = Frame::menu(&dark).inner_margin(Margin::same(4));
    Popup::menu(&button).id(id).align(RectAlign::TOP_END).gap(space::S).width(WIDTH).close_behavior(PopupCloseBehavior::CloseOnClick).frame(frame).show(|ui| {
        ui.set_style(dark.clone());
        let c = colors(ui);
        ui.set_width(WIDTH);
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.horizontal(|ui| {
            ui.add_space(space::S);
            say(ui, Type::Control, c.t1, cx.text("stage-sound-track"));
        });
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
