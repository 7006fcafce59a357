//! Lower rungs of a live stream: while somebody watches one, a media worker makes it of the publisher's pictures.
//!
//! One task for each rung of each stream, for the life of the stream. It waits for a viewer, runs a worker, hands in the publisher's
//! units by a [`super::tap`] and puts what comes back on the rung's track, where it is sealed once for everybody; when nobody has
//! watched for a while, the worker ends. The protocol of the pipe stands in [`lectern_proto::live::pipe`]. What the worker's
//! decoder needs is told to the room once it is known.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use lectern_proto::control::LiveVideo;
use lectern_proto::hex;
use lectern_proto::limits::{CLOCK_EVERY, LIVE_RUNG_IDLE, LIVE_RUNG_WORKERS_MAX};
use lectern_proto::live::pipe::{self, Command, News, PipeReader, Said};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout};
use tokio::sync::{Semaphore, watch};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{Stream, Track};
use crate::clock::Clock;
use crate::media::RoomMedia;
use crate::platform::{self, ProcessGroup};

/// A worker that failed is started again after this pause, so many times in a row.
const RETRY: Duration = Duration::from_secs(1);
const ATTEMPTS: u32 = 3;
/// A worker that ran for this long had not failed at its start.
const RAN_WELL: Duration = Duration::from_secs(30);
/// How long a worker may take to end by itself.
const EXIT_WAIT: Duration = Duration::from_millis(300);
/// What one read of its output asks for.
const READ: usize = 64 * 1024;

/// Runs the workers that make lower rungs.
#[derive(Debug)]
pub(crate) struct RungMaker {
    program: PathBuf,
    /// Most memory of one in bytes.
    memory: u64,
    clock: Clock,
    places: Semaphore,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// A rung that is made when somebody watches it.
#[derive(Debug)]
pub(crate) struct LowerRung {
    pub(crate) stream: Arc<Stream>,
    pub(crate) track: Arc<Track>,
    /// The publisher's pictures.
    pub(crate) source: LiveVideo,
    /// What is wanted; its decoder's configuration is not known before it is made.
    pub(crate) wanted: LiveVideo,
}

/// Why a worker does not run any more.
#[derive(Debug)]
enum End {
    Unwanted,
    Over,
    Failed(String),
}

impl RungMaker {
    pub(crate) fn new(program: PathBuf, memory: u64, clock: Clock, tasks: TaskTracker, stop: CancellationToken) -> Arc<Self> {
        Arc::new(Self { program, memory, clock, places: Semaphore::new(LIVE_RUNG_WORKERS_MAX), tasks, stop })
    }

