//! The window as a person has it: a real one on a real screen, with real sound, looked at and listened to from outside.

use std::time::Duration;

use lectern_tests::desk::{Area, Desk, onsets, samples, strength};
use lectern_tests::stack::{PASSWORD, Stack, turn, wait_until};

/// The sample's beep.
const BEEP_HZ: f64 = 1_000.0;
/// Small, so that a machine without a graphics card can paint every picture of a video.
const SCREEN: (u32, u32) = (640, 480);

/// Finds what goes from dark to bright and back: the flash patch, as a small area inside it.
fn find_flash(desk: &Desk) -> Option<Area> {
    const B: u32 = 8;
    let whole = Area { x: 0, y: 0, width: SCREEN.0, height: SCREEN.1 };
    let film = desk.film(whole, 15).expect("a camera");
    std::thread::sleep(Duration::from_millis(3_500));
    let frames = film.finish().expect("a film");
    let mean = |frame: &[u8], bx: u32, by: u32| {
        let rows = (0..B).flat_map(|dy| (0..B).map(move |dx| (by * B + dy) * SCREEN.0 + bx * B + dx));
        rows.map(|i| u32::from(frame[i as usize])).sum::<u32>() / (B * B)
    };
    // The bits of the frame's stamp go on and off too, but no bit for a tenth of each second.
    let flashes = |bx: u32, by: u32| {
        let values: Vec<u32> = frames.iter().map(|(_, f)| mean(f, bx, by)).collect();
        let clear = values.iter().all(|v| *v < 70 || *v > 200);
        let bright: Vec<_> = values.split(|v| *v < 70).filter(|run| !run.is_empty()).map(<[u32]>::len).collect();
        let starts: Vec<_> = (1..values.len()).filter(|i| values[*i] > 200 && values[*i - 1] < 70).map(|i| frames[i].0).collect();
        let each_second = starts.len() >= 3 && starts.windows(2).all(|w| (w[1] - w[0] - 1.0).abs() < 0.2);
        clear && each_second && bright.iter().all(|n| *n <= 3)
    };
    let hits: Vec<_> = (0..SCREEN.1 / B).flat_map(|by| (0..SCREEN.0 / B).map(move |bx| (bx, by))).filter(|(bx, by)| flashes(*bx, *by)).collect();
    let (bx, by) = *hits.get(hits.len() / 2)?;
    Some(Area { x: bx * B, y: by * B, width: B, height: B })
}

#[test]
fn flash_and_beep_come_together_on_the_screen_and_in_the_sink() {
    let _turn = turn();
    let (stack, video) = Stack::with_lesson(40, "640x360").expect("a server with the lesson");
    let desk = Desk::new(SCREEN.0, SCREEN.1, true).expect("a desk");
    let mut link = stack.link().expect("a link");
    link.video = Some(video);
    let _window = desk.window(&["--join", &link.to_string(), "--name", "ana", "--password", PASSWORD]).expect("a window");
    // The first look may still see the window open.
    let area = (0..3).find_map(|_| find_flash(&desk)).unwrap_or_else(|| {
        let shot = std::env::temp_dir().join("lectern-no-flash.png");
        desk.screenshot(&shot).expect("a picture");
        panic!("no flash on the screen; see {}", shot.display());
    });
    let (film, sound) = (desk.film(area, 120).expect("a camera"), desk.listen().expect("a microphone"));
    std::thread::sleep(Duration::from_secs(14));
    let (film, sound) = (film.finish().expect("a film"), samples(&sound.finish().expect("a recording")));
    let bright = |f: &[u8]| f.iter().map(|p| u32::from(*p)).sum::<u32>() / f.len() as u32 > 150;
    let flashes: Vec<f64> = film.windows(2).filter(|w| !bright(&w[0].1) && bright(&w[1].1)).map(|w| w[1].0).collect();
    let beeps = onsets(&sound, BEEP_HZ, 0.1);
    // A busy machine may leave out the three frames of a flash; it never shows them at another time.
    assert!(flashes.len() >= 4 && beeps.len() >= 10, "{} flashes, {} beeps", flashes.len(), beeps.len());
    let nearest = |flash: &f64| beeps.iter().map(|b| flash - b).min_by(|a, b| a.abs().total_cmp(&b.abs()));
    // The first or last of a recording may have no partner in it.
    let mut skews: Vec<f64> = flashes.iter().filter_map(nearest).filter(|s| s.abs() < 0.5).map(|s| s * 1e3).collect();
    skews.sort_by(f64::total_cmp);
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
