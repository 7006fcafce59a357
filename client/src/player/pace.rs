//! A viewer without a decoder: fetches and opens every chunk in time and counts stalls, for load on a server.
//!
//! The same plan, the same reach ahead and its own media connection as a decoding player; what it cannot know without
//! decoding is null in its report.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use lectern_proto::control::ChunkRef;
use lectern_proto::manifest::{ChunkHash, Manifest, Track, TrackKind};
use lectern_proto::quality::{Plan, Quality};
use lectern_proto::rung::RungSpec;
use lectern_proto::timeline::{RATE_NORMAL, Timeline};

use super::adapt::{Adapt, JUDGE_EVERY, Under};
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
    is_auto: bool,
    opened_at: Instant,
    start_us: u64,
}

/// What the fetching half has done so far.
#[derive(Debug, Default)]
struct Progress {
    timeline: Option<Timeline>,
    /// With `auto`.
    adapt: Option<Adapt>,
    /// Tracks of the places that have come and are not shown yet.
    ahead: BTreeMap<usize, usize>,
    /// Media time up to which everything has come.
    held_until_us: u64,
    stalls: u64,
    stall_time: Duration,
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
        Ok(Self { fetcher, manifest, plan, is_auto: *quality == Quality::Auto, opened_at, start_us })
    }

    /// Follows the video for this long, or to its end.
    pub async fn run(self, length: Option<Duration>) -> Report {
        let audio = self.manifest.audio_tracks().next().map(|(i, _)| i);
        let adapt = if self.is_auto { Adapt::new(&self.manifest, audio) } else { None };
        let mut progress = Progress { adapt, ..Progress::default() };
        let until = length.map(|l| self.opened_at + l);
        let follow = self.follow(&mut progress);
        let failed = match until {
            Some(until) => tokio::time::timeout_at(until.into(), follow).await.unwrap_or(Ok(())),
            None => follow.await,
        };
        self.show(&mut progress);
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
                Ok(()) => progress.adapt.and_then(|a| a.reason(&self.manifest)),
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
        let any_video = self.manifest.video_tracks().next();
        let audio = self.manifest.audio_tracks().next();
        let Some((guide_track, guide)) = any_video.or(audio) else { return Ok(()) };
        // The sound that belongs to a stretch of picture; without a picture the sound is the guide itself.
        let sound = any_video.and(audio).map(|(_, t)| t);
        let mut gap = guide.segment_at(self.start_us);
        while gap < guide.segments.len() {
            self.show(progress);
            let (from, to) = self.span(guide, gap);
            let due = progress.timeline.and_then(|t| t.due(from.saturating_sub(AHEAD_US))).unwrap_or(0);
            let is_due = due <= self.now_us();
            if let Some((place, track)) = self.adapted(progress, guide, gap, is_due) {
                if self.drain(progress, self.chunk(track, place), Some((place, track))).await? && self.is_ahead(progress, guide, place) {
                    progress.ahead.insert(place, track);
                }
                continue;
            }
            if !is_due {
                tokio::time::sleep(Duration::from_micros(due.saturating_sub(self.now_us()))).await;
                continue;
            }
            let track = match (&progress.adapt, &self.plan) {
                (Some(adapt), _) => adapt.track(),
                (None, Some(plan)) => plan.track_at(from),
                (None, None) => guide_track,
            };
            for chunk in sound.map_or_else(Vec::new, |t| chunks_within(t, from..to)) {
                self.drain(progress, Some(chunk), None).await?;
            }
            if self.drain(progress, self.chunk(track, gap).or(self.chunk(guide_track, gap)), Some((gap, track))).await? {
                self.arrived(progress, from);
                progress.ahead.insert(gap, track);
                progress.held_until_us = to.min(self.manifest.duration_us);
                gap += 1;
            }
        }
        // The last segment is watched to its end.
        if let Some(due) = progress.timeline.and_then(|t| t.due(self.manifest.duration_us)) {
            tokio::time::sleep(Duration::from_micros(due.saturating_sub(self.now_us()))).await;
        }
        Ok(())
    }

    /// Lets `auto` decide, and gives what of the places that have come should be fetched again.
    fn adapted(&self, progress: &mut Progress, guide: &Track, gap: usize, is_due: bool) -> Option<(usize, usize)> {
        let position = self.position_us(progress);
        let Progress { adapt, ahead, held_until_us, .. } = progress;
        let adapt = adapt.as_mut()?;
        let now = self.opened_at.elapsed();
        let buffer = Duration::from_micros(held_until_us.saturating_sub(position));
        adapt.share_bps = self.fetcher.share_bps();
        if is_due || ahead.values().any(|t| adapt.rung(*t) < Some(adapt.auto.current().rung)) {
            adapt.choose(&self.manifest, gap, buffer, now);
        }
        let due_in = |place: usize| Duration::from_micros(self.span(guide, place).0.saturating_sub(position));
        let again = ahead.iter().find(|(place, track)| adapt.replaces(&self.manifest, **track, **place, due_in(**place), buffer, now));
        again.map(|(place, _)| (*place, adapt.track()))
    }

    fn chunk(&self, track: usize, place: usize) -> Option<ChunkHash> {
        self.manifest.tracks.get(track)?.segments.get(place).map(|s| s.chunk)
    }

    fn position_us(&self, progress: &Progress) -> u64 {
        progress.timeline.map_or(self.start_us, |t| t.position(self.now_us()))
    }

    fn is_ahead(&self, progress: &Progress, guide: &Track, place: usize) -> bool {
        self.span(guide, place).0 > self.position_us(progress)
    }

    fn span(&self, track: &Track, place: usize) -> (u64, u64) {
        let at = |p: usize| track.segments.get(p).map_or(u64::MAX, |s| track.ticks_to_us(s.start));
        (at(place), at(place + 1))
    }

    /// Fetches a chunk; says whether all of it came, or `auto` gave it up.
    async fn drain(&self, progress: &mut Progress, chunk: Option<ChunkHash>, place: Option<(usize, usize)>) -> Result<bool, LoadError> {
        let Some(chunk) = chunk else { return Ok(true) };
        let mut fetch = self.fetcher.fetch(chunk).await?;
        let since = self.opened_at.elapsed();
        let mut received = 0;
        let line = |progress: &mut Progress, bytes: Option<u64>| {
            let now = self.opened_at.elapsed();
            if let Some(adapt) = &mut progress.adapt {
                match bytes {
                    Some(bytes) => adapt.auto.throughput.received(now, bytes),
                    None => adapt.auto.throughput.end(now),
                }
            }
        };
        if let Some(adapt) = &mut progress.adapt {
            adapt.auto.throughput.begin(since);
        }
        loop {
            match tokio::time::timeout(JUDGE_EVERY, fetch.record()).await {
                Ok(Ok(Some(record))) => {
                    received += record.len() as u64;
                    line(progress, Some(record.len() as u64));
                }
                Ok(done) => {
                    line(progress, None);
                    return Ok(done.map(|_| true)?);
                }
                Err(_) => {}
            }
            if place.is_some_and(|(place, track)| self.is_given_up(progress, &Under { place, track, received, since })) {
                line(progress, None);
                return Ok(false);
            }
        }
    }

    fn is_given_up(&self, progress: &mut Progress, under: &Under) -> bool {
        let position = self.position_us(progress);
        let start_us = self.manifest.tracks.get(under.track).map_or(0, |t| self.span(t, under.place).0);
        let due_in = Duration::from_micros(start_us.saturating_sub(position));
        progress.adapt.as_mut().is_some_and(|adapt| adapt.gives_up(&self.manifest, under, due_in, self.opened_at.elapsed()))
    }

    /// A segment is whole: the clock starts with the first, and has stalled if it was due before now.
    fn arrived(&self, progress: &mut Progress, from: u64) {
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
    }

    /// Notes what is on the screen by now.
    fn show(&self, progress: &mut Progress) {
        let Some(timeline) = progress.timeline else { return };
        while let Some((&place, &track)) = progress.ahead.first_key_value() {
            let Some(Track { kind: TrackKind::Video { rung, size, .. }, .. }) = self.manifest.tracks.get(track) else { return };
            let from = self.manifest.tracks.get(track).map_or(0, |t| self.span(t, place).0).max(self.start_us);
            // What is due before the clock was set anew has been shown.
            let due = timeline.due(from).unwrap_or(timeline.at_us);
            if due > self.now_us() {
                return;
            }
            progress.ahead.pop_first();
            progress.size = Some((size.width, size.height));
            if progress.rungs.last().is_none_or(|r| r.name != *rung) {
                progress.rungs.push(RungShown { at_s: report::seconds(Duration::from_micros(due)), name: rung.clone() });
            }
        }
    }
}

fn chunks_within(track: &Track, span_us: std::ops::Range<u64>) -> Vec<ChunkHash> {
    track.segments.iter().filter(|s| span_us.contains(&track.ticks_to_us(s.start))).map(|s| s.chunk).collect()
}
