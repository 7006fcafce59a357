//! The window's part of the projector: what its window shows, and when it opens and closes.

use std::sync::Arc;

use super::super::board::BoardView;
use super::super::projector::{Projected, Projector};
use super::Window;
use crate::class::ClassState;

impl Window {
    /// Shows it while it is wanted; it goes with the class.
    pub(super) fn projector_ui(&mut self, state: &ClassState) {
        let changed = self.changed();
        let on_stage = (self.playing.is_some() || self.watching.is_some()).then(|| Arc::clone(&self.screen));
        let screen = self.own_screen().or(on_stage);
        let (Some(member), Some(projector)) = (&self.seat, &mut self.projector) else { return };
        let words = self.backend.words(member.link.fingerprint, changed);
        let joined = state.people.iter().filter(|p| p.connected).count();
        let board = BoardView::new(&state.server_name, &member.link, words, joined, self.strings.language()).with_keys(state.identities.values().copied());
        let watched = self.watching.as_ref().is_some_and(|w| state.floor.frozen.contains(&w.stream));
        let frozen = if self.studio.is_live() { self.studio.is_frozen() } else { watched };
        if !projector.show(&self.ctx, Projected { board, screen, frozen }) {
            self.projector = None;
        }
    }

    /// With the board or with the stage: opens it, goes from one to the other, or closes it where that is shown already.
    pub(super) fn toggle_projector(&mut self, board: bool) {
        match &mut self.projector {
            Some(projector) if projector.shows_board() == board => self.projector = None,
            Some(projector) => projector.set_board(board),
            None => self.projector = Some(Projector::new(board)),
        }
    }
}
