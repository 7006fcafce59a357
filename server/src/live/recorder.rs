//! Recording: the units of a stream go into a file beside the videos, and from there into the catalogue.
//!
//! One task for each recording. It taps the stream's tracks, appends whole clusters of about a second
//! ([`lectern_proto::matroska`]) to a file that the library does not see (`NAME.lectern-recording.part`). When the recording
//! ends, by order, with its stream, with the server or because the disk does not take more, the file is finished: cut after its last whole
//! cluster, given its duration and the name `NAME.mkv`. What a killed server left is finished in the same way at the next start
//! ([`Recorder::finish_old`]): all but the last second is there. No other file in that folder is ever touched.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lectern_proto::control::{LiveSound, LiveVideo};
use lectern_proto::live::Unit;
use lectern_proto::matroska::{self, Writer};
use time::OffsetDateTime;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Stream;
use crate::clock::Clock;

/// What the name of a recording ends with while it is made: nobody else's do, and the library does not look at such files.
const UNFINISHED: &str = ".lectern-recording.part";
/// Blocks that wait for the disk: some minutes of clusters. Full: the recording ends.
const WAITING: usize = 256;

/// Makes recordings.
#[derive(Debug)]
pub(crate) struct Recorder {
    videos: PathBuf,
    clock: Clock,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// A recording that runs; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Recording(CancellationToken);

impl Drop for Recording {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

impl Recorder {
    pub(crate) fn new(videos: PathBuf, clock: Clock, tasks: TaskTracker, stop: CancellationToken) -> Arc<Self> {
        Arc::new(Self { videos, clock, tasks, stop })
    }

    /// Finishes what a server that was killed has left.
    pub(crate) fn finish_old(&self) {
        let entries = std::fs::read_dir(&self.videos).into_iter().flatten().flatten();
        for path in entries.map(|e| e.path()).filter(|p| p.to_string_lossy().ends_with(UNFINISHED)) {
            match finish(&path) {
                Ok(Some(name)) => tracing::info!(file = %name.display(), "a recording that was cut off is finished"),
                Ok(None) => tracing::info!(file = %path.display(), "a recording that was cut off had nothing in it yet"),
                Err(error) => tracing::warn!(%error, file = %path.display(), "a recording that was cut off cannot be finished"),
            }
        }
    }

    /// Begins to record a stream under its name and the time.
    ///
    /// # Errors
    /// Why the file cannot be made.
    pub(crate) fn start(
        self: &Arc<Self>,
        stream: &Arc<Stream>,
        name: &str,
        media: (Option<&LiveVideo>, Option<LiveSound>),
        ended: impl FnOnce() + Send + 'static,
    ) -> io::Result<Recording> {
        let path = self.free_path(name);
        let mut file = OpenOptions::new().write(true).create_new(true).open(&path)?;
        let (writer, head) = Writer::new(media.0, media.1);
        file.write_all(&head)?;
        let stopped = CancellationToken::new();
        let (pieces, inbox) = mpsc::channel(WAITING);
        let written = self.tasks.spawn_blocking(move || write(file, &path, inbox));
        let (recorder, stream, by_order) = (Arc::clone(self), Arc::clone(stream), stopped.clone());
        self.tasks.spawn(async move {
            recorder.record(&stream, writer, &pieces, &by_order).await;
            drop(pieces);
            match written.await {
                Ok(Ok(Some(path))) => tracing::info!(file = %path.display(), "recorded"),
                Ok(Ok(None)) => tracing::info!("a recording ended before its first picture or sound"),
                Ok(Err(error)) => tracing::error!(%error, "a recording could not be finished; the next start of the server tries again"),
                Err(error) => tracing::error!(%error, "a recording ended as it should not"),
            }
            if !by_order.is_cancelled() {
                ended();
            }
        });
        Ok(Recording(stopped))
    }

    /// `camera 2026-11-21 00-30-05`, with a number where that is taken.
    fn free_path(&self, name: &str) -> PathBuf {
        let safe: String = name.chars().map(|c| if c.is_alphanumeric() || " -_".contains(c) { c } else { '_' }).collect();
        let now = OffsetDateTime::from_unix_timestamp(self.clock.unix_seconds()).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let (date, (hour, minute, second)) = (now.date(), now.to_hms());
        let title = format!("{} {date} {hour:02}-{minute:02}-{second:02}", safe.trim());
        let is_free = |title: &str| !self.videos.join(format!("{title}.mkv")).exists() && !self.videos.join(format!("{title}{UNFINISHED}")).exists();
        let numbered = (2..1_000).map(|n| format!("{title} {n}"));
        let title = std::iter::once(title.clone()).chain(numbered).find(|t| is_free(t)).unwrap_or(title);
        self.videos.join(format!("{title}{UNFINISHED}"))
    }

    async fn record(&self, stream: &Stream, mut writer: Writer, pieces: &mpsc::Sender<Vec<u8>>, stopped: &CancellationToken) {
        let now = self.clock.now();
        let (mut video, mut sound) = (stream.video.as_ref().map(|t| t.tap(now)), stream.sound.as_ref().map(|t| t.tap(now)));
        loop {
            let (is_video, unit) = tokio::select! {
                () = stopped.cancelled() => break,
                () = stream.over.cancelled() => break,
                () = self.stop.cancelled() => break,
                unit = next(&mut video) => (true, unit),
                unit = next(&mut sound) => (false, unit),
            };
            let Some(unit) = unit else { break };
            let bytes = writer.push(is_video, &unit);
            // A disk that does not keep up: what is there stays good.
            if !bytes.is_empty() && pieces.try_send(bytes).is_err() {
                tracing::warn!("the disk does not keep up: a recording ends here");
                return;
            }
        }
        let _ = pieces.send(writer.close()).await;
    }
}

async fn next(tap: &mut Option<mpsc::Receiver<Unit>>) -> Option<Unit> {
    match tap {
        Some(tap) => tap.recv().await,
        None => std::future::pending().await,
    }
}

/// Appends what comes until there is no more, and finishes the file.
fn write(mut file: File, path: &Path, mut inbox: mpsc::Receiver<Vec<u8>>) -> io::Result<Option<PathBuf>> {
    while let Some(bytes) = inbox.blocking_recv() {
        if let Err(error) = file.write_all(&bytes) {
            tracing::error!(%error, file = %path.display(), "a recording ends here: the disk does not take more");
            break;
        }
    }
    drop((file, inbox));
    finish(path)
}

/// Cuts a file after its last whole cluster, writes its duration and gives it its name; none when there is no cluster in it.
fn finish(path: &Path) -> io::Result<Option<PathBuf>> {
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
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
    let Some((end, (at, duration))) = whole else {
        std::fs::remove_file(path)?;
        return Ok(None);
    };
    file.set_len(end)?;
    file.seek(SeekFrom::Start(at))?;
    file.write_all(&duration)?;
    file.sync_data()?;
    let name = path.to_string_lossy();
    let done = PathBuf::from(format!("{}.mkv", name.strip_suffix(UNFINISHED).unwrap_or(&name)));
    std::fs::rename(path, &done)?;
    Ok(Some(done))
}
