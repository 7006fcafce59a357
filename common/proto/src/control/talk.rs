//! Room chat over the control plane: everybody in the room reads it, and so does the server.
//!
//! Messages have rising numbers; a client gets one page after joining, older ones when it asks. What is acknowledged is on the server's disk.

use serde::{Deserialize, Serialize};

use super::messages::{PersonId, Role};

/// Names a message of a room: 1 and up, in the order of writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TalkId(pub u64);

/// 128 random bits that a client gives a message: what is sent again after a lost connection is not shown twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TalkNonce(pub [u8; 16]);

/// What may be stuck to a message; one of each from a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reaction {
    ThumbsUp,
    Heart,
    Laugh,
    Party,
    Surprised,
    Question,
}

impl Reaction {
    /// All, in the order of their numbers.
    pub const ALL: [Self; 6] = [Self::ThumbsUp, Self::Heart, Self::Laugh, Self::Party, Self::Surprised, Self::Question];

    /// As it is shown.
    #[must_use]
    pub fn emoji(self) -> &'static str {
        match self {
            Self::ThumbsUp => "👍",
            Self::Heart => "❤",
            Self::Laugh => "😂",
            Self::Party => "🎉",
            Self::Surprised => "😮",
            Self::Question => "❓",
        }
    }

    /// As a command line names it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ThumbsUp => "thumbs_up",
            Self::Heart => "heart",
            Self::Laugh => "laugh",
            Self::Party => "party",
            Self::Surprised => "surprised",
            Self::Question => "question",
        }
    }

    /// The reaction of this name or emoji.
    #[must_use]
    pub fn named(text: &str) -> Option<Self> {
        let text = text.trim_end_matches('\u{FE0F}');
        Self::ALL.into_iter().find(|r| r.name() == text || r.emoji() == text)
    }
}

/// Somebody who is named in a message: bytes `start` to `end` of its text, the `@` included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mention {
    pub person: PersonId,
    pub start: u32,
    pub end: u32,
}

/// Who took a message away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TakenBy {
    Author,
    Moderator,
}

/// How many stuck a reaction to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub reaction: Reaction,
    pub count: u32,
    /// Whether the one who asked did.
    pub mine: bool,
}

/// A message of the room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TalkMessage {
    pub id: TalkId,
    pub from: PersonId,
    /// As the room showed it when this was written.
    pub name: String,
    pub role: Role,
    /// By the server's calendar, milliseconds since 1970.
    pub at_ms: i64,
    /// Empty where it was taken away.
    pub text: String,
    /// The message that this one answers.
    pub reply_to: Option<TalkId>,
    pub mentions: Vec<Mention>,
    /// Counts changes of the text: 0, then up.
    pub revision: u32,
    pub taken: Option<TakenBy>,
    pub reactions: Vec<Tally>,
}

/// What a joined client asks about room chat. Everything is answered with an event of the same `request`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum TalkRequest {
    /// Writes. Answered with [`TalkEvent::Done`].
    Say { request: u32, nonce: TalkNonce, text: String, reply_to: Option<TalkId> },
    /// Changes one's own message. Answered with [`TalkEvent::Done`].
    Edit { request: u32, id: TalkId, text: String },
    /// Takes one's own message away, a moderator anybody's. Answered with [`TalkEvent::Done`].
    Delete { request: u32, id: TalkId },
    /// Sticks a reaction to a message, or takes it off. Answered with [`TalkEvent::Done`].
    React { request: u32, id: TalkId, reaction: Reaction, on: bool },
    /// The newest messages, or those before one. Answered with [`TalkEvent::Page`].
    Page { request: u32, before: Option<TalkId> },
    /// Messages that have all these words, newest first, before one. Answered with [`TalkEvent::Page`].
    Search { request: u32, words: String, before: Option<TalkId> },
    /// Moderators: who does not moderate writes once in so many seconds; 0: as fast as the room takes it. Answered with
    /// [`TalkEvent::Done`].
    Slow { request: u32, seconds: u16 },
}

/// What a server says about room chat to a joined client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum TalkEvent {
    /// The answer to a request that changes something; the message that it is about, where there is one. It is on disk.
    Done { request: u32, result: Result<Option<TalkId>, TalkRefusal> },
    /// The answer to [`TalkRequest::Page`] and [`TalkRequest::Search`]; a page is in rising order, what was found in falling order.
    Page { request: u32, result: Result<TalkPage, TalkRefusal> },
    /// Somebody wrote, or changed or took away what was written.
    Message(TalkMessage),
    /// Somebody stuck a reaction to a message, or took it off.
    Reacted { id: TalkId, by: PersonId, reaction: Reaction, on: bool },
    /// Who may write at present; follows joining, and every change.
    Rules(TalkRules),
}

/// Some messages of the room.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TalkPage {
    pub messages: Vec<TalkMessage>,
    /// There are older ones.
    pub more: bool,
}

/// Who may write at present, quiet apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TalkRules {
    /// The room has this chat.
    pub on: bool,
    /// Least seconds between two messages of one who does not moderate; 0: none.
    pub slow_s: u16,
}

impl Default for TalkRules {
    fn default() -> Self {
        Self { on: true, slow_s: 0 }
    }
}

/// Why a request about room chat was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TalkRefusal {
    /// Only its author, or one who moderates.
    NotAllowed,
    /// It is quiet: only who moderates writes.
    Quiet,
    /// The room has no such chat.
    Off,
    /// Empty, or longer than [`crate::limits::TALK_TEXT_MAX`]; a search is 1 to [`crate::limits::TALK_SEARCH_MAX`] bytes.
    Length,
    /// More than the room takes from one person; again after this time.
    TooFast { wait_ms: u32 },
    /// The room is slowed; again after this time.
    Slow { wait_ms: u32 },
    /// It is not there any more, or never was.
    NoSuchMessage,
    /// The server cannot write to its disk or its database, or has no time for it; nobody has seen it.
    NotKept,
}
