//! The library: `videos/` is watched, each content is prepared once by the media worker, the catalogue follows.
//!
//! Flow: the directory (`watch`, `scan`) → what is to be done (`shelf`, pure) → the tasks that do it (`keeper`,
//! `preparing`) → the worker process (`worker`, `events`) → what is there so far (`partial`, `progress`) → the manifest and the index of chunks (`prepared`) → the
//! catalogue, which rooms follow. Nothing here links a codec or trusts a file.

mod events;
mod failures;
mod keeper;
mod name;
mod partial;
mod prepared;
mod preparing;
mod progress;
mod scan;
mod shelf;
mod watch;
mod worker;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use lectern_proto::control::{CatalogueEntry, VideoId};
use lectern_proto::limits::WANTS_QUEUE;
use lectern_proto::rung::RungSpec;
use tokio::sync::{mpsc, watch as cell};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::Clock;
use crate::config::Config;
use crate::media::ChunkIndex;
use crate::store::Store;

/// Every video by id. Entries that did not change are shared with the catalogue before.
pub(crate) type Catalogue = Arc<BTreeMap<VideoId, Arc<CatalogueEntry>>>;

/// Which files of the directory are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Files {
    /// All, as they come and go; what no file has any more is deleted.
    All,
    /// These; nothing is deleted.
    Only(BTreeSet<OsString>),
    /// This one, whatever it is called, and nothing else is looked at. It is not read before it is prepared: its content goes by
    /// its place and stamp, because chunks that are thrown away at the end need no name that outlives them.
    Alone(OsString),
}

/// What a library is made of.
#[derive(Debug, Clone)]
pub struct LibraryParts {
    pub videos: PathBuf,
    pub chunks: PathBuf,
    pub ladder: Vec<RungSpec>,
    /// The media worker's program.
    pub worker: PathBuf,
    /// Its memory in bytes, and its longest run in multiples of the video's duration.
    pub worker_memory: u64,
    pub worker_time: u32,
    pub files: Files,
    pub store: Store,
    pub index: Arc<ChunkIndex>,
    pub clock: Clock,
}

impl LibraryParts {
    /// The library of a configuration.
    #[must_use]
    pub fn new(config: &Config, store: Store, index: Arc<ChunkIndex>, clock: Clock) -> Self {
        Self {
            videos: config.paths.videos.clone(),
            chunks: config.paths.chunks.clone(),
            ladder: config.ladder.clone(),
            worker: config.media_worker.clone(),
            worker_memory: config.limits.worker_memory_bytes,
            worker_time: config.limits.worker_time,
            files: config.alone.clone().map_or(Files::All, Files::Alone),
            store,
            index,
            clock,
        }
    }
}

/// Where viewers say what they wait for. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Wants(mpsc::Sender<Want>);

/// Somebody waits for what is shown at this time of a video.
#[derive(Debug)]
struct Want {
    video: VideoId,
    at_us: u64,
}

impl Wants {
    /// Tells it. A viewer who goes on waiting says it again, so one that is lost is no harm.
    pub(crate) fn tell(&self, video: VideoId, at_us: u64) {
        let _ = self.0.try_send(Want { video, at_us });
    }
}

/// A running library.
#[derive(Debug, Clone)]
pub struct Library {
    wants: Wants,
    pub catalogue: cell::Receiver<Catalogue>,
    /// Whether everything that is there is ready or failed.
    pub idle: cell::Receiver<bool>,
}

impl Library {
    /// Starts the library's task; it ends with `stop`, its worker included.
    #[must_use]
    pub fn start(parts: LibraryParts, tasks: &TaskTracker, stop: CancellationToken) -> Self {
        let (catalogue, told_catalogue) = cell::channel(Catalogue::default());
        let (idle, told_idle) = cell::channel(false);
        let (wants, wanted) = mpsc::channel(WANTS_QUEUE);
        tasks.spawn(keeper::Keeper::new(parts, catalogue, idle, tasks.clone(), stop).run(wanted));
        Self { wants: Wants(wants), catalogue: told_catalogue, idle: told_idle }
    }

    /// Where viewers say what they wait for.
    pub(crate) fn wants(&self) -> Wants {
        self.wants.clone()
    }
}
