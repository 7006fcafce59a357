//! A video is watched while it is prepared: from its first seconds, and wherever one jumps.

use std::time::{Duration, Instant};

use lectern::class::{Class, ClassState};
use lectern_proto::control::{CatalogueEntry, VideoState};
use lectern_proto::quality::Quality;
use lectern_tests::clip;
use lectern_tests::playback::{Seen, first, join, open, options, rung, watch};
use lectern_tests::stack::{Stack, turn};

const FPS: i64 = 30;
const SECONDS: u32 = 40;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Runtime::new().expect("a runtime")
}

/// A server into whose folder a lesson has just been moved, of which all must be encoded.
fn fresh() -> Stack {
    let stack = Stack::start(&[]).expect("a server");
    let (lesson, new) = (stack.path("drawn.mp4"), stack.path("new.mp4"));
    clip::sample(&lesson, SECONDS, "1280x720").expect("a lesson");
    clip::ffmpeg(&["-i", &lesson.to_string_lossy(), "-c:a", "copy", "-c:v", "mpeg2video", "-q:v", "3"], &new).expect("coded");
    std::fs::rename(new, stack.videos().join("lesson.mp4")).expect("moved");
    stack
}

fn entry(state: &ClassState) -> CatalogueEntry {
    state.videos.first().cloned().expect("one video")
}

/// How far the only video is, in thousandths; none when it is ready.
fn permille(class: &Class) -> Option<u16> {
    match entry(&class.state()).state {
        VideoState::Preparing { permille, .. } => Some(permille),
        VideoState::Ready { .. } => None,
        other => panic!("{other:?}"),
    }
}

fn assert_right(seen: &[Seen]) {
    for s in seen {
        let number = (s.pts_us * FPS + 500_000) / 1_000_000;
        assert_eq!(s.stamp.map(i64::from), Some(number), "{s:?}");
    }
}

#[test]
fn a_lesson_is_watched_before_it_is_prepared_and_a_jump_goes_ahead() {
    let _turn = turn();
    let stack = fresh();
    let runtime = runtime();
    let class = runtime.block_on(join(&stack, "ana")).expect("joined");
    let _guard = runtime.enter();
    let moved = Instant::now();
    let watchable = runtime.block_on(class.wait_for(|s| s.videos.iter().any(|v| v.state.manifest().is_some()))).expect("in the class");
    let (video, state) = (entry(&watchable).id, entry(&watchable).state);
    println!("watchable after {:?}: {state:?}", moved.elapsed());
    assert!(matches!(state, VideoState::Preparing { permille, .. } if permille < 900), "it is not ready by far: {state:?}");

    let player = open(&class, &video.0, options(rung("720p"), 0)).expect("opened");
    let begun = watch(&player, Duration::from_secs(30), |s| s.pts_us > 500_000).expect("the first pictures");
    assert_right(&begun);
    assert_eq!(begun[0].stamp, Some(0));
    assert!(permille(&class).is_some(), "it is still being prepared");

    // Where nothing is prepared, it is prepared next.
    let at = u64::from(SECONDS - 6) * 1_000_000 + 10_000;
    player.seek(at);
    let jumped = first(&player).expect("the picture that was asked for");
    assert_eq!(jumped.stamp, Some((SECONDS - 6) * FPS as u32));
    let far = permille(&class);
    println!("the jump took {:?}; {far:?} permille were prepared then", jumped.at - begun.last().expect("some").at);
    assert!(far.is_some_and(|p| p < 800), "what lies between was not prepared first: {far:?}");
    let rest = watch(&player, Duration::from_secs(60), |_| false).expect("to the end");
    assert_right(&rest);
    assert_eq!(rest.last().expect("pictures").stamp, Some(SECONDS * FPS as u32 - 1));

    // What was left out comes too, and then all is as if it had been prepared in order.
    runtime.block_on(class.wait_for(|s| matches!(entry(s).state, VideoState::Ready { .. }))).expect("prepared");
    for frame in [0u32, 59, 60, 599, 600, 961, 1_019, 1_020, 1_021, 1_199] {
        player.seek(u64::from(frame) * 1_000_000 / 30 + 10_000);
        assert_eq!(first(&player).expect("a picture").stamp, Some(frame));
    }
    let report = player.report();
    assert_eq!(report.frames.corrupt, Some(0), "{report:?}");
}

