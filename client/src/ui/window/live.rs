//! The window's part of live streams: opens what an instructor shows by itself, or what was asked for, follows it, and closes it when its
//! room is gone.

use std::collections::BTreeSet;
use std::time::Instant;

use lectern_proto::control::{Role, StreamId, StreamInfo};

use super::super::command::Command;
use super::super::on_air::{self, Watching};
use super::{SOON, Window};
use crate::class::ClassState;

/// What opens by itself, and what does so no more.
#[derive(Debug, Default)]
pub(super) struct Opening {
    /// Streams that were there when it was decided, or were closed: they open by a click.
    seen: BTreeSet<StreamId>,
}

impl Opening {
    /// The one stream that an instructor shows to this student, when it is new; with several there is a choice to make. `after` is the
    /// stream that is watched and has ended: what follows from the same person takes its place.
    fn next(&mut self, class: &ClassState, watching: Option<&Watching>, is_free: bool) -> Option<StreamId> {
        let me = class.me.as_ref().filter(|_| class.needs_stage())?;
        self.seen.retain(|id| class.streams.iter().any(|s| s.id == *id));
        let ended = watching.filter(|w| !class.streams.iter().any(|s| s.id == w.stream));
        if watching.is_some() != ended.is_some() || !(is_free || ended.is_some()) {
            return None;
        }
        let by_instructor = |s: &&StreamInfo| class.people.iter().any(|p| p.id == s.publisher && p.role == Role::Instructor);
        let is_shown = |s: &&StreamInfo| s.publisher != me.id && s.videos().next().is_some();
        let follows = ended.and_then(|w| class.streams.iter().find(|s| s.publisher == w.publisher && is_shown(s)));
        let shown: Vec<&StreamInfo> = class.streams.iter().filter(by_instructor).filter(is_shown).collect();
        let only = match shown[..] {
            [only] => Some(only),
            _ => None,
        };
        let next = follows.or(only).filter(|s| !self.seen.contains(&s.id))?;
        self.seen.insert(next.id);
        Some(next.id)
    }
}

/// While everybody is to look at the stage: what a student who does not is shown, the staff's newest picture before others'.
fn demanded(class: &ClassState, watching: Option<&Watching>) -> Option<StreamId> {
    let me = class.me.as_ref().filter(|_| class.needs_stage())?;
    let is_shown = |s: &&StreamInfo| s.publisher != me.id && s.videos().next().is_some();
    let by_instructor = |s: &&StreamInfo| class.people.iter().any(|p| p.id == s.publisher && p.role == Role::Instructor);
    let shown = class.streams.iter().filter(is_shown).collect::<Vec<_>>();
    if watching.is_some_and(|w| shown.iter().any(|s| s.id == w.stream)) {
        return None;
    }
    shown.iter().copied().find(by_instructor).or_else(|| shown.first().copied()).map(|s| s.id)
}

impl Window {
    /// Puts a live stream on the stage.
    pub(super) fn watch(&mut self, stream: StreamId) {
        let changed = self.changed();
        let Some(member) = &self.seat else { return };
        let state = member.seat.state();
        let Some(watching) = Watching::open(member.seat.as_ref(), &state, stream, &self.settings.sound_out(), self.live_volume(&state), changed) else {
            return;
        };
        self.hide_studio();
        self.asked = None;
        self.playing = None;
        self.screen.show(None);
        self.watching = Some(watching);
    }

    /// Opens what is new, takes the picture that is due and asks to be woken for the next.
    pub(super) fn follow_live(&mut self, class: Option<&ClassState>, now: Instant) {
        let Some(class) = class else {
            self.watching = None;
            return;
        };
        let is_free = self.playing.is_none() && !self.studio.shown && !self.podcasts.is_shown && !self.settings_shown && !self.keys_shown;
        if !self.plays_file()
            && let Some(stream) = self.opening.next(class, self.watching.as_ref(), is_free)
        {
            self.watch(stream);
        }
        if let Some(stream) = class.tools.attention.then(|| demanded(class, self.watching.as_ref())).flatten().filter(|_| !self.plays_file()) {
            self.podcasts.is_shown = false;
            self.watch(stream);
        }
        let Some(watching) = &self.watching else { return };
        if let Some(member) = &self.seat {
            watching.sound(self.live_volume(&member.seat.state()));
        }
        let due = now + self.paint_time;
        let (shown, next) = on_air::follow(watching, &self.screen, due);
        if let Some(projector) = self.projector.as_ref().filter(|_| shown) {
            projector.repaint(&self.ctx);
        }
        if let Some(at) = next {
            self.ctx.request_repaint_after(at.saturating_duration_since(due).max(SOON));
        }
    }

    /// Closes what is watched: it does not open by itself again.
    pub(super) fn dismiss_live(&mut self) {
        if let Some(watching) = self.watching.take() {
            self.opening.seen.insert(watching.stream);
        }
    }

    /// Carries out a command to what is watched live. Says whether it was one.
    pub(super) fn live_command(&mut self, command: &Command) -> bool {
        if self.watching.is_some() && *command == Command::ToggleMute {
            self.toggle_live_mute();
            return true;
        }
        self.watching.as_ref().is_some_and(|watching| watching.obey(command, &mut self.settings))
    }
}
