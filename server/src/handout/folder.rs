//! The folder of installation files: which are there, and their hashes, computed once for each state of a file.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use lectern_proto::handout::{HandOutFile, viewer_of};
use lectern_proto::limits::{HANDOUT_FILE_MAX, HANDOUT_FILES_MAX};
use sha2::{Digest, Sha256};

/// What a file must still be for its hash to be good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct State {
    bytes: u64,
    changed: Option<SystemTime>,
}

/// A folder and what is known of its files.
pub(super) struct Folder {
    dir: PathBuf,
    known: HashMap<String, (State, [u8; 32])>,
}

impl Folder {
    pub(super) fn new(dir: PathBuf) -> Self {
        Self { dir, known: HashMap::new() }
    }

    /// Where a file lies whose name [`Self::look`] gave.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// The viewers in the folder, by name. Links and files that cannot be read are left out; a folder that is missing is empty.
    pub(super) fn look(&mut self) -> Vec<HandOutFile> {
        let mut found: Vec<(String, State)> = fs::read_dir(&self.dir).into_iter().flatten().flatten().filter_map(|e| viewer(&e)).collect();
        found.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        found.truncate(HANDOUT_FILES_MAX);
        let before = std::mem::take(&mut self.known);
        let mut files = Vec::new();
        for (name, state) in found {
            let hash = before.get(&name).filter(|(s, _)| *s == state).map(|(_, hash)| *hash);
            let Some(sha256) = hash.or_else(|| hash_of(&self.dir.join(&name), state.bytes).ok()) else { continue };
            let Some((version, platform)) = viewer_of(&name).map(|(v, p)| (v.to_owned(), p)) else { continue };
            self.known.insert(name.clone(), (state, sha256));
            files.push(HandOutFile { name, bytes: state.bytes, sha256, version, platform });
        }
        files
    }
}

fn viewer(entry: &fs::DirEntry) -> Option<(String, State)> {
    let name = entry.file_name().into_string().ok()?;
    viewer_of(&name)?;
    // Of the entry itself: what a link points to is not handed out.
    let metadata = entry.metadata().ok().filter(|m| m.is_file() && (1..=HANDOUT_FILE_MAX).contains(&m.len()))?;
    Some((name, State { bytes: metadata.len(), changed: metadata.modified().ok() }))
}

/// The hash of a file of this length; a file that is being written has none.
fn hash_of(path: &Path, bytes: u64) -> io::Result<[u8; 32]> {
    let mut hasher = Sha256::new();
    let mut file = File::open(path)?.take(bytes + 1);
    let mut piece = vec![0; 256 * 1024];
    let mut read = 0u64;
    loop {
        let n = file.read(&mut piece)?;
        if n == 0 {
            break;
        }
        hasher.update(&piece[..n]);
        read += n as u64;
    }
    if read == bytes { Ok(hasher.finalize().into()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_viewers_of_their_own_are_found_and_a_change_is_seen() {
        let dir = tempfile::tempdir().expect("a directory");
        let write = |name: &str, content: &[u8]| fs::write(dir.path().join(name), content).expect("written");
        write("lectern_0.1.0_amd64.deb", b"package");
        write("lectern-0.1.0-linux-x86_64.tar.xz", b"");
        write("notes.txt", b"private");
        fs::create_dir(dir.path().join("lectern-0.1.0-linux-arm.zip")).expect("made");
        #[cfg(unix)]
        std::os::unix::fs::symlink(dir.path().join("notes.txt"), dir.path().join("lectern-0.1.0-macos-aarch64.zip")).expect("linked");
        let mut folder = Folder::new(dir.path().to_owned());
        let files = folder.look();
        assert_eq!(files.iter().map(|f| f.name.as_str()).collect::<Vec<_>>(), ["lectern_0.1.0_amd64.deb"]);
        assert_eq!(files[0].sha256, <[u8; 32]>::from(Sha256::digest(b"package")));
        write("lectern_0.1.0_amd64.deb", b"another package");
        assert_eq!(folder.look()[0].sha256, <[u8; 32]>::from(Sha256::digest(b"another package")));
        fs::remove_file(dir.path().join("lectern_0.1.0_amd64.deb")).expect("removed");
        assert!(folder.look().is_empty() && folder.known.is_empty());
        assert!(Folder::new("/nonexistent".into()).look().is_empty());
    }
}
