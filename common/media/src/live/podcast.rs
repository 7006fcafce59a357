//! A sound or video file as a live source: its sound, in real time, as loud as every other.
//!
//! The gain is one for the whole file, so nothing pumps: what the file's integrated loudness lacks to the target. It is
//! measured ahead of what is heard on a thread of its own, which begins a moment before; what it learns later moves the gain
//! too slowly to be heard. The limiter holds the peaks.

use super::file::Seat;
use super::limiter::Limiter;
use super::loudness::Meter;
use super::orders::Orders;
use super::sounds::{Block, Sounds};
use crate::make::events::Reporter;
use crate::make::failure::{Failure, FailureKind};
use crate::make::opus_encoder::{PACKET_FRAMES, PACKET_US};
use crate::make::packets::Supply;
use crate::make::pcm::{CHANNELS, Pcm, RATE_HZ};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What all podcasts are as loud as, in LUFS: what listening services agree on.
const TARGET_LUFS: f64 = -16.0;
/// Largest gain in dB: more would make noise of silence.
const GAIN_MAX_DB: f64 = 20.0;
/// How fast the gain moves while the measurement goes on, in dB a second.
const GLIDE_DB: f64 = 0.5;
/// How long the start waits for the measurement: most files are measured by then.
const MEASURE_WAIT: Duration = Duration::from_millis(1_500);
/// The measurement rests as long as it works, in pieces of this, so that it takes half a core at most once sound is heard.
const MEASURE_PIECE: Duration = Duration::from_millis(20);
/// Blocks that are decoded ahead: a second.
const AHEAD: usize = 50;
/// What is later than this is heard later from then on.
const LATE_US: u64 = 200_000;

/// The sound of a file.
pub(crate) struct Podcast {
    blocks: Receiver<Result<Vec<f32>, Failure>>,
    measured: Arc<Measured>,
    gain_db: Option<f64>,
    limiter: Limiter,
    /// When the next block is due, in microseconds of server time.
    due_us: Option<u64>,
    /// The pace that it keeps with the pictures of its file, and how far into it the next block is.
    seat: Option<(Seat, u64)>,
}

/// What the measurement has found.
#[derive(Debug)]
struct Measured {
    /// Bits of the gain in dB as `f32`.
    gain_db: AtomicU32,
    done: Mutex<bool>,
    changed: Condvar,
    /// Nobody listens any more.
    stop: AtomicBool,
}

impl Drop for Podcast {
    fn drop(&mut self) {
        self.measured.stop.store(true, Ordering::Release);
    }
}

impl Podcast {
    /// Opens a file and begins `start_s` seconds after its start.
    pub(crate) fn open(path: &Path, start_s: f64) -> Result<Self, Failure> {
        let reporter = Reporter::mute();
        let probe = crate::make::source::Source::open(path)?;
        if probe.description().audio.is_empty() {
            return Err(Failure::new(FailureKind::NoMedia, "The file holds no sound, so there is nothing to send. Choose another one."));
        }
        drop(probe);
        let mut pcm = Pcm::open(path, 0, &reporter)?;
        // A start beyond the end is the end.
        let start = (start_s.max(0.0) * f64::from(RATE_HZ)) as u64;
        pcm.seek(start)?;
        Self::begin(pcm, path, start, None)
    }

    /// The sound of a file whose pictures are sent too, at the pace of both, from its start.
    pub(super) fn over<P: Supply + Send + 'static>(pcm: Pcm<P>, path: &Path, seat: Seat) -> Result<Self, Failure> {
        Self::begin(pcm, path, 0, Some((seat, 0)))
    }

    fn begin<P: Supply + Send + 'static>(pcm: Pcm<P>, path: &Path, start: u64, seat: Option<(Seat, u64)>) -> Result<Self, Failure> {
        let measured =
            Arc::new(Measured { gain_db: AtomicU32::new(0f32.to_bits()), done: Mutex::new(false), changed: Condvar::new(), stop: AtomicBool::new(false) });
        let failed = |e| Failure::internal("start a thread", e);
        let (shared, owned) = (Arc::clone(&measured), PathBuf::from(path));
        std::thread::Builder::new().name("loudness".to_owned()).spawn(move || measure(&owned, &shared)).map_err(failed)?;
        let (sender, blocks) = sync_channel(AHEAD);
        std::thread::Builder::new().name("podcast".to_owned()).spawn(move || read(pcm, start, &sender)).map_err(failed)?;
        Ok(Self { blocks, measured, gain_db: None, limiter: Limiter::new(), due_us: None, seat })
    }

    /// The gain of the next block, as a factor.
    fn gain(&mut self) -> f32 {
        let target = f64::from(f32::from_bits(self.measured.gain_db.load(Ordering::Acquire)));
        let step = GLIDE_DB * PACKET_US as f64 / 1e6;
        let gain = self.gain_db.map_or(target, |gain| gain + (target - gain).clamp(-step, step));
        self.gain_db = Some(gain);
        10f64.powf(gain / 20.0) as f32
    }
}

