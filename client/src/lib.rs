//! The Lectern client: a headless core, a command line and a window in one binary.
//!
//! ```text
//! discover → connect (or `here`: a server of one's own) → class (membership) → fetch → player → ui or cli
//! ```
//! The core knows nothing of drawing; the window reads its snapshots and sends it commands, and so does the command line.

pub mod account;
pub mod chat;
pub mod class;
pub mod cli;
pub mod connect;
pub mod discover;
pub mod fetch;
pub mod folders;
pub mod here;
pub mod keep_file;
pub mod lab;
pub mod live;
pub mod player;
pub mod system;
pub mod ui;
pub mod update;

#[cfg(not(any(feature = "ffmpeg", feature = "portable")))]
compile_error!("the client needs decoders: build it with the feature `ffmpeg` (the default) or `portable`");
