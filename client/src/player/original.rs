//! What the copy of the source's own pictures is: its size and its bit rate, which no ladder says.
//!
//! Pure: worked out once when a manifest has come.

use lectern_proto::manifest::{Manifest, TrackKind};
use lectern_proto::rung::{ORIGINAL, RungSpec};

/// The rung of the original, if the video has one; its rate is measured on what is there of it.
pub(super) fn of(manifest: &Manifest) -> Option<RungSpec> {
    let (_, track) = manifest.video_tracks().find(|(_, t)| t.rung() == Some(ORIGINAL))?;
    let TrackKind::Video { size, bitrate_bps, .. } = &track.kind else { return None };
    let bitrate_bps = track.mean_bitrate_bps().unwrap_or(*bitrate_bps);
    Some(RungSpec { name: ORIGINAL.to_owned(), box_width: size.width, box_height: size.height, bitrate_bps })
}

#[cfg(test)]
mod tests {
    use super::*;
    use lectern_proto::manifest::{ChunkHash, Details, MANIFEST_VERSION, Segment, Track};
    use lectern_proto::rung::PictureSize;

    fn manifest(rung: &str, there: &[bool]) -> Manifest {
        let segments = (0..).zip(there).map(|(i, there)| Segment {
            chunk: there.then_some(ChunkHash([i as u8; 32])),
            bytes: if *there { 1_000_000 + 100_000 * i } else { 0 },
            start: u64::from(i) * 180_000,
            duration: 180_000,
            samples: 60,
        });
        let kind = TrackKind::Video { rung: rung.into(), size: PictureSize { width: 1920, height: 1080 }, bitrate_bps: 7 };
        let track = Track { kind, codec: "avc1.640028".into(), timescale: 90_000, init: ChunkHash([9; 32]), init_bytes: 1, segments: segments.collect() };
        Manifest { version: MANIFEST_VERSION, duration_us: 6_000_000, tracks: vec![track], details: Details::default() }
    }

    #[test]
    fn its_rate_is_that_of_what_is_there() {
        let check = |rung: &str, there: &[bool], want: Option<u32>| assert_eq!(of(&manifest(rung, there)).map(|o| o.bitrate_bps), want, "{rung} {there:?}");
        check("720p", &[true, true], None);
        // 1.0, 1.1 and 1.2 MB in 2 s each.
        check(ORIGINAL, &[true, true, true], Some(4_400_000));
        check(ORIGINAL, &[true, false, true], Some(4_400_000));
        check(ORIGINAL, &[true, false, false], Some(4_000_000));
        // Until then, what the manifest says of the whole.
        check(ORIGINAL, &[false, false], Some(7));
        let of = of(&manifest(ORIGINAL, &[true])).expect("there is one");
        assert_eq!((of.name.as_str(), of.box_width, of.box_height), (ORIGINAL, 1920, 1080));
    }
}
