//! Announces that the directory of videos changed. A hint, no more: the library looks by itself now and then.

use std::path::Path;
use std::sync::Arc;

use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;

/// Keeps announcing as long as it lives.
#[derive(Debug)]
pub(super) struct DirectoryWatch {
    _watcher: Option<RecommendedWatcher>,
}

impl DirectoryWatch {
    /// Watches a directory; where the system cannot, the log says so and nothing is announced.
    pub(super) fn start(dir: &Path, changed: Arc<Notify>) -> Self {
        let announce = move |event: notify::Result<Event>| {
            // Reading a file changes nothing; closing one that was written does.
            let is_read = |kind: &EventKind| matches!(kind, EventKind::Access(access) if *access != AccessKind::Close(AccessMode::Write));
            if event.is_ok_and(|e| !is_read(&e.kind)) {
                changed.notify_one();
            }
        };
        let watcher = notify::recommended_watcher(announce).and_then(|mut watcher| watcher.watch(dir, RecursiveMode::NonRecursive).map(|()| watcher));
        let _watcher = watcher.inspect_err(|error| tracing::warn!(%error, "the directory of videos cannot be watched; it is looked through now and then")).ok();
        Self { _watcher }
    }
}
