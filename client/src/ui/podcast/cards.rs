//! The channels as cards: the one that is heard with its picture, its big button and where the listener is; the others to be chosen.

use egui::accesskit::Role;
use egui::{Align, CornerRadius, CursorIcon, Frame, Layout, Margin, Rect, Sense, Stroke, Ui, Vec2, WidgetInfo, vec2};
use lectern_proto::control::StreamInfo;

use super::super::command::{Command, Cx};
use super::super::format;
use super::super::icons::Icon;
use super::super::on_air::live_badge_ui;
use super::super::reasons::speaker;
use super::super::tokens::{Type, colors, radius, size, space};
use super::super::widgets::{Look, Push, Tone, badge_ui, focus_ring, icon_ui, notice_ui, say, say_line, slider_ui};
use super::air::ListenStatus;
use super::wave::wave_ui;
use super::{PodcastView, PodcastWish, channels};
use crate::class::ClassState;

/// The big button.
const PLAY: f32 = 56.0;

pub(super) fn cards_ui(ui: &mut Ui, state: &ClassState, view: &PodcastView<'_>, cx: &mut Cx<'_>) {
    for stream in channels(state) {
        let heard = view.heard.as_ref().filter(|(id, _)| *id == stream.id).map(|(_, status)| status);
        card(ui, heard.is_some(), |ui| match heard {
            Some(Ok(status)) => heard_ui(ui, state, stream, status, view, cx),
            Some(Err(why)) => {
                head_ui(ui, state, stream, None, cx);
                let words = cx.strings.format("live-failed", &[("why", why.to_string().into())]);
                notice_ui(ui, Tone::Bad, Icon::Octagon, &words);
            }
            None => other_ui(ui, state, stream, cx),
        });
    }
    // Who stays behind in a file hears it to its end when nobody sends it any more.
    if let Some((id, Ok(status))) = &view.heard
        && !state.streams.iter().any(|s| s.id == *id)
    {
        card(ui, true, |ui| ended_ui(ui, status, view, cx));
    }
}

fn card(ui: &mut Ui, is_heard: bool, contents: impl FnOnce(&mut Ui)) {
    let c = colors(ui);
    let line = if is_heard { c.accent } else { c.line };
    let frame = Frame::new().fill(c.panel).stroke(Stroke::new(1.0, line)).corner_radius(CornerRadius::same(radius::CARD));
    frame.inner_margin(Margin::same(20)).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = space::S;
        contents(ui);
    });
}

fn head_ui(ui: &mut Ui, state: &ClassState, stream: &StreamInfo, status: Option<&ListenStatus>, cx: &Cx<'_>) {
    let c = colors(ui);
    let is_file = stream.kind.is_stored();
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::M;
        let (rect, _) = ui.allocate_exact_size(Vec2::splat(48.0), Sense::hover());
        let (icon, fill, ink) = if is_file { (Icon::Note, c.active, c.t1) } else { (Icon::Loud, c.bad_tint, c.bad) };
        ui.painter().rect_filled(rect, f32::from(radius::CONTROL), fill);
        icon.paint(ui.painter(), Rect::from_center_size(rect.center(), Vec2::splat(24.0)), ink);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            ui.horizontal(|ui| {
                ui.spacing_mut().interact_size.y = Type::Title.line();
                say_line(ui, Type::Title, c.t1, &stream.name);
                match status {
                    Some(status) if status.is_paused => {
                        badge_ui(ui, Tone::Plain, Some(Icon::Pause), &cx.text("podcast-paused"));
                    }
                    _ => live_badge_ui(ui, &cx.text("live-badge")),
                }
            });
            let by = state.people.iter().find(|p| p.id == stream.publisher).map(|p| p.name.clone()).unwrap_or_default();
            let key = if is_file { "podcast-file-by" } else { "podcast-microphone-by" };
            say_line(ui, Type::Small, c.t2, cx.strings.format(key, &[("name", by.into())]));
        });
    });
}

fn heard_ui(ui: &mut Ui, state: &ClassState, stream: &StreamInfo, status: &ListenStatus, view: &PodcastView<'_>, cx: &mut Cx<'_>) {
    let c = colors(ui);
    head_ui(ui, state, stream, Some(status), cx);
    wave_ui(ui, &status.levels, !status.is_paused, cx);
    controls_ui(ui, status, view, cx);
    if let Some(why) = &status.silent {
        notice_ui(ui, Tone::Warn, Icon::Warning, &speaker(cx.strings, why));
    }
    if view.is_muted_by_room && !view.settings.muted {
        super::unmute_ui(ui, cx);
    }
    ui.separator();
    ui.horizontal(|ui| {
        icon_ui(ui, Icon::Bulb, size::ICON_SMALL, c.t3);
        let key = if status.is_file { "podcast-pause-file" } else { "podcast-pause-live" };
        say(ui, Type::Small, c.t2, cx.text(key));
    });
}

