//! `auto` on a line that goes 20 → 2 → 20 Mbit/s, beside a viewer that stays in the highest rung.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result};
use lectern_tests::relay::{Condition, Relay};
use lectern_tests::stack::Stack;
use serde_json::Value;

use crate::table::{Table, Values};

/// Seconds of each part of the line.
const FAST: u64 = 12;
const SLOW: u64 = 22;
const AGAIN: u64 = 22;
const RUNS: u64 = 3;

/// `rungs` are those of the lesson, `fits` the highest that 2 Mbit/s carry, `top` the highest.
pub fn measure(stack: &Stack, video: &str, (fits, top): (&str, &str), table: &mut Table) -> Result<()> {
    let (mut ours, mut fixed) = (Values::default(), Values::default());
    let (mut rise, mut again, mut slow) = (Values::default(), Values::default(), Values::default());
    fixed.0.push(stalled(&watch(stack, video, 0, top)?)?);
    for seed in 0..RUNS {
        let report = watch(stack, video, seed, "auto")?;
        ours.0.push(stalled(&report)?);
        let shown = |from: f64, to: f64, name: &str| -> f64 {
            let rungs = report["rungs"].as_array().map(Vec::as_slice).unwrap_or_default();
            let at = rungs.iter().filter_map(|r| Some((r["at_s"].as_f64()?, r["name"].as_str()?)));
            let before = at.clone().rfind(|(at, _)| *at <= from).is_some_and(|(_, n)| n == name);
            if before { 0.0 } else { at.filter(|(at, n)| *at > from && *at < to && *n == name).map(|(at, _)| at - from).next().unwrap_or(f64::INFINITY) }
        };
        let (fast, slowed, end) = (FAST as f64, (FAST + SLOW) as f64, (FAST + SLOW + AGAIN) as f64);
        rise.0.push(shown(0.0, fast, top));
        slow.0.push(shown(fast, slowed, fits));
        again.0.push(shown(slowed, end, top));
    }
    table.value("auto on a line of 20, then 2, then 20 Mbit/s: time stalled", "s", &ours, (&format!("{top} throughout on the same line"), &fixed), 0.0);
    table.value(&format!("auto: {top} on the screen after the start at 20 Mbit/s"), "s", &rise, ("a segment", &Values(vec![2.0])), 6.0);
    // What was fetched before is watched first: the buffer of 15 s is what keeps it from stalling.
    table.value(&format!("auto: {fits} on the screen after the fall to 2 Mbit/s"), "s", &slow, ("the buffer and a segment", &Values(vec![17.0])), 23.0);
    table.value(&format!("auto: {top} on the screen after the return to 20 Mbit/s"), "s", &again, ("a segment", &Values(vec![2.0])), 6.0);
    Ok(())
}

fn watch(stack: &Stack, video: &str, seed: u64, quality: &str) -> Result<Value> {
    let [fast, slow] = [20.0, 2.0].map(Condition::mbit);
    let (relay, link) = Relay::before(stack, seed, fast)?;
    let seconds = (FAST + SLOW + AGAIN).to_string();
    let mut command = stack.client_at(&link, &["watch", "--video", video, "--quality", quality, "--no-decode", "--for", &seconds]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let s = Duration::from_secs;
    relay.schedule(vec![(s(FAST), fast), (s(SLOW), slow), (s(AGAIN), fast)])?;
    Ok(serde_json::from_slice(&child.wait_with_output()?.stdout)?)
}

fn stalled(report: &Value) -> Result<f64> {
    Ok(report["stall_ms"].as_f64().context("stall_ms")? / 1e3)
}
