//! What one viewer's media connection takes of live tracks.

use std::sync::Arc;
use std::time::Duration;

use lectern_proto::live::record::SealedUnit;
use tokio::sync::Notify;

use super::Track;
use super::track::Cursor;
use crate::media::LiveTake;

/// Tracks that one connection takes at most: the pictures and the sound of some streams. Full: the oldest ends.
const TRACKS_MAX: usize = 8;

/// The live tracks of one connection.
#[derive(Debug, Default)]
pub(crate) struct Subscriptions {
    all: Vec<Subscription>,
    /// Whose turn it is.
    turn: usize,
    news: Arc<Notify>,
}

#[derive(Debug)]
struct Subscription {
    track: Arc<Track>,
    cursor: Cursor,
    /// Strength of the parity that comes with it, in percent.
    parity: u8,
    /// Its place in the viewer's share, where the room has a budget.
    take: Option<LiveTake>,
    news: Arc<Notify>,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.track.forget(&self.news);
        self.track.want_parity(self.parity, 0);
    }
}

impl Subscriptions {
    /// Those of a viewer; `news` is woken for all that share it.
    pub(crate) fn sharing(news: Arc<Notify>) -> Self {
        Self { news, ..Self::default() }
    }

    /// One of its tracks.
    pub(crate) fn track(&self, number: u16) -> Option<&Arc<Track>> {
        self.all.iter().find(|s| s.track.number() == number).map(|s| &s.track)
    }

    /// Nothing of a track can be shown until a keyframe comes: who makes it is asked for one.
    pub(crate) fn want_keyframe(&self, number: u16, now: Duration) {
        if let Some(subscription) = self.all.iter().find(|s| s.track.number() == number) {
            subscription.track.want_keyframe(now);
        }
    }

    /// From now on a track comes with parity of this strength, in percent of its records, as far as that fits into the share; 0: none.
    pub(crate) fn set_parity(&mut self, number: u16, percent: u8, now: Duration) {
        if let Some(subscription) = self.all.iter_mut().find(|s| s.track.number() == number) {
            let percent = subscription.take.as_ref().map_or(percent, |take| take.parity(now, percent));
            subscription.track.want_parity(std::mem::replace(&mut subscription.parity, percent), percent);
        }
    }

    /// When so many bytes of what is live may go to this viewer; they are counted in the room's budget.
    pub(crate) fn admit(&self, now: Duration, bytes: usize) -> Duration {
        self.all.iter().find_map(|s| s.take.as_ref()).map_or(now, |take| take.admit(now, bytes))
    }

    /// A track that is above the viewer's share for too long, and the share in bits per second.
    pub(crate) fn over(&self, now: Duration) -> Option<(u16, u64)> {
        self.all.iter().find_map(|s| Some((s.track.number(), s.take.as_ref()?.over(now)?)))
    }

    /// Takes a track from its newest keyframe on, at `now`, with its place in the viewer's share.
    pub(crate) fn add(&mut self, track: Arc<Track>, now: Duration, take: Option<LiveTake>) {
        self.remove(track.number());
        if self.all.len() == TRACKS_MAX {
            self.all.remove(0);
        }
        track.listen(&self.news);
        if track.needs_keyframe(Cursor::Keyframe) {
            track.want_keyframe(now);
        }
        self.all.push(Subscription { track, cursor: Cursor::Keyframe, parity: 0, take, news: Arc::clone(&self.news) });
    }

    pub(crate) fn remove(&mut self, number: u16) {
        self.all.retain(|s| s.track.number() != number);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// What is to be sent next, each track in its turn, and the strength of the parity that goes with it.
    pub(crate) fn next(&mut self, now: Duration) -> Option<(Arc<SealedUnit>, u8)> {
        for _ in 0..self.all.len() {
            self.turn = (self.turn + 1) % self.all.len();
            let subscription = self.all.get_mut(self.turn)?;
            if let Some(unit) = subscription.track.next(&mut subscription.cursor) {
                return Some((unit, subscription.parity));
            }
            if subscription.track.needs_keyframe(subscription.cursor) {
                subscription.track.want_keyframe(now);
            }
        }
        None
    }

    /// The number of a track that has ended and of which all was sent; it is taken out.
    pub(crate) fn ended(&mut self) -> Option<u16> {
        let at = self.all.iter().position(|s| s.track.is_over(s.cursor))?;
        Some(self.all.remove(at).track.number())
    }

    /// Whether [`Self::ended`] gives one.
    pub(crate) fn has_ended(&self) -> bool {
        self.all.iter().any(|s| s.track.is_over(s.cursor))
    }
}
