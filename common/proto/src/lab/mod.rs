//! Cores of the networking labs: what a channel does to bits and packets, decided by a seed.

pub mod arq;
pub mod class_run;
pub mod hamming;
pub mod pcapng;
pub mod plot;
pub mod random;

/// The dissector in Lua with which Wireshark and tshark read our packets.
pub const DISSECTOR: &str = include_str!("../../dissector/lectern.lua");
