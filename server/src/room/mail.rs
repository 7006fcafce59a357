//! Private chat with people who are away: who of a room can be written to, and how far what waited is handed over. Pure; the disk is the task's.

use std::collections::{BTreeMap, BTreeSet};

use lectern_proto::chat::keys::Bundle;
use lectern_proto::chat::{IdentityId, Parcel};
use lectern_proto::control::{Mail, MailboxOwner, PersonId, Refusal};
use lectern_proto::limits::{MAIL_PAGE, MAILBOXES_MAX};
use tokio::sync::oneshot;

use super::ConnectionId;
use crate::store::Mailbox;

/// What concerns mailboxes.
#[derive(Debug)]
pub(super) enum MailMessage {
    /// Somebody's keys, whose signature was found right.
    Open {
        by: PersonId,
        connection: ConnectionId,
        identity: IdentityId,
        bundle: Box<Bundle>,
        reply: oneshot::Sender<Result<(), Refusal>>,
    },
    /// They are on disk now.
    Opened {
        connection: ConnectionId,
        mailbox: Box<Mailbox>,
    },
    Leave {
        by: PersonId,
        to: PersonId,
        parcel: Box<Parcel>,
        reply: oneshot::Sender<Result<(), Refusal>>,
    },
    /// Something waits for this person that did not before.
    Left {
        to: PersonId,
    },
    /// What waits next for somebody; none: the disk did not say.
    Found {
        person: PersonId,
        connection: ConnectionId,
        mail: Option<Vec<Mail>>,
    },
    Taken {
        by: PersonId,
        connection: ConnectionId,
        numbers: Vec<u64>,
    },
    /// Somebody's mailbox as it is on disk, after the account was changed.
    Known {
        person: PersonId,
        mailbox: Option<Box<Mailbox>>,
    },
}

/// How far one connection has been handed what waited.
#[derive(Debug)]
struct Handing {
    connection: ConnectionId,
    through: u64,
    untaken: BTreeSet<u64>,
    /// The disk is asked.
    is_asked: bool,
    /// There may be more than was handed over.
    is_more: bool,
}

/// The mailboxes of a room.
#[derive(Debug, Default)]
pub(super) struct Post {
    owners: BTreeMap<PersonId, Mailbox>,
    handing: BTreeMap<PersonId, Handing>,
}

impl Post {
    pub(super) fn new(owners: Vec<Mailbox>) -> Self {
        Self { owners: owners.into_iter().map(|m| (m.owner.person, m)).collect(), handing: BTreeMap::new() }
    }

    pub(super) fn of(&self, person: PersonId) -> Option<&Mailbox> {
        self.owners.get(&person)
    }

    pub(super) fn owners(&self) -> Vec<MailboxOwner> {
        self.owners.values().map(|m| m.owner.clone()).collect()
    }

    pub(super) fn is_full(&self, but: PersonId) -> bool {
        self.owners.len() >= MAILBOXES_MAX && !self.owners.contains_key(&but)
    }

    /// Says whether the others are to be told.
    pub(super) fn put(&mut self, mailbox: Mailbox) -> bool {
        let owner = mailbox.owner.clone();
        self.owners.insert(owner.person, mailbox).is_none_or(|before| before.owner != owner)
    }

    pub(super) fn remove(&mut self, person: PersonId) -> bool {
        self.owners.remove(&person).is_some()
    }

    /// A connection that takes what waits, from the oldest on.
    pub(super) fn begin(&mut self, person: PersonId, connection: ConnectionId) {
        self.handing.insert(person, Handing { connection, through: 0, untaken: BTreeSet::new(), is_asked: false, is_more: true });
    }

    /// The person's connection is gone.
    pub(super) fn end(&mut self, person: PersonId) {
        self.handing.remove(&person);
    }

    pub(super) fn arrived(&mut self, person: PersonId) {
        if let Some(handing) = self.handing.get_mut(&person) {
            handing.is_more = true;
        }
    }

