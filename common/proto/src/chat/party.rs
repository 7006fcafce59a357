//! One person's side of all conversations: which keys are in use, how far each has counted, and what is refused.
//!
//! A direction's key lives as long as the recipient's prekey for which it was made. Under it counters only rise: what comes again or out of
//! its order is refused, and what is missing is counted. Keys that were used are remembered with their counts as long as the prekey is
//! there for which they were made, those for a mailbox from one program to the next, so that nothing is taken twice.

use std::collections::{HashMap, VecDeque};

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::content::Body;
use super::envelope::{DirectionKey, Envelope};
use super::keys::{Contact, Keys};
use super::message::{Message, Opened};
use super::{Direction, IdentityId, KeyId, Parcel, PrekeyId, Unreadable};
use crate::limits::RING_USED_MAX;
use crate::wire;

/// Keys of one sender that can be open at once: its machine may have two sessions, and a new key may overtake an old one's last message.
const OPEN_KEYS: usize = 4;
/// Keys of one sender that are remembered as used. Each costs the sender a signature; one who has used up so many is not read any more.
const USED_KEYS_MAX: usize = 4_096;

/// Why something cannot be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    #[error("the other's keys are not known")]
    NoContact,
    #[error("the message is empty or too long")]
    Unfit,
    #[error("a key for the message could not be made")]
    Key,
}

/// What came, opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    pub body: Body,
    /// Parcels before it under the same key that did not come.
    pub missing: u64,
    /// With the message, what the recipient can show to an instructor.
    pub opened: Opened,
}

/// One person's side.
#[derive(Debug)]
pub struct Party {
    keys: Keys,
    peers: HashMap<IdentityId, Peer>,
    used: HashMap<IdentityId, HashMap<KeyId, Used>>,
}

/// How far a key has counted, and for which prekey it was made.
#[derive(Debug, Clone, Copy)]
struct Used {
    prekey: PrekeyId,
    next: u64,
}

/// A key for a mailbox prekey that was opened with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsedKey {
    pub sender: IdentityId,
    pub prekey: PrekeyId,
    pub key: KeyId,
    /// The least counter that is taken.
    pub next: u64,
}

#[derive(Debug)]
struct Peer {
    contact: Contact,
    sending: Option<Sending>,
    /// The newest at the end.
    receiving: VecDeque<Receiving>,
}

#[derive(Debug)]
struct Sending {
    id: KeyId,
    key: DirectionKey,
    prekey: PrekeyId,
    next: u64,
    /// Goes with each message until the other has shown that it has the key.
    envelope: Option<Box<Envelope>>,
}

#[derive(Debug)]
struct Receiving {
    id: KeyId,
    key: DirectionKey,
    next: u64,
}

impl Party {
    #[must_use]
    pub fn new(keys: Keys) -> Self {
        Self { keys, peers: HashMap::new(), used: HashMap::new() }
    }

    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Takes somebody's keys, which [`super::keys::Bundle::check`] has looked at. With a new prekey the next message gets a new key.
    pub fn meet(&mut self, contact: Contact) {
        let new = || Peer { contact: contact.clone(), sending: None, receiving: VecDeque::new() };
        let peer = self.peers.entry(contact.id).or_insert_with(new);
        if peer.sending.as_ref().is_some_and(|s| s.prekey != contact.prekey_id) {
            peer.sending = None;
        }
        peer.contact = contact;
    }

    /// Whether somebody's keys are known.
    #[must_use]
    pub fn knows(&self, peer: IdentityId) -> bool {
        self.peers.contains_key(&peer)
    }

    /// Whether what is written to somebody waits at the server, by the keys that are known.
    #[must_use]
    pub fn writes_to_mailbox(&self, peer: IdentityId) -> bool {
        self.peers.get(&peer).is_some_and(|p| p.contact.life.is_mailbox())
    }

    /// Keys for mailbox prekeys that were opened with: what the next program has to know.
    pub fn used(&self) -> impl Iterator<Item = UsedKey> {
        let all =
            self.used.iter().flat_map(|(sender, used)| used.iter().map(|(key, u)| UsedKey { sender: *sender, prekey: u.prekey, key: *key, next: u.next }));
        all.filter(|used| self.keys.is_mailbox(used.prekey))
    }

    /// What the program before this one had opened with.
    pub fn recall(&mut self, used: UsedKey) {
        let known = self.used.entry(used.sender).or_default().entry(used.key).or_insert(Used { prekey: used.prekey, next: 0 });
        known.next = known.next.max(used.next);
    }

