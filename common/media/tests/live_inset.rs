//! A camera in the corner of other pictures, out of the real worker; video files stand for cameras.

#[path = "support/live.rs"]
mod live;
mod support;

use lectern_media::picture::Picture;
use lectern_media::video_decoder::VideoDecoder;
use lectern_proto::live::pipe::News;
use live::{Live, decode, decoder, stamp_of};
use std::cell::RefCell;
use std::path::Path;
use support::Folder;

/// Starts it; its form, and why the camera is not there. Which of the two is told first depends on who is quicker.
fn start(camera: &Path, corner: &str) -> (Live, VideoDecoder, String) {
    let common = ["--pattern", "--width", "640", "--height", "360", "--fps", "30", "--inset-corner", corner, "--inset-size", "30", "--inset-camera"];
    let mut live = Live::start(common.iter().map(std::ffi::OsStr::new).chain([camera.as_os_str()]));
    let (form, trouble) = (RefCell::new(None), RefCell::new(None));
    let (form, why) = live.news(|news| {
        match news {
            News::Form { video: Some(video), .. } => *form.borrow_mut() = Some(video.clone()),
            News::Trouble { why: Some(why), .. } => *trouble.borrow_mut() = Some(why.clone()),
            _ => {}
        }
        form.borrow().clone().zip(trouble.borrow().clone())
    });
    (live, decoder(&form), why)
}

fn luma(picture: &Picture, x: usize, y: usize) -> u8 {
    let [plane, ..] = picture.planes();
    plane.data[y * plane.stride + x]
}

/// Pictures until one is as wanted.
fn until(live: &mut Live, decoder: &mut VideoDecoder, wanted: impl Fn(&Picture) -> bool) {
    loop {
        let unit = live.unit(0);
        if wanted(&decode(decoder, &unit)) {
            return;
        }
    }
}

/// White all over where the inset lies: 30% of 640x360 in the corner, less its margin.
fn is_inset(picture: &Picture, (x, y): (usize, usize)) -> bool {
    [(0, 0), (120, 0), (0, 60), (120, 60), (60, 30)].iter().all(|(dx, dy)| luma(picture, x + dx, y + dy) > 200)
}

#[test]
fn the_camera_lies_in_its_corner_and_comes_and_goes() {
    let folder = Folder::new();
    let white = folder.made("hidden.mkv", "-f lavfi -i color=white:duration=1:size=320x180:rate=10 -c:v mjpeg");
    let camera = folder.path("camera.mkv");
    // It is not there: why is told, and the main pictures go on.
    let (mut live, mut decoder, why) = start(&camera, "bottom-left");
    let place = (34, 260);
    assert!(why.contains("camera.mkv"), "{why}");
    let whole = live.unit(0);
    assert!(!whole.data.is_empty());
    std::fs::rename(&white, &camera).expect("renames");
    live.news(|news| matches!(news, News::Trouble { why: None, .. }).then_some(()));
    live.order(lectern_proto::live::pipe::Command::Keyframe);
    let key = std::iter::from_fn(|| Some(live.unit(0))).find(|u| u.keyframe).expect("a keyframe");
    decode(&mut decoder, &key);
    until(&mut live, &mut decoder, |picture| is_inset(picture, place));
    std::fs::remove_file(&camera).expect("removes");
    until(&mut live, &mut decoder, |picture| !is_inset(picture, place));
    // The main pictures never stopped: they still carry their time.
    until(&mut live, &mut decoder, |picture| stamp_of(picture).is_some());
    assert_eq!(live.end().0, Some(0));
}
