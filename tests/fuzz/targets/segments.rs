#![no_main]
//! Segments of stored videos as a player reads them: at once, and as they come.

use bytes::Bytes;
use lectern_fuzz::{begin_with, golden, piece};
use lectern_proto::fmp4::{Init, SegmentReader, parse_init, parse_segment, write_init, write_segment};

fn seeds() -> Vec<Vec<u8>> {
    let (inits, segments) = (golden(&["video: initialisation", "sound: initialisation"]), golden(&["video: four pictures", "sound: priming"]));
    inits.iter().flat_map(|init| segments.iter().map(|segment| [piece(init), segment.clone()].concat())).collect()
}

/// What comes out of a reader that gets it in parts, up to where it ends.
fn in_parts(init: &Init, segment: &[u8], size: usize) -> Option<Vec<lectern_proto::fmp4::Sample>> {
    let (mut reader, mut samples) = (SegmentReader::new(init.clone()), Vec::new());
    for part in segment.chunks(size) {
        reader.push(part).ok()?;
        while let Some(sample) = reader.next_sample().ok()? {
            samples.push(sample);
        }
    }
    reader.is_finished().then_some(samples)
}

libfuzzer_sys::fuzz_target!(init: begin_with(seeds()), |data: &[u8]| {
    let Some((length, rest)) = data.split_first_chunk::<2>() else { return };
    let (head, segment) = rest.split_at(usize::from(u16::from_be_bytes(*length)).min(rest.len()));
    let Ok(init) = parse_init(head) else { return };
    if let Ok(again) = write_init(&init) {
        assert_eq!(parse_init(&again).as_ref(), Ok(&init));
    }
    let whole = parse_segment(&init, Bytes::copy_from_slice(segment));
    let parts = in_parts(&init, segment, 1 + segment.len() / 7);
    if let Ok(samples) = whole {
        assert_eq!(parts.as_ref(), Some(&samples), "in parts it is another");
        for sample in &samples {
            let _ = (init.pts_us(sample), init.duration_us(sample));
        }
        // What it takes is what it writes, where it writes it at all.
        if let Ok(again) = write_segment(&init, 1, &samples) {
            assert_eq!(parse_segment(&init, again.into()).map(|s| s.len()), Ok(samples.len()));
        }
    }
});
