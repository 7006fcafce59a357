//! Files of private chat on this machine's disk: read to be offered, written when they came.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lectern_proto::chat::content::MessageId;
use lectern_proto::control::PersonId;

use super::{Chat, ChatError, ChatState, FileState, Item, WriteError};

/// Where files that were fetched are written: the system's folder of downloads, or the person's own.
#[must_use]
pub fn downloads() -> Option<PathBuf> {
    let user = directories::UserDirs::new()?;
    Some(user.download_dir().unwrap_or_else(|| user.home_dir()).to_owned())
}

/// Reads a file of at most `max` bytes, which is to be offered; gives its name too.
///
/// # Errors
/// [`ChatError`].
pub async fn load(path: &Path, max: u64) -> Result<(String, Arc<[u8]>), ChatError> {
    let failed = |error: io::Error| ChatError::File { path: path.to_owned(), why: error.to_string() };
    let about = tokio::fs::metadata(path).await.map_err(failed)?;
    if !about.is_file() {
        return Err(failed(io::Error::other("it is no file")));
    }
    if about.len() > max {
        return Err(WriteError::TooLarge { size: about.len(), max }.into());
    }
    let bytes = tokio::fs::read(path).await.map_err(failed)?;
    let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    Ok((name, bytes.into()))
}

/// Writes a file into a folder, which is made if it is missing; never over one that is there.
///
/// # Errors
/// [`ChatError::File`].
pub async fn save(folder: PathBuf, name: String, bytes: Arc<[u8]>) -> Result<PathBuf, ChatError> {
    let at = folder.join(&name);
    let written = tokio::task::spawn_blocking(move || write(&folder, &name, &bytes)).await;
    written.unwrap_or_else(|_| Err(io::Error::other("the program is ending"))).map_err(|error| ChatError::File { path: at, why: error.to_string() })
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<PathBuf> {
    std::fs::create_dir_all(folder)?;
    let (stem, ending) = name.rfind('.').filter(|at| *at > 0).map_or((name, ""), |at| name.split_at(at));
    for n in 1..10_000u32 {
        let path = folder.join(if n == 1 { name.to_owned() } else { format!("{stem} ({n}){ending}") });
        match std::fs::OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(mut file) => return file.write_all(bytes).map(|()| path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

impl ChatState {
    /// A message of a conversation.
    #[must_use]
    pub fn item(&self, of: PersonId, id: MessageId) -> Option<&Item> {
        self.conversations.get(&of)?.items.iter().rev().find(|i| i.id == id)
    }
}

impl Chat {
    /// Offers a file of this machine to somebody, of at most `max` bytes.
    ///
    /// # Errors
    /// [`ChatError`]; nothing was sent then.
    pub async fn attach_file(&self, to: PersonId, path: &Path, max: u64) -> Result<MessageId, ChatError> {
        let (name, bytes) = load(path, max).await?;
        self.attach(to, name, bytes).await
    }

    /// Fetches a file and writes it into a folder.
    ///
    /// # Errors
    /// [`ChatError`].
    pub async fn download(&self, of: PersonId, id: MessageId, folder: PathBuf) -> Result<PathBuf, ChatError> {
        self.fetch(of, id).await?;
        let state = |s: &ChatState| s.item(of, id).and_then(|i| i.file.as_ref()).map(|f| f.state.clone());
        let shown = self.wait_for(|s| !matches!(state(s), Some(FileState::Coming { .. }))).await?;
        let Some((name, FileState::Here(bytes))) = shown.item(of, id).and_then(|i| i.file.as_ref()).map(|f| (f.info.name.clone(), f.state.clone())) else {
            return Err(ChatError::NotFetched);
        };
        let path = save(folder, name, bytes).await?;
        self.saved(id, path.clone());
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_not_written_over() {
        let dir = tempfile::tempdir().expect("a directory");
        let folder = dir.path().join("new");
        let paths: Vec<_> = (0..3).map(|i| write(&folder, "notes.txt", &[i]).expect("written")).collect();
        assert_eq!(paths, ["notes.txt", "notes (2).txt", "notes (3).txt"].map(|name| folder.join(name)));
        assert_eq!(std::fs::read(&paths[0]).expect("there"), [0]);
        assert_eq!(write(&folder, ".x", b"").expect("written"), folder.join(".x"));
    }
}
