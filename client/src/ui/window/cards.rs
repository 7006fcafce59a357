//! The window's part of polls, access codes, and the forms of rooms and accounts.

use lectern_proto::control::RoomRequest;

use super::super::command::{Command, Cx};
use super::super::manage::{ManageCommand, ManageWish};
use super::Window;
use crate::class::ClassState;

impl Window {
    /// Takes answers; who is logged out leaves the class.
    pub(super) fn follow_cards(&mut self, state: Option<&ClassState>) {
        if state.is_none() {
            if self.cards.manage.is_shown() {
                self.cards.manage.close(&self.ctx);
            }
            return;
        }
        let (next, is_out) = self.cards.manage.follow();
        next.into_iter().for_each(|wish| self.manage(wish));
        if is_out {
            self.leave();
        }
    }

    /// Draws the forms of rooms and accounts over whatever is shown.
    pub(super) fn manage_ui(&mut self, ui: &mut egui::Ui, state: &ClassState, out: &mut Vec<Command>) {
        if let Some(member) = &self.seat {
            self.cards.manage.ui(ui, state, &member.link, &mut Cx { strings: &self.strings, out });
        }
    }

    /// Asks something of the server about rooms or accounts.
    pub(super) fn manage(&mut self, wish: ManageWish) {
        let changed = self.changed();
        let Some(member) = &self.seat else { return };
        let managing = member.seat.manage(wish.clone(), changed);
        self.cards.manage.wait(wish, managing);
    }

    pub(super) fn carry_out_cards(&mut self, command: Command) {
        match command {
            Command::NewPoll(shown) => self.cards.poll.show_form(shown),
            Command::PutPollAway(poll) => self.cards.poll.put_away(poll),
            Command::PutCodeAway(number) => self.cards.code.put_away(number),
            Command::Codes(listed) => {
                self.cards.code.list(listed);
                if listed {
                    self.use_tool(RoomRequest::Codes);
                }
            }
            Command::Manage(ManageCommand::Show(page)) => {
                if let Some(wish) = self.cards.manage.show(page) {
                    self.manage(wish);
                }
            }
            Command::Manage(ManageCommand::Close) => self.cards.manage.close(&self.ctx),
            Command::Manage(ManageCommand::Ask(wish)) => self.manage(wish),
            _ => {}
        }
    }
}
