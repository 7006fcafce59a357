//! The stage: the picture, letterboxed on black, with the controls that come when the pointer moves.
//!
//! Everything on it is dark in both themes. [`StageState`] is what the window itself remembers between two passes; what
//! plays comes in as a [`PlayerStatus`].

mod chapters;
mod controls;
mod cover;
mod history;
mod keys;
mod marks;
mod menu;
mod overlay;
mod quality;
mod seek_bar;
mod sound_tracks;
mod statistics;
mod zoom;

use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::{CursorIcon, Id, Rect, Sense, Ui, UiBuilder};
use lectern_proto::rung::RungSpec;

use super::command::{Command, Cx};
use super::reasons;
use super::tokens::{DARK, motion, on_stage};
use super::video::VideoScreen;
use crate::class::Phase;
use crate::player::{PlayState, PlayerStatus, Preview, Silence, Sound};

use history::{EVERY_S, History};
use zoom::Zoom;

pub(super) use keys::handle_keys;
pub(super) use quality::{AUTO, THIRDS};
pub(super) use statistics::statistics_card_ui;
pub use zoom::ZoomKey;

/// What the stage remembers.
#[derive(Debug, Default)]
pub(crate) struct StageState {
    /// When the pointer or a key last moved something, in egui's seconds.
    last_moved: f64,
    /// Where the pointer was in the pass before.
    pointer: Option<egui::Pos2>,
    /// Where the handle of the seek bar is held.
    held_us: Option<u64>,
    /// When something began to be waited for.
    waiting_since: Option<f64>,
    /// The place on the seek bar that is pointed at.
    pointed_us: Option<u64>,
    zoom: Zoom,
    /// Keys of the zoom, until the stage knows its size.
    zoom_keys: Vec<ZoomKey>,
    history: History,
    statistics: bool,
}

impl StageState {
    /// Shows the controls for a while, as after a key.
    pub(crate) fn touch(&mut self, ctx: &egui::Context) {
        self.last_moved = ctx.input(|i| i.time);
    }

    /// The place on the seek bar that is pointed at.
    pub(crate) fn pointed_us(&self) -> Option<u64> {
        self.pointed_us
    }

    pub(crate) fn toggle_statistics(&mut self) {
        self.statistics = !self.statistics;
    }

    /// Enlarges or moves the picture at the next pass.
    pub(crate) fn zoom(&mut self, key: ZoomKey) {
        self.zoom_keys.push(key);
    }
}

/// What plays, or why nothing does.
#[derive(Debug)]
pub(crate) struct StageView<'a> {
    pub(crate) player: Result<&'a PlayerStatus, &'a str>,
    pub(crate) screen: &'a Arc<VideoScreen>,
    /// The picture of the place that is pointed at, and what draws it.
    pub(crate) preview: &'a Preview,
    pub(crate) preview_screen: &'a Arc<VideoScreen>,
    pub(crate) title: &'a str,
    /// The cover of what is sound alone, if it has one and that has come.
    pub(crate) cover: Option<egui::load::SizedTexture>,
    pub(crate) round_trip: Option<Duration>,
    pub(crate) phase: &'a Phase,
    /// The server's ladder, for the bit rates of the menu.
    pub(crate) ladder: &'a [RungSpec],
    pub(crate) thirds: &'a [String; 3],
    pub(crate) fullscreen: bool,
    pub(crate) now: Instant,
}

