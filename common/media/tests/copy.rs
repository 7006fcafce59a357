//! Sources whose pictures viewers can decode are copied; others are encoded. Every frame is there once, at its time, either
//! way.

mod support;

use lectern_media::engine::Engine;
use lectern_proto::manifest::Track;
use lectern_proto::stamp;
use serde_json::Value;
use std::path::{Path, PathBuf};
use support::{Prepared, Worker, check_stamps, coded_sample, ffmpeg, kill_when, prepare, prepare_arguments, sample};

const SIZE: &str = "640x360";
const RUNGS: [&str; 2] = ["360p=640x360 800k", "144p=256x144 200k"];
const KEY: &str = "video-640x360-800000";
const LOW_KEY: &str = "video-256x144-200000";
const TAGGED: &str = "-colorspace bt709 -color_primaries bt709 -color_trc bt709 -color_range tv";

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

/// What became of the copy: its key, or why there is none.
fn verdict(out: &Path) -> Result<String, String> {
    let json: Value = serde_json::from_slice(&std::fs::read(out.join("copy.json")).expect("judged")).expect("JSON");
    let text = |v: &Value| v.as_str().map(str::to_owned);
    let outcome = &json["outcome"];
    text(&outcome["copied"]).ok_or_else(|| text(&outcome["misfit"]).unwrap_or_else(|| outcome.to_string()))
}

fn kinds<'a>(events: &'a [Value], kind: &str) -> Vec<&'a Value> {
    events.iter().filter(|e| e["event"] == kind).collect()
}

fn starts(track: &Track) -> Vec<u64> {
    track.segments.iter().map(|s| s.start).collect()
}

/// The slices of an Annex B stream.
fn slices(annex_b: &[u8]) -> Vec<Vec<u8>> {
    let mut at: Vec<usize> = (0..annex_b.len().saturating_sub(3)).filter(|i| annex_b[*i..].starts_with(&[0, 0, 1])).collect();
    at.push(annex_b.len());
    let nal = |pair: &[usize]| {
        let nal = &annex_b[(pair[0] + 3).min(pair[1])..pair[1]];
        nal[..nal.iter().rposition(|b| *b != 0).map_or(0, |i| i + 1)].to_vec()
    };
    at.windows(2).map(nal).filter(|n| n.first().is_some_and(|h| matches!(h & 0x1F, 1 | 5))).collect()
}

/// The slices of the samples of a track.
fn copied_slices(track: &Prepared) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for sample in track.segments().iter().flatten() {
        let mut rest = &sample.data[..];
        while let Some((length, tail)) = rest.split_first_chunk::<4>() {
            let (nal, next) = tail.split_at(u32::from_be_bytes(*length) as usize);
            found.push(nal.to_vec());
            rest = next;
        }
    }
    found
}

fn check_bytes(source: &Path, copy: &Prepared, folder: &Folder) {
    let raw = folder.path("source.h264");
    ffmpeg(&["-i".as_ref(), source.as_os_str(), "-map".as_ref(), "0:v".as_ref(), "-c".as_ref(), "copy".as_ref(), raw.as_os_str()]);
    let (theirs, ours) = (slices(&std::fs::read(raw).expect("reads")), copied_slices(copy));
    assert_eq!(ours.len(), theirs.len());
    assert!(ours == theirs, "the bytes of a picture differ");
}

