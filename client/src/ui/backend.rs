//! What the window needs of the headless core, as traits: a real class behind them, or plain data in a test.
//!
//! Nothing here waits: every call returns at once, and `changed` asks for a repaint when there is news.

mod asking;
mod managing;
mod meeting;
mod picking;
mod playing;
mod publishing;
mod talking;

use std::cell::{OnceCell, RefCell};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use lectern_proto::address::ServerAddress;
use lectern_proto::control::{ChunkRef, Lesson, PersonId, RoomRequest, StreamId, VideoId};
use lectern_proto::link::{Fingerprint, JoinLink};
use lectern_proto::words::CheckWords;
use tokio::sync::watch;

use crate::account::{self, KeptSessions};
use crate::class::{Changed, Class, ClassState, JoinRequest};
use crate::connect::known::KnownServers;
use crate::discover::{Discovery, Seen};
use crate::fetch::{ChunkStore, store};

use super::manage::{ManageWish, Managing};
use super::podcast::air::{Listening, PodcastSource, Sending};
use super::podcast::real::{self, Names};
use crate::chat::Chat;
use crate::here::{Here, HereError, HereState, Wish, folder, programs};
use crate::lab::work::{LabWish, Work, WorkState};
use crate::live::{Choice, DevicesError, LiveError, LiveStatus, LiveView, devices_now};
use crate::player::{PlayError, PlayerOptions, Presented, SoundOut};
use crate::system::SystemError;

pub use asking::Asking;
use managing::Kept;
use meeting::LiveMeeting;
pub use meeting::Meeting;
pub use picking::{LabFile, Pick, Picking};
pub use playing::Playback;
pub use publishing::{Looking, Publish};
pub use talking::Talks;

/// Begins memberships.
pub trait Backend {
    fn join(&self, request: JoinRequest, changed: Changed) -> Box<dyn Seat>;
    /// Joins a server of this computer: what it has is here already, so nothing is fetched ahead of a lesson.
    fn join_own(&self, request: JoinRequest, changed: Changed) -> Box<dyn Seat>;
    /// Servers on the networks of this machine; they are looked for from the first call on.
    fn seen(&self, changed: Changed) -> Arc<Seen>;
    /// Ends looking for servers.
    fn stop_looking(&self);
    /// Asks who is at an address; nothing is sent there.
    fn meet(&self, address: ServerAddress, changed: Changed) -> Box<dyn Meeting>;
    /// The check-words of a certificate, or none while they are computed.
    fn words(&self, fingerprint: Fingerprint, changed: Changed) -> Option<CheckWords>;
    /// Servers that were confirmed.
    fn known(&self) -> KnownServers;
    /// Accounts that this computer is logged in with.
    fn sessions(&self) -> KeptSessions {
        KeptSessions::default()
    }
    /// Remembers a server that a person has confirmed, or whose link was given.
    fn confirm(&self, name: &str, link: &JoinLink);
    /// Starts a server of one's own.
    fn host(&self, wish: Wish, changed: Changed) -> Box<dyn Host>;
    /// Where the videos of a class that is held here lie, unless somebody chose otherwise.
    fn videos_folder(&self) -> PathBuf;
    /// Shows a folder in the system's file manager.
    ///
    /// # Errors
    /// Why it cannot.
    fn show_folder(&self, folder: &Path) -> Result<(), SystemError>;
    /// Looks for cameras, screens and microphones of this machine.
    fn devices(&self, changed: Changed) -> Box<dyn Looking>;
    /// Asks for a file or a folder with the system's dialog.
    fn pick(&self, what: Pick, title: &str, changed: Changed) -> Box<dyn Picking>;
    /// The microphones of this computer by their names, or none while they are looked for.
    fn microphones(&self, changed: Changed) -> Option<Arc<[String]>>;
    /// The sound devices of this computer by their names, or none while they are looked for.
    fn outputs(&self, changed: Changed) -> Option<Arc<[String]>>;
}

/// A server of one's own; dropped, it ends.
pub trait Host {
    fn state(&self) -> HereState;
    /// Ends it and waits for that, for a moment at most: the window is closing.
    fn end_now(self: Box<Self>);
}

