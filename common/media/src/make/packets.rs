//! The coded packets of one stream of a source, read around damage, with what was seen of the damage.
//!
//! Between the file and a decoder, for pictures and sound alike. It never gives up because of damage: a demuxer that goes on
//! is followed to the end of the file. What could not be read is told as times when the decoded pictures and samples show what is
//! missing ([`super::frames`], [`super::pcm`]); this part only says that something may be ([`Packets::is_suspicious`]), and tells
//! of a file that ends before its own header says.

use super::events::Reporter;
use super::failure::Failure;
use super::source::{DURATION_MAX_US, Source, rescale};
use ffmpeg::codec::packet::Packet;
use ffmpeg::{Rational, ffi};
use ffmpeg_the_third as ffmpeg;
use std::collections::BTreeMap;

/// Failures of the demuxer in a row after which the file is at its end.
const ERRORS_MAX: u32 = 100;
/// Bytes between two packets of a container without an index that no packet accounts for; headers of clusters and blocks,
/// tags and indices that are written in between are smaller.
const SKIPPED_MIN: i64 = 4096;
/// Bytes after the last packet, and at least a quarter of the file, that are more than an index.
const UNREAD_MIN: i64 = 64 * 1024;
/// Bytes before the data of a chunk of AVI: its name and length.
const CHUNK_HEADER: i64 = 8;
/// A file that ends this much before its header says is cut off, in microseconds.
const CUT_MIN_US: i64 = 1_000_000;

/// Where the decoders of one stream get its packets from.
pub(crate) trait Supply {
    /// The next packet; nothing at the end.
    ///
    /// # Errors
    /// [`Failure`] when the file cannot be read.
    fn next(&mut self) -> Result<Option<Packet>, Failure>;

    /// Whether something was damaged or skipped since it was asked last.
    fn is_suspicious(&mut self) -> bool;

    /// Goes to the keyframe at or before a time on the file's own clock.
    fn seek(&mut self, target_us: i64) -> bool;

    /// A time of this stream from the start of the presentation, in ticks of 1/`rate` seconds.
    fn time(&self, time: i64, rate: u32) -> i64;

    /// Whether [`Self::seek`] may work.
    fn is_indexed(&self) -> bool;

    /// Where the presentation starts, on the file's own clock.
    fn zero_us(&self) -> i64;
}

/// Reads one stream, or two in the order in which they lie in the file.
pub(crate) struct Packets {
    pub(crate) source: Source,
    stream: usize,
    also: Option<usize>,
    reporter: Reporter,
    base: Rational,
    /// Whether packets follow one another in the file, so that what lies between was skipped.
    dense: bool,
    /// Whether the demuxer counts packets for their times, and counts wrong behind a hole.
    counted: bool,
    holes: bool,
    /// Place and time of each stream's last packet before the first hole.
    before: BTreeMap<usize, (isize, i64)>,
    /// The end of the last packet in the file; nothing at the start and after a seek.
    reach: Option<i64>,
    /// The end of the packet furthest into the file.
    furthest: i64,
    /// The latest end of a packet of any stream, on the file's own clock in microseconds.
    end_us: i64,
    suspicious: bool,
    errors: u32,
    ended: bool,
}

impl Packets {
    pub(crate) fn new(source: Source, stream: usize, reporter: &Reporter) -> Result<Self, Failure> {
        let base = source.input.stream(stream).ok_or_else(|| Failure::internal("find a stream", stream))?.time_base();
        let dense = matches!(source.input.format().name(), n if n.contains("matroska") || n == "flv" || n == "avi");
        let counted = source.input.format().name() == "avi";
        let (end_us, reporter) = (source.zero_us, reporter.clone());
        Ok(Self {
            source,
            stream,
            also: None,
            reporter,
            base,
            dense,
            counted,
            holes: false,
            before: BTreeMap::new(),
            reach: None,
            furthest: 0,
            end_us,
            suspicious: false,
            errors: 0,
            ended: false,
        })
    }

    /// Gives the packets of another stream too.
    pub(crate) fn also(&mut self, stream: usize) {
        self.also = Some(stream);
    }

