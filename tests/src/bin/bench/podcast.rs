//! Podcasts: how far apart two listeners of one room hear the same word.

use std::time::Duration;

use anyhow::Result;
use lectern_tests::instep::{InStep, measure, noise};
use lectern_tests::publisher::Publisher;
use lectern_tests::relay::{Condition, Relay};
use lectern_tests::sound_server::Server;
use lectern_tests::stack::Stack;

use crate::table::{Table, Values};

/// How long two listeners are compared.
const MEASURED: Duration = Duration::from_secs(20);
/// What nobody hears as two voices, in milliseconds.
const GOAL_MS: f64 = 5.0;

/// Two listeners on a good line, and on one with 20 ms of jitter.
pub fn measure_all(table: &mut Table) -> Result<()> {
    let stack = Stack::start(&[])?;
    let talk = stack.path("talk.wav");
    noise(&talk, Duration::from_secs(600))?;
    let _podcast = Publisher::start(&stack, &["podcast", "start", "--file", &talk.to_string_lossy()])?;
    let jitter = Condition { jitter: Duration::from_millis(20), ..Condition::default() };
    let (_relay, link) = Relay::before(&stack, 31, jitter)?;
    for (what, link) in [("good line", None), ("20 ms jitter", Some(&link))] {
        let sound = Server::start();
        let measured = measure(&stack, &sound, [link; 2], MEASURED)?;
        let [p95, floor] = [&measured.apart_ms, &measured.floor_ms].map(|values| Values(vec![InStep::p95(values)]));
        table.value(&format!("two listeners of a podcast apart, p95, {what}"), "ms", &p95, ("the recording against itself", &floor), GOAL_MS);
    }
    Ok(())
}
