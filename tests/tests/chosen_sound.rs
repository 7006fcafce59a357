//! The sound track that somebody chooses is the one that is heard: two tones, a real window, and an ear at its sound device.

use std::path::Path;
use std::time::Duration;

use lectern_tests::clip;
use lectern_tests::desk::{Area, Desk, SAMPLE_RATE_HZ, samples, strength};
use lectern_tests::stack::{PASSWORD, Stack, turn, wait_until};

/// The tones of the first and the second track.
const TONES_HZ: [f64; 2] = [440.0, 1_000.0];
/// Where the button of the sound tracks and the second line of its menu lie in a window of 1280x800.
const BUTTON: (u32, u32) = (752, 744);
const SECOND: (u32, u32) = (640, 700);
/// In the menu, beside its name; without it a bright part of the picture is there.
const MENU: Area = Area { x: 700, y: 628, width: 16, height: 12 };

/// A picture with two sound tracks.
fn two_tones(path: &Path) {
    let tones = TONES_HZ.map(|hz| format!("sine=frequency={hz}:sample_rate=48000:duration=40"));
    let inputs = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=40", "-f", "lavfi", "-i", &tones[0], "-f", "lavfi", "-i", &tones[1]];
    let coding = ["-map", "0", "-map", "1", "-map", "2", "-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-pix_fmt", "yuv420p", "-c:a", "aac"];
    let names = ["-metadata:s:a:0", "language=ger", "-metadata:s:a:1", "language=eng"];
    clip::ffmpeg(&[&inputs[..], &coding, &names].concat(), path).expect("made");
}

/// The tone of the two that is heard now; none when neither is, or both are, or it is not steady.
fn heard(desk: &Desk) -> Option<f64> {
    let ear = desk.listen().expect("a microphone");
    std::thread::sleep(Duration::from_millis(900));
    let sound: Vec<f32> = samples(&ear.finish().expect("a recording")).into_iter().map(|(_, s)| s).collect();
    let last = &sound[sound.len().saturating_sub(SAMPLE_RATE_HZ as usize / 2)..];
    let [one, two] = TONES_HZ.map(|hz| strength(last, hz));
    match (one > 0.03, two > 0.03) {
        (true, false) if two * 20.0 < one => Some(TONES_HZ[0]),
        (false, true) if one * 20.0 < two => Some(TONES_HZ[1]),
        _ => None,
    }
}

#[test]
fn the_track_that_is_chosen_is_heard() {
    let _turn = turn();
    let stack = Stack::start(&[]).expect("a server");
    two_tones(&stack.path("two.mkv"));
    std::fs::rename(stack.path("two.mkv"), stack.videos().join("two.mkv")).expect("renamed");
    let video = stack.ready_video().expect("prepared");
    let desk = Desk::new(1280, 800, true).expect("a desk");
    let mut link = stack.link().expect("a link");
    link.video = Some(video.clone());
    let window = desk.window(&["--join", &link.to_string(), "--name", "ana", "--password", PASSWORD]).expect("a window");
    let soon = Duration::from_secs(20);
    assert!(wait_until(soon, || heard(&desk) == Some(TONES_HZ[0])), "the first track is heard first");
    window.click(BUTTON.0, BUTTON.1).expect("a click");
    let open = || desk.look(MENU, "gray").is_ok_and(|pixels| pixels.iter().all(|p| *p < 60));
    assert!(wait_until(soon, open), "the menu opens");
    window.click(SECOND.0, SECOND.1).expect("a click");
    assert!(wait_until(soon, || heard(&desk) == Some(TONES_HZ[1])), "the second after it was chosen");
    drop(window);

    // By the command line, from the start.
    for (choice, tone) in [("1", TONES_HZ[0]), ("eng", TONES_HZ[1])] {
        let mut command = desk.command(lectern_tests::stack::bin("lectern"));
        command.args(["watch", "--video", &video, "--quality", "144p", "--sound", "--sound-track", choice, "--name", "bo", "--password", PASSWORD]);
        let mut viewer = command.arg("--join").arg(stack.join()).stdout(std::process::Stdio::null()).spawn().expect("starts");
        let right = wait_until(soon, || heard(&desk) == Some(tone));
        let _ = viewer.kill();
        let _ = viewer.wait();
        assert!(right, "{choice} is heard");
    }
}
