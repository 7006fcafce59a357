//! Media sessions: which secret proves a media connection, for which room, and how many connections a seat has.
//!
//! A session lives as long as its control connection; its media connections end with it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use lectern_proto::control::PersonId;
use lectern_proto::limits::MEDIA_CONNECTIONS_PER_SEAT;
use lectern_proto::seal::MediaSecret;
use tokio_util::sync::CancellationToken;

use super::RoomMedia;

/// One session as its media connections see it.
#[derive(Debug)]
pub(crate) struct Session {
    pub(super) secret: MediaSecret,
    pub(super) room: Arc<RoomMedia>,
    pub(super) person: PersonId,
    pub(super) ended: CancellationToken,
    connections: AtomicUsize,
}

/// All sessions by number.
#[derive(Debug, Default)]
pub(crate) struct MediaSessions {
    sessions: Mutex<HashMap<u64, Arc<Session>>>,
}

/// An open session; dropped with its control connection.
#[derive(Debug)]
pub(crate) struct MediaSession {
    id: u64,
    sessions: Arc<MediaSessions>,
}

/// One of a seat's media connections.
#[derive(Debug)]
pub(super) struct SeatConnection(Arc<Session>);

impl MediaSessions {
    /// Opens a session with a random number.
    pub(crate) fn open(self: &Arc<Self>, secret: MediaSecret, room: Arc<RoomMedia>, person: PersonId) -> MediaSession {
        let session = Arc::new(Session { secret, room, person, ended: CancellationToken::new(), connections: AtomicUsize::new(0) });
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let mut id = rand::random();
        while sessions.contains_key(&id) {
            id = rand::random();
        }
        sessions.insert(id, session);
        MediaSession { id, sessions: Arc::clone(self) }
    }

    pub(super) fn find(&self, id: u64) -> Option<Arc<Session>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }
}

impl MediaSession {
    pub(crate) fn id(&self) -> u64 {
        self.id
    }
}

impl Drop for MediaSession {
    fn drop(&mut self) {
        let session = self.sessions.sessions.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
        if let Some(session) = session {
            session.ended.cancel();
        }
    }
}

impl SeatConnection {
    /// Counts a connection of the session, unless it has enough.
    pub(super) fn of(session: Arc<Session>) -> Option<Self> {
        let count = |n: usize| (n < MEDIA_CONNECTIONS_PER_SEAT).then_some(n + 1);
        session.connections.fetch_update(Ordering::Relaxed, Ordering::Relaxed, count).ok()?;
        Some(Self(session))
    }

    pub(super) fn session(&self) -> &Session {
        &self.0
    }
}

impl Drop for SeatConnection {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_with_its_control_connection_and_has_few_connections() {
        let sessions = Arc::new(MediaSessions::default());
        let room = Arc::new(RoomMedia::new(1, Arc::default(), None));
        let open = sessions.open(MediaSecret([1; 32]), room, PersonId(1));
        let session = sessions.find(open.id()).expect("there");
        let mut connections: Vec<_> = (0..MEDIA_CONNECTIONS_PER_SEAT).map(|_| SeatConnection::of(Arc::clone(&session)).expect("room")).collect();
        assert!(SeatConnection::of(Arc::clone(&session)).is_none());
        connections.pop();
        assert!(SeatConnection::of(Arc::clone(&session)).is_some());
        let id = open.id();
        drop(open);
        assert!(session.ended.is_cancelled() && sessions.find(id).is_none());
    }
}
