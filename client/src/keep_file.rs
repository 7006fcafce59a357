//! The Matroska file that a viewer writes what it watches into: made, finished, or taken away when there is nothing in it.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use lectern_proto::matroska;

use crate::system::SystemError;

/// Why a file was not written to its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeepError {
    #[error("the recording {} cannot be written ({why}). Choose a folder that you may write to, with enough space.", .path.display())]
    File { path: PathBuf, why: SystemError },
    #[error("nothing came before the end, so there is no recording. Watch for longer.")]
    Empty,
}

/// A file that is being written.
#[derive(Debug)]
pub(crate) struct KeepFile {
    path: PathBuf,
    file: File,
}

impl KeepFile {
    /// A new file in the place of what is there.
    ///
    /// # Errors
    /// [`KeepError::File`] when it cannot be made.
    pub(crate) fn create(path: &Path) -> Result<Self, KeepError> {
        let made = File::options().read(true).write(true).create(true).truncate(true).open(path);
        let file = made.map_err(|why| KeepError::File { path: path.to_owned(), why: why.into() })?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Lets `write` append all there is, then completes the file. What is no recording is not left behind.
    pub(crate) fn fill(mut self, write: impl FnOnce(&mut File) -> io::Result<()>) -> Result<(), KeepError> {
        let outcome = match write(&mut self.file).and_then(|()| finish(&mut self.file)) {
            Ok(true) => Ok(()),
            Ok(false) => Err(KeepError::Empty),
            Err(why) => Err(KeepError::File { path: self.path.clone(), why: why.into() }),
        };
        if outcome.is_err() {
            let _ = std::fs::remove_file(&self.path);
        }
        outcome
    }
}

/// Writes the duration; says whether there is a whole cluster.
fn finish(file: &mut File) -> io::Result<bool> {
    let length = file.metadata()?.len();
    let mut failed = None;
    let whole = matroska::whole(length, |at, count| {
        let mut bytes = vec![0; count];
        let read = file.seek(SeekFrom::Start(at)).and_then(|_| file.read_exact(&mut bytes));
        read.map(|()| bytes).map_err(|e| failed = Some(e)).ok()
    });
    if let Some(error) = failed {
        return Err(error);
    }
    let Some((end, (at, duration))) = whole else { return Ok(false) };
    file.set_len(end)?;
    file.seek(SeekFrom::Start(at))?;
    file.write_all(&duration)?;
    file.sync_data()?;
    Ok(true)
}
