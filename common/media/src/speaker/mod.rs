//! Sound out: a device or, where there is none, silence that takes as long.
//!
//! Both are an [`AudioSink`]: the player writes blocks with their presentation times and asks which time is audible now.
//! That answer is the player's clock; pictures follow it. The device callback takes from a lock-free ring and never
//! allocates, locks or logs.

mod clock;
mod device;
mod devices;
mod ledger;
mod silent;

pub use device::Speaker;
pub use devices::{Output, Watch, has_output, outputs, when_connected};
#[cfg(feature = "make")]
pub(crate) use devices::{SoundDevice, called, input_devices};
pub use silent::SilentSpeaker;

use std::time::{Duration, Instant};

/// Sample rate of everything that is decoded, played and recorded.
pub const SAMPLE_RATE_HZ: u32 = 48_000;
/// Channels of everything that is decoded and played.
pub const CHANNELS: usize = 2;

/// Sound held between [`AudioSink::write`] and the device, in frames: half a second.
pub const BUFFER_FRAMES: usize = SAMPLE_RATE_HZ as usize / 2;

/// What is heard at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpeakerPosition {
    /// Presentation time of the frame that is audible, in microseconds.
    pub pts_us: i64,
    /// Whether it advances with time; not while paused or run dry, nor before the first frame reaches the ear.
    pub moving: bool,
}

/// Why there is no sound.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpeakerError {
    #[error("no sound device was found, so the video plays silently; connect one or start the sound server, then open the video again")]
    NoDevice,
    #[error("the sound device `{device}` is not connected, so the system's choice plays until it is; connect it, or choose another one")]
    NotConnected { device: String },
    #[error("the sound device `{device}` cannot play 48 kHz stereo ({reason}), so the video plays silently; choose another device in the system's settings")]
    Unsupported { device: String, reason: String },
    #[error("the sound device was lost ({0}), so the video plays on silently; connect it again and reopen the video")]
    Lost(String),
}

/// Where decoded sound goes, and the clock that follows from it. Interleaved stereo, [`SAMPLE_RATE_HZ`].
pub trait AudioSink: Send {
    /// Whether anyone can hear it.
    fn is_audible(&self) -> bool;
    /// Frames (pairs of samples) that [`write`](Self::write) takes now.
    fn writable_frames(&mut self) -> usize;
    /// Takes as many whole frames as there is room for and says how many. `pts_us` is the time of the first.
    fn write(&mut self, pts_us: i64, samples: &[f32]) -> usize;
    /// No more will be written until [`flush`](Self::flush): running dry from here on is the end, not a fault.
    fn finish(&mut self);
    /// Plays or pauses; while paused nothing is consumed. Starts paused.
    fn set_playing(&mut self, playing: bool);
    /// Volume from 0 to 1, linear in amplitude; changes are ramped over some milliseconds.
    fn set_volume(&mut self, volume: f32);
    /// Drops everything written, for a seek. Until what is written next has reached the device there is no position. The
    /// room that it frees is there when the device has noticed, within one of its periods.
    fn flush(&mut self);
    /// What is audible at `now`; nothing before the first frame, or before the first after a flush, is under way.
    fn position(&mut self, now: Instant) -> Option<SpeakerPosition>;
    /// Sound written and not yet taken by the device.
    fn buffered(&mut self) -> Duration;
    /// How often the device asked for sound that was not there.
    fn underruns(&self) -> u64;
}

/// Length of this many frames.
pub(crate) fn frames_to_duration(frames: u64) -> Duration {
    Duration::from_nanos(frames.saturating_mul(1_000_000_000) / u64::from(SAMPLE_RATE_HZ))
}
