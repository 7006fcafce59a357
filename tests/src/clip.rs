//! Real coded files: the sample lesson, whose frames carry their number, and clips that ffmpeg draws.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Result, ensure};

use crate::stack::{bin, text};

/// Draws the sample lesson: every frame is stamped with its number, a beep and a flash at each full second.
pub fn sample(path: &Path, seconds: u32, size: &str) -> Result<()> {
    let mut command = Command::new(bin("lectern-media"));
    command.arg("sample").arg("--out").arg(path).args(["--seconds", &seconds.to_string(), "--size", size]);
    let output = command.stdin(Stdio::null()).output()?;
    ensure!(output.status.success(), "sample: {}", text(&output));
    Ok(())
}

/// Runs ffmpeg with these arguments before the output file.
pub fn ffmpeg(args: &[&str], path: &Path) -> Result<()> {
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-nostdin", "-y"]).args(args).arg(format!("file:{}", path.display()));
    let output = command.output()?;
    ensure!(output.status.success(), "ffmpeg {args:?}: {}", text(&output));
    Ok(())
}

/// A test picture with a 440 Hz tone.
pub fn test_clip(path: &Path, seconds: u32, size: &str) -> Result<()> {
    let video = format!("testsrc2=size={size}:rate=30:duration={seconds}");
    let audio = format!("sine=frequency=440:duration={seconds}");
    let input = ["-f", "lavfi", "-i", &video, "-f", "lavfi", "-i", &audio];
    let coding = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-shortest"];
    ffmpeg(&[&input[..], &coding[..]].concat(), path)
}
