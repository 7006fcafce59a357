//! A camera out of the real worker; video files stand for cameras: pace, loop, one that is not there, one that changes.

#[path = "support/live.rs"]
mod live;
mod support;

use lectern_proto::live::pipe::{News, Said, VideoForm};
use live::{Live, decode, decoder, stamp_of};
use std::ffi::OsStr;
use std::path::Path;
use support::{Folder, sample};

fn start(file: &Path, more: &[&str]) -> Live {
    let common = [OsStr::new("--camera"), file.as_os_str(), "--width".as_ref(), "320".as_ref(), "--height".as_ref(), "180".as_ref()];
    Live::start(common.into_iter().chain(more.iter().map(OsStr::new)))
}

/// What a worker shows: forms and stamps, until `enough` says so; nothing more when it has ended.
struct Shown {
    forms: Vec<VideoForm>,
    troubles: Vec<Option<String>>,
    /// Stamps of the pictures, in order; none for one without.
    stamps: Vec<Option<u32>>,
    captures: Vec<u64>,
    ended: bool,
}

fn watch(live: &mut Live, enough: impl Fn(&Shown) -> bool) -> Shown {
    let mut shown = Shown { forms: Vec::new(), troubles: Vec::new(), stamps: Vec::new(), captures: Vec::new(), ended: false };
    let mut decoding = None;
    while !enough(&shown) {
        match live.next().expect("it goes on").1 {
            Said::Unit { keyframe, capture_us, data, .. } => {
                let unit = live::Unit { at: 0, keyframe, capture_us, data };
                let picture = decode(decoding.as_mut().expect("a form comes first"), &unit);
                let form = shown.forms.last().expect("a form");
                assert_eq!((picture.size().width, picture.size().height), (form.width, form.height));
                shown.stamps.push(stamp_of(&picture));
                shown.captures.push(capture_us);
            }
            Said::News(News::Form { video: Some(form), .. }) => {
                decoding = Some(decoder(&form));
                shown.forms.push(form);
            }
            Said::News(News::Trouble { why, .. }) => shown.troubles.push(why),
            Said::News(News::Ended) => {
                shown.ended = true;
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    shown
}

#[test]
fn a_file_is_played_at_its_own_pace_into_the_box() {
    let folder = Folder::new();
    let file = folder.path("lesson.mp4");
    sample(&file, 3, "1280x720");
    let shown = watch(&mut start(&file, &[]), |_| false);
    assert!(shown.ended && shown.troubles.is_empty());
    assert_eq!(shown.forms.iter().map(|f| (f.width, f.height)).collect::<Vec<_>>(), [(320, 180)]);
    let stamps: Vec<u32> = shown.stamps.iter().map(|s| s.expect("every picture has its stamp")).collect();
    assert!(stamps.windows(2).all(|w| w[0] < w[1]) && stamps.len() > 45, "{stamps:?}");
    // 30 pictures a second: who is late leaves some out, and is not faster either.
    let span = shown.captures.last().expect("some") - shown.captures[0];
    let frames = u64::from(stamps[stamps.len() - 1] - stamps[0]);
    assert!(span.abs_diff(frames * 1_000_000 / 30) < 400_000, "{frames} frames took {span} us");
}

#[test]
fn it_plays_again_and_survives_another_size() {
    let folder = Folder::new();
    let (file, other) = (folder.path("lesson.mp4"), folder.path("other.mp4"));
    sample(&file, 1, "640x360");
    sample(&other, 1, "640x480");
    let mut live = start(&file, &["--loop"]);
    let again = watch(&mut live, |s| s.stamps.windows(2).any(|w| w[1] < w[0]));
    assert_eq!(again.forms.len(), 1, "the same pictures need no new form");
    std::fs::rename(&other, &file).expect("renames");
    let size = live.news(|news| match news {
        News::Form { video: Some(form), .. } => Some((form.width, form.height)),
        _ => None,
    });
    assert_eq!(size, (240, 180), "square pixels inside the box");
}

#[test]
fn one_that_is_not_there_is_shown_as_a_slate_and_tried_again() {
    let folder = Folder::new();
    let (file, hidden) = (folder.path("camera.mp4"), folder.path("hidden.mp4"));
    sample(&hidden, 2, "640x360");
    let mut live = start(&file, &["--loop"]);
    let missing = watch(&mut live, |s| s.stamps.len() >= 2);
    let why = missing.troubles[0].as_ref().expect("a reason");
    assert!(why.contains("camera.mp4") && why.contains("not connected"), "{why}");
    assert_eq!((missing.forms[0].width, missing.forms[0].height), (320, 180));
    assert!(missing.stamps.iter().all(Option::is_none), "a slate has no stamp");
    std::fs::rename(&hidden, &file).expect("renames");
    // The slate had the size of its pictures, so they need no new form; the decoder goes on with the next keyframe.
    live.news(|news| matches!(news, News::Trouble { why: None, .. }).then_some(()));
    // Gone again, which is noticed when it is to begin anew.
    std::fs::remove_file(&file).expect("removes");
    live.news(|news| matches!(news, News::Trouble { why: Some(_), .. }).then_some(()));
    assert!(live.unit(0).capture_us > 0, "the slate again");
    assert_eq!(live.end().0, Some(0));
}
