//! `lectern-server prepare`: the library alone, without ports, until everything is ready or failed.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lectern_proto::control::VideoState;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::Clock;
use crate::config::{Config, Problem};
use crate::library::{Catalogue, Files, Library, LibraryParts};
use crate::lock::{LockError, Locks};
use crate::media::ChunkIndex;
use crate::store::{Store, StoreError};

/// Why nothing was prepared.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// Exit code 2, one line each.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Config(Vec<Problem>),
    #[error("{} is no file in the directory of videos ({}); put it there first", .file.display(), .videos.display())]
    NotThere { file: PathBuf, videos: PathBuf },
    #[error("{0} (a running server prepares videos by itself)")]
    Lock(#[from] LockError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A library that works until it has nothing to do.
#[derive(Debug)]
pub struct Preparation {
    library: Library,
    store: Store,
    tasks: TaskTracker,
    stop: CancellationToken,
    _locks: Locks,
}

/// How far one video is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    pub title: String,
    pub state: VideoState,
}

impl Preparation {
    /// Starts to prepare these files, or all.
    ///
    /// # Errors
    /// [`PrepareError`].
    pub async fn start(config: &Config, files: &[PathBuf]) -> Result<Self, PrepareError> {
        config.make_directories().map_err(PrepareError::Config)?;
        let files = match files {
            [] => Files::All,
            some => Files::Only(some.iter().map(|f| name_in(&config.paths.videos, f)).collect::<Result<BTreeSet<_>, _>>()?),
        };
        let locks = Locks::take(&config.paths)?;
        let store = Store::open(&config.store).await?;
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let parts = LibraryParts::new(config, store.clone(), Arc::new(ChunkIndex::default()), Clock::start());
        let library = Library::start(LibraryParts { files, ..parts }, &tasks, stop.clone());
        Ok(Self { library, store, tasks, stop, _locks: locks })
    }

    /// Waits for news; `None` when there is nothing left to do.
    pub async fn news(&mut self) -> Option<Vec<Progress>> {
        if *self.library.idle.borrow_and_update() {
            return None;
        }
        tokio::select! {
            changed = self.library.catalogue.changed() => changed.ok()?,
            changed = self.library.idle.changed() => changed.ok()?,
        }
        Some(self.progress())
    }

    /// How far each video is.
    #[must_use]
    pub fn progress(&mut self) -> Vec<Progress> {
        let catalogue: Catalogue = Arc::clone(&self.library.catalogue.borrow_and_update());
        catalogue.values().map(|e| Progress { title: e.title.clone(), state: e.state.clone() }).collect()
    }

    /// Ends the library, its worker included.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        self.store.close().await;
    }
}

/// The name of a file of the directory, given as a name or as a path.
fn name_in(videos: &Path, file: &Path) -> Result<OsString, PrepareError> {
    let not_there = || PrepareError::NotThere { file: file.to_owned(), videos: videos.to_owned() };
    let name = file.file_name().ok_or_else(not_there)?.to_owned();
    let there = videos.join(&name).canonicalize().map_err(|_| not_there())?;
    let is_name = file.as_os_str() == name;
    let same = is_name || file.canonicalize().is_ok_and(|f| f == there);
    if same && there.is_file() { Ok(name) } else { Err(not_there()) }
}
