//! Preparing a lesson that is copied and one that is encoded, beside one ffmpeg command that makes the same rungs.
//!
//! The worker is run as the server runs it for a file that comes alone: what needs no encoding first, then the rest.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use lectern_tests::clip;
use lectern_tests::stack::bin;
use serde_json::Value;

use crate::table::{Table, Values};

const RUNS: usize = 3;
const SECONDS: u32 = 60;
/// The ladder as shipped, as far as it does not enlarge 1080p.
const LADDER: [(&str, u32, u32, u32); 3] = [("144p", 256, 144, 150), ("360p", 640, 360, 700), ("720p", 1280, 720, 2500)];
/// What the ladder ends with, so that 1080p lies inside.
const TOP: &str = "1440p=2560x1440 8000k";

pub fn measure(table: &mut Table) -> Result<()> {
    let dir = tempfile::tempdir()?;
    let (fits, other) = (dir.path().join("fits.mp4"), dir.path().join("other.mp4"));
    clip::test_clip(&fits, SECONDS, "1920x1080")?;
    clip::ffmpeg(&["-i", &fits.to_string_lossy(), "-c:a", "copy", "-c:v", "mpeg2video", "-q:v", "3"], &other)?;
    for (source, copies) in [(&fits, true), (&other, false)] {
        let (mut first, mut whole, mut bare, mut command) = (Values::default(), Values::default(), Values::default(), Values::default());
        for run in 0..RUNS {
            let out = dir.path().join(format!("out-{copies}-{run}"));
            let (watchable, end) = prepare(source, &out)?;
            first.0.push(watchable.as_secs_f64());
            whole.0.push(end.as_secs_f64());
            // What is watched first is a copy of all, or the first place of every rung.
            bare.0.push(if copies { remux(source, dir.path())? } else { ffmpeg(source, dir.path(), false, Some(2))? }.as_secs_f64());
            command.0.push(ffmpeg(source, dir.path(), copies, None)?.as_secs_f64());
            std::fs::remove_dir_all(out)?;
        }
        let what = if copies { "60 s of 1080p that are copied" } else { "60 s of 1080p that are encoded" };
        let beside = if copies { "ffmpeg copying it" } else { "ffmpeg encoding the first 2 s in every rung" };
        table.value(&format!("{what}: watchable after the worker's start"), "s", &first, (beside, &bare), 1.0);
        table.ratio(&format!("{what}: all rungs and the sound"), "s", &whole, ("one ffmpeg command", &command), 1.05);
    }
    Ok(())
}

/// When it can be watched and when all is there, after the start of the worker.
fn prepare(source: &Path, out: &Path) -> Result<(Duration, Duration)> {
    let begun = Instant::now();
    let mut watchable = None;
    let mut command = Command::new(bin("lectern-media"));
    command.arg("prepare").arg("--source").arg(source).arg("--out").arg(out).args(["--audio", "--rung", TOP]);
    for (name, width, height, kbps) in LADDER {
        command.arg("--rung").arg(format!("{name}={width}x{height} {kbps}k"));
    }
    let mut worker = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let (mut pictures, mut sound) = (false, false);
    for line in BufReader::new(worker.stdout.take().context("its output")?).lines() {
        let event: Value = serde_json::from_str(&line?)?;
        if event["event"] == "segment" {
            let is_sound = event["track"].as_str().is_some_and(|t| t.starts_with("audio"));
            (pictures, sound) = (pictures || !is_sound, sound || is_sound);
        }
        if pictures && sound && watchable.is_none() {
            watchable = Some(begun.elapsed());
        }
    }
    ensure!(worker.wait()?.success(), "the worker failed");
    Ok((watchable.context("nothing to watch")?, begun.elapsed()))
}

fn remux(source: &Path, dir: &Path) -> Result<Duration> {
    let begun = Instant::now();
    clip::ffmpeg(&["-i", &source.to_string_lossy(), "-c", "copy", "-movflags", "frag_keyframe+empty_moov"], &dir.join("remux.mp4"))?;
    Ok(begun.elapsed())
}

/// One command that decodes once, scales down the ladder and encodes as the worker does; with the pictures copied beside it,
/// and only the first seconds, if so wanted.
fn ffmpeg(source: &Path, dir: &Path, copies: bool, seconds: Option<u32>) -> Result<Duration> {
    let mut filter = String::new();
    for (i, (name, width, height, _)) in LADDER.iter().enumerate().rev() {
        let from = if i + 1 == LADDER.len() { "0:v".to_owned() } else { format!("below{i}") };
        filter += &format!("[{from}]scale={width}:{height}");
        filter += &if i == 0 { format!("[{name}]") } else { format!(",split[{name}][below{}];", i - 1) };
    }
    let source = source.to_string_lossy();
    let limit = seconds.map(|s| s.to_string());
    let mut args = vec!["-i".to_owned(), source.into_owned()];
    args.extend(["-filter_complex".to_owned(), filter]);
    let path = |name: &str| format!("file:{}", dir.join(name).display());
    let mut output = |options: &[&str], name: &str| {
        args.extend(options.iter().map(|o| (*o).to_owned()));
        args.extend(limit.iter().flat_map(|l| ["-t".to_owned(), l.clone()]));
        args.extend(["-movflags", "frag_keyframe+empty_moov"].map(str::to_owned));
        args.push(path(name));
    };
    if copies {
        output(&["-map", "0:v", "-c:v", "copy"], "copy.mp4");
    }
    for (name, _, _, kbps) in LADDER {
        let (map, rate, peak, buffer) = (format!("[{name}]"), format!("{kbps}k"), format!("{}k", kbps * 12 / 10), format!("{}k", kbps * 3 / 2));
        let rates = ["-b:v", &rate, "-maxrate", &peak, "-bufsize", &buffer];
        let coding = ["-map", &map, "-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-x264-params", "scenecut=0:bframes=2:open-gop=0"];
        output(&[&coding[..], &rates, &["-force_key_frames", "expr:gte(t,n_forced*2)"]].concat(), &format!("{name}.mp4"));
    }
    let mut sound = vec!["-map".to_owned(), "0:a".to_owned(), "-c:a".to_owned(), "aac".to_owned(), "-b:a".to_owned(), "128k".to_owned()];
    sound.extend(limit.iter().flat_map(|l| ["-t".to_owned(), l.clone()]));
    args.extend(sound);
    let begun = Instant::now();
    clip::ffmpeg(&args.iter().map(String::as_str).collect::<Vec<_>>(), &dir.join("sound.mp4"))?;
    Ok(begun.elapsed())
}
