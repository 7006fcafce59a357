//! Contents that could not be prepared: remembered over a restart, until the file or what failed on it is another.
//!
//! The keeper asks here when nothing of a content lies in `chunks/`, before it is tried. What may be no fault of the file, a
//! full disk or a worker that cannot be started, never comes here.

use lectern_proto::control::FailureReason;

use super::scan::{self, ContentKey};
use super::shelf::{Failure, Retry};
use super::{Files, LibraryParts};
use crate::store::Store;

#[derive(Debug, Clone)]
pub(super) struct Failures {
    store: Store,
    maker: String,
    /// Somebody named the files to be prepared: that is another try.
    asked_for: bool,
}

impl Failures {
    pub(super) fn new(parts: &LibraryParts) -> Self {
        Self { store: parts.store.clone(), maker: maker(parts), asked_for: matches!(parts.files, Files::Only(_)) }
    }

    /// Why this content failed, if trying again would fail again.
    pub(super) async fn of(&self, content: &ContentKey) -> Option<FailureReason> {
        if self.asked_for {
            return None;
        }
        self.store.failure(content, &self.maker).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "whether a file failed before could not be looked up");
            None
        })
    }

    pub(super) async fn remember(&self, content: &ContentKey, failure: &Failure) {
        if failure.retry == Retry::Changed
            && let Err(error) = self.store.remember_failure(content, &self.maker, &failure.reason).await
        {
            tracing::warn!(%error, "that a file failed could not be kept");
        }
    }

    /// Whoever puts a file there again, or another, wants another try.
    pub(super) async fn forget(&self, content: &ContentKey) {
        if let Err(error) = self.store.forget_failure(content).await {
            tracing::warn!(%error, "that a file failed could not be forgotten");
        }
    }
}

/// The worker of this installation with its limits: its version, and the stamp of its file, which is another after every update.
fn maker(parts: &LibraryParts) -> String {
    let stamp = std::fs::metadata(&parts.worker).map(|m| scan::stamp(&m)).ok();
    let (size, modified) = stamp.map_or((0, 0), |s| (s.size, s.modified_ns));
    format!("{} {size} {modified} {} {}", env!("CARGO_PKG_VERSION"), parts.worker_memory, parts.worker_time)
}
