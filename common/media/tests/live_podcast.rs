//! A file as a podcast out of the real worker: as loud as every other, in real time, to its end.

#[path = "support/live.rs"]
mod live;
mod support;

use lectern_media::opus_decoder::OpusDecoder;
use lectern_proto::live::pipe::{News, Said};
use live::{Live, Unit};
use std::ffi::OsStr;
use std::path::Path;
use support::{Folder, sample};

/// Sends the file; its packets up to its end.
fn listen(file: &Path, more: &[&str]) -> Vec<Unit> {
    let mut live = Live::start([OsStr::new("--audio"), file.as_os_str()].into_iter().chain(more.iter().map(OsStr::new)));
    let (mut units, mut form) = (Vec::new(), None);
    loop {
        match live.next().expect("it says that it has ended") {
            (at, Said::Unit { track: 1, keyframe, capture_us, data }) => units.push(Unit { at, keyframe, capture_us, data }),
            (_, Said::News(News::Form { video: None, sound })) => form = sound,
            (_, Said::News(News::Ended)) => break,
            (_, Said::News(News::Level { .. })) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(live.end().0, Some(0));
    assert_eq!(form.map(|f| f.samples), Some(960), "told before");
    units
}

fn decoded(units: &[Unit]) -> Vec<f32> {
    let mut decoder = OpusDecoder::new().expect("a decoder");
    units.iter().flat_map(|u| decoder.decode(&u.data, 0).expect("decodes").samples).collect()
}

#[test]
fn quiet_and_loud_files_are_heard_alike_and_in_real_time() {
    let folder = Folder::new();
    for (name, db) in [("quiet.wav", "-34dB"), ("loud.flac", "17.9dB")] {
        // The source's sine is at -18 dB.
        let file = folder.made(name, &format!("-f lavfi -i sine=frequency=1000:duration=4:sample_rate=44100,volume={db},pan=stereo|c0=c0|c1=c0"));
        let units = listen(&file, &[]);
        assert!((198..=202).contains(&units.len()), "{name}: {} packets of 4 s", units.len());
        assert!(units.windows(2).all(|w| w[1].capture_us > w[0].capture_us), "{name}");
        let last = units.last().expect("some");
        assert!(last.at - units[0].at >= 3_500_000, "{name}: real time, not as fast as it can");
        let sound = decoded(&units);
        let middle = &sound[96_000..sound.len() - 96_000];
        let peak = middle.iter().fold(0f32, |p, s| p.max(s.abs()));
        // A stereo sine of 1 kHz is as loud in LUFS as its peak is in dB: -16 is 0.158 (EBU Tech 3341).
        let want = if name == "quiet.wav" { 0.158 / 10f32.powf((52.0 - 16.0 - 20.0) / 20.0) } else { 0.158 };
        assert!((peak / want - 1.0).abs() < 0.15, "{name}: peak {peak} instead of {want}");
    }
}

#[test]
fn it_begins_where_it_is_told_also_in_a_video() {
    let folder = Folder::new();
    let file = folder.path("lesson.mp4");
    sample(&file, 5, "256x144");
    let units = listen(&file, &["--start", "3"]);
    assert!((98..=102).contains(&units.len()), "{} packets of 2 s", units.len());
    let all = listen(&file, &["--start", "500"]);
    assert!(all.is_empty(), "a start beyond the end is the end");
}

#[test]
fn a_file_that_cannot_be_heard_is_refused_with_a_reason() {
    let folder = Folder::new();
    let silent = folder.made("silent.mp4", "-f lavfi -i testsrc2=size=128x96:rate=5:duration=1 -c:v libx264");
    let noise = folder.written("noise.mp3", &[0xA5; 5000]);
    for (file, word) in [(silent, "holds no sound"), (noise, "not a video or sound file"), (folder.path("nothing.mp3"), "open the file")] {
        let mut live = Live::start([OsStr::new("--audio"), file.as_os_str()]);
        let why = live.news(|news| match news {
            News::Failed { why, .. } => Some(why.clone()),
            _ => None,
        });
        assert!(why.contains(word), "{why}");
        assert_eq!(live.end().0, Some(1));
    }
}
