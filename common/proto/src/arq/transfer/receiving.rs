//! The side that gets the file.

use std::time::Duration;

use bytes::Bytes;

use super::super::packet::{Accept, Body, Finished, Packet, PacketError, Refusal, Start};
use super::super::receiver::Receiver;
use super::super::sequence::Settings;
use super::{Failure, LINGER, PATIENCE, Stage};
use crate::limits::ARQ_HELD_MAX;

/// A transfer as its receiver sees it.
#[derive(Debug)]
pub struct Receiving {
    transfer: u32,
    start: Start,
    receiver: Receiver,
    stage: Stage,
    /// Bytes that came in order.
    bytes: u64,
    damaged: u32,
    owes_accept: bool,
    owes_finished: bool,
    /// SHA-256 as the sender says, and of what came.
    said: Option<[u8; 32]>,
    hash: Option<[u8; 32]>,
    heard: Duration,
}

impl Receiving {
    /// Takes the transfer that begins with this start.
    ///
    /// # Errors
    /// What to answer instead (with [`Body::Refuse`]): the window or the packets are more than this side will hold.
    pub fn new(now: Duration, transfer: u32, start: Start) -> Result<Self, Refusal> {
        if u64::from(start.window) * u64::from(start.payload) > ARQ_HELD_MAX {
            return Err(Refusal::Settings);
        }
        // A window that is too large on purpose is the sender's to answer for; its hash will tell.
        let settings = Settings { space: start.space, unsafe_window: true, ..Settings::new(start.protocol, start.window) };
        let receiver = Receiver::new(settings).map_err(|_| Refusal::Settings)?;
        Ok(Self {
            transfer,
            start,
            receiver,
            stage: Stage::Running,
            bytes: 0,
            damaged: 0,
            owes_accept: true,
            owes_finished: false,
            said: None,
            hash: None,
            heard: now,
        })
    }

    /// Takes what came. Packets of other transfers are passed over.
    pub fn handle(&mut self, now: Duration, packet: &Packet) {
        if packet.transfer != self.transfer || matches!(self.stage, Stage::Failed(_)) {
            return;
        }
        match &packet.body {
            Body::Start(start) if *start == self.start => self.owes_accept = true,
            Body::Data(data) if data.payload.len() <= usize::from(self.start.payload) => _ = self.receiver.handle(data),
            Body::Finish(finish) => {
                self.said = Some(finish.hash);
                self.owes_finished = true;
                // The sender has every acknowledgement, yet not all is here: this will not be whole any more.
                if self.receiver.counters().bytes < self.start.length {
                    self.conclude(false);
                }
                self.compare();
                // All came, yet it is still written and hashed: the sender hears that we are here.
                if !self.stage.is_over() {
                    self.receiver.owe();
                }
            }
            Body::Refuse(refusal) => self.stage = Stage::Failed((*refusal).into()),
            _ => return,
        }
        self.heard = now;
    }

    /// What came could not be read.
    pub const fn note_damaged(&mut self, _: &PacketError) {
        self.damaged = self.damaged.saturating_add(1);
        self.receiver.note_damaged();
    }

    /// The next payload, in order; never more in all than the start said.
    pub fn poll_deliver(&mut self) -> Option<Bytes> {
        let mut payload = self.receiver.poll_deliver()?;
        payload.truncate(usize::try_from(self.start.length - self.bytes).unwrap_or(usize::MAX));
        self.bytes += payload.len() as u64;
        if self.is_whole() && self.stage == Stage::Running {
            self.stage = Stage::Finishing;
        }
        (!payload.is_empty()).then_some(payload)
    }

    /// Whether all bytes were given by [`Self::poll_deliver`]; then the caller tells their hash by [`Self::set_hash`].
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.bytes == self.start.length
    }

    /// Tells the SHA-256 of all that was given.
    pub fn set_hash(&mut self, hash: [u8; 32]) {
        self.hash = Some(hash);
        self.compare();
    }

    fn compare(&mut self) {
        if let (Some(hash), Some(said), true) = (self.hash, self.said, self.is_whole()) {
            self.conclude(hash == said);
        }
    }

    fn conclude(&mut self, same: bool) {
        if !self.stage.is_over() {
            let counters = self.receiver.counters();
            self.stage = Stage::Done(Finished { same, damaged: self.damaged, packets: counters.packets, duplicates: counters.duplicates });
        }
    }

    /// The next packet to send, if there is one.
    pub fn poll_transmit(&mut self) -> Option<Packet> {
        let body = if std::mem::take(&mut self.owes_accept) {
            Body::Accept(Accept)
        } else if let (Stage::Done(finished), true) = (self.stage, self.owes_finished) {
            self.owes_finished = false;
            Body::Finished(finished)
        } else {
            Body::Ack(self.receiver.poll_transmit()?)
        };
        Some(Packet { transfer: self.transfer, body })
    }

    /// When [`Self::on_timeout`] is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        match self.stage {
            Stage::Failed(_) => None,
            Stage::Done(_) => Some(self.heard + LINGER),
            _ => Some(self.heard + PATIENCE),
        }
    }

    /// Does what is due by now; may be called at any time.
    pub fn on_timeout(&mut self, now: Duration) {
        if !self.stage.is_over() && self.heard + PATIENCE <= now {
            self.stage = Stage::Failed(Failure::Silent);
        }
    }

    /// Whether it is over and also a repeated finish need not be answered any more.
    #[must_use]
    pub fn may_close(&self, now: Duration) -> bool {
        match self.stage {
            Stage::Failed(_) => true,
            Stage::Done(_) => self.heard + LINGER <= now,
            _ => false,
        }
    }

    /// How far it is.
    #[must_use]
    pub const fn stage(&self) -> Stage {
        self.stage
    }

    /// The receiver below, for its window and counters.
    #[must_use]
    pub const fn receiver(&self) -> &Receiver {
        &self.receiver
    }

    /// What was offered.
    #[must_use]
    pub const fn start(&self) -> &Start {
        &self.start
    }

    /// Bytes that were given.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }
}
