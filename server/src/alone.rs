//! One file for the program that started this server: `lectern-server serve-file`, which `lectern play` starts.
//!
//! The same server as every other, on free ports of loopback, without discovery, with a password and an instructor key that only
//! the announcement tells, and with a folder of its own that goes with it. The file stays where it is: nothing is copied or
//! linked. What a server that was killed left behind is swept away by the next.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::config::{Config, Problem, Sources};
use crate::{lock, platform};

/// Names of the folders begin so.
const PREFIX: &str = "playing-";
/// A folder that is younger may belong to a server that has not locked it yet.
const SWEEP_AFTER: Duration = Duration::from_secs(60);
/// Folders that one start looks at.
const SWEEP_MOST: usize = 64;
/// One viewer, in front of this machine, who waits while it is prepared: fewer rungs than for a class. The upper one is as large as most
/// files, because what is no larger than that is copied where it can be, and is there at once.
const CONFIG: &str = "\
[server]
bind = 127.0.0.1
control_port = 0
video_port = 0
audio_port = 0
discovery = off

[resolutions]
360p = 640x360 900k
1080p = 1920x1080 6000k

[limits]
people = 1
";

/// Why a file is not served.
#[derive(Debug, thiserror::Error)]
pub enum AloneError {
    #[error("{} cannot be read ({error}); check how it is written and whether this user may read it", .file.display())]
    File { file: PathBuf, error: io::Error },
    #[error("{} is no file; name a video or a recording", .0.display())]
    NoFile(PathBuf),
    #[error("no folder can be made in {} ({error}); name another with --below, on a disk with space", .below.display())]
    Folder { below: PathBuf, error: io::Error },
    /// Exit code 2, one line each.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Config(Vec<Problem>),
}

/// A folder of its own and the configuration in it. Dropped, the folder is deleted: let the server end first.
#[derive(Debug)]
pub struct Alone {
    pub config: Config,
    _folder: tempfile::TempDir,
}

impl Alone {
    /// Makes the folder below `below`, which is made too, or in the system's place for such.
    ///
    /// # Errors
    /// [`AloneError`].
    pub fn prepare(file: &Path, below: Option<&Path>) -> Result<Self, AloneError> {
        let unreadable = |error| AloneError::File { file: file.to_owned(), error };
        let place = std::path::absolute(file).map_err(unreadable)?;
        if !std::fs::metadata(&place).map_err(unreadable)?.is_file() {
            return Err(AloneError::NoFile(file.to_owned()));
        }
        std::fs::File::open(&place).map_err(unreadable)?;
        let (Some(folder), Some(name)) = (place.parent(), place.file_name()) else { return Err(AloneError::NoFile(file.to_owned())) };
        let below = below.map_or_else(std::env::temp_dir, Path::to_owned);
        let own = make(&below).map_err(|error| AloneError::Folder { below: below.clone(), error })?;
        sweep(&below, SystemTime::now());
        let sources = Sources { file: own.path().join("config.ini"), set: Vec::new(), data_dir: None };
        let mut config = Config::parse(&sources, CONFIG.as_bytes()).map_err(AloneError::Config)?;
        config.paths.videos = folder.to_owned();
        config.alone = Some(name.to_owned());
        Ok(Self { config, _folder: own })
    }
}

fn make(below: &Path) -> io::Result<tempfile::TempDir> {
    std::fs::create_dir_all(below)?;
    let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(below)?;
    platform::make_private(folder.path())?;
    Ok(folder)
}

/// Deletes folders whose server is gone. What cannot be deleted is left to the next.
fn sweep(below: &Path, now: SystemTime) {
    let Ok(entries) = std::fs::read_dir(below) else { return };
    let ours = entries.flatten().filter(|e| e.file_name().to_str().is_some_and(|n| n.starts_with(PREFIX)));
    for entry in ours.take(SWEEP_MOST) {
        let is_folder = entry.file_type().is_ok_and(|t| t.is_dir());
        let age = entry.metadata().and_then(|m| m.modified()).ok().and_then(|m| now.duration_since(m).ok());
        if is_folder && age.is_some_and(|age| age >= SWEEP_AFTER) && !lock::is_held(&entry.path().join("data")) {
            tracing::info!(folder = %entry.path().display(), "left behind by a server that was killed: deleted");
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_served_from_where_it_is_and_the_folder_goes() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join(" a = b.mp4");
        std::fs::write(&file, b"x").expect("writable");
        let below = dir.path().join("storage/playing");
        let alone = Alone::prepare(&file, Some(&below)).expect("prepared");
        assert_eq!(alone.config.paths.videos.join(alone.config.alone.clone().expect("a name")), file);
        assert!(alone.config.paths.chunks.starts_with(&below) && alone.config.paths.data.starts_with(&below));
        assert!(!alone.config.discovery && alone.config.bind.address().is_loopback());
        assert_eq!([&alone.config.control_port, &alone.config.video_port, &alone.config.audio_port].map(|p| p.number), [0; 3]);
        drop(alone);
        assert_eq!(std::fs::read_dir(&below).expect("there").count(), 0);
        assert_eq!(std::fs::read_dir(dir.path()).expect("there").count(), 2, "nothing beside the file");
    }

    #[test]
    fn what_is_no_readable_file_is_said() {
        let dir = tempfile::tempdir().expect("a directory");
        let check = |path: &Path, part: &str| {
            let said = Alone::prepare(path, Some(dir.path())).expect_err(part).to_string();
            assert!(said.contains(part), "{said}");
        };
        check(&dir.path().join("none.mp4"), "cannot be read");
        check(dir.path(), "is no file");
    }

    #[test]
    fn only_what_nobody_holds_any_more_is_swept_away() {
        let dir = tempfile::tempdir().expect("a directory");
        let [left, held, other] = ["playing-left", "playing-held", "other"].map(|n| dir.path().join(n));
        for folder in [&left, &held, &other] {
            std::fs::create_dir_all(folder.join("data")).expect("made");
            std::fs::create_dir_all(folder.join("chunks")).expect("made");
        }
        let paths = |f: &Path| crate::config::Paths { videos: PathBuf::new(), chunks: f.join("chunks"), data: f.join("data"), dist: PathBuf::new() };
        drop(lock::Locks::take(&paths(&left)).expect("free"));
        let _locks = lock::Locks::take(&paths(&held)).expect("free");
        sweep(dir.path(), SystemTime::now());
        assert!(left.exists(), "it is young");
        sweep(dir.path(), SystemTime::now() + 2 * SWEEP_AFTER);
        assert_eq!([left, held, other].map(|f| f.exists()), [false, true, true]);
    }
}
