//! Conversations of an account on this computer's disk, sealed under a key of the account's ring: read at the beginning, added to as they
//! go on.
//!
//! There is one file for each account and server, in `history` beside the settings. Programs of one account in several rooms share it: each
//! adds to a file that it has begun itself, takes what it finds of another's over into one of its own, and holds a lock meanwhile.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use lectern_proto::chat::history::sealed::{self, HEAD_LEN, HistoryKey, Sealer};
use lectern_proto::chat::history::{Follower, History, Record};
use lectern_proto::chat::messenger::{Conversation, Shown};
use lectern_proto::control::PersonId;
use lectern_proto::hex;
use lectern_proto::limits::HISTORY_FILE_MAX;
use lectern_proto::link::Fingerprint;
use sha2::{Digest, Sha256};

use crate::class::ClassState;
use crate::folders;

/// Records that wait for a disk that takes nothing. Full: the oldest go.
const UNWRITTEN_MAX: usize = 4_096;
/// Domain of a file's name.
const NAME: &[u8] = b"lectern chat history name v1";

/// Where conversations are kept.
#[must_use]
pub fn folder() -> Option<PathBuf> {
    crate::ui::storage_folder().map(|folder| folder.join("history"))
}

/// What is kept for one account.
#[derive(Debug)]
pub(super) struct Shelf {
    disk: Arc<Mutex<Disk>>,
    follower: Follower,
    /// Conversations as they were looked at last.
    looked: BTreeMap<PersonId, Arc<Shown>>,
    names: Arc<BTreeMap<PersonId, String>>,
}

impl Shelf {
    /// Reads what there is of an account.
    pub(super) async fn open(folder: &Path, server: &Fingerprint, account: &str, key: HistoryKey) -> Self {
        let name = Sha256::new().chain_update(NAME).chain_update(server.0).chain_update(account.as_bytes()).finalize();
        let path = folder.join(hex::write(&name[..16])).with_extension("chat");
        let mut disk = Disk { path, key, history: History::default(), unwritten: Vec::new(), own: None };
        let read = tokio::task::spawn_blocking(move || {
            match disk.read() {
                Ok(found) => disk.history = found.unwrap_or_default(),
                Err(error) => {
                    tracing::error!(path = %disk.path.display(), %error, "the conversations that were kept cannot be read")
                }
            }
            disk
        });
        // Only a runtime that is ending has not done it.
        let disk = match read.await {
            Ok(disk) => disk,
            Err(_) => Disk { path: PathBuf::new(), key: HistoryKey([0; 32]), history: History::default(), unwritten: Vec::new(), own: None },
        };
        let follower = Follower::after(&disk.history);
        let names = Arc::new(follower.names());
        Self { disk: Arc::new(Mutex::new(disk)), follower, looked: BTreeMap::new(), names }
    }

    /// Hands what is kept to somebody.
    pub(super) fn with<T>(&self, look: impl FnOnce(&History) -> T) -> T {
        look(&self.disk.lock().unwrap_or_else(PoisonError::into_inner).history)
    }

    /// Whose conversations are kept, and what they are called.
    pub(super) fn names(&self) -> &Arc<BTreeMap<PersonId, String>> {
        &self.names
    }

    /// Keeps what is new in conversations with people who have accounts, or of whom something is kept.
    ///
    /// # Errors
    /// Those of the file system; what was not written is tried again with what comes next.
    pub(super) async fn keep(&mut self, conversations: &BTreeMap<PersonId, Conversation>, state: &ClassState) -> io::Result<()> {
        let mut new = Vec::new();
        for (person, conversation) in conversations {
            let shown = conversation.shown();
            let is_kept = self.follower.knows(*person) || state.mailboxes.contains_key(person);
            if is_kept && self.looked.get(person).is_none_or(|looked| !Arc::ptr_eq(looked, &shown)) {
                new.extend(self.follower.look(*person, state.name_of(*person), &shown));
                self.looked.insert(*person, shown);
            }
        }
        if new.is_empty() {
            return Ok(());
        }
        self.learn_names();
        self.on_disk(move |disk| disk.add(new)).await
    }

    /// Lets everything of one person go, or of all; says how many messages that were.
    ///
    /// # Errors
    /// Those of the file system.
    pub(super) async fn forget(&mut self, whom: Option<PersonId>) -> io::Result<usize> {
        self.follower.forget(whom);
        self.looked.retain(|person, _| whom.is_some_and(|whom| whom != *person));
        self.learn_names();
        self.on_disk(move |disk| disk.forget(whom)).await
    }

    fn learn_names(&mut self) {
        let names = self.follower.names();
        if names != *self.names {
            self.names = Arc::new(names);
        }
    }

    /// Where it is kept.
    pub(super) fn path(&self) -> PathBuf {
        self.disk.lock().unwrap_or_else(PoisonError::into_inner).path.clone()
    }

    /// On a thread that nobody waits for.
    async fn on_disk<T: Send + 'static>(&self, work: impl FnOnce(&mut Disk) -> io::Result<T> + Send + 'static) -> io::Result<T> {
        let disk = Arc::clone(&self.disk);
        let done = tokio::task::spawn_blocking(move || work(&mut disk.lock().unwrap_or_else(PoisonError::into_inner)));
        done.await.unwrap_or_else(|_| Err(io::Error::other("the program is ending")))
    }
}

