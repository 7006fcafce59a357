//! How two computers of a class find a way to each other: both send probes to every address that the other may be reached at, at the same
//! time, so that what filters packets on the way takes each side's for the answer to the other's (simultaneous open; RFC 8445 does the same in
//! more depth). Where none comes through in time, packets go by way of the server.
//!
//! The server tells both the same token, over TLS: a probe without it is nobody's.

use std::collections::{BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use super::packet::{Body, Packet, Probe};
use crate::limits::LAB_ADDRESSES_MAX;

/// A probe that was not answered is sent again after this long, and so often to each address.
pub const PROBE_EVERY: Duration = Duration::from_millis(50);
pub const PROBES: u32 = 40;
/// So long an answer is waited for before the server's way is taken.
pub const DIRECT_WAIT: Duration = Duration::from_millis(800);
/// So long any way is waited for.
pub const WAY_WAIT: Duration = Duration::from_secs(8);

/// Where the packets of a run go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// To the other side itself.
    Direct(SocketAddr),
    /// To this server, which hands them on.
    Relayed(SocketAddr),
}

impl Way {
    /// The address that packets are sent to.
    #[must_use]
    pub const fn address(self) -> SocketAddr {
        match self {
            Self::Direct(address) | Self::Relayed(address) => address,
        }
    }
}

/// One side's search for a way to the other.
#[derive(Debug)]
pub struct Meeting {
    transfer: u32,
    probe: Probe,
    began: Duration,
    /// Where the other side may be, and how many probes went there.
    candidates: Vec<(SocketAddr, u32)>,
    due: Duration,
    out: VecDeque<(SocketAddr, Body)>,
    /// From where something with the token came.
    heard: BTreeSet<SocketAddr>,
    /// Where packets of ours came through to, and answers from there to us.
    direct: Option<SocketAddr>,
    relay: Option<SocketAddr>,
}

impl Meeting {
    /// Begins now. All addresses beyond [`LAB_ADDRESSES_MAX`], and those that nobody can be at, are passed over.
    #[must_use]
    pub fn new(now: Duration, transfer: u32, token: [u8; 16], addresses: &[SocketAddr]) -> Self {
        let mut meeting = Self {
            transfer,
            probe: Probe { token },
            began: now,
            candidates: Vec::new(),
            due: now,
            out: VecDeque::new(),
            heard: BTreeSet::new(),
            direct: None,
            relay: None,
        };
        addresses.iter().for_each(|address| meeting.add(*address));
        meeting
    }

    fn add(&mut self, address: SocketAddr) {
        let is_known = self.candidates.iter().any(|(known, _)| *known == address);
        if !is_known && is_somewhere(&address) && self.candidates.len() < LAB_ADDRESSES_MAX {
            self.candidates.push((address, 0));
        }
    }

    /// The number of the transfer that follows.
    #[must_use]
    pub const fn transfer(&self) -> u32 {
        self.transfer
    }

    /// The server hands packets on that come to this address.
    pub const fn set_relay(&mut self, address: SocketAddr) {
        self.relay = Some(address);
    }

    /// Whether a packet from there is of the other side.
    #[must_use]
    pub fn knows(&self, from: SocketAddr) -> bool {
        self.relay == Some(from) || self.heard.contains(&from)
    }

    /// Takes a packet; says whether it was of the meeting.
    pub fn handle(&mut self, from: SocketAddr, packet: &Packet) -> bool {
        let (Body::Probe(probe) | Body::ProbeAnswer(probe)) = &packet.body else { return false };
        // The way over the server needs no probes.
        if *probe != self.probe || packet.transfer != self.transfer || self.relay == Some(from) {
            return true;
        }
        self.add(from);
        if self.heard.len() < 2 * LAB_ADDRESSES_MAX {
            self.heard.insert(from);
        }
        match packet.body {
            Body::Probe(_) if self.out.len() < 2 * LAB_ADDRESSES_MAX => self.out.push_back((from, Body::ProbeAnswer(self.probe))),
            Body::ProbeAnswer(_) => _ = self.direct.get_or_insert(from),
            _ => {}
        }
        true
    }

    /// The next packet to send, and where to.
    pub fn poll_transmit(&mut self, now: Duration) -> Option<(SocketAddr, Packet)> {
        if now >= self.due && self.direct.is_none() {
            self.due = now + PROBE_EVERY;
            for (address, probes) in self.candidates.iter_mut().filter(|(_, probes)| *probes < PROBES) {
                *probes += 1;
                self.out.push_back((*address, Body::Probe(self.probe)));
            }
        }
        let (to, body) = self.out.pop_front()?;
        Some((to, Packet { transfer: self.transfer, body }))
    }

    /// When [`Self::poll_transmit`] or [`Self::way`] has something although nothing came.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        if self.direct.is_some() {
            return None;
        }
        let probes = self.candidates.iter().any(|(_, probes)| *probes < PROBES).then_some(self.due);
        [probes, self.relay.map(|_| self.began + DIRECT_WAIT), Some(self.began + WAY_WAIT)].into_iter().flatten().min()
    }

    /// The way that was found: the straight one, or after [`DIRECT_WAIT`] (at once where the other side has no address) the server's.
    #[must_use]
    pub fn way(&self, now: Duration) -> Option<Way> {
        let is_late = self.candidates.is_empty() || now >= self.began + DIRECT_WAIT;
        self.direct.map(Way::Direct).or_else(|| self.relay.filter(|_| is_late).map(Way::Relayed))
    }

    /// Whether no way will be found any more.
    #[must_use]
    pub fn is_over(&self, now: Duration) -> bool {
        self.way(now).is_none() && now >= self.began + WAY_WAIT
    }
}

