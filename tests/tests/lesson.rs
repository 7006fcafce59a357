//! The main job on real parts: a file dropped into `videos/` is prepared, and every frame of it reaches the screen in
//! time, in every rung, after jumps and across switches of resolution.

use std::collections::BTreeSet;
use std::time::Duration;

use lectern_proto::quality::Quality;
use lectern_tests::playback::{Seen, first, join, open, options, rung, watch};
use lectern_tests::stack::{Stack, turn};

const FPS: i64 = 30;
const SECONDS: u32 = 12;

fn thirds() -> Quality {
    Quality::Thirds(["144p".to_owned(), "720p".to_owned(), "1440p".to_owned()])
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Runtime::new().expect("a runtime")
}

/// The stamp is the frame's number, and the frame's number is its time.
fn assert_right(seen: &[Seen]) {
    for s in seen {
        let number = (s.pts_us * FPS + 500_000) / 1_000_000;
        assert_eq!(s.stamp.map(i64::from), Some(number), "{s:?}");
    }
}

fn lesson(size: &str) -> (Stack, String) {
    Stack::with_lesson(SECONDS, size).expect("a server with the lesson")
}

#[test]
fn every_frame_of_the_lowest_rung_is_shown_and_is_the_right_one() {
    let _turn = turn();
    let (stack, video) = lesson("1280x720");
    let runtime = runtime();
    let class = runtime.block_on(join(&stack, "ana")).expect("joined");
    let _guard = runtime.enter();
    let player = open(&class, &video, options(rung("144p"), 0)).expect("open");
    let seen = watch(&player, Duration::from_secs(40), |_| false).expect("to the end");
    assert_right(&seen);
    let numbers: BTreeSet<_> = seen.iter().filter_map(|s| s.stamp).collect();
    let all = SECONDS as usize * FPS as usize;
    assert_eq!(numbers.len(), seen.len(), "no frame twice");
    let dropped = usize::try_from(player.report().frames.dropped.unwrap_or(0)).expect("few");
    // A busy machine leaves frames out, and says so; none is unaccounted for.
    assert!(numbers.len() + dropped == all && dropped * 10 <= all, "{} of {all} frames, {dropped} left out", numbers.len());
    assert!(seen.iter().all(|s| (s.size.width, s.size.height) == (256, 144)));
    let report = player.report();
    assert_eq!(report.frames.expected, Some(all as u64), "{report:?}");
    assert_eq!(report.frames.presented, Some(seen.len() as u64));
    assert_eq!((report.frames.corrupt, report.stalls), (Some(0), 0), "{report:?}");
    let duration = player.status().duration_us;
    assert!((12_000_000..12_100_000).contains(&duration), "{duration}");
}

#[test]
fn a_jump_shows_exactly_the_frame_that_was_asked_for() {
    let _turn = turn();
    let (stack, video) = lesson("1280x720");
    let runtime = runtime();
    let class = runtime.block_on(join(&stack, "ana")).expect("joined");
    let _guard = runtime.enter();
    for (quality, width) in [("144p", 256), ("720p", 1280)] {
        let paused = lectern::player::PlayerOptions { paused: true, ..options(rung(quality), 0) };
        let player = open(&class, &video, paused).expect("open");
        let start = first(&player).expect("the first picture");
        assert_eq!(start.stamp, Some(0));
        // Within a segment, across segments, backwards, on a border, just before one, the last frame.
        for frame in [1u32, 59, 60, 61, 200, 3, 119, 120, 359, 0] {
            let at_us = u64::from(frame) * 1_000_000 / 30 + 10_000;
            player.seek(at_us);
            let seen = first(&player).expect("a picture");
            assert_eq!(seen.stamp, Some(frame), "{quality} at {at_us}: {seen:?}");
            assert_eq!(seen.size.width, width);
        }
    }
}

#[test]
fn thirds_go_from_the_lowest_to_the_highest_rung_without_a_gap() {
    let _turn = turn();
    let (stack, video) = lesson("2560x1440");
    let runtime = runtime();
    let class = runtime.block_on(join(&stack, "ana")).expect("joined");
    let _guard = runtime.enter();
    let player = open(&class, &video, options(thirds(), 0)).expect("open");
    let seen = watch(&player, Duration::from_secs(60), |_| false).expect("to the end");
    assert_right(&seen);
    for s in &seen {
        let want = match s.pts_us {
            ..4_000_000 => 144,
            4_000_000..8_000_000 => 720,
            _ => 1440,
        };
        assert_eq!(s.size.height, want, "{s:?}");
    }
    let report = player.report();
    assert_eq!(report.rungs.iter().map(|r| r.name.as_str()).collect::<Vec<_>>(), ["144p", "720p", "1440p"]);
    assert_eq!((report.stalls, report.frames.corrupt), (0, Some(0)), "{report:?}");
}

