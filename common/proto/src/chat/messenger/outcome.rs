//! What becomes of what was sent: the server's answers, the other's marks, and what is done when neither comes.

use std::time::Duration;

use rand_core::CryptoRng;

use super::super::content::MessageId;
use super::super::keys::Bundle;
use super::conversation::{Flight, What};
use super::{Messenger, News, Output, State, Token};
use crate::control::{PersonId, Refusal};
use crate::limits::{CHAT_ANSWER_WAIT, CHAT_RENEW_EVERY, CHAT_RETRY_AFTER, CHAT_TRIES_MAX};

impl Messenger {
    /// The keys that the server gives for somebody, or why it does not.
    pub fn keys<R: CryptoRng + ?Sized>(&mut self, now: Duration, rng: &mut R, token: Token, result: Result<&Bundle, Refusal>) {
        let Some((person, _)) = self.asked.remove(&token) else { return };
        self.conversation(person).asking = None;
        let contact = match result.map(Bundle::check) {
            Ok(Ok(contact)) if contact.life.is_over(self.today_s) => {
                // An old one: its private part may be destroyed by now.
                self.conversation(person).pause = Some(now + CHAT_ANSWER_WAIT);
                return;
            }
            Ok(Ok(contact)) => contact,
            Ok(Err(_)) => return self.false_keys(person),
            // They are away, or have none yet: what waits goes when they are there.
            Err(Refusal::Away | Refusal::Full | Refusal::NoSuchPerson) => {
                self.conversation(person).pause = Some(now + CHAT_ANSWER_WAIT);
                return;
            }
            Err(why) => return self.refuse_all(person, why),
        };
        let id = contact.id;
        // An identity is one person's: nobody is somebody else who is here, nor this member.
        let others = self.conversations.iter().filter(|(p, c)| **p != person && c.identity == Some(id) && !c.gone).count();
        if others > 0 || id == self.id() {
            return self.false_keys(person);
        }
        match self.conversation(person).identity {
            Some(bound) if bound != id => self.look_at(person, id),
            _ => {
                self.party.meet(contact);
                let announced = self.people.get(&person).and_then(|p| p.identity);
                let conversation = self.conversation(person);
                let is_new = conversation.identity.replace(id).is_none();
                conversation.stale = false;
                self.revision += u64::from(is_new);
                if let Some(announced) = announced {
                    self.look_at(person, announced);
                }
                self.open_held(now, rng, person);
            }
        }
        self.pump(now, rng, person);
    }

    fn false_keys(&mut self, person: PersonId) {
        let conversation = self.conversation(person);
        let ids: Vec<_> = std::mem::take(&mut conversation.outgoing).into_iter().filter_map(|out| out.id).collect();
        for id in &ids {
            conversation.set(*id, State::FalseKeys);
        }
        conversation.held.clear();
        self.outputs.push_back(Output::News(News::FalseKeys { to: person, ids }));
    }

    fn refuse_all(&mut self, person: PersonId, why: Refusal) {
        let waiting: Vec<_> = self.conversation(person).outgoing.iter().filter_map(|o| o.id).collect();
        for id in waiting {
            self.refuse(person, id, why);
        }
    }

    fn refuse(&mut self, to: PersonId, id: MessageId, why: Refusal) {
        let conversation = self.conversation(to);
        conversation.outgoing.retain(|o| o.id != Some(id));
        conversation.set(id, State::Refused(why));
        self.outputs.push_back(Output::News(News::Refused { to, id, why }));
    }

    /// What the server says of a parcel.
    pub fn answered<R: CryptoRng + ?Sized>(&mut self, now: Duration, rng: &mut R, token: Token, result: Result<(), Refusal>) {
        let found = self.conversations.iter_mut().find(|(_, c)| c.flight.as_ref().is_some_and(|f| f.token == Some(token)));
        let Some((&person, conversation)) = found else { return };
        let Some(flight) = conversation.flight.take() else { return };
        match result {
            Ok(()) => {
                if let Some(id) = conversation.taken(now, &flight) {
                    let news = if flight.by_mail { News::Kept { to: person, id } } else { News::Sent { to: person, id } };
                    self.outputs.push_back(Output::News(news));
                }
            }
            Err(why @ (Refusal::Full | Refusal::Away | Refusal::NotKept)) => {
                conversation.pause = Some(now + if why == Refusal::Full { CHAT_RETRY_AFTER } else { CHAT_ANSWER_WAIT });
                let Flight { parcel, .. } = &flight;
                if let Some(parcel) = parcel.clone() {
                    conversation.refused = Some((parcel, flight));
                }
            }
            Err(why) => {
                // Its place in the count stays empty: under a new key none is.
                if let Some(identity) = conversation.identity {
                    self.party.renew(identity);
                }
                if let What::Named(id) = flight.what {
                    self.refuse(person, id, why);
                }
            }
        }
        self.pump(now, rng, person);
    }

