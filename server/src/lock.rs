//! One server for one data directory and one directory of chunks.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::config::Paths;

/// The file that is locked.
const LOCK: &str = ".lectern-lock";

/// Why the directories cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    #[error("another Lectern server uses the directory {}; end it, or give this one another data directory and another [paths] chunks", .0.display())]
    Taken(PathBuf),
    #[error("the directory {} cannot be locked ({error}); give this user the right to write there", .dir.display())]
    File { dir: PathBuf, error: io::Error },
}

/// The locks of a running server; released when dropped, or when the process ends however it does.
#[derive(Debug)]
pub(crate) struct Locks {
    _files: [File; 2],
}

impl Locks {
    /// Locks the data directory and the directory of chunks.
    ///
    /// # Errors
    /// [`LockError::Taken`] when another server has one of them.
    pub(crate) fn take(paths: &Paths) -> Result<Self, LockError> {
        Ok(Self { _files: [lock(&paths.data)?, lock(&paths.chunks)?] })
    }
}

/// Whether a server that runs has locked this directory.
pub(crate) fn is_held(dir: &Path) -> bool {
    let file = File::options().write(true).open(dir.join(LOCK));
    file.is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
}

fn lock(dir: &Path) -> Result<File, LockError> {
    let failed = |error| LockError::File { dir: dir.to_owned(), error };
    let file = File::options().create(true).truncate(false).write(true).open(dir.join(LOCK)).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(LockError::Taken(dir.to_owned())),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_server_is_told() {
        let (data, chunks) = (tempfile::tempdir().expect("a directory"), tempfile::tempdir().expect("a directory"));
        let paths = |data: &Path| Paths { videos: PathBuf::new(), chunks: chunks.path().to_owned(), data: data.to_owned(), dist: PathBuf::new() };
        let first = Locks::take(&paths(data.path())).expect("free");
        assert!(matches!(Locks::take(&paths(data.path())), Err(LockError::Taken(dir)) if dir == data.path()));
        let other = tempfile::tempdir().expect("a directory");
        assert!(matches!(Locks::take(&paths(other.path())), Err(LockError::Taken(dir)) if dir == chunks.path()));
        drop(first);
        assert!(Locks::take(&paths(data.path())).is_ok());
    }
}
