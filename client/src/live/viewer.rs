//! A viewer's choice among the rungs of a stream: subscribes, hands on what comes to the decoder, and changes the rung.
//!
//! Once a second what came is put before [`Choice`]. A change subscribes the other rung beside the one of now; with its first keyframe
//! the decoder goes over and the old one is let go, so that the picture does not pause. A line that is too slow is not loaded with
//! both: there the old one goes at once. What is needed to decode a rung that nobody
//! watched before comes with the state of the class.

mod share;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError};
use std::time::{Duration, Instant};

use lectern_proto::control::{LiveVideo, StreamInfo, ViewerReport};
use lectern_proto::limits::LIVE_REPORT_EVERY;
use lectern_proto::live::Unit;
use lectern_proto::live::choice::{Choice, Limit, Seen};
use lectern_proto::live::receive::{Content, ReceiveStats};
use lectern_proto::share::live_needs;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};

use super::connection::{Ask, Heard, LiveConnection};
use super::in_class::InClass;
use super::keep::Kept;
use super::state::{Counts, Shared};
use super::stopped::LiveEnd;
use super::video::Fed;

/// How often the rung is thought about.
const EVERY: Duration = Duration::from_secs(1);
/// Units of a rung that comes before it is known how to decode it: a second. Full: the oldest go.
const EARLY: usize = 60;

/// What a viewer watches and what it watches it with.
pub(super) struct Viewer {
    pub(super) shared: Arc<Shared>,
    pub(super) connection: LiveConnection,
    pub(super) stream: StreamInfo,
    pub(super) in_class: InClass,
    /// None: nothing is decoded.
    pub(super) decoder: Option<SyncSender<Fed>>,
    /// Where it is written too.
    pub(super) kept: Option<mpsc::Sender<Kept>>,
    /// Whether it may change by itself.
    pub(super) is_auto: bool,
    /// The track on the screen.
    pub(super) track: u16,
}

/// A rung that is subscribed and not yet shown.
struct Coming {
    track: u16,
    /// What came before it is known how to decode it.
    early: VecDeque<Unit>,
}

/// What was seen since the last look.
#[derive(Default)]
struct Second {
    came: u32,
    missing: u32,
    delays: Vec<Duration>,
    bytes: u64,
    counts: Counts,
}

/// Counts since the beginning, as they stood at the last report.
#[derive(Default, Clone, Copy)]
struct Reported {
    came: u64,
    lost: u64,
    skipped: u64,
    repaired: u64,
    restored: u64,
    at: Duration,
}

struct Watching {
    viewer: Viewer,
    choice: Choice,
    coming: Option<Coming>,
    second: Second,
    /// Pictures were left out because the decoder is too slow: on with a keyframe.
    is_broken: bool,
    /// Before its next unit the decoder is told the form of the rung on the screen.
    owes_form: bool,
    started: Instant,
    /// Units that came since the beginning.
    came: u64,
    reported: Reported,
    busy: Duration,
}

/// Runs until the stream, its viewer or the membership ends.
pub(super) async fn run(viewer: Viewer, mut heard: mpsc::Receiver<Heard>) {
    let shared = Arc::clone(&viewer.shared);
    let mut watching = Watching::new(viewer);
    if !watching.subscribe(watching.viewer.track).await {
        return shared.end(Err(LiveEnd::Gone));
    }
    let mut look = interval(EVERY);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    look.reset();
    let mut state = watching.viewer.in_class.state.clone();
    let end = loop {
        let goes_on = tokio::select! {
            heard = heard.recv() => match heard {
                Some(heard) => watching.take(heard).await,
                None => break Err(LiveEnd::Gone),
            },
            _ = look.tick() => watching.look().await,
            Ok(()) = state.changed() => {
                watching.learn().await;
                true
            }
        };
        if shared.lock().stop {
            return;
        }
        if !goes_on {
            break Ok(());
        }
    };
    shared.end(end);
}

