//! Looks at the directory of videos, and at what is in a file. Blocking: runs on threads for that.

use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use lectern_proto::limits::LIBRARY_FILES_MAX;
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use super::name::is_ignored;
use crate::platform::name_bytes;
use crate::store::FileStamp;

/// SHA-256 of a whole file: the name of its directory in `chunks/`.
pub(super) type ContentKey = [u8; 32];

/// A file that was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) name: OsString,
    pub(super) stamp: FileStamp,
    /// Whether it was not written to for [`lectern_proto::limits::FILE_SETTLED`] by the calendar.
    pub(super) is_old: bool,
}

/// The stamp of a file.
pub(super) fn stamp(metadata: &Metadata) -> FileStamp {
    let modified = metadata.modified().unwrap_or(UNIX_EPOCH);
    let ns = |d: std::time::Duration| i64::try_from(d.as_nanos()).unwrap_or(i64::MAX);
    let modified_ns = match modified.duration_since(UNIX_EPOCH) {
        Ok(after) => ns(after),
        Err(before) => -ns(before.duration()),
    };
    FileStamp { size: metadata.len(), modified_ns }
}

/// The videos of a directory by name.
///
/// # Errors
/// When the directory cannot be read; nothing is then known about its files.
pub(super) fn videos(dir: &Path) -> io::Result<Vec<Found>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        if is_ignored(&name) {
            continue;
        }
        found.extend(one(dir, &name));
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    if found.len() > LIBRARY_FILES_MAX {
        tracing::warn!(files = found.len(), most = LIBRARY_FILES_MAX, "too many files in the directory of videos; those last by name are left out");
        found.truncate(LIBRARY_FILES_MAX);
    }
    Ok(found)
}

/// One file of a directory; follows links. What vanished meanwhile, leads nowhere or is no file is not there.
pub(super) fn one(dir: &Path, name: &OsStr) -> Option<Found> {
    let metadata = std::fs::metadata(dir.join(name)).ok().filter(Metadata::is_file)?;
    let age = metadata.modified().ok().and_then(|m| SystemTime::now().duration_since(m).ok());
    let is_old = age.is_some_and(|age| age >= lectern_proto::limits::FILE_SETTLED);
    Some(Found { name: name.to_owned(), stamp: stamp(&metadata), is_old })
}

/// Stands for the content of a file that is not read for it: SHA-256 of its path and stamp.
pub(super) fn mark(path: &Path, stamp: FileStamp) -> ContentKey {
    let mut sha = Sha256::new();
    sha.update(stamp.size.to_be_bytes());
    sha.update(stamp.modified_ns.to_be_bytes());
    sha.update(name_bytes(path.as_os_str()));
    sha.finalize().into()
}

/// What came of hashing a file.
#[derive(Debug)]
pub(super) enum Hashed {
    Content(ContentKey),
    /// It was hashed before, and is what it was.
    Known(ContentKey),
    /// It changed meanwhile, or is gone.
    Changed,
    Unreadable(io::Error),
    Stopped,
}

/// SHA-256 of a file that has this stamp before and after.
pub(super) fn hash(path: &Path, expected: FileStamp, stop: &CancellationToken) -> Hashed {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Hashed::Changed,
        Err(error) => return Hashed::Unreadable(error),
    };
    let unchanged = |file: &File| file.metadata().is_ok_and(|m| m.is_file() && stamp(&m) == expected);
    if !unchanged(&file) {
        return Hashed::Changed;
    }
    let mut sha = Sha256::new();
    let mut buffer = vec![0; 256 * 1024];
    loop {
        if stop.is_cancelled() {
            return Hashed::Stopped;
        }
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => sha.update(&buffer[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Hashed::Unreadable(error),
        }
    }
    if unchanged(&file) { Hashed::Content(sha.finalize().into()) } else { Hashed::Changed }
}

/// A content key as its directory is called.
pub(super) fn hex(key: &ContentKey) -> String {
    key.iter().map(|b| format!("{b:02x}")).collect()
}

/// The contents that have a directory. Whatever is not named like one is not ours.
pub(super) fn prepared(chunks: &Path) -> io::Result<Vec<ContentKey>> {
    let key = |name: &str| name.bytes().all(|b| !b.is_ascii_uppercase()).then(|| name.parse::<lectern_proto::manifest::ChunkHash>().ok()).flatten();
    let entries = std::fs::read_dir(chunks)?.flatten().filter(|e| e.file_type().is_ok_and(|t| t.is_dir()));
    Ok(entries.filter_map(|e| key(e.file_name().to_str()?)).map(|k| k.0).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_that_may_be_videos() {
        let dir = tempfile::tempdir().expect("a directory");
        for name in ["b.mp4", "a \"quoted\" ü.mp4", "-x", "two\nlines.mp4", ".hidden", "c.part"] {
            std::fs::write(dir.path().join(name), b"x").expect("writable");
        }
        std::fs::create_dir(dir.path().join("folder")).expect("made");
        let names: Vec<_> = videos(dir.path()).expect("readable").into_iter().map(|f| f.name).collect();
        assert_eq!(names, ["-x", "a \"quoted\" ü.mp4", "b.mp4", "two\nlines.mp4"]);
        assert!(videos(&dir.path().join("none")).is_err());
    }

    #[test]
    fn one_file_is_looked_at_alone_and_marked_without_being_read() {
        let dir = tempfile::tempdir().expect("a directory");
        for name in [".hidden.mp4", "other.mp4"] {
            std::fs::write(dir.path().join(name), b"abc").expect("writable");
        }
        let found = one(dir.path(), OsStr::new(".hidden.mp4")).expect("there");
        assert_eq!((found.name.to_str(), found.stamp.size), (Some(".hidden.mp4"), 3));
        assert!(one(dir.path(), OsStr::new("none")).is_none());
        std::fs::create_dir(dir.path().join("folder")).expect("made");
        assert!(one(dir.path(), OsStr::new("folder")).is_none());
        let path = dir.path().join("other.mp4");
        let changed = FileStamp { size: 4, ..found.stamp };
        let marks = [mark(&path, found.stamp), mark(&path, changed), mark(&dir.path().join(".hidden.mp4"), found.stamp)];
        assert!(marks[0] != marks[1] && marks[0] != marks[2] && marks[0] == mark(&path, found.stamp));
    }

    #[test]
    fn a_file_that_changed_has_no_hash() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("a");
        std::fs::write(&path, b"abc").expect("writable");
        let now = stamp(&std::fs::metadata(&path).expect("there"));
        let stop = CancellationToken::new();
        assert!(matches!(hash(&path, now, &stop), Hashed::Content(key) if hex(&key).starts_with("ba7816bf8f01cfea")));
        assert!(matches!(hash(&path, FileStamp { size: 4, ..now }, &stop), Hashed::Changed));
        assert!(matches!(hash(&dir.path().join("b"), now, &stop), Hashed::Changed));
        stop.cancel();
        assert!(matches!(hash(&path, now, &stop), Hashed::Stopped));
    }

    #[test]
    fn only_directories_named_like_a_content_are_ours() {
        let dir = tempfile::tempdir().expect("a directory");
        let ours = "ab".repeat(32);
        for name in [ours.as_str(), &"AB".repeat(32), "abc", &"zz".repeat(32)] {
            std::fs::create_dir(dir.path().join(name)).expect("made");
        }
        std::fs::write(dir.path().join("cd".repeat(32)), b"a file").expect("written");
        assert_eq!(prepared(dir.path()).expect("readable"), [[0xab; 32]]);
    }
}