#[test]
fn a_source_that_fits_takes_its_rungs_place_and_the_others_have_their_keyframes_where_it_has() {
    let folder = Folder::new();
    let (source, out) = (folder.path("lesson.mp4"), folder.path("out"));
    // Groups of 3 s, pictures that depend on later ones, two levels deep.
    coded_sample(&source, 12, SIZE, &format!("-c:v libx264 -b:v 700k -x264-params keyint=90:scenecut=0:bframes=3:b-pyramid=normal {TAGGED}"));
    let events = prepare(&source, &out, &RUNGS);
    assert_eq!(verdict(&out), Ok(KEY.to_owned()));
    let (copy, low) = (Prepared::open(&out, KEY), Prepared::open(&out, LOW_KEY));
    check_stamps(&copy, 30, 12);
    check_stamps(&low, 30, 12);
    check_bytes(&source, &copy, &folder);
    let s = 90_000;
    assert_eq!(starts(&copy.track), [0, 3 * s, 6 * s, 9 * s]);
    assert!(starts(&copy.track).iter().all(|at| starts(&low.track).contains(at)), "{:?}", starts(&low.track));
    assert_eq!(copy.track.end_us(), low.track.end_us());
    // In Rust too.
    let seen = copy.pictures_by(Engine::Portable, |p| stamp::read(p.planes()[0].data, p.planes()[0].stride, 640, 360));
    assert!(seen.iter().enumerate().all(|(i, (_, stamp))| *stamp == u32::try_from(i).ok()) && seen.len() == 360);
    // The copy is told whole before anything else.
    let order: Vec<_> = events.iter().filter_map(|e| e["event"].as_str()).collect();
    let (copied, track) = (order.iter().position(|e| *e == "copied"), order.iter().position(|e| *e == "track"));
    assert_eq!(&order[..2], ["probed", "track"]);
    assert!(copied.is_some_and(|at| order[..at].iter().filter(|e| **e == "segment").count() == 4), "{track:?}: {order:?}");
}

#[test]
fn a_source_of_a_high_rate_stands_above_the_ladder_and_moves_when_the_ladder_changes() {
    let folder = Folder::new();
    let (source, out) = (folder.path("lesson.mp4"), folder.path("out"));
    sample(&source, 12, SIZE);
    let tight = ["360p=640x360 300k", RUNGS[1]];
    prepare(&source, &out, &tight);
    assert_eq!(verdict(&out), Ok("original".to_owned()));
    let original = Prepared::open(&out, "original");
    assert_eq!(original.track.rung(), Some("original"));
    check_stamps(&original, 30, 12);
    check_stamps(&Prepared::open(&out, "video-640x360-300000"), 30, 12);
    // The ladder allows more: the copy is one of its rungs now. Nothing is encoded.
    let events = prepare(&source, &out, &RUNGS);
    assert_eq!((verdict(&out), kinds(&events, "track").len()), (Ok(KEY.to_owned()), 1));
    let copy = Prepared::open(&out, KEY);
    assert_eq!((copy.track.rung(), starts(&copy.track)), (Some("360p"), starts(&original.track)));
    assert!(!out.join("tracks/original.json").exists());
    // The ladder ends below the source: everything is encoded in the usual places.
    prepare(&source, &out, &["288p=512x288 400k", RUNGS[1]]);
    assert_eq!(verdict(&out), Err("\"too_large\"".to_owned()));
    assert!(!out.join("tracks").join(format!("{KEY}.json")).exists());
    check_stamps(&Prepared::open(&out, LOW_KEY), 30, 12);
}

