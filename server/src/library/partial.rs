//! A video that is being prepared, as far as it has come: what the worker tells of tracks and segments, composed into a
//! manifest in which what is missing has no chunk. Pure: no files, no clock.

use std::collections::BTreeMap;

use lectern_proto::fmp4::VIDEO_TIMESCALE;
use lectern_proto::grid::{Grid, sound_start};
use lectern_proto::manifest::{Details, MANIFEST_VERSION, Manifest, Segment, Track, TrackKind};
use lectern_proto::rung::{ORIGINAL, RungSpec};

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
    /// Where the places of what is encoded start; known once the copy is there, if there is one.
    grid: Grid,
}

#[derive(Debug)]
struct Begun {
    head: Track,
    segments: BTreeMap<u32, Segment>,
    /// With all its segments in the head: of an earlier run, or a copy.
    complete: bool,
}

impl Partial {
    /// Begins with the tracks of an earlier run.
    pub(super) fn with(complete: Vec<(String, Track)>) -> Self {
        let tracks = complete.into_iter().map(|(key, head)| (key, Begun { head, segments: BTreeMap::new(), complete: true })).collect();
        Self { tracks, grid: Grid::Even }
    }

    /// Takes in what the worker says; false when it is of something else.
    pub(super) fn take(&mut self, event: WorkerEvent) -> bool {
        match event {
            // What is whole is not begun again.
            WorkerEvent::Head { track, head } if self.tracks.get(&track).is_some_and(|b| b.complete && b.head.init == head.init) => false,
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
            WorkerEvent::Copied { track } => self.copied(&track),
            _ => false,
        }
    }

    /// A track is a copy and whole: what is encoded has its places around it.
    fn copied(&mut self, key: &str) -> bool {
        let Some(begun) = self.tracks.get_mut(key).filter(|b| b.head.timescale == VIDEO_TIMESCALE) else { return false };
        if !begun.complete {
            begun.head.segments = std::mem::take(&mut begun.segments).into_values().collect();
        }
        let follows = |pair: &[Segment]| pair[0].start.checked_add(pair[0].duration) == Some(pair[1].start);
        if begun.head.segments.is_empty() || !begun.head.segments.windows(2).all(follows) {
            self.tracks.remove(key);
            return false;
        }
        begun.complete = true;
        let starts: Vec<_> = begun.head.segments.iter().map(|s| i64::try_from(s.start).unwrap_or(i64::MAX)).collect();
        self.grid = Grid::around(&starts);
        true
    }

    /// The manifest of now; none while nothing can be watched.
    pub(super) fn compose(&self, probe: &Probe, ladder: &[RungSpec]) -> Option<Manifest> {
        let mut tracks = Vec::new();
        for rung in rungs(probe, ladder) {
            let begun = self.tracks.get(&video_key(&rung))?;
            tracks.push(named(begun.track(&self.grid, probe.duration_us), &rung.name));
        }
        tracks.extend(self.tracks.get(ORIGINAL).filter(|b| b.complete).map(|b| b.head.clone()));
        for audio in &probe.audio {
            tracks.push(self.tracks.get(&audio_key(audio.index))?.track(&self.grid, probe.duration_us));
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
    fn a_copy_is_watched_at_once_and_the_rest_has_its_places_around_it() {
        let ladder = || vec![RungSpec { name: "180p".into(), box_width: 640, box_height: 360, bitrate_bps: 900_000 }, ladder().remove(0)];
        for (key, name, order) in [(video_key(&ladder()[0]), "180p", ["144p", "180p"]), (ORIGINAL.to_owned(), ORIGINAL, ["144p", ORIGINAL])] {
            let ladder = if name == ORIGINAL { ladder()[1..].to_vec() } else { ladder() };
            let mut partial = Partial::default();
            let copy = Track { kind: TrackKind::Video { rung: name.into(), size: PictureSize { width: 640, height: 360 }, bitrate_bps: 1 }, ..*video() };
            assert!(partial.take(WorkerEvent::Head { track: key.clone(), head: Box::new(copy) }));
            for (place, s) in [(0, segment(0, 8 * S)), (1, segment(8 * S, 4 * S))] {
                assert!(partial.take(WorkerEvent::Segment { track: key.clone(), place, segment: s }));
            }
            assert!(partial.take(WorkerEvent::Copied { track: key.clone() }));
            assert!(partial.compose(&probe(0), &ladder).is_none(), "the other rung is not begun");
            let low = video_key(ladder.last().expect("a rung"));
            assert!(partial.take(WorkerEvent::Head { track: low, head: video() }));
            let manifest = partial.compose(&probe(0), &ladder).expect("can be watched");
            assert_eq!(manifest.tracks.iter().filter_map(Track::rung).collect::<Vec<_>>(), order);
            let starts = |t: &Track| t.segments.iter().map(|s| (s.start / S, s.chunk.is_some())).collect::<Vec<_>>();
            assert_eq!(starts(&manifest.tracks[0]), [0, 2, 4, 6, 8, 10].map(|s| (s, false)));
            assert_eq!(starts(&manifest.tracks[1]), [(0, true), (8, true)]);
            assert!(Manifest::parse(&manifest.to_json()).is_ok());
            // Another worker tells it again.
            assert!(!partial.take(WorkerEvent::Head { track: key.clone(), head: Box::new(manifest.tracks[1].clone()) }));
            assert!(!partial.take(WorkerEvent::Segment { track: key.clone(), place: 0, segment: segment(0, 8 * S) }));
            assert!(partial.take(WorkerEvent::Copied { track: key.clone() }));
            assert_eq!(partial.compose(&probe(0), &ladder), Some(manifest));
        }
        // One that is not whole is none.
        let mut partial = Partial::default();
        partial.take(WorkerEvent::Head { track: ORIGINAL.into(), head: video() });
        partial.take(WorkerEvent::Segment { track: ORIGINAL.into(), place: 0, segment: segment(0, S) });
        partial.take(WorkerEvent::Segment { track: ORIGINAL.into(), place: 1, segment: segment(2 * S, S) });
        assert!(!partial.take(WorkerEvent::Copied { track: ORIGINAL.into() }));
        assert_eq!(partial.grid, Grid::Even);
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
