//! Runs one media worker: a child process that is watched, bounded and ended with everything it started.
//!
//! The child's standard input is held open; when it closes, because the server ended however it did, the worker ends.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use lectern_proto::control::{FailureKind, FailureReason};
use lectern_proto::limits::WORKER_LOG_LINES;
use lectern_proto::rung::RungSpec;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, ChildStderr, Command};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::events::{LineError, Lines, WorkerEvent, parse, reason};
use crate::platform::{self, ProcessGroup};

/// How often a worker's memory is looked at.
const MEMORY_EVERY: Duration = Duration::from_millis(250);
/// How long a worker may take to end after it closed its output.
const EXIT_WAIT: Duration = Duration::from_secs(5);

/// Longest video that a worker is believed to work on.
const LONGEST: Duration = Duration::from_secs(48 * 3600);

/// What a worker is to do.
#[derive(Debug, Clone)]
pub(super) struct Job {
    pub(super) program: PathBuf,
    pub(super) source: PathBuf,
    pub(super) out: PathBuf,
    pub(super) rungs: Vec<RungSpec>,
    pub(super) audio: bool,
    /// Only what is had without encoding pictures.
    pub(super) quick: bool,
    /// Most memory in bytes, longest run, to which so many times the length of the video come, and longest silence.
    pub(super) memory: u64,
    pub(super) time: Duration,
    pub(super) pace: u32,
    pub(super) silence: Duration,
    /// Where in the video somebody waits, in microseconds.
    pub(super) wish: watch::Receiver<Option<u64>>,
}

/// What may help after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cure {
    /// Another file.
    None,
    /// To try again at once: another worker is just ending, or a disk was away for a moment.
    Again,
    /// Space on the disk.
    Space,
    /// This program installed whole.
    Installation,
}

/// How a worker ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    Done,
    /// It said why it cannot.
    Failed {
        reason: FailureReason,
        cure: Cure,
    },
    /// It was ended for a fault, or ended without a word; trying again may help.
    Fault {
        reason: FailureReason,
    },
    /// The server did not want it any more.
    Stopped,
}

/// Runs a worker to its end, telling its events.
pub(super) async fn run(job: &Job, stop: &CancellationToken, mut tell: impl FnMut(WorkerEvent)) -> End {
    let mut child = match start(job) {
        Ok(child) => child,
        Err(error) => {
            let reason =
                format!("The media worker {} cannot be started ({error}). Install Lectern whole, or name the worker in LECTERN_MEDIA.", job.program.display());
            return End::Failed { reason: FailureReason::new(FailureKind::NoWorker, reason), cure: Cure::Installation };
        }
    };
    let group = child.id().map(ProcessGroup::of);
    let guard = KillOnDrop(group);
    if let Some(group) = group {
        group.lower_priority();
    }
    let log = child.stderr.take().map(|stderr| tokio::spawn(log_errors(stderr)));
    let end = follow(&mut child, group, job, stop, &mut tell).await;
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
    if job.quick {
        command.arg("--quick");
    }
    // The worker limits its address space, which is larger than what it holds in memory; that is watched from here.
    command.arg("--max-memory").arg(job.memory.saturating_mul(2).to_string()).env("MALLOC_ARENA_MAX", "2");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    platform::own_group(&mut command);
    command.spawn()
}

