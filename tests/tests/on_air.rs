//! Live, with the real programs: what the instructor publishes is seen by viewers over TCP and UDP, over good lines and bad ones.

use std::process::{Child, Stdio};
use std::time::Duration;

use lectern_proto::link::JoinLink;
use lectern_tests::relay::{Condition, Relay};
use lectern_tests::stack::{Stack, client_of, turn, wait_until};
use serde_json::Value;

/// A program of the instructor's that publishes; killed when it is dropped.
struct Publisher(Child);

impl Publisher {
    /// Starts it and waits until it is live.
    fn start(stack: &Stack, args: &[&str]) -> Self {
        let mut child = client_of(&stack.instructor(), "Ms Kim", args).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().expect("a publisher");
        let mut line = String::new();
        let mut output = std::io::BufReader::new(child.stdout.take().expect("its output"));
        std::io::BufRead::read_line(&mut output, &mut line).expect("a line");
        assert!(line.contains("live"), "{args:?}: {line}");
        Self(child)
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn watch(stack: &Stack, link: Option<&JoinLink>, args: &[&str]) -> Value {
    let args = [&["watch", "--live", "pattern", "--quality", "360p"], args].concat();
    let mut command = link.map_or_else(|| stack.client(&args), |link| stack.client_at(link, &args));
    let output = command.stderr(Stdio::inherit()).output().expect("a viewer");
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn number(report: &Value, path: &str) -> f64 {
    report.pointer(path).and_then(Value::as_f64).unwrap_or_else(|| panic!("{path} in {report}"))
}

const PATTERN: &[&str] = &["publish", "--pattern", "--quality", "360p"];

#[test]
fn what_is_published_is_seen_at_once_over_tcp_and_udp() {
    let _turn = turn();
    let stack = Stack::start(&[]).expect("a server");
    let publisher = Publisher::start(&stack, PATTERN);
    for transport in ["tcp", "udp"] {
        let report = watch(&stack, None, &["--transport", transport, "--for", "4"]);
        assert_eq!((report["transport"].as_str(), report["height"].as_u64()), (Some(transport), Some(360)), "{report}");
        let (presented, expected) = (number(&report, "/frames/presented"), number(&report, "/frames/expected"));
        assert!(presented >= 90.0 && presented >= 0.9 * expected, "{report}");
        assert_eq!((number(&report, "/frames/corrupt"), number(&report, "/units/lost")), (0.0, 0.0), "{report}");
        // What the pictures say of themselves; a busy machine takes its time.
        assert!((20.0..300.0).contains(&number(&report, "/latency_ms/p50")), "{report}");
    }
    // Many at once, as far as the server is concerned.
    let many = watch(&stack, None, &["--viewers", "20", "--no-decode", "--for", "3", "--transport", "udp"]);
    assert!(number(&many, "/frames/expected/min") >= 60.0 && number(&many, "/units/lost/max") == 0.0, "{many}");
    // Without its publisher the stream ends, and says so.
    let viewer = stack.client(&["watch", "--live", "pattern"]).stdout(Stdio::piped()).spawn().expect("a viewer");
    assert!(wait_until(Duration::from_secs(20), || stack.log().matches("entered").count() >= 24), "{}", stack.log());
    drop(publisher);
    let output = viewer.wait_with_output().expect("a report");
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn a_bad_line_is_repaired_and_a_closed_one_gone_around() {
    let _turn = turn();
    let stack = Stack::start(&[]).expect("a server");
    let _publisher = Publisher::start(&stack, PATTERN);
    let bad = Condition { loss: 0.05, jitter: Duration::from_millis(20), reorder: 0.02, held: Duration::from_millis(15), ..Condition::default() };
    let (_relay, link) = Relay::before(&stack, 21, bad).expect("a relay");
    let report = watch(&stack, Some(&link), &["--transport", "udp", "--for", "6"]);
    let (presented, expected) = (number(&report, "/frames/presented"), number(&report, "/frames/expected"));
    assert!(presented >= 0.9 * expected && expected >= 120.0, "{report}");
    assert!(number(&report, "/units/repaired") > 5.0, "{report}");
    assert_eq!(number(&report, "/frames/corrupt"), 0.0, "{report}");
    drop(_relay);
    let (_relay, link) = Relay::without_udp(&stack, 22, Condition::default()).expect("a relay");
    let report = watch(&stack, Some(&link), &["--for", "4"]);
    assert_eq!(report["transport"].as_str(), Some("tcp"), "{report}");
    assert!(number(&report, "/frames/presented") > 30.0, "{report}");
}

#[test]
fn who_may_not_publish_and_what_does_not_run_is_told_in_words() {
    let _turn = turn();
    let stack = Stack::start(&[]).expect("a server");
    let student = stack.client(&["publish", "--pattern", "--for", "2"]).output().expect("a student");
    let words = String::from_utf8_lossy(&student.stderr);
    assert!(!student.status.success() && words.contains("instructor"), "{words}");
    let nothing = stack.client(&["watch", "--live", "camera", "--for", "1"]).output().expect("a viewer");
    let words = String::from_utf8_lossy(&nothing.stderr);
    assert!(nothing.status.code() == Some(1) && words.contains("no stream `camera` runs"), "{words}");
    let rung = client_of(&stack.instructor(), "Ms Kim", &["publish", "--pattern", "--quality", "8k"]).output().expect("an instructor");
    assert_eq!(rung.status.code(), Some(2), "{}", String::from_utf8_lossy(&rung.stderr));
}
