//! What the tests of this crate share: a server in this process on free ports, clients made of the protocol's cores, and
//! a library that needs no codec.

#![allow(dead_code, reason = "each test program uses its part")]

pub mod client;
pub mod media;
pub mod postgres;
pub mod stage;

use std::future::Future;
use std::time::Duration;

/// Waits for something that must come.
pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), future).await.unwrap_or_else(|_| panic!("{what} did not come"))
}
