//! Live streams in the window: the row above the catalogue, and the stage of one that is watched.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Instant;

use egui::accesskit::Role;
use egui::{Align, Color32, Context, CornerRadius, Event, Frame, Key, Layout, Margin, Rect, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2};
use lectern_proto::control::{PersonId, StreamId, StreamInfo, StreamKind};
use lectern_proto::live::choice::Limit;

use super::backend::{OnAir, Seat};
use super::command::{Command, Cx};
use super::icons::Icon;
use super::podcast::PodcastWish;
use super::reasons;
use super::settings::Settings;
use super::studio::{StudioCommand, frozen_badge};
use super::tokens::{DARK, Type, colors, on_stage, radius, size, space};
use super::truth;
use super::video::VideoScreen;
use super::widgets::{Look, Push, empty_ui, focus_ring, icon_ui, say, say_line};
use super::wishes::{Wish, Wishes};
use crate::class::{Changed, ClassState};
use crate::live::{LiveError, LiveStatus};
use crate::player::SoundOut;

/// Height of a card in the row, and its greatest width.
const CARD: f32 = 56.0;
const CARD_WIDTH: f32 = 300.0;
/// Of what is said over the picture.
const NOTICE_WIDTH: f32 = 460.0;

/// The stream on the stage.
pub(super) struct Watching {
    pub(super) stream: StreamId,
    /// Whose it is.
    pub(super) publisher: PersonId,
    /// As the room calls it.
    pub(super) title: String,
    pub(super) view: Result<Box<dyn OnAir>, LiveError>,
    /// As it was told last.
    volume: Cell<Option<f32>>,
    /// Whether how it fares is shown over the picture.
    statistics: Cell<bool>,
}

impl Watching {
    /// Opens a stream of the room; none when it does not run any more.
    pub(super) fn open(seat: &dyn Seat, state: &ClassState, stream: StreamId, out: &SoundOut, volume: f32, changed: Changed) -> Option<Self> {
        let info = state.streams.iter().find(|s| s.id == stream)?;
        let watching = Self {
            stream,
            publisher: info.publisher,
            title: info.name.clone(),
            view: seat.watch(stream, out, changed),
            volume: Cell::new(None),
            statistics: Cell::new(false),
        };
        watching.sound(volume);
        Some(watching)
    }

    /// How loud it is heard, 0 to 1; told when it changes.
    pub(super) fn sound(&self, volume: f32) {
        if let Ok(view) = &self.view
            && self.volume.replace(Some(volume)) != Some(volume)
        {
            view.set_volume(volume);
        }
    }

    /// On which device it is heard; gives the one that plays.
    pub(super) fn sound_out(&self, out: &SoundOut) -> Option<String> {
        let view = self.view.as_ref().ok()?;
        view.set_sound_out(out);
        view.status().device
    }

    /// Carries out a command of the controls. Says whether it was one.
    pub(super) fn obey(&self, command: &Command, settings: &mut Settings) -> bool {
        match command {
            Command::ToggleStatistics => self.statistics.set(!self.statistics.get()),
            Command::VolumeBy(by) => {
                settings.volume = (settings.volume + by).clamp(0.0, 1.0);
                settings.muted = false;
            }
            _ => return false,
        }
        true
    }
}

/// The icon and the words of a kind of stream.
fn kind(kind: StreamKind) -> (Icon, &'static str) {
    match kind {
        StreamKind::Camera => (Icon::Camera, "live-camera"),
        StreamKind::Screen => (Icon::Screen, "live-screen"),
        StreamKind::Microphone => (Icon::Microphone, "live-microphone"),
        StreamKind::Podcast | StreamKind::Recording => (Icon::Headphones, "live-podcast"),
        StreamKind::Pattern => (Icon::Chart, "live-pattern"),
        StreamKind::File => (Icon::Film, "live-file"),
    }
}

/// What runs now, above the catalogue; nothing where nothing does.
pub(super) fn row_ui(ui: &mut Ui, state: &ClassState, cx: &mut Cx<'_>) {
    if state.streams.is_empty() {
        return;
    }
    let frame = Frame::new().inner_margin(Margin { left: 20, right: 20, top: 12, bottom: 0 });
    frame.show(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(space::M, space::S);
            for stream in &state.streams {
                card_ui(ui, state, stream, cx);
            }
        });
    });
}

