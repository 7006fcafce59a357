//! The sockets of the beacon: probes come to UDP port 5511, answers go back to where they came from.
//!
//! What is answered is decided by the core in `lectern_proto::beacon`. Several servers of one machine share the port: each
//! gets what was sent to all. One that cannot have it is still found by multicast DNS, by its link and by its address.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lectern_proto::beacon::{Answerer, BEACON_GROUP, BEACON_PORT};
use lectern_proto::limits::BEACON_DATAGRAM;
use socket2::{Domain, Socket, Type};
use tokio::net::UdpSocket;
use tokio_util::sync::CancellationToken;

use super::Origin;
use crate::clock::Clock;
use crate::config::Bind;
use crate::platform;

/// Interfaces come and go: a cable, a VPN.
const JOIN_EVERY: Duration = Duration::from_secs(5);

/// The decision that both sockets share.
pub(super) type Shared = Arc<Mutex<Answerer<Origin>>>;

/// Opens the sockets that there can be.
///
/// # Errors
/// When there is none.
pub(super) fn open() -> io::Result<Vec<UdpSocket>> {
    let (v4, v6) = (socket(Ipv4Addr::UNSPECIFIED.into()), socket(Ipv6Addr::UNSPECIFIED.into()));
    match (v4, v6) {
        (Err(error), Err(_)) => Err(error),
        (v4, v6) => Ok(v4.into_iter().chain(v6).collect()),
    }
}

fn socket(address: IpAddr) -> io::Result<UdpSocket> {
    let address = SocketAddr::new(address, BEACON_PORT);
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, None)?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_reuse_address(true)?;
    // Where addresses may only be shared with this one.
    #[cfg(all(unix, not(target_os = "linux")))]
    socket.set_reuse_port(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    UdpSocket::from_std(socket.into())
}

/// Answers on one socket until `stop`.
pub(super) async fn serve(socket: UdpSocket, answerer: Shared, bind: Bind, clock: Clock, stop: CancellationToken) {
    // One byte more than a probe, so that a longer datagram is seen to be none.
    let mut buffer = [0; BEACON_DATAGRAM + 1];
    let mut join = tokio::time::interval(JOIN_EVERY);
    let is_v6 = socket.local_addr().is_ok_and(|a| a.is_ipv6());
    loop {
        let received = tokio::select! {
            () = stop.cancelled() => return,
            _ = join.tick(), if is_v6 => {
                // One that has been joined says so, which is as good.
                platform::ipv6_interfaces().into_iter().for_each(|index| drop(socket.join_multicast_v6(&BEACON_GROUP, index)));
                continue;
            }
            received = socket.recv_from(&mut buffer) => received,
        };
        // Errors are those of earlier answers, to whom nobody listened.
        let Ok((length, from)) = received else { continue };
        let answer = answerer.lock().unwrap_or_else(PoisonError::into_inner).receive(clock.now(), from.ip().into(), &buffer[..length]);
        if let Some(answer) = answer
            && is_served(bind, from)
        {
            let _ = socket.send_to(&answer, from).await;
        }
    }
}

/// Whether the address that an answer would come from is one that is listened on.
fn is_served(bind: Bind, peer: SocketAddr) -> bool {
    let Bind::One(address) = bind else { return true };
    if address.is_unspecified() {
        return peer.is_ipv4();
    }
    // Connecting sends nothing; it only chooses the way.
    let way = std::net::UdpSocket::bind(SocketAddr::new(unspecified(peer), 0)).and_then(|s| s.connect(peer).and_then(|()| s.local_addr()));
    way.is_ok_and(|way| way.ip() == address)
}

fn unspecified(peer: SocketAddr) -> IpAddr {
    if peer.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_of_one_address_answers_only_those_who_reach_it_there() {
        let peer = |s: &str| s.parse::<SocketAddr>().expect("an address");
        let one = |s: &str| Bind::One(s.parse().expect("an address"));
        assert!(is_served(one("127.0.0.1"), peer("127.0.0.1:9")));
        assert!(!is_served(one("127.0.0.2"), peer("127.0.0.1:9")));
        assert!(!is_served(one("0.0.0.0"), peer("[::1]:9")));
        assert!(is_served(Bind::Any, peer("[::1]:9")));
    }
}
