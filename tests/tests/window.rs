//! The window as a person has it: a real one on a real screen, with real sound, looked at and listened to from outside.

use std::time::Duration;

use lectern_tests::desk::{Desk, samples, strength};
use lectern_tests::lip_sync::{self, BEEP_HZ, Seen};
use lectern_tests::stack::{PASSWORD, Stack, turn, wait_until};

/// Small, so that a machine without a graphics card can paint every picture of a video.
const SCREEN: (u32, u32) = (640, 480);

#[test]
fn flash_and_beep_come_together_on_the_screen_and_in_the_sink() {
    let _turn = turn();
    let (stack, video) = Stack::with_lesson(40, "640x360").expect("a server with the lesson");
    let desk = Desk::new(SCREEN.0, SCREEN.1, true).expect("a desk");
    let mut link = stack.link().expect("a link");
    link.video = Some(video);
    let _window = desk.window(&["--join", &link.to_string(), "--name", "ana", "--password", PASSWORD]).expect("a window");
    let Seen { skews_ms: skews, beeps, sound } = lip_sync::measure(&desk, SCREEN, Duration::from_secs(14), || {}).expect("flash and beep");
    // A busy machine may leave out the three frames of a flash; it never shows them at another time.
    assert!(beeps.len() >= 10, "{} beeps", beeps.len());
    // Painting without a graphics card shows a picture later when the machine is busy, and never earlier: what the player
    // does to both is seen in the flashes that were least held up.
    let [least, median] = [4, 2].map(|part| skews[skews.len() / part]);
    println!("flash after beep, in ms: {skews:.1?}, a quarter within {least:.1}, median {median:.1}");
    assert!(skews.len() >= 4 && least.abs() <= 40.0 && skews[0] > -40.0, "{skews:?}");
    // A second apart, at the right pitch.
    for pair in beeps.windows(2) {
        let gap = pair[1] - pair[0];
        assert!((gap - 1.0).abs() < 0.02, "{gap} s between beeps");
    }
    let at = sound.iter().position(|(t, _)| *t >= beeps[1]).expect("recorded");
    let beep: Vec<f32> = sound[at..at + 3_840].iter().map(|(_, s)| *s).collect();
    let off = [700.0, 850.0, 1_150.0, 1_300.0].map(|hz| strength(&beep, hz)).into_iter().fold(0.0, f64::max);
    assert!(strength(&beep, BEEP_HZ) > 4.0 * off, "the beep is not at {BEEP_HZ} Hz");
}

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
