//! A class run as the server keeps it: who is whose partner, and how far each is.
//!
//! Clients claim whatever they like and come and go at any time: what does not fit is refused or passed over. A pair is made so that each
//! sends to the other in a run of the student's own; who is without a partner sends to the server.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::amount::Amount;
use super::exercise::{Exercise, Kind, Replay};
use super::quantity::Measured;
use super::seat::{Partner, Path, Seat, Stage, Verified, Witness};
use crate::control::PersonId;
use crate::lab::random::Random;
use crate::limits::{CLASS_RUN_REASON_MAX, NAME_MAX, ROOM_PEOPLE_MAX};

/// Why a student's wish is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum ClassRunError {
    #[error("You are not in this class run.")]
    NoSeat,
    #[error("You have predicted already, and a prediction stays.")]
    AlreadyPredicted,
    #[error("Predict first, then run.")]
    NotPredicted,
    #[error("Your run has begun already; each has one.")]
    AlreadyBegun,
    #[error("You have left this class run.")]
    Away,
}

/// How many students are how far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub all: usize,
    pub done: usize,
    pub failed: usize,
    pub away: usize,
}

/// A class run.
#[derive(Debug, Clone)]
pub struct ClassRun {
    id: u32,
    exercise: Exercise,
    seats: BTreeMap<PersonId, Seat>,
    /// Who is not in the room. A finished seat does not say so.
    absent: BTreeSet<PersonId>,
    changed: BTreeSet<PersonId>,
}

impl ClassRun {
    /// Hands the exercise to these people. On a network they are paired as the shuffling seed has it, and an odd one gets the server. Further
    /// people than a room holds are left out.
    #[must_use]
    pub fn new(id: u32, exercise: Exercise, people: impl IntoIterator<Item = (PersonId, String)>, shuffle_seed: u64) -> Self {
        let mut run = Self { id, exercise, seats: BTreeMap::new(), absent: BTreeSet::new(), changed: BTreeSet::new() };
        people.into_iter().for_each(|(person, name)| run.sit(person, name));
        if run.exercise.kind == Kind::Network {
            let mut order: Vec<PersonId> = run.seats.keys().copied().collect();
            let mut random = Random::seeded(shuffle_seed);
            // Fisher and Yates, from the end.
            for last in (1..order.len()).rev() {
                order.swap(last, random.below(last as u64 + 1) as usize);
            }
            for pair in order.chunks_exact(2) {
                run.pair(pair[0], pair[1]);
            }
        }
        run
    }

    #[must_use]
    pub const fn id(&self) -> u32 {
        self.id
    }

    #[must_use]
    pub const fn exercise(&self) -> &Exercise {
        &self.exercise
    }

    #[must_use]
    pub fn seat(&self, person: PersonId) -> Option<&Seat> {
        self.seats.get(&person)
    }

    /// All, by their ids.
    pub fn seats(&self) -> impl Iterator<Item = &Seat> {
        self.seats.values()
    }

    #[must_use]
    pub fn counts(&self) -> Counts {
        let of = |is: fn(&Stage) -> bool| self.seats().filter(|seat| is(&seat.stage)).count();
        let done = of(|stage| *stage == Stage::Done);
        Counts { all: self.seats.len(), done, failed: of(|stage| matches!(stage, Stage::Failed(_))), away: of(|stage| *stage == Stage::Away) }
    }

    /// The seats that changed since the last call; at first all.
    pub fn take_changed(&mut self) -> Vec<Seat> {
        std::mem::take(&mut self.changed).iter().filter_map(|person| self.seats.get(person)).cloned().collect()
    }

    /// Whether packets of `from`'s run go to `to`.
    #[must_use]
    pub fn is_pair(&self, from: PersonId, to: PersonId) -> bool {
        self.seats.get(&from).is_some_and(|seat| seat.partner == Partner::Person(to))
    }

    /// Takes somebody in who came later, or came back: with the one as partner who is with the server and has not begun, else with the server.
    /// Who came back goes on with the name, the seed and the prediction of before; a run that had not ended may be begun again.
    pub fn enter(&mut self, person: PersonId, name: String) {
        let is_back = self.absent.remove(&person);
        if self.seats.contains_key(&person) && !is_back {
            return;
        }
        self.sit(person, name);
        self.change(person, |seat| {
            if seat.stage == Stage::Away {
                seat.stage = if seat.prediction.is_some() { Stage::Predicted } else { Stage::Reading };
            }
        });
        self.find_partner(person);
    }

