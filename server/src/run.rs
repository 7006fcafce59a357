//! Puts the server together: store, identity, library, room, ports; and takes it apart in the same order.
//!
//! Nothing here decides anything about a protocol. Tests start servers with it, on port 0.

use std::sync::Arc;
use std::time::Duration;

use lectern_proto::beacon::Beacon;
use lectern_proto::words::CheckWords;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::accounts::Accounts;
use crate::announce::{Announcement, Ports};
use crate::clock::Clock;
use crate::config::{Bind, Config, Port, Problem};
use crate::control::{Control, Entrance, EntranceParts, PasswordGate};
use crate::handout::HandOut;
use crate::identity::{Identity, IdentityError};
use crate::library::{Library, LibraryParts};
use crate::live::{Recorder, RungMaker};
use crate::lock::{LockError, Locks};
use crate::media::{ChunkIndex, Media, MediaSessions, RoomMedia, SealedCache};
use crate::net::{Discovery, listen, listen_both};
use crate::room::RoomParts;
use crate::rooms::Rooms;
use crate::store::{Store, StoreError};
use crate::words::Words;
use crate::{control, media, privacy};

/// How long tasks have to end by themselves.
const STOP_WAIT: Duration = Duration::from_millis(700);

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Exit code 2, one line each.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Config(Vec<Problem>),
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error("the system has no thread for the server ({0}); end other programs")]
    Thread(std::io::Error),
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    announcement: Announcement,
    words: Words,
    discovery: Discovery,
    generated_password: Option<String>,
    library: Library,
    store: Store,
    tasks: TaskTracker,
    stop: CancellationToken,
    passwords: std::thread::JoinHandle<()>,
    _locks: Locks,
}

impl Server {
    /// Opens everything; clients can connect when this returns.
    ///
    /// # Errors
    /// [`StartError`]; nothing is left running.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let clock = Clock::start();
        config.make_directories().map_err(StartError::Config)?;
        let control_port = open(config.bind, &config.control_port)?;
        let ((video_port, video_udp), (audio_port, audio_udp)) = (open_both(config.bind, &config.video_port)?, open_both(config.bind, &config.audio_port)?);
        let locks = Locks::take(&config.paths)?;
        let store = Store::open(&config.store).await?;
        store.forget_expired(clock.unix_seconds()).await?;
        privacy::forget_old(&store, clock, config.keep_days).await?;
        let identity = Identity::load_or_make(&config.paths.data)?;
        let generated_password = if config.room.password.is_none() { Some(identity.generated_password()?) } else { None };
        let password = config.room.password.clone().or_else(|| generated_password.clone()).unwrap_or_default();
        let (gate, passwords) = PasswordGate::start(clock).map_err(StartError::Thread)?;

