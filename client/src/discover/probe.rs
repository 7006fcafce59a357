//! The client's end of the beacon: probes to every network, answers with the round trip they took.

use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::time::{Duration, Instant};

use lectern_proto::beacon::{BEACON_GROUP, BEACON_PORT, Beacon, probe};
use lectern_proto::limits::BEACON_DATAGRAM;
use tokio::net::UdpSocket;

use super::networks::{Network, NetworkKind};

/// Rounds whose answers are still taken.
const ROUNDS: usize = 4;

/// Asks networks for servers.
#[derive(Debug)]
pub(crate) struct Prober {
    v4: Option<UdpSocket>,
    v6: Option<UdpSocket>,
    /// Nonces with the times at which they were sent, the newest last.
    rounds: VecDeque<(u64, Instant)>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) about: Beacon,
    pub(crate) from: SocketAddr,
    pub(crate) round_trip: Duration,
}

impl Prober {
    /// Opens the sockets that there can be.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) async fn open() -> io::Result<Self> {
        let v4 = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).await.and_then(|s| s.set_broadcast(true).map(|()| s));
        let v6 = UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0)).await;
        match (v4, v6) {
            (Err(error), Err(_)) => Err(error),
            (v4, v6) => Ok(Self { v4: v4.ok(), v6: v6.ok(), rounds: VecDeque::new() }),
        }
    }

    /// Sends one probe to everything on these networks and to each of these addresses. A network that does not take it is left
    /// out: the others answer.
    pub(crate) async fn ask(&mut self, networks: &[Network], single: impl IntoIterator<Item = SocketAddr>) {
        let nonce = rand::random();
        let datagram = probe(nonce);
        if self.rounds.len() >= ROUNDS {
            self.rounds.pop_front();
        }
        self.rounds.push_back((nonce, Instant::now()));
        let mut to: BTreeSet<SocketAddr> = single.into_iter().collect();
        to.insert((Ipv4Addr::BROADCAST, BEACON_PORT).into());
        for network in networks {
            to.extend(everybody(network));
        }
        for to in to {
            if let Some(socket) = if to.is_ipv4() { &self.v4 } else { &self.v6 } {
                let _ = socket.send_to(&datagram, to).await;
            }
        }
    }

    /// Waits for the next answer to one of the last probes; may be dropped and called again.
    pub(crate) async fn answer(&self) -> Answer {
        let (mut first, mut second) = ([0; BEACON_DATAGRAM], [0; BEACON_DATAGRAM]);
        loop {
            let (received, buffer) = tokio::select! {
                received = receive(self.v4.as_ref(), &mut first) => (received, &first),
                received = receive(self.v6.as_ref(), &mut second) => (received, &second),
            };
            // Errors are those of earlier probes, which nobody took.
            let Ok((length, from)) = received else { continue };
            let Some((nonce, about)) = buffer.get(..length).and_then(Beacon::read) else { continue };
            if let Some((_, sent)) = self.rounds.iter().find(|(n, _)| *n == nonce) {
                return Answer { about, from, round_trip: sent.elapsed() };
            }
        }
    }
}

async fn receive(socket: Option<&UdpSocket>, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
    match socket {
        Some(socket) => socket.recv_from(buffer).await,
        None => std::future::pending().await,
    }
}

/// Where all machines of a network hear a probe.
fn everybody(network: &Network) -> Option<SocketAddr> {
    match network.address {
        // The whole of loopback hears what is sent to its broadcast address where the system has one.
        IpAddr::V4(_) if network.kind == NetworkKind::Loopback => {
            let address = if cfg!(target_os = "linux") { Ipv4Addr::new(127, 255, 255, 255) } else { Ipv4Addr::LOCALHOST };
            Some((address, BEACON_PORT).into())
        }
        IpAddr::V4(_) => network.broadcast.map(|b| (b, BEACON_PORT).into()),
        IpAddr::V6(_) => Some(SocketAddr::V6(SocketAddrV6::new(BEACON_GROUP, BEACON_PORT, 0, network.index))),
    }
}

/// The address of a host's beacon, where the host is an address and not a name.
pub(crate) fn beacon_of(host: &str) -> Option<SocketAddr> {
    let (address, zone) = host.split_once('%').unwrap_or((host, ""));
    match address.parse().ok()? {
        IpAddr::V6(v6) => Some(SocketAddr::V6(SocketAddrV6::new(v6, BEACON_PORT, 0, zone.parse().unwrap_or(0)))),
        v4 @ IpAddr::V4(_) => Some((v4, BEACON_PORT).into()),
    }
}
