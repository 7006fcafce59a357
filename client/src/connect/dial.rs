//! Reaching a server: every address of the link is tried at once, the first that proves to be the right server wins.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use lectern_proto::link::JoinLink;
use lectern_proto::seal::{EXPORTER_LABEL, MediaSecret};
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::ClientConfig;

use super::tls;
use crate::class::JoinError;

/// A LAN answers in milliseconds; what has not connected by then is filtered.
const DIAL_WAIT: Duration = Duration::from_secs(5);

/// A control connection whose server is proven to be the right one.
#[derive(Debug)]
pub(crate) struct Dialled {
    pub(crate) stream: TlsStream<TcpStream>,
    /// The address that answered; media goes there too.
    pub(crate) address: IpAddr,
    /// From the connection's TLS exporter.
    pub(crate) secret: MediaSecret,
}

#[derive(Debug)]
enum Failure {
    OtherCertificate(String),
    Unreachable(String),
}

/// Connects to the server of a link.
pub(crate) async fn dial(link: &JoinLink) -> Result<Dialled, JoinError> {
    let unreachable = |why: String| JoinError::Unreachable { hosts: link.hosts.join(", "), port: link.port, why };
    let config = tls::pinned_config(link.fingerprint).map_err(|e| unreachable(e.to_string()))?;
    let mut tries = JoinSet::new();
    for host in &link.hosts {
        tries.spawn(try_host(host.clone(), link.port, config.clone()));
    }
    let (mut other_certificate, mut whys) = (None, Vec::new());
    while let Some(tried) = tries.join_next().await {
        match tried {
            Ok(Ok(dialled)) => return Ok(dialled),
            Ok(Err(Failure::OtherCertificate(host))) => other_certificate = Some(host),
            Ok(Err(Failure::Unreachable(why))) => whys.push(why),
            Err(join) => whys.push(join.to_string()),
        }
    }
    whys.dedup();
    Err(match other_certificate {
        Some(host) => JoinError::OtherCertificate { host },
        None => unreachable(whys.join("; ")),
    })
}

async fn try_host(host: String, port: u16, config: Arc<ClientConfig>) -> Result<Dialled, Failure> {
    let attempt = async {
        let stream = TcpStream::connect((host.as_str(), port)).await.map_err(|e| Failure::Unreachable(describe(&e)))?;
        // Small messages both ways: waiting to fill a segment only delays them.
        stream.set_nodelay(true).map_err(|e| Failure::Unreachable(e.to_string()))?;
        let address = stream.peer_addr().map_err(|e| Failure::Unreachable(e.to_string()))?.ip();
        // The name is not checked, the certificate is; it must only be a valid one.
        let name = ServerName::IpAddress(address.into());
        let stream = TlsConnector::from(config).connect(name, stream).await.map_err(|e| {
            if tls::is_other_certificate(&e) { Failure::OtherCertificate(host.clone()) } else { Failure::Unreachable(format!("no TLS there ({e})")) }
        })?;
        let secret = stream.get_ref().1.export_keying_material([0; 32], EXPORTER_LABEL, None).map_err(|e| Failure::Unreachable(e.to_string()))?;
        Ok(Dialled { stream, address, secret: MediaSecret(secret) })
    };
    tokio::time::timeout(DIAL_WAIT, attempt).await.unwrap_or_else(|_| Err(Failure::Unreachable(format!("no answer from {host} in {} s", DIAL_WAIT.as_secs()))))
}

fn describe(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::ConnectionRefused => "nothing listens there".to_owned(),
        std::io::ErrorKind::HostUnreachable | std::io::ErrorKind::NetworkUnreachable => "there is no way to that network".to_owned(),
        _ => error.to_string(),
    }
}
