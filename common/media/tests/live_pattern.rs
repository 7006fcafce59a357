//! The test pattern out of the real worker: stamps, pace, keyframes, rates, its end.

#[path = "support/live.rs"]
mod live;

use lectern_media::opus_decoder::OpusDecoder;
use lectern_media::picture::{Matrix, Range};
use lectern_proto::live::pipe::{Command, News, VideoForm};
use live::{Live, START_US, Unit, decode, decoder, stamp_of};

const SMALL: [&str; 9] = ["--pattern", "--width", "640", "--height", "360", "--fps", "30", "--bitrate", "800000"];

fn form(live: &mut Live) -> VideoForm {
    live.news(|news| match news {
        News::Form { video, .. } => video.clone(),
        _ => None,
    })
}

/// Pictures until there are this many, with the clock told each second.
fn pictures(live: &mut Live, count: usize) -> Vec<Unit> {
    let mut told = live.now_us();
    (0..count)
        .map(|_| {
            if live.now_us() > told + 1_000_000 {
                told = live.now_us();
                live.clock();
            }
            live.unit(0)
        })
        .collect()
}

#[test]
fn each_picture_says_when_it_was_made_and_comes_out_at_once() {
    let mut live = Live::start(SMALL);
    let form = form(&mut live);
    assert_eq!((form.width, form.height, form.rate_milli, form.bps), (640, 360, 30_000, 800_000));
    let mut decoder = decoder(&form);
    let units = pictures(&mut live, 150);
    assert!(units[0].keyframe && units[0].capture_us >= START_US);
    for unit in &units {
        let picture = decode(&mut decoder, unit);
        assert_eq!((picture.size().width, picture.size().height), (640, 360));
        assert_eq!((picture.matrix(), picture.range()), (Matrix::Bt709, Range::Limited));
        assert_eq!(stamp_of(&picture).map(u64::from), Some(unit.capture_us / 100 % (1 << 24)), "the stamp is the capture time");
        assert_eq!(unit.capture_us % 100, 0);
    }
    // Made at multiples of a thirtieth, so that at most one picture is in each.
    let slots: Vec<_> = units.iter().map(|u| u.capture_us * 30 / 1_000_000).collect();
    assert!(slots.windows(2).all(|w| w[0] < w[1]), "{slots:?}");
    // Between keyframes that nobody ordered are two seconds.
    let keys: Vec<_> = units.iter().filter(|u| u.keyframe).map(|u| u.capture_us).collect();
    assert!(keys.len() >= 2 && keys.windows(2).all(|w| w[1] - w[0] >= 2_000_000), "{keys:?}");
    // An encoder that looked ahead would hold each back for a frame at least.
    let mut late: Vec<_> = units.iter().map(|u| u.at.saturating_sub(u.capture_us)).collect();
    late.sort_unstable();
    assert!(late[late.len() / 2] < 33_333, "half of the pictures took more than {} us", late[late.len() / 2]);
}

#[test]
fn a_keyframe_comes_when_it_is_ordered() {
    let mut live = Live::start(SMALL);
    let mut decoder = decoder(&form(&mut live));
    let first = pictures(&mut live, 20);
    let ordered = live.now_us();
    live.order(Command::Keyframe);
    let key = std::iter::from_fn(|| Some(live.unit(0))).find(|u| u.keyframe).expect("a keyframe");
    assert!(key.capture_us > ordered && key.capture_us < first[0].capture_us + 2_000_000, "before it would have come by itself");
    // Nothing before it is needed.
    decode(&mut decoder, &key);
    // IDR (ITU-T H.264, table 7-1), not just an intra picture.
    assert_eq!(key.data[4] & 0x1F, 5);
}

#[test]
fn the_rate_follows_orders_within_the_same_stream() {
    let mut live = Live::start(["--pattern", "--width", "1280", "--height", "720", "--bitrate", "4000000"]);
    let mut decoder = decoder(&form(&mut live));
    let bytes = |units: &[Unit]| units.iter().map(|u| u.data.len()).sum::<usize>();
    let before = pictures(&mut live, 90);
    live.order(Command::Rate { bps: 40_000 });
    let turned = pictures(&mut live, 30);
    let after = pictures(&mut live, 90);
    assert!(bytes(&after) * 2 < bytes(&before), "{} bytes, then {}", bytes(&before), bytes(&after));
    // With the decoder of before, and nothing damaged: it is one stream.
    for unit in before.iter().chain(&turned).chain(&after) {
        decode(&mut decoder, unit);
    }
}

