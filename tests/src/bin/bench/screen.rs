//! The window on a screen without a graphics card: processor time while it plays and while it rests, and memory.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::Result;
use lectern_tests::desk::Desk;
use lectern_tests::stack::{PASSWORD, Stack};

use crate::machine::{cpu_seconds, memory_mib};
use crate::mpv::PLAIN;
use crate::table::{Table, Values};

const SCREEN: (u32, u32) = (1280, 800);
/// Until a window has opened and plays.
const SETTLE: Duration = Duration::from_secs(5);
const WATCHED: Duration = Duration::from_secs(10);
const RUNS: usize = 3;

/// A program on the desk that is ended with it.
struct Running(Child);

impl Running {
    fn start(command: &mut Command) -> Result<Self> {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        Ok(Self(child))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Processor time in percent of a core, after the program has settled.
fn busy(pid: u32) -> f64 {
    std::thread::sleep(SETTLE);
    let before = cpu_seconds(pid);
    std::thread::sleep(WATCHED);
    100.0 * (cpu_seconds(pid) - before) / WATCHED.as_secs_f64()
}

pub fn measure(stack: &Stack, video: &str, table: &mut Table) -> Result<()> {
    let desk = Desk::new(SCREEN.0, SCREEN.1, true)?;
    let mut link = stack.link()?;
    let enter = |link: &str| ["--join", link, "--name", "ana", "--password", PASSWORD].map(str::to_owned);
    let catalogue = enter(&link.to_string());
    link.video = Some(video.to_owned());
    let lesson = enter(&link.to_string());
    let window = |args: &[String; 6]| desk.window(&args.each_ref().map(String::as_str));
    let file = stack.videos().join("lesson.mp4");
    let geometry = format!("{}x{}", SCREEN.0, SCREEN.1);
    let mpv = || {
        let mut mpv = desk.command("mpv");
        mpv.args(PLAIN).args(["--vo=x11", "--loop", &format!("--geometry={geometry}")]);
        mpv
    };

    let (mut playing, mut mpvs, mut ffplays) = (Values::default(), Values::default(), Values::default());
    let (mut memory, mut mpv_memory) = (Values::default(), Values::default());
    for _ in 0..RUNS {
        let ours = window(&lesson)?;
        playing.0.push(busy(ours.pid()));
        memory.0.push(memory_mib(ours.pid()).1);
        drop(ours);
        let other = Running::start(mpv().arg(&file))?;
        mpvs.0.push(busy(other.0.id()));
        mpv_memory.0.push(memory_mib(other.0.id()).1);
        drop(other);
        let (width, height) = (SCREEN.0.to_string(), SCREEN.1.to_string());
        let other = Running::start(desk.command("ffplay").args(["-loop", "0", "-x", &width, "-y", &height]).arg(&file))?;
        ffplays.0.push(busy(other.0.id()));
    }
    let what = "720p in a window of 1280 x 800 without a graphics card: processor time";
    table.ratio(what, "% of a core", &playing, ("mpv --vo=x11", &mpvs), 1.0);
    table.ratio(what, "% of a core", &playing, ("ffplay", &ffplays), 1.0);
    table.value("720p in that window: peak resident memory", "MiB", &memory, ("mpv --vo=x11", &mpv_memory), 200.0);

    let (mut resting, mut mpvs) = (Values::default(), Values::default());
    for _ in 0..RUNS {
        let ours = window(&catalogue)?;
        resting.0.push(busy(ours.pid()));
        drop(ours);
        let other = Running::start(mpv().args(["--idle=yes", "--force-window=yes"]))?;
        mpvs.0.push(busy(other.0.id()));
    }
    table.value("the window at rest, with the catalogue: processor time", "% of a core", &resting, ("mpv's window without a file", &mpvs), 1.0);
    Ok(())
}
