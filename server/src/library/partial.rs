//! A video that is being prepared, as far as it has come: what the worker tells of tracks and segments, composed into a
//! manifest in which what is missing has no chunk. Pure: no files, no clock.

use std::collections::BTreeMap;

use lectern_proto::fmp4::VIDEO_TIMESCALE;
use lectern_proto::grid::{Grid, sound_start};
use lectern_proto::manifest::{Details, MANIFEST_VERSION, Manifest, Segment, Track, TrackKind};
use lectern_proto::rung::RungSpec;

use super::events::{Probe, WorkerEvent};
use super::prepared::{audio_key, named, rungs, video_key};

/// Places that a track may have: two days in steps of two seconds, and some.
const PLACES_MAX: u32 = 1 << 17;
/// Tracks that a worker may tell of.
const TRACKS_MAX: usize = 256;

/// What is there so far.
#[derive(Debug, Default)]
pub(super) struct Partial {
    tracks: BTreeMap<String, Begun>,
}

#[derive(Debug)]
struct Begun {
    head: Track,
    segments: BTreeMap<u32, Segment>,
    /// From an earlier run, with all its segments.
    complete: bool,
}

impl Partial {
    /// Begins with the tracks of an earlier run.
    pub(super) fn with(complete: Vec<(String, Track)>) -> Self {
        let tracks = complete.into_iter().map(|(key, head)| (key, Begun { head, segments: BTreeMap::new(), complete: true })).collect();
        Self { tracks }
    }

    /// Takes in what the worker says; false when it is of something else.
    pub(super) fn take(&mut self, event: WorkerEvent) -> bool {
        match event {
            WorkerEvent::Head { track, head } if self.tracks.len() < TRACKS_MAX => {
                // A worker that was started again tells everything anew.
                self.tracks.insert(track, Begun { head: *head, segments: BTreeMap::new(), complete: false });
                true
            }
            WorkerEvent::Segment { track, place, segment } if place < PLACES_MAX && segment.chunk.is_some() => {
                let Some(begun) = self.tracks.get_mut(&track).filter(|b| !b.complete) else { return false };
                begun.segments.insert(place, segment);
                true
            }
            _ => false,
        }
    }

    /// The manifest of now; none while nothing can be watched.
    pub(super) fn compose(&self, probe: &Probe, ladder: &[RungSpec]) -> Option<Manifest> {
        let mut tracks = Vec::new();
        for rung in rungs(probe, ladder) {
            let begun = self.tracks.get(&video_key(&rung))?;
            tracks.push(named(begun.track(&Grid::Even, probe.duration_us), &rung.name));
        }
        for audio in &probe.audio {
            tracks.push(self.tracks.get(&audio_key(audio.index))?.track(&Grid::Even, probe.duration_us));
        }
        tracks.retain(|t| !t.segments.is_empty());
        let begins = |video: bool| {
            let mut kind = tracks.iter().filter(|t| matches!(t.kind, TrackKind::Video { .. }) == video).peekable();
            kind.peek().is_none() || kind.any(|t| t.segments.iter().any(|s| s.chunk.is_some()))
        };
        if tracks.is_empty() || !begins(true) || !begins(false) {
            return None;
        }
        let ends = tracks.iter().map(Track::end_us).max().unwrap_or(0);
        let details = Details { chapters: probe.chapters(), lost: Vec::new() };
        Some(Manifest { version: MANIFEST_VERSION, duration_us: probe.duration_us.max(ends), tracks, details })
    }
}

