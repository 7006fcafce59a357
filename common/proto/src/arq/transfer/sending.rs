//! The side that has the file.

use std::time::Duration;

use bytes::Bytes;

use super::super::packet::{Body, Finish, Packet, PacketError, Start};
use super::super::sender::Sender;
use super::super::sequence::{Settings, SettingsError};
use super::{ASK_AGAIN, PATIENCE, Stage};

/// A transfer as its sender sees it.
#[derive(Debug)]
pub struct Sending {
    transfer: u32,
    start: Start,
    sender: Sender,
    stage: Stage,
    /// Bytes that were handed in.
    pushed: u64,
    hash: Option<[u8; 32]>,
    /// When start or finish was sent last; while only the hash is missing, when that was noticed or a start was sent again.
    asked: Option<Duration>,
    heard: Duration,
}

impl Sending {
    /// Offers a file of `length` bytes as `name`, in packets of `payload` bytes. `transfer` is drawn at random, so that packets of another
    /// one are not taken for this one's.
    ///
    /// # Errors
    /// When the settings cannot work.
    pub fn new(now: Duration, transfer: u32, settings: Settings, name: String, length: u64, payload: u16) -> Result<Self, SettingsError> {
        let mut sender = Sender::new(settings)?;
        if length == 0 {
            sender.end();
        }
        let start = Start { protocol: settings.protocol, space: settings.space, payload, window: settings.window, length, name };
        Ok(Self { transfer, start, sender, stage: Stage::Starting, pushed: 0, hash: None, asked: None, heard: now })
    }

    /// How many further payloads [`Self::push`] takes now.
    #[must_use]
    pub fn room(&self) -> usize {
        self.sender.room()
    }

    /// Where in the file the next payload begins, and how long it is; none when all was handed in.
    #[must_use]
    pub fn wants(&self) -> Option<(u64, usize)> {
        let left = self.start.length - self.pushed;
        (left > 0).then(|| (self.pushed, usize::try_from(left).unwrap_or(usize::MAX).min(usize::from(self.start.payload))))
    }

    /// Hands in the next payload, which is as long as [`Self::wants`] says; gives it back when there is no room for it or it is not so
    /// long.
    ///
    /// # Errors
    /// The payload.
    pub fn push(&mut self, payload: Bytes) -> Result<(), Bytes> {
        let length = payload.len();
        if self.wants().is_none_or(|(_, want)| want != length) {
            return Err(payload);
        }
        self.sender.push(payload)?;
        self.pushed += length as u64;
        if self.pushed == self.start.length {
            self.sender.end();
        }
        Ok(())
    }

    /// Tells the SHA-256 of the whole file, which the finish carries; without it there is none.
    pub const fn set_hash(&mut self, hash: [u8; 32]) {
        self.hash = Some(hash);
    }

    /// Takes what came. Packets of other transfers are passed over.
    pub fn handle(&mut self, now: Duration, packet: &Packet) {
        if packet.transfer != self.transfer || self.stage.is_over() {
            return;
        }
        match &packet.body {
            Body::Accept(_) if self.stage == Stage::Starting => (self.stage, self.asked) = (Stage::Running, None),
            Body::Refuse(refusal) => self.stage = Stage::Failed((*refusal).into()),
            Body::Ack(ack) if self.stage == Stage::Running => self.sender.handle(now, ack),
            Body::Finished(finished) if self.stage == Stage::Finishing => self.stage = Stage::Done(*finished),
            Body::Accept(_) | Body::Ack(_) | Body::Finished(_) => {}
            // These are not said by a receiver.
            Body::Start(_) | Body::Data(_) | Body::Finish(_) | Body::Probe(_) | Body::ProbeAnswer(_) => return,
        }
        self.heard = now;
        self.go_on();
    }

    /// What came could not be read.
    pub const fn note_damaged(&mut self, _: &PacketError) {
        self.sender.note_damaged();
    }

    /// The next packet to send, if there is one.
    pub fn poll_transmit(&mut self, now: Duration) -> Option<Packet> {
        self.go_on();
        let body = match self.stage {
            // All came, yet the hash is still reckoned: a start, which is answered at any time, tells the receiver that we are here.
            Stage::Running if self.sender.is_done() => {
                let asked = *self.asked.get_or_insert(now);
                (asked + ASK_AGAIN <= now).then(|| Body::Start(self.start.clone()))?
            }
            Stage::Running => Body::Data(self.sender.poll_transmit(now)?),
            Stage::Starting if self.is_due(now) => Body::Start(self.start.clone()),
            Stage::Finishing if self.is_due(now) => Body::Finish(Finish { hash: self.hash? }),
            _ => return None,
        };
        if !matches!(body, Body::Data(_)) {
            self.asked = Some(now);
        }
        Some(Packet { transfer: self.transfer, body })
    }

    fn is_due(&self, now: Duration) -> bool {
        self.asked.is_none_or(|asked| asked + ASK_AGAIN <= now)
    }

    /// When [`Self::on_timeout`] is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        let next = match self.stage {
            Stage::Starting | Stage::Finishing => self.asked.map(|asked| asked + ASK_AGAIN),
            Stage::Running if self.sender.is_done() => self.asked.map(|asked| asked + ASK_AGAIN),
            Stage::Running => self.sender.poll_timeout(),
            Stage::Done(_) | Stage::Failed(_) => return None,
        };
        let silent = self.heard + PATIENCE;
        Some(next.map_or(silent, |next| next.min(silent)))
    }

    /// Does what is due by now; may be called at any time. Follow with [`Self::poll_transmit`].
    pub fn on_timeout(&mut self, now: Duration) {
        if !self.stage.is_over() && self.heard + PATIENCE <= now {
            self.stage = Stage::Failed(super::Failure::Silent);
        }
        if self.stage == Stage::Running {
            self.sender.on_timeout(now);
        }
    }

    fn go_on(&mut self) {
        if self.stage == Stage::Running && self.sender.is_done() && self.hash.is_some() {
            (self.stage, self.asked) = (Stage::Finishing, None);
        }
    }

    /// How far it is.
    #[must_use]
    pub const fn stage(&self) -> Stage {
        self.stage
    }

    /// The sender below, for its window, counters and round trip.
    #[must_use]
    pub const fn sender(&self) -> &Sender {
        &self.sender
    }

    /// What was offered.
    #[must_use]
    pub const fn start(&self) -> &Start {
        &self.start
    }
}
