//! The window's part of chat: whether it is in sight, what is asked of the class, what lies over other screens.

use std::path::PathBuf;
use std::time::Instant;

use lectern_proto::control::PersonId;

use super::super::backend::Pick;
use super::super::chat::{ChatCommand, PrivateWish, Side, TalkWish, toasts_ui};
use super::super::command::Cx;
use super::Window;
use crate::class::ClassState;

impl Window {
    /// Takes answers and news.
    pub(super) fn follow_chat(&mut self, state: Option<&ClassState>, now: Instant) {
        let Some(state) = state else {
            self.chats = Default::default();
            return;
        };
        let on_stage = self.playing.is_some() || self.watching.is_some();
        let bare = on_stage && self.fullscreen;
        let panel = !bare && !self.plays_file() && if self.narrow() { self.people_over } else { self.settings.people_open };
        let in_view = self.chats.is_shown && !on_stage;
        let in_panel = panel && self.chats.side == Side::Room;
        let looks = self.ctx.input(|i| i.focused) && (in_view || in_panel);
        self.chats.follow(state, looks && (in_panel || self.chats.open_person().is_none()), on_stage, now);
        if let Some(member) = &self.seat {
            self.chats.private = member.seat.private();
        }
        let seen = self.chats.open_person().filter(|_| looks && in_view);
        for wish in self.chats.follow_private(state, seen, on_stage, now) {
            self.private_wish(wish);
        }
    }

    /// What was written while nobody looked, over everything but the stage.
    pub(super) fn chat_over_ui(&mut self, now: Instant, out: &mut Vec<super::Command>) {
        if self.playing.is_none() && self.watching.is_none() {
            self.chats.leave_out_shown(self.narrow());
            toasts_ui(&self.ctx, &self.chats, now, &mut Cx { strings: &self.strings, out });
        }
    }

    pub(super) fn carry_out_chat(&mut self, command: ChatCommand) {
        match command {
            ChatCommand::Show(shown) => self.chats.show(shown),
            ChatCommand::Open(whom) => {
                self.chats.open(whom);
                self.studio.shown = false;
                self.podcasts.is_shown = false;
            }
            ChatCommand::List => self.chats.list(),
            ChatCommand::Private(wish) => self.private_wish(wish),
            ChatCommand::PutAway => self.chats.put_away(),
            ChatCommand::Side(side) => self.chats.side = side,
            ChatCommand::Talk(wish) => self.talk_wish(wish),
            ChatCommand::PickFile(to) => self.pick(Pick::Attached(to)),
            ChatCommand::ShowFile(path) => {
                if let Some(folder) = path.parent() {
                    let _ = self.backend.show_folder(folder);
                }
            }
        }
    }

    fn talk_wish(&mut self, wish: TalkWish) {
        let changed = self.changed();
        let Some(member) = &self.seat else { return };
        let talking = member.seat.talk(wish.clone(), changed);
        self.chats.wait(wish, talking);
    }

    /// Offers a file to somebody.
    pub(super) fn attach(&mut self, to: PersonId, path: PathBuf) {
        let max = self.seat.as_ref().map_or(0, |member| member.seat.state().attachment_max);
        self.private_wish(PrivateWish::Attach { to, path, max });
    }

    /// Offers a file to the person whose conversation it was dropped on.
    pub(super) fn attach_dropped(&mut self, path: PathBuf) {
        let in_view = self.chats.is_shown && self.playing.is_none() && self.watching.is_none();
        if let Some(to) = self.chats.open_person().filter(|_| in_view) {
            self.attach(to, path);
        }
    }

    fn private_wish(&mut self, wish: PrivateWish) {
        let changed = self.changed();
        let Some(member) = &self.seat else { return };
        if let Some(writing) = member.seat.privately(wish.clone(), changed) {
            self.chats.wait_private(wish, writing);
        }
    }
}
