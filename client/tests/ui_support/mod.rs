//! A class made of plain data behind the window's traits: what is asked of it is noted, what it knows is set by the test.

#![allow(dead_code, unused_imports, unreachable_pub, missing_debug_implementations, clippy::unwrap_used)]

mod live;
mod managing;
mod more;
mod playback;
pub mod podcast;
pub mod studio;
mod talks;

use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use bytes::Bytes;
use egui_kittest::Harness;
use lectern::chat::{ChatError, ChatState};
use lectern::class::{Changed, ClassState, JoinError, JoinRequest, Me, Phase, StreamError};
use lectern::connect::introduce::Introduction;
use lectern::connect::known::KnownServers;
use lectern::discover::{Found, Seen};
use lectern::here::{HereError, HereState, Wish};
use lectern::lab::work::{LabWish, WorkState};
use lectern::live::{Choice, Devices, DevicesError, LiveError, LiveStatus, Publishing, Sheet};
use lectern::player::{PlayError, PlayState, PlayerOptions, PlayerStats, PlayerStatus, Presented, Preview, Sound, SoundChoice, SoundOut, SoundTrack};
use lectern::system::SystemError;
use lectern::ui::backend::{Asking, Backend, Host, Looking, Meeting, OnAir, Pick, Picking, Playback, Publish, Seat};
use lectern::ui::chat::{PrivateWish, TalkOutcome, TalkWish};
use lectern::ui::manage::{ManageError, ManageWish, Managed, Managing};
use lectern::ui::podcast::air::{Listening, PodcastSource, Sending};
use lectern::ui::settings::Settings;
use lectern::ui::strings::Language;
use lectern::ui::tokens;
use lectern::ui::window::{Start, Window};
use lectern_proto::address::ServerAddress;
use lectern_proto::control::{
    CatalogueEntry, ChunkRef, FailureKind, FailureReason, Lesson, Person, PersonId, Role, RoomRequest, StreamId, VideoId, VideoState,
};
use lectern_proto::link::{Fingerprint, InstructorKey, JoinLink};
use lectern_proto::live::pipe::{DocumentOrder, SheetState};
use lectern_proto::manifest::ChunkHash;
use lectern_proto::quality::Quality;
use lectern_proto::quality::auto::Area;
use lectern_proto::rung::RungSpec;
use lectern_proto::words::CheckWords;

pub use more::{found, person, playing, ready, video};
pub use talks::list_item;

/// What the window asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Call {
    Lab(LabWish),
    Leave,
    Remove(PersonId),
    Want(VideoId),
    FetchAhead(Option<Lesson>),
    Open(VideoId, Quality),
    Watch(StreamId),
    LiveVolume(f32),
    Listen(StreamId),
    PausePodcast(bool),
    ToEdge,
    SendPodcast(PodcastSource),
    PodcastSent(bool),
    Together(bool),
    Play,
    Pause,
    Seek(u64),
    Quality(Quality),
    SoundTrack(SoundChoice),
    Volume(f32),
    Muted(bool),
    Host(Wish),
    EndHost,
    ShowFolder(PathBuf),
    Pick(Pick),
    Publish(Choice),
    Air(bool),
    Freeze(bool),
    Talk(bool),
    Document(DocumentOrder),
    GiveStage(PersonId, bool),
    Record(StreamId, bool),
    Chat(TalkWish),
    Private(PrivateWish),
    AllowRecording(StreamId, bool),
    Tool(RoomRequest),
    Manage(ManageWish),
    Quiet(bool),
}

/// What the class knows and what happened to it.
pub struct Shared {
    pub state: ClassState,
    /// How far runs of the labs are.
    pub work: WorkState,
    pub status: PlayerStatus,
    pub joins: Vec<JoinRequest>,
    pub calls: Vec<Call>,
    pub thumbnails: HashMap<ChunkHash, Bytes>,
    pub open_fails: Option<PlayError>,
    /// How a live stream stands that is watched.
    pub live: LiveStatus,
    pub podcasts: podcast::Podcasts,
    pub out: SoundOut,
    /// What there is to capture, and how what is captured stands.
    pub devices: Option<Result<Arc<Devices>, DevicesError>>,
    pub publishing: Publishing,
    pub sheet: Sheet,
    /// What the class says to what is asked of it.
    pub answer: Option<Result<(), StreamError>>,
    /// The same of room chat.
    pub talked: Option<TalkOutcome>,
    /// Private chat, and what it says to what is asked of it.
    pub private: ChatState,
    pub written: Option<Result<(), ChatError>>,
    /// What is said to wishes of the forms; the oldest first, then that all is done.
    pub managed: VecDeque<Result<Managed, ManageError>>,
    /// The place on the seek bar that is pointed at.
    pub pointed_us: Option<u64>,
    pub seen: Seen,
    pub known: KnownServers,
    /// Addresses that were asked, and what the answer is.
    pub asked: Vec<ServerAddress>,
    pub met: Option<Result<Introduction, JoinError>>,
    /// How a server of one's own goes, and what is chosen in the system's dialog.
    pub here: HereState,
    pub picked: Option<Option<PathBuf>>,
}