impl Sounds for Podcast {
    fn next(&mut self, orders: &Orders) -> Result<Option<Block>, Failure> {
        if self.gain_db.is_none() {
            self.measured.wait();
        }
        let Ok(block) = self.blocks.recv() else { return Ok(None) };
        let mut samples = block?;
        let gain = self.gain();
        for frame in samples.chunks_exact_mut(CHANNELS) {
            let out = self.limiter.run([frame[0] * gain, frame[1] * gain]);
            frame.copy_from_slice(&out);
        }
        let due_us = match &mut self.seat {
            Some((seat, at_us)) => match seat.due(*at_us, orders) {
                Some(due_us) => {
                    *at_us += PACKET_US;
                    Some(due_us)
                }
                None => return Ok(None),
            },
            None => self.due_us,
        };
        let now = orders.now_us();
        let late_us = due_us.map_or(0, |due| now.saturating_sub(due));
        let capture_us = due_us.filter(|_| late_us < LATE_US).unwrap_or(now);
        if let Some((seat, _)) = self.seat.as_ref().filter(|_| late_us >= LATE_US) {
            seat.later(late_us);
        }
        self.due_us = Some(capture_us + PACKET_US);
        Ok(orders.sleep_until(capture_us).then_some(Block { samples, capture_us }))
    }
}

impl Measured {
    fn wait(&self) {
        let done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.changed.wait_timeout_while(done, MEASURE_WAIT, |done| !*done));
    }

    fn learn(&self, meter: &Meter) {
        if let Some(lufs) = meter.integrated() {
            self.gain_db.store(((TARGET_LUFS - lufs).min(GAIN_MAX_DB) as f32).to_bits(), Ordering::Release);
        }
    }
}

/// Measures the whole file; a file that cannot be read to its end is measured as far as it can.
fn measure(path: &Path, measured: &Measured) {
    let mut meter = Meter::new();
    let begun = Instant::now();
    let mut piece = Instant::now();
    if let Ok(mut pcm) = Pcm::open(path, 0, &Reporter::mute()) {
        while let Ok(Some((_, samples))) = pcm.next() {
            if measured.stop.load(Ordering::Acquire) {
                return;
            }
            meter.push(&samples);
            if piece.elapsed() > MEASURE_PIECE {
                measured.learn(&meter);
                if begun.elapsed() > MEASURE_WAIT {
                    std::thread::sleep(MEASURE_PIECE);
                }
                piece = Instant::now();
            }
        }
    }
    measured.learn(&meter);
    *measured.done.lock().unwrap_or_else(PoisonError::into_inner) = true;
    measured.changed.notify_all();
}

/// Decodes from a frame on, in blocks of a packet; ends with the file or its listener. The last block is filled with silence.
fn read<P: Supply>(mut pcm: Pcm<P>, start: u64, blocks: &SyncSender<Result<Vec<f32>, Failure>>) {
    let length = PACKET_FRAMES * CHANNELS;
    let mut held: Vec<f32> = Vec::with_capacity(length * 2);
    loop {
        match pcm.next() {
            Ok(Some((at, samples))) => {
                let early = usize::try_from(start.saturating_sub(at)).unwrap_or(usize::MAX).saturating_mul(CHANNELS).min(samples.len());
                held.extend_from_slice(&samples[early..]);
                let whole = held.len() / length * length;
                for block in held.drain(..whole).collect::<Vec<_>>().chunks_exact(length) {
                    if blocks.send(Ok(block.to_vec())).is_err() {
                        return;
                    }
                }
            }
            Ok(None) => break,
            Err(failure) => {
                let _ = blocks.send(Err(failure));
                return;
            }
        }
    }
    if !held.is_empty() {
        held.resize(length, 0.0);
        let _ = blocks.send(Ok(held));
    }
}
