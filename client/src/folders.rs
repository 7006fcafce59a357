//! Where the client keeps files of its own, as each system has it. Where they are is only named; the folder is made by who
//! keeps something there.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

/// What is kept for a person; none where the system has no such place.
#[must_use]
pub fn data() -> Option<PathBuf> {
    directories::BaseDirs::new().map(|dirs| dirs.data_dir().join("lectern"))
}

/// What can be made or fetched again, by what it is. On a disk, which the system's place for temporary files need not be.
pub(crate) fn cache(what: &str) -> Option<PathBuf> {
    directories::BaseDirs::new().map(|dirs| dirs.cache_dir().join("lectern").join(what))
}

/// Replaces a file by these bytes in one step, readable by its owner alone; makes its folder.
///
/// # Errors
/// Those of the file system.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    // Whole or not at all: another program may write at the same time.
    let fresh = path.with_extension(format!("new-{}", std::process::id()));
    // What a killed process of the same number may have left may have other rights.
    let _ = std::fs::remove_file(&fresh);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&fresh)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&fresh, path)
}

/// Reads a file of [`write_private`] that is not longer than so many bytes. What is not there, and what cannot be read, counts as
/// empty; the log then says what cannot be read and what follows from that.
pub(crate) fn read_private<T: DeserializeOwned + Default>(path: &Path, longest: u64, what_follows: &str) -> T {
    let whole = || -> io::Result<T> {
        if std::fs::metadata(path)?.len() > longest {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(serde_json::from_slice(&std::fs::read(path)?)?)
    };
    whole().unwrap_or_else(|error| {
        if error.kind() != io::ErrorKind::NotFound {
            tracing::warn!(path = %path.display(), %error, "{what_follows}");
        }
        T::default()
    })
}
