//! Hands the viewer to clients that do not fit this server: what lies in `[paths] dist`, before any login.
//!
//! Flow: `control::session` gives a connection that asked for it; [`HandOut::serve`] answers and ends. Files are found by a
//! scan and asked for by their hash: no name of a stranger reaches the file system. Bytes go slowly enough that the lesson
//! does not notice: all together share one rate, a few at a time.

mod folder;

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lectern_proto::framing::frame;
use lectern_proto::handout::{Ask, HandOutFile, HandOutRefusal, HandOutReply};
use lectern_proto::limits::{HANDOUT_AT_ONCE, HANDOUT_BYTES_PER_S, HANDOUT_PIECE, HANDOUT_RESCAN, HANDOUT_RETRY, WRITE_WAIT};
use lectern_proto::wire;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep_until, timeout};

use folder::Folder;

/// The files and who gets them.
pub(crate) struct HandOut {
    /// One look at a time; hashing goes on a blocking thread.
    folder: Arc<tokio::sync::Mutex<Looked>>,
    at_once: Semaphore,
    /// When the next piece may go.
    free_at: Mutex<Instant>,
}

struct Looked {
    folder: Arc<Mutex<Folder>>,
    at: Option<Instant>,
    files: Vec<HandOutFile>,
}

impl HandOut {
    pub(crate) fn new(dir: PathBuf) -> Self {
        let looked = Looked { folder: Arc::new(Mutex::new(Folder::new(dir))), at: None, files: Vec::new() };
        Self { folder: Arc::new(tokio::sync::Mutex::new(looked)), at_once: Semaphore::new(HANDOUT_AT_ONCE), free_at: Mutex::new(Instant::now()) }
    }

    /// Answers one request and ends the stream.
    ///
    /// # Errors
    /// When the client does not take it, or the file cannot be read any more.
    pub(crate) async fn serve<S: AsyncWrite + Unpin>(&self, stream: &mut S, ask: Ask) -> io::Result<()> {
        match ask {
            Ask::List => reply(stream, &HandOutReply::Files(self.files().await)).await?,
            Ask::Get { sha256 } => self.give(stream, sha256).await?,
        }
        timeout(WRITE_WAIT, stream.shutdown()).await?
    }

    /// What there is, not older than [`HANDOUT_RESCAN`].
    async fn files(&self) -> Vec<HandOutFile> {
        let mut looked = self.folder.lock().await;
        if looked.at.is_none_or(|at| at.elapsed() >= HANDOUT_RESCAN) {
            let folder = Arc::clone(&looked.folder);
            let look = move || folder.lock().unwrap_or_else(PoisonError::into_inner).look();
            looked.files = tokio::task::spawn_blocking(look).await.unwrap_or_default();
            looked.at = Some(Instant::now());
        }
        looked.files.clone()
    }

    async fn give<S: AsyncWrite + Unpin>(&self, stream: &mut S, sha256: [u8; 32]) -> io::Result<()> {
        let Ok(_permit) = self.at_once.try_acquire() else {
            let retry_after_ms = u32::try_from(HANDOUT_RETRY.as_millis()).unwrap_or(u32::MAX);
            return reply(stream, &HandOutReply::Refused(HandOutRefusal::Busy { retry_after_ms })).await;
        };
        let Some((file, bytes)) = self.open(sha256).await else {
            return reply(stream, &HandOutReply::Refused(HandOutRefusal::NotFound)).await;
        };
        reply(stream, &HandOutReply::Begins { bytes }).await?;
        self.send(stream, file, bytes).await
    }

    /// The file of this hash and its length, if it is still the one that was looked at.
    async fn open(&self, sha256: [u8; 32]) -> Option<(File, u64)> {
        let found = self.files().await.into_iter().find(|f| f.sha256 == sha256)?;
        let path = self.folder.lock().await.folder.lock().unwrap_or_else(PoisonError::into_inner).path(&found.name);
        let file = File::open(path).await.ok()?;
        let same = file.metadata().await.is_ok_and(|m| m.is_file() && m.len() == found.bytes);
        same.then_some((file, found.bytes))
    }

