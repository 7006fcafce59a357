//! The room's task, as far as its queues go: whoever does not read what is told is closed, and nobody waits for them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use lectern_proto::control::{CloseReason, Event, PersonId};
use lectern_proto::rights::Action;
use tokio::sync::mpsc::error::TrySendError;

use super::super::{ConnectionId, Outbox};
use super::RoomTask;

impl RoomTask {
    /// Tells everybody; who does not read is closed. A session that has ended is no slow reader, and whether its person left
    /// or was lost is in the message that it has sent.
    pub(super) fn tell(&mut self, event: Event) {
        self.tell_some(event, |_| true);
    }

    pub(super) fn tell_some(&mut self, event: Event, whom: impl Fn(PersonId) -> bool) {
        let event = Arc::new(event);
        let is_full = |outbox: &Outbox| matches!(outbox.events.try_send(Arc::clone(&event)), Err(TrySendError::Full(_)));
        let slow: Vec<_> = self.connections.iter().filter(|(person, (_, outbox))| whom(**person) && is_full(outbox)).map(|(person, _)| *person).collect();
        for person in slow {
            self.close_slow(person);
        }
    }

    /// Tells one; who does not read is closed.
    pub(super) fn put_or_close(&mut self, person: PersonId, event: Arc<Event>) {
        let full = |(_, outbox): &(ConnectionId, Outbox)| matches!(outbox.events.try_send(event), Err(TrySendError::Full(_)));
        if self.connections.get(&person).is_some_and(full) {
            self.close_slow(person);
        }
    }

    fn close_slow(&mut self, person: PersonId) {
        if let Some((connection, outbox)) = self.connections.remove(&person) {
            tracing::warn!(room = %self.name, person = person.0, connection = connection.0, "disconnected: does not read");
            let _ = outbox.close.send(CloseReason::Overrun);
            self.mark_lost(person);
        }
    }

    /// Tells each viewer whose share of the bandwidth changed.
    pub(super) fn tell_shares(&mut self, now: Duration) {
        let news = self.media.budget.as_ref().map_or_else(Vec::new, |budget| budget.news(now));
        for (person, bps) in news {
            self.put_or_close(person, Arc::new(Event::Share { bps }));
        }
    }

    pub(super) fn tell_teachers(&mut self, event: Event) {
        let teachers: BTreeSet<_> = self.roster.people().filter(|p| p.role.may(Action::Moderate)).map(|p| p.id).collect();
        self.tell_some(event, |person| teachers.contains(&person));
    }

    /// Tells everybody the targets that changed, and instructors how viewers fare.
    pub(super) fn tell_health(&mut self, now: Duration) {
        let (changed, reports) = self.streams.health(now);
        if !changed.is_empty() {
            self.tell(Event::Streams(changed));
        }
        for event in reports {
            self.tell_teachers(event);
        }
    }
}
