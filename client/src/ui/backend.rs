//! What the window needs of the headless core, as traits: a real class behind them, or plain data in a test.
//!
//! Nothing here waits: every call returns at once, and `changed` asks for a repaint when there is news.

mod publishing;

use std::cell::{OnceCell, RefCell};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use lectern_proto::address::ServerAddress;
use lectern_proto::control::{ChunkRef, Lesson, PersonId, StreamId, VideoId};
use lectern_proto::link::{Fingerprint, JoinLink};
use lectern_proto::quality::Quality;
use lectern_proto::quality::auto::Area;
use lectern_proto::words::CheckWords;
use tokio::sync::watch;

use crate::class::{Changed, Class, ClassState, JoinError, JoinRequest};
use crate::connect::introduce::{Introduction, introduce};
use crate::connect::known::KnownServers;
use crate::discover::{Discovery, Seen};
use crate::fetch::{ChunkStore, store};

use super::podcast::air::{Listening, PodcastSource, Sending};
use super::podcast::real::{self, Microphones};
use crate::here::{Here, HereError, HereState, Wish, folder, programs};
use crate::live::{Choice, Devices, LiveError, LiveStatus, LiveView, Trims};
use crate::player::{PlayError, Player, PlayerOptions, PlayerStatus, Presented, Preview, SoundChoice};
use crate::system::SystemError;

pub use publishing::{Looking, Publish};

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
}

/// A server of one's own; dropped, it ends.
pub trait Host {
    fn state(&self) -> HereState;
    /// Ends it and waits for that, for a moment at most: the window is closing.
    fn end_now(self: Box<Self>);
}

/// What is asked for with the system's dialog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pick {
    /// A file to play.
    File,
    /// A video file to be shown to the class.
    Shown,
    /// The folder of videos of a class that is held here.
    Folder,
}

/// A dialog of the system that is open; dropped, its answer is not waited for.
pub trait Picking {
    /// None while it is open; then what was chosen, if anything.
    fn outcome(&self) -> Option<Option<PathBuf>>;
}

/// A question at an address; dropped, it is given up.
pub trait Meeting {
    /// None until it is answered.
    fn outcome(&self) -> Option<Result<Introduction, JoinError>>;
}

/// One membership; dropped, it ends.
pub trait Seat {
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
    fn watch(&self, stream: StreamId, changed: Changed) -> Result<Box<dyn OnAir>, LiveError>;
    /// Hears a channel.
    ///
    /// # Errors
    /// [`LiveError`] when it does not run any more or has no sound.
    fn listen(&self, stream: StreamId, trims: Trims, changed: Changed) -> Result<Box<dyn Listening>, LiveError>;
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
    fn give_stage(&self, person: PersonId, given: bool);
    /// No student publishes, or they may again; for instructors.
    fn set_quiet(&self, quiet: bool);
    /// A stream is recorded, or no more; for instructors.
    fn record(&self, stream: StreamId, recorded: bool);
}

/// A live stream that is shown; dropped, it is not any more.
pub trait OnAir {
    fn status(&self) -> LiveStatus;
    /// 0 to 1; 0 is muted.
    fn set_volume(&self, volume: f32);
    /// The picture that is due, once, and when the next is.
    fn present(&self, now: Instant) -> Presented;
}

/// One video that plays; dropped, it stops.
pub trait Playback {
    fn status(&self) -> PlayerStatus;
    fn play(&self);
    fn pause(&self);
    fn seek(&self, position_us: u64);
    fn set_quality(&self, quality: Quality);
    /// Where the picture is shown; told at every repaint.
    fn set_area(&self, area: Area);
    fn set_sound_track(&self, choice: SoundChoice);
    fn set_volume(&self, volume: f32);
    fn set_muted(&self, muted: bool);
    /// The picture nearest to a position, for who points at the seek bar; none: nobody does.
    fn preview(&self, position_us: Option<u64>) -> Preview;
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
    microphones: Microphones,
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
            microphones: Microphones::default(),
        }
    }
}

struct LiveMeeting {
    outcome: watch::Receiver<Option<Result<Introduction, JoinError>>>,
    task: tokio::task::AbortHandle,
}

