//! One rung on its way to a track: pictures in, segments out, place by place and in any order of places.

use super::events::Reporter;
use super::failure::Failure;
use super::journal::Journal;
use super::store::Store;
use super::video_encoder::{Coded, Purpose, VideoEncoder};
use ffmpeg::Rational;
use ffmpeg_the_third as ffmpeg;
use lectern_proto::fmp4::{self, Init, Sample};
use lectern_proto::grid::{Grid, PLACE_TICKS};
use lectern_proto::manifest::{Segment, Track, TrackKind};
use lectern_proto::rung::{PictureSize, RungSpec};
use std::sync::Arc;

/// A rung that is being encoded.
pub(crate) struct VideoTrack {
    pub(crate) size: PictureSize,
    bitrate_bps: u32,
    frame_rate: Rational,
    grid: Arc<Grid>,
    init: Init,
    journal: Journal,
    /// The place of the last picture.
    at: Option<usize>,
    /// The encoder, while there is something to do where the pictures are.
    run: Option<Run>,
}

/// An encoder on its way through some places.
struct Run {
    encoder: VideoEncoder,
    /// Coded pictures of the segment that is open.
    open: Vec<Coded>,
}

/// The name of a rung's track: by its box and rate, not by its name.
pub(crate) fn key(rung: &RungSpec) -> String {
    format!("video-{}x{}-{}", rung.box_width, rung.box_height, rung.bitrate_bps)
}

impl VideoTrack {
    pub(crate) fn new(
        store: &Store,
        rung: &RungSpec,
        source: PictureSize,
        frame_rate: Rational,
        grid: &Arc<Grid>,
        reporter: &Reporter,
    ) -> Result<Self, Failure> {
        let size = rung.fit(source);
        let encoder = VideoEncoder::new(size, rung.bitrate_bps, frame_rate, Purpose::Stored)?;
        let init = Init::video(encoder.config().clone(), encoder.delay());
        let bytes = fmp4::write_init(&init).map_err(|e| Failure::internal("write a segment", e))?;
        let head = Track {
            kind: TrackKind::Video { rung: rung.name.clone(), size, bitrate_bps: rung.bitrate_bps },
            codec: init.codec(),
            timescale: init.timescale,
            init: store.put(&bytes)?,
            init_bytes: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
            segments: Vec::new(),
        };
        let journal = Journal::open(store, &key(rung), head, reporter)?;
        Ok(Self { size, bitrate_bps: rung.bitrate_bps, frame_rate, grid: Arc::clone(grid), init, journal, at: None, run: None })
    }

    pub(crate) fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Whether a picture at this time is needed.
    pub(crate) fn needs(&self, pts: i64) -> bool {
        !self.journal.has(self.grid.place(pts))
    }

    /// Takes the next picture, of this track's size. The first of a place must really be its first.
    pub(crate) fn push(&mut self, store: &Store, picture: &mut ffmpeg::frame::Video, pts: i64) -> Result<(), Failure> {
        let place = self.grid.place(pts);
        let starts = self.at != Some(place);
        self.at = Some(place);
        let mut run = match self.run.take() {
            Some(run) => run,
            None => Run { encoder: VideoEncoder::new(self.size, self.bitrate_bps, self.frame_rate, Purpose::Stored)?, open: Vec::new() },
        };
        run.encoder.send(picture, pts, starts)?;
        self.collect(store, &mut run)?;
        self.run = Some(run);
        Ok(())
    }

    /// The next picture, which comes at `end`, is not for this track: what is open is finished.
    pub(crate) fn stop(&mut self, store: &Store, end: i64) -> Result<(), Failure> {
        self.at = None;
        let Some(mut run) = self.run.take() else { return Ok(()) };
        run.encoder.finish()?;
        self.collect(store, &mut run)?;
        if run.open.is_empty() { Ok(()) } else { self.close(store, &mut run.open, end) }
    }

    /// No more pictures; publishes the track, unless it is empty.
    pub(crate) fn publish(self, store: &Store) -> Result<bool, Failure> {
        self.journal.publish(store)
    }

    fn collect(&mut self, store: &Store, run: &mut Run) -> Result<(), Failure> {
        while let Some(coded) = run.encoder.receive()? {
            if coded.keyframe && !run.open.is_empty() {
                self.close(store, &mut run.open, coded.pts)?;
            }
            run.open.push(coded);
        }
        Ok(())
    }

    /// Writes the open segment; groups are closed, so every picture in it is shown before `end`.
    fn close(&mut self, store: &Store, open: &mut Vec<Coded>, end: i64) -> Result<(), Failure> {
        let (start, segment) = write_segment(store, &self.init, std::mem::take(open), end)?;
        self.journal.add(self.grid.place(start), segment)
    }
}

/// Writes coded pictures that follow one another as a segment, and gives when it starts.
pub(crate) fn write_segment(store: &Store, init: &Init, coded: Vec<Coded>, end: i64) -> Result<(i64, Segment), Failure> {
    let mut times: Vec<_> = coded.iter().map(|c| c.pts).collect();
    times.sort_unstable();
    let start = times.first().copied().unwrap_or(0);
    let count = u32::try_from(coded.len()).unwrap_or(u32::MAX);
    let samples: Vec<_> = coded
        .into_iter()
        .map(|c| {
            let next = times.get(times.partition_point(|t| *t <= c.pts)).copied().unwrap_or(end);
            Sample { data: c.data, dts: 0, pts: c.pts, duration: u32::try_from(next - c.pts).unwrap_or(0), keyframe: c.keyframe }
        })
        .collect();
    // Segments are made in any order; ISO/IEC 14496-12, 8.8.5 asks for numbers that grow, not for consecutive ones.
    let sequence = u32::try_from(start / PLACE_TICKS + 1).unwrap_or(u32::MAX);
    let bytes = fmp4::write_segment(init, sequence, &samples).map_err(|e| Failure::internal("write a segment", e))?;
    let chunk = store.put(&bytes)?;
    let segment = Segment {
        chunk: Some(chunk),
        bytes: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
        start: u64::try_from(start).unwrap_or(0),
        duration: u64::try_from(end - start).unwrap_or(0),
        samples: count,
    };
    Ok((start, segment))
}
