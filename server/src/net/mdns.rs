//! Multicast DNS (RFC 6762) with service discovery (RFC 6763): `_lectern._tcp.local.`, for networks that carry multicast.
//!
//! The library answers on a thread of its own, on all interfaces, and follows them as they come and go.

use std::time::Duration;

use lectern_proto::beacon::{BEACON_VERSION, Beacon, MDNS_FINGERPRINT, MDNS_NAME, MDNS_ROOM, MDNS_ROOMS_LEFT_OUT, MDNS_SERVICE, MDNS_VERSION};
use mdns_sd::{ServiceDaemon, ServiceInfo};

/// A label of DNS has at most 63 bytes (RFC 1035, 2.3.4); some are for the fingerprint.
const NAME_IN_LABEL: usize = 48;
/// Characters of the fingerprint that tell two servers of one name apart.
const TOLD_APART_BY: usize = 8;
/// How long the goodbye may take.
const GOODBYE: Duration = Duration::from_millis(200);

/// A service that is announced.
pub(super) struct Mdns {
    daemon: ServiceDaemon,
    full_name: String,
}

impl std::fmt::Debug for Mdns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mdns({})", self.full_name)
    }
}

impl Mdns {
    /// Announces the server. `addresses`: none for all of the machine, as they are from time to time.
    ///
    /// # Errors
    /// [`mdns_sd::Error`], for example when another program holds port 5353 alone.
    pub(super) fn start(beacon: &Beacon, address: Option<std::net::IpAddr>) -> Result<Self, mdns_sd::Error> {
        let fingerprint = beacon.fingerprint.to_string();
        let short = fingerprint.get(..TOLD_APART_BY).unwrap_or_default();
        let instance = format!("{} {short}", shortened(&beacon.name));
        // Names of hosts are compared without case: a fingerprint in base64 would not do.
        let host = beacon.fingerprint.0.iter().take(8).fold("lectern-".to_owned(), |text, byte| format!("{text}{byte:02x}"));
        let properties = properties(beacon);
        let host = format!("{host}.local.");
        let service = match address {
            Some(address) => ServiceInfo::new(MDNS_SERVICE, &instance, &host, address, beacon.control_port, &properties[..])?,
            None => ServiceInfo::new(MDNS_SERVICE, &instance, &host, "", beacon.control_port, &properties[..])?.enable_addr_auto(),
        };
        let full_name = service.get_fullname().to_owned();
        let daemon = ServiceDaemon::new()?;
        daemon.register(service)?;
        Ok(Self { daemon, full_name })
    }

    /// Says goodbye, so that nobody shows a server that is gone.
    pub(super) async fn stop(self) {
        if let Ok(done) = self.daemon.unregister(&self.full_name) {
            let _ = tokio::time::timeout(GOODBYE, done.recv_async()).await;
        }
        if let Ok(done) = self.daemon.shutdown() {
            let _ = tokio::time::timeout(GOODBYE, done.recv_async()).await;
        }
    }
}

/// The TXT record: what the beacon's answer says, and no more.
fn properties(beacon: &Beacon) -> Vec<(String, String)> {
    let mut all = vec![
        (MDNS_VERSION.to_owned(), BEACON_VERSION.to_string()),
        (MDNS_FINGERPRINT.to_owned(), beacon.fingerprint.to_string()),
        (MDNS_NAME.to_owned(), beacon.name.clone()),
    ];
    let key = |i: usize| if i == 0 { MDNS_ROOM.to_owned() } else { format!("{MDNS_ROOM}{}", i + 1) };
    all.extend(beacon.rooms.names().enumerate().map(|(i, room)| (key(i), room.to_owned())));
    if beacon.rooms.left_out() > 0 {
        all.push((MDNS_ROOMS_LEFT_OUT.to_owned(), beacon.rooms.left_out().to_string()));
    }
    all
}

/// The beginning of a name that fits into a label.
fn shortened(name: &str) -> &str {
    let mut end = name.len().min(NAME_IN_LABEL);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    &name[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_record_names_the_rooms_of_the_answer() {
        let of = |further: &[&str]| {
            let further = further.iter().map(|r| (*r).to_owned());
            let beacon = Beacon::new(5511, lectern_proto::link::Fingerprint([3; 32]), "Lab".into(), "a".into(), further);
            properties(&beacon).into_iter().skip(3).map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>()
        };
        assert_eq!(of(&[]), ["room=a"]);
        assert_eq!(of(&["b", "c"]), ["room=a", "room2=b", "room3=c"]);
        assert_eq!(of(&["b", &"c".repeat(250), "d"]), ["room=a", "room2=b", "more=2"]);
    }

    #[test]
    fn names_are_cut_between_letters() {
        assert_eq!(shortened("Lab 2.14"), "Lab 2.14");
        assert_eq!(shortened(&"ü".repeat(40)).len(), NAME_IN_LABEL);
        assert_eq!(shortened(&format!("x{}", "ü".repeat(40))).len(), NAME_IN_LABEL - 1);
    }
}