    /// The next packet; nothing at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Packet>, Failure> {
        while !self.ended {
            let mut packet = Packet::empty();
            match packet.read(&mut self.source.input) {
                Ok(()) => {
                    self.reporter.step();
                    self.errors = 0;
                    self.follow(&packet);
                    if self.counted {
                        self.correct(&mut packet);
                    }
                    self.end_us = self.end_us.max(self.end_of(&packet));
                    if packet.stream() == self.stream || Some(packet.stream()) == self.also {
                        return Ok(Some(packet));
                    }
                }
                Err(ffmpeg::Error::Eof) => self.end(),
                Err(e @ ffmpeg::Error::Other { errno: libc::EIO }) => return Err(Failure::ffmpeg("read the file", e)),
                // Most often a size that was damaged into an enormous one.
                Err(_) => {
                    self.suspicious = true;
                    self.errors += 1;
                    if self.errors > ERRORS_MAX {
                        self.end();
                    }
                }
            }
        }
        Ok(None)
    }

    /// Whether something was damaged or skipped since it was asked last.
    pub(crate) fn is_suspicious(&mut self) -> bool {
        std::mem::take(&mut self.suspicious)
    }

    /// Goes to the keyframe at or before a time on the file's own clock.
    pub(crate) fn seek(&mut self, target_us: i64) -> bool {
        let there = self.source.input.seek(target_us, ..=target_us).is_ok();
        if there {
            (self.reach, self.suspicious, self.errors, self.ended) = (None, false, 0, false);
        }
        there
    }

    /// A time of this stream from the start of the presentation, in ticks of 1/`rate` seconds.
    pub(crate) fn time(&self, time: i64, rate: u32) -> i64 {
        presented(time, self.base, self.source.zero_us, rate)
    }

    fn follow(&mut self, packet: &Packet) {
        let position = i64::try_from(packet.position()).unwrap_or(-1);
        if position >= 0 {
            let end = position.saturating_add(i64::try_from(packet.size()).unwrap_or(0));
            let skipped = self.dense && self.reach.is_some_and(|reach| position.saturating_sub(reach) >= SKIPPED_MIN);
            self.suspicious |= skipped;
            self.holes |= skipped;
            self.reach = Some(self.reach.map_or(end, |reach| reach.max(end)));
            self.furthest = self.furthest.max(end);
        }
        self.suspicious |= packet.is_corrupt() && packet.stream() == self.stream;
    }

    /// When a packet ends on the file's own clock, in microseconds; the least there is when it does not say.
    fn end_of(&self, packet: &Packet) -> i64 {
        let base = self.source.input.stream(packet.stream()).map(|s| s.time_base());
        let time = packet.pts().or_else(|| packet.dts());
        base.zip(time).map_or(i64::MIN, |(base, time)| rescale(time.saturating_add(packet.duration().max(0)), base, 1_000_000))
    }

    /// Gives a packet behind a hole the time that the index has for its place in the file (AVI, `idx1`).
    fn correct(&mut self, packet: &mut Packet) {
        let (stream, time) = (packet.stream(), packet.dts().or_else(|| packet.pts()).unwrap_or(0));
        if !self.holes {
            self.before.insert(stream, (packet.position(), time));
            return;
        }
        // The index may count sound in bytes: by how many to a tick shows what came before the hole.
        let unit = self.before.get(&stream).filter(|(_, t)| *t > 0).and_then(|(position, t)| Some(self.indexed(stream, *position)? / t)).unwrap_or(1);
        if let Some(time) = self.indexed(stream, packet.position()).map(|t| t / unit.max(1)) {
            packet.set_pts(packet.pts().map(|_| time));
            packet.set_dts(Some(time));
        }
    }

    /// What the index of a stream has for a place in the file.
    fn indexed(&self, stream: usize, position: isize) -> Option<i64> {
        let position = i64::try_from(position).ok()?;
        let stream = self.source.input.stream(stream)?;
        // SAFETY: the stream belongs to the open input; asking its index changes nothing, whatever the pointer's type says.
        // Entries are asked for within their count and copied before anything else is done with the demuxer.
        unsafe {
            let stream = stream.as_ptr().cast_mut();
            let entry = |i: i32| ffi::avformat_index_get_entry(stream, i).as_ref();
            let (mut low, mut high) = (0, ffi::avformat_index_get_entries_count(stream));
            while low < high {
                let middle = low + (high - low) / 2;
                if entry(middle)?.pos >= position - CHUNK_HEADER { high = middle } else { low = middle + 1 }
            }
            // An entry names the chunk's header or what follows it.
            entry(low).filter(|e| e.pos <= position).map(|e| e.timestamp)
        }
    }

    /// The end of the file. What its header promises beyond is lost; so is what a large part of the file holds that no packet
    /// came from (fragments after a damaged one), for as long as so many bytes lasted before.
    fn end(&mut self) {
        self.ended = true;
        // SAFETY: the input is open; the field is a plain value. A duration that was guessed from a bit rate says nothing.
        let guessed = unsafe { (*self.source.input.as_ptr()).duration_estimation_method } == ffi::AVDurationEstimationMethod::BITRATE;
        let got = self.end_us.saturating_sub(self.source.zero_us);
        // SAFETY: the input is open, with a file behind it.
        let size = unsafe { (*self.source.input.as_ptr()).pb.as_mut().map_or(0, |pb| ffi::avio_size(pb)) };
        let unread = size.saturating_sub(self.furthest);
        if self.furthest > 0 && unread >= UNREAD_MIN && unread >= size / 4 {
            // Not longer than the longest presentation.
            let more = i128::from(got) * i128::from(unread) / i128::from(self.furthest);
            let more = i64::try_from(more).unwrap_or(i64::MAX).min(i64::try_from(DURATION_MAX_US).unwrap_or(i64::MAX));
            self.reporter.lost(got, got.saturating_add(more));
            return;
        }
        // AVI says in a stream's header how many of its ticks it lasts (`dwLength` of `strh`), also when its index is gone.
        let ticks = self.source.input.stream(self.stream).filter(|_| self.counted).map_or(0, |s| s.frames().max(0));
        let most = i64::try_from(DURATION_MAX_US).unwrap_or(i64::MAX);
        let promised = self.source.input.duration().max(rescale(ticks, self.base, 1_000_000).min(most));
        if !guessed && promised.saturating_sub(got) >= CUT_MIN_US {
            self.reporter.lost(got, promised);
        }
    }
}

/// A time in `base` from the start of the presentation, which is at `zero_us`, in ticks of 1/`rate` seconds.
pub(crate) fn presented(time: i64, base: Rational, zero_us: i64, rate: u32) -> i64 {
    let zero = rescale(zero_us, Rational(1, 1_000_000), rate.into());
    rescale(time, base, rate.into()).saturating_sub(zero)
}

impl Supply for Packets {
    fn next(&mut self) -> Result<Option<Packet>, Failure> {
        self.next()
    }

    fn is_suspicious(&mut self) -> bool {
        self.is_suspicious()
    }

    fn seek(&mut self, target_us: i64) -> bool {
        self.seek(target_us)
    }

    fn time(&self, time: i64, rate: u32) -> i64 {
        self.time(time, rate)
    }

    fn is_indexed(&self) -> bool {
        self.source.is_indexed()
    }

    fn zero_us(&self) -> i64 {
        self.source.zero_us
    }
}
