#![no_main]
//! A recording that a killed server left, cut off or damaged anywhere: where its last whole cluster ends.

use bytes::Bytes;
use lectern_fuzz::begin_with;
use lectern_proto::control::LiveSound;
use lectern_proto::live::Unit;
use lectern_proto::matroska::{Writer, in_band, whole};

fn seeds() -> Vec<Vec<u8>> {
    let sound = LiveSound { channels: 1, samples: 960, bps: 64_000 };
    let (mut writer, mut file) = Writer::new(None, Some(sound));
    for sequence in 0..130 {
        let unit = Unit { sequence, capture_us: u64::from(sequence) * 20_000, keyframe: true, data: Bytes::from_static(b"sound") };
        file.extend(writer.push(false, &unit));
    }
    file.extend(writer.close());
    let half = file[..file.len() / 2].to_vec();
    // An avcC with its parameter sets.
    let avcc = [1, 100, 0, 31, 255, 225, 0, 4, 0x67, 100, 0, 31, 1, 0, 3, 0x68, 0xEB, 0xE3].to_vec();
    vec![file, half, avcc]
}

libfuzzer_sys::fuzz_target!(init: begin_with(seeds()), |data: &[u8]| {
    let length = data.len() as u64;
    let read = |at: u64, size: usize| {
        let at = usize::try_from(at).expect("inside");
        assert!(size <= data.len() && at <= data.len() - size, "{size} bytes at {at} of {length}");
        Some(data[at..at + size].to_vec())
    };
    if let Some((end, (place, _))) = whole(length, read) {
        assert!(end <= length && place + 8 <= length, "outside of the file");
    }
    let _ = in_band(data);
});
