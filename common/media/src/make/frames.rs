//! The pictures of a source, decoded, whole, with times that only grow.

use super::deinterlace::Deinterlacer;
use super::events::Reporter;
use super::failure::Failure;
use super::source::{Source, VideoStream, rescale};
use ffmpeg::{codec, media};
use ffmpeg_the_third as ffmpeg;
use lectern_proto::fmp4::VIDEO_TIMESCALE;
use std::path::Path;

/// Largest plausible time between two pictures, in ticks; a larger one is a broken clock.
const GAP_MAX: i64 = 3600 * VIDEO_TIMESCALE as i64;
/// A step back further than this is a clock that started again, in ticks.
const RESTART: i64 = 10 * VIDEO_TIMESCALE as i64;
/// Damaged packets in a row after which the rest of the file is given up.
const DAMAGED_MAX: u32 = 1000;

/// A decoded picture and when it is shown, in ticks of [`VIDEO_TIMESCALE`] from the start of the presentation.
pub(crate) struct Frame {
    pub(crate) picture: ffmpeg::frame::Video,
    pub(crate) pts: i64,
}

/// Reads the pictures of a source in presentation order.
pub(crate) struct Frames {
    source: Source,
    pub(crate) stream: VideoStream,
    decoder: codec::decoder::Opened,
    reporter: Reporter,
    clock: Clock,
    deinterlacer: Deinterlacer,
    ended: bool,
    damaged: u32,
}

impl Frames {
    /// Opens the source at its start.
    pub(crate) fn open(path: &Path, reporter: &Reporter) -> Result<Self, Failure> {
        let source = Source::open(path)?;
        let stream = source.video.ok_or_else(|| Failure::internal("find the pictures", "there are none"))?;
        let decoder = source.decoder(stream.index)?;
        if decoder.medium() != media::Type::Video {
            return Err(Failure::internal("decode the pictures", "they are not pictures"));
        }
        let clock = Clock::new(nominal(stream));
        let deinterlacer = Deinterlacer::new(stream.fields);
        Ok(Self { source, stream, decoder, reporter: reporter.clone(), clock, deinterlacer, ended: false, damaged: 0 })
    }

    /// Nominal length of a picture in ticks.
    pub(crate) fn nominal(&self) -> i64 {
        self.clock.nominal
    }

    /// Whether [`Self::seek`] may work.
    pub(crate) fn is_seekable(&self) -> bool {
        self.source.is_indexed()
    }

    /// Goes to the keyframe at or before `pts`, where the container has an index that can be trusted. The next picture is
    /// then not later than `pts`, or [`Frames::open`] must start again.
    pub(crate) fn seek(&mut self, pts: i64) -> bool {
        let target = rescale(pts, ffmpeg::Rational(1, VIDEO_TIMESCALE as i32), 1_000_000).saturating_add(self.source.zero_us);
        if !self.is_seekable() || self.source.input.seek(target, ..=target).is_err() {
            return false;
        }
        self.decoder.flush();
        self.deinterlacer.reset();
        self.ended = false;
        self.clock.started = true;
        true
    }

