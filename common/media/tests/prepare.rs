//! Preparing the sample lesson: every frame of every rung, every beep, every boundary.

mod support;

use lectern_media::make::source::Probe;
use lectern_proto::manifest::{SEGMENT_US, TrackKind};
use lectern_proto::rung::PictureSize;
use std::process::Command;
use support::{Prepared, RUNGS, beeps, check_stamps, encoded_sample, object, prepare, sample};

const SECONDS: u32 = 5;
const KEYS: [&str; 3] = ["video-1280x720-2500000", "video-640x360-800000", "video-256x144-200000"];

#[test]
fn the_sample_lesson_comes_out_right_in_every_rung() {
    let dir = tempfile::tempdir().expect("a folder");
    let (source, out) = (dir.path().join("lesson.mp4"), dir.path().join("out"));
    sample(&source, SECONDS, "1280x720");
    let events = prepare(&source, &out, &RUNGS);
    let kinds: Vec<_> = events.iter().map(|e| e["event"].as_str().expect("a kind")).collect();
    assert_eq!(kinds[0], "probed");
    assert_eq!(kinds.iter().filter(|k| **k == "track").count(), 4);
    assert_eq!(kinds.iter().filter(|k| **k == "thumbnail").count(), 1);
    assert!(kinds.contains(&"progress"));

    let probe: Probe = serde_json::from_slice(&std::fs::read(out.join("source.json")).expect("source.json")).expect("a probe");
    assert_eq!(probe.size, Some(PictureSize { width: 1280, height: 720 }));
    assert_eq!((probe.title.as_deref(), probe.video_codec.as_deref()), (Some("Lectern sample lesson"), Some("h264")));

    let rungs = KEYS.map(|key| Prepared::open(&out, key));
    for rung in &rungs {
        check_stamps(rung, 30, SECONDS);
        let segments = rung.segments();
        assert!(segments.iter().all(|s| s[0].keyframe && s[1..].iter().all(|x| !x.keyframe)), "keyframes only at the start");
        for (i, segment) in rung.track.segments.iter().enumerate() {
            assert_eq!(rung.track.ticks_to_us(segment.start), i as u64 * SEGMENT_US);
        }
        let TrackKind::Video { bitrate_bps, .. } = rung.track.kind else { panic!("not a video track") };
        let bytes: u64 = rung.track.segments.iter().map(|s| u64::from(s.bytes)).sum();
        assert!(bytes * 8 < u64::from(bitrate_bps) * u64::from(SECONDS) * 13 / 10, "{bytes} bytes at {bitrate_bps}");
    }
    let times = |p: &Prepared| p.track.segments.iter().map(|s| (s.start, s.duration, s.samples)).collect::<Vec<_>>();
    assert_eq!(times(&rungs[0]), times(&rungs[1]));
    assert_eq!(times(&rungs[0]), times(&rungs[2]));

    let sound = Prepared::open(&out, "audio-0").sound();
    let found = beeps(&sound);
    assert_eq!(found.len(), SECONDS as usize, "{found:?}");
    for (i, at) in found.iter().enumerate() {
        assert!((at - i as f64).abs() < 0.005, "beep {i} at {at} s");
    }

    // What is a copy is only told again.
    let second: Vec<_> = events_of_second_run(&source, &out).into_iter().filter(|e| e != "segment").collect();
    assert_eq!(second, ["probed", "head", "copied", "progress", "done"]);
}

/// Who waits for the first pictures waits for one encoder; the other rungs follow with nothing missing and nothing twice.
#[test]
fn the_rung_that_auto_begins_in_is_there_first() {
    let dir = tempfile::tempdir().expect("a folder");
    let (source, out) = (dir.path().join("lesson.mp4"), dir.path().join("out"));
    encoded_sample(&source, SECONDS, "1280x720");
    let events = prepare(&source, &out, &RUNGS);
    let segments = events.iter().filter(|e| e["event"] == "segment" && e["track"].as_str().is_some_and(|t| t.starts_with("video")));
    let told: Vec<_> = segments.map(|e| (e["track"].as_str().expect("a track"), e["place"].as_u64().expect("a place"))).collect();
    assert_eq!(told[0], (KEYS[1], 0), "{told:?}");
    for key in KEYS {
        assert_eq!(told.iter().filter(|(track, _)| *track == key).map(|(_, place)| *place).collect::<Vec<_>>(), [0, 1, 2], "{key}");
        check_stamps(&Prepared::open(&out, key), 30, SECONDS);
    }
}

