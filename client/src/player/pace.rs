//! A viewer without a decoder: fetches and opens every chunk in time and counts stalls, for load on a server.
//!
//! The same plan, the same reach ahead and its own media connection as a decoding player; what it cannot know without
//! decoding is null in its report.

use std::time::{Duration, Instant};

use lectern_proto::control::ChunkRef;
use lectern_proto::manifest::{Manifest, Segment, Track, TrackKind};
use lectern_proto::quality::{Plan, Quality};
use lectern_proto::rung::RungSpec;
use lectern_proto::timeline::{RATE_NORMAL, Timeline};

use super::lane::AHEAD_US;
use super::load::{self, LoadError};
use super::report::{self, FrameCounts, Report, RungShown, Units};
use crate::fetch::Fetcher;

/// One viewer that does not decode.
#[derive(Debug)]
pub struct Pacer {
    fetcher: Fetcher,
    manifest: Manifest,
    plan: Option<Plan>,
    opened_at: Instant,
    start_us: u64,
}

/// What the fetching half has done so far.
#[derive(Debug, Default)]
struct Progress {
    timeline: Option<Timeline>,
    /// Media time up to which everything has come.
    held_until_us: u64,
    stalls: u64,
    stall_time: Duration,
    first_bytes: Option<Duration>,
    rungs: Vec<RungShown>,
    size: Option<(u32, u32)>,
}

impl Pacer {
    /// Fetches the manifest of a video.
    ///
    /// # Errors
    /// A sentence for people when the video or the rung is not there.
    pub async fn open(fetcher: Fetcher, manifest: ChunkRef, ladder: &[RungSpec], quality: &Quality, start_us: u64) -> Result<Self, String> {
        let opened_at = Instant::now();
        let open = async {
            let manifest = load::manifest(&fetcher, manifest).await?;
            let plan = if manifest.video_tracks().next().is_some() { Some(Plan::new(&manifest, ladder, quality)?) } else { None };
            Ok::<_, LoadError>((manifest, plan))
        };
        let (manifest, plan) = open.await.map_err(|e| e.to_string())?;
        let start_us = start_us.min(manifest.duration_us.saturating_sub(1));
        Ok(Self { fetcher, manifest, plan, opened_at, start_us })
    }

    /// Follows the video for this long, or to its end.
    pub async fn run(self, length: Option<Duration>) -> Report {
        let mut progress = Progress::default();
        let until = length.map(|l| self.opened_at + l);
        let follow = self.follow(&mut progress);
        let failed = match until {
            Some(until) => tokio::time::timeout_at(until.into(), follow).await.unwrap_or(Ok(())),
            None => follow.await,
        };
        self.count_unended_stall(&mut progress);
        Report {
            frames: FrameCounts::default(),
            width: progress.size.map(|s| s.0),
            height: progress.size.map(|s| s.1),
            rungs: progress.rungs,
            first_frame_ms: None,
            stalls: progress.stalls,
            stall_ms: u64::try_from(progress.stall_time.as_millis()).unwrap_or(u64::MAX),
            bytes: self.fetcher.received(),
            units: Units::default(),
            latency_ms: None,
            av_skew_ms: None,
            room_skew_ms: None,
            transport: "tcp",
            reason: match failed {
                Err(why) => Some(why.to_string()),
                Ok(()) if progress.stalls > 0 => Some(format!("the line or the server did not deliver in time: {} stalls", progress.stalls)),
                Ok(()) => None,
            },
        }
    }

    /// What was due and has not come by the end is a stall too, though it never ended.
    fn count_unended_stall(&self, progress: &mut Progress) {
        let missing_us = match progress.timeline {
            Some(timeline) => timeline.position(self.now_us()).min(self.manifest.duration_us).saturating_sub(progress.held_until_us),
            None => self.now_us(),
        };
        if missing_us > 0 {
            progress.stalls += 1;
            progress.stall_time += Duration::from_micros(missing_us);
        }
    }

