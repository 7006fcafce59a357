//! Recording with the real programs: from a live stream into the catalogue, and what a killed server leaves.

use std::time::Duration;

use lectern_tests::publisher::Publisher;
use lectern_tests::stack::{Stack, client_of, text, turn, wait_until};
use serde_json::Value;

/// An instructor who publishes a pattern with a tone.
fn publisher(stack: &Stack) -> Publisher {
    Publisher::start(stack, &["publish", "--pattern", "--sound", "--quality", "360p"]).expect("a publisher")
}

fn record(stack: &Stack, args: &[&str]) -> Value {
    let args = [&["record"], args].concat();
    let output = client_of(&stack.instructor(), "Ms Kim", &args).output().expect("an instructor");
    assert!(output.status.success(), "{}", text(&output));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Names in the folder of videos.
fn files(stack: &Stack) -> Vec<String> {
    let entries = std::fs::read_dir(stack.videos()).expect("a folder");
    entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect()
}

/// The recorded video once it is ready.
fn recorded(stack: &Stack) -> Value {
    let is_ready = |all: &[Value]| all.iter().any(|v| v["state"] == "ready" && v["title"].as_str().is_some_and(|t| t.starts_with("pattern ")));
    let all = stack.catalogue(Duration::from_secs(60), is_ready).unwrap_or_else(|e| panic!("{e}: {}", stack.log()));
    all.into_iter().find(|v| v["state"] == "ready").expect("it is there")
}

#[test]
fn what_is_recorded_becomes_a_video_and_nothing_is_written_before() {
    let _turn = turn();
    let stack = Stack::start(&[]).expect("a server");
    let _publishing = publisher(&stack);
    assert_eq!(files(&stack), Vec::<String>::new(), "nothing before it is ordered");
    let student = stack.client(&["record", "start", "pattern"]).output().expect("a student");
    assert_eq!(student.status.code(), Some(3), "{}", text(&student));
    assert_eq!(record(&stack, &["start", "pattern"])["recorded"][0], "pattern");
    // Everybody sees that it runs, and it goes on without the program that ordered it.
    let seen = stack.client_json(&["record", "list"]).expect("a list");
    assert_eq!(seen["recorded"][0], "pattern");
    std::thread::sleep(Duration::from_secs(5));
    assert_eq!(record(&stack, &["stop", "pattern"])["recorded"].as_array().map(Vec::len), Some(0));
    let video = recorded(&stack);
    assert_eq!((video["width"].as_u64(), video["height"].as_u64()), (Some(640), Some(360)), "{video}");
    let seconds = video["duration_s"].as_f64().expect("a duration");
    assert!((4.0..20.0).contains(&seconds), "{video}");
    // It plays like every other, with its sound.
    let id = video["id"].as_str().expect("an id");
    let report = stack.client_json(&["watch", "--video", id, "--quality", "360p", "--for", "3"]).expect("a viewer");
    assert!(report["frames"]["presented"].as_f64().is_some_and(|n| n >= 60.0), "{report}");
    assert_eq!(report["frames"]["corrupt"].as_f64(), Some(0.0), "{report}");
    let probe = std::process::Command::new("ffprobe")
        .args(["-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0"])
        .arg(stack.videos().join(files(&stack).first().expect("a file")))
        .output()
        .expect("ffprobe");
    assert_eq!(String::from_utf8_lossy(&probe.stdout).split_whitespace().collect::<Vec<_>>(), ["h264", "opus"], "{}", text(&probe));
}

#[test]
fn a_killed_server_keeps_a_recording_up_to_its_last_seconds() {
    let _turn = turn();
    let mut stack = Stack::start(&[]).expect("a server");
    let publishing = publisher(&stack);
    record(&stack, &["start", "pattern"]);
    let part = |stack: &Stack| files(stack).into_iter().find(|f| f.ends_with(".lectern-recording.part"));
    let size = |stack: &Stack| part(stack).and_then(|f| std::fs::metadata(stack.videos().join(f)).ok()).map_or(0, |m| m.len());
    assert!(wait_until(Duration::from_secs(30), || size(&stack) > 100_000), "{:?}", files(&stack));
    stack.kill();
    // What is in the folder beside it belongs to the teacher.
    let download = stack.videos().join("half of a download.mkv.part");
    std::fs::write(&download, b"half").expect("a file");
    drop(publishing);
    assert!(part(&stack).is_some(), "{:?}", files(&stack));
    stack.run().expect("starts again");
    let video = recorded(&stack);
    assert!(part(&stack).is_none(), "{:?}", files(&stack));
    assert_eq!(std::fs::read(&download).ok().as_deref(), Some(b"half".as_slice()), "{:?}", files(&stack));
    assert!(video["duration_s"].as_f64().is_some_and(|s| s >= 2.0), "{video}");
}
