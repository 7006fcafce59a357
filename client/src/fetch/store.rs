//! Chunks that were fetched ahead, on this machine's disk: each a file named by its hash, checked when it is read.
//!
//! Bounded: what was used longest ago goes first. Several programs may share one folder: a file is whole or not there,
//! and one that is gone is fetched from the server.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use bytes::Bytes;
use lectern_proto::limits::CHUNK_MAX;
use lectern_proto::manifest::ChunkHash;
use sha2::{Digest, Sha256};

use crate::folders;

/// Bytes kept when nothing else is said: three hours at 2.5 Mbit/s.
pub const MOST: u64 = 4 << 30;

/// This person's store; none where there is no folder for it, which the log says.
#[must_use]
pub fn open_own() -> Option<Arc<ChunkStore>> {
    let opened = ChunkStore::open(&folders::cache("ahead")?, MOST);
    opened.inspect_err(|error| tracing::warn!(%error, "nothing can be fetched ahead")).ok().map(Arc::new)
}

/// A folder of chunks.
#[derive(Debug)]
pub struct ChunkStore {
    folder: PathBuf,
    most: u64,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    /// Length of each, and the place in the order of use.
    chunks: HashMap<ChunkHash, (u64, u64)>,
    bytes: u64,
    uses: u64,
}

impl Held {
    fn insert(&mut self, chunk: ChunkHash, bytes: u64) {
        self.uses += 1;
        if let Some((before, _)) = self.chunks.insert(chunk, (bytes, self.uses)) {
            self.bytes -= before;
        }
        self.bytes += bytes;
    }

    fn remove(&mut self, chunk: ChunkHash) {
        if let Some((bytes, _)) = self.chunks.remove(&chunk) {
            self.bytes -= bytes;
        }
    }
}

