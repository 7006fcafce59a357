//! Lip sync of a live stream in a real window: the test pattern's flash on the screen beside its beep behind the sound device.

use std::time::Duration;

use anyhow::Result;
use lectern_tests::desk::Desk;
use lectern_tests::instep::InStep;
use lectern_tests::lip_sync;
use lectern_tests::publisher::Publisher;
use lectern_tests::stack::{PASSWORD, Stack};

use crate::table::{Table, Values};

/// Small, so that a machine without a graphics card can paint every picture.
const SCREEN: (u32, u32) = (640, 480);
const RUNS: usize = 3;
const WATCHED: Duration = Duration::from_secs(20);
/// How far the camera's looks are apart, in milliseconds: the method cannot tell less.
const LOOK_MS: f64 = 1_000.0 / 120.0;

pub fn measure(table: &mut Table) -> Result<()> {
    // Together in one room, what is live starts silent.
    let stack = Stack::start(&["rooms.together=off"])?;
    let _pattern = Publisher::start(&stack, &["publish", "--pattern", "--sound", "--quality", "360p"])?;
    let mut apart = Values::default();
    for _ in 0..RUNS {
        let desk = Desk::new(SCREEN.0, SCREEN.1, true)?;
        let _window = desk.window(&["--join", &stack.join(), "--name", "ana", "--password", PASSWORD])?;
        apart.0.push(InStep::p95(&lip_sync::measure(&desk, SCREEN, WATCHED, || {})?.skews_ms));
    }
    let looks = Values(vec![LOOK_MS]);
    table.value("lip sync of a live stream in a window, flash beside beep, p95 of 20 s", "ms", &apart, ("what the camera's looks are apart", &looks), 40.0);
    Ok(())
}
