//! A person at a real window: types the link, clicks the card, pauses, seeks by the bar. What is on the screen is read back:
//! the stamp says which frame it is, and its colours are those of the file.

use std::time::{Duration, Instant};

use lectern_proto::stamp;
use lectern_tests::desk::{Area, Desk};
use lectern_tests::stack::{PASSWORD, Stack, text, wait_until};

/// Where the first card's thumbnail and, on the stage, the picture of 16 to 9 lie in a window of 1280x800.
const THUMBNAIL: Area = Area { x: 92, y: 112, width: 282, height: 158 };
const PICTURE: Area = Area { x: 72, y: 151, width: 920, height: 518 };
/// The middle of the seek bar, and the play button.
const BAR_MIDDLE: (u32, u32) = (532, 712);
const PLAY: (u32, u32) = (96, 744);
const FPS: u32 = 30;

fn look_at(desk: &Desk, area: Area, format: &str) -> Vec<u8> {
    desk.look(area, format).expect("a look")
}

fn frame_in(desk: &Desk, area: Area) -> Option<u32> {
    stamp::read(&look_at(desk, area, "gray"), area.width as usize, area.width as usize, area.height as usize)
}

/// The frame of the file as it must look, by ffmpeg's own conversion.
fn reference(desk: &Desk, stack: &Stack, frame: u32) -> Vec<u8> {
    let file = std::fs::read_dir(stack.videos()).expect("videos").next().expect("one").expect("file").path();
    let filter = format!("select=eq(n\\,{frame}),scale={}:{}:flags=bilinear+accurate_rnd+full_chroma_int", PICTURE.width, PICTURE.height);
    let mut ffmpeg = desk.command("ffmpeg");
    ffmpeg.args(["-v", "error", "-nostdin", "-i"]).arg(format!("file:{}", file.display()));
    let output = ffmpeg.args(["-vf", &filter, "-frames:v", "1", "-pix_fmt", "rgb24", "-f", "rawvideo", "-"]).output().expect("ffmpeg");
    assert!(output.status.success(), "{}", text(&output));
    output.stdout
}

/// Mean difference of the saturated pixels between the timer above and the controls below, in levels of 255.
fn colour_difference(seen: &[u8], wanted: &[u8]) -> f64 {
    assert_eq!(seen.len(), wanted.len());
    let row = PICTURE.width as usize * 3;
    let rows = row * 100..row * 470;
    let (mut sum, mut n) = (0_u64, 0_u64);
    for (a, b) in seen[rows.clone()].chunks_exact(3).zip(wanted[rows].chunks_exact(3)) {
        let (most, least) = (b.iter().max().copied().unwrap_or(0), b.iter().min().copied().unwrap_or(0));
        if most - least > 80 {
            sum += a.iter().zip(b).map(|(a, b)| u64::from(a.abs_diff(*b))).sum::<u64>();
            n += 3;
        }
    }
    assert!(n > 10_000, "{n} saturated samples");
    sum as f64 / n as f64
}

#[test]
fn a_person_joins_opens_pauses_and_seeks() {
    let (stack, _) = Stack::with_lesson(12, "1280x720").expect("a server with the lesson");
    let desk = Desk::new(1280, 800, false).expect("a desk");
    let window = desk.window(&[]).expect("a window");
    let soon = Duration::from_secs(20);
    // Keys go nowhere until the window has drawn its first screen; the first field is focused then.
    window.key("End").expect("a key");
    let drawn = wait_until(soon, || look_at(&desk, Area { x: 60, y: 200, width: 8, height: 8 }, "gray").iter().any(|v| *v != 0));
    if !drawn {
        let shot = std::env::temp_dir().join("lectern-nothing-drawn.png");
        desk.screenshot(&shot).expect("a picture");
        panic!("nothing is drawn; see {}", shot.display());
    }
    window.type_text(&stack.join()).expect("typing");
    window.key("Tab").expect("a key");
    window.type_text("Ana").expect("typing");
    window.key("Tab").expect("a key");
    window.type_text(PASSWORD).expect("typing");
    window.key("Return").expect("a key");
    if !wait_until(soon, || frame_in(&desk, THUMBNAIL).is_some()) {
        let shot = std::env::temp_dir().join("lectern-no-thumbnail.png");
        desk.screenshot(&shot).expect("a picture");
        panic!("no thumbnail appears; see {}", shot.display());
    }

    window.click(THUMBNAIL.x + 100, THUMBNAIL.y + 60).expect("a click");
    assert!(wait_until(soon, || frame_in(&desk, PICTURE).is_some()), "no picture appears");
    let (first, at) = (frame_in(&desk, PICTURE).expect("a frame"), Instant::now());
    assert!(wait_until(soon, || frame_in(&desk, PICTURE).is_some_and(|n| n > first)), "it does not play after {first} ({:?})", at.elapsed());

    window.click(PLAY.0, PLAY.1).expect("a click");
    window.click(BAR_MIDDLE.0, BAR_MIDDLE.1).expect("a click");
    let middle = 6 * FPS;
    let near = |n: u32, wanted: u32| n.abs_diff(wanted) <= 3;
    assert!(wait_until(soon, || frame_in(&desk, PICTURE).is_some_and(|n| near(n, middle))), "the bar leads to {:?}", frame_in(&desk, PICTURE));
    let shown = frame_in(&desk, PICTURE).expect("a frame");
    std::thread::sleep(Duration::from_millis(700));
    assert_eq!(frame_in(&desk, PICTURE), Some(shown), "paused stands still");

    // Away from the bar, or its preview lies over the picture; it goes with the next look.
    window.point(PICTURE.x + 20, 20).expect("the pointer moves");
    let gone = || colour_difference(&look_at(&desk, PICTURE, "rgb24"), &reference(&desk, &stack, shown)) < 5.0;
    wait_until(Duration::from_secs(5), gone);
    let difference = colour_difference(&look_at(&desk, PICTURE, "rgb24"), &reference(&desk, &stack, shown));
    println!("mean difference of saturated colours: {difference:.2} of 255");
    assert!(difference < 5.0, "the colours are off by {difference:.1}");

    window.key("0").expect("a key");
    assert!(wait_until(soon, || frame_in(&desk, PICTURE) == Some(0)), "0 leads to {:?}", frame_in(&desk, PICTURE));
    window.key("Right").expect("a key");
    assert!(wait_until(soon, || frame_in(&desk, PICTURE) == Some(5 * FPS)), "the arrow leads to {:?}", frame_in(&desk, PICTURE));
}
