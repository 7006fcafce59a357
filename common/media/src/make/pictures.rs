//! The pictures of a source on their way into all rungs: decoded once, scaled down the ladder, place by place, beginning
//! where somebody waits.

use super::events::Reporter;
use super::failure::Failure;
use super::frames::{Frame, Frames};
use super::prepare::{Job, Work};
use super::scale::{self, Scaler};
use super::source::Rotation;
use super::store::Store;
use super::video_track::VideoTrack;
use ffmpeg_the_third as ffmpeg;
use lectern_proto::fmp4::VIDEO_TIMESCALE;
use lectern_proto::grid::Grid;
use lectern_proto::manifest::SEGMENT_US;
use lectern_proto::rung::{PictureSize, RungSpec};
use std::ops::Range;
use std::sync::Arc;

/// The real rate of a track may exceed its target this many times before it is taken for a fault.
const RATE_MARGIN: u64 = 4;
/// Going on for so many places is quicker than a jump.
const NEAR: usize = 2;

/// The pictures while they are prepared.
pub(crate) struct Pictures<'a> {
    job: &'a Job,
    store: &'a Store,
    work: &'a Work,
    grid: Arc<Grid>,
    ladder: Ladder,
    frames: Frames,
    /// The next picture, once the first has been read.
    next: Option<Frame>,
    /// Places whose pictures went into encoders and are not finished.
    run: Range<usize>,
    /// Whether jumps in the source lead where they should.
    jumps: bool,
    /// Number of places, once the end of the source has been seen.
    places: Option<usize>,
    /// Whether one rung alone is made, of one place.
    leads: bool,
    bytes_per_second: u64,
}

impl<'a> Pictures<'a> {
    /// Begins all rungs; they are told at once, so that what is made can be watched at once.
    pub(crate) fn open(job: &'a Job, store: &'a Store, rungs: &[RungSpec], grid: Grid, work: &'a Work, reporter: &Reporter) -> Result<Self, Failure> {
        let frames = Frames::open(&job.source, reporter)?;
        let (stream, grid) = (frames.stream, Arc::new(grid));
        let tracks = rungs.iter().map(|r| VideoTrack::new(store, r, stream.size, stream.frame_rate, &grid, reporter));
        let ladder = Ladder::new(tracks.collect::<Result<_, _>>()?, stream.size, stream.rotation);
        let bytes_per_second = rungs.iter().map(|r| u64::from(r.bitrate_bps)).sum::<u64>() / 8 * RATE_MARGIN;
        let jumps = frames.is_seekable();
        Ok(Self { job, store, work, grid, ladder, frames, next: None, run: 0..0, jumps, places: None, leads: false, bytes_per_second })
    }

    /// Prepares every place that is missing and publishes the tracks; gives how many have something in them. Where nothing can
    /// be watched yet, one rung goes ahead.
    pub(crate) fn run(mut self, reporter: &Reporter, can_be_watched: bool) -> Result<usize, Failure> {
        if !can_be_watched {
            self.lead(reporter)?;
        }
        while let Some(place) = self.choose() {
            self.go_to(place, reporter)?;
            self.follow(place)?;
        }
        let mut made = 0;
        for track in self.ladder.tracks {
            made += usize::from(track.publish(self.store)?);
        }
        Ok(made)
    }

    /// Makes the first place in the middle rung alone, which is the one that `auto` begins in: its pictures are decoded twice, but
    /// who waits for them waits for one encoder and not for all, nor for what these look ahead.
    fn lead(&mut self, reporter: &Reporter) -> Result<(), Failure> {
        let middle = self.ladder.tracks.len() / 2;
        let Some(place) = self.choose().filter(|p| middle > 0 && !self.ladder.tracks.iter().any(|t| t.journal().has(*p))) else { return Ok(()) };
        let track = self.ladder.tracks.remove(middle);
        let alone = Ladder::new(vec![track], self.ladder.source, self.ladder.rotation);
        let all = std::mem::replace(&mut self.ladder, alone);
        self.leads = true;
        let led = self.go_to(place, reporter).and_then(|()| self.follow(place));
        self.leads = false;
        let alone = std::mem::replace(&mut self.ladder, all);
        self.ladder.tracks.splice(middle..middle, alone.tracks);
        led
    }

    /// The place to prepare next: the first that is missing from where somebody waits on, else the first that is missing.
    fn choose(&self) -> Option<usize> {
        let ticks = |us: u64| i64::try_from(u128::from(us) * u128::from(VIDEO_TIMESCALE) / 1_000_000).unwrap_or(i64::MAX);
        let known = self.places.unwrap_or_else(|| self.grid.places(ticks(self.work.duration_us())));
        let wished = self.job.wish.at_us().filter(|_| self.jumps).map(|us| self.missing_from(self.grid.place(ticks(us))));
        let first = wished.filter(|p| *p < known).unwrap_or_else(|| self.missing_from(0));
        // The source may be longer than it says: its end must have been seen.
        (first < known || self.places.is_none()).then_some(first)
    }

    /// The first place that is missing and not under way.
    fn missing_from(&self, place: usize) -> usize {
        let missing = self.ladder.missing_from(place);
        if self.run.contains(&missing) { self.ladder.missing_from(self.run.end) } else { missing }
    }

    /// Reads on, or jumps, so that the next picture is not later than the first of a place.
    fn go_to(&mut self, place: usize, reporter: &Reporter) -> Result<(), Failure> {
        let at = self.next.as_ref().map(|f| self.grid.place(f.pts));
        if at.is_some_and(|at| at <= place && (place - at <= NEAR || !self.jumps)) {
            return Ok(());
        }
        let start = self.grid.start(place);
        if place > 0 && self.jumps && self.frames.seek(start) {
            self.next = self.frames.next()?;
            if self.next.as_ref().is_some_and(|f| f.pts <= start) {
                return Ok(());
            }
            // An index that cannot be trusted.
            self.jumps = false;
        }
        self.frames = Frames::open(&self.job.source, reporter)?;
        self.next = self.frames.next()?;
        Ok(())
    }

