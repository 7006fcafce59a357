//! Receiving a file.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use lectern_proto::arq::packet::{Body, Packet, Refusal, Start};
use lectern_proto::arq::transfer::{Receiving, Stage};
use lectern_proto::hex;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::arranged::Arranged;
use super::file::Sink;
use super::line::Line;
use super::report::{ReceiveReport, rate};
use super::{LabError, give_up};

/// A transfer that began.
struct Transfer {
    from: SocketAddr,
    /// How its packets come.
    path: &'static str,
    number: u32,
    core: Receiving,
    sink: Sink,
    /// The sink has all.
    is_closed: bool,
    sha256: Option<[u8; 32]>,
    first: Option<Duration>,
    last: Duration,
}

/// Receives one file over a line: the first that somebody offers. It is written beside `out` and takes its place once it is proven to be
/// what was sent. `done` is called with the report as soon as that is so; this returns when the sender knows it as well, or gave up
/// asking. `stop` ends it early.
///
/// # Errors
/// When the file cannot be written, the sender falls silent, or what came is not what was sent.
pub async fn receive(line: &mut Line, out: &Path, stop: CancellationToken, done: impl FnMut(&ReceiveReport)) -> Result<ReceiveReport, LabError> {
    receive_from(line, None, out, stop, done).await
}

/// The same from the one whom the server named.
pub(super) async fn receive_from(
    line: &mut Line,
    mut arranged: Option<Arranged>,
    out: &Path,
    stop: CancellationToken,
    mut done: impl FnMut(&ReceiveReport),
) -> Result<ReceiveReport, LabError> {
    let began = Instant::now();
    let (mut transfer, mut inbox) = (None::<Transfer>, Vec::new());
    let mut outcome: Option<Result<ReceiveReport, LabError>> = None;
    loop {
        let mut is_free = line.flush();
        let now = began.elapsed();
        if let Some(arranged) = &mut arranged {
            arranged.transmit(line);
            if transfer.is_none() && arranged.is_over() {
                return Err(LabError::NoWay);
            }
        }
        if let Some(t) = &mut transfer {
            t.core.on_timeout(now);
            if let Err(error) = t.deliver(now).await {
                give_up(line, t.from, t.number);
                return Err(error);
            }
            while is_free && let Some(packet) = t.core.poll_transmit() {
                is_free = line.send(t.from, &packet);
            }
            is_free &= line.flush();
            match t.core.stage() {
                Stage::Failed(failure) => {
                    t.sink.discard();
                    return Err(LabError::Failed(failure));
                }
                Stage::Done(finished) if outcome.is_none() => {
                    outcome = Some(if finished.same {
                        t.sink.keep()?;
                        let report = t.report(out, line, now);
                        done(&report);
                        Ok(report)
                    } else {
                        Err(LabError::Differs(t.sink.part().to_owned()))
                    });
                }
                _ => {}
            }
            // The sender is told once more as long as it asks.
            if let Some(outcome) = outcome.take_if(|_| t.core.may_close(now)) {
                return outcome;
            }
        }
        let due = transfer.as_ref().and_then(|t| t.core.poll_timeout());
        let meeting = arranged.as_ref().filter(|_| transfer.is_none()).and_then(Arranged::poll_timeout);
        let hashes = transfer.as_ref().is_some_and(|t| t.is_closed && t.sha256.is_none());
        tokio::select! {
            () = stop.cancelled() => {
                if let Some(t) = transfer.as_ref().filter(|t| !t.core.stage().is_over()) {
                    give_up(line, t.from, t.number);
                    t.sink.discard();
                }
                return outcome.unwrap_or(Err(LabError::Stopped));
            }
            ready = line.readable() => if ready.is_ok() && line.receive(&mut inbox) {
                let now = began.elapsed();
                if let Some(arranged) = &mut arranged {
                    arranged.hear(line);
                }
                for (from, datagram) in inbox.drain(..) {
                    let packet = Packet::read(&datagram);
                    if let (Some(arranged), Ok(packet)) = (&mut arranged, &packet)
                        && !arranged.admits(from, packet)
                    {
                        continue;
                    }
                    match (packet, &mut transfer) {
                        (Ok(packet), Some(t)) if t.from == from && t.number == packet.transfer => t.handle(now, &packet),
                        (Ok(Packet { transfer: number, body: Body::Start(start) }), other) => {
                            let answer = match other {
                                Some(_) => Err(Refusal::Busy),
                                None => Receiving::new(now, number, start),
                            };
                            match answer {
                                Ok(core) => {
                                    let path = arranged.as_ref().map_or("direct", |arranged| arranged.path(from));
                                    match Transfer::new((from, path), number, core, out) {
                                        Ok(new) => transfer = Some(new),
                                        Err(error) => {
                                            give_up(line, from, number);
                                            return Err(error);
                                        }
                                    }
                                }
                                Err(refusal) => _ = line.send(from, &Packet { transfer: number, body: Body::Refuse(refusal) }),
                            }
                        }
                        (Err(error), Some(t)) if t.from == from => t.core.note_damaged(&error),
                        _ => {}
                    }
                }
            },
            _ = line.writable(), if !is_free => {}
            hash = hash(&mut transfer), if hashes => if let Some(t) = &mut transfer {
                match hash {
                    Ok(hash) => t.set_hash(hash),
                    Err(error) => {
                        give_up(line, t.from, t.number);
                        return Err(error);
                    }
                }
            },
            () = sleep_until(began + due.unwrap_or_default()), if due.is_some() => {}
            () = sleep_until(meeting.unwrap_or(began)), if meeting.is_some() => {}
        }
    }
}

