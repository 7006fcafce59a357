//! The room's task, as far as private chat goes: keeps keys, hands parcels on, and never waits for who gets them.

use std::sync::Arc;

use lectern_proto::chat::keys::Bundle;
use lectern_proto::chat::stamp::Stamped;
use lectern_proto::chat::{IdentityId, Parcel};
use lectern_proto::control::{ChatEvent, Event, PersonId, Refusal, Role};
use lectern_proto::limits::{CHAT_QUEUE_FREE, ROOM_PEOPLE_MAX, SERVER_MESSAGE_MAX};

use super::RoomTask;

/// All identities of a full room fit into one message.
const _: () = assert!(ROOM_PEOPLE_MAX * 64 < SERVER_MESSAGE_MAX);

impl RoomTask {
    pub(super) fn take_keys(&mut self, by: PersonId, identity: IdentityId, bundle: Box<Bundle>) -> Result<(), Refusal> {
        self.roster.person(by).ok_or(Refusal::NotAllowed)?;
        if self.chat.take(by, identity, bundle) {
            tracing::info!(room = %self.name, person = by.0, ?identity, "can be written to");
            // Told with the roster.
            self.changed_people.insert(by);
        }
        Ok(())
    }

    pub(super) fn keys_of(&self, by: PersonId, person: PersonId) -> Result<Box<Bundle>, Refusal> {
        self.roster.person(by).ok_or(Refusal::NotAllowed)?;
        let mailbox = self.post.of(person).map(|mailbox| &*mailbox.bundle);
        let is_connected = match self.roster.person(person) {
            Some(person) => person.connected,
            None if mailbox.is_some() => false,
            None => return Err(Refusal::NoSuchPerson),
        };
        let session = self.chat.bundle(person);
        let bundle = if is_connected { session.or(mailbox) } else { mailbox.or(session) };
        bundle.cloned().map(Box::new).ok_or(Refusal::Away)
    }

    /// A parcel goes into the other's queue, as long as there is room for what the room itself has to say.
    pub(super) fn hand_on(&self, by: PersonId, to: PersonId, parcel: Box<Parcel>) -> Result<(), Refusal> {
        let from = self.roster.person(by).ok_or(Refusal::NotAllowed)?;
        let recipient = self.roster.person(to).ok_or(Refusal::NoSuchPerson)?;
        self.chat.may_write(from, recipient, self.floor.is_quiet())?;
        let identity = self.chat.identity(by).ok_or(Refusal::BadKeys)?;
        if self.chat.is_blocked(to, by) {
            // Who is blocked does not learn it.
            return Ok(());
        }
        let recipient = self.chat.identity(to).ok_or(Refusal::Away)?;
        let (commitment, at_ms) = (parcel.message.commitment, self.clock.unix_ms());
        let stamp = self.chat.stamps().stamp(&Stamped { from: by, sender: identity, to, recipient, commitment, at_ms });
        self.put(to, ChatEvent::Received { from: by, identity, parcel, stamp })
    }

    pub(super) fn unread(&self, by: PersonId, from: PersonId) {
        let (Some(person), Some(sender)) = (self.roster.person(by), self.roster.person(from)) else { return };
        // Only between two of whom the one may write to the other.
        if self.chat.may_write(sender, person, false).is_ok() && !self.chat.is_blocked(from, by) {
            // The other is away, or will hear of it at the next message.
            let _ = self.put(from, ChatEvent::Unread { by });
        }
    }

    pub(super) fn block(&mut self, by: PersonId, person: PersonId, blocked: bool) -> Result<(), Refusal> {
        self.roster.person(by).ok_or(Refusal::NotAllowed)?;
        self.roster.person(person).ok_or(Refusal::NoSuchPerson)?;
        self.chat.block(by, person, blocked);
        Ok(())
    }

    pub(super) fn check_stamp(&self, by: PersonId, stamped: &Stamped, mac: &[u8; 32]) -> Result<bool, Refusal> {
        self.roster.person(by).filter(|p| p.role == Role::Instructor).ok_or(Refusal::NotAllowed)?;
        Ok(self.chat.stamps().is_stamp(stamped, mac))
    }

    /// Nobody can fill another's queue, and so have it disconnected: half of it is not for chat.
    pub(super) fn put(&self, to: PersonId, event: ChatEvent) -> Result<(), Refusal> {
        let (_, outbox) = self.connections.get(&to).ok_or(Refusal::Away)?;
        if outbox.events.capacity() <= CHAT_QUEUE_FREE {
            return Err(Refusal::Full);
        }
        outbox.events.try_send(Arc::new(Event::Chat(event))).map_err(|_| Refusal::Away)
    }

    pub(super) fn tell_identities(&mut self) {
        if self.chat.has_news() {
            let news = self.chat.news();
            self.tell(Event::Chat(ChatEvent::Identities(news)));
        }
    }

    /// What somebody is told of chat who has just entered.
    pub(super) fn chat_events(&self) -> impl Iterator<Item = Event> {
        let identities = self.chat.identities();
        let identities = (!identities.is_empty()).then_some(ChatEvent::Identities(identities));
        let mailboxes = Some(self.post.owners()).filter(|owners| !owners.is_empty()).map(ChatEvent::Mailboxes);
        let rules = [ChatEvent::PrivateChat(self.chat.setting()), ChatEvent::AttachmentMax(self.chat.attachment_max())];
        rules.into_iter().chain(identities).chain(mailboxes).map(Event::Chat)
    }
}
