//! What is known of one conversation, and what waits in it.

use std::collections::{BTreeSet, VecDeque};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use super::super::content::{Body, Content, MessageId};
use super::super::ring::KnownPeer;
use super::super::stamp::{Proof, Stamp};
use super::super::{IdentityId, KeyId, Parcel};
use super::files::{Attachment, FileState};
use super::{Token, marks};
use crate::control::Refusal;
use crate::limits::{CHAT_AGAIN_AFTER, CHAT_ITEMS_MAX, CHAT_RECENT_MAX, CHAT_TRIES_MAX};

/// Series of one person that are kept in mind: programs that it started lately.
const SERIES_MAX: usize = 4;

/// How far a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It goes when the other is there, or when there is room.
    Waiting,
    /// The server has it, or the other's connection.
    Sent,
    /// It waits at the server until the other is there.
    Kept,
    /// It was opened on the other's machine.
    Delivered,
    /// It was shown to the other.
    Read,
    /// It was sent again and again, and nobody says that it arrived.
    Unconfirmed,
    /// The server does not take it.
    Refused(Refusal),
    /// The keys that the server gave were not signed by the other's identity.
    FalseKeys,
    /// It came from the other.
    Received,
}

/// A message that is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub id: MessageId,
    /// This member wrote it.
    pub own: bool,
    /// By its writer's calendar, milliseconds since 1970: shown, not believed.
    pub sent_ms: i64,
    pub text: Arc<str>,
    pub state: State,
    /// What shows to an instructor that the other wrote it.
    pub proof: Option<Arc<Proof>>,
    /// The file that it offers; `text` is its name then.
    pub file: Option<Arc<Attachment>>,
}

/// What a window shows of a conversation.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    /// Whom it is with, once that is known.
    pub identity: Option<IdentityId>,
    /// The server gives this identity now: nothing goes or comes until [`super::Messenger::accept`].
    pub changed: Option<IdentityId>,
    /// Somebody has compared the safety number.
    pub verified: bool,
    pub blocked: bool,
    /// The person is not in the class any more.
    pub gone: bool,
    /// The newest at the end; older ones than [`CHAT_ITEMS_MAX`] are let go.
    pub items: VecDeque<Item>,
    /// Messages of the other that were not looked at.
    pub unread: Vec<MessageId>,
    /// Messages of the other that did not come.
    pub missing: u64,
    /// Parcels that could not be read.
    pub unreadable: u64,
    /// The other writes until then, if nothing comes.
    pub typing_until: Option<Duration>,
}

/// One conversation.
#[derive(Debug, Default)]
pub struct Conversation {
    shown: Arc<Shown>,
    /// What this member's program numbers; 0: nothing yet.
    series: u64,
    numbered: u64,
    /// The newest number that went.
    gone_through: u64,
    /// What came in which series, the newest at the end.
    came: VecDeque<(u64, Came)>,
    pub(super) outgoing: VecDeque<Outgoing>,
    /// What the server has not answered yet.
    pub(super) flight: Option<Flight>,
    /// What it refused for a while.
    pub(super) refused: Option<(Box<Parcel>, Flight)>,
    pub(super) pause: Option<Duration>,
    pub(super) asking: Option<Token>,
    pub(super) delivered_marks: Vec<MessageId>,
    pub(super) read_marks: Vec<MessageId>,
    pub(super) typing_mark: bool,
    pub(super) typing_told: Option<Duration>,
    /// Came before the keys were known, or under another identity.
    pub(super) held: VecDeque<Held>,
    /// The other's keys may be others now: they are asked for before anything goes.
    pub(super) stale: bool,
    pub(super) told_unread: Option<Duration>,
    pub(super) renewed: Option<Duration>,
    pub(super) renew_at: Option<Duration>,
}

/// Something that came and waits to be opened.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) identity: IdentityId,
    pub(super) parcel: Box<Parcel>,
    pub(super) stamp: Stamp,
    /// Its number, where it waited at the server.
    pub(super) number: Option<u64>,
}

/// A content with a name, until the other says that it arrived.
#[derive(Debug, Clone)]
pub(super) struct Outgoing {
    pub(super) id: Option<MessageId>,
    number: u64,
    pub(super) content: Content,
    pub(super) tries: u32,
    /// When it goes (again); none: when something happens.
    pub(super) due: Option<Duration>,
    /// Under which key it went last.
    pub(super) key: Option<KeyId>,
    /// It waits at the server.
    pub(super) kept: bool,
}

/// Which numbers of a series came.
#[derive(Debug, Clone, Default)]
struct Came {
    /// All up to this one.
    through: u64,
    beyond: BTreeSet<u64>,
    highest: u64,
}

