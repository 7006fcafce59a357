//! A video file with its sound as a live stream out of the real worker: lips and words stay together, at the file's own pace, to its end.

#[path = "support/live.rs"]
mod live;
mod support;

use lectern_media::opus_decoder::OpusDecoder;
use lectern_proto::live::pipe::{News, Said};
use live::{Live, Unit, decode, decoder, stamp_of};
use std::ffi::OsStr;
use std::path::Path;
use support::{Folder, sample};

const BOX: [&str; 4] = ["--width", "640", "--height", "360"];

/// What a file gives until its end.
#[derive(Default)]
struct Sent {
    /// When each picture is to be seen, its stamp, and whether the flash of the sample is in it.
    pictures: Vec<(u64, Option<u32>, bool)>,
    sounds: Vec<Unit>,
    has_video: bool,
    has_sound: bool,
}

fn send(file: &Path, more: &[&str]) -> Sent {
    let mut live = Live::start([OsStr::new("--file"), file.as_os_str()].into_iter().chain(BOX.iter().chain(more).map(OsStr::new)));
    let (mut sent, mut decoding) = (Sent::default(), None);
    loop {
        match live.next().expect("it says that it has ended") {
            (at, Said::Unit { track: 0, keyframe, capture_us, data }) => {
                let picture = decode(decoding.as_mut().expect("a form comes first"), &Unit { at, keyframe, capture_us, data });
                let [luma, ..] = picture.planes();
                let flash = luma.data.get(312 * luma.stride + 590).is_some_and(|level| *level > 170);
                sent.pictures.push((capture_us, stamp_of(&picture), flash));
            }
            (at, Said::Unit { keyframe, capture_us, data, .. }) => sent.sounds.push(Unit { at, keyframe, capture_us, data }),
            (_, Said::News(News::Form { video, sound })) => {
                (sent.has_video, sent.has_sound) = (video.is_some(), sound.is_some());
                decoding = video.as_ref().map(decoder);
            }
            (_, Said::News(News::Level { .. })) => {}
            (_, Said::News(News::Ended)) => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(live.end().0, Some(0));
    sent
}

/// When each beep begins, in microseconds of server time.
fn beeps(sounds: &[Unit]) -> Vec<u64> {
    let mut decoder = OpusDecoder::new().expect("a decoder");
    let samples: Vec<(u64, f32)> = sounds
        .iter()
        .flat_map(|unit| {
            let decoded = decoder.decode(&unit.data, 0).expect("decodes").samples;
            decoded.chunks_exact(2).enumerate().map(|(i, s)| (unit.capture_us + i as u64 * 125 / 6, s[0].abs())).collect::<Vec<_>>()
        })
        .collect();
    let most = samples.iter().fold(0f32, |most, (_, s)| most.max(*s));
    let (mut found, mut last_loud) = (Vec::new(), None);
    for (at, s) in samples {
        if s > 0.4 * most {
            // The tone between two beeps is never so loud.
            if last_loud.is_none_or(|last: u64| at > last + 300_000) {
                found.push(at);
            }
            last_loud = Some(at);
        }
    }
    found
}

/// The distances between flashes and beeps, least first: positive where the sound is late.
fn lips(sent: &Sent) -> Vec<i64> {
    let flashes: Vec<u64> = sent.pictures.windows(2).filter(|w| w[1].2 && !w[0].2).map(|w| w[1].0).collect();
    let beeps = beeps(&sent.sounds);
    let near = |flash: &u64| beeps.iter().map(|b| i64::try_from(*b).expect("small") - i64::try_from(*flash).expect("small")).min_by_key(|d| d.abs());
    let mut apart: Vec<i64> = flashes.iter().filter_map(near).collect();
    apart.sort_by_key(|d| d.abs());
    println!("{} flashes, {} beeps, apart by {apart:?} us", flashes.len(), beeps.len());
    apart
}

#[test]
fn lips_and_words_stay_together() {
    let folder = Folder::new();
    let file = folder.path("lesson.mp4");
    sample(&file, 8, "1280x720");
    let sent = send(&file, &[]);
    assert!(sent.has_video && sent.has_sound);
    let apart = lips(&sent);
    // The flash of the first second has no picture before it.
    assert!(apart.len() >= 6, "{apart:?}");
    let p95 = apart[(apart.len() - 1) * 95 / 100].abs();
    assert!(p95 <= 40_000, "p95 {p95} us");
    // Each picture is to be seen at its own time: frames apart are thirtieths apart.
    let stamps: Vec<(u64, u32)> = sent.pictures.iter().map(|(at, stamp, _)| (*at, stamp.expect("every picture has its stamp"))).collect();
    assert!(stamps.len() > 120, "{}", stamps.len());
    let first = stamps[0];
    for (at, stamp) in &stamps {
        let want = first.0 + u64::from(stamp - first.1) * 1_000_000 / 30;
        assert!(at.abs_diff(want) < 2_000 || *at > want, "frame {stamp}");
    }
    assert!(sent.sounds.windows(2).all(|w| w[1].capture_us > w[0].capture_us));
}

#[test]
fn files_with_pictures_or_sound_alone_are_sent_too() {
    let folder = Folder::new();
    let silent = folder.made("silent.mkv", "-f lavfi -i testsrc=duration=1:size=320x240:rate=10 -c:v mjpeg");
    let sent = send(&silent, &[]);
    assert!(sent.has_video && !sent.has_sound && sent.sounds.is_empty() && sent.pictures.len() >= 5, "{}", sent.pictures.len());
    let sound = folder.made("sound.wav", "-f lavfi -i sine=duration=1");
    let sent = send(&sound, &[]);
    assert!(!sent.has_video && sent.has_sound && sent.sounds.len() >= 45, "{}", sent.sounds.len());
}

#[test]
fn sound_and_pictures_of_different_lengths_and_starts_keep_their_places() {
    let folder = Folder::new();
    let whole = folder.path("lesson.mp4");
    sample(&whole, 4, "640x360");
    // The sound begins 400 ms later in the file, so each beep comes that much after its flash.
    let late = folder.path("late.mp4");
    let status = std::process::Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(&whole)
        .args(["-itsoffset", "0.4", "-i"])
        .arg(&whole)
        .args(["-map", "0:v", "-map", "1:a", "-c", "copy"])
        .arg(&late)
        .status()
        .expect("ffmpeg is installed");
    assert!(status.success());
    let apart = lips(&send(&late, &[]));
    let middle = apart[apart.len() / 2];
    assert!((middle - 400_000).abs() <= 40_000, "{apart:?}");
}
