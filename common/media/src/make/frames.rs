//! The pictures of a source, decoded, whole, with times that only grow.

use super::deinterlace::Deinterlacer;
use super::events::Reporter;
use super::failure::Failure;
use super::packets::{Packets, Supply};
use super::source::{Source, VideoStream, rescale};
use ffmpeg::{codec, media};
use ffmpeg_the_third as ffmpeg;
use lectern_proto::fmp4::VIDEO_TIMESCALE;
use std::collections::VecDeque;
use std::path::Path;

/// Largest plausible time between two pictures, in ticks; a larger one is a broken clock.
const GAP_MAX: i64 = 3600 * VIDEO_TIMESCALE as i64;
/// A step back further than this is a clock that started again, in ticks.
const RESTART: i64 = 10 * VIDEO_TIMESCALE as i64;
/// Failures of a decoder without a new packet after which it gives nothing more.
const STUCK_MAX: u32 = 100;
/// Pictures after a sign of damage within which a gap is its doing: decoders hold some back.
const SUSPECT: u32 = 64;
/// The gaps of so many pictures say what is usual in a source of varying frame rate.
const USUAL: usize = 16;

/// A decoded picture and when it is shown, in ticks of [`VIDEO_TIMESCALE`] from the start of the presentation.
pub(crate) struct Frame {
    pub(crate) picture: ffmpeg::frame::Video,
    pub(crate) pts: i64,
}

/// Reads the pictures of a source in presentation order.
pub(crate) struct Frames<P = Packets> {
    packets: P,
    pub(crate) stream: VideoStream,
    decoder: codec::decoder::Opened,
    reporter: Reporter,
    clock: Clock,
    losses: Losses,
    deinterlacer: Deinterlacer,
    drained: bool,
    stuck: u32,
}

impl Frames {
    /// Opens the source at its start.
    pub(crate) fn open(path: &Path, reporter: &Reporter) -> Result<Self, Failure> {
        let source = Source::open(path)?;
        let (stream, decoder) = Self::decoder(&source)?;
        Self::over(Packets::new(source, stream.index, reporter)?, stream, decoder, reporter)
    }

    /// The pictures of a source, and a decoder for them.
    pub(crate) fn decoder(source: &Source) -> Result<(VideoStream, codec::decoder::Opened), Failure> {
        let stream = source.video.ok_or_else(|| Failure::internal("find the pictures", "there are none"))?;
        Ok((stream, source.decoder(stream.index)?))
    }
}

impl<P: Supply> Frames<P> {
    /// Out of packets that come from somewhere.
    pub(crate) fn over(packets: P, stream: VideoStream, decoder: codec::decoder::Opened, reporter: &Reporter) -> Result<Self, Failure> {
        if decoder.medium() != media::Type::Video {
            return Err(Failure::internal("decode the pictures", "they are not pictures"));
        }
        let clock = Clock::new(nominal(stream));
        let losses = Losses::new(clock.nominal);
        let deinterlacer = Deinterlacer::new(stream.fields);
        Ok(Self { packets, stream, decoder, reporter: reporter.clone(), clock, losses, deinterlacer, drained: false, stuck: 0 })
    }

    /// Nominal length of a picture in ticks.
    pub(crate) fn nominal(&self) -> i64 {
        self.clock.nominal
    }

    /// Whether [`Self::seek`] may work.
    pub(crate) fn is_seekable(&self) -> bool {
        self.packets.is_indexed()
    }

