//! Showing something to the class, with the real programs: the instructor's window puts a source on air that a viewer measures, a
//! publisher sees itself before anybody else, a student shows something with the stage alone.

use std::process::Output;
use std::sync::Arc;
use std::time::Duration;

use lectern::class::{Class, JoinRequest};
use lectern::live::{Choice, OffAir, Pictures, Published, Publisher, Source};
use lectern_proto::rung::RungSpec;
use lectern_tests::desk::Desk;
use lectern_tests::stack::{PASSWORD, Stack, bin, client_of, text, turn, wait_until};
use serde_json::Value;

const SOON: Duration = Duration::from_secs(30);
/// A report tells no longer latency, in milliseconds.
const FAR: f64 = 500.0;
/// Where these lie in a window of 1280x800, on a machine without a camera: the view in the rail, the card of the test pattern, the
/// button that puts it on air, the one that freezes it.
const CLASS: (u32, u32) = (36, 74);
const PATTERN: (u32, u32) = (320, 610);
const ON_AIR: (u32, u32) = (834, 109);
const FREEZE: (u32, u32) = (768, 270);

fn people(stack: &Stack) -> Vec<Value> {
    stack.client_json(&["people"]).expect("people")["people"].as_array().cloned().unwrap_or_default()
}

fn published(stack: &Stack) -> Vec<String> {
    let of = |p: &Value| p["publishes"].as_array().cloned().unwrap_or_default();
    people(stack).iter().flat_map(of).filter_map(|n| n.as_str().map(str::to_owned)).collect()
}

fn watch(stack: &Stack) -> Value {
    stack.client_json(&["watch", "--live", "pattern", "--quality", "720p", "--for", "3"]).expect("a viewer")
}

fn number(report: &Value, path: &str) -> f64 {
    report.pointer(path).and_then(Value::as_f64).unwrap_or_else(|| panic!("{path} in {report}"))
}

#[test]
fn a_window_puts_the_test_pattern_on_air_and_freezes_it_for_late_joiners_too() {
    let _turn = turn();
    let stack = Stack::start(&[]).expect("a server");
    let desk = Desk::new(1280, 800, false).expect("a desk");
    let window = desk.window(&["--join", &stack.instructor(), "--name", "Ms Novak"]).expect("a window");
    assert!(wait_until(SOON, || stack.log().contains("entered")), "nobody joins");
    let click = |(x, y)| window.click(x, y).expect("a click");
    // A click may come before what it means is drawn; then it means nothing, and another one follows.
    let is_live = || {
        click(CLASS);
        click(PATTERN);
        click(ON_AIR);
        wait_until(Duration::from_secs(4), || published(&stack) == ["pattern"])
    };
    if !wait_until(SOON, is_live) {
        let shot = std::env::temp_dir().join("lectern-not-on-air.png");
        desk.screenshot(&shot).expect("a picture");
        panic!("nothing is on air; see {}", shot.display());
    }
    let live = watch(&stack);
    assert!(number(&live, "/frames/presented") >= 45.0 && number(&live, "/frames/corrupt") == 0.0, "{live}");
    assert!((5.0..FAR).contains(&number(&live, "/latency_ms/p50")), "{live}");
    // A picture that stands still gets older; who comes now sees it all the same.
    click(FREEZE);
    let mut frozen = Value::Null;
    let stands_still = wait_until(SOON, || {
        frozen = watch(&stack);
        number(&frozen, "/latency_ms/p50") >= FAR
    });
    assert!(stands_still && number(&frozen, "/frames/presented") >= 45.0, "{frozen}");
    // The window is gone, and with it the stream.
    drop(window);
    assert!(wait_until(SOON, || published(&stack).is_empty()), "it goes on without its window");
}

/// The test pattern, by the real worker.
fn pattern(name: &str) -> Source {
    let rung = RungSpec { name: "360p".into(), box_width: 640, box_height: 360, bitrate_bps: 700_000 };
    let choice = Choice { pictures: Some(Pictures::Pattern), inset: None, sound: None, push_to_talk: false, rung, rate: 15 };
    choice.source(bin("lectern-media"), Some(name.to_owned()))
}

fn join(stack: &Stack, runtime: &tokio::runtime::Runtime, link: &str, name: &str) -> Class {
    let request = JoinRequest { link: link.parse().expect("a link"), name: name.into(), password: Some(PASSWORD.into()), account: None, store: None };
    let class = Class::join(runtime.handle(), request, Arc::new(|| ()));
    runtime.block_on(class.joined()).unwrap_or_else(|why| panic!("{why}; {}", stack.log()));
    class
}

