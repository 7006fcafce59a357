//! What a computer keeps of private chat for somebody with an account, from one program to the next: the messages that were shown, how far
//! they are, and what the others are called.
//!
//! A [`Follower`] looks at conversations and gives a [`Record`] for whatever is new; records are sealed one after another ([`sealed`]) and
//! put together again to a [`History`]. What is kept is bounded: of too much the oldest goes.

pub mod sealed;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::content::{FileInfo, MessageId};
use super::messenger::{Attachment, FileState, Item, Shown, State};
use super::stamp::Proof;
use crate::control::{PersonId, Refusal};
use crate::limits::CHAT_ITEMS_MAX;

/// How far a message was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// An own one of which nobody has said yet that it arrived.
    Unconfirmed,
    /// It waits at the server.
    Kept,
    Delivered,
    Read,
    Refused(Refusal),
    FalseKeys,
    /// The other's, not looked at.
    New,
    Seen,
}

impl Stage {
    fn of(item: &Item, shown: &Shown) -> Self {
        match item.state {
            State::Received if shown.unread.contains(&item.id) => Self::New,
            State::Received => Self::Seen,
            State::Waiting | State::Sent | State::Unconfirmed => Self::Unconfirmed,
            State::Kept => Self::Kept,
            State::Delivered => Self::Delivered,
            State::Read => Self::Read,
            State::Refused(why) => Self::Refused(why),
            State::FalseKeys => Self::FalseKeys,
        }
    }

    fn state(self) -> State {
        match self {
            Self::Unconfirmed => State::Unconfirmed,
            Self::Kept => State::Kept,
            Self::Delivered => State::Delivered,
            Self::Read => State::Read,
            Self::Refused(why) => State::Refused(why),
            Self::FalseKeys => State::FalseKeys,
            Self::New | Self::Seen => State::Received,
        }
    }
}

/// A message as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Whom the conversation is with.
    pub person: PersonId,
    pub id: MessageId,
    /// This member wrote it.
    pub own: bool,
    pub sent_ms: i64,
    /// Empty for a file.
    pub text: String,
    pub file: Option<FileInfo>,
    /// What shows to an instructor that the other wrote it.
    pub proof: Option<Proof>,
    pub stage: Stage,
}

impl Kept {
    fn of(person: PersonId, item: &Item, stage: Stage) -> Self {
        let file = item.file.as_ref().map(|file| file.info.clone());
        let text = if file.is_some() { String::new() } else { item.text.to_string() };
        let proof = item.proof.as_deref().cloned();
        Self { person, id: item.id, own: item.own, sent_ms: item.sent_ms, text, file, proof, stage }
    }

    /// The message as it is shown again. The bytes of a file are not kept: it can be asked for, or is offered no more.
    #[must_use]
    pub fn item(&self) -> Item {
        let state = if self.own { FileState::Unavailable } else { FileState::There };
        let file = self.file.clone().map(|info| Arc::new(Attachment { info, state }));
        let text = file.as_ref().map_or(self.text.as_str(), |file| file.info.name.as_str()).into();
        let proof = self.proof.clone().map(Arc::new);
        Item { id: self.id, own: self.own, sent_ms: self.sent_ms, text, state: self.stage.state(), proof, file }
    }
}

/// One thing that is kept. Grows at its end only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Record {
    /// What somebody is called from here on.
    Name {
        person: PersonId,
        name: String,
    },
    Message(Box<Kept>),
    /// How far a message before it is now.
    Stage {
        person: PersonId,
        id: MessageId,
        stage: Stage,
    },
}

/// All that is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    names: BTreeMap<PersonId, String>,
    /// In the order in which they were shown.
    messages: VecDeque<Kept>,
    /// Where each stands, counted from the first that there ever was.
    places: HashMap<(PersonId, MessageId), u64>,
    gone: u64,
}

impl History {
    /// Puts records together, in their order. What is there already, or is said of what is not there, changes nothing.
    #[must_use]
    pub fn of(records: impl IntoIterator<Item = Record>) -> Self {
        let mut history = Self::default();
        records.into_iter().for_each(|record| history.put(record));
        history
    }

    /// Adds a record.
    pub fn put(&mut self, record: Record) {
        match record {
            Record::Name { person, name } => _ = self.names.insert(person, name),
            Record::Message(kept) => {
                let place = self.gone + self.messages.len() as u64;
                let there = self.places.entry((kept.person, kept.id)).or_insert(place);
                if *there == place {
                    self.messages.push_back(*kept);
                }
            }
            Record::Stage { person, id, stage } => {
                let place = self.places.get(&(person, id)).and_then(|at| usize::try_from(at.checked_sub(self.gone)?).ok());
                if let Some(kept) = place.and_then(|at| self.messages.get_mut(at)) {
                    kept.stage = stage;
                }
            }
        }
    }

