//! One person's side of all conversations: which keys are in use, how far each has counted, and what is refused.
//!
//! A direction's key lives as long as the recipient's prekey for which it was made. Under it counters only rise: what comes again or out of
//! its order is refused, and what is missing is counted. Keys that were used are remembered as long as the prekey is there for which they
//! were made, so that none is taken twice.

use std::collections::{HashMap, HashSet, VecDeque};

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::content::Body;
use super::envelope::{DirectionKey, Envelope};
use super::keys::{Contact, Keys};
use super::message::{Message, Opened};
use super::{Direction, IdentityId, KeyId, Parcel, PrekeyId, Unreadable};
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
}

#[derive(Debug)]
struct Peer {
    contact: Contact,
    sending: Option<Sending>,
    /// The newest at the end.
    receiving: VecDeque<Receiving>,
    used: HashSet<KeyId>,
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
        Self { keys, peers: HashMap::new() }
    }

    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Takes somebody's keys, which [`super::keys::Bundle::check`] has looked at. With a new prekey the next message gets a new key.
    pub fn meet(&mut self, contact: Contact) {
        let new = || Peer { contact: contact.clone(), sending: None, receiving: VecDeque::new(), used: HashSet::new() };
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
        let peer = self.peers.get_mut(&from).ok_or(Unreadable)?;
        let direction = Direction { sender: from, recipient: self.keys.id() };
        let message = &parcel.message;
        let Some(known) = peer.receiving.iter_mut().find(|r| r.id == message.key) else {
            let envelope = parcel.envelope.as_deref().filter(|e| e.key == message.key).ok_or(Unreadable)?;
            if peer.used.contains(&envelope.key) || peer.used.len() >= USED_KEYS_MAX {
                return Err(Unreadable);
            }
            let key = envelope.open(rng, &self.keys, &peer.contact.identity)?;
            let mut receiving = Receiving { id: envelope.key, key, next: 0 };
            let received = receiving.take(message, direction)?;
            peer.used.insert(envelope.key);
            peer.receiving.push_back(receiving);
            if peer.receiving.len() > OPEN_KEYS {
                peer.receiving.pop_front();
            }
            return Ok(received);
        };
        known.take(message, direction)
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
