//! A file's way over an unreliable network: a start that is answered, the data by repeat request, and a finish that compares hashes.
//!
//! ```text
//! sender                                             receiver
//!   │ ── Start: name, length, protocol, window ─────▶ │   repeated until it is answered
//!   │ ◀──────────────────────────── Accept or Refuse ─ │
//!   │ ── Data ──────────────────────────────────────▶ │   super::Sender, super::Receiver
//!   │ ◀────────────────────────────────────────── Ack ─ │
//!   │ ── Finish: SHA-256 ───────────────────────────▶ │   once all is acknowledged; repeated until it is answered
//!   │ ◀───────────────────── Finished: same, counters ─ │   the receiver lingers to answer a repeated Finish
//! ```
//!
//! Reading, writing and hashing the file is the caller's, so that it may do these beside. Either hash may take long: until it has its own the
//! sender repeats the start, and until it has its own the receiver answers the finish with an acknowledgement, so that neither gives the other up.

mod receiving;
mod sending;

use std::time::Duration;

pub use receiving::Receiving;
pub use sending::Sending;

use super::packet::{Finished, Refusal};

/// A start or a finish that was not answered is sent again after this long.
pub const ASK_AGAIN: Duration = Duration::from_millis(200);
/// A side that heard nothing for this long gives up.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// So long a receiver that is done answers a repeated finish.
pub const LINGER: Duration = Duration::from_secs(3);

/// How far a transfer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The start was not answered yet.
    Starting,
    Running,
    /// All data came; hashes are not compared yet.
    Finishing,
    Done(Finished),
    Failed(Failure),
}

impl Stage {
    /// Whether nothing will change any more.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        matches!(self, Self::Done(_) | Self::Failed(_))
    }
}

/// Why a transfer failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    #[error("Nothing was heard from the other side for {} seconds. Is it running, and does the network let UDP through?", PATIENCE.as_secs())]
    Silent,
    #[error("The other side takes another transfer. Try again when it is done.")]
    Busy,
    #[error("The other side does not take files that are so large.")]
    TooLarge,
    #[error("The other side cannot serve this protocol, window or packet size. Take a smaller window.")]
    Settings,
    #[error("The other side does not want it.")]
    Unwanted,
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Busy => Self::Busy,
            Refusal::TooLarge => Self::TooLarge,
            Refusal::Settings => Self::Settings,
            Refusal::Unwanted => Self::Unwanted,
        }
    }
}

#[cfg(test)]
mod tests;
