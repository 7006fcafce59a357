//! Why a server refuses what a joined client asks, and why it ends a connection.

use serde::{Deserialize, Serialize};

/// Why a request was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    NotAllowed,
    NoSuchPerson,
    /// The video or the rung is not there.
    NoSuchVideo,
    NoSuchStream,
    /// Somebody else's stream has this name.
    NameTaken,
    /// As many streams as the room takes run already.
    TooMany,
    /// What is offered is not possible: a bad name, neither pictures nor sound, an unknown rung, a size of nothing.
    BadOffer,
    /// It is quiet: no student publishes.
    Quiet,
    /// The server cannot write where its videos are.
    Unwritable,
    /// The other is not connected, or cannot be written to: no keys came from there.
    Away,
    /// More waits for the other than its connection takes at present.
    Full,
    /// The keys are not such keys, or not signed by their identity.
    BadKeys,
    /// The class has no private chat between these two.
    NoPrivateChat,
    /// The publisher is muted.
    Muted,
    /// There is no such poll open, or it has no such answer.
    NoSuchPoll,
    /// No question, fewer than two answers or too many, or a text that is empty or too long.
    BadPoll,
    /// An access code is good for a minute to 30 days and for 1 to 1000 people.
    BadCode,
    /// The name of a room is empty, too long or taken, or its password is empty or too long.
    BadRoom,
    /// There is no such room that was opened by somebody.
    NoSuchRoom,
    /// One of the two has no mailbox: only accounts have one.
    NoMailbox,
    /// As much waits for that person, or from this one, as the server keeps.
    MailboxFull,
    /// The database does not answer, or is full: nothing was kept.
    NotKept,
    /// There is no such run of this person, or it cannot be done with it now.
    NoSuchRun,
    /// There can be no such run: its settings, its size, its addresses or its text are not such as may be.
    BadRun,
}

/// Why the server ends a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CloseReason {
    /// Removed from the room by this person.
    Removed {
        by: String,
    },
    /// The same seat connected from elsewhere.
    Replaced,
    ServerStopping,
    /// The client did not read, or sent too much.
    Overrun,
    ProtocolError(String),
    /// The room was closed by this person.
    RoomClosed {
        by: String,
    },
}