    /// As few records as say the same.
    pub fn records(&self) -> impl Iterator<Item = Record> {
        let names = self.names.iter().map(|(person, name)| Record::Name { person: *person, name: name.clone() });
        names.chain(self.messages.iter().map(|kept| Record::Message(Box::new(kept.clone()))))
    }

    /// What people are called of whom something is kept.
    #[must_use]
    pub fn names(&self) -> &BTreeMap<PersonId, String> {
        &self.names
    }

    /// The newest messages of each person, oldest first, as many as are shown.
    #[must_use]
    pub fn conversations(&self) -> BTreeMap<PersonId, Vec<&Kept>> {
        let mut all: BTreeMap<PersonId, Vec<&Kept>> = BTreeMap::new();
        for kept in self.messages.iter().rev() {
            let newest = all.entry(kept.person).or_default();
            if newest.len() < CHAT_ITEMS_MAX {
                newest.push(kept);
            }
        }
        all.values_mut().for_each(|newest| newest.reverse());
        all
    }

    /// How many messages are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.messages.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Lets everything of one person go, or of all; says how many messages that were.
    pub fn forget(&mut self, whom: Option<PersonId>) -> usize {
        let before = self.len();
        let stays = |person: PersonId| whom.is_some_and(|whom| whom != person);
        let records: Vec<_> = self
            .records()
            .filter(|record| match record {
                Record::Name { person, .. } | Record::Stage { person, .. } => stays(*person),
                Record::Message(kept) => stays(kept.person),
            })
            .collect();
        *self = Self::of(records);
        before - self.len()
    }

    /// Lets the oldest messages go until what is left needs no more than so many bytes.
    pub fn trim(&mut self, bytes: u64) {
        let length = |kept: &Kept| sealed::length(&Record::Message(Box::new(kept.clone())));
        let mut all: u64 = self.messages.iter().map(length).sum();
        while all > bytes
            && let Some(oldest) = self.messages.pop_front()
        {
            all -= length(&oldest).min(all);
            self.places.remove(&(oldest.person, oldest.id));
            self.gone += 1;
        }
        let there: std::collections::BTreeSet<_> = self.messages.iter().map(|kept| kept.person).collect();
        self.names.retain(|person, _| there.contains(person));
    }
}

/// Sees what is new in conversations.
#[derive(Debug, Default)]
pub struct Follower {
    /// What was said of the messages that are shown, and what people are called.
    told: BTreeMap<PersonId, (String, HashMap<MessageId, Stage>)>,
}

impl Follower {
    /// From what is kept already.
    #[must_use]
    pub fn after(history: &History) -> Self {
        let conversations = history.conversations().into_iter();
        let told = conversations.map(|(person, kept)| {
            let name = history.names.get(&person).cloned().unwrap_or_default();
            (person, (name, kept.into_iter().map(|kept| (kept.id, kept.stage)).collect()))
        });
        Self { told: told.collect() }
    }

    /// Whether something of this person was kept before.
    #[must_use]
    pub fn knows(&self, person: PersonId) -> bool {
        self.told.contains_key(&person)
    }

    /// What people are called of whom something is kept; empty where that was never known.
    #[must_use]
    pub fn names(&self) -> BTreeMap<PersonId, String> {
        self.told.iter().map(|(person, (name, _))| (*person, name.clone())).collect()
    }

    /// What is new in the conversation with somebody of this name; none: it is not known now.
    pub fn look(&mut self, person: PersonId, name: Option<&str>, shown: &Shown) -> Vec<Record> {
        if shown.items.is_empty() {
            return Vec::new();
        }
        let mut new = Vec::new();
        let (known, told) = self.told.entry(person).or_default();
        if let Some(name) = name.filter(|name| known != name) {
            name.clone_into(known);
            new.push(Record::Name { person, name: name.to_owned() });
        }
        let mut now = HashMap::with_capacity(shown.items.len());
        for item in &shown.items {
            let stage = Stage::of(item, shown);
            match told.get(&item.id) {
                None => new.push(Record::Message(Box::new(Kept::of(person, item, stage)))),
                Some(before) if *before != stage => new.push(Record::Stage { person, id: item.id, stage }),
                Some(_) => {}
            }
            now.insert(item.id, stage);
        }
        // What is shown no more is not said again.
        *told = now;
        new
    }

    /// Nothing was kept of this person, or of anybody.
    pub fn forget(&mut self, whom: Option<PersonId>) {
        self.told.retain(|person, _| whom.is_some_and(|whom| whom != *person));
    }
}
