//! The speaker on a real device, through cpal.

use super::clock::{Playhead, Published};
use super::ledger::Ledger;
use super::{AudioSink, BUFFER_FRAMES, CHANNELS, SAMPLE_RATE_HZ, SpeakerError, SpeakerPosition, frames_to_duration};
use cpal::traits::{DeviceTrait, StreamTrait};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Frames per callback: 20 ms. A sound server's own default can be seconds.
const CALLBACK_FRAMES: u32 = SAMPLE_RATE_HZ / 50;
/// Change of gain per frame: silence to full in 8 ms, short enough for a key press, long enough not to click.
const RAMP: f32 = 1.0 / 384.0;
/// How long the sound system may take to open a stream.
const OPEN_TIMEOUT: Duration = Duration::from_secs(3);

/// What the writer tells the callback, and the callback the writer.
#[derive(Debug)]
struct Shared {
    playing: AtomicBool,
    /// Bits of the `f32`.
    volume: AtomicU32,
    /// Frames before this number are stale.
    discard_until: AtomicU64,
    /// Running dry at this frame is the end.
    finished_at: AtomicU64,
    underruns: AtomicU64,
    timing: Published,
}

/// A sound device that is open.
pub struct Speaker {
    /// Dropped first: afterwards the callback does not run.
    _stream: cpal::Stream,
    /// While it is held, it is watched whether the device is there.
    _watch: Option<super::Watch>,
    ring: rtrb::Producer<f32>,
    shared: Arc<Shared>,
    ledger: Ledger,
    epoch: Instant,
    name: String,
}

impl std::fmt::Debug for Speaker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Speaker").field("name", &self.name).field("underruns", &self.underruns()).finish_non_exhaustive()
    }
}

impl Speaker {
    /// Opens a device by its name or id, or the system's choice, paused. `on_error` is called, on a thread of the sound system, when
    /// the device is lost.
    ///
    /// # Errors
    /// [`SpeakerError`] when there is no device, not this one, or it cannot play 48 kHz stereo.
    pub fn open(output: Option<&str>, on_error: impl FnMut(SpeakerError) + Send + 'static) -> Result<Self, SpeakerError> {
        let chosen = super::devices::output(output)?;
        let device = &chosen.device;
        let name = super::devices::name_of(device).unwrap_or_else(|| "default".to_owned());
        let (ring, consumer) = rtrb::RingBuffer::new(BUFFER_FRAMES * CHANNELS);
        let shared = Arc::new(Shared {
            playing: AtomicBool::new(false),
            volume: AtomicU32::new(1f32.to_bits()),
            discard_until: AtomicU64::new(0),
            finished_at: AtomicU64::new(u64::MAX),
            underruns: AtomicU64::new(0),
            timing: Published::default(),
        });
        let on_error = Arc::new(Mutex::new(on_error));
        let tells = Arc::clone(&on_error);
        let epoch = Instant::now();
        let callback = Callback { ring: consumer, shared: Arc::clone(&shared), head: Playhead::default(), volume: 1.0, fade: 0.0, started: false };
        let stream = build(device, callback, epoch, move |why| lock(&tells)(why)).and_then(|s| s.play().map(|()| s)).map_err(|e| match e.kind() {
            cpal::ErrorKind::DeviceNotAvailable | cpal::ErrorKind::HostUnavailable => SpeakerError::NoDevice,
            _ => SpeakerError::Unsupported { device: name.clone(), reason: e.to_string() },
        })?;
        let watch = chosen.watch(move || lock(&on_error)(SpeakerError::Lost("it is not connected any more".to_owned())));
        Ok(Self { _stream: stream, _watch: watch, ring, shared, ledger: Ledger::default(), epoch, name })
    }

    /// The device's name, for people.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The sound system, if the machine has any sound at all.
pub(super) fn usable_host() -> Option<cpal::Host> {
    let host = cpal::default_host();
    // Without a card ALSA still offers its `default`, and complains on stderr when it is opened.
    #[cfg(target_os = "linux")]
    if host.id() == cpal::HostId::Alsa && !has_alsa_card() {
        return None;
    }
    Some(host)
}

#[cfg(target_os = "linux")]
fn has_alsa_card() -> bool {
    std::fs::read_dir("/dev/snd").is_ok_and(|entries| entries.flatten().any(|e| e.file_name().to_string_lossy().starts_with("pcm")))
}

fn build(
    device: &cpal::Device,
    mut callback: Callback,
    epoch: Instant,
    mut on_error: impl FnMut(SpeakerError) + Send + 'static,
) -> Result<cpal::Stream, cpal::Error> {
    let config =
        cpal::StreamConfig { channels: CHANNELS as cpal::ChannelCount, sample_rate: SAMPLE_RATE_HZ, buffer_size: cpal::BufferSize::Fixed(CALLBACK_FRAMES) };
    let data = move |out: &mut [f32], info: &cpal::OutputCallbackInfo| {
        let times = info.timestamp();
        let delay = times.playback.saturating_duration_since(times.callback);
        let audible = epoch.elapsed().saturating_add(delay);
        callback.fill(out, u64::try_from(audible.as_nanos()).unwrap_or(u64::MAX));
    };
    let error = move |e: cpal::Error| match e.kind() {
        // Counted by the callback, or harmless.
        cpal::ErrorKind::Xrun | cpal::ErrorKind::DeviceChanged | cpal::ErrorKind::RealtimeDenied => {}
        _ => on_error(SpeakerError::Lost(e.to_string())),
    };
    device.build_output_stream(config, data, error, Some(OPEN_TIMEOUT))
}

/// What runs on the device's thread.
struct Callback {
    ring: rtrb::Consumer<f32>,
    shared: Arc<Shared>,
    head: Playhead,
    volume: f32,
    /// Fades in after silence and out into a pause.
    fade: f32,
    /// Something was played since the last flush or pause.
    started: bool,
}

impl Callback {
    /// Fills the device's buffer; its first frame will be audible at `nanos` since the epoch.
    fn fill(&mut self, out: &mut [f32], nanos: u64) {
        self.head.observe(nanos);
        self.discard();
        let wanted = out.len() / CHANNELS;
        let playing = self.shared.playing.load(Ordering::Acquire);
        let available = self.ring.slots() / CHANNELS;
        // A pause fades out what is there, then consumes nothing.
        let limit = if playing { wanted } else { (self.fade / RAMP).ceil() as usize };
        let frames = wanted.min(available).min(limit);
        self.copy(&mut out[..frames * CHANNELS], playing);
        out[frames * CHANNELS..].fill(0.0);
        self.head.played(frames as u64);
        self.head.silent((wanted - frames) as u64);
        self.note_underrun(playing, frames, wanted);
        self.shared.timing.store(&self.head.timing());
    }