        let ports = Ports { control: number(&control_port), video: number(&video_port), audio: number(&audio_port) };
        let announcement = Announcement::new(config.bind, ports, &config.room.name, identity.fingerprint, &identity.instructor_key, &password);
        let fingerprint = identity.fingerprint;
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let words = Words::start(fingerprint, identity.place_of("check-words"), &tasks);
        let index = Arc::new(ChunkIndex::default());
        let library = Library::start(LibraryParts::new(&config, store.clone(), Arc::clone(&index), clock), &tasks, stop.clone());
        let recorder = Recorder::new(config.paths.videos.clone(), clock, tasks.clone(), stop.clone());
        recorder.finish_old();
        let room_media = RoomMedia { parity_most: config.limits.parity_percent, ..RoomMedia::new(1, index, config.limits.room_bandwidth_bps) };
        let room_media = Arc::new(room_media);
        let labs = Arc::<media::LabRuns>::default();
        let parts = RoomParts {
            name: config.room.name,
            together: config.room.together,
            private_chat: config.room.private_chat,
            attachment_max: config.limits.attachment_bytes,
            room_chat: config.room.room_chat,
            mail_days: config.mail_days,
            stamps: identity.stamps.clone(),
            people: config.limits.people,
            media: room_media,
            ladder: config.ladder.clone(),
            live_ladder: config.live_ladder.clone(),
            recorder,
            labs: Arc::clone(&labs),
            rungs: RungMaker::new(config.media_worker.clone(), config.limits.worker_memory_bytes, clock, tasks.clone(), stop.clone()),
            catalogue: library.catalogue.clone(),
            store: store.clone(),
            clock,
        };
        let room = parts.name.clone();
        let rooms = Arc::new(Rooms::start(parts, config.limits.room_bandwidth_bps, (gate, password.as_str()), &tasks, stop.clone()).await?);
        let about = Beacon::new(ports.control, fingerprint, config.name.clone(), room, rooms.opened());
        let sessions = Arc::new(MediaSessions::default());
        let media = Arc::new(Media::new(Arc::clone(&sessions), SealedCache::new(config.limits.chunk_cache_bytes), clock, labs));
        let accounts = Arc::new(Accounts::new(store.clone(), identity.account_salt_key()?, config.accounts, clock));
        let entrance = Entrance::new(EntranceParts {
            rooms: Arc::clone(&rooms),
            instructor_key: identity.instructor_key.clone(),
            store: store.clone(),
            accounts: Arc::clone(&accounts),
            media: sessions,
            ports,
            ladder: config.ladder,
            live_ladder: config.live_ladder,
            thirds: config.thirds,
            clock,
        });
        let control = Arc::new(Control {
            tls: TlsAcceptor::from(identity.tls),
            server_name: config.name,
            boot_id: rand::random(),
            clock,
            entrance,
            rooms,
            accounts,
            media: Arc::clone(&media),
            wants: library.wants(),
            handout: HandOut::new(config.paths.dist),
        });
        tasks.spawn(control::serve(control_port, control, tasks.clone(), stop.clone()));
        for port in [video_port, audio_port] {
            tasks.spawn(media::serve(port, Arc::clone(&media), tasks.clone(), stop.clone()));
        }
        for socket in [video_udp, audio_udp] {
            tasks.spawn(media::serve_udp(socket, Arc::clone(&media), stop.clone()));
        }
        // Last, so that whoever finds the server can connect.
        let discovery = if config.discovery { Discovery::start(about, config.bind, clock, &tasks, &stop) } else { Discovery::default() };
        tracing::info!(control = ports.control, video = ports.video, audio = ports.audio, ms = clock.now().as_millis() as u64, "ready");
        Ok(Self { announcement, words, discovery, generated_password, library, store, tasks, stop, passwords, _locks: locks })
    }

    /// Links and ports.
    #[must_use]
    pub fn announcement(&self) -> &Announcement {
        &self.announcement
    }

    /// What people compare before they send a password to a server that they found or typed. A first start computes them for
    /// a moment; none when that is impossible.
    pub fn words(&self) -> impl Future<Output = Option<CheckWords>> + Send + use<> {
        self.words.clone().get()
    }

    /// The room's password, if the configuration has none.
    #[must_use]
    pub fn generated_password(&self) -> Option<&str> {
        self.generated_password.as_deref()
    }

    /// The videos.
    #[must_use]
    pub fn library(&self) -> &Library {
        &self.library
    }

    /// Ends everything, children included, in less than a second.
    pub async fn stop(self) {
        let Self { tasks, stop, store, passwords, discovery, .. } = self;
        stop.cancel();
        tasks.close();
        let (ended, ()) = tokio::join!(tokio::time::timeout(STOP_WAIT, tasks.wait()), discovery.stop());
        if ended.is_err() {
            tracing::warn!(tasks = tasks.len(), "some tasks did not end in time");
        } else if tokio::task::spawn_blocking(move || passwords.join()).await.is_err() {
            tracing::warn!("the password thread did not end as it should");
        }
        let _ = tokio::time::timeout(STOP_WAIT / 4, store.close()).await;
        tracing::info!("stopped");
    }
}

fn open(bind: Bind, port: &Port) -> Result<TcpListener, StartError> {
    listen(bind, port.number).map_err(|error| StartError::Config(vec![port.problem(bind.address(), &error)]))
}

fn open_both(bind: Bind, port: &Port) -> Result<(TcpListener, std::net::UdpSocket), StartError> {
    listen_both(bind, port.number).map_err(|error| StartError::Config(vec![port.problem(bind.address(), &error)]))
}

fn number(listener: &TcpListener) -> u16 {
    listener.local_addr().map_or(0, |a| a.port())
}
