//! The room's task, as far as its door goes: who comes in, who waits, and what both sides of the door are told.

use std::collections::HashMap;
use std::time::Duration;

use lectern_proto::control::{CloseReason, LoginRefusal, PersonId, Refusal, RoomEvent, Waiting};
use lectern_proto::limits::WAITING_MAX;
use tokio::sync::oneshot;

use super::super::door::{Door, Verdict};
use super::super::{Admission, ConnectionId, Entry};
use super::RoomTask;
use crate::net::Origin;
use crate::store::UsedCode;

pub(super) type Reply = oneshot::Sender<Result<Admission, LoginRefusal>>;

/// The door and who stands before it.
#[derive(Debug, Default)]
pub(super) struct Doorstep {
    pub(super) door: Door,
    waiting: Vec<Knock>,
    /// Staff has not been told yet who waits now.
    pub(super) is_news: bool,
    /// By which code guests entered who are in.
    pub(super) codes: HashMap<PersonId, UsedCode>,
    /// From where everybody came who is in.
    pub(super) origins: HashMap<PersonId, Origin>,
}

/// Somebody who waits.
#[derive(Debug)]
struct Knock {
    entry: Entry,
    reply: Reply,
    since: Duration,
}

impl Doorstep {
    /// Everybody who waits, longest first.
    pub(super) fn waiting(&self) -> Vec<Waiting> {
        let us = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let shown = |k: &Knock| Waiting { person: k.entry.person, name: k.entry.name.clone(), role: k.entry.role, since_us: us(k.since) };
        self.waiting.iter().map(shown).collect()
    }
}

impl RoomTask {
    /// Somebody is at the door, whose proof was right.
    pub(super) fn knock(&mut self, mut entry: Entry, reply: Reply) {
        let is_known = self.roster.person(entry.person).is_some();
        let verdict = match (is_known, self.door.door.keeps_out(entry.person)) {
            (true, _) => Verdict::In,
            (false, true) => Verdict::No(LoginRefusal::Banned),
            (false, false) => self.door.door.verdict(&entry.name, entry.role, entry.origin, entry.is_new),
        };
        match verdict {
            Verdict::In => self.let_in(entry, reply),
            Verdict::No(why) => drop(reply.send(Err(why))),
            Verdict::Waits if self.door.waiting.len() >= WAITING_MAX => drop(reply.send(Err(LoginRefusal::RoomFull))),
            Verdict::Waits => {
                if let Some(waits) = entry.waits.take() {
                    let _ = waits.send(());
                }
                tracing::info!(room = %self.name, person = entry.person.0, name = ?entry.name, "waits to be admitted");
                self.door.waiting.push(Knock { entry, reply, since: self.clock.now() });
                self.door.is_news = true;
            }
        }
    }

    fn let_in(&mut self, entry: Entry, reply: Reply) {
        let (person, connection, origin) = (entry.person, entry.connection, entry.origin);
        // Before it is told what there is.
        self.door.codes.extend(entry.code.clone().map(|code| (person, code)));
        let entered = self.enter(entry);
        if entered.is_ok() {
            self.door.origins.insert(person, origin);
        }
        // Somebody who went away meanwhile is lost again at once.
        if reply.send(entered).is_err() {
            self.lose(person, connection);
        }
    }

    pub(super) fn admit(&mut self, person: Option<PersonId>) -> Result<(), Refusal> {
        let admitted: Vec<_> = self.door.waiting.extract_if(.., |k| person.is_none_or(|p| p == k.entry.person)).collect();
        if let (Some(_), true) = (person, admitted.is_empty()) {
            return Err(Refusal::NoSuchPerson);
        }
        self.door.is_news |= !admitted.is_empty();
        for knock in admitted {
            self.let_in(knock.entry, knock.reply);
        }
        Ok(())
    }

    pub(super) fn turn_away(&mut self, person: PersonId) -> Result<(), Refusal> {
        let at = self.door.waiting.iter().position(|k| k.entry.person == person).ok_or(Refusal::NoSuchPerson)?;
        let knock = self.door.waiting.remove(at);
        self.door.is_news = true;
        let _ = knock.reply.send(Err(LoginRefusal::TurnedAway));
        Ok(())
    }

    /// Ends somebody's seat, where there is one: who is gone cannot read what comes from now on.
    pub(super) async fn put_out(&mut self, by: String, person: PersonId) {
        self.look_at_mailbox(person);
        if self.roster.person(person).is_none() {
            return;
        }
        tracing::info!(room = %self.name, person = person.0, by, "removed");
        if let Some((_, outbox)) = self.connections.remove(&person) {
            let _ = outbox.close.send(CloseReason::Removed { by });
        }
        self.end_code_of(person).await;
        self.end_seat(person).await;
        self.rotate(self.clock.now());
    }

    /// Somebody's connection is gone; says whether that one waited.
    pub(super) fn stop_waiting(&mut self, person: PersonId, connection: ConnectionId) -> bool {
        let before = self.door.waiting.len();
        self.door.waiting.retain(|k| k.entry.person != person || k.entry.connection != connection);
        let waited = self.door.waiting.len() != before;
        self.door.is_news |= waited;
        waited
    }

    pub(super) fn tell_waiting(&mut self) {
        if std::mem::take(&mut self.door.is_news) {
            self.tell_staff(RoomEvent::Waiting(self.door.waiting()));
        }
    }
}
