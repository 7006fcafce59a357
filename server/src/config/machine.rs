//! What the configuration asks of this machine: directories that exist, or can be made, and can be written.

use std::io;
use std::path::Path;

use super::{Config, Problem};

/// Makes what is missing and tries to write.
pub(super) fn make_directories(config: &Config) -> Result<(), Vec<Problem>> {
    each(config, |dir, writable| {
        std::fs::create_dir_all(dir)?;
        if writable { try_to_write(dir) } else { std::fs::read_dir(dir).map(drop) }
    })
}

/// Tries what is there; what is missing must have a parent that can be written.
pub(super) fn check_directories(config: &Config) -> Result<(), Vec<Problem>> {
    each(config, |dir, writable| {
        let there = dir.ancestors().find(|d| d.exists()).unwrap_or(Path::new("."));
        if writable || there != dir { try_to_write(there) } else { std::fs::read_dir(dir).map(drop) }
    })
}

fn each(config: &Config, test: impl Fn(&Path, bool) -> io::Result<()>) -> Result<(), Vec<Problem>> {
    // Videos are only read.
    let wanted = [("videos", &config.paths.videos, false), ("chunks", &config.paths.chunks, true), ("data", &config.paths.data, true)];
    let problem = |key: &str, dir: &Path, writable: bool, error: &io::Error| Problem {
        place: config.place_of("paths", key),
        section: Some("paths".into()),
        key: Some(key.into()),
        what: format!("the directory {} cannot be {} ({error})", dir.display(), if writable { "written" } else { "read" }),
        allowed: format!("a directory that this user can {} is allowed", if writable { "write" } else { "read" }),
    };
    let mut problems: Vec<_> =
        wanted.into_iter().filter_map(|(key, dir, writable)| test(dir, writable).err().map(|e| problem(key, dir, writable, &e))).collect();
    // Nothing is handed out from a directory that is not there.
    let dist = &config.paths.dist;
    let unreadable = std::fs::read_dir(dist).err().filter(|e| e.kind() != io::ErrorKind::NotFound);
    problems.extend(unreadable.map(|e| problem("dist", dist, false, &e)));
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

fn try_to_write(dir: &Path) -> io::Result<()> {
    if !dir.is_dir() {
        return Err(io::Error::new(io::ErrorKind::NotADirectory, "it is not a directory"));
    }
    let probe = dir.join(format!(".lectern-write-test-{}", std::process::id()));
    std::fs::write(&probe, b"x")?;
    std::fs::remove_file(&probe)
}
