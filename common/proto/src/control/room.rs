//! A room's tools over the control plane: hands, the door, attention, polls, attendance. What each person may do is the server's to say.

use serde::{Deserialize, Serialize};

use super::chat::PrivateChat;
use super::messages::{PersonId, Role, VideoId};
use super::refusal::Refusal;

/// What a joined client asks of its room. All are answered with [`RoomEvent::Answer`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RoomRequest {
    /// Raises one's own hand, or lowers it.
    Hand { raised: bool },
    /// Staff: lowers somebody's hand.
    LowerHand { person: PersonId },
    /// Staff: what this student publishes with sound ends, and nothing with sound is published any more; or it may be again.
    Mute { person: PersonId, muted: bool },
    /// Staff: removes somebody and keeps him or her out.
    Ban { person: PersonId },
    /// Staff: whoever has this name is kept out no longer.
    Pardon { name: String },
    /// Staff: nobody new comes in, or they may again.
    Lock { locked: bool },
    /// Instructor: whoever is new waits until admitted, or nobody does.
    WaitingRoom { on: bool },
    /// Staff: lets somebody in who waits; none: everybody who waits.
    Admit { person: Option<PersonId> },
    /// Staff: somebody who waits is not let in.
    TurnAway { person: PersonId },
    /// Staff: every client shows the stage, or may show something else again.
    Attention { on: bool },
    /// Staff: asks everybody. The poll before is forgotten.
    OpenPoll { question: String, answers: Vec<String> },
    /// One's own answer to the open poll, by its place from 0. The last counts; none takes it back.
    Vote { poll: u32, answer: Option<u8> },
    /// Staff: ends the poll and shows everybody what was answered.
    ClosePoll { poll: u32 },
    /// Instructor: who may write to whom, one to one.
    PrivateChat(PrivateChat),
    /// Instructor: who was there from when to when, from this interval on, by its place from 0.
    Attendance { from: u32 },
    /// Instructor: makes an access code that is good for so many seconds ([`crate::limits::CODE_LIFE_S`]) and so many people
    /// ([`crate::limits::CODE_USES`]); its guests see one video, or all.
    MakeCode { for_s: u32, uses: u32, video: Option<VideoId> },
    /// Instructor: the codes with which somebody could enter.
    Codes,
    /// Instructor: nobody enters with this code any more.
    RevokeCode { code: u64 },
    /// Instructor: the rooms of the server.
    Rooms,
    /// Instructor: opens another room. It is there until it is closed, after the next start too.
    OpenRoom { name: String, password: String },
    /// Instructor: ends a room that was opened, with its seats, codes and chat. The first stays.
    CloseRoom { name: String },
    /// Instructor: as [`RoomRequest::OpenRoom`], and whether whoever is new waits there until admitted is so from the first moment on.
    OpenRoomWith { name: String, password: String, waiting_room: bool },
}

/// What a server says about a room to a joined client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RoomEvent {
    /// The answer to a request of this number.
    Answer { request: u32, result: Result<RoomAnswer, Refusal> },
    /// Hands that were raised since the last message, in order, and those that were lowered. Follows joining where there are some. Who
    /// leaves has none any more, unsaid.
    Hands { raised: Vec<PersonId>, lowered: Vec<PersonId> },
    /// All who are muted; follows joining where there are some.
    Muted(Vec<PersonId>),
    /// Follows every change, and joining where it is not open.
    Door(Door),
    /// Staff: all who wait at the door, longest first; at most [`crate::limits::WAITING_MAX`].
    Waiting(Vec<Waiting>),
    /// Staff: names of all who are kept out.
    Banned(Vec<String>),
    /// Whether every client shows the stage; follows joining where it is so.
    Attention(bool),
    /// A poll that is open, and one's own answer. Follows joining where there is one.
    Poll { poll: Poll, yours: Option<u8> },
    /// Staff: how often each answer of the open poll was given so far, by people who are in the room.
    Counts { poll: u32, counts: Vec<u32> },
    /// The poll is closed: what was answered.
    PollClosed { poll: u32, counts: Vec<u32> },
    /// Whose voice is heard since the last message, and whose is not any more. Follows joining where there are some. Who leaves, or ends
    /// what he or she publishes, is named too.
    Speaking { began: Vec<PersonId>, ended: Vec<PersonId> },
}

/// What a request brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RoomAnswer {
    Done,
    /// At most [`crate::limits::ATTENDANCE_PAGE`]; more where there are more.
    Attendance {
        stays: Vec<Stay>,
        more: bool,
    },
    /// The code as it is written: shown this once, the server keeps its hash.
    Code {
        code: String,
        info: CodeInfo,
    },
    Codes(Vec<CodeInfo>),
    Rooms(Vec<RoomInfo>),
}

/// A room of the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomInfo {
    pub name: String,
    /// How many are in it, lost connections of the last 30 s included.
    pub people: u32,
}

/// What is known of an access code beside its symbols.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeInfo {
    /// Its number.
    pub code: u64,
    pub video: Option<VideoId>,
    /// How many people may enter with it, and have.
    pub uses: u32,
    pub used: u32,
    /// Seconds since 1970-01-01.
    pub made_s: i64,
    pub expires_s: i64,
}

/// Who comes in how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Door {
    /// Nobody new comes in.
    pub locked: bool,
    /// Whoever is new waits until admitted.
    pub waiting_room: bool,
    /// Guests do, because one was removed.
    pub guests_wait: bool,
}

/// Somebody who waits at the door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    pub person: PersonId,
    /// As the person gives it; the room makes it unique when it lets him or her in.
    pub name: String,
    pub role: Role,
    /// Server time in microseconds at which the waiting began.
    pub since_us: u64,
}

/// A question to everybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Poll {
    /// Counts polls of the room.
    pub id: u32,
    /// 1 to [`crate::limits::POLL_TEXT_MAX`] bytes.
    pub question: String,
    /// 2 to [`crate::limits::POLL_ANSWERS_MAX`], of the same length each.
    pub answers: Vec<String>,
}

/// An unbroken time that somebody was connected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stay {
    pub person: PersonId,
    pub name: String,
    pub role: Role,
    /// Seconds since 1970-01-01.
    pub from_s: i64,
    /// None while it lasts.
    pub until_s: Option<i64>,
}
