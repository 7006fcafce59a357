//! One response frame on its way to a socket: a head of its own, then slices of pieces that all viewers share.

use std::io::{self, IoSlice};

use bytes::{Buf, Bytes};
use lectern_proto::limits::{FRAME_PIECES, LIVE_UNSENT_MAX, WRITE_WAIT};
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::server::TlsStream;

use super::shared::Half;
use crate::net::keep_little_unsent;

/// Where frames go.
pub(super) trait Outgoing: AsyncWrite + Unpin {
    /// From here on live pictures go: what the system holds of them is to be little.
    fn goes_live(&self);
}

impl Outgoing for Half {
    fn goes_live(&self) {
        keep_little_unsent(&self.0, LIVE_UNSENT_MAX);
    }
}

/// Inside TLS the connection is not seen; it keeps what it has.
impl Outgoing for tokio::io::WriteHalf<&mut TlsStream<TcpStream>> {
    fn goes_live(&self) {}
}

/// What of a frame is still to be written.
#[derive(Debug)]
pub(super) struct Frame {
    /// A header or replies.
    head: Bytes,
    pieces: [Bytes; FRAME_PIECES],
    /// When the client counts as one that does not read.
    pub(super) deadline: Instant,
    /// When its turn comes, by the room's budget.
    not_before: Option<Instant>,
}

impl Frame {
    pub(super) fn new(head: Bytes, pieces: [Bytes; FRAME_PIECES]) -> Self {
        Self { head, pieces, deadline: Instant::now() + WRITE_WAIT, not_before: None }
    }

    /// The frame goes at this time.
    pub(super) fn hold_until(&mut self, turn: Instant) {
        self.not_before = Some(turn);
        self.deadline = turn + WRITE_WAIT;
    }

    /// Writes to the end. May be dropped and called again.
    pub(super) async fn write(&mut self, writer: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
        if let Some(turn) = self.not_before {
            tokio::time::sleep_until(turn).await;
            self.not_before = None;
        }
        while self.head.has_remaining() || self.pieces.iter().any(Buf::has_remaining) {
            let mut slices = [IoSlice::new(&[]); FRAME_PIECES + 1];
            for (slice, bytes) in slices.iter_mut().zip([&self.head].into_iter().chain(&self.pieces)) {
                *slice = IoSlice::new(bytes);
            }
            let mut written = writer.write_vectored(&slices).await?;
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            for bytes in [&mut self.head].into_iter().chain(&mut self.pieces) {
                let part = written.min(bytes.len());
                bytes.advance(part);
                written -= part;
            }
        }
        // TLS may hold back what its socket did not take.
        writer.flush().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt;

    #[tokio::test]
    async fn a_frame_that_is_written_in_bits_comes_whole() {
        for room in [1, 3, 64, 10_000] {
            let (mut near, mut far) = tokio::io::duplex(room);
            let mut pieces = [const { Bytes::new() }; FRAME_PIECES];
            pieces[0] = Bytes::from(vec![2; 500]);
            pieces[FRAME_PIECES - 1] = Bytes::from(vec![3; 700]);
            let mut frame = Frame::new(Bytes::from_static(&[1; 16]), pieces);
            let read = tokio::spawn(async move {
                let mut all = Vec::new();
                far.read_to_end(&mut all).await.expect("read");
                all
            });
            frame.write(&mut near).await.expect("written");
            drop(near);
            let all = read.await.expect("read");
            assert!(all == [vec![1; 16], vec![2; 500], vec![3; 700]].concat(), "{room}");
        }
    }
}
