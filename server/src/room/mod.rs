//! A room: one task with a bounded mailbox that owns the roster, what each member was told, and the media key.
//!
//! Sessions send messages and get events through bounded queues; the room never waits for a session. Nothing here knows
//! sockets, files or codecs.

mod ahead;
mod attendance;
mod chat;
mod door;
mod floor;
mod keeper;
mod lab;
mod mail;
mod presence;
mod roster;
mod streams;
mod talk;
mod task;
#[cfg(test)]
mod tests;
mod tools;
mod voices;

use std::sync::Arc;

use lectern_proto::chat::keys::Bundle;
use lectern_proto::chat::stamp::{StampKey, Stamped};
use lectern_proto::chat::{IdentityId, Parcel};
use lectern_proto::control::{
    AheadProgress, CloseReason, Event, Lesson, LiveVideo, LoginRefusal, Offer, PersonId, PrivateChat, Refusal, Role, RoomRequest, StreamId, TalkRequest,
    ViewerReport,
};
use lectern_proto::limits::{CONTROL_QUEUE, ROOM_MAILBOX};
use lectern_proto::rung::RungSpec;
use lectern_proto::seal::RoomKey;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::Clock;
use crate::library::Catalogue;
use crate::live::{Recorder, RungMaker};
use crate::media::{LabRuns, RoomMedia};
use crate::net::Origin;
use crate::store::{Store, UsedCode};

pub(crate) use presence::Presence;
pub(crate) use roster::is_name;

/// What a room is made of.
#[derive(Debug, Clone)]
pub(crate) struct RoomParts {
    pub name: String,
    /// Whether everybody sits in one room, until the instructor says otherwise.
    pub together: bool,
    /// Who may write to whom, one to one.
    pub private_chat: PrivateChat,
    /// Largest attachment between two people in bytes; 0: none.
    pub attachment_max: u64,
    /// Whether the room has a chat that everybody reads.
    pub room_chat: bool,
    /// Days for which a private message waits for who is away.
    pub mail_days: u32,
    /// Stamps what is relayed, so that a report proves something.
    pub stamps: StampKey,
    /// Most students; instructors always find room.
    pub people: usize,
    pub media: Arc<RoomMedia>,
    /// The ladder, lowest rung first.
    pub ladder: Vec<RungSpec>,
    /// The same of live streams.
    pub live_ladder: Vec<RungSpec>,
    pub rungs: Arc<RungMaker>,
    pub recorder: Arc<Recorder>,
    /// Runs of the labs, as the media port hands their packets on.
    pub labs: Arc<LabRuns>,
    pub catalogue: watch::Receiver<Catalogue>,
    pub store: Store,
    pub clock: Clock,
}

/// One connection of a person: an older one of the same seat is told apart by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ConnectionId(pub(crate) u64);

/// The room's end of a session's queue.
#[derive(Debug)]
pub(crate) struct Outbox {
    events: mpsc::Sender<Arc<Event>>,
    close: oneshot::Sender<CloseReason>,
}

/// The session's end of its queue.
#[derive(Debug)]
pub(crate) struct Inbox {
    pub(crate) events: mpsc::Receiver<Arc<Event>>,
    /// Why the room ends the connection.
    pub(crate) close: oneshot::Receiver<CloseReason>,
}

/// A queue of [`CONTROL_QUEUE`] events; the room closes a session that lets it run full.
pub(crate) fn queue() -> (Outbox, Inbox) {
    let (events, inbox) = mpsc::channel(CONTROL_QUEUE);
    let (close, closed) = oneshot::channel();
    (Outbox { events, close }, Inbox { events: inbox, close: closed })
}

/// Somebody at the door, whose proof was right.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) person: PersonId,
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) origin: Origin,
    /// Whether no seat was held before.
    pub(crate) is_new: bool,
    pub(crate) connection: ConnectionId,
    pub(crate) outbox: Outbox,
    /// By which access code a guest entered.
    pub(crate) code: Option<UsedCode>,
    /// Told when the person has to wait to be admitted.
    pub(crate) waits: Option<oneshot::Sender<()>>,
}

/// What somebody gets who was let in.
#[derive(Debug)]
pub(crate) struct Admission {
    /// As the room shows it.
    pub(crate) name: String,
    pub(crate) epoch: u32,
    pub(crate) room_key: RoomKey,
}

