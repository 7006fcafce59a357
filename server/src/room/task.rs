//! The room's task: takes messages one by one, tells members what changed, keeps the media key.
//!
//! Changes of the roster and of the catalogue are collected and told a few times a second at most, so that a class that
//! joins at once does not fill everybody's queue.

mod ahead;
mod catalogue;
mod chat;
mod class_run;
mod codes;
mod door;
mod floor;
mod lab;
mod mail;
mod talk;
mod telling;
mod tools;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use lectern_proto::control::{CloseReason, Event, LoginRefusal, PersonId, Refusal, Role, StreamId};
use lectern_proto::limits::{
    AHEAD_EVERY, CATALOGUE_EVERY, CATALOGUE_PAGE, CONTROL_QUEUE, EPOCH_LEAD, LIBRARY_FILES_MAX, ROOM_PEOPLE_MAX, ROSTER_EVERY, SHARE_EVERY,
};
use lectern_proto::rights::Action;
use lectern_proto::rung::RungSpec;
use lectern_proto::seal::RoomKey;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::ahead::Ahead;
use super::attendance::Attendance;
use super::chat::Chat;
use super::floor::Floor;
use super::keeper::Order;
use super::mail::Post;
use super::roster::Roster;
use super::streams::Streams;
use super::talk::Talk;
use super::tools::Tools;
use super::voices::Voices;
pub(super) use lab::LabMessage;

use super::{Admission, ConnectionId, Entry, Message, Outbox, RoomParts};
use crate::clock::{Clock, sleep_until};
use crate::library::Catalogue;
use crate::media::{EpochKey, LabRuns, RoomMedia};
use crate::store::Store;

/// The first state, and a change of everything, fit into a queue with room to spare.
const _: () = assert!((LIBRARY_FILES_MAX + ROOM_PEOPLE_MAX) / CATALOGUE_PAGE + 12 < CONTROL_QUEUE / 2);

/// People or videos that are gone, each a message, in one go: what is more waits, so that no queue runs full.
const GONE_AT_ONCE: usize = CONTROL_QUEUE / 4;

/// Messages that are taken before it is looked what is due.
const MESSAGES_AT_ONCE: usize = 32;

/// How often it is looked whether a stream has gone silent.
const STREAMS_EVERY: Duration = Duration::from_secs(1);

/// A new media key that was announced; it is used from `at` on, when everybody has it.
#[derive(Debug)]
struct NextEpoch {
    key: Arc<EpochKey>,
    at: Duration,
    /// Somebody else was removed meanwhile: another key follows.
    again: bool,
}

pub(super) struct RoomTask {
    name: String,
    people_most: usize,
    media: Arc<RoomMedia>,
    catalogue: watch::Receiver<Catalogue>,
    store: Store,
    clock: Clock,
    roster: Roster,
    connections: HashMap<PersonId, (ConnectionId, Outbox)>,
    /// The catalogue as members know it.
    told: Catalogue,
    catalogue_at: Option<Duration>,
    catalogue_told_at: Duration,
    changed_people: BTreeSet<PersonId>,
    people_told_at: Duration,
    next_epoch: Option<NextEpoch>,
    /// When the shares of the bandwidth are looked at again.
    shares_at: Duration,
    ladder: Vec<RungSpec>,
    /// What others on this machine tell the room by.
    mailbox: mpsc::WeakSender<Message>,
    ahead: Option<Ahead>,
    /// When instructors are told again how far that is.
    ahead_at: Duration,
    /// Whether everybody sits in one room.
    together: bool,
    streams: Streams,
    floor: Floor,
    chat: Chat,
    post: Post,
    mail_days: u32,
    tools: Tools,
    voices: Voices,
    door: door::Doorstep,
    attendance: Attendance,
    talk: Talk,
    labs: super::lab::Lab,
    lab_runs: Arc<LabRuns>,
    keeper: mpsc::Sender<Order>,
    /// Runs what the room does not wait for.
    tasks: TaskTracker,
    /// When it is looked again which of them have gone silent.
    streams_at: Duration,
}