/// One membership; dropped, it ends.
pub trait Seat: Talks {
    fn state(&self) -> Arc<ClassState>;
    fn leave(&self);
    /// Leaves and waits until the server knows, for a moment at most: the window is closing.
    fn leave_now(&self);
    fn remove(&self, person: PersonId);
    /// Everybody is to fetch a lesson ahead, or nobody any more; for instructors.
    fn fetch_ahead(&self, lesson: Option<Lesson>);
    /// Somebody waits for this video: it is prepared before others. To be said again every [`lectern_proto::limits::WISH_EVERY`].
    fn want(&self, video: &VideoId);
    /// JPEG bytes, or none while they are being fetched.
    fn thumbnail(&self, chunk: ChunkRef) -> Option<Bytes>;
    /// Opens a video.
    ///
    /// # Errors
    /// [`PlayError`] when there is nothing to play.
    fn open(&self, video: &VideoId, options: PlayerOptions) -> Result<Box<dyn Playback>, PlayError>;
    /// Shows a live stream.
    ///
    /// # Errors
    /// [`LiveError`] when it does not run any more or cannot be shown.
    fn watch(&self, stream: StreamId, out: &SoundOut, changed: Changed) -> Result<Box<dyn OnAir>, LiveError>;
    /// Hears a channel.
    ///
    /// # Errors
    /// [`LiveError`] when it does not run any more or has no sound.
    fn listen(&self, stream: StreamId, out: SoundOut, changed: Changed) -> Result<Box<dyn Listening>, LiveError>;
    /// Sends a podcast from here.
    ///
    /// # Errors
    /// Why the program that captures is not there, for people.
    fn send_podcast(&self, source: PodcastSource, changed: Changed) -> Result<Box<dyn Sending>, String>;
    /// Whether everybody sits in one room; for instructors.
    fn set_together(&self, on: bool);
    /// Opens a source for its publisher's eyes; the class sees it when it goes on air.
    ///
    /// # Errors
    /// [`HereError`] when this machine has no media worker.
    fn publish(&self, choice: &Choice, changed: Changed) -> Result<Box<dyn Publish>, HereError>;
    /// A student gets the stage, or has it no more; for instructors.
    fn give_stage(&self, person: PersonId, given: bool, changed: Changed) -> Box<dyn Asking>;
    /// No student publishes, or they may again; for instructors.
    fn set_quiet(&self, quiet: bool, changed: Changed) -> Box<dyn Asking>;
    /// One's own stream may be recorded, or not.
    fn allow_recording(&self, stream: StreamId, allowed: bool, changed: Changed) -> Box<dyn Asking>;
    /// A stream is recorded, or no more; for instructors.
    fn record(&self, stream: StreamId, recorded: bool, changed: Changed) -> Box<dyn Asking>;
    /// Uses one of the room's tools.
    fn use_tool(&self, what: RoomRequest, changed: Changed) -> Box<dyn Asking>;
    /// Asks about rooms, accounts or one's own account.
    fn manage(&self, wish: ManageWish, changed: Changed) -> Box<dyn Managing>;
    /// Runs of the labs with others of the class.
    fn lab(&self, wish: LabWish);
    fn lab_work(&self) -> WorkState;
}

/// A live stream that is shown; dropped, it is not any more.
pub trait OnAir {
    fn status(&self) -> LiveStatus;
    /// 0 to 1; 0 is muted.
    fn set_volume(&self, volume: f32);
    /// On which device it is heard, and how much later each is.
    fn set_sound_out(&self, out: &SoundOut);
    /// The picture that is due, once, and when the next is.
    fn present(&self, now: Instant) -> Presented;
}

/// The real one.
#[derive(Debug)]
pub struct Live {
    runtime: tokio::runtime::Handle,
    known: RefCell<KnownServers>,
    discovery: RefCell<Option<Discovery>>,
    words: RefCell<Option<(Fingerprint, watch::Receiver<Option<CheckWords>>)>>,
    /// Where lessons are fetched ahead to; opened with the first class.
    store: OnceCell<Option<Arc<ChunkStore>>>,
    microphones: Names,
    outputs: Names,
    /// As the file has them; the class that is entered with a password adds its own.
    sessions: Arc<Mutex<KeptSessions>>,
}

impl Live {
    /// Reads what is remembered.
    #[must_use]
    pub fn new(runtime: tokio::runtime::Handle) -> Self {
        Self {
            runtime,
            known: RefCell::new(KnownServers::load()),
            discovery: RefCell::default(),
            words: RefCell::default(),
            store: OnceCell::new(),
            microphones: Names::default(),
            outputs: Names::default(),
            sessions: Arc::new(Mutex::new(KeptSessions::load())),
        }
    }
}

struct LiveSeat {
    class: Class,
    runtime: tokio::runtime::Handle,
    chat: Option<Arc<Chat>>,
    work: Work,
    kept: Kept,
}