/// A class that both the window and the test hold.
#[derive(Clone)]
pub struct Fake {
    shared: Arc<Mutex<Shared>>,
    /// The class as the window sees it; made anew after the test has looked at the class.
    snapshot: Arc<Mutex<Option<Arc<ClassState>>>>,
}

impl Fake {
    pub fn new() -> Self {
        let shared = Shared {
            state: ClassState::connecting("net-2b"),
            work: WorkState::default(),
            status: playing(60),
            joins: Vec::new(),
            calls: Vec::new(),
            thumbnails: HashMap::new(),
            open_fails: None,
            live: LiveStatus::default(),
            podcasts: podcast::Podcasts::default(),
            out: SoundOut::default(),
            devices: Some(Ok(Arc::default())),
            publishing: Publishing::starting(),
            sheet: Sheet { state: SheetState::Off, corners: None },
            answer: Some(Ok(())),
            talked: Some(Ok(None)),
            private: ChatState::default(),
            written: Some(Ok(())),
            managed: VecDeque::new(),
            pointed_us: None,
            seen: Seen::default(),
            known: KnownServers::default(),
            asked: Vec::new(),
            met: None,
            here: HereState::Starting,
            picked: None,
        };
        Self { shared: Arc::new(Mutex::new(shared)), snapshot: Arc::default() }
    }

    /// A class that lets everybody in.
    pub fn joined(role: Role) -> Self {
        let fake = Self::new();
        fake.lock().state = joined(role);
        fake
    }

    /// The class, to be looked at or changed by the test.
    pub fn lock(&self) -> MutexGuard<'_, Shared> {
        *self.snapshot.lock().unwrap() = None;
        self.shared.lock().unwrap()
    }

    /// The calls since the last time.
    pub fn take(&self) -> Vec<Call> {
        std::mem::take(&mut self.shared.lock().unwrap().calls)
    }

    fn note(&self, call: Call) {
        self.shared.lock().unwrap().calls.push(call);
    }
}

impl Backend for Fake {
    fn join(&self, request: JoinRequest, _changed: Changed) -> Box<dyn Seat> {
        self.shared.lock().unwrap().joins.push(request);
        Box::new(self.clone())
    }

    fn join_own(&self, request: JoinRequest, changed: Changed) -> Box<dyn Seat> {
        self.join(request, changed)
    }

    fn seen(&self, _changed: Changed) -> Arc<Seen> {
        Arc::new(self.shared.lock().unwrap().seen.clone())
    }

    fn stop_looking(&self) {}

    fn meet(&self, address: ServerAddress, _changed: Changed) -> Box<dyn Meeting> {
        self.shared.lock().unwrap().asked.push(address);
        Box::new(self.clone())
    }

    fn words(&self, fingerprint: Fingerprint, _changed: Changed) -> Option<CheckWords> {
        CheckWords::of(&fingerprint).ok()
    }

    fn known(&self) -> KnownServers {
        self.shared.lock().unwrap().known.clone()
    }

    fn confirm(&self, name: &str, link: &JoinLink) {
        self.shared.lock().unwrap().known.note(name, link);
    }

    fn host(&self, wish: Wish, _changed: Changed) -> Box<dyn Host> {
        self.note(Call::Host(wish));
        Box::new(Hosted(self.clone()))
    }

    fn videos_folder(&self) -> PathBuf {
        "/home/ana/Videos/Lectern".into()
    }

    fn show_folder(&self, folder: &Path) -> Result<(), SystemError> {
        self.note(Call::ShowFolder(folder.to_owned()));
        Err(SystemError { kind: std::io::ErrorKind::Other, said: "no program for it".into() })
    }