impl Watching {
    fn new(viewer: Viewer) -> Self {
        let rungs = viewer.stream.videos().map(|(_, video)| live_needs(u64::from(video.bps), 0)).collect();
        // What was asked for stays.
        let choice = Choice::new(Duration::ZERO, if viewer.is_auto { rungs } else { vec![0] });
        let track = viewer.track;
        let mut watching = Self {
            viewer,
            choice,
            coming: None,
            second: Second::default(),
            is_broken: false,
            owes_form: true,
            started: Instant::now(),
            came: 0,
            reported: Reported::default(),
            busy: Duration::ZERO,
        };
        // A rung that nobody watched before is waited for as one that is changed to.
        if watching.form(track).is_none() {
            watching.coming = Some(Coming { track, early: VecDeque::new() });
        }
        watching
    }

    async fn subscribe(&self, track: u16) -> bool {
        self.viewer.connection.asks.send(Ask::Subscribe { stream: self.viewer.stream.id, track, content: Content::Video }).await.is_ok()
    }

    async fn unsubscribe(&self, track: u16) {
        // A connection that has ended needs nothing.
        let _ = self.viewer.connection.asks.send(Ask::Unsubscribe { track }).await;
    }

    /// How a track is decoded, once that is known.
    fn form(&self, track: u16) -> Option<&LiveVideo> {
        self.viewer.stream.videos().find(|(number, video)| *number == track && !video.avcc.is_empty()).map(|(_, video)| video)
    }

    fn place(&self, track: u16) -> Option<usize> {
        self.viewer.stream.videos().position(|(number, _)| number == track)
    }

    fn track_at(&self, rung: usize) -> Option<u16> {
        self.viewer.stream.videos().nth(rung).map(|(number, _)| number)
    }

    /// The class may know more of the stream now.
    async fn learn(&mut self) {
        let state = self.viewer.in_class.state.borrow_and_update().clone();
        let Some(now) = state.streams.iter().find(|s| s.id == self.viewer.stream.id) else { return };
        if *now != self.viewer.stream {
            self.viewer.stream = now.clone();
            self.viewer.shared.in_step.set_target(now.target_us);
            self.arrive().await;
        }
    }

    /// Goes over to the rung that is coming, if it is here and it is known how to decode it, and lets the old one go.
    async fn arrive(&mut self) {
        let is_here = |coming: &Coming| !coming.early.is_empty() && self.form(coming.track).is_some();
        if !self.coming.as_ref().is_some_and(is_here) {
            return;
        }
        let Some(Coming { track, early }) = self.coming.take() else { return };
        let old = std::mem::replace(&mut self.viewer.track, track);
        (self.is_broken, self.owes_form) = (false, true);
        for unit in early {
            self.unit(unit);
        }
        if old != track {
            self.unsubscribe(old).await;
        }
    }

    /// Takes what came; says whether it goes on.
    async fn take(&mut self, heard: Heard) -> bool {
        match heard {
            Heard::Unit { track, unit } if track == self.viewer.track && self.coming.as_ref().is_none_or(|c| c.track != track) => self.unit(unit),
            Heard::Unit { track, unit } => {
                let Some(coming) = self.coming.as_mut().filter(|c| c.track == track) else { return true };
                if unit.keyframe {
                    coming.early.clear();
                }
                if unit.keyframe || !coming.early.is_empty() {
                    coming.early.push_back(unit);
                }
                if coming.early.len() > EARLY {
                    coming.early.clear();
                }
                self.arrive().await;
            }
            Heard::Missing { track, units } if track == self.viewer.track => {
                self.viewer.shared.lock().counts.expected += u64::from(units);
                self.second.missing += units;
                self.feed(Fed::Broken);
            }
            Heard::Missing { .. } => {
                if let Some(coming) = &mut self.coming {
                    coming.early.clear();
                }
            }
            Heard::Over { track } => return self.lost(track).await,
            Heard::NotWithinShare { track, bps } => return self.not_within_share(track, bps).await,
            Heard::Lost(_) => {
                self.feed(Fed::Broken);
                if let Some(coming) = &mut self.coming {
                    coming.early.clear();
                }
            }
            Heard::Publishing { .. } | Heard::KeyframeWanted => {}
        }
        true
    }