    /// Prepares from a place on, until what comes next is there already, somebody waits elsewhere, or the source ends.
    fn follow(&mut self, from: usize) -> Result<(), Failure> {
        let mut last: Option<Frame> = None;
        let mut before = self.grid.start(from);
        self.run = from..from;
        while let Some(frame) = self.next.take() {
            self.work.check()?;
            let (pts, place) = (frame.pts, self.grid.place(frame.pts));
            let advance = u64::try_from(pts - before).unwrap_or(0);
            before = before.max(pts);
            self.store.allow(advance.saturating_mul(self.bytes_per_second) / u64::from(VIDEO_TIMESCALE) + 1);
            if place >= self.run.end {
                // A place without a picture shows the one before it: every place of every rung has a segment.
                for empty in self.run.end..place {
                    if let Some(shown) = last.as_ref().map(|f| scale::share(&f.picture)) {
                        self.ladder.push(self.store, Frame { picture: shown, pts: self.grid.start(empty) })?;
                    }
                }
                self.run.end = place;
                if place > from && (self.leads || self.choose() != Some(place)) {
                    self.ladder.stop(self.store, pts)?;
                    self.run = 0..0;
                    self.next = Some(frame);
                    return Ok(());
                }
                self.run.end = place + 1;
                self.work.pictures(self.ladder.done() as u64 * SEGMENT_US);
            }
            let shown = scale::share(&frame.picture);
            if place >= from {
                self.ladder.push(self.store, frame)?;
            }
            last = Some(Frame { picture: shown, pts });
            self.next = self.frames.next()?;
        }
        let end = last.as_ref().map_or(0, |f| f.pts + self.frames.nominal());
        self.ladder.stop(self.store, end)?;
        self.run = 0..0;
        self.ended(from, last.map_or(0, |f| self.grid.place(f.pts) + 1));
        Ok(())
    }

    /// The source has come to its end after so many places; what is still missing where this run began cannot be had by a
    /// jump, or not at all.
    fn ended(&mut self, from: usize, places: usize) {
        let is_missing = self.ladder.missing_from(from) == from;
        if is_missing && self.jumps && from > 0 && from != places {
            self.jumps = false;
        } else {
            self.places = Some(if is_missing { from.min(places) } else { places });
        }
    }
}

/// The rungs, largest first; each is scaled from the one above.
struct Ladder {
    tracks: Vec<VideoTrack>,
    scalers: Vec<Scaler>,
    rotation: Rotation,
    source: PictureSize,
}

impl Ladder {
    fn new(tracks: Vec<VideoTrack>, source: PictureSize, rotation: Rotation) -> Self {
        let scalers = tracks.iter().enumerate().map(|(i, t)| Scaler::new(if i == 0 { unturned(t.size, rotation) } else { t.size }, i == 0)).collect();
        Self { tracks, scalers, rotation, source }
    }

    fn missing_from(&self, place: usize) -> usize {
        self.tracks.iter().map(|t| t.journal().missing_from(place)).min().unwrap_or(place)
    }

    /// Places that are there in every rung, at least.
    fn done(&self) -> usize {
        self.tracks.iter().map(|t| t.journal().len()).min().unwrap_or(0)
    }

    fn stop(&mut self, store: &Store, end: i64) -> Result<(), Failure> {
        self.tracks.iter_mut().try_for_each(|t| t.stop(store, end))
    }

    fn push(&mut self, store: &Store, frame: Frame) -> Result<(), Failure> {
        let Frame { picture, pts } = frame;
        let Some(lowest) = self.tracks.iter().rposition(|t| t.needs(pts)) else { return self.stop(store, pts) };
        let mut above: Option<ffmpeg::frame::Video> = None;
        let mut source = Some(picture);
        for (i, (track, scaler)) in self.tracks.iter_mut().zip(&mut self.scalers).enumerate() {
            if i > lowest {
                track.stop(store, pts)?;
                continue;
            }
            let mut scaled = match (above.take(), source.take()) {
                (Some(above), _) if (above.width(), above.height()) == (track.size.width, track.size.height) => above,
                (Some(above), _) => scaler.run(&above)?,
                (None, Some(picture)) => top(picture, scaler, self.source, track.size, self.rotation)?,
                (None, None) => return Err(Failure::internal("scale a picture", "it is gone")),
            };
            if track.needs(pts) {
                track.push(store, &mut scaled, pts)?;
            } else {
                track.stop(store, pts)?;
            }
            above = Some(scaled);
        }
        Ok(())
    }
}

/// The source's picture, upright, at the size of the largest rung.
pub(crate) fn top(
    picture: ffmpeg::frame::Video,
    scaler: &mut Scaler,
    source: PictureSize,
    size: PictureSize,
    rotation: Rotation,
) -> Result<ffmpeg::frame::Video, Failure> {
    let same = source == size && scale::is_target(&picture, unturned(size, rotation));
    let mut picture = if same { picture } else { scaler.run(&picture)? };
    scale::declare(&mut picture);
    Ok(scale::rotate(picture, rotation))
}

/// A size before its pictures are set upright.
pub(crate) fn unturned(size: PictureSize, rotation: Rotation) -> PictureSize {
    if rotation.swaps() { PictureSize { width: size.height, height: size.width } } else { size }
}