impl Begun {
    /// The track with a segment for every place.
    fn track(&self, grid: &Grid, duration_us: u64) -> Track {
        if self.complete {
            return self.head.clone();
        }
        let ticks = |rate: u32| u64::try_from(u128::from(duration_us) * u128::from(rate) / 1_000_000).unwrap_or(u64::MAX);
        let (starts, end): (Box<dyn Fn(usize) -> u64>, u64) = match &self.head.kind {
            TrackKind::Video { .. } => (Box::new(|place| u64::try_from(grid.start(place)).unwrap_or(0)), ticks(VIDEO_TIMESCALE)),
            TrackKind::Audio { sample_rate_hz, .. } => {
                let rate = *sample_rate_hz;
                (Box::new(move |place| sound_start(place, rate)), ticks(rate))
            }
        };
        let last = self.segments.keys().next_back().map_or(0, |p| *p as usize);
        let mut segments: Vec<Segment> = Vec::new();
        for place in 0.. {
            let known = u32::try_from(place).ok().and_then(|p| self.segments.get(&p));
            let after = segments.last().map(|s| s.start + s.duration);
            let expected = starts(place);
            if known.is_none() && place > last && (expected >= end || place >= PLACES_MAX as usize) {
                break;
            }
            // A segment goes on where the one before ends, if that is known; else it starts where its place does.
            let start = known.map(|s| s.start).or(after).unwrap_or(expected);
            if let Some(before) = segments.last_mut() {
                before.duration = start.saturating_sub(before.start).max(1);
            }
            let start = segments.last().map_or(start, |s| s.start + s.duration);
            let next = starts(place + 1).min(end.max(start + 1));
            let missing = Segment { chunk: None, bytes: 0, start, duration: next.saturating_sub(start).max(1), samples: 0 };
            segments.push(known.map_or(missing, |s| Segment { start, ..s.clone() }));
        }
        Track { segments, ..self.head.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lectern_proto::manifest::ChunkHash;
    use lectern_proto::rung::PictureSize;

    const S: u64 = VIDEO_TIMESCALE as u64;

    fn segment(start: u64, duration: u64) -> Segment {
        Segment { chunk: Some(ChunkHash([u8::try_from(start / S).expect("small"); 32])), bytes: 1, start, duration, samples: 1 }
    }

    fn ladder() -> Vec<RungSpec> {
        vec![RungSpec { name: "144p".into(), box_width: 256, box_height: 144, bitrate_bps: 200_000 }]
    }

    fn probe(audio: u32) -> Probe {
        let audio = (0..audio).map(|index| super::super::events::AudioProbe { index }).collect();
        Probe { duration_us: 10_500_000, width: Some(640), height: Some(360), title: None, audio, chapters: Vec::new() }
    }

    fn head(kind: TrackKind, timescale: u32) -> Box<Track> {
        Box::new(Track { kind, codec: "x".into(), timescale, init: ChunkHash([9; 32]), init_bytes: 1, segments: Vec::new() })
    }

    fn video() -> Box<Track> {
        head(TrackKind::Video { rung: "old name".into(), size: PictureSize { width: 256, height: 144 }, bitrate_bps: 1 }, VIDEO_TIMESCALE)
    }

    #[test]
    fn what_is_missing_stands_where_it_is_expected() {
        let mut partial = Partial::default();
        let key = video_key(&ladder()[0]);
        assert!(partial.compose(&probe(0), &ladder()).is_none(), "no track");
        assert!(partial.take(WorkerEvent::Head { track: key.clone(), head: video() }));
        assert!(partial.compose(&probe(0), &ladder()).is_none(), "no segment");
        // The third place begins a picture late, and the second ends there.
        for (place, s) in [(0, segment(0, 2 * S)), (2, segment(4 * S + 300, 2 * S))] {
            assert!(partial.take(WorkerEvent::Segment { track: key.clone(), place, segment: s }));
        }
        let manifest = partial.compose(&probe(0), &ladder()).expect("can be watched");
        let track = &manifest.tracks[0];
        assert_eq!(track.rung(), Some("144p"));
        let spans: Vec<_> = track.segments.iter().map(|s| (s.start, s.start + s.duration, s.chunk.is_some())).collect();
        let want = [
            (0, 2 * S, true),
            (2 * S, 4 * S + 300, false),
            (4 * S + 300, 6 * S + 300, true),
            (6 * S + 300, 8 * S, false),
            (8 * S, 10 * S, false),
            (10 * S, 10 * S + S / 2, false),
        ];
        assert_eq!(spans, want);
        assert_eq!(Manifest::parse(&manifest.to_json()).expect("a manifest"), manifest);
        assert!(!manifest.is_complete());
        assert_eq!(manifest.duration_us, 10_500_000);
    }

    #[test]
    fn sound_is_waited_for_and_a_source_may_be_longer_than_it_says() {
        let mut partial = Partial::default();
        let key = video_key(&ladder()[0]);
        partial.take(WorkerEvent::Head { track: key.clone(), head: video() });
        for place in 0..8 {
            partial.take(WorkerEvent::Segment { track: key.clone(), place, segment: segment(u64::from(place) * 2 * S, 2 * S) });
        }
        assert!(partial.compose(&probe(1), &ladder()).is_none());
        let sound = TrackKind::Audio { channels: 2, sample_rate_hz: 48_000, language: "und".into(), title: None };
        partial.take(WorkerEvent::Head { track: audio_key(0), head: head(sound, 48_000) });
        partial.take(WorkerEvent::Segment { track: audio_key(0), place: 0, segment: segment(0, sound_start(1, 48_000)) });
        let manifest = partial.compose(&probe(1), &ladder()).expect("can be watched");
        assert_eq!((manifest.tracks.len(), manifest.duration_us), (2, 16_000_000));
        assert_eq!(manifest.tracks[1].segments[1].start, sound_start(1, 48_000));
        assert_eq!(manifest.tracks[1].end_us(), 10_500_000);
        assert!(Manifest::parse(&manifest.to_json()).is_ok());
    }

    #[test]
    fn tracks_of_an_earlier_run_are_whole_and_nonsense_is_not_taken() {
        let key = video_key(&ladder()[0]);
        let whole = Track { segments: vec![segment(0, 10 * S)], ..*video() };
        let mut partial = Partial::with(vec![(key.clone(), whole)]);
        assert!(!partial.take(WorkerEvent::Segment { track: key, place: 7, segment: segment(0, 1) }));
        assert!(!partial.take(WorkerEvent::Segment { track: "other".into(), place: 7, segment: segment(0, 1) }));
        assert!(!partial.take(WorkerEvent::Done));
        assert!(partial.compose(&probe(0), &ladder()).expect("can be watched").is_complete());
    }
}
