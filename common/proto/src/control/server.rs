//! The server's side of one control connection, without a socket.
//!
//! `hello → login → joined`. The owner feeds bytes and the time, acts on [`Input`]s (checks the password, asks the room)
//! and calls `refuse`, `join` and `send`; bytes for the peer come out of `poll_transmit`.

use std::collections::VecDeque;
use std::time::Duration;

use super::ControlError;
use super::hello::{HelloReply, HelloRequest, MAGIC, VERSION, VERSION_MIN, Welcome};
use super::messages::{Event, Joined, LoginRefusal, LoginReply, LoginRequest, Request};
use crate::framing::{FrameReader, frame};
use crate::handout::{Ask, HandOutRequest};
use crate::limits::{AGENT_MAX, CLIENT_MESSAGE_MAX, HELLO_MAX, HELLO_WAIT, LOGIN_WAIT, PING_EVERY, REQUEST_BURST, REQUESTS_PER_S, SILENCE_MAX};
use crate::rate::TokenBucket;
use crate::wire;

/// What a client asks of the server.
#[derive(Debug, PartialEq)]
pub enum Input {
    /// Answer with [`ServerCore::join`] or [`ServerCore::refuse`].
    Login(LoginRequest),
    Request(Request),
    /// The connection is not a session: answer as [`crate::handout`] says, and close.
    HandOut(Ask),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Hello,
    Login,
    /// A login is being checked; what the client sends meanwhile waits unread.
    Checking,
    /// It was right, and the person waits to be admitted since this time.
    Waiting(Duration),
    Joined,
    /// Everything that is to be said has been said.
    Ended,
}

/// One control connection as the server sees it. Times are durations since the server's start.
#[derive(Debug)]
pub struct ServerCore {
    phase: Phase,
    reader: FrameReader,
    out: VecDeque<Vec<u8>>,
    server_name: String,
    agent: String,
    boot_id: u64,
    deadline: Duration,
    bucket: TokenBucket,
}

impl ServerCore {
    /// A connection that was accepted at `now`.
    #[must_use]
    pub fn new(now: Duration, server_name: &str, agent: &str, boot_id: u64) -> Self {
        Self {
            phase: Phase::Hello,
            reader: FrameReader::default(),
            out: VecDeque::new(),
            server_name: server_name.to_owned(),
            agent: agent.to_owned(),
            boot_id,
            deadline: now + HELLO_WAIT,
            bucket: TokenBucket::new(REQUESTS_PER_S, REQUEST_BURST),
        }
    }

    /// Takes bytes from the peer. Follow with [`Self::poll_input`] until it is empty.
    pub fn receive(&mut self, bytes: &[u8]) {
        self.reader.push(bytes);
    }

    /// The next thing the client asks, if a whole message has come.
    ///
    /// # Errors
    /// [`ControlError`]: send what `poll_transmit` still holds, then close.
    pub fn poll_input(&mut self, now: Duration) -> Result<Option<Input>, ControlError> {
        loop {
            let limit = match self.phase {
                Phase::Hello => HELLO_MAX,
                Phase::Login | Phase::Joined => CLIENT_MESSAGE_MAX,
                // One login at a time: a peer cannot make the hashing queue longer by sending ahead.
                Phase::Checking | Phase::Waiting(_) if self.reader.buffered() > CLIENT_MESSAGE_MAX => return Err(ControlError::Flood),
                Phase::Checking | Phase::Waiting(_) | Phase::Ended => return Ok(None),
            };
            let Some(body) = self.reader.next_frame(limit)? else { return Ok(None) };
            match self.phase {
                Phase::Hello => {
                    if let Some(request) = HandOutRequest::read(&body)? {
                        self.phase = Phase::Ended;
                        return Ok(Some(Input::HandOut(request.ask)));
                    }
                    self.hello(now, &body)?;
                }
                Phase::Login => {
                    let login = wire::decode(&body)?;
                    self.phase = Phase::Checking;
                    return Ok(Some(Input::Login(login)));
                }
                _ => {
                    if !self.bucket.take(now) {
                        return Err(ControlError::Flood);
                    }
                    let request = wire::decode(&body)?;
                    self.deadline = now + SILENCE_MAX;
                    return Ok(Some(Input::Request(request)));
                }
            }
        }
    }

