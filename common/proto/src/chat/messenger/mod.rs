//! What one member does about private chat in a class: what is sent when, what is held back, what is shown. Without a socket or a clock.
//!
//! Calls say what happened ([`Messenger::people`], [`Messenger::received`], ...); [`Messenger::poll`] gives what is to be asked of the server
//! and what is news, [`Messenger::poll_timeout`] when [`Messenger::handle_timeout`] is due. One parcel to each person is on its way to the server
//! at a time, so that their order is the order of writing. What nobody says has arrived is sent again, less and less often; what the
//! other cannot read is sent under a new key. The server is not believed: an identity is bound to its person when it is first met, and
//! another one for the same person stops everything between the two until somebody has looked at it.

mod conversation;
mod files;
mod identity;
mod kept;
mod mail;
mod outcome;
mod receiving;
mod report;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::time::Duration;

use rand_core::CryptoRng;

use super::content::{Content, FileInfo, MARKED_MAX, MessageId, TEXT_MAX};
use super::keys::Bundle;
use super::party::Party;
use super::ring::KnownPeer;
use super::stamp::Stamped;
use super::{IdentityId, Parcel};
use crate::control::{PersonId, Refusal};
use crate::limits::{CHAT_ANSWER_WAIT, CHAT_ATTACHMENTS_MAX, CHAT_CONVERSATIONS_MAX, CHAT_TYPING_EVERY, CHAT_UNDELIVERED_MAX};
pub use conversation::{Conversation, Item, Shown, State};
pub use files::{Attachment, FileState};
use receiving::Known;
pub use report::Reported;

/// Names a question to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Token(u64);

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// The server is asked for somebody's keys; [`Messenger::keys`] takes what it says.
    AskKeys {
        token: Token,
        person: PersonId,
    },
    /// A parcel for somebody; [`Messenger::answered`] takes what the server says.
    Send {
        token: Token,
        to: PersonId,
        parcel: Box<Parcel>,
    },
    /// A parcel that waits for somebody at the server; [`Messenger::answered`] takes what the server says.
    Leave {
        token: Token,
        to: PersonId,
        parcel: Box<Parcel>,
    },
    /// What waited under this number was opened or can never be: once [`Messenger::memory`] is kept, the server may forget it.
    Taken {
        number: u64,
    },
    /// Somebody is told that what they sent cannot be read.
    Unread {
        from: PersonId,
    },
    /// The server is asked whether a stamp is its own; [`Messenger::checked`] takes what it says.
    Check {
        token: Token,
        stamped: Box<Stamped>,
        mac: [u8; 32],
    },
    News(News),
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// Somebody wrote; `missing` others before it did not come.
    Text {
        from: PersonId,
        id: MessageId,
        sent_ms: i64,
        text: String,
        missing: u64,
    },
    /// Somebody offers a file: [`Messenger::fetch`] gets it.
    File {
        from: PersonId,
        id: MessageId,
        sent_ms: i64,
        info: FileInfo,
        missing: u64,
    },
    /// A file that was fetched is here ([`FileState::Here`]), or is not what was said, or not to be had any more.
    Came {
        from: PersonId,
        id: MessageId,
        right: bool,
    },
    /// A file that was offered is at the other's, all of it.
    Fetched {
        by: PersonId,
        id: MessageId,
    },
    /// The server took it; whether it arrives only the other can say.
    Sent {
        to: PersonId,
        id: MessageId,
    },
    /// It waits at the server until the other is there.
    Kept {
        to: PersonId,
        id: MessageId,
    },
    /// The server does not take it.
    Refused {
        to: PersonId,
        id: MessageId,
        why: Refusal,
    },
    /// These cannot be sent: the keys that the server gives for this person are not signed by their identity, or are another's.
    FalseKeys {
        to: PersonId,
        ids: Vec<MessageId>,
    },
    Delivered {
        to: PersonId,
        ids: Vec<MessageId>,
    },
    Read {
        by: PersonId,
        ids: Vec<MessageId>,
    },
    /// Nobody said that it arrived, however often it was sent.
    Unconfirmed {
        to: PersonId,
        id: MessageId,
    },
    /// Something came that cannot be read.
    Unreadable {
        from: PersonId,
    },
    /// The server gives another identity for this person than before: nothing goes or comes until that is accepted.
    Changed {
        person: PersonId,
    },
    /// The server tells others another identity for this member than the own one, or none.
    OwnKeys {
        right: bool,
    },
    /// A message was reported to this member.
    Reported(Box<Reported>),
}