    fn note_underrun(&mut self, playing: bool, frames: usize, wanted: usize) {
        self.started |= frames > 0;
        if frames == wanted {
            return;
        }
        self.fade = 0.0;
        let finished = self.head.consumed() >= self.shared.finished_at.load(Ordering::Acquire);
        if playing && self.started && !finished {
            self.shared.underruns.fetch_add(1, Ordering::Relaxed);
        }
        self.started = false;
    }

    fn discard(&mut self) {
        let stale = self.shared.discard_until.load(Ordering::Acquire).saturating_sub(self.head.consumed());
        let stale = usize::try_from(stale).unwrap_or(usize::MAX).min(self.ring.slots() / CHANNELS);
        if stale == 0 {
            return;
        }
        if let Ok(chunk) = self.ring.read_chunk(stale * CHANNELS) {
            chunk.commit_all();
            self.head.dropped(stale as u64);
            self.fade = 0.0;
            self.started = false;
        }
    }

    fn copy(&mut self, out: &mut [f32], playing: bool) {
        let target = f32::from_bits(self.shared.volume.load(Ordering::Relaxed));
        let Ok(chunk) = self.ring.read_chunk(out.len()) else { return out.fill(0.0) };
        let (a, b) = chunk.as_slices();
        let mut source = a.iter().chain(b);
        for frame in out.chunks_exact_mut(CHANNELS) {
            self.fade = (self.fade + if playing { RAMP } else { -RAMP }).clamp(0.0, 1.0);
            self.volume += (target - self.volume).clamp(-RAMP, RAMP);
            let gain = self.fade * self.volume;
            for (o, s) in frame.iter_mut().zip(&mut source) {
                *o = s * gain;
            }
        }
        chunk.commit_all();
    }
}

impl AudioSink for Speaker {
    fn is_audible(&self) -> bool {
        true
    }

    fn writable_frames(&mut self) -> usize {
        self.ring.slots() / CHANNELS
    }

    fn write(&mut self, pts_us: i64, samples: &[f32]) -> usize {
        let frames = self.writable_frames().min(samples.len() / CHANNELS);
        let Ok(mut chunk) = self.ring.write_chunk(frames * CHANNELS) else { return 0 };
        if frames == 0 {
            return 0;
        }
        // Noted first: what the callback can see has a time.
        self.ledger.note(pts_us, frames as u64);
        self.shared.finished_at.store(u64::MAX, Ordering::Release);
        let (a, b) = chunk.as_mut_slices();
        let (first, second) = samples[..frames * CHANNELS].split_at(a.len());
        a.copy_from_slice(first);
        b.copy_from_slice(second);
        chunk.commit_all();
        frames
    }

    fn finish(&mut self) {
        self.shared.finished_at.store(self.ledger.written(), Ordering::Release);
    }

    fn set_playing(&mut self, playing: bool) {
        self.shared.playing.store(playing, Ordering::Release);
    }

    fn set_volume(&mut self, volume: f32) {
        let volume = if volume.is_finite() { volume.clamp(0.0, 1.0) } else { 0.0 };
        self.shared.volume.store(volume.to_bits(), Ordering::Relaxed);
    }

    fn flush(&mut self) {
        self.shared.discard_until.store(self.ledger.flush(), Ordering::Release);
        self.shared.finished_at.store(u64::MAX, Ordering::Release);
    }

    fn position(&mut self, now: Instant) -> Option<SpeakerPosition> {
        let timing = self.shared.timing.load()?;
        let nanos = u64::try_from(now.saturating_duration_since(self.epoch).as_nanos()).ok()?;
        let (frame, moving) = timing.audible(nanos);
        let pts_us = self.ledger.time(frame)?;
        Some(SpeakerPosition { pts_us, moving })
    }

    fn buffered(&mut self) -> Duration {
        frames_to_duration(((self.ring.buffer().capacity() - self.ring.slots()) / CHANNELS) as u64)
    }

    fn underruns(&self) -> u64 {
        self.shared.underruns.load(Ordering::Relaxed)
    }
}
