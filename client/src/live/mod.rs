//! Live streams on this machine: watching one, and publishing one.
//!
//! `connection` is the media connection that both share; `flow` is the same over UDP for those who watch. Watching: `player` (→ `viewer`, `video`,
//! `state`). Listening: `listener` (→ `sound`, `wav`). `view` is both, for the window. Publishing: `choice` (out of `devices`) says what,
//! `publish` starts a media worker (`worker`, `worker_time`), sends what it makes (`air`) and shows it to its publisher (`preview`).

mod air;
mod choice;
mod clock;
mod connection;
mod devices;
mod flow;
mod listener;
mod player;
mod preview;
mod publish;
mod report;
mod sound;
mod state;
mod video;
mod view;
mod viewer;
mod wav;
mod worker;
mod worker_time;

pub use air::OffAir;
pub use choice::{Choice, Pictures, Sound};
pub use clock::ServerClock;
pub use connection::Transport;
pub use devices::{Device, Devices, Monitor};
pub use listener::{ListenOptions, ListenReport, Listener};
pub use player::{LiveError, LiveOptions, LivePlayer};
pub use preview::Preview as OwnPictures;
pub use publish::{Published, Publisher, Publishing, Source};
pub use view::{LiveStatus, LiveView};
