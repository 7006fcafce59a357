//! A student at a real window: opens the Podcast screen, listens, is silent for the room, puts headphones on, pauses and goes on. What
//! is heard is recorded behind the sound device.

use std::time::Duration;

use lectern_tests::clip;
use lectern_tests::desk::{Area, Desk, samples, strength};
use lectern_tests::publisher::Publisher;
use lectern_tests::stack::{PASSWORD, Stack, turn, wait_until};

const TONE_HZ: f64 = 600.0;
/// In a window of 1280x800: the entry of the rail, the button of the first channel, and the one for headphones.
const RAIL: (u32, u32) = (36, 146);
const LISTEN: Area = Area { x: 888, y: 112, width: 6, height: 6 };
const HEADPHONES: (u32, u32) = (1_090, 208);

/// Streams that play on the device.
fn playing(desk: &Desk) -> usize {
    let output = desk.command("pactl").args(["list", "short", "sink-inputs"]).output().expect("pactl");
    String::from_utf8_lossy(&output.stdout).lines().filter(|line| !line.is_empty()).count()
}

/// How loud the tone is behind the device, as an amplitude.
fn heard(desk: &Desk) -> f64 {
    let recorder = desk.listen().expect("a microphone");
    std::thread::sleep(Duration::from_millis(600));
    let samples: Vec<f32> = samples(&recorder.finish().expect("a recording")).into_iter().map(|(_, s)| s).collect();
    strength(&samples, TONE_HZ)
}

/// The blue of the button that is the one to press.
fn is_button(desk: &Desk) -> bool {
    let pixels = desk.look(LISTEN, "rgb24").expect("a look");
    pixels.chunks_exact(3).all(|p| p[2] > 150 && p[2] > p[0] + 80)
}

#[test]
fn a_student_listens_with_headphones_pauses_and_goes_on() {
    let _turn = turn();
    let stack = Stack::start(&[]).expect("a server");
    let tone = stack.path("tone.wav");
    clip::ffmpeg(&["-f", "lavfi", "-i", &format!("sine=frequency={TONE_HZ}:duration=300")], &tone).expect("a tone");
    let _podcast = Publisher::start(&stack, &["podcast", "start", "--file", &tone.to_string_lossy()]).expect("a podcast");
    let desk = Desk::new(1_280, 800, true).expect("a desk");
    let window = desk.window(&["--join", &stack.join(), "--name", "ana", "--password", PASSWORD]).expect("a window");
    let soon = Duration::from_secs(20);
    let shown = wait_until(soon, || window.click(RAIL.0, RAIL.1).is_ok() && wait_until(Duration::from_secs(1), || is_button(&desk)));
    if !shown {
        let shot = std::env::temp_dir().join("lectern-no-podcast.png");
        desk.screenshot(&shot).expect("a picture");
        panic!("no channel is shown; see {}", shot.display());
    }
    window.click(LISTEN.x + 20, LISTEN.y + 4).expect("a click");
    assert!(wait_until(soon, || playing(&desk) == 1), "nothing plays");
    let silent = heard(&desk);
    assert!(silent < 0.002, "everybody sits in one room, and it is heard: {silent}");
    window.click(HEADPHONES.0, HEADPHONES.1).expect("a click");
    assert!(wait_until(soon, || heard(&desk) > 0.05), "headphones are on, and nothing is heard");
    window.key("k").expect("a key");
    assert!(wait_until(soon, || playing(&desk) == 0), "a pause gives the device back");
    window.key("k").expect("a key");
    assert!(wait_until(soon, || heard(&desk) > 0.05), "it does not go on");
}
