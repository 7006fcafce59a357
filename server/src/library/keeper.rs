//! The library's task: does what the shelf says, one thing of each kind at a time, and publishes the catalogue.
//!
//! Files are read and written on threads for blocking work; the worker runs in a task of its own. What comes back is a
//! [`Done`].

use std::ffi::OsString;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lectern_proto::control::{ChunkRef, FailureKind, FailureReason};
use lectern_proto::limits::{CATALOGUE_EVERY, RESCAN_EVERY};
use tokio::sync::{Notify, mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::events::{Probe, WorkerEvent};
use super::failures::Failures;
use super::partial::Partial;
use super::prepared::{self, Composed, Prepared};
use super::preparing::{Order, Outcome, hash, prepare};
use super::progress::Progress;
use super::scan::{self, ContentKey, Found, Hashed, hex};
use super::shelf::{self, Failure, Info, Loaded, Next, Shelf};
use super::watch::DirectoryWatch;
use super::{Catalogue, Files, LibraryParts, Want};
use crate::platform::name_bytes;
use crate::store::FileStamp;

/// How often the directory is looked at while a file is arriving or the system announces changes.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// Least time between two catalogues: the first look at a large library is not told file by file.
const PUBLISH_EVERY: Duration = Duration::from_millis(50);
/// Messages from the tasks that do the work.
const QUEUE: usize = 64;

/// What a task that does something says.
#[derive(Debug)]
pub(super) enum Done {
    Scanned(io::Result<Vec<Found>>),
    Hashed {
        name: OsString,
        stamp: FileStamp,
        result: Hashed,
    },
    Loaded {
        content: ContentKey,
        result: Option<Box<Prepared>>,
        /// Why it failed before.
        failed: Option<FailureReason>,
    },
    Event {
        content: ContentKey,
        event: WorkerEvent,
    },
    /// More of it can be watched.
    Grown {
        content: ContentKey,
    },
    /// A manifest of what is there; nothing when it could not be made, or there is too little.
    Composed {
        content: ContentKey,
        result: Option<Composed>,
    },
    Probed {
        content: ContentKey,
        probe: Probe,
        thumbnail: Option<ChunkRef>,
    },
    Thumbnail {
        content: ContentKey,
        thumbnail: ChunkRef,
    },
    Prepared {
        content: ContentKey,
        file: OsString,
        outcome: Outcome,
    },
    Deleted {
        content: ContentKey,
    },
}

pub(super) struct Keeper {
    parts: Arc<LibraryParts>,
    failures: Failures,
    shelf: Shelf,
    catalogue: watch::Sender<Catalogue>,
    idle: watch::Sender<bool>,
    tasks: TaskTracker,
    stop: CancellationToken,
    done: mpsc::Sender<Done>,
    inbox: Option<mpsc::Receiver<Done>>,
    changed: Arc<Notify>,
    watch: Option<DirectoryWatch>,
    scanning: bool,
    look_again: bool,
    looked: Duration,
    next_scan: Duration,
    /// Ends the worker that is running.
    worker: CancellationToken,
    progress: Option<Progress>,
    published: Duration,
    /// Progress alone is published now and then; other changes at once.
    publish_at: Option<Duration>,
}

impl Keeper {
    pub(super) fn new(
        parts: LibraryParts,
        catalogue: watch::Sender<Catalogue>,
        idle: watch::Sender<bool>,
        tasks: TaskTracker,
        stop: CancellationToken,
    ) -> Self {
        let (done, inbox) = mpsc::channel(QUEUE);
        Self {
            failures: Failures::new(&parts),
            parts: Arc::new(parts),
            shelf: Shelf::default(),
            catalogue,
            idle,
            tasks,
            worker: stop.child_token(),
            progress: None,
            stop,
            done,
            inbox: Some(inbox),
            changed: Arc::default(),
            watch: None,
            scanning: false,
            look_again: false,
            looked: Duration::ZERO,
            next_scan: Duration::ZERO,
            published: Duration::ZERO,
            publish_at: None,
        }
    }

    pub(super) async fn run(mut self, mut wants: mpsc::Receiver<Want>) {
        let Some(mut inbox) = self.inbox.take() else { return };
        let changed = Arc::clone(&self.changed);
        let clock = self.parts.clock;
        if self.parts.files == Files::All {
            match scan::prepared(&self.parts.chunks) {
                Ok(contents) => self.shelf.found_prepared(clock.now(), contents),
                Err(error) => tracing::warn!(%error, "the directory of chunks cannot be read"),
            }
        }
        self.scan();
        loop {
            let deadline = self.next_deadline();
            tokio::select! {
                () = self.stop.cancelled() => break,
                done = inbox.recv() => match done {
                    Some(done) => self.take(done).await,
                    None => break,
                },
                () = changed.notified() => self.look_soon(),
                Some(want) = wants.recv() => self.wanted(want),
                () = tokio::time::sleep_until(clock.at(deadline)) => {}
            }
            let now = clock.now();
            if now >= self.next_scan {
                self.scan();
            }
            if self.shelf.is_in_vain(now) {
                self.worker.cancel();
            }
            self.note_use(now);
            while let Some(next) = self.shelf.next(now) {
                self.start(next);
            }
            self.make_way(now);
            if !self.parts.index.is_settled() && self.shelf.is_known() {
                self.parts.index.settle();
            }
            self.compose_partial(now);
            if self.publish_at.is_some_and(|at| now >= at) {
                self.publish();
            }
        }
    }

    /// Tells the shelf what somebody still fetches though no file has it any more.
    fn note_use(&mut self, now: Duration) {
        let orphans: Vec<_> = self.shelf.orphans().collect();
        for content in orphans {
            let objects = prepared::objects(&self.parts.chunks.join(hex(&content)));
            if let Some(idle) = self.parts.index.idle(&objects) {
                self.shelf.used(content, now.saturating_sub(idle));
            }
        }
    }

    /// Somebody waits for a video: it comes first, and the place that is waited for comes first in it.
    fn wanted(&mut self, want: Want) {
        let now = self.parts.clock.now();
        let Some((content, preparing)) = self.shelf.wanted(&want.video) else { return };
        match &mut self.progress {
            Some(progress) if preparing && progress.content == content => progress.wanted(now, want.at_us),
            // What nobody waits for is put back; it goes on later where it was.
            Some(progress) if !preparing && !progress.is_wanted(now) => self.worker.cancel(),
            _ => {}
        }
    }

    /// What is had without encoding comes before anybody's encoding, unless somebody waits for that.
    fn make_way(&mut self, now: Duration) {
        if self.shelf.has_fresh() && self.progress.as_ref().is_some_and(|p| p.encodes && !p.is_wanted(now)) {
            self.worker.cancel();
        }
    }

    /// Makes a manifest of what can be watched of the video that is being prepared, when one is due.
    fn compose_partial(&mut self, now: Duration) {
        let Some(progress) = &mut self.progress else { return };
        let content = progress.content;
        if let Some((partial, probe)) = progress.begin(now) {
            self.compose(content, partial, probe);
        }
    }

    fn compose(&self, content: ContentKey, partial: Arc<Mutex<Partial>>, probe: Arc<Probe>) {
        let parts = Arc::clone(&self.parts);
        self.blocking(move || {
            let manifest = partial.lock().unwrap_or_else(PoisonError::into_inner).compose(&probe, &parts.ladder);
            let result = manifest.and_then(|m| match prepared::publish_partial(&parts.chunks.join(hex(&content)), m) {
                Ok(published) => Some(published),
                Err(error) => {
                    tracing::warn!(%error, "a video that is being prepared cannot be watched yet");
                    None
                }
            });
            Done::Composed { content, result }
        });
    }

    fn next_deadline(&self) -> Duration {
        [Some(self.next_scan), self.shelf.next_deadline(), self.publish_at, self.progress.as_ref().and_then(Progress::next_deadline)]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(self.next_scan)
    }

    /// Something changed: looks at once, but not all the time while a file is copied in.
    fn look_soon(&mut self) {
        if self.scanning {
            self.look_again = true;
        } else {
            self.next_scan = self.next_scan.min(self.looked + LOOK_EVERY);
        }
    }

    fn scan(&mut self) {
        // Set again when the look is over; until then nothing is due.
        self.next_scan = self.parts.clock.now() + RESCAN_EVERY;
        if self.scanning {
            return;
        }
        (self.scanning, self.look_again) = (true, false);
        let parts = Arc::clone(&self.parts);
        self.blocking(move || {
            Done::Scanned(match &parts.files {
                Files::Alone(name) => Ok(scan::one(&parts.videos, name).into_iter().collect()),
                Files::All | Files::Only(_) => scan::videos(&parts.videos),
            })
        });
    }

    fn blocking(&self, work: impl FnOnce() -> Done + Send + 'static) {
        let done = self.done.clone();
        self.tasks.spawn_blocking(move || {
            // The keeper is gone when the server stops.
            let _ = done.blocking_send(work());
        });
    }

    fn start(&mut self, next: Next) {
        let (parts, stop) = (Arc::clone(&self.parts), self.stop.clone());
        match next {
            Next::Hash { name, stamp } => {
                let done = self.done.clone();
                self.tasks.spawn(async move {
                    let result = hash(&parts, &name, stamp, stop).await;
                    let _ = done.send(Done::Hashed { name, stamp, result }).await;
                });
            }
            Next::Load(content) => {
                let (done, failures) = (self.done.clone(), self.failures.clone());
                self.tasks.spawn(async move {
                    let load = move || prepared::load(&parts.chunks.join(hex(&content)), &parts.ladder).map(Box::new);
                    let result = tokio::task::spawn_blocking(load).await.unwrap_or_default();
                    let failed = if result.is_none() { failures.of(&content).await } else { None };
                    let _ = done.send(Done::Loaded { content, result, failed }).await;
                });
            }
            Next::Prepare { content, file, stamp, begun, quick } => {
                self.worker = self.stop.child_token();
                let (done, stop) = (self.done.clone(), self.worker.clone());
                let progress = Progress::new(content, !quick, self.parts.clock.now());
                let order = Order { content, file, stamp, begun, quick, partial: Arc::clone(&progress.partial), wish: progress.wish() };
                self.progress = Some(progress);
                self.publish_at = Some(Duration::ZERO);
                self.tasks.spawn(async move {
                    let outcome = prepare(&parts, &order, &done, &stop).await;
                    let _ = done.send(Done::Prepared { content, file: order.file, outcome }).await;
                });
            }
            Next::Delete(content) => {
                let dir = parts.chunks.join(hex(&content));
                self.parts.index.withdraw(&prepared::objects(&dir));
                tracing::info!(content = hex(&content), "no file has this content any more: its chunks are deleted");
                self.blocking(move || {
                    match std::fs::remove_dir_all(&dir) {
                        Err(error) if error.kind() != io::ErrorKind::NotFound => tracing::warn!(dir = %dir.display(), %error, "not deleted"),
                        _ => {}
                    }
                    Done::Deleted { content }
                });
            }
        }
    }

    async fn take(&mut self, done: Done) {
        let now = self.parts.clock.now();
        let mut only_progress = false;
        match done {
            Done::Scanned(found) => self.scanned(now, found).await,
            Done::Hashed { name, stamp, result } => self.hashed(now, &name, stamp, result).await,
            Done::Loaded { content, result, failed } => {
                let loaded = match (result.map(|p| self.publish_chunks(content, *p)), failed) {
                    (Some((info, manifest)), _) => Loaded::Ready(info, manifest),
                    (None, Some(reason)) => Loaded::Failed(reason),
                    (None, None) => Loaded::Nothing,
                };
                self.shelf.loaded(content, loaded);
            }
            Done::Event { content, event } => {
                only_progress = true;
                if let WorkerEvent::Progress { done_us, total_us } = event {
                    // At most 1000 thousandths.
                    let done = u128::from(done_us.min(total_us)) * 1000 / u128::from(total_us.max(1));
                    self.shelf.learn(content, |_, progress| progress.permille = u16::try_from(done).unwrap_or(1000));
                }
            }
            Done::Probed { content, probe, thumbnail } => {
                let objects = prepared::objects(&self.parts.chunks.join(hex(&content)));
                self.parts.index.extend(&objects, thumbnail.map(|t| (t.chunk, t.bytes)));
                let info = prepared::info(&probe, &self.parts.ladder, thumbnail);
                if let Some(progress) = self.progress.as_mut().filter(|p| p.content == content) {
                    progress.probe = Some(Arc::new(probe));
                    progress.grown(now);
                }
                self.shelf.learn(content, |known, _| {
                    let thumbnail = info.thumbnail.or(known.thumbnail);
                    *known = Info { thumbnail, ..info };
                });
            }
            Done::Thumbnail { content, thumbnail } => {
                let objects = prepared::objects(&self.parts.chunks.join(hex(&content)));
                self.parts.index.extend(&objects, [(thumbnail.chunk, thumbnail.bytes)]);
                self.shelf.learn(content, |known, _| known.thumbnail = Some(thumbnail));
            }
            Done::Grown { content } => {
                only_progress = true;
                if let Some(progress) = self.progress.as_mut().filter(|p| p.content == content) {
                    progress.grown(now);
                }
            }
            Done::Composed { content, result } => self.composed(content, result),
            Done::Prepared { content, file, outcome } => self.prepared(content, &file, outcome).await,
            Done::Deleted { content } => {
                self.failures.forget(&content).await;
                self.shelf.deleted(content);
            }
        }
        let due = self.published + if only_progress { CATALOGUE_EVERY } else { PUBLISH_EVERY };
        self.publish_at = Some(self.publish_at.map_or(due, |at| at.min(due)));
    }

    async fn scanned(&mut self, now: Duration, found: io::Result<Vec<Found>>) {
        self.scanning = false;
        match found {
            Ok(mut found) => {
                if self.watch.is_none() {
                    self.watch = Some(DirectoryWatch::start(&self.parts.videos, Arc::clone(&self.changed)));
                    // What changed before the watch began is seen as well.
                    self.look_again = true;
                }
                if let Files::Only(only) = &self.parts.files {
                    found.retain(|f| only.contains(&f.name));
                }
                for name in self.shelf.seen(now, found) {
                    if let Err(error) = self.parts.store.forget_content(&name_bytes(&name)).await {
                        tracing::warn!(%error, "the hash of a file that is gone could not be forgotten");
                    }
                }
            }
            // Nothing is known; nothing is thrown away. When the directory comes back it is another one to the system.
            Err(error) => {
                tracing::warn!(%error, dir = %self.parts.videos.display(), "the directory of videos cannot be read");
                self.watch = None;
            }
        }
        self.looked = now;
        self.next_scan = now + if self.look_again || self.shelf.is_arriving() { LOOK_EVERY } else { RESCAN_EVERY };
    }

    async fn hashed(&mut self, now: Duration, name: &OsString, stamp: FileStamp, result: Hashed) {
        let result = match result {
            Hashed::Content(content) => {
                if let Err(error) = self.parts.store.remember_content(&name_bytes(name), stamp, &content).await {
                    tracing::warn!(%error, "the hash of a file could not be kept");
                }
                self.failures.forget(&content).await;
                Some(Ok(content))
            }
            Hashed::Known(content) => Some(Ok(content)),
            Hashed::Unreadable(error) => {
                let sentence = format!("The file cannot be read ({error}). Check its permissions and the disk, then put it there again.");
                Some(Err(FailureReason::new(FailureKind::Io, sentence)))
            }
            Hashed::Changed | Hashed::Stopped => None,
        };
        self.shelf.hashed(now, name, stamp, result);
    }

    fn composed(&mut self, content: ContentKey, result: Option<Composed>) {
        let dir = self.parts.chunks.join(hex(&content));
        let manifest = result.as_ref().map(|c| c.manifest);
        if let Some(Composed { manifest, rungs, chunks }) = result {
            self.parts.index.extend(&prepared::objects(&dir), chunks);
            self.shelf.learn(content, |info, progress| (info.rungs, progress.manifest) = (rungs, Some(manifest)));
        }
        let outdated = self.progress.as_mut().filter(|p| p.content == content).and_then(|p| p.composed(manifest));
        if let Some(chunk) = outdated {
            prepared::remove_object(&dir, chunk);
        }
    }

    async fn prepared(&mut self, content: ContentKey, file: &OsString, outcome: Outcome) {
        let result = match outcome {
            Outcome::Ready(done) => {
                tracing::info!(file = ?file, content = hex(&content), "prepared");
                let (info, manifest) = self.publish_chunks(content, *done);
                shelf::Outcome::Ready(info, manifest)
            }
            // A file that was renamed under the worker is no fault of the file.
            Outcome::Failed(Failure { reason, .. }) if self.shelf.file_of(&content).is_some_and(|f| f != file) => {
                tracing::info!(file = ?file, %reason, "not prepared under this name; trying another");
                shelf::Outcome::Again
            }
            Outcome::Failed(failure) => {
                tracing::warn!(file = ?file, reason = %failure.reason, "could not be prepared");
                self.failures.remember(&content, &failure).await;
                shelf::Outcome::Failed(failure)
            }
            Outcome::Begun => shelf::Outcome::Begun,
            Outcome::Stopped => shelf::Outcome::Stopped,
            Outcome::Changed => shelf::Outcome::Again,
        };
        let waits = matches!(result, shelf::Outcome::Begun | shelf::Outcome::Stopped);
        if let Some((partial, probe)) = self.progress.take().filter(|_| waits).and_then(Progress::last) {
            self.compose(content, partial, probe);
        }
        self.shelf.prepared(self.parts.clock.now(), content, result);
    }

    /// Makes the chunks fetchable, before the catalogue names them.
    fn publish_chunks(&self, content: ContentKey, prepared: Prepared) -> (Info, ChunkRef) {
        let objects = prepared::objects(&self.parts.chunks.join(hex(&content)));
        self.parts.index.publish(&objects, prepared.chunks);
        (prepared.info, prepared.manifest)
    }

    fn publish(&mut self) {
        self.publish_at = None;
        self.published = self.parts.clock.now();
        let catalogue = self.shelf.catalogue(&self.catalogue.borrow());
        if let Some(catalogue) = catalogue {
            self.catalogue.send_replace(catalogue);
        }
        let idle = self.shelf.is_idle();
        self.idle.send_if_modified(|told| std::mem::replace(told, idle) != idle);
    }
}