impl RoomTask {
    pub(super) fn new(parts: RoomParts, mailbox: mpsc::WeakSender<Message>, (keeper, tasks): (mpsc::Sender<Order>, TaskTracker)) -> Self {
        let mut catalogue = parts.catalogue;
        let told = catalogue.borrow_and_update().clone();
        Self {
            name: parts.name,
            people_most: parts.people,
            media: parts.media,
            catalogue,
            store: parts.store,
            clock: parts.clock,
            roster: Roster::default(),
            connections: HashMap::new(),
            told,
            catalogue_at: None,
            catalogue_told_at: Duration::ZERO,
            changed_people: BTreeSet::new(),
            people_told_at: Duration::ZERO,
            next_epoch: None,
            shares_at: Duration::ZERO,
            ladder: parts.ladder,
            mailbox,
            ahead: None,
            ahead_at: Duration::ZERO,
            together: parts.together,
            streams: Streams::new(parts.live_ladder, parts.rungs, parts.recorder),
            floor: Floor::default(),
            tools: Tools::default(),
            voices: Voices::default(),
            door: door::Doorstep::default(),
            attendance: Attendance::default(),
            talk: Talk::new(parts.room_chat),
            labs: super::lab::Lab::default(),
            lab_runs: parts.labs,
            keeper,
            tasks,
            chat: Chat::new(parts.private_chat, parts.attachment_max, parts.stamps),
            post: Post::default(),
            mail_days: parts.mail_days,
            streams_at: Duration::ZERO,
        }
    }

    pub(super) async fn run(mut self, mut messages: mpsc::Receiver<Message>, stop: CancellationToken) {
        self.recall().await;
        self.recall_mailboxes().await;
        let reason = loop {
            let due = self.next_deadline().map(|at| self.clock.at(at));
            tokio::select! {
                () = stop.cancelled() => break CloseReason::ServerStopping,
                message = messages.recv() => match message {
                    Some(message) => if let Some(reason) = self.take_all(message, &mut messages).await {
                        break reason;
                    },
                    None => break CloseReason::ServerStopping,
                },
                changed = self.catalogue.changed(), if self.catalogue_at.is_none() => match changed {
                    Ok(()) => self.catalogue_at = Some(self.catalogue_told_at + CATALOGUE_EVERY),
                    Err(_) => break CloseReason::ServerStopping,
                },
                () = sleep_until(due), if due.is_some() => {}
            }
            self.do_what_is_due();
            self.keep_attendance();
        };
        for (_, (_, outbox)) in self.connections.drain() {
            let _ = outbox.close.send(reason.clone());
        }
        let streams: Vec<_> = self.streams.all().iter().map(|stream| stream.id).collect();
        self.end_streams(streams);
        self.labs.end_all().into_iter().for_each(|run| self.lab_runs.close(run));
        self.attendance.end_all(self.clock.unix_seconds());
        self.keep_attendance();
    }

    fn next_deadline(&self) -> Option<Duration> {
        let people = (!self.changed_people.is_empty() || self.has_tool_news()).then(|| self.people_told_at + ROSTER_EVERY);
        let shares = (self.media.budget.is_some() && !self.connections.is_empty()).then_some(self.shares_at);
        let ahead = self.ahead.as_ref().filter(|_| !self.connections.is_empty()).map(|_| self.ahead_at);
        let streams = (!self.streams.is_empty()).then_some(self.streams_at);
        [self.roster.next_expiry(), self.labs.next_expiry(), self.catalogue_at, people, ahead, streams, self.next_epoch.as_ref().map(|n| n.at), shares]
            .into_iter()
            .flatten()
            .min()
    }

