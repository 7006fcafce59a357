//! From a source of sound to units: 20 ms at a time through Opus, with its level told ten times a second.

use super::orders::Orders;
use super::outlet::Outlet;
use crate::make::failure::Failure;
use crate::make::opus_encoder::{Heard, OpusEncoder};
use lectern_proto::live::pipe::News;

/// Packets between two levels: a tenth of a second.
const LEVEL_PACKETS: u32 = 5;
/// What silence is told as, in dB below full scale: 24-bit sound goes no lower.
const SILENCE_DB: f32 = -144.0;

/// Where sound comes from.
pub(crate) trait Sounds: Send {
    /// Waits for the next block of [`PACKET_FRAMES`](crate::make::opus_encoder::PACKET_FRAMES) interleaved frames; none at the
    /// end of the source or when the end was ordered.
    ///
    /// # Errors
    /// [`Failure`] when the source cannot go on.
    fn next(&mut self, orders: &Orders) -> Result<Option<Block>, Failure>;
}

/// 20 ms of sound.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) samples: Vec<f32>,
    /// When its first sample was heard, in microseconds of server time.
    pub(crate) capture_us: u64,
}

/// Sends what a source gives until its end.
pub(crate) fn run(source: &mut dyn Sounds, heard: Heard, orders: &Orders, outlet: &Outlet) -> Result<(), Failure> {
    let mut encoder = OpusEncoder::new(heard)?;
    outlet.sound_form(OpusEncoder::form());
    let (mut peak, mut packets) = (0f32, 0);
    while let Some(mut block) = source.next(orders)? {
        for sample in &mut block.samples {
            *sample = if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 };
            peak = peak.max(sample.abs());
        }
        // A decoder gives it later by what the encoder looks ahead: its time is that of what is heard.
        outlet.sound(block.capture_us.saturating_sub(encoder.delay_us()), &encoder.encode(&block.samples)?);
        packets += 1;
        if packets == LEVEL_PACKETS {
            outlet.tell(&News::Level { peak_db: (20.0 * peak.log10()).max(SILENCE_DB) });
            (peak, packets) = (0.0, 0);
        }
    }
    Ok(())
}
