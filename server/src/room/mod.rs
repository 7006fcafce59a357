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
mod roster;
mod streams;
mod talk;
mod task;
#[cfg(test)]
mod tests;
mod tools;

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
use crate::media::RoomMedia;
use crate::net::Origin;
use crate::store::{Store, UsedCode};

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
        let presence = Presence { mailbox: self.mailbox.clone(), person: entry.person, connection: entry.connection, ended: false };
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

/// A person's place in the room for the life of one connection; when it is dropped the connection counts as lost.
#[derive(Debug)]
pub(crate) struct Presence {
    mailbox: mpsc::Sender<Message>,
    person: PersonId,
    connection: ConnectionId,
    ended: bool,
}

impl Presence {
    /// Ends the seat in the room.
    pub(crate) async fn leave(mut self) {
        self.ended = true;
        let _ = self.mailbox.send(Message::Leave { person: self.person, connection: self.connection }).await;
    }

    /// Asks that another person's seat be ended.
    pub(crate) async fn remove(&self, person: PersonId) -> Result<(), Refusal> {
        self.ask(|by, reply| Message::Remove { by, person, reply }).await
    }

    /// Asks that everybody fetch a lesson ahead, or nobody any more.
    pub(crate) async fn fetch_ahead(&self, lesson: Option<Lesson>) -> Result<(), Refusal> {
        self.ask(|by, reply| Message::FetchAhead { by, lesson, reply }).await
    }

    /// Says how far this person is with it. Dropped when the room has no time: the next comes soon.
    pub(crate) fn fetched_ahead(&self, lesson: Lesson, progress: AheadProgress) {
        let _ = self.mailbox.try_send(Message::FetchedAhead { person: self.person, lesson, progress });
    }

    /// Says how this person fares with a stream. Dropped when the room has no time: the next comes soon.
    pub(crate) fn report(&self, report: ViewerReport) {
        let _ = self.mailbox.try_send(Message::Report { person: self.person, report });
    }

    /// Opens a live stream that this connection publishes.
    pub(crate) async fn publish(&self, offer: Offer) -> Result<StreamId, Refusal> {
        self.ask(|by, reply| Message::Publish { by, offer, reply }).await
    }

    /// Says whether everybody sits together in one room.
    pub(crate) async fn set_together(&self, on: bool) -> Result<(), Refusal> {
        self.ask(|by, reply| Message::SetTogether { by, on, reply }).await
    }

    /// Ends a live stream.
    pub(crate) async fn end_stream(&self, stream: StreamId) -> Result<(), Refusal> {
        self.ask(|by, reply| Message::EndStream { by, stream, reply }).await
    }

    /// Gives somebody the stage, or takes it back.
    pub(crate) async fn give_stage(&self, person: PersonId, given: bool) -> Result<(), Refusal> {
        self.ask(|by, reply| Message::GiveStage { by, person, given, reply }).await
    }

    /// Makes it quiet, or not any more.
    pub(crate) async fn quiet(&self, quiet: bool) -> Result<(), Refusal> {
        self.ask(|by, reply| Message::Quiet { by, quiet, reply }).await
    }

    /// Begins or ends to record a stream.
    pub(crate) async fn record(&self, stream: StreamId, recorded: bool) -> Result<(), Refusal> {
        self.ask(|by, reply| Message::Record { by, stream, recorded, reply }).await
    }

    /// Allows that one's own stream is recorded, or does not.
    pub(crate) async fn allow_recording(&self, stream: StreamId, allowed: bool) -> Result<(), Refusal> {
        self.ask(|by, reply| Message::AllowRecording { by, stream, allowed, reply }).await
    }

    /// The pictures of one's own stream stand still on purpose, or go on.
    pub(crate) async fn freeze(&self, stream: StreamId, frozen: bool) -> Result<(), Refusal> {
        self.ask(|by, reply| Message::Freeze { by, stream, frozen, reply }).await
    }

    /// Takes this person's keys for others; they are looked at here, not in the room.
    pub(crate) async fn keys(&self, bundle: Box<Bundle>) -> Result<(), Refusal> {
        let identity = bundle.check().map_err(|_| Refusal::BadKeys)?.id;
        self.ask(|by, reply| Message::Keys { by, identity, bundle, reply }).await
    }

    /// Somebody's keys.
    pub(crate) async fn keys_of(&self, person: PersonId) -> Result<Box<Bundle>, Refusal> {
        self.ask(|by, reply| Message::KeysOf { by, person, reply }).await
    }

    /// Hands something to somebody.
    pub(crate) async fn send(&self, to: PersonId, parcel: Box<Parcel>) -> Result<(), Refusal> {
        self.ask(|by, reply| Message::Parcel { by, to, parcel, reply }).await
    }

    /// Says that what somebody sent cannot be read. Dropped when the room has no time: the next message says it again.
    pub(crate) fn unread(&self, from: PersonId) {
        let _ = self.mailbox.try_send(Message::Unread { by: self.person, from });
    }

    /// Uses one of the room's tools. The answer comes with the room's events, behind what is told of it.
    pub(crate) async fn use_tool(&self, request: u32, what: RoomRequest) {
        // A room that is ending answers nobody any more.
        let _ = self.mailbox.send(Message::Tool { by: self.person, connection: self.connection, request, what }).await;
    }

    /// Asks something about room chat; the answer comes among the events.
    pub(crate) async fn talk(&self, request: TalkRequest) {
        // Where the room is ending nobody answers any more.
        let _ = self.mailbox.send(Message::Talk { by: self.person, request }).await;
    }

    /// Nothing from a person is handed to this one, or again.
    pub(crate) async fn block(&self, person: PersonId, blocked: bool) -> Result<(), Refusal> {
        self.ask(|by, reply| Message::Block { by, person, blocked, reply }).await
    }

    /// Whether a stamp is this server's.
    pub(crate) async fn check(&self, stamped: Box<Stamped>, mac: [u8; 32]) -> Result<bool, Refusal> {
        self.ask(|by, reply| Message::Check { by, stamped, mac, reply }).await
    }

    async fn ask<T>(&self, message: impl FnOnce(PersonId, oneshot::Sender<Result<T, Refusal>>) -> Message) -> Result<T, Refusal> {
        let (reply, answer) = oneshot::channel();
        let sent = self.mailbox.send(message(self.person, reply)).await.is_ok();
        match (sent, answer.await) {
            (true, Ok(result)) => result,
            // The room is ending.
            _ => Err(Refusal::NotAllowed),
        }
    }

    /// The room itself ended the place.
    fn forget(mut self) {
        self.ended = true;
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        let lost = Message::Lost { person: self.person, connection: self.connection };
        if let Err(mpsc::error::TrySendError::Full(lost)) = self.mailbox.try_send(lost)
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            let mailbox = self.mailbox.clone();
            runtime.spawn(async move {
                let _ = mailbox.send(lost).await;
            });
        }
    }
}
