//! What was heard of servers, merged into the list that people see. Pure: time and what came are arguments.
//!
//! A server is told by fingerprint, port, name and rooms together, so that a stranger who copies a part of that makes an entry
//! of its own and cannot change another's. Entries keep their order; those that went silent leave.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use lectern_proto::beacon::Beacon;
use lectern_proto::limits::{BEACON_SILENT, FOUND_MAX};
use lectern_proto::link::{Fingerprint, LINK_HOSTS_MAX};
use lectern_proto::words::CheckWords;

use super::Found;

/// Everything that was heard.
#[derive(Debug, Default)]
pub(super) struct Sightings {
    entries: Vec<Entry>,
    words: HashMap<Fingerprint, CheckWords>,
}

#[derive(Debug)]
struct Entry {
    about: Beacon,
    /// In the order in which they were first heard of.
    addresses: Vec<Address>,
    /// Instances of multicast DNS that told of it.
    services: Vec<String>,
}

#[derive(Debug)]
struct Address {
    /// As a link names it.
    host: String,
    /// Last answer to a probe.
    answered: Option<(Duration, Duration)>,
    /// Told by multicast DNS, which takes it back itself.
    services: Vec<String>,
}

/// How a link names an address: a link-local one with the interface that it is on.
pub(super) fn host(from: SocketAddr) -> String {
    match from {
        SocketAddr::V6(v6) if v6.ip().is_unicast_link_local() && v6.scope_id() != 0 => format!("{}%{}", v6.ip(), v6.scope_id()),
        from => from.ip().to_canonical().to_string(),
    }
}

fn is_link_local(host: &str) -> bool {
    let address = host.split('%').next().unwrap_or(host);
    matches!(address.parse(), Ok(IpAddr::V6(v6)) if v6.is_unicast_link_local()) || matches!(address.parse(), Ok(IpAddr::V4(v4)) if v4.is_link_local())
}

impl Sightings {
    /// A server answered a probe.
    pub(super) fn answered(&mut self, now: Duration, about: Beacon, from: SocketAddr, round_trip: Duration) {
        if let Some(address) = self.entry(about).and_then(|e| e.address(host(from))) {
            address.answered = Some((now, round_trip));
        }
    }

    /// Multicast DNS tells of a server.
    pub(super) fn resolved(&mut self, service: &str, about: Beacon, hosts: impl IntoIterator<Item = String>) {
        // What it told before may be other addresses, or another server.
        self.removed(service);
        let Some(entry) = self.entry(about) else { return };
        entry.services.push(service.to_owned());
        for host in hosts {
            if let Some(address) = entry.address(host) {
                address.services.push(service.to_owned());
            }
        }
    }

    /// Multicast DNS takes a server back.
    pub(super) fn removed(&mut self, service: &str) {
        for entry in &mut self.entries {
            entry.services.retain(|s| s != service);
            entry.addresses.iter_mut().for_each(|a| a.services.retain(|s| s != service));
        }
    }

    /// Forgets what went silent.
    pub(super) fn forget(&mut self, now: Duration) {
        let heard = |a: &Address| a.answered.is_some_and(|(at, _)| now.saturating_sub(at) < BEACON_SILENT);
        for entry in &mut self.entries {
            entry.addresses.retain(|a| heard(a) || !a.services.is_empty());
        }
        self.entries.retain(|e| !e.addresses.is_empty());
        self.words.retain(|fingerprint, _| self.entries.iter().any(|e| e.about.fingerprint == *fingerprint));
    }

    /// A server whose words are not known yet.
    pub(super) fn without_words(&self) -> Option<Fingerprint> {
        self.entries.iter().map(|e| e.about.fingerprint).find(|f| !self.words.contains_key(f))
    }

    /// Takes the words of a fingerprint.
    pub(super) fn know_words(&mut self, fingerprint: Fingerprint, words: CheckWords) {
        self.words.insert(fingerprint, words);
    }

    /// Instances that multicast DNS has not taken back.
    pub(super) fn services(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().flat_map(|e| &e.services).map(String::as_str)
    }

    /// Addresses that are known, to be asked one by one.
    pub(super) fn hosts(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().flat_map(|e| &e.addresses).map(|a| a.host.as_str())
    }

    /// The list.
    pub(super) fn found(&self) -> Vec<Found> {
        self.entries.iter().filter(|e| !e.addresses.is_empty()).map(|e| e.found(self.words.get(&e.about.fingerprint).copied())).collect()
    }

    fn entry(&mut self, about: Beacon) -> Option<&mut Entry> {
        let at = self.entries.iter().position(|e| e.about == about).or_else(|| {
            (self.entries.len() < FOUND_MAX).then(|| {
                self.entries.push(Entry { about, addresses: Vec::new(), services: Vec::new() });
                self.entries.len() - 1
            })
        })?;
        self.entries.get_mut(at)
    }
}

