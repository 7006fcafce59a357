//! The room's task, as far as room chat goes: what may be written goes to the keeper, what it has kept is told.

use std::sync::Arc;

use lectern_proto::control::{Event, PersonId, TalkEvent, TalkMessage, TalkPage, TalkRefusal, TalkRequest};
use lectern_proto::limits::{CHAT_QUEUE_FREE, NAME_MAX, SERVER_MESSAGE_MAX, TALK_MENTIONS_MAX, TALK_PAGE, TALK_TEXT_MAX};

use super::super::keeper::{Kept, Order, Outcome, What};
use super::super::talk::{fit, mentions, moderates, words};
use super::RoomTask;
use crate::store::{TalkDone, TalkWrite};

/// A page fits into one message.
const _: () = assert!(TALK_PAGE * (TALK_TEXT_MAX + NAME_MAX + 16 * TALK_MENTIONS_MAX + 256) < SERVER_MESSAGE_MAX);

impl RoomTask {
    /// Takes a request; what it needs of the database is the keeper's.
    pub(super) fn talk(&mut self, by: PersonId, request: TalkRequest) {
        let number = number_of(&request);
        let is_read = matches!(request, TalkRequest::Page { .. } | TalkRequest::Search { .. });
        let refused = match self.talk_order(by, request) {
            Ok(None) => return self.answer(by, TalkEvent::Done { request: number, result: Ok(None) }),
            Ok(Some(what)) => match self.keeper.try_send(Order { by, request: number, what }) {
                Ok(()) => return,
                Err(_) => TalkRefusal::NotKept,
            },
            Err(why) => why,
        };
        self.answer(by, answer_of(number, is_read, refused));
    }

    /// What is to be done, once it may be; none where it is done.
    fn talk_order(&mut self, by: PersonId, request: TalkRequest) -> Result<Option<What>, TalkRefusal> {
        let now = self.clock.now();
        let by = self.roster.person(by).ok_or(TalkRefusal::NotAllowed)?;
        let quiet = self.floor.is_quiet();
        Ok(Some(match request {
            TalkRequest::Say { nonce, text, reply_to, .. } => {
                let text = fit(&text)?;
                self.talk.may_say(now, by, quiet)?;
                let message = TalkMessage {
                    // The keeper numbers it.
                    id: lectern_proto::control::TalkId(0),
                    from: by.id,
                    name: by.name.clone(),
                    role: by.role,
                    at_ms: self.clock.unix_ms(),
                    mentions: mentions(&text, self.roster.people()),
                    text,
                    reply_to,
                    revision: 0,
                    taken: None,
                    reactions: Vec::new(),
                };
                What::Write(TalkWrite::Say { message, nonce })
            }
            TalkRequest::Edit { id, text, .. } => {
                let text = fit(&text)?;
                self.talk.may_change(now, by, quiet)?;
                What::Write(TalkWrite::Edit { id, by: by.id, mentions: mentions(&text, self.roster.people()), text })
            }
            TalkRequest::Delete { id, .. } => {
                // What one regrets may be taken back whenever.
                self.talk.may_change(now, by, false)?;
                What::Write(TalkWrite::Delete { id, by: by.id, moderates: moderates(by.role) })
            }
            TalkRequest::React { id, reaction, on, .. } => {
                self.talk.may_change(now, by, quiet)?;
                What::Write(TalkWrite::React { id, by: by.id, reaction, on })
            }
            TalkRequest::Page { before, .. } => {
                self.talk.may_read(now, by)?;
                What::Page { before }
            }
            TalkRequest::Search { words: search, before, .. } => {
                let words = words(&search)?;
                self.talk.may_read(now, by)?;
                What::Search { words, before }
            }
            TalkRequest::Slow { seconds, .. } => {
                if self.talk.slow(by, seconds)? {
                    tracing::info!(room = %self.name, by = by.id.0, seconds, "room chat is slowed");
                    self.tell(Event::Talk(TalkEvent::Rules(self.talk.rules())));
                }
                return Ok(None);
            }
        }))
    }

    /// Tells what is on disk now, in its order.
    pub(super) fn talk_kept(&mut self, kept: Vec<Kept>) {
        for Kept { by, request, outcome } in kept {
            match outcome {
                Outcome::Written(done) => {
                    let result = done.map(|done| self.tell_done(done));
                    self.answer(by, TalkEvent::Done { request, result });
                }
                Outcome::Read(result) => self.answer(by, TalkEvent::Page { request, result }),
            }
        }
    }

    fn tell_done(&mut self, done: TalkDone) -> Option<lectern_proto::control::TalkId> {
        match done {
            TalkDone::Told(message) => {
                let id = message.id;
                self.tell(Event::Talk(TalkEvent::Message(*message)));
                Some(id)
            }
            // It was told the first time.
            TalkDone::Again(id) => Some(id),
            TalkDone::Reacted { id, by, reaction, on, changed } => {
                if changed {
                    self.tell(Event::Talk(TalkEvent::Reacted { id, by, reaction, on }));
                }
                Some(id)
            }
        }
    }

    /// Through the queue, behind what was told before. Whoever lets half of it wait gets no page.
    fn answer(&mut self, to: PersonId, event: TalkEvent) {
        let Some((_, outbox)) = self.connections.get(&to) else { return };
        let is_page = matches!(event, TalkEvent::Page { .. });
        let event = match event {
            TalkEvent::Page { request, .. } if is_page && outbox.events.capacity() <= CHAT_QUEUE_FREE => {
                TalkEvent::Page { request, result: Err::<TalkPage, _>(TalkRefusal::TooFast { wait_ms: 1_000 }) }
            }
            event => event,
        };
        self.put_or_close(to, Arc::new(Event::Talk(event)));
    }

    /// Somebody's seat has ended: keys, and how fast he or she wrote, are forgotten; what was written stays.
    pub(super) fn leave_chat(&mut self, person: PersonId) {
        self.chat.forget(person);
        self.post.end(person);
        self.talk.forget(person);
    }

    /// What somebody is told of room chat who has just entered.
    pub(super) fn talk_event(&self) -> Event {
        Event::Talk(TalkEvent::Rules(self.talk.rules()))
    }
}

fn number_of(request: &TalkRequest) -> u32 {
    match request {
        TalkRequest::Say { request, .. }
        | TalkRequest::Edit { request, .. }
        | TalkRequest::Delete { request, .. }
        | TalkRequest::React { request, .. }
        | TalkRequest::Page { request, .. }
        | TalkRequest::Search { request, .. }
        | TalkRequest::Slow { request, .. } => *request,
    }
}

fn answer_of(request: u32, is_read: bool, why: TalkRefusal) -> TalkEvent {
    if is_read { TalkEvent::Page { request, result: Err(why) } } else { TalkEvent::Done { request, result: Err(why) } }
}
