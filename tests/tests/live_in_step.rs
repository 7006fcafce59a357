//! Pictures and sound of a live stream stay together, also for a viewer whose line makes it adapt; and they come out of the device that
//! was chosen, as late as was set for it.

use std::process::{Output, Stdio};
use std::time::Duration;

use lectern_tests::desk::{Desk, strength};
use lectern_tests::lip_sync;
use lectern_tests::publisher::Publisher;
use lectern_tests::relay::{Condition, Relay};
use lectern_tests::sound_server::Server;
use lectern_tests::stack::{PASSWORD, Stack, text, turn, wait_until};
use serde_json::Value;

const SCREEN: (u32, u32) = (640, 480);
/// What nobody sees (ITU-R BT.1359-1).
const LIP_SYNC_MS: f64 = 40.0;
/// The tone below the beeps of the test pattern.
const TONE_HZ: f64 = 440.0;

fn pattern(stack: &Stack) -> Publisher {
    Publisher::start(stack, &["publish", "--pattern", "--sound", "--quality", "360p"]).expect("a publisher")
}

fn jitter(ms: u64) -> Condition {
    Condition { jitter: Duration::from_millis(ms), ..Condition::default() }
}

fn report(output: &Output) -> Value {
    assert!(output.status.success(), "{}", text(output));
    serde_json::from_slice(&output.stdout).expect("a report")
}

fn number(report: &Value, path: &str) -> f64 {
    report.pointer(path).and_then(Value::as_f64).unwrap_or_else(|| panic!("{path} in {report}"))
}

/// The line gets worse, so that the viewer needs more time than the others, and better again; pictures go with the sound all the way.
#[test]
fn a_viewer_that_adapts_keeps_pictures_and_sound_together() {
    let _turn = turn();
    let stack = Stack::start(&[]).expect("a server");
    let _publisher = pattern(&stack);
    let (relay, link) = Relay::before(&stack, 41, jitter(5)).expect("a relay");
    let mut viewer = stack.client_at(&link, &["watch", "--live", "pattern", "--for", "16"]);
    let child = viewer.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a viewer");
    relay.schedule([(4, 90), (8, 20), (12, 90)].map(|(s, ms)| (Duration::from_secs(s), jitter(ms))).into()).expect("scheduled");
    let report = report(&child.wait_with_output().expect("its end"));
    println!("{report}");
    assert!(number(&report, "/av_skew_ms/p95") <= LIP_SYNC_MS, "{report}");
    assert!(number(&report, "/latency_ms/p95") > 60.0, "it did not have to adapt: {report}");
    assert!(number(&report, "/frames/presented") > 300.0, "{report}");
}

#[test]
fn from_outside_flash_and_beep_come_together_while_the_line_jitters() {
    let _turn = turn();
    let stack = Stack::start(&["rooms.together=off"]).expect("a server");
    let _publisher = pattern(&stack);
    let (relay, link) = Relay::before(&stack, 42, jitter(20)).expect("a relay");
    let desk = Desk::new(SCREEN.0, SCREEN.1, true).expect("a desk");
    let _window = desk.window(&["--join", &link.to_string(), "--name", "ana", "--password", PASSWORD]).expect("a window");
    let worse = || relay.set(jitter(80));
    let seen = lip_sync::measure(&desk, SCREEN, Duration::from_secs(14), worse).expect("flash and beep");
    let [least, median] = [4, 2].map(|part| seen.skews_ms[seen.skews_ms.len() / part]);
    println!("flash after beep, in ms: {:.1?}, a quarter within {least:.1}, median {median:.1}", seen.skews_ms);
    // Painting without a graphics card shows a picture later when the machine is busy, and never earlier.
    assert!(seen.skews_ms.len() >= 6 && least.abs() <= LIP_SYNC_MS && seen.skews_ms[0] > -LIP_SYNC_MS, "{:?}", seen.skews_ms);
}

