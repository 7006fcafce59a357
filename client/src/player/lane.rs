//! What has been fetched of one kind of track: segments by the time at which they start, filled by a loader and read by a
//! decoder.
//!
//! Pure bookkeeping, no lock and no socket. Rungs need not have the same segments: where one begins, another goes on only
//! if it has a segment that starts at that very time.

use std::collections::BTreeMap;
use std::ops::Range;

use lectern_proto::fmp4::Sample;

/// Fetched ahead of the position, in microseconds of media.
pub(super) const AHEAD_US: u64 = 15_000_000;
/// Kept behind the position for a jump back, in microseconds of media.
pub(super) const BEHIND_US: u64 = 20_000_000;
/// Coded bytes held by one lane; the tracks of the highest rate fill it before [`AHEAD_US`].
pub(super) const BYTES_MAX: usize = 48 << 20;

/// One fetched segment, or the part of it that has come.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) track: usize,
    /// Where the next segment starts, in microseconds.
    pub(super) end_us: u64,
    pub(super) samples: Vec<Sample>,
    pub(super) complete: bool,
    bytes: usize,
}

/// The segments of the video, or of the sound.
#[derive(Debug, Default)]
pub(super) struct Lane {
    /// By their start in microseconds.
    held: BTreeMap<u64, Held>,
    bytes: usize,
    /// Start of the segment that is being decoded; it is not replaced.
    pub(super) reading_us: u64,
}

/// A place in a lane: a segment, by its start, and a sample of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Cursor {
    pub(super) segment_us: u64,
    pub(super) sample: usize,
}

/// A segment that could be fetched: the track, and where its segment ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) track: usize,
    pub(super) end_us: u64,
}

impl Lane {
    /// Starts or starts again the segment from `span.start`, to the end of `span`.
    pub(super) fn begin(&mut self, span: Range<u64>, track: usize) {
        self.remove(span.start);
        self.held.insert(span.start, Held { track, end_us: span.end, samples: Vec::new(), complete: false, bytes: 0 });
    }

    /// Adds a sample to the segment from a time, if it is still the one that was begun.
    pub(super) fn push(&mut self, start_us: u64, track: usize, sample: Sample) {
        if let Some(held) = self.held.get_mut(&start_us).filter(|h| h.track == track) {
            held.bytes += sample.data.len();
            self.bytes += sample.data.len();
            held.samples.push(sample);
        }
    }

    /// The segment from a time has come to its end. What was held within its length is not needed any more.
    pub(super) fn complete(&mut self, start_us: u64, track: usize) {
        if let Some(held) = self.held.get_mut(&start_us).filter(|h| h.track == track) {
            held.complete = true;
            let within = start_us + 1..held.end_us;
            let gone: Vec<_> = self.held.range(within).map(|(at, _)| *at).filter(|at| *at != self.reading_us).collect();
            gone.into_iter().for_each(|at| self.remove(at));
        }
    }

    pub(super) fn remove(&mut self, start_us: u64) {
        if let Some(held) = self.held.remove(&start_us) {
            self.bytes -= held.bytes;
        }
    }

    pub(super) fn at(&self, start_us: u64) -> Option<&Held> {
        self.held.get(&start_us)
    }

    /// The next segment to fetch, looking from the one being read up to `until_us`: the first that is not held whole, or,
    /// beyond the one being read, held in another rung than is chosen. `choose` gives what would be fetched from a time.
    pub(super) fn next_wanted(&self, until_us: u64, choose: impl Fn(u64) -> Option<Choice>) -> Option<(u64, Choice)> {
        let mut at = self.reading_us;
        while at <= until_us {
            let choice = choose(at);
            match self.held.get(&at).filter(|h| h.complete) {
                Some(held) if at == self.reading_us || choice.is_none_or(|c| c.track == held.track) => at = held.end_us.max(at + 1),
                _ => return Some((at, choice?)),
            }
        }
        None
    }

    /// Starts and tracks of the whole segments that follow the one being read without a break.
    pub(super) fn ahead(&self) -> Vec<(u64, usize)> {
        let mut found = Vec::new();
        let mut at = self.reading_us;
        while let Some(held) = self.held.get(&at).filter(|h| h.complete && h.end_us > at) {
            if at != self.reading_us {
                found.push((at, held.track));
            }
            at = held.end_us;
        }
        found
    }

    /// The end of the unbroken run of whole segments from a time on.
    pub(super) fn held_until(&self, start_us: u64) -> u64 {
        let mut at = start_us;
        while let Some(held) = self.held.get(&at).filter(|h| h.complete && h.end_us > at) {
            at = held.end_us;
        }
        at
    }

