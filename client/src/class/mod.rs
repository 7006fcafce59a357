//! A membership in a class: joins, stays joined, knows who is there and what can be watched.
//!
//! One task owns the control connection and publishes [`ClassState`] snapshots; handles send it commands. When the
//! connection is lost it comes back to the same seat by itself; media follows through the published [`MediaRoute`].

mod account;
mod ahead;
mod chat;
mod lab;
mod membership;
mod state;
mod talk;
mod thumbnails;
mod tools;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use lectern_proto::control::{AheadProgress, ChunkRef, Lesson, Offer, PersonId, StreamId, StreamInfo, VideoId, VideoState, ViewerReport};
use lectern_proto::limits::WISH_EVERY;
use lectern_proto::link::{Fingerprint, JoinLink};
use lectern_proto::media::client::MediaClientCore;
use tokio::sync::{mpsc, oneshot, watch};

pub use talk::{TalkError, TalkLog};

use account::AccountCommand;
pub use account::MyAccount;
pub use lab::{ClassRunState, Labs, Offered, RunNews};
pub use state::{Ahead, AheadTally, Changed, ClassState, Floor, JoinError, Me, OtherVersion, Phase, StreamError};

use crate::account::AccountEntry;
use crate::fetch::{ChunkStore, Fetcher, MediaRoute};
use crate::live::{InClass, ListenOptions, Listener, LiveError, LiveOptions, LiveView, Publisher, Source, Transport};
use crate::player::{PlayError, Player, PlayerOptions, SoundOut, WeakPlayer};
use chat::LETTERS;
pub(crate) use chat::{ChatCommand, Letter};
use thumbnails::Thumbnails;
use tools::ToolCommand;
pub(crate) use tools::opening;
pub use tools::{PollState, Tools};

/// What a person enters with.
#[derive(Debug, Clone)]
pub struct JoinRequest {
    pub link: JoinLink,
    pub name: String,
    /// Not needed with the instructor key in the link.
    pub password: Option<String>,
    /// In place of name and password.
    pub account: Option<AccountEntry>,
    /// Where lessons are fetched ahead to; without it they are not.
    pub store: Option<Arc<ChunkStore>>,
}

#[derive(Debug)]
enum Command {
    Leave,
    Remove { person: PersonId, reply: oneshot::Sender<Result<(), StreamError>> },
    Want { video: VideoId, at_us: u64 },
    FetchAhead(Option<Lesson>),
    SetTogether(bool),
    FetchedAhead { lesson: Lesson, progress: AheadProgress },
    Report(ViewerReport),
    Speaking { stream: StreamId, speaking: bool },
    Publish { offer: Offer, reply: oneshot::Sender<Result<StreamId, StreamError>> },
    EndStream { stream: StreamId, reply: oneshot::Sender<Result<(), StreamError>> },
    GiveStage { person: PersonId, given: bool, reply: oneshot::Sender<Result<(), StreamError>> },
    Quiet { quiet: bool, reply: oneshot::Sender<Result<(), StreamError>> },
    Freeze { stream: StreamId, frozen: bool, reply: oneshot::Sender<Result<(), StreamError>> },
    Record { stream: StreamId, recorded: bool, reply: oneshot::Sender<Result<(), StreamError>> },
    AllowRecording { stream: StreamId, allowed: bool, reply: oneshot::Sender<Result<(), StreamError>> },
    Chat(ChatCommand),
    Tool(ToolCommand),
    Talk(talk::TalkCommand),
    Account(AccountCommand),
    Lab(lab::LabCommand),
}

/// Commands that may wait for the connection.
const COMMANDS: usize = 64;

/// A handle on a membership. The membership ends when the last handle is dropped.
#[derive(Debug, Clone)]
pub struct Class(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    runtime: tokio::runtime::Handle,
    state: watch::Receiver<Arc<ClassState>>,
    route: watch::Receiver<Option<MediaRoute>>,
    commands: mpsc::Sender<Command>,
    thumbnails: Thumbnails,
    store: Option<Arc<ChunkStore>>,
    server: Fingerprint,
    has_account: bool,
    /// What comes for this member alone, until somebody takes it.
    letters: Mutex<Option<mpsc::Receiver<Letter>>>,
}

