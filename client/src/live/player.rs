//! A live stream on this machine: received, decoded, and shown a fixed time after its capture.
//!
//! ```text
//! connection ─ viewer → video thread → pictures ─ present() → screen
//! ```
//! Whoever has a screen asks [`LivePlayer::present`] what is due, as with a stored video.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use lectern_proto::control::{LiveVideo, StreamInfo, ViewerReport};
use lectern_proto::live::choice::Limit;
use tokio::sync::watch;

use super::connection::{LinkStats, LiveConnection, Port, Transport};
use super::in_class::InClass;
use super::in_step::InStep;
use super::keep::{self, Keeping};
use super::report;
use super::state::Shared;
use super::stopped::LiveEnd;
use super::video::{self, Fed};
use super::viewer::{self, Viewer};
use crate::class::Changed;
use crate::keep_file::KeepError;
use crate::player::{Presented, Report};

/// Units that wait for the decoder: what brings a late joiner up to now comes at once. Full: what comes is left out up to the next
/// keyframe.
const WAITING: usize = 150;

/// How a stream is opened.
#[derive(Clone)]
pub struct LiveOptions {
    /// A rung's name; the highest is taken where the stream does not have it. None: what line and machine can hold.
    pub rung: Option<String>,
    /// Whether anything is decoded.
    pub decode: bool,
    pub transport: Transport,
    /// What is watched is written there too, as Matroska; then the rung stays.
    pub record: Option<PathBuf>,
    /// Called when a picture came that was waited for, or the stream ended.
    pub changed: Changed,
}

impl std::fmt::Debug for LiveOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LiveOptions").field("rung", &self.rung).field("decode", &self.decode).finish_non_exhaustive()
    }
}

/// Why a stream cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LiveError {
    #[error("no stream `{name}` runs in this room; {}", others(.running))]
    NoSuchStream { name: String, running: Vec<String> },
    #[error("the stream `{0}` has no pictures; `lectern listen` plays its sound")]
    NoPictures(String),
    #[error("the stream `{0}` has no sound")]
    NoSound(String),
    #[error(transparent)]
    NotKept(#[from] KeepError),
    #[error("this machine cannot start another thread ({0}); close other programs and open the stream again")]
    NoThread(String),
}

fn others(running: &[String]) -> String {
    if running.is_empty() { "none does at present".to_owned() } else { format!("these do: {}", running.join(", ")) }
}

/// A handle; the viewer ends when the last one is dropped.
#[derive(Debug, Clone)]
pub struct LivePlayer(Arc<Handle>);

#[derive(Debug)]
struct Handle {
    shared: Arc<Shared>,
    stream: StreamInfo,
    stats: watch::Receiver<LinkStats>,
    decode: bool,
    keeping: Option<Keeping>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.lock().stop = true;
    }
}

impl LivePlayer {
    pub(super) fn open(
        runtime: &tokio::runtime::Handle,
        in_class: InClass,
        stream: &StreamInfo,
        in_step: Arc<InStep>,
        options: &LiveOptions,
    ) -> Result<Self, LiveError> {
        let (track, video) = choose(stream, options.rung.as_deref()).ok_or_else(|| LiveError::NoPictures(stream.name.clone()))?;
        let (connection, heard) = LiveConnection::open(runtime, in_class.route.clone(), options.transport, Port::Video);
        let interval = Duration::from_secs(1_000) / video.rate_milli.max(1);
        let shared = Arc::new(Shared::new(Arc::clone(&connection.clock), in_step, interval, options.changed.clone()));
        let decoder = if options.decode {
            let (feed, fed) = sync_channel(WAITING);
            spawn_decoder(&shared, fed)?;
            Some(feed)
        } else {
            None
        };
        let stats = connection.stats.clone();
        let keeps = options.record.as_deref().map(|path| keep::start(runtime, &in_class, stream, options.transport, path)).transpose()?;
        let (kept, keeping) = keeps.unzip();
        // A file has pictures of one form.
        let (is_auto, stream) = (options.rung.is_none() && kept.is_none(), stream.clone());
        let viewer = Viewer { shared: Arc::clone(&shared), connection, stream: stream.clone(), in_class, decoder, kept, is_auto, track };
        runtime.spawn(viewer::run(viewer, heard));
        Ok(Self(Arc::new(Handle { shared, stream, stats, decode: options.decode, keeping })))
    }

    /// The picture that is due at `now`, each given once, and when the next is due.
    #[must_use]
    pub fn present(&self, now: Instant) -> Presented {
        self.0.shared.present(now)
    }

    /// Whether it has ended: by itself, or why.
    #[must_use]
    pub fn over(&self) -> Option<Result<(), LiveEnd>> {
        self.0.shared.lock().over.clone()
    }

    /// The rung on the screen, once there is one.
    #[must_use]
    pub fn rung(&self) -> Option<String> {
        let track = self.0.shared.lock().counts.switches.last().map(|(_, track)| *track)?;
        self.0.stream.videos().find(|(number, _)| *number == track).map(|(_, video)| video.rung.clone())
    }

    /// How long after its capture a picture is shown.
    #[must_use]
    pub fn lag(&self) -> Duration {
        Duration::from_micros(self.0.shared.in_step.shown_us(Instant::now()))
    }

    /// Why a lower rung than the highest is shown, if it was not asked for.
    #[must_use]
    pub fn limit(&self) -> Option<Limit> {
        self.0.shared.lock().limit
    }

    /// How it fares, as the server was told last.
    #[must_use]
    pub fn last_report(&self) -> Option<ViewerReport> {
        self.0.shared.lock().report.clone()
    }

    /// Whether it comes over UDP now.
    #[must_use]
    pub fn is_udp(&self) -> bool {
        self.0.stats.borrow().is_udp
    }

    /// Ends it, and waits until what it was to write is written.
    ///
    /// # Errors
    /// [`KeepError`] when that is not so.
    pub async fn end(&self) -> Result<(), KeepError> {
        self.0.shared.lock().stop = true;
        let Some(Keeping { mut done }) = self.0.keeping.clone() else { return Ok(()) };
        done.wait_for(Option::is_some).await.ok().and_then(|done| done.clone()).unwrap_or(Ok(()))
    }

    /// What happened since it was opened.
    #[must_use]
    pub fn report(&self) -> Report {
        let stats = self.0.stats.borrow().clone();
        let state = self.0.shared.lock();
        let expected = self.0.shared.expected(&state, Instant::now());
        report::of_live(&state, expected, &stats, &self.0.stream, self.0.decode)
    }
}

fn spawn_decoder(shared: &Arc<Shared>, fed: Receiver<Fed>) -> Result<(), LiveError> {
    let shared = Arc::clone(shared);
    let spawned = std::thread::Builder::new().name("live video".into()).spawn(move || video::run(shared, &fed));
    spawned.map(drop).map_err(|e| LiveError::NoThread(e.to_string()))
}

/// The rung that was asked for, else the highest.
fn choose<'a>(stream: &'a StreamInfo, rung: Option<&str>) -> Option<(u16, &'a LiveVideo)> {
    let named = rung.and_then(|rung| stream.videos().find(|(_, v)| v.rung == rung));
    named.or_else(|| stream.videos().next_back())
}
