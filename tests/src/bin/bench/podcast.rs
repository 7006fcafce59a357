//! Podcasts: how far apart two listeners of one room hear the same word.

use std::time::Duration;

use anyhow::Result;
use lectern_tests::instep::{InStep, Side, measure, noise};
use lectern_tests::publisher::Publisher;
use lectern_tests::relay::{Condition, Relay};
use lectern_tests::sound_server::Server;
use lectern_tests::stack::Stack;

use crate::table::{Table, Values};

/// How long two listeners are compared.
const MEASURED: Duration = Duration::from_secs(20);
/// The delay that one device is given.
const TRIM_MS: i32 = 60;
/// What nobody hears as two voices, in milliseconds.
const GOAL_MS: f64 = 5.0;

/// Two listeners on a good line, on one with 20 ms of jitter, and one with a delay.
pub fn measure_all(table: &mut Table) -> Result<()> {
    let stack = Stack::start(&[])?;
    let talk = stack.path("talk.wav");
    noise(&talk, Duration::from_secs(600))?;
    let _podcast = Publisher::start(&stack, &["podcast", "start", "--file", &talk.to_string_lossy()])?;
    let jitter = Condition { jitter: Duration::from_millis(20), ..Condition::default() };
    let (_relay, link) = Relay::before(&stack, 31, jitter)?;
    for (what, link) in [("good line", None), ("20 ms jitter", Some(&link))] {
        let sound = Server::start();
        let measured = measure(&stack, &sound, [Side { link, ..Side::default() }; 2], MEASURED)?;
        let [p95, floor] = [&measured.apart_ms, &measured.floor_ms].map(|values| Values(vec![InStep::p95(values)]));
        table.value(&format!("two listeners of a podcast apart, p95, {what}"), "ms", &p95, ("the recording against itself", &floor), GOAL_MS);
    }
    let sides = [0, TRIM_MS].map(|trim_ms| Side { trim_ms, ..Side::default() });
    let measured = measure(&stack, &Server::start(), sides, MEASURED)?;
    let off: Vec<f64> = measured.apart_ms.iter().map(|apart| apart - f64::from(TRIM_MS)).collect();
    let [p95, floor] = [&off, &measured.floor_ms].map(|values| Values(vec![InStep::p95(values)]));
    table.value(&format!("a delay of {TRIM_MS} ms, off by, p95"), "ms", &p95, ("the recording against itself", &floor), GOAL_MS);
    Ok(())
}
