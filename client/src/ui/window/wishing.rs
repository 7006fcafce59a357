//! The window's part of the floor: what an instructor asks of the class, and Quiet that is taken back.

use std::time::{Duration, Instant};

use lectern_proto::control::RoomRequest;

use super::super::shell::Recording;
use super::super::wishes::{Wish, Wishes};
use super::Window;
use crate::class::ClassState;

/// How long Quiet can be taken back.
pub(super) const UNDO: Duration = Duration::from_secs(5);
/// What it takes beyond that until a student's machine knows of it.
const ON_THE_WAY: Duration = Duration::from_secs(2);

/// What Quiet did at this window.
#[derive(Debug, Default)]
pub(super) struct Quieted {
    /// When this person made it quiet.
    by_me: Option<Instant>,
    /// When it ended what this student had on air.
    mine: Option<Instant>,
    was_quiet: bool,
    was_on_air: bool,
}

impl Quieted {
    /// Follows the class. Says whether a student is on air again, because Quiet was taken back.
    fn follow(&mut self, is_quiet: bool, is_on_air: bool, now: Instant) -> bool {
        let (began, ended) = (is_quiet && !self.was_quiet, !is_quiet && self.was_quiet);
        if began && self.was_on_air {
            self.mine = Some(now);
        }
        (self.was_quiet, self.was_on_air) = (is_quiet, is_on_air);
        if !ended {
            return false;
        }
        self.by_me = None;
        self.mine.take().is_some_and(|since| now.saturating_duration_since(since) < UNDO + ON_THE_WAY)
    }

    /// How long it can still be taken back.
    fn left(&self, now: Instant) -> Option<Duration> {
        UNDO.checked_sub(now.saturating_duration_since(self.by_me?)).filter(|left| !left.is_zero())
    }
}

/// Since when something is recorded.
#[derive(Debug, Default)]
pub(super) struct Recorded {
    runs: bool,
    since: Option<Instant>,
    /// It was seen that nothing was.
    saw_none: bool,
}

impl Recorded {
    fn follow(&mut self, runs: bool, now: Instant) {
        if runs && !self.runs {
            // Who comes while it runs does not know for how long it has.
            self.since = self.saw_none.then_some(now);
        }
        self.saw_none |= !runs;
        self.runs = runs;
    }
}

impl Window {
    /// Takes answers, and goes back on air where Quiet was taken back.
    pub(super) fn follow_floor(&mut self, class: Option<&ClassState>, now: Instant) {
        let Some(class) = class else {
            (self.wishes, self.quieted, self.recorded) = (Wishes::default(), Quieted::default(), Recorded::default());
            return;
        };
        self.wishes.follow(class);
        if class.synchronised {
            self.recorded.follow(!class.floor.recorded.is_empty(), now);
        }
        let is_student = class.needs_stage();
        if self.quieted.follow(class.floor.quiet, is_student && self.studio.is_wanted(), now) {
            self.put_on_air();
        }
    }

    /// What every header says of recordings.
    pub(super) fn recording(&self, now: Instant) -> Option<Recording> {
        self.recorded.runs.then_some(Recording { since: self.recorded.since, now })
    }

    /// How long this person can still take Quiet back.
    pub(super) fn undo_left(&self, now: Instant) -> Option<Duration> {
        self.quieted.left(now)
    }

    /// Uses one of the room's tools.
    pub(super) fn use_tool(&mut self, what: RoomRequest) {
        let changed = self.changed();
        let Some(member) = &self.seat else { return };
        let asking = member.seat.use_tool(what, changed);
        self.wishes.wait(Wish::Tool, asking);
    }

    /// Asks the class for something; what it says to that stands where it was pressed.
    pub(super) fn wish(&mut self, wish: Wish) {
        let changed = self.changed();
        let Some(member) = &self.seat else { return };
        if let Wish::Quiet(quiet) = wish {
            let was_quiet = member.seat.state().floor.quiet;
            self.quieted.by_me = (quiet && !was_quiet).then(Instant::now);
        }
        let asking = match wish {
            Wish::Stage(person, given) => member.seat.give_stage(person, given, changed),
            Wish::Quiet(quiet) => member.seat.set_quiet(quiet, changed),
            Wish::Record(stream, recorded) => member.seat.record(stream, recorded, changed),
            Wish::AllowRecording(stream, allowed) => member.seat.allow_recording(stream, allowed, changed),
            // Asked with what is wished for.
            Wish::Tool => return,
        };
        self.wishes.wait(wish, asking);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_quiet_ended_comes_back_when_it_is_taken_back_in_time_and_not_later() {
        let begun = Instant::now();
        let check = |on_air: bool, opened_after_s: u64, back: bool| {
            let mut quieted = Quieted::default();
            assert!(!quieted.follow(false, on_air, begun));
            assert!(!quieted.follow(true, false, begun), "it is off air now");
            assert!(!quieted.follow(true, false, begun + Duration::from_secs(1)));
            assert_eq!(quieted.follow(false, false, begun + Duration::from_secs(opened_after_s)), back, "{on_air} {opened_after_s}");
            // The next quiet time is another.
            quieted.follow(true, false, begun + Duration::from_secs(20));
            assert!(!quieted.follow(false, false, begun + Duration::from_secs(21)));
        };
        check(true, 3, true);
        check(true, 6, true);
        check(true, 8, false);
        check(false, 3, false);
    }

    #[test]
    fn it_can_be_taken_back_for_five_seconds_by_who_made_it_quiet() {
        let begun = Instant::now();
        let mut quieted = Quieted::default();
        quieted.follow(true, false, begun);
        assert_eq!(quieted.left(begun), None, "somebody else did");
        quieted.by_me = Some(begun);
        assert_eq!(quieted.left(begun + Duration::from_secs(4)), Some(Duration::from_secs(1)));
        assert_eq!(quieted.left(begun + UNDO), None);
        quieted.follow(false, false, begun + Duration::from_secs(2));
        assert_eq!(quieted.left(begun + Duration::from_secs(2)), None, "it is open");
    }
}