/// The file, and what is in it.
#[derive(Debug)]
struct Disk {
    path: PathBuf,
    key: HistoryKey,
    history: History,
    /// What the file does not have yet.
    unwritten: Vec<Record>,
    /// A file that this program has begun.
    own: Option<Own>,
}

#[derive(Debug)]
struct Own {
    sealer: Sealer,
    /// All of it that was written.
    length: u64,
}

impl Disk {
    /// Other programs wait until this is dropped.
    fn lock(&self) -> io::Result<File> {
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(self.path.with_extension("lock"))?;
        lock.lock()?;
        Ok(lock)
    }

    /// What the file has; none where there is no file.
    fn read(&self) -> io::Result<Option<History>> {
        let length = match std::fs::metadata(&self.path) {
            Ok(about) => about.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        if length > 2 * HISTORY_FILE_MAX {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let found = sealed::read(&self.key, &std::fs::read(&self.path)?).map_err(io::Error::other)?;
        if found.lost > 0 {
            tracing::warn!(path = %self.path.display(), lost = found.lost, "some of the conversations that were kept cannot be opened: they were changed, or are an account's that is no more");
        }
        Ok(Some(History::of(found.records)))
    }

    /// Leaves a file that cannot be read to whoever can mend it, beside the new one.
    fn set_aside(&self, error: &io::Error) {
        let aside = self.path.with_extension("unreadable");
        match std::fs::rename(&self.path, &aside) {
            Ok(()) => {
                tracing::warn!(path = %aside.display(), %error, "the conversations that were kept cannot be read: the file lies here now, and a new one takes its place")
            }
            Err(moving) => {
                tracing::warn!(path = %self.path.display(), %error, %moving, "the conversations that were kept cannot be read, and the file cannot be put aside: a new one takes its place")
            }
        }
    }

    /// Whether the file is the one that this program has begun, with all that it has written and nothing else.
    fn is_own(&self) -> bool {
        let Some(own) = &self.own else { return false };
        let is_same = || -> io::Result<bool> {
            let mut file = File::open(&self.path)?;
            let mut head = [0; HEAD_LEN];
            file.read_exact(&mut head)?;
            Ok(head == own.sealer.head() && file.metadata()?.len() == own.length)
        };
        is_same().unwrap_or(false)
    }

    fn add(&mut self, new: Vec<Record>) -> io::Result<()> {
        self.unwritten.extend(new);
        self.unwritten.drain(..self.unwritten.len().saturating_sub(UNWRITTEN_MAX));
        let _lock = self.lock()?;
        if self.is_own() {
            for record in &self.unwritten {
                self.history.put(record.clone());
            }
            if self.append()? {
                return Ok(());
            }
        } else {
            // Another program's, or brought back: what is in it counts, also where something was let go.
            let found = self.read().unwrap_or_else(|error| {
                self.set_aside(&error);
                None
            });
            self.history = found.unwrap_or_default();
            for record in &self.unwritten {
                self.history.put(record.clone());
            }
        }
        self.write_anew()
    }

    /// Adds what is new to the file; false where that would make it too long.
    fn append(&mut self) -> io::Result<bool> {
        // Whatever happens to it on the way, its places are used up.
        let Some(Own { mut sealer, length }) = self.own.take() else { return Ok(false) };
        let mut bytes = Vec::new();
        for record in &self.unwritten {
            sealer.seal(record, &mut bytes);
        }
        let length = length + bytes.len() as u64;
        if length > HISTORY_FILE_MAX {
            return Ok(false);
        }
        let mut file = OpenOptions::new().append(true).open(&self.path)?;
        file.write_all(&bytes)?;
        file.sync_data()?;
        self.own = Some(Own { sealer, length });
        self.unwritten.clear();
        Ok(true)
    }

    /// Puts all there is into a new file in the place of the one before.
    fn write_anew(&mut self) -> io::Result<()> {
        let length: u64 = self.history.records().map(|record| sealed::length(&record)).sum();
        if length + HEAD_LEN as u64 > HISTORY_FILE_MAX {
            self.history.trim(HISTORY_FILE_MAX / 2);
        }
        let mut sealer = Sealer::begin(&mut rand::rng(), &self.key);
        let mut bytes = sealer.head().to_vec();
        for record in self.history.records() {
            sealer.seal(&record, &mut bytes);
        }
        folders::write_private(&self.path, &bytes)?;
        self.own = Some(Own { sealer, length: bytes.len() as u64 });
        self.unwritten.clear();
        Ok(())
    }

    fn forget(&mut self, whom: Option<PersonId>) -> io::Result<usize> {
        let _lock = self.lock()?;
        if let Ok(found) = self.read() {
            self.history = found.unwrap_or_default();
        }
        for record in self.unwritten.drain(..) {
            self.history.put(record);
        }
        let count = self.history.forget(whom);
        self.own = None;
        if !self.history.is_empty() {
            self.write_anew()?;
            return Ok(count);
        }
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(count),
        }
    }
}

#[cfg(test)]
mod tests;
