//! What came of a transfer, for people and as JSON.

use std::net::SocketAddr;
use std::time::Duration;

use lectern_proto::arq::packet::Finished;
use lectern_proto::arq::sender::SenderCounters;
use lectern_proto::arq::{Protocol, Settings};
use serde::Serialize;

use super::line::Impaired;

/// Bits a second.
pub(super) fn rate(bytes: u64, took: Duration) -> f64 {
    if took.is_zero() { 0.0 } else { bytes as f64 * 8.0 / took.as_secs_f64() }
}

/// What the sender saw.
#[derive(Debug, Clone, Serialize)]
pub struct SendReport {
    /// The file's name, its length and SHA-256 in hexadecimal.
    pub sent: String,
    pub bytes: u64,
    pub sha256: String,
    /// Whether the receiver has the same.
    pub same: bool,
    pub to: SocketAddr,
    /// How the packets went: `direct`, or `server` where it handed them on or was the other side.
    pub path: &'static str,
    #[serde(flatten)]
    pub settings: Settings,
    /// Bytes of data in a packet.
    pub size: u16,
    /// Data packets sent, and those of them that had been sent before.
    pub packets: u64,
    pub retransmissions: u64,
    /// Packets that were taken for lost by a time-out, and because later ones were acknowledged.
    pub lost_by_timeout: u64,
    pub lost_by_overtaking: u64,
    pub acks: u64,
    /// Packets that the receiver got twice, and that were damaged there or here.
    pub duplicates: u64,
    pub damaged: u64,
    /// What was done on purpose to what went, and to what came.
    pub outgoing: Impaired,
    pub incoming: Impaired,
    /// From the first packet of data to the last acknowledgement, and until the receiver had written all and compared the hashes.
    pub time_s: f64,
    pub compared_s: f64,
    /// Bits of the file a second.
    pub goodput_bps: f64,
    /// Bits of the file for each bit of data that was sent.
    pub efficiency: f64,
    /// The smoothed round trip (RFC 6298); null when no packet came through at the first try.
    pub round_trip_ms: Option<f64>,
    pub theory: Option<Theory>,
}

/// What the textbooks' formulas say for the same settings and what was lost and damaged on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Theory {
    /// Bits of the file for each bit of data that is sent.
    pub efficiency: f64,
    /// Packets to be sent, on average.
    pub packets: f64,
    /// The least time that window and round trip allow, however fast the line; null without a round trip.
    pub least_time_s: Option<f64>,
}

impl Theory {
    /// With `p` the probability that a data packet does not come whole, `q` that an acknowledgement does not, and W the window, the expected
    /// number of transmissions of a packet is (Leon-Garcia & Widjaja, *Communication Networks*, 5.2)
    ///
    /// - stop-and-wait: 1 / ((1 - p)(1 - q)), since each repeat answers the loss of either;
    /// - go-back-N: (1 - p + Wp) / (1 - p), since a loss repeats a whole window, and a later acknowledgement makes good a lost one;
    /// - selective repeat: 1 / (1 - p), likewise.
    ///
    /// None where nothing comes through.
    #[must_use]
    pub fn of(settings: &Settings, packets: u64, p: f64, q: f64, round_trip: Option<Duration>) -> Option<Self> {
        let window = f64::from(settings.window);
        let efficiency = match settings.protocol {
            Protocol::StopAndWait => (1.0 - p) * (1.0 - q),
            Protocol::GoBackN => (1.0 - p) / (1.0 - p + window * p),
            Protocol::SelectiveRepeat => 1.0 - p,
        };
        if efficiency <= 0.0 {
            return None;
        }
        let sent = packets as f64 / efficiency;
        let least_time_s = round_trip.map(|trip| (sent / window).ceil() * trip.as_secs_f64());
        Some(Self { efficiency, packets: sent, least_time_s })
    }
}

/// Counters of both sides, put together by the sender.
pub(super) struct Seen {
    pub(super) counters: SenderCounters,
    pub(super) finished: Finished,
    pub(super) impaired: (Impaired, Impaired),
    pub(super) took: Duration,
    pub(super) compared: Duration,
}

/// What the receiver saw.
#[derive(Debug, Clone, Serialize)]
pub struct ReceiveReport {
    /// The name that the sender gave it; it is kept where the receiver said.
    pub received: String,
    pub kept_as: String,
    pub bytes: u64,
    pub sha256: String,
    pub same: bool,
    pub from: SocketAddr,
    /// How the packets came: `direct` or `server`.
    pub path: &'static str,
    pub protocol: &'static str,
    pub window: u32,
    pub size: u16,
    /// Data packets that came undamaged, those that had come before, and those of these that the sender had repeated without need.
    pub packets: u64,
    pub duplicates: u64,
    pub needless: u64,
    /// Packets that came ahead of another and were kept, and those that were not.
    pub kept: u64,
    pub discarded: u64,
    pub acks: u64,
    pub damaged: u64,
    pub outgoing: Impaired,
    pub incoming: Impaired,
    /// From the first packet of data to the last, and until all was written and the hashes were compared.
    pub time_s: f64,
    pub compared_s: f64,
    pub goodput_bps: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn theory_is_that_of_the_books() {
        let of = |protocol, window, p, q| Theory::of(&Settings::new(protocol, window), 100, p, q, Some(Duration::from_millis(10)));
        let near = |theory: Option<Theory>, packets: f64, time: f64| {
            let theory = theory.expect("something comes through");
            assert!((theory.packets - packets).abs() < 1e-9 && (theory.least_time_s.expect("a time") - time).abs() < 1e-9, "{theory:?}");
        };
        near(of(Protocol::StopAndWait, 1, 0.5, 0.5), 400.0, 4.0);
        near(of(Protocol::GoBackN, 4, 0.2, 0.9), 200.0, 0.5);
        near(of(Protocol::SelectiveRepeat, 10, 0.2, 0.9), 125.0, 0.13);
        assert_eq!(of(Protocol::SelectiveRepeat, 4, 1.0, 0.0), None);
    }
}
