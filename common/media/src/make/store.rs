//! The folder of one content: objects named by their bytes, tracks published whole.
//!
//! ```text
//! lock                   one worker at a time
//! source.json            what the source is
//! thumbnail.json         which object is the thumbnail
//! lost.jsonl             what of the source could not be read ([`super::losses`])
//! objects/<sha256>       initialisation and media segments, the thumbnail
//! tracks/<key>.json      a complete track
//! journal/<key>.jsonl    the finished segments of a track that is not complete
//! ```
//!
//! Everything is written under another name, flushed to the disk and renamed, so whatever has its name is whole.

use super::failure::{Failure, FailureKind};
use lectern_proto::manifest::ChunkHash;
use sha2::{Digest, Sha256};
use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long to wait for another worker to leave the folder.
const LOCK_WAIT: Duration = Duration::from_secs(5);
/// Bytes that may be written before anything of the source is read.
const BUDGET_START: u64 = 64 * 1024 * 1024;

/// An open, locked folder.
#[derive(Debug)]
pub struct Store {
    dir: PathBuf,
    _lock: File,
    /// Bytes that may still be written.
    budget: AtomicU64,
}

fn failed(e: &std::io::Error) -> Failure {
    Failure::io("write into the folder of chunks", e)
}

impl Store {
    /// Opens the folder, made if it is not there, and locks it.
    ///
    /// # Errors
    /// [`FailureKind::Busy`] when another worker holds it for five seconds; [`FailureKind::Io`] or
    /// [`FailureKind::NoSpace`] when it cannot be written.
    pub fn open(dir: &Path) -> Result<Self, Failure> {
        for sub in ["objects", "tracks", "journal"] {
            fs::create_dir_all(dir.join(sub)).map_err(|e| failed(&e))?;
        }
        let lock = File::options().create(true).truncate(false).write(true).open(dir.join("lock")).map_err(|e| failed(&e))?;
        let start = Instant::now();
        loop {
            match lock.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(e)) => return Err(failed(&e)),
                Err(TryLockError::WouldBlock) if start.elapsed() < LOCK_WAIT => std::thread::sleep(Duration::from_millis(50)),
                Err(TryLockError::WouldBlock) => {
                    return Err(Failure::new(FailureKind::Busy, "Another worker is preparing this video. Wait until it has finished."));
                }
            }
        }
        let store = Self { dir: dir.to_owned(), _lock: lock, budget: AtomicU64::new(BUDGET_START) };
        store.sweep();
        Ok(store)
    }

    /// So many more bytes are plausible, because so much more of the source was read.
    pub fn allow(&self, bytes: u64) {
        let _ = self.budget.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| Some(left.saturating_add(bytes)));
    }

    /// Keeps bytes under their name.
    ///
    /// # Errors
    /// [`Failure`] when the disk refuses, or when more would be written than is plausible.
    pub fn put(&self, bytes: &[u8]) -> Result<ChunkHash, Failure> {
        let hash = ChunkHash(Sha256::digest(bytes).into());
        if self.has(hash, bytes.len() as u64) {
            return Ok(hash);
        }
        let spent = self.budget.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes.len() as u64));
        if spent.is_err() {
            return Err(Failure::new(
                FailureKind::Internal,
                "The prepared video became far larger than its bit rates allow, so it was stopped. Report this, with the file if you can.",
            ));
        }
        self.write(&self.object(hash), bytes)?;
        Ok(hash)
    }

    /// Whether an object of this length is there.
    #[must_use]
    pub fn has(&self, hash: ChunkHash, bytes: u64) -> bool {
        fs::metadata(self.object(hash)).is_ok_and(|m| m.is_file() && m.len() == bytes)
    }

    /// Publishes a JSON file under a name inside the folder.
    ///
    /// # Errors
    /// [`Failure`] when the disk refuses.
    pub fn publish(&self, name: &str, value: &impl serde::Serialize) -> Result<(), Failure> {
        let json = serde_json::to_vec(value).map_err(|e| Failure::internal("write JSON", e))?;
        self.write(&self.path(name), &json)
    }

    /// A path inside the folder.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Where an object is.
    #[must_use]
    pub fn object(&self, hash: ChunkHash) -> PathBuf {
        self.dir.join("objects").join(hash.to_string())
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), Failure> {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".tmp");
        let temporary = path.with_file_name(name);
        let written = File::create(&temporary).and_then(|mut f| f.write_all(bytes).and_then(|()| f.sync_data())).and_then(|()| fs::rename(&temporary, path));
        written.map_err(|e| {
            let _ = fs::remove_file(&temporary);
            failed(&e)
        })
    }

    /// Removes what a killed worker left half-written.
    fn sweep(&self) {
        for sub in ["", "objects", "tracks"] {
            let Ok(entries) = fs::read_dir(self.dir.join(sub)) else { continue };
            let left = |e: &fs::DirEntry| e.path().extension().is_some_and(|x| x == "tmp") && e.file_type().is_ok_and(|t| t.is_file());
            for entry in entries.flatten().filter(left) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

/// Reads a JSON file; nothing when it is not there or not readable as such.
pub(crate) fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Option<T> {
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).ok(),
        Err(e) if e.kind() == ErrorKind::NotFound => None,
        Err(_) => None,
    }
}