/// What is known of somebody in the class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presence {
    pub connected: bool,
    /// Can be written to while away.
    pub mailbox: bool,
    /// What the server says that the others are told.
    pub identity: Option<IdentityId>,
}

/// Why a text is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    #[error("a message has 1 to {TEXT_MAX} bytes; this one has {0}.")]
    Length(usize),
    #[error("this person is not in the class any more.")]
    Gone,
    #[error("the server gives another identity for this person than before. Compare the safety number with them, then accept it, or do not write.")]
    Changed,
    #[error("you have blocked this person; unblock them to write.")]
    Blocked,
    #[error("{CHAT_UNDELIVERED_MAX} messages to this person have not arrived yet; wait until some have.")]
    TooMany,
    #[error("that message is not here any more.")]
    NoSuchMessage,
    /// Both in bytes.
    #[error("{}", too_large(*.size, *.max))]
    TooLarge { size: u64, max: u64 },
    #[error("the files of this program's conversations have {} MiB together, and more are not held; start it again to let them go.", CHAT_ATTACHMENTS_MAX >> 20)]
    TooManyFiles,
}

fn too_large(size: u64, max: u64) -> String {
    match max {
        0 => "this class has no attachments.".into(),
        _ => format!("a file of {size} bytes is larger than this class allows, {max}; send a part of it, or share it another way."),
    }
}

/// One member's private chat.
#[derive(Debug)]
pub struct Messenger {
    party: Party,
    me: Option<PersonId>,
    joined: bool,
    people: BTreeMap<PersonId, Presence>,
    conversations: BTreeMap<PersonId, Conversation>,
    known: HashMap<IdentityId, Known>,
    /// Who was met by the program before this one.
    bound: BTreeMap<PersonId, KnownPeer>,
    /// Messages that were opened, of people who have mailboxes.
    opened: VecDeque<(IdentityId, MessageId)>,
    /// Counts the changes of what must not be forgotten.
    revision: u64,
    /// Seconds since 1970.
    today_s: i64,
    blocked: BTreeSet<PersonId>,
    asked: HashMap<Token, (PersonId, Duration)>,
    checks: HashMap<Token, (Reported, Duration)>,
    reports: Vec<Reported>,
    tokens: u64,
    outputs: VecDeque<Output>,
    /// Whether others are told the own identity; none: not looked at yet.
    own_right: Option<bool>,
    own_look: Option<Duration>,
    files: files::Files,
}

impl Messenger {
    #[must_use]
    pub fn new(party: Party) -> Self {
        Self {
            party,
            me: None,
            joined: false,
            people: BTreeMap::new(),
            conversations: BTreeMap::new(),
            known: HashMap::new(),
            bound: BTreeMap::new(),
            opened: VecDeque::new(),
            revision: 0,
            today_s: 0,
            blocked: BTreeSet::new(),
            asked: HashMap::new(),
            checks: HashMap::new(),
            reports: Vec::new(),
            tokens: 0,
            outputs: VecDeque::new(),
            own_right: None,
            own_look: None,
            files: files::Files::default(),
        }
    }

    #[must_use]
    pub fn id(&self) -> IdentityId {
        self.party.keys().id()
    }

    /// What is offered to others after each joining.
    #[must_use]
    pub fn bundle(&self) -> &Bundle {
        self.party.keys().bundle()
    }

    /// Whom something was written to or came from, with what is known of it.
    #[must_use]
    pub fn conversations(&self) -> &BTreeMap<PersonId, Conversation> {
        &self.conversations
    }

    /// What was reported to this member, oldest first.
    #[must_use]
    pub fn reports(&self) -> &[Reported] {
        &self.reports
    }

    /// Whether others are told this member's own identity; none while that is not known.
    #[must_use]
    pub fn own_right(&self) -> Option<bool> {
        self.own_right
    }

    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// The own keys were taken by the server on a new connection: whatever was asked before is not answered any more.
    pub fn joined<R: CryptoRng + ?Sized>(&mut self, now: Duration, rng: &mut R, me: PersonId) {
        self.lost();
        (self.me, self.joined) = (Some(me), true);
        self.own_look = Some(now + CHAT_ANSWER_WAIT);
        self.look_at_own(now);
        for (person, conversation) in &mut self.conversations {
            conversation.try_all(now, self.people.get(person).is_some_and(|p| p.connected));
        }
        self.pump_all(now, rng);
    }

