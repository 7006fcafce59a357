//! What the segments to come need of the line: read from the manifest, which knows the size of each.

use std::time::Duration;

use crate::manifest::{Manifest, Track, TrackKind};
use crate::rung::PictureSize;

/// Segments that are looked at: the scene, not the frame.
const AHEAD: usize = 5;

/// The video's rungs, lowest first: the number of each track and the size of its pictures.
#[must_use]
pub fn rungs(manifest: &Manifest) -> (Vec<usize>, Vec<PictureSize>) {
    let size = |t: &Track| match &t.kind {
        TrackKind::Video { size, .. } => Some(*size),
        TrackKind::Audio { .. } => None,
    };
    manifest.video_tracks().filter_map(|(i, t)| size(t).map(|s| (i, s))).unzip()
}

/// Bits a second of each of these tracks for what comes next from a time on, with those of the sound. What is not prepared
/// counts with the rate that its rung aims at.
#[must_use]
pub fn needs_bps(manifest: &Manifest, tracks: &[usize], audio: Option<usize>, from_us: u64) -> Vec<u64> {
    let sound = audio.and_then(|a| manifest.tracks.get(a)).map_or(0, |t| rate_bps(t, from_us));
    tracks.iter().map(|t| manifest.tracks.get(*t).map_or(0, |t| rate_bps(t, from_us)) + sound).collect()
}

/// Bytes of the segment that starts at a time in each of these tracks; where there is none, more than any line carries.
#[must_use]
pub fn sizes(manifest: &Manifest, tracks: &[usize], start_us: u64) -> Vec<u64> {
    let segment = |t: &usize| manifest.tracks.get(*t)?.segment_from(start_us).filter(|s| s.chunk.is_some());
    tracks.iter().map(|t| segment(t).map_or(u64::MAX, |s| u64::from(s.bytes))).collect()
}

/// The length of the segment that starts at a time.
#[must_use]
pub fn length(track: &Track, start_us: u64) -> Duration {
    Duration::from_micros(track.segment_from(start_us).map_or(0, |s| track.ticks_to_us(s.duration)))
}

fn rate_bps(track: &Track, from_us: u64) -> u64 {
    let (mut bytes, mut ticks) = (0, 0);
    for segment in track.segments.iter().skip(track.segment_at(from_us)).filter(|s| s.chunk.is_some()).take(AHEAD) {
        bytes += u64::from(segment.bytes);
        ticks += segment.duration;
    }
    (bytes * 8_000_000).checked_div(track.ticks_to_us(ticks)).unwrap_or(match track.kind {
        TrackKind::Video { bitrate_bps, .. } => u64::from(bitrate_bps),
        TrackKind::Audio { .. } => 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{ChunkHash, Details, MANIFEST_VERSION, Segment};

    fn track(kind: TrackKind, bytes: &[u32]) -> Track {
        let segment = |(i, bytes): (u64, &u32)| Segment { chunk: Some(ChunkHash([0; 32])), bytes: *bytes, start: i * 2_000, duration: 2_000, samples: 60 };
        let segments = (0..).zip(bytes).map(segment).collect();
        Track { kind, codec: "x".into(), timescale: 1_000, init: ChunkHash([0; 32]), init_bytes: 1, segments }
    }

    #[test]
    fn the_scene_to_come_counts_with_its_sound() {
        let video = |height| TrackKind::Video { rung: format!("{height}p"), size: PictureSize { width: 2 * height, height }, bitrate_bps: 1 };
        let sound = TrackKind::Audio { channels: 2, sample_rate_hz: 48_000, language: "und".into(), title: None };
        let calm_then_dense = [1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 5_000, 5_000];
        let tracks = vec![track(video(100), &calm_then_dense), track(video(200), &[10_000; 8]), track(sound, &[500; 8])];
        let mut manifest = Manifest { version: MANIFEST_VERSION, duration_us: 16_000_000, tracks, details: Details::default() };
        let (tracks, sizes_px) = rungs(&manifest);
        assert_eq!((tracks.clone(), sizes_px.len()), (vec![0, 1], 2));
        let needs = |from_us| needs_bps(&manifest, &tracks, Some(2), from_us);
        assert_eq!(needs(0), [4_000 + 2_000, 40_000 + 2_000]);
        assert_eq!(needs(12_000_000), [20_000 + 2_000, 40_000 + 2_000]);
        assert_eq!(sizes(&manifest, &tracks, 12_000_000), [5_000, 10_000]);
        assert_eq!(sizes(&manifest, &tracks, 12_000_001), [u64::MAX; 2], "no segment starts there");
        assert_eq!(length(&manifest.tracks[0], 2_000_000), Duration::from_secs(2));
        manifest.tracks[1].segments.iter_mut().for_each(|s| (s.chunk, s.bytes) = (None, 0));
        assert_eq!(needs_bps(&manifest, &tracks, Some(2), 0), [6_000, 1 + 2_000], "not prepared: what its rung aims at");
    }
}
