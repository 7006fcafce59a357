//! One rung on its way to a track: pictures in, segments out.

use super::failure::Failure;
use super::journal::Journal;
use super::store::Store;
use super::video_encoder::{Coded, VideoEncoder};
use ffmpeg::Rational;
use ffmpeg_the_third as ffmpeg;
use lectern_proto::fmp4::{self, Init, Sample, VIDEO_TIMESCALE};
use lectern_proto::manifest::{SEGMENT_US, Segment, Track, TrackKind};
use lectern_proto::rung::{PictureSize, RungSpec};

/// Nominal length of a segment in ticks.
pub(crate) const SEGMENT_TICKS: i64 = (SEGMENT_US * VIDEO_TIMESCALE as u64 / 1_000_000) as i64;

/// A rung that is being encoded.
pub(crate) struct VideoTrack {
    pub(crate) key: String,
    pub(crate) size: PictureSize,
    encoder: VideoEncoder,
    init: Init,
    journal: Journal,
    /// Pictures before this time are already in finished segments.
    resume_at: i64,
    /// Which two seconds the last picture fell into; nothing before the first.
    slot: Option<i64>,
    /// Coded pictures of the segment that is open.
    open: Vec<Coded>,
}

/// The name of a rung's track: by its box and rate, not by its name.
pub(crate) fn key(rung: &RungSpec) -> String {
    format!("video-{}x{}-{}", rung.box_width, rung.box_height, rung.bitrate_bps)
}

impl VideoTrack {
    pub(crate) fn new(store: &mut Store, rung: &RungSpec, source: PictureSize, frame_rate: Rational) -> Result<Self, Failure> {
        let (key, size) = (key(rung), rung.fit(source));
        let encoder = VideoEncoder::new(size, rung.bitrate_bps, frame_rate)?;
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
        let journal = Journal::open(store, &key, head)?;
        let resume_at = i64::try_from(journal.end()).unwrap_or(0);
        Ok(Self { key, size, encoder, init, journal, resume_at, slot: None, open: Vec::new() })
    }

    /// The first picture that is still needed, in ticks.
    pub(crate) fn resume_at(&self) -> i64 {
        self.resume_at
    }

    /// Takes the next picture, of this track's size.
    pub(crate) fn push(&mut self, store: &mut Store, picture: &mut ffmpeg::frame::Video, pts: i64) -> Result<(), Failure> {
        if pts < self.resume_at {
            return Ok(());
        }
        let slot = pts / SEGMENT_TICKS;
        let starts = self.slot.is_none_or(|s| s < slot);
        // The first picture after a resumption continues where the last segment ended.
        let pts = if self.slot.is_none() { self.resume_at } else { pts };
        self.slot = Some(slot);
        self.encoder.send(picture, pts, starts)?;
        self.collect(store)
    }

    /// No more pictures; the last one lasts `last_duration` ticks. Publishes the track, unless it is empty.
    pub(crate) fn finish(mut self, store: &mut Store, last_duration: i64) -> Result<Option<String>, Failure> {
        if self.slot.is_some() {
            self.encoder.finish()?;
            self.collect(store)?;
            if let Some(last) = self.open.iter().map(|c| c.pts).max() {
                self.close(store, last + last_duration)?;
            }
        }
        if self.journal.segments().is_empty() {
            return Ok(None);
        }
        self.journal.publish(store, &self.key)?;
        Ok(Some(self.key))
    }

    fn collect(&mut self, store: &mut Store) -> Result<(), Failure> {
        while let Some(coded) = self.encoder.receive()? {
            if coded.keyframe && !self.open.is_empty() {
                self.close(store, coded.pts)?;
            }
            self.open.push(coded);
        }
        Ok(())
    }

    /// Writes the open segment; groups are closed, so every picture in it is shown before `end`.
    fn close(&mut self, store: &mut Store, end: i64) -> Result<(), Failure> {
        let coded = std::mem::take(&mut self.open);
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
        let sequence = u32::try_from(self.journal.segments().len() + 1).unwrap_or(u32::MAX);
        let bytes = fmp4::write_segment(&self.init, sequence, &samples).map_err(|e| Failure::internal("write a segment", e))?;
        let chunk = store.put(&bytes)?;
        self.journal.add(Segment {
            chunk,
            bytes: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
            start: u64::try_from(start).unwrap_or(0),
            duration: u64::try_from(end - start).unwrap_or(0),
            samples: count,
        })
    }
}
