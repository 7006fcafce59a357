//! What a member knows about the class: plain data, published as snapshots that the window and the command line read.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lectern_proto::account::PasswordError;
use lectern_proto::chat::IdentityId;
use lectern_proto::control::{
    AccountRefusal, AheadProgress, CatalogueEntry, Lesson, MailboxOwner, Person, PersonId, PrivateChat, RecordingAsked, Refusal, Role, StreamId, StreamInfo,
    VERSION, VERSION_MIN, ViewerReport,
};
use lectern_proto::limits::CHAT_ATTACHMENT_MAX;
use lectern_proto::rights::Action;
use lectern_proto::rung::RungSpec;

use super::MyAccount;
use super::lab::Labs;
use super::talk::TalkLog;
use super::tools::Tools;
use crate::account::refusal as account_refusal;
use crate::connect::trouble::Trouble;
use crate::fetch::MediaWay;
use crate::update::UpdateError;

/// Called when a snapshot changed, from any thread: the window asks for a repaint in it.
pub type Changed = Arc<dyn Fn() + Send + Sync>;

/// A snapshot of the class.
#[derive(Debug, Clone)]
pub struct ClassState {
    pub phase: Phase,
    /// `[server] name`; empty until the first hello.
    pub server_name: String,
    pub room: String,
    /// Known once joined; kept while reconnecting.
    pub me: Option<Me>,
    /// Instructors first, then by name.
    pub people: Vec<Person>,
    /// By title.
    pub videos: Vec<CatalogueEntry>,
    /// Whether people and videos are complete.
    pub synchronised: bool,
    /// The ladder of the server, lowest rung first.
    pub ladder: Vec<RungSpec>,
    /// The same of live streams.
    pub live_ladder: Vec<RungSpec>,
    /// Rungs of the first, second and last third.
    pub thirds: [String; 3],
    /// Round trip of the last ping.
    pub round_trip: Option<Duration>,
    /// Which way pictures and sound come.
    pub media_way: MediaWay,
    pub ahead: Ahead,
    /// Live streams of the room, by name.
    pub streams: Vec<StreamInfo>,
    /// For instructors: how the viewers of each stream fare, worst first.
    pub reports: BTreeMap<StreamId, Vec<(PersonId, ViewerReport)>>,
    /// Whether everybody sits in one room: what is live starts silent for students.
    pub together: bool,
    pub floor: Floor,
    /// Who can be written to, and by which identity.
    pub identities: BTreeMap<PersonId, IdentityId>,
    /// Who can be written to while away.
    pub mailboxes: BTreeMap<PersonId, MailboxOwner>,
    /// Names of who wrote what has waited for this member.
    pub wrote: BTreeMap<PersonId, String>,
    /// Who may write to whom.
    pub private_chat: PrivateChat,
    /// Largest attachment between two people in bytes; 0: none.
    pub attachment_max: u64,
    pub tools: Tools,
    pub labs: Labs,
    /// Room chat as far as it was fetched.
    pub talk: Arc<TalkLog>,
    /// Counts the connections that joined: what was asked on an earlier one is not answered any more.
    pub connection: u64,
    /// The account that the member entered with.
    pub account: Option<MyAccount>,
}

/// Who may show something beside the instructors, and what stands still.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Floor {
    /// Students who have the stage.
    pub stage: Vec<PersonId>,
    /// Whether no student publishes.
    pub quiet: bool,
    /// Streams whose pictures stand still on purpose.
    pub frozen: Vec<StreamId>,
    /// Streams that are recorded.
    pub recorded: Vec<StreamId>,
    /// Streams that an instructor wants to record and whose publisher has not allowed it.
    pub recording_asked: Vec<RecordingAsked>,
}

/// What is fetched before it is watched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ahead {
    /// What the instructor asked for.
    pub lesson: Option<Lesson>,
    /// Counts how often that was said.
    pub asked: u64,
    /// How far this machine is; none where nothing is fetched.
    pub own: Option<AheadProgress>,
    /// For instructors: how far the class is.
    pub class: Option<AheadTally>,
}

/// Students who are connected, and how many of them have the lesson or cannot keep it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AheadTally {
    pub ready: u32,
    pub of: u32,
    pub unable: u32,
}

/// Who the member is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Me {
    pub id: PersonId,
    /// As the room shows it.
    pub name: String,
    pub role: Role,
}

/// Where the membership stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    Connecting,
    /// At the door, until somebody lets this person in.
    Waiting {
        since: Instant,
    },
    Joined,
    /// The connection was lost; it is tried again by itself, and playback goes on from its buffer.
    Reconnecting {
        since: Instant,
        why: Trouble,
    },
    /// Over: nothing is tried any more.
    Ended(JoinError),
}