    /// The connection is gone.
    pub fn lost(&mut self) {
        self.joined = false;
        self.asked.clear();
        self.checks.clear();
        self.own_look = None;
        for conversation in self.conversations.values_mut() {
            conversation.asking = None;
            if let Some(flight) = conversation.flight.take() {
                conversation.take_back(flight);
            }
        }
    }

    /// Writes to somebody; it goes as soon as it can.
    ///
    /// # Errors
    /// [`WriteError`].
    pub fn write<R: CryptoRng + ?Sized>(&mut self, now: Duration, rng: &mut R, to: PersonId, sent_ms: i64, text: String) -> Result<MessageId, WriteError> {
        if text.is_empty() || text.len() > TEXT_MAX {
            return Err(WriteError::Length(text.len()));
        }
        let id = new_id(rng);
        self.enqueue(rng, to, Content::Text { id, sent_ms, text: text.clone() })?;
        self.conversation(to).show(Item { id, own: true, sent_ms, text: text.into(), state: State::Waiting, proof: None, file: None });
        self.pump(now, rng, to);
        Ok(id)
    }

    fn enqueue<R: CryptoRng + ?Sized>(&mut self, rng: &mut R, to: PersonId, content: Content) -> Result<(), WriteError> {
        if !self.people.contains_key(&to) {
            return Err(WriteError::Gone);
        }
        if self.blocked.contains(&to) {
            return Err(WriteError::Blocked);
        }
        let is_new = !self.conversations.contains_key(&to);
        if is_new && self.conversations.len() >= CHAT_CONVERSATIONS_MAX {
            return Err(WriteError::TooMany);
        }
        let conversation = self.conversation(to);
        match (conversation.changed, conversation.outgoing.len() >= CHAT_UNDELIVERED_MAX) {
            (Some(_), _) => return Err(WriteError::Changed),
            (None, true) => return Err(WriteError::TooMany),
            (None, false) => conversation.enqueue(new_series(rng), content),
        }
        Ok(())
    }

    /// Somebody looks at what was written: the other is told, and nothing is unread any more.
    pub fn seen<R: CryptoRng + ?Sized>(&mut self, now: Duration, rng: &mut R, of: PersonId) {
        let Some(conversation) = self.conversations.get_mut(&of) else { return };
        let ids = std::mem::take(&mut conversation.unread);
        conversation.read_marks.extend(ids);
        self.pump(now, rng, of);
    }

    /// This member writes something to somebody at this moment. Told every few seconds at most, and only where nothing else is to be said.
    pub fn typing<R: CryptoRng + ?Sized>(&mut self, now: Duration, rng: &mut R, to: PersonId) {
        let Some(conversation) = self.conversations.get_mut(&to).filter(|c| c.identity.is_some()) else { return };
        if conversation.typing_told.is_none_or(|at| now >= at + CHAT_TYPING_EVERY) {
            conversation.typing_told = Some(now);
            conversation.typing_mark = true;
            self.pump(now, rng, to);
        }
    }

    /// Nothing from this person is opened, and nothing is sent.
    pub fn block(&mut self, person: PersonId, blocked: bool) {
        let conversation = self.conversation(person);
        conversation.blocked = blocked;
        if blocked {
            conversation.outgoing.clear();
            conversation.held.clear();
            self.blocked.insert(person);
            self.let_files_go(person);
        } else {
            self.blocked.remove(&person);
        }
        self.revision += 1;
    }

    fn conversation(&mut self, person: PersonId) -> &mut Conversation {
        let Self { conversations, bound, .. } = self;
        conversations.entry(person).or_insert_with(|| Conversation::with(bound.get(&person)))
    }

    fn token(&mut self) -> Token {
        self.tokens += 1;
        Token(self.tokens)
    }

    fn ask_keys(&mut self, now: Duration, person: PersonId) {
        if !self.joined || self.conversation(person).asking.is_some() {
            return;
        }
        let token = self.token();
        self.asked.insert(token, (person, now + CHAT_ANSWER_WAIT));
        self.conversation(person).asking = Some(token);
        self.outputs.push_back(Output::AskKeys { token, person });
    }

