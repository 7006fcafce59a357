//! The messages of the control plane behind the hello, by phase: login → joined.
//!
//! Each phase has its own types, so a message of another phase does not even decode. Enums grow at their end only.
//! Golden bytes of each message: `common/proto/vectors/control.txt`.

use serde::{Deserialize, Serialize};
use std::fmt;

use super::account::{AccountEvent, AccountProof, AccountRefusal, AccountRequest};
use super::chat::{ChatEvent, ChatRequest};
use super::failure::FailureReason;
use super::lab::{LabEvent, LabRequest};
use super::live::{Offer, StreamId, StreamInfo, ViewerReport};
use super::refusal::{CloseReason, Refusal};
use super::room::{RoomEvent, RoomRequest};
use super::talk::{TalkEvent, TalkRequest};
use crate::account::AccountSalt;
use crate::link::InstructorKey;
use crate::manifest::{ChunkHash, Span};
use crate::rung::RungSpec;
use crate::seal::RoomKey;

/// Names a person's seat for the life of the room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PersonId(pub u64);

/// Names a video of the catalogue: 16 lower-case hexadecimal digits made from its file name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct VideoId(pub String);

impl fmt::Display for VideoId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// 128 random bits that bring a person back to the same seat. The server keeps only their hash.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, zeroize::ZeroizeOnDrop)]
pub struct SeatToken(pub [u8; 16]);

impl fmt::Debug for SeatToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SeatToken(..)")
    }
}

/// What a person may do: [`crate::rights`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Student,
    Instructor,
    Assistant,
    /// Entered with an access code alone.
    Guest,
}

// ---- login ----

/// The second message of a client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginRequest {
    pub room: String,
    /// Display name, 1 to 64 bytes, no control characters.
    pub name: String,
    pub proof: Proof,
}

/// By what a person may enter.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Proof {
    /// The room's password: a student.
    Password(String),
    /// The key of the instructor's link.
    InstructorKey([u8; 16]),
    /// The token of an earlier login: the same seat, role and identity.
    Seat(SeatToken),
    /// An access code: a guest.
    Code(String),
    /// An account.
    Account(AccountProof),
}

/// Secrets do not reach a log.
impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Password(_) => "Password(..)",
            Self::InstructorKey(_) => "InstructorKey(..)",
            Self::Seat(_) => "Seat(..)",
            Self::Code(_) => "Code(..)",
            Self::Account(_) => "Account(..)",
        })
    }
}

impl Proof {
    /// The proof that the instructor key of a link is.
    #[must_use]
    pub fn from_key(key: &InstructorKey) -> Self {
        Self::InstructorKey(key.0)
    }
}

/// Answer to a login.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum LoginReply {
    Joined(Box<Joined>),
    /// The client may try again on the same connection.
    Refused(LoginRefusal),
    /// The proof was right, and the person waits to be admitted since this server time; said again while it lasts. One of the others follows.
    Waiting {
        since_us: u64,
        server_time_us: u64,
    },
}

/// Why a login was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum LoginRefusal {
    /// Room and password do not fit together. One answer for both, so that rooms cannot be searched for.
    WrongRoomOrPassword,
    WrongInstructorKey,
    /// The seat is not known any more (removed, or too old): log in with the password.
    SeatUnknown,
    /// Too many wrong passwords from this address.
    TooManyFailures {
        retry_after_ms: u32,
    },
    /// The hashing queue is full.
    Busy {
        retry_after_ms: u32,
    },
    RoomFull,
    /// The name is empty, too long or holds control characters.
    BadName,
    /// Nobody new comes into the room at present.
    Locked,
    /// Who waited was not let in.
    TurnedAway,
    /// Kept out of this room.
    Banned,
    /// There is no such access code, or it is not good any more. One answer for all, so that codes cannot be searched for.
    WrongCode,
    /// The salt of the account that was named: log in with what it and the password give.
    Challenge(AccountSalt),
    Account(AccountRefusal),
}

/// Everything that a person needs who has just entered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Joined {
    pub you: PersonId,
    /// The name as the room shows it; a second "Ana" becomes "Ana (2)".
    pub name: String,
    pub role: Role,
    pub room: String,
    pub seat: SeatToken,
    pub media: MediaAccess,
    /// The ladder of `[resolutions]`, lowest rung first.
    pub ladder: Vec<RungSpec>,
    /// `[quality] thirds`: rungs of the first, second and last third.
    pub thirds: [String; 3],
    /// Server time at sending, in microseconds since its start.
    pub server_time_us: u64,
    /// The ladder of `[live]`, lowest rung first.
    pub live_ladder: Vec<RungSpec>,
}