/// A device besides the first.
fn add_hall(sound: &Server) -> String {
    let mut pactl = Server::command("pactl", sound.dir.path());
    let output = pactl.args(["load-module", "module-null-sink", "sink_name=hall", "sink_properties=device.description=Lecture-Hall", "rate=48000"]).output();
    let output = output.expect("pactl is installed; run `make deps-test`");
    assert!(output.status.success(), "{}", text(&output));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// How strong a tone is behind a device, over half a second.
fn heard(sound: &Server, device: &str, hz: f64) -> f64 {
    let mut recorder = Server::command("parec", sound.dir.path());
    recorder.arg(format!("--device={device}.monitor")).args(["--rate=48000", "--channels=1", "--format=float32le", "--raw", "--latency-msec=20"]);
    let mut child = recorder.stdout(Stdio::piped()).spawn().expect("parec is installed; run `make deps-test`");
    let mut bytes = vec![0; 24_000 * 4];
    let read = std::io::Read::read_exact(&mut child.stdout.take().expect("a pipe"), &mut bytes);
    let _ = child.kill();
    let _ = child.wait();
    read.expect("a recording");
    let samples: Vec<f32> = bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
    strength(&samples, hz)
}

#[test]
fn what_is_heard_comes_out_of_the_device_that_was_chosen() {
    let _turn = turn();
    let (stack, video) = Stack::with_lesson(40, "640x360").expect("a server with the lesson");
    let _publisher = pattern(&stack);
    let sound = Server::start();
    let _hall = add_hall(&sound);
    let soon = Duration::from_secs(20);
    let stored = ["watch", "--video", &video, "--quality", "144p", "--sound"];
    let ways: [(&[&str], f64); 3] =
        [(&["listen", "--podcast", "pattern"], TONE_HZ), (&["watch", "--live", "pattern", "--sound"], TONE_HZ), (&stored, lip_sync::BEEP_HZ)];
    // By its name for people, by a part of it, and by the system's own.
    for ((way, hz), name) in ways.into_iter().zip(["Lecture-Hall", "lecture", "hall"]) {
        let mut command = stack.client(&[way, &["--for", "30", "--output", name, "--trim", "-50"]].concat());
        let child = command.envs(Server::environment(sound.dir.path())).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a program");
        let ends = lectern_tests::publisher::Publisher(child);
        assert!(wait_until(soon, || heard(&sound, "hall", hz) > 0.005), "{way:?} is not heard in the hall");
        assert!(heard(&sound, "ear", hz) < 1e-4, "{way:?} is heard elsewhere too");
        drop(ends);
    }
    let mut command = stack.client(&["listen", "--podcast", "pattern", "--output", "Cellar"]);
    let output = command.envs(Server::environment(sound.dir.path())).output().expect("a program");
    let words = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{words}");
    assert!(words.contains("`Cellar`") && words.contains("Lecture-Hall"), "{words}");
}

/// It goes on where the system plays, and says why.
#[test]
fn a_device_that_vanishes_is_replaced_until_it_is_there_again() {
    let _turn = turn();
    let (stack, video) = Stack::with_lesson(40, "640x360").expect("a server with the lesson");
    let _publisher = pattern(&stack);
    let stored = ["watch", "--video", &video, "--quality", "144p", "--sound"];
    for (way, hz) in [(&["listen", "--podcast", "pattern"][..], TONE_HZ), (&stored, lip_sync::BEEP_HZ)] {
        let sound = Server::start();
        let hall = add_hall(&sound);
        let mut command = stack.client(&[way, &["--for", "90", "--output", "Lecture-Hall"]].concat());
        let child = command.envs(Server::environment(sound.dir.path())).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a program");
        let soon = Duration::from_secs(20);
        assert!(wait_until(soon, || heard(&sound, "hall", hz) > 0.005), "it plays in the hall");
        // Longer than a device that is lost as soon as it was opened.
        assert!(!wait_until(Duration::from_secs(6), || heard(&sound, "ear", hz) > 1e-4), "and nowhere else");
        let before = sound.inputs();
        assert!(sound.pactl(&["unload-module", &hall]), "the hall is pulled out");
        // The sound server moves what plays without a word; the program sees that its device is gone, and opens the other one itself.
        assert!(wait_until(soon, || sound.inputs().iter().any(|input| !before.contains(input))), "the other device is not opened");
        assert!(wait_until(soon, || heard(&sound, "ear", hz) > 0.005), "it goes on with the other device");
        add_hall(&sound);
        assert!(wait_until(soon, || heard(&sound, "hall", hz) > 0.005), "it plays in the hall again");
        assert!(wait_until(soon, || heard(&sound, "ear", hz) < 1e-4), "and nowhere else");
        lectern_tests::stack::signal(child.id(), libc::SIGINT);
        let output = child.wait_with_output().expect("its end");
        let report = report(&output);
        assert!(way[0] == "watch" || report["device"] == "Lecture-Hall", "{report}");
        assert!(!String::from_utf8_lossy(&output.stderr).contains("not connected"), "{}", text(&output));
    }
}
