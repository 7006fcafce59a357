//! One live track: units are sealed once as they come and kept since the newest keyframe.
//!
//! A viewer is a cursor. One that falls behind goes on at the newest keyframe; what it missed it sees by the numbers of the
//! units. The lock is held for bookkeeping and for sealing one unit, never across a wait.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use lectern_proto::control::StreamId;
use lectern_proto::limits::{LIVE_BEHIND_MAX, LIVE_KEPT_MAX};
use lectern_proto::live::Unit;
use lectern_proto::live::parity::{ParityBlock, ParityMaker};
use lectern_proto::live::receive::Content;
use lectern_proto::live::record::{LiveSealer, NumbersUsedUp, SealedUnit};
use lectern_proto::share::{LiveTrackNeeds, live_needs};
use tokio::sync::{Notify, mpsc, watch};

use super::keyframes::KeyframeWishes;
use super::tap::Taps;
use crate::media::EpochKey;

/// One track of a stream.
#[derive(Debug)]
pub(crate) struct Track {
    stream: StreamId,
    number: u16,
    /// What its encoder aims at, in bits per second.
    bps: u64,
    /// The stream has nothing smaller of its kind.
    is_least: bool,
    content: Content,
    kept: Mutex<Kept>,
    /// Its viewers' connections, each woken when a unit came, and how many viewers each has.
    listeners: Mutex<Vec<(Arc<Notify>, usize)>>,
    /// How many viewers there are.
    viewers: watch::Sender<usize>,
    keyframes: KeyframeWishes,
    taps: Taps,
}

#[derive(Debug)]
struct Kept {
    sealer: LiveSealer,
    parity: ParityMaker,
    /// How many viewers want parity of which strength, in percent.
    wanted: BTreeMap<u8, usize>,
    /// Oldest first.
    units: VecDeque<Arc<SealedUnit>>,
    /// The number, counted from the start of the track, of the first unit that is kept, and of the newest keyframe.
    first: u64,
    keyframe: Option<u64>,
    bytes: usize,
    last_at: Option<Duration>,
    ended: bool,
}

/// Where a viewer is in a track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cursor {
    /// It gets the newest keyframe, or the next.
    Keyframe,
    /// It gets this unit next.
    At(u64),
}