/// Longest wait for a goodbye to reach the server.
const GOODBYE: Duration = Duration::from_millis(300);

impl Backend for Live {
    fn join(&self, request: JoinRequest, changed: Changed) -> Box<dyn Seat> {
        let store = self.store.get_or_init(store::open_own).clone();
        self.join_own(JoinRequest { store, ..request }, changed)
    }

    fn join_own(&self, request: JoinRequest, changed: Changed) -> Box<dyn Seat> {
        let (server, enters) = (request.link.fingerprint, request.account.is_some());
        let class = Class::join(&self.runtime, request, changed.clone());
        if enters {
            self.runtime.spawn(account::keep(class.states(), server, Arc::clone(&self.sessions)));
        }
        let chat = Chat::start_keeping(&class, crate::chat::history::folder(), changed.clone()).map(Arc::new);
        let work = Work::start(&class, &self.runtime, changed);
        let kept = Kept { sessions: Arc::clone(&self.sessions), server };
        Box::new(LiveSeat { class, runtime: self.runtime.clone(), chat, work, kept })
    }

    fn seen(&self, changed: Changed) -> Arc<Seen> {
        let begin = || Discovery::start(&self.runtime, self.known.borrow().hosts(), changed);
        self.discovery.borrow_mut().get_or_insert_with(begin).seen()
    }

    fn stop_looking(&self) {
        self.discovery.replace(None);
    }

    fn meet(&self, address: ServerAddress, changed: Changed) -> Box<dyn Meeting> {
        Box::new(LiveMeeting::begin(&self.runtime, address, changed))
    }

    fn words(&self, fingerprint: Fingerprint, changed: Changed) -> Option<CheckWords> {
        if let Some((_, words)) = self.words.borrow().as_ref().filter(|(of, _)| *of == fingerprint) {
            return *words.borrow();
        }
        let (told, words) = watch::channel(None);
        self.runtime.spawn_blocking(move || {
            told.send_replace(CheckWords::of(&fingerprint).ok());
            changed();
        });
        self.words.replace(Some((fingerprint, words)));
        None
    }

    fn known(&self) -> KnownServers {
        self.known.borrow().clone()
    }

    fn sessions(&self) -> KeptSessions {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn confirm(&self, name: &str, link: &JoinLink) {
        let mut known = self.known.borrow_mut();
        if known.note(name, link)
            && let Err(error) = known.store()
        {
            tracing::warn!(%error, "the server cannot be remembered; its words will be asked for again");
        }
    }

    fn host(&self, wish: Wish, changed: Changed) -> Box<dyn Host> {
        Box::new(Here::start(wish, changed))
    }

    fn videos_folder(&self) -> PathBuf {
        folder::default_videos()
    }

    fn show_folder(&self, folder: &Path) -> Result<(), SystemError> {
        Ok(folder::show(folder)?)
    }

    fn devices(&self, changed: Changed) -> Box<dyn Looking> {
        let (told, outcome) = watch::channel(None);
        self.runtime.spawn(async move {
            let devices = match programs::worker() {
                Ok(worker) => devices_now(&worker).await,
                Err(_) => Err(DevicesError::NoWorker),
            };
            told.send_replace(Some(devices.map(Arc::new)));
            changed();
        });
        Box::new(outcome)
    }

    fn pick(&self, what: Pick, title: &str, changed: Changed) -> Box<dyn Picking> {
        let (told, outcome) = watch::channel(None);
        // Made here, on the window's thread, as macOS wishes; waited for elsewhere.
        let dialog = rfd::AsyncFileDialog::new().set_title(title);
        let chosen: std::pin::Pin<Box<dyn Future<Output = Option<rfd::FileHandle>> + Send>> = match what {
            Pick::Lab(file) if let Some(name) = file.name() => Box::pin(dialog.set_file_name(name).save_file()),
            Pick::File | Pick::Shown | Pick::Attached(_) | Pick::Lab(_) => Box::pin(dialog.pick_file()),
            Pick::Folder => Box::pin(dialog.pick_folder()),
            Pick::Attendance => Box::pin(dialog.set_file_name("attendance.csv").add_filter("CSV", &["csv"]).save_file()),
        };
        self.runtime.spawn(async move {
            told.send_replace(Some(chosen.await.map(|file| file.path().to_owned())));
            changed();
        });
        Box::new(outcome)
    }

    fn microphones(&self, changed: Changed) -> Option<Arc<[String]>> {
        self.microphones.get(&self.runtime, changed, real::microphones)
    }

    fn outputs(&self, changed: Changed) -> Option<Arc<[String]>> {
        self.outputs.get(&self.runtime, changed, real::outputs)
    }
}

impl Host for Here {
    fn state(&self) -> HereState {
        Self::state(self)
    }

