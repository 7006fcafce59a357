//! How new the keys of accounts were that this computer has seen: a server that gives older ones wants something to be forgotten.

use std::io;
use std::path::{Path, PathBuf};

use lectern_proto::link::Fingerprint;
use serde::{Deserialize, Serialize};

use crate::folders;

/// Accounts that are remembered. Full: the oldest goes.
const ACCOUNTS_MAX: usize = 100;
/// Largest file that is read, in bytes.
const FILE_MAX: u64 = 256 * 1024;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Seen {
    /// The server's certificate.
    server: String,
    account: String,
    version: u64,
}

/// The newest versions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct SeenRings {
    rings: Vec<Seen>,
}

impl SeenRings {
    /// Reads the file; what cannot be read counts as empty, and the log says so.
    pub(super) fn load() -> Self {
        path().map(|path| Self::read(&path)).unwrap_or_default()
    }

    fn read(path: &Path) -> Self {
        let whole = || -> io::Result<Self> {
            if std::fs::metadata(path)?.len() > FILE_MAX {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
            Ok(serde_json::from_slice(&std::fs::read(path)?)?)
        };
        whole().unwrap_or_else(|error| {
            if error.kind() != io::ErrorKind::NotFound {
                tracing::warn!(path = %path.display(), %error, "it is not known how new the accounts' keys were");
            }
            Self::default()
        })
    }

    /// Writes the file.
    ///
    /// # Errors
    /// Those of the file system.
    pub(super) fn store(&self) -> io::Result<()> {
        folders::write_private(&path().ok_or(io::ErrorKind::NotFound)?, &serde_json::to_vec_pretty(self)?)
    }

    /// The newest version of an account that was seen; 0: none.
    pub(super) fn version(&self, server: &Fingerprint, account: &str) -> u64 {
        let server = server.to_string();
        self.rings.iter().find(|r| r.server == server && r.account == account).map_or(0, |r| r.version)
    }

    /// Remembers a version.
    pub(super) fn note(&mut self, server: &Fingerprint, account: &str, version: u64) {
        self.forget(server, account);
        self.rings.push(Seen { server: server.to_string(), account: account.to_owned(), version });
        if self.rings.len() > ACCOUNTS_MAX {
            self.rings.remove(0);
        }
    }

    /// Whatever comes next is the first.
    pub(super) fn forget(&mut self, server: &Fingerprint, account: &str) {
        let server = server.to_string();
        self.rings.retain(|r| r.server != server || r.account != account);
    }
}

fn path() -> Option<PathBuf> {
    crate::ui::storage_folder().map(|folder| folder.join("rings.json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_of_each_account_is_remembered() {
        let (one, two) = (Fingerprint([1; 32]), Fingerprint([2; 32]));
        let mut seen = SeenRings::default();
        seen.note(&one, "Ana", 3);
        seen.note(&two, "Ana", 5);
        seen.note(&one, "Ana", 4);
        assert_eq!((seen.version(&one, "Ana"), seen.version(&two, "Ana"), seen.version(&one, "Ben")), (4, 5, 0));
        seen.forget(&one, "Ana");
        assert_eq!((seen.version(&one, "Ana"), seen.version(&two, "Ana")), (0, 5));
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("rings.json");
        std::fs::write(&path, serde_json::to_vec(&seen).expect("JSON")).expect("writable");
        assert_eq!(SeenRings::read(&path), seen);
        std::fs::write(&path, b"{").expect("writable");
        assert_eq!(SeenRings::read(&path), SeenRings::default());
    }
}
