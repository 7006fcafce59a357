//! Live, with the real programs: what the instructor publishes is seen by viewers over TCP and UDP, over good lines and bad ones.

use std::process::Stdio;
use std::time::Duration;

use lectern_proto::link::JoinLink;
use lectern_tests::publisher::Publisher;
use lectern_tests::relay::{Condition, Relay};
use lectern_tests::stack::{Stack, client_of, turn, wait_until};
use serde_json::Value;

fn watch(stack: &Stack, link: Option<&JoinLink>, args: &[&str]) -> Value {
    let args = [&["watch", "--live", "pattern", "--quality", "360p"], args].concat();
    let mut command = link.map_or_else(|| stack.client(&args), |link| stack.client_at(link, &args));
    let output = command.stderr(Stdio::inherit()).output().expect("a viewer");
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn number(report: &Value, path: &str) -> f64 {
    report.pointer(path).and_then(Value::as_f64).unwrap_or_else(|| panic!("{path} in {report}"))
}

const PATTERN: &[&str] = &["publish", "--pattern", "--quality", "360p"];

#[test]
fn what_is_published_is_seen_at_once_over_tcp_and_udp() {
    let _turn = turn();
    let stack = Stack::start(&[]).expect("a server");
    let publisher = Publisher::start(&stack, PATTERN).expect("a publisher");
    for transport in ["tcp", "udp"] {
        let report = watch(&stack, None, &["--transport", transport, "--for", "4"]);
        assert_eq!((report["transport"].as_str(), report["height"].as_u64()), (Some(transport), Some(360)), "{report}");
        let (presented, expected) = (number(&report, "/frames/presented"), number(&report, "/frames/expected"));
        assert!(presented >= 90.0 && presented >= 0.9 * expected, "{report}");
        assert_eq!((number(&report, "/frames/corrupt"), number(&report, "/units/lost")), (0.0, 0.0), "{report}");
        // What the pictures say of themselves; a busy machine takes its time.
        assert!((20.0..300.0).contains(&number(&report, "/latency_ms/p50")), "{report}");
    }
    // Many at once, as far as the server is concerned.
    let many = watch(&stack, None, &["--viewers", "20", "--no-decode", "--for", "3", "--transport", "udp"]);
    assert!(number(&many, "/frames/expected/min") >= 60.0 && number(&many, "/units/lost/max") == 0.0, "{many}");
    // Without its publisher the stream ends, and says so.
    let viewer = stack.client(&["watch", "--live", "pattern"]).stdout(Stdio::piped()).spawn().expect("a viewer");
    assert!(wait_until(Duration::from_secs(20), || stack.log().matches("entered").count() >= 24), "{}", stack.log());
    drop(publisher);
    let output = viewer.wait_with_output().expect("a report");
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn a_bad_line_is_repaired_and_a_closed_one_gone_around() {
    let _turn = turn();
    let stack = Stack::start(&[]).expect("a server");
    let _publisher = Publisher::start(&stack, PATTERN).expect("a publisher");
    let bad = Condition { loss: 0.05, jitter: Duration::from_millis(20), reorder: 0.02, held: Duration::from_millis(15), ..Condition::default() };
    let (_relay, link) = Relay::before(&stack, 21, bad).expect("a relay");
    let report = watch(&stack, Some(&link), &["--transport", "udp", "--for", "6"]);
    let (presented, expected) = (number(&report, "/frames/presented"), number(&report, "/frames/expected"));
    assert!(presented >= 0.9 * expected && expected >= 120.0, "{report}");
    assert!(number(&report, "/units/repaired") > 5.0, "{report}");
    assert_eq!(number(&report, "/frames/corrupt"), 0.0, "{report}");
    drop(_relay);
    let (_relay, link) = Relay::without_udp(&stack, 22, Condition::default()).expect("a relay");
    let report = watch(&stack, Some(&link), &["--for", "4"]);
    assert_eq!(report["transport"].as_str(), Some("tcp"), "{report}");
    assert!(number(&report, "/frames/presented") > 30.0, "{report}");
}

#[test]
fn where_asking_again_takes_too_long_parity_restores_what_the_air_loses() {
    let _turn = turn();
    let far = Condition { loss: 0.05, delay: Duration::from_millis(150), ..Condition::default() };
    let over = |settings: &[&str]| {
        let stack = Stack::start(settings).expect("a server");
        let _publisher = Publisher::start(&stack, PATTERN).expect("a publisher");
        let (_relay, link) = Relay::before(&stack, 25, far).expect("a relay");
        let report = watch(&stack, Some(&link), &["--transport", "udp", "--for", "12"]);
        assert_eq!((report["transport"].as_str(), number(&report, "/frames/corrupt")), (Some("udp"), 0.0), "{report}");
        assert!(number(&report, "/frames/expected") >= 240.0, "{report}");
        report
    };
    let (without, with) = (over(&["limits.parity=0"]), over(&[]));
    let missing = |report: &Value| number(report, "/units/lost") + number(report, "/units/skipped");
    assert!(number(&without, "/units/restored") == 0.0 && number(&with, "/units/restored") >= 8.0, "{without}\n{with}");
    assert!(missing(&without) >= 30.0 && missing(&with) * 2.0 <= missing(&without), "{without}\n{with}");
    println!("lost or left out of {}: {} without parity, {} with it", number(&with, "/frames/expected"), missing(&without), missing(&with));
}

#[test]
fn a_lower_rung_is_made_while_somebody_watches_it() {
    let _turn = turn();
    let stack = Stack::start(&[]).expect("a server");
    let _publisher = Publisher::start(&stack, PATTERN);
    assert!(!stack.log().contains("a lower rung is made"), "nobody watches it: {}", stack.log());
    for transport in ["tcp", "udp"] {
        let report = stack.client_json(&["watch", "--live", "pattern", "--quality", "180p", "--transport", transport, "--for", "5"]).expect("a viewer");
        assert_eq!(
            (report["height"].as_u64(), report["transport"].as_str(), report["rungs"][0]["name"].as_str()),
            (Some(180), Some(transport), Some("180p")),
            "{report}"
        );
        let (presented, expected) = (number(&report, "/frames/presented"), number(&report, "/frames/expected"));
        assert!(presented >= 60.0 && presented >= 0.9 * expected, "{report}");
        assert_eq!((number(&report, "/frames/corrupt"), number(&report, "/units/lost")), (0.0, 0.0), "{report}");
        assert!((20.0..400.0).contains(&number(&report, "/latency_ms/p50")), "{report}");
    }
    assert_eq!(stack.log().matches("a lower rung is made").count(), 1, "one worker for both, who came soon after each other: {}", stack.log());
}

#[test]
fn a_slow_line_gets_a_lower_rung_and_a_good_one_the_highest() {
    let _turn = turn();
    let stack = Stack::start(&[]).expect("a server");
    let clip = stack.path("busy.mp4");
    lectern_tests::clip::ffmpeg(&["-f", "lavfi", "-i", "testsrc2=size=640x360:rate=30:duration=60,noise=alls=12:allf=t"], &clip).expect("a clip");
    let _publisher = Publisher::start(&stack, &["publish", "--camera", &clip.to_string_lossy(), "--quality", "360p"]);
    for transport in ["tcp", "udp"] {
        // Below the 700 kbit/s of the publisher, above the 200 of the rung below it.
        let slow = Condition { rate_bps: Some(400_000), queue_bytes: 16 * 1024, ..Condition::default() };
        let (_relay, link) = Relay::before(&stack, 24, slow).expect("a relay");
        let mut slow = stack.client_at(&link, &["watch", "--live", "camera", "--transport", transport, "--for", "20"]);
        let slow = slow.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().expect("a viewer");
        let good = client_of(&stack.join(), "ben", &["watch", "--live", "camera", "--for", "18"]).stdout(Stdio::piped()).spawn().expect("another");
        // The instructor sees who has trouble, and why.
        let mut viewers = Value::Null;
        let told = wait_until(Duration::from_secs(18), || {
            let output = client_of(&stack.instructor(), "Mr Lee", &["people", "--live"]).output().expect("an instructor");
            viewers = serde_json::from_slice(&output.stdout).expect("JSON");
            let trouble = |name: &str| {
                let all = viewers["viewers"].as_array()?;
                Some(all.iter().find(|v| v["name"] == name)?["trouble"].as_str().unwrap_or("none").to_owned())
            };
            // A busy machine may trouble both, but only one of the lines does.
            let is_line = |trouble: &str| trouble.contains("line");
            trouble("ana").is_some_and(|t| is_line(&t)) && trouble("ben").is_some_and(|t| !is_line(&t))
        });
        assert!(told, "over {transport}: {viewers}");
        let output = slow.wait_with_output().expect("a viewer");
        assert!(good.wait_with_output().expect("another").status.success());
        let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let rungs: Vec<_> = report["rungs"].as_array().expect("rungs").iter().map(|r| r["name"].as_str().unwrap_or_default().to_owned()).collect();
        assert_eq!(rungs.iter().take(2).map(String::as_str).collect::<Vec<_>>(), ["360p", "180p"], "{report}");
        assert!(number(&report, "/frames/presented") >= 200.0, "{report}");
        assert_eq!(number(&report, "/frames/corrupt"), 0.0, "{report}");
        assert!(report["reason"].as_str().is_some_and(|r| r.contains("line")), "{report}");
    }
    let good = stack.client_json(&["watch", "--live", "camera", "--for", "5"]).expect("a viewer");
    assert_eq!((good["rungs"].as_array().map(Vec::len), good["height"].as_u64()), (Some(1), Some(360)), "{good}");
}

/// The tone of a recording, in Hz, and its longest silence, both without the first half second.
fn heard(path: &std::path::Path) -> (f64, Duration) {
    let bytes = std::fs::read(path).expect("a recording");
    let samples: Vec<i16> = bytes[44..].chunks_exact(4).map(|f| i16::from_le_bytes([f[0], f[1]])).skip(24_000).collect();
    assert!(samples.len() > 2 * 48_000, "{} samples", samples.len());
    let crossings = samples.windows(2).filter(|w| w[0] < 0 && w[1] >= 0).count();
    let silence = samples.split(|s| s.unsigned_abs() >= 3).map(<[i16]>::len).max().unwrap_or(0);
    (crossings as f64 * 48_000.0 / samples.len() as f64, Duration::from_secs_f64(silence as f64 / 48_000.0))
}

#[test]
fn a_podcast_is_heard_as_it_was_sent_and_stopped_by_the_instructor() {
    let _turn = turn();
    let stack = Stack::start(&[]).expect("a server");
    let tone = stack.path("tone.wav");
    lectern_tests::clip::ffmpeg(&["-f", "lavfi", "-i", "sine=frequency=523:duration=60"], &tone).expect("a tone");
    let mut publisher = Publisher::start(&stack, &["podcast", "start", "--file", &tone.to_string_lossy()]).expect("a publisher");
    let list = stack.client_json(&["podcast", "list"]).expect("a list");
    assert_eq!((list["podcasts"][0]["name"].as_str(), list["podcasts"][0]["by"].as_str()), (Some("podcast"), Some("Ms Kim")), "{list}");
    for transport in ["udp", "tcp"] {
        let out = stack.path("out.wav");
        let report =
            stack.client_json(&["listen", "--silent", "--transport", transport, "--for", "4", "--record", &out.to_string_lossy()]).expect("a listener");
        let (tone, silence) = heard(&out);
        assert!((tone - 523.0).abs() < 3.0 && silence < Duration::from_millis(30), "{tone} Hz, {silence:?} of silence, {report}");
        assert_eq!((report["transport"].as_str(), number(&report, "/packets/concealed")), (Some(transport), 0.0), "{report}");
    }
    let (_relay, link) = Relay::before(&stack, 23, Condition { loss: 0.05, jitter: Duration::from_millis(20), ..Condition::default() }).expect("a relay");
    let out = stack.path("bad.wav");
    let mut listener = stack.client_at(&link, &["listen", "--silent", "--transport", "udp", "--for", "4", "--record", &out.to_string_lossy()]);
    let report: Value = serde_json::from_slice(&listener.output().expect("a listener").stdout).expect("JSON");
    let (tone, silence) = heard(&out);
    assert!((tone - 523.0).abs() < 3.0 && silence < Duration::from_millis(30), "over a bad line: {tone} Hz, {silence:?} of silence, {report}");
    let stopped = client_of(&stack.instructor(), "Mr Lee", &["podcast", "stop"]).output().expect("an instructor");
    assert!(stopped.status.success(), "{stopped:?}");
    assert!(wait_until(Duration::from_secs(10), || publisher.0.try_wait().is_ok_and(|ended| ended.is_some())), "it goes on");
    assert_eq!(publisher.0.wait().ok().and_then(|s| s.code()), Some(0));
}

#[test]
fn a_video_file_stands_for_a_camera() {
    let _turn = turn();
    let stack = Stack::start(&[]).expect("a server");
    let clip = stack.path("camera.mp4");
    lectern_tests::clip::test_clip(&clip, 20, "640x360").expect("a clip");
    let _publisher = Publisher::start(&stack, &["publish", "--camera", &clip.to_string_lossy(), "--quality", "360p"]).expect("a publisher");
    let output = stack.client(&["watch", "--live", "camera", "--for", "4"]).output().expect("a viewer");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    assert!(number(&report, "/frames/presented") > 40.0 && number(&report, "/frames/corrupt") == 0.0, "{report}");
    assert_eq!((number(&report, "/width"), number(&report, "/height")), (640.0, 360.0), "{report}");
}

#[test]
fn who_may_not_publish_and_what_does_not_run_is_told_in_words() {
    let _turn = turn();
    let stack = Stack::start(&[]).expect("a server");
    let student = stack.client(&["publish", "--pattern", "--for", "2"]).output().expect("a student");
    let words = String::from_utf8_lossy(&student.stderr);
    assert!(!student.status.success() && words.contains("instructor"), "{words}");
    let nothing = stack.client(&["watch", "--live", "camera", "--for", "1"]).output().expect("a viewer");
    let words = String::from_utf8_lossy(&nothing.stderr);
    assert!(nothing.status.code() == Some(1) && words.contains("no stream `camera` runs"), "{words}");
    let rung = client_of(&stack.instructor(), "Ms Kim", &["publish", "--pattern", "--quality", "8k"]).output().expect("an instructor");
    assert_eq!(rung.status.code(), Some(2), "{}", String::from_utf8_lossy(&rung.stderr));
}