    fn end_now(self: Box<Self>) {
        self.end();
    }
}

impl Picking for watch::Receiver<Option<Option<PathBuf>>> {
    fn outcome(&self) -> Option<Option<PathBuf>> {
        self.borrow().clone()
    }
}

impl Seat for LiveSeat {
    fn lab(&self, wish: LabWish) {
        self.work.wish(wish);
    }

    fn lab_work(&self) -> WorkState {
        self.work.state()
    }

    fn state(&self) -> Arc<ClassState> {
        self.class.state()
    }

    fn leave(&self) {
        self.class.leave();
    }

    fn leave_now(&self) {
        // Either way the window closes; without the goodbye the server frees the seat by itself.
        let _ = self.runtime.block_on(async { tokio::time::timeout(GOODBYE, self.class.left()).await });
    }

    fn remove(&self, person: PersonId) {
        self.class.remove(person);
    }

    fn fetch_ahead(&self, lesson: Option<Lesson>) {
        self.class.fetch_ahead(lesson);
    }

    fn want(&self, video: &VideoId) {
        self.class.want(video.clone());
    }

    fn thumbnail(&self, chunk: ChunkRef) -> Option<Bytes> {
        self.class.thumbnail(chunk)
    }

    fn open(&self, video: &VideoId, options: PlayerOptions) -> Result<Box<dyn Playback>, PlayError> {
        Ok(Box::new(self.class.open(video, options)?))
    }

    fn watch(&self, stream: StreamId, out: &SoundOut, changed: Changed) -> Result<Box<dyn OnAir>, LiveError> {
        Ok(Box::new(self.class.view_live(stream, out, &changed)?))
    }

    fn listen(&self, stream: StreamId, out: SoundOut, changed: Changed) -> Result<Box<dyn Listening>, LiveError> {
        real::listen(&self.class, stream, out, changed)
    }

    fn send_podcast(&self, source: PodcastSource, changed: Changed) -> Result<Box<dyn Sending>, String> {
        real::send(&self.runtime, &self.class, &source, changed)
    }

    fn set_together(&self, on: bool) {
        self.class.set_together(on);
    }

    fn publish(&self, choice: &Choice, changed: Changed) -> Result<Box<dyn Publish>, HereError> {
        let source = choice.source(programs::worker()?, None);
        Ok(Box::new(self.class.start_preview(source, changed)))
    }

    fn give_stage(&self, person: PersonId, given: bool, changed: Changed) -> Box<dyn Asking> {
        let class = self.class.clone();
        asking::ask(&self.runtime, changed, async move { class.give_stage(person, given).await })
    }

    fn record(&self, stream: StreamId, recorded: bool, changed: Changed) -> Box<dyn Asking> {
        let class = self.class.clone();
        asking::ask(&self.runtime, changed, async move { class.record(stream, recorded).await })
    }

    fn use_tool(&self, what: RoomRequest, changed: Changed) -> Box<dyn Asking> {
        let class = self.class.clone();
        asking::ask(&self.runtime, changed, async move { class.use_tool(what).await.map(drop) })
    }

    fn manage(&self, wish: ManageWish, changed: Changed) -> Box<dyn Managing> {
        managing::manage(&self.runtime, self.class.clone(), self.kept.clone(), wish, changed)
    }

    fn allow_recording(&self, stream: StreamId, allowed: bool, changed: Changed) -> Box<dyn Asking> {
        let class = self.class.clone();
        asking::ask(&self.runtime, changed, async move { class.allow_recording(stream, allowed).await })
    }

    fn set_quiet(&self, quiet: bool, changed: Changed) -> Box<dyn Asking> {
        let class = self.class.clone();
        asking::ask(&self.runtime, changed, async move { class.set_quiet(quiet).await })
    }
}

impl OnAir for LiveView {
    fn set_sound_out(&self, out: &SoundOut) {
        Self::set_sound_out(self, out);
    }

    fn status(&self) -> LiveStatus {
        Self::status(self)
    }

    fn set_volume(&self, volume: f32) {
        Self::set_volume(self, volume);
    }

    fn present(&self, now: Instant) -> Presented {
        Self::present(self, now)
    }
}
