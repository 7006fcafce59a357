//! Two listeners of one podcast in one room, and how far apart they are heard: one plays into the left channel of a sound device, the
//! other into the right one; what comes out of the device is recorded once and the two channels are compared.
//!
//! Nothing of the product says how far apart they are: the recording does.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use lectern_proto::link::JoinLink;
use serde_json::Value;

use crate::clip;
use crate::sound_server::Server;
use crate::stack::{Stack, wait_until};

const RATE: usize = 48_000;
/// Each comparison is of so much of the recording, and looks so far either way.
const WINDOW: usize = RATE / 2;
const REACH: usize = RATE / 5;
/// Every so many samples are one while it is searched coarsely.
const COARSE: usize = 12;
/// Quieter than this there is nothing to compare.
const QUIET: f64 = 1e-4;

/// How one of two listens.
#[derive(Debug, Clone, Copy, Default)]
pub struct Side<'a> {
    /// By another line than the stack's own.
    pub link: Option<&'a JoinLink>,
    /// Its device's delay.
    pub trim_ms: i32,
    /// The command that plays; none: the podcast that runs.
    pub with: &'a [&'a str],
}

/// What was measured.
#[derive(Debug)]
pub struct InStep {
    /// By how much the second listener was heard after the first, in milliseconds, window by window.
    pub apart_ms: Vec<f64>,
    /// The first against itself: what the method can tell.
    pub floor_ms: Vec<f64>,
    pub reports: [Value; 2],
}

impl InStep {
    /// The distance that 95 in 100 windows stay below, in milliseconds.
    #[must_use]
    pub fn p95(values: &[f64]) -> f64 {
        let mut sorted: Vec<f64> = values.iter().map(|v| v.abs()).collect();
        sorted.sort_by(f64::total_cmp);
        sorted.get((sorted.len() * 95).div_ceil(100).saturating_sub(1)).copied().unwrap_or(f64::NAN)
    }
}

/// Sound that is like itself at one distance only: noise below 2 kHz, as loud as speech.
///
/// # Errors
/// Without ffmpeg.
pub fn noise(path: &Path, length: Duration) -> Result<()> {
    let source = format!("anoisesrc=color=pink:seed=5:amplitude=0.6:sample_rate=48000:duration={}", length.as_secs());
    clip::ffmpeg(&["-f", "lavfi", "-i", &source, "-af", "lowpass=f=2000"], path)
}

