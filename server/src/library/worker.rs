//! Runs one media worker: a child process that is watched, bounded and ended with everything it started.
//!
//! The child's standard input is held open; when it closes, because the server ended however it did, the worker ends.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use lectern_proto::limits::{WORKER_LOG_LINES, WORKER_SILENCE};
use lectern_proto::rung::RungSpec;
use tokio::process::{Child, ChildStderr, Command};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::events::{LineError, Lines, WorkerEvent, parse, reason};
use crate::platform::{self, ProcessGroup};

/// How often a worker's memory is looked at.
const MEMORY_EVERY: Duration = Duration::from_millis(250);
/// How long a worker may take to end after it closed its output.
const EXIT_WAIT: Duration = Duration::from_secs(5);

/// What a worker is to do.
#[derive(Debug, Clone)]
pub(super) struct Job {
    pub(super) program: PathBuf,
    pub(super) source: PathBuf,
    pub(super) out: PathBuf,
    pub(super) rungs: Vec<RungSpec>,
    pub(super) audio: bool,
    /// Most memory in bytes, and longest run.
    pub(super) memory: u64,
    pub(super) time: Duration,
}

/// How a worker ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    Done,
    /// It said why it cannot; trying again at once would not help.
    Failed { reason: String },
    /// It was ended for a fault, or ended without a word; trying again may help.
    Fault { reason: String },
    /// The server did not want it any more.
    Stopped,
}

/// Finds the worker: `LECTERN_MEDIA`, or beside this program, or in the search path.
#[must_use]
pub(crate) fn worker_program() -> PathBuf {
    let name = format!("lectern-media{}", std::env::consts::EXE_SUFFIX);
    let beside = |exe: &Path| Some(exe.parent()?.join(&name)).filter(|p| p.is_file());
    std::env::var_os("LECTERN_MEDIA").map(PathBuf::from).or_else(|| beside(&std::env::current_exe().ok()?)).unwrap_or_else(|| PathBuf::from(name))
}

/// Runs a worker to its end, telling its events.
pub(super) async fn run(job: &Job, stop: &CancellationToken, mut tell: impl FnMut(WorkerEvent)) -> End {
    let mut child = match start(job) {
        Ok(child) => child,
        Err(error) => {
            return End::Failed { reason: format!("The media worker {} cannot be started ({error}). Install Lectern whole, or name the worker in LECTERN_MEDIA.", job.program.display()) };
        }
    };
    let group = child.id().map(ProcessGroup::of);
    let guard = KillOnDrop(group);
    if let Some(group) = group {
        group.lower_priority();
    }
    let log = child.stderr.take().map(|stderr| tokio::spawn(log_errors(stderr)));
    let end = watch(&mut child, group, job, stop, &mut tell).await;
    // The group first: a worker's own children must not outlive it. The leader is not waited for yet.
    drop(guard);
    let _ = child.wait().await;
    if let Some(log) = log {
        let _ = timeout(EXIT_WAIT, log).await;
    }
    end
}

fn start(job: &Job) -> std::io::Result<Child> {
    let mut command = Command::new(&job.program);
    command.arg("prepare").arg("--source").arg(&job.source).arg("--out").arg(&job.out);
    for rung in &job.rungs {
        command.arg("--rung").arg(format!("{}={}x{} {}", rung.name, rung.box_width, rung.box_height, rung.bitrate_bps));
    }
    if job.audio {
        command.arg("--audio");
    }
    // The worker limits its address space, which is larger than what it holds in memory; that is watched from here.
    command.arg("--max-memory").arg(job.memory.saturating_mul(2).to_string()).env("MALLOC_ARENA_MAX", "2");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    platform::own_group(&mut command);
    command.spawn()
}

async fn watch(child: &mut Child, group: Option<ProcessGroup>, job: &Job, stop: &CancellationToken, tell: &mut impl FnMut(WorkerEvent)) -> End {
    let Some(stdout) = child.stdout.take() else { return fault("its output could not be read") };
    let mut lines = Lines::new(stdout);
    let mut memory = interval(MEMORY_EVERY);
    memory.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (started, mut heard) = (Instant::now(), Instant::now());
    let mut end = None;
    loop {
        tokio::select! {
            () = stop.cancelled() => return End::Stopped,
            line = lines.next() => match line.and_then(|line| line.map(|l| parse(&l)).transpose()) {
                Ok(Some(WorkerEvent::Done)) => end = Some(End::Done),
                Ok(Some(WorkerEvent::Failed { reason: why, .. })) => end = Some(End::Failed { reason: reason(&why) }),
                Ok(Some(event)) => {
                    heard = Instant::now();
                    tell(event);
                }
                Ok(None) => break,
                Err(error @ (LineError::TooLong | LineError::Form | LineError::Io(_))) => return fault(&format!("it sent {error}")),
            },
            () = sleep_until(heard + WORKER_SILENCE) => return fault(&format!("it hung: nothing came from it for {} s", WORKER_SILENCE.as_secs())),
            () = sleep_until(started + job.time) => return fault(&format!("it took longer than {} s ([limits] worker_time)", job.time.as_secs())),
            _ = memory.tick() => {
                let held = group.and_then(ProcessGroup::resident_bytes).unwrap_or(0);
                if held > job.memory {
                    return fault(&format!("it needed more than {} MiB of memory ([limits] worker_memory)", job.memory >> 20));
                }
            }
        }
    }
    let status = tokio::select! {
        () = stop.cancelled() => return End::Stopped,
        status = timeout(EXIT_WAIT, child.wait()) => status,
    };
    match (end, status) {
        (Some(End::Done), Ok(Ok(status))) if status.success() => End::Done,
        (Some(end @ End::Failed { .. }), _) => end,
        (_, Ok(Ok(status))) => fault(&format!("it crashed ({status})")),
        _ => fault("it did not end"),
    }
}

fn fault(what: &str) -> End {
    End::Fault { reason: format!("The media worker failed on this file: {what}. Convert the file to MP4 with H.264 and AAC and try again.") }
}

/// Passes a worker's error output on to the log, bounded.
async fn log_errors(stderr: ChildStderr) {
    let mut lines = Lines::new(stderr);
    let mut told = 0;
    loop {
        match lines.next().await {
            Ok(Some(line)) if told < WORKER_LOG_LINES => {
                told += 1;
                tracing::warn!("media worker: {}", reason(&String::from_utf8_lossy(&line)));
            }
            Ok(Some(_)) => {}
            Err(LineError::TooLong) => lines.skip(),
            Ok(None) | Err(_) => return,
        }
    }
}

/// Ends a worker's group, also when the task that runs it is dropped.
struct KillOnDrop(Option<ProcessGroup>);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            group.kill();
        }
    }
}