    fn now_us(&self) -> u64 {
        u64::try_from(self.opened_at.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    async fn follow(&self, progress: &mut Progress) -> Result<(), LoadError> {
        let any_video = self.manifest.video_tracks().next().map(|(_, t)| t);
        let audio = self.manifest.audio_tracks().next().map(|(_, t)| t);
        let Some(guide) = any_video.or(audio) else { return Ok(()) };
        let mut from = guide.segments.get(guide.segment_at(self.start_us)).map_or(0, |s| guide.start_us(s));
        while let Some((track, segment)) = self.choose(guide, from) {
            let to = track.segment_end_us(segment);
            if let Some(timeline) = &progress.timeline
                && let Some(due) = timeline.due(from.saturating_sub(AHEAD_US))
            {
                tokio::time::sleep(Duration::from_micros(due.saturating_sub(self.now_us()))).await;
            }
            // The sound that belongs to this stretch of picture; without a picture the sound is the guide itself.
            if let Some(audio) = any_video.and(audio) {
                for segment in audio.segments.iter().filter(|s| (from..to).contains(&audio.start_us(s))) {
                    self.drain(segment).await?;
                }
            }
            self.drain(segment).await?;
            self.arrived(progress, track, from);
            progress.held_until_us = to.min(self.manifest.duration_us);
            from = to;
        }
        // The last segment is watched to its end.
        if let Some(due) = progress.timeline.and_then(|t| t.due(self.manifest.duration_us)) {
            tokio::time::sleep(Duration::from_micros(due.saturating_sub(self.now_us()))).await;
        }
        Ok(())
    }

    /// The segment that follows from a time: of the track that the plan wants, or of the nearest that has one there.
    fn choose(&self, guide: &Track, from_us: u64) -> Option<(&Track, &Segment)> {
        let wanted = self.plan.as_ref().map(|p| p.track_at(from_us));
        let starting = self.manifest.video_tracks().filter_map(|(i, t)| Some((i, t, t.segment_from(from_us)?)));
        let nearest = starting.min_by_key(|(i, _, _)| (wanted.map(|w| i.abs_diff(w)), *i));
        match nearest {
            Some((_, track, segment)) => Some((track, segment)),
            None if wanted.is_none() => self.manifest.tracks.iter().find(|t| *t == guide).and_then(|t| Some((t, t.segment_from(from_us)?))),
            None => None,
        }
    }

    async fn drain(&self, segment: &Segment) -> Result<(), LoadError> {
        let chunk = segment.chunk.ok_or(LoadError::NotPrepared)?;
        let mut fetch = self.fetcher.fetch(chunk).await?;
        while fetch.record().await?.is_some() {}
        Ok(())
    }

    /// A segment is whole: the clock starts with the first, and has stalled if it was due before now.
    fn arrived(&self, progress: &mut Progress, track: &Track, from: u64) {
        let now = self.now_us();
        let timeline = progress.timeline.get_or_insert_with(|| {
            let mut timeline = Timeline::paused_at(self.start_us);
            timeline.set_rate(now, RATE_NORMAL);
            timeline
        });
        if let Some(late) = timeline.due(from).and_then(|due| now.checked_sub(due)).filter(|late| *late > 0 && from > self.start_us) {
            progress.stalls += 1;
            progress.stall_time += Duration::from_micros(late);
            timeline.seek(now, from);
        }
        progress.first_bytes.get_or_insert(Duration::from_micros(now));
        if let TrackKind::Video { rung, size, .. } = &track.kind {
            progress.size = Some((size.width, size.height));
            if progress.rungs.last().is_none_or(|r| r.name != *rung) {
                progress.rungs.push(RungShown { at_s: report::seconds(Duration::from_micros(timeline.due(from).unwrap_or(now))), name: rung.clone() });
            }
        }
    }
}