impl Came {
    /// Notes a number that came, or of a mark the newest that went before it; gives how many are seen to be missing that were not before.
    fn note(&mut self, number: u64, has_come: bool) -> u64 {
        let newly = number.saturating_sub(self.highest).saturating_sub(u64::from(has_come));
        self.highest = self.highest.max(number);
        if has_come && number > self.through {
            self.beyond.insert(number);
        }
        if self.beyond.len() > CHAT_RECENT_MAX
            && let Some(lowest) = self.beyond.first()
        {
            // What lies so far back does not come any more.
            self.through = lowest - 1;
        }
        while self.beyond.remove(&self.through.saturating_add(1)) {
            self.through = self.through.saturating_add(1);
        }
        newly
    }

    fn missing(&self) -> u64 {
        self.highest.saturating_sub(self.through).saturating_sub(self.beyond.len() as u64)
    }
}

/// What is on its way to the server.
#[derive(Debug, Clone)]
pub(super) struct Flight {
    pub(super) what: What,
    pub(super) token: Option<Token>,
    pub(super) key: Option<KeyId>,
    pub(super) until: Duration,
    pub(super) parcel: Option<Box<Parcel>>,
    pub(super) by_mail: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    Named(MessageId),
    Delivered(Vec<MessageId>),
    Read(Vec<MessageId>),
    Typing,
}

impl Flight {
    fn new(what: What) -> Self {
        Self { what, token: None, key: None, until: Duration::ZERO, parcel: None, by_mail: false }
    }

    pub(super) fn sent(&mut self, key: KeyId, until: Duration) {
        (self.key, self.until) = (Some(key), until);
    }
}

impl Deref for Conversation {
    type Target = Shown;

    fn deref(&self) -> &Shown {
        &self.shown
    }
}

impl DerefMut for Conversation {
    fn deref_mut(&mut self) -> &mut Shown {
        Arc::make_mut(&mut self.shown)
    }
}

impl Conversation {
    /// One that begins, with somebody whom the program before this one may have met.
    pub(super) fn with(known: Option<&KnownPeer>) -> Self {
        let mut conversation = Self::default();
        if let Some(known) = known {
            (conversation.identity, conversation.verified, conversation.blocked) = (Some(known.identity), known.verified, known.blocked);
        }
        conversation
    }

    /// What is shown of it, as it is now.
    #[must_use]
    pub fn shown(&self) -> Arc<Shown> {
        Arc::clone(&self.shown)
    }

    pub(super) fn show(&mut self, item: Item) {
        self.items.push_back(item);
        if self.items.len() > CHAT_ITEMS_MAX {
            self.items.pop_front();
        }
    }

    pub(super) fn set(&mut self, id: MessageId, state: State) {
        if let Some(item) = self.items.iter_mut().rev().find(|i| i.own && i.id == id) {
            item.state = state;
        }
    }

    pub(super) fn set_file(&mut self, id: MessageId, state: FileState) {
        if let Some(file) = self.items.iter_mut().rev().find(|i| i.id == id).and_then(|i| i.file.as_mut()) {
            Arc::make_mut(file).state = state;
        }
    }

    /// Something to be sent until it has arrived; `series` names what goes from here, if nothing did yet.
    pub(super) fn enqueue(&mut self, series: u64, content: Content) {
        if self.series == 0 {
            self.series = series;
        }
        self.numbered += 1;
        self.outgoing.push_back(Outgoing { id: content.id(), number: self.numbered, content, tries: 0, due: Some(Duration::ZERO), key: None, kept: false });
    }

    /// With somebody else all counts begin anew.
    pub(super) fn begin_anew(&mut self, series: u64) {
        (self.series, self.numbered, self.gone_through) = (series, 0, 0);
        for out in &mut self.outgoing {
            self.numbered += 1;
            out.number = self.numbered;
        }
        self.came.clear();
        (self.flight, self.refused) = (None, None);
    }

    /// Notes what came, or was sent before it; gives how many are seen to be missing that were not before.
    pub(super) fn note(&mut self, body: &Body) -> u64 {
        if body.series == 0 && body.number == 0 {
            return 0;
        }
        let at = self.came.iter().position(|(series, _)| *series == body.series).unwrap_or_else(|| {
            self.came.push_back((body.series, Came::default()));
            if self.came.len() > SERIES_MAX {
                self.came.pop_front();
            }
            self.came.len() - 1
        });
        let newly = self.came[at].1.note(body.number, body.content.id().is_some());
        let missing = self.came.iter().map(|(_, came)| came.missing()).fold(0, u64::saturating_add);
        if self.missing != missing {
            self.missing = missing;
        }
        newly
    }

