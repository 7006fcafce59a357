//! How old the test pattern is on the screen, by the time that it carries; over good lines and a bad one; and how soon a latecomer sees it.

use std::process::{Child, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use lectern::live::{ListenOptions, LiveOptions, Transport};
use lectern::player::SoundOut;
use lectern_proto::link::JoinLink;
use lectern_proto::stamp;
use lectern_tests::playback::join;
use lectern_tests::publisher::Publisher;
use lectern_tests::relay::{Condition, Relay};
use lectern_tests::stack::{Stack, wait_until};
use serde_json::Value;

use crate::beside::milliseconds;
use crate::table::{Table, Values};

const RUNS: usize = 3;
const LATECOMERS: usize = 9;
const OTHERS: usize = 49;
/// How long a latecomer is looked at.
const LOOKED_AT: Duration = Duration::from_millis(1_500);
/// What the stamp counts in.
const STAMP_UNIT_US: i64 = 100;
/// By less than a frame's time the ages of current pictures differ.
const STEADY: Duration = Duration::from_millis(25);
/// What the viewers are to stay behind the source, in milliseconds: the smallest target of a stream.
const TARGET_MS: f64 = 30.0;

/// Viewers that do not decode, ended with the value.
struct Others(Child);

impl Others {
    fn start(stack: &Stack) -> Result<Self> {
        let count = OTHERS.to_string();
        let args = ["watch", "--live", "pattern", "--viewers", &count, "--no-decode", "--for", "600"];
        let others = Self(stack.client(&args).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?);
        ensure!(wait_until(Duration::from_secs(60), || stack.log().matches(" entered").count() > OTHERS), "the others do not come");
        Ok(others)
    }
}

impl Drop for Others {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn watch(stack: &Stack, link: Option<&JoinLink>, transport: &str, seconds: u32) -> Result<Value> {
    let seconds = seconds.to_string();
    let args = ["watch", "--live", "pattern", "--quality", "720p", "--transport", transport, "--for", &seconds];
    let output = link.map_or_else(|| stack.client(&args), |link| stack.client_at(link, &args)).output()?;
    ensure!(output.status.success(), "a viewer: {}", lectern_tests::stack::text(&output));
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn number(report: &Value, path: &str) -> Result<f64> {
    report.pointer(path).and_then(Value::as_f64).with_context(|| format!("{path} in {report}"))
}

/// Beside viewers that do not decode, on a good line and on a bad one.
pub fn measure(table: &mut Table) -> Result<()> {
    let stack = Stack::start(&[])?;
    let _pattern = Publisher::start(&stack, &["publish", "--pattern", "--quality", "720p"])?;
    let _others = Others::start(&stack)?;
    let target = ("the smallest target of a stream", &Values(vec![TARGET_MS]));
    for transport in ["tcp", "udp"] {
        let (mut half, mut most) = (Values::default(), Values::default());
        for _ in 0..RUNS {
            let report = watch(&stack, None, transport, 12)?;
            half.0.push(number(&report, "/latency_ms/p50")?);
            most.0.push(number(&report, "/latency_ms/p99")?);
        }
        let what = |share: &str| format!("glass to glass of 720p30 over {transport} beside {OTHERS} other viewers, {share} of 12 s");
        table.value(&what("p50"), "ms", &half, target, 50.0);
        table.value(&what("p99"), "ms", &most, target, 80.0);
    }
    let (mut good, mut bad, mut lost) = (Values::default(), Values::default(), Values::default());
    let mut lost_before = Values::default();
    for seed in 0..RUNS as u64 {
        let condition = Condition { loss: 0.05, jitter: Duration::from_millis(20), ..Condition::default() };
        let (relay, link) = Relay::before(&stack, 40 + seed, condition)?;
        let report = watch(&stack, Some(&link), "udp", 40)?;
        // The other stands at the same address.
        drop(relay);
        bad.0.push(number(&report, "/latency_ms/p99")?);
        lost.0.push(missed(&report)?);
        let (_relay, link) = Relay::before(&stack, 40 + seed, Condition::default())?;
        let report = watch(&stack, Some(&link), "udp", 12)?;
        good.0.push(number(&report, "/latency_ms/p99")?);
        lost_before.0.push(missed(&report)?);
    }
    let what = "glass to glass of 720p30 over udp at 5 % loss and 20 ms jitter, p99 of 40 s";
    table.value(what, "ms", &bad, ("the same way without loss and jitter", &good), 200.0);
    table.value("frames of these 40 s that were not shown", "in 1000", &lost, ("the same way without loss and jitter", &lost_before), 1.0);
    Ok(())
}

/// Frames in 1000 that came to be shown and were not.
fn missed(report: &Value) -> Result<f64> {
    let (expected, presented) = (number(report, "/frames/expected")?, number(report, "/frames/presented")?);
    Ok(1_000.0 * (expected - presented).max(0.0) / expected)
}

/// From the wish to watch to a current picture, in a stream that has long been running: by when pictures are shown and the time that
/// each carries.
pub fn late_join(table: &mut Table) -> Result<()> {
    let stack = Stack::start(&[])?;
    let _pattern = Publisher::start(&stack, &["publish", "--pattern", "--quality", "720p"])?;
    let runtime = tokio::runtime::Runtime::new()?;
    let _guard = runtime.enter();
    let class = runtime.block_on(join(&stack, "latecomer"))?;
    for (transport, name) in [(Transport::Tcp, "tcp"), (Transport::Udp, "udp")] {
        let (mut first, mut current) = (Values::default(), Values::default());
        for _ in 0..LATECOMERS {
            let options = LiveOptions { rung: Some("720p".to_owned()), decode: true, transport, record: None, changed: Arc::new(|| {}) };
            // The stream has none.
            let sound = ListenOptions { audible: false, record: None, transport, out: SoundOut::default(), changed: Arc::new(|| {}) };
            let begun = Instant::now();
            let player = class.open_live("pattern", &options, &sound)?;
            let mut shown: Vec<(Duration, i64)> = Vec::new();
            while begun.elapsed() < LOOKED_AT {
                if let Some(picture) = player.present(Instant::now()).picture {
                    let [luma, ..] = picture.planes();
                    let carried = stamp::read(luma.data, luma.stride, luma.width, luma.height).context("a picture without its time")?;
                    let at = begun.elapsed();
                    shown.push((at, at.as_micros() as i64 - i64::from(carried) * STAMP_UNIT_US));
                }
                std::thread::sleep(Duration::from_millis(1));
            }
            // Those shown in the end are current; what comes before is on the way there.
            let age_us = shown.last().context("no picture")?.1;
            let soon = shown.iter().find(|(_, age)| (age - age_us).abs() < STEADY.as_micros() as i64).context("no current picture")?;
            first.0.push(milliseconds(shown[0].0));
            current.0.push(milliseconds(soon.0));
        }
        let what = format!("late join over {name}: a decoded, current picture of 720p30 after the wish");
        table.value(&what, "ms", &current, ("the first picture, of the newest keyframe", &first), 100.0);
    }
    Ok(())
}
