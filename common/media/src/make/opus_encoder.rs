//! Opus for live sound: 48 kHz stereo, packets of 20 ms, with what a receiver needs to go on over a lost one.

use super::failure::Failure;
use super::pcm::{CHANNELS, RATE_HZ};
use bytes::Bytes;
use lectern_proto::live::pipe::SoundForm;
use opus::{Application, Bitrate, Channels, Encoder};

/// Frames (pairs of samples) of one packet: 20 ms.
pub(crate) const PACKET_FRAMES: usize = RATE_HZ as usize / 50;
/// Length of one packet in microseconds.
pub(crate) const PACKET_US: u64 = 20_000;
/// Rate of all live sound: transparent for speech, good for music.
const BITRATE_BPS: i32 = 64_000;
/// Largest packet in bytes: four times the rate, as long as a datagram holds it.
const PACKET_MAX: usize = 1_000;

/// What is heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heard {
    /// Whatever a file holds.
    Anything,
    /// A microphone.
    Voice,
}

impl Heard {
    fn application(self) -> Application {
        match self {
            Self::Anything => Application::Audio,
            Self::Voice => Application::Voip,
        }
    }

    /// Losses in percent that packets are made for. From about 6 on, Opus gives up its music coder for the one that repeats
    /// the packet before (RFC 6716, 2.1.7): right for voices alone.
    fn loss_percent(self) -> i32 {
        match self {
            Self::Anything => 2,
            Self::Voice => 10,
        }
    }
}

/// An encoder.
#[derive(Debug)]
pub(crate) struct OpusEncoder {
    encoder: Encoder,
    delay_us: u64,
    packet: Vec<u8>,
}

fn failed(e: opus::Error) -> Failure {
    Failure::internal("encode the sound", e)
}

impl OpusEncoder {
    pub(crate) fn new(heard: Heard) -> Result<Self, Failure> {
        let mut encoder = Encoder::new(RATE_HZ, Channels::Stereo, heard.application()).map_err(failed)?;
        encoder.set_bitrate(Bitrate::Bits(BITRATE_BPS)).map_err(failed)?;
        encoder.set_inband_fec(true).map_err(failed)?;
        encoder.set_packet_loss_perc(heard.loss_percent()).map_err(failed)?;
        let delay = u64::try_from(encoder.get_lookahead().map_err(failed)?).unwrap_or(0);
        Ok(Self { encoder, delay_us: delay * 1_000_000 / u64::from(RATE_HZ), packet: vec![0; PACKET_MAX] })
    }

    /// What it makes.
    pub(crate) fn form() -> SoundForm {
        SoundForm { channels: CHANNELS as u8, samples: PACKET_FRAMES as u16, bps: BITRATE_BPS as u32 }
    }

    /// So much earlier than what was sent begins what a decoder gives for its packet, in microseconds.
    pub(crate) fn delay_us(&self) -> u64 {
        self.delay_us
    }

    /// Encodes [`PACKET_FRAMES`] interleaved frames.
    pub(crate) fn encode(&mut self, block: &[f32]) -> Result<Bytes, Failure> {
        let length = self.encoder.encode_float(block, &mut self.packet).map_err(failed)?;
        Ok(Bytes::copy_from_slice(&self.packet[..length]))
    }
}
