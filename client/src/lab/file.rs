//! Files of a transfer, read and written beside it: blocks through bounded channels, and their hash.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::LabError;
use super::buffers::Buffers;
use super::hash::Hash;

/// Bytes that are read or written at a time, about: few enough to stay in a core's cache.
const BLOCK: usize = 256 * 1024;
/// Blocks that are read ahead, and goes of packets that wait to be written.
const AHEAD: usize = 4;
const BEHIND: usize = 64;

/// A file that is read in payloads.
#[derive(Debug)]
pub(super) struct Source {
    path: PathBuf,
    block: Bytes,
    blocks: mpsc::Receiver<io::Result<Bytes>>,
    reader: JoinHandle<io::Result<[u8; 32]>>,
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
        let hash = Hash::new(File::open(path).map_err(fail)?);
        let (sender, blocks) = mpsc::channel(AHEAD);
        let reader = tokio::task::spawn_blocking(move || read(file, length, block, &sender, hash));
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

    /// Waits for the next block, and after the last one for the hash of them all, which it gives once. May be dropped before it is there.
    pub(super) async fn more(&mut self) -> Result<Option<[u8; 32]>, LabError> {
        let more = match self.blocks.recv().await {
            Some(block) => block.map(|block| {
                self.left = self.left.saturating_sub(block.len() as u64);
                self.block = block;
                None
            }),
            None => (&mut self.reader).await.map_err(io::Error::other).and_then(|hash| hash.map(Some)),
        };
        more.map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => LabError::Changed(self.path.clone()),
            _ => LabError::Read { path: self.path.clone(), error },
        })
    }
}

fn read(mut file: File, length: u64, block: usize, sender: &mpsc::Sender<io::Result<Bytes>>, mut hash: Hash) -> io::Result<[u8; 32]> {
    let (mut buffers, mut left) = (Buffers::new(block, 2 * AHEAD), length);
    while left > 0 {
        let mut buffer = buffers.take();
        buffer.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        let read = file.read_exact(&mut buffer);
        let bytes = buffers.lend(buffer);
        left -= bytes.len() as u64;
        let is_over = read.is_err();
        // Nobody takes it any more, or there is nothing more to take.
        if sender.blocking_send(read.map(|()| bytes.clone())).is_err() || is_over {
            return Err(io::ErrorKind::Interrupted.into());
        }
        hash.pass(&bytes)?;
    }
    hash.finish(|| !sender.is_closed())
}

/// A file that is written as payloads come. Under another name until all is there: what stood in its place stays until then.
#[derive(Debug)]
pub(super) struct Sink {
    path: PathBuf,
    part: PathBuf,
    /// Goes of payloads; an empty one is the last. Without that nobody wants the file.
    payloads: mpsc::Sender<Vec<Bytes>>,
    writer: JoinHandle<io::Result<[u8; 32]>>,
}

impl Sink {
    pub(super) fn create(path: &Path) -> Result<Self, LabError> {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".part");
        let part = path.with_file_name(name);
        let fail = |error| LabError::Write { path: part.clone(), error };
        let file = File::create(&part).map_err(fail)?;
        let hash = Hash::new(File::open(&part).map_err(fail)?);
        let (payloads, queue) = mpsc::channel(BEHIND);
        let writer = tokio::task::spawn_blocking(move || write(file, queue, hash));
        Ok(Self { path: path.to_owned(), part, payloads, writer })
    }

    /// Hands payloads to the disk; waits while it is far behind. None at all: that was the last of it.
    pub(super) async fn write(&mut self, payloads: Vec<Bytes>) -> Result<(), LabError> {
        // The writer takes all there is, unless it failed.
        if self.payloads.send(payloads).await.is_ok() { Ok(()) } else { self.hash().await.map(|_| ()) }
    }

    /// Waits until all is on the disk, and gives its hash; once. May be dropped before that.
    pub(super) async fn hash(&mut self) -> Result<[u8; 32], LabError> {
        let written = (&mut self.writer).await.map_err(io::Error::other).and_then(|written| written);
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

fn write(mut file: File, mut queue: mpsc::Receiver<Vec<Bytes>>, mut hash: Hash) -> io::Result<[u8; 32]> {
    let mut block = Vec::with_capacity(BLOCK);
    loop {
        let payloads = queue.blocking_recv().ok_or(io::ErrorKind::Interrupted)?;
        let is_all = payloads.is_empty();
        payloads.iter().for_each(|payload| block.extend_from_slice(payload));
        if block.len() >= BLOCK || is_all {
            file.write_all(&block)?;
            hash.pass(&block)?;
            block.clear();
        }
        if is_all {
            file.flush()?;
            return hash.finish(|| !queue.is_closed());
        }
    }
}