    /// After which number the disk is to be asked, for which connection.
    pub(super) fn ask(&mut self, person: PersonId) -> Option<(ConnectionId, u64)> {
        let handing = self.handing.get_mut(&person).filter(|h| h.is_more && !h.is_asked && h.untaken.len() < MAIL_PAGE)?;
        (handing.is_asked, handing.is_more) = (true, false);
        Some((handing.connection, handing.through))
    }

    /// What the disk gave for a connection; gives what is to be handed over.
    pub(super) fn found(&mut self, person: PersonId, connection: ConnectionId, mail: Option<Vec<Mail>>) -> Vec<Mail> {
        let Some(handing) = self.handing.get_mut(&person).filter(|h| h.connection == connection) else { return Vec::new() };
        handing.is_asked = false;
        let mail = mail.unwrap_or_default();
        handing.is_more |= mail.len() == MAIL_PAGE;
        handing.through = mail.last().map_or(handing.through, |last| last.number);
        handing.untaken.extend(mail.iter().map(|m| m.number));
        mail
    }

    /// What could not be handed over comes at the next joining, or when the next is asked for.
    pub(super) fn kept_back(&mut self, person: PersonId, from: u64) {
        if let Some(handing) = self.handing.get_mut(&person) {
            handing.through = from.saturating_sub(1);
            handing.untaken.retain(|n| *n < from);
            handing.is_more = true;
        }
    }

    /// Somebody has taken these.
    pub(super) fn taken(&mut self, person: PersonId, connection: ConnectionId, numbers: &[u64]) {
        if let Some(handing) = self.handing.get_mut(&person).filter(|h| h.connection == connection) {
            handing.untaken.retain(|n| !numbers.contains(n));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lectern_proto::chat::KeyId;
    use lectern_proto::chat::keys::PrekeyLife;
    use lectern_proto::chat::message::Message;
    use lectern_proto::chat::stamp::Stamp;

    fn page(from: u64) -> Vec<Mail> {
        let message = Message { key: KeyId([0; 16]), counter: 0, commitment: [0; 32], sealed: Vec::new() };
        let bundle = Bundle { identity: Vec::new(), prekey: Vec::new(), life: PrekeyLife::Session, signature: Vec::new() };
        let mail = |number| Mail {
            number,
            from: PersonId(1),
            name: "Ana".into(),
            bundle: Box::new(bundle.clone()),
            parcel: Box::new(Parcel { envelope: None, message: message.clone() }),
            stamp: Stamp { at_ms: 0, mac: [0; 32] },
        };
        (from..from + MAIL_PAGE as u64).map(mail).collect()
    }

    #[test]
    fn what_waits_is_handed_over_as_it_is_taken() {
        let (ben, first, second) = (PersonId(2), ConnectionId(1), ConnectionId(2));
        let mut post = Post::default();
        assert_eq!(post.ask(ben), None, "nobody takes it");
        post.begin(ben, first);
        assert_eq!(post.ask(ben), Some((first, 0)));
        assert_eq!(post.ask(ben), None, "asked already");
        assert_eq!(post.found(ben, second, Some(page(9))).len(), 0, "of another connection");
        assert_eq!(post.found(ben, first, Some(page(1))).len(), MAIL_PAGE);
        assert_eq!(post.ask(ben), None, "a page is not taken");
        post.taken(ben, second, &[1]);
        assert_eq!(post.ask(ben), None);
        post.taken(ben, first, &[1]);
        assert_eq!(post.ask(ben), Some((first, MAIL_PAGE as u64)));
        assert_eq!(post.found(ben, first, Some(Vec::new())).len(), 0);
        assert_eq!(post.ask(ben), None, "nothing more");
        post.arrived(ben);
        assert_eq!(post.ask(ben), Some((first, MAIL_PAGE as u64)));
        assert_eq!(post.found(ben, first, Some(page(101))).len(), MAIL_PAGE);
        post.kept_back(ben, 111);
        post.taken(ben, first, &(1..111).collect::<Vec<_>>());
        assert_eq!(post.ask(ben), Some((first, 110)), "what the queue had no place for");
        post.begin(ben, second);
        assert_eq!(post.ask(ben), Some((second, 0)), "what was not taken comes again");
        post.end(ben);
        post.arrived(ben);
        assert_eq!(post.ask(ben), None);
    }
}
