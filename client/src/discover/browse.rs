//! The client's end of multicast DNS: what the library resolves, as sightings.

use std::net::SocketAddr;
use std::time::Duration;

use lectern_proto::beacon::{Beacon, MDNS_FINGERPRINT, MDNS_NAME, MDNS_ROOM, MDNS_ROOMS_LEFT_OUT, MDNS_SERVICE, Rooms, is_shown};
use lectern_proto::limits::{BEACON_ROOMS_MAX, NAME_MAX};
use mdns_sd::{Receiver, ResolvedService, ScopedIp, ServiceDaemon, ServiceEvent};

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
        ServiceEvent::ServiceResolved(service) => match read(service) {
            Some(about) => seen.resolved(&service.fullname, about, service.addresses.iter().map(named)),
            None => seen.removed(&service.fullname),
        },
        ServiceEvent::ServiceRemoved(_, service) => seen.removed(service),
        _ => return false,
    }
    true
}

/// What a service says of itself, if it can be a server of ours.
fn read(service: &ResolvedService) -> Option<Beacon> {
    let text = |key: &str| service.get_property_val_str(key).map(str::to_owned);
    let fingerprint = service.get_property_val_str(MDNS_FINGERPRINT)?.parse().ok()?;
    let name = text(MDNS_NAME).filter(|t| is_shown(t, NAME_MAX))?;
    let further = (2..=BEACON_ROOMS_MAX).map_while(|i| text(&format!("{MDNS_ROOM}{i}"))).collect();
    let left_out = text(MDNS_ROOMS_LEFT_OUT).map_or(Some(0), |n| n.parse().ok())?;
    let rooms = Rooms::heard(text(MDNS_ROOM)?, further, left_out)?;
    (service.port != 0).then_some(Beacon { control_port: service.port, fingerprint, name, rooms })
}

fn named(address: &ScopedIp) -> String {
    match address {
        ScopedIp::V6(v6) => host(SocketAddr::V6(std::net::SocketAddrV6::new(*v6.addr(), 0, 0, v6.scope_id().index))),
        address => address.to_ip_addr().to_string(),
    }
}
