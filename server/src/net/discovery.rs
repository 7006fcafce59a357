//! How clients find this server without knowing anything: the beacon and multicast DNS, side by side.
//!
//! Both say the same few public things. Neither is needed: where they cannot be had, the log says so and the server serves.

use std::sync::{Arc, Mutex};

use lectern_proto::beacon::{Answerer, BEACON_PORT, Beacon};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::beacon;
use super::mdns::Mdns;
use crate::clock::Clock;
use crate::config::Bind;

/// A server that can be found.
#[derive(Debug, Default)]
pub(crate) struct Discovery {
    mdns: Option<Mdns>,
}

impl Discovery {
    /// Makes the server findable; the beacon's tasks end with `stop`.
    pub(crate) fn start(about: Beacon, bind: Bind, clock: Clock, tasks: &TaskTracker, stop: &CancellationToken) -> Self {
        let mdns = announce(&about, bind);
        match beacon::open() {
            Ok(sockets) => {
                let answerer = Arc::new(Mutex::new(Answerer::new(about)));
                for socket in sockets {
                    tasks.spawn(beacon::serve(socket, Arc::clone(&answerer), bind, clock, stop.clone()));
                }
            }
            Err(error) => tracing::warn!(%error, "UDP port {BEACON_PORT} cannot be opened: clients find this server by multicast DNS, link or address only"),
        }
        Self { mdns }
    }

    /// Says goodbye.
    pub(crate) async fn stop(self) {
        if let Some(mdns) = self.mdns {
            mdns.stop().await;
        }
    }
}

/// Multicast does not reach a server that listens on this machine alone.
fn announce(about: &Beacon, bind: Bind) -> Option<Mdns> {
    let address = match bind {
        Bind::Any => None,
        Bind::One(address) if address.is_unspecified() => None,
        Bind::One(address) if address.is_loopback() => return None,
        Bind::One(address) => Some(address),
    };
    let told = |error: &mdns_sd::Error| tracing::warn!(%error, "multicast DNS cannot be had: clients find this server by its beacon, link or address only");
    Mdns::start(about, address).inspect_err(told).ok()
}