async fn follow(child: &mut Child, group: Option<ProcessGroup>, job: &Job, stop: &CancellationToken, tell: &mut impl FnMut(WorkerEvent)) -> End {
    let Some(stdout) = child.stdout.take() else { return fault(FailureKind::Crashed, "its output could not be read") };
    let mut lines = Lines::new(stdout);
    let mut memory = interval(MEMORY_EVERY);
    memory.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (started, mut heard) = (Instant::now(), Instant::now());
    let (mut end, mut time) = (None, job.time);
    let (mut stdin, mut wish) = (child.stdin.take(), job.wish.clone());
    // What was wished before this worker began is said to it as well.
    wish.mark_changed();
    loop {
        tokio::select! {
            () = stop.cancelled() => return End::Stopped,
            Ok(()) = wish.changed() => {
                let line = wish.borrow_and_update().map(|at| format!("{{\"from_us\":{at}}}\n"));
                if let (Some(line), Some(stdin)) = (line, stdin.as_mut()) {
                    // A worker that is gone is seen at its output.
                    let _ = stdin.write_all(line.as_bytes()).await;
                }
            }
            line = lines.next() => match line.and_then(|line| line.map(|l| parse(&l)).transpose()) {
                Ok(Some(WorkerEvent::Done)) => end = Some(End::Done),
                Ok(Some(WorkerEvent::Failed { kind, reason: why })) => {
                    let kind = FailureKind::named(&kind);
                    end = Some(End::Failed { reason: FailureReason::new(kind, reason(&why)), cure: cure(kind) });
                }
                Ok(Some(event)) => {
                    heard = Instant::now();
                    if let WorkerEvent::Probed(probe) = &event {
                        time = job.time + Duration::from_micros(probe.duration_us).min(LONGEST).saturating_mul(job.pace);
                    }
                    tell(event);
                }
                Ok(None) => break,
                Err(error @ (LineError::TooLong | LineError::Form | LineError::Io(_))) => return fault(FailureKind::Crashed, &format!("it sent {error}")),
            },
            () = sleep_until(heard + job.silence) => return fault(FailureKind::TooSlow, &format!("it hung: nothing came from it for {} s", job.silence.as_secs())),
            () = sleep_until(started + time) => return fault(FailureKind::TooSlow, &format!("it took longer than {} s ([limits] worker_time)", time.as_secs())),
            _ = memory.tick() => {
                let held = group.and_then(ProcessGroup::resident_bytes).unwrap_or(0);
                if held > job.memory {
                    return fault(FailureKind::NoMemory, &format!("it needed more than {} MiB of memory ([limits] worker_memory)", job.memory >> 20));
                }
            }
        }
    }
    drop(stdin);
    let status = tokio::select! {
        () = stop.cancelled() => return End::Stopped,
        status = timeout(EXIT_WAIT, child.wait()) => status,
    };
    match (end, status) {
        (Some(End::Done), Ok(Ok(status))) if status.success() => End::Done,
        (Some(end @ End::Failed { .. }), _) => end,
        (_, Ok(Ok(status))) => fault(FailureKind::Crashed, &format!("it crashed ({status})")),
        _ => fault(FailureKind::Crashed, "it did not end"),
    }
}

/// By the kinds of failure that the worker knows.
fn cure(kind: FailureKind) -> Cure {
    match kind {
        FailureKind::Busy | FailureKind::Io => Cure::Again,
        FailureKind::NoSpace => Cure::Space,
        _ => Cure::None,
    }
}

