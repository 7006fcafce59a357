//! Live streams on this machine: watching one, and publishing one.
//!
//! `connection` is the media connection that both share; `flow` is the same over UDP for those who watch. Watching: `player` (→ `viewer`,
//! `video`, `state`). Listening: `listener` (→ `sound` → `held`, `presenter`, `wav`; `listening` is what they share). `view` is both, in step
//! (`in_step`); `keep` writes what is watched into a file. Publishing: `choice` (out of `devices`) says what, `publish` starts a media worker (`worker`, `worker_time`), sends what it
//! makes (`air`) and shows it to its publisher (`preview`); `document` is the way to its document camera.

mod air;
mod choice;
mod clock;
mod connection;
mod devices;
mod document;
mod flow;
mod held;
mod in_class;
mod in_step;
mod keep;
mod listener;
mod listening;
mod player;
mod presenter;
mod preview;
mod protect;
mod publish;
mod report;
mod sound;
mod speech;
mod state;
mod stopped;
mod video;
mod view;
mod viewer;
mod wav;
mod worker;
mod worker_time;

pub use crate::keep_file::KeepError;
pub use air::OffAir;
pub use choice::{Choice, Corner, Inset, Pictures, Sound};
pub use clock::ServerClock;
pub use connection::Transport;
pub use devices::{DevicesError, devices_now};
pub use document::{DocumentCamera, Sheet};
pub(crate) use in_class::InClass;
pub use lectern_proto::live::devices::{Device, Devices, Monitor};
pub use listener::{ListenOptions, Listener};
pub use listening::{Levels, ListenReport, Packets, Pause};
pub use player::{LiveError, LiveOptions};
pub use preview::Preview as OwnPictures;
pub(crate) use publish::PUSH_TO_TALK;
pub use publish::{Published, Publisher, Publishing, Source, TalkKey};
pub use stopped::{LiveEnd, Stopped};
pub use view::{LiveStatus, LiveView};
