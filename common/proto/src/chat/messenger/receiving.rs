//! What comes from others.

use std::sync::Arc;
use std::time::Duration;

use rand_core::CryptoRng;

use super::super::content::{Content, MessageId};
use super::super::stamp::{Proof, Stamp};
use super::super::{IdentityId, Parcel};
use super::conversation::Held;
use super::{Item, Messenger, News, Output, Recent, State};
use crate::control::PersonId;
use crate::limits::{CHAT_CONVERSATIONS_MAX, CHAT_HELD_MAX, CHAT_RECENT_MAX, CHAT_TYPING_FOR, CHAT_UNREAD_EVERY};

/// What is remembered of an identity, whatever person it is in this class.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) recent: Recent,
}

impl Recent {
    /// Whether this was not opened before.
    pub(super) fn is_new(&mut self, id: MessageId) -> bool {
        let is_new = self.ids.insert(id);
        if is_new {
            self.order.push_back(id);
            if self.order.len() > CHAT_RECENT_MAX
                && let Some(oldest) = self.order.pop_front()
            {
                self.ids.remove(&oldest);
            }
        }
        is_new
    }
}

impl Messenger {
    /// A parcel came, by what the server says from this person with this identity.
    pub fn received<R: CryptoRng + ?Sized>(&mut self, now: Duration, rng: &mut R, from: PersonId, identity: IdentityId, parcel: Box<Parcel>, stamp: Stamp) {
        let is_full = self.conversations.len() >= CHAT_CONVERSATIONS_MAX && !self.conversations.contains_key(&from);
        if self.blocked.contains(&from) || Some(from) == self.me || is_full {
            return;
        }
        let knows = self.party.knows(identity);
        let conversation = self.conversation(from);
        let bound = conversation.identity;
        if bound != Some(identity) || conversation.changed.is_some() || !knows {
            self.hold(from, Held { identity, parcel, stamp, number: None });
            if !knows {
                self.ask_keys(now, from);
            }
            return;
        }
        self.open(now, rng, (from, identity), &parcel, stamp);
    }

    /// Waits until somebody has looked at the identity, or its keys are known.
    pub(super) fn hold(&mut self, from: PersonId, held: Held) {
        let identity = held.identity;
        let conversation = self.conversation(from);
        if conversation.held.len() < CHAT_HELD_MAX {
            conversation.held.push_back(held);
        }
        self.look_at(from, identity);
    }

    /// Opens what came from somebody whose keys are known, and who is who they were.
    pub(super) fn open<R: CryptoRng + ?Sized>(&mut self, now: Duration, rng: &mut R, (from, identity): (PersonId, IdentityId), parcel: &Parcel, stamp: Stamp) {
        let Ok(received) = self.party.receive(rng, identity, parcel) else { return self.unreadable(now, from) };
        let proof = Proof::new(stamp, &parcel.message, &received.opened, &received.body);
        let is_said = received.body.content.is_said();
        let is_new = received.body.content.id().is_none_or(|id| self.is_new(identity, id, is_said));
        let conversation = self.conversation(from);
        let missing = conversation.note(&received.body);
        conversation.delivered_marks.extend(received.body.content.id());
        match received.body.content {
            Content::Text { id, sent_ms, text } if is_new => {
                conversation.typing_until = None;
                conversation.unread.push(id);
                let shown: Arc<str> = text.as_str().into();
                conversation.show(Item { id, own: false, sent_ms, text: shown, state: State::Received, proof: Some(Arc::new(proof)), file: None });
                self.outputs.push_back(Output::News(News::Text { from, id, sent_ms, text, missing }));
            }
            Content::Report { evidence, .. } if is_new => self.look_at_report(now, (from, identity), *evidence),
            Content::File { id, sent_ms, file } if is_new => self.offered(from, id, sent_ms, file, missing),
            Content::Fetch { file, .. } if is_new => self.wanted(rng, from, file),
            Content::Piece { file, index, bytes, .. } if is_new => self.piece(from, file, index, bytes),
            Content::Unavailable { file, .. } if is_new => self.unavailable(from, file),
            // Shown or done before.
            Content::Text { .. }
            | Content::Report { .. }
            | Content::File { .. }
            | Content::Fetch { .. }
            | Content::Piece { .. }
            | Content::Unavailable { .. } => {}
            Content::Delivered(ids) => self.have_arrived(now, rng, from, &ids),
            Content::Read(ids) => self.were_read(from, &ids),
            Content::Typing => conversation.typing_until = Some(now + CHAT_TYPING_FOR),
        }
        self.pump(now, rng, from);
    }

    /// Opens what waited for the keys, or for the server to say again who somebody is. What is of another identity than is bound is let go.
    pub(super) fn open_held<R: CryptoRng + ?Sized>(&mut self, now: Duration, rng: &mut R, from: PersonId) {
        let Some(conversation) = self.conversations.get_mut(&from).filter(|c| c.changed.is_none()) else { return };
        let Some(bound) = conversation.identity.filter(|id| self.party.knows(*id)) else { return };
        for held in std::mem::take(&mut conversation.held) {
            match held.number {
                Some(_) => self.open_mail(now, rng, from, held),
                None if held.identity == bound => self.received(now, rng, from, held.identity, held.parcel, held.stamp),
                None => {}
            }
        }
    }

    fn is_new(&mut self, identity: IdentityId, id: MessageId, is_said: bool) -> bool {
        let is_new = self.known.entry(identity).or_default().recent.is_new(id);
        if is_new && is_said {
            self.note_opened(identity, id);
        }
        is_new
    }

    /// The person here is told, and so is the sender, the same for every cause and every few seconds at most.
    pub(super) fn unreadable(&mut self, now: Duration, from: PersonId) {
        let conversation = self.conversation(from);
        conversation.unreadable += 1;
        if conversation.told_unread.is_none_or(|at| now >= at + CHAT_UNREAD_EVERY) {
            conversation.told_unread = Some(now);
            self.outputs.push_back(Output::Unread { from });
        }
        self.outputs.push_back(Output::News(News::Unreadable { from }));
    }
}
