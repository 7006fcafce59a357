//! A student at a real window has the stage and goes on air with the microphone: in one room the class hears it only while the key or
//! the button is held. What the class hears is recorded by a listener; the microphone is the other end of a sound device that hums.

use std::process::Stdio;
use std::time::Duration;

use lectern_tests::desk::{Area, Desk, Window};
use lectern_tests::publisher::Publisher;
use lectern_tests::stack::{PASSWORD, Stack, client_of, turn, wait_until};

const HUM_HZ: u32 = 700;
const SOON: Duration = Duration::from_secs(20);
/// In a window of 1280x800: "Show something", the button of the sound and the second line of its menu, the button that goes on air.
const SHOW: (u32, u32) = (1_200, 68);
const SOUND: (u32, u32) = (834, 209);
const MICROPHONE: (u32, u32) = (820, 314);
const ON_AIR: (u32, u32) = (834, 149);
/// Beside the words of the buttons.
const SHOW_FILL: Area = Area { x: 1_140, y: 60, width: 4, height: 4 };
const MENU: Area = Area { x: 950, y: 330, width: 6, height: 6 };
const ON_AIR_FILL: Area = Area { x: 940, y: 128, width: 4, height: 4 };
/// The upper edge of the button that is held.
const TALK: Area = Area { x: 620, y: 681, width: 4, height: 4 };
const TALK_AT: (u32, u32) = (640, 702);

/// Red, green and blue of an area, each from 0 to 255.
fn colour(desk: &Desk, area: Area) -> [u32; 3] {
    let pixels = desk.look(area, "rgb24").expect("a look");
    std::array::from_fn(|c| pixels.chunks_exact(3).map(|p| u32::from(p[c])).sum::<u32>() / (area.width * area.height))
}

fn is_red([r, g, b]: [u32; 3]) -> bool {
    r > 150 && g < 90 && b < 90
}

/// Clicks until something is so.
fn click_until(window: &Window<'_>, desk: &Desk, at: (u32, u32), is_done: impl Fn(&Desk) -> bool) -> bool {
    wait_until(SOON, || window.click(at.0, at.1).is_ok() && wait_until(Duration::from_secs(6), || is_done(desk)))
}

/// The loudest of each tenth of a second of a recording, 0 to 1.
fn loudest(wav: &[u8]) -> Vec<f64> {
    let samples: Vec<f64> = wav[44..].chunks_exact(4).map(|f| f64::from(i16::from_le_bytes([f[0], f[1]])).abs() / 32_768.0).collect();
    samples.chunks_exact(4_800).map(|tenth| tenth.iter().copied().fold(0.0, f64::max)).collect()
}

#[test]
fn the_class_hears_a_student_while_the_key_or_the_button_is_held() {
    let _turn = turn();
    let stack = Stack::start(&[]).expect("a server");
    let desk = Desk::new(1_280, 800, true).expect("a desk");
    let mut hum = desk.command("ffmpeg");
    hum.args(["-v", "error", "-nostdin", "-re", "-f", "lavfi", "-i", &format!("sine=frequency={HUM_HZ}:sample_rate=48000"), "-f", "pulse"]);
    let _hum = Publisher(hum.args(["-device", "ear", "hum"]).stdout(Stdio::null()).spawn().expect("ffmpeg is installed; run `make deps-test`"));
    let window = desk.window(&["--join", &stack.join(), "--name", "ana", "--password", PASSWORD]).expect("a window");
    let stage = || client_of(&stack.instructor(), "Ms Kim", &["stage", "--give", "ana"]).output().is_ok_and(|o| o.status.success());
    assert!(wait_until(SOON, stage), "ana is given the stage");
    let is_blue = || matches!(colour(&desk, SHOW_FILL), [r, _, b] if b > 150 && b > r + 80);
    assert!(wait_until(SOON, is_blue), "the button is there");
    let shot = || desk.screenshot(&std::env::temp_dir().join("lectern-no-talk.png"));
    let shown = click_until(&window, &desk, SHOW, |_| !is_blue());
    let dark = colour(&desk, MENU);
    let chosen = shown && click_until(&window, &desk, SOUND, |desk| colour(desk, MENU) != dark) && window.click(MICROPHONE.0, MICROPHONE.1).is_ok();
    let live = chosen && click_until(&window, &desk, ON_AIR, |desk| is_red(colour(desk, ON_AIR_FILL)));
    if !live {
        shot().expect("a picture");
        panic!("not on air; see lectern-no-talk.png in the folder for temporary files");
    }
    let path = stack.path("heard.wav");
    let mut listener =
        client_of(&stack.instructor(), "Ms Kim", &["listen", "--silent", "--podcast", "microphone", "--for", "14", "--record", &path.to_string_lossy()]);
    let listener = listener.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a listener");
    let is_recorded = || std::fs::metadata(&path).is_ok_and(|m| m.len() > 200_000);
    assert!(wait_until(SOON, is_recorded), "a second is recorded");
    let talks = |is_held: bool| assert!(wait_until(SOON, || is_red(colour(&desk, TALK)) == is_held), "it is shown whether the class hears: {is_held}");
    talks(false);
    window.hold("t", true).expect("a key");
    talks(true);
    std::thread::sleep(Duration::from_millis(1_500));
    window.hold("t", false).expect("a key");
    talks(false);
    std::thread::sleep(Duration::from_millis(1_500));
    window.press(TALK_AT.0, TALK_AT.1, true).expect("the button");
    talks(true);
    std::thread::sleep(Duration::from_millis(1_500));
    window.press(TALK_AT.0, TALK_AT.1, false).expect("the button");
    talks(false);
    let output = listener.wait_with_output().expect("its end");
    assert!(output.status.success(), "{}", lectern_tests::stack::text(&output));
    let tenths = loudest(&std::fs::read(&path).expect("a recording"));
    println!("{tenths:.2?}");
    // Twice it is heard, for about as long as it was held, and nothing is before, between and after.
    let is_loud: Vec<bool> = tenths.iter().map(|t| *t > 0.02).collect();
    let runs: Vec<usize> = is_loud.split(|loud| !loud).map(<[bool]>::len).filter(|n| *n > 0).collect();
    assert!(runs.len() == 2 && runs.iter().all(|n| (12..40).contains(n)), "{runs:?} tenths of a second: {tenths:.2?}");
    assert!(!is_loud[0] && is_loud.last() == Some(&false), "{tenths:.2?}");
}
