//! What the segments to come need of the line: read from the manifest, which knows the size of each.

use std::time::Duration;

use crate::manifest::{Manifest, Track};
use crate::rung::PictureSize;

/// Segments that are looked at: the scene, not the frame.
const AHEAD: usize = 5;

/// The video's rungs, lowest first: the number of each track and the size of its pictures.
#[must_use]
pub fn rungs(manifest: &Manifest) -> (Vec<usize>, Vec<PictureSize>) {
    let size = |t: &Track| match &t.kind {
        crate::manifest::TrackKind::Video { size, .. } => Some(*size),
        crate::manifest::TrackKind::Audio { .. } => None,
    };
    manifest.video_tracks().filter_map(|(i, t)| size(t).map(|s| (i, s))).unzip()
}

/// Bits a second of each of these tracks for what comes next from a place on, with those of the sound.
#[must_use]
pub fn needs_bps(manifest: &Manifest, tracks: &[usize], audio: Option<usize>, place: usize) -> Vec<u64> {
    let from_us = tracks.first().and_then(|t| manifest.tracks.get(*t)).and_then(|t| Some(t.ticks_to_us(t.segments.get(place)?.start))).unwrap_or(0);
    let sound = audio.and_then(|a| manifest.tracks.get(a)).map_or(0, |t| rate_bps(t, t.segment_at(from_us)));
    tracks.iter().map(|t| manifest.tracks.get(*t).map_or(0, |t| rate_bps(t, place)) + sound).collect()
}

/// Bytes of the segment at a place in each of these tracks.
#[must_use]
pub fn sizes(manifest: &Manifest, tracks: &[usize], place: usize) -> Vec<u64> {
    tracks.iter().map(|t| manifest.tracks.get(*t).and_then(|t| t.segments.get(place)).map_or(0, |s| u64::from(s.bytes))).collect()
}

/// The length of a segment.
#[must_use]
pub fn length(track: &Track, place: usize) -> Duration {
    Duration::from_micros(track.segments.get(place).map_or(0, |s| track.ticks_to_us(s.duration)))
}

fn rate_bps(track: &Track, place: usize) -> u64 {
    let (mut bytes, mut ticks) = (0, 0);
    for segment in track.segments.iter().skip(place).take(AHEAD) {
        bytes += u64::from(segment.bytes);
        ticks += segment.duration;
    }
    (bytes * 8_000_000).checked_div(track.ticks_to_us(ticks)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{ChunkHash, MANIFEST_VERSION, Segment, TrackKind};

    fn track(kind: TrackKind, bytes: &[u32]) -> Track {
        let segment = |(i, bytes): (u64, &u32)| Segment { chunk: ChunkHash([0; 32]), bytes: *bytes, start: i * 2_000, duration: 2_000, samples: 60 };
        let segments = (0..).zip(bytes).map(segment).collect();
        Track { kind, codec: "x".into(), timescale: 1_000, init: ChunkHash([0; 32]), init_bytes: 1, segments }
    }

    #[test]
    fn the_scene_to_come_counts_with_its_sound() {
        let video = |height| TrackKind::Video { rung: format!("{height}p"), size: PictureSize { width: 2 * height, height }, bitrate_bps: 1 };
        let sound = TrackKind::Audio { channels: 2, sample_rate_hz: 48_000, language: "und".into() };
        let calm_then_dense = [1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 5_000, 5_000];
        let tracks = vec![track(video(100), &calm_then_dense), track(video(200), &[10_000; 8]), track(sound, &[500; 8])];
        let manifest = Manifest { version: MANIFEST_VERSION, duration_us: 16_000_000, tracks };
        let (tracks, sizes_px) = rungs(&manifest);
        assert_eq!((tracks.clone(), sizes_px.len()), (vec![0, 1], 2));
        let needs = |place| needs_bps(&manifest, &tracks, Some(2), place);
        assert_eq!(needs(0), [4_000 + 2_000, 40_000 + 2_000]);
        assert_eq!(needs(6), [20_000 + 2_000, 40_000 + 2_000]);
        assert_eq!(needs(99), [2_000, 2_000], "behind the end nothing but sound");
        assert_eq!(sizes(&manifest, &tracks, 6), [5_000, 10_000]);
        assert_eq!(length(&manifest.tracks[0], 1), Duration::from_secs(2));
    }
}