    /// The next picture; nothing at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Frame>, Failure> {
        loop {
            if let Some(frame) = self.deinterlacer.next() {
                return Ok(Some(frame));
            }
            match self.decode()? {
                Some(frame) => self.deinterlacer.push(frame)?,
                None => {
                    self.deinterlacer.finish()?;
                    return Ok(self.deinterlacer.next());
                }
            }
        }
    }

    /// The next picture as the decoder gives it; nothing at the end, however often it is asked.
    fn decode(&mut self) -> Result<Option<Frame>, Failure> {
        loop {
            let mut picture = ffmpeg::frame::Video::empty();
            match self.decoder.receive_frame(&mut picture) {
                Ok(()) => {
                    self.damaged = 0;
                    self.reporter.step();
                    let raw = picture.timestamp().map(|t| {
                        let base = self.source.input.stream(self.stream.index).map_or(ffmpeg::Rational(1, VIDEO_TIMESCALE as i32), |s| s.time_base());
                        let zero = rescale(self.source.zero_us, ffmpeg::Rational(1, 1_000_000), VIDEO_TIMESCALE.into());
                        rescale(t, base, VIDEO_TIMESCALE.into()).saturating_sub(zero)
                    });
                    let pts = self.clock.next(raw);
                    return Ok(Some(Frame { picture, pts }));
                }
                Err(ffmpeg::Error::Eof) => return Ok(None),
                Err(ffmpeg::Error::Other { errno: libc::EAGAIN }) => self.feed()?,
                Err(e @ ffmpeg::Error::Other { errno: libc::ENOMEM }) => return Err(Failure::ffmpeg("decode the pictures", e)),
                Err(_) => self.damage()?,
            }
        }
    }

    fn feed(&mut self) -> Result<(), Failure> {
        while !self.ended {
            let mut packet = codec::packet::Packet::empty();
            match packet.read(&mut self.source.input) {
                Ok(()) => {
                    self.reporter.step();
                    if packet.stream() != self.stream.index {
                        continue;
                    }
                    return match self.decoder.send_packet(&packet) {
                        Ok(()) => Ok(()),
                        Err(e @ ffmpeg::Error::Other { errno: libc::ENOMEM }) => Err(Failure::ffmpeg("decode the pictures", e)),
                        Err(_) => self.damage(),
                    };
                }
                Err(ffmpeg::Error::Other { errno: libc::EAGAIN }) => self.damage()?,
                Err(e @ ffmpeg::Error::Other { errno: libc::EIO | libc::ENOMEM }) => return Err(Failure::ffmpeg("read the file", e)),
                // The end, or damage beyond which the demuxer does not go: what there is, is prepared.
                Err(_) => break,
            }
        }
        if !self.ended {
            self.ended = true;
            let _ = self.decoder.send_eof();
        }
        Ok(())
    }

    fn damage(&mut self) -> Result<(), Failure> {
        self.damaged += 1;
        if self.damaged > DAMAGED_MAX {
            return Err(Failure::ffmpeg("decode the pictures", ffmpeg::Error::InvalidData));
        }
        Ok(())
    }
}

fn nominal(stream: VideoStream) -> i64 {
    let ticks = f64::from(VIDEO_TIMESCALE) / f64::from(stream.frame_rate);
    // Frame rates are between 0.1 and 1000.
    (ticks.round() as i64).clamp(90, 10 * i64::from(VIDEO_TIMESCALE))
}

/// Repairs times: missing ones are guessed, the first is 0, each is later than the one before, jumps are taken out.
#[derive(Debug)]
struct Clock {
    nominal: i64,
    shift: i64,
    last: Option<i64>,
    /// The first picture need not be that of the presentation.
    started: bool,
}

impl Clock {
    fn new(nominal: i64) -> Self {
        Self { nominal, shift: 0, last: None, started: false }
    }

    fn next(&mut self, raw: Option<i64>) -> i64 {
        let time = raw.map(|r| r.saturating_add(self.shift));
        let pts = match (self.last, time) {
            // The first picture is shown from the very start, whatever comes before it in the file.
            (None, _) if !self.started => 0,
            (None, time) => time.unwrap_or(0).max(0),
            (Some(last), Some(time)) if time > last && time - last <= GAP_MAX => time,
            (Some(last), time) => {
                let next = last + self.nominal;
                if let Some(time) = time.filter(|t| *t > last || *t < last.saturating_sub(RESTART)) {
                    self.shift = self.shift.saturating_add(next.saturating_sub(time));
                }
                next
            }
        };
        self.started = true;
        self.last = Some(pts);
        pts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_only_grow() {
        let check = |raw: &[Option<i64>], want: &[i64]| {
            let mut clock = Clock::new(3000);
            assert_eq!(raw.iter().map(|r| clock.next(*r)).collect::<Vec<_>>(), want, "{raw:?}");
        };
        check(&[Some(0), Some(3000), Some(6003)], &[0, 3000, 6003]);
        // A late or early start is shown from 0.
        check(&[Some(4500), Some(6000)], &[0, 6000]);
        check(&[Some(-4500), Some(3000)], &[0, 3000]);
        // Missing and repeated times.
        check(&[None, None, Some(6000), Some(6000), Some(9001)], &[0, 3000, 6000, 9000, 9001]);
        // A clock that starts again, and one that leaps by a day.
        check(&[Some(0), Some(2_000_000), Some(0), Some(3000)], &[0, 2_000_000, 2_003_000, 2_006_000]);
        check(&[Some(0), Some(1 << 50), Some((1 << 50) + 3000)], &[0, 3000, 6000]);
        check(&[Some(i64::MIN), Some(i64::MAX), Some(i64::MIN)], &[0, 3000, 6000]);
    }
}
