//! Every protocol and core of Lectern as a pure state machine.
//!
//! Nothing in this crate opens a socket, reads a clock, starts a thread or draws a random number: time, bytes and random
//! numbers are arguments. Server, client and media worker share it; it knows none of them.

pub mod account;
pub mod address;
pub mod arq;
pub mod attendance;
pub mod beacon;
pub mod chat;
pub mod clock;
pub mod code;
pub mod control;
pub mod datagram;
pub mod details;
pub mod fmp4;
pub mod framing;
pub mod grid;
pub mod handout;
pub mod hex;
pub mod lab;
pub mod limits;
pub mod link;
pub mod live;
pub mod manifest;
pub mod matroska;
pub mod media;
pub mod quality;
pub mod rate;
pub mod rights;
pub mod rung;
pub mod seal;
pub mod share;
pub mod stamp;
pub mod text;
pub mod timeline;
pub mod wire;
pub mod words;