/// Whether somebody can be at an address: nobody is asked to shout at a whole network.
#[must_use]
pub fn is_somewhere(address: &SocketAddr) -> bool {
    let ip = address.ip();
    let is_broadcast = matches!(ip, std::net::IpAddr::V4(v4) if v4.is_broadcast() || v4.octets()[3] == 255);
    address.port() != 0 && !ip.is_unspecified() && !ip.is_multicast() && !is_broadcast
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: [u8; 16] = [7; 16];

    fn address(n: u8) -> SocketAddr {
        SocketAddr::from(([10, 0, 0, n], 4_000))
    }

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// Both sides for two seconds on a network that carries a packet from one address to another or does not; Ana is at 1, Ben at 2.
    fn meet(ana: &mut Meeting, ben: &mut Meeting, carries: impl Fn(u64, u8, u8) -> bool) -> [u32; 2] {
        let mut sent = [0, 0];
        for now in 0..2_000 {
            for _ in 0..4 {
                while let Some((to, packet)) = ana.poll_transmit(ms(now)) {
                    sent[0] += 1;
                    if to == address(2) && carries(now, 1, 2) {
                        assert!(ben.handle(address(1), &packet));
                    }
                }
                while let Some((to, packet)) = ben.poll_transmit(ms(now)) {
                    sent[1] += 1;
                    if to == address(1) && carries(now, 2, 1) {
                        assert!(ana.handle(address(2), &packet));
                    }
                }
            }
        }
        sent
    }

    fn pair(to_ben: &[SocketAddr], to_ana: &[SocketAddr]) -> (Meeting, Meeting) {
        (Meeting::new(ms(0), 5, TOKEN, to_ben), Meeting::new(ms(0), 5, TOKEN, to_ana))
    }

    #[test]
    fn the_straight_way_is_found_beside_dead_ones() {
        let (mut ana, mut ben) = pair(&[address(9), address(2)], &[address(1), address(8)]);
        let sent = meet(&mut ana, &mut ben, |_, _, _| true);
        assert_eq!((ana.way(ms(1)), ben.way(ms(1))), (Some(Way::Direct(address(2))), Some(Way::Direct(address(1)))));
        assert!(ana.knows(address(2)) && !ana.knows(address(9)) && sent.iter().all(|n| *n < 10), "{sent:?}");
        assert_eq!(ana.poll_timeout(), None);
    }

    #[test]
    fn a_wall_that_opens_for_answers_opens_for_both() {
        // Each side's wall lets in only what comes from where something went to before, from the 200th millisecond on.
        let (mut ana, mut ben) = pair(&[address(2)], &[address(1)]);
        meet(&mut ana, &mut ben, |now, _, _| now > 200);
        assert!(matches!((ana.way(ms(300)), ben.way(ms(300))), (Some(Way::Direct(_)), Some(Way::Direct(_)))));
    }

    #[test]
    fn one_way_alone_is_none_and_the_server_helps() {
        let (mut ana, mut ben) = pair(&[address(2)], &[address(1)]);
        ana.set_relay(address(100));
        let sent = meet(&mut ana, &mut ben, |_, from, _| from == 2);
        assert_eq!((ana.way(DIRECT_WAIT - ms(1)), ana.way(DIRECT_WAIT)), (None, Some(Way::Relayed(address(100)))));
        assert!(!ana.is_over(WAY_WAIT) && ben.way(WAY_WAIT).is_none() && ben.is_over(WAY_WAIT));
        assert!(sent.iter().all(|n| *n <= 2 * PROBES), "an end of it: {sent:?}");
    }

    #[test]
    fn who_has_no_address_is_met_at_the_server() {
        let mut ana = Meeting::new(ms(0), 5, TOKEN, &[]);
        assert_eq!((ana.way(ms(0)), ana.poll_transmit(ms(0)).is_none()), (None, true));
        ana.set_relay(address(100));
        assert_eq!(ana.way(ms(0)), Some(Way::Relayed(address(100))));
    }

    #[test]
    fn strangers_and_nowhere_are_not_listened_to() {
        let nowhere = ["0.0.0.0:5", "10.0.0.1:0", "224.0.0.1:5", "255.255.255.255:5", "10.0.0.255:5", "[ff02::1]:5", "[::]:5"];
        let nowhere: Vec<SocketAddr> = nowhere.iter().map(|a| a.parse().expect("an address")).collect();
        let mut ana = Meeting::new(ms(0), 5, TOKEN, &nowhere);
        assert!(ana.poll_transmit(ms(0)).is_none());
        let stranger = Packet { transfer: 5, body: Body::Probe(Probe { token: [8; 16] }) };
        let other = Packet { transfer: 6, body: Body::Probe(Probe { token: TOKEN }) };
        assert!(ana.handle(address(3), &stranger) && ana.handle(address(3), &other));
        assert!(!ana.knows(address(3)) && ana.poll_transmit(ms(1)).is_none());
        let many: Vec<_> = (0..200).map(address).collect();
        let mut ana = Meeting::new(ms(0), 5, TOKEN, &many);
        let sent = std::iter::from_fn(|| ana.poll_transmit(ms(0))).count();
        assert_eq!(sent, LAB_ADDRESSES_MAX);
    }
}
