//! One sound track on its way to a track: samples in, segments of AAC packets out.
//!
//! Packet `p` is presented at `(p - 1) * 1024` samples: packet 0 is the encoder's priming and lies before the start. A
//! resumed track decodes the source from its start, so that every sample falls where it fell before, and starts its encoder
//! some packets early: what they hold is thrown away, but the encoder's state has settled and there is no click.

use super::audio_encoder::AudioEncoder;
use super::failure::Failure;
use super::journal::Journal;
use super::pcm::{CHANNELS, RATE_HZ};
use super::source::AudioProbe;
use super::store::Store;
use bytes::Bytes;
use lectern_proto::fmp4::{self, AAC_PACKET_SAMPLES, Init, Sample};
use lectern_proto::manifest::{SEGMENT_US, Segment, Track, TrackKind};

/// Packets that a resumed encoder makes for nothing.
const PRE_ROLL: u64 = 16;
const PACKET: u64 = AAC_PACKET_SAMPLES as u64;

/// A sound track that is being encoded.
pub(crate) struct AudioTrack {
    key: String,
    encoder: AudioEncoder,
    init: Init,
    journal: Journal,
    /// Number of the encoder's next packet.
    next_packet: u64,
    /// Packets before this one are already in finished segments.
    resume_at: u64,
    /// Source frames still to be left out before the encoder starts.
    skip: u64,
    /// Source frames so far.
    frames: u64,
    block: Vec<f32>,
    open: Vec<Bytes>,
    /// Number of the first packet in `open`.
    first: u64,
}

/// The name of a sound track's track.
pub(crate) fn key(audio: &AudioProbe) -> String {
    format!("audio-{}", audio.index)
}

/// The first packet of a segment: the one whose presentation starts nearest to the boundary.
fn first_packet(segment: u64) -> u64 {
    match segment {
        0 => 0,
        n => (n * SEGMENT_US * u64::from(RATE_HZ) / 1_000_000 + PACKET + PACKET / 2) / PACKET,
    }
}

/// When a packet is presented, in samples; the priming packet counts as 0.
fn start_of(packet: u64) -> u64 {
    packet.saturating_sub(1) * PACKET
}

impl AudioTrack {
    pub(crate) fn new(store: &mut Store, audio: &AudioProbe) -> Result<Self, Failure> {
        let key = key(audio);
        let encoder = AudioEncoder::new()?;
        let init = Init::audio(encoder.config().clone());
        let bytes = fmp4::write_init(&init).map_err(|e| Failure::internal("write a segment", e))?;
        let config = encoder.config();
        let head = Track {
            kind: TrackKind::Audio { channels: config.channels, sample_rate_hz: config.sample_rate_hz, language: audio.language.clone() },
            codec: init.codec(),
            timescale: init.timescale,
            init: store.put(&bytes)?,
            init_bytes: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
            segments: Vec::new(),
        };
        let journal = Journal::open(store, &key, head)?;
        let resume_at = journal.segments().iter().map(|s| u64::from(s.samples)).sum::<u64>();
        let next_packet = resume_at.saturating_sub(PRE_ROLL);
        let skip = next_packet * PACKET;
        Ok(Self { key, encoder, init, journal, next_packet, resume_at, skip, frames: 0, block: Vec::new(), open: Vec::new(), first: resume_at })
    }

    /// Takes the next interleaved samples of the source.
    pub(crate) fn push(&mut self, store: &mut Store, samples: &[f32]) -> Result<(), Failure> {
        let frames = (samples.len() / CHANNELS) as u64;
        self.frames += frames;
        let skipped = self.skip.min(frames);
        self.skip -= skipped;
        // At most the length of the slice.
        let mut rest = &samples[skipped as usize * CHANNELS..];
        let size = AAC_PACKET_SAMPLES as usize * CHANNELS;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(size - self.block.len()));
            self.block.extend_from_slice(now);
            rest = later;
            if self.block.len() == size {
                self.encoder.send(&self.block)?;
                self.block.clear();
                self.collect(store)?;
            }
        }
        Ok(())
    }

    /// No more samples. Publishes the track, unless it is empty.
    pub(crate) fn finish(mut self, store: &mut Store) -> Result<Option<String>, Failure> {
        if self.skip == 0 && self.frames > 0 {
            if !self.block.is_empty() {
                let block = std::mem::take(&mut self.block);
                self.encoder.send(&block)?;
            }
            self.encoder.finish()?;
            self.collect(store)?;
            self.close(store)?;
        }
        if self.journal.segments().is_empty() {
            return Ok(None);
        }
        self.journal.publish(store, &self.key)?;
        Ok(Some(self.key))
    }

    fn collect(&mut self, store: &mut Store) -> Result<(), Failure> {
        while let Some(packet) = self.encoder.receive()? {
            let number = self.next_packet;
            self.next_packet += 1;
            // The encoder's last packets may hold nothing but its own delay.
            if number < self.resume_at || (number > 0 && start_of(number) >= self.frames) || packet.is_empty() {
                continue;
            }
            if number == first_packet(self.journal.segments().len() as u64 + 1) {
                self.close(store)?;
            }
            self.open.push(packet);
        }
        Ok(())
    }

    fn close(&mut self, store: &mut Store) -> Result<(), Failure> {
        let packets = std::mem::take(&mut self.open);
        let count = packets.len() as u64;
        // A segment that holds the priming packet alone would present nothing.
        if start_of(self.first + count) == start_of(self.first) {
            return Ok(());
        }
        let samples: Vec<_> = (self.first..)
            .zip(packets)
            .map(|(number, data)| {
                let pts = i64::try_from(number * PACKET).unwrap_or(i64::MAX) - i64::from(AAC_PACKET_SAMPLES);
                Sample { data, dts: pts, pts, duration: AAC_PACKET_SAMPLES, keyframe: true }
            })
            .collect();
        let sequence = u32::try_from(self.journal.segments().len() + 1).unwrap_or(u32::MAX);
        let bytes = fmp4::write_segment(&self.init, sequence, &samples).map_err(|e| Failure::internal("write a segment", e))?;
        let chunk = store.put(&bytes)?;
        self.journal.add(Segment {
            chunk,
            bytes: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
            start: start_of(self.first),
            duration: start_of(self.first + count) - start_of(self.first),
            samples: u32::try_from(count).unwrap_or(u32::MAX),
        })?;
        self.first += count;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_start_at_the_nearest_packet() {
        for segment in 1..100 {
            let at = i64::try_from(start_of(first_packet(segment))).expect("small");
            let boundary = i64::try_from(segment * 96_000).expect("small");
            assert!((at - boundary).abs() <= 512, "{segment}: {at} {boundary}");
        }
        assert_eq!((first_packet(0), start_of(0), start_of(1), start_of(2)), (0, 0, 0, 1024));
    }
}
