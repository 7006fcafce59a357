//! `auto` on a real line: a real server, real viewers, and between them a relay that gets slow and fast again.

use std::process::{Child, Stdio};
use std::time::Duration;

use lectern_proto::link::JoinLink;
use lectern_tests::relay::{Condition, Relay};
use lectern_tests::stack::{Stack, turn};
use serde_json::Value;

/// A viewer whose report comes when it ends.
struct Viewer(Child);

impl Viewer {
    fn start(stack: &Stack, link: &JoinLink, args: &[&str]) -> Self {
        let args = [&["watch", "--quality", "auto"], args].concat();
        Self(stack.client_at(link, &args).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().expect("a viewer"))
    }

    fn report(self) -> Value {
        let output = self.0.wait_with_output().expect("a report");
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).expect("JSON")
    }
}

fn names(report: &Value) -> Vec<&str> {
    report["rungs"].as_array().into_iter().flatten().filter_map(|r| r["name"].as_str()).collect()
}

#[test]
fn a_line_that_gets_slow_and_fast_again_is_followed_without_a_stall() {
    let _turn = turn();
    let (stack, video) = Stack::with_lesson(75, "640x360").expect("a server with the lesson");
    let fast = Condition::mbit(20.0);
    let (relay, link) = Relay::before(&stack, 11, fast).expect("a relay");
    // The lesson needs 0.25 and 0.65 Mbit/s in its rungs; two viewers share the line.
    let counting = Viewer::start(&stack, &link, &["--video", &video, "--no-decode"]);
    let decoding = Viewer::start(&stack, &link, &["--video", &video]);
    let s = Duration::from_secs;
    relay.schedule(vec![(s(4), fast), (s(24), Condition::mbit(0.9)), (s(90), fast)]).expect("a schedule");
    let counted = counting.report();
    let seen = names(&counted);
    // It counts every millisecond that something was late; a player waits 150 ms before it calls that a stall.
    assert!(counted["stall_ms"].as_u64().is_some_and(|ms| ms <= 150), "{counted}");
    let high = seen.iter().position(|n| *n == "360p").expect("it rises");
    assert!(seen[high..].contains(&"144p"), "the slow line is felt: {counted}");
    assert_eq!(seen.last(), Some(&"360p"), "and left behind: {counted}");
    assert!(seen.len() <= 9, "{counted}");
    let decoded = decoding.report();
    assert_eq!((decoded["frames"]["corrupt"].as_u64(), decoded["height"].as_u64()), (Some(0), Some(360)), "{decoded}");
    assert!(names(&decoded).len() >= 3, "{decoded}");
    // A busy machine may hold a viewer that decodes; the line does not.
    assert!(decoded["stall_ms"].as_u64() < Some(4_000), "{decoded}");
}

#[test]
fn a_viewer_says_that_the_line_limits_it() {
    let _turn = turn();
    let (stack, video) = Stack::with_lesson(60, "640x360").expect("a server with the lesson");
    let (_relay, link) = Relay::before(&stack, 12, Condition::mbit(0.5)).expect("a relay");
    let report = Viewer::start(&stack, &link, &["--video", &video, "--no-decode", "--for", "12"]).report();
    assert_eq!(names(&report).last(), Some(&"144p"), "{report}");
    assert!(report["reason"].as_str().is_some_and(|r| r.contains("the line") && r.contains("144p")), "{report}");
    let free = stack.client_json(&["watch", "--video", &video, "--no-decode", "--for", "5"]).expect("a viewer");
    assert_eq!(names(&free).first(), Some(&"144p"), "from the middle: {free}");
    assert_eq!(names(&free).last(), Some(&"360p"), "{free}");
    assert!(free["reason"].is_null(), "{free}");
}

/// Sixty at once on an access point that carries 0.4 Mbit/s for each; the budget is a little below that. Everybody's share
/// covers the lowest rung alone.
#[test]
fn sixty_viewers_on_one_line_share_its_budget_evenly() {
    let _turn = turn();
    let (stack, video) = Stack::with_lesson_and(60, "640x360", &["limits.room_bandwidth=21M"]).expect("a server with the lesson");
    let (_relay, link) = Relay::before(&stack, 13, Condition::mbit(24.0)).expect("a relay");
    let report = Viewer::start(&stack, &link, &["--video", &video, "--no-decode", "--viewers", "60", "--for", "25"]).report();
    let of = |field: &str, which: &str| report[field][which].as_f64().expect("a number");
    // Of sixty numbers between the least and the most, Jain's index is at least this (Pólya and Szegő's inequality).
    let (least, most) = (of("bytes", "min"), of("bytes", "max"));
    let fairness = 4.0 * least * most / (least + most).powi(2);
    eprintln!("sixty viewers: fairness at least {fairness:.3}, stalls {}", report["stalls"]);
    assert!(fairness >= 0.9, "{report}");
    assert_eq!(of("stalls", "median"), 0.0, "{report}");
    assert_eq!(names(&report).last(), Some(&"144p"), "{report}");
    assert!(report["reason"].to_string().contains("share of the room's bandwidth"), "{report}");
}
