//! A session's end of the room: what one person asks of it, for the life of one connection.

use lectern_proto::chat::Parcel;
use lectern_proto::chat::keys::Bundle;
use lectern_proto::chat::stamp::Stamped;
use lectern_proto::control::{AheadProgress, LabRequest, Lesson, Offer, PersonId, Refusal, RoomRequest, StreamId, TalkRequest, ViewerReport};
use lectern_proto::limits::MAIL_TAKEN_MAX;
use tokio::sync::{mpsc, oneshot};

use super::mail::MailMessage;
use super::task::LabMessage;
use super::{ConnectionId, Message};

/// A person's place in the room for the life of one connection; when it is dropped the connection counts as lost.
#[derive(Debug)]
pub(crate) struct Presence {
    mailbox: mpsc::Sender<Message>,
    person: PersonId,
    connection: ConnectionId,
    ended: bool,
}

impl Presence {
    pub(super) fn new(mailbox: mpsc::Sender<Message>, person: PersonId, connection: ConnectionId) -> Self {
        Self { mailbox, person, connection, ended: false }
    }

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

    /// This person is heard in a stream, or not any more.
    pub(crate) async fn speaking(&self, stream: StreamId, speaking: bool) {
        // A room that is ending tells nobody any more.
        let _ = self.mailbox.send(Message::Speaking { by: self.person, stream, speaking }).await;
    }

    /// Takes this person's keys for others; they are looked at here, not in the room.
    pub(crate) async fn keys(&self, bundle: Box<Bundle>) -> Result<(), Refusal> {
        let identity = bundle.check().ok().filter(|contact| !contact.life.is_mailbox()).ok_or(Refusal::BadKeys)?.id;
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

    /// Takes the keys by which this person is written to while away; what waits is handed over from now on. Returns when they are on disk.
    pub(crate) async fn open_mailbox(&self, bundle: Box<Bundle>) -> Result<(), Refusal> {
        let identity = bundle.check().ok().filter(|contact| contact.life.is_mailbox()).ok_or(Refusal::BadKeys)?.id;
        let connection = self.connection;
        self.ask(|by, reply| Message::Mail(MailMessage::Open { by, connection, identity, bundle, reply })).await
    }

    /// Leaves something for somebody who may be away. Returns when it is on disk.
    pub(crate) async fn leave_mail(&self, to: PersonId, parcel: Box<Parcel>) -> Result<(), Refusal> {
        self.ask(|by, reply| Message::Mail(MailMessage::Leave { by, to, parcel, reply })).await
    }

    /// These were opened and need not be kept.
    pub(crate) async fn taken(&self, numbers: Vec<u64>) {
        if numbers.len() <= MAIL_TAKEN_MAX {
            let _ = self.mailbox.send(Message::Mail(MailMessage::Taken { by: self.person, connection: self.connection, numbers })).await;
        }
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

    /// Asks something about the networking labs; the answer comes among the events.
    pub(crate) async fn lab(&self, request: u32, what: LabRequest) {
        let _ = self.mailbox.send(Message::Lab(LabMessage::Ask { by: self.person, connection: self.connection, request, what })).await;
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
    pub(super) fn forget(mut self) {
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