    /// A track has ended: the stream with it, or a rung of it that cannot be made.
    async fn lost(&mut self, track: u16) -> bool {
        let Some(place) = self.place(track).filter(|place| place + 1 < self.viewer.stream.videos().count()) else { return false };
        let is_coming = self.coming.take_if(|c| c.track == track).is_some();
        if track != self.viewer.track && !is_coming {
            return true;
        }
        let other = match self.viewer.is_auto {
            true => self.choice.lost(self.started.elapsed(), place),
            false => Some(place + 1),
        };
        match other.and_then(|rung| self.track_at(rung)) {
            Some(other) if other == self.viewer.track => true,
            Some(other) => self.change(other).await,
            None => false,
        }
    }

    async fn change(&mut self, track: u16) -> bool {
        if let Some(before) = self.coming.take().filter(|c| c.track != self.viewer.track && c.track != track) {
            self.unsubscribe(before.track).await;
        }
        if track == self.viewer.track {
            return true;
        }
        self.coming = Some(Coming { track, early: VecDeque::new() });
        self.subscribe(track).await
    }

    /// A unit of the rung on the screen.
    fn unit(&mut self, unit: Unit) {
        let shared = &self.viewer.shared;
        let counted = !shared.is_past(unit.capture_us);
        let now_us = shared.clock.server_us(Instant::now());
        if counted {
            shared.lock().will_come(unit.capture_us);
            self.second.came += 1;
            self.came += 1;
            self.second.delays.extend(now_us.map(|now| Duration::from_micros(now.saturating_sub(unit.capture_us))));
        }
        if self.is_broken && !unit.keyframe {
            shared.lock().counts.dropped += u64::from(counted);
            return;
        }
        self.is_broken = false;
        let track = self.viewer.track;
        if self.owes_form
            && let Some(video) = self.form(track).cloned()
        {
            self.keep(Kept::Form(video.clone()));
            if !self.feed(Fed::Form { track, video }) {
                return;
            }
            self.owes_form = false;
        }
        self.keep(Kept::Picture(unit.clone()));
        self.feed(Fed::Unit { track, unit });
    }

    /// Hands something to what writes it. One that has no room goes on with the next keyframe.
    fn keep(&self, kept: Kept) {
        self.viewer.kept.iter().for_each(|writer| _ = writer.try_send(kept.clone()));
    }

    /// Hands something to the decoder; false when it has no room: this machine decodes too slowly, and goes on with the next keyframe.
    fn feed(&mut self, fed: Fed) -> bool {
        let Some(decoder) = &self.viewer.decoder else { return true };
        let is_full = matches!(decoder.try_send(fed), Err(TrySendError::Full(_)));
        if is_full {
            self.is_broken = true;
            self.viewer.shared.lock().counts.dropped += 1;
        }
        !is_full
    }

    /// Looks at the last second and changes the rung if that is better; says whether it goes on.
    async fn look(&mut self) -> bool {
        let seen = self.seen();
        if self.started.elapsed() >= self.reported.at + LIVE_REPORT_EVERY {
            self.report();
        }
        if !self.viewer.is_auto {
            return true;
        }
        if self.coming.is_some() && self.started.elapsed() < EVERY * 2 {
            return true;
        }
        let rung = self.choice.seen(self.started.elapsed(), &seen);
        self.viewer.shared.lock().limit = self.choice.limit();
        match rung.and_then(|rung| self.track_at(rung)) {
            Some(track) => {
                tracing::debug!(?seen, track, "another rung");
                if self.choice.limit() == Some(Limit::Line) && self.place(track) < self.place(self.viewer.track) {
                    self.unsubscribe(self.viewer.track).await;
                }
                if let Some(limit) = self.choice.limit() {
                    let mut state = self.viewer.shared.lock();
                    state.lowered = Some(limit);
                    state.share_bps = seen.share_bps.or(state.share_bps);
                }
                self.change(track).await
            }
            None => true,
        }
    }

