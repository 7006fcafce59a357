//! A media worker that captures and encodes: started, told the time and what is wanted, heard, and ended with its input.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use lectern_proto::limits::CLOCK_EVERY;
use lectern_proto::live::pipe::{Command, PipeReader, Said};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin};
use tokio::sync::mpsc;

use super::stopped::Stopped;
use super::worker_time::WorkerTime;

/// What one read of its output asks for.
const READ: usize = 64 * 1024;
/// What it said and waits for its reader. Full: the pipe fills, and the worker leaves pictures out.
const SAID: usize = 32;

/// A worker that runs; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Worker {
    child: Child,
    commands: mpsc::Sender<Command>,
    time: Arc<WorkerTime>,
}

/// What comes from a worker.
#[derive(Debug)]
pub(super) enum FromWorker {
    Said(Said),
    /// It has ended, with its last words.
    Ended(String),
}

impl Worker {
    /// Starts it with these arguments.
    ///
    /// # Errors
    /// Why the program cannot be started.
    pub(super) fn start(program: &Path, args: &[String], time: Arc<WorkerTime>) -> Result<(Self, mpsc::Receiver<FromWorker>), Stopped> {
        let mut command = tokio::process::Command::new(program);
        command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().map_err(|e| Stopped::NoWorker { program: program.to_owned(), why: e.into() })?;
        let (commands, inbox) = mpsc::channel(16);
        let (out, said) = mpsc::channel(SAID);
        let input = child.stdin.take().ok_or_else(|| Stopped::Died("the media worker has no input".to_owned()))?;
        tokio::spawn(tell(input, inbox, Arc::clone(&time)));
        let output = child.stdout.take().ok_or_else(|| Stopped::Died("the media worker has no output".to_owned()))?;
        let errors = child.stderr.take().ok_or_else(|| Stopped::Died("the media worker has no error output".to_owned()))?;
        let last = tokio::spawn(async move {
            let mut lines = BufReader::new(errors).lines();
            let mut last = String::new();
            while let Ok(Some(line)) = lines.next_line().await {
                tracing::debug!("lectern-media: {line}");
                last = line;
            }
            last
        });
        tokio::spawn(async move {
            let why = hear(output, &out).await;
            let last = last.await.unwrap_or_default();
            let _ = out.send(FromWorker::Ended(if last.is_empty() { why } else { last })).await;
        });
        Ok((Self { child, commands, time }, said))
    }

    /// Tells it something; dropped when it does not listen.
    pub(super) fn command(&self, command: Command) {
        let _ = self.commands.try_send(command);
    }

    /// Tells it the time.
    pub(super) fn tell_time(&self) {
        if let Some(server_us) = self.time.now_us() {
            self.command(Command::Clock { server_us });
        }
    }

    /// Ends it and waits for that.
    pub(super) async fn end(mut self) {
        drop(self.commands);
        if tokio::time::timeout(std::time::Duration::from_secs(2), self.child.wait()).await.is_err() {
            let _ = self.child.kill().await;
        }
    }
}

/// Writes commands, and the time every second; ends with the handle.
async fn tell(mut input: ChildStdin, mut commands: mpsc::Receiver<Command>, time: Arc<WorkerTime>) {
    let mut again = tokio::time::interval(CLOCK_EVERY);
    loop {
        let command = tokio::select! {
            command = commands.recv() => match command {
                Some(command) => command,
                None => return,
            },
            _ = again.tick() => match time.now_us() {
                Some(server_us) => Command::Clock { server_us },
                None => continue,
            },
        };
        let mut line = serde_json::to_vec(&command).unwrap_or_default();
        line.push(b'\n');
        if input.write_all(&line).await.is_err() {
            return;
        }
    }
}

/// Reads what it says to the end; says why that came.
async fn hear(mut output: impl tokio::io::AsyncRead + Unpin, out: &mpsc::Sender<FromWorker>) -> String {
    let mut reader = PipeReader::default();
    let mut buffer = vec![0; READ];
    loop {
        let read = match output.read(&mut buffer).await {
            Ok(0) => return "the media worker has ended".to_owned(),
            Ok(read) => read,
            Err(e) => return e.to_string(),
        };
        reader.push(&buffer[..read]);
        loop {
            match reader.next_said() {
                Ok(Some(said)) => {
                    if out.send(FromWorker::Said(said)).await.is_err() {
                        return String::new();
                    }
                }
                Ok(None) => break,
                Err(e) => return e.to_string(),
            }
        }
    }
}
