//! The media port over TCP: sealed requests come, records that were sealed once for everybody go, those of stored videos and those
//! of live streams.
//!
//! Flow of live streams: hub → `fanout`, one loop over all sockets → the socket; over UDP `udp` does the same. Flow of stored videos:
//! listener → `connection` (challenge, proof, requests in order) → `index` (which chunk is where, for this room) →
//! `cache` (read and sealed once, bounded) → the socket, without a copy for each viewer. One service for the video and
//! the audio port. Packets of the labs that cannot go straight from one participant to another are handed on by `udp` and `lab`.

mod budget;
mod cache;
mod connection;
mod fanout;
mod frame;
mod index;
mod keys;
mod lab;
mod sessions;
mod shared;
mod udp;

use std::sync::Arc;

use lectern_proto::limits::{MEDIA_CONNECTIONS_MAX, MEDIA_UNPROVEN_MAX, MEDIA_UNPROVEN_PER_ADDRESS, PARITY_PERCENT_MAX};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::Clock;
use crate::live::Hub;
use crate::net::{Origin, Unproven, accept_loop};

pub(crate) use budget::{Budget, LiveTake};
pub(crate) use cache::SealedCache;
pub(crate) use index::{ChunkIndex, ChunkPlace};
pub(crate) use keys::{EpochKey, RoomKeys};
pub(crate) use lab::LabRuns;
pub(crate) use sessions::{MediaSession, MediaSessions};
pub(crate) use udp::serve as serve_udp;

/// What the media port knows of a room.
#[derive(Debug)]
pub(crate) struct RoomMedia {
    /// Tells rooms apart in the cache.
    pub room: u32,
    pub keys: RoomKeys,
    /// The chunks that the room's catalogue holds.
    pub index: Arc<ChunkIndex>,
    /// None: as fast as the network takes it.
    pub budget: Option<Budget>,
    /// Most parity that a viewer gets, in percent of the records.
    pub parity_most: u8,
    /// The live streams of the room.
    pub hub: Hub,
}

impl RoomMedia {
    /// A room with a new key; `bandwidth_bps` is its budget.
    pub(crate) fn new(room: u32, index: Arc<ChunkIndex>, bandwidth_bps: Option<u64>) -> Self {
        let budget = bandwidth_bps.map(Budget::new);
        Self { room, keys: RoomKeys::default(), index, budget, parity_most: PARITY_PERCENT_MAX, hub: Hub::default() }
    }
}

/// What every media connection shares.
#[derive(Debug)]
pub(crate) struct Media {
    pub(crate) sessions: Arc<MediaSessions>,
    pub(crate) cache: SealedCache,
    pub(crate) clock: Clock,
    /// Runs of the labs whose packets are handed on.
    pub(crate) labs: Arc<LabRuns>,
    unproven: Unproven,
    permits: Arc<Semaphore>,
}

impl Media {
    pub(crate) fn new(sessions: Arc<MediaSessions>, cache: SealedCache, clock: Clock, labs: Arc<LabRuns>) -> Self {
        let unproven = Unproven::new(MEDIA_UNPROVEN_MAX, MEDIA_UNPROVEN_PER_ADDRESS);
        Self { sessions, cache, clock, labs, unproven, permits: Arc::new(Semaphore::new(MEDIA_CONNECTIONS_MAX)) }
    }
}

/// Serves a media connection that came to the control port; it counts like one of the media ports.
pub(crate) async fn serve_tls(stream: TlsStream<TcpStream>, origin: Origin, media: Arc<Media>, stop: CancellationToken) {
    // A client whose connection is closed here tries again; waiting would hold the control port's place.
    let Ok(_permit) = Arc::clone(&media.permits).try_acquire_owned() else { return };
    let Some(guard) = media.unproven.admit(origin) else { return };
    connection::serve_tls(stream, media, guard, stop).await;
}

/// Serves one of the media ports until `stop`.
pub(crate) async fn serve(listener: TcpListener, media: Arc<Media>, tasks: TaskTracker, stop: CancellationToken) {
    let permits = Arc::clone(&media.permits);
    let fanout = Arc::<fanout::Fanout>::default();
    tasks.spawn(Arc::clone(&fanout).run(media.clock, stop.clone()));
    accept_loop(listener, permits, tasks, stop.clone(), |stream, peer, permit| {
        let (media, fanout, stop) = (Arc::clone(&media), Arc::clone(&fanout), stop.clone());
        async move {
            let Some(guard) = media.unproven.admit(peer.into()) else { return };
            connection::serve(stream, media, fanout, guard, stop).await;
            drop(permit);
        }
    })
    .await;
}