#[test]
fn noise_on_its_input_is_ignored_with_a_word() {
    let mut live = Live::start(SMALL);
    pictures(&mut live, 2);
    live.write(b"\xff\xfe\0\0\n{\"command\":\"fly\"}\n{\"command\":\"rate\",\"bps\":1}\n{\"command\":\"clock\",\"server_us\":99999999999999999999}\n");
    live.write(&[b'['; 100_000]);
    live.write(b"\n");
    live.order(Command::Clock { server_us: 0 });
    let units = pictures(&mut live, 10);
    assert!(units.windows(2).all(|w| w[0].capture_us < w[1].capture_us), "time never goes back");
    let (code, complaints) = live.end();
    assert_eq!(code, Some(0));
    assert!(complaints.contains("was ignored") && complaints.lines().count() < 40, "{complaints}");
}

#[test]
fn it_ends_with_its_input_before_and_after_the_first_picture() {
    let mut live = Live::start(SMALL);
    pictures(&mut live, 1);
    assert_eq!(live.end().0, Some(0));
    let mut waiting = std::process::Command::new(env!("CARGO_BIN_EXE_lectern-media"));
    let done = waiting.arg("live").args(SMALL).stdin(std::process::Stdio::null()).output().expect("runs");
    assert_eq!(done.status.code(), Some(0));
    assert_eq!(done.stdout, lectern_proto::live::pipe::news(&News::Ready), "without the time nothing is captured");
}

#[test]
fn what_cannot_be_sent_is_refused_with_a_reason() {
    for wrong in [["--width", "641"], ["--height", "20000"], ["--fps", "0.5"], ["--fps", "nan"], ["--bitrate", "5"]] {
        let mut live = Live::start(["--pattern"].into_iter().chain(wrong));
        drop(live.stdin.take());
        let (code, complaints) = live.end();
        assert_eq!(code, Some(1), "{wrong:?}");
        assert!(complaints.contains("cannot be sent live"), "{complaints}");
    }
}

#[test]
fn a_command_line_without_a_source_is_refused() {
    for wrong in [&["--width", "640"][..], &["--sound"], &["--pattern", "--camera", "0"]] {
        let mut live = Live::start(wrong);
        let (code, complaints) = live.end();
        assert_eq!(code, Some(2), "{wrong:?}: {complaints}");
    }
}

#[test]
fn sound_is_a_packet_each_20_ms_of_server_time() {
    let mut live = Live::start(SMALL.into_iter().chain(["--sound"]));
    let sound = live.news(|news| match news {
        News::Form { sound, video: Some(_) } => *sound,
        _ => None,
    });
    assert_eq!((sound.channels, sound.samples), (2, 960));
    let units: Vec<_> = (0..60).map(|_| live.unit(1)).collect();
    assert!(units.windows(2).all(|w| (w[1].capture_us - w[0].capture_us) % 20_000 == 0 && w[1].capture_us > w[0].capture_us));
    let level = live.news(|news| match news {
        News::Level { peak_db } => Some(*peak_db),
        _ => None,
    });
    assert!((-35.0..0.0).contains(&level), "{level} dB");
    live.unit(0);
}

#[test]
fn the_beep_begins_with_the_second() {
    let mut live = Live::start(SMALL.into_iter().chain(["--sound"]));
    let mut decoder = OpusDecoder::new().expect("a decoder");
    let (mut beeps, mut quiet_since) = (Vec::new(), None);
    while beeps.len() < 3 {
        let unit = live.unit(1);
        let block = decoder.decode(&unit.data, i64::try_from(unit.capture_us).expect("small")).expect("decodes");
        for (i, frame) in block.samples.chunks_exact(2).enumerate() {
            let at = block.pts_us as f64 + i as f64 * 1e6 / 48_000.0;
            let since = *quiet_since.get_or_insert(at);
            if frame[0].abs() > 0.15 {
                beeps.extend((at - since > 500_000.0).then_some(at));
                quiet_since = Some(at);
            }
        }
    }
    // Within half a period of the beep and its ramp: what is heard begins when the unit says.
    for at in beeps {
        let off = (at + 500_000.0) % 1e6 - 500_000.0;
        assert!((-3_000.0..3_000.0).contains(&off), "a beep is off by {off} us");
    }
}
