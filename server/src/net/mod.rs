//! Sockets that listen, who may open how many connections before proving anything, and how others find this server.

mod beacon;
mod discovery;
mod listen;
mod mdns;
mod origin;
mod unproven;

pub(crate) use discovery::Discovery;
pub(crate) use listen::{accept_loop, keep_little_unsent, listen, listen_both, reset_on_close};
pub(crate) use origin::Origin;
pub(crate) use unproven::{Unproven, UnprovenGuard};
