//! Recording with the real programs: from a live stream into the catalogue, and what a killed server leaves.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use lectern::class::{Class, ClassState, JoinRequest, StreamError};
use lectern::live::{Choice, Pictures, Published};
use lectern_proto::control::Refusal;
use lectern_proto::rung::RungSpec;
use lectern_tests::publisher::Publisher;
use lectern_tests::stack::{PASSWORD, Stack, bin, client_of, text, turn, wait_until};
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
fn a_viewer_writes_what_it_watches() {
    let _turn = turn();
    let stack = Stack::start(&[]).expect("a server");
    let _publishing = publisher(&stack);
    let file = stack.path("watched.mkv");
    let report = stack.client_json(&["watch", "--live", "pattern", "--for", "6", "--record", &file.to_string_lossy()]).expect("a viewer");
    assert!(report["frames"]["presented"].as_f64().is_some_and(|n| n >= 90.0), "{report}");
    let probe = |what: &str| {
        let mut ffprobe = std::process::Command::new("ffprobe");
        let output = ffprobe.args(["-v", "error", "-show_entries", what, "-of", "csv=p=0"]).arg(&file).output().expect("ffprobe");
        assert!(output.status.success() && output.stderr.is_empty(), "{}", text(&output));
        String::from_utf8_lossy(&output.stdout).split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(probe("stream=codec_name"), ["h264", "opus"]);
    let seconds: f64 = probe("format=duration")[0].parse().expect("a duration");
    assert!((3.0..9.0).contains(&seconds), "{seconds}");
    decodes(&file);
    // Where nothing can be written that is said at once.
    let nowhere = stack.client(&["watch", "--live", "pattern", "--for", "2", "--record", "/nowhere/at-all.mkv"]).output().expect("a viewer");
    assert!(!nowhere.status.success() && text(&nowhere).contains("Choose a folder that you may write to"), "{}", text(&nowhere));
}

/// Every picture and every packet of a file can be decoded. Times are those of the file: a camera's pictures come when they come.
fn decodes(file: &Path) {
    let mut ffmpeg = std::process::Command::new("ffmpeg");
    let decoded = ffmpeg
        .args(["-v", "error", "-xerror", "-i"])
        .arg(file)
        .args(["-fps_mode", "passthrough", "-enc_time_base", "-1", "-f", "null", "-"])
        .output()
        .expect("ffmpeg");
    assert!(decoded.status.success() && decoded.stderr.is_empty(), "{}", text(&decoded));
}

#[test]
fn a_stored_video_is_written_as_it_is_watched_across_its_resolutions() {
    let _turn = turn();
    let (stack, video) = Stack::with_lesson(12, "1280x720").expect("a server with a lesson");
    let file = stack.path("lesson.mkv");
    let report = stack.client_json(&["watch", "--video", &video, "--quality", "thirds", "--record", &file.to_string_lossy()]).expect("a viewer");
    let mut ffprobe = std::process::Command::new("ffprobe");
    let output =
        ffprobe.args(["-v", "error", "-show_entries", "frame=width,pts_time", "-select_streams", "v", "-of", "csv=p=0"]).arg(&file).output().expect("ffprobe");
    assert!(output.status.success() && output.stderr.is_empty(), "{}", text(&output));
    let frames: Vec<(f64, u32)> = String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| line.trim_end_matches(',').split_once(',').expect("two fields"))
        .map(|(at, width)| (at.parse().expect("a time"), width.parse().expect("a width")))
        .collect();
    assert_eq!(frames.len(), 360, "{report}");
    assert!(frames.windows(2).all(|w| ((w[1].0 - w[0].0) * 30.0 - 1.0).abs() < 0.1), "every picture in its time");
    let mut widths: Vec<u32> = frames.iter().map(|f| f.1).collect();
    widths.dedup();
    assert_eq!(widths, [256, 1280], "the last third has the size of the source: {report}");
    decodes(&file);
    let odd = stack.client(&["watch", "--video", &video, "--no-decode", "--record", &file.to_string_lossy()]).output().expect("a viewer");
    assert_eq!(odd.status.code(), Some(2), "{}", text(&odd));
}

