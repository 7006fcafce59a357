//! The control plane: messages by phase and the two sans-IO cores that exchange them.
//!
//! `client` and `server` turn bytes into events and requests into bytes. The sockets, TLS, hashing and the room are
//! elsewhere; here is only what both sides must agree on: framing, phases, versions, limits and waits.

pub mod account;
pub mod chat;
pub mod client;
mod failure;
mod hello;
pub mod lab;
pub mod live;
pub mod messages;
mod refusal;
pub mod room;
pub mod server;
pub mod talk;

pub use account::*;
pub use chat::{ChatEvent, ChatRequest, Mail, MailboxOwner, PrivateChat};
pub use failure::{FailureKind, FailureReason};
pub use hello::{HelloReply, HelloRequest, MAGIC, VERSION, VERSION_MIN, Welcome};
pub use lab::*;
pub use live::*;
pub use messages::*;
pub use refusal::{CloseReason, Refusal};
pub use room::{CodeInfo, Door, Poll, RoomAnswer, RoomEvent, RoomInfo, RoomRequest, Stay, Waiting};
pub use talk::*;

/// Why a control connection ended on this side.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ControlError {
    #[error(transparent)]
    Frame(#[from] crate::framing::FrameTooLong),
    #[error(transparent)]
    Wire(#[from] crate::wire::WireError),
    #[error("the other side does not speak the Lectern protocol")]
    Magic,
    #[error("no common protocol version: the server ({agent}) speaks {version_min} to {version_max}, this program {own_min} to {own_max}", own_min = hello::VERSION_MIN, own_max = hello::VERSION)]
    Version { version_min: u16, version_max: u16, agent: String },
    #[error("nothing came from the other side for {0} s")]
    Silence(u64),
    #[error("the other side sent more than is allowed")]
    Flood,
}
