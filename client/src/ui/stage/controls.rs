//! The controls along the lower edge of the stage: seek bar, play, volume, time, resolution, full screen.

use egui::accesskit::Role;
use egui::{Align, Color32, CursorIcon, Layout, Mesh, Rect, Sense, Shape, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use super::super::command::{Command, Cx};
use super::super::format;
use super::super::icons::Icon;
use super::super::tokens::{Type, colors, size, space};
use super::super::widgets::{Push, focus_ring, say};
use super::{StageState, StageView, chapters, quality, seek_bar, sound_tracks, zoom};
use crate::player::{PlayState, PlayerStatus, Sound};

/// Height of the darkened strip.
const STRIP: f32 = 132.0;

/// Narrower rows leave out what a key does as well: the list of keys, the skips, the slider of the volume, the chapters.
const KEYS: f32 = 640.0;
const CHAPTERS: f32 = 560.0;
const SLIDER: f32 = 600.0;
const SKIPS: f32 = 480.0;

/// Draws them over the lower edge of `area`.
pub(super) fn controls_ui(ui: &mut Ui, area: Rect, state: &mut StageState, view: &StageView<'_>, status: &PlayerStatus, cx: &mut Cx<'_>) {
    fade(ui, Rect::from_min_max(pos2(area.left(), (area.bottom() - STRIP).max(area.top())), area.max));
    let bar = Rect::from_min_max(pos2(area.left() + space::L, area.bottom() - 72.0), pos2(area.right() - space::L, area.bottom() - 48.0));
    seek_bar::seek_bar_ui(ui, bar, state, view, status, cx);
    let row = Rect::from_min_max(pos2(area.left() + space::S, area.bottom() - 46.0), pos2(area.right() - space::S, area.bottom() - 10.0));
    // Clicks between the buttons are not clicks on the picture.
    ui.interact(row, ui.scope_id().with("strip"), Sense::CLICK);
    let mut ui = ui.new_child(UiBuilder::new().id_salt("row").max_rect(row).layout(Layout::left_to_right(Align::Center)));
    ui.spacing_mut().item_spacing.x = space::XS;
    play_ui(&mut ui, status, cx);
    if row.width() >= SKIPS {
        skip_ui(&mut ui, cx);
    }
    volume_ui(&mut ui, status, row.width() >= SLIDER, cx);
    ui.add_space(space::S);
    let c = colors(&ui);
    let position = state.held_us.unwrap_or(status.position_us);
    say(&mut ui, Type::Mono, c.t1, format::position(position, status.duration_us));
    ui.add_space(space::XS);
    say(&mut ui, Type::Mono, c.t3, format!("/ {}", format::clock(status.duration_us)));
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let (icon, key) = if view.fullscreen { (Icon::Shrink, "stage-fullscreen-leave") } else { (Icon::Enlarge, "stage-fullscreen") };
        if ui.add(Push::icon(icon, &cx.text(key)).shortcut("F")).clicked() {
            cx.push(Command::ToggleFullscreen);
        }
        if row.width() >= KEYS && ui.add(Push::icon(Icon::Keyboard, &cx.text("keys-title")).shortcut("?")).clicked() {
            cx.push(Command::ToggleKeys);
        }
        if ui.add(Push::icon(Icon::Chart, &cx.text("stats-title")).shortcut("I").selected(state.statistics)).clicked() {
            cx.push(Command::ToggleStatistics);
        }
        if !status.rungs.is_empty() {
            quality::quality_ui(ui, view, status, cx);
        }
        if status.sound_tracks.len() > 1 {
            sound_tracks::sound_tracks_ui(ui, status, cx);
        }
        if !status.details.chapters.is_empty() && row.width() >= CHAPTERS {
            chapters::chapters_ui(ui, status, cx);
        }
        zoom::whole_ui(ui, state.zoom, cx);
    });
}

/// From clear to black, one mesh.
fn fade(ui: &Ui, rect: Rect) {
    let mut mesh = Mesh::default();
    let black = Color32::from_black_alpha(215);
    mesh.colored_vertex(rect.left_top(), Color32::TRANSPARENT);
    mesh.colored_vertex(rect.right_top(), Color32::TRANSPARENT);
    mesh.colored_vertex(rect.left_bottom(), black);
    mesh.colored_vertex(rect.right_bottom(), black);
    mesh.add_triangle(0, 1, 2);
    mesh.add_triangle(1, 2, 3);
    ui.painter().add(Shape::mesh(mesh));
}

fn play_ui(ui: &mut Ui, status: &PlayerStatus, cx: &mut Cx<'_>) {
    let (icon, key, command) = match status.state {
        PlayState::Ended => (Icon::Replay, "stage-replay", Command::Replay),
        PlayState::Paused => (Icon::Play, "stage-play", Command::TogglePlay),
        _ => (Icon::Pause, "stage-pause", Command::TogglePlay),
    };
    if ui.add(Push::icon(icon, &cx.text(key)).icon_edge(22.0).shortcut("K")).clicked() {
        cx.push(command);
    }
}

fn skip_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    for (icon, key, shortcut, by_us) in [(Icon::Rewind, "stage-rewind", "J", -10_000_000), (Icon::Forward, "stage-forward", "L", 10_000_000)] {
        if ui.add(Push::icon(icon, &cx.text(key)).shortcut(shortcut)).clicked() {
            cx.push(Command::SeekBy { by_us });
        }
    }
}

fn volume_ui(ui: &mut Ui, status: &PlayerStatus, with_slider: bool, cx: &mut Cx<'_>) {
    if status.sound == Sound::None {
        return;
    }
    let quiet = status.muted || status.volume <= 0.0;
    let icon = if quiet {
        Icon::Muted
    } else if status.volume < 0.5 {
        Icon::Quiet
    } else {
        Icon::Loud
    };
    let key = if status.muted { "stage-unmute" } else { "stage-mute" };
    if ui.add(Push::icon(icon, &cx.text(key)).shortcut("M")).clicked() {
        cx.push(Command::ToggleMute);
    }
    if with_slider {
        slider_ui(ui, status, quiet, cx);
    }
}

fn slider_ui(ui: &mut Ui, status: &PlayerStatus, quiet: bool, cx: &mut Cx<'_>) {
    let c = colors(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(80.0, size::SMALL), Sense::click_and_drag());
    let response = response.on_hover_cursor(CursorIcon::PointingHand);
    let track = Rect::from_center_size(rect.center(), vec2(rect.width() - space::M, 4.0));
    let label = cx.text("stage-volume");
    if let Some(at) = response.interact_pointer_pos().filter(|_| response.is_pointer_button_down_on() || response.dragged()) {
        let volume = ((at.x - track.left()) / track.width()).clamp(0.0, 1.0);
        if (volume - status.volume).abs() > 0.001 {
            cx.push(Command::SetVolume(volume));
        }
    }
    let shown = if quiet { 0.0 } else { status.volume.clamp(0.0, 1.0) };
    let at = pos2(track.left() + track.width() * shown, track.center().y);
    ui.painter().rect_filled(track, 2.0, c.control);
    ui.painter().rect_filled(Rect::from_min_max(track.min, pos2(at.x, track.bottom())), 2.0, c.t1);
    ui.painter().circle_filled(at, 5.5, c.t1);
    focus_ring(ui, rect, 4, &response);
    let percent = (f64::from(status.volume) * 100.0).round();
    response.widget_info(|| WidgetInfo { value: Some(percent), ..WidgetInfo::labeled(Role::Slider, true, &label) });
}