impl Class {
    /// Begins to join and returns at once; [`Class::state`] tells how it goes, `changed` when.
    #[must_use]
    pub fn join(runtime: &tokio::runtime::Handle, request: JoinRequest, changed: Changed) -> Self {
        let (commands, inbox) = mpsc::channel(COMMANDS);
        let (state_out, state) = watch::channel(Arc::new(ClassState::connecting(&request.link.room)));
        let (route_out, route) = watch::channel(None);
        let (store, server, has_account) = (request.store.clone(), request.link.fingerprint, request.account.is_some());
        if let Some(store) = store.clone() {
            let fetcher = Fetcher::start(runtime, route.clone());
            runtime.spawn(ahead::run(state.clone(), commands.clone(), fetcher, store));
        }
        let (letters_out, letters) = mpsc::channel(LETTERS);
        runtime.spawn(membership::run(request, inbox, (state_out, route_out, letters_out), changed.clone()));
        let thumbnails = Thumbnails::new(runtime.clone(), route.clone(), changed);
        Self(Arc::new(Inner { runtime: runtime.clone(), state, route, commands, thumbnails, store, server, has_account, letters: Mutex::new(Some(letters)) }))
    }

    /// What is known now.
    #[must_use]
    pub fn state(&self) -> Arc<ClassState> {
        self.0.state.borrow().clone()
    }

    /// Snapshots as they come.
    pub(crate) fn states(&self) -> watch::Receiver<Arc<ClassState>> {
        self.0.state.clone()
    }

    /// The certificate of the server.
    pub(crate) fn server(&self) -> Fingerprint {
        self.0.server
    }

    /// Whether this member enters with an account.
    #[must_use]
    pub fn has_account(&self) -> bool {
        self.0.has_account
    }

    pub(crate) fn runtime(&self) -> &tokio::runtime::Handle {
        &self.0.runtime
    }

    /// Waits until `wanted` is true of the state, or the membership has ended.
    ///
    /// # Errors
    /// [`JoinError`] when the membership ended first.
    pub async fn wait_for(&self, mut wanted: impl FnMut(&ClassState) -> bool) -> Result<Arc<ClassState>, JoinError> {
        let mut state = self.0.state.clone();
        let over = |s: &ClassState| match &s.phase {
            Phase::Ended(why) => Some(why.clone()),
            _ => None,
        };
        let found = state.wait_for(|s| wanted(s) || over(s).is_some()).await;
        let found = found.map_err(|_| JoinError::Left)?.clone();
        match over(&found) {
            Some(why) => Err(why),
            None => Ok(found),
        }
    }

    /// Waits until people and videos are known.
    ///
    /// # Errors
    /// [`JoinError`] when that did not come to be.
    pub async fn joined(&self) -> Result<Arc<ClassState>, JoinError> {
        self.wait_for(|s| s.phase == Phase::Joined && s.synchronised).await
    }

    /// Gives the seat up.
    pub fn leave(&self) {
        // Full only when the connection is gone; the seat then ends by itself.
        let _ = self.0.commands.try_send(Command::Leave);
    }

    /// Gives the seat up and waits until the server knows.
    pub async fn left(&self) {
        self.leave();
        let _ = self.wait_for(|_| false).await;
    }

    /// Removes a person; the server allows it to instructors only.
    pub fn remove(&self, person: PersonId) {
        let _ = self.0.commands.try_send(Command::Remove { person, reply: oneshot::channel().0 });
    }

    /// Removes a person and waits for the answer.
    ///
    /// # Errors
    /// [`StreamError`] when the server refuses it or cannot be asked.
    pub async fn remove_person(&self, person: PersonId) -> Result<(), StreamError> {
        self.ask(|reply| Command::Remove { person, reply }).await
    }

    /// Somebody waits for a video that is not ready: it is prepared before others.
    pub fn want(&self, video: VideoId) {
        let _ = self.0.commands.try_send(Command::Want { video, at_us: 0 });
    }

    /// Everybody is to fetch a lesson ahead, or nobody any more; the server allows it to instructors only.
    pub fn fetch_ahead(&self, lesson: Option<Lesson>) {
        let _ = self.0.commands.try_send(Command::FetchAhead(lesson));
    }

    /// Whether everybody sits together in one room; the server allows it to instructors only.
    pub fn set_together(&self, on: bool) {
        let _ = self.0.commands.try_send(Command::SetTogether(on));
    }

    /// Opens a live stream of this member; its units are sent with [`Class::start_publishing`].
    ///
    /// # Errors
    /// [`StreamError`] when the server refuses it or cannot be asked.
    pub async fn publish(&self, offer: Offer) -> Result<StreamId, StreamError> {
        self.ask(|reply| Command::Publish { offer, reply }).await
    }

