//! Cores of the networking labs: what a channel does to bits and packets, decided by a seed.

pub mod arq;
pub mod hamming;
pub mod plot;
pub mod random;
