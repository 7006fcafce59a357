//! Live streams on this machine: watching one, and publishing one.
//!
//! `connection` is the media connection that both share; `flow` is the same over UDP for those who watch. Watching: `player` (→ `viewer`, `video`,
//! `state`). Listening: `listener` (→ `sound` → `held`,
//! `presenter`, `wav`; `listening` is what they share). `view` is both, for the window. Publishing: `publish` starts
//! a media worker (`worker`) and sends what it makes; `document` is the way to its document camera.

mod clock;
mod connection;
mod document;
mod flow;
mod held;
mod in_class;
mod listener;
mod listening;
mod player;
mod presenter;
mod publish;
mod report;
mod sound;
mod state;
mod video;
mod view;
mod viewer;
mod wav;
mod worker;

pub use clock::ServerClock;
pub use connection::Transport;
pub use document::{DocumentCamera, Sheet};
pub(crate) use in_class::InClass;
pub use listener::{ListenOptions, Listener};
pub use listening::{Levels, ListenReport, Packets, Pause, Trims};
pub use player::{LiveError, LiveOptions, LivePlayer};
pub use publish::{Published, Publisher, Source, TalkKey};
pub use view::{LiveStatus, LiveView};
