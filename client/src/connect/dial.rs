//! Reaching a server: its addresses are tried side by side, the first that proves to be the right server wins.
//!
//! Names are looked up at the same time; addresses start one after another with a short delay, neighbours first and the two
//! families in turn, or at once when the one before has failed (RFC 8305, "Happy Eyeballs").

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use lectern_proto::link::{Fingerprint, JoinLink};
use lectern_proto::seal::{EXPORTER_LABEL, MediaSecret};
use rustls_pki_types::ServerName;
use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::ClientConfig;

use super::surroundings;
use super::tls;
use super::trouble::{Facts, Outcome, Tried, Trouble, diagnose};
use crate::class::JoinError;
use crate::discover::{Network, NetworkKind, networks};

/// A LAN answers in milliseconds; what has not connected by then is filtered.
const DIAL_WAIT: Duration = Duration::from_secs(5);
/// From one address to the next (RFC 8305, 5: at least 100 ms are recommended): a link of many addresses stays quick, and a server
/// that answers at once is not called by all its names.
const STAGGER: Duration = Duration::from_millis(100);
/// Addresses that are tried in all: names may have many.
const ADDRESSES_MAX: usize = 32;

/// A control connection whose server has shown its certificate.
#[derive(Debug)]
pub(crate) struct Dialled {
    pub(crate) stream: TlsStream<TcpStream>,
    /// The address that answered; media goes there too.
    pub(crate) address: SocketAddr,
    /// Of the certificate.
    pub(crate) fingerprint: Fingerprint,
    /// From the connection's TLS exporter.
    pub(crate) secret: MediaSecret,
}

/// Connects to the server of a link.
pub(crate) async fn dial(link: &JoinLink) -> Result<Dialled, JoinError> {
    dial_hosts(&link.hosts, link.port, Some(link.fingerprint)).await
}

/// Connects to the server at these hosts: to the one of this certificate, or to whichever it is; nothing is sent either way.
pub(crate) async fn dial_hosts(hosts: &[String], port: u16, pinned: Option<Fingerprint>) -> Result<Dialled, JoinError> {
    let unreachable = |trouble: Trouble| JoinError::Unreachable { hosts: hosts.join(", "), port, trouble };
    let config = match pinned {
        Some(fingerprint) => tls::pinned_config(fingerprint),
        None => tls::learning_config(),
    };
    let config = config.map_err(|e| unreachable(Trouble::Internal(e.to_string())))?;
    let near: Vec<_> = networks();
    let mut facts = Facts { has_network: near.iter().any(|n| n.kind != NetworkKind::Loopback), ..Facts::default() };
    if let Some(dialled) = race(hosts, port, &config, &near, &mut facts).await {
        return Ok(dialled);
    }
    if let Some(other) = facts.tried.iter().find(|t| t.outcome == Outcome::OtherCertificate) {
        return Err(JoinError::OtherCertificate { host: other.address.ip().to_string() });
    }
    surroundings::look(&mut facts).await;
    Err(unreachable(diagnose(&facts)))
}

/// Tries all; what failed stands in `facts`.
async fn race(hosts: &[String], port: u16, config: &Arc<ClientConfig>, near: &[Network], facts: &mut Facts) -> Option<Dialled> {
    let mut names = JoinSet::new();
    for host in hosts {
        let host = host.clone();
        names.spawn(async move { (resolve(&host, port).await, host) });
    }
    let (mut queue, mut tries) = (VecDeque::new(), JoinSet::new());
    let (mut begun, mut next_start) = (Vec::new(), Instant::now());
    loop {
        tokio::select! {
            Some(resolved) = names.join_next() => {
                let Ok((addresses, host)) = resolved else { continue };
                if addresses.is_empty() {
                    facts.unknown_names.push(host);
                }
                for address in addresses {
                    if begun.len() < ADDRESSES_MAX && !begun.contains(&address) {
                        begun.push(address);
                        queue.push_back(address);
                    }
                }
                queue = in_turn(queue, near);
            }
            Some(tried) = tries.join_next() => match tried {
                Ok(Ok(dialled)) => return Some(dialled),
                Ok(Err((address, outcome))) => {
                    let is_neighbour = near.iter().any(|n| n.contains(SocketAddr::ip(&address)));
                    facts.tried.push(Tried { address, outcome, is_neighbour });
                    next_start = Instant::now();
                }
                Err(_) => {}
            },
            () = tokio::time::sleep_until(next_start), if !queue.is_empty() => {
                if let Some(address) = queue.pop_front() {
                    tries.spawn(attempt(address, config.clone()));
                    next_start = Instant::now() + STAGGER;
                }
            }
            else => return None,
        }
    }
}

