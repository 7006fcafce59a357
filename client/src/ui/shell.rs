//! What surrounds every screen of a class: the rail on the left and the header above.

use std::time::{Duration, Instant};

use egui::{Align, Frame, Layout, Margin, Panel, Rect, Sense, Stroke, Ui, vec2};
use lectern_proto::control::Role;

use super::catalogue::{CatalogueState, tools_ui};
use super::chat::{ChatCommand, badge};
use super::command::{Command, Cx};
use super::format;
use super::icons::{Icon, paint_logo};
use super::podcast::PodcastWish;
use super::studio::StudioCommand;
use super::tokens::{Type, colors, radius, size, space};
use super::widgets::{Look, Push, avatar_ui, focus_ring, icon_ui, say, say_line};
use crate::class::{ClassState, Me};

/// What is on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Catalogue,
    Stage,
    Studio,
    Podcast,
    Chat,
    Labs,
}

/// A header of at least this width has words on its buttons.
const ROOMY: f32 = 720.0;

/// The rail: one entry for each activity that works, settings and the way out at its foot.
pub(crate) fn rail_ui(ui: &mut Ui, me: Option<&Me>, at: Place, may_show: bool, is_live: bool, unread: usize, cx: &mut Cx<'_>) {
    let c = colors(ui);
    let narrow = ui.available_width() < size::NARROW_WINDOW;
    let width = if narrow { size::RAIL_NARROW } else { size::RAIL };
    let frame = Frame::new().fill(c.panel).inner_margin(Margin::symmetric(0, space::S as i8));
    Panel::left("rail").exact_size(width).resizable(false).frame(frame).show(ui, |ui| {
        ui.vertical_centered(|ui| {
            let (rect, _) = ui.allocate_exact_size(vec2(22.0, 34.0), Sense::hover());
            paint_logo(ui.painter(), rect, c.t1, c.accent);
            ui.add_space(space::S);
            ui.spacing_mut().item_spacing.y = space::XS;
            if may_show && entry_ui(ui, Icon::Broadcast, &cx.text("rail-class"), narrow, at == Place::Studio, is_live, 0) {
                cx.push(Command::ShowLabs(false));
                cx.push(Command::Podcast(PodcastWish::Show(false)));
                cx.push(Command::Chat(ChatCommand::Show(false)));
                cx.push(Command::Studio(StudioCommand::Show));
            }
            let watches = matches!(at, Place::Catalogue | Place::Stage);
            if entry_ui(ui, Icon::Watch, &cx.text("rail-watch"), narrow, watches, false, 0) {
                cx.push(Command::Podcast(PodcastWish::Show(false)));
                leave(at, cx);
            }
            if entry_ui(ui, Icon::Headphones, &cx.text("rail-podcast"), narrow, at == Place::Podcast, false, 0) && at != Place::Podcast {
                leave(at, cx);
                cx.push(Command::Podcast(PodcastWish::Show(true)));
            }
            if entry_ui(ui, Icon::Chat, &cx.text("rail-chat"), narrow, at == Place::Chat, false, unread) && at != Place::Chat {
                cx.push(Command::Podcast(PodcastWish::Show(false)));
                leave(at, cx);
                cx.push(Command::Chat(ChatCommand::Show(true)));
            }
            if entry_ui(ui, Icon::Flask, &cx.text("rail-labs"), narrow, at == Place::Labs, false, 0) && at != Place::Labs {
                cx.push(Command::Podcast(PodcastWish::Show(false)));
                leave(at, cx);
                cx.push(Command::ShowLabs(true));
            }
        });
        ui.with_layout(Layout::bottom_up(Align::Center), |ui| {
            if let Some(me) = me {
                avatar_ui(ui, &me.name, 30.0, false).on_hover_text(&me.name);
            }
            // Who is not the instructor has nothing to project.
            if me.is_some_and(|m| m.role == Role::Instructor) && ui.add(Push::icon(Icon::Server, &cx.text("board-toggle"))).clicked() {
                cx.push(Command::ToggleBoard);
            }
            if ui.add(Push::icon(Icon::Leave, &cx.text("common-leave"))).clicked() {
                cx.push(Command::Leave);
            }
            if ui.add(Push::icon(Icon::Gear, &cx.text("settings-title")).shortcut("Ctrl ,")).clicked() {
                cx.push(Command::ToggleSettings);
            }
        });
    });
}

