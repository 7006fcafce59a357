//! The window as a person has it: a real one on a real screen, with real sound, looked at and listened to from outside.

use std::time::Duration;

use lectern_tests::desk::{Desk, samples};
use lectern_tests::stack::{PASSWORD, Stack, turn, wait_until};

const SCREEN: (u32, u32) = (1280, 800);

#[test]
fn the_keyboard_pauses_mutes_and_jumps() {
    let _turn = turn();
    let (stack, video) = Stack::with_lesson(40, "640x360").expect("a server with the lesson");
    let desk = Desk::new(SCREEN.0, SCREEN.1, true).expect("a desk");
    let mut link = stack.link().expect("a link");
    link.video = Some(video);
    let window = desk.window(&["--join", &link.to_string(), "--name", "ana", "--password", PASSWORD]).expect("a window");
    let loudness = |ms: u64| {
        let sound = desk.listen().expect("a microphone");
        std::thread::sleep(Duration::from_millis(ms));
        let heard = samples(&sound.finish().expect("a recording"));
        heard.iter().map(|(_, s)| s.abs()).fold(0.0, f32::max)
    };
    assert!(wait_until(Duration::from_secs(20), || loudness(1_200) > 0.05), "it plays and is heard");
    window.key("space").expect("a key");
    assert!(wait_until(Duration::from_secs(10), || loudness(1_200) < 0.001), "paused is silent");
    window.key("space").expect("a key");
    assert!(wait_until(Duration::from_secs(10), || loudness(1_200) > 0.05), "and goes on");
    window.key("m").expect("a key");
    assert!(wait_until(Duration::from_secs(10), || loudness(1_200) < 0.001), "muted is silent");
    window.key("m").expect("a key");
    assert!(wait_until(Duration::from_secs(10), || loudness(1_200) > 0.05), "and comes back");
}

#[test]
fn without_a_sound_device_it_plays_on_and_says_so() {
    let _turn = turn();
    let (stack, video) = Stack::with_lesson(12, "1280x720").expect("a server with the lesson");
    let desk = Desk::new(SCREEN.0, SCREEN.1, false).expect("a desk");
    let mut command = desk.command(lectern_tests::stack::bin("lectern"));
    command.args(["watch", "--video", &video, "--quality", "144p", "--for", "3", "--sound", "--name", "ana", "--password", PASSWORD, "--join"]);
    let output = command.arg(stack.join()).output().expect("run");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a report");
    assert!(report["frames"]["presented"].as_u64() > Some(70), "{report}");
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(words.contains("plays silently"), "{words}");
}
