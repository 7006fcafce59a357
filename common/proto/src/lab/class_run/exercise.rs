//! An exercise: what everybody runs, what is asked before it, and what is expected of it.
//!
//! People write it as a text file ([`Exercise::parse`]; `docs/LABS.md`, "Class runs"), and as such it is sent.

mod error;
mod lines;
mod parse;
mod replay;
mod write;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use sha2::{Digest, Sha256};

pub use self::error::{ExerciseError, Fault};
pub use self::replay::Replay;
use super::amount::{Amount, Range};
use super::quantity::{Measured, Quantity};
use crate::arq::{Protocol, Settings, Space, Timeout};
use crate::lab::random::Random;

/// Hexadecimal digits of a hash that make a seed: 48 bits, which spreadsheets and every reader of JSON keep whole.
const SEED_DIGITS: usize = 12;

/// What an exercise runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// From one student's computer to another's, or to the server.
    Network,
    /// On each student's computer alone, in virtual time.
    Simulation,
}

impl Kind {
    pub const ALL: [Self; 2] = [Self::Network, Self::Simulation];

    /// As it stands in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Simulation => "simulation",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Kind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|kind| kind.name() == text).ok_or(())
    }
}

/// An exercise. What [`Exercise::parse`] gives can be run: its numbers are within their limits and fit together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exercise {
    pub title: String,
    /// What it is about, in paragraphs.
    pub text: Vec<String>,
    pub kind: Kind,
    pub protocol: Protocol,
    /// Packets that may be on their way.
    pub window: u32,
    pub space: Space,
    /// Whether the window may be larger than the sequence numbers allow, to show what breaks.
    pub unsafe_window: bool,
    /// Bytes of data in a packet.
    pub packet: u16,
    /// Bytes that are sent: [`Exercise::payload`].
    pub bytes: u64,
    /// Probabilities from 0 to 1: that a data packet is lost, and an acknowledgement; that bits of a packet flip, and that it comes twice,
    /// either way.
    pub loss: Amount,
    pub ack_loss: Amount,
    pub corrupt: Amount,
    pub duplicate: Amount,
    pub timeout: Timeout,
    /// See [`Settings::overtaken`].
    pub overtaken: Option<u32>,
    /// Simulation: one way.
    pub delay: Duration,
    /// Simulation: thousands of bits a second, 0 without limit.
    pub rate_kbps: u32,
    /// Everybody's seed follows from it.
    pub seed: u64,
    /// What is asked before the run, and the quantity that answers it.
    pub ask: String,
    pub about: Quantity,
    pub expect: BTreeMap<Quantity, Range>,
}

/// What an exercise says of one measured quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Judged {
    pub quantity: Quantity,
    pub amount: Amount,
    pub expected: Range,
    pub inside: bool,
}

impl Exercise {
    /// Exercises that are ready: a name for the file, and its text. Each can be run.
    pub const EXAMPLES: [(&'static str, &'static str); 3] = [
        ("go-back-n.txt", include_str!("../../../exercises/go-back-n.txt")),
        ("selective-repeat.txt", include_str!("../../../exercises/selective-repeat.txt")),
        ("window-too-large.txt", include_str!("../../../exercises/window-too-large.txt")),
    ];

    /// What sender and receiver agree on.
    #[must_use]
    pub const fn settings(&self) -> Settings {
        let Self { protocol, space, window, timeout, overtaken, unsafe_window, .. } = *self;
        Settings { protocol, space, window, timeout, overtaken, unsafe_window }
    }

    /// How many packets the data fills.
    #[must_use]
    pub fn packets(&self) -> u64 {
        self.bytes.div_ceil(u64::from(self.packet.max(1)))
    }

    /// A student's seed: the first 12 hexadecimal digits of the SHA-256 of the exercise's seed in decimal, a colon and the name as UTF-8.
    /// `printf %s 7:Ana | sha256sum` tells it as well.
    #[must_use]
    pub fn seed_for(&self, student: &str) -> u64 {
        let digits = crate::hex::write(&Sha256::digest(format!("{}:{student}", self.seed)));
        u64::from_str_radix(&digits[..SEED_DIGITS], 16).unwrap_or_default()
    }

    /// What is sent with a seed: the generator's numbers ([`Random::fill`]), as many bytes as the exercise says.
    #[must_use]
    pub fn payload(&self, seed: u64) -> Vec<u8> {
        // What was parsed fits into memory.
        let mut bytes = vec![0; usize::try_from(self.bytes).unwrap_or_default()];
        Random::seeded(seed).fill(&mut bytes);
        bytes
    }

    /// Whether each of the expected quantities is what it should be.
    #[must_use]
    pub fn judge(&self, measured: &Measured) -> Vec<Judged> {
        let judged = |(quantity, expected): (&Quantity, &Range)| {
            let amount = measured.get(*quantity);
            Judged { quantity: *quantity, amount, expected: *expected, inside: expected.contains(amount) }
        };
        self.expect.iter().map(judged).collect()
    }

    /// What the textbooks say of the same settings, on average: of packets, repeats and efficiency, where anything comes through.
    ///
    /// With `p` the probability that a data packet does not come whole, `q` that an acknowledgement does not, and W the window, the expected
    /// number of transmissions of a packet is 1 / ((1 - p)(1 - q)) for stop-and-wait, (1 - p + Wp) / (1 - p) for go-back-N and 1 / (1 - p) for
    /// selective repeat (Leon-Garcia & Widjaja, *Communication Networks*, 5.2).
    #[must_use]
    pub fn theory(&self, quantity: Quantity) -> Option<Amount> {
        let comes = |loss: Amount| (1.0 - loss.to_f64()) * (1.0 - self.corrupt.to_f64());
        let (data, acks) = (comes(self.loss), comes(self.ack_loss));
        let window = f64::from(self.window).min(self.packets() as f64);
        let share = match self.protocol {
            Protocol::StopAndWait => data * acks,
            Protocol::GoBackN => data / (data + window * (1.0 - data)),
            Protocol::SelectiveRepeat => data,
        };
        if share <= 0.0 {
            return None;
        }
        let sent = self.packets() as f64 / share;
        match quantity {
            Quantity::Packets => Some(Amount::nearest(sent)),
            Quantity::Retransmissions => Some(Amount::nearest(sent - self.packets() as f64)),
            Quantity::Efficiency => Some(Amount::nearest(self.bytes as f64 / (sent * f64::from(self.packet)))),
            Quantity::Acks | Quantity::Time | Quantity::Goodput => None,
        }
    }
}

#[cfg(test)]
mod tests;
