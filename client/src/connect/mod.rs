//! Sockets of the control plane: finding the right server and carrying the bytes of the control core.
//!
//! `dial` opens the connection (`trouble` and `surroundings` say why not), `introduce` learns whom there is to know, `known`
//! remembers whom people have confirmed, `control` runs `lectern_proto`'s client core. Who the member is and what it knows is
//! kept in `class`.

pub(crate) mod control;
pub(crate) mod dial;
pub mod introduce;
pub mod keys;
pub mod known;
mod surroundings;
pub(crate) mod tls;
pub mod trouble;
