//! The window's part of live streams: opens one, follows it, and closes it when its room is gone.

use std::time::Instant;

use lectern_proto::control::StreamId;

use super::super::command::Command;
use super::super::on_air::{self, Watching};
use super::{SOON, Window};

impl Window {
    /// Puts a live stream on the stage.
    pub(super) fn watch(&mut self, stream: StreamId) {
        let changed = self.changed();
        let Some(member) = &self.seat else { return };
        let state = member.seat.state();
        let Some(watching) = Watching::open(member.seat.as_ref(), &state, stream, self.live_volume(&state), changed) else { return };
        self.asked = None;
        self.playing = None;
        self.screen.show(None);
        self.watching = Some(watching);
    }

    /// Takes the picture that is due and asks to be woken for the next.
    pub(super) fn follow_live(&mut self, now: Instant) {
        if self.seat.is_none() {
            self.watching = None;
        }
        let Some(watching) = &self.watching else { return };
        if let Some(member) = &self.seat {
            watching.sound(self.live_volume(&member.seat.state()));
        }
        let due = now + self.paint_time;
        if let Some(at) = on_air::follow(watching, &self.screen, due) {
            self.ctx.request_repaint_after(at.saturating_duration_since(due).max(SOON));
        }
    }

    /// Carries out a command to what is watched live. Says whether it was one.
    pub(super) fn live_command(&mut self, command: &Command) -> bool {
        self.watching.as_ref().is_some_and(|watching| watching.obey(command, &mut self.settings))
    }
}
