//! A desk of its own for one window: a screen (Xvfb), a sound server with a null sink, and what a person does and a
//! camera and a microphone before it would record.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::stack::{bin, signal, text, wait_until};

/// Samples a second of a recording.
pub const SAMPLE_RATE_HZ: u32 = 48_000;

/// A screen and a sound server; both end with it.
#[derive(Debug)]
pub struct Desk {
    dir: tempfile::TempDir,
    screen: Child,
    display: String,
    sound: Option<Child>,
}

/// A part of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Area {
    pub x: u32,
    pub y: u32,
    pub width: u32,
    pub height: u32,
}

impl Desk {
    /// A screen of this size, with a sound server or without one.
    pub fn new(width: u32, height: u32, with_sound: bool) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let mut screen = Command::new("Xvfb");
        screen.args(["-displayfd", "1", "-noreset", "-nolisten", "tcp", "-screen", "0", &format!("{width}x{height}x24")]);
        let mut screen = screen.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().context("Xvfb is not installed; run `make deps-test`")?;
        let mut number = String::new();
        BufReader::new(screen.stdout.take().context("a pipe")?).read_line(&mut number)?;
        let mut desk = Self { dir, screen, display: format!(":{}", number.trim()), sound: None };
        ensure!(desk.display.len() > 1, "Xvfb does not start");
        if with_sound {
            desk.start_sound()?;
        }
        Ok(desk)
    }

    fn start_sound(&mut self) -> Result<()> {
        let mut server = self.command("pulseaudio");
        server.args(["-n", "--daemonize=no", "--system=false", "--exit-idle-time=-1", "--use-pid-file=no", "--disable-shm=yes"]);
        server.arg(format!("--load=module-native-protocol-unix auth-anonymous=1 socket={}", self.socket().display()));
        server.arg("--load=module-null-sink sink_name=ear rate=48000 channels=2");
        self.sound = Some(server.stderr(Stdio::null()).spawn().context("pulseaudio is not installed; run `make deps-test`")?);
        let up = || self.command("pactl").arg("info").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|s| s.success());
        ensure!(wait_until(Duration::from_secs(10), up), "the sound server does not answer");
        Ok(())
    }

    fn socket(&self) -> PathBuf {
        self.dir.path().join("native")
    }

    /// A program that sees this desk and no other.
    #[must_use]
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env("DISPLAY", &self.display).env_remove("WAYLAND_DISPLAY");
        command
            .env("HOME", self.dir.path())
            .env("XDG_RUNTIME_DIR", self.dir.path())
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("XDG_DATA_HOME")
            .env_remove("XDG_CACHE_HOME");
        command.env("PULSE_SERVER", format!("unix:{}", self.socket().display()));
        command.env_remove("PULSE_COOKIE").env_remove("DBUS_SESSION_BUS_ADDRESS");
        // Whatever the machine's language is, the tests read English.
        command.env("LANG", "en_US.UTF-8").env("LC_ALL", "en_US.UTF-8").env("LIBGL_ALWAYS_SOFTWARE", "1");
        command.stdin(Stdio::null());
        command
    }

    /// The folder of the person at it.
    #[must_use]
    pub fn home(&self) -> &Path {
        self.dir.path()
    }

    /// The client's window with these arguments, once it is on the screen.
    pub fn window(&self, args: &[&str]) -> Result<Window<'_>> {
        self.window_with(args, &[])
    }

    /// The same with these paths in its environment.
    pub fn window_with(&self, args: &[&str], paths: &[(&str, &Path)]) -> Result<Window<'_>> {
        let log = std::fs::File::create(self.dir.path().join("window.log"))?;
        let child = self.command(bin("lectern")).args(args).envs(paths.iter().copied()).stdout(Stdio::null()).stderr(log).spawn()?;
        let window = Window { desk: self, child };
        ensure!(wait_until(Duration::from_secs(30), || window.id().is_some()), "no window appears: {}", window.log());
        Ok(window)
    }

    /// One look at an area, as pixels of one of FFmpeg's formats.
    pub fn look(&self, area: Area, format: &str) -> Result<Vec<u8>> {
        let mut camera = self.command("ffmpeg");
        camera.args(["-v", "error", "-nostdin", "-f", "x11grab", "-draw_mouse", "0", "-video_size", &format!("{}x{}", area.width, area.height)]);
        camera.args(["-i", &format!("{}+{},{}", self.display, area.x, area.y), "-frames:v", "1", "-pix_fmt", format, "-f", "rawvideo", "-"]);
        let output = camera.output().context("ffmpeg is not installed; run `make deps-test`")?;
        ensure!(output.status.success(), "no look at the screen: {}", text(&output));
        Ok(output.stdout)
    }

    /// Films the brightness of an area: one byte a pixel.
    pub fn film(&self, area: Area, fps: u32) -> Result<Recorder> {
        let mut camera = self.command("ffmpeg");
        camera.args(RECORDER).args(["-f", "x11grab", "-draw_mouse", "0", "-framerate", &fps.to_string()]);
        camera.args(["-video_size", &format!("{}x{}", area.width, area.height), "-i", &format!("{}+{},{}", self.display, area.x, area.y)]);
        // Each look as it comes: at its own pace ffmpeg would repeat looks to fill a rate.
        camera.args(["-copyts", "-fps_mode", "passthrough", "-vf", "format=gray,showinfo", "-f", "rawvideo", "-flush_packets", "1", "-"]);
        Recorder::start(camera, Ticks { mark: "showinfo", a_second: 1e6, length: None, bytes: (area.width * area.height) as usize })
    }

    /// Records what the sink plays: mono samples.
    pub fn listen(&self) -> Result<Recorder> {
        let mut microphone = self.command("ffmpeg");
        let rate = SAMPLE_RATE_HZ.to_string();
        microphone.args(RECORDER).args(["-f", "pulse", "-fragment_size", "960", "-sample_rate", &rate, "-channels", "1", "-i", "ear.monitor"]);
        microphone.args(["-copyts", "-af", "aformat=sample_fmts=flt,ashowinfo", "-f", "f32le", "-flush_packets", "1", "-"]);
        Recorder::start(microphone, Ticks { mark: "ashowinfo", a_second: f64::from(SAMPLE_RATE_HZ), length: Some("nb_samples:"), bytes: 4 })
    }

    /// Takes a picture of the screen.
    pub fn screenshot(&self, path: &Path) -> Result<()> {
        let status = self.command("import").args(["-window", "root"]).arg(path).status().context("imagemagick is not installed; run `make deps-test`")?;
        ensure!(status.success(), "no picture of the screen");
        Ok(())
    }

    /// What a telephone that is held before the screen reads: the text of each QR code on it.
    pub fn codes(&self) -> Result<Vec<String>> {
        let picture = self.dir.path().join("codes.png");
        self.screenshot(&picture)?;
        let mut scanner = self.command("zbarimg");
        scanner.args(["--quiet", "--raw", "-Sdisable", "-Sqrcode.enable"]).arg(&picture);
        let output = scanner.output().context("zbarimg is not installed; run `make deps-test`")?;
        // 4: there is no code on the picture.
        ensure!(matches!(output.status.code(), Some(0 | 4)), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?.lines().map(str::to_owned).collect())
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        for child in [Some(&mut self.screen), self.sound.as_mut()].into_iter().flatten() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The client's window on a desk.
#[derive(Debug)]
pub struct Window<'a> {
    desk: &'a Desk,
    child: Child,
}

