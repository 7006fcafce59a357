//! The way of a media connection: its own port, or TLS to the control port where a firewall closes that.
//!
//! Both are tried side by side, the media port with a head start (RFC 8305 in spirit): it costs the server less.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::{Fallback, MediaRoute};
use crate::connect::dial::handshake;
use crate::connect::tls;
use crate::connect::trouble::Outcome;

/// How long the media port has before the other way is tried too; it answers within milliseconds where it is open.
const HEAD_START: Duration = Duration::from_millis(300);
/// A port on a LAN that has not answered by then is filtered.
const CONNECT_WAIT: Duration = Duration::from_secs(5);

/// Which way media comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MediaWay {
    /// No media connection was opened yet.
    #[default]
    Unknown,
    /// The media port.
    OwnPort,
    /// The control port: the media port, whose number this is, refuses connections.
    ControlRefused(u16),
    /// The control port: nothing comes back from the media port, whose number this is.
    ControlFiltered(u16),
}

impl MediaWay {
    /// In words, when it is not the usual one.
    #[must_use]
    pub fn sentence(self) -> Option<String> {
        match self {
            Self::Unknown | Self::OwnPort => None,
            Self::ControlRefused(port) => Some(format!(
                "port {port} of the server refuses connections, so pictures and sound came over its control port; open port {port} in its firewall"
            )),
            Self::ControlFiltered(port) => Some(format!(
                "port {port} of the server does not answer, so pictures and sound came over its control port; open port {port} in the firewall between"
            )),
        }
    }
}

/// A connection either way.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// Opens a media connection and tells which way it took.
///
/// # Errors
/// Why neither way is open.
pub(crate) async fn open(route: &MediaRoute) -> Result<Box<dyn Stream>, String> {
    let fallback = &route.fallback;
    let own = connect(route.address);
    tokio::pin!(own);
    let first = tokio::time::timeout(HEAD_START, &mut own).await;
    let refused = match first {
        Ok(Ok(stream)) => {
            tell(fallback, MediaWay::OwnPort);
            return Ok(Box::new(stream));
        }
        Ok(Err(error)) => Some(error),
        Err(_) => None,
    };
    let around = over_control(fallback);
    tokio::pin!(around);
    let port = route.address.port();
    if let Some(error) = refused {
        let stream = around.await.map_err(|why| format!("{error}; control port: {why}"))?;
        let is_refusal = Outcome::of_connect(&error) == Outcome::Refused;
        tell(fallback, if is_refusal { MediaWay::ControlRefused(port) } else { MediaWay::ControlFiltered(port) });
        return Ok(stream);
    }
    tokio::select! {
        // Of two that are there at the same time, its own port.
        biased;
        own = &mut own => match own {
            Ok(stream) => {
                tell(fallback, MediaWay::OwnPort);
                Ok(Box::new(stream))
            }
            Err(error) => {
                let stream = around.await.map_err(|why| format!("{error}; control port: {why}"))?;
                tell(fallback, MediaWay::ControlFiltered(port));
                Ok(stream)
            }
        },
        stream = &mut around => match stream {
            Ok(stream) => {
                tell(fallback, MediaWay::ControlFiltered(port));
                Ok(stream)
            }
            Err(why) => match own.await {
                Ok(stream) => {
                    tell(fallback, MediaWay::OwnPort);
                    Ok(Box::new(stream))
                }
                Err(error) => Err(format!("{error}; control port: {why}")),
            },
        },
    }
}

fn tell(fallback: &Fallback, way: MediaWay) {
    fallback.taken.send_if_modified(|taken| std::mem::replace(taken, way) != way);
}

async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = tokio::time::timeout(CONNECT_WAIT, TcpStream::connect(address)).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

async fn over_control(fallback: &Fallback) -> Result<Box<dyn Stream>, String> {
    let config = tls::media_config(fallback.fingerprint).map_err(|e| e.to_string())?;
    let stream = connect(fallback.control).await.map_err(|e| e.to_string())?;
    let done = tokio::time::timeout(CONNECT_WAIT, handshake(fallback.control.ip(), stream, config)).await;
    let stream = done.map_err(|_| "no answer".to_owned())?.map_err(|why| format!("{why:?}"))?;
    // A server that does not know this way would take what comes for the control plane.
    if stream.get_ref().1.alpn_protocol() != Some(lectern_proto::media::MEDIA_ALPN) {
        return Err("the server is too old to carry media over its control port".to_owned());
    }
    Ok(Box::new(stream))
}