    fn do_what_is_due(&mut self) {
        let now = self.clock.now();
        for person in self.roster.expire(now) {
            tracing::info!(room = %self.name, person = person.0, "the seat was not taken again");
            self.leave_stage(person);
            self.leave_chat(person);
            self.forget_tools(person);
            self.changed_people.insert(person);
        }
        if (!self.changed_people.is_empty() || self.has_tool_news()) && now >= self.people_told_at + ROSTER_EVERY {
            self.people_told_at = now;
            self.tell_people();
        }
        if self.catalogue_at.is_some_and(|at| now >= at) {
            self.catalogue_at = None;
            self.catalogue_told_at = now;
            self.tell_catalogue();
        }
        self.expire_runs();
        if now >= self.shares_at {
            self.shares_at = now + SHARE_EVERY;
            self.tell_shares(now);
        }
        if now >= self.ahead_at {
            self.ahead_at = now + AHEAD_EVERY;
            self.tell_ahead();
        }
        if now >= self.streams_at {
            self.streams_at = now + STREAMS_EVERY;
            self.end_streams(self.streams.silent(now));
            self.tell_health(now);
        }
        if let Some(next) = self.next_epoch.take_if(|n| now >= n.at) {
            self.media.keys.replace(next.key);
            if next.again {
                self.rotate(now);
            }
        }
    }

    /// Takes a message and those that wait behind it, some at once; says why the room ends, where it does.
    async fn take_all(&mut self, first: Message, waiting: &mut mpsc::Receiver<Message>) -> Option<CloseReason> {
        let (mut message, mut left) = (first, MESSAGES_AT_ONCE);
        loop {
            match message {
                Message::Close { by } => return Some(CloseReason::RoomClosed { by }),
                message => self.take(message).await,
            }
            left -= 1;
            message = (left > 0).then(|| waiting.try_recv().ok()).flatten()?;
        }
    }

    async fn take(&mut self, message: Message) {
        match message {
            Message::Enter { entry, reply } => self.knock(entry, reply),
            Message::Count { reply } => drop(reply.send(u32::try_from(self.roster.len()).unwrap_or(u32::MAX))),
            // Before it comes here.
            Message::Close { .. } => {}
            Message::PutOut { by, person } => self.put_out(by, person).await,
            Message::Lost { person, connection } => self.lose(person, connection),
            Message::Leave { person, connection } => {
                if self.is_current(person, connection) {
                    self.connections.remove(&person);
                    self.end_seat(person).await;
                    tracing::info!(room = %self.name, person = person.0, "left");
                }
            }
            Message::Remove { by, person, reply } => {
                let _ = reply.send(self.remove(by, person).await);
            }
            Message::FetchAhead { by, lesson, reply } => {
                let _ = reply.send(self.fetch_ahead(by, lesson));
            }
            Message::FetchedAhead { person, lesson, progress } => {
                if let Some(ahead) = self.ahead.as_mut().filter(|_| self.roster.person(person).is_some()) {
                    ahead.note(person, &lesson, progress);
                }
            }
            Message::Publish { by, offer, reply } => {
                let published = self.publish(by, offer);
                let id = published.as_ref().ok().copied();
                // Somebody who went away meanwhile publishes nothing.
                if reply.send(published).is_err() {
                    self.end_streams(id);
                }
            }
            Message::Report { person, report } => {
                if self.roster.person(person).is_some() {
                    self.streams.report(self.clock.now(), person, report);
                }
            }
            Message::RungMade { stream, track, video } => {
                if let Some(info) = self.streams.rung_made(stream, track, video) {
                    self.tell(Event::Streams(vec![info]));
                }
            }
            Message::SetTogether { by, on, reply } => drop(reply.send(self.set_together(by, on))),
            Message::EndStream { by, stream, reply } => {
                let may = self.roster.person(by).ok_or(Refusal::NotAllowed).and_then(|by| self.streams.may_end(by, stream));
                self.end_streams(may.is_ok().then_some(stream));
                let _ = reply.send(may);
            }
            Message::GiveStage { by, person, given, reply } => drop(reply.send(self.give_stage(by, person, given))),
            Message::Quiet { by, quiet, reply } => drop(reply.send(self.set_quiet(by, quiet))),
            Message::Record { by, stream, recorded, reply } => drop(reply.send(self.record(by, stream, recorded))),
            Message::AllowRecording { by, stream, allowed, reply } => drop(reply.send(self.allow_recording(by, stream, allowed))),
            Message::RecordingEnded { stream } => self.recording_ended(stream),
            Message::Freeze { by, stream, frozen, reply } => drop(reply.send(self.freeze(by, stream, frozen))),
            Message::Speaking { by, stream, speaking } => self.speaking(by, stream, speaking),
            Message::Keys { by, identity, bundle, reply } => drop(reply.send(self.take_keys(by, identity, bundle))),
            Message::KeysOf { by, person, reply } => drop(reply.send(self.keys_of(by, person))),
            Message::Parcel { by, to, parcel, reply } => drop(reply.send(self.hand_on(by, to, parcel))),
            Message::Unread { by, from } => self.unread(by, from),
            Message::Mail(message) => self.mail(message),
            Message::Lab(message) => self.lab(message),
            Message::Tool { by, connection, request, what } => self.take_request((by, connection), request, what).await,
            Message::Talk { by, request } => self.talk(by, request),
            Message::TalkKept(kept) => self.talk_kept(kept),
            Message::Block { by, person, blocked, reply } => drop(reply.send(self.block(by, person, blocked))),
            Message::Check { by, stamped, mac, reply } => drop(reply.send(self.check_stamp(by, &stamped, &mac))),
        }
    }