    fn hello(&mut self, now: Duration, body: &[u8]) -> Result<(), ControlError> {
        let hello: HelloRequest = wire::decode_prefix(body).map_err(|_| ControlError::Magic)?;
        if hello.magic != MAGIC || hello.agent.len() > AGENT_MAX {
            return Err(ControlError::Magic);
        }
        let version = VERSION.min(hello.version_max);
        if version < VERSION_MIN || version < hello.version_min {
            self.push(&HelloReply::Refused { version_min: VERSION_MIN, version_max: VERSION, agent: self.agent.clone() });
            self.phase = Phase::Ended;
            return Err(ControlError::Version { version_min: hello.version_min, version_max: hello.version_max, agent: hello.agent });
        }
        self.push(&HelloReply::Welcome(Welcome { version, server_name: self.server_name.clone(), agent: self.agent.clone(), boot_id: self.boot_id }));
        self.phase = Phase::Login;
        self.deadline = now + LOGIN_WAIT;
        Ok(())
    }

    /// Refuses the login that is being checked; the client may try again.
    pub fn refuse(&mut self, now: Duration, why: LoginRefusal) {
        debug_assert!(self.is_checking());
        self.push(&LoginReply::Refused(why));
        self.phase = Phase::Login;
        self.deadline = now + LOGIN_WAIT;
    }

    /// The login was right, and the client waits to be admitted: it is told so, and again while it lasts.
    pub fn wait(&mut self, now: Duration) {
        debug_assert_eq!(self.phase, Phase::Checking);
        self.phase = Phase::Waiting(now);
        self.say_waiting(now, now);
    }

    fn say_waiting(&mut self, now: Duration, since: Duration) {
        let us = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.push(&LoginReply::Waiting { since_us: us(since), server_time_us: us(now) });
        self.deadline = now + PING_EVERY;
    }

    fn is_checking(&self) -> bool {
        matches!(self.phase, Phase::Checking | Phase::Waiting(_))
    }

    /// Lets the client in.
    pub fn join(&mut self, now: Duration, joined: Joined) {
        debug_assert!(self.is_checking());
        self.push(&LoginReply::Joined(Box::new(joined)));
        self.phase = Phase::Joined;
        self.deadline = now + SILENCE_MAX;
    }

    /// Queues an event for a joined client.
    pub fn send(&mut self, event: &Event) {
        debug_assert_eq!(self.phase, Phase::Joined);
        self.push(event);
        if matches!(event, Event::Closing(_)) {
            self.phase = Phase::Ended;
        }
    }

    /// Whether the client is in the room.
    #[must_use]
    pub fn is_joined(&self) -> bool {
        self.phase == Phase::Joined
    }

    /// Whether nothing more will be received.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.phase == Phase::Ended
    }

    /// When [`Self::handle_timeout`] is due; none while a login is being checked (its checker has its own bound).
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        (!matches!(self.phase, Phase::Checking | Phase::Ended)).then_some(self.deadline)
    }

    /// Ends the connection when its peer was silent for too long.
    ///
    /// # Errors
    /// [`ControlError::Silence`] when the wait of the phase is over.
    pub fn handle_timeout(&mut self, now: Duration) -> Result<(), ControlError> {
        let wait = match self.phase {
            Phase::Hello => HELLO_WAIT,
            Phase::Login => LOGIN_WAIT,
            Phase::Joined => SILENCE_MAX,
            Phase::Waiting(since) => {
                if now >= self.deadline {
                    self.say_waiting(now, since);
                }
                return Ok(());
            }
            Phase::Checking | Phase::Ended => return Ok(()),
        };
        if now < self.deadline { Ok(()) } else { Err(ControlError::Silence(wait.as_secs())) }
    }

    /// The next bytes for the peer.
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        self.out.pop_front()
    }

    fn push<T: serde::Serialize>(&mut self, message: &T) {
        self.out.push_back(frame(&wire::encode(message)));
    }
}
