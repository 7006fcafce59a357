//! The line at the foot of the window: where the person is, what is played, and the cause when something is wrong.

use std::time::{Duration, Instant};

use egui::{Align, Frame, Layout, Margin, Panel, Ui};

use super::catalogue::ahead;
use super::command::Cx;
use super::format;
use super::icons::Icon;
use super::reasons;
use super::shell::divider_ui;
use super::tokens::{Type, colors, size, space};
use super::widgets::{icon_ui, say};
use crate::class::{ClassState, Phase};
use crate::fetch::MediaWay;
use crate::player::{PlayerStatus, Sound};

/// Draws the line along the lower edge; `alone`: of a file that is played without a class around it.
pub(crate) fn status_ui(ui: &mut Ui, state: &ClassState, player: Option<&PlayerStatus>, now: Instant, alone: bool, cx: &Cx<'_>) {
    let c = colors(ui);
    let frame = Frame::new().fill(c.panel).inner_margin(Margin::symmetric(space::M as i8, 0));
    Panel::bottom("status").exact_size(size::STATUS).frame(frame).show(ui, |ui| {
        ui.spacing_mut().item_spacing.x = space::M - 2.0;
        ui.horizontal_centered(|ui| {
            if alone && matches!(state.phase, Phase::Joined) {
                icon_ui(ui, Icon::Film, size::ICON_SMALL, c.t3);
                say(ui, Type::Small, c.t2, cx.text("status-own-file"));
            } else {
                place_ui(ui, state, now, cx);
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if let Some(player) = player {
                    sound_ui(ui, player, cx);
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    if let Some(player) = player {
                        numbers_ui(ui, player, cx);
                    }
                    if let Some(ahead) = ahead::status_text(state, cx) {
                        value_ui(ui, &cx.text("status-ahead"), &ahead);
                    }
                    if let Some(round_trip) = state.round_trip.filter(|_| state.phase == Phase::Joined && !alone) {
                        value_ui(ui, &cx.text("status-round-trip"), &format::milliseconds(round_trip));
                    }
                });
            });
        });
    });
}

fn place_ui(ui: &mut Ui, state: &ClassState, now: Instant, cx: &Cx<'_>) {
    let c = colors(ui);
    if let Phase::Reconnecting { since, why } = &state.phase {
        ui.ctx().request_repaint_after(Duration::from_secs(1));
        icon_ui(ui, Icon::Unplugged, size::ICON_SMALL, c.warn);
        let away = format::clock(now.saturating_duration_since(*since).as_micros() as u64);
        let said = say(ui, Type::Small, c.warn, cx.strings.format("status-reconnecting", &[("for", away.into())]));
        said.on_hover_text(reasons::trouble(cx.strings, why));
    } else {
        icon_ui(ui, Icon::Shield, size::ICON_SMALL, c.good);
        say(ui, Type::Small, c.t1, state.server_name.as_str());
    }
    let closed = match state.media_way {
        MediaWay::Unknown | MediaWay::OwnPort => None,
        MediaWay::ControlRefused(port) => Some(("status-way-refused", port)),
        MediaWay::ControlFiltered(port) => Some(("status-way-filtered", port)),
    };
    say(ui, Type::Small, c.t3, cx.strings.format("status-room", &[("room", state.room.as_str().into())]));
    if let Some((key, port)) = closed {
        let why = cx.strings.format(key, &[("port", port.to_string().into())]);
        icon_ui(ui, Icon::Warning, size::ICON_SMALL, c.warn);
        say(ui, Type::Small, c.warn, cx.text("status-way")).on_hover_text(why);
    }
}

fn numbers_ui(ui: &mut Ui, player: &PlayerStatus, cx: &Cx<'_>) {
    if let Some(rung) = &player.rung {
        let shown = if player.quality == *rung { rung.clone() } else { format!("{rung} {}", player.quality) };
        // Others say what they are by their names.
        let about =
            player.original.as_ref().filter(|o| o.name == *rung).map(|o| format!(" · {} × {} · {}", o.box_width, o.box_height, format::bitrate(o.bitrate_bps)));
        value_ui(ui, &cx.text("status-quality"), &(shown + &about.unwrap_or_default()));
    }
    let ahead = player.buffered_us.end.saturating_sub(player.position_us) / 1_000_000;
    value_ui(ui, &cx.text("status-buffer"), &format!("{ahead} s"));
}

fn value_ui(ui: &mut Ui, name: &str, value: &str) {
    let c = colors(ui);
    divider_ui(ui);
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        say(ui, Type::Small, c.t3, name);
        say(ui, Type::MonoSmall, c.t1, value);
    });
}

fn sound_ui(ui: &mut Ui, player: &PlayerStatus, cx: &Cx<'_>) {
    let c = colors(ui);
    let (icon, key, color) = match &player.sound {
        Sound::None => (Icon::Muted, "status-no-track", c.t3),
        Sound::Silent(_) => (Icon::Muted, "status-silent", c.warn),
        Sound::Device | Sound::Instead(_) if player.muted || player.volume <= 0.0 => (Icon::Muted, "status-muted", c.t2),
        Sound::Instead(_) => (Icon::Headphones, "status-sound-instead", c.warn),
        Sound::Device => (Icon::Headphones, "status-sound", c.t2),
    };
    let said = say(ui, Type::Small, color, cx.text(key));
    if let Some(why) = player.sound.trouble() {
        said.on_hover_text(reasons::silence(cx.strings, &why));
    }
    icon_ui(ui, icon, size::ICON_SMALL + 2.0, color);
}