fn controls_ui(ui: &mut Ui, status: &ListenStatus, view: &PodcastView<'_>, cx: &mut Cx<'_>) {
    let c = colors(ui);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::M;
        let (icon, key) = if status.is_paused { (Icon::Play, "podcast-resume") } else { (Icon::Pause, "podcast-pause") };
        if play_ui(ui, icon, &cx.text(key)) {
            cx.push(Command::Podcast(PodcastWish::Pause(!status.is_paused)));
        }
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            let (title, sub) = place(status, cx);
            say(ui, Type::Control, c.t1, title);
            say(ui, Type::Small, c.t2, sub);
        });
        // Behind the live edge by so much that it is no matter of the line.
        if status.is_file && (status.is_paused || status.behind.as_millis() > 0) && ui.add(Push::text(Look::Plain, &cx.text("podcast-edge"))).clicked() {
            cx.push(Command::Podcast(PodcastWish::ToEdge));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let silent = view.settings.muted || view.is_muted_by_room;
            let shown = if silent { 0.0 } else { view.settings.volume };
            if let Some(volume) = slider_ui(ui, 140.0_f32.min(ui.available_width()), &cx.text("stage-volume"), shown, 0.0..=1.0, 0.05) {
                cx.push(Command::SetVolume(volume));
            }
            let (icon, key) = if silent { (Icon::Muted, "stage-unmute") } else { (Icon::Loud, "stage-mute") };
            if ui.add(Push::icon(icon, &cx.text(key)).shortcut("M")).clicked() {
                cx.push(Command::ToggleMute);
            }
        });
    });
}

/// Where the listener is, in two lines.
fn place(status: &ListenStatus, cx: &Cx<'_>) -> (String, String) {
    if status.is_paused {
        let key = if status.is_file { "podcast-waits-file" } else { "podcast-waits-live" };
        return (cx.text("podcast-paused"), cx.text(key));
    }
    let lag = cx.strings.format("podcast-lag", &[("ms", (status.lag.as_millis() as u64).into())]);
    if status.behind.as_millis() > 0 {
        let behind = format::clock(u64::try_from(status.behind.as_micros()).unwrap_or(u64::MAX));
        return (cx.text("podcast-own-place"), cx.strings.format("podcast-behind", &[("time", behind.into())]));
    }
    (cx.text("live-listening"), lag)
}

/// The round button; whether it was pressed.
fn play_ui(ui: &mut Ui, icon: Icon, label: &str) -> bool {
    let c = colors(ui);
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(PLAY), Sense::click());
    let response = response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(format!("{label} (K)"));
    let fill = if response.is_pointer_button_down_on() {
        c.accent_fill_pressed
    } else if response.hovered() {
        c.accent_fill_hover
    } else {
        c.accent_fill
    };
    ui.painter().circle_filled(rect.center(), PLAY / 2.0, fill);
    icon.paint(ui.painter(), Rect::from_center_size(rect.center(), Vec2::splat(24.0)), c.on_fill);
    focus_ring(ui, rect, (PLAY / 2.0) as u8, &response);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, label));
    response.clicked()
}

/// A channel that is not heard.
fn other_ui(ui: &mut Ui, state: &ClassState, stream: &StreamInfo, cx: &mut Cx<'_>) {
    ui.allocate_ui_with_layout(vec2(ui.available_width(), 48.0), Layout::right_to_left(Align::Center), |ui| {
        let (word, said) = (cx.text("podcast-listen"), cx.strings.format("podcast-listen-to", &[("name", stream.name.clone().into())]));
        if ui.add(Push::text(Look::Primary, &word).named(&said).height(size::PRIMARY)).clicked() {
            cx.push(Command::Podcast(PodcastWish::Listen(stream.id)));
        }
        ui.allocate_ui_with_layout(vec2(ui.available_width(), 48.0), Layout::left_to_right(Align::Center), |ui| head_ui(ui, state, stream, None, cx));
    });
}

/// What was heard and is not sent any more.
fn ended_ui(ui: &mut Ui, status: &ListenStatus, view: &PodcastView<'_>, cx: &mut Cx<'_>) {
    let c = colors(ui);
    if status.is_file && status.over.is_none() {
        say(ui, Type::Title, c.t1, cx.text("podcast-rest"));
        wave_ui(ui, &status.levels, !status.is_paused, cx);
        controls_ui(ui, status, view, cx);
        return;
    }
    ui.horizontal(|ui| {
        badge_ui(ui, Tone::Plain, None, &cx.text("podcast-ended"));
        let words = match &status.over {
            Some(Err(why)) => cx.strings.format("live-failed", &[("why", why.clone().into())]),
            _ => cx.text("podcast-ended-hint"),
        };
        say(ui, Type::Small, c.t2, words);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.add(Push::text(Look::Plain, &cx.text("common-close"))).clicked() {
                cx.push(Command::Podcast(PodcastWish::StopListening));
            }
        });
    });
}