impl Track {
    pub(super) fn new(stream: StreamId, number: u16, content: Content, (bps, is_least): (u32, bool), key: &EpochKey) -> Self {
        let sealer = LiveSealer::new(&key.key, key.epoch, stream, number);
        let (parity, wanted) = (ParityMaker::default(), BTreeMap::new());
        let kept = Kept { sealer, parity, wanted, units: VecDeque::new(), first: 0, keyframe: None, bytes: 0, last_at: None, ended: false };
        Self {
            stream,
            number,
            bps: bps.into(),
            is_least,
            content,
            kept: Mutex::new(kept),
            listeners: Mutex::default(),
            viewers: watch::Sender::new(0),
            keyframes: KeyframeWishes::default(),
            taps: Taps::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its number in the room.
    pub(crate) fn number(&self) -> u16 {
        self.number
    }

    /// What its encoder aims at, in bits per second.
    pub(crate) fn bps(&self) -> u64 {
        self.bps
    }

    /// What it needs of a viewer's share, without parity.
    pub(crate) fn needs(&self) -> LiveTrackNeeds {
        LiveTrackNeeds { stream: self.stream, content: self.content, bps: live_needs(self.bps, 0), is_least: self.is_least }
    }

    fn listeners(&self) -> MutexGuard<'_, Vec<(Arc<Notify>, usize)>> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes a connection from now on when a unit came, or the track ended.
    pub(super) fn listen(&self, listener: &Arc<Notify>) {
        let mut listeners = self.listeners();
        match listeners.iter_mut().find(|(l, _)| Arc::ptr_eq(l, listener)) {
            Some((_, viewers)) => *viewers += 1,
            None => listeners.push((Arc::clone(listener), 1)),
        }
        self.viewers.send_modify(|viewers| *viewers += 1);
    }

    /// For one viewer less.
    pub(super) fn forget(&self, listener: &Arc<Notify>) {
        let mut listeners = self.listeners();
        if let Some(at) = listeners.iter().position(|(l, _)| Arc::ptr_eq(l, listener)) {
            listeners[at].1 -= 1;
            if listeners[at].1 == 0 {
                listeners.swap_remove(at);
            }
            self.viewers.send_modify(|viewers| *viewers -= 1);
        }
    }

    /// How many take it now.
    pub(crate) fn viewers(&self) -> watch::Receiver<usize> {
        self.viewers.subscribe()
    }

    /// A viewer wants parity of another strength, in percent of the records, than before; 0: none.
    pub(super) fn want_parity(&self, before: u8, now: u8) {
        let wanted = &mut self.lock().wanted;
        if let Some(viewers) = wanted.get_mut(&before) {
            *viewers -= 1;
        }
        if now > 0 {
            *wanted.entry(now).or_default() += 1;
        }
        wanted.retain(|_, viewers| *viewers > 0);
    }

    /// A viewer cannot go on without a keyframe.
    pub(crate) fn want_keyframe(&self, now: Duration) {
        self.keyframes.wish(now);
    }

    /// Changes with each wish for a keyframe that is to be fulfilled.
    pub(super) fn keyframe_wishes(&self) -> watch::Receiver<u64> {
        self.keyframes.listen()
    }

    /// Its units as they come, from a keyframe on, which is wished for at `now`.
    pub(crate) fn tap(&self, now: Duration) -> mpsc::Receiver<Unit> {
        let tap = self.taps.open();
        self.want_keyframe(now);
        tap
    }

    fn wake(&self) {
        self.listeners().iter().for_each(|(listener, _)| listener.notify_one());
    }

    /// One record, if its unit is still kept.
    pub(crate) fn record(&self, counter: u32) -> Option<Bytes> {
        let kept = self.lock();
        let after = kept.units.partition_point(|unit| unit.first_record <= counter);
        kept.units.get(after.checked_sub(1)?)?.record(counter)
    }

    /// Whether it has ended and a viewer has had all of it.
    pub(crate) fn is_over(&self, cursor: Cursor) -> bool {
        let kept = self.lock();
        kept.ended && !matches!(cursor, Cursor::At(at) if at < kept.first + kept.units.len() as u64)
    }

    /// When the newest unit came.
    pub(crate) fn last_at(&self) -> Option<Duration> {
        self.lock().last_at
    }

    /// Seals a unit with the room's key of now and keeps it for its viewers.
    pub(crate) fn push(&self, now: Duration, key: &EpochKey, capture_us: u64, keyframe: bool, data: Bytes) -> Result<(), NumbersUsedUp> {
        let mut kept = self.lock();
        kept.sealer.rekey(&key.key, key.epoch);
        let index = kept.first + kept.units.len() as u64;
        // 2³² units are used up after their records are.
        let unit = Unit { sequence: index as u32, capture_us, keyframe, data };
        if self.taps.give(&unit) {
            self.want_keyframe(now);
        }
        let mut sealed = kept.sealer.seal(&unit)?;
        sealed.parity = kept.parity_of(&sealed);
        let sealed = Arc::new(sealed);
        if keyframe {
            kept.keyframe = Some(index);
        }
        kept.bytes += sealed.frame().len();
        kept.units.push_back(sealed);
        kept.last_at = Some(now);
        kept.forget();
        drop(kept);
        self.wake();
        Ok(())
    }

    /// No more units come.
    pub(super) fn end(&self) {
        self.lock().ended = true;
        self.wake();
    }

    /// The unit that a viewer gets next, and where it is then; none when it has all, or waits for a keyframe.
    pub(crate) fn next(&self, cursor: &mut Cursor) -> Option<Arc<SealedUnit>> {
        let kept = self.lock();
        let head = kept.first + kept.units.len() as u64;
        let at = match *cursor {
            // Sound has no past worth hearing.
            Cursor::Keyframe if self.content == Content::Sound => head.checked_sub(1)?,
            Cursor::Keyframe => kept.keyframe?,
            Cursor::At(at) if at >= head => return None,
            Cursor::At(at) if at < kept.first || head - at > LIVE_BEHIND_MAX as u64 => match kept.keyframe {
                Some(keyframe) if keyframe > at => keyframe,
                _ if at >= kept.first => at,
                _ => {
                    *cursor = Cursor::Keyframe;
                    return None;
                }
            },
            Cursor::At(at) => at,
        };
        let unit = kept.units.get(usize::try_from(at.checked_sub(kept.first)?).ok()?)?;
        *cursor = Cursor::At(at + 1);
        Some(Arc::clone(unit))
    }

    /// Whether a viewer there has to wait for a keyframe that is not here.
    pub(crate) fn needs_keyframe(&self, cursor: Cursor) -> bool {
        self.content == Content::Video && cursor == Cursor::Keyframe && self.lock().keyframe.is_none()
    }
}

impl Kept {
    /// The parity that goes with a unit, made once, for the viewer who wants most.
    fn parity_of(&mut self, unit: &SealedUnit) -> Vec<ParityBlock> {
        let percent = self.wanted.last_key_value().map_or(0, |(percent, _)| *percent);
        self.parity.unit(unit, &self.sealer, percent)
    }

    /// Forgets what no viewer gets any more: what is before the newest keyframe and further behind than anybody may be.
    fn forget(&mut self) {
        loop {
            let behind = self.units.len() > LIVE_BEHIND_MAX && self.keyframe.is_some_and(|keyframe| keyframe > self.first);
            let full = self.bytes > LIVE_KEPT_MAX && self.units.len() > 1;
            if !behind && !full {
                return;
            }
            if let Some(gone) = self.units.pop_front() {
                self.bytes -= gone.frame().len();
                self.keyframe = self.keyframe.filter(|keyframe| *keyframe > self.first);
                self.first += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lectern_proto::seal::RoomKey;

    fn key(epoch: u32) -> EpochKey {
        EpochKey { epoch, key: RoomKey([1; 32]) }
    }

    fn track(content: Content) -> Track {
        Track::new(StreamId([1; 16]), 3, content, (1_000_000, true), &key(1))
    }

    fn push(track: &Track, keyframe: bool) {
        track.push(Duration::ZERO, &key(1), 0, keyframe, Bytes::from_static(b"picture")).expect("numbers are left");
    }

    fn all(track: &Track, cursor: &mut Cursor) -> Vec<u32> {
        std::iter::from_fn(|| track.next(cursor)).map(|u| u.sequence).collect()
    }

    #[test]
    fn who_comes_late_starts_with_the_newest_keyframe() {
        let track = track(Content::Video);
        let mut cursor = Cursor::Keyframe;
        assert!(track.next(&mut cursor).is_none() && track.needs_keyframe(cursor));
        for i in 0..9 {
            push(&track, i % 4 == 0);
        }
        assert_eq!(all(&track, &mut cursor), [8]);
        push(&track, false);
        assert_eq!(all(&track, &mut cursor), [9]);
    }

    #[test]
    fn who_falls_behind_goes_on_at_the_newest_keyframe_and_a_little_lag_is_no_falling_behind() {
        let track = track(Content::Video);
        push(&track, true);
        let (mut slow, mut quick) = (Cursor::Keyframe, Cursor::Keyframe);
        assert_eq!((all(&track, &mut slow), all(&track, &mut quick)), (vec![0], vec![0]));
        push(&track, false);
        push(&track, true);
        assert_eq!(all(&track, &mut quick), [1, 2], "nothing is left out that can still be sent");
        (0..2 * LIVE_BEHIND_MAX).for_each(|i| push(&track, i == LIVE_BEHIND_MAX));
        let newest = 3 + LIVE_BEHIND_MAX as u32;
        assert_eq!(all(&track, &mut slow).first(), Some(&newest));
        assert!(track.lock().units.len() <= LIVE_BEHIND_MAX + 1);
    }

    #[test]
    fn what_is_kept_is_bounded_even_without_a_keyframe() {
        let track = track(Content::Video);
        let big = Bytes::from(vec![0; LIVE_KEPT_MAX / 4]);
        for i in 0..10 {
            track.push(Duration::ZERO, &key(1), 0, i == 0, big.clone()).expect("numbers are left");
        }
        assert!(track.lock().bytes <= LIVE_KEPT_MAX);
        let mut cursor = Cursor::Keyframe;
        assert!(track.next(&mut cursor).is_none() && track.needs_keyframe(cursor), "its keyframe is gone");
    }

    #[test]
    fn sound_starts_now() {
        let track = track(Content::Sound);
        (0..5).for_each(|_| push(&track, true));
        let mut cursor = Cursor::Keyframe;
        assert_eq!(all(&track, &mut cursor), [4]);
    }
}