    fn devices(&self, _changed: Changed) -> Box<dyn Looking> {
        Box::new(live::Looked(self.clone()))
    }

    fn pick(&self, what: Pick, _title: &str, _changed: Changed) -> Box<dyn Picking> {
        self.note(Call::Pick(what));
        Box::new(self.clone())
    }

    fn microphones(&self, _changed: Changed) -> Option<Arc<[String]>> {
        Some(self.shared.lock().unwrap().podcasts.microphones.clone().into())
    }

    fn outputs(&self, _changed: Changed) -> Option<Arc<[String]>> {
        Some(self.shared.lock().unwrap().podcasts.outputs.clone().into())
    }
}

/// A server of one's own; its end is noted however it comes.
struct Hosted(Fake);

impl Host for Hosted {
    fn state(&self) -> HereState {
        self.0.shared.lock().unwrap().here.clone()
    }

    fn end_now(self: Box<Self>) {}
}

impl Drop for Hosted {
    fn drop(&mut self) {
        self.0.note(Call::EndHost);
    }
}

impl Picking for Fake {
    fn outcome(&self) -> Option<Option<PathBuf>> {
        self.shared.lock().unwrap().picked.clone()
    }
}

impl Meeting for Fake {
    fn outcome(&self) -> Option<Result<Introduction, JoinError>> {
        self.shared.lock().unwrap().met.clone()
    }
}

impl Seat for Fake {
    fn lab(&self, wish: LabWish) {
        self.note(Call::Lab(wish));
    }

    fn lab_work(&self) -> WorkState {
        self.shared.lock().unwrap().work.clone()
    }

    fn state(&self) -> Arc<ClassState> {
        let mut snapshot = self.snapshot.lock().unwrap();
        snapshot.get_or_insert_with(|| Arc::new(self.shared.lock().unwrap().state.clone())).clone()
    }

    fn leave(&self) {
        self.note(Call::Leave);
    }

    fn leave_now(&self) {
        self.note(Call::Leave);
    }

    fn remove(&self, person: PersonId) {
        self.note(Call::Remove(person));
    }

    fn fetch_ahead(&self, lesson: Option<Lesson>) {
        self.note(Call::FetchAhead(lesson));
    }

    fn want(&self, video: &VideoId) {
        self.note(Call::Want(video.clone()));
    }

    fn thumbnail(&self, chunk: ChunkRef) -> Option<Bytes> {
        self.shared.lock().unwrap().thumbnails.get(&chunk.chunk).cloned()
    }

    fn open(&self, video: &VideoId, options: PlayerOptions) -> Result<Box<dyn Playback>, PlayError> {
        self.note(Call::Open(video.clone(), options.quality));
        if let Some(reason) = self.shared.lock().unwrap().open_fails.clone() {
            return Err(reason);
        }
        Ok(Box::new(self.clone()))
    }

    fn watch(&self, stream: StreamId, out: &SoundOut, _changed: Changed) -> Result<Box<dyn OnAir>, LiveError> {
        self.note(Call::Watch(stream));
        self.shared.lock().unwrap().out = out.clone();
        Ok(Box::new(live::Watched(self.clone())))
    }

    fn listen(&self, stream: StreamId, out: SoundOut, _changed: Changed) -> Result<Box<dyn Listening>, LiveError> {
        self.note(Call::Listen(stream));
        self.shared.lock().unwrap().out = out;
        Ok(Box::new(podcast::Heard(self.clone())))
    }

    fn send_podcast(&self, source: PodcastSource, _changed: Changed) -> Result<Box<dyn Sending>, String> {
        self.note(Call::SendPodcast(source));
        Ok(Box::new(podcast::Sent(self.clone())))
    }

    fn set_together(&self, on: bool) {
        self.note(Call::Together(on));
        self.lock().state.together = on;
    }

    fn publish(&self, choice: &Choice, _changed: Changed) -> Result<Box<dyn Publish>, HereError> {
        self.note(Call::Publish(choice.clone()));
        Ok(Box::new(live::Shown(self.clone())))
    }

    fn use_tool(&self, what: RoomRequest, _changed: Changed) -> Box<dyn Asking> {
        self.note(Call::Tool(what));
        Box::new(self.clone())
    }

    fn manage(&self, wish: ManageWish, _changed: Changed) -> Box<dyn Managing> {
        managing::manage(self, wish)
    }