    /// Somebody left the room. The partner, if not begun, gets the server.
    pub fn leave(&mut self, person: PersonId) {
        if !self.seats.contains_key(&person) || !self.absent.insert(person) {
            return;
        }
        self.part(person);
        self.change(person, |seat| {
            if !matches!(seat.stage, Stage::Done | Stage::Failed(_)) {
                (seat.stage, seat.partner) = (Stage::Away, Partner::Server);
            }
        });
    }

    /// Somebody predicts: once, before the run.
    ///
    /// # Errors
    /// When it is too late, or too early.
    pub fn predict(&mut self, person: PersonId, prediction: Amount) -> Result<(), ClassRunError> {
        match self.seat(person).ok_or(ClassRunError::NoSeat)? {
            Seat { stage: Stage::Away, .. } => return Err(ClassRunError::Away),
            Seat { prediction: Some(_), .. } => return Err(ClassRunError::AlreadyPredicted),
            _ => {}
        }
        self.change(person, |seat| (seat.prediction, seat.stage) = (Some(prediction), Stage::Predicted));
        Ok(())
    }

    /// Somebody's run begins. One that failed may begin again.
    ///
    /// # Errors
    /// When there is no prediction, or a run already.
    pub fn begin(&mut self, person: PersonId) -> Result<(), ClassRunError> {
        match self.seat(person).ok_or(ClassRunError::NoSeat)?.stage {
            Stage::Reading => return Err(ClassRunError::NotPredicted),
            Stage::Running | Stage::Done => return Err(ClassRunError::AlreadyBegun),
            Stage::Away => return Err(ClassRunError::Away),
            Stage::Failed(_) if self.absent.contains(&person) => return Err(ClassRunError::Away),
            Stage::Predicted | Stage::Failed(_) => {}
        }
        self.change(person, |seat| {
            (seat.stage, seat.witness) = (Stage::Running, None);
        });
        Ok(())
    }

    /// The partner did not answer: the server takes its place, and that of the one who asks at the other end if that run has not begun.
    pub fn partner_gone(&mut self, person: PersonId) {
        if self.seat(person).is_some_and(|seat| seat.is_waiting() || matches!(seat.stage, Stage::Running | Stage::Failed(_))) {
            self.part(person);
            self.change(person, |seat| (seat.partner, seat.witness) = (Partner::Server, None));
        }
    }

    /// Somebody's run ended. Passed over where none is running.
    pub fn finish(&mut self, person: PersonId, measured: Measured, path: Path) {
        let kind = self.exercise.kind;
        self.running(person, |seat| {
            let path = match (kind, seat.partner, path) {
                (Kind::Simulation, ..) => Path::Simulated,
                (Kind::Network, Partner::Server, _) => Path::Server,
                (Kind::Network, Partner::Person(_), Path::Direct) => Path::Direct,
                (Kind::Network, Partner::Person(_), _) => Path::Relayed,
            };
            (seat.stage, seat.measured, seat.path) = (Stage::Done, Some(measured), Some(path));
        });
    }

    /// Somebody's run failed, and why; a long reason is cut. Passed over where none is running.
    pub fn fail(&mut self, person: PersonId, mut reason: String) {
        reason.truncate(reason.floor_char_boundary(CLASS_RUN_REASON_MAX));
        self.running(person, |seat| seat.stage = Stage::Failed(reason));
    }

    /// What the receiver of somebody's run saw; the newest counts. Passed over unless it comes from the partner of a run on the network that
    /// has begun.
    pub fn witness(&mut self, by: Partner, of: PersonId, witness: Witness) {
        let is_meant = |seat: &Seat| seat.partner == by && matches!(seat.stage, Stage::Running | Stage::Done);
        if self.exercise.kind == Kind::Network && self.seat(of).is_some_and(is_meant) {
            self.change(of, |seat| seat.witness = Some(witness));
        }
    }