    /// Whatever did not arrive is tried again now. What waits at the server has some time to come from there, once the other is there.
    pub(super) fn try_all(&mut self, now: Duration, there: bool) {
        self.pause = None;
        for out in self.outgoing.iter_mut().filter(|out| there || !out.kept) {
            (out.due, out.tries) = (Some(if out.kept { now + CHAT_AGAIN_AFTER } else { now }), out.tries.min(1));
        }
    }

    /// The other may have other keys now.
    pub(super) fn keys_are_stale(&mut self) {
        self.stale = true;
        // What was sealed for the ones before is sealed anew.
        if let Some((_, flight)) = self.refused.take() {
            self.take_back(flight);
        }
    }

    pub(super) fn has_work(&self, now: Duration) -> bool {
        let due = self.outgoing.iter().any(|o| o.due.is_some_and(|at| at <= now));
        due || self.refused.is_some() || !self.delivered_marks.is_empty() || !self.read_marks.is_empty() || self.typing_mark || !self.held.is_empty()
    }

    /// What goes next.
    pub(super) fn next(&mut self, now: Duration, by_mail: bool) -> Option<(Flight, Body)> {
        // Nobody waits for it.
        self.typing_mark &= !by_mail;
        let (flight, number, content) = self.next_content(now, by_mail)?;
        self.gone_through = self.gone_through.max(number);
        // A mark has none of its own.
        let number = if number == 0 { self.gone_through } else { number };
        Some((flight, Body { series: self.series, number, content }))
    }

    fn next_content(&mut self, now: Duration, by_mail: bool) -> Option<(Flight, u64, Content)> {
        if by_mail {
            // What needs the other's program goes when it is there.
            self.outgoing.iter_mut().filter(|o| !o.content.can_wait()).for_each(|o| o.due = None);
        }
        if let Some(out) = self.outgoing.iter_mut().find(|o| o.due.is_some_and(|at| at <= now)) {
            out.due = None;
            self.typing_mark = false;
            return Some((Flight::new(What::Named(out.id?)), out.number, out.content.clone()));
        }
        if !self.delivered_marks.is_empty() {
            let ids = marks(&mut self.delivered_marks);
            return Some((Flight::new(What::Delivered(ids.clone())), 0, Content::Delivered(ids)));
        }
        if !self.read_marks.is_empty() {
            let ids = marks(&mut self.read_marks);
            return Some((Flight::new(What::Read(ids.clone())), 0, Content::Read(ids)));
        }
        std::mem::take(&mut self.typing_mark).then(|| (Flight::new(What::Typing), 0, Content::Typing))
    }

    /// It is not known whether the server had it: it goes again later, sealed anew.
    pub(super) fn take_back(&mut self, flight: Flight) {
        match flight.what {
            What::Named(id) => {
                if let Some(out) = self.outgoing.iter_mut().find(|o| o.id == Some(id)) {
                    (out.due, out.tries) = (Some(Duration::ZERO), out.tries + 1);
                }
            }
            What::Delivered(ids) => self.delivered_marks.extend(ids),
            What::Read(ids) => self.read_marks.extend(ids),
            What::Typing => {}
        }
    }

    /// The server took it; gives the name of what somebody said.
    pub(super) fn taken(&mut self, now: Duration, flight: &Flight) -> Option<MessageId> {
        let What::Named(id) = flight.what else { return None };
        let out = self.outgoing.iter_mut().find(|o| o.id == Some(id))?;
        out.key = flight.key;
        out.tries += 1;
        out.kept = flight.by_mail;
        if out.kept {
            out.due = None;
            self.set(id, State::Kept);
            return Some(id);
        }
        out.due = Some(now + CHAT_AGAIN_AFTER * 2u32.pow(out.tries.min(CHAT_TRIES_MAX) - 1));
        let is_said = out.content.is_said();
        self.set(id, State::Sent);
        is_said.then_some(id)
    }

    pub(super) fn next_timeout(&self) -> Option<Duration> {
        if self.blocked || self.changed.is_some() {
            return None;
        }
        let flight = self.flight.as_ref().map(|f| f.until);
        let due = self.outgoing.iter().filter_map(|o| o.due).min();
        let due = match (self.pause, &self.flight) {
            // It waits for the answer.
            (_, Some(_)) => None,
            (Some(pause), None) => due.map(|d| d.max(pause)).or((self.refused.is_some() || self.has_work(Duration::MAX)).then_some(pause)),
            (None, None) => due.filter(|_| self.asking.is_none()),
        };
        [flight, due, self.renew_at].into_iter().flatten().min()
    }
}