async fn resolve(host: &str, port: u16) -> Vec<SocketAddr> {
    let found = tokio::time::timeout(DIAL_WAIT, lookup_host((host, port))).await;
    found.ok().and_then(Result::ok).map(Iterator::collect).unwrap_or_default()
}

/// Neighbours first, the families in turn, IPv6 before IPv4 (RFC 8305, 4).
fn in_turn(queue: VecDeque<SocketAddr>, near: &[Network]) -> VecDeque<SocketAddr> {
    let (neighbours, others): (Vec<_>, Vec<_>) = queue.into_iter().partition(|a| near.iter().any(|n| n.contains(a.ip())));
    [neighbours, others].into_iter().flat_map(alternating).collect()
}

fn alternating(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let (v6, v4): (Vec<_>, Vec<_>) = addresses.into_iter().partition(SocketAddr::is_ipv6);
    let (mut v6, mut v4, mut all) = (v6.into_iter(), v4.into_iter(), Vec::new());
    loop {
        let pair = [v6.next(), v4.next()];
        if pair == [None, None] {
            return all;
        }
        all.extend(pair.into_iter().flatten());
    }
}

async fn attempt(address: SocketAddr, config: Arc<ClientConfig>) -> Result<Dialled, (SocketAddr, Outcome)> {
    let dialled = tokio::time::timeout(DIAL_WAIT, connect(address, config)).await;
    dialled.unwrap_or(Err(Outcome::Silence)).map_err(|outcome| (address, outcome))
}

async fn connect(address: SocketAddr, config: Arc<ClientConfig>) -> Result<Dialled, Outcome> {
    let stream = TcpStream::connect(address).await.map_err(|e| Outcome::of_connect(&e))?;
    // Small messages both ways: waiting to fill a segment only delays them.
    stream.set_nodelay(true).map_err(|e| Outcome::System(e.into()))?;
    let stream = handshake(address.ip(), stream, config).await?;
    let session = stream.get_ref().1;
    let secret = session.export_keying_material([0; 32], EXPORTER_LABEL, None).map_err(|e| Outcome::Internal(e.to_string()))?;
    let fingerprint = tls::shown(session).ok_or(Outcome::NotLectern)?;
    Ok(Dialled { stream, address, fingerprint, secret: MediaSecret(secret) })
}

/// TLS over a connection; the configuration says who may be at its other end.
pub(crate) async fn handshake(address: IpAddr, stream: TcpStream, config: Arc<ClientConfig>) -> Result<TlsStream<TcpStream>, Outcome> {
    // The name is not checked, the certificate is; it must only be a valid one.
    let name = ServerName::IpAddress(address.into());
    let done = TlsConnector::from(config).connect(name, stream).await;
    done.map_err(|e| if tls::is_other_certificate(&e) { Outcome::OtherCertificate } else { Outcome::NotLectern })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns_and_neighbours_come_first() {
        let all = ["10.0.0.1:1", "10.0.0.2:1", "127.0.0.1:1", "[2001:db8::1]:1", "[::1]:1"];
        let queue = all.iter().map(|a| a.parse().expect("an address")).collect();
        let near: Vec<_> = networks().into_iter().filter(|n| n.kind == NetworkKind::Loopback).collect();
        let got: Vec<_> = in_turn(queue, &near).iter().map(ToString::to_string).collect();
        let first = got.iter().position(|a| a == "127.0.0.1:1").expect("there");
        assert!(first < 2, "{got:?}");
        assert_eq!(got.iter().filter(|a| a.starts_with("10.") || a.starts_with("[2001")).collect::<Vec<_>>(), ["[2001:db8::1]:1", "10.0.0.1:1", "10.0.0.2:1"]);
    }

    #[tokio::test]
    async fn what_fails_is_told_by_its_kind() {
        let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its number").port();
        let check = async |hosts: &[&str], port: u16, want: &Trouble| {
            let hosts: Vec<_> = hosts.iter().map(|h| (*h).to_owned()).collect();
            match dial_hosts(&hosts, port, None).await {
                Err(JoinError::Unreachable { trouble, .. }) => assert_eq!(trouble, *want, "{hosts:?}"),
                other => panic!("{hosts:?}: {other:?}"),
            }
        };
        check(&["127.0.0.1"], closed, &Trouble::Refused).await;
        check(&["no-such-host.invalid"], closed, &Trouble::UnknownName("no-such-host.invalid".into())).await;
        let mute = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = mute.local_addr().expect("its number").port();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = mute.accept().await {
                let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, b"220 mail.example ESMTP\r\n").await;
            }
        });
        check(&["127.0.0.1"], port, &Trouble::NotLectern).await;
    }
}
