//! Time that does not do what a program expects: the calendar is set while a lesson plays, machines sleep and wake.

use std::process::{Child, Output, Stdio};
use std::time::{Duration, Instant};

use lectern::class::Phase;
use lectern::player::PlayState;
use lectern_tests::calendar::Calendar;
use lectern_tests::playback::{join, open, options, rung, watch};
use lectern_tests::stack::{Stack, signal, text, turn, wait_until};
use serde_json::Value;

/// Longer than either side waits for the other ([`lectern_proto::limits::SILENCE_MAX`]).
const ASLEEP: Duration = Duration::from_secs(23);

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Runtime::new().expect("a runtime")
}

/// Starts a viewer's program that plays from this second to the end.
fn viewer(stack: &Stack, video: &str, start: &str, environment: Vec<(String, String)>) -> Child {
    let mut command = stack.client(&["watch", "--video", video, "--quality", "360p", "--start", start]);
    command.envs(environment).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the viewer")
}

fn report(output: &Output) -> Value {
    assert!(output.status.success(), "{}", text(output));
    serde_json::from_slice(&output.stdout).expect("a report")
}

/// What a program under this calendar takes for the time, in seconds since 1970.
fn date(calendar: &Calendar) -> i64 {
    let output = std::process::Command::new("date").arg("+%s").envs(calendar.environment()).output().expect("date");
    String::from_utf8_lossy(&output.stdout).trim().parse().expect("a number")
}

/// The person of the viewer's program, and whether the connection stands, as another one sees it.
fn ana(stack: &Stack) -> Option<(u64, bool)> {
    let people = stack.client_json(&["people"]).expect("people");
    let all = people["people"].as_array().cloned().unwrap_or_default();
    // Who asks has the same name; whoever of both came second has a number behind it.
    let is_ana = |p: &&Value| p["name"].as_str().is_some_and(|name| name.starts_with("ana")) && p["you"] == false;
    let ana = all.iter().find(is_ana)?;
    Some((ana["id"].as_u64()?, ana["connected"].as_bool()?))
}

#[test]
fn a_calendar_that_jumps_changes_nothing() {
    let _turn = turn();
    let calendar = Calendar::new().expect("a calendar");
    let (mut stack, video) = Stack::with_lesson(40, "640x360").expect("a server with the lesson");
    stack.run_under(calendar.environment()).expect("starts again");
    assert_eq!(stack.ready_video().expect("ready"), video);
    let child = viewer(&stack, &video, "30", calendar.environment());
    assert!(wait_until(Duration::from_secs(20), || ana(&stack).is_some()), "the viewer is in: {}", stack.log());
    let (id, _) = ana(&stack).expect("there");
    let right = date(&calendar);
    // Hours, as when daylight saving is got wrong, and years, as on a machine without a battery.
    for from_now_s in [3_600, -3_600, 50 * 365 * 86_400, -20 * 365 * 86_400] {
        calendar.set(from_now_s).expect("set");
        assert!((date(&calendar) - right - from_now_s).abs() < 600, "programs see it");
        assert_eq!(ana(&stack), Some((id, true)));
        std::thread::sleep(Duration::from_millis(1_200));
    }
    let report = report(&child.wait_with_output().expect("its end"));
    assert_eq!((&report["stalls"], &report["frames"]["dropped"]), (&0.into(), &0.into()), "{report}");
    assert_eq!(report["frames"]["presented"], 300, "{report}");
    assert!(!stack.log().contains("seat of a lost connection"), "{}", stack.log());
}

/// Three classrooms at the same time, each with a server of its own: a viewer's program sleeps, viewer and server sleep, and the
/// server sleeps.
#[test]
fn what_slept_goes_on_where_it_was() {
    let _turn = turn();
    let rooms = [(); 3].map(|()| Stack::with_lesson(40, "640x360").expect("a server with the lesson"));
    std::thread::scope(|scope| {
        let [viewer, both, server] = &rooms;
        scope.spawn(|| slept(&viewer.0, &viewer.1, false));
        scope.spawn(|| slept(&both.0, &both.1, true));
        scope.spawn(|| server_slept(&server.0, &server.1));
    });
}

/// It comes back to its seat and plays on from where it was.
fn slept(stack: &Stack, video: &str, with_server: bool) {
    let begun = Instant::now();
    // More is left than is fetched ahead: what comes after waking has to be fetched.
    let child = viewer(stack, video, "16", Vec::new());
    assert!(wait_until(Duration::from_secs(20), || ana(stack).is_some()), "the viewer is in: {}", stack.log());
    let (id, _) = ana(stack).expect("there");
    std::thread::sleep(Duration::from_secs(2));
    let mut both = vec![child.id()];
    both.extend(with_server.then(|| stack.pid()));
    both.iter().for_each(|pid| signal(*pid, libc::SIGSTOP));
    std::thread::sleep(ASLEEP);
    if !with_server {
        assert_eq!(ana(stack), Some((id, false)), "told as one who is away");
    }
    both.iter().for_each(|pid| signal(*pid, libc::SIGCONT));
    assert!(wait_until(Duration::from_secs(15), || ana(stack) == Some((id, true))), "the same seat: {:?}", ana(stack));
    let report = report(&child.wait_with_output().expect("its end"));
    // What slept did not play meanwhile, and did not hurry afterwards: all but what the sound had in hand was seen.
    assert!(begun.elapsed() > ASLEEP + Duration::from_secs(23), "{:?}", begun.elapsed());
    assert!(report["frames"]["presented"].as_u64() >= Some(24 * 30 - 20), "{report}");
    assert!(report["stalls"].as_u64() <= Some(1), "{report}");
}

/// Viewers say that they are reconnecting, and go on at the same place in the same seat.
fn server_slept(stack: &Stack, video: &str) {
    let runtime = runtime();
    let class = runtime.block_on(join(stack, "ana")).expect("joined");
    let _guard = runtime.enter();
    let me = class.state().me.clone();
    let player = open(&class, video, options(rung("360p"), 10_000_000)).expect("open");
    watch(&player, Duration::from_secs(20), |s| s.pts_us > 11_000_000).expect("plays");
    signal(stack.pid(), libc::SIGSTOP);
    let (seen, told) = std::thread::scope(|scope| {
        let told = scope.spawn(|| {
            let slept = Instant::now();
            let told = wait_until(ASLEEP, || matches!(class.state().phase, Phase::Reconnecting { .. }));
            std::thread::sleep(ASLEEP.saturating_sub(slept.elapsed()));
            signal(stack.pid(), libc::SIGCONT);
            told
        });
        (watch(&player, Duration::from_secs(60), |s| s.pts_us > 36_000_000), told.join().unwrap_or(false))
    });
    let seen = seen.expect("goes on");
    assert!(told, "reconnecting was told");
    for s in &seen {
        assert_eq!(s.stamp.map(i64::from), Some((s.pts_us * 30 + 500_000) / 1_000_000), "{s:?}");
    }
    assert!(seen.windows(2).all(|w| w[1].pts_us - w[0].pts_us < 1_000_000), "the place was kept");
    assert_eq!((class.state().phase.clone(), class.state().me.clone()), (Phase::Joined, me));
    assert!(matches!(player.state(), PlayState::Playing));
}