    /// Goes to the keyframe at or before `pts`, where the container has an index that can be trusted. The next picture is
    /// then not later than `pts`, or [`Frames::open`] must start again.
    pub(crate) fn seek(&mut self, pts: i64) -> bool {
        let target = micros(pts).saturating_add(self.packets.zero_us());
        if !self.is_seekable() || !self.packets.seek(target) {
            return false;
        }
        self.decoder.flush();
        self.deinterlacer.reset();
        (self.drained, self.stuck) = (false, 0);
        self.losses.jumped();
        self.clock.jumped();
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
                    self.reporter.step();
                    let raw = picture.timestamp().map(|t| self.packets.time(t, VIDEO_TIMESCALE));
                    let pts = self.clock.next(raw);
                    // SAFETY: the frame is valid; the field is a plain value.
                    let concealed = picture.is_corrupt() || unsafe { (*picture.as_ptr()).decode_error_flags } != 0;
                    if self.packets.is_suspicious() {
                        self.losses.suspect();
                    }
                    if let Some((from, to)) = self.losses.shown(pts, concealed) {
                        self.reporter.lost(micros(from), micros(to));
                    }
                    return Ok(Some(Frame { picture, pts }));
                }
                Err(ffmpeg::Error::Eof) => return Ok(None),
                Err(ffmpeg::Error::Other { errno: libc::EAGAIN }) => {
                    if !self.feed()? {
                        return Ok(None);
                    }
                }
                Err(e @ ffmpeg::Error::Other { errno: libc::ENOMEM }) => return Err(Failure::ffmpeg("decode the pictures", e)),
                Err(_) => {
                    self.losses.suspect();
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
                Err(e @ ffmpeg::Error::Other { errno: libc::ENOMEM }) => return Err(Failure::ffmpeg("decode the pictures", e)),
                Err(_) => self.losses.suspect(),
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
}

fn micros(ticks: i64) -> i64 {
    rescale(ticks, ffmpeg::Rational(1, VIDEO_TIMESCALE as i32), 1_000_000)
}

/// Tells damage from pauses: a gap between pictures is a loss if something was damaged shortly before, and it is longer than
/// is usual.
#[derive(Debug)]
struct Losses {
    nominal: i64,
    /// Pictures for which a gap is still suspect.
    suspect: u32,
    /// When the last picture began.
    last: Option<i64>,
    /// The next picture is the first after a jump: before it there is no gap.
    jumped: bool,
    /// The last gaps.
    gaps: VecDeque<i64>,
}

impl Losses {
    fn new(nominal: i64) -> Self {
        Self { nominal, suspect: 0, last: None, jumped: false, gaps: VecDeque::with_capacity(USUAL + 1) }
    }

    /// Something was damaged or skipped.
    fn suspect(&mut self) {
        self.suspect = SUSPECT;
    }

    /// What comes next does not follow what was before.
    fn jumped(&mut self) {
        (self.suspect, self.last, self.jumped) = (0, None, true);
    }

    /// A picture is shown from `pts` on, whole or with a part of it guessed. Gives what is lost, in ticks.
    fn shown(&mut self, pts: i64, concealed: bool) -> Option<(i64, i64)> {
        let suspect = self.suspect > 0;
        self.suspect = self.suspect.saturating_sub(1);
        let before = self.last.replace(pts);
        let usual = self.gaps.iter().copied().max().unwrap_or(self.nominal);
        let jumped = std::mem::take(&mut self.jumped);
        let gap = before.map_or(if jumped { 0 } else { pts }, |b| pts - b);
        let missing = suspect && gap > usual + usual / 2;
        if before.is_some() && !missing {
            self.gaps.push_back(gap);
            if self.gaps.len() > USUAL {
                self.gaps.pop_front();
            }
        }
        let from = if missing { before.map_or(0, |b| b + usual) } else { pts };
        let to = if concealed { pts + usual } else { pts };
        (to > from).then_some((from, to))
    }
}

/// Nominal length of a picture in ticks.
pub(crate) fn nominal(stream: VideoStream) -> i64 {
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

    /// What comes next does not follow what was before.
    fn jumped(&mut self) {
        (self.started, self.last) = (true, None);
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

    #[test]
    fn after_a_jump_times_are_those_of_the_file() {
        let mut clock = Clock::new(3000);
        assert_eq!(clock.next(Some(0)), 0);
        for time in [9_000_000_000, 45_000, 900_000] {
            clock.jumped();
            assert_eq!((clock.next(Some(time)), clock.next(Some(time + 3000))), (time, time + 3000));
        }
    }

    #[test]
    fn gaps_are_losses_only_with_damage() {
        let told = |pts: &[i64], suspect_at: Option<usize>, concealed: Option<usize>| {
            let mut losses = Losses::new(3600);
            let mut told = Vec::new();
            for (i, pts) in pts.iter().enumerate() {
                if suspect_at == Some(i) {
                    losses.suspect();
                }
                told.extend(losses.shown(*pts, concealed == Some(i)));
            }
            told
        };
        let gap = [0, 3600, 7200, 10_800, 90_000, 93_600];
        assert_eq!(told(&gap, None, None), []);
        assert_eq!(told(&gap, Some(2), None), [(14_400, 90_000)]);
        assert_eq!(told(&gap, Some(5), None), []);
        assert_eq!(told(&gap, None, Some(1)), [(3600, 7200)]);
        // A source that pauses now and then: only what is longer is suspect.
        assert_eq!(told(&[0, 36_000, 39_600, 75_600, 79_200], Some(3), None), []);
        assert_eq!(told(&[0, 36_000, 39_600, 180_000], Some(3), None), [(75_600, 180_000)]);
        // Damage at the very start.
        assert_eq!(told(&[45_000, 48_600], Some(0), None), [(0, 45_000)]);
        // Nothing is missing before the place of a jump.
        let mut losses = Losses::new(3600);
        losses.shown(0, false);
        losses.jumped();
        losses.suspect();
        assert_eq!((losses.shown(900_000, false), losses.shown(945_000, false)), (None, Some((903_600, 945_000))));
    }
}