/// Why a membership did not begin, or ended. The text says what happened, why, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JoinError {
    #[error("cannot reach {hosts} on port {port}: {trouble}.")]
    Unreachable { hosts: String, port: u16, trouble: Trouble },
    #[error(
        "the server at {host} has the name or address of one that is known here, but another certificate: it is not that server, or it was set up anew. Ask for the join link, which names the certificate. No password was sent."
    )]
    ChangedCertificate { host: String },
    #[error(
        "the server at {host} shows another certificate than the link names. It is not the server that the link was made for, or it was set up anew; ask for a fresh link. No password was sent."
    )]
    OtherCertificate { host: String },
    /// And why the viewer that fits was not fetched from it, where it has one.
    #[error("{what}{}. Update the older one of the two.", .unfetched.as_ref().map(|why| format!("; {why}")).unwrap_or_default())]
    Version { what: OtherVersion, unfetched: Option<Box<UpdateError>> },
    #[error("{what}. Lectern {version}, which fits, was fetched from the server: {}", install(.path, *.is_package))]
    OtherVersionFetched { what: OtherVersion, version: String, path: String, is_package: bool },
    #[error("room name or password is wrong. Ask your instructor, and try again.")]
    WrongPassword,
    #[error("the instructor key of the link is not this server's. Use the instructor link that the server printed.")]
    WrongInstructorKey,
    #[error("too many wrong passwords came from this address; try again in {0} s.")]
    TooManyFailures(u64),
    #[error("the server is busy with other logins; try again in {0} s.")]
    Busy(u64),
    #[error("the room is full.")]
    RoomFull,
    #[error("this name cannot be used: 1 to 64 bytes, no control characters.")]
    BadName,
    #[error("a password is needed to enter this room; give one with --password.")]
    PasswordNeeded,
    #[error("the room is locked: nobody new comes in at present. Ask the instructor to unlock it.")]
    Locked,
    #[error("you were not let in. Ask the instructor, and try again.")]
    TurnedAway,
    #[error("the instructor keeps you out of this room.")]
    Banned,
    #[error("the access code of the link is not good: it is mistyped, expired, used up or revoked. Ask the instructor for another.")]
    WrongCode,
    #[error("{}", account_refusal(*.0))]
    Account(AccountRefusal),
    #[error("the password of the account cannot be used: {0}.")]
    BadPassword(#[from] PasswordError),
    #[error("{by} removed you from the room.")]
    Removed { by: String },
    #[error("{by} closed the room.")]
    RoomClosed { by: String },
    #[error("your seat was taken over by another connection with the same identity.")]
    Replaced,
    #[error("you left the room.")]
    Left,
    /// It did not understand this program: what, in its words.
    #[error("the server ended the connection: {0}")]
    Closed(String),
}

/// Why a stream was not published, or not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StreamError {
    #[error("{}", refusal(*.0))]
    Refused(Refusal),
    #[error("the connection to the class is lost; try again when it is back.")]
    NotConnected,
}

fn refusal(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::NotAllowed => "the class does not let you do this; ask the instructor for the stage.",
        Refusal::NoSuchPerson => "this person is not in the room any more.",
        Refusal::NoSuchVideo => "this video, or its resolution, is not in the catalogue.",
        Refusal::NoSuchStream => "there is no such stream any more.",
        Refusal::NameTaken => "somebody else's stream has this name; choose another with --as.",
        Refusal::TooMany => "as many streams as the room takes run already; end one first.",
        Refusal::BadOffer => "the server does not take this stream: its name, size or resolution is not one of the room's.",
        Refusal::Away => "this person is not connected, or cannot be written to; try again when they are back.",
        Refusal::Full => "more waits for this person than the connection takes; try again in a moment.",
        Refusal::BadKeys => "the server does not take the keys of this program; start it again.",
        Refusal::NoPrivateChat => "the class has no private chat between you two; ask the instructor.",
        Refusal::Unwritable => "the server cannot write where its videos are; give it the right to, or free space, and record again.",
        Refusal::Muted => "you are muted: nothing with sound is published. Ask the instructor to unmute you.",
        Refusal::NoSuchPoll => "there is no such poll open any more, or it has no such answer.",
        Refusal::BadRoom => "a room needs a name of 1 to 64 bytes that no other has, and a password of 1 to 256 bytes.",
        Refusal::NoSuchRoom => "no room of this name was opened; the first room, which the server's configuration names, stays.",
        Refusal::BadCode => "there is no such code, or it was to be good for less than a minute or more than 30 days, or not for 1 to 1000 people.",
        Refusal::BadPoll => "a poll needs a question and 2 to 8 answers, of 1 to 256 bytes each.",
        Refusal::NoMailbox => "one of you has no account here, so nothing can wait until the other is there; write when both are in the class.",
        Refusal::MailboxFull => "as much waits at the server as it keeps; write again when some of it was read.",
        Refusal::NotKept => "the server's database does not answer or is full, so nothing was kept; try again, and tell whoever runs the server.",
        Refusal::NoSuchRun => "there is no such run any more: the other has ended it, or it was not taken in time.",
        Refusal::BadRun => "there can be no such run: look at its window, packet size, length and probabilities.",
        Refusal::Quiet => "it is quiet: only the instructor shows something or writes. Try again when the instructor has opened the class.",
    }
}