    /// No answer came in time.
    pub(super) fn late_flight(&mut self, now: Duration, person: PersonId) {
        let conversation = self.conversation(person);
        if let Some(flight) = conversation.flight.take_if(|f| now >= f.until) {
            conversation.take_back(flight);
        }
    }

    /// What was sent often enough is not sent again by itself.
    pub(super) fn give_up(&mut self, now: Duration, to: PersonId) {
        let conversation = self.conversation(to);
        let mut lost = Vec::new();
        for out in conversation.outgoing.iter_mut().filter(|o| o.tries >= CHAT_TRIES_MAX && o.due.is_some_and(|at| at <= now)) {
            out.due = None;
            lost.extend(out.id.filter(|_| out.content.is_said()));
        }
        for id in lost {
            self.conversation(to).set(id, State::Unconfirmed);
            self.outputs.push_back(Output::News(News::Unconfirmed { to, id }));
        }
    }

    /// The other has opened these.
    pub(super) fn have_arrived<R: CryptoRng + ?Sized>(&mut self, now: Duration, rng: &mut R, by: PersonId, ids: &[MessageId]) {
        let conversation = self.conversation(by);
        let identity = conversation.identity;
        let (mut arrived, mut said, mut keys) = (Vec::new(), Vec::new(), Vec::new());
        let last = conversation.outgoing.iter().rposition(|o| o.id.is_some_and(|id| ids.contains(&id)));
        if let Some(last) = last {
            // What went before it and did not arrive is missing there.
            for out in conversation.outgoing.range_mut(..last).filter(|o| o.tries > 0 && o.tries < CHAT_TRIES_MAX) {
                out.due = Some(now);
            }
        }
        conversation.outgoing.retain(|out| {
            let Some(id) = out.id.filter(|id| ids.contains(id)) else { return true };
            arrived.push(id);
            said.extend(out.content.is_said().then_some(id));
            keys.extend(out.key);
            false
        });
        // What the program before this one has written may arrive now.
        let before: Vec<_> = conversation.items.iter().filter(|i| i.own && ids.contains(&i.id) && !arrived.contains(&i.id)).collect();
        let before: Vec<_> = before.into_iter().filter(|i| matches!(i.state, State::Kept | State::Unconfirmed)).map(|i| i.id).collect();
        for id in arrived.iter().chain(&before) {
            conversation.set(*id, State::Delivered);
        }
        said.extend(before);
        for key in keys {
            if let Some(identity) = identity {
                self.party.arrived(identity, key);
            }
        }
        self.pieces_arrived(rng, by, &arrived);
        if !said.is_empty() {
            self.outputs.push_back(Output::News(News::Delivered { to: by, ids: said }));
        }
    }

    /// The other has seen these.
    pub(super) fn were_read(&mut self, by: PersonId, ids: &[MessageId]) {
        let conversation = self.conversation(by);
        let own: Vec<_> = conversation.items.iter().filter(|i| i.own && ids.contains(&i.id)).map(|i| i.id).collect();
        for id in &own {
            conversation.set(*id, State::Read);
        }
        if !own.is_empty() {
            self.outputs.push_back(Output::News(News::Read { by, ids: own }));
        }
    }

    /// Somebody says, by the server, that they cannot read what was sent: a new key is due, every few seconds at most.
    pub fn unread<R: CryptoRng + ?Sized>(&mut self, now: Duration, rng: &mut R, by: PersonId) {
        // Whoever was sent nothing has nothing to complain of.
        let Some(conversation) = self.conversations.get_mut(&by).filter(|c| c.identity.is_some() && !c.blocked) else { return };
        conversation.renew_at = Some(conversation.renewed.map_or(now, |at| now.max(at + CHAT_RENEW_EVERY)));
        self.renew_if_due(now, by);
        self.pump(now, rng, by);
    }

    pub(super) fn renew_if_due(&mut self, now: Duration, to: PersonId) {
        let conversation = self.conversation(to);
        if conversation.renew_at.take_if(|at| now >= *at).is_none() {
            return;
        }
        conversation.renewed = Some(now);
        conversation.refused = None;
        for out in conversation.outgoing.iter_mut().filter(|o| o.tries < CHAT_TRIES_MAX) {
            out.due = Some(now);
        }
        if let Some(identity) = conversation.identity {
            self.party.renew(identity);
        }
        self.ask_keys(now, to);
    }
}