/// Nothing is done twice.
fn events_of_second_run(source: &std::path::Path, out: &std::path::Path) -> Vec<String> {
    prepare(source, out, &RUNGS).iter().map(|e| e["event"].as_str().expect("a kind").to_owned()).collect()
}

#[test]
fn other_programs_play_the_segments() {
    let dir = tempfile::tempdir().expect("a folder");
    let (source, out) = (dir.path().join("lesson.mp4"), dir.path().join("out"));
    sample(&source, 3, "640x360");
    prepare(&source, &out, &RUNGS[1..]);
    for (key, want) in [
        ("video-640x360-800000", "h264,640,360,1:1,tv,bt709,bt709,bt709"),
        ("video-256x144-200000", "h264,256,144,1:1,tv,bt709,bt709,bt709"),
        ("audio-0", "aac"),
    ] {
        let path = dir.path().join(format!("{key}.mp4"));
        std::fs::write(&path, Prepared::open(&out, key).file()).expect("writes");
        let show = "stream=codec_name,width,height,sample_aspect_ratio,color_range,color_space,color_transfer,color_primaries";
        let probe = Command::new("ffprobe")
            .args(["-v", "warning", "-show_entries", show, "-of", "csv=p=0"])
            .arg(&path)
            .output()
            .expect("ffprobe is installed; run `make deps-test`");
        assert_eq!(String::from_utf8_lossy(&probe.stdout).trim(), want);
        assert_eq!(String::from_utf8_lossy(&probe.stderr), "");
        let play = Command::new("ffmpeg").args(["-v", "warning", "-nostdin", "-i"]).arg(&path).args(["-f", "null", "-"]).output().expect("ffmpeg runs");
        assert_eq!(String::from_utf8_lossy(&play.stderr), "", "{key}");
        let first = Command::new("ffprobe")
            .args(["-v", "error", "-show_entries", "frame=pts_time", "-of", "csv=p=0", "-read_intervals", "%+#1"])
            .arg(&path)
            .output()
            .expect("ffprobe runs");
        let first: f64 = String::from_utf8_lossy(&first.stdout).trim().trim_end_matches(',').parse().expect("a time");
        assert!(first.abs() < 0.03, "{key} starts at {first}");
    }
}

#[test]
fn a_renamed_rung_is_the_same_track_and_a_new_one_is_added() {
    let dir = tempfile::tempdir().expect("a folder");
    let (source, out) = (dir.path().join("lesson.mp4"), dir.path().join("out"));
    sample(&source, 2, "320x180");
    prepare(&source, &out, &["high=320x180 300k"]);
    let tracks = |events: Vec<serde_json::Value>| events.iter().filter(|e| e["event"] == "track").map(|e| e["file"].to_string()).collect::<Vec<_>>();
    assert_eq!(tracks(prepare(&source, &out, &["144p=256x144 200k", "180p=320x180 300k"])), ["\"video-256x144-200000.json\""]);
    check_stamps(&Prepared::open(&out, "video-256x144-200000"), 30, 2);
}

#[test]
fn a_title_card_that_fades_in_from_black_is_not_the_thumbnail() {
    let dir = tempfile::tempdir().expect("a folder");
    let (source, out) = (dir.path().join("fade.mp4"), dir.path().join("out"));
    support::make_source("-f lavfi -i testsrc2=size=640x360:rate=25:duration=4 -vf fade=in:st=0.5:d=1.5 -c:v libx264 -preset ultrafast", &source);
    prepare(&source, &out, &["144p=256x144 200k"]);
    let thumbnail: serde_json::Value = serde_json::from_slice(&std::fs::read(out.join("thumbnail.json")).expect("published")).expect("JSON");
    assert_eq!((thumbnail["width"].as_u64(), thumbnail["height"].as_u64()), (Some(320), Some(180)));
    let chunk = thumbnail["chunk"].as_str().expect("a name").parse().expect("a name");
    let jpeg = object(&out, chunk);
    assert_eq!(jpeg[..3], [0xFF, 0xD8, 0xFF]);
    let path = dir.path().join("thumbnail.jpg");
    std::fs::write(&path, &jpeg).expect("writes");
    let raw =
        Command::new("ffmpeg").args(["-v", "error", "-i"]).arg(&path).args(["-f", "rawvideo", "-pix_fmt", "gray", "-"]).output().expect("ffmpeg runs").stdout;
    let mean = raw.iter().map(|p| u64::from(*p)).sum::<u64>() / raw.len() as u64;
    assert!(mean > 60, "mean brightness {mean}");
}