#[derive(Debug)]
enum Message {
    Enter {
        entry: Entry,
        reply: oneshot::Sender<Result<Admission, LoginRefusal>>,
    },
    Count {
        reply: oneshot::Sender<u32>,
    },
    /// The last message that the room takes.
    Close {
        by: String,
    },
    /// Somebody's account has ended or lost rights.
    PutOut {
        by: String,
        person: PersonId,
    },
    Lost {
        person: PersonId,
        connection: ConnectionId,
    },
    Leave {
        person: PersonId,
        connection: ConnectionId,
    },
    Remove {
        by: PersonId,
        person: PersonId,
        reply: oneshot::Sender<Result<(), Refusal>>,
    },
    FetchAhead {
        by: PersonId,
        lesson: Option<Lesson>,
        reply: oneshot::Sender<Result<(), Refusal>>,
    },
    FetchedAhead {
        person: PersonId,
        lesson: Lesson,
        progress: AheadProgress,
    },
    Publish {
        by: PersonId,
        offer: Offer,
        reply: oneshot::Sender<Result<StreamId, Refusal>>,
    },
    Report {
        person: PersonId,
        report: ViewerReport,
    },
    /// What is needed to decode a lower rung is known.
    RungMade {
        stream: StreamId,
        track: u16,
        video: LiveVideo,
    },
    SetTogether {
        by: PersonId,
        on: bool,
        reply: oneshot::Sender<Result<(), Refusal>>,
    },
    EndStream {
        by: PersonId,
        stream: StreamId,
        reply: oneshot::Sender<Result<(), Refusal>>,
    },
    GiveStage {
        by: PersonId,
        person: PersonId,
        given: bool,
        reply: oneshot::Sender<Result<(), Refusal>>,
    },
    Quiet {
        by: PersonId,
        quiet: bool,
        reply: oneshot::Sender<Result<(), Refusal>>,
    },
    Record {
        by: PersonId,
        stream: StreamId,
        recorded: bool,
        reply: oneshot::Sender<Result<(), Refusal>>,
    },
    AllowRecording {
        by: PersonId,
        stream: StreamId,
        allowed: bool,
        reply: oneshot::Sender<Result<(), Refusal>>,
    },
    /// A recording has ended by itself.
    RecordingEnded {
        stream: StreamId,
    },
    Freeze {
        by: PersonId,
        stream: StreamId,
        frozen: bool,
        reply: oneshot::Sender<Result<(), Refusal>>,
    },
    /// Somebody is heard in a stream, or not any more.
    Speaking {
        by: PersonId,
        stream: StreamId,
        speaking: bool,
    },
    /// Somebody's keys, whose signature was found right.
    Keys {
        by: PersonId,
        identity: IdentityId,
        bundle: Box<Bundle>,
        reply: oneshot::Sender<Result<(), Refusal>>,
    },
    KeysOf {
        by: PersonId,
        person: PersonId,
        reply: oneshot::Sender<Result<Box<Bundle>, Refusal>>,
    },
    Parcel {
        by: PersonId,
        to: PersonId,
        parcel: Box<Parcel>,
        reply: oneshot::Sender<Result<(), Refusal>>,
    },
    Unread {
        by: PersonId,
        from: PersonId,
    },
    Mail(mail::MailMessage),
    Lab(task::LabMessage),
    Tool {
        by: PersonId,
        connection: ConnectionId,
        request: u32,
        what: RoomRequest,
    },
    Talk {
        by: PersonId,
        request: TalkRequest,
    },
    /// Room chat that is on disk now, or was read from there.
    TalkKept(Vec<keeper::Kept>),
    Block {
        by: PersonId,
        person: PersonId,
        blocked: bool,
        reply: oneshot::Sender<Result<(), Refusal>>,
    },
    Check {
        by: PersonId,
        stamped: Box<Stamped>,
        mac: [u8; 32],
        reply: oneshot::Sender<Result<bool, Refusal>>,
    },
}

/// How others reach a room.
#[derive(Debug, Clone)]
pub(crate) struct Room {
    name: Arc<str>,
    mailbox: mpsc::Sender<Message>,
    media: Arc<RoomMedia>,
}

impl Room {
    /// Starts the room's task; it ends with `stop`, and tells everybody.
    #[must_use]
    pub(crate) fn start(parts: RoomParts, tasks: &TaskTracker, stop: CancellationToken) -> Self {
        let (mailbox, messages) = mpsc::channel(ROOM_MAILBOX);
        let own = mailbox.downgrade();
        let room = Self { name: parts.name.as_str().into(), mailbox, media: Arc::clone(&parts.media) };
        let keeper = keeper::start(parts.name.clone(), parts.store.clone(), own.clone(), tasks);
        tasks.spawn(task::RoomTask::new(parts, own, (keeper, tasks.clone())).run(messages, stop));
        room
    }

    #[must_use]
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// What the media port needs to know of this room.
    #[must_use]
    pub(crate) fn media(&self) -> &Arc<RoomMedia> {
        &self.media
    }

    /// People who are in it.
    pub(crate) async fn people(&self) -> u32 {
        let (reply, answer) = oneshot::channel();
        // The message that could not be sent holds the other end of the answer.
        let _ = self.mailbox.send(Message::Count { reply }).await;
        answer.await.unwrap_or(0)
    }

    /// Ends the room; everybody is told by whom.
    pub(crate) async fn close(&self, by: &str) {
        let _ = self.mailbox.send(Message::Close { by: by.to_owned() }).await;
    }

    /// Ends the seat of somebody who is there.
    pub(crate) async fn put_out(&self, by: &str, person: PersonId) {
        let _ = self.mailbox.send(Message::PutOut { by: by.to_owned(), person }).await;
    }

    /// Asks for a place; the first events are in the queue when this returns.
    pub(crate) async fn enter(&self, entry: Entry) -> Result<(Admission, Presence), LoginRefusal> {
        let presence = Presence::new(self.mailbox.clone(), entry.person, entry.connection);
        let (reply, answer) = oneshot::channel();
        // The message that could not be sent holds the other end of the answer: it must go first.
        let sent = self.mailbox.send(Message::Enter { entry, reply }).await.is_ok();
        // A room that is ending answers nobody any more.
        let busy = LoginRefusal::Busy { retry_after_ms: 1_000 };
        match (sent, answer.await) {
            (true, Ok(Ok(admission))) => Ok((admission, presence)),
            (true, Ok(Err(refusal))) => {
                presence.forget();
                Err(refusal)
            }
            _ => Err(busy),
        }
    }
}
