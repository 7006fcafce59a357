//! What the worker tells its parent: one JSON object a line on standard output.
//!
//! `probed`, `head`, `segment`, `copied`, `progress`, `track`, `thumbnail`, then `done` or `failed`. Progress comes at most five times a second and, as
//! long as work goes on, at least every two seconds: a heartbeat repeats the last progress, but only when something was
//! read, decoded or written since, so a worker that hangs falls silent. A parent that no longer reads ends the worker.

use super::failure::Failure;
use super::losses::Losses;
use super::source::Probe;
use lectern_proto::manifest::{ChunkHash, Segment, Track};
use serde::Serialize;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Shortest time between two progress events.
const PROGRESS_EVERY: Duration = Duration::from_millis(250);
/// How often the heartbeat looks whether work goes on.
const HEARTBEAT: Duration = Duration::from_millis(1500);

/// One line on standard output.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event<'a> {
    /// What the source is.
    Probed(&'a Probe),
    /// How far preparing has come; in weighted microseconds of the source.
    Progress { done_us: u64, total_us: u64 },
    /// A track that is begun: everything but its segments.
    Head { track: &'a str, head: &'a Track },
    /// A segment of it is there.
    Segment {
        track: &'a str,
        /// Its number in the finished track, unless places before it stay empty.
        place: u32,
        segment: &'a Segment,
    },
    /// The track of pictures of which everything was told just now is a copy of the source, and whole. What is encoded
    /// beside it has its places around the copy's segments.
    Copied { track: &'a str },
    /// A track is complete and published as `tracks/FILE`.
    Track { file: &'a str },
    /// The thumbnail is published.
    Thumbnail { chunk: ChunkHash, bytes: u32, width: u32, height: u32 },
    /// Everything that was asked for is there.
    Done,
    /// It is not, and why.
    Failed(&'a Failure),
}

/// Exit code when the parent no longer reads or has closed standard input.
pub const EXIT_ORPHANED: i32 = 3;

/// Tells the parent. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Reporter(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Steps of work done; moves while the worker is not hanging.
    steps: AtomicU64,
    progress: Mutex<Progress>,
    losses: Mutex<Losses>,
    mute: bool,
}

#[derive(Debug)]
struct Progress {
    done_us: u64,
    total_us: u64,
    told: Option<Instant>,
}

impl Reporter {
    /// A reporter on standard output with a heartbeat.
    #[must_use]
    pub fn stdout() -> Self {
        let reporter = Self::new(false);
        let inner = Arc::downgrade(&reporter.0);
        let beat = move || {
            let mut seen = 0;
            loop {
                std::thread::sleep(HEARTBEAT);
                let Some(inner) = inner.upgrade() else { return };
                let steps = inner.steps.load(Ordering::Relaxed);
                if steps != seen {
                    seen = steps;
                    Self(inner).repeat();
                }
            }
        };
        // Without memory for a thread the work itself will fail, and say so.
        let _ = std::thread::Builder::new().name("heartbeat".to_owned()).spawn(beat);
        reporter
    }

    /// A reporter that says nothing.
    #[must_use]
    pub fn mute() -> Self {
        Self::new(true)
    }

    fn new(mute: bool) -> Self {
        let progress = Mutex::new(Progress { done_us: 0, total_us: 0, told: None });
        Self(Arc::new(Inner { steps: AtomicU64::new(0), progress, losses: Mutex::default(), mute }))
    }

    /// Work goes on.
    pub fn step(&self) {
        self.0.steps.fetch_add(1, Ordering::Relaxed);
    }

    /// Notes what is lost there from now on.
    pub(crate) fn keep_losses(&self, losses: Losses) {
        *self.0.losses.lock().unwrap_or_else(PoisonError::into_inner) = losses;
    }

    /// This of the source could not be read; in microseconds of the presentation.
    pub(crate) fn lost(&self, from_us: i64, to_us: i64) {
        self.0.losses.lock().unwrap_or_else(PoisonError::into_inner).add(from_us, to_us);
    }

    /// Work goes on and has come this far.
    pub fn progress(&self, done_us: u64, total_us: u64) {
        self.step();
        let mut progress = self.0.progress.lock().unwrap_or_else(PoisonError::into_inner);
        progress.done_us = done_us.min(total_us);
        progress.total_us = total_us;
        if progress.told.is_none_or(|t| t.elapsed() >= PROGRESS_EVERY) {
            self.tell_progress(&mut progress);
        }
    }

    fn repeat(&self) {
        let mut progress = self.0.progress.lock().unwrap_or_else(PoisonError::into_inner);
        if progress.told.is_none_or(|t| t.elapsed() >= HEARTBEAT / 2) {
            self.tell_progress(&mut progress);
        }
    }

    fn tell_progress(&self, progress: &mut Progress) {
        progress.told = Some(Instant::now());
        self.tell(&Event::Progress { done_us: progress.done_us, total_us: progress.total_us });
    }

    /// Writes one line. When nobody reads it, the process ends.
    pub fn tell(&self, event: &Event<'_>) {
        self.step();
        if self.0.mute {
            return;
        }
        let mut line = serde_json::to_vec(event).unwrap_or_default();
        line.push(b'\n');
        let mut out = std::io::stdout().lock();
        if out.write_all(&line).and_then(|()| out.flush()).is_err() {
            std::process::exit(EXIT_ORPHANED);
        }
    }
}
