//! The document camera on drawn scenes: how far corners are off, what is no sheet, how still what is shown lies, and what the light does.

#[path = "../../../tests/support/scenes.rs"]
mod scenes;

use super::find::{Looked, look};
use super::planes::Planes;
use super::quad::Quad;
use super::steady::Steady;
use super::straighten::{Straightener, inside};
use crate::make::scale::from_bgr;
use ffmpeg::frame::Video;
use ffmpeg_the_third as ffmpeg;
use lectern_proto::rung::PictureSize;
use scenes::{Desk, HEIGHT, Light, Rgb, Scene, WIDTH};
use std::sync::Mutex;

const ASPECT: f32 = WIDTH as f32 / HEIGHT as f32;
/// The mean of the corners' errors, as a share of the diagonal.
const ERROR_MAX: f32 = 0.01;

fn planes(bgr: &[u8]) -> Planes {
    Planes::from_bgr(bgr, WIDTH, HEIGHT).half()
}

/// Does something for each scene, on two threads; in order.
fn each<T: Send>(scenes: Vec<Scene>, work: impl Fn(&Scene) -> T + Sync) -> Vec<(Scene, T)> {
    let (next, done) = (Mutex::new(scenes.into_iter().enumerate()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some((i, scene)) = next.lock().expect("whole").next() else { return };
                    let outcome = work(&scene);
                    done.lock().expect("whole").push((i, scene, outcome));
                }
            });
        }
    });
    let mut done = done.into_inner().expect("whole");
    done.sort_by_key(|(i, ..)| *i);
    done.into_iter().map(|(_, scene, outcome)| (scene, outcome)).collect()
}

/// The mean error of the corners, and the largest.
fn errors(quad: &Quad, scene: &Scene) -> (f32, f32) {
    let want = Quad(scene.sheet.expect("a sheet").corners);
    let distances = quad.like(&want, ASPECT).distances(&want, ASPECT);
    (distances.iter().sum::<f32>() / 4.0, distances.into_iter().fold(0.0, f32::max))
}

#[test]
fn corners_are_found_in_every_scene() {
    let found = each(scenes::with_sheet(), |scene| look(&planes(&scene.bgr(1)), None).found);
    let mut bad = Vec::new();
    for (scene, finding) in &found {
        let Some(finding) = finding else {
            println!("{:32} not found", scene.name);
            bad.push(scene.name);
            continue;
        };
        let (mean, most) = errors(&finding.quad, scene);
        println!("{:32} mean error {:.3}% of the diagonal, largest {:.3}%, score {:.2}", scene.name, mean * 100.0, most * 100.0, finding.score);
        if mean > ERROR_MAX {
            bad.push(scene.name);
        }
    }
    assert!(bad.is_empty() && found.len() > 15, "{bad:?}");
}

#[test]
fn where_there_is_no_sheet_none_is_found() {
    let found = each(scenes::without_sheet(), |scene| look(&planes(&scene.bgr(1)), None).found);
    let wrong: Vec<_> = found.iter().filter(|(_, f)| f.is_some()).map(|(scene, f)| (scene.name, f)).collect();
    assert!(wrong.is_empty() && found.len() > 8, "{wrong:?}");
}

#[test]
fn small_and_odd_pictures_are_looked_at_without_harm() {
    for (width, height) in [(0, 0), (2, 2), (64, 2), (63, 65), (100, 70), (640, 66)] {
        let bytes: Vec<u8> = (0..width * height * 3).map(|i| (i * 31 % 251) as u8).collect();
        for length in [bytes.len(), bytes.len() / 2] {
            let odd = Quad([[-0.9, -0.9], [1.9, -0.5], [1.9, 1.9], [0.0, 1.9]]);
            let looked = look(&Planes::from_bgr(&bytes[..length], width, height), Some(&odd));
            assert!([looked.found, looked.followed].iter().flatten().all(|f| f.quad.is_good() && f.score <= 1.0), "{looked:?}");
        }
    }
}

/// What is shown, look after look, of scenes that are seen in turn.
struct Watched {
    steady: Steady,
    now_us: u64,
}