impl Window<'_> {
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.desk.dir.path().join("window.log")).unwrap_or_default()
    }

    fn xdotool(&self, args: &[&str]) -> Option<String> {
        let output = self.desk.command("xdotool").args(args).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    fn id(&self) -> Option<String> {
        self.xdotool(&["search", "--onlyvisible", "--name", "Lectern"]).and_then(|ids| ids.lines().next().map(str::to_owned))
    }

    /// Waits for the window's end by itself and gives its exit code.
    pub fn ended(&mut self, limit: Duration) -> Result<Option<i32>> {
        ensure!(wait_until(limit, || !matches!(self.child.try_wait(), Ok(None))), "the window does not end: {}", self.log());
        Ok(self.child.wait()?.code())
    }

    /// Gives another of this program's windows, found by its title, the upper left corner and this size.
    pub fn resize(&self, title: &str, width: u32, height: u32) -> Result<()> {
        let found = self.xdotool(&["search", "--onlyvisible", "--name", title]).context("there is no such window")?;
        let id = found.lines().next().context("there is no such window")?;
        self.xdotool(&["windowmove", id, "0", "0", "windowsize", id, &width.to_string(), &height.to_string()]).context("xdotool")?;
        Ok(())
    }

    /// Presses a key, named as xdotool does.
    pub fn key(&self, key: &str) -> Result<()> {
        let id = self.id().context("the window is gone")?;
        self.xdotool(&["windowfocus", &id, "key", key]).context("xdotool")?;
        Ok(())
    }

    /// Presses a key down and leaves it so, or lets it go.
    pub fn hold(&self, key: &str, is_held: bool) -> Result<()> {
        let id = self.id().context("the window is gone")?;
        self.xdotool(&["windowfocus", &id, if is_held { "keydown" } else { "keyup" }, key]).context("xdotool")?;
        Ok(())
    }

    /// Types a text.
    pub fn type_text(&self, text: &str) -> Result<()> {
        self.xdotool(&["type", "--delay", "5", text]).context("xdotool")?;
        Ok(())
    }

    /// Presses the button of the mouse at a place and leaves it so, or lets it go.
    pub fn press(&self, x: u32, y: u32, is_held: bool) -> Result<()> {
        self.xdotool(&["mousemove", &x.to_string(), &y.to_string(), "sleep", "0.1", if is_held { "mousedown" } else { "mouseup" }, "1"]).context("xdotool")?;
        Ok(())
    }

    /// Moves the pointer.
    pub fn point(&self, x: u32, y: u32) -> Result<()> {
        self.xdotool(&["mousemove", &x.to_string(), &y.to_string()]).context("xdotool")?;
        Ok(())
    }

    /// Clicks a place of the screen.
    pub fn click(&self, x: u32, y: u32) -> Result<()> {
        self.xdotool(&["mousemove", &x.to_string(), &y.to_string(), "sleep", "0.1", "click", "1"]).context("xdotool")?;
        Ok(())
    }
}

