//! One `lectern-server` as a child: started, heard until it is ready, and ended by closing its input, which also happens when this
//! program is killed. It then has a moment to end in order.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use lectern_proto::link::JoinLink;
use serde::Deserialize;

use super::{HereError, Ready};
use crate::system::SystemError;

/// How long a server may take to be ready: the first start makes keys and a database.
const READY_WAIT: Duration = Duration::from_secs(30);
/// How long a server that was dropped has to end before it is killed.
const END_WAIT: Duration = Duration::from_secs(5);
/// How often it is looked whether it has ended.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// How long the last words of a server that has ended are waited for.
const WORDS_WAIT: Duration = Duration::from_secs(1);
/// Longest announcement, in bytes.
const ANNOUNCEMENT_MAX: u64 = 64 * 1024;
/// Longest line of its log that is kept, in bytes, and how many lines.
const LINE_MAX: u64 = 4 * 1024;
const LINES_MAX: usize = 8;

/// What a server that is ready says of itself.
#[derive(Deserialize)]
pub(super) struct Announcement {
    #[serde(deserialize_with = "link")]
    instructor: JoinLink,
    password: String,
}

fn link<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<JoinLink, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}

impl std::fmt::Debug for Announcement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Announcement").finish_non_exhaustive()
    }
}

impl Announcement {
    pub(super) fn ready(self, control_taken: Option<u16>) -> Ready {
        Ready { link: self.instructor, password: self.password, control_taken }
    }
}

/// Why there is no announcement.
#[derive(Debug, Default)]
pub(super) struct Failure {
    /// The system did not start it.
    pub(super) refused: Option<SystemError>,
    /// The exit code of a server that has ended.
    pub(super) code: Option<i32>,
    /// The last lines of its log.
    pub(super) said: Vec<String>,
}

impl Failure {
    pub(super) fn explain(self) -> HereError {
        match self {
            Self { refused: Some(why), .. } => HereError::Unstartable(why),
            Self { said, .. } if !said.is_empty() => HereError::Failed(said.join(" ")),
            Self { code: Some(code), .. } => HereError::Ended(code),
            Self { code: None, .. } => HereError::Slow(READY_WAIT.as_secs()),
        }
    }
}

/// A server that runs. Dropped, it ends.
#[derive(Debug)]
pub(super) struct Server {
    child: Option<Child>,
    input: Option<ChildStdin>,
    /// Open, though nothing more is read: a program may not find its output closed.
    _output: Option<ChildStdout>,
    log: Receiver<String>,
    /// What is held as long as it runs.
    held: Option<File>,
}

impl Server {
    /// Starts it and waits until it has announced itself.
    pub(super) fn start(command: &mut Command) -> Result<(Announcement, Self), Failure> {
        let plain = |error: std::io::Error| Failure { refused: Some(error.into()), ..Failure::default() };
        without_console(command);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(plain)?;
        let (input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (log_out, log) = channel();
        let mut server = Self { child: Some(child), input, _output: None, log, held: None };
        let (told, announced) = channel();
        let (Some(output), Some(errors)) = (output, errors) else { return Err(server.failure()) };
        thread(move || {
            for line in lines(errors) {
                tracing::debug!("lectern-server: {line}");
                // Read to the end, whoever listens: a full pipe would stop the server.
                let _ = log_out.send(line);
            }
        })
        .map_err(plain)?;
        thread(move || {
            let mut output = BufReader::new(output);
            let mut line = String::new();
            let read = output.by_ref().take(ANNOUNCEMENT_MAX).read_line(&mut line);
            let _ = told.send((read.map(|_| line), output.into_inner()));
        })
        .map_err(plain)?;
        let announced = announced.recv_timeout(READY_WAIT).ok().and_then(|(line, output)| {
            server._output = Some(output);
            serde_json::from_str(&line.ok()?).ok()
        });
        match announced {
            Some(announcement) => Ok((announcement, server)),
            None => Err(server.failure()),
        }
    }

    /// Holds something as long as the server runs.
    pub(super) fn hold(&mut self, file: File) {
        self.held = Some(file);
    }

    /// Why it has ended, if it has.
    pub(super) fn ended(&mut self) -> Option<HereError> {
        let status = self.child.as_mut()?.try_wait().ok().flatten()?;
        self.child = None;
        Some(Failure { code: Some(status.code().unwrap_or(-1)), said: self.last_words(), refused: None }.explain())
    }

    /// Ends it and waits for that; one that does not end in time is killed.
    pub(super) fn end(mut self, wait: Duration) {
        drop(self.input.take());
        if let Some(child) = self.child.take() {
            reap(child, wait);
        }
    }

    fn failure(mut self) -> Failure {
        drop(self.input.take());
        let code = self.child.take().and_then(|child| reap(child, END_WAIT));
        Failure { code, said: self.last_words(), refused: None }
    }

    fn last_words(&self) -> Vec<String> {
        let until = Instant::now() + WORDS_WAIT;
        let mut said = VecDeque::new();
        loop {
            match self.log.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    said.push_back(line);
                    if said.len() > LINES_MAX {
                        said.pop_front();
                    }
                }
                Err(RecvTimeoutError::Disconnected | RecvTimeoutError::Timeout) => return said.into(),
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.input.take());
        if let Some(child) = self.child.take() {
            let held = self.held.take();
            let _ = thread(move || {
                reap(child, END_WAIT);
                drop(held);
            });
        }
    }
}

