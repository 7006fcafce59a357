//! Sockets of the control plane: finding the right server and carrying the bytes of the control core.
//!
//! `dial` opens the connection, `control` runs `lectern_proto`'s client core over it. Who the member is and what it knows
//! is kept in `class`.

pub(crate) mod control;
pub(crate) mod dial;
mod tls;