    fn give_stage(&self, person: PersonId, given: bool, _changed: Changed) -> Box<dyn Asking> {
        self.note(Call::GiveStage(person, given));
        Box::new(self.clone())
    }

    fn record(&self, stream: StreamId, recorded: bool, _changed: Changed) -> Box<dyn Asking> {
        self.note(Call::Record(stream, recorded));
        Box::new(self.clone())
    }

    fn allow_recording(&self, stream: StreamId, allowed: bool, _changed: Changed) -> Box<dyn Asking> {
        self.note(Call::AllowRecording(stream, allowed));
        Box::new(self.clone())
    }

    fn set_quiet(&self, quiet: bool, _changed: Changed) -> Box<dyn Asking> {
        self.note(Call::Quiet(quiet));
        Box::new(self.clone())
    }
}

/// A room with an instructor and three students, four videos in each state.
pub fn joined(role: Role) -> ClassState {
    let rung = |name: &str, w, h, bps| RungSpec { name: name.into(), box_width: w, box_height: h, bitrate_bps: bps };
    let me = match role {
        Role::Instructor => Me { id: PersonId(1), name: "Ms Novak".into(), role },
        _ => Me { id: PersonId(2), name: "Ana".into(), role },
    };
    ClassState {
        phase: Phase::Joined,
        server_name: "Lab 2.14".into(),
        room: "net-2b".into(),
        me: Some(me),
        people: vec![
            person(1, "Ms Novak", Role::Instructor, true),
            person(2, "Ana", Role::Student, true),
            person(3, "Ben", Role::Student, true),
            person(4, "Chen", Role::Student, false),
        ],
        videos: vec![
            video("r", "Routing basics", 2_530, ready()),
            video("w", "Recording 20 Nov", 3_851, VideoState::Waiting),
            video("p", "Why BGP is about money", 1_862, VideoState::Preparing { permille: 620, manifest: None }),
            video("f", "lab-3 capture (copy).mkv", 0, VideoState::Failed { reason: cut_off() }),
        ],
        synchronised: true,
        live_ladder: vec![rung("360p", 640, 360, 700_000), rung("720p", 1280, 720, 2_500_000)],
        ladder: vec![
            rung("144p", 256, 144, 200_000),
            rung("360p", 640, 360, 800_000),
            rung("720p", 1280, 720, 2_500_000),
            rung("1440p", 2560, 1440, 8_000_000),
        ],
        thirds: ["144p", "720p", "1440p"].map(str::to_owned),
        round_trip: Some(Duration::from_millis(3)),
        ..ClassState::connecting("net-2b")
    }
}

/// In words that only the server has.
fn cut_off() -> FailureReason {
    FailureReason::new(FailureKind::Other, "The file ends after 4 MB; the copy was cut off.")
}

pub fn link(key: bool, video: Option<&str>) -> JoinLink {
    JoinLink {
        hosts: vec!["192.168.10.4".into(), "10.8.0.4".into()],
        port: 5511,
        room: "net-2b".into(),
        code: None,
        video: video.map(str::to_owned),
        key: key.then_some(InstructorKey([7; 16])),
        fingerprint: Fingerprint([3; 32]),
    }
}

/// English, whatever the machine speaks.
pub fn settings() -> Settings {
    Settings { language: Some(Language::English), ..Settings::default() }
}

/// A window of 1280x800 on its first screen.
pub fn open(fake: &Fake, settings: Settings, start: Start) -> Harness<'static, Option<Window>> {
    let fake = fake.clone();
    let mut start = Some((settings, start));
    let show = move |ui: &mut egui::Ui, window: &mut Option<Window>| {
        if let Some((settings, start)) = start.take() {
            *window = Some(Window::new(ui.ctx(), Box::new(fake.clone()), settings, start));
        }
        window.as_mut().unwrap().ui(ui);
    };
    let builder = Harness::builder().allow_missing_glyphs().with_size([1280.0, 800.0]).with_max_steps(40).with_context_setup(tokens::install);
    builder.build_ui_state(show, None)
}

/// A window that has joined.
pub fn enter(fake: &Fake) -> Harness<'static, Option<Window>> {
    let start = Start { join: Some(link(false, None)), name: Some("Ana".into()), password: Some("secret".into()) };
    let mut harness = open(fake, settings(), start);
    harness.run_ok();
    harness
}
