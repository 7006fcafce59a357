//! A worker that is killed goes on where it was.

mod support;

use lectern_proto::manifest::Segment;
use std::cell::Cell;
use std::f64::consts::TAU;
use std::path::Path;
use support::{Prepared, RUNGS, check_stamps, encoded_sample, kill_at, kill_when, make_source, prepare};

/// The segments in a journal.
fn journal(out: &Path, key: &str) -> Vec<Segment> {
    let text = std::fs::read_to_string(out.join("journal").join(format!("{key}.jsonl"))).unwrap_or_default();
    text.lines().skip(1).filter_map(|l| serde_json::from_str(l).ok()).collect()
}

#[test]
fn a_killed_worker_continues_its_pictures() {
    let dir = tempfile::tempdir().expect("a folder");
    let (source, out) = (dir.path().join("lesson.mp4"), dir.path().join("out"));
    encoded_sample(&source, 16, "1280x720");
    let keys = ["video-1280x720-2500000", "video-640x360-800000", "video-256x144-200000"];
    for share in [0.4, 0.7] {
        kill_at(&source, &out, &RUNGS, share);
        assert!(keys.iter().all(|k| !out.join("tracks").join(format!("{k}.json")).exists()), "nothing half-published");
    }
    let before = keys.map(|k| journal(&out, k));
    assert!(before.iter().all(|j| j.len() >= 2), "{before:?}");
    // A torn last line counts for nothing.
    let torn = out.join("journal").join(format!("{}.jsonl", keys[0]));
    let text = std::fs::read(&torn).expect("reads");
    std::fs::write(&torn, &text[..text.len() - 5]).expect("writes");
    // Nor does an object that is not whole.
    let cut = out.join("objects").join(before[2].last().expect("a segment").chunk.expect("prepared").to_string());
    std::fs::write(&cut, b"half").expect("writes");

    let events = prepare(&source, &out, &RUNGS);
    let first = events.iter().filter(|e| e["event"] == "progress").nth(1).expect("progress");
    assert!(first["done_us"].as_f64().expect("a number") > 3e6, "it went on: {first}");
    for (key, before) in keys.iter().zip(&before) {
        let rung = Prepared::open(&out, key);
        check_stamps(&rung, 30, 16);
        assert_eq!(rung.track.segments[..before.len() - 1], before[..before.len() - 1], "what was there is kept");
        assert!(!out.join("journal").join(format!("{key}.jsonl")).exists());
    }
}

#[test]
fn a_source_without_an_index_is_continued_too() {
    let dir = tempfile::tempdir().expect("a folder");
    let (source, out) = (dir.path().join("lesson.ts"), dir.path().join("out"));
    encoded_sample(&source, 12, "640x360");
    let rungs = ["360p=640x360 800k"];
    // What is told of progress is decoded; a segment is there when it is told.
    let segments = Cell::new(0);
    kill_when(&source, &out, &rungs, |event| {
        segments.set(segments.get() + u32::from(event["event"] == "segment" && event["track"] == "video-640x360-800000"));
        segments.get() == 2
    });
    let before = journal(&out, "video-640x360-800000");
    assert!(before.len() >= 2, "{before:?}");
    prepare(&source, &out, &rungs);
    let rung = Prepared::open(&out, "video-640x360-800000");
    check_stamps(&rung, 30, 12);
    assert_eq!(rung.track.segments[..before.len() - 1], before[..before.len() - 1]);
}

#[test]
fn a_killed_worker_continues_its_sound_without_a_click() {
    let dir = tempfile::tempdir().expect("a folder");
    let (source, out) = (dir.path().join("tone.wav"), dir.path().join("out"));
    make_source("-f lavfi -i sine=frequency=440:sample_rate=48000:duration=120 -ac 2 -c:a pcm_s16le", &source);
    kill_at(&source, &out, &[], 0.5);
    let before = journal(&out, "audio-0");
    assert!(before.len() >= 3 && before.len() < 60, "{}", before.len());
    prepare(&source, &out, &[]);
    let track = Prepared::open(&out, "audio-0");
    assert_eq!(track.track.segments[..before.len()], before[..]);
    let sound = track.sound();
    assert!((sound.len() as i64 - 120 * 48_000).abs() <= 2048, "{} samples", sound.len());

    let whole = dir.path().join("whole");
    prepare(&source, &whole, &[]);
    let (usual, _) = residue(&Prepared::open(&whole, "audio-0").sound());
    let (worst, at) = residue(&sound);
    assert!(worst < usual * 1.1 + 0.002, "off by {worst} at {at} s, usually by {usual}");
}

/// How far the sound is at worst from the source's tone, and when: a click or a shift would stand out.
fn residue(sound: &[f32]) -> (f64, f64) {
    let differences = sound.iter().enumerate().skip(4096).take(119 * 48_000).map(|(i, s)| {
        let time = i as f64 / 48_000.0;
        ((f64::from(*s) - 0.125 * (TAU * 440.0 * time).sin()).abs(), time)
    });
    differences.max_by(|a, b| a.0.total_cmp(&b.0)).expect("samples")
}
