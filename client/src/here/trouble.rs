//! Why no server starts here, for people.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::system::SystemError;

/// Why a server of one's own does not run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HereError {
    #[error(
        "This Lectern has no server beside it, and files and classes of your own need one: lectern-server was found neither beside this program nor in the search path. Install the package lectern-server, or name the program in LECTERN_SERVER. Joining a class works without it."
    )]
    NoServer,
    #[error(
        "The program lectern-media, which reads videos, was found neither beside lectern-server nor in the search path. Install Lectern's server whole, or name the program in LECTERN_MEDIA."
    )]
    NoWorker,
    #[error("{} cannot be played: {why}", .path.display())]
    File { path: PathBuf, why: FileTrouble },
    #[error("The folder {} cannot be made or read ({why}). Choose another one for your videos in the settings.", .path.display())]
    Folder { path: PathBuf, why: SystemError },
    #[error("A class that was started on this computer runs already, in another window of Lectern. Go on there, or close that window first.")]
    Running,
    #[error("This system has no folder for what programs keep, so a class cannot be kept. Set HOME and start again.")]
    NoStorage,
    #[error("The server did not become ready within {0} seconds. Close other programs and try again.")]
    Slow(u64),
    #[error("The server cannot be started ({0}). Close other programs, or install Lectern's server again.")]
    Unstartable(SystemError),
    /// What the server said last.
    #[error("The server ended. It said: {0}")]
    Failed(String),
    /// Without a word, with this exit code.
    #[error("The server ended without a word (exit code {0}). Start it again; if it stays so, install Lectern's server again.")]
    Ended(i32),
}

/// Why a file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileTrouble {
    #[error("there is no such file. Check how it is written, and whether its disk is connected.")]
    Missing,
    #[error("it is a folder. Choose one file in it.")]
    Folder,
    #[error("it is no ordinary file. Choose a video or a recording.")]
    NoFile,
    #[error("you may not read it. Change its permissions, or copy it to a place of your own.")]
    Forbidden,
    #[error("it cannot be read ({0}). Check the disk.")]
    Unreadable(SystemError),
}

/// Looks whether a file is one that can be read.
pub(super) fn look_at(path: &Path) -> Result<(), FileTrouble> {
    let explain = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => FileTrouble::Missing,
        ErrorKind::PermissionDenied => FileTrouble::Forbidden,
        _ => FileTrouble::Unreadable(error.into()),
    };
    // What is no file is not opened: a pipe would wait for its other end.
    let about = std::fs::metadata(path).map_err(explain)?;
    if about.is_dir() {
        return Err(FileTrouble::Folder);
    }
    if !about.is_file() {
        return Err(FileTrouble::NoFile);
    }
    std::fs::File::open(path).map(drop).map_err(explain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_readable_file_is_said() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("a");
        std::fs::write(&file, b"x").expect("writable");
        assert_eq!(look_at(&file), Ok(()));
        assert_eq!(look_at(dir.path()), Err(FileTrouble::Folder));
        assert_eq!(look_at(&dir.path().join("b")), Err(FileTrouble::Missing));
        #[cfg(unix)]
        assert_eq!(look_at(Path::new("/dev/null")), Err(FileTrouble::NoFile));
    }
}