impl Watched {
    fn see(&mut self, bgr: &[u8]) -> (Looked, Vec<Quad>) {
        let looked = look(&planes(bgr), self.steady.place().as_ref());
        self.now_us += super::LOOK_EVERY_US;
        self.steady.saw(self.now_us, &looked, ASPECT);
        // Four or five pictures are shown between two looks.
        let shown = (0..4).filter_map(|_| self.steady.next()).map(|(quad, _)| quad).collect();
        (looked, shown)
    }
}

/// Where points of the source lie in the straightened picture, in pixels of one of 720 lines.
fn straightened(quad: &Quad, points: &[[f32; 2]]) -> Vec<[f32; 2]> {
    let matrix = scenes::inverse(&quad.0);
    let at = |[x, y]: &[f32; 2]| {
        let [u, v, w] = matrix.map(|row| row[0] * x + row[1] * y + row[2]);
        [u / w * 509.0, v / w * 720.0]
    };
    points.iter().map(at).collect()
}

#[test]
fn noise_does_not_shake_what_is_shown() {
    let scene = Scene { noise: 8.0, ..scenes::plain("noise", Desk::Wood([150.0, 105.0, 66.0], 0.1), scenes::FLAT) };
    let clean = scene.clean();
    let mut watched = Watched { steady: Steady::default(), now_us: 0 };
    let points = [[0.3, 0.2], [0.7, 0.2], [0.7, 0.85], [0.3, 0.85], [0.5, 0.5]];
    let (mut raw, mut shown) = (Vec::new(), Vec::new());
    for number in 0..30 {
        let (looked, quads) = watched.see(&scene.noisy(&clean, number));
        if number >= 8 {
            raw.push(straightened(&looked.found.expect("found").quad.like(&Quad(scenes::FLAT), ASPECT), &points));
            shown.extend(quads.iter().map(|quad| straightened(quad, &points)));
        }
    }
    // The largest step of any point from one picture to the next.
    let step = |pictures: &[Vec<[f32; 2]>]| {
        let far = |a: &[f32; 2], b: &[f32; 2]| (a[0] - b[0]).hypot(a[1] - b[1]);
        pictures.windows(2).flat_map(|w| w[0].iter().zip(&w[1]).map(|(a, b)| far(a, b)).collect::<Vec<_>>()).fold(0.0, f32::max)
    };
    let (raw, still) = (step(&raw), step(&shown));
    println!("noise of 8 levels: single looks differ by up to {raw:.3} pixels of a 720-line sheet, what is shown by up to {still:.3}");
    assert!(shown.len() == 88 && still < 0.25 && still <= raw, "{raw} {still}");
}

#[test]
fn a_hand_that_passes_moves_nothing_and_a_moved_sheet_is_followed() {
    let desk = Desk::Wood([150.0, 105.0, 66.0], 0.1);
    let bare = scenes::plain("page", desk, scenes::FLAT);
    let mut watched = Watched { steady: Steady::default(), now_us: 0 };
    let still = bare.clean();
    (0..6).for_each(|i| drop(watched.see(&bare.noisy(&still, i))));
    let before = watched.steady.place().expect("found");
    // In over a corner, across the page, out over the upper edge.
    let path = [[0.95, 0.95], [0.8, 0.85], [0.7, 0.7], [0.6, 0.6], [0.5, 0.5], [0.5, 0.35], [0.5, 0.2], [0.5, 0.08]];
    let mut most = 0.0f32;
    for (i, to) in path.into_iter().enumerate() {
        let hand = Scene { hands: vec![([1.05, 1.0], to)], ..bare.clone() };
        let (_, shown) = watched.see(&hand.bgr(i as u32));
        most = shown.iter().map(|quad| quad.distance(&before, ASPECT)).fold(most, f32::max);
    }
    println!("a hand over the page: corners shown move by {:.3}% of the diagonal at most", most * 100.0);
    assert!(most < 0.005, "{most}");
    // Pushed aside and turned a little.
    let there = scenes::FLAT.map(|[x, y]| [x + 0.06 + 0.05 * (y - 0.5), y + 0.04 * (x - 0.5)]);
    let moved = scenes::plain("moved", desk, there);
    let clean = moved.clean();
    let looks = (1..20).find(|i| {
        let (_, shown) = watched.see(&moved.noisy(&clean, *i));
        shown.last().is_some_and(|quad| errors(quad, &moved).0 < ERROR_MAX)
    });
    let looks = looks.expect("followed");
    println!("a moved sheet is shown right after {} ms", u64::from(looks) * super::LOOK_EVERY_US / 1000);
    assert!(u64::from(looks) * super::LOOK_EVERY_US <= 1_050_000, "{looks}");
}

