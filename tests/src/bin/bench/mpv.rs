//! mpv as the other side: driven through its JSON socket, as <https://mpv.io/manual/stable/#json-ipc> describes.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use lectern_tests::stack::wait_until;
use serde_json::{Value, json};

/// Software decoding as ours, no configuration of the machine, nothing on the terminal.
pub const PLAIN: [&str; 4] = ["--no-config", "--no-terminal", "--hwdec=no", "--ao=null"];

/// A player that waits for files, without a window.
pub struct Mpv {
    child: Child,
    out: UnixStream,
    lines: BufReader<UnixStream>,
    _dir: tempfile::TempDir,
}

impl Mpv {
    pub fn idle() -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let socket = dir.path().join("mpv");
        let mut command = Command::new("mpv");
        command.args(PLAIN).args(["--idle=yes", "--vo=null", "--keep-open=yes"]).arg(format!("--input-ipc-server={}", socket.display()));
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().context("mpv is not installed; run `make bench`")?;
        let mut stream = None;
        wait_until(Duration::from_secs(10), || {
            stream = UnixStream::connect(&socket).ok();
            stream.is_some()
        });
        let out = stream.context("mpv does not listen")?;
        out.set_read_timeout(Some(Duration::from_secs(20)))?;
        let lines = BufReader::new(out.try_clone()?);
        Ok(Self { child, out, lines, _dir: dir })
    }

    /// From the request for a file to its first picture, which is then paused.
    pub fn load(&mut self, file: &Path) -> Result<Duration> {
        self.until_shown(json!({ "command": ["loadfile", file.to_string_lossy(), "replace"] }))
    }

    pub fn pause(&mut self) -> Result<()> {
        self.send(&json!({ "command": ["set_property", "pause", true] }))
    }

    /// From the request for an exact time to its picture.
    pub fn seek(&mut self, at_us: u64) -> Result<Duration> {
        self.until_shown(json!({ "command": ["seek", at_us as f64 / 1e6, "absolute+exact"] }))
    }

    fn send(&mut self, command: &Value) -> Result<()> {
        Ok(self.out.write_all(format!("{command}\n").as_bytes())?)
    }

    fn until_shown(&mut self, command: Value) -> Result<Duration> {
        let begun = Instant::now();
        self.send(&command)?;
        let mut line = String::new();
        loop {
            line.clear();
            ensure!(self.lines.read_line(&mut line)? > 0, "mpv has ended");
            let said: Value = serde_json::from_str(&line)?;
            if said["event"] == "playback-restart" {
                return Ok(begun.elapsed());
            }
        }
    }
}

impl Drop for Mpv {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
