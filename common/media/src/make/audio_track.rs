//! One sound track on its way to a track: samples in, segments of AAC packets out.
//!
//! Packet `p` is presented at `(p - 1) * 1024` samples: packet 0 is the encoder's priming and lies before the start. A
//! resumed track decodes the source from its start, so that every sample falls where it fell before, and starts its encoder
//! some packets early: what they hold is thrown away, but the encoder's state has settled and there is no click.

use super::audio_encoder::AudioEncoder;
use super::events::Reporter;
use super::failure::Failure;
use super::journal::Journal;
use super::pcm::{CHANNELS, RATE_HZ};
use super::source::AudioProbe;
use super::store::Store;
use bytes::Bytes;
use lectern_proto::fmp4::{self, AAC_PACKET_SAMPLES, Init, Sample};
use lectern_proto::grid::{self, packet_start};
use lectern_proto::manifest::{Segment, Track, TrackKind};

/// Packets that a resumed encoder makes for nothing.
const PRE_ROLL: u64 = 16;
const PACKET: u64 = AAC_PACKET_SAMPLES as u64;

/// A sound track that is being encoded.
pub(crate) struct AudioTrack {
    init: Init,
    journal: Journal,
    run: Option<Run>,
}

/// An encoder on its way through some places.
struct Run {
    encoder: AudioEncoder,
    /// Number of the encoder's next packet.
    next_packet: u64,
    /// The place that is being filled, and its first packet.
    place: usize,
    first: u64,
    /// The source frame that the encoder needs next.
    next_frame: u64,
    block: Vec<f32>,
    open: Vec<Bytes>,
}

/// The name of a sound track's track.
pub(crate) fn key(audio: &AudioProbe) -> String {
    format!("audio-{}", audio.index)
}

fn first_packet(place: usize) -> u64 {
    grid::first_packet(place, RATE_HZ)
}

/// The first source frame that a run from a place needs.
pub(crate) fn first_frame(place: usize) -> u64 {
    first_packet(place).saturating_sub(PRE_ROLL) * PACKET
}

impl AudioTrack {
    pub(crate) fn new(store: &Store, audio: &AudioProbe, reporter: &Reporter) -> Result<Self, Failure> {
        let encoder = AudioEncoder::new()?;
        let init = Init::audio(encoder.config().clone());
        let bytes = fmp4::write_init(&init).map_err(|e| Failure::internal("write a segment", e))?;
        let config = encoder.config();
        let head = Track {
            kind: TrackKind::Audio {
                channels: config.channels,
                sample_rate_hz: config.sample_rate_hz,
                language: audio.language.clone(),
                title: audio.title.clone(),
            },
            codec: init.codec(),
            timescale: init.timescale,
            init: store.put(&bytes)?,
            init_bytes: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
            segments: Vec::new(),
        };
        let journal = Journal::open(store, &key(audio), head, reporter)?;
        Ok(Self { init, journal, run: None })
    }

    pub(crate) fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Starts to make this place and those after it. Samples from [`first_frame`] on, or earlier ones, follow.
    pub(crate) fn start(&mut self, place: usize) -> Result<(), Failure> {
        let first = first_packet(place);
        let next_packet = first.saturating_sub(PRE_ROLL);
        let encoder = AudioEncoder::new()?;
        self.run = Some(Run { encoder, next_packet, place, first, next_frame: next_packet * PACKET, block: Vec::new(), open: Vec::new() });
        Ok(())
    }

    /// Takes interleaved samples of the source, the first of which is frame `at`. False when what comes next is there
    /// already: the run is over.
    pub(crate) fn push(&mut self, store: &Store, at: u64, samples: &[f32]) -> Result<bool, Failure> {
        let Some(mut run) = self.run.take() else { return Ok(false) };
        // Before a run that was begun by a jump nothing may be missing; what the source does not have there is silent.
        let hole = at.saturating_sub(run.next_frame).min(PRE_ROLL * PACKET);
        let silence = vec![0.0; usize::try_from(hole).unwrap_or(0) * CHANNELS];
        let skipped = run.next_frame.saturating_sub(at).min((samples.len() / CHANNELS) as u64);
        // At most the length of the slice.
        let fresh = &samples[skipped as usize * CHANNELS..];
        let size = AAC_PACKET_SAMPLES as usize * CHANNELS;
        for mut rest in [silence.as_slice(), fresh] {
            run.next_frame += (rest.len() / CHANNELS) as u64;
            while !rest.is_empty() {
                let (now, later) = rest.split_at(rest.len().min(size - run.block.len()));
                run.block.extend_from_slice(now);
                rest = later;
                if run.block.len() == size {
                    run.encoder.send(&run.block)?;
                    run.block.clear();
                    if !self.collect(store, &mut run, u64::MAX)? {
                        return Ok(false);
                    }
                }
            }
        }
        self.run = Some(run);
        Ok(true)
    }

    /// The source has come to its end with this many frames.
    pub(crate) fn end(&mut self, store: &Store, frames: u64) -> Result<(), Failure> {
        let Some(mut run) = self.run.take() else { return Ok(()) };
        if frames == 0 {
            return Ok(());
        }
        if !run.block.is_empty() {
            let block = std::mem::take(&mut run.block);
            run.encoder.send(&block)?;
        }
        run.encoder.finish()?;
        if self.collect(store, &mut run, frames)? { self.close(store, &mut run) } else { Ok(()) }
    }

    /// Publishes the track, unless it is empty.
    pub(crate) fn publish(self, store: &Store) -> Result<bool, Failure> {
        self.journal.publish(store)
    }

    /// False when the place that would come next is there already.
    fn collect(&mut self, store: &Store, run: &mut Run, frames: u64) -> Result<bool, Failure> {
        while let Some(packet) = run.encoder.receive()? {
            let number = run.next_packet;
            run.next_packet += 1;
            // The encoder's last packets may hold nothing but its own delay.
            if number < run.first || (number > 0 && packet_start(number) >= frames) || packet.is_empty() {
                continue;
            }
            if number == first_packet(run.place + 1) {
                self.close(store, run)?;
                if self.journal.has(run.place) {
                    return Ok(false);
                }
            }
            run.open.push(packet);
        }
        Ok(true)
    }

    /// Writes the open segment and goes on to the next place.
    fn close(&mut self, store: &Store, run: &mut Run) -> Result<(), Failure> {
        let packets = std::mem::take(&mut run.open);
        let (first, count) = (run.first, packets.len() as u64);
        let place = run.place;
        (run.place, run.first) = (place + 1, first + count);
        // A segment that holds the priming packet alone would present nothing.
        if packet_start(first + count) == packet_start(first) {
            return Ok(());
        }
        let samples: Vec<_> = (first..)
            .zip(packets)
            .map(|(number, data)| {
                let pts = i64::try_from(number * PACKET).unwrap_or(i64::MAX) - i64::from(AAC_PACKET_SAMPLES);
                Sample { data, dts: pts, pts, duration: AAC_PACKET_SAMPLES, keyframe: true }
            })
            .collect();
        let sequence = u32::try_from(place + 1).unwrap_or(u32::MAX);
        let bytes = fmp4::write_segment(&self.init, sequence, &samples).map_err(|e| Failure::internal("write a segment", e))?;
        let chunk = store.put(&bytes)?;
        let segment = Segment {
            chunk: Some(chunk),
            bytes: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
            start: packet_start(first),
            duration: packet_start(first + count) - packet_start(first),
            samples: u32::try_from(count).unwrap_or(u32::MAX),
        };
        self.journal.add(place, segment)
    }
}