fn fault(kind: FailureKind, what: &str) -> End {
    let sentence = format!("The media worker failed on this file: {what}. Convert the file to MP4 with H.264 and AAC and try again.");
    End::Fault { reason: FailureReason::new(kind, sentence) }
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

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::path::Path;

    /// A worker that is a shell script.
    fn job(dir: &Path, script: &str) -> Job {
        use std::os::unix::fs::PermissionsExt;
        let program = dir.join("worker");
        std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).expect("writable");
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("ours");
        let far = Duration::from_secs(60);
        Job {
            program,
            source: "a b'.mp4".into(),
            out: dir.join("out"),
            rungs: Vec::new(),
            audio: true,
            quick: false,
            memory: 1 << 30,
            time: far,
            pace: 1,
            silence: far,
            wish: watch::channel(None).1,
        }
    }

    async fn end(job: &Job) -> (End, Vec<WorkerEvent>) {
        let mut events = Vec::new();
        let end = run(job, &CancellationToken::new(), |e| events.push(e)).await;
        (end, events)
    }

    fn expect_fault(end: &End, part: &str) {
        assert!(matches!(end, End::Fault { reason } if reason.sentence.contains(part)), "{end:?} has no `{part}`");
    }

    #[tokio::test]
    async fn what_a_worker_says_is_passed_on() {
        let dir = tempfile::tempdir().expect("a directory");
        let script = r#"[ "$1$2$3$4$5" = "prepare--sourcea b'.mp4--out$5" ] || exit 9
echo '{"event":"progress","done_us":1,"total_us":2}'; echo error >&2; echo '{"event":"done"}'"#;
        let (end, events) = end(&job(dir.path(), script)).await;
        assert_eq!((end, events), (End::Done, vec![WorkerEvent::Progress { done_us: 1, total_us: 2 }]));
    }

    #[tokio::test]
    async fn a_wish_reaches_the_worker() {
        let dir = tempfile::tempdir().expect("a directory");
        let (wishes, wish) = watch::channel(Some(5));
        // Two lines come, the second after the first was read, or it hangs.
        let script = r#"read a; echo '{"event":"progress","done_us":1,"total_us":2}'
read b; [ "$a $b" = '{"from_us":5} {"from_us":7}' ] || exit 9
echo '{"event":"done"}'"#;
        let job = Job { wish, silence: Duration::from_secs(20), ..job(dir.path(), script) };
        let told = |_| {
            wishes.send_replace(Some(7));
        };
        assert_eq!(run(&job, &CancellationToken::new(), told).await, End::Done);
    }

    #[tokio::test]
    async fn failures_and_faults_are_told_apart() {
        let dir = tempfile::tempdir().expect("a directory");
        let failed = end(&job(dir.path(), r#"echo '{"event":"failed","kind":"no_space","reason":"full"}'; exit 1"#)).await.0;
        assert_eq!(failed, End::Failed { reason: FailureReason::new(FailureKind::NoSpace, "full"), cure: Cure::Space });
        let busy = end(&job(dir.path(), r#"echo '{"event":"failed","kind":"busy","reason":"wait"}'; exit 1"#)).await.0;
        assert_eq!(busy, End::Failed { reason: FailureReason::new(FailureKind::Busy, "wait"), cure: Cure::Again });
        expect_fault(&end(&job(dir.path(), "kill -SEGV $$")).await.0, "it crashed (signal: 11");
        expect_fault(&end(&job(dir.path(), "exit 0")).await.0, "it crashed (exit status: 0");
        expect_fault(&end(&job(dir.path(), r#"echo '{"event":"done"}'; exit 1"#)).await.0, "it crashed");
        expect_fault(&end(&job(dir.path(), "echo nonsense; sleep 60")).await.0, "not of its protocol");
        expect_fault(&end(&job(dir.path(), "head -c 1000000 /dev/zero; sleep 60")).await.0, "a line longer than");
        let missing = Job { program: dir.path().join("none"), ..job(dir.path(), "") };
        assert!(
            matches!(end(&missing).await.0, End::Failed { reason, .. } if reason.kind == FailureKind::NoWorker && reason.sentence.contains("cannot be started"))
        );
    }

    #[tokio::test]
    async fn a_worker_that_hangs_takes_too_long_or_eats_memory_is_ended() {
        let dir = tempfile::tempdir().expect("a directory");
        let hang = Job { silence: Duration::from_millis(200), ..job(dir.path(), "exec sleep 60") };
        expect_fault(&end(&hang).await.0, "it hung");
        let long = Job {
            time: Duration::from_millis(300),
            ..job(dir.path(), r#"while :; do echo '{"event":"progress","done_us":1,"total_us":2}'; sleep 0.05; done"#)
        };
        expect_fault(&end(&long).await.0, "it took longer");
        #[cfg(target_os = "linux")]
        {
            let hungry = Job { memory: 32 << 20, ..job(dir.path(), "exec tail /dev/zero") };
            expect_fault(&end(&hungry).await.0, "memory");
        }
    }

    #[tokio::test]
    async fn a_worker_is_ended_with_its_children() {
        let dir = tempfile::tempdir().expect("a directory");
        let fifo = dir.path().join("alive");
        let made = std::process::Command::new("mkfifo").arg(&fifo).status().expect("mkfifo");
        assert!(made.success());
        // The child of the worker holds the writing end of the FIFO for as long as it lives.
        let job = job(dir.path(), &format!("sleep 60 >{} & echo '{{\"event\":\"done\"}}'; wait", fifo.display()));
        let stop = CancellationToken::new();
        let gone = tokio::task::spawn_blocking(move || std::fs::read(fifo));
        let end = run(&job, &stop, |_| {});
        let ended = tokio::join!(end, async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            stop.cancel();
        });
        assert_eq!(ended.0, End::Stopped);
        let nothing = timeout(Duration::from_secs(10), gone).await.expect("the child ended").expect("read");
        assert_eq!(nothing.expect("read"), b"");
    }
}
