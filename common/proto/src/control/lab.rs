//! The networking labs over the control plane: runs between two people of the room or with the server, a simulation that everybody watches.
//!
//! The server brings two together and tells both where the other may be reached; packets then go between them ([`crate::arq::meeting`]),
//! or by way of the media port.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::messages::PersonId;
use super::refusal::Refusal;
use crate::arq::packet::Start;
use crate::arq::{Settings, Timeout};
use crate::lab::class_run::{Amount, Measured, Path as RunPath, Seat, Witness};
use crate::limits::{CLASS_RUN_REASON_MAX, EXERCISE_FILE_MAX, LAB_ADDRESSES_MAX, LAB_PARTNER_BYTES, LAB_PARTNER_WINDOW, LAB_PAYLOAD_MAX, LAB_SHOW_MAX};
use crate::timeline::Timeline;

/// Names a run: a random number of the server's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RunId(pub u64);

/// What somebody would like to send, and how: for the one who is to take it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunOffer {
    /// The file's name without a folder, 1 to 255 bytes; only to be shown.
    pub name: String,
    pub bytes: u64,
    pub settings: Settings,
    /// Bytes of data in a packet, 1 to [`LAB_PAYLOAD_MAX`].
    pub payload: u16,
    /// Lost on purpose at the sender, in millionths: data, and acknowledgements.
    pub loss_ppm: u32,
    pub ack_loss_ppm: u32,
}

impl RunOffer {
    /// Whether there can be such a run.
    #[must_use]
    pub fn is_good(&self) -> bool {
        let is_likely = |ppm: u32| ppm <= 1_000_000;
        Start::is_name(&self.name)
            && self.settings.check().is_ok()
            && (1..=LAB_PAYLOAD_MAX).contains(&self.payload)
            && is_likely(self.loss_ppm)
            && is_likely(self.ack_loss_ppm)
    }

    /// Whether the server takes part in such a run: one that it can hold, and that ends.
    #[must_use]
    pub fn is_for_server(&self) -> bool {
        let has_time = match self.settings.timeout {
            // A time-out that is over at once would be a flood.
            Timeout::Fixed(time) | Timeout::Adaptive { least: time, .. } => time >= std::time::Duration::from_millis(1),
        };
        self.is_good() && self.settings.window <= LAB_PARTNER_WINDOW && self.bytes <= LAB_PARTNER_BYTES && has_time
    }
}

/// What a joined client asks about the labs. All are answered with [`LabEvent::Answer`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum LabRequest {
    /// Offers somebody a file. `addresses`: where this side may be reached, at most [`LAB_ADDRESSES_MAX`].
    Offer { to: PersonId, offer: RunOffer, addresses: Vec<SocketAddr> },
    /// Takes what was offered; this side may be reached there.
    Take { run: RunId, addresses: Vec<SocketAddr> },
    /// Declines what was offered, or ends a run.
    End { run: RunId },
    /// A run with the server: it takes what this side sends and hashes it, or sends what follows from a seed.
    WithServer { offer: RunOffer, sends: bool, seed: u64 },
    /// Staff: shows everybody a run in virtual time, as [`crate::lab::arq::export::to_json`] writes it. What was shown before is gone.
    Show { run: String },
    /// Staff: it goes on from there, in virtual microseconds, at so many thousandths of the speed of life; 0: it stands.
    Steer { position_us: u64, rate_permille: u32 },
    /// Staff: nothing is shown any more.
    EndShow,
    /// An exercise that is handed to everybody.
    ClassRun(ClassRunRequest),
}

/// What is asked about a class run ([`crate::lab::class_run`]).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClassRunRequest {
    /// Staff: hands an exercise, as [`crate::lab::class_run::Exercise`] reads it, to everybody else. What was handed out before is gone.
    HandOut { exercise: String },
    /// What this student expects: once, before the run.
    Predict { prediction: Amount },
    /// This student's run begins.
    Begin,
    /// It ended.
    Finish { measured: Measured, path: RunPath },
    /// It failed.
    Fail { reason: String },
    /// The partner does not answer: the server takes its place.
    PartnerGone,
    /// What this student saw as the receiver of a partner's run.
    Witness { of: PersonId, witness: Witness },
    /// Staff: this student may run again.
    Reset { person: PersonId },
    /// Staff: it is over.
    End,
}

impl LabRequest {
    /// Whether lists and texts have lengths that may be; what is in them is looked at later.
    #[must_use]
    pub fn is_bounded(&self) -> bool {
        match self {
            Self::Offer { addresses, .. } | Self::Take { addresses, .. } => addresses.len() <= LAB_ADDRESSES_MAX,
            Self::Show { run } => run.len() <= LAB_SHOW_MAX,
            Self::ClassRun(ClassRunRequest::HandOut { exercise }) => exercise.len() <= EXERCISE_FILE_MAX,
            Self::ClassRun(ClassRunRequest::Fail { reason }) => reason.len() <= CLASS_RUN_REASON_MAX,
            Self::End { .. } | Self::WithServer { .. } | Self::Steer { .. } | Self::EndShow | Self::ClassRun(_) => true,
        }
    }
}

/// What a server says about the labs to a joined client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum LabEvent {
    /// The answer to a request of this number.
    Answer { request: u32, result: Result<LabAnswer, Refusal> },
    /// Somebody would like to send this. `class_run`: it is a partner's run of the exercise that was handed out, which needs no asking.
    Offered { run: RunId, from: PersonId, offer: RunOffer, class_run: bool },
    /// Both sides are there: it begins.
    Begins { run: RunId, begin: RunBegin },
    /// A run is over before its time, for who has not ended it.
    Ended { run: RunId, why: RunEnd },
    /// What is shown to everybody, or that nothing is. Follows joining where there is something.
    Show(Option<Box<Show>>),
    /// What is shown goes on thus; on the server's time.
    Steered(Timeline),
    /// The exercise that is handed out, or that none is. Follows joining where there is one.
    ClassRun(Option<Box<Handed>>),
    /// One's own place in the class run, new or changed.
    Seat(Box<Seat>),
    /// Staff: places that are new or changed; all of them after joining.
    Seats(Vec<Seat>),
}

/// An exercise that is handed out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handed {
    /// Counts the class runs of the room.
    pub id: u32,
    /// As [`crate::lab::class_run::Exercise`] reads it.
    pub exercise: String,
    /// When it was handed out, in seconds since 1970-01-01.
    pub begun_s: i64,
}

/// What a request brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum LabAnswer {
    Done,
    /// The run is named so.
    Run(RunId),
}

/// What both sides of a run need to meet.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunBegin {
    /// Of the packets.
    pub transfer: u32,
    /// What both show each other.
    pub token: [u8; 16],
    /// Where the other may be; none: by way of the server alone.
    pub addresses: Vec<SocketAddr>,
}

impl std::fmt::Debug for RunBegin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunBegin").field("transfer", &self.transfer).field("addresses", &self.addresses).finish_non_exhaustive()
    }
}

/// Why a run is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RunEnd {
    /// The other does not want it.
    Declined,
    /// The other has ended it.
    Ended,
    /// The other is not connected any more.
    Gone,
    /// Nobody took it in time, or it took too long.
    TooLate,
}

/// A simulation that everybody watches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Show {
    pub by: PersonId,
    /// As [`crate::lab::arq::export::from_json`] reads it; the server has run it, and it goes the same way everywhere.
    pub run: String,
    /// Where it is, in virtual microseconds, on the server's time.
    pub timeline: Timeline,
}
