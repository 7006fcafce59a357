//! The two long works on one file: hashing it, and preparing its content with the worker. Both are tasks of the keeper.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use lectern_proto::control::{ChunkRef, FailureKind, FailureReason};
use lectern_proto::limits::{WORKER_SILENCE, WORKER_TIME_BASE};
use lectern_proto::rung::RungSpec;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::events::WorkerEvent;
use super::keeper::Done;
use super::partial::Partial;
use super::prepared::{self, Prepared, PreparedError};
use super::scan::{self, ContentKey, Hashed, hex};
use super::shelf::{Failure, Retry};
use super::worker::{self, Cure, End, Job};
use super::{Files, LibraryParts};
use crate::platform::name_bytes;
use crate::store::FileStamp;

/// The content of a file: remembered, or hashed now.
pub(super) async fn hash(parts: &LibraryParts, name: &OsString, stamp: FileStamp, stop: CancellationToken) -> Hashed {
    if matches!(parts.files, Files::Alone(_)) {
        return Hashed::Known(scan::mark(&parts.videos.join(name), stamp));
    }
    match parts.store.file_content(&name_bytes(name), stamp).await {
        Ok(Some(content)) => return Hashed::Known(content),
        Ok(None) => {}
        Err(error) => tracing::warn!(%error, "the hash of a file could not be looked up"),
    }
    let path = parts.videos.join(name);
    let hashing = tokio::task::spawn_blocking(move || scan::hash(&path, stamp, &stop));
    hashing.await.unwrap_or_else(|error| Hashed::Unreadable(io::Error::other(error)))
}

/// What is to be prepared, and who follows it.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) content: ContentKey,
    pub(super) file: OsString,
    pub(super) stamp: FileStamp,
    /// Whether what is had without encoding is there.
    pub(super) begun: bool,
    /// Only what is had without encoding pictures.
    pub(super) quick: bool,
    /// What is there so far.
    pub(super) partial: Arc<Mutex<Partial>>,
    /// Where somebody waits, in microseconds.
    pub(super) wish: watch::Receiver<Option<u64>>,
}

/// What came of it.
#[derive(Debug)]
pub(super) enum Outcome {
    /// What is had without encoding is there; the rest is another turn.
    Begun,
    Ready(Box<Prepared>),
    Failed(Failure),
    /// It was stopped; what is there stays.
    Stopped,
    /// The file is not what it was: what was made of it is gone.
    Changed,
}

/// Prepares a content from a file: where others wait in two turns, what is had without encoding pictures, then its tracks and the
/// manifest; where none waits in one, which spares it a second start of the worker.
pub(super) async fn prepare(parts: &LibraryParts, order: &Order, done: &mpsc::Sender<Done>, stop: &CancellationToken) -> Outcome {
    let Order { content, file, stamp, begun, quick, partial, wish } = order;
    let (content, stamp) = (*content, *stamp);
    let dir: PathBuf = parts.chunks.join(hex(&content));
    tracing::info!(file = ?file, content = hex(&content), "{}", if *begun { "preparing" } else { "looking at it, copying what fits" });
    let looked = tokio::task::spawn_blocking({
        let (dir, ladder) = (dir.clone(), parts.ladder.clone());
        move || (prepared::thumbnail(&dir), prepared::probe(&dir).map(|probe| prepared::complete_tracks(&dir, &probe, &ladder)))
    });
    let (thumbnail, complete) = looked.await.unwrap_or_default();
    *partial.lock().unwrap_or_else(PoisonError::into_inner) = Partial::with(complete.unwrap_or_default());
    let job = Job {
        program: parts.worker.clone(),
        source: parts.videos.join(file),
        out: dir.clone(),
        rungs: parts.ladder.clone(),
        audio: true,
        quick: *quick,
        memory: parts.worker_memory,
        time: WORKER_TIME_BASE,
        pace: parts.worker_time,
        silence: WORKER_SILENCE,
        wish: wish.clone(),
    };
    // What is told once is not lost in a full queue.
    let once = Mutex::new(VecDeque::new());
    let tell = |event: WorkerEvent| {
        let mut once = once.lock().unwrap_or_else(PoisonError::into_inner);
        let often = match event {
            WorkerEvent::Probed(probe) => {
                once.push_back(Done::Probed { content, probe, thumbnail });
                None
            }
            WorkerEvent::Thumbnail { chunk, bytes } => {
                once.push_back(Done::Thumbnail { content, thumbnail: ChunkRef { chunk, bytes } });
                None
            }
            WorkerEvent::Progress { .. } => Some(Done::Event { content, event }),
            event => partial.lock().unwrap_or_else(PoisonError::into_inner).take(event).then_some(Done::Grown { content }),
        };
        while let Some(first) = once.pop_front() {
            if let Err(TrySendError::Full(first)) = done.try_send(first) {
                once.push_front(first);
                break;
            }
        }
        // A full queue loses a progress, or that there is more to watch; another follows.
        if let Some(often) = often {
            let _ = done.try_send(often);
        }
    };
    let end = twice(&job, stop, tell).await;
    for event in once.into_inner().unwrap_or_else(PoisonError::into_inner) {
        let _ = done.send(event).await;
    }
    match end {
        None => return Outcome::Stopped,
        Some(Err(failure)) => return Outcome::Failed(failure),
        Some(Ok(())) if *quick => return Outcome::Begun,
        Some(Ok(())) => {}
    }
    let (ladder, source) = (parts.ladder.clone(), job.source);
    match tokio::task::spawn_blocking(move || compose(&ladder, &dir, &source, stamp)).await {
        Ok(Some(Ok(prepared))) => Outcome::Ready(prepared),
        Ok(Some(Err(failure))) => Outcome::Failed(failure),
        Ok(None) => Outcome::Changed,
        Err(error) => {
            let sentence = format!("The server failed on this file ({error}). Report this, with the file if you can.");
            Outcome::Failed(Failure { reason: FailureReason::new(FailureKind::Internal, sentence), retry: Retry::Restart })
        }
    }
}