#[test]
fn a_change_of_resolution_while_playing_leaves_out_no_frame() {
    let _turn = turn();
    let (stack, video) = lesson("1280x720");
    let runtime = runtime();
    let class = runtime.block_on(join(&stack, "ana")).expect("joined");
    let _guard = runtime.enter();
    let player = open(&class, &video, options(rung("144p"), 0)).expect("open");
    let mut changed = false;
    let seen = watch(&player, Duration::from_secs(40), |s| {
        if s.pts_us > 1_000_000 && !std::mem::replace(&mut changed, true) {
            player.set_quality(rung("360p"));
        }
        s.pts_us > 7_000_000
    });
    let seen = seen.expect("playback");
    assert_right(&seen);
    let heights: BTreeSet<_> = seen.iter().map(|s| s.size.height).collect();
    assert_eq!(heights, BTreeSet::from([144, 360]));
    let border = seen.iter().find(|s| s.size.height == 360).expect("switched").pts_us;
    assert!((2_000_000..=4_000_000).contains(&border), "switched at {border}, by the border after the wish");
    let report = player.report();
    assert_eq!(report.stalls, 0);
    assert!(report.frames.dropped.unwrap_or(0) * 10 <= seen.len() as u64, "{report:?}");
}

#[test]
fn pausing_holds_the_picture_and_going_on_continues_with_the_next() {
    let _turn = turn();
    let (stack, video) = lesson("1280x720");
    let runtime = runtime();
    let class = runtime.block_on(join(&stack, "ana")).expect("joined");
    let _guard = runtime.enter();
    let player = open(&class, &video, options(rung("360p"), 0)).expect("open");
    let before = watch(&player, Duration::from_secs(20), |s| s.pts_us >= 1_000_000).expect("a second");
    player.pause();
    let paused = lectern_tests::stack::wait_until(Duration::from_secs(5), || player.state() == lectern::player::PlayState::Paused);
    assert!(paused);
    let at = player.status().position_us;
    std::thread::sleep(Duration::from_millis(400));
    assert_eq!(player.status().position_us, at, "the clock stands");
    player.play();
    let after = first(&player).expect("goes on");
    let (last, next) = (before.last().and_then(|s| s.stamp).unwrap_or(0), after.stamp.unwrap_or(0));
    assert!(next > last && next <= last + 4, "from {last} to {next}");
}

/// The first segment of a rung is larger than what waits between the connection and its reader.
#[test]
fn segments_of_many_records_play() {
    let _turn = turn();
    let stack = Stack::start(&[]).expect("a server");
    lectern_tests::clip::test_clip(&stack.videos().join("rich.mp4"), 4, "2560x1440").expect("clip");
    let video = stack.ready_video().expect("prepared");
    let report = stack.client_json(&["watch", "--video", &video, "--quality", "1440p", "--for", "6"]).expect("watch");
    assert_eq!((report["height"].as_u64(), report["stalls"].as_u64()), (Some(1440), Some(0)), "{report}");
    assert!(report["bytes"].as_u64() > Some(3_000_000), "{report}");
    assert!(report["frames"]["presented"].as_u64() >= Some(30), "{report}");
}

#[test]
fn the_command_line_reports_what_was_seen() {
    let _turn = turn();
    let (stack, video) = lesson("1280x720");
    let report = stack.client_json(&["watch", "--video", &video, "--quality", "360p", "--start", "8", "--for", "3"]).expect("watch");
    assert_eq!((report["width"].as_u64(), report["height"].as_u64()), (Some(640), Some(360)), "{report}");
    let presented = report["frames"]["presented"].as_u64().expect("a number");
    let expected = report["frames"]["expected"].as_u64().expect("a number");
    let dropped = report["frames"]["dropped"].as_u64().expect("a number");
    // A busy machine leaves frames out, and says so; none is unaccounted for.
    assert!((30..=95).contains(&expected) && presented > 20 && expected.abs_diff(presented + dropped) <= 3, "{report}");
    let many = stack.client_json(&["watch", "--video", &video, "--viewers", "5", "--no-decode", "--for", "3"]).expect("watch");
    assert!(many["frames"]["presented"].is_null() && many["bytes"]["min"].as_u64() > Some(100_000), "{many}");
    assert_eq!(many["stalls"]["max"], 0, "{many}");
    let people = stack.client_json(&["people"]).expect("people");
    assert_eq!(people["people"].as_array().map(Vec::len), Some(1), "everybody else has left: {people}");
}