    fn pump_all<R: CryptoRng + ?Sized>(&mut self, now: Duration, rng: &mut R) {
        let people: Vec<_> = self.conversations.keys().copied().collect();
        for person in people {
            self.pump(now, rng, person);
        }
    }

    /// Sends what is next for somebody, if anything can go.
    fn pump<R: CryptoRng + ?Sized>(&mut self, now: Duration, rng: &mut R, to: PersonId) {
        let Some(presence) = self.people.get(&to) else { return };
        let by_mail = !presence.connected && self.leaves_mail(presence);
        let Some(conversation) = self.conversations.get_mut(&to) else { return };
        let stopped =
            !self.joined || !(presence.connected || by_mail) || conversation.changed.is_some() || conversation.blocked || conversation.flight.is_some();
        if stopped || conversation.pause.is_some_and(|until| now < until) || !conversation.has_work(now) {
            return;
        }
        let known = conversation.identity.filter(|id| self.party.knows(*id) && !conversation.stale);
        let Some(identity) = known else { return self.ask_keys(now, to) };
        conversation.pause = None;
        let (sealed, mut flight) = match conversation.refused.take() {
            // Refused before: the very same bytes again, so that no gap is seen where nothing is missing.
            Some((parcel, flight)) => (Ok(parcel), flight),
            None => {
                let Some((flight, body)) = conversation.next(now, by_mail) else { return };
                (self.party.send(rng, identity, &body).map(Box::new), flight)
            }
        };
        let Ok(parcel) = sealed else {
            // The keys are right and the content fits: only a generator that fails comes here.
            return conversation.take_back(flight);
        };
        flight.sent(parcel.message.key, now + CHAT_ANSWER_WAIT);
        let token = self.token();
        flight.token = Some(token);
        flight.parcel = Some(parcel.clone());
        flight.by_mail = self.party.writes_to_mailbox(identity);
        let output = if flight.by_mail { Output::Leave { token, to, parcel } } else { Output::Send { token, to, parcel } };
        self.conversation(to).flight = Some(flight);
        self.outputs.push_back(output);
    }

    /// When [`Messenger::handle_timeout`] is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        let conversations = self.conversations.iter().filter(|(p, _)| self.people.get(p).is_some_and(|p| p.connected || self.leaves_mail(p)));
        let theirs = conversations.filter_map(|(_, c)| c.next_timeout());
        let asked = self.asked.values().map(|(_, at)| *at).chain(self.checks.values().map(|(_, at)| *at));
        theirs.chain(asked).chain(self.own_look).min().filter(|_| self.joined)
    }

    /// What was to be done by now.
    pub fn handle_timeout<R: CryptoRng + ?Sized>(&mut self, now: Duration, rng: &mut R) {
        let late: Vec<_> = self.asked.iter().filter(|(_, (_, at))| now >= *at).map(|(t, (p, _))| (*t, *p)).collect();
        for (token, person) in late {
            self.asked.remove(&token);
            let conversation = self.conversation(person);
            conversation.asking = None;
            conversation.pause = Some(now + CHAT_ANSWER_WAIT);
        }
        let unsaid: Vec<_> = self.checks.iter().filter(|(_, (_, at))| now >= *at).map(|(t, _)| *t).collect();
        for token in unsaid {
            self.checked(token, None);
        }
        let people: Vec<_> = self.conversations.keys().copied().collect();
        for person in people {
            self.late_flight(now, person);
            self.give_up(now, person);
            self.renew_if_due(now, person);
        }
        self.look_at_own(now);
        if self.own_look.is_some_and(|at| now >= at) {
            self.own_look = None;
        }
        self.pump_all(now, rng);
    }
}

/// Never 0.
fn new_series<R: CryptoRng + ?Sized>(rng: &mut R) -> u64 {
    rng.next_u64() | 1
}

fn new_id<R: CryptoRng + ?Sized>(rng: &mut R) -> MessageId {
    let mut id = [0; 16];
    rng.fill_bytes(&mut id);
    MessageId(id)
}

/// Takes as many names as one mark has place for.
fn marks(from: &mut Vec<MessageId>) -> Vec<MessageId> {
    let rest = from.split_off(from.len().min(MARKED_MAX));
    std::mem::replace(from, rest)
}

/// What was opened lately, so that what is sent again is not shown again.
#[derive(Debug, Default)]
struct Recent {
    ids: HashSet<MessageId>,
    order: VecDeque<MessageId>,
}
