//! Sending a file.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use lectern_proto::arq::Settings;
use lectern_proto::arq::packet::{Body, Packet, Start};
use lectern_proto::arq::transfer::{Sending, Stage};
use lectern_proto::hex;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::file::Source;
use super::line::Line;
use super::report::{Seen, SendReport, Theory, rate};
use super::{LabError, give_up};

/// What is sent, and how.
#[derive(Debug, Clone)]
pub struct SendOptions {
    pub to: SocketAddr,
    pub settings: Settings,
    /// Bytes of data in a packet.
    pub size: u16,
    /// The number of the transfer, drawn at random.
    pub transfer: u32,
    /// The probability that a data packet does not come whole, and that an acknowledgement does not, for the theory beside it.
    pub loss: f64,
    pub ack_loss: f64,
}

/// Sends a file over a line and waits until the receiver has compared its hash. The receiver is told when `stop` ends it early, or the file
/// cannot be read to its end.
///
/// # Errors
/// When the file cannot be read, nobody answers, the receiver refuses, or what it has is not the same.
pub async fn send(line: &mut Line, path: &Path, options: SendOptions, stop: CancellationToken) -> Result<SendReport, LabError> {
    let SendOptions { to, settings, size, transfer, .. } = options;
    let (mut source, length) = Source::open(path, usize::from(size))?;
    let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let name = if Start::is_name(&name) { name } else { "file".to_owned() };
    let began = Instant::now();
    let mut sending = Sending::new(Duration::ZERO, transfer, settings, name, length, size)?;
    let (mut inbox, mut sha256) = (Vec::new(), None);
    // From the first data packet to the last acknowledgement.
    let (mut first, mut last) = (None, Duration::ZERO);
    loop {
        let mut is_free = line.flush();
        let now = began.elapsed();
        sending.on_timeout(now);
        while sending.room() > 0 {
            let Some(payload) = sending.wants().and_then(|(_, length)| source.next(length)) else { break };
            if sending.push(payload).is_err() {
                break;
            }
        }
        while is_free && let Some(packet) = sending.poll_transmit(now) {
            if matches!(packet.body, Body::Data(_)) {
                first.get_or_insert(now);
            }
            is_free = line.send(to, &packet);
        }
        is_free &= line.flush();
        match sending.stage() {
            Stage::Done(finished) => {
                let since = |time: Duration| time.saturating_sub(first.unwrap_or(time));
                let (counters, impaired) = (sending.sender().counters(), line.impaired());
                let seen = Seen { counters, finished, impaired, took: since(last), compared: since(now) };
                return finish(&sending, &options, &seen, sha256.unwrap_or_default());
            }
            Stage::Failed(failure) => {
                return Err(line.take_error().map_or(LabError::Failed(failure), |error| LabError::NotSent { failure, error }));
            }
            Stage::Starting | Stage::Running | Stage::Finishing => {}
        }
        let due = sending.poll_timeout();
        let wants_more = if source.has_more() { sending.room() > 0 } else { sha256.is_none() };
        tokio::select! {
            () = stop.cancelled() => {
                give_up(line, to, transfer);
                return Err(LabError::Stopped);
            }
            ready = line.readable() => if ready.is_ok() && line.receive(&mut inbox) {
                let now = began.elapsed();
                for (from, datagram) in inbox.drain(..) {
                    match Packet::read(&datagram) {
                        Ok(packet) if from == to => {
                            let is_running = sending.stage() == Stage::Running;
                            sending.handle(now, &packet);
                            if is_running {
                                last = now;
                            }
                        }
                        Ok(_) => {}
                        Err(error) if from == to => sending.note_damaged(&error),
                        Err(_) => {}
                    }
                }
            },
            _ = line.writable(), if !is_free => {}
            more = source.more(), if wants_more => match more {
                Ok(None) => {}
                Ok(Some(hash)) => {
                    sending.set_hash(hash);
                    sha256 = Some(hash);
                }
                Err(error) => {
                    give_up(line, to, transfer);
                    return Err(error);
                }
            },
            () = sleep_until(began + due.unwrap_or_default()), if due.is_some() => {}
        }
    }
}

fn finish(sending: &Sending, options: &SendOptions, seen: &Seen, sha256: [u8; 32]) -> Result<SendReport, LabError> {
    let (start, sender) = (sending.start(), sending.sender());
    let sent = seen.counters.packets * u64::from(start.payload);
    let round_trip = sender.round_trip().measured().map(|(smooth, _)| smooth);
    let report = SendReport {
        sent: start.name.clone(),
        bytes: start.length,
        sha256: hex::write(&sha256),
        same: seen.finished.same,
        to: options.to,
        path: "direct",
        settings: *sender.settings(),
        size: start.payload,
        packets: seen.counters.packets,
        retransmissions: seen.counters.again,
        lost_by_timeout: seen.counters.timeouts,
        lost_by_overtaking: seen.counters.overtaken,
        acks: seen.counters.acks,
        duplicates: seen.finished.duplicates,
        damaged: seen.counters.damaged + u64::from(seen.finished.damaged),
        outgoing: seen.impaired.0,
        incoming: seen.impaired.1,
        time_s: seen.took.as_secs_f64(),
        compared_s: seen.compared.as_secs_f64(),
        goodput_bps: rate(start.length, seen.took),
        efficiency: if sent == 0 { 1.0 } else { start.length as f64 / sent as f64 },
        round_trip_ms: round_trip.map(|trip| trip.as_secs_f64() * 1e3),
        theory: Theory::of(sender.settings(), start.length.div_ceil(u64::from(start.payload)), options.loss, options.ack_loss, round_trip),
    };
    Ok(report)
}
