//! Files of a transfer, read and written beside it: blocks through bounded channels, hashed on the way.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::LabError;

/// Bytes that are read at a time, about.
const BLOCK: usize = 1024 * 1024;
/// Blocks that are read ahead, and goes of packets that wait to be written.
const AHEAD: usize = 4;
const BEHIND: usize = 256;

/// A file that is read in payloads.
#[derive(Debug)]
pub(super) struct Source {
    path: PathBuf,
    block: Bytes,
    blocks: mpsc::Receiver<io::Result<Bytes>>,
    reader: JoinHandle<[u8; 32]>,
    /// Blocks that were not given yet.
    left: u64,
}

impl Source {
    /// Opens a file to be read in payloads of so many bytes; gives its length, too.
    pub(super) fn open(path: &Path, payload: usize) -> Result<(Self, u64), LabError> {
        let fail = |error| LabError::Read { path: path.to_owned(), error };
        let file = File::open(path).map_err(fail)?;
        let meta = file.metadata().map_err(fail)?;
        if !meta.is_file() {
            return Err(fail(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file")));
        }
        let length = meta.len();
        // No payload lies across two blocks.
        let block = payload.max(1) * (BLOCK / payload.max(1)).max(1);
        let (sender, blocks) = mpsc::channel(AHEAD);
        let reader = tokio::task::spawn_blocking(move || read(file, length, block, &sender));
        Ok((Self { path: path.to_owned(), block: Bytes::new(), blocks, reader, left: length }, length))
    }

    /// The next payload if it was read already; none: wait with [`Self::more`].
    pub(super) fn next(&mut self, length: usize) -> Option<Bytes> {
        let length = length.min(self.block.len());
        (length > 0).then(|| self.block.split_to(length))
    }

    /// Whether a block is still to come.
    pub(super) fn has_more(&self) -> bool {
        self.left > 0
    }

    /// Waits for the next block. May be dropped before it is there.
    pub(super) async fn more(&mut self) -> Result<(), LabError> {
        match self.blocks.recv().await {
            Some(Ok(block)) => {
                self.left = self.left.saturating_sub(block.len() as u64);
                self.block = block;
                Ok(())
            }
            Some(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => Err(LabError::Changed(self.path.clone())),
            Some(Err(error)) => Err(LabError::Read { path: self.path.clone(), error }),
            None => Err(LabError::Changed(self.path.clone())),
        }
    }

    /// The hash of all that was read; call it once, when nothing more is to come.
    pub(super) async fn hash(&mut self) -> Result<[u8; 32], LabError> {
        (&mut self.reader).await.map_err(|error| LabError::Read { path: self.path.clone(), error: io::Error::other(error) })
    }
}

fn read(mut file: File, length: u64, block: usize, sender: &mpsc::Sender<io::Result<Bytes>>) -> [u8; 32] {
    let (mut hasher, mut left) = (Sha256::new(), length);
    while left > 0 {
        let mut bytes = vec![0; usize::try_from(left).unwrap_or(usize::MAX).min(block)];
        let read = file.read_exact(&mut bytes);
        let is_over = read.is_err();
        hasher.update(&bytes);
        left -= bytes.len() as u64;
        // Nobody takes it any more, or there is nothing more to take.
        if sender.blocking_send(read.map(|()| bytes.into())).is_err() || is_over {
            break;
        }
    }
    hasher.finalize().into()
}

/// A file that is written as payloads come. Under another name until all is there: what stood in its place stays until then.
#[derive(Debug)]
pub(super) struct Sink {
    path: PathBuf,
    part: PathBuf,
    payloads: Option<mpsc::Sender<Vec<Bytes>>>,
    writer: Option<JoinHandle<io::Result<[u8; 32]>>>,
}

impl Sink {
    pub(super) fn create(path: &Path) -> Result<Self, LabError> {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".part");
        let part = path.with_file_name(name);
        let file = File::create(&part).map_err(|error| LabError::Write { path: part.clone(), error })?;
        let (payloads, queue) = mpsc::channel(BEHIND);
        let writer = tokio::task::spawn_blocking(move || write(file, queue));
        Ok(Self { path: path.to_owned(), part, payloads: Some(payloads), writer: Some(writer) })
    }

    /// Hands payloads to the disk; waits while it is far behind.
    pub(super) async fn write(&mut self, payloads: Vec<Bytes>) -> Result<(), LabError> {
        let is_taken = match &self.payloads {
            Some(sender) => sender.send(payloads).await.is_ok(),
            None => false,
        };
        if is_taken { Ok(()) } else { self.hash().await.map(|_| ()) }
    }

    /// Waits until all is on the disk, and gives its hash; once.
    pub(super) async fn hash(&mut self) -> Result<[u8; 32], LabError> {
        self.payloads = None;
        let written = match self.writer.take() {
            Some(writer) => writer.await.map_err(io::Error::other).and_then(|written| written),
            None => Err(io::Error::other("it was closed before")),
        };
        written.map_err(|error| LabError::Write { path: self.part.clone(), error })
    }

    /// Gives it its name.
    pub(super) fn keep(&self) -> Result<(), LabError> {
        std::fs::rename(&self.part, &self.path).map_err(|error| LabError::Write { path: self.path.clone(), error })
    }

    /// Where it lies until it is kept.
    pub(super) fn part(&self) -> &Path {
        &self.part
    }

    /// Nothing of it is wanted.
    pub(super) fn discard(&self) {
        // It is called a part, so whoever finds it knows what it is.
        let _ = std::fs::remove_file(&self.part);
    }
}

fn write(mut file: File, mut queue: mpsc::Receiver<Vec<Bytes>>) -> io::Result<[u8; 32]> {
    let (mut hasher, mut block) = (Sha256::new(), Vec::with_capacity(BLOCK));
    while let Some(payloads) = queue.blocking_recv() {
        payloads.iter().for_each(|payload| block.extend_from_slice(payload));
        if block.len() >= BLOCK {
            hasher.update(&block);
            file.write_all(&block)?;
            block.clear();
        }
    }
    hasher.update(&block);
    file.write_all(&block)?;
    file.flush()?;
    Ok(hasher.finalize().into())
}
