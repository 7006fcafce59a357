//! The lab of automatic repeat request: the real sender and receiver of [`crate::arq`] with a channel between them that loses, damages,
//! doubles, delays and reorders, in virtual time, decided by a seed.
//!
//! A [`Scenario`] says everything; a [`Simulation`] of it goes from event to event and is the same each time. What the window shows at a
//! moment is a simulation that was stepped there, so that going back is stepping again from the beginning.

pub mod channel;
pub mod diagram;
pub mod export;
pub mod plot;
pub mod scenario;
pub mod simulation;
pub mod statistics;
pub mod sweep;
pub mod trace;

pub use channel::{Channel, ChannelCounters, Fate};
pub use scenario::{Action, Direction, Intervention, Scenario, ScenarioError};
pub use simulation::{Happening, Outcome, Simulation};
pub use trace::{Passage, Trace};