/// Draws the stage into the space of `ui`.
pub(crate) fn stage_ui(ui: &mut Ui, state: &mut StageState, view: &StageView<'_>, cx: &mut Cx<'_>) {
    let area = ui.available_rect_before_wrap();
    ui.advance_cursor_after_rect(area);
    let mut ui = ui.new_child(UiBuilder::new().id_salt("stage").max_rect(area));
    on_stage(&mut ui);
    ui.painter().rect_filled(area, 0.0, DARK.well);
    let sense = if state.zoom.is_whole() { Sense::CLICK } else { Sense::click_and_drag() };
    let background = ui.interact(area, ui.scope_id().with("picture"), sense);
    picture_ui(&ui, area, &background, state, view);

    let label = cx.text("stage-picture");
    background.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Video, true, &label));
    if background.clicked() && view.player.is_ok() {
        cx.push(Command::TogglePlay);
    }
    if background.double_clicked() {
        cx.push(Command::ToggleFullscreen);
    }

    let status = match view.player {
        Ok(status) => status,
        Err(reason) => return overlay::failed_ui(&mut ui, area, reason, cx),
    };
    if let PlayState::Failed(reason) = &status.state {
        let reason = reasons::play_trouble(cx.strings, reason);
        return overlay::failed_ui(&mut ui, area, &reason, cx);
    }
    if view.screen.is_broken() {
        let reason = cx.text("stage-no-graphics");
        return overlay::failed_ui(&mut ui, area, &reason, cx);
    }
    if status.rungs.is_empty() && status.state != PlayState::Loading {
        cover::cover_ui(&mut ui, area, view.cover, view.title, cx);
    }
    let now = ui.input(|i| i.time);
    state.history.note(now, status, view.round_trip);
    let alpha = visibility(&ui, state, area, status);
    overlay::waiting_ui(&ui, area, state, status);
    overlay::banners_ui(&mut ui, area, view, status, alpha, cx);
    if status.state == PlayState::Ended {
        overlay::ended_ui(&mut ui, area, cx);
    }
    if state.statistics {
        ui.ctx().request_repaint_after_secs(EVERY_S as f32);
        statistics::statistics_ui(&mut ui, area, &state.history, status, cx);
    }
    let mut lower = ui.new_child(UiBuilder::new().id_salt("controls").max_rect(area));
    lower.set_opacity(alpha);
    controls::controls_ui(&mut lower, area, state, view, status, cx);
}

/// The picture, as large and where the zoom has it.
fn picture_ui(ui: &Ui, area: Rect, background: &egui::Response, state: &mut StageState, view: &StageView<'_>) {
    let Some(fitted) = view.screen.fitted(ui, area) else {
        state.zoom_keys.clear();
        return;
    };
    for key in state.zoom_keys.drain(..) {
        zoom::apply(&mut state.zoom, key, area, fitted);
    }
    zoom::zoom_ui(ui, background, &mut state.zoom, area, fitted);
    state.zoom.fit(area, fitted);
    view.screen.paint(ui, state.zoom.place(area, fitted), area);
}

/// How opaque the controls are; hides the pointer with them.
fn visibility(ui: &Ui, state: &mut StageState, area: Rect, status: &PlayerStatus) -> f32 {
    let now = ui.input(|i| i.time);
    let over = ui.rect_contains_pointer(area);
    let (pointer, is_down) = ui.input(|i| (i.pointer.latest_pos(), i.pointer.any_down()));
    // One that comes in from outside has moved too.
    if over && (pointer != state.pointer || is_down) {
        state.last_moved = now;
    }
    state.pointer = pointer;
    let focus_here = ui.memory(|m| m.focused()).is_some();
    let running = matches!(status.state, PlayState::Playing | PlayState::Stalled);
    let left = state.last_moved + motion::CONTROLS_STAY - now;
    let shown = !running || left > 0.0 || focus_here || state.held_us.is_some() || egui::Popup::is_any_open(ui.ctx());
    if shown && running && left > 0.0 {
        ui.ctx().request_repaint_after_secs(left as f32 + 0.01);
    }
    if !shown && over {
        ui.ctx().set_cursor_icon(CursorIcon::None);
    }
    let time = match (motion::is_still(ui.ctx()), shown) {
        (true, _) => 0.0,
        (false, true) => motion::CONTROLS_IN,
        (false, false) => motion::CONTROLS_OUT,
    };
    ui.ctx().animate_bool_with_time(Id::unique("stage-controls"), shown, time)
}

/// Whether the sound goes nowhere, and why.
fn silent(status: &PlayerStatus) -> Option<&Silence> {
    match &status.sound {
        Sound::Silent(why) => Some(why),
        Sound::None | Sound::Device | Sound::Instead(_) => None,
    }
}
