//! What the threads of one live viewer share: pictures that wait for their time, and counts.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lectern_media::picture::Picture;
use lectern_proto::control::ViewerReport;
use lectern_proto::live::choice::Limit;
use lectern_proto::live::lag::Part;
use lectern_proto::stamp;

use super::clock::ServerClock;
use super::in_step::InStep;
use super::stopped::LiveEnd;
use crate::class::Changed;
use crate::player::{Distribution, Presented};

/// Pictures that wait to be shown; what comes above that takes the place of the oldest.
const PICTURES: usize = 16;
/// Pictures that can be under way at a time: two seconds of 60 a second.
const UNDER_WAY: usize = 120;
/// A viewer without a new picture for this long, and three pictures' time, has stalled.
const STALL: Duration = Duration::from_millis(150);
/// The unit of the number that is stamped into pictures, in microseconds of server time.
pub(super) const STAMP_UNIT_US: u64 = 100;

/// A picture and when it was captured.
#[derive(Debug)]
struct Waiting {
    picture: Picture,
    capture_us: u64,
    track: u16,
}

/// Counts since the viewer was opened.
#[derive(Debug, Clone, Default)]
pub(super) struct Counts {
    pub(super) expected: u64,
    pub(super) presented: u64,
    pub(super) late: u64,
    pub(super) dropped: u64,
    pub(super) corrupt: u64,
    pub(super) stalls: u64,
    pub(super) stall_time: Duration,
    pub(super) first_frame: Option<Duration>,
    pub(super) size: Option<(u32, u32)>,
    /// Which track was on the screen from when.
    pub(super) switches: Vec<(Duration, u16)>,
    /// Capture to screen, as the picture itself says.
    pub(super) latency: Distribution,
    /// Pictures behind the sound that belongs to them, in microseconds.
    pub(super) av_skew: Distribution,
    pub(super) decode_time: Duration,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pictures: VecDeque<Waiting>,
    /// When the newest of them, or of those that were shown, was captured.
    newest_us: Option<u64>,
    /// The track that comes, and since when in server time.
    since: Option<(u16, u64)>,
    pub(super) counts: Counts,
    /// When the newest of those that are expected were captured.
    expected_us: VecDeque<u64>,
    shown_at: Option<Instant>,
    /// What keeps it from a higher rung.
    pub(super) limit: Option<Limit>,
    /// What the server was told last.
    pub(super) report: Option<ViewerReport>,
    /// What made it take a lower rung last.
    pub(super) lowered: Option<Limit>,
    /// The share of the room's bandwidth then, in bits per second.
    pub(super) share_bps: Option<u64>,
    /// The viewer has ended: by itself, or why.
    pub(super) over: Option<Result<(), LiveEnd>>,
    pub(super) stop: bool,
}

impl State {
    /// Pictures that wait for their time.
    pub(super) fn waiting(&self) -> usize {
        self.pictures.len()
    }

    /// A picture that came is to be shown when its time comes.
    pub(super) fn will_come(&mut self, capture_us: u64) {
        self.counts.expected += 1;
        self.expected_us.push_back(capture_us);
        if self.expected_us.len() > UNDER_WAY {
            self.expected_us.pop_front();
        }
    }
}