/// Makes the manifest, unless what was prepared may be of another content than the one that was hashed.
fn compose(ladder: &[RungSpec], dir: &Path, source: &Path, stamp: FileStamp) -> Option<Result<Box<Prepared>, Failure>> {
    if std::fs::metadata(source).is_ok_and(|m| scan::stamp(&m) != stamp) {
        tracing::info!(source = %source.display(), "the file was changed while it was prepared; what was made of it is thrown away");
        if let Err(error) = std::fs::remove_dir_all(dir) {
            tracing::warn!(%error, dir = %dir.display(), "not deleted");
        }
        return None;
    }
    let failure = |error: PreparedError| {
        let kind = error.kind();
        let retry = if kind == FailureKind::NoSpace { Retry::Space } else { Retry::Restart };
        Failure { retry, reason: FailureReason::new(kind, error.to_string()) }
    };
    Some(prepared::compose(dir, ladder).map(Box::new).map_err(failure))
}

/// Runs a worker, and once more after a fault: it goes on where it was. `None`: stopped.
async fn twice(job: &Job, stop: &CancellationToken, tell: impl Fn(WorkerEvent)) -> Option<Result<(), Failure>> {
    let mut fault = None;
    for _ in 0..2 {
        match worker::run(job, stop, &tell).await {
            End::Done => return Some(Ok(())),
            End::Failed { reason, cure: Cure::None } => return Some(Err(Failure { reason, retry: Retry::Changed })),
            End::Failed { reason, cure: Cure::Installation } => return Some(Err(Failure { reason, retry: Retry::Restart })),
            End::Failed { reason, cure: Cure::Space } => return Some(Err(Failure { reason, retry: Retry::Space })),
            End::Stopped => return None,
            End::Fault { reason } => {
                tracing::warn!(%reason, "media worker");
                fault = Some(Failure { reason, retry: Retry::Changed });
            }
            End::Failed { reason, cure: Cure::Again } => {
                tracing::warn!(%reason, "media worker");
                fault = Some(Failure { reason, retry: Retry::Restart });
            }
        }
    }
    fault.map(Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_made_of_a_file_that_changed_is_thrown_away() {
        let dir = tempfile::tempdir().expect("a directory");
        let (source, out) = (dir.path().join("a.mp4"), dir.path().join("out"));
        std::fs::write(&source, b"other").expect("writable");
        let stamp = scan::stamp(&std::fs::metadata(&source).expect("there"));
        std::fs::create_dir(&out).expect("made");
        // As it was: only that nothing is prepared here is wrong.
        assert!(matches!(compose(&[], &out, &source, stamp), Some(Err(Failure { retry: Retry::Restart, .. }))));
        assert!(out.exists());
        let before = FileStamp { size: 3, ..stamp };
        assert!(compose(&[], &out, &source, before).is_none());
        assert!(!out.exists());
        // A file that was renamed is what it was.
        std::fs::create_dir(&out).expect("made");
        std::fs::remove_file(&source).expect("removed");
        assert!(compose(&[], &out, &source, before).is_some());
    }
}