    fn end_streams(&mut self, streams: impl IntoIterator<Item = StreamId>) {
        for stream in streams {
            if self.streams.end(stream, &self.media) {
                tracing::info!(room = %self.name, %stream, "live no more");
                self.voices.end(stream);
                self.tell(Event::StreamEnded(stream));
            }
        }
    }

    fn is_current(&self, person: PersonId, connection: ConnectionId) -> bool {
        self.connections.get(&person).is_some_and(|(id, _)| *id == connection)
    }

    fn enter(&mut self, entry: Entry) -> Result<Admission, LoginRefusal> {
        let known = self.roster.person(entry.person).is_some();
        let full = self.roster.len() >= ROOM_PEOPLE_MAX || (!entry.role.may(Action::Moderate) && self.roster.students() >= self.people_most);
        if !known && full {
            return Err(LoginRefusal::RoomFull);
        }
        let person = self.roster.enter(entry.person, &entry.name, entry.role).clone();
        if let Some((_, older)) = self.connections.remove(&entry.person) {
            let _ = older.close.send(CloseReason::Replaced);
            self.leave_labs(entry.person);
            self.end_streams(self.streams.of(entry.person));
        }
        self.changed_people.insert(person.id);
        self.attendance.begin(self.clock.unix_seconds(), &person);
        tracing::info!(room = %self.name, person = person.id.0, name = ?person.name, role = ?person.role, again = known, "entered");
        let current = self.media.keys.current();
        if let Some(budget) = &self.media.budget {
            // Before anything can be opened.
            let bps = budget.entered(self.clock.now(), person.id);
            let _ = entry.outbox.events.try_send(Arc::new(Event::Share { bps }));
        }
        self.expect_keys(person.id);
        self.greet(&entry.outbox, person.id, entry.role);
        self.connections.insert(person.id, (entry.connection, entry.outbox));
        self.enter_class_run(person.id);
        Ok(Admission { name: person.name, epoch: current.epoch, room_key: current.key.clone() })
    }

