//! Live streams on this machine: watching one, and publishing one.
//!
//! [`connection`] is the media connection that both share. Watching: [`player`] (→ `video`, `state`). Publishing: [`publish`] starts
//! a media worker (`worker`) and sends what it makes.

mod clock;
mod connection;
mod player;
mod publish;
mod report;
mod state;
mod video;
mod worker;

pub use clock::ServerClock;
pub use player::{LiveError, LiveOptions, LivePlayer};
pub use publish::{Published, Publisher, Source};