/// Lets two listeners play a podcast that runs, and compares them for so long.
///
/// # Errors
/// When one of them does not play.
pub fn measure(stack: &Stack, sound: &Server, sides: [Side<'_>; 2], length: Duration) -> Result<InStep> {
    let seconds = (length.as_secs() + 60).to_string();
    let mut listeners = Vec::new();
    for (i, side) in sides.into_iter().enumerate() {
        let trim = side.trim_ms.to_string();
        let with = if side.with.is_empty() { &["listen"][..] } else { side.with };
        let args = [with, &["--for", &seconds, "--trim", &trim]].concat();
        let mut command = side.link.map_or_else(|| stack.client(&args), |link| stack.client_at(link, &args));
        command.envs(Server::environment(sound.dir.path())).stdout(Stdio::piped());
        listeners.push(Listener(command.spawn()?));
        ensure!(wait_until(Duration::from_secs(20), || sound.inputs().len() == i + 1), "listener {i} does not play");
        let input = sound.inputs().pop().context("a stream")?;
        let volume: [&str; 2] = if i == 0 { ["65536", "0"] } else { ["0", "65536"] };
        ensure!(sound.pactl(&["set-sink-input-volume", &input, volume[0], volume[1]]), "its volume cannot be set");
    }
    let recording = record(sound, length)?;
    let reports: Vec<Value> = listeners.into_iter().map(Listener::end).collect::<Result<_>>()?;
    let Ok(reports) = <[Value; 2]>::try_from(reports) else { bail!("two reports") };
    let channel = |c: usize| recording.iter().skip(c).step_by(2).copied().collect::<Vec<f64>>();
    let (left, right) = (channel(0), channel(1));
    let distances =
        |b: &[f64]| left.chunks_exact(WINDOW).zip(0..).filter_map(|(_, i)| distance(&left, b, i * WINDOW)).map(|d| d * 1_000.0 / RATE as f64).collect();
    let measured = InStep { apart_ms: distances(&right), floor_ms: distances(&left), reports };
    ensure!(measured.apart_ms.len() * 2 > left.len() / WINDOW, "there was too little to hear: {measured:?}");
    Ok(measured)
}

/// One that plays; ended with the value.
struct Listener(Child);

impl Listener {
    /// Ends it as a person does, and reads what it says.
    fn end(mut self) -> Result<Value> {
        crate::stack::signal(self.0.id(), libc::SIGINT);
        let mut text = String::new();
        self.0.stdout.take().context("its output")?.read_to_string(&mut text)?;
        self.0.wait()?;
        serde_json::from_str(&text).with_context(|| format!("a listener said: {text}"))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What comes out of the device for so long, both channels in turn, -1 to 1.
fn record(sound: &Server, length: Duration) -> Result<Vec<f64>> {
    let mut command: Command = Server::command("parec", sound.dir.path());
    command.args(["--device=ear.monitor", "--rate=48000", "--channels=2", "--format=s16le", "--latency-msec=50"]).stdout(Stdio::piped());
    let mut recorder = Listener(command.spawn().context("parec is installed; run `make deps-test`")?);
    let frames = length.as_secs() as usize * RATE;
    let mut bytes = vec![0; frames * 4];
    recorder.0.stdout.take().context("its output")?.read_exact(&mut bytes)?;
    Ok(bytes.chunks_exact(2).map(|s| f64::from(i16::from_le_bytes([s[0], s[1]])) / 32_768.0).collect())
}

/// By how many samples `b` is later than `a` around a place: where the two are most like one another. None where it is quiet or they
/// are not alike.
fn distance(a: &[f64], b: &[f64], at: usize) -> Option<f64> {
    if at < REACH || at + WINDOW + REACH > b.len() {
        return None;
    }
    let alike = |shift: isize, step: usize| {
        let begin = at.checked_add_signed(shift)?;
        let pairs = a[at..at + WINDOW].iter().zip(b.get(begin..begin + WINDOW)?).step_by(step);
        let (product, power_a, power_b) = pairs.fold((0.0, 0.0, 0.0), |(p, x, y), (a, b)| (p + a * b, x + a * a, y + b * b));
        let count = (WINDOW / step) as f64;
        (power_a / count > QUIET && power_b / count > QUIET).then(|| product / (power_a * power_b).sqrt())
    };
    let reach = REACH.cast_signed();
    let best =
        |range: &mut dyn Iterator<Item = isize>, step: usize| range.filter_map(|shift| Some((shift, alike(shift, step)?))).max_by(|x, y| x.1.total_cmp(&y.1));
    let (near, _) = best(&mut (-reach..=reach).step_by(COARSE / 2), COARSE)?;
    let (shift, likeness) = best(&mut (near - COARSE.cast_signed()..=near + COARSE.cast_signed()), 1)?;
    (likeness > 0.5).then_some(shift as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_distance_is_found() {
        let mut state = 7u32;
        let mut low = 0.0;
        let noise: Vec<f64> = (0..RATE * 2)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                low += 0.2 * (f64::from(state >> 8) / f64::from(1u32 << 23) - 1.0 - low);
                low
            })
            .collect();
        for shift in [0usize, 1, 37, 1_000, 5_000] {
            let later: Vec<f64> = std::iter::repeat_n(0.0, shift).chain(noise.iter().copied()).collect();
            assert_eq!(distance(&noise, &later, RATE), Some(shift as f64));
            assert_eq!(distance(&later, &noise, RATE), Some(-(shift as f64)));
        }
        let silence = vec![0.0; noise.len()];
        assert_eq!(distance(&noise, &silence, RATE), None);
    }
}