impl Meeting for LiveMeeting {
    fn outcome(&self) -> Option<Result<Introduction, JoinError>> {
        self.outcome.borrow().clone()
    }
}

impl Drop for LiveMeeting {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct LiveSeat {
    class: Class,
    runtime: tokio::runtime::Handle,
}

/// Longest wait for a goodbye to reach the server.
const GOODBYE: Duration = Duration::from_millis(300);

impl Backend for Live {
    fn join(&self, request: JoinRequest, changed: Changed) -> Box<dyn Seat> {
        let store = self.store.get_or_init(store::open_own).clone();
        self.join_own(JoinRequest { store, ..request }, changed)
    }

    fn join_own(&self, request: JoinRequest, changed: Changed) -> Box<dyn Seat> {
        let class = Class::join(&self.runtime, request, changed);
        Box::new(LiveSeat { class, runtime: self.runtime.clone() })
    }

    fn seen(&self, changed: Changed) -> Arc<Seen> {
        let begin = || Discovery::start(&self.runtime, self.known.borrow().hosts(), changed);
        self.discovery.borrow_mut().get_or_insert_with(begin).seen()
    }

    fn stop_looking(&self) {
        self.discovery.replace(None);
    }

    fn meet(&self, address: ServerAddress, changed: Changed) -> Box<dyn Meeting> {
        let (told, outcome) = watch::channel(None);
        let task = self.runtime.spawn(async move {
            told.send_replace(Some(introduce(address).await));
            changed();
        });
        Box::new(LiveMeeting { outcome, task: task.abort_handle() })
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
                Ok(worker) => Devices::now(&worker).await,
                Err(why) => Err(why.to_string()),
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
            Pick::File | Pick::Shown => Box::pin(dialog.pick_file()),
            Pick::Folder => Box::pin(dialog.pick_folder()),
        };
        self.runtime.spawn(async move {
            told.send_replace(Some(chosen.await.map(|file| file.path().to_owned())));
            changed();
        });
        Box::new(outcome)
    }

    fn microphones(&self, changed: Changed) -> Option<Arc<[String]>> {
        self.microphones.names(&self.runtime, changed)
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

    fn watch(&self, stream: StreamId, changed: Changed) -> Result<Box<dyn OnAir>, LiveError> {
        Ok(Box::new(self.class.view_live(stream, &changed)?))
    }

    fn listen(&self, stream: StreamId, trims: Trims, changed: Changed) -> Result<Box<dyn Listening>, LiveError> {
        real::listen(&self.class, stream, trims, changed)
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

    fn give_stage(&self, person: PersonId, given: bool) {
        let class = self.class.clone();
        // The roster and the floor say what came of it.
        self.runtime.spawn(async move { class.give_stage(person, given).await });
    }

    fn record(&self, stream: StreamId, recorded: bool) {
        let class = self.class.clone();
        // What is recorded is told to everybody.
        self.runtime.spawn(async move { class.record(stream, recorded).await });
    }

    fn set_quiet(&self, quiet: bool) {
        let class = self.class.clone();
        self.runtime.spawn(async move { class.set_quiet(quiet).await });
    }
}

impl OnAir for LiveView {
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

impl Playback for Player {
    fn status(&self) -> PlayerStatus {
        Self::status(self)
    }

    fn play(&self) {
        Self::play(self);
    }

    fn pause(&self) {
        Self::pause(self);
    }

    fn seek(&self, position_us: u64) {
        Self::seek(self, position_us);
    }

    fn set_quality(&self, quality: Quality) {
        Self::set_quality(self, quality);
    }

    fn set_area(&self, area: Area) {
        Self::set_area(self, area);
    }

    fn set_sound_track(&self, choice: SoundChoice) {
        Self::set_sound_track(self, choice);
    }

    fn set_volume(&self, volume: f32) {
        Self::set_volume(self, volume);
    }

    fn set_muted(&self, muted: bool) {
        Self::set_muted(self, muted);
    }

    fn preview(&self, position_us: Option<u64>) -> Preview {
        Self::preview(self, position_us)
    }

    fn present(&self, now: Instant) -> Presented {
        Self::present(self, now)
    }
}
