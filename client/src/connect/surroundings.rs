//! A look around after no address of a server answered: does its beacon answer, does the way out of the network?
//!
//! It tells a closed port from a closed network. Nothing secret is sent, and nothing here decides whom to trust.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use lectern_proto::beacon::BEACON_PORT;
use tokio::net::TcpStream;

use super::trouble::{Facts, Outcome};
use crate::discover::probe::Prober;

/// Neighbours answer in milliseconds.
const LOOK_WAIT: Duration = Duration::from_millis(800);
/// Ports at which routers answer, if only by refusing.
const GATEWAY_PORTS: [u16; 3] = [53, 80, 443];

/// Fills in what the network says of addresses that did not answer.
pub(super) async fn look(facts: &mut Facts) {
    let unheard: Vec<SocketAddr> = facts.tried.iter().filter(|t| matches!(t.outcome, Outcome::Silence | Outcome::NoHost)).map(|t| t.address).collect();
    if unheard.is_empty() {
        return;
    }
    let (beacon, gateway) = tokio::join!(beacon_answers(&unheard), gateway_answers(&unheard));
    facts.beacon_answers = beacon;
    facts.gateway_answers = gateway;
}

async fn beacon_answers(addresses: &[SocketAddr]) -> bool {
    let Ok(mut prober) = Prober::open().await else { return false };
    prober.ask(&[], addresses.iter().map(|a| beacon_at(*a))).await;
    let heard = async {
        loop {
            let from = prober.answer().await.from;
            if addresses.iter().any(|a| a.ip() == from.ip()) {
                return;
            }
        }
    };
    tokio::time::timeout(LOOK_WAIT, heard).await.is_ok()
}

fn beacon_at(mut address: SocketAddr) -> SocketAddr {
    address.set_port(BEACON_PORT);
    address
}

/// Whether the gateway answers in any way; none where it is not known, or is what did not answer.
async fn gateway_answers(unheard: &[SocketAddr]) -> Option<bool> {
    let gateway = gateway().filter(|g| !unheard.iter().any(|a| a.ip() == IpAddr::V4(*g)))?;
    let mut tries = tokio::task::JoinSet::new();
    for port in GATEWAY_PORTS {
        tries.spawn(tokio::time::timeout(LOOK_WAIT, TcpStream::connect((gateway, port))));
    }
    while let Some(tried) = tries.join_next().await {
        match tried {
            Ok(Ok(Ok(_))) => return Some(true),
            Ok(Ok(Err(error))) if Outcome::of_connect(&error) == Outcome::Refused => return Some(true),
            _ => {}
        }
    }
    Some(false)
}

/// The router of the default route.
#[cfg(target_os = "linux")]
fn gateway() -> Option<Ipv4Addr> {
    read_routes(&std::fs::read_to_string("/proc/net/route").ok()?)
}

/// Elsewhere the system must be asked in its own ways; the diagnosis then does without.
#[cfg(not(target_os = "linux"))]
fn gateway() -> Option<Ipv4Addr> {
    None
}

/// `/proc/net/route` (proc(5)): interface, destination, gateway, flags; addresses in hexadecimal, in the machine's byte order.
#[cfg(target_os = "linux")]
fn read_routes(text: &str) -> Option<Ipv4Addr> {
    text.lines().skip(1).find_map(|line| {
        let mut fields = line.split_whitespace().skip(1);
        let (destination, gateway) = (fields.next()?, fields.next()?);
        let gateway = u32::from_str_radix(gateway, 16).ok()?;
        (destination == "00000000" && gateway != 0).then(|| Ipv4Addr::from(gateway.to_ne_bytes()))
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_default_route_is_read() {
        let head = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n";
        let check = |rows: &str, want: Option<Ipv4Addr>| assert_eq!(read_routes(&format!("{head}{rows}")), want, "{rows}");
        check("", None);
        check("eth0\t000A0A0A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n", None);
        let octets = u32::from_ne_bytes([192, 168, 10, 1]);
        check(&format!("eth0\t00000000\t{octets:08X}\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"), Some(Ipv4Addr::new(192, 168, 10, 1)));
        check("eth0\tzz\n", None);
    }
}
