//! The sound of a live stream on this machine, with or without its pictures: received, held, decoded, played; paused and resumed by
//! its listener alone.
//!
//! ```text
//! connection (audio port) ─ receive → sound thread → sink
//! ```
//! While a live source is paused there is no connection, so nothing comes; it goes on where the source is then. A file that is sent
//! goes on coming, and its listener goes on where he or she stopped.

use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};

use lectern_media::speaker::SpeakerError;
use lectern_proto::control::{LiveSound, StreamId, StreamInfo};
use lectern_proto::live::receive::Content;
use tokio::sync::{mpsc, watch};

use super::connection::{Ask, Heard, LiveConnection, Port, Transport};
use super::in_step::InStep;
use super::listening::{Levels, ListenReport, Shared};
use super::player::LiveError;
use super::sound::{self, Fed, Output};
use crate::class::Changed;
use crate::fetch::MediaRoute;
use crate::player::{SoundOut, rate};

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
    /// On which device, and how much later it is heard.
    pub out: SoundOut,
    /// Called when the stream ended.
    pub changed: Changed,
}

impl std::fmt::Debug for ListenOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ListenOptions").field("audible", &self.audible).field("record", &self.record).finish_non_exhaustive()
    }
}

/// A handle; listening ends when it is dropped.
#[derive(Debug)]
pub struct Listener {
    shared: Arc<Shared>,
    paused: watch::Sender<bool>,
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
    /// Without pictures.
    pub(crate) fn alone(
        runtime: &tokio::runtime::Handle,
        route: watch::Receiver<Option<MediaRoute>>,
        stream: &StreamInfo,
        options: &ListenOptions,
    ) -> Result<Self, LiveError> {
        Self::open(runtime, route, stream, Arc::new(InStep::new(stream.target_us)), options)
    }

    pub(super) fn open(
        runtime: &tokio::runtime::Handle,
        route: watch::Receiver<Option<MediaRoute>>,
        stream: &StreamInfo,
        in_step: Arc<InStep>,
        options: &ListenOptions,
    ) -> Result<Self, LiveError> {
        let (track, form): (u16, LiveSound) = stream.sound().ok_or_else(|| LiveError::NoSound(stream.name.clone()))?;
        let shared = Arc::new(Shared::new(in_step, stream.kind.is_stored(), options.out.clone(), options.changed.clone()));
        let (feed, fed) = sync_channel(WAITING);
        let output = Output { audible: options.audible, record: options.record.clone() };
        let player = Arc::clone(&shared);
        let spawned = std::thread::Builder::new().name("live sound".into()).spawn(move || sound::run(player, form, &output, &fed));
        let thread = spawned.map_err(|e| LiveError::NoThread(e.to_string()))?;
        let (paused, pauses) = watch::channel(false);
        let source = Source { shared: Arc::clone(&shared), runtime: runtime.clone(), route, transport: options.transport, stream: stream.id, track, feed };
        runtime.spawn(source.receive(pauses));
        Ok(Self { shared, paused, thread: Some(thread) })
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

    /// Stops what this listener hears, or goes on: with what a live source says then, with a file where it was.
    pub fn set_paused(&self, is_paused: bool) {
        self.shared.set_paused(is_paused);
        self.paused.send_if_modified(|held| std::mem::replace(held, is_paused) != is_paused);
    }

    /// Whether this listener has paused.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.shared.lock().is_paused
    }

    /// Goes on where the stream is now, leaving out what this listener missed.
    pub fn to_live_edge(&self) {
        self.shared.lock().to_edge = true;
        self.set_paused(false);
    }

    /// How far this listener stays behind the others, because a file was paused.
    #[must_use]
    pub fn behind(&self) -> std::time::Duration {
        std::time::Duration::from_micros(u64::try_from(self.shared.lock().behind_us).unwrap_or(0))
    }

    /// Whether a pause of it goes on where it was: it is a file that is sent.
    #[must_use]
    pub fn is_file(&self) -> bool {
        self.shared.is_file
    }

