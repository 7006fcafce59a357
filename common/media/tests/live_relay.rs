//! A lower rung: what one worker sends is handed in to another, which sends it smaller, as old as it was.

#[path = "support/live.rs"]
mod live;

use lectern_proto::hex;
use lectern_proto::live::pipe::{Command, News, VideoForm};
use live::{Live, Unit, decode, decoder, stamp_of};

fn source() -> (Live, VideoForm) {
    let mut live = Live::start(["--pattern", "--width", "1280", "--height", "720", "--bitrate", "2500000", "--preset", "ultrafast"]);
    let form = form(&mut live);
    (live, form)
}

fn form(live: &mut Live) -> VideoForm {
    live.news(|news| match news {
        News::Form { video, sound: None } => Some(video.clone().expect("pictures")),
        _ => None,
    })
}

fn relay(form: &VideoForm) -> Live {
    Live::start(["--relay", &hex::write(&form.avcc), "--width", "320", "--height", "180", "--fps", "30", "--bitrate", "200000"])
}

fn units(live: &mut Live, count: usize) -> Vec<Unit> {
    (0..count).map(|_| live.unit(0)).collect()
}

#[test]
fn a_lower_rung_shows_the_same_pictures_smaller_and_says_when_they_were_made() {
    let (mut high, its) = source();
    let mut low = relay(&its);
    let mut given = Vec::new();
    let mut made: Vec<Unit> = Vec::new();
    for unit in units(&mut high, 60) {
        low.hand_in(&unit);
        given.push(unit.capture_us);
    }
    let form = form(&mut low);
    assert_eq!((form.width, form.height, form.rate_milli, form.bps), (320, 180, 30_000, 200_000));
    let mut decoder = decoder(&form);
    while made.last().is_none_or(|u| u.capture_us < given[59]) {
        made.push(low.unit(0));
    }
    assert!(made[0].keyframe);
    assert!(made.windows(2).all(|w| w[0].capture_us < w[1].capture_us));
    for unit in &made {
        assert!(given.contains(&unit.capture_us), "its capture is the source's");
        let picture = decode(&mut decoder, unit);
        assert_eq!((picture.size().width, picture.size().height), (320, 180));
        assert_eq!(stamp_of(&picture).map(u64::from), Some(unit.capture_us / 100 % (1 << 24)), "the stamp is still read");
    }
    // A keyframe is made here when it is ordered, whatever the source does.
    low.order(Command::Keyframe);
    let next = units(&mut high, 30);
    assert!(next.iter().any(|u| !u.keyframe));
    let after = next[0].capture_us;
    next.iter().for_each(|u| low.hand_in(u));
    let first = std::iter::from_fn(|| Some(low.unit(0))).find(|u| u.capture_us >= after).expect("a picture");
    assert!(first.keyframe || std::iter::from_fn(|| Some(low.unit(0))).take(20).any(|u| u.keyframe));
}

#[test]
fn what_is_missing_or_noise_costs_pictures_up_to_the_next_keyframe() {
    let (mut high, its) = source();
    let mut low = relay(&its);
    let first = units(&mut high, 20);
    // Begins in the middle, with noise: nothing comes of it.
    for unit in &first[5..] {
        low.hand_in(&Unit { data: vec![0xA5; 40].into(), keyframe: true, ..unit.clone() });
    }
    high.order(Command::Keyframe);
    let rest = std::iter::from_fn(|| Some(high.unit(0))).find(|u| u.keyframe).expect("a keyframe");
    low.hand_in(&rest);
    for unit in units(&mut high, 20) {
        low.hand_in(&unit);
    }
    let form = form(&mut low);
    let mut decoder = decoder(&form);
    let shown = low.unit(0);
    assert!(shown.capture_us >= rest.capture_us, "what came before cannot be decoded");
    decode(&mut decoder, &shown);
    let (code, complaints) = low.end();
    assert_eq!(code, Some(0), "{complaints}");
    assert!(complaints.contains("does not decode"), "{complaints}");
}

#[test]
fn a_pipe_that_brings_what_is_not_known_ends_it_with_a_word() {
    let (_high, its) = source();
    let mut low = relay(&its);
    low.write(&[9; 64]);
    while low.next().is_some() {}
    let (_, complaints) = low.end();
    assert!(complaints.contains("pipe"), "{complaints}");
}

#[test]
fn a_configuration_that_is_none_is_refused_with_a_sentence() {
    for avcc in ["", "01", "zz", "0"] {
        let mut low = Live::start(["--relay", avcc, "--width", "320", "--height", "180"]);
        while low.next().is_some() {}
        let (code, complaints) = low.end();
        assert_ne!(code, Some(0), "{avcc}: {complaints}");
        assert!(!complaints.is_empty(), "{avcc}");
    }
}
