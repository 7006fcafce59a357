//! What waited at the server, and what must be remembered from one program of an account to the next.
//!
//! Whatever waited is opened once: the keys that were used, their counts and the names of messages outlive the program ([`Memory`]). The
//! server may forget a parcel when that is kept, not before; what it hands over again is taken again and not shown.

use std::time::Duration;

use rand_core::CryptoRng;

use super::super::IdentityId;
use super::super::content::MessageId;
use super::super::keys::Bundle;
use super::super::ring::{KnownPeer, Memory};
use super::conversation::Held;
use super::{Messenger, Output, Presence};
use crate::control::{Mail, PersonId};
use crate::limits::{CHAT_CONVERSATIONS_MAX, RING_OPENED_MAX, RING_PEERS_MAX};

impl Messenger {
    /// What is offered to others after each joining for what waits while this member is away; none: nothing does.
    #[must_use]
    pub fn mailbox_bundle(&self) -> Option<&Bundle> {
        self.party.keys().mailbox_bundle()
    }

    /// Whether something can wait for somebody.
    pub(super) fn leaves_mail(&self, to: &Presence) -> bool {
        to.mailbox && self.mailbox_bundle().is_some()
    }

    /// What day it is, by this machine's calendar, in seconds since 1970: keys that are signed until a time are not written to after it.
    pub fn today(&mut self, now_s: i64) {
        self.today_s = now_s;
    }

    /// What the program before this one has remembered; before anything else.
    pub fn recall(&mut self, memory: Memory) {
        for peer in memory.peers {
            if peer.blocked {
                self.blocked.insert(peer.person);
            }
            self.bound.insert(peer.person, peer);
        }
        memory.used.into_iter().for_each(|used| self.party.recall(used));
        for (identity, id) in &memory.opened {
            self.known.entry(*identity).or_default().recent.is_new(*id);
        }
        self.opened = memory.opened.into();
    }

    /// What the next program has to remember.
    #[must_use]
    pub fn memory(&self) -> Memory {
        let mut bound = self.bound.clone();
        for (person, conversation) in &self.conversations {
            // Whoever has no mailbox is somebody new in the next lesson.
            let stays = bound.contains_key(person) || self.people.get(person).is_some_and(|p| p.mailbox);
            if let Some(identity) = conversation.identity.filter(|_| stays) {
                let (verified, blocked) = (conversation.verified, self.blocked.contains(person));
                bound.insert(*person, KnownPeer { person: *person, identity, verified, blocked });
            }
        }
        let mut peers: Vec<_> = bound.into_values().collect();
        // What somebody has said of a person outlives the rest.
        peers.sort_by_key(|p| (p.verified || p.blocked, self.conversations.contains_key(&p.person)));
        let peers = peers.split_off(peers.len().saturating_sub(RING_PEERS_MAX));
        Memory { peers, used: self.party.used().collect(), opened: self.opened.iter().copied().collect() }
    }

    /// Changes whenever [`Messenger::memory`] does.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// People who are blocked, with what the program before this one remembers.
    #[must_use]
    pub fn blocked(&self) -> Vec<PersonId> {
        self.blocked.iter().copied().collect()
    }

    /// Something that waited at the server.
    pub fn mail<R: CryptoRng + ?Sized>(&mut self, now: Duration, rng: &mut R, mail: Mail) {
        let Mail { number, from, bundle, parcel, stamp, .. } = mail;
        if self.blocked.contains(&from) || Some(from) == self.me {
            return self.taken(number);
        }
        if self.conversations.len() >= CHAT_CONVERSATIONS_MAX && !self.conversations.contains_key(&from) {
            return;
        }
        let Ok(contact) = bundle.check() else {
            self.unreadable(now, from);
            return self.taken(number);
        };
        let identity = contact.id;
        // An identity is one person's.
        let is_others = identity == self.id() || self.conversations.iter().any(|(p, c)| *p != from && c.identity == Some(identity) && !c.gone);
        if is_others {
            self.unreadable(now, from);
            return self.taken(number);
        }
        let knows = self.party.knows(identity);
        let conversation = self.conversation(from);
        let is_new = conversation.identity.is_none();
        if is_new {
            conversation.identity = Some(identity);
        }
        if conversation.identity != Some(identity) || conversation.changed.is_some() {
            return self.hold(from, Held { identity, parcel, stamp, number: Some(number) });
        }
        if !knows {
            // Good for opening; what is answered goes under keys that are asked for.
            conversation.stale = true;
            self.party.meet(contact);
        }
        self.revision += u64::from(is_new);
        self.open_mail(now, rng, from, Held { identity, parcel, stamp, number: Some(number) });
        self.pump(now, rng, from);
    }

    /// Opens it, if it is of who the person is; whatever comes of it, it is done with.
    pub(super) fn open_mail<R: CryptoRng + ?Sized>(&mut self, now: Duration, rng: &mut R, from: PersonId, held: Held) {
        let Held { identity, parcel, stamp, number } = held;
        if self.conversation(from).identity != Some(identity) || !self.party.knows(identity) {
            self.unreadable(now, from);
        } else if !self.party.is_repeated(identity, &parcel) {
            self.open(now, rng, (from, identity), &parcel, stamp);
            self.revision += 1;
        }
        if let Some(number) = number {
            self.taken(number);
        }
    }

    fn taken(&mut self, number: u64) {
        self.outputs.push_back(Output::Taken { number });
    }

    /// Remembers a message beyond this program, where its sender may send it again to the next.
    pub(super) fn note_opened(&mut self, identity: IdentityId, id: MessageId) {
        if self.mailbox_bundle().is_none() {
            return;
        }
        self.opened.push_back((identity, id));
        if self.opened.len() > RING_OPENED_MAX {
            self.opened.pop_front();
        }
        self.revision += 1;
    }
}
