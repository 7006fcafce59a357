//! Where the client keeps files of its own, as each system has it. Makes nothing and looks at nothing: who keeps something
//! there makes the folder.

use std::path::PathBuf;

/// What is kept for a person; none where the system has no such place.
#[must_use]
pub fn data() -> Option<PathBuf> {
    directories::BaseDirs::new().map(|dirs| dirs.data_dir().join("lectern"))
}

/// What can be made or fetched again, by what it is. On a disk, which the system's place for temporary files need not be.
pub(crate) fn cache(what: &str) -> Option<PathBuf> {
    directories::BaseDirs::new().map(|dirs| dirs.cache_dir().join("lectern").join(what))
}
