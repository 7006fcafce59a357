//! What has been fetched of one kind of track: segments by their place, filled by a loader and read by a decoder.
//!
//! Pure bookkeeping, no lock and no socket. Segments stand at the same times in every rung, so a place holds one segment
//! of whichever rung was wanted when it was fetched.

use std::collections::BTreeMap;

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
    pub(super) samples: Vec<Sample>,
    pub(super) complete: bool,
    bytes: usize,
}

/// The segments of the video, or of the sound.
#[derive(Debug, Default)]
pub(super) struct Lane {
    held: BTreeMap<usize, Held>,
    bytes: usize,
    /// The place that is being decoded; its segment is not replaced.
    pub(super) reading: usize,
}

/// A place in a lane: segment and sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Cursor {
    pub(super) segment: usize,
    pub(super) sample: usize,
}

impl Lane {
    /// Starts or starts again the segment at a place.
    pub(super) fn begin(&mut self, place: usize, track: usize) {
        self.remove(place);
        self.held.insert(place, Held { track, samples: Vec::new(), complete: false, bytes: 0 });
    }

    /// Adds a sample to the segment at a place, if it is still the one that was begun.
    pub(super) fn push(&mut self, place: usize, track: usize, sample: Sample) {
        if let Some(held) = self.held.get_mut(&place).filter(|h| h.track == track) {
            held.bytes += sample.data.len();
            self.bytes += sample.data.len();
            held.samples.push(sample);
        }
    }

    /// The segment at a place has come to its end.
    pub(super) fn complete(&mut self, place: usize, track: usize) {
        if let Some(held) = self.held.get_mut(&place).filter(|h| h.track == track) {
            held.complete = true;
        }
    }

    pub(super) fn remove(&mut self, place: usize) {
        if let Some(held) = self.held.remove(&place) {
            self.bytes -= held.bytes;
        }
    }

    pub(super) fn at(&self, place: usize) -> Option<&Held> {
        self.held.get(&place)
    }

    /// The next place to fetch, looking from the place being read: the first that is not held whole, or, beyond the
    /// one being read, held in another rung than the plan wants.
    pub(super) fn next_wanted(&self, places: usize, wanted: impl Fn(usize) -> usize, in_reach: impl Fn(usize) -> bool) -> Option<usize> {
        (self.reading..places).take_while(|&place| in_reach(place)).find(|&place| match self.held.get(&place) {
            Some(held) if held.complete => place != self.reading && held.track != wanted(place),
            Some(_) | None => true,
        })
    }

    /// The first place from `place` on that is not held whole.
    pub(super) fn held_until(&self, place: usize) -> usize {
        (place..).find(|p| !self.held.get(p).is_some_and(|h| h.complete)).unwrap_or(place)
    }

    /// The first place of the unbroken run of whole segments that ends before `place`.
    pub(super) fn held_from(&self, place: usize) -> usize {
        (0..place).rev().find(|p| !self.held.get(p).is_some_and(|h| h.complete)).map_or(0, |p| p + 1)
    }

    /// Forgets what lies outside the places around the position.
    pub(super) fn evict(&mut self, keep: std::ops::Range<usize>) {
        let gone: Vec<_> = self.held.keys().copied().filter(|p| !keep.contains(p)).collect();
        gone.into_iter().for_each(|p| self.remove(p));
    }

    /// Whether the lane holds as many bytes as it may.
    pub(super) fn is_full(&self) -> bool {
        self.bytes >= BYTES_MAX
    }

    /// Forgets the oldest place before the one being read, to make room.
    pub(super) fn evict_oldest(&mut self) -> bool {
        let oldest = self.held.keys().next().copied().filter(|p| *p < self.reading);
        oldest.inspect(|p| self.remove(*p)).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn sample() -> Sample {
        Sample { data: Bytes::from_static(&[0; 10]), dts: 0, pts: 0, duration: 1, keyframe: true }
    }

    fn whole(lane: &mut Lane, place: usize, track: usize) {
        lane.begin(place, track);
        lane.push(place, track, sample());
        lane.complete(place, track);
    }

    #[test]
    fn fetches_the_first_gap_then_other_rungs_beyond_the_one_being_read() {
        let mut lane = Lane::default();
        for place in 0..3 {
            whole(&mut lane, place, 0);
        }
        let next = |lane: &Lane, track: usize| lane.next_wanted(6, |_| track, |p| p < 5);
        assert_eq!(next(&lane, 0), Some(3));
        assert_eq!(next(&lane, 1), Some(1), "place 0 is being read and stays");
        whole(&mut lane, 3, 0);
        whole(&mut lane, 4, 0);
        assert_eq!(next(&lane, 0), None, "out of reach");
        lane.begin(2, 0);
        assert_eq!(next(&lane, 0), Some(2), "begun is not whole");
        assert_eq!((lane.held_until(0), lane.held_until(3), lane.held_from(1), lane.held_from(5)), (2, 5, 0, 3));
    }

    #[test]
    fn a_late_sample_of_a_replaced_segment_is_dropped() {
        let mut lane = Lane::default();
        lane.begin(0, 0);
        lane.push(0, 0, sample());
        lane.begin(0, 1);
        lane.push(0, 0, sample());
        lane.complete(0, 0);
        let held = lane.at(0).expect("begun");
        assert!(held.samples.is_empty() && !held.complete);
        assert_eq!(lane.bytes, 0);
        whole(&mut lane, 3, 1);
        lane.reading = 3;
        assert!(lane.evict_oldest() && !lane.evict_oldest());
        lane.evict(4..9);
        assert_eq!(lane.bytes, 0);
    }
}