    /// Whether this, or one after it under its key, was opened before.
    #[must_use]
    pub fn is_repeated(&self, from: IdentityId, parcel: &Parcel) -> bool {
        self.used.get(&from).and_then(|used| used.get(&parcel.message.key)).is_some_and(|used| parcel.message.counter < used.next)
    }

    /// What goes to the server for `to`.
    ///
    /// # Errors
    /// [`SendError`].
    pub fn send<R: CryptoRng + ?Sized>(&mut self, rng: &mut R, to: IdentityId, body: &Body) -> Result<Parcel, SendError> {
        let peer = self.peers.get_mut(&to).ok_or(SendError::NoContact)?;
        if !body.content.is_fit() {
            return Err(SendError::Unfit);
        }
        let sending = match &mut peer.sending {
            Some(sending) => sending,
            none => {
                let (envelope, key) = Envelope::seal(rng, &self.keys, &peer.contact).map_err(|_| SendError::Key)?;
                none.insert(Sending { id: envelope.key, key, prekey: envelope.prekey, next: 0, envelope: Some(Box::new(envelope)) })
            }
        };
        let plain = Zeroizing::new(wire::encode(body));
        let direction = Direction { sender: self.keys.id(), recipient: to };
        let message = Message::seal(rng, (sending.id, &sending.key), direction, sending.next, &plain).map_err(|_| SendError::Unfit)?;
        sending.next += 1;
        Ok(Parcel { envelope: sending.envelope.clone(), message })
    }

    /// Opens what came from `from`, whose keys must be known. Nothing changes unless all of it is right.
    ///
    /// # Errors
    /// [`Unreadable`], whatever was wrong.
    pub fn receive<R: CryptoRng + ?Sized>(&mut self, rng: &mut R, from: IdentityId, parcel: &Parcel) -> Result<Received, Unreadable> {
        // What cannot be remembered from one program to the next is not opened.
        let is_full = parcel.envelope.as_ref().is_some_and(|e| self.keys.is_mailbox(e.prekey)) && self.used().count() >= RING_USED_MAX;
        let peer = self.peers.get_mut(&from).ok_or(Unreadable)?;
        let used = self.used.entry(from).or_default();
        let direction = Direction { sender: from, recipient: self.keys.id() };
        let message = &parcel.message;
        if let Some(known) = peer.receiving.iter_mut().find(|r| r.id == message.key) {
            let received = known.take(message, direction)?;
            if let Some(used) = used.get_mut(&message.key) {
                used.next = known.next;
            }
            return Ok(received);
        }
        let envelope = parcel.envelope.as_deref().filter(|e| e.key == message.key).ok_or(Unreadable)?;
        let next = match used.get(&envelope.key) {
            // Only a mailbox's prekey outlives the program, and only then is a key met again.
            Some(known) if known.prekey == envelope.prekey && self.keys.is_mailbox(known.prekey) => known.next,
            Some(_) => return Err(Unreadable),
            None if used.len() >= USED_KEYS_MAX || is_full => return Err(Unreadable),
            None => 0,
        };
        // Before anything private is done.
        if message.counter < next {
            return Err(Unreadable);
        }
        let key = envelope.open(rng, &self.keys, &peer.contact.identity)?;
        let mut receiving = Receiving { id: envelope.key, key, next };
        let received = receiving.take(message, direction)?;
        used.insert(envelope.key, Used { prekey: envelope.prekey, next: receiving.next });
        peer.receiving.push_back(receiving);
        if peer.receiving.len() > OPEN_KEYS {
            peer.receiving.pop_front();
        }
        Ok(received)
    }

    /// The other has opened something that was sent under this key: it has the key.
    pub fn arrived(&mut self, at: IdentityId, key: KeyId) {
        if let Some(sending) = self.peers.get_mut(&at).and_then(|p| p.sending.as_mut()).filter(|s| s.id == key) {
            sending.envelope = None;
        }
    }

    /// The other could not open what was sent: the next message gets a new key.
    pub fn renew(&mut self, to: IdentityId) {
        if let Some(peer) = self.peers.get_mut(&to) {
            peer.sending = None;
        }
    }
}

impl Receiving {
    /// Opens what comes next under the key; nothing changes unless all of it is right.
    fn take(&mut self, message: &Message, direction: Direction) -> Result<Received, Unreadable> {
        let missing = message.counter.checked_sub(self.next).ok_or(Unreadable)?;
        let opened = message.open(&self.key, direction)?;
        let body: Body = wire::decode(&opened.content).map_err(|_| Unreadable)?;
        if !body.content.is_fit() {
            return Err(Unreadable);
        }
        self.next = message.counter.saturating_add(1);
        Ok(Received { body, missing, opened })
    }
}
