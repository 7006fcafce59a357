//! Which rung is shown when: one rung by name, the thirds of the coursework that the product comes from, or `auto`.
//!
//! Pure: a manifest, the ladder and a wish go in, a [`Plan`] comes out. What `auto` decides from segment to segment is in
//! [`auto`]; how fast the line is, in [`throughput`]; what the segments to come need of it, in [`needs`].

pub mod auto;
pub mod needs;
pub mod throughput;

use crate::manifest::{Manifest, Track};
use crate::rung::{ORIGINAL, RungSpec};

/// What the viewer asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Quality {
    /// One rung that the video has, or the nearest one of the ladder.
    Rung(String),
    /// First third in the lowest, second in the middle, last in the highest rung of `[quality] thirds`.
    Thirds([String; 3]),
    /// What line, machine, window and the room's budget allow, decided anew for each segment.
    Auto,
}

/// A wish that cannot be met.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QualityError {
    #[error("there is no rung `{name}` here; choose one of {known}")]
    UnknownRung { name: String, known: String },
    #[error("the video has no picture")]
    NoVideo,
}

/// Track numbers with the media time from which each is shown, in order, the first at 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    steps: Vec<(u64, usize)>,
}

impl Plan {
    /// Works a wish out for one video.
    ///
    /// # Errors
    /// [`QualityError`] when the ladder has no such rung or the video no picture.
    pub fn new(manifest: &Manifest, ladder: &[RungSpec], wish: &Quality) -> Result<Self, QualityError> {
        match wish {
            Quality::Rung(name) => Ok(Self { steps: vec![(0, nearest(manifest, ladder, name)?)] }),
            // The middle, from which `auto` goes on.
            Quality::Auto => manifest
                .video_tracks()
                .nth(manifest.video_tracks().count().saturating_sub(1) / 2)
                .map(|(i, _)| Self { steps: vec![(0, i)] })
                .ok_or(QualityError::NoVideo),
            Quality::Thirds(names) => {
                let tracks = [nearest(manifest, ladder, &names[0])?, nearest(manifest, ladder, &names[1])?, nearest(manifest, ladder, &names[2])?];
                let end = manifest.tracks[tracks[0]].end_us();
                let mut steps = vec![(0, tracks[0])];
                for (n, pair) in (1..).zip(tracks.windows(2)) {
                    let from = steps.last().map_or(0, |s| s.0);
                    let Some(at) = border(&manifest.tracks[pair[0]], &manifest.tracks[pair[1]], from, end * n / 3) else { continue };
                    match steps.last_mut() {
                        Some(step) if step.0 == at => step.1 = pair[1],
                        _ => steps.push((at, pair[1])),
                    }
                }
                Ok(Self { steps })
            }
        }
    }

    /// The track that is shown at a media time.
    #[must_use]
    pub fn track_at(&self, at_us: u64) -> usize {
        let next = self.steps.partition_point(|(from, _)| *from <= at_us);
        self.steps[next.saturating_sub(1)].1
    }
}

/// The video's track for a rung: the one of that name, the highest for an original that it does not have, or, if the ladder
/// has such a rung, the one whose place in the ladder is nearest (the lower of two).
fn nearest(manifest: &Manifest, ladder: &[RungSpec], name: &str) -> Result<usize, QualityError> {
    if let Some((track, _)) = manifest.video_tracks().find(|(_, t)| t.rung() == Some(name)) {
        return Ok(track);
    }
    if name == ORIGINAL {
        return manifest.video_tracks().last().map(|(i, _)| i).ok_or(QualityError::NoVideo);
    }
    let place = |n: &str| ladder.iter().position(|r| r.name == n);
    let wanted = place(name)
        .ok_or_else(|| QualityError::UnknownRung { name: name.to_owned(), known: ladder.iter().map(|r| r.name.as_str()).collect::<Vec<_>>().join(", ") })?;
    let distance = |t: &Track| t.rung().and_then(place).map_or(usize::MAX, |p| p.abs_diff(wanted));
    manifest.video_tracks().min_by_key(|(_, t)| distance(t)).map(|(i, _)| i).ok_or(QualityError::NoVideo)
}