fn straight(scene: &Scene, canvas: PictureSize) -> (Video, PictureSize) {
    let picture = from_bgr(&scene.bgr(1), PictureSize { width: WIDTH as u32, height: HEIGHT as u32 });
    let quad = Quad(scene.sheet.expect("a sheet").corners);
    let ratio = quad.ratio(ASPECT);
    let mut straightener = Straightener::default();
    let out = straightener.run(&picture, &quad, ratio, canvas).expect("straightened");
    (out, inside(ratio, canvas))
}

#[test]
fn shadows_go_and_ink_and_colours_stay() {
    let canvas = PictureSize { width: 1280, height: 720 };
    for light in [Light::Even, Light::Shadow(0.5), Light::Lamp] {
        let scene = Scene { light, ..scenes::plain("light", Desk::Wood([150.0, 105.0, 66.0], 0.1), scenes::FLAT) };
        let (out, size) = straight(&scene, canvas);
        assert_eq!((out.width(), out.height()), (1280, 720));
        let (left, top) = ((1280 - size.width as usize) / 2, (720 - size.height as usize) / 2);
        let at = |plane: usize, u: f32, v: f32| {
            let (x, y) = (left + (u * size.width as f32) as usize, top + (v * size.height as f32) as usize);
            let shift = usize::from(plane > 0);
            f32::from(out.data(plane)[(y >> shift) * out.stride(plane) + (x >> shift)])
        };
        // The margins are bare paper; the shadow's edge and the lamp's fall go across them.
        let margins: Vec<f32> = (3..97).flat_map(|i| [0.03, 0.06, 0.94, 0.97].map(|u| at(0, u, i as f32 / 100.0))).collect();
        let white = margins.iter().filter(|v| **v >= 220.0).count();
        assert!(white * 100 >= margins.len() * 93, "{light:?}: {white} of {}", margins.len());
        // Writing is dark: the darkest of many places, on the left and on the right.
        for (from, until) in [(12, 40), (55, 85)] {
            let mut seen: Vec<f32> =
                (from..until).flat_map(|u| (10..60).map(move |v| (u, v))).map(|(u, v)| at(0, u as f32 / 100.0, v as f32 / 100.0)).collect();
            seen.sort_by(f32::total_cmp);
            assert!(seen[seen.len() / 20] < 110.0, "{light:?}: ink {}", seen[seen.len() / 20]);
        }
        // The drawing in red, at the left of its ring.
        assert!(at(2, 0.634, 0.74) > 160.0, "{light:?}: red {}", at(2, 0.634, 0.74));
    }
}

#[test]
fn the_sheet_has_its_own_ratio_in_the_middle_of_the_canvas() {
    let upright: Rgb = [52.0, 48.0, 46.0];
    // A4 seen from straight above: 0.283 of the height to 0.2 of the same.
    let (out, size) = straight(&scenes::plain("upright", Desk::Stone(upright), scenes::turned(0.0)), PictureSize { width: 640, height: 360 });
    assert_eq!((out.width(), out.height()), (640, 360));
    assert_eq!((size.height, size.width.abs_diff(255) <= 2), (360, true), "{size}");
    let row = &out.data(0)[180 * out.stride(0)..][..640];
    assert!(row[100] < 40 && row[540] < 40 && row[200] > 200, "dark, paper, dark");
    // A source with more pixels than are needed is reduced, and an enormous ratio is still a picture.
    let large = from_bgr(&vec![200; 3000 * 2000 * 3], PictureSize { width: 3000, height: 2000 });
    for ratio in [0.2, 1.0, 6.0] {
        let small = PictureSize { width: 256, height: 144 };
        let out = Straightener::default().run(&large, &Quad::WHOLE, ratio, small).expect("straightened");
        assert_eq!((out.width(), out.height()), (256, 144));
    }
}