    /// Simulations that have ended and that nobody ran again: whose, and with which seed. [`Exercise::replay`] runs them.
    #[must_use]
    pub fn unverified(&self) -> Vec<(PersonId, u64)> {
        let is_due = |seat: &&Seat| self.exercise.kind == Kind::Simulation && seat.stage == Stage::Done && seat.verified == Verified::No;
        self.seats().filter(is_due).map(|seat| (seat.person, seat.seed)).collect()
    }

    /// Takes what a simulation of [`Self::unverified`] gave when it was run again.
    pub fn verify(&mut self, person: PersonId, replay: &Replay) {
        if self.unverified().iter().any(|(due, _)| *due == person) {
            self.change(person, |seat| {
                seat.verified = if seat.measured == Some(replay.measured) { Verified::Agrees } else { Verified::Differs };
                seat.witness = Some(replay.witness);
            });
        }
    }

    /// For staff alone: lets somebody run again with the same seed. A prediction stays.
    pub fn reset(&mut self, person: PersonId) {
        let Some(seat) = self.seat(person).filter(|seat| !seat.is_waiting()) else { return };
        let (is_absent, partner) = (self.absent.contains(&person), seat.partner);
        let holds = matches!(partner, Partner::Person(other) if self.is_pair(other, person) && !self.absent.contains(&other));
        self.change(person, |seat| {
            *seat = Seat {
                stage: if is_absent { Stage::Away } else { Stage::Predicted },
                partner: if holds && !is_absent { seat.partner } else { Partner::Server },
                measured: None,
                path: None,
                witness: None,
                verified: Verified::No,
                ..seat.clone()
            };
        });
        if !is_absent && !holds {
            self.find_partner(person);
        }
    }

    /// A seat for somebody who has none.
    fn sit(&mut self, person: PersonId, mut name: String) {
        if self.seats.contains_key(&person) || self.seats.len() >= ROOM_PEOPLE_MAX {
            return;
        }
        name.truncate(name.floor_char_boundary(NAME_MAX));
        let seat = Seat {
            person,
            seed: self.exercise.seed_for(&name),
            name,
            partner: Partner::Server,
            prediction: None,
            stage: Stage::Reading,
            measured: None,
            path: None,
            witness: None,
            verified: Verified::No,
        };
        self.seats.insert(person, seat);
        self.changed.insert(person);
    }

    /// Gives somebody who is with the server another one who is, where neither has begun.
    fn find_partner(&mut self, person: PersonId) {
        let is_free = |seat: &&Seat| seat.is_waiting() && seat.partner == Partner::Server && !self.absent.contains(&seat.person);
        let is_alone = self.seat(person).filter(is_free).is_some();
        let other = self.seats().filter(is_free).map(|seat| seat.person).find(|other| *other != person);
        if let Some(other) = other.filter(|_| is_alone && self.exercise.kind == Kind::Network) {
            self.pair(person, other);
        }
    }

    fn pair(&mut self, one: PersonId, other: PersonId) {
        self.change(one, |seat| seat.partner = Partner::Person(other));
        self.change(other, |seat| seat.partner = Partner::Person(one));
    }

    /// Gives the partner of `person` the server, unless that run has begun.
    fn part(&mut self, person: PersonId) {
        if let Some(Seat { partner: Partner::Person(other), .. }) = self.seats.get(&person)
            && let other = *other
            && self.is_pair(other, person)
            && self.seat(other).is_some_and(Seat::is_waiting)
        {
            self.change(other, |seat| seat.partner = Partner::Server);
        }
    }

    fn running(&mut self, person: PersonId, act: impl FnOnce(&mut Seat)) {
        if self.seat(person).is_some_and(|seat| seat.stage == Stage::Running) {
            self.change(person, act);
        }
    }

    /// Changes a seat, looks whether it is verified now, and has it told if anything is different.
    fn change(&mut self, person: PersonId, act: impl FnOnce(&mut Seat)) {
        if let Some(seat) = self.seats.get_mut(&person) {
            let before = seat.clone();
            act(seat);
            seat.verified = seat.checked(&self.exercise);
            if *seat != before {
                self.changed.insert(person);
            }
        }
    }
}

#[cfg(test)]
mod tests;