    /// The first state: a coming key, all people, all videos. It fits into the empty queue.
    fn greet(&self, outbox: &Outbox, person: PersonId, role: Role) {
        let mut events = Vec::new();
        events.extend(self.next_epoch.as_ref().map(|n| Event::MediaEpoch { epoch: n.key.epoch, room_key: n.key.key.clone() }));
        let people: Vec<_> = self.roster.people().cloned().collect();
        events.extend(people.chunks(CATALOGUE_PAGE).map(|page| Event::People(page.to_vec())));
        events.extend(self.catalogue_events(person));
        events.extend((!self.streams.is_empty()).then(|| Event::Streams(self.streams.all())));
        events.push(Event::Together { on: self.together });
        events.extend(self.floor_events());
        events.extend(self.chat_events());
        events.extend(self.tool_events(person, role));
        events.push(self.talk_event());
        events.extend(self.lab_events(role));
        events.push(Event::Synchronised);
        if let Some(ahead) = &self.ahead {
            events.push(Event::FetchAhead(Some(ahead.lesson.clone())));
            events.extend(role.may(Action::Moderate).then(|| ahead.tally(self.roster.people())));
        }
        for event in events {
            let _ = outbox.events.try_send(Arc::new(event));
        }
    }

    fn lose(&mut self, person: PersonId, connection: ConnectionId) {
        if self.stop_waiting(person, connection) {
            return;
        }
        if self.is_current(person, connection) {
            self.connections.remove(&person);
            self.mark_lost(person);
        }
    }

    fn mark_lost(&mut self, person: PersonId) {
        self.free_share(person);
        self.leave_labs(person);
        self.end_streams(self.streams.of(person));
        if self.roster.lose(self.clock.now(), person).is_some() {
            tracing::info!(room = %self.name, person = person.0, "connection lost");
            self.attendance.end(self.clock.unix_seconds(), person);
            self.changed_people.insert(person);
        }
    }

    fn free_share(&self, person: PersonId) {
        if let Some(budget) = &self.media.budget {
            budget.left(person);
        }
    }

    async fn end_seat(&mut self, person: PersonId) {
        self.free_share(person);
        self.leave_labs(person);
        self.end_streams(self.streams.of(person));
        self.roster.leave(person);
        self.leave_stage(person);
        self.leave_chat(person);
        self.forget_tools(person);
        if let Some(ahead) = &mut self.ahead {
            ahead.forget(person);
        }
        self.changed_people.insert(person);
        if let Err(error) = self.store.end_seat(person).await {
            tracing::error!(%error, person = person.0, "the seat could not be ended in the database");
        }
    }

    async fn remove(&mut self, by: PersonId, person: PersonId) -> Result<(), Refusal> {
        self.allow(by, Action::Moderate)?;
        let name = self.roster.person(by).map(|p| p.name.clone()).unwrap_or_default();
        let removed = self.roster.person(person).ok_or(Refusal::NoSuchPerson)?;
        // Nobody puts out who has more rights.
        if removed.role.may(Action::Administer) {
            self.allow(by, Action::Administer)?;
        }
        self.put_out(name, person).await;
        Ok(())
    }

    /// Announces a new media key. It is used a moment later, so that no record comes before its key.
    fn rotate(&mut self, now: Duration) {
        if let Some(next) = &mut self.next_epoch {
            // Clients hold two keys: a third has to wait until the first is not used any more.
            next.again = true;
            return;
        }
        let key = Arc::new(EpochKey { epoch: self.media.keys.current().epoch + 1, key: RoomKey(rand::random()) });
        self.tell(Event::MediaEpoch { epoch: key.epoch, room_key: key.key.clone() });
        self.next_epoch = Some(NextEpoch { key, at: now + EPOCH_LEAD, again: false });
    }

    fn tell_people(&mut self) {
        let changed = std::mem::take(&mut self.changed_people);
        let (there, mut gone): (Vec<_>, Vec<_>) = changed.into_iter().partition(|id| self.roster.person(*id).is_some());
        // The rest has its turn next time.
        self.changed_people.extend(gone.split_off(gone.len().min(GONE_AT_ONCE)));
        let people: Vec<_> = there.iter().filter_map(|id| self.roster.person(*id).cloned()).collect();
        for page in people.chunks(CATALOGUE_PAGE) {
            self.tell(Event::People(page.to_vec()));
        }
        for id in gone {
            self.tell(Event::PersonLeft(id));
        }
        self.tell_identities();
        self.tell_tools();
    }
}