/// How media is reached and opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaAccess {
    /// Names this control connection in a media hello. Not secret.
    pub session: u64,
    pub video_port: u16,
    pub audio_port: u16,
    pub epoch: u32,
    pub room_key: RoomKey,
}

// ---- joined ----

/// What a joined client sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Answered with [`Event::Pong`] of the same number.
    Ping { id: u64 },
    /// Ends the seat at once; the connection is closed.
    Leave,
    /// Staff: ends a person's seat, an instructor's an instructor alone, and rotates the media key. Answered with [`Event::Answer`].
    Remove { request: u32, person: PersonId },
    /// What is shown at this time of a video that is being prepared is waited for: it comes next. Not answered.
    Want { video: VideoId, at_us: u64 },
    /// Instructor: everybody fetches this lesson ahead, or nobody any more. Answered with [`Event::Answer`].
    FetchAhead { request: u32, lesson: Option<Lesson> },
    /// How far this viewer is with the lesson that it was asked to fetch ahead. Not answered.
    FetchedAhead { lesson: Lesson, progress: AheadProgress },
    /// Publishes a stream. Answered with [`Event::Published`]; its units then come over a media connection. It ends with this
    /// control connection.
    Publish { request: u32, offer: Offer },
    /// Ends a stream: one's own, for staff anybody's. Answered with [`Event::Answer`].
    EndStream { request: u32, stream: StreamId },
    /// How this viewer fares with a live stream. Not answered.
    Report(ViewerReport),
    /// Instructor: whether everybody sits together in one room. Answered with [`Event::Answer`].
    SetTogether { request: u32, on: bool },
    /// Staff: gives a student the stage, who may then publish, or takes it back, which ends what that student publishes. Answered
    /// with [`Event::Answer`].
    GiveStage { request: u32, person: PersonId, given: bool },
    /// Staff: what students publish ends, and no student publishes until it is not quiet any more. Answered with [`Event::Answer`].
    Quiet { request: u32, quiet: bool },
    /// The publisher of a stream says that its pictures stand still on purpose, or go on. Answered with [`Event::Answer`].
    Freeze { request: u32, stream: StreamId, frozen: bool },
    /// Instructor: a stream is recorded from now on, or no more; it becomes a video of the catalogue. A student's stream is not before
    /// its publisher allows it. Answered with [`Event::Answer`].
    Record { request: u32, stream: StreamId, recorded: bool },
    /// The publisher of a stream allows that it is recorded, or does not, or not any more, which ends the recording. Answered with
    /// [`Event::Answer`].
    AllowRecording { request: u32, stream: StreamId, allowed: bool },
    /// One-to-one chat.
    Chat(ChatRequest),
    /// The room's tools. Answered with [`RoomEvent::Answer`].
    Room { request: u32, what: RoomRequest },
    /// Room chat.
    Talk(TalkRequest),
    /// Accounts. Answered with [`AccountEvent::Answer`].
    Account { request: u32, what: AccountRequest },
    /// The publisher of a stream with sound is heard in it from now on, or not any more ([`crate::live::voice`]). Not answered; what is
    /// said of a stream that is not the sender's own, or has no sound, counts for nothing.
    Speaking { stream: StreamId, speaking: bool },
    /// The networking labs. Answered with [`LabEvent::Answer`].
    Lab { request: u32, what: LabRequest },
}

/// A video in one rung, to be fetched by every viewer before it is watched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lesson {
    pub video: VideoId,
    /// Of the server's ladder; a video without it is fetched in the nearest that it has.
    pub rung: String,
}

/// How far fetching a lesson ahead is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AheadProgress {
    /// Thousandths of its bytes; 1000: all of it is there.
    Fetched { permille: u16 },
    /// It cannot be kept on this machine: no space, no folder.
    Unable,
}