fn card_ui(ui: &mut Ui, state: &ClassState, stream: &StreamInfo, cx: &mut Cx<'_>) {
    let c = colors(ui);
    let by = state.people.iter().find(|p| p.id == stream.publisher).map(|p| p.name.clone()).unwrap_or_default();
    let (icon, key) = kind(stream.kind);
    let what = cx.text(key);
    let label = cx.strings.format("live-watch", &[("name", stream.name.clone().into()), ("by", by.clone().into())]);
    let width = CARD_WIDTH.min(ui.available_width());
    let (rect, response) = ui.allocate_exact_size(vec2(width, CARD), Sense::click());
    let response = response.on_hover_cursor(egui::CursorIcon::PointingHand);
    let fill = if response.hovered() { c.hover } else { c.panel };
    ui.painter().rect(rect, CornerRadius::same(radius::CONTROL), fill, Stroke::new(1.0, c.live_line), egui::StrokeKind::Inside);
    let inner = rect.shrink2(vec2(12.0, 6.0));
    let mut inside = ui.new_child(UiBuilder::new().id_salt(stream.id).max_rect(inner).layout(Layout::left_to_right(Align::Center)));
    inside.spacing_mut().item_spacing.x = space::M;
    icon_ui(&mut inside, icon, 22.0, c.live);
    inside.with_layout(Layout::right_to_left(Align::Center), |ui| {
        live_badge_ui(ui, &cx.text("live-badge"));
        ui.with_layout(Layout::top_down(Align::Min), |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            say_line(ui, Type::Control, c.t1, &stream.name);
            say_line(ui, Type::Small, c.t2, if by.is_empty() { what } else { format!("{what} · {by}") });
        });
    });
    focus_ring(ui, rect, radius::CONTROL, &response);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
    if response.clicked() {
        cx.push(Command::Watch(stream.id));
    }
}

/// "LIVE" on red.
pub(super) fn live_badge_ui(ui: &mut Ui, text: &str) {
    let c = colors(ui);
    Frame::new().fill(c.live_fill).corner_radius(CornerRadius::same(radius::CHIP)).inner_margin(Margin::symmetric(6, 1)).show(ui, |ui| {
        ui.spacing_mut().interact_size.y = Type::Caption.line();
        ui.horizontal(|ui| say(ui, Type::Caption, c.on_fill, text));
    });
}

/// What the stage of a live stream shows.
pub(super) struct OnAirView<'a> {
    pub(super) watching: &'a Watching,
    pub(super) screen: &'a Arc<VideoScreen>,
    pub(super) muted: bool,
    /// Silent because everybody sits in one room.
    pub(super) is_muted_by_room: bool,
    pub(super) fullscreen: bool,
    /// The pictures stand still on purpose.
    pub(super) frozen: bool,
    /// It is recorded, and whether this person may say so.
    pub(super) recorded: bool,
    pub(super) may_record: bool,
    pub(super) class: &'a ClassState,
    pub(super) wishes: &'a Wishes,
    /// The stream as the class knows it.
    pub(super) info: Option<&'a StreamInfo>,
}

/// Draws the stage into the space of `ui`.
pub(super) fn stage_ui(ui: &mut Ui, view: &OnAirView<'_>, cx: &mut Cx<'_>) {
    let area = ui.available_rect_before_wrap();
    ui.advance_cursor_after_rect(area);
    let mut ui = ui.new_child(UiBuilder::new().id_salt("on-air").max_rect(area));
    on_stage(&mut ui);
    ui.painter().rect_filled(area, 0.0, DARK.well);
    let background = ui.interact(area, ui.scope_id().with("picture"), Sense::CLICK);
    let label = cx.text("stage-picture");
    background.widget_info(|| WidgetInfo::labeled(Role::Video, true, &label));
    if background.double_clicked() {
        cx.push(Command::ToggleFullscreen);
    }
    let status = match &view.watching.view {
        Ok(live) => live.status(),
        Err(error) => {
            let words = cx.strings.format("live-failed", &[("why", reasons::live_error(cx.strings, error).into())]);
            return over_ui(&mut ui, area, &words, cx);
        }
    };
    match &status.over {
        Some(Ok(())) => {
            let words = cx.text("live-over-hint");
            return over_ui(&mut ui, area, &words, cx);
        }
        Some(Err(why)) => {
            let words = cx.strings.format("live-failed", &[("why", reasons::live_end(cx.strings, why).into())]);
            return over_ui(&mut ui, area, &words, cx);
        }
        None => {}
    }
    match view.screen.fitted(&ui, area) {
        Some(place) => {
            view.screen.paint(&ui, place, area);
            if view.frozen {
                let shown = place.intersect(area);
                frozen_badge(&ui, egui::Rect::from_min_max(shown.min, pos2(shown.right(), shown.bottom().min(area.bottom() - 56.0))), &cx.text("live-frozen"));
            }
        }
        None if status.has_pictures => super::widgets::paint_spinner(&ui, Rect::from_center_size(area.center(), egui::Vec2::splat(40.0)), colors(&ui).t1),
        None => listening_ui(&mut ui, area, &view.watching.title, cx),
    }
    controls_ui(&mut ui, area, view, &status, cx);
    refused_ui(&mut ui, area, view, cx);
    if view.watching.statistics.get() && status.has_pictures {
        truth::own_ui(&mut ui, area, view.info, status.report.as_ref(), cx);
    }
}