    /// Keeps a rung ready to be made until its stream ends. `made` is told its form when that is known.
    pub(crate) fn keep<Told>(self: &Arc<Self>, rung: LowerRung, media: Arc<RoomMedia>, made: impl Fn(LiveVideo) -> Told + Send + Sync + 'static)
    where
        Told: Future<Output = ()> + Send,
    {
        let maker = Arc::clone(self);
        self.tasks.spawn(async move { maker.run(&rung, &media, &made).await });
    }

    async fn run<Told: Future<Output = ()>>(&self, rung: &LowerRung, media: &RoomMedia, made: &impl Fn(LiveVideo) -> Told) {
        let mut viewers = rung.track.viewers();
        let mut failures = 0;
        while failures < ATTEMPTS {
            let wanted = async {
                let _ = viewers.wait_for(|viewers| *viewers > 0).await;
                self.places.acquire().await
            };
            let place = tokio::select! {
                () = rung.stream.over.cancelled() => return,
                () = self.stop.cancelled() => return,
                place = wanted => match place {
                    Ok(place) => place,
                    Err(_) => return,
                },
            };
            let begun = self.clock.now();
            match self.make(rung, media, made).await {
                End::Unwanted => failures = 0,
                End::Over => return,
                End::Failed(why) => {
                    tracing::warn!(rung = rung.wanted.rung, track = rung.track.number(), %why, "a lower rung of a live stream failed");
                    failures = if self.clock.now() >= begun + RAN_WELL { 1 } else { failures + 1 };
                    drop(place);
                    tokio::select! {
                        () = rung.stream.over.cancelled() => return,
                        () = self.stop.cancelled() => return,
                        () = sleep(RETRY) => {}
                    }
                }
            }
        }
        // Who watches it goes on with another.
        rung.track.end();
    }

    fn start(&self, rung: &LowerRung) -> std::io::Result<Child> {
        let LiveVideo { width, height, rate_milli, bps, .. } = rung.wanted;
        let mut command = tokio::process::Command::new(&self.program);
        command.arg("live").arg("--relay").arg(hex::write(&rung.source.avcc)).arg("--width").arg(width.to_string()).arg("--height").arg(height.to_string());
        command.arg("--fps").arg(format!("{:.3}", f64::from(rate_milli) / 1_000.0)).arg("--bitrate").arg(bps.to_string());
        command.arg("--max-memory").arg(self.memory.saturating_mul(2).to_string()).env("MALLOC_ARENA_MAX", "2");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        platform::own_group(&mut command);
        command.spawn()
    }

    /// Runs a worker until nobody watches, or it cannot go on.
    async fn make<Told: Future<Output = ()>>(&self, rung: &LowerRung, media: &RoomMedia, made: &impl Fn(LiveVideo) -> Told) -> End {
        let mut child = match self.start(rung) {
            Ok(child) => child,
            Err(e) => return End::Failed(format!("the media worker {} cannot be started: {e}", self.program.display())),
        };
        let group = child.id().map(ProcessGroup::of);
        let (Some(stdin), Some(stdout), Some(stderr)) = (child.stdin.take(), child.stdout.take(), child.stderr.take()) else {
            return End::Failed("the media worker has no pipes".to_owned());
        };
        tracing::info!(rung = rung.wanted.rung, track = rung.track.number(), "a lower rung is made");
        let mut last_words = String::new();
        let end = tokio::select! {
            () = rung.stream.over.cancelled() => End::Over,
            () = self.stop.cancelled() => End::Over,
            () = unwanted(rung.track.viewers()) => End::Unwanted,
            why = self.hand_in(rung, stdin) => End::Failed(why),
            why = self.take(rung, media, made, stdout) => End::Failed(why),
            () = listen(stderr, &mut last_words) => End::Failed("the media worker ended".to_owned()),
        };
        // Its input is closed: it ends by itself, with what it may have started.
        if !self.stop.is_cancelled() {
            let _ = timeout(EXIT_WAIT, child.wait()).await;
        }
        if let Some(group) = group.filter(|_| !matches!(child.try_wait(), Ok(Some(_)))) {
            group.kill();
            let _ = child.wait().await;
        }
        match end {
            End::Failed(why) if last_words.is_empty() => End::Failed(why),
            End::Failed(_) => End::Failed(last_words),
            end => end,
        }
    }

    /// Hands in the publisher's pictures, the time and wishes for keyframes; says why that ended.
    async fn hand_in(&self, rung: &LowerRung, mut stdin: ChildStdin) -> String {
        let Some(source) = &rung.stream.video else { return "the stream has no pictures".to_owned() };
        let mut units = source.tap(self.clock.now());
        let mut wishes = rung.track.keyframe_wishes();
        let mut again = interval(CLOCK_EVERY);
        again.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let written = tokio::select! {
                unit = units.recv() => match unit {
                    Some(unit) => {
                        // Units are below a MiB.
                        let head = pipe::unit_head(0, unit.keyframe, unit.capture_us, u32::try_from(unit.data.len()).unwrap_or(u32::MAX));
                        match stdin.write_all(&head).await {
                            Ok(()) => stdin.write_all(&unit.data).await,
                            error => error,
                        }
                    }
                    None => return "the stream's pictures have ended".to_owned(),
                },
                changed = wishes.changed() => match changed {
                    Ok(()) => stdin.write_all(&pipe::command(&Command::Keyframe)).await,
                    Err(_) => return "the stream has ended".to_owned(),
                },
                _ = again.tick() => stdin.write_all(&pipe::command(&Command::Clock { server_us: self.clock.server_time_us() })).await,
            };
            if let Err(e) = written {
                return format!("the media worker does not read: {e}");
            }
        }
    }

    /// Puts what it makes on the rung's track; says why that ended.
    async fn take<Told>(&self, rung: &LowerRung, media: &RoomMedia, made: &impl Fn(LiveVideo) -> Told, mut stdout: ChildStdout) -> String
    where
        Told: Future<Output = ()>,
    {
        let (mut reader, mut buffer) = (PipeReader::default(), vec![0; READ]);
        loop {
            match stdout.read(&mut buffer).await {
                Ok(0) => return "the media worker ended".to_owned(),
                Ok(count) => reader.push(&buffer[..count]),
                Err(e) => return e.to_string(),
            }
            loop {
                match reader.next_said() {
                    Ok(Some(Said::Unit { track: 0, keyframe, capture_us, data })) => {
                        if let Err(e) = rung.track.push(self.clock.now(), &media.keys.current(), capture_us, keyframe, data) {
                            return e.to_string();
                        }
                    }
                    Ok(Some(Said::News(News::Form { video: Some(form), .. }))) => {
                        made(LiveVideo { width: form.width, height: form.height, avcc: form.avcc, ..rung.wanted.clone() }).await;
                    }
                    Ok(Some(Said::News(News::Failed { why, .. }))) => return why,
                    Ok(Some(_)) => {}
                    Ok(None) => break,
                    Err(e) => return e.to_string(),
                }
            }
        }
    }
}

/// Waits until nobody has watched for [`LIVE_RUNG_IDLE`].
async fn unwanted(mut viewers: watch::Receiver<usize>) {
    loop {
        let _ = viewers.wait_for(|viewers| *viewers == 0).await;
        if timeout(LIVE_RUNG_IDLE, viewers.wait_for(|viewers| *viewers > 0)).await.is_err() {
            return;
        }
    }
}

/// Logs what it complains of, and keeps the last of it.
async fn listen(stderr: ChildStderr, last: &mut String) {
    let mut lines = BufReader::new(stderr).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        tracing::debug!("media worker: {line}");
        *last = line;
    }
}