/// A server that speaks no version of the protocol that this program speaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no common protocol version: the server ({agent}) speaks {oldest} to {newest}, this program {VERSION_MIN} to {VERSION}")]
pub struct OtherVersion {
    /// Its program, as it says.
    pub agent: String,
    /// What it speaks.
    pub oldest: u16,
    pub newest: u16,
}

/// What to do with a viewer that was fetched.
fn install(path: &str, is_package: bool) -> String {
    if is_package { format!("install it with `sudo apt install {path}` and start it again.") } else { format!("unpack {path} and start the `lectern` in it.") }
}

impl JoinError {
    /// Whether the server refused, as against could not be reached.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        !matches!(self, Self::Unreachable { .. } | Self::Left)
    }
}

impl Floor {
    /// Whether the publisher of a stream is asked to allow that it is recorded, and whether the answer was no.
    #[must_use]
    pub fn recording_asked(&self, stream: StreamId) -> Option<bool> {
        self.recording_asked.iter().find(|asked| asked.stream == stream).map(|asked| asked.declined)
    }
}

impl ClassState {
    /// Whether the member is in and may do this without being given it first.
    #[must_use]
    pub fn may(&self, action: Action) -> bool {
        self.me.as_ref().is_some_and(|me| me.role.may(action))
    }

    /// Who can be written to and is not here.
    pub fn away(&self) -> impl Iterator<Item = (PersonId, &str)> {
        let here = |person: &PersonId| self.people.iter().any(|p| p.id == *person);
        self.mailboxes.values().filter(move |owner| !here(&owner.person)).map(|owner| (owner.person, owner.name.as_str()))
    }

    /// Somebody's name: of who is here, else of who can be written to while away.
    #[must_use]
    pub fn name_of(&self, person: PersonId) -> Option<&str> {
        let here = self.people.iter().find(|p| p.id == person).map(|p| p.name.as_str());
        here.or_else(|| self.mailboxes.get(&person).map(|owner| owner.name.as_str())).or_else(|| self.wrote.get(&person).map(String::as_str))
    }

    /// Whether the member is in and has to be given the stage before he or she publishes.
    #[must_use]
    pub fn needs_stage(&self) -> bool {
        self.me.is_some() && !self.may(Action::Publish)
    }

    /// Whether the member may publish now.
    #[must_use]
    pub fn may_publish(&self) -> bool {
        self.me.as_ref().is_some_and(|me| me.role.may(Action::Publish) || (self.floor.stage.contains(&me.id) && !self.floor.quiet))
    }

    /// A stream that runs, by its name or its number in hexadecimal digits.
    #[must_use]
    pub fn stream(&self, name: &str) -> Option<&StreamInfo> {
        self.streams.iter().find(|s| s.name == name || s.id.to_string() == name)
    }

    /// A membership that has not begun.
    #[must_use]
    pub fn connecting(room: &str) -> Self {
        Self {
            phase: Phase::Connecting,
            server_name: String::new(),
            room: room.to_owned(),
            me: None,
            people: Vec::new(),
            videos: Vec::new(),
            synchronised: false,
            ladder: Vec::new(),
            live_ladder: Vec::new(),
            thirds: Default::default(),
            round_trip: None,
            media_way: MediaWay::default(),
            ahead: Ahead::default(),
            streams: Vec::new(),
            reports: BTreeMap::new(),
            together: true,
            floor: Floor::default(),
            identities: BTreeMap::new(),
            mailboxes: BTreeMap::new(),
            wrote: BTreeMap::new(),
            private_chat: PrivateChat::default(),
            attachment_max: CHAT_ATTACHMENT_MAX,
            tools: Tools::default(),
            labs: Labs::default(),
            talk: Arc::default(),
            connection: 0,
            account: None,
        }
    }
}
