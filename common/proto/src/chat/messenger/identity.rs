//! Who somebody is: by what the server says, and by what it said before.

use std::collections::BTreeMap;
use std::time::Duration;

use rand_core::CryptoRng;

use super::super::IdentityId;
use super::{Messenger, News, Output, Presence, new_series};
use crate::control::PersonId;
use crate::limits::CHAT_ANSWER_WAIT;

impl Messenger {
    /// Who is in the class now, this member included.
    pub fn people<R: CryptoRng + ?Sized>(&mut self, now: Duration, rng: &mut R, people: BTreeMap<PersonId, Presence>) {
        for (person, conversation) in &mut self.conversations {
            let (before, after) = (self.people.get(person), people.get(person));
            if conversation.gone != after.is_none() {
                conversation.gone = after.is_none();
            }
            let (was_there, is_there) = (before.is_some_and(|p| p.connected), after.is_some_and(|p| p.connected));
            if was_there != is_there && after.is_some_and(|p| p.mailbox) {
                conversation.keys_are_stale();
            }
            if (is_there && !was_there) || after.is_some_and(|a| a.identity.is_some() && before.is_none_or(|b| b.identity != a.identity)) {
                conversation.try_all(now, is_there);
            }
        }
        let before = std::mem::replace(&mut self.people, people);
        for person in before.keys().filter(|p| !self.people.contains_key(p)).copied().collect::<Vec<_>>() {
            self.let_files_go(person);
        }
        let announced: Vec<_> = self.conversations.keys().filter_map(|p| Some((*p, self.people.get(p)?.identity?))).collect();
        for (person, identity) in announced {
            let was_told = before.get(&person).and_then(|p| p.identity) == Some(identity);
            if let Some(conversation) = self.conversations.get_mut(&person).filter(|c| !was_told && c.changed.is_some() && c.identity == Some(identity)) {
                // The server has taken it back.
                conversation.changed = None;
            }
            self.look_at(person, identity);
            self.open_held(now, rng, person);
        }
        self.look_at_own(now);
        self.pump_all(now, rng);
    }

    /// Somebody has offered keys, perhaps another program's with the same identity.
    pub fn new_keys<R: CryptoRng + ?Sized>(&mut self, now: Duration, rng: &mut R, person: PersonId) {
        let is_there = self.people.get(&person).is_some_and(|p| p.connected);
        if let Some(conversation) = self.conversations.get_mut(&person).filter(|c| c.identity.is_some()) {
            conversation.keys_are_stale();
            conversation.try_all(now, is_there);
            self.pump(now, rng, person);
        }
    }

    /// Others are told of it a moment after the keys were taken.
    pub(super) fn look_at_own(&mut self, now: Duration) {
        let Some(told) = self.me.and_then(|me| self.people.get(&me)).filter(|_| self.joined) else { return };
        let right = told.identity == Some(self.party.keys().id());
        if !right && self.own_right == Some(true) && self.own_look.is_none() {
            self.own_look = Some(now + CHAT_ANSWER_WAIT);
        }
        let is_time = right || self.own_look.is_some_and(|at| now >= at);
        if is_time && self.own_right != Some(right) {
            self.own_right = Some(right);
            self.outputs.push_back(Output::News(News::OwnKeys { right }));
        }
        if right {
            self.own_look = None;
        }
    }

    /// Compares what the server says of somebody's identity with what it is bound to. That it said the right one again changes nothing.
    pub(super) fn look_at(&mut self, person: PersonId, identity: IdentityId) {
        let Some(conversation) = self.conversations.get_mut(&person) else { return };
        if conversation.identity.is_some_and(|bound| bound != identity) && conversation.changed != Some(identity) {
            conversation.changed = Some(identity);
            self.outputs.push_back(Output::News(News::Changed { person }));
        }
    }

    /// Somebody has looked at the identity that the server gives now: from now on it is this person's.
    pub fn accept<R: CryptoRng + ?Sized>(&mut self, now: Duration, rng: &mut R, person: PersonId) {
        let Some(conversation) = self.conversations.get_mut(&person) else { return };
        let Some(changed) = conversation.changed.take() else { return };
        conversation.identity = Some(changed);
        conversation.verified = false;
        conversation.begin_anew(new_series(rng));
        conversation.try_all(now, true);
        self.revision += 1;
        self.ask_keys(now, person);
    }

    /// Marks that the safety number was compared.
    pub fn verify(&mut self, person: PersonId, verified: bool) {
        if let Some(conversation) = self.conversations.get_mut(&person).filter(|c| c.identity.is_some() && c.changed.is_none()) {
            conversation.verified = verified;
            self.revision += 1;
        }
    }

    /// Looks who somebody is, before anything was written.
    pub fn meet(&mut self, now: Duration, person: PersonId) {
        if self.people.contains_key(&person) && self.conversation(person).identity.is_none() {
            self.ask_keys(now, person);
        }
    }
}