#[test]
fn other_containers_and_varying_frame_rates_are_copied_too() {
    let folder = Folder::new();
    for name in ["lesson.mkv", "lesson.ts"] {
        let (source, out) = (folder.path(name), folder.path(&format!("{name}.out")));
        coded_sample(&source, 6, SIZE, &format!("-c:v libx264 -b:v 700k -x264-params keyint=60:scenecut=0:bframes=2 {TAGGED}"));
        prepare(&source, &out, &RUNGS);
        assert_eq!(verdict(&out), Ok(KEY.to_owned()), "{name}");
        for key in [KEY, LOW_KEY] {
            // Matroska's times are milliseconds.
            support::check_stamps_within(&Prepared::open(&out, key), 30, 6, 520);
        }
    }
    let (source, out) = (folder.path("varying.mp4"), folder.path("varying"));
    let varying = "-vf select=not(mod(n\\,5))+gt(mod(n\\,60)\\,40) -fps_mode passthrough -c:v libx264 -b:v 700k -x264-params scenecut=0:bframes=2";
    coded_sample(&source, 8, SIZE, &format!("{varying} -force_key_frames 0,2.0,4.0,6.0 {TAGGED}"));
    prepare(&source, &out, &RUNGS);
    assert_eq!(verdict(&out), Ok(KEY.to_owned()));
    let want: Vec<u32> = (0..240).filter(|n| n % 5 == 0 || n % 60 > 40).collect();
    for key in [KEY, LOW_KEY] {
        let seen = Prepared::open(&out, key).stamps();
        assert_eq!(seen.iter().filter_map(|(_, n)| *n).collect::<Vec<_>>(), want, "{key}");
        for (pts_us, number) in seen {
            let at = i64::from(number.expect("stamped")) * 1_000_000 / 30;
            assert!((pts_us - at).abs() <= 520, "{number:?} at {pts_us}");
        }
    }
}

#[test]
fn what_viewers_could_not_show_right_is_encoded() {
    let folder = Folder::new();
    let cases = [
        ("hevc.mp4", 1, "-c:v libx265 -x265-params log-level=none", "not H.264"),
        ("deep.mp4", 1, "-c:v libx264 -pix_fmt yuv420p10le", "8 bits in 4:2:0"),
        ("chroma.mp4", 1, "-c:v libx264 -pix_fmt yuv422p", "8 bits in 4:2:0"),
        ("interlaced.mp4", 1, "-c:v libx264 -flags +ildct+ilme -x264-params tff=1", "interlaced"),
        ("anamorphic.mp4", 1, "-c:v libx264 -vf setsar=4/3", "not square"),
        ("full.mp4", 1, "-c:v libx264 -pix_fmt yuvj420p", "full range"),
        ("matrix.mp4", 1, "-c:v libx264 -colorspace smpte170m", "BT.709"),
        ("hdr.mp4", 1, "-c:v libx264 -color_trc smpte2084 -color_primaries bt2020", "high dynamic range"),
        ("long.mp4", 14, "-c:v libx264 -preset ultrafast -x264-params keyint=infinite", "no keyframe for 12 s"),
        // Only the first is a keyframe that nothing is referred across.
        ("open.mp4", 14, "-c:v libx264 -preset ultrafast -x264-params keyint=60:open-gop=1:bframes=3:scenecut=0", "no keyframe for 12 s"),
    ];
    for (name, seconds, coding, why) in cases {
        let (source, out) = (folder.path(name), folder.path(&format!("{name}.out")));
        let tags = if ["matrix.mp4", "hdr.mp4", "full.mp4"].contains(&name) { "" } else { TAGGED };
        coded_sample(&source, seconds, SIZE, &format!("{coding} {tags}"));
        prepare(&source, &out, &RUNGS[1..]);
        let told = verdict(&out).expect_err(name);
        assert_eq!(told, "\"too_large\"", "{name}: the ladder ends below it");
        prepare(&source, &out, &["360p=1280x720 800k", RUNGS[1]]);
        let told = verdict(&out).expect_err(name);
        assert!(told.contains(why), "{name}: `{told}` has no `{why}`");
        if name != "hdr.mp4" {
            check_stamps(&Prepared::open(&out, LOW_KEY), 30, seconds);
        }
    }
}

