//! The room's live streams: who may publish what, what members are told, when a stream ends. The units themselves go through the
//! hub and never through here. Pure but for the hub: time and random numbers are arguments.

mod recording;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use lectern_proto::control::{Event, LiveMedia, LiveTrack, LiveVideo, Offer, Person, PersonId, Refusal, StreamId, StreamInfo, ViewerReport};
use lectern_proto::limits::{
    LIVE_AVCC_MAX, LIVE_NAME_MAX, LIVE_REPORTS_TOLD, LIVE_SILENCE_MAX, LIVE_STREAMS_MAX, LIVE_STREAMS_PER_PERSON, LIVE_TARGET_MIN, LIVE_TARGET_SOUND,
};
use lectern_proto::live::health::StreamHealth;
use lectern_proto::rights::Action;
use lectern_proto::rung::{PictureSize, RungSpec};
use tokio::sync::mpsc;

use super::Message;
use crate::live::{LowerRung, Recorder, Recording, RungMaker, Stream};
use crate::media::RoomMedia;
use recording::Consent;

/// Widths and heights that are taken.
const SIDES: std::ops::RangeInclusive<u32> = 16..=8_192;
/// Pictures in 1000 s.
const RATES_MILLI: std::ops::RangeInclusive<u32> = 1..=240_000;
/// Samples of an Opus packet at 48 kHz: 2.5 to 60 ms (RFC 6716, 2.1.4).
const SAMPLES: std::ops::RangeInclusive<u16> = 120..=2_880;

/// The streams of a room.
#[derive(Debug)]
pub(super) struct Streams {
    running: BTreeMap<StreamId, Running>,
    /// Lowest rung first.
    ladder: Vec<RungSpec>,
    rungs: Arc<RungMaker>,
    recorder: Arc<Recorder>,
}

#[derive(Debug)]
struct Running {
    info: StreamInfo,
    stream: Arc<Stream>,
    opened_at: Duration,
    health: StreamHealth,
    /// A report came since instructors were told.
    is_news: bool,
    /// The target does not go below this, in microseconds.
    least_us: u32,
    /// Its pictures stand still on purpose.
    frozen: bool,
    recording: Option<Recording>,
    consent: Consent,
}

impl Streams {
    pub(super) fn new(ladder: Vec<RungSpec>, rungs: Arc<RungMaker>, recorder: Arc<Recorder>) -> Self {
        Self { running: BTreeMap::new(), ladder, rungs, recorder }
    }

