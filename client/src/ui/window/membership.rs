//! The window's membership in a class: how it is begun, followed and given up, and the board that goes with it.

use std::sync::Arc;

use super::super::board::BoardView;
use super::super::catalogue::CatalogueState;
use super::super::join::chosen::Chosen;
use super::super::member::Member;
use super::Window;
use crate::class::{ClassState, JoinError, JoinRequest, Phase};

impl Window {
    /// Takes the newest snapshot and notices joining and the end.
    pub(super) fn follow_membership(&mut self) -> Option<Arc<ClassState>> {
        let is_own = self.is_own();
        let member = self.seat.as_mut()?;
        let state = member.seat.state();
        if let Phase::Ended(why) = &state.phase {
            self.form.problem = Some(why.clone()).filter(|why| *why != JoinError::Left);
            self.playing = None;
            self.seat = None;
            self.drop_own();
            self.catalogue = CatalogueState::default();
            self.leave_fullscreen();
            return None;
        }
        self.catalogue.note(&state, self.settings.order, self.ctx.input(|i| i.time));
        if state.me.is_some() && !member.joined {
            member.joined = true;
            member.began = self.ctx.input(|i| i.time);
            if !is_own {
                self.settings.note_class(&member.link, &member.name);
                self.backend.confirm(&state.server_name, &member.link);
            }
            self.backend.stop_looking();
            self.looks = false;
            // It is not needed again: the class comes back by its seat.
            self.form.forget_password(&self.ctx);
        }
        self.catalogue.awaited = member.wait(&state, &self.ctx);
        if self.playing.is_none()
            && let Some(video) = member.arrived(&state)
        {
            self.open(video);
        }
        self.open_own_file(&state);
        Some(state)
    }

    pub(super) fn join(&mut self) {
        let (Ok(link), None, None) = (self.form.parsed(), self.form.missing(), &self.seat) else { return };
        let name = self.form.name.trim().to_owned();
        self.form.problem = None;
        let password = (link.key.is_none() && !self.form.password.is_empty()).then(|| self.form.password.clone());
        let request = JoinRequest { link: link.clone(), name: name.clone(), password, store: None };
        let seat = self.backend.join(request, self.changed());
        self.seat = Some(Member::new(seat, link, name, self.ctx.input(|i| i.time)));
    }

    /// Shows the board while it is wanted; it goes with the class.
    pub(super) fn board_ui(&mut self, state: &ClassState) {
        let changed = self.changed();
        let (Some(member), Some(board)) = (&self.seat, &mut self.board) else { return };
        let words = self.backend.words(member.link.fingerprint, changed);
        let joined = state.people.iter().filter(|p| p.connected).count();
        let view = BoardView::new(&state.server_name, &member.link, words, joined, self.strings.language());
        if !board.show(&self.ctx, view) {
            self.board = None;
        }
    }

    /// Takes the answer of a typed address into the form.
    pub(super) fn follow_meeting(&mut self) {
        let Some(outcome) = self.meeting.as_ref().and_then(|m| m.outcome()) else { return };
        self.meeting = None;
        match outcome {
            Ok(met) => self.form.choose(Chosen::met(met, &self.backend.known())),
            Err(why) => self.form.problem = Some(why),
        }
    }

    pub(super) fn leave(&mut self) {
        self.playing = None;
        self.asked = None;
        self.board = None;
        self.screen.show(None);
        self.leave_fullscreen();
        self.catalogue = CatalogueState::default();
        if let Some(member) = self.seat.take() {
            member.seat.leave();
        }
        self.drop_own();
    }
}