fn becomes(publisher: &Publisher, what: impl Fn(&Published) -> bool) {
    assert!(wait_until(SOON, || what(&publisher.state().stage)), "{:?}", publisher.state());
}

#[test]
fn who_shows_something_sees_it_first_and_goes_on_air_and_off_it() {
    let _turn = turn();
    let stack = Stack::start(&[]).expect("a server");
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    let class = join(&stack, &runtime, &stack.instructor(), "Ms Kim");
    let publisher = class.start_preview(pattern("board"), Arc::new(|| ()));
    assert!(wait_until(SOON, || publisher.own_pictures().take().is_some()), "nothing is seen: {:?}", publisher.state());
    becomes(&publisher, |stage| *stage == Published::Ready);
    assert!(published(&stack).is_empty(), "before it is on air nobody else sees it");
    for _ in 0..2 {
        publisher.set_on_air(true);
        becomes(&publisher, |stage| matches!(stage, Published::Live(_)));
        assert_eq!(published(&stack), ["board"]);
        let report = stack.client_json(&["watch", "--live", "board", "--for", "2"]).expect("a viewer");
        assert!(number(&report, "/frames/presented") >= 10.0, "{report}");
        publisher.set_on_air(false);
        becomes(&publisher, |stage| *stage == Published::Ready);
        assert!(wait_until(SOON, || published(&stack).is_empty()), "it goes on");
    }
    // An instructor ends it: it is off the air until it is wanted again, and still seen by its publisher.
    publisher.set_on_air(true);
    becomes(&publisher, |stage| matches!(stage, Published::Live(_)));
    let other = join(&stack, &runtime, &stack.instructor(), "Mr Lee");
    let Published::Live(stream) = publisher.state().stage else { panic!("{:?}", publisher.state()) };
    runtime.block_on(other.end_stream(stream)).expect("an instructor may");
    becomes(&publisher, |stage| *stage == Published::Ready);
    assert_eq!(publisher.state().off_air, Some(OffAir::ByTheRoom));
    drop(publisher.own_pictures().take());
    assert!(wait_until(SOON, || publisher.own_pictures().take().is_some()), "the preview goes on");
}

#[test]
fn a_student_shows_something_with_the_stage_alone() {
    let _turn = turn();
    let stack = Stack::start(&[]).expect("a server");
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    let ana = join(&stack, &runtime, &stack.join(), "Ana");
    let stage = |args: &[&str]| -> Output { client_of(&stack.instructor(), "Ms Kim", &[&["stage"], args].concat()).output().expect("an instructor") };
    let try_it = || {
        let mut publisher = ana.start_publishing(pattern("mine"));
        let live = runtime.block_on(publisher.live());
        (publisher, live)
    };
    let refused = |why: &str| {
        let (_, live) = try_it();
        assert!(live.as_ref().is_err_and(|words| words.contains(why)), "{live:?}");
    };
    refused("ask the instructor for the stage");
    let not_hers = client_of(&stack.join(), "Ben", &["stage", "--give", "Ben"]).output().expect("a student");
    assert_eq!(not_hers.status.code(), Some(3), "{}", text(&not_hers));
    let nobody = stage(&["--give", "Anna"]);
    assert!(nobody.status.code() == Some(1) && text(&nobody).contains("nobody in the room is called `Anna`"), "{}", text(&nobody));
    let given: Value = serde_json::from_slice(&stage(&["--give", "Ana"]).stdout).expect("JSON");
    assert_eq!((&given["stage"], &given["quiet"]), (&serde_json::json!(["Ana"]), &Value::Bool(false)));
    let (publisher, live) = try_it();
    assert_eq!(live, Ok(()));
    let shown = people(&stack).into_iter().find(|p| p["name"] == "Ana").expect("Ana");
    assert_eq!((&shown["stage"], &shown["publishes"]), (&Value::Bool(true), &serde_json::json!(["mine"])));
    assert!(stage(&["--quiet"]).status.success());
    assert_eq!(runtime.block_on(publisher.ended()), Ok(()), "quiet ends it");
    refused("it is quiet");
    assert!(stage(&["--open"]).status.success());
    let (publisher, live) = try_it();
    assert_eq!(live, Ok(()), "the stage outlasts a quiet time");
    assert!(stage(&["--take", "Ana"]).status.success());
    assert_eq!(runtime.block_on(publisher.ended()), Ok(()), "without the stage it ends");
    refused("ask the instructor for the stage");
}
