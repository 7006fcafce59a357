//! What one viewer's media connection takes of live tracks.

use std::sync::Arc;
use std::time::Duration;

use lectern_proto::live::record::SealedUnit;
use tokio::sync::Notify;

use super::Track;
use super::track::Cursor;

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
    news: Arc<Notify>,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.track.forget(&self.news);
    }
}

impl Subscriptions {
    /// Those of a viewer who is served together with others: `news` is woken for all of them.
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

    /// Takes a track from its newest keyframe on, at `now`.
    pub(crate) fn add(&mut self, track: Arc<Track>, now: Duration) {
        self.remove(track.number());
        if self.all.len() == TRACKS_MAX {
            self.all.remove(0);
        }
        track.listen(&self.news);
        if track.needs_keyframe(Cursor::Keyframe) {
            track.want_keyframe(now);
        }
        self.all.push(Subscription { track, cursor: Cursor::Keyframe, news: Arc::clone(&self.news) });
    }

    pub(crate) fn remove(&mut self, number: u16) {
        self.all.retain(|s| s.track.number() != number);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// What is to be sent next, each track in its turn.
    pub(crate) fn next(&mut self, now: Duration) -> Option<Arc<SealedUnit>> {
        for _ in 0..self.all.len() {
            self.turn = (self.turn + 1) % self.all.len();
            let subscription = self.all.get_mut(self.turn)?;
            if let Some(unit) = subscription.track.next(&mut subscription.cursor) {
                return Some(unit);
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

    /// Waits until one of the tracks has something new.
    pub(crate) async fn changed(&self) {
        self.news.notified().await;
    }
}