    /// The device that plays, by the name that its trim is kept under; none while there is none.
    #[must_use]
    pub fn device(&self) -> Option<String> {
        self.shared.lock().device.clone()
    }

    /// On which device it is heard from now on, and how much later each is.
    pub fn set_sound_out(&self, out: &SoundOut) {
        let mut state = self.shared.lock();
        if state.out != *out {
            state.reopen |= state.out.device != out.device;
            state.trim_us = out.trim_us(state.device.as_deref());
            state.out = out.clone();
        }
    }

    /// How loud the last half minute was.
    #[must_use]
    pub fn levels(&self) -> Levels {
        self.shared.lock().levels.clone()
    }

    /// Why another device plays than was chosen, or none, where that is so.
    #[must_use]
    pub fn silent(&self) -> Option<SpeakerError> {
        self.shared.lock().silent.clone()
    }

    /// How long after its capture it is heard.
    #[must_use]
    pub fn lag(&self) -> std::time::Duration {
        std::time::Duration::from_micros(u64::try_from(self.shared.lag_us()).unwrap_or(0))
    }

    /// Whether it comes over UDP now.
    #[must_use]
    pub fn is_udp(&self) -> bool {
        self.shared.is_udp()
    }

    /// What happened since it was opened.
    #[must_use]
    pub fn report(&self) -> ListenReport {
        self.shared.report()
    }
}

/// Where packets come from, as long as they are wanted.
struct Source {
    shared: Arc<Shared>,
    runtime: tokio::runtime::Handle,
    route: watch::Receiver<Option<MediaRoute>>,
    transport: Transport,
    stream: StreamId,
    track: u16,
    feed: SyncSender<Fed>,
}

impl Source {
    /// Receives until the stream or its listener ends. The sound thread sees the end when the feed is gone.
    async fn receive(self, mut paused: watch::Receiver<bool>) {
        let is_file = self.shared.is_file;
        loop {
            if !is_file && paused.wait_for(|is_paused| !is_paused).await.is_err() {
                return;
            }
            let (connection, heard) = LiveConnection::open(&self.runtime, self.route.clone(), self.transport, Port::Audio);
            self.shared.connected(&connection);
            let _ = self.feed.try_send(Fed::Anew);
            let ended = tokio::select! {
                ended = self.pass_on(&connection, heard) => Some(ended),
                unpaused = paused.wait_for(|is_paused| *is_paused), if !is_file => match unpaused {
                    Ok(_) => None,
                    Err(_) => return,
                },
            };
            self.shared.disconnected();
            if let Some(ended) = ended {
                self.shared.lock().source = Some(ended);
                return;
            }
        }
    }

    /// Hands packets on; says how it ended.
    async fn pass_on(&self, connection: &LiveConnection, mut heard: mpsc::Receiver<Heard>) -> Result<(), String> {
        let gone = || "the connection to the class has ended.".to_owned();
        let ask = Ask::Subscribe { stream: self.stream, track: self.track, content: Content::Sound };
        connection.asks.send(ask).await.map_err(|_| gone())?;
        while let Some(heard) = heard.recv().await {
            if self.shared.lock().stop {
                return Ok(());
            }
            let fed = match heard {
                Heard::Unit { unit, .. } => Fed::Unit(unit),
                Heard::Missing { units, .. } => Fed::Missing(units),
                Heard::Over { .. } => return Ok(()),
                Heard::NotWithinShare { bps, .. } => return Err(format!("this listener's share of the room's bandwidth, {}, has no place for it.", rate(bps))),
                Heard::Lost(_) | Heard::Publishing { .. } | Heard::KeyframeWanted => continue,
            };
            match self.feed.try_send(fed) {
                Ok(()) | Err(TrySendError::Full(_)) => {}
                Err(TrySendError::Disconnected(_)) => return Ok(()),
            }
        }
        Err(gone())
    }
}
