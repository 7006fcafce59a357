//! AAC out of our own demuxing into blocks of interleaved stereo at 48 kHz.
//!
//! Feed packets in order, take blocks. What decodes is an [`Engine`]; it knows no times. Times before 0 (the encoder's priming) are trimmed here. The first packet after
//! [`AudioDecoder::reset`] only warms the decoder up, because each AAC block overlaps the one before: to hear sound from a
//! time, feed the packet before the one that holds it.

use crate::engine::Engine;
use crate::video_decoder::DecodeError;
use lectern_proto::fmp4::{AudioConfig, Sample};
use std::collections::VecDeque;

pub use crate::speaker::{CHANNELS, SAMPLE_RATE_HZ};

/// Decoded sound: interleaved left and right, -1 to 1, 48 kHz.
#[derive(Debug, Clone, PartialEq)]
pub struct PcmBlock {
    /// Presentation time of the first frame in microseconds; never negative.
    pub pts_us: i64,
    pub samples: Vec<f32>,
}

impl PcmBlock {
    /// Pairs of samples.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.samples.len() / CHANNELS
    }
}

/// What turns packets into sound.
pub(crate) trait AudioEngine: Send {
    /// Decodes one packet into interleaved stereo at [`SAMPLE_RATE_HZ`]; nothing when the packet gives no sound.
    ///
    /// # Errors
    /// [`DecodeError::Damaged`] when it cannot be decoded; later packets still can.
    fn decode(&mut self, sample: &Sample) -> Result<Option<Vec<f32>>, DecodeError>;
    /// Forgets everything.
    fn flush(&mut self);
}

/// An AAC decoder for one track. `Send`; it belongs to one thread at a time.
pub struct AudioDecoder {
    engine: Box<dyn AudioEngine>,
    ready: VecDeque<PcmBlock>,
    warm: bool,
}

impl std::fmt::Debug for AudioDecoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AudioDecoder").field("ready", &self.ready.len()).finish_non_exhaustive()
    }
}

impl AudioDecoder {
    /// A decoder for a track.
    ///
    /// # Errors
    /// [`DecodeError`] when there is no AAC decoder or it refuses the configuration.
    pub fn new(config: &AudioConfig) -> Result<Self, DecodeError> {
        Self::with(Engine::default(), config)
    }

    /// As [`new`](Self::new) with an engine of one's choice.
    ///
    /// # Errors
    /// [`DecodeError`] when there is no AAC decoder or it refuses the configuration.
    pub fn with(engine: Engine, config: &AudioConfig) -> Result<Self, DecodeError> {
        Ok(Self { engine: engine.audio(config)?, ready: VecDeque::new(), warm: false })
    }

    /// Feeds one packet, in order.
    ///
    /// # Errors
    /// [`DecodeError::Damaged`] when the packet cannot be decoded; later packets still can.
    pub fn decode(&mut self, sample: &Sample, pts_us: i64) -> Result<(), DecodeError> {
        if let Some(samples) = self.engine.decode(sample)? {
            self.accept(samples, pts_us);
        }
        Ok(())
    }

    /// The next block, when there is one.
    pub fn next_block(&mut self) -> Option<PcmBlock> {
        self.ready.pop_front()
    }

    /// Forgets everything; the next packet may be from anywhere and only warms the decoder up.
    pub fn reset(&mut self) {
        self.engine.flush();
        self.ready.clear();
        self.warm = false;
    }

    fn accept(&mut self, mut samples: Vec<f32>, pts_us: i64) {
        if !std::mem::replace(&mut self.warm, true) {
            return;
        }
        let pts_us = if pts_us < 0 {
            // Rounded: times are microseconds, samples are 20.8 of them.
            let early = u64::try_from((pts_us.saturating_neg().saturating_mul(i64::from(SAMPLE_RATE_HZ)) + 500_000) / 1_000_000).unwrap_or(0);
            let cut = usize::try_from(early).unwrap_or(usize::MAX).saturating_mul(CHANNELS).min(samples.len());
            samples.drain(..cut);
            0
        } else {
            pts_us
        };
        if !samples.is_empty() {
            self.ready.push_back(PcmBlock { pts_us, samples });
        }
    }
}
