//! Class runs of the lab of repeat request: an exercise is handed to a class, everybody predicts, runs and compares.
//!
//! An [`Exercise`] is a small text file: what is run, what is asked before it, what is expected of it. Each student's seed follows from the
//! exercise's and the name. A [`ClassRun`] keeps who is whose partner and how far each is; a [`Record`] is what is left of it afterwards, and
//! can be run again. Nothing here sends or measures: server and client tell what happened and ask what follows.

mod amount;
pub mod exercise;
mod quantity;
pub mod record;
mod seat;
mod state;

pub use amount::{Amount, AmountError, Range};
pub use exercise::{Exercise, ExerciseError, Fault, Judged, Kind, Replay};
pub use quantity::{Measured, Quantity};
pub use record::{Record, RecordError};
pub use seat::{Partner, Path, Seat, Stage, Verified, Witness};
pub use state::{ClassRun, ClassRunError, Counts};
