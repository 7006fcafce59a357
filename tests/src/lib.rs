//! A real stack for tests and benches: a server process on free ports in a directory of its own, and what is done to it.
//!
//! Nothing here stands in for a part of the product. Processes are ended with the value that owns them, by their id.

pub mod calendar;
pub mod clip;
pub mod computer;
pub mod desk;
pub mod instep;
pub mod lip_sync;
pub mod middle;
pub mod netns;
pub mod playback;
/// The same that the server's tests use.
#[path = "../../server/tests/support/postgres.rs"]
pub mod postgres;
pub mod publisher;
pub mod reader;
pub mod relay;
/// The same that the media worker's tests use.
#[path = "../../common/media/tests/support/sound_server.rs"]
pub mod sound_server;
pub mod stack;
pub mod traces;
pub mod trusting;