    async fn send<S: AsyncWrite + Unpin>(&self, stream: &mut S, mut file: File, bytes: u64) -> io::Result<()> {
        let mut piece = vec![0; HANDOUT_PIECE];
        let mut left = bytes;
        while left > 0 {
            let want = usize::try_from(left).unwrap_or(usize::MAX).min(HANDOUT_PIECE);
            file.read_exact(&mut piece[..want]).await?;
            sleep_until(self.turn(want)).await;
            timeout(WRITE_WAIT, stream.write_all(&piece[..want])).await??;
            left -= want as u64;
        }
        timeout(WRITE_WAIT, stream.flush()).await?
    }

    /// When a piece of this length may go; the time that it takes is given away with it.
    fn turn(&self, bytes: usize) -> Instant {
        let takes = Duration::from_nanos((bytes as u64).saturating_mul(1_000_000_000) / HANDOUT_BYTES_PER_S);
        let mut free_at = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = (*free_at).max(Instant::now());
        *free_at = turn + takes;
        turn
    }
}

async fn reply<S: AsyncWrite + Unpin>(stream: &mut S, reply: &HandOutReply) -> io::Result<()> {
    let all = async {
        stream.write_all(&frame(&wire::encode(reply))).await?;
        stream.flush().await
    };
    timeout(WRITE_WAIT, all).await?
}

#[cfg(test)]
mod tests {
    use super::*;
    use lectern_proto::framing::FrameReader;
    use lectern_proto::limits::HANDOUT_REPLY_MAX;

    async fn ask(handout: &HandOut, ask: Ask) -> (HandOutReply, Vec<u8>) {
        let (mut near, mut far) = tokio::io::duplex(1 << 24);
        handout.serve(&mut near, ask).await.expect("served");
        drop(near);
        let mut all = Vec::new();
        far.read_to_end(&mut all).await.expect("read");
        let mut reader = FrameReader::default();
        reader.push(&all);
        let body = reader.next_frame(HANDOUT_REPLY_MAX).expect("short").expect("whole");
        (HandOutReply::read(&body).expect("a reply"), all[4 + body.len()..].to_vec())
    }

    #[tokio::test]
    async fn what_lies_there_is_listed_and_given_by_its_hash() {
        let dir = tempfile::tempdir().expect("a directory");
        let content: Vec<u8> = (0..200_000u32).map(|i| (i % 251) as u8).collect();
        std::fs::write(dir.path().join("lectern-0.2.0-linux-x86_64.tar.xz"), &content).expect("written");
        std::fs::write(dir.path().join("secret.txt"), b"no viewer").expect("written");
        let handout = HandOut::new(dir.path().to_owned());
        let (HandOutReply::Files(files), rest) = ask(&handout, Ask::List).await else { panic!("no list") };
        assert_eq!((files.len(), rest.len()), (1, 0));
        assert_eq!((files[0].version.as_str(), files[0].platform.as_str(), files[0].bytes), ("0.2.0", "linux-x86_64", 200_000));
        assert_eq!(ask(&handout, Ask::Get { sha256: files[0].sha256 }).await, (HandOutReply::Begins { bytes: 200_000 }, content));
        let refused = |why| (HandOutReply::Refused(why), Vec::new());
        assert_eq!(ask(&handout, Ask::Get { sha256: [0; 32] }).await, refused(HandOutRefusal::NotFound));
        let _all = handout.at_once.acquire_many(HANDOUT_AT_ONCE as u32).await.expect("open");
        assert_eq!(ask(&handout, Ask::Get { sha256: files[0].sha256 }).await, refused(HandOutRefusal::Busy { retry_after_ms: 2_000 }));
    }

    #[tokio::test]
    async fn all_together_keep_to_the_rate() {
        let handout = HandOut::new(PathBuf::new());
        let begun = *handout.free_at.lock().expect("free");
        let turns: Vec<_> = (0..1_000).map(|_| handout.turn(HANDOUT_PIECE)).collect();
        let took = (*handout.free_at.lock().expect("free") - begun).as_secs_f64();
        let least = 1_000.0 * HANDOUT_PIECE as f64 / HANDOUT_BYTES_PER_S as f64;
        assert!(took >= least * 0.999 && turns.is_sorted(), "{took} s for what may not take less than {least} s");
    }
}
