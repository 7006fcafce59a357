//! The document camera out of the real worker: a drawn video stands for the camera.

#[path = "support/live.rs"]
mod live;
#[path = "support/scenes.rs"]
mod scenes;
mod support;

use lectern_media::picture::Picture;
use lectern_proto::live::pipe::{Command, DocumentOrder, News, SheetState, VideoForm};
use live::{Live, decode, decoder};
use opencv::core::{CV_8UC3, Mat, Size};
use opencv::prelude::*;
use opencv::videoio::{VideoWriter, VideoWriterTrait};
use scenes::{Desk, HEIGHT, Scene, WIDTH};
use std::ffi::OsStr;
use std::path::Path;
use support::Folder;

const WOOD: Desk = Desk::Wood([150.0, 105.0, 66.0], 0.1);

/// Writes a video of these scenes, each for so many pictures at 10 a second.
fn film(path: &Path, scenes: &[(&Scene, u32)]) {
    let fourcc = VideoWriter::fourcc('M', 'J', 'P', 'G').expect("a code");
    let size = Size::new(WIDTH as i32, HEIGHT as i32);
    let mut writer = VideoWriter::new(path.to_str().expect("a name"), fourcc, 10.0, size, true).expect("a writer");
    assert!(writer.is_opened().expect("asked"));
    let mut number = 0;
    for (scene, pictures) in scenes {
        let clean = scene.clean();
        for _ in 0..*pictures {
            number += 1;
            let bytes = scene.noisy(&clean, number);
            let mut picture = Mat::new_rows_cols_with_default(HEIGHT as i32, WIDTH as i32, CV_8UC3, 0.0.into()).expect("a picture");
            picture.data_bytes_mut().expect("bytes").copy_from_slice(&bytes);
            writer.write(&picture).expect("written");
        }
    }
    writer.release().expect("closed");
}

/// Starts the worker; what it says of the sheet before its first picture is given too.
fn start(file: &Path, more: &[&str]) -> (Live, VideoForm, Vec<SheetState>) {
    let size = ["--width", "640", "--height", "360", "--fps", "10", "--loop"];
    let common = [OsStr::new("--camera"), file.as_os_str()];
    let mut live = Live::start(common.into_iter().chain(size.iter().chain(more).map(OsStr::new)));
    let early = std::cell::RefCell::new(Vec::new());
    let form = live.news(|news| match news {
        News::Form { video, .. } => video.clone(),
        News::Sheet { state, .. } => {
            early.borrow_mut().push(*state);
            None
        }
        _ => None,
    });
    (live, form, early.into_inner())
}

/// The next place of the sheet that is told.
fn sheet(live: &mut Live, wanted: SheetState) -> Option<[[f32; 2]; 4]> {
    live.news(|news| match news {
        News::Sheet { state, corners } if *state == wanted => Some(*corners),
        _ => None,
    })
}

fn is_near(found: [[f32; 2]; 4], want: [[f32; 2]; 4]) -> bool {
    let aspect = WIDTH as f32 / HEIGHT as f32;
    found.iter().zip(want).all(|(f, w)| ((f[0] - w[0]) * aspect).hypot(f[1] - w[1]) < 0.01 * aspect.hypot(1.0))
}

/// Pictures from the next keyframe on, until one is as wanted.
fn until(live: &mut Live, form: &VideoForm, wanted: impl Fn(&Picture) -> bool) {
    live.order(Command::Keyframe);
    let mut decoder = decoder(form);
    let mut has_key = false;
    loop {
        let unit = live.unit(0);
        has_key |= unit.keyframe;
        if has_key && wanted(&decode(&mut decoder, &unit)) {
            return;
        }
    }
}

fn luma(picture: &Picture, x: usize, y: usize) -> u8 {
    let [plane, ..] = picture.planes();
    plane.data[y * plane.stride + x]
}

/// Whether it shows the sheet, which is nearly square, between dark borders: white to its corners.
fn is_straight(picture: &Picture) -> bool {
    let left = (0..320).find(|x| luma(picture, *x, 180) > 150);
    let paper = |left: usize| [8, 350].iter().all(|y| luma(picture, left + 6, *y) > 190 && luma(picture, 640 - left - 7, *y) > 190);
    luma(picture, 20, 180) < 60 && left.is_some_and(|left| (100..160).contains(&left) && paper(left))
}

#[test]
fn a_sheet_is_found_straightened_held_given_and_let_go() {
    let folder = Folder::new();
    let file = folder.path("desk.avi");
    let page = scenes::plain("page", WOOD, scenes::FLAT);
    film(&file, &[(&page, 12)]);
    let (mut live, form, _) = start(&file, &["--document"]);
    let corners = sheet(&mut live, SheetState::Found).expect("corners");
    assert!(is_near(corners, scenes::FLAT), "{corners:?}");
    until(&mut live, &form, is_straight);
    live.order(Command::Document(DocumentOrder::Hold));
    let held = sheet(&mut live, SheetState::Held).expect("corners");
    assert!(is_near(held, scenes::FLAT), "{held:?}");
    // The lower half, by hand: as wide, half as high.
    let [_, _, right, left] = scenes::FLAT;
    let half = [[0.2625, 0.505], [0.7275, 0.515], right, left];
    live.order(Command::Document(DocumentOrder::Corners { corners: half }));
    assert_eq!(sheet(&mut live, SheetState::Given), Some(half));
    // Broader than the picture it goes from side to side, dark above and below.
    until(&mut live, &form, |picture| luma(picture, 12, 180) > 150 && luma(picture, 320, 4) < 60);
    live.order(Command::Document(DocumentOrder::Off));
    assert_eq!(sheet(&mut live, SheetState::Off), None);
    // The desk again, to the edge of the picture; and nothing began anew: the form was told once.
    until(&mut live, &form, |picture| (60..180).contains(&luma(picture, 20, 180)));
    live.order(Command::Document(DocumentOrder::Find));
    let again = sheet(&mut live, SheetState::Found).expect("corners");
    assert!(is_near(again, scenes::FLAT), "{again:?}");
    assert_eq!(live.end().0, Some(0));
}

#[test]
fn without_a_sheet_the_whole_picture_is_shown() {
    let folder = Folder::new();
    let file = folder.path("desk.avi");
    let bare = Scene { sheet: None, ..scenes::plain("bare", WOOD, scenes::FLAT) };
    film(&file, &[(&bare, 8)]);
    let (mut live, form, early) = start(&file, &["--document"]);
    assert_eq!(early, [SheetState::Missing]);
    until(&mut live, &form, |picture| [20, 320, 620].iter().all(|x| (60..180).contains(&luma(picture, *x, 180))));
    // Nothing to hold: it goes on looking. Corners that are none are refused, and said so.
    live.order(Command::Document(DocumentOrder::Hold));
    live.order(Command::Document(DocumentOrder::Corners { corners: [[0.5; 2]; 4] }));
    for _ in 0..10 {
        live.unit(0);
    }
    let (code, complaints) = live.end();
    assert!(code == Some(0) && complaints.contains("no corners of a sheet"), "{complaints}");
}