/// Waits for the end of a child that was told to end, and kills it after that. Gives the code that it ended with by itself.
fn reap(mut child: Child, wait: Duration) -> Option<i32> {
    let until = Instant::now() + wait;
    while Instant::now() < until {
        match child.try_wait() {
            Ok(None) => std::thread::sleep(LOOK_EVERY),
            Ok(Some(status)) => return status.code(),
            Err(_) => break,
        }
    }
    let _ = child.kill();
    let _ = child.wait();
    None
}

fn thread(work: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    std::thread::Builder::new().name("here".into()).spawn(work).map(drop)
}

/// Lines of a log, each cut to [`LINE_MAX`], without empty ones.
fn lines(from: impl Read) -> impl Iterator<Item = String> {
    let mut from = BufReader::new(from);
    let next = move || {
        let mut line = Vec::new();
        match from.by_ref().take(LINE_MAX).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(String::from_utf8_lossy(&line).trim().to_owned()),
        }
    };
    std::iter::from_fn(next).filter(|line| !line.is_empty())
}

/// A program of the console would open one of its own over the window.
fn without_console(command: &mut Command) {
    #[cfg(windows)]
    {
        /// CREATE_NO_WINDOW of the Windows API.
        const NO_WINDOW: u32 = 0x0800_0000;
        std::os::windows::process::CommandExt::creation_flags(command, NO_WINDOW);
    }
    #[cfg(not(windows))]
    let _ = command;
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str) -> Result<(Announcement, Server), Failure> {
        Server::start(Command::new("sh").arg("-c").arg(script))
    }

    const READY: &str = "{\"instructor\": \"lectern://127.0.0.1:5511/class?key=AQEBAQEBAQEBAQEBAQEBAQ#AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI\", \"password\": \"p\", \"more\": 1}";

    #[test]
    fn it_is_told_to_end_by_the_end_of_its_input_and_what_it_said_is_kept() {
        let (announced, mut server) = shell(&format!("echo '{READY}'; cat; echo done >&2; exit 3")).expect("ready");
        assert_eq!((announced.password.as_str(), announced.instructor.port), ("p", 5511));
        assert_eq!(server.ended(), None);
        drop(server.input.take());
        let ended = std::iter::repeat_with(|| server.ended()).find_map(|e| e).expect("ends");
        assert_eq!(ended, HereError::Failed("done".into()));
    }

    #[test]
    fn one_that_ends_before_it_is_ready_says_why() {
        let failure = shell("echo 'config.ini:3: [server] name: x; y' >&2; exit 2").expect_err("ends");
        assert_eq!((failure.code, failure.said.as_slice()), (Some(2), &["config.ini:3: [server] name: x; y".to_owned()][..]));
        let failure = shell("echo nonsense; cat").expect_err("says nothing that is an announcement");
        assert_eq!(failure.code, Some(0));
    }

    #[test]
    fn one_that_does_not_end_is_killed() {
        let (_, server) = shell(&format!("echo '{READY}'; exec sleep 1000")).expect("ready");
        let pid = server.child.as_ref().map(Child::id).expect("runs");
        server.end(Duration::from_millis(50));
        assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists());
    }
}