    /// The start of the unbroken run of whole segments that ends where one starts.
    pub(super) fn held_from(&self, start_us: u64) -> u64 {
        let before = self.held.range(..start_us).rev();
        before
            .take_while(|(_, h)| h.complete)
            .scan(start_us, |end, (at, h)| (h.end_us == *end).then(|| std::mem::replace(end, *at)).map(|_| *at))
            .last()
            .unwrap_or(start_us)
    }

    /// Forgets what lies outside a range of times.
    pub(super) fn evict(&mut self, keep: Range<u64>) {
        let gone: Vec<_> = self.held.iter().filter(|(at, h)| **at >= keep.end || h.end_us <= keep.start).map(|(at, _)| *at).collect();
        gone.into_iter().for_each(|at| self.remove(at));
    }

    /// Whether the lane holds as many bytes as it may.
    pub(super) fn is_full(&self) -> bool {
        self.bytes >= BYTES_MAX
    }

    /// Forgets the oldest segment before the one being read, to make room.
    pub(super) fn evict_oldest(&mut self) -> bool {
        let oldest = self.held.keys().next().copied().filter(|at| *at < self.reading_us);
        oldest.inspect(|at| self.remove(*at)).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn sample() -> Sample {
        Sample { data: Bytes::from_static(&[0; 10]), dts: 0, pts: 0, duration: 1, keyframe: true }
    }

    fn whole(lane: &mut Lane, span: Range<u64>, track: usize) {
        let at = span.start;
        lane.begin(span, track);
        lane.push(at, track, sample());
        lane.complete(at, track);
    }

    #[test]
    fn fetches_the_first_gap_then_other_rungs_beyond_the_one_being_read() {
        let mut lane = Lane::default();
        for at in [0, 10, 20] {
            whole(&mut lane, at..at + 10, 0);
        }
        let next = |lane: &Lane, track: usize| lane.next_wanted(49, |at| (at < 60).then_some(Choice { track, end_us: at + 10 })).map(|(at, c)| (at, c.track));
        assert_eq!(next(&lane, 0), Some((30, 0)));
        assert_eq!(next(&lane, 1), Some((10, 1)), "the first is being read and stays");
        whole(&mut lane, 30..40, 0);
        whole(&mut lane, 40..50, 0);
        assert_eq!(next(&lane, 0), None, "out of reach");
        lane.begin(20..30, 0);
        assert_eq!(next(&lane, 0), Some((20, 0)), "begun is not whole");
        assert_eq!((lane.held_until(0), lane.held_until(30), lane.held_from(10), lane.held_from(50)), (20, 50, 0, 30));
    }

    #[test]
    fn a_longer_segment_takes_the_place_of_short_ones() {
        let mut lane = Lane::default();
        for at in [0, 10, 20, 30] {
            whole(&mut lane, at..at + 10, 0);
        }
        // The other rung has segments of 20 that start at 10 and 30.
        let choose = |at: u64| Some(if at % 20 == 10 { Choice { track: 1, end_us: at + 20 } } else { Choice { track: 0, end_us: at + 10 } });
        assert_eq!(lane.next_wanted(39, choose), Some((10, Choice { track: 1, end_us: 30 })));
        whole(&mut lane, 10..30, 1);
        assert!(lane.at(20).is_none());
        assert_eq!(lane.next_wanted(39, choose).map(|(at, _)| at), Some(30));
        assert_eq!((lane.held_until(0), lane.held_from(40)), (40, 0));
    }

    #[test]
    fn what_is_not_prepared_yet_ends_the_search() {
        let mut lane = Lane::default();
        whole(&mut lane, 0..10, 0);
        assert_eq!(lane.next_wanted(99, |at| (at != 10).then_some(Choice { track: 0, end_us: at + 10 })), None);
    }

    #[test]
    fn a_late_sample_of_a_replaced_segment_is_dropped() {
        let mut lane = Lane::default();
        lane.begin(0..10, 0);
        lane.push(0, 0, sample());
        lane.begin(0..10, 1);
        lane.push(0, 0, sample());
        lane.complete(0, 0);
        let held = lane.at(0).expect("begun");
        assert!(held.samples.is_empty() && !held.complete);
        assert_eq!(lane.bytes, 0);
        whole(&mut lane, 30..40, 1);
        lane.reading_us = 30;
        assert!(lane.evict_oldest() && !lane.evict_oldest());
        lane.evict(40..90);
        assert_eq!(lane.bytes, 0);
    }
}