impl Entry {
    fn address(&mut self, host: String) -> Option<&mut Address> {
        let at = self.addresses.iter().position(|a| a.host == host).or_else(|| {
            (self.addresses.len() < LINK_HOSTS_MAX).then(|| {
                self.addresses.push(Address { host, answered: None, services: Vec::new() });
                self.addresses.len() - 1
            })
        })?;
        self.addresses.get_mut(at)
    }

    fn found(&self, words: Option<CheckWords>) -> Found {
        let all = || self.addresses.iter().map(|a| a.host.clone());
        let wide: Vec<_> = all().filter(|h| !is_link_local(h)).collect();
        Found {
            fingerprint: self.about.fingerprint,
            name: self.about.name.clone(),
            rooms: self.about.rooms.clone(),
            port: self.about.control_port,
            hosts: if wide.is_empty() { all().collect() } else { wide },
            round_trip: self.addresses.iter().filter_map(|a| a.answered).map(|(_, round_trip)| round_trip).min(),
            by_beacon: self.addresses.iter().any(|a| a.answered.is_some()),
            by_mdns: !self.services.is_empty(),
            words,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lectern_proto::beacon::Rooms;

    fn about(n: u8) -> Beacon {
        Beacon::new(5511, Fingerprint([n; 32]), "Lab 2.14".into(), "net-2b".into(), [])
    }

    fn at(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn both_ways_of_finding_are_one_server_and_two_of_one_name_are_two() {
        let mut seen = Sightings::default();
        seen.answered(MS, about(1), at("10.0.0.1:5511"), 3 * MS);
        seen.resolved("a", about(1), ["10.0.0.1".to_owned(), "2001:db8::1".to_owned()]);
        seen.answered(MS, about(2), at("10.0.0.2:5511"), 9 * MS);
        let found = seen.found();
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].hosts.as_slice(), found[0].round_trip), (["10.0.0.1".to_owned(), "2001:db8::1".to_owned()].as_slice(), Some(3 * MS)));
        assert!(found[0].by_beacon && found[0].by_mdns && !found[1].by_mdns);
        assert_eq!((&found[0].name, found[1].hosts.as_slice()), (&found[1].name, ["10.0.0.2".to_owned()].as_slice()));
    }

    #[test]
    fn what_went_silent_leaves_and_the_others_keep_their_places() {
        let mut seen = Sightings::default();
        for n in 1..=3 {
            seen.answered(MS, about(n), at(&format!("10.0.0.{n}:5511")), MS);
        }
        seen.resolved("b", about(2), ["10.0.0.2".to_owned()]);
        let later = MS + BEACON_SILENT;
        seen.answered(later, about(3), at("10.0.0.3:5511"), MS);
        seen.forget(later);
        let left = |seen: &Sightings| seen.found().iter().map(|f| f.fingerprint.0[0]).collect::<Vec<_>>();
        assert_eq!(left(&seen), [2, 3], "multicast DNS still tells of 2");
        seen.removed("b");
        seen.forget(later);
        assert_eq!(left(&seen), [3]);
    }

    #[test]
    fn who_copies_a_fingerprint_changes_nothing_about_its_owner() {
        let mut seen = Sightings::default();
        seen.answered(MS, about(1), at("10.0.0.1:5511"), MS);
        for liar in [Beacon { control_port: 1, ..about(1) }, Beacon { name: "X".into(), ..about(1) }, Beacon { rooms: Rooms::one("X"), ..about(1) }] {
            seen.answered(MS, liar, at("10.0.0.66:5511"), MS);
        }
        assert_eq!(seen.found()[0].hosts, ["10.0.0.1"]);
        assert_eq!(seen.found().len(), 4);
    }

    #[test]
    fn a_flood_of_servers_and_addresses_is_bounded() {
        let mut seen = Sightings::default();
        for n in 0..1_000_u16 {
            seen.answered(MS, Beacon { control_port: n + 1, ..about(1) }, at("10.0.0.1:5511"), MS);
            seen.answered(MS, Beacon { control_port: 1, ..about(1) }, at(&format!("10.0.{}.{}:5511", n / 250, n % 250)), MS);
        }
        assert_eq!(seen.found().len(), FOUND_MAX);
        assert!(seen.found().iter().all(|f| f.hosts.len() <= LINK_HOSTS_MAX));
    }

    #[test]
    fn link_local_addresses_stand_in_only_where_there_is_no_other() {
        let mut seen = Sightings::default();
        let near = SocketAddr::V6(std::net::SocketAddrV6::new("fe80::1".parse().expect("an address"), 5511, 0, 3));
        seen.answered(MS, about(1), near, MS);
        assert_eq!(seen.found()[0].hosts, ["fe80::1%3"]);
        seen.answered(MS, about(1), at("10.0.0.1:5511"), MS);
        assert_eq!(seen.found()[0].hosts, ["10.0.0.1"]);
    }
}
