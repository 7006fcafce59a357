//! Sockets that listen, and who may open how many connections before proving anything.

mod listen;
mod origin;
mod unproven;

pub(crate) use listen::{accept_loop, listen, reset_on_close};
pub(crate) use origin::Origin;
pub(crate) use unproven::{Unproven, UnprovenGuard};
