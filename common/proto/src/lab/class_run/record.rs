//! What is left of a class run: everybody's answers with all that is needed to run it again, as JSON and as a table.

mod table;

use serde::{Deserialize, Serialize};

use super::exercise::{Exercise, ExerciseError, Judged, Kind};
use super::quantity::Measured;
use super::seat::{Seat, Stage, Verified};
use crate::control::PersonId;
use crate::limits::ROOM_PEOPLE_MAX;

/// What the file says it is.
const VERSION: &str = "lectern-class-run-1";

/// A class run in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The form of the file: `lectern-class-run-1`.
    pub version: String,
    /// The program that wrote it, with its version.
    pub program: String,
    /// Seconds since 1970-01-01 UTC.
    pub begun: u64,
    /// The exercise's text, which holds all settings; a student's seed stands in the row.
    pub exercise: String,
    pub seats: Vec<Row>,
}

/// One student.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    #[serde(flatten)]
    pub seat: Seat,
    /// What the exercise says of what was measured; nothing where no run ended.
    pub judged: Vec<Judged>,
}

/// Why a file is no record.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    #[error("This is not a record of a class run: {0}. Load a file that was saved as JSON.")]
    Form(#[from] serde_json::Error),
    #[error("The file says that it is “{0}”, and this program knows “{VERSION}”. Use the program that wrote it.")]
    Version(String),
    #[error("The file has {0} students, more than a room holds.")]
    Seats(usize),
    #[error("The exercise in the file cannot be read:\n{0}")]
    Exercise(#[from] ExerciseError),
}

/// A row that does not follow from the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreproduced {
    pub person: PersonId,
    /// As it may be shown.
    pub name: String,
    pub why: Mismatch,
}

/// What of a row does not follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    #[error("the seed is not the one of this name; it is {0}")]
    Seed(u64),
    #[error("run again, {} packets are sent in {} µs", .0.packets, .0.time_us)]
    Measured(Measured),
    #[error("what was measured is judged in another way")]
    Judged,
    #[error("what both sides counted says otherwise than the record whether it fits")]
    Verified,
}

impl Record {
    /// The record of a run as it stands.
    #[must_use]
    pub fn new<'a>(exercise: &Exercise, seats: impl IntoIterator<Item = &'a Seat>, program: &str, begun: u64) -> Self {
        let row = |seat: &Seat| Row { judged: seat.measured.iter().flat_map(|m| exercise.judge(m)).collect(), seat: seat.clone() };
        Self { version: VERSION.into(), program: program.into(), begun, exercise: exercise.write(), seats: seats.into_iter().map(row).collect() }
    }

    /// The record as JSON.
    ///
    /// # Errors
    /// Those of the library; a record has nothing that it refuses.
    pub fn to_json(&self) -> Result<String, RecordError> {
        let mut json = serde_json::to_string_pretty(self)?;
        json.push('\n');
        Ok(json)
    }

    /// The record as a table (CSV, RFC 4180, UTF-8) with a heading and a row for each student.
    ///
    /// # Errors
    /// When the exercise cannot be read.
    pub fn to_csv(&self) -> Result<String, RecordError> {
        Ok(table::csv(self, &self.parsed()?))
    }

    /// Reads a record.
    ///
    /// # Errors
    /// When it is none.
    pub fn from_json(json: &str) -> Result<Self, RecordError> {
        let record: Self = serde_json::from_str(json)?;
        if record.version != VERSION {
            return Err(RecordError::Version(crate::text::line(&record.version).chars().take(40).collect()));
        }
        if record.seats.len() > ROOM_PEOPLE_MAX {
            return Err(RecordError::Seats(record.seats.len()));
        }
        record.parsed()?;
        Ok(record)
    }

    /// The exercise.
    ///
    /// # Errors
    /// When its text was changed to what is none.
    pub fn parsed(&self) -> Result<Exercise, ExerciseError> {
        Exercise::parse(&self.exercise)
    }

    /// Runs every simulation again, compares what both sides of a run on the network counted, and judges anew: what does not come out as it
    /// stands here. That takes up to a second for each simulation.
    ///
    /// # Errors
    /// When the exercise cannot be read.
    pub fn check(&self) -> Result<Vec<Unreproduced>, RecordError> {
        let exercise = self.parsed()?;
        let of = |row: &Row| row.mismatches(&exercise).into_iter().map(|why| row.unreproduced(why)).collect::<Vec<_>>();
        Ok(self.seats.iter().flat_map(of).collect())
    }
}

impl Row {
    fn mismatches(&self, exercise: &Exercise) -> Vec<Mismatch> {
        let (seat, mut found) = (&self.seat, Vec::new());
        let seed = exercise.seed_for(&seat.name);
        found.extend((seat.seed != seed).then_some(Mismatch::Seed(seed)));
        if let (Stage::Done, Some(measured)) = (&seat.stage, &seat.measured) {
            found.extend((exercise.judge(measured) != self.judged).then_some(Mismatch::Judged));
            if exercise.kind == Kind::Simulation {
                let again = exercise.simulate(seat.seed);
                found.extend((again != *measured).then_some(Mismatch::Measured(again)));
            }
        }
        let is_claimed = exercise.kind == Kind::Network || seat.stage != Stage::Done;
        let follows = if seat.stage == Stage::Done { seat.checked(exercise) } else { Verified::No };
        found.extend((is_claimed && follows != seat.verified).then_some(Mismatch::Verified));
        found
    }

    fn unreproduced(&self, why: Mismatch) -> Unreproduced {
        Unreproduced { person: self.seat.person, name: crate::text::line(&self.seat.name).into_owned(), why }
    }
}

#[cfg(test)]
mod tests;
