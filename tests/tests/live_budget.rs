//! Live within the room's budget, with the real programs: what all viewers are sent together, what each is given, and that each is told why.

use std::process::Stdio;

use lectern_tests::publisher::Publisher;
use lectern_tests::stack::{Stack, client_of};
use serde_json::Value;

const BUDGET_BPS: f64 = 1_000_000.0;
const SECONDS: f64 = 12.0;

#[test]
fn several_viewers_keep_a_small_budget_and_are_told_why_and_one_alone_gets_more() {
    let stack = Stack::start(&["limits.room_bandwidth=1M"]).expect("a server");
    let clip = stack.path("busy.mp4");
    // What really needs the 700 kbit/s of its rung.
    lectern_tests::clip::ffmpeg(&["-f", "lavfi", "-i", "testsrc2=size=640x360:rate=30:duration=90,noise=alls=12:allf=t", "-preset", "ultrafast"], &clip)
        .expect("a clip");
    let _publisher = Publisher::start(&stack, &["publish", "--camera", &clip.to_string_lossy(), "--quality", "360p"]).expect("a publisher");
    let viewers: Vec<_> = ["ana", "ben", "eva"]
        .into_iter()
        .zip(["udp", "tcp", "udp"])
        .map(|(name, transport)| {
            let args = ["watch", "--live", "camera", "--transport", transport, "--for", &SECONDS.to_string()];
            client_of(&stack.join(), name, &args).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().expect("a viewer")
        })
        .collect();
    let report = |viewer: std::process::Child| -> Value { serde_json::from_slice(&viewer.wait_with_output().expect("a report").stdout).expect("JSON") };
    let reports: Vec<Value> = viewers.into_iter().map(report).collect();
    let number = |report: &Value, path: &str| report.pointer(path).and_then(Value::as_f64).unwrap_or_else(|| panic!("{path} in {report}"));
    let bps = reports.iter().map(|r| number(r, "/bytes")).sum::<f64>() * 8.0 / SECONDS;
    // A quarter of a second of the budget may be used ahead, and the clock's messages are not counted.
    assert!(bps <= BUDGET_BPS * 1.1, "{bps} of {BUDGET_BPS}: {reports:?}");
    for report in &reports {
        let rungs = report["rungs"].as_array().expect("rungs");
        assert_eq!(rungs.last().and_then(|r| r["name"].as_str()), Some("180p"), "{report}");
        assert!(rungs.len() <= 2, "it settles: {report}");
        assert!(number(report, "/frames/presented") >= 60.0, "nobody starves: {report}");
        assert!(report["reason"].as_str().is_some_and(|r| r.contains("share of the room's bandwidth")), "{report}");
    }
    let alone = stack.client_json(&["watch", "--live", "camera", "--for", "5"]).expect("a viewer");
    assert_eq!(alone["rungs"][0]["name"].as_str(), Some("360p"), "{alone}");
    println!("{bps:.0} of {BUDGET_BPS} bit/s");
}
