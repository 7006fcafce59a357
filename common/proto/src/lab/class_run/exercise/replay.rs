//! An exercise in virtual time: what a simulated run of it gives, the same on every machine.

use std::time::Duration;

use super::{Exercise, Kind};
use crate::arq::Settings;
use crate::lab::arq::{Channel, Scenario, Simulation};
use crate::lab::class_run::quantity::Measured;
use crate::lab::class_run::seat::Witness;
use crate::limits::EXERCISE_EVENTS_MAX;

/// The longest run in virtual time.
const UNTIL: Duration = Duration::from_secs(3_600);

/// What a simulated run gave.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Replay {
    pub measured: Measured,
    /// What the simulated receiver saw.
    pub witness: Witness,
    /// Whether all arrived and is known to have arrived; else the run was cut.
    pub complete: bool,
}

impl Exercise {
    /// The run of the lab for this exercise and seed. One on a real network has a line here without delay and of any rate: what losses alone do.
    #[must_use]
    pub fn scenario(&self, seed: u64) -> Scenario {
        let (delay, rate_bps) = match self.kind {
            Kind::Simulation => (self.delay, u64::from(self.rate_kbps) * 1_000),
            Kind::Network => (Duration::ZERO, 0),
        };
        let line = Channel { damage: self.corrupt.to_f64(), duplicate: self.duplicate.to_f64(), delay, rate_bps, ..Channel::PERFECT };
        let arq: Settings = self.settings();
        let (data, acks) = (Channel { loss: self.loss.to_f64(), ..line }, Channel { loss: self.ack_loss.to_f64(), ..line });
        Scenario { arq, payload: self.packet, length: self.bytes, data, acks, seed, interventions: Vec::new(), until: UNTIL }
    }

    /// Runs it in virtual time and counts as the sender of a real run does. A run that does not end is cut after
    /// [`EXERCISE_EVENTS_MAX`] events or an hour of its own time.
    #[must_use]
    pub fn simulate(&self, seed: u64) -> Measured {
        self.replay(seed).measured
    }

    /// The same, with what the receiver saw.
    #[must_use]
    pub fn replay(&self, seed: u64) -> Replay {
        // What was parsed can be run.
        let Ok(mut run) = Simulation::new(&self.scenario(seed), false) else { return Replay::default() };
        while run.events() < EXERCISE_EVENTS_MAX && run.step().is_some() {}
        let (outcome, acks, receiver) = (run.outcome(), run.sender().counters().acks, run.receiver().counters());
        let measured = Measured {
            packets: outcome.sent,
            retransmissions: outcome.again,
            acks,
            bytes: outcome.bytes,
            payload: self.packet,
            time_us: u64::try_from(outcome.duration.as_micros()).unwrap_or(u64::MAX),
            lost: outcome.data_lost,
        };
        let same = outcome.complete && outcome.first_wrong.is_none();
        let witness = Witness { packets: receiver.packets, duplicates: receiver.duplicates, damaged: receiver.damaged, same };
        Replay { measured, witness, complete: outcome.complete }
    }
}
