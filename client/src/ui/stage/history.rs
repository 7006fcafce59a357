//! What the statistics show over time: the last minute of the player's numbers, one look every half second.
//!
//! Pure: looks come in with their time in egui's seconds; nothing here draws or asks for a repaint.

use std::collections::VecDeque;
use std::time::Duration;

use crate::player::PlayerStatus;

/// Seconds between two looks, and how far back the plots go.
pub(super) const EVERY_S: f64 = 0.5;
pub(super) const SPAN_S: f64 = 60.0;
/// A longer gap between two looks says nothing about a rate: the window slept.
const GAP_S: f64 = 3.0;

/// One look.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Look {
    pub(super) at: f64,
    /// Received since the look before, in Mbit/s; none after a gap.
    pub(super) throughput: Option<f64>,
    /// Held ahead of the position, in seconds.
    pub(super) buffer: f64,
    /// Pictures late or left out since the look before.
    pub(super) missed: Option<f64>,
    /// Which of the rungs is on the screen, counted from the lowest.
    pub(super) rung: Option<f64>,
    /// Picture against sound, in milliseconds; positive: the picture is behind.
    pub(super) skew: Option<f64>,
    /// Round trip to the server, in milliseconds.
    pub(super) round_trip: Option<f64>,
}

/// The looks of the last minute.
#[derive(Debug, Default)]
pub(super) struct History {
    looks: VecDeque<Look>,
    /// Bytes and missed pictures at the last look.
    before: Option<(f64, u64, u64)>,
}

impl History {
    /// Takes a look, if the last is old enough.
    pub(super) fn note(&mut self, now: f64, status: &PlayerStatus, round_trip: Option<Duration>) {
        let since = self.before.map(|(at, ..)| now - at);
        // Half a pass early is on time: the passes of a playing video come when its pictures do.
        if since.is_some_and(|s| (0.0..EVERY_S - 0.02).contains(&s)) {
            return;
        }
        let missed = status.stats.late + status.stats.dropped;
        let grown = self.before.filter(|(at, ..)| (0.0..GAP_S).contains(&(now - at)));
        let ahead_us = status.buffered_us.end.saturating_sub(status.position_us);
        let rung = status.rung.as_ref().and_then(|name| status.rungs.iter().position(|r| r == name));
        self.looks.push_back(Look {
            at: now,
            throughput: grown.map(|(at, bytes, _)| status.stats.bytes.saturating_sub(bytes) as f64 * 8.0 / 1e6 / (now - at).max(EVERY_S / 2.0)),
            buffer: ahead_us as f64 / 1e6,
            missed: grown.map(|(_, _, before)| missed.saturating_sub(before) as f64),
            rung: rung.map(|r| r as f64),
            skew: status.stats.av_skew_us.map(|us| us as f64 / 1e3),
            round_trip: round_trip.map(|d| d.as_secs_f64() * 1e3),
        });
        self.before = Some((now, status.stats.bytes, missed));
        while self.looks.front().is_some_and(|look| now - look.at > SPAN_S + GAP_S) {
            self.looks.pop_front();
        }
    }

    /// Points of one number: how many seconds ago, and the value; none where it is not known.
    pub(super) fn points(&self, now: f64, value: impl Fn(&Look) -> Option<f64>) -> Vec<(f64, Option<f64>)> {
        self.looks.iter().map(|look| (now - look.at, value(look))).collect()
    }

    /// The newest look.
    pub(super) fn last(&self) -> Option<&Look> {
        self.looks.back()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::player::{PlayState, PlayerStats, Sound};

    fn status(bytes: u64, missed: u64) -> PlayerStatus {
        PlayerStatus {
            state: PlayState::Playing,
            position_us: 1_000_000,
            duration_us: 60_000_000,
            buffered_us: 0..9_000_000,
            rung: Some("720p".into()),
            rungs: vec!["144p".into(), "720p".into()],
            original: None,
            quality: "720p".into(),
            volume: 1.0,
            muted: false,
            sound: Sound::Device,
            device: None,
            sound_tracks: Arc::default(),
            sound_track: None,
            details: Arc::default(),
            stats: PlayerStats { bytes, late: missed, av_skew_us: Some(-4_000), ..PlayerStats::default() },
        }
    }

    #[test]
    fn rates_are_those_between_two_looks() {
        let mut history = History::default();
        history.note(10.0, &status(0, 0), None);
        history.note(10.2, &status(9_999, 9), None);
        assert_eq!(history.looks.len(), 1, "too soon");
        history.note(11.0, &status(250_000, 3), Some(Duration::from_millis(2)));
        let last = *history.last().expect("a look");
        assert_eq!((last.throughput, last.missed, last.round_trip), (Some(2.0), Some(3.0), Some(2.0)));
        assert_eq!((last.buffer, last.rung, last.skew), (8.0, Some(1.0), Some(-4.0)));
        history.note(21.0, &status(500_000, 3), None);
        assert_eq!(history.last().map(|l| l.throughput), Some(None), "a window that slept knows no rate");
    }

    #[test]
    fn a_minute_is_kept() {
        let mut history = History::default();
        for i in 0..1_000 {
            history.note(f64::from(i), &status(0, 0), None);
        }
        assert!((60..70).contains(&history.looks.len()), "{}", history.looks.len());
        assert_eq!(history.points(999.0, |l| l.missed).last(), Some(&(0.0, Some(0.0))));
        // Counters that begin anew are no negative rate.
        history.note(1_000.0, &status(5, 0), None);
        history.note(1_001.0, &status(0, 0), None);
        assert_eq!(history.last().and_then(|l| l.throughput), Some(0.0));
    }
}
