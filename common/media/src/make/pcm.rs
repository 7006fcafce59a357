//! The sound of a source: decoded, 48 kHz stereo, without gap from the start of the presentation.

use super::events::Reporter;
use super::failure::{Failure, FailureKind};
use super::packets::{Packets, Supply};
use super::source::{Source, rescale};
use ffmpeg::software::resampling;
use ffmpeg::{ChannelLayout, ChannelLayoutMask, Rational, codec, format};
use ffmpeg_the_third as ffmpeg;
use std::path::Path;

/// Samples per second of what comes out.
pub(crate) const RATE_HZ: u32 = 48_000;
/// Channels, interleaved.
pub(crate) const CHANNELS: usize = 2;

/// A time that is off by less than this (in frames, 40 ms) is rounding, not a gap.
const TOLERANCE: i64 = RATE_HZ as i64 / 25;
/// A gap longer than this is a broken clock and not filled (in frames, one hour).
const GAP_MAX: i64 = RATE_HZ as i64 * 3600;
/// Silence is put out in pieces of at most this many frames.
const SILENCE_PIECE: usize = 48_000;
/// Failures of a decoder without a new packet after which it gives nothing more.
const STUCK_MAX: u32 = 100;
/// Decoded frames after a sign of damage within which a gap is its doing.
const SUSPECT: u32 = 64;
/// Reading on for less than this is quicker than a jump; a jump lands so much earlier, for the decoder to settle.
const JUMP_MIN: u64 = RATE_HZ as u64 * 20;
const JUMP_BACK: u64 = RATE_HZ as u64;

/// Reads one sound track of a source.
pub(crate) struct Pcm<P = Packets> {
    packets: P,
    decoder: codec::decoder::Opened,
    resampler: Option<resampling::Context>,
    reporter: Reporter,
    /// Frames of the presentation that were decoded, counting what is still to be put out as silence.
    position: i64,
    /// The frame that is put out next.
    out: u64,
    silence: usize,
    /// Frames to leave out.
    surplus: usize,
    held: Vec<f32>,
    started: bool,
    /// After a jump to there, until the next frame says where it is.
    jumped: Option<u64>,
    drained: bool,
    stuck: u32,
    suspect: u32,
}

impl Pcm {
    /// Opens the `track`th sound track of a file.
    pub(crate) fn open(path: &Path, track: usize, reporter: &Reporter) -> Result<Self, Failure> {
        let source = Source::open(path)?;
        let stream = *source.audio.get(track).ok_or_else(|| Failure::internal("find a sound track", track))?;
        let decoder = source.decoder(stream)?;
        Ok(Self::over(Packets::new(source, stream, reporter)?, decoder, reporter))
    }
}

impl<P: Supply> Pcm<P> {
    /// Out of packets that come from somewhere.
    pub(crate) fn over(packets: P, decoder: codec::decoder::Opened, reporter: &Reporter) -> Self {
        Self {
            packets,
            decoder,
            resampler: None,
            reporter: reporter.clone(),
            position: 0,
            out: 0,
            silence: 0,
            surplus: 0,
            held: Vec::new(),
            started: false,
            jumped: None,
            drained: false,
            stuck: 0,
            suspect: 0,
        }
    }

    /// Whether [`Self::seek`] can jump.
    pub(crate) fn is_seekable(&self) -> bool {
        self.packets.is_indexed()
    }

    /// The frame that comes next; at the end how many there are.
    pub(crate) fn position(&self) -> u64 {
        self.out
    }

    /// Jumps to a place well before this frame, where the container has an index that can be trusted and reading on would
    /// take longer. What comes next then starts at or before the frame, unless the source has nothing there.
    pub(crate) fn seek(&mut self, frame: u64) -> Result<(), Failure> {
        if !self.is_seekable() || frame < self.out + JUMP_MIN {
            return Ok(());
        }
        let target = frame - JUMP_BACK;
        let target_us = micros(i64::try_from(target).unwrap_or(i64::MAX)).saturating_add(self.packets.zero_us());
        if self.packets.seek(target_us) {
            self.decoder.flush();
            (self.resampler, self.silence, self.surplus) = (None, 0, 0);
            self.held.clear();
            (self.started, self.jumped) = (false, Some(target));
            (self.drained, self.stuck, self.suspect) = (false, 0, 0);
        }
        Ok(())
    }

    /// The next interleaved samples and the frame that they begin with; nothing at the end.
    pub(crate) fn next(&mut self) -> Result<Option<(u64, Vec<f32>)>, Failure> {
        Ok(self.piece()?.map(|samples| {
            let at = self.out;
            self.out += (samples.len() / CHANNELS) as u64;
            (at, samples)
        }))
    }