    /// Tells the server how it goes; who decodes nothing knows nothing of lags.
    fn report(&mut self) {
        if self.viewer.decoder.is_none() {
            return;
        }
        let tracks = &self.viewer.connection.stats.borrow().tracks;
        let sum = |of: fn(&ReceiveStats) -> u64| tracks.values().map(of).sum::<u64>();
        let (lost, skipped) = (sum(|t| t.lost), sum(|t| t.skipped));
        let now = Reported { came: self.came, lost, skipped, repaired: sum(|t| t.repaired), restored: sum(|t| t.restored), at: self.started.elapsed() };
        let shared = &self.viewer.shared;
        let mut state = shared.lock();
        let before = std::mem::replace(&mut self.reported, now);
        let since = |now: u64, before: u64| u32::try_from(now.saturating_sub(before)).unwrap_or(u32::MAX);
        let busy = state.counts.decode_time.saturating_sub(self.busy).as_secs_f32() / now.at.saturating_sub(before.at).as_secs_f32().max(0.1);
        self.busy = state.counts.decode_time;
        let report = ViewerReport {
            stream: self.viewer.stream.id,
            track: self.viewer.track,
            lag_us: u32::try_from(shared.in_step.shown_us(Instant::now())).unwrap_or(u32::MAX),
            needed_us: shared.in_step.needed_us(),
            came: since(now.came, before.came),
            lost: since(now.lost, before.lost),
            skipped: since(now.skipped, before.skipped),
            repaired: since(now.repaired, before.repaired),
            restored: since(now.restored, before.restored),
            waiting: u8::try_from(state.waiting()).unwrap_or(u8::MAX),
            busy_percent: (busy * 100.0).round().clamp(0.0, 255.0) as u8,
            round_trip_us: shared.clock.round_trip().map_or(0, |t| u32::try_from(t.as_micros()).unwrap_or(u32::MAX)),
            is_udp: self.viewer.connection.stats.borrow().is_udp,
            limit: state.limit,
        };
        state.report = Some(report.clone());
        drop(state);
        (shared.changed)();
        (self.viewer.in_class.report)(report);
    }