    /// All of them, for somebody who has just entered.
    pub(super) fn all(&self) -> Vec<StreamInfo> {
        self.running.values().map(|r| r.info.clone()).collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    /// Opens a stream, of somebody who may, under a fresh random number; one of the same name of the same person ends for it.
    pub(super) fn publish(
        &mut self,
        now: Duration,
        id: StreamId,
        by: &Person,
        offer: Offer,
        media: &Arc<RoomMedia>,
        mailbox: &mpsc::WeakSender<Message>,
    ) -> Result<(StreamInfo, Option<StreamId>), Refusal> {
        if !is_good(&offer, &self.ladder) {
            return Err(Refusal::BadOffer);
        }
        let same = self.running.values().find(|r| r.info.name == offer.name).map(|r| (r.info.id, r.info.publisher));
        let older = match same {
            Some((older, publisher)) if publisher == by.id => Some(older),
            Some(_) => return Err(Refusal::NameTaken),
            None => None,
        };
        let own = self.running.values().filter(|r| r.info.publisher == by.id).count();
        let freed = usize::from(older.is_some());
        if self.running.len() - freed >= LIVE_STREAMS_MAX || own - freed >= LIVE_STREAMS_PER_PERSON {
            return Err(Refusal::TooMany);
        }
        if let Some(older) = older {
            self.end(older, media);
        }
        // Sound without pictures is heard together rather than soon.
        let target = if offer.video.is_some() { LIVE_TARGET_MIN } else { LIVE_TARGET_SOUND };
        let target_us = u32::try_from(target.as_micros()).unwrap_or(u32::MAX);
        let lower = offer.video.as_ref().map_or_else(Vec::new, |video| lower_rungs(video, &self.ladder));
        let stream = media.hub.open(id, by.id, &offer, &lower, &media.keys.current());
        let videos = stream.lower.iter().zip(lower).chain(stream.video.iter().zip(offer.video.clone()));
        let videos: Vec<_> = videos.map(|(track, video)| (Arc::clone(track), video)).collect();
        let sound = stream.sound.as_ref().zip(offer.sound).map(|(track, sound)| LiveTrack { track: track.number(), media: LiveMedia::Sound(sound) });
        let tracks = videos.iter().map(|(track, video)| LiveTrack { track: track.number(), media: LiveMedia::Video(video.clone()) }).chain(sound).collect();
        if let Some(source) = offer.video {
            for (track, wanted) in videos.into_iter().filter(|(_, video)| video.avcc.is_empty()) {
                let (mailbox, number) = (mailbox.clone(), track.number());
                let made = move |video| {
                    let mailbox = mailbox.upgrade();
                    async move {
                        if let Some(mailbox) = mailbox {
                            // A room that has ended needs nothing.
                            let _ = mailbox.send(Message::RungMade { stream: id, track: number, video }).await;
                        }
                    }
                };
                self.rungs.keep(LowerRung { stream: Arc::clone(&stream), track, source: source.clone(), wanted }, Arc::clone(media), made);
            }
        }
        let info = StreamInfo { id, name: offer.name, kind: offer.kind, publisher: by.id, tracks, target_us };
        let (health, is_news, frozen) = (StreamHealth::default(), false, false);
        self.running.insert(
            id,
            Running { info: info.clone(), stream, opened_at: now, health, is_news, least_us: target_us, frozen, recording: None, consent: Consent::default() },
        );
        Ok((info, older))
    }

    /// A viewer says how it fares.
    pub(super) fn report(&mut self, now: Duration, by: PersonId, report: ViewerReport) {
        if let Some(running) = self.running.get_mut(&report.stream) {
            running.health.report(now, by, report);
            running.is_news = true;
        }
    }

    /// The streams whose target changed, and what instructors are told of viewers.
    pub(super) fn health(&mut self, now: Duration) -> (Vec<StreamInfo>, Vec<Event>) {
        let (mut changed, mut reports) = (Vec::new(), Vec::new());
        for (id, running) in &mut self.running {
            running.health.expire(now);
            let target_us = running.health.target(now, running.info.target_us, running.least_us);
            if std::mem::replace(&mut running.info.target_us, target_us) != target_us {
                changed.push(running.info.clone());
            }
            if std::mem::take(&mut running.is_news) {
                let mut viewers = running.health.worst_first(target_us);
                viewers.truncate(LIVE_REPORTS_TOLD);
                reports.push(Event::Reports { stream: *id, viewers });
            }
        }
        (changed, reports)
    }

    /// The form of a lower rung is known; the stream as everybody is to know it now, if that is new.
    pub(super) fn rung_made(&mut self, stream: StreamId, track: u16, video: LiveVideo) -> Option<StreamInfo> {
        let info = &mut self.running.get_mut(&stream)?.info;
        let media = &mut info.tracks.iter_mut().find(|t| t.track == track)?.media;
        let made = LiveMedia::Video(video);
        (std::mem::replace(media, made.clone()) != made).then(|| info.clone())
    }

    /// Whether somebody may end a stream.
    pub(super) fn may_end(&self, by: &Person, id: StreamId) -> Result<(), Refusal> {
        let running = self.running.get(&id).ok_or(Refusal::NoSuchStream)?;
        (running.info.publisher == by.id || by.role.may(Action::Moderate)).then_some(()).ok_or(Refusal::NotAllowed)
    }

    /// Notes of somebody's own stream that its pictures stand still, or go on. Says whether that is new.
    pub(super) fn freeze(&mut self, by: PersonId, id: StreamId, frozen: bool) -> Result<bool, Refusal> {
        let running = self.running.get_mut(&id).ok_or(Refusal::NoSuchStream)?;
        (running.info.publisher == by).then_some(()).ok_or(Refusal::NotAllowed)?;
        Ok(std::mem::replace(&mut running.frozen, frozen) != frozen)
    }

    /// Those whose pictures stand still.
    pub(super) fn frozen(&self) -> Vec<StreamId> {
        self.running.values().filter(|r| r.frozen).map(|r| r.info.id).collect()
    }

    /// Ends a stream; says whether it ran.
    pub(super) fn end(&mut self, id: StreamId, media: &RoomMedia) -> bool {
        media.hub.end(id);
        self.running.remove(&id).is_some()
    }

    /// What somebody publishes with sound.
    pub(super) fn with_sound(&self, person: PersonId) -> Vec<StreamId> {
        self.running.values().filter(|r| r.info.publisher == person && r.info.sound().is_some()).map(|r| r.info.id).collect()
    }

    /// Whether this is a stream of this person's with sound.
    pub(super) fn is_heard(&self, person: PersonId, id: StreamId) -> bool {
        self.running.get(&id).is_some_and(|r| r.info.publisher == person && r.info.sound().is_some())
    }

    /// The streams of somebody who is gone.
    pub(super) fn of(&self, publisher: PersonId) -> Vec<StreamId> {
        self.running.values().filter(|r| r.info.publisher == publisher).map(|r| r.info.id).collect()
    }

    pub(super) fn publisher(&self, id: StreamId) -> Option<PersonId> {
        self.running.get(&id).map(|r| r.info.publisher)
    }

    /// Streams of which nothing came for too long.
    pub(super) fn silent(&self, now: Duration) -> Vec<StreamId> {
        let is_silent = |r: &&Running| now >= r.stream.last_unit_at().unwrap_or(r.opened_at) + LIVE_SILENCE_MAX;
        self.running.values().filter(is_silent).map(|r| r.info.id).collect()
    }
}

/// The rungs below what a publisher sends, lowest first.
fn lower_rungs(source: &LiveVideo, ladder: &[RungSpec]) -> Vec<LiveVideo> {
    let size = PictureSize { width: source.width, height: source.height };
    let is_lower = |rung: &&RungSpec| rung.name != source.rung && rung.bitrate_bps < source.bps && rung.fit(size) != size;
    let rungs = ladder.iter().filter(is_lower).map(|rung| {
        let PictureSize { width, height } = rung.fit(size);
        LiveVideo { rung: rung.name.clone(), width, height, rate_milli: source.rate_milli, bps: rung.bitrate_bps, avcc: Vec::new() }
    });
    rungs.collect()
}

fn is_good(offer: &Offer, ladder: &[RungSpec]) -> bool {
    let name = !offer.name.trim().is_empty() && offer.name.len() <= LIVE_NAME_MAX && !offer.name.contains(char::is_control);
    let video = offer.video.as_ref().is_none_or(|v| {
        let rung = ladder.iter().any(|r| r.name == v.rung);
        let avcc = !v.avcc.is_empty() && v.avcc.len() <= LIVE_AVCC_MAX;
        rung && avcc && SIDES.contains(&v.width) && SIDES.contains(&v.height) && RATES_MILLI.contains(&v.rate_milli)
    });
    let sound = offer.sound.as_ref().is_none_or(|s| (1..=2).contains(&s.channels) && SAMPLES.contains(&s.samples));
    name && video && sound && (offer.video.is_some() || offer.sound.is_some())
}