pub(super) struct Shared {
    state: Mutex<State>,
    pub(super) clock: Arc<ServerClock>,
    pub(super) in_step: Arc<InStep>,
    /// Time between two pictures.
    interval: Duration,
    opened_at: Instant,
    pub(super) changed: Changed,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl Shared {
    pub(super) fn new(clock: Arc<ServerClock>, in_step: Arc<InStep>, interval: Duration, changed: Changed) -> Self {
        Self { state: Mutex::default(), clock, in_step, interval, opened_at: Instant::now(), changed }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The viewer ends.
    pub(super) fn end(&self, how: Result<(), LiveEnd>) {
        self.lock().over.get_or_insert(how);
        (self.changed)();
    }

    /// A picture is ready to be shown when its time comes.
    pub(super) fn ready(&self, picture: Picture, capture_us: u64, track: u16) {
        let now = self.clock.server_us(Instant::now()).unwrap_or(capture_us);
        let mut state = self.lock();
        // What was captured before a rung began to come waited for its maker to start: the lag is not to follow that.
        if state.since.is_none_or(|(of, _)| of != track) {
            state.since = Some((track, now));
        }
        let is_current = state.since.is_some_and(|(_, since)| capture_us >= since);
        if is_current && !self.is_past(capture_us) {
            self.in_step.ready(Part::Pictures, Duration::from_micros(now.saturating_sub(capture_us)));
        }
        state.counts.corrupt += u64::from(picture.corrupt);
        // Another rung begins with a keyframe that is a little older than what waits here.
        if state.newest_us.is_some_and(|newest| capture_us <= newest) {
            return;
        }
        state.newest_us = Some(capture_us);
        let is_first = state.pictures.is_empty();
        state.pictures.push_back(Waiting { picture, capture_us, track });
        if state.pictures.len() > PICTURES
            && let Some(gone) = state.pictures.pop_front()
        {
            state.counts.dropped += u64::from(!self.is_past(gone.capture_us));
        }
        drop(state);
        if is_first {
            (self.changed)();
        }
    }

    /// Pictures whose time has come by now, shown or not.
    pub(super) fn expected(&self, state: &State, now: Instant) -> u64 {
        let lag_us = self.in_step.shown_us(now);
        let to_come = state.expected_us.iter().filter(|&&us| self.clock.at(us + lag_us).is_some_and(|due| due > now)).count();
        (state.counts.expected - to_come as u64).max(state.counts.presented)
    }

    /// Whether it was captured before this viewer came: it is only on the way to a current picture.
    pub(super) fn is_past(&self, capture_us: u64) -> bool {
        self.clock.server_us(self.opened_at).is_none_or(|opened_us| capture_us < opened_us)
    }

    /// The picture that is due, each given once, and when the next is due.
    pub(super) fn present(&self, now: Instant) -> Presented {
        let mut state = self.lock();
        let lag_us = self.in_step.shown_us(now);
        let due = |w: &Waiting| self.clock.at(w.capture_us + lag_us).unwrap_or(now);
        let mut chosen: Option<Waiting> = None;
        while state.pictures.front().is_some_and(|w| due(w) <= now) {
            state.counts.dropped += u64::from(chosen.is_some_and(|w| !self.is_past(w.capture_us)));
            chosen = state.pictures.pop_front();
        }
        let next_at = state.pictures.front().map(due);
        let Some(waiting) = chosen else { return Presented { picture: None, next_at } };
        let is_late = now.saturating_duration_since(due(&waiting)) > self.interval;
        self.note_shown(&mut state, &waiting, now, is_late);
        Presented { picture: Some(Arc::new(waiting.picture)), next_at }
    }

    fn note_shown(&self, state: &mut State, waiting: &Waiting, now: Instant, is_late: bool) {
        let since_open = now.saturating_duration_since(self.opened_at);
        if let Some(before) = state.shown_at.replace(now) {
            let gap = now.saturating_duration_since(before);
            if gap > STALL.max(3 * self.interval) {
                state.counts.stalls += 1;
                state.counts.stall_time += gap - self.interval;
            }
        }
        let is_past = self.is_past(waiting.capture_us);
        let counts = &mut state.counts;
        counts.presented += u64::from(!is_past);
        counts.late += u64::from(is_late && !is_past);
        counts.first_frame.get_or_insert(since_open);
        let size = waiting.picture.size();
        counts.size = Some((size.width, size.height));
        if counts.switches.last().is_none_or(|(_, track)| *track != waiting.track) {
            counts.switches.push((since_open, waiting.track));
        }
        let [luma, ..] = waiting.picture.planes();
        let stamped = stamp::read(luma.data, luma.stride, luma.width, luma.height);
        let heard_us = self.in_step.heard_us(now).filter(|_| !is_past);
        if let (Some(heard_us), Some(now_us)) = (heard_us, self.clock.server_us(now)) {
            let ago_us = i64::try_from(now_us).unwrap_or(i64::MAX).saturating_sub_unsigned(waiting.capture_us);
            counts.av_skew.add(ago_us.saturating_sub(heard_us));
        }
        if let (Some(stamped), Some(now_us), false) = (stamped, self.clock.server_us(now), is_past) {
            counts.latency.add(latency_us(stamped, now_us));
        }
    }
}

/// The time since a stamp, which holds the lowest 24 bits of server time in units of [`STAMP_UNIT_US`].
fn latency_us(stamped: u32, now_us: u64) -> i64 {
    let range = i64::from(stamp::NUMBER_MAX) + 1;
    let now = i64::try_from(now_us / STAMP_UNIT_US).unwrap_or(0) % range;
    let ago = (now - i64::from(stamped)).rem_euclid(range);
    // A clock that is a little behind sees what is yet to come.
    let ago = if ago > range / 2 { ago - range } else { ago };
    ago * i64::try_from(STAMP_UNIT_US).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_read_across_the_end_of_its_range() {
        let range = u64::from(stamp::NUMBER_MAX) + 1;
        assert_eq!(latency_us(100, 100 * 100 + 45_000), 45_000);
        assert_eq!(latency_us(stamp::NUMBER_MAX, (range + 9) * 100), 1_000);
        assert_eq!(latency_us(5, 300), -200);
    }
}
