//! The folder of a class's videos: where it is unless a person chose otherwise, and how it is shown.

use std::path::{Path, PathBuf};

/// The name of the folder in that of the system: what lies beside it is a person's own and no class's.
const NAME: &str = "Lectern";

/// `Lectern` in the system's folder of videos, or of documents, or in the person's own.
#[must_use]
pub fn default_videos() -> PathBuf {
    let user = directories::UserDirs::new();
    let above = user.as_ref().map(|u| u.video_dir().or_else(|| u.document_dir()).unwrap_or(u.home_dir()));
    above.map_or_else(|| PathBuf::from(NAME), |above| above.join(NAME))
}

/// Opens a folder in the system's file manager; it is made if it is missing. Does not wait for the file manager.
///
/// # Errors
/// Those of the file system, or that there is no program for it.
pub fn show(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    open::that_detached(folder)
}
