//! One run with a participant, by the cores of the labs: what comes is hashed and not kept, what goes follows from a seed.
//!
//! Packets come and go by the media port ([`crate::media::LabRuns`]). The line is the participant's to spoil.

use std::time::Duration;

use bytes::Bytes;
use lectern_proto::arq::Packet;
use lectern_proto::arq::packet::{Body, Finished};
use lectern_proto::arq::transfer::{PATIENCE, Receiving, Sending, Stage};
use lectern_proto::control::{RunId, RunOffer};
use lectern_proto::lab::class_run::Witness;
use lectern_proto::lab::random::Random;
use lectern_proto::limits::LAB_PARTNER_BYTES;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::clock::{Clock, sleep_until};
use crate::media::LabRuns;

/// Packets that are sent before it is looked what came.
const AT_ONCE: usize = 64;

/// What the server does in a run.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) run: RunId,
    /// Of the packets.
    pub(crate) transfer: u32,
    pub(crate) offer: RunOffer,
    /// The participant sends; else the server does, from the seed.
    pub(crate) takes: bool,
    pub(crate) seed: u64,
}

/// Plays it to its end, or until `stop`. Gives what was seen of a transfer that was taken to its end.
pub(crate) async fn take_part(part: Part, packets: mpsc::Receiver<Bytes>, runs: Arc<LabRuns>, clock: Clock, stop: CancellationToken) -> Option<Witness> {
    let mut witness = None;
    let played = async {
        if part.takes {
            take(&part, packets, &runs, clock, &mut witness).await;
        } else {
            send(&part, packets, &runs, clock).await;
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = played => {}
    }
    runs.close(part.run);
    witness
}

/// The next packet of the transfer; none when there will be none, or when `until` is over.
async fn next(packets: &mut mpsc::Receiver<Bytes>, transfer: u32, until: Option<tokio::time::Instant>) -> Option<Option<Packet>> {
    tokio::select! {
        packet = packets.recv() => Some(Packet::read(&packet?).ok().filter(|packet| packet.transfer == transfer)),
        () = sleep_until(until), if until.is_some() => Some(None),
    }
}

async fn take(part: &Part, mut packets: mpsc::Receiver<Bytes>, runs: &LabRuns, clock: Clock, witness: &mut Option<Witness>) {
    let began = clock.now();
    // Until the start comes, which says what the offer said.
    let mut receiving = loop {
        let until = clock.at(began + PATIENCE);
        let Some(packet) = next(&mut packets, part.transfer, Some(until)).await else { return };
        match packet {
            Some(Packet { transfer, body: Body::Start(start) }) if start.length <= LAB_PARTNER_BYTES && start.window <= part.offer.settings.window => {
                match Receiving::new(clock.now(), transfer, start) {
                    Ok(receiving) => break receiving,
                    Err(refusal) => {
                        runs.send(clock.now(), part.run, &Packet { transfer, body: Body::Refuse(refusal) }.to_vec());
                        return;
                    }
                }
            }
            _ if clock.now() >= began + PATIENCE => return,
            _ => {}
        }
    };
    let (mut hasher, mut is_hashed) = (Sha256::new(), false);
    loop {
        let now = clock.now();
        receiving.on_timeout(now);
        while let Some(payload) = receiving.poll_deliver() {
            hasher.update(&payload);
        }
        if receiving.is_whole() && !is_hashed {
            is_hashed = true;
            receiving.set_hash(std::mem::take(&mut hasher).finalize().into());
        }
        while let Some(packet) = receiving.poll_transmit() {
            if !runs.send(now, part.run, &packet.to_vec()) {
                return;
            }
        }
        if let Stage::Done(Finished { same, damaged, packets, duplicates }) = receiving.stage() {
            *witness = Some(Witness { packets, duplicates, damaged: damaged.into(), same });
        }
        if receiving.may_close(now) {
            return;
        }
        let Some(packet) = next(&mut packets, part.transfer, receiving.poll_timeout().map(|at| clock.at(at))).await else { return };
        if let Some(packet) = packet {
            receiving.handle(clock.now(), &packet);
        }
    }
}

async fn send(part: &Part, mut packets: mpsc::Receiver<Bytes>, runs: &LabRuns, clock: Clock) {
    let RunOffer { name, bytes, settings, payload, .. } = part.offer.clone();
    let Ok(mut sending) = Sending::new(clock.now(), part.transfer, settings, name, bytes, payload) else { return };
    let (mut made, mut hasher) = (Made::new(part.seed, bytes), Sha256::new());
    let mut is_hashed = false;
    loop {
        let now = clock.now();
        sending.on_timeout(now);
        while sending.room() > 0
            && let Some((_, length)) = sending.wants()
        {
            let payload = made.next(length);
            hasher.update(&payload);
            if sending.push(payload).is_err() {
                return;
            }
        }
        if sending.wants().is_none() && !is_hashed {
            is_hashed = true;
            sending.set_hash(std::mem::take(&mut hasher).finalize().into());
        }
        let mut sent = 0;
        while sent < AT_ONCE
            && let Some(packet) = sending.poll_transmit(now)
        {
            sent += 1;
            if !runs.send(now, part.run, &packet.to_vec()) {
                return;
            }
        }
        if sending.stage().is_over() {
            return;
        }
        // The rest of the window follows when somebody else has had a turn.
        let due = if sent == AT_ONCE { Some(now + Duration::from_micros(200)) } else { sending.poll_timeout() };
        let Some(packet) = next(&mut packets, part.transfer, due.map(|at| clock.at(at))).await else { return };
        if let Some(packet) = packet {
            sending.handle(clock.now(), &packet);
        }
    }
}

/// Bytes that follow from a seed: those that [`Random::fill`] gives for all of them at once.
struct Made {
    random: Random,
    block: Bytes,
    left: u64,
}

impl Made {
    /// A whole number of the generator's steps.
    const BLOCK: usize = 64 * 1024;

    fn new(seed: u64, bytes: u64) -> Self {
        Self { random: Random::seeded(seed), block: Bytes::new(), left: bytes }
    }

    fn next(&mut self, length: usize) -> Bytes {
        if self.block.len() >= length {
            return self.block.split_to(length);
        }
        let mut all = self.block.to_vec();
        while all.len() < length && self.left > 0 {
            let mut block = vec![0; usize::try_from(self.left).unwrap_or(usize::MAX).min(Self::BLOCK)];
            self.left -= block.len() as u64;
            self.random.fill(&mut block);
            all.extend_from_slice(&block);
        }
        self.block = all.into();
        self.block.split_to(length.min(self.block.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_is_what_the_seed_fills() {
        for (bytes, piece) in [(10, 3), (200_001, 1_200), (64 * 1024, 64 * 1024)] {
            let mut whole = vec![0; bytes];
            Random::seeded(9).fill(&mut whole);
            let mut made = Made::new(9, bytes as u64);
            let pieces: Vec<_> = whole.chunks(piece).map(|part| made.next(part.len())).collect();
            assert_eq!(pieces.concat(), whole);
        }
    }
}
