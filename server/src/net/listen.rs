//! Opens listening sockets and accepts from them, with a permit before each accept.

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use socket2::{Domain, Socket, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::Bind;

/// Connections that the operating system holds until they are accepted.
const BACKLOG: i32 = 1_024;
/// What the system holds of datagrams, in bytes.
const UDP_BUFFER: usize = 4 * 1024 * 1024;
/// Numbers that are tried for any port that is free in both.
const ANY_TRIES: u32 = 20;
/// Longest pause after a failed accept (usually: no file descriptor is free).
const BACKOFF_MAX: Duration = Duration::from_secs(1);

/// Listens on a port; 0 is any free one.
///
/// # Errors
/// Those of the sockets.
pub(crate) fn listen(bind: Bind, port: u16) -> io::Result<TcpListener> {
    match bind {
        Bind::One(address) => open(SocketAddr::new(address, port)),
        Bind::Any => match open(SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), port)) {
            // A machine without IPv6.
            Err(error) if error.kind() != io::ErrorKind::AddrInUse && error.kind() != io::ErrorKind::PermissionDenied => {
                open(SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port))
            }
            done => done,
        },
    }
}

/// Listens on a port over TCP and over UDP; 0 is any that is free in both.
///
/// # Errors
/// Those of the sockets.
pub(crate) fn listen_both(bind: Bind, port: u16) -> io::Result<(TcpListener, UdpSocket)> {
    let mut tries = 0;
    loop {
        let listener = listen(bind, port)?;
        let address = listener.local_addr()?;
        match open_udp(address) {
            // Somebody else has that number over UDP: another is as good.
            Err(error) if port == 0 && error.kind() == io::ErrorKind::AddrInUse && tries < ANY_TRIES => tries += 1,
            opened => return Ok((listener, opened?)),
        }
    }
}

fn open_udp(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, None)?;
    if address.ip() == IpAddr::V6(Ipv6Addr::UNSPECIFIED) {
        socket.set_only_v6(false)?;
    }
    // A burst to a whole class fits; the system may give less.
    let _ = socket.set_send_buffer_size(UDP_BUFFER);
    let _ = socket.set_recv_buffer_size(UDP_BUFFER);
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket.into())
}

fn open(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    if address.ip() == IpAddr::V6(Ipv6Addr::UNSPECIFIED) {
        socket.set_only_v6(false)?;
    }
    // Elsewhere it would let two programs share the port.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// Accepts until `stop`; each connection becomes a task that holds its permit to its end.
pub(crate) async fn accept_loop<F>(
    listener: TcpListener,
    permits: Arc<Semaphore>,
    tasks: TaskTracker,
    stop: CancellationToken,
    serve: impl Fn(TcpStream, IpAddr, OwnedSemaphorePermit) -> F,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let mut backoff = Duration::from_millis(1);
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = accept(&listener, &permits) => accepted,
        };
        match accepted {
            Ok((stream, peer, permit)) => {
                backoff = Duration::from_millis(1);
                tasks.spawn(serve(stream, peer.ip(), permit));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(backoff) => {}
                }
                backoff = (backoff * 2).min(BACKOFF_MAX);
            }
        }
    }
}

/// Has the system take only so much as it can soon send: what is in its buffer comes even after a cancel, and hides from a
/// sender of live pictures that its viewer falls behind. Where this cannot be set, both take effect later.
pub(crate) fn keep_little_unsent(stream: &TcpStream, bytes: u32) {
    #[cfg(any(target_os = "android", target_os = "linux"))]
    let _ = socket2::SockRef::from(stream).set_tcp_notsent_lowat(bytes);
    #[cfg(not(any(target_os = "android", target_os = "linux")))]
    let _ = (stream, bytes);
}

/// Lets a connection end with a reset, which frees what is still to be sent.
pub(crate) fn reset_on_close(stream: &TcpStream) {
    let _ = socket2::SockRef::from(stream).set_linger(Some(Duration::ZERO));
}

async fn accept(listener: &TcpListener, permits: &Arc<Semaphore>) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let permit = Arc::clone(permits).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    // Control messages and responses are written whole; waiting for more would only delay them.
    stream.set_nodelay(true)?;
    Ok((stream, peer, permit))
}
