//! A server that was chosen without a link: from a card, or by asking at a typed address. It gets a password only when it is
//! known, or when the person has compared its words.

use egui::{CornerRadius, Frame, Id, Margin, Popup, RectAlign, Stroke, Ui, vec2};
use lectern_proto::address::ServerAddress;
use lectern_proto::beacon::Rooms;
use lectern_proto::limits::ROOM_NAME_MAX;
use lectern_proto::link::{Fingerprint, JoinLink};
use lectern_proto::words::CheckWords;

use super::super::command::Cx;
use super::super::icons::Icon;
use super::super::tokens::{Type, colors, radius, size, space};
use super::super::widgets::{Choice, Field, Push, Tone, icon_ui, notice_ui, rich, say};
use crate::connect::introduce::Introduction;
use crate::connect::known::{KnownServers, Trust};
use crate::discover::Found;

/// Whom the form would join.
#[derive(Debug, Clone, PartialEq)]
pub struct Chosen {
    /// Empty where the server did not tell.
    pub(crate) name: String,
    pub(crate) address: ServerAddress,
    /// Its rooms, where it told of them.
    pub(crate) rooms: Option<Rooms>,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) words: Option<CheckWords>,
    pub(crate) trust: Trust,
    /// Whether the person has said that the words are the same.
    pub(crate) compared: bool,
}

impl Chosen {
    pub(super) fn found(found: &Found, trust: Trust) -> Self {
        let rooms = Some(found.rooms.clone());
        Self { name: found.name.clone(), address: found.address(), rooms, fingerprint: found.fingerprint, words: found.words, trust, compared: false }
    }

    pub(crate) fn met(met: Introduction, known: &KnownServers) -> Self {
        let trust = met.trust(known);
        let address = ServerAddress { room: met.room, ..met.address };
        Self { name: met.name, address, rooms: met.rooms, fingerprint: met.fingerprint, words: Some(met.words), trust, compared: false }
    }

    /// Whether this is the server of a card.
    pub(super) fn is(&self, found: &Found) -> bool {
        self.fingerprint == found.fingerprint && self.name == found.name && self.address.port == found.port && self.rooms.as_ref() == Some(&found.rooms)
    }

    /// The link to a room of it.
    pub(super) fn link(&self, room: &str) -> JoinLink {
        self.address.pinned(room.trim(), self.fingerprint)
    }

    /// Key of the sentence that says why it gets no password; none when it may.
    pub(super) fn missing(&self) -> Option<&'static str> {
        match self.trust {
            Trust::Known { .. } => None,
            Trust::Changed { .. } => Some("join-missing-changed"),
            Trust::New if self.compared && self.words.is_some() => None,
            Trust::New => Some("join-missing-words"),
        }
    }
}

/// The words with their tick, or what is known of the server.
pub(super) fn words_ui(ui: &mut Ui, chosen: &mut Chosen, cx: &Cx<'_>) {
    let c = colors(ui);
    match chosen.trust {
        Trust::Known { .. } => {
            notice_ui(ui, Tone::Good, Icon::Shield, &cx.text("join-known"));
            return;
        }
        Trust::Changed { .. } => {
            notice_ui(ui, Tone::Bad, Icon::Octagon, &cx.text("join-changed"));
            return;
        }
        Trust::New => {}
    }
    let frame = Frame::new().fill(c.window).stroke(Stroke::new(1.0, c.line)).corner_radius(CornerRadius::same(radius::CARD));
    frame.inner_margin(Margin::same(space::L as i8)).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = space::M;
        ui.horizontal(|ui| {
            icon_ui(ui, Icon::Shield, size::ICON, c.accent);
            say(ui, Type::Control, c.t1, cx.text("join-compare"));
        });
        let Some(words) = chosen.words else {
            say(ui, Type::Body, c.t2, cx.text("join-words-computing"));
            return;
        };
        ui.columns(3, |columns| {
            for (ui, word) in columns.iter_mut().zip(words.words()) {
                let tile = Frame::new().fill(c.raised).stroke(Stroke::new(1.0, c.line_strong)).corner_radius(CornerRadius::same(radius::CONTROL));
                tile.inner_margin(Margin::symmetric(0, space::M as i8)).show(ui, |ui| {
                    ui.set_min_size(vec2(ui.available_width(), 0.0));
                    ui.vertical_centered(|ui| say(ui, Type::Mono, c.t1, word));
                });
            }
        });
        ui.checkbox(&mut chosen.compared, rich(Type::Body, c.t1, cx.text("join-same-words")));
    });
}

/// The room's field, to be typed over; where the server has several rooms, with those that it names to choose from. True when it
/// was changed.
pub(super) fn room_ui(ui: &mut Ui, chosen: &Chosen, room: &mut String, cx: &Cx<'_>) -> bool {
    let label = cx.text("join-target-room");
    let field = Field::new(Id::unique("join-room"), &label).limit(ROOM_NAME_MAX);
    let Some(rooms) = chosen.rooms.as_ref().filter(|r| r.are_several()) else { return field.show(ui, room).changed() };
    let (menu, name) = (Id::unique("join-rooms"), cx.text("join-choose-room"));
    let open = Popup::is_id_open(ui.ctx(), menu);
    let (typed, button) = field.show_with_button(ui, room, Push::icon(Icon::Down, &name).selected(open));
    let mut changed = typed.changed();
    Popup::menu(&button).id(menu).align(RectAlign::BOTTOM_END).gap(space::XS).width(typed.rect.width()).show(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for name in rooms.names() {
            if (Choice { name, note: "", right: "", chosen: room.trim() == name, mono: false }).show(ui) {
                name.clone_into(room);
                changed = true;
            }
        }
        if rooms.left_out() > 0 {
            let more = cx.strings.format("join-rooms-typed", &[("n", rooms.left_out().into())]);
            say(ui, Type::Small, colors(ui).t3, more);
        }
    });
    changed
}