/// Waits for the hash of all that came.
async fn hash(transfer: &mut Option<Transfer>) -> Result<[u8; 32], LabError> {
    match transfer {
        Some(transfer) => transfer.sink.hash().await,
        None => std::future::pending().await,
    }
}

impl Transfer {
    fn new((from, path): (SocketAddr, &'static str), number: u32, core: Receiving, out: &Path) -> Result<Self, LabError> {
        Ok(Self { from, path, number, core, sink: Sink::create(out)?, is_closed: false, sha256: None, first: None, last: Duration::ZERO })
    }

    fn handle(&mut self, now: Duration, packet: &Packet) {
        if matches!(packet.body, Body::Data(_)) {
            self.first.get_or_insert(now);
        }
        self.core.handle(now, packet);
    }

    fn set_hash(&mut self, hash: [u8; 32]) {
        self.core.set_hash(hash);
        self.sha256 = Some(hash);
    }

    /// Hands what came in order to the disk.
    async fn deliver(&mut self, now: Duration) -> Result<(), LabError> {
        let payloads: Vec<_> = std::iter::from_fn(|| self.core.poll_deliver()).collect();
        if !payloads.is_empty() {
            self.last = now;
            self.sink.write(payloads).await?;
        }
        if self.core.is_whole() && !self.is_closed {
            self.is_closed = true;
            self.sink.write(Vec::new()).await?;
        }
        Ok(())
    }

    fn report(&self, out: &Path, line: &Line, now: Duration) -> ReceiveReport {
        let (start, counters): (&Start, _) = (self.core.start(), self.core.receiver().counters());
        let took = self.last.saturating_sub(self.first.unwrap_or(self.last));
        let (outgoing, incoming) = line.impaired();
        ReceiveReport {
            received: start.name.clone(),
            kept_as: out.display().to_string(),
            bytes: self.core.bytes(),
            sha256: hex::write(&self.sha256.unwrap_or_default()),
            same: true,
            from: self.from,
            path: self.path,
            protocol: start.protocol.short(),
            window: start.window,
            size: start.payload,
            packets: counters.packets,
            duplicates: counters.duplicates,
            needless: counters.needless,
            kept: counters.kept,
            discarded: counters.discarded,
            acks: counters.acks,
            damaged: counters.damaged,
            outgoing,
            incoming,
            time_s: took.as_secs_f64(),
            compared_s: now.saturating_sub(self.first.unwrap_or(now)).as_secs_f64(),
            goodput_bps: rate(self.core.bytes(), took),
        }
    }
}
