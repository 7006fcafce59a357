//! Round trips, truncation everywhere, noise everywhere.

use super::*;
use proptest::prelude::*;

const SPS: &[u8] = &[0x67, 0x64, 0x00, 0x1F, 0xAC, 0xD9, 0x40, 0x50, 0x05, 0xBB];
const PPS: &[u8] = &[0x68, 0xEB, 0xE3, 0xCB];

fn video() -> Init {
    Init::video(VideoConfig::from_parameter_sets(SPS, PPS, PictureSize { width: 1280, height: 720 }).expect("good sets"), 6000)
}

fn audio() -> Init {
    Init::audio(AudioConfig { asc: Bytes::from_static(&[0x11, 0x90]), channels: 2, sample_rate_hz: 48_000 })
}

/// A keyframe and three pictures of which the middle two are shown before the one decoded earlier.
fn reordered() -> Vec<Sample> {
    [(0, true), (3, false), (1, false), (2, false)]
        .iter()
        .enumerate()
        .map(|(i, &(at, keyframe))| Sample {
            data: Bytes::from(vec![u8::try_from(i).expect("small"); 10 + i]),
            dts: 174_000 + i64::try_from(i).expect("small") * 3000,
            pts: 180_000 + at * 3000,
            duration: 3000,
            keyframe,
        })
        .collect()
}

fn packets() -> Vec<Sample> {
    (-1..20).map(|i| Sample { data: Bytes::from_static(b"packet"), dts: i * 1024, pts: i * 1024, duration: 1024, keyframe: true }).collect()
}

#[test]
fn inits_survive() {
    for init in [video(), audio()] {
        let bytes = write_init(&init).expect("writes");
        assert_eq!(parse_init(&bytes).expect("reads"), init);
    }
    assert_eq!(video().codec(), "avc1.64001F");
    assert_eq!(audio().codec(), "mp4a.40.2");
}

#[test]
fn segments_survive() {
    for (init, samples) in [(video(), reordered()), (audio(), packets())] {
        let bytes = write_segment(&init, 7, &samples).expect("writes");
        assert_eq!(parse_segment(&init, bytes.into()).expect("reads"), samples);
    }
}

#[test]
fn variable_frame_rate_keeps_presentation_durations() {
    let times = [(0i64, 500u32, true), (1500, 4000, false), (500, 1000, false)];
    let samples: Vec<_> = times.iter().map(|&(pts, duration, keyframe)| Sample { data: Bytes::from_static(b"x"), dts: 0, pts, duration, keyframe }).collect();
    let read = parse_segment(&video(), write_segment(&video(), 1, &samples).expect("writes").into()).expect("reads");
    assert_eq!(read.iter().map(|s| (s.pts, s.duration, s.keyframe)).collect::<Vec<_>>(), times);
    assert_eq!(read.iter().map(|s| s.dts).collect::<Vec<_>>(), [-6000, -5500, -4500]);
}

#[test]
fn gaps_and_empty_samples_are_refused() {
    let mut gap = reordered();
    gap[1].pts += 1;
    assert!(matches!(write_segment(&video(), 1, &gap), Err(Fmp4Error::Gap { .. })));
    let mut empty = reordered();
    empty[0].data = Bytes::new();
    assert!(write_segment(&video(), 1, &empty).is_err());
    assert!(write_segment(&video(), 1, &[]).is_err());
}

#[test]
fn samples_come_as_soon_as_their_bytes_have() {
    let bytes = write_segment(&video(), 1, &reordered()).expect("writes");
    let first_needs = bytes.len() - (11 + 12 + 13);
    let mut reader = SegmentReader::new(video());
    reader.push(&bytes[..first_needs - 1]).expect("fits");
    assert_eq!(reader.next_sample(), Ok(None));
    reader.push(&bytes[first_needs - 1..first_needs]).expect("fits");
    assert_eq!(reader.next_sample().expect("good"), Some(reordered()[0].clone()));
    assert_eq!(reader.next_sample(), Ok(None));
    reader.push(&bytes[first_needs..]).expect("fits");
    let rest: Vec<_> = std::iter::from_fn(|| reader.next_sample().expect("good")).collect();
    assert_eq!(rest, reordered()[1..]);
    assert!(reader.is_finished());
    reader.push(b"x").expect("fits");
    assert!(reader.next_sample().is_err());
}

#[test]
fn truncation_at_every_byte_is_an_error() {
    for (init, samples) in [(video(), reordered()), (audio(), packets())] {
        let head = write_init(&init).expect("writes");
        for end in 0..head.len() {
            assert!(parse_init(&head[..end]).is_err(), "{end}");
        }
        let body = Bytes::from(write_segment(&init, 1, &samples).expect("writes"));
        for end in 0..body.len() {
            assert!(parse_segment(&init, body.slice(..end)).is_err(), "{end}");
        }
    }
}

#[test]
fn boxes_nested_without_end_are_refused() {
    // A moof in a moof in a moof: a recursive parser would run out of stack.
    let depth = 10_000u32;
    let mut bytes = Vec::new();
    for level in (0..depth).rev() {
        bytes.extend_from_slice(&(8 * (level + 1)).to_be_bytes());
        bytes.extend_from_slice(b"moof");
    }
    assert!(matches!(parse_segment(&video(), bytes.into()), Err(Fmp4Error::UnexpectedBox(_))));
}

proptest! {
    #[test]
    fn any_cut_gives_the_same_samples(cuts in proptest::collection::vec(0usize..400, 0..8)) {
        let bytes = write_segment(&audio(), 1, &packets()).expect("writes");
        let mut cuts: Vec<_> = cuts.into_iter().map(|c| c.min(bytes.len())).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let mut reader = SegmentReader::new(audio());
        let mut got = Vec::new();
        for pair in cuts.windows(2) {
            reader.push(&bytes[pair[0]..pair[1]]).expect("fits");
            while let Some(s) = reader.next_sample().expect("good") {
                got.push(s);
            }
        }
        prop_assert_eq!(got, packets());
        prop_assert!(reader.is_finished());
    }

    #[test]
    fn changed_bytes_never_panic(flips in proptest::collection::vec((0usize..2000, any::<u8>()), 1..6), sound in any::<bool>()) {
        let (init, samples) = if sound { (audio(), packets()) } else { (video(), reordered()) };
        let mut head = write_init(&init).expect("writes");
        let mut body = write_segment(&init, 1, &samples).expect("writes");
        for (at, value) in flips {
            let (h, b) = (head.len(), body.len());
            head[at % h] = value;
            body[at % b] = value;
        }
        let _ = parse_init(&head);
        if let Ok(samples) = parse_segment(&init, body.clone().into()) {
            prop_assert!(samples.iter().map(|s| s.data.len()).sum::<usize>() <= body.len());
        }
        let mut reader = SegmentReader::new(init);
        for piece in body.chunks(16) {
            reader.push(piece).expect("fits");
            while let Ok(Some(_)) = reader.next_sample() {}
        }
    }

    #[test]
    fn noise_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..600), kind in 0usize..4) {
        let mut bytes = bytes;
        if bytes.len() >= 8 {
            let size = u32::try_from(bytes.len()).expect("small");
            bytes[..4].copy_from_slice(&size.to_be_bytes());
            bytes[4..8].copy_from_slice([b"moof", b"moov", b"mdat", b"styp"][kind]);
        }
        let _ = parse_init(&bytes);
        let _ = parse_segment(&video(), bytes.into());
    }
}
