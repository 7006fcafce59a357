//! The client's end of multicast DNS: what the library resolves, as sightings.

use std::net::SocketAddr;
use std::time::Duration;

use lectern_proto::beacon::{Beacon, MDNS_SERVICE};
use mdns_sd::{Receiver, ScopedIp, ServiceDaemon, ServiceEvent};

use super::sightings::{Sightings, host};

/// A service that does not confirm itself within this time is gone.
const CONFIRM: Duration = Duration::from_secs(3);

/// Looks for services until it is dropped.
pub(super) struct Browser {
    daemon: ServiceDaemon,
    events: Receiver<ServiceEvent>,
}

impl std::fmt::Debug for Browser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Browser(..)")
    }
}

impl Browser {
    /// Begins to look.
    ///
    /// # Errors
    /// [`mdns_sd::Error`], for example when another program holds port 5353 alone.
    pub(super) fn start() -> Result<Self, mdns_sd::Error> {
        let daemon = ServiceDaemon::new()?;
        let events = daemon.browse(MDNS_SERVICE)?;
        Ok(Self { daemon, events })
    }

    /// The next thing that was heard; none when the library has ended.
    pub(super) async fn next(&self) -> Option<ServiceEvent> {
        self.events.recv_async().await.ok()
    }

    /// Asks a service whether it is still there; if not, it is taken back.
    pub(super) fn confirm(&self, service: &str) {
        let _ = self.daemon.verify(service.to_owned(), CONFIRM);
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.daemon.shutdown();
    }
}

/// Takes an event into what was heard; says whether that changed anything.
pub(super) fn take(seen: &mut Sightings, event: &ServiceEvent) -> bool {
    match event {
        ServiceEvent::ServiceResolved(service) => match Beacon::of_service(service.port, |key| service.get_property_val_str(key)) {
            Some(about) => seen.resolved(&service.fullname, about, service.addresses.iter().map(named)),
            None => seen.removed(&service.fullname),
        },
        ServiceEvent::ServiceRemoved(_, service) => seen.removed(service),
        _ => return false,
    }
    true
}

fn named(address: &ScopedIp) -> String {
    match address {
        ScopedIp::V6(v6) => host(SocketAddr::V6(std::net::SocketAddrV6::new(*v6.addr(), 0, 0, v6.scope_id().index))),
        address => address.to_ip_addr().to_string(),
    }
}
