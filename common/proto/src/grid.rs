//! Where the segments of tracks that are encoded start: the places of a video, numbered from 0.
//!
//! All rungs that are encoded have the same places, so that a viewer may change between them at each; sound has its own.
//! The worker fills the places in any order, and the server tells viewers of those that are still empty. Pure arithmetic.

use crate::fmp4::{AAC_PACKET_SAMPLES, VIDEO_TIMESCALE};
use crate::manifest::SEGMENT_US;

/// Nominal length of a place in ticks of [`VIDEO_TIMESCALE`].
pub const PLACE_TICKS: i64 = (SEGMENT_US * VIDEO_TIMESCALE as u64 / 1_000_000) as i64;

/// The places of the pictures, in ticks of [`VIDEO_TIMESCALE`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Grid {
    /// Every two seconds.
    #[default]
    Even,
    /// At these times, the first at 0, each later than the one before; after the last every two seconds.
    At(Vec<i64>),
}

impl Grid {
    /// Places that hold every one of these times, with steps of about two seconds between them: the keyframes of a source
    /// that is copied.
    #[must_use]
    pub fn around(keyframes: &[i64]) -> Self {
        let mut starts = vec![0];
        for key in keyframes.iter().copied().filter(|k| *k > 0) {
            let last = starts.last().copied().unwrap_or(0);
            // At least one step; the rounding keeps steps between 4/3 and 3 seconds.
            let steps = ((key - last + PLACE_TICKS / 2) / PLACE_TICKS).max(1);
            starts.extend((1..=steps).map(|i| last + (key - last) * i / steps));
        }
        starts.dedup();
        Self::At(starts)
    }

    /// The place that holds a time.
    #[must_use]
    pub fn place(&self, pts: i64) -> usize {
        let even = |ticks: i64| usize::try_from(ticks / PLACE_TICKS).unwrap_or(0);
        match self {
            Self::Even => even(pts),
            Self::At(starts) => {
                let last = starts.last().copied().unwrap_or(0);
                if pts >= last { starts.len() - 1 + even(pts - last) } else { starts.partition_point(|s| *s <= pts).saturating_sub(1) }
            }
        }
    }

    /// Where a place starts; its first picture is the first at or after this.
    #[must_use]
    pub fn start(&self, place: usize) -> i64 {
        let even = |places: usize| i64::try_from(places).unwrap_or(i64::MAX).saturating_mul(PLACE_TICKS);
        match self {
            Self::Even => even(place),
            Self::At(starts) => match starts.get(place) {
                Some(start) => *start,
                None => starts.last().copied().unwrap_or(0).saturating_add(even(place + 1 - starts.len())),
            },
        }
    }

    /// How many places a video of this length has.
    #[must_use]
    pub fn places(&self, length: i64) -> usize {
        if length <= 0 { 0 } else { self.place(length - 1) + 1 }
    }
}

/// Number of the first AAC packet of a place: the one whose presentation starts nearest to the boundary. Packet `p` is
/// presented at `(p - 1) * 1024` samples: packet 0 is the encoder's priming and lies before the start.
#[must_use]
pub fn first_packet(place: usize, sample_rate_hz: u32) -> u64 {
    let packet = u64::from(AAC_PACKET_SAMPLES);
    match place as u64 {
        0 => 0,
        n => (n * SEGMENT_US * u64::from(sample_rate_hz) / 1_000_000 + packet + packet / 2) / packet,
    }
}

/// When an AAC packet is presented, in samples; the priming packet counts as 0.
#[must_use]
pub fn packet_start(packet: u64) -> u64 {
    packet.saturating_sub(1) * u64::from(AAC_PACKET_SAMPLES)
}

/// Where a place of the sound starts, in samples.
#[must_use]
pub fn sound_start(place: usize, sample_rate_hz: u32) -> u64 {
    packet_start(first_packet(place, sample_rate_hz))
}

/// The place of the sound that holds a time, in samples.
#[must_use]
pub fn sound_place(at: u64, sample_rate_hz: u32) -> usize {
    let guess = at.saturating_mul(1_000_000) / (SEGMENT_US * u64::from(sample_rate_hz.max(1)));
    let guess = usize::try_from(guess).unwrap_or(0);
    (guess.saturating_sub(1)..=guess + 1).rev().find(|p| sound_start(*p, sample_rate_hz) <= at).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: i64 = VIDEO_TIMESCALE as i64;

    #[test]
    fn even_places() {
        for (pts, place) in [(0, 0), (2 * S - 1, 0), (2 * S, 1), (7 * S, 3)] {
            assert_eq!(Grid::Even.place(pts), place);
        }
        assert_eq!((Grid::Even.start(3), Grid::Even.places(0), Grid::Even.places(6 * S), Grid::Even.places(6 * S + 1)), (6 * S, 0, 3, 4));
    }

    #[test]
    fn places_hold_every_keyframe() {
        // 250 pictures of 30 a second, as x264 makes them by itself.
        let keys = [0, 25 * S / 3, 50 * S / 3];
        let grid = Grid::around(&keys);
        for key in keys {
            assert_eq!(grid.start(grid.place(key)), key);
        }
        let starts: Vec<_> = (0..8).map(|p| grid.start(p)).collect();
        assert_eq!(starts, [0, 25 * S / 12, 25 * S / 6, 25 * S / 4, 25 * S / 3, 125 * S / 12, 25 * S / 2, 175 * S / 12]);
        for place in 0..40 {
            let (start, next) = (grid.start(place), grid.start(place + 1));
            assert!(next > start && grid.place(start) == place && grid.place(next - 1) == place, "{place}");
        }
        // Keyframes all the time, and none but the first.
        assert_eq!(Grid::around(&[0, S / 2, S]).start(2), S);
        assert_eq!(Grid::around(&[0]).start(2), Grid::Even.start(2));
    }

    #[test]
    fn sound_starts_at_the_nearest_packet() {
        for place in 1..100_usize {
            let start = sound_start(place, 48_000);
            assert!(start.abs_diff(place as u64 * 96_000) <= 512, "{place}: {start}");
            let places = [start - 1, start, start + 90_000].map(|at| sound_place(at, 48_000));
            assert_eq!(places, [place - 1, place, place]);
        }
        assert_eq!((first_packet(0, 48_000), packet_start(0), packet_start(1), packet_start(2)), (0, 0, 0, 1024));
    }
}
