//! The window's membership in a class: how it is begun, followed and given up.

use std::sync::Arc;
use std::time::Duration;

use egui::Ui;

use super::super::catalogue::CatalogueState;
use super::super::command::{Command, Cx};
use super::super::join::chosen::Chosen;
use super::super::join::{JoinView, join_ui};
use super::super::member::Member;
use super::super::tokens::motion;
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

    /// The first screen.
    pub(super) fn join_ui(&mut self, ui: &mut Ui, out: &mut Vec<Command>) {
        let last = self.settings.last_link.as_deref().and_then(|l| l.parse().ok());
        let waited = self.seat.as_ref().map(|m| self.ctx.input(|i| i.time) - m.began);
        if let Some(left) = waited.map(|w| motion::WAIT_SHOWN - w).filter(|left| *left > 0.0) {
            self.ctx.request_repaint_after_secs(left as f32);
        }
        self.follow_meeting();
        // Who came with a link needs no others: their words would cost a second's tenth and 64 MiB each.
        self.looks |= waited.is_none();
        let seen = if self.looks { self.backend.seen(self.changed()) } else { Arc::default() };
        let known = self.backend.known();
        self.form.sessions = self.backend.sessions();
        if let Some(chosen) = self.form.chosen.as_mut().filter(|c| c.words.is_none()) {
            chosen.words = seen.found.iter().find(|f| f.fingerprint == chosen.fingerprint).and_then(|f| f.words);
        }
        let at_door = self.seat.as_ref().and_then(|m| match m.seat.state().phase {
            Phase::Waiting { since } => Some(since.elapsed()),
            _ => None,
        });
        if at_door.is_some() {
            self.ctx.request_repaint_after(Duration::from_secs(1));
        }
        let view = JoinView {
            asking: self.meeting.is_some(),
            seen: &seen,
            known: &known,
            connecting: waited.is_some(),
            waiting: waited.is_some_and(|w| w >= motion::WAIT_SHOWN),
            at_door,
            last: last.as_ref(),
            own: self.own.problem.as_ref(),
            dark: ui.visuals().dark_mode,
        };
        join_ui(ui, &mut self.form, &view, &mut Cx { strings: &self.strings, out });
    }

    pub(super) fn join(&mut self) {
        let (Ok(link), None, None) = (self.form.parsed(), self.form.missing(), &self.seat) else { return };
        let name = self.form.name.trim().to_owned();
        self.form.problem = None;
        let password = (link.key.is_none() && !self.form.with_account && !self.form.password.is_empty()).then(|| self.form.password.clone());
        let request = JoinRequest { link: link.clone(), name: name.clone(), password, account: self.form.entry(&link), store: None };
        let seat = self.backend.join(request, self.changed());
        self.seat = Some(Member::new(seat, link, name, self.ctx.input(|i| i.time)));
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
        self.projector = None;
        self.watching = None;
        self.studio = Default::default();
        self.screen.show(None);
        self.leave_fullscreen();
        self.catalogue = CatalogueState::default();
        if let Some(member) = self.seat.take() {
            member.seat.leave();
        }
        self.drop_own();
    }
}
