//! A video is watched while it is prepared: from its first seconds, and wherever one jumps.

use std::time::{Duration, Instant};

use lectern::class::{Class, ClassState};
use lectern_proto::control::{CatalogueEntry, VideoState};
use lectern_tests::playback::{Seen, first, join, open, options, rung, watch};
use lectern_tests::stack::{Stack, turn};

const FPS: i64 = 30;
const SECONDS: u32 = 40;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Runtime::new().expect("a runtime")
}

/// A server into whose folder a lesson has just been moved.
fn fresh() -> Stack {
    let (prepared, _) = Stack::with_lesson(SECONDS, "1280x720").expect("a lesson");
    let source = std::fs::read_dir(prepared.videos()).expect("a folder").flatten().next().expect("a file").path();
    let stack = Stack::start(&[]).expect("a server");
    let new = stack.path("new.mp4");
    std::fs::copy(source, &new).expect("copied");
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
