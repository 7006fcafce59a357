//! Our viewer beside mpv with the same file: first picture, exact jump, processor time of decoding without a screen.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use lectern::player::PlayerOptions;
use lectern_proto::rung::ORIGINAL;
use lectern_tests::playback::{first, join, open, options, rung};
use lectern_tests::stack::Stack;

use crate::mpv::{Mpv, PLAIN};
use crate::table::{Table, Values};

const RUNS: usize = 15;
/// Seconds played for each measurement of processor time.
const PLAYED: u32 = 10;
const PLAYS: usize = 3;

/// First picture and exact jumps: ours through the server, mpv from the file on its disk.
pub fn pictures(stack: &Stack, video: &str, table: &mut Table) -> Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    let _guard = runtime.enter();
    let class = runtime.block_on(join(stack, "beside"))?;
    let file = stack.videos().join("lesson.mp4");
    let mut mpv = Mpv::idle()?;
    let (mut ours, mut theirs) = (Values::default(), Values::default());
    for _ in 0..RUNS {
        let begun = Instant::now();
        let player = open(&class, video, options(rung("720p"), 0))?;
        first(&player)?;
        ours.0.push(milliseconds(begun.elapsed()));
        theirs.0.push(milliseconds(mpv.load(&file)?));
    }
    table.ratio("720p: first picture after the request", "ms", &ours, ("mpv, the file on its disk", &theirs), 1.0);
    mpv.pause()?;
    let player = open(&class, video, PlayerOptions { paused: true, ..options(rung("720p"), 0) })?;
    first(&player)?;
    let (mut ours, mut theirs) = (Values::default(), Values::default());
    for i in 0..RUNS as u64 {
        let at_us = (2 + (i * 7) % 27) * 2_000_000 + 1_005_000;
        let begun = Instant::now();
        player.seek(at_us);
        first(&player)?;
        ours.0.push(milliseconds(begun.elapsed()));
        theirs.0.push(milliseconds(mpv.seek(at_us)?));
    }
    table.ratio("720p: exact jump", "ms", &ours, ("mpv, the file on its disk", &theirs), 1.0);
    Ok(())
}

/// Processor time of playing at normal speed, without a screen: on both sides the coded pictures of the file itself.
pub fn decoding(stack: &Stack, video: &str, size: &str, table: &mut Table) -> Result<()> {
    let (mut ours, mut theirs) = (Values::default(), Values::default());
    let seconds = PLAYED.to_string();
    let file = stack.videos().join("lesson.mp4");
    for _ in 0..PLAYS {
        let watch = stack.client(&["watch", "--video", video, "--quality", ORIGINAL, "--for", &seconds]);
        ours.0.push(100.0 * children_time(watch)? / f64::from(PLAYED));
        let mut mpv = Command::new("mpv");
        mpv.args(PLAIN).args(["--vo=null", &format!("--length={seconds}")]).arg(&file);
        theirs.0.push(100.0 * children_time(mpv)? / f64::from(PLAYED));
    }
    table.ratio(&format!("{size}, 30 pictures a second, played without a screen: processor time"), "% of a core", &ours, ("mpv, the same file", &theirs), 1.0);
    Ok(())
}

/// Runs a program to its end and gives the processor time that it took.
fn children_time(mut command: Command) -> Result<f64> {
    let used = || {
        // SAFETY: a zeroed rusage is a valid one, and the call only writes to it.
        let usage = unsafe {
            let mut usage: libc::rusage = std::mem::zeroed();
            libc::getrusage(libc::RUSAGE_CHILDREN, &raw mut usage);
            usage
        };
        let seconds = |t: libc::timeval| t.tv_sec as f64 + t.tv_usec as f64 / 1e6;
        seconds(usage.ru_utime) + seconds(usage.ru_stime)
    };
    let before = used();
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    ensure!(status.success(), "{command:?} ended with {status}");
    Ok(used() - before)
}

pub fn milliseconds(d: Duration) -> f64 {
    d.as_secs_f64() * 1e3
}
