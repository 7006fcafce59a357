//! A viewer without a decoder: fetches and opens every chunk in time and counts stalls, for load on a server.
//!
//! The same plan, the same reach ahead and its own media connection as a decoding player; what it cannot know without
//! decoding is null in its report.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use lectern_proto::control::ChunkRef;
use lectern_proto::manifest::{Manifest, Segment, Track, TrackKind};
use lectern_proto::quality::{Plan, Quality};
use lectern_proto::rung::RungSpec;
use lectern_proto::timeline::{RATE_NORMAL, Timeline};

use super::adapt::{Adapt, JUDGE_EVERY, Under};
use super::lane::AHEAD_US;
use super::load;
use super::report::{self, FrameCounts, Report, RungShown, Units};
use super::trouble::PlayTrouble;
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
    /// Tracks of the segments that have come and are not shown yet, by their start in microseconds.
    ahead: BTreeMap<u64, usize>,
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
    /// [`PlayTrouble`] when the video or the rung is not there.
    pub async fn open(fetcher: Fetcher, manifest: ChunkRef, ladder: &[RungSpec], quality: &Quality, start_us: u64) -> Result<Self, PlayTrouble> {
        let opened_at = Instant::now();
        let open = async {
            let manifest = load::manifest(&fetcher, manifest).await?;
            let plan = if manifest.video_tracks().next().is_some() { Some(Plan::new(&manifest, ladder, quality)?) } else { None };
            Ok::<_, PlayTrouble>((manifest, plan))
        };
        let (manifest, plan) = open.await?;
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

    async fn follow(&self, progress: &mut Progress) -> Result<(), PlayTrouble> {
        let any_video = self.manifest.video_tracks().next();
        let audio = self.manifest.audio_tracks().next();
        let Some((guide_track, guide)) = any_video.or(audio) else { return Ok(()) };
        // The sound that belongs to a stretch of picture; without a picture the sound is the guide itself.
        let sound = any_video.and(audio).map(|(_, t)| t);
        let mut from = guide.segments.get(guide.segment_at(self.start_us)).map_or(0, |s| guide.start_us(s));
        loop {
            self.show(progress);
            let is_more = self.choose(progress, guide_track, from).is_some();
            if !is_more && (progress.adapt.is_none() || progress.ahead.is_empty()) {
                break;
            }
            // When all has come, what is held low may still be fetched better until it is shown.
            let next = if is_more { Some(from.saturating_sub(AHEAD_US)) } else { progress.ahead.first_key_value().map(|(at, _)| *at) };
            let due = progress.timeline.zip(next).and_then(|(t, at)| t.due(at)).unwrap_or(0);
            let is_due = is_more && due <= self.now_us();
            if let Some((start_us, track, segment)) = self.adapted(progress, from, is_due) {
                if self.drain(progress, segment, Some((start_us, track))).await? && start_us > self.position_us(progress) {
                    progress.ahead.insert(start_us, track);
                }
                continue;
            }
            if !is_due {
                tokio::time::sleep(Duration::from_micros(due.saturating_sub(self.now_us()).max(1_000))).await;
                continue;
            }
            let Some((number, track, segment)) = self.choose(progress, guide_track, from) else { break };
            let to = track.segment_end_us(segment);
            for segment in sound.map_or_else(Vec::new, |t| segments_within(t, from..to)) {
                self.drain(progress, segment, None).await?;
            }
            if self.drain(progress, segment, Some((from, number))).await? {
                self.arrived(progress, from);
                progress.ahead.insert(from, number);
                progress.held_until_us = to.min(self.manifest.duration_us);
                from = to;
            }
        }
        // The last segment is watched to its end.
        if let Some(due) = progress.timeline.and_then(|t| t.due(self.manifest.duration_us)) {
            tokio::time::sleep(Duration::from_micros(due.saturating_sub(self.now_us()))).await;
        }
        Ok(())
    }

    /// The segment that follows from a time: of the track that `auto` or the plan wants, or of the nearest that has one there.
    fn choose(&self, progress: &Progress, guide: usize, from_us: u64) -> Option<(usize, &Track, &Segment)> {
        let wanted = match (&progress.adapt, &self.plan) {
            (Some(adapt), _) => adapt.track(),
            (None, Some(plan)) => plan.track_at(from_us),
            (None, None) => return self.manifest.tracks.get(guide).and_then(|t| Some((guide, t, t.segment_from(from_us)?))),
        };
        let starting = self.manifest.video_tracks().filter_map(|(i, t)| Some((i, t, t.segment_from(from_us)?)));
        starting.min_by_key(|(i, _, _)| (i.abs_diff(wanted), *i))
    }

    /// Lets `auto` decide, and gives what of the segments that have come should be fetched again.
    fn adapted(&self, progress: &mut Progress, from_us: u64, is_due: bool) -> Option<(u64, usize, &Segment)> {
        let position = self.position_us(progress);
        let Progress { adapt, ahead, held_until_us, .. } = progress;
        let adapt = adapt.as_mut()?;
        let now = self.opened_at.elapsed();
        let buffer = Duration::from_micros(held_until_us.saturating_sub(position));
        adapt.share_bps = self.fetcher.share_bps();
        if is_due || ahead.values().any(|t| !adapt.is_highest(*t)) {
            adapt.choose(&self.manifest, from_us, buffer, now);
        }
        let due_in = |start_us: u64| Duration::from_micros(start_us.saturating_sub(position));
        let (start_us, _) = ahead.iter().find(|(at, track)| **at > position && adapt.replaces(&self.manifest, **track, **at, due_in(**at), buffer, now))?;
        let segment = self.manifest.tracks.get(adapt.track())?.segment_from(*start_us)?;
        Some((*start_us, adapt.track(), segment))
    }

    fn position_us(&self, progress: &Progress) -> u64 {
        progress.timeline.map_or(self.start_us, |t| t.position(self.now_us()))
    }

    /// Fetches a segment; says whether all of it came, or `auto` gave it up.
    async fn drain(&self, progress: &mut Progress, segment: &Segment, place: Option<(u64, usize)>) -> Result<bool, PlayTrouble> {
        let chunk = segment.chunk.ok_or(PlayTrouble::NotPrepared)?;
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
            if place.is_some_and(|(start_us, track)| self.is_given_up(progress, &Under { start_us, track, received, since })) {
                line(progress, None);
                return Ok(false);
            }
        }
    }

    fn is_given_up(&self, progress: &mut Progress, under: &Under) -> bool {
        let due_in = Duration::from_micros(under.start_us.saturating_sub(self.position_us(progress)));
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
        while let Some((&start_us, &track)) = progress.ahead.first_key_value() {
            let Some(Track { kind: TrackKind::Video { rung, size, .. }, .. }) = self.manifest.tracks.get(track) else { return };
            let from = start_us.max(self.start_us);
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

fn segments_within(track: &Track, span_us: std::ops::Range<u64>) -> Vec<&Segment> {
    track.segments.iter().filter(|s| span_us.contains(&track.start_us(s))).collect()
}
