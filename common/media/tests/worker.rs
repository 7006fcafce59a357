//! The worker as a child process: its limits and its end.

mod support;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use support::{RUNGS, Worker, make_source, prepare, prepare_arguments, prepare_fails, sample};

/// Exit code of a worker whose parent has gone.
const ORPHANED: i32 = 3;

/// A source that takes a while.
fn long(dir: &Path) -> PathBuf {
    let path = dir.join("long.mp4");
    make_source("-f lavfi -i testsrc2=size=1280x720:rate=30:duration=60 -c:v libx264 -preset ultrafast", &path);
    path
}

#[test]
fn it_ends_with_its_parent() {
    let dir = tempfile::tempdir().expect("a folder");
    let source = long(dir.path());
    for close_input in [true, false] {
        let out = dir.path().join(format!("out {close_input}"));
        let mut worker = Worker::start(prepare_arguments(&source, &out, &RUNGS));
        assert_eq!(worker.event().expect("an event")["event"], "probed");
        let closed = Instant::now();
        if close_input {
            worker.stdin = None;
        } else {
            worker.close_stdout();
        }
        let code = worker.child.wait().expect("waits").code();
        assert_eq!(code, Some(ORPHANED));
        assert!(closed.elapsed() < Duration::from_secs(5));
    }
}

#[test]
fn it_tells_regularly_that_it_works() {
    let dir = tempfile::tempdir().expect("a folder");
    let source = long(dir.path());
    let mut worker = Worker::start(prepare_arguments(&source, &dir.path().join("out"), &RUNGS));
    let (mut last, mut told, start) = (Instant::now(), 0, Instant::now());
    while let Some(event) = worker.event() {
        assert!(last.elapsed() < Duration::from_secs(2), "silent for {:?} before {event}", last.elapsed());
        last = Instant::now();
        told += usize::from(event["event"] == "progress");
        if start.elapsed() > Duration::from_secs(6) {
            break;
        }
    }
    assert!((4..=35).contains(&told), "{told} progress events in six seconds");
}

#[test]
fn one_worker_at_a_time() {
    let dir = tempfile::tempdir().expect("a folder");
    let (source, out) = (long(dir.path()), dir.path().join("out"));
    let mut first = Worker::start(prepare_arguments(&source, &out, &RUNGS));
    assert_eq!(first.event().expect("an event")["event"], "probed");
    let (kind, reason) = prepare_fails(&source, &out);
    assert_eq!(kind, "busy", "{reason}");
    // One that comes shortly before the first leaves takes over.
    let second = Worker::start(prepare_arguments(&source, &out, &[]));
    std::thread::sleep(Duration::from_millis(300));
    drop(first);
    assert_eq!(second.finish().1, Some(0));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_said_and_nothing_is_half_published() {
    let dir = tempfile::tempdir().expect("a folder");
    let (source, out) = (dir.path().join("lesson.mp4"), dir.path().join("out"));
    sample(&source, 2, "256x144");
    std::fs::create_dir_all(out.join("tracks")).expect("a folder");
    // Writing to /dev/full fails as writing to a full disk does; the worker writes under this name before it publishes.
    let full = out.join("tracks/audio-0.json.tmp");
    std::os::unix::fs::symlink("/dev/full", &full).expect("links");
    let (kind, reason) = prepare_fails(&source, &out);
    assert_eq!(kind, "no_space", "{reason}");
    assert!(reason.contains("disk is full"), "{reason}");
    assert!(!out.join("tracks/audio-0.json").exists());
    prepare(&source, &out, &RUNGS[2..]);
    assert!(out.join("tracks/audio-0.json").exists());
}

#[cfg(unix)]
#[test]
fn too_little_memory_ends_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let source = dir.path().join("lesson.mp4");
    sample(&source, 2, "2560x1440");
    for megabytes in [150u64, 250, 350, 450] {
        let mut arguments = prepare_arguments(&source, &dir.path().join("out"), &["1440p=2560x1440 8000k"]);
        arguments.extend(["--max-memory".into(), (megabytes << 20).to_string().into()]);
        let start = Instant::now();
        let mut worker = Worker::start(arguments);
        let deadline = Duration::from_secs(20);
        let code = loop {
            if let Some(status) = worker.child.try_wait().expect("waits") {
                break status.code();
            }
            assert!(start.elapsed() < deadline, "it hangs with {megabytes} MiB");
            std::thread::sleep(Duration::from_millis(20));
        };
        assert_ne!(code, Some(0), "{megabytes} MiB are too little");
    }
}

#[test]
fn help_is_complete() {
    for command in ["probe", "prepare", "sample"] {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_lectern-media")).args([command, "--help"]).output().expect("runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && text.contains("Example:\n  lectern-media "), "{text}");
    }
}
