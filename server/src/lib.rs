//! The classroom server: rooms, library, chunk serving. Links no codec.
//!
//! [`config`] → [`Server`] (`run`) → the two planes: `control` (TLS, sessions, the `room`) and `media` (sealed chunks),
//! fed by the `library`. `store` alone names the database, `platform` alone the operating system.

mod accounts;
pub mod alone;
pub mod announce;
mod clock;
pub mod config;
mod control;
mod handout;
mod identity;
mod lab;
mod library;
mod live;
mod lock;
mod media;
mod net;
pub mod platform;
pub mod prepare;
pub mod privacy;
mod room;
mod rooms;
mod run;
mod store;
mod words;

pub use run::{Server, StartError};
