//! The sound of a live stream on this machine, with or without its pictures: received, decoded, played.
//!
//! ```text
//! connection (audio port) ─ dispatch → sound thread → sink
//! ```

use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lectern_proto::control::{LiveSound, StreamInfo};
use lectern_proto::live::lag::Lag;
use lectern_proto::live::receive::Content;
use serde::Serialize;
use tokio::sync::{mpsc, watch};

use super::clock::ServerClock;
use super::connection::{Ask, Heard, LinkStats, LiveConnection, Port, Transport};
use super::player::LiveError;
use super::sound::{self, Fed, Output};
use crate::class::Changed;
use crate::fetch::MediaRoute;
use crate::player::{Distribution, Percentiles};

/// Packets that wait for the sound thread: two seconds. Full: the newest is left out.
const WAITING: usize = 100;

/// How a stream is listened to.
#[derive(Clone)]
pub struct ListenOptions {
    /// To the device; else timed silently.
    pub audible: bool,
    /// What is played is written there as WAV.
    pub record: Option<std::path::PathBuf>,
    pub transport: Transport,
    /// Called when the stream ended.
    pub changed: Changed,
}

impl std::fmt::Debug for ListenOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ListenOptions").field("audible", &self.audible).field("record", &self.record).finish_non_exhaustive()
    }
}

/// What one listener heard, as `lectern listen` reports it.
#[derive(Debug, Clone, Serialize)]
pub struct ListenReport {
    pub packets: Packets,
    /// How often the device asked for sound that was not there.
    pub underruns: u64,
    /// Corrections that were too large to be worked off unheard.
    pub jumps: u64,
    /// Distance of what is heard from where the server's clock says.
    pub room_skew_ms: Option<Percentiles>,
    /// How long after its capture it is heard.
    pub lag_ms: f64,
    pub bytes: u64,
    pub transport: &'static str,
    /// What limited the listener, in words.
    pub reason: Option<String>,
}

/// Packets by their fate.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Packets {
    pub played: u64,
    /// Lost, and bridged.
    pub concealed: u64,
}

/// Counts since the listener was opened.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) played: u64,
    pub(super) concealed: u64,
    pub(super) jumps: u64,
    pub(super) underruns: u64,
    pub(super) skew: Distribution,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) lag: Lag,
    pub(super) counts: Counts,
    /// 0 to 1; 0 while muted.
    pub(super) volume: f32,
    /// Why nothing is heard.
    pub(super) silent: Option<String>,
    pub(super) over: Option<Result<(), String>>,
    pub(super) stop: bool,
}

pub(super) struct Shared {
    state: Mutex<State>,
    pub(super) clock: Arc<ServerClock>,
    pub(super) target_us: u32,
    changed: Changed,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl Shared {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The listener ends.
    pub(super) fn end(&self, how: Result<(), String>) {
        self.lock().over.get_or_insert(how);
        (self.changed)();
    }
}

/// A handle; listening ends when it is dropped.
#[derive(Debug)]
pub struct Listener {
    shared: Arc<Shared>,
    stats: watch::Receiver<LinkStats>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.shared.lock().stop = true;
        // The recording is written to its end.
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Listener {
    pub(crate) fn open(
        runtime: &tokio::runtime::Handle,
        route: watch::Receiver<Option<MediaRoute>>,
        stream: &StreamInfo,
        options: &ListenOptions,
    ) -> Result<Self, LiveError> {
        let (track, form): (u16, LiveSound) = stream.sound().ok_or_else(|| LiveError::NoSound(stream.name.clone()))?;
        let (connection, heard) = LiveConnection::open(runtime, route, options.transport, Port::Audio);
        let shared =
            Arc::new(Shared { state: Mutex::default(), clock: Arc::clone(&connection.clock), target_us: stream.target_us, changed: options.changed.clone() });
        let (feed, fed) = sync_channel(WAITING);
        let output = Output { audible: options.audible, record: options.record.clone() };
        let player = Arc::clone(&shared);
        let spawned = std::thread::Builder::new().name("live sound".into()).spawn(move || sound::run(player, form, &output, &fed));
        let thread = spawned.map_err(|e| LiveError::NoThread(e.to_string()))?;
        let stats = connection.stats.clone();
        runtime.spawn(dispatch(Arc::clone(&shared), connection, heard, stream.clone(), track, feed));
        Ok(Self { shared, stats, thread: Some(thread) })
    }

    /// Whether it has ended: by itself, or why.
    #[must_use]
    pub fn over(&self) -> Option<Result<(), String>> {
        self.shared.lock().over.clone()
    }

    /// 0 to 1.
    pub fn set_volume(&self, volume: f32) {
        self.shared.lock().volume = volume.clamp(0.0, 1.0);
    }

    /// Why nothing is heard, where that is so.
    #[must_use]
    pub fn silent(&self) -> Option<String> {
        self.shared.lock().silent.clone()
    }

    /// How long after its capture it is heard.
    #[must_use]
    pub fn lag(&self) -> std::time::Duration {
        std::time::Duration::from_micros(self.shared.lock().lag.us(self.shared.target_us).into())
    }

    /// Whether it comes over UDP now.
    #[must_use]
    pub fn is_udp(&self) -> bool {
        self.stats.borrow().is_udp
    }

    /// What happened since it was opened.
    #[must_use]
    pub fn report(&self) -> ListenReport {
        let stats = self.stats.borrow().clone();
        let state = self.shared.lock();
        let counts = &state.counts;
        let concealed = counts.concealed;
        let reason = match &state.over {
            Some(Err(why)) => Some(why.clone()),
            _ if concealed * 100 > counts.played => Some(format!("the line did not carry everything in time: {concealed} packets were bridged")),
            _ => state.silent.clone(),
        };
        ListenReport {
            packets: Packets { played: counts.played, concealed },
            underruns: counts.underruns,
            jumps: counts.jumps,
            room_skew_ms: Percentiles::with_p99(&counts.skew),
            lag_ms: f64::from(state.lag.us(self.shared.target_us)) / 1_000.0,
            bytes: stats.bytes,
            transport: if stats.is_udp { "udp" } else { "tcp" },
            reason,
        }
    }
}

/// Hands packets on, until the stream or its listener ends.
async fn dispatch(shared: Arc<Shared>, connection: LiveConnection, mut heard: mpsc::Receiver<Heard>, stream: StreamInfo, track: u16, feed: SyncSender<Fed>) {
    let gone = || Err("the connection to the class has ended.".to_owned());
    if connection.asks.send(Ask::Subscribe { stream: stream.id, track, content: Content::Sound }).await.is_err() {
        return shared.end(gone());
    }
    while let Some(heard) = heard.recv().await {
        if shared.lock().stop {
            return;
        }
        let fed = match heard {
            Heard::Unit { unit, .. } => Fed::Unit(unit),
            Heard::Missing { units, .. } => Fed::Missing(units),
            Heard::Over { .. } => return shared.end(Ok(())),
            Heard::Lost(_) | Heard::Publishing { .. } | Heard::KeyframeWanted => continue,
        };
        match feed.try_send(fed) {
            Ok(()) | Err(TrySendError::Full(_)) => {}
            Err(TrySendError::Disconnected(_)) => return,
        }
    }
    shared.end(gone());
}