/// The start of a segment of `before`, not before a time, at which one of `after` starts too: the nearest to a wanted time, in
/// microseconds; of two equally near ones the earlier.
fn border(before: &Track, after: &Track, from_us: u64, wanted_us: u64) -> Option<u64> {
    let starts = before.segments.iter().map(|s| before.start_us(s)).filter(|at| *at >= from_us);
    starts.filter(|at| after.segment_from(*at).is_some()).min_by_key(|at| at.abs_diff(wanted_us))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{ChunkHash, MANIFEST_VERSION, Segment, TrackKind};
    use crate::rung::PictureSize;

    fn ladder() -> Vec<RungSpec> {
        [("144p", 256, 144), ("360p", 640, 360), ("720p", 1280, 720), ("1440p", 2560, 1440)]
            .map(|(n, w, h)| RungSpec { name: n.into(), box_width: w, box_height: h, bitrate_bps: 1_000_000 })
            .to_vec()
    }

    fn manifest(rungs: &[&str], segments: u64) -> Manifest {
        let segment = |i| Segment { chunk: Some(ChunkHash([0; 32])), bytes: 1, start: i * 2_000, duration: 2_000, samples: 60 };
        let track = |rung: &&str| Track {
            kind: TrackKind::Video { rung: (*rung).into(), size: PictureSize { width: 16, height: 16 }, bitrate_bps: 1 },
            codec: "avc1".into(),
            timescale: 1_000,
            init: ChunkHash([0; 32]),
            init_bytes: 1,
            segments: (0..segments).map(segment).collect(),
        };
        Manifest { version: MANIFEST_VERSION, duration_us: segments * 2_000_000, tracks: rungs.iter().map(track).collect(), details: Default::default() }
    }

    fn thirds() -> Quality {
        Quality::Thirds(["144p".into(), "720p".into(), "1440p".into()])
    }

    #[test]
    fn thirds_switch_at_the_nearest_border() {
        let check = |rungs: &[&str], segments, want: &[(u64, usize)]| {
            let plan = Plan::new(&manifest(rungs, segments), &ladder(), &thirds()).expect("a plan");
            assert_eq!(plan.steps, want, "{rungs:?}, {segments} segments");
        };
        check(&["144p", "720p", "1440p"], 6, &[(0, 0), (4_000_000, 1), (8_000_000, 2)]);
        check(&["144p", "360p", "720p", "1440p"], 7, &[(0, 0), (4_000_000, 2), (10_000_000, 3)]);
        check(&["144p", "360p"], 6, &[(0, 0), (4_000_000, 1), (8_000_000, 1)]);
        check(&["144p"], 3, &[(0, 0), (2_000_000, 0), (4_000_000, 0)]);
        check(&["144p", "720p", "1440p"], 1, &[(0, 2)]);
    }

    #[test]
    fn thirds_switch_where_a_copy_has_a_segment_too() {
        // Groups of 8 seconds in the highest rung.
        let mut manifest = manifest(&["144p", "720p", "1440p"], 12);
        let copy = |i: u64| Segment { start: i * 8_000, duration: 8_000, ..manifest.tracks[2].segments[0].clone() };
        manifest.tracks[2].segments = (0..3).map(copy).collect();
        let plan = Plan::new(&manifest, &ladder(), &thirds()).expect("a plan");
        assert_eq!(plan.steps, [(0, 0), (8_000_000, 1), (16_000_000, 2)]);
        manifest.tracks.iter_mut().for_each(|t| t.segments.truncate(if t.rung() == Some("1440p") { 2 } else { 7 }));
        let plan = Plan::new(&manifest, &ladder(), &thirds()).expect("a plan");
        assert_eq!(plan.steps, [(0, 0), (4_000_000, 1), (8_000_000, 2)], "14 s: 4.7 s and 9.3 s");
    }

    #[test]
    fn the_original_is_asked_for_by_its_name_alone() {
        let manifest = manifest(&["144p", "720p", "original"], 3);
        let pick = |name: &str| Plan::new(&manifest, &ladder(), &Quality::Rung(name.into())).map(|p| p.track_at(1));
        assert_eq!((pick("original"), pick("1440p")), (Ok(2), Ok(1)));
        let plan = Plan::new(&manifest, &ladder(), &thirds()).expect("a plan");
        assert_eq!(plan.track_at(u64::MAX), 1);
    }

    #[test]
    fn a_rung_by_name_or_the_nearest() {
        let pick = |name: &str| Plan::new(&manifest(&["144p", "720p"], 3), &ladder(), &Quality::Rung(name.into())).map(|p| p.track_at(1));
        assert_eq!(pick("720p"), Ok(1));
        assert_eq!(pick("1440p"), Ok(1));
        assert_eq!(pick("360p"), Ok(0));
        assert!(matches!(pick("4k"), Err(QualityError::UnknownRung { .. })));
    }
}
