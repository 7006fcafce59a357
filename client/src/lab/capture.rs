//! The capture of a run, for Wireshark: written beside the run, which never waits for the disk.

use std::fs::File;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lectern_proto::lab::pcapng::{self, Captured};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// So many bytes are handed to the disk at a time, and so many such pieces wait for it at most: what comes then is counted and left out.
const PIECE: usize = 256 * 1024;
const PIECES: usize = 256;

/// A capture that is being written.
#[derive(Debug)]
pub struct Capture {
    piece: Vec<u8>,
    sender: mpsc::Sender<Vec<u8>>,
    writer: JoinHandle<io::Result<()>>,
    left_out: u64,
}

impl Capture {
    /// Begins a capture; a file that is there is replaced.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn create(path: &Path) -> io::Result<Self> {
        let mut file = File::create(path)?;
        let (sender, mut pieces) = mpsc::channel::<Vec<u8>>(PIECES);
        let writer = tokio::task::spawn_blocking(move || {
            while let Some(piece) = pieces.blocking_recv() {
                file.write_all(&piece)?;
            }
            file.flush()
        });
        let piece = pcapng::beginning(concat!("lectern ", env!("CARGO_PKG_VERSION")), "lab");
        Ok(Self { piece, sender, writer, left_out: 0 })
    }

    /// Notes a datagram that goes or came now.
    pub fn note(&mut self, from: SocketAddr, to: SocketAddr, payload: &[u8], comment: Option<&str>) {
        let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let time_us = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        if self.piece.len() >= PIECE {
            match self.sender.try_send(std::mem::take(&mut self.piece)) {
                Ok(()) => {}
                Err(mpsc::error::TrySendError::Full(piece)) => {
                    self.piece = piece;
                    self.left_out += 1;
                    return;
                }
                // What the writer ran into is told at the end.
                Err(mpsc::error::TrySendError::Closed(_)) => {}
            }
        }
        pcapng::append(&mut self.piece, &Captured { time_us, from, to, payload, comment });
    }

    /// Writes the rest. Gives how many datagrams were left out because the disk was too slow.
    ///
    /// # Errors
    /// When the disk took not all of it.
    pub async fn finish(self) -> io::Result<u64> {
        // A writer that has ended says why below.
        let _ = self.sender.send(self.piece).await;
        drop(self.sender);
        self.writer.await.map_err(io::Error::other)??;
        Ok(self.left_out)
    }
}