/// What a server sends to a joined client.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Event {
    Pong {
        id: u64,
        server_time_us: u64,
    },
    /// People that are new or changed. The first message after joining holds everybody, in pages.
    People(Vec<Person>),
    PersonLeft(PersonId),
    /// Videos that are new or changed. The catalogue follows the people after joining, in pages.
    Videos(Vec<CatalogueEntry>),
    VideoRemoved(VideoId),
    /// The first state is complete: all people and videos have been sent once.
    Synchronised,
    /// A new media key; the one before stays good for what was already sealed.
    MediaEpoch {
        epoch: u32,
        room_key: RoomKey,
    },
    Answer {
        request: u32,
        result: Result<(), Refusal>,
    },
    /// The last message; the connection is closed.
    Closing(CloseReason),
    /// This viewer's share of the room's bandwidth in bits per second; rooms without a budget say nothing.
    Share {
        bps: u64,
    },
    /// What is to be fetched ahead from now on. Follows joining where there is something.
    FetchAhead(Option<Lesson>),
    /// Staff: of so many students who are connected, so many have all of the lesson, and so many cannot keep it.
    FetchedAhead {
        ready: u32,
        of: u32,
        unable: u32,
    },
    /// Streams that are new or changed. They follow the catalogue after joining.
    Streams(Vec<StreamInfo>),
    StreamEnded(StreamId),
    /// The answer to [`Request::Publish`].
    Published {
        request: u32,
        result: Result<StreamId, Refusal>,
    },
    /// Staff: how the viewers of a stream fare, worst first; at most [`crate::limits::LIVE_REPORTS_TOLD`] of them.
    Reports {
        stream: StreamId,
        viewers: Vec<(PersonId, ViewerReport)>,
    },
    /// Whether everybody sits together in one room: speakers of students start silent, and their microphones are heard while a key is
    /// held. Follows joining, and every change.
    Together {
        on: bool,
    },
    /// All students who have the stage; follows joining where there are some.
    Stage(Vec<PersonId>),
    /// Whether it is quiet; follows joining where it is.
    Quiet(bool),
    /// All streams whose pictures stand still on purpose; follows joining where there are some. One that ended is none, unsaid.
    Frozen(Vec<StreamId>),
    /// All streams that are recorded; follows joining where there are some.
    Recorded(Vec<StreamId>),
    /// All streams that an instructor wants to record and whose publisher has not allowed it; follows joining where there are some. One
    /// that ended is none, unsaid.
    RecordingAsked(Vec<RecordingAsked>),
    /// One-to-one chat.
    Chat(ChatEvent),
    /// The room's tools.
    Room(RoomEvent),
    /// Room chat.
    Talk(TalkEvent),
    /// Accounts.
    Account(AccountEvent),
    /// The networking labs.
    Lab(LabEvent),
}

/// A stream that is not recorded before its publisher allows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingAsked {
    pub stream: StreamId,
    /// The publisher said no.
    pub declined: bool,
}

/// A person in the roster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub id: PersonId,
    pub name: String,
    pub role: Role,
    /// False while the connection is lost and the seat is kept.
    pub connected: bool,
}

/// One video of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogueEntry {
    pub id: VideoId,
    pub title: String,
    /// 0 until the file was probed.
    pub duration_us: u64,
    /// Of the source, in square pixels; 0 for sound alone or before the probe.
    pub width: u32,
    pub height: u32,
    /// Rungs that can be watched or will be, lowest first.
    pub rungs: Vec<String>,
    pub state: VideoState,
    /// A JPEG, fetched like any chunk. For sound alone the cover.
    pub thumbnail: Option<ChunkRef>,
    /// What of the file could not be read, once it is prepared.
    pub damage: Option<Damage>,
}

/// That a video misses something: the sum, and where most of it is. The manifest names every stretch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Damage {
    /// How long the stretches are together, in microseconds.
    pub lost_us: u64,
    /// How many there are.
    pub places: u32,
    /// The middle of the longest, in microseconds from the start.
    pub around_us: u64,
}

impl Damage {
    /// Of stretches that do not overlap; none of none.
    #[must_use]
    pub fn of(lost: &[Span]) -> Option<Self> {
        let longest = lost.iter().rev().max_by_key(|s| s.duration_us)?;
        Some(Self {
            lost_us: lost.iter().fold(0, |sum, s| sum.saturating_add(s.duration_us)),
            places: u32::try_from(lost.len()).unwrap_or(u32::MAX),
            around_us: longest.start_us.saturating_add(longest.duration_us / 2),
        })
    }
}

/// The name and length of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ChunkRef {
    pub chunk: ChunkHash,
    pub bytes: u32,
}

/// How far a video is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum VideoState {
    /// Waits for its turn, or is still being copied in.
    Waiting,
    /// Progress in thousandths. With a manifest it can be watched: what has no chunk there is not prepared yet; manifests
    /// of more follow.
    Preparing {
        permille: u16,
        manifest: Option<ChunkRef>,
    },
    /// The manifest is fetched like any chunk.
    Ready {
        manifest: ChunkRef,
    },
    Failed {
        reason: FailureReason,
    },
}

impl VideoState {
    /// The manifest of what can be watched now, if anything can.
    #[must_use]
    pub fn manifest(&self) -> Option<ChunkRef> {
        match self {
            Self::Ready { manifest } => Some(*manifest),
            Self::Preparing { manifest, .. } => *manifest,
            Self::Waiting | Self::Failed { .. } => None,
        }
    }
}