    fn in_class(&self) -> InClass {
        let commands = self.0.commands.clone();
        let report = Arc::new(move |report| _ = commands.try_send(Command::Report(report)));
        InClass { route: self.0.route.clone(), state: self.0.state.clone(), report }
    }

    /// Opens a stream of the room with pictures, by its name or its number in hexadecimal digits.
    ///
    /// # Errors
    /// [`LiveError`] when it does not run or cannot be shown.
    pub fn open_live(&self, name: &str, pictures: &LiveOptions, sound: &ListenOptions) -> Result<LiveView, LiveError> {
        let state = self.state();
        let running = || state.streams.iter().map(|s| s.name.clone()).collect();
        let stream = state.stream(name).ok_or_else(|| LiveError::NoSuchStream { name: name.to_owned(), running: running() })?;
        if stream.videos().next().is_none() {
            return Err(LiveError::NoPictures(stream.name.clone()));
        }
        LiveView::open(&self.0.runtime, &self.in_class(), stream, pictures, sound)
    }

    /// Shows and plays a stream of the room in the window.
    ///
    /// # Errors
    /// [`LiveError`] when it does not run any more or cannot be shown.
    pub fn view_live(&self, id: StreamId, out: &SoundOut, changed: &Changed) -> Result<LiveView, LiveError> {
        let state = self.state();
        let running = || state.streams.iter().map(|s| s.name.clone()).collect();
        let stream = state.streams.iter().find(|s| s.id == id).ok_or_else(|| LiveError::NoSuchStream { name: id.to_string(), running: running() })?;
        let pictures = LiveOptions { rung: None, decode: true, transport: Transport::Auto, record: None, changed: changed.clone() };
        let sound = ListenOptions { audible: true, record: None, transport: Transport::Auto, out: out.clone(), changed: changed.clone() };
        LiveView::open(&self.0.runtime, &self.in_class(), stream, &pictures, &sound)
    }

    /// Listens to a stream of the room.
    ///
    /// # Errors
    /// [`LiveError`] when it has no sound.
    pub fn listen(&self, stream: &StreamInfo, options: &ListenOptions) -> Result<Listener, LiveError> {
        Listener::alone(&self.0.runtime, self.0.route.clone(), stream, options)
    }

    /// Publishes what a media worker captures.
    #[must_use]
    pub fn start_publishing(&self, source: Source) -> Publisher {
        Publisher::start(&self.0.runtime, self.clone(), self.0.route.clone(), source)
    }

    /// Lets a media worker capture for its publisher's eyes; the class sees it when the publisher goes on air.
    #[must_use]
    pub fn start_preview(&self, source: Source, changed: Changed) -> Publisher {
        Publisher::preview(&self.0.runtime, self.clone(), self.0.route.clone(), source, changed)
    }

    /// Ends a live stream.
    ///
    /// # Errors
    /// [`StreamError`] when the server refuses it or cannot be asked.
    pub async fn end_stream(&self, stream: StreamId) -> Result<(), StreamError> {
        self.ask(|reply| Command::EndStream { stream, reply }).await
    }

    /// Gives a student the stage, or takes it back; the server allows it to instructors only.
    ///
    /// # Errors
    /// [`StreamError`] when the server refuses it or cannot be asked.
    pub async fn give_stage(&self, person: PersonId, given: bool) -> Result<(), StreamError> {
        self.ask(|reply| Command::GiveStage { person, given, reply }).await
    }

    /// Makes it quiet, or not any more; the server allows it to instructors only.
    ///
    /// # Errors
    /// [`StreamError`] when the server refuses it or cannot be asked.
    pub async fn set_quiet(&self, quiet: bool) -> Result<(), StreamError> {
        self.ask(|reply| Command::Quiet { quiet, reply }).await
    }

    /// Says of a stream of this member that its pictures stand still, or go on.
    ///
    /// # Errors
    /// [`StreamError`] when the server refuses it or cannot be asked.
    pub async fn freeze_stream(&self, stream: StreamId, frozen: bool) -> Result<(), StreamError> {
        self.ask(|reply| Command::Freeze { stream, frozen, reply }).await
    }

    /// Says of a stream of this member that he or she is heard in it, or not any more. False where so much waits that it was not said.
    pub(crate) fn speaking(&self, stream: StreamId, speaking: bool) -> bool {
        self.0.commands.try_send(Command::Speaking { stream, speaking }).is_ok()
    }

