//! The networks that this machine is on: where servers are looked for, and whether an address is a neighbour.

use std::net::{IpAddr, Ipv4Addr};

use if_addrs::{IfAddr, IfOperStatus};

/// An address of this machine with its network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    pub kind: NetworkKind,
    /// The interface, as the system calls it.
    pub name: String,
    pub address: IpAddr,
    /// Bits of the network.
    pub prefix: u8,
    pub(super) broadcast: Option<Ipv4Addr>,
    pub(super) index: u32,
}

/// What a network is, as far as its interface's name tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkKind {
    Wireless,
    Wired,
    /// A tunnel: other machines of it may hear neither broadcast nor multicast.
    Vpn,
    /// This machine itself.
    Loopback,
}

impl Network {
    /// Whether an address is on this network.
    #[must_use]
    pub fn contains(&self, other: IpAddr) -> bool {
        let same = |a: u128, b: u128, bits: u8, of: u32| {
            let shift = of.saturating_sub(u32::from(bits));
            a.checked_shr(shift).unwrap_or(0) == b.checked_shr(shift).unwrap_or(0)
        };
        match (self.address, other.to_canonical()) {
            (IpAddr::V4(a), IpAddr::V4(b)) => same(a.to_bits().into(), b.to_bits().into(), self.prefix, 32),
            (IpAddr::V6(a), IpAddr::V6(b)) => same(a.to_bits(), b.to_bits(), self.prefix, 128),
            _ => false,
        }
    }
}

/// The networks of this machine as they are now, loopback last.
#[must_use]
pub fn networks() -> Vec<Network> {
    let mut found: Vec<_> = if_addrs::get_if_addrs().unwrap_or_default().iter().filter(|i| i.oper_status != IfOperStatus::Down).map(network).collect();
    found.sort_by_key(|n| n.kind == NetworkKind::Loopback);
    found
}

fn network(interface: &if_addrs::Interface) -> Network {
    let (prefix, broadcast) = match &interface.addr {
        IfAddr::V4(v4) if !v4.is_loopback() && v4.prefixlen < 31 => (v4.prefixlen, Some(broadcast(v4.ip, v4.prefixlen))),
        IfAddr::V4(v4) => (v4.prefixlen, None),
        IfAddr::V6(v6) => (v6.prefixlen, None),
    };
    let kind = kind(&interface.name, interface.is_p2p, interface.is_loopback());
    Network { kind, name: interface.name.clone(), address: interface.ip(), prefix, broadcast, index: interface.index.unwrap_or(0) }
}

fn broadcast(address: Ipv4Addr, prefix: u8) -> Ipv4Addr {
    Ipv4Addr::from_bits(address.to_bits() | u32::MAX.checked_shr(prefix.into()).unwrap_or(0))
}

fn kind(name: &str, is_p2p: bool, is_loopback: bool) -> NetworkKind {
    let begins = |with: &[&str]| with.iter().any(|w| name.to_lowercase().starts_with(w));
    if is_loopback {
        NetworkKind::Loopback
    } else if is_p2p || begins(&["tun", "tap", "wg", "ppp", "utun", "tailscale", "zt", "vpn", "openvpn", "wireguard"]) {
        NetworkKind::Vpn
    } else if begins(&["wl", "wifi", "wi-fi", "ath", "ra"]) {
        NetworkKind::Wireless
    } else {
        NetworkKind::Wired
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_told_by_the_prefix() {
        let net = |address: &str, prefix| Network {
            kind: NetworkKind::Wired,
            name: "eth0".into(),
            address: address.parse().expect("an address"),
            prefix,
            broadcast: None,
            index: 1,
        };
        let check = |network: Network, other: &str, want| assert_eq!(network.contains(other.parse().expect("an address")), want, "{network:?} {other}");
        check(net("192.168.10.57", 24), "192.168.10.4", true);
        check(net("192.168.10.57", 24), "192.168.11.4", false);
        check(net("192.168.10.57", 24), "::ffff:192.168.10.4", true);
        check(net("10.0.0.1", 0), "8.8.8.8", true);
        check(net("10.0.0.1", 32), "10.0.0.2", false);
        check(net("2001:db8::1", 64), "2001:db8::ffff", true);
        check(net("2001:db8::1", 64), "2001:db8:0:1::1", false);
        check(net("2001:db8::1", 0), "::1", true);
        check(net("2001:db8::1", 64), "10.0.0.1", false);
    }

    #[test]
    fn names_tell_what_a_network_is() {
        let check = |name, p2p, want| assert_eq!(kind(name, p2p, false), want, "{name}");
        check("wlp3s0", false, NetworkKind::Wireless);
        check("enp2s0", false, NetworkKind::Wired);
        check("wg0", false, NetworkKind::Vpn);
        check("eth9", true, NetworkKind::Vpn);
        assert_eq!(broadcast(Ipv4Addr::new(10, 1, 2, 3), 20), Ipv4Addr::new(10, 1, 15, 255));
    }
}