fn listening_ui(ui: &mut Ui, area: Rect, title: &str, cx: &Cx<'_>) {
    let mut ui = ui.new_child(UiBuilder::new().id_salt("listening").max_rect(area.shrink(space::XL)));
    let words = cx.text("live-listening");
    empty_ui(&mut ui, Icon::Headphones, title, &words, |_| {});
}

fn over_ui(ui: &mut Ui, area: Rect, words: &str, cx: &mut Cx<'_>) {
    let mut ui = ui.new_child(UiBuilder::new().id_salt("over").max_rect(area.shrink(space::XL)));
    let (title, back) = (cx.text("live-over"), cx.text("stage-back"));
    empty_ui(&mut ui, Icon::Unplugged, &title, words, |ui| {
        if ui.add(Push::text(Look::Primary, &back)).clicked() {
            cx.push(Command::CloseStage);
        }
    });
}

/// The strip along the lower edge: that it is live, how far behind, sound, full screen.
fn controls_ui(ui: &mut Ui, area: Rect, view: &OnAirView<'_>, status: &LiveStatus, cx: &mut Cx<'_>) {
    let strip = Rect::from_min_max(pos2(area.left(), area.bottom() - 56.0), area.max);
    ui.painter().rect_filled(strip, 0.0, Color32::from_black_alpha(170));
    let row = strip.shrink2(vec2(space::M, 10.0));
    // The buttons have their place; the words have what is left of it.
    let mut ui = ui.new_child(UiBuilder::new().id_salt("row").max_rect(row).layout(Layout::right_to_left(Align::Center)));
    ui.spacing_mut().item_spacing.x = space::S;
    buttons_ui(&mut ui, view, status, cx);
    ui.with_layout(Layout::left_to_right(Align::Center), |ui| words_ui(ui, view, status, cx));
}

/// Above the strip: that it is not recorded, and why.
fn refused_ui(ui: &mut Ui, area: Rect, view: &OnAirView<'_>, cx: &mut Cx<'_>) {
    let is_mine = |wish: Wish| matches!(wish, Wish::Record(stream, _) if stream == view.watching.stream);
    if !view.wishes.has(is_mine) {
        return;
    }
    let width = NOTICE_WIDTH.min(area.width() - 2.0 * space::M);
    let place = Rect::from_min_max(pos2(area.right() - space::M - width, area.top()), pos2(area.right() - space::M, area.bottom() - 56.0 - space::S));
    let mut ui = ui.new_child(UiBuilder::new().id_salt("refused").max_rect(place).layout(Layout::bottom_up(Align::Min)));
    view.wishes.refusals_ui(&mut ui, view.class, is_mine, cx);
}

/// On the right: full screen, recording, statistics, the rung and the way.
fn buttons_ui(ui: &mut Ui, view: &OnAirView<'_>, status: &LiveStatus, cx: &mut Cx<'_>) {
    let c = colors(ui);
    let (icon, key) = if view.fullscreen { (Icon::Shrink, "stage-fullscreen-leave") } else { (Icon::Enlarge, "stage-fullscreen") };
    if ui.add(Push::icon(icon, &cx.text(key)).shortcut("F")).clicked() {
        cx.push(Command::ToggleFullscreen);
    }
    if view.may_record {
        record_ui(ui, view.class, view.watching.stream, cx);
    }
    if status.has_pictures && ui.add(Push::icon(Icon::Chart, &cx.text("stats-title")).shortcut("I")).clicked() {
        cx.push(Command::ToggleStatistics);
    }
    let way = cx.text(if status.is_udp { "live-udp" } else { "live-tcp" });
    let words = status.rung.iter().cloned().chain([way]).collect::<Vec<_>>().join(" · ");
    ui.add_space(size::SMALL / 4.0);
    say(ui, Type::Small, c.t2, words);
}

/// Record, end that, or take the question back; small.
fn record_ui(ui: &mut Ui, class: &ClassState, stream: StreamId, cx: &mut Cx<'_>) {
    let (key, look, recorded) = record_button(class, stream);
    if ui.add(Push::text(look, &cx.text(key)).with_icon(Icon::Record).small()).clicked() {
        cx.push(Command::Studio(StudioCommand::Record(stream, recorded)));
    }
}