/// From what is on the screen to the catalogue.
fn leave(at: Place, cx: &mut Cx<'_>) {
    match at {
        Place::Stage => cx.push(Command::CloseStage),
        Place::Studio => cx.push(Command::Studio(StudioCommand::Hide)),
        Place::Chat => cx.push(Command::Chat(ChatCommand::Show(false))),
        Place::Labs => cx.push(Command::ShowLabs(false)),
        Place::Podcast | Place::Catalogue => {}
    }
}

/// An entry; the mark on its left says that it is on the screen, a red disc that it is on air, a number what waits there to be seen.
fn entry_ui(ui: &mut Ui, icon: Icon, label: &str, narrow: bool, is_here: bool, is_live: bool, waits: usize) -> bool {
    let c = colors(ui);
    let height = if narrow { 40.0 } else { 52.0 };
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::click());
    let tile = rect.shrink2(vec2(if narrow { 4.0 } else { 6.0 }, 0.0));
    if is_here || response.hovered() {
        ui.painter().rect_filled(tile, f32::from(radius::CONTROL), if is_here { c.active } else { c.hover });
    }
    if is_here {
        let mark = Rect::from_min_size(rect.left_top() + vec2(0.0, rect.height() / 2.0 - 14.0), vec2(3.0, 28.0));
        ui.painter().rect_filled(mark, 1.5, c.accent);
    }
    let middle = if narrow { rect.center() } else { rect.center() - vec2(0.0, 10.0) };
    icon.paint(ui.painter(), Rect::from_center_size(middle, egui::Vec2::splat(size::ICON_RAIL)), if is_here { c.accent } else { c.t2 });
    if is_live {
        ui.painter().circle_filled(middle + vec2(11.0, -8.0), 5.0, c.live_fill);
    }
    if waits > 0 {
        badge(ui, middle + vec2(13.0, -7.0), waits);
    }
    if !narrow {
        ui.painter().text(rect.center() + vec2(0.0, 12.0), egui::Align2::CENTER_CENTER, label, Type::Caption.font(), if is_here { c.t1 } else { c.t2 });
    }
    focus_ring(ui, tile, radius::CONTROL, &response);
    let said = if waits > 0 { format!("{label}, {waits}") } else { label.to_owned() };
    response.widget_info(|| egui::WidgetInfo::selected(egui::accesskit::Role::Button, true, is_here, &said));
    response.on_hover_cursor(egui::CursorIcon::PointingHand).clicked()
}

/// The header of the catalogue: what it is on the left, search and order on the right.
pub(crate) fn catalogue_header_ui(
    ui: &mut Ui,
    state: &ClassState,
    memory: &mut CatalogueState,
    people_open: bool,
    recording: Option<Recording>,
    cx: &mut Cx<'_>,
) {
    header(ui, recording, cx, |ui, cx| {
        let c = colors(ui);
        let roomy = ui.available_width() >= ROOMY;
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            people_toggle_ui(ui, people_open, cx);
            if !state.videos.is_empty() {
                tools_ui(ui, memory, roomy, cx);
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.add_space(space::S);
                say_line(ui, Type::Title, c.t1, cx.text("catalogue-title"));
                if state.synchronised && roomy {
                    say_line(ui, Type::Body, c.t3, summary(state, cx));
                }
            });
        });
    });
}

/// `14 videos · 3 h 52 min`
fn summary(state: &ClassState, cx: &Cx<'_>) -> String {
    let minutes = state.videos.iter().fold(0_u64, |sum, v| sum.saturating_add(v.duration_us)) / 60_000_000;
    let count = cx.strings.format("catalogue-count", &[("n", state.videos.len().into())]);
    let length = match (minutes / 60, minutes % 60) {
        (0, 0) => return count,
        (0, m) => cx.strings.format("catalogue-minutes", &[("m", m.into())]),
        (h, m) => cx.strings.format("catalogue-hours", &[("h", h.into()), ("m", m.into())]),
    };
    format!("{count} · {length}")
}

/// The header of the podcasts: how many channels there are.
pub(crate) fn podcast_header_ui(ui: &mut Ui, channels: usize, recording: Option<Recording>, cx: &mut Cx<'_>) {
    header(ui, recording, cx, |ui, cx| {
        let c = colors(ui);
        say_line(ui, Type::Title, c.t1, cx.text("rail-podcast"));
        say_line(ui, Type::Small, c.t3, cx.strings.format("podcast-channels", &[("n", channels.into())]));
    });
}