    /// Begins or ends to record a stream, which a student first allows; for instructors.
    ///
    /// # Errors
    /// [`StreamError`] when the server refuses it or cannot be asked.
    pub async fn record(&self, stream: StreamId, recorded: bool) -> Result<(), StreamError> {
        self.ask(|reply| Command::Record { stream, recorded, reply }).await
    }

    /// Allows that one's own stream is recorded, or does not, or not any more.
    ///
    /// # Errors
    /// [`StreamError`] when the server refuses it, or is not there.
    pub async fn allow_recording(&self, stream: StreamId, allowed: bool) -> Result<(), StreamError> {
        self.ask(|reply| Command::AllowRecording { stream, allowed, reply }).await
    }

    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<Result<T, StreamError>>) -> Command) -> Result<T, StreamError> {
        let (reply, answer) = oneshot::channel();
        let sent = self.0.commands.send(command(reply)).await.is_ok();
        match (sent, answer.await) {
            (true, Ok(result)) => result,
            _ => Err(StreamError::NotConnected),
        }
    }

    /// A thumbnail's JPEG bytes, or none while they are being fetched; the class's `changed` tells when they have come.
    #[must_use]
    pub fn thumbnail(&self, chunk: ChunkRef) -> Option<Bytes> {
        self.0.thumbnails.bytes(chunk)
    }

    /// A media connection of its own.
    #[must_use]
    pub fn fetcher(&self) -> Fetcher {
        Fetcher::start(&self.0.runtime, self.0.route.clone())
    }

    /// A media connection without its socket, and where to connect it to; none while not joined. For measuring a server
    /// without the cost of opening what it sends.
    #[must_use]
    pub fn media_core(&self) -> Option<(MediaClientCore, SocketAddr)> {
        self.0.route.borrow().as_ref().map(MediaRoute::core)
    }

    /// Opens a video of the catalogue.
    ///
    /// # Errors
    /// [`PlayError`] when the video is not there or not ready, or the rung is not known.
    pub fn open(&self, video: &VideoId, options: PlayerOptions) -> Result<Player, PlayError> {
        let state = self.state();
        let entry = state.videos.iter().find(|v| v.id == *video).ok_or_else(|| PlayError::NoSuchVideo(video.0.clone()))?;
        match (&entry.state, entry.state.manifest()) {
            (VideoState::Failed { reason }, _) => Err(PlayError::Failed { title: entry.title.clone(), reason: reason.clone() }),
            (_, None) => Err(PlayError::NotReady(entry.title.clone())),
            (state, Some(manifest)) => {
                let is_growing = matches!(state, VideoState::Preparing { .. });
                // What the class was prepared with is played from here, and the line is left alone.
                let is_ahead = self.state().ahead.lesson.as_ref().is_some_and(|l| l.video == *video);
                let store = self.0.store.clone().filter(|_| is_ahead);
                let player = Player::open(&self.0.runtime, self.fetcher().with_store(store), self.fetcher(), manifest, &self.state().ladder, options)?;
                if is_growing {
                    let follow = follow_preparing(self.0.state.clone(), self.0.commands.clone(), video.clone(), player.downgrade());
                    self.0.runtime.spawn(follow);
                }
                Ok(player)
            }
        }
    }
}

/// Tells a player what more of its video is prepared, and the server what the player waits for; until all is there.
async fn follow_preparing(mut state: watch::Receiver<Arc<ClassState>>, commands: mpsc::Sender<Command>, video: VideoId, player: WeakPlayer) {
    let Some(mut awaited) = player.upgrade().map(|p| p.awaited()) else { return };
    let mut again = tokio::time::interval(WISH_EVERY);
    again.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let newest = {
            let state = state.borrow_and_update();
            let entry = state.videos.iter().find(|v| v.id == video);
            entry.map(|e| (e.state.manifest(), matches!(e.state, VideoState::Ready { .. })))
        };
        let Some(player) = player.upgrade() else { return };
        if let Some((Some(manifest), complete)) = newest {
            player.renew(manifest);
            if complete {
                return;
            }
        }
        drop(player);
        tokio::select! {
            changed = state.changed() => if changed.is_err() { return },
            changed = awaited.changed() => if changed.is_err() { return },
            _ = again.tick() => {}
        }
        let wanted = *awaited.borrow_and_update();
        if let Some(at_us) = wanted {
            // Full only when the connection is gone; it is said again.
            let _ = commands.try_send(Command::Want { video: video.clone(), at_us });
        }
    }
}