    fn seen(&mut self) -> Seen {
        let bytes = self.viewer.connection.stats.borrow().bytes;
        let counts = self.viewer.shared.lock().counts.clone();
        let before = std::mem::replace(&mut self.second, Second { bytes, counts: counts.clone(), ..Second::default() });
        let mut delays = before.delays;
        let middle = delays.len() / 2;
        let delay = (!delays.is_empty()).then(|| *delays.select_nth_unstable(middle).1);
        let unshown = (counts.dropped + counts.late).saturating_sub(before.counts.dropped + before.counts.late);
        let share_bps = self.viewer.in_class.route.borrow().as_ref().and_then(|route| route.share_bps);
        Seen {
            came: before.came,
            missing: before.missing,
            bytes: bytes.saturating_sub(before.bytes),
            delay,
            busy: counts.decode_time.saturating_sub(before.counts.decode_time).as_secs_f32() / EVERY.as_secs_f32(),
            unshown: u32::try_from(unshown).unwrap_or(u32::MAX),
            share_bps,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, sync_channel};

    use bytes::Bytes;
    use lectern_proto::control::{LiveMedia, LiveTrack, PersonId, StreamId, StreamKind};
    use tokio::sync::watch;

    use super::*;
    use crate::class::ClassState;
    use crate::live::clock::ServerClock;
    use crate::live::connection::LinkStats;
    use crate::live::in_step::InStep;

    const LOW: u16 = 1;
    const HIGH: u16 = 2;

    /// A stream whose lower rung nobody has watched yet, unless it is `known` how to decode it.
    fn stream(known: bool) -> StreamInfo {
        let track = |track, rung: &str, avcc| {
            let media = LiveMedia::Video(LiveVideo { rung: rung.into(), width: 640, height: 360, rate_milli: 30_000, bps: 700_000, avcc });
            LiveTrack { track, media }
        };
        let low = if known { vec![1] } else { Vec::new() };
        let tracks = vec![track(LOW, "360p", low), track(HIGH, "720p", vec![1])];
        StreamInfo { id: StreamId([7; 16]), name: "camera".into(), kind: StreamKind::Camera, publisher: PersonId(1), tracks, target_us: 150_000 }
    }

    struct Ends {
        asked: mpsc::Receiver<Ask>,
        fed: Receiver<Fed>,
        state: watch::Sender<Arc<ClassState>>,
    }

    /// Somebody who watches the higher rung with a decoder that has so much room.
    fn watching(room: usize) -> (Watching, Ends) {
        let (asks, asked) = mpsc::channel(16);
        let clock = Arc::new(ServerClock::default());
        let connection = LiveConnection { asks, clock: Arc::clone(&clock), stats: watch::channel(LinkStats::default()).1, compared: watch::channel(0).1 };
        let (state, seen) = watch::channel(Arc::new(ClassState::connecting("room")));
        let in_class = InClass { route: watch::channel(None).1, state: seen, report: Arc::new(|_| ()) };
        let (feed, fed) = sync_channel(room);
        let shared = Arc::new(Shared::new(clock, Arc::new(InStep::new(150_000)), Duration::from_millis(33), Arc::new(|| ())));
        let viewer = Viewer { shared, connection, stream: stream(false), in_class, decoder: Some(feed), kept: None, is_auto: true, track: HIGH };
        (Watching::new(viewer), Ends { asked, fed, state })
    }

    fn unit(track: u16, keyframe: bool) -> Heard {
        Heard::Unit { track, unit: Unit { sequence: 0, capture_us: 1_000_000, keyframe, data: Bytes::new() } }
    }

    /// What the decoder was given: `f` and `u` for a form and a unit, with the track.
    fn fed(ends: &Ends) -> Vec<(char, u16)> {
        let what = |fed| match fed {
            Fed::Form { track, .. } => ('f', track),
            Fed::Unit { track, .. } => ('u', track),
            Fed::Broken => ('b', 0),
        };
        ends.fed.try_iter().map(what).collect()
    }

    #[tokio::test]
    async fn a_rung_whose_form_comes_last_takes_the_place_of_the_old_one() {
        let (mut watching, mut ends) = watching(16);
        assert!(watching.take(unit(HIGH, true)).await);
        assert_eq!(fed(&ends), [('f', HIGH), ('u', HIGH)]);
        assert!(watching.change(LOW).await && watching.take(unit(LOW, true)).await && watching.take(unit(HIGH, false)).await);
        assert_eq!(fed(&ends), [('u', HIGH)], "nobody knows how to decode the other");
        let known = ClassState { streams: vec![stream(true)], ..ClassState::connecting("room") };
        ends.state.send_replace(Arc::new(known));
        watching.learn().await;
        assert_eq!(fed(&ends), [('f', LOW), ('u', LOW)]);
        assert!(matches!(ends.asked.try_recv(), Ok(Ask::Subscribe { track: LOW, .. })));
        assert!(matches!(ends.asked.try_recv(), Ok(Ask::Unsubscribe { track: HIGH })), "or both come for ever");
    }

    #[tokio::test]
    async fn a_decoder_without_room_is_told_the_form_with_the_next_keyframe() {
        let (mut watching, ends) = watching(2);
        for keyframe in [true, false, false] {
            watching.take(unit(HIGH, keyframe)).await;
        }
        watching.viewer.stream = stream(true);
        watching.change(LOW).await;
        watching.take(unit(LOW, true)).await;
        assert_eq!(fed(&ends), [('f', HIGH), ('u', HIGH)], "it was full");
        watching.take(unit(LOW, false)).await;
        assert_eq!(fed(&ends), [], "no keyframe");
        watching.take(unit(LOW, true)).await;
        assert_eq!(fed(&ends), [('f', LOW), ('u', LOW)]);
    }
}
