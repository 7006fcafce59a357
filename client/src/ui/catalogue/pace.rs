//! How long preparing will take: the server tells how far it is, the window sees how fast that grows.
//!
//! The rate is that of the last [`WINDOW_S`] seconds, as rungs of different cost follow one another. Times are egui's
//! seconds, given by the caller.

use std::collections::{HashMap, VecDeque};

use lectern_proto::control::{CatalogueEntry, VideoId, VideoState};

/// Seconds over which the rate is taken.
const WINDOW_S: f64 = 30.0;
/// Observations kept of one video; the server tells of each whole percent at most twice a second.
const KEPT: usize = 64;
/// A rate is believed after so many seconds and thousandths.
const LEAST_S: f64 = 2.0;
const LEAST_PERMILLE: u16 = 5;

/// What was seen of videos that are being prepared.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    seen: HashMap<VideoId, VecDeque<(f64, u16)>>,
}

impl Pace {
    /// Takes the newest progress of every video.
    pub(crate) fn note(&mut self, videos: &[CatalogueEntry], now: f64) {
        self.seen.retain(|id, _| videos.iter().any(|v| v.id == *id && matches!(v.state, VideoState::Preparing { .. })));
        for video in videos {
            let VideoState::Preparing { permille, .. } = video.state else { continue };
            let seen = self.seen.entry(video.id.clone()).or_default();
            match seen.back() {
                Some((_, last)) if *last == permille => continue,
                // Begun anew.
                Some((_, last)) if *last > permille => seen.clear(),
                _ => {}
            }
            seen.push_back((now, permille));
            while seen.len() > KEPT || seen.front().is_some_and(|(at, _)| now - at > WINDOW_S && seen.len() > 2) {
                seen.pop_front();
            }
        }
    }

    /// Seconds until a video is ready, once that can be said.
    #[must_use]
    pub(crate) fn left(&self, id: &VideoId, now: f64) -> Option<f64> {
        let seen = self.seen.get(id)?;
        let ((from, first), (to, last)) = (*seen.front()?, *seen.back()?);
        let (seconds, grown) = (to - from, last.saturating_sub(first));
        if seconds < LEAST_S || grown < LEAST_PERMILLE {
            return None;
        }
        let rate = f64::from(grown) / seconds;
        Some((f64::from(1000_u16.saturating_sub(last)) / rate - (now - to)).max(0.0))
    }
}

/// A time left, no finer than it is known: whole seconds, then steps of five, then minutes. In microseconds.
#[must_use]
pub(crate) fn rounded_us(seconds: f64) -> u64 {
    let step = match seconds {
        s if s < 60.0 => 1.0,
        s if s < 600.0 => 5.0,
        _ => 60.0,
    };
    // Saturates, whatever a peer's numbers make of it.
    ((seconds / step).ceil() * step) as u64 * 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(permille: u16) -> Vec<CatalogueEntry> {
        vec![CatalogueEntry {
            id: VideoId("a".into()),
            title: String::new(),
            duration_us: 0,
            width: 0,
            height: 0,
            rungs: Vec::new(),
            state: VideoState::Preparing { permille, manifest: None },
            thumbnail: None,
            damage: None,
        }]
    }

    #[test]
    fn the_rate_of_the_last_half_minute_tells() {
        let id = VideoId("a".into());
        let mut pace = Pace::default();
        pace.note(&at(100), 0.0);
        assert_eq!(pace.left(&id, 0.0), None, "one look tells nothing");
        pace.note(&at(200), 10.0);
        assert_eq!(pace.left(&id, 10.0), Some(80.0));
        assert_eq!(pace.left(&id, 15.0), Some(75.0), "it runs down between two looks");
        // Ten times slower from here on: in time only that counts.
        for i in 1..=60 {
            pace.note(&at(200 + i), 10.0 + f64::from(i));
        }
        let left = pace.left(&id, 70.0).expect("a rate");
        assert!((left - 740.0).abs() < 1.0, "{left}");
        assert_eq!(pace.left(&id, 1e9), Some(0.0));
    }

    #[test]
    fn begun_anew_and_gone() {
        let id = VideoId("a".into());
        let mut pace = Pace::default();
        pace.note(&at(500), 0.0);
        pace.note(&at(600), 5.0);
        pace.note(&at(10), 6.0);
        assert_eq!(pace.left(&id, 6.0), None);
        pace.note(&at(u16::MAX), 9.0);
        assert_eq!(pace.left(&id, 9.0), Some(0.0));
        pace.note(&[], 10.0);
        assert!(pace.seen.is_empty());
    }

    #[test]
    fn a_time_left_is_no_finer_than_it_is_known() {
        let check = |seconds: f64, want: u64| assert_eq!(rounded_us(seconds), want * 1_000_000, "{seconds}");
        check(0.0, 0);
        check(7.2, 8);
        check(81.0, 85);
        check(700.0, 720);
    }
}