/// The header of the Class view.
pub(crate) fn studio_header_ui(ui: &mut Ui, state: &ClassState, people_open: bool, projector: bool, recording: Option<Recording>, cx: &mut Cx<'_>) {
    header(ui, recording, cx, |ui, cx| {
        let c = colors(ui);
        let is_instructor = state.me.as_ref().is_some_and(|me| me.role == Role::Instructor);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            people_toggle_ui(ui, people_open, cx);
            if is_instructor {
                let label = cx.text("studio-projector");
                if ui.add(Push::text(Look::Plain, &label).with_icon(Icon::Projector).selected(projector).shortcut("F5")).clicked() {
                    cx.push(Command::Studio(StudioCommand::Projector));
                }
                if ui.add(Push::text(Look::Plain, &cx.text("own-board")).with_icon(Icon::Server)).clicked() {
                    cx.push(Command::ToggleBoard);
                }
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.add_space(space::S);
                say_line(ui, Type::Title, c.t1, cx.text("rail-class"));
                say_line(ui, Type::Body, c.t3, state.room.as_str());
            });
        });
    });
}

/// The header of the stage.
pub(crate) fn stage_header_ui(ui: &mut Ui, title: &str, people_open: bool, recording: Option<Recording>, cx: &mut Cx<'_>) {
    header(ui, recording, cx, |ui, cx| {
        let c = colors(ui);
        if ui.add(Push::icon(Icon::Back, &cx.text("stage-back"))).clicked() {
            cx.push(Command::CloseStage);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            people_toggle_ui(ui, people_open, cx);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| say_line(ui, Type::Title, c.t1, title));
        });
    });
}

/// The header of a file that is played without a class around it.
pub(crate) fn file_header_ui(ui: &mut Ui, title: &str, cx: &mut Cx<'_>) {
    header(ui, None, cx, |ui, cx| {
        let c = colors(ui);
        if ui.add(Push::icon(Icon::Back, &cx.text("own-close-file"))).clicked() {
            cx.push(Command::CloseStage);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.add(Push::icon(Icon::Gear, &cx.text("settings-title")).shortcut("Ctrl ,")).clicked() {
                cx.push(Command::ToggleSettings);
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| say_line(ui, Type::Title, c.t1, title));
        });
    });
}

/// That something is recorded, in every header; and since when, where that was seen to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Recording {
    pub(crate) since: Option<Instant>,
    pub(crate) now: Instant,
}

fn recording_ui(ui: &mut Ui, recording: Recording, cx: &Cx<'_>) {
    let c = colors(ui);
    let tip = cx.text("recording-runs");
    icon_ui(ui, Icon::Record, size::ICON, c.live).on_hover_text(&tip);
    let time = recording.since.map(|since| recording.now.saturating_duration_since(since));
    if let Some(time) = time {
        ui.ctx().request_repaint_after(Duration::from_millis(1_000 - u64::from(time.subsec_millis())));
    }
    let words = time.map_or_else(|| cx.text("live-recorded"), |time| format!("{} {}", cx.text("live-recorded"), format::clock(time.as_micros() as u64)));
    let response = say(ui, Type::MonoSmall, c.live, words);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Label, true, &tip));
}

fn header(ui: &mut Ui, recording: Option<Recording>, cx: &mut Cx<'_>, contents: impl FnOnce(&mut Ui, &mut Cx<'_>)) {
    let c = colors(ui);
    let frame = Frame::new().fill(c.window).inner_margin(Margin::symmetric(space::L as i8 - 4, 0));
    Panel::top("header").exact_size(size::HEADER).frame(frame).show(ui, |ui| {
        ui.horizontal_centered(|ui| {
            recording.into_iter().for_each(|recording| recording_ui(ui, recording, cx));
            contents(ui, cx);
        });
    });
}

fn people_toggle_ui(ui: &mut Ui, open: bool, cx: &mut Cx<'_>) {
    let key = if open { "people-hide" } else { "people-show" };
    if ui.add(Push::icon(Icon::SidePanel, &cx.text(key)).selected(open)).clicked() {
        cx.push(Command::TogglePeople);
    }
}

/// A separator of the status line.
pub(super) fn divider_ui(ui: &mut Ui) {
    let c = colors(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(1.0, ui.available_height()), Sense::hover());
    ui.painter().vline(rect.center().x, rect.y_range(), Stroke::new(1.0, c.line));
}
