//! Fetching chunks over a media connection of its own: records come out in order, as they arrive.
//!
//! A [`Fetcher`] is a handle on one task that owns one TCP connection to the media port. When the connection or the
//! server is lost it waits for the next [`MediaRoute`] and goes on at the record where it was; who reads only sees a pause.

mod connection;
pub mod store;
pub(crate) mod way;

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use lectern_proto::control::ChunkRef;
use lectern_proto::limits::CHUNK_MAX;
use lectern_proto::link::Fingerprint;
use lectern_proto::manifest::ChunkHash;
use lectern_proto::media::End;
use lectern_proto::media::client::MediaClientCore;
use lectern_proto::seal::{MediaSecret, RoomKey};
use sha2::{Digest, Sha256};
use tokio::sync::{mpsc, watch};

pub use store::ChunkStore;
pub use way::MediaWay;

/// How media is reached at present; published by the membership at each joining.
#[derive(Debug, Clone)]
pub struct MediaRoute {
    pub(crate) address: SocketAddr,
    /// The other media port of the same address, for sound.
    pub(crate) audio_port: u16,
    /// The control port, over which media runs where its own port cannot be reached.
    pub(crate) fallback: Fallback,
    pub(crate) session: u64,
    pub(crate) secret: MediaSecret,
    /// The room's media keys by epoch, the current one last.
    pub(crate) keys: Vec<(u32, RoomKey)>,
    /// This viewer's share of the room's bandwidth in bits per second, if the room has a budget.
    pub(crate) share_bps: Option<u64>,
}

impl MediaRoute {
    /// The core of a new media connection, and the address that it is for.
    pub(crate) fn core(&self) -> (MediaClientCore, SocketAddr) {
        let mut core = MediaClientCore::new(self.session, self.secret.clone());
        self.keys.iter().for_each(|(epoch, key)| core.add_key(*epoch, key.clone()));
        (core, self.address)
    }
}

/// The way around a closed media port.
#[derive(Debug, Clone)]
pub(crate) struct Fallback {
    pub(crate) control: SocketAddr,
    pub(crate) fingerprint: Fingerprint,
    /// Told which way the last media connection took.
    pub(crate) taken: Arc<watch::Sender<MediaWay>>,
}

/// Why a chunk did not come.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    #[error("the server does not have this part of the video any more; it was removed or prepared anew. Open it again.")]
    NotFound,
    #[error("the server cannot read this part of the video from its disk. Tell the instructor.")]
    Unreadable,
    #[error("a part of the video arrived that is not what the catalogue names. Open it again.")]
    Mismatch,
    #[error("the connection to the class has ended.")]
    Gone,
}

/// A handle on a media connection. The connection ends when the last handle is dropped.
#[derive(Debug, Clone)]
pub struct Fetcher {
    asks: mpsc::Sender<Ask>,
    received: watch::Receiver<u64>,
    route: watch::Receiver<Option<MediaRoute>>,
    /// What was fetched ahead.
    store: Option<Arc<ChunkStore>>,
}

#[derive(Debug)]
struct Ask {
    chunk: ChunkHash,
    records: mpsc::Sender<Result<Bytes, FetchError>>,
}

/// Fetches that may wait to be sent.
const ASKS: usize = 16;
/// Records that wait for their reader. Full: the connection waits, and so, by TCP, does the server.
const RECORDS: usize = 64;

/// A fetch under way; dropping it cancels it. Read it to its end or drop it: records come in the order of the requests, so
/// one that is not read holds up all that were asked for after it on the same [`Fetcher`].
#[derive(Debug)]
pub struct Fetch {
    records: mpsc::Receiver<Result<Bytes, FetchError>>,
    is_local: bool,
}

impl Fetch {
    /// The plaintext of the next record; none after the last.
    ///
    /// # Errors
    /// [`FetchError`] when the rest will not come.
    pub async fn record(&mut self) -> Result<Option<Bytes>, FetchError> {
        self.records.recv().await.transpose()
    }

    /// Whether it comes from this machine: it says nothing of the line.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.is_local
    }
}

impl Fetcher {
    pub(crate) fn start(runtime: &tokio::runtime::Handle, route: watch::Receiver<Option<MediaRoute>>) -> Self {
        let (asks, inbox) = mpsc::channel(ASKS);
        let (count, received) = watch::channel(0);
        runtime.spawn(connection::run(route.clone(), inbox, count));
        Self { asks, received, route, store: None }
    }

    /// The same, which takes from the store what lies there.
    #[must_use]
    pub(crate) fn with_store(self, store: Option<Arc<ChunkStore>>) -> Self {
        Self { store, ..self }
    }

    /// Whether a chunk lies on this machine.
    #[must_use]
    pub fn is_local(&self, chunk: ChunkHash) -> bool {
        self.store.as_ref().is_some_and(|store| store.has(chunk))
    }

    /// Asks for a chunk.
    ///
    /// # Errors
    /// [`FetchError::Gone`] when the class has ended.
    pub async fn fetch(&self, chunk: ChunkHash) -> Result<Fetch, FetchError> {
        if let Some(store) = &self.store
            && let Some(whole) = store.get(chunk).await
        {
            let (sender, records) = mpsc::channel(1);
            // It is empty, and its reader is here.
            let _ = sender.try_send(Ok(whole));
            return Ok(Fetch { records, is_local: true });
        }
        let (sender, records) = mpsc::channel(RECORDS);
        self.asks.send(Ask { chunk, records: sender }).await.map_err(|_| FetchError::Gone)?;
        Ok(Fetch { records, is_local: false })
    }

    /// Fetches a whole chunk and checks that it is the one that its name says.
    ///
    /// # Errors
    /// [`FetchError`] when it does not come, or is another.
    pub async fn whole(&self, wanted: ChunkRef) -> Result<Bytes, FetchError> {
        let length = wanted.bytes as usize;
        if length > CHUNK_MAX {
            return Err(FetchError::Mismatch);
        }
        let mut fetch = self.fetch(wanted.chunk).await?;
        let mut whole = BytesMut::new();
        while let Some(record) = fetch.record().await? {
            if whole.len() + record.len() > length {
                return Err(FetchError::Mismatch);
            }
            whole.extend_from_slice(&record);
        }
        let hash: [u8; 32] = Sha256::digest(&whole).into();
        if whole.len() == length && hash == wanted.chunk.0 { Ok(whole.freeze()) } else { Err(FetchError::Mismatch) }
    }

    /// This viewer's share of the room's bandwidth in bits per second, if the room has a budget.
    #[must_use]
    pub fn share_bps(&self) -> Option<u64> {
        self.route.borrow().as_ref().and_then(|route| route.share_bps)
    }

    /// Bytes that came over this connection so far, headers and tags included.
    #[must_use]
    pub fn received(&self) -> u64 {
        *self.received.borrow()
    }
}

impl From<End> for FetchError {
    fn from(end: End) -> Self {
        match end {
            End::NotFound => Self::NotFound,
            End::Unreadable => Self::Unreadable,
            End::Cancelled | End::Busy => Self::Gone,
        }
    }
}