#[test]
fn a_student_is_recorded_after_a_yes_and_until_it_is_taken_back() {
    let _turn = turn();
    let stack = Stack::start(&[]).expect("a server");
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    let request = JoinRequest { link: stack.join().parse().expect("a link"), name: "Ana".into(), password: Some(PASSWORD.into()), account: None, store: None };
    let ana = Class::join(runtime.handle(), request, Arc::new(|| ()));
    runtime.block_on(ana.joined()).unwrap_or_else(|why| panic!("{why}; {}", stack.log()));
    let until = |wanted: &dyn Fn(&ClassState) -> bool| {
        let seen = runtime.block_on(async { tokio::time::timeout(Duration::from_secs(20), ana.wait_for(wanted)).await });
        assert!(matches!(seen, Ok(Ok(_))), "{:?}; {}", ana.state().floor, stack.log());
    };
    let stage = client_of(&stack.instructor(), "Ms Kim", &["stage", "--give", "Ana"]).output().expect("an instructor");
    assert!(stage.status.success(), "{}", text(&stage));
    let rung = RungSpec { name: "360p".into(), box_width: 640, box_height: 360, bitrate_bps: 700_000 };
    let source = Choice { pictures: Some(Pictures::Pattern), inset: None, sound: None, push_to_talk: false, rung, rate: 15 }.source(bin("lectern-media"), None);
    let mut publisher = ana.start_publishing(source);
    assert_eq!(runtime.block_on(publisher.live()), Ok(()), "{}", stack.log());
    let Published::Live(stream) = publisher.state().stage else { panic!("it is live") };
    // An instructor's wish alone writes nothing.
    let wish = record(&stack, &["start", "pattern"]);
    assert_eq!((&wish["recorded"], &wish["asked"]), (&serde_json::json!([]), &serde_json::json!(["pattern"])), "{wish}");
    until(&|s| s.floor.recording_asked(stream) == Some(false));
    let allow = |allowed| runtime.block_on(ana.allow_recording(stream, allowed));
    assert_eq!(allow(false), Ok(()));
    until(&|s| s.floor.recording_asked(stream) == Some(true));
    assert_eq!(record(&stack, &["list"])["declined"][0], "pattern");
    assert_eq!(files(&stack), Vec::<String>::new(), "she said no");
    // Nobody else can say yes for her.
    let ms_kim = JoinRequest { link: stack.instructor().parse().expect("a link"), name: "Ms Kim".into(), password: None, account: None, store: None };
    let ms_kim = Class::join(runtime.handle(), ms_kim, Arc::new(|| ()));
    runtime.block_on(ms_kim.joined()).expect("an instructor");
    assert_eq!(runtime.block_on(ms_kim.allow_recording(stream, true)), Err(StreamError::Refused(Refusal::NotAllowed)));
    // A changed mind, and everybody sees that it runs.
    assert_eq!(allow(true), Ok(()));
    until(&|s| s.floor.recorded == [stream] && s.floor.recording_asked.is_empty());
    let part = || files(&stack).into_iter().find(|f| f.ends_with(".lectern-recording.part"));
    let size = || part().and_then(|f| std::fs::metadata(stack.videos().join(f)).ok()).map_or(0, |m| m.len());
    assert!(wait_until(Duration::from_secs(30), || size() > 60_000), "{:?}", files(&stack));
    // Taken back, the recording ends there; the stream goes on.
    assert_eq!(allow(false), Ok(()));
    until(&|s| s.floor.recorded.is_empty() && s.floor.recording_asked(stream) == Some(true));
    assert!(wait_until(Duration::from_secs(10), || part().is_none() && files(&stack).len() == 1), "{:?}", files(&stack));
    let length = |stack: &Stack| std::fs::metadata(stack.videos().join(&files(stack)[0])).map_or(0, |m| m.len());
    let ended = length(&stack);
    assert!(ana.state().stream("pattern").is_some());
    assert!(recorded(&stack)["duration_s"].as_f64().is_some_and(|s| s >= 1.0));
    assert_eq!(length(&stack), ended, "nothing more is written");
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
