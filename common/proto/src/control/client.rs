//! The client's side of one control connection, without a socket.
//!
//! The mirror of `server`: says hello by itself, then `login`, then requests. Keeps the connection alive with pings,
//! measures the round trip by them, and notices when the server is gone.

use std::collections::VecDeque;
use std::time::Duration;

use super::ControlError;
use super::hello::{HelloReply, HelloRequest, MAGIC, VERSION, VERSION_MIN, Welcome};
use super::messages::{Event, LoginReply, LoginRequest, Request};
use crate::framing::{FrameReader, frame};
use crate::limits::{PING_EVERY, SERVER_MESSAGE_MAX, SILENCE_MAX};
use crate::wire;

/// What the server says.
#[derive(Debug, PartialEq)]
pub enum Output {
    /// Follow with [`ClientCore::login`].
    Welcome(Welcome),
    Login(LoginReply),
    Event(Event),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Hello,
    Login,
    Joined,
}

/// One control connection as the client sees it.
#[derive(Debug)]
pub struct ClientCore {
    phase: Phase,
    reader: FrameReader,
    out: VecDeque<Vec<u8>>,
    heard_at: Duration,
    ping_at: Duration,
    ping: Option<(u64, Duration)>,
    pings: u64,
    round_trip: Option<Duration>,
}

impl ClientCore {
    /// A connection that was made at `now`; its hello is ready to be sent.
    #[must_use]
    pub fn new(now: Duration, agent: &str) -> Self {
        let hello = HelloRequest { magic: MAGIC, version_min: VERSION_MIN, version_max: VERSION, agent: agent.to_owned() };
        Self {
            phase: Phase::Hello,
            reader: FrameReader::default(),
            out: VecDeque::from([frame(&wire::encode(&hello))]),
            heard_at: now,
            ping_at: now + PING_EVERY,
            ping: None,
            pings: 0,
            round_trip: None,
        }
    }

    /// Takes bytes from the server. Follow with [`Self::poll_output`] until it is empty.
    pub fn receive(&mut self, now: Duration, bytes: &[u8]) {
        self.heard_at = now;
        self.reader.push(bytes);
    }

    /// The next thing the server said.
    ///
    /// # Errors
    /// [`ControlError`]: close the connection.
    pub fn poll_output(&mut self, now: Duration) -> Result<Option<Output>, ControlError> {
        let Some(body) = self.reader.next_frame(SERVER_MESSAGE_MAX)? else { return Ok(None) };
        Ok(Some(match self.phase {
            Phase::Hello => match wire::decode(&body)? {
                HelloReply::Welcome(welcome) => {
                    self.phase = Phase::Login;
                    Output::Welcome(welcome)
                }
                HelloReply::Refused { version_min, version_max, agent } => return Err(ControlError::Version { version_min, version_max, agent }),
            },
            Phase::Login => {
                let reply = wire::decode(&body)?;
                if matches!(reply, LoginReply::Joined(_)) {
                    self.phase = Phase::Joined;
                    self.ping_at = now;
                }
                Output::Login(reply)
            }
            Phase::Joined => {
                let event = wire::decode(&body)?;
                if let (Event::Pong { id, .. }, Some((sent, at))) = (&event, self.ping)
                    && *id == sent
                {
                    self.round_trip = Some(now.saturating_sub(at));
                    self.ping = None;
                }
                Output::Event(event)
            }
        }))
    }

    /// Asks to be let in.
    pub fn login(&mut self, login: &LoginRequest) {
        debug_assert_eq!(self.phase, Phase::Login);
        self.out.push_back(frame(&wire::encode(login)));
    }

    /// Sends a request of a joined client.
    pub fn request(&mut self, request: &Request) {
        debug_assert_eq!(self.phase, Phase::Joined);
        self.out.push_back(frame(&wire::encode(request)));
    }

    /// The last measured round trip of a ping.
    #[must_use]
    pub fn round_trip(&self) -> Option<Duration> {
        self.round_trip
    }

    /// When [`Self::handle_timeout`] is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Duration {
        let gone = self.heard_at + SILENCE_MAX;
        if self.phase == Phase::Joined { gone.min(self.ping_at) } else { gone }
    }

    /// Sends a ping when one is due.
    ///
    /// # Errors
    /// [`ControlError::Silence`] when the server said nothing for too long.
    pub fn handle_timeout(&mut self, now: Duration) -> Result<(), ControlError> {
        if now >= self.heard_at + SILENCE_MAX {
            return Err(ControlError::Silence(SILENCE_MAX.as_secs()));
        }
        if self.phase == Phase::Joined && now >= self.ping_at {
            self.pings += 1;
            self.ping = Some((self.pings, now));
            self.ping_at = now + PING_EVERY;
            self.request(&Request::Ping { id: self.pings });
        }
        Ok(())
    }

    /// The next bytes for the server.
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        self.out.pop_front()
    }
}
