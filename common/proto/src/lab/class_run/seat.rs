//! One student in a class run: with whom, how far, and what came of it. These go over the wire and into records.

use serde::{Deserialize, Serialize};

use super::amount::Amount;
use super::exercise::{Exercise, Kind};
use super::quantity::Measured;
use crate::control::PersonId;

/// To whom a student sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Partner {
    Person(PersonId),
    /// The odd one's partner, and that of a simulation, where it stands for the simulated receiver.
    Server,
}

/// How far a student is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    Reading,
    Predicted,
    Running,
    Done,
    /// Why, in at most [`crate::limits::CLASS_RUN_REASON_MAX`] bytes. It may be begun again.
    Failed(String),
    /// Left the room before the run had ended.
    Away,
}

/// How the packets of a run went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Path {
    /// From computer to computer.
    Direct,
    /// To the partner through the server.
    Relayed,
    /// To the server as partner.
    Server,
    Simulated,
}

/// What the receiver of a student's run saw.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Witness {
    /// Data packets that came undamaged, and those of them that had come before.
    pub packets: u64,
    pub duplicates: u64,
    /// Packets that came damaged.
    pub damaged: u64,
    /// Whether what came is what was sent.
    pub same: bool,
}

/// Whether what a student measured is borne out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verified {
    /// Nobody has looked, or there is nothing yet.
    #[default]
    No,
    /// The receiver's counts fit; a simulation gave the very same when it was run again.
    Agrees,
    Differs,
}

/// One student.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    pub person: PersonId,
    /// As it was when the student entered the run: the seed follows from it.
    pub name: String,
    pub partner: Partner,
    pub seed: u64,
    pub prediction: Option<Amount>,
    pub stage: Stage,
    pub measured: Option<Measured>,
    pub path: Option<Path>,
    pub witness: Option<Witness>,
    pub verified: Verified,
}

impl Seat {
    /// Whether a run has not begun yet, here or by somebody who may come back.
    #[must_use]
    pub const fn is_waiting(&self) -> bool {
        matches!(self.stage, Stage::Reading | Stage::Predicted | Stage::Away)
    }

    /// What follows from the receiver's counts for a run on the network; a simulation is looked at by running it again.
    #[must_use]
    pub fn checked(&self, exercise: &Exercise) -> Verified {
        match (exercise.kind, &self.stage, &self.measured, &self.witness) {
            (Kind::Simulation, ..) => self.verified,
            (Kind::Network, Stage::Done, Some(measured), Some(witness)) if fit(exercise, measured, witness) => Verified::Agrees,
            (Kind::Network, Stage::Done, Some(_), Some(_)) => Verified::Differs,
            _ => Verified::No,
        }
    }
}

/// Whether both sides can have seen the same run, which brought everything across.
fn fit(exercise: &Exercise, measured: &Measured, witness: &Witness) -> bool {
    let came = u128::from(witness.packets) + u128::from(witness.damaged);
    let on_the_line = u128::from(measured.packets.saturating_sub(measured.lost));
    // Each packet that is not lost may be doubled.
    let most = if exercise.duplicate > Amount::ZERO { 2 * on_the_line } else { on_the_line };
    let is_whole = measured.payload == exercise.packet
        && measured.bytes == exercise.bytes
        && measured.lost <= measured.packets
        && measured.packets.checked_sub(measured.retransmissions) == Some(exercise.packets());
    // With a window that is too large, an old packet passes for a new one: what came is another, and packets may be missing.
    let is_same = exercise.settings().is_unsafe() || (witness.same && witness.packets.saturating_sub(witness.duplicates) >= exercise.packets());
    is_whole && is_same && witness.duplicates <= witness.packets && came <= most
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seat(measured: Measured, witness: Witness) -> Seat {
        Seat {
            person: PersonId(1),
            name: "Ana".into(),
            partner: Partner::Person(PersonId(2)),
            seed: 1,
            prediction: Some(Amount::ONE),
            stage: Stage::Done,
            measured: Some(measured),
            path: Some(Path::Direct),
            witness: Some(witness),
            verified: Verified::No,
        }
    }

    #[test]
    fn both_sides_must_have_seen_one_run() {
        let exercise = Exercise::parse(Exercise::EXAMPLES[1].1).expect("an example");
        let measured = Measured { packets: 68, retransmissions: 8, acks: 60, bytes: 30_720, payload: 512, time_us: 1, lost: 7 };
        let witness = Witness { packets: 61, duplicates: 1, damaged: 0, same: true };
        let of = |measured, witness| seat(measured, witness).checked(&exercise);
        assert_eq!(of(measured, witness), Verified::Agrees);
        for (measured, witness) in [
            (measured, Witness { same: false, ..witness }),
            (measured, Witness { packets: 62, ..witness }),
            (measured, Witness { damaged: 1, ..witness }),
            (measured, Witness { duplicates: 2, ..witness }),
            (measured, Witness { duplicates: u64::MAX, packets: u64::MAX, damaged: u64::MAX, same: true }),
            (Measured { packets: 60, retransmissions: 0, lost: 0, ..measured }, witness),
            (Measured { retransmissions: 7, ..measured }, witness),
            (Measured { bytes: 30_000, ..measured }, witness),
            (Measured { payload: 1, ..measured }, witness),
            (Measured { lost: 69, ..measured }, witness),
            (Measured { retransmissions: 69, ..measured }, witness),
        ] {
            assert_eq!(of(measured, witness), Verified::Differs, "{measured:?} {witness:?}");
        }
        let running = Seat { stage: Stage::Running, ..seat(measured, witness) };
        assert_eq!((running.checked(&exercise), Seat { witness: None, ..seat(measured, witness) }.checked(&exercise)), (Verified::No, Verified::No));
    }

    #[test]
    fn doubled_packets_are_no_contradiction() {
        let exercise = Exercise { duplicate: Amount(500_000), ..Exercise::parse(Exercise::EXAMPLES[1].1).expect("an example") };
        let measured = Measured { packets: 60, retransmissions: 0, acks: 60, bytes: 30_720, payload: 512, time_us: 1, lost: 0 };
        let of = |packets| seat(measured, Witness { packets, duplicates: packets - 60, damaged: 0, same: true }).checked(&exercise);
        assert_eq!((of(60), of(120), of(121)), (Verified::Agrees, Verified::Agrees, Verified::Differs));
    }
}