impl Drop for Window<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("the window said:\n{}", self.log());
        }
    }
}

/// Both recorders stamp with the time of day at which the screen or the sink had it, not with that of their own output.
const RECORDER: [&str; 4] = ["-v", "info", "-nostats", "-nostdin"];

/// A part of a recording, with its time in seconds on a clock that all recordings share.
pub type Block = (f64, Vec<u8>);

/// How a recorder's log tells the time of each block.
#[derive(Debug)]
struct Ticks {
    mark: &'static str,
    a_second: f64,
    /// The field that counts what a block holds; without one it is always one.
    length: Option<&'static str>,
    /// Of each that is counted.
    bytes: usize,
}

/// A recording under way.
#[derive(Debug)]
pub struct Recorder {
    child: Child,
    ticks: Ticks,
    log: tempfile::NamedTempFile,
    output: tempfile::NamedTempFile,
}

impl Recorder {
    fn start(mut command: Command, ticks: Ticks) -> Result<Self> {
        let (log, output) = (tempfile::NamedTempFile::new()?, tempfile::NamedTempFile::new()?);
        let child = command.stdout(output.reopen()?).stderr(log.reopen()?).spawn().context("ffmpeg is not installed; run `make deps-test`")?;
        let recorder = Self { child, ticks, log, output };
        let begun = || std::fs::metadata(recorder.output.path()).is_ok_and(|m| m.len() > 0);
        ensure!(wait_until(Duration::from_secs(10), begun), "nothing is recorded: {}", std::fs::read_to_string(recorder.log.path())?);
        Ok(recorder)
    }

    /// Ends the recording and gives it.
    pub fn finish(mut self) -> Result<Vec<Block>> {
        signal(self.child.id(), libc::SIGINT);
        self.child.wait()?;
        let (log, output) = (std::fs::read_to_string(self.log.path())?, std::fs::read(self.output.path())?);
        let mut rest = output.as_slice();
        let mut blocks = Vec::new();
        for line in log.lines().filter(|l| l.contains(self.ticks.mark)) {
            let Some(at) = number_after(line, " pts:") else { continue };
            let n = self.ticks.length.map_or(Some(1.0), |field| number_after(line, field)).context("a length")? as usize * self.ticks.bytes;
            // The log runs ahead of the output by what was under way at the end.
            let Some((block, after)) = rest.split_at_checked(n) else { break };
            blocks.push((at / self.ticks.a_second, block.to_vec()));
            rest = after;
        }
        Ok(blocks)
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn number_after(line: &str, field: &str) -> Option<f64> {
    line.split_once(field)?.1.split_whitespace().next()?.parse().ok()
}

/// Blocks of samples as single samples, each with its time.
#[must_use]
pub fn samples(blocks: &[Block]) -> Vec<(f64, f32)> {
    let one = |b: &[u8]| f32::from_le_bytes([b[0], b[1], b[2], b[3]]);
    let each =
        |(at, block): &Block| -> Vec<_> { block.chunks_exact(4).zip(0..).map(|(b, i)| (at + f64::from(i) / f64::from(SAMPLE_RATE_HZ), one(b))).collect() };
    blocks.iter().flat_map(each).collect()
}

/// Strength of one frequency in a stretch of samples (Goertzel), as an amplitude.
#[must_use]
pub fn strength(samples: &[f32], hz: f64) -> f64 {
    let w = std::f64::consts::TAU * hz / f64::from(SAMPLE_RATE_HZ);
    let (mut a, mut b) = (0.0, 0.0);
    for s in samples {
        (a, b) = (f64::from(*s) + 2.0 * w.cos() * a - b, a);
    }
    2.0 * (a * a + b * b - 2.0 * w.cos() * a * b).max(0.0).sqrt() / samples.len().max(1) as f64
}

/// When a tone begins: each first 5 ms in which it is strong after at least 300 ms in which it is not.
#[must_use]
pub fn onsets(samples: &[(f64, f32)], hz: f64, amplitude: f64) -> Vec<f64> {
    let step = SAMPLE_RATE_HZ as usize / 200;
    let (mut found, mut quiet) = (Vec::new(), 0);
    for window in samples.chunks_exact(step) {
        let values: Vec<f32> = window.iter().map(|(_, s)| *s).collect();
        if strength(&values, hz) > amplitude {
            if quiet >= 60 {
                found.push(window[0].0);
            }
            quiet = 0;
        } else {
            quiet += 1;
        }
    }
    found
}