/// What the button of a stream says, and whether it is recorded after it was pressed.
pub(super) fn record_button(class: &ClassState, stream: StreamId) -> (&'static str, Look, bool) {
    match (class.floor.recorded.contains(&stream), class.floor.recording_asked(stream)) {
        (true, _) => ("live-record-stop", Look::Danger, false),
        (false, Some(false)) => ("live-record-cancel", Look::Plain, false),
        (false, None | Some(true)) => ("live-record", Look::Plain, true),
    }
}

/// What the publisher of a stream says to its recording, where that is asked.
fn asked(class: &ClassState, stream: StreamId, cx: &Cx<'_>) -> Option<String> {
    let declined = class.floor.recording_asked(stream)?;
    let publisher = class.streams.iter().find(|s| s.id == stream)?.publisher;
    let name = class.people.iter().find(|p| p.id == publisher)?.name.as_str();
    Some(cx.strings.format(if declined { "live-record-declined" } else { "live-record-asked" }, &[("name", name.into())]))
}

/// On the left: that it is live, sound, how far behind, and what is wrong.
fn words_ui(ui: &mut Ui, view: &OnAirView<'_>, status: &LiveStatus, cx: &mut Cx<'_>) {
    let c = colors(ui);
    live_badge_ui(ui, &cx.text("live-badge"));
    if view.recorded {
        live_badge_ui(ui, &cx.text("live-recorded"));
    }
    if let Some(words) = asked(view.class, view.watching.stream, cx).filter(|_| view.may_record) {
        say_line(ui, Type::Small, c.t1, words);
    }
    if status.has_sound {
        let (icon, key) = if view.muted || view.is_muted_by_room { (Icon::Muted, "stage-unmute") } else { (Icon::Loud, "stage-mute") };
        if ui.add(Push::icon(icon, &cx.text(key)).shortcut("M")).clicked() {
            cx.push(Command::ToggleMute);
        }
    }
    let lag = cx.strings.format("live-lag", &[("ms", (status.lag.as_millis() as u64).into())]);
    say(ui, Type::Small, c.t2, lag);
    if view.is_muted_by_room && status.has_sound && !view.muted {
        say_line(ui, Type::Small, c.t1, cx.text("together-muted"));
        if ui.add(Push::text(Look::Plain, &cx.text("together-headphones")).with_icon(Icon::Headphones).small()).clicked() {
            cx.push(Command::Podcast(PodcastWish::Headphones));
        }
    }
    if let Some(limit) = status.limit {
        let key = match limit {
            Limit::Line => "truth-slow-line",
            Limit::Machine => "truth-slow-machine",
            Limit::Share => "truth-small-share",
        };
        say_line(ui, Type::Small, c.warn, cx.text(key));
    }
    // Who is silent on purpose needs no device.
    if let Some(why) = status.silent.as_ref().filter(|_| !view.is_muted_by_room) {
        say_line(ui, Type::Small, c.warn, reasons::speaker(cx.strings, why));
    }
}

/// The keys of this stage.
pub(super) fn handle_keys(ctx: &Context, fullscreen: bool, out: &mut Vec<Command>) {
    if ctx.text_edit_focused() {
        return;
    }
    let is_press = |e: &Event, wanted: Key| matches!(e, Event::Key { key, pressed: true, modifiers, .. } if *key == wanted && modifiers.is_none());
    let pressed = |key| ctx.input(|i| i.events.iter().any(|e| is_press(e, key)));
    if pressed(Key::Escape) {
        out.push(if fullscreen { Command::LeaveFullscreen } else { Command::CloseStage });
    }
    for (key, command) in [
        (Key::F, Command::ToggleFullscreen),
        (Key::I, Command::ToggleStatistics),
        (Key::M, Command::ToggleMute),
        (Key::ArrowUp, Command::VolumeBy(0.05)),
        (Key::ArrowDown, Command::VolumeBy(-0.05)),
    ] {
        if pressed(key) {
            out.push(command);
        }
    }
}

/// Takes the picture that is due; says whether there was one, and when the next is.
pub(super) fn follow(watching: &Watching, screen: &Arc<VideoScreen>, now: Instant) -> (bool, Option<Instant>) {
    let presented = watching.view.as_ref().map(|view| view.present(now)).unwrap_or_default();
    let shown = presented.picture.is_some();
    if shown {
        screen.show(presented.picture);
    }
    (shown, presented.next_at)
}
