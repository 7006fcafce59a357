//! The hub: live streams between the one who publishes and all who watch.
//!
//! Flow: publisher's media connection → [`publishing`] (pieces become units) → [`track`] (sealed once, kept since the newest
//! keyframe) → [`subscription`] (a cursor for each viewer) → media connection. The publisher never waits for a viewer. Who watches a
//! lower rung makes [`rungs`] run a media worker, which gets the publisher's units by a [`tap`], as does a [`recorder`]. Which streams
//! there are is the room's to decide; it opens and ends them here.

mod keyframes;
mod publishing;
mod recorder;
mod rungs;
mod subscription;
mod tap;
mod track;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lectern_proto::control::{LiveVideo, Offer, PersonId, StreamId};
use lectern_proto::live::receive::Content;
use tokio_util::sync::CancellationToken;

pub(crate) use publishing::{PublishError, Publishing};
pub(crate) use recorder::{Recorder, Recording};
pub(crate) use rungs::{LowerRung, RungMaker};
pub(crate) use subscription::Subscriptions;
pub(crate) use track::Track;

use crate::media::EpochKey;

/// The streams of one room.
#[derive(Debug, Default)]
pub(crate) struct Hub(Mutex<Streams>);

#[derive(Debug, Default)]
struct Streams {
    streams: HashMap<StreamId, Arc<Stream>>,
    tracks: HashMap<u16, Arc<Track>>,
    /// The number that the next track gets, if it is free.
    next_track: u16,
}

/// One stream.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) publisher: PersonId,
    /// As in the offer: pictures, then sound.
    pub(crate) video: Option<Arc<Track>>,
    /// Rungs below that, lowest first, which are made here when somebody watches them.
    pub(crate) lower: Vec<Arc<Track>>,
    pub(crate) sound: Option<Arc<Track>>,
    /// Ended by the room.
    pub(crate) over: CancellationToken,
    /// A connection feeds it.
    fed: AtomicBool,
}

impl Hub {
    fn lock(&self) -> MutexGuard<'_, Streams> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a stream with a fresh number for each of its tracks, with these lower rungs, lowest first.
    pub(crate) fn open(&self, id: StreamId, publisher: PersonId, offer: &Offer, lower: &[LiveVideo], key: &EpochKey) -> Arc<Stream> {
        let mut streams = self.lock();
        let mut track = |content, size| {
            let number = streams.free_number();
            let track = Arc::new(Track::new(id, number, content, size, key));
            streams.tracks.insert(number, Arc::clone(&track));
            track
        };
        let stream = Arc::new(Stream {
            publisher,
            lower: lower.iter().enumerate().map(|(n, video)| track(Content::Video, (video.bps, n == 0))).collect(),
            video: offer.video.as_ref().map(|video| track(Content::Video, (video.bps, lower.is_empty()))),
            sound: offer.sound.map(|sound| track(Content::Sound, (sound.bps, true))),
            over: CancellationToken::new(),
            fed: AtomicBool::new(false),
        });
        streams.streams.insert(id, Arc::clone(&stream));
        stream
    }

    /// Ends a stream: its viewers are told, its publisher's units are not taken any more.
    pub(crate) fn end(&self, id: StreamId) {
        let mut streams = self.lock();
        let Some(stream) = streams.streams.remove(&id) else { return };
        for track in stream.tracks() {
            streams.tracks.remove(&track.number());
            track.end();
        }
        stream.over.cancel();
    }

    /// A track of a stream that runs.
    pub(crate) fn track(&self, id: StreamId, number: u16) -> Option<Arc<Track>> {
        self.find(id)?.tracks().find(|t| t.number() == number).cloned()
    }

    /// A stream that runs.
    pub(crate) fn find(&self, id: StreamId) -> Option<Arc<Stream>> {
        self.lock().streams.get(&id).cloned()
    }
}

impl Streams {
    fn free_number(&mut self) -> u16 {
        // A room has far fewer tracks than numbers.
        while self.tracks.contains_key(&self.next_track) {
            self.next_track = self.next_track.wrapping_add(1);
        }
        let number = self.next_track;
        self.next_track = self.next_track.wrapping_add(1);
        number
    }
}

impl Stream {
    pub(crate) fn tracks(&self) -> impl Iterator<Item = &Arc<Track>> {
        self.video.iter().chain(&self.lower).chain(&self.sound)
    }

    /// Whether something came of late: the time of the publisher's newest unit.
    pub(crate) fn last_unit_at(&self) -> Option<Duration> {
        self.video.iter().chain(&self.sound).filter_map(|t| t.last_at()).max()
    }

    /// Takes the one place of the connection that feeds it.
    fn feed(&self) -> bool {
        !self.fed.swap(true, Ordering::AcqRel)
    }

    fn feed_ended(&self) {
        self.fed.store(false, Ordering::Release);
    }
}
