//! Sealed pieces of chunks, read and sealed once and kept in bounded memory: the same bytes for every viewer.
//!
//! A piece is [`PIECE_RECORDS`] records, so that memory follows the configured bound, not the largest segment, and a
//! viewer that does not read holds one piece and no more.

use std::fs::File;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use lectern_proto::limits::{PIECE_RECORDS, RECORD_PLAIN, SEALING_AT_ONCE};
use lectern_proto::manifest::ChunkHash;
use lectern_proto::seal::ChunkCipher;
use moka::future::Cache;
use tokio::sync::Semaphore;

use super::{ChunkPlace, EpochKey};
use crate::platform;

const PIECE_PLAIN: u32 = PIECE_RECORDS * RECORD_PLAIN as u32;
/// Memory of an entry besides its bytes, as a round estimate.
const ENTRY_OVERHEAD: usize = 512;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct PieceKey {
    room: u32,
    epoch: u32,
    chunk: ChunkHash,
    piece: u32,
}

/// A chunk that is being served: where it is, and how it is sealed.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) room: u32,
    pub(super) key: Arc<EpochKey>,
    pub(super) chunk: ChunkHash,
    pub(super) place: Arc<ChunkPlace>,
}

impl Source {
    fn piece(&self, record: u32) -> PieceKey {
        PieceKey { room: self.room, epoch: self.key.epoch, chunk: self.chunk, piece: record / PIECE_RECORDS }
    }

    /// Records of the chunk; an empty chunk has one.
    pub(super) fn records(&self) -> u32 {
        self.place.bytes.div_ceil(RECORD_PLAIN as u32).max(1)
    }
}

/// The cache of all rooms.
#[derive(Debug, Clone)]
pub(crate) struct SealedCache {
    pieces: Cache<PieceKey, Bytes>,
    sealing: Arc<Semaphore>,
}

impl SealedCache {
    /// A cache of at most `bytes`.
    #[must_use]
    pub(crate) fn new(bytes: u64) -> Self {
        let weigh = |_: &PieceKey, piece: &Bytes| u32::try_from(piece.len() + ENTRY_OVERHEAD).unwrap_or(u32::MAX);
        Self { pieces: Cache::builder().max_capacity(bytes).weigher(weigh).build(), sealing: Arc::new(Semaphore::new(SEALING_AT_ONCE)) }
    }

    /// The piece of a chunk that holds `record`, if it is in memory.
    pub(super) async fn cached(&self, source: &Source, record: u32) -> Option<Bytes> {
        self.pieces.get(&source.piece(record)).await
    }

    /// The piece of a chunk that holds `record`. Many who ask for it at once wait for one read.
    ///
    /// # Errors
    /// When the file cannot be read or is not as long as it should be.
    pub(super) async fn piece(&self, source: &Source, record: u32) -> Result<Bytes, Arc<io::Error>> {
        let key = source.piece(record);
        self.pieces.try_get_with(key, self.seal(source.clone(), key.piece)).await
    }

    async fn seal(&self, source: Source, piece: u32) -> io::Result<Bytes> {
        let _permit = self.sealing.acquire().await.map_err(io::Error::other)?;
        tokio::task::spawn_blocking(move || read_and_seal(&source, piece)).await.map_err(io::Error::other)?
    }
}

fn read_and_seal(source: &Source, piece: u32) -> io::Result<Bytes> {
    let total = source.place.bytes;
    let start = piece.saturating_mul(PIECE_PLAIN);
    let length = total.saturating_sub(start).min(PIECE_PLAIN);
    let file = File::open(&source.place.path)?;
    if file.metadata()?.len() != u64::from(total) {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the chunk does not have its length"));
    }
    let mut plain = vec![0; length as usize];
    platform::read_at(&file, &mut plain, u64::from(start))?;
    let cipher = ChunkCipher::new(&source.key.key, source.key.epoch, &source.chunk);
    Ok(cipher.seal_part(piece * PIECE_RECORDS, &plain, start + length >= total))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::RoomKeys;
    use sha2::{Digest, Sha256};

    #[tokio::test]
    async fn the_pieces_of_a_chunk_are_what_sealing_it_whole_gives() {
        let dir = tempfile::tempdir().expect("a directory");
        let cache = SealedCache::new(1 << 20);
        for bytes in [0, 1, PIECE_PLAIN - 1, PIECE_PLAIN, PIECE_PLAIN + 1, 3 * PIECE_PLAIN + 70_000] {
            let plain: Vec<u8> = (0..bytes).map(|i| i as u8).collect();
            let path = dir.path().join(bytes.to_string());
            std::fs::write(&path, &plain).expect("writable");
            let chunk = ChunkHash(Sha256::digest(&plain).into());
            let source = Source { room: 1, key: RoomKeys::default().current(), chunk, place: Arc::new(ChunkPlace { path, bytes }) };
            let mut sealed = Vec::new();
            for record in (0..source.records()).step_by(PIECE_RECORDS as usize) {
                sealed.extend_from_slice(&cache.piece(&source, record).await.expect("sealed"));
            }
            assert!(ChunkCipher::new(&source.key.key, 1, &chunk).seal(&plain) == sealed, "{bytes}");
        }
    }

    #[tokio::test]
    async fn a_file_that_changed_is_not_served() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("x");
        std::fs::write(&path, b"short").expect("writable");
        let source = Source { room: 1, key: RoomKeys::default().current(), chunk: ChunkHash([1; 32]), place: Arc::new(ChunkPlace { path, bytes: 6 }) };
        assert!(SealedCache::new(1 << 20).piece(&source, 0).await.is_err());
    }
}