#[test]
fn what_somebody_waits_for_comes_first() {
    let _turn = turn();
    let stack = fresh();
    let lesson = stack.videos().join("lesson.mp4");
    // Another content, and another name that comes later in the alphabet.
    let mut bytes = std::fs::read(&lesson).expect("read");
    bytes.extend_from_slice(&[0, 0, 0, 16, b'f', b'r', b'e', b'e', 0, 0, 0, 0, 0, 0, 0, 0]);
    std::fs::write(stack.path("new.mp4"), bytes).expect("written");
    std::fs::rename(stack.path("new.mp4"), stack.videos().join("zebra.mp4")).expect("moved");
    let runtime = runtime();
    let class = runtime.block_on(join(&stack, "ana")).expect("joined");
    let by_start = |s: &ClassState, preparing: bool| {
        let mut found = s.videos.iter().filter(|v| matches!(v.state, VideoState::Preparing { .. }) == preparing);
        found.next().map(|v| v.id.clone())
    };
    let state = runtime.block_on(class.wait_for(|s| s.videos.len() == 2 && s.videos.iter().any(|v| v.state.manifest().is_some()))).expect("in the class");
    let waiting = by_start(&state, false).expect("the other one waits");
    class.want(waiting.clone());
    let wanted = |s: &ClassState| s.videos.iter().any(|v| v.id == waiting && v.state.manifest().is_some());
    let state = runtime.block_on(class.wait_for(wanted)).expect("in the class");
    let other = state.videos.iter().find(|v| v.id != waiting).expect("two");
    assert!(!matches!(other.state, VideoState::Ready { .. }), "it was put back: {:?}", other.state);
    runtime.block_on(class.wait_for(|s| s.videos.iter().all(|v| matches!(v.state, VideoState::Ready { .. })))).expect("both are prepared in the end");
}

#[test]
fn a_source_that_fits_is_watched_before_anything_is_encoded_and_in_thirds_afterwards() {
    const SECONDS: u32 = 18;
    let _turn = turn();
    let mut stack = Stack::start(&["quality.thirds=144p, 360p, 720p"]).expect("a server");
    let new = stack.path("new.mp4");
    clip::sample(&new, SECONDS, "1280x720").expect("a lesson");
    // The same pictures three times: their copies come before anybody's encoding.
    for (i, name) in ["a.mp4", "b.mp4", "c.mp4"].iter().enumerate() {
        let mut bytes = std::fs::read(&new).expect("read");
        for _ in 0..i {
            bytes.extend_from_slice(&[0, 0, 0, 8, b'f', b'r', b'e', b'e']);
        }
        std::fs::write(stack.path(name), bytes).expect("written");
        std::fs::rename(stack.path(name), stack.videos().join(name)).expect("moved");
    }
    let runtime = runtime();
    let _guard = runtime.enter();
    let class = runtime.block_on(join(&stack, "ana")).expect("joined");
    let all = |s: &ClassState| s.videos.len() == 3 && s.videos.iter().all(|v| v.state.manifest().is_some());
    let state = runtime.block_on(class.wait_for(all)).expect("in the class");
    let encoding: Vec<_> = state.videos.iter().map(|v| v.state.clone()).collect();
    assert!(encoding.iter().all(|s| matches!(s, VideoState::Preparing { .. })), "nobody's encoding has ended: {encoding:?}");
    let video = state.videos.last().expect("three").id.clone();

    // Everywhere at once, whatever rung is asked for.
    let player = open(&class, &video.0, options(rung("720p"), 0)).expect("opened");
    for frame in [0, SECONDS * 30 - 1, 7 * 30 + 13, 250] {
        player.seek(u64::from(frame) * 1_000_000 / 30 + 10_000);
        assert_eq!(first(&player).expect("a picture").stamp, Some(frame));
    }
    drop((player, class));

    // Through a kill, the rest comes.
    stack.kill();
    stack.run().expect("a server");
    let class = runtime.block_on(join(&stack, "ana")).expect("joined");
    let ready = |s: &ClassState| s.videos.len() == 3 && s.videos.iter().all(|v| matches!(v.state, VideoState::Ready { .. }));
    let state = runtime.block_on(class.wait_for(ready)).expect("prepared");
    assert!(state.videos.iter().all(|v| v.rungs == ["144p", "360p", "720p"]), "the copy is one of the ladder's: {:?}", state.videos[0].rungs);
    let thirds = ["144p", "360p", "720p"].map(str::to_owned);
    let player = open(&class, &video.0, options(Quality::Thirds(thirds), 0)).expect("opened");
    let seen = watch(&player, Duration::from_secs(60), |_| false).expect("to the end");
    assert_right(&seen);
    // A busy machine may leave pictures out; none comes in another rung than that of its third.
    let third = |s: &Seen| s.stamp.map(|n| [144, 360, 720][(n / (SECONDS * 10)) as usize]);
    assert!(seen.iter().all(|s| third(s) == Some(s.size.height)), "{:?}", seen.iter().find(|s| third(s) != Some(s.size.height)));
    assert!(seen.len() > (SECONDS * 20) as usize && seen.last().is_some_and(|s| s.stamp == Some(SECONDS * 30 - 1)), "{}", seen.len());
    drop((player, class));

    // Another ladder: the copy stands above it, and is there at once again.
    stack.run_with("resolutions.720p=1280x720 200k").expect("a server");
    let class = runtime.block_on(join(&stack, "ana")).expect("joined");
    let state = runtime.block_on(class.wait_for(all)).expect("in the class");
    assert!(state.videos.iter().any(|v| v.rungs.last().is_some_and(|r| r == "original")), "{:?}", state.videos);
    let player = open(&class, &video.0, options(rung("original"), 17_010_000)).expect("opened");
    let shown = first(&player).expect("a picture");
    assert_eq!((shown.stamp, shown.size.height), (Some(17 * 30), 720));
    let state = runtime.block_on(class.wait_for(ready)).expect("prepared");
    assert_eq!(state.videos[0].rungs, ["144p", "360p", "720p", "original"]);
}
