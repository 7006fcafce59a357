//! What came of a run, in figures.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Simulation;
use crate::arq::packet::HEADER;
use crate::arq::timeout::micros;
use crate::lab::arq::scenario::Direction;

/// The figures of a run, or of its beginning.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Whether all arrived and is known to have arrived.
    pub complete: bool,
    /// Packets that the receiver gave, of how many, and their bytes.
    pub delivered: u64,
    pub packets: u64,
    pub bytes: u64,
    /// The first packet that was given in place of another; only a window that is too large, or packets that come very late, do that.
    pub first_wrong: Option<u64>,
    /// How long it took until the sender knew that all had arrived, or until now; and until the receiver had all.
    #[serde(rename = "duration_us", with = "micros")]
    pub duration: Duration,
    #[serde(rename = "delivered_at_us", with = "micros")]
    pub delivered_at: Duration,
    /// Data packets sent, those of them sent again, and those of these that came though the first had come, too.
    pub sent: u64,
    pub again: u64,
    pub needless: u64,
    /// Data packets that came twice, by whatever cause.
    pub duplicates: u64,
    pub timeouts: u64,
    /// Packets taken for lost before their time-out.
    pub overtaken: u64,
    pub acks: u64,
    pub data_lost: u64,
    pub acks_lost: u64,
    pub data_damaged: u64,
    pub acks_damaged: u64,
    /// Bits of data that were delivered, a second.
    pub goodput_bps: f64,
    /// Share of the time in which the line carried packets that were of use: 1 is a line that does nothing else. None without a rate.
    pub efficiency: Option<f64>,
    pub events: u64,
}

impl Outcome {
    pub(super) fn of(run: &Simulation) -> Self {
        let (sender, receiver) = (run.sender.counters(), run.receiver.counters());
        let (data, acks) = (run.line(Direction::Data), run.line(Direction::Acks));
        let seconds = run.now.as_secs_f64();
        let on_the_line = (receiver.bytes as f64 + receiver.delivered as f64 * HEADER as f64) * 8.0 / run.scenario.data.rate_bps as f64;
        Self {
            complete: run.sender.is_done() && run.given == run.packets,
            delivered: run.given,
            packets: run.packets,
            bytes: receiver.bytes,
            first_wrong: run.first_wrong,
            duration: run.now,
            delivered_at: run.given_at,
            sent: sender.packets,
            again: sender.again,
            needless: receiver.needless,
            duplicates: receiver.duplicates,
            timeouts: sender.timeouts,
            overtaken: sender.overtaken,
            acks: receiver.acks,
            data_lost: data.lost,
            acks_lost: acks.lost,
            data_damaged: data.damaged,
            acks_damaged: acks.damaged,
            goodput_bps: if seconds > 0.0 { receiver.bytes as f64 * 8.0 / seconds } else { 0.0 },
            efficiency: (run.scenario.data.rate_bps > 0 && seconds > 0.0).then(|| on_the_line / seconds),
            events: run.events,
        }
    }
}
