//! The Podcast screen: the channels of the room, the one that is heard, what this person's sound is like, and for the instructor what is
//! sent from here.
//!
//! `air` is what the window needs of the headless core, `real` the real one; `cards` draws the channels, `panel` one's own sound, `send` what is sent.
//! The window's own part stands in `window/podcast.rs`. One channel is heard at a time, also while another screen is shown.

pub mod air;
mod cards;
mod panel;
pub(super) mod real;
mod send;
mod wave;

use std::sync::Arc;

use egui::{Event, Frame, Key, Margin, Panel, ScrollArea, Ui};
use lectern_proto::control::{StreamId, StreamInfo, StreamKind};
use lectern_proto::rights::Action;

use super::command::{Command, Cx};
use super::icons::Icon;
use super::settings::Settings;
use super::tokens::{colors, size, space};
use super::widgets::empty_ui;
use crate::class::ClassState;
use crate::live::LiveError;
use air::{ListenStatus, SendStatus};

pub(super) use panel::{trims_ui, unmute_ui};

/// A wish about podcasts.
#[derive(Debug, Clone, PartialEq)]
pub enum PodcastWish {
    /// Shows the screen, or what was there before.
    Show(bool),
    /// Hears a channel.
    Listen(StreamId),
    /// Hears nothing any more.
    StopListening,
    Pause(bool),
    /// Goes on where the others are.
    ToEdge,
    /// This person wears headphones: nothing has to stay silent for the room.
    Headphones,
    /// How much later than others a device is heard.
    Trim {
        device: String,
        ms: i32,
    },
    /// Whether everybody sits in one room; for instructors.
    Together(bool),
    /// The microphone that is sent from; none: the system's choice.
    Microphone(Option<String>),
    SendMicrophone,
    /// Asks for a file, to send it.
    SendFile,
    StopSending,
}

/// What the screen shows besides the class.
pub(super) struct PodcastView<'a> {
    pub(super) heard: Option<(StreamId, Result<ListenStatus, &'a LiveError>)>,
    pub(super) sent: Option<SendStatus>,
    pub(super) settings: &'a Settings,
    /// Silent because everybody sits in one room.
    pub(super) is_muted_by_room: bool,
    /// Names; none while they are looked for.
    pub(super) microphones: Option<Arc<[String]>>,
    pub(super) microphone: Option<&'a str>,
    pub(super) problem: Option<&'a str>,
}

/// What can be heard: podcasts and microphones of the room.
pub(super) fn channels(state: &ClassState) -> impl Iterator<Item = &StreamInfo> {
    state.streams.iter().filter(|s| s.kind.is_podcast() || s.kind == StreamKind::Microphone)
}

/// Draws the screen.
pub(super) fn podcast_ui(ui: &mut Ui, state: &ClassState, view: &PodcastView<'_>, cx: &mut Cx<'_>) {
    let c = colors(ui);
    let is_wide = ui.available_width() >= size::PANEL + 520.0;
    let frame = Frame::new().fill(c.panel).inner_margin(Margin::same(space::L as i8));
    if is_wide {
        Panel::right("own-sound").exact_size(size::PANEL).resizable(false).frame(frame).show(ui, |ui| {
            ScrollArea::vertical().auto_shrink(false).show(ui, |ui| panel::panel_ui(ui, state, view, cx));
        });
    }
    let sends = state.may(Action::StartPodcast);
    let nothing = channels(state).next().is_none() && view.heard.is_none();
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        Frame::new().inner_margin(Margin::same(space::XL as i8)).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = space::M;
            if sends {
                send::send_ui(ui, view, cx);
            }
            cards::cards_ui(ui, state, view, cx);
            if !is_wide {
                panel::panel_ui(ui, state, view, cx);
            }
            if nothing {
                let (title, words) = (cx.text("podcast-none"), cx.text(if sends { "podcast-none-instructor" } else { "podcast-none-student" }));
                empty_ui(ui, Icon::Headphones, &title, &words, |_| {});
            }
        });
    });
}

/// The keys of this screen.
pub(super) fn handle_keys(ctx: &egui::Context, view: &PodcastView<'_>, out: &mut Vec<Command>) {
    if ctx.text_edit_focused() {
        return;
    }
    let is_press = |e: &Event, wanted: Key| matches!(e, Event::Key { key, pressed: true, modifiers, .. } if *key == wanted && modifiers.is_none());
    let pressed = |key| ctx.input(|i| i.events.iter().any(|e| is_press(e, key)));
    if let Some((_, Ok(status))) = &view.heard
        && pressed(Key::K)
    {
        out.push(Command::Podcast(PodcastWish::Pause(!status.is_paused)));
    }
    if pressed(Key::M) {
        out.push(Command::ToggleMute);
    }
}
