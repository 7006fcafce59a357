#![no_main]
//! Manifests of videos as a client reads them.

use lectern_fuzz::{begin_with, golden};
use lectern_proto::manifest::Manifest;

fn seeds() -> Vec<Vec<u8>> {
    golden(&["manifest"])
}

libfuzzer_sys::fuzz_target!(init: begin_with(seeds()), |data: &[u8]| {
    let Ok(manifest) = Manifest::parse(data) else { return };
    assert_eq!(Manifest::parse(&manifest.to_json()).ok().as_ref(), Some(&manifest));
    assert!(manifest.continues(&manifest));
    let _ = manifest.is_complete();
    for (_, track) in manifest.video_tracks().chain(manifest.audio_tracks()) {
        let _ = (track.mean_bitrate_bps(), track.rung(), track.end_us(), track.chunks().count());
        for at_us in [0, 1, manifest.duration_us / 2, manifest.duration_us, u64::MAX] {
            let _ = (track.segment_at(at_us), track.segment_from(at_us));
        }
        for segment in &track.segments {
            assert!(track.start_us(segment) <= track.segment_end_us(segment));
        }
    }
});