#[test]
fn what_an_edit_list_hides_is_not_shown() {
    let folder = Folder::new();
    let (whole, source, out) = (folder.path("whole.mp4"), folder.path("cut.mp4"), folder.path("out"));
    coded_sample(&whole, 6, SIZE, &format!("-c:v libx264 -b:v 700k -x264-params keyint=60:scenecut=0:bframes=2 {TAGGED}"));
    let cut = ["-ss", "1", "-i"].map(AsRef::as_ref).into_iter().chain([whole.as_os_str()]);
    ffmpeg(&cut.chain(["-c", "copy"].map(AsRef::as_ref)).chain([source.as_os_str()]).collect::<Vec<_>>());
    prepare(&source, &out, &RUNGS);
    let told = verdict(&out).expect_err("not copied");
    assert!(told.contains("edit list"), "{told}");
    for key in [KEY, LOW_KEY] {
        let seen = Prepared::open(&out, key).stamps();
        assert_eq!(seen.iter().filter_map(|(_, n)| *n).collect::<Vec<_>>(), (30..180).collect::<Vec<_>>(), "{key}");
    }
}

#[test]
fn parameters_that_change_in_mid_stream_are_not_copied() {
    let folder = Folder::new();
    let mut stream = Vec::new();
    for (name, extra) in [("a.h264", "cabac=1"), ("b.h264", "cabac=0:ref=1")] {
        let part = folder.path(name);
        coded_sample(&part, 2, SIZE, &format!("-an -c:v libx264 -x264-params keyint=30:bframes=0:{extra} {TAGGED}"));
        stream.extend(std::fs::read(part).expect("reads"));
    }
    let (raw, source, out) = (folder.path("both.h264"), folder.path("both.mp4"), folder.path("out"));
    std::fs::write(&raw, stream).expect("writes");
    ffmpeg(&["-framerate".as_ref(), "30".as_ref(), "-i".as_ref(), raw.as_os_str(), "-c".as_ref(), "copy".as_ref(), source.as_os_str()]);
    prepare(&source, &out, &RUNGS);
    let told = verdict(&out).expect_err("not copied");
    assert!(told.contains("change in mid-stream"), "{told}");
    let seen = Prepared::open(&out, LOW_KEY).stamps();
    assert_eq!(seen.iter().filter_map(|(_, n)| *n).collect::<Vec<_>>(), (0..60).chain(0..60).collect::<Vec<_>>());
}

#[test]
fn quick_work_makes_all_that_needs_no_encoding_and_begins_the_rest() {
    let folder = Folder::new();
    let (source, out) = (folder.path("lesson.mp4"), folder.path("out"));
    sample(&source, 36, SIZE);
    let quick = || prepare_arguments(&source, &out, &RUNGS).into_iter().chain(["--quick".into()]);
    let (events, code) = Worker::start(quick()).finish();
    assert_eq!((code, kinds(&events, "copied").len(), kinds(&events, "thumbnail").len()), (Some(0), 1, 1), "{events:?}");
    let mut heads: Vec<_> = kinds(&events, "head").iter().map(|e| e["track"].as_str().expect("a key")).collect();
    heads.sort_unstable();
    assert_eq!(heads, ["audio-0", LOW_KEY, KEY]);
    check_stamps(&Prepared::open(&out, KEY), 30, 36);
    assert!(out.join("tracks/audio-0.json").exists() && !out.join("tracks").join(format!("{LOW_KEY}.json")).exists());
    // The rest, through a kill after the first of many segments: progress is told too seldom for so little work.
    kill_when(&source, &out, &RUNGS, |event| event["event"] == "segment" && event["track"] == LOW_KEY);
    let events = prepare(&source, &out, &RUNGS);
    assert_eq!(kinds(&events, "track").len(), 1, "{events:?}");
    check_stamps(&Prepared::open(&out, LOW_KEY), 30, 36);

    // What is to be encoded is only looked at.
    let (source, out) = (folder.path("other.mkv"), folder.path("other"));
    support::encoded_sample(&source, 2, SIZE);
    let arguments = prepare_arguments(&source, &out, &RUNGS).into_iter().chain(["--quick".into()]);
    let (events, code) = Worker::start(arguments).finish();
    let order: Vec<_> = events.iter().filter_map(|e| e["event"].as_str()).collect();
    assert_eq!((code, order), (Some(0), vec!["probed", "done"]));
}