impl ChunkStore {
    /// Opens a folder, which is made if it is not there, and takes in what lies in it. `most` is in bytes.
    ///
    /// # Errors
    /// Where the folder cannot be made or read.
    pub fn open(folder: &Path, most: u64) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let (Ok(meta), Some(chunk)) = (entry.metadata(), entry.file_name().to_str().and_then(|n| n.parse().ok())) else { continue };
            files.push((meta.modified().unwrap_or(SystemTime::UNIX_EPOCH), chunk, meta.len()));
        }
        files.sort_by_key(|(at, ..)| *at);
        let mut held = Held::default();
        files.into_iter().for_each(|(_, chunk, bytes)| held.insert(chunk, bytes));
        Ok(Self { folder: folder.to_owned(), most, held: Mutex::new(held) })
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn path(&self, chunk: ChunkHash) -> PathBuf {
        self.folder.join(chunk.to_string())
    }

    /// Bytes that it may hold.
    #[must_use]
    pub fn most(&self) -> u64 {
        self.most
    }

    /// Whether a chunk lies here, as far as is known without looking.
    #[must_use]
    pub fn has(&self, chunk: ChunkHash) -> bool {
        self.held().chunks.contains_key(&chunk)
    }

    /// A chunk, if it lies here and is what its name says; one that is not is thrown away.
    pub async fn get(self: &Arc<Self>, chunk: ChunkHash) -> Option<Bytes> {
        if !self.has(chunk) {
            return None;
        }
        let this = Arc::clone(self);
        tokio::task::spawn_blocking(move || this.read(chunk)).await.ok().flatten()
    }

    fn read(&self, chunk: ChunkHash) -> Option<Bytes> {
        let path = self.path(chunk);
        let found = std::fs::metadata(&path).ok().filter(|m| m.len() <= CHUNK_MAX as u64).and_then(|_| std::fs::read(&path).ok());
        match found.filter(|bytes| <[u8; 32]>::from(Sha256::digest(bytes)) == chunk.0) {
            Some(bytes) => {
                let mut held = self.held();
                held.uses += 1;
                let now = held.uses;
                if let Some((_, used)) = held.chunks.get_mut(&chunk) {
                    *used = now;
                }
                Some(bytes.into())
            }
            None => {
                let _ = std::fs::remove_file(&path);
                self.held().remove(chunk);
                None
            }
        }
    }

    /// Keeps a chunk; others go for it, those used longest ago first, but none of `keep`.
    ///
    /// # Errors
    /// [`io::ErrorKind::StorageFull`] where there is no room beside what is to be kept, or what the system says.
    pub async fn put(self: &Arc<Self>, chunk: ChunkHash, bytes: Bytes, keep: Arc<HashSet<ChunkHash>>) -> io::Result<()> {
        let this = Arc::clone(self);
        tokio::task::spawn_blocking(move || this.write(chunk, &bytes, &keep)).await.map_err(io::Error::other)?
    }

    fn write(&self, chunk: ChunkHash, bytes: &[u8], keep: &HashSet<ChunkHash>) -> io::Result<()> {
        self.make_room(bytes.len() as u64, keep)?;
        static PARTS: AtomicU64 = AtomicU64::new(0);
        let part = self.folder.join(format!(".{chunk}-{}-{}", std::process::id(), PARTS.fetch_add(1, Ordering::Relaxed)));
        let written = std::fs::write(&part, bytes).and_then(|()| std::fs::rename(&part, self.path(chunk)));
        if written.is_err() {
            let _ = std::fs::remove_file(&part);
        }
        written?;
        self.held().insert(chunk, bytes.len() as u64);
        Ok(())
    }

    fn make_room(&self, bytes: u64, keep: &HashSet<ChunkHash>) -> io::Result<()> {
        let mut gone = Vec::new();
        {
            let mut held = self.held();
            if held.bytes + bytes > self.most {
                let mut oldest: Vec<_> = held.chunks.iter().filter(|(c, _)| !keep.contains(c)).map(|(c, (_, used))| (*used, *c)).collect();
                oldest.sort_unstable();
                for (_, chunk) in oldest {
                    if held.bytes + bytes <= self.most {
                        break;
                    }
                    held.remove(chunk);
                    gone.push(chunk);
                }
            }
            if held.bytes + bytes > self.most {
                return Err(io::ErrorKind::StorageFull.into());
            }
        }
        for chunk in gone {
            let _ = std::fs::remove_file(self.path(chunk));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(byte: u8, length: usize) -> (ChunkHash, Bytes) {
        let bytes = vec![byte; length];
        (ChunkHash(Sha256::digest(&bytes).into()), bytes.into())
    }

    #[tokio::test]
    async fn what_was_put_is_there_again_and_what_was_spoilt_is_not() {
        let dir = tempfile::tempdir().expect("a directory");
        let store = Arc::new(ChunkStore::open(&dir.path().join("a"), 1_000).expect("opened"));
        let (name, bytes) = chunk(1, 100);
        assert_eq!(store.get(name).await, None);
        store.put(name, bytes.clone(), Arc::default()).await.expect("room");
        let again = Arc::new(ChunkStore::open(&dir.path().join("a"), 1_000).expect("opened"));
        assert!(again.has(name));
        assert_eq!(again.get(name).await, Some(bytes));
        std::fs::write(again.path(name), b"other").expect("written");
        assert_eq!(again.get(name).await, None, "it is not what its name says");
        assert!(!again.has(name) && !again.path(name).exists());
        assert_eq!(store.get(name).await, None, "gone behind its back");
    }

    #[tokio::test]
    async fn what_was_used_longest_ago_goes_first_and_what_is_kept_stays() {
        let dir = tempfile::tempdir().expect("a directory");
        let store = Arc::new(ChunkStore::open(dir.path(), 250).expect("opened"));
        let [a, b, c, d] = [1, 2, 3, 4].map(|n| chunk(n, 100));
        let put = |(name, bytes): &(ChunkHash, Bytes), keep: &[ChunkHash]| store.put(*name, bytes.clone(), Arc::new(keep.iter().copied().collect()));
        put(&a, &[]).await.expect("room");
        put(&b, &[]).await.expect("room");
        assert!(store.get(a.0).await.is_some());
        put(&c, &[]).await.expect("room");
        assert_eq!([a.0, b.0, c.0].map(|n| store.has(n)), [true, false, true], "b was used longest ago");
        let full = put(&d, &[a.0, c.0]).await.expect_err("no room beside what is kept");
        assert_eq!(full.kind(), io::ErrorKind::StorageFull);
        assert_eq!([a.0, c.0].map(|n| store.path(n).exists()), [true, true]);
    }
}