    fn piece(&mut self) -> Result<Option<Vec<f32>>, Failure> {
        loop {
            if self.silence > 0 {
                let frames = self.silence.min(SILENCE_PIECE);
                self.silence -= frames;
                return Ok(Some(vec![0.0; frames * CHANNELS]));
            }
            if !self.held.is_empty() {
                let cut = self.surplus.min(self.held.len() / CHANNELS);
                self.surplus -= cut;
                let mut held = std::mem::take(&mut self.held);
                held.drain(..cut * CHANNELS);
                if !held.is_empty() {
                    return Ok(Some(held));
                }
            }
            let mut frame = ffmpeg::frame::Audio::empty();
            match self.decoder.receive_frame(&mut frame) {
                Ok(()) => {
                    self.reporter.step();
                    self.accept(&mut frame)?;
                }
                Err(ffmpeg::Error::Eof) => return Ok(None),
                Err(ffmpeg::Error::Other { errno: libc::EAGAIN }) => {
                    if !self.feed()? {
                        return Ok(None);
                    }
                }
                Err(e @ ffmpeg::Error::Other { errno: libc::ENOMEM }) => return Err(Failure::ffmpeg("decode the sound", e)),
                Err(_) => {
                    self.suspect = SUSPECT;
                    self.stuck += 1;
                    if self.stuck > STUCK_MAX {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// Gives the decoder the next packet, or the end; false when it has had both.
    fn feed(&mut self) -> Result<bool, Failure> {
        match self.packets.next()? {
            Some(packet) => match self.decoder.send_packet(&packet) {
                Err(e @ ffmpeg::Error::Other { errno: libc::ENOMEM }) => return Err(Failure::ffmpeg("decode the sound", e)),
                Err(_) => self.suspect = SUSPECT,
                Ok(()) => {}
            },
            None if !self.drained => {
                self.drained = true;
                let _ = self.decoder.send_eof();
            }
            None => return Ok(false),
        }
        self.stuck = 0;
        Ok(true)
    }

    fn accept(&mut self, frame: &mut ffmpeg::frame::Audio) -> Result<(), Failure> {
        let time = frame.timestamp().map(|t| self.packets.time(t, RATE_HZ));
        if self.packets.is_suspicious() {
            self.suspect = SUSPECT;
        }
        let suspect = self.suspect > 0;
        self.suspect = self.suspect.saturating_sub(1);
        self.held = self.resample(frame)?;
        let frames = i64::try_from(self.held.len() / CHANNELS).unwrap_or(0);
        if let Some((time, target)) = time.zip(self.jumped) {
            self.jumped = None;
            self.position = time.max(0);
            let target = i64::try_from(target).unwrap_or(i64::MAX);
            if suspect && time.saturating_sub(target) > TOLERANCE {
                self.reporter.lost(micros(target), micros(time));
            }
            self.out = u64::try_from(self.position).unwrap_or(0);
            self.started = true;
        } else if let Some(time) = time {
            let off = time.saturating_sub(self.position);
            // The first frame says exactly where the sound starts; later ones only whether something is missing.
            let tolerance = if std::mem::replace(&mut self.started, true) { TOLERANCE } else { 0 };
            if off > tolerance && off <= GAP_MAX {
                if suspect {
                    self.reporter.lost(micros(self.position), micros(time));
                }
                self.silence = usize::try_from(off).unwrap_or(0);
                self.position += off;
            } else if off < -tolerance && off >= -GAP_MAX {
                self.surplus = usize::try_from(-off).unwrap_or(0);
                self.position += off;
            }
        }
        self.position += frames;
        Ok(())
    }

    fn resample(&mut self, frame: &mut ffmpeg::frame::Audio) -> Result<Vec<f32>, Failure> {
        let channels = frame.ch_layout().channels();
        let mask = frame.ch_layout().mask().or_else(|| {
            let layout = ChannelLayout::default_for_channels(channels);
            let mask = layout.mask();
            frame.set_ch_layout(layout);
            mask
        });
        let Some(mask) = mask.filter(|_| frame.rate() > 0) else {
            return Err(Failure::new(
                FailureKind::Unsupported,
                format!("The sound has {channels} channels in an unknown order. Export the file with stereo sound."),
            ));
        };
        let failed = |e| Failure::ffmpeg("convert the sound", e);
        let fits = |r: &resampling::Context| {
            let input = r.input();
            input.format == frame.format() && input.rate == frame.rate() && input.channel_layout == mask
        };
        let packed = format::Sample::F32(format::sample::Type::Packed);
        if !self.resampler.as_ref().is_some_and(fits) {
            self.resampler = Some(resampling::Context::get(frame.format(), mask, frame.rate(), packed, ChannelLayoutMask::STEREO, RATE_HZ).map_err(failed)?);
        }
        let Some(resampler) = self.resampler.as_mut() else { return Ok(Vec::new()) };
        // What comes out of this frame, and what the filter still held.
        let room = frame.samples() * RATE_HZ as usize / frame.rate() as usize + 1024;
        let mut output = ffmpeg::frame::Audio::new(packed, room, ChannelLayoutMask::STEREO);
        resampler.run(frame, &mut output).map_err(failed)?;
        let used = output.samples() * CHANNELS;
        Ok(output.data(0).chunks_exact(4).take(used).map(|b| f32::from_ne_bytes([b[0], b[1], b[2], b[3]])).collect())
    }
}

fn micros(frames: i64) -> i64 {
    rescale(frames, Rational(1, RATE_HZ as i32), 1_000_000)
}
