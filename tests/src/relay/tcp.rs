//! TCP through the line: two pumps a connection, each reading no faster than the line takes.
//!
//! What waits before the bottleneck waits in the kernel's receive buffer, which is as small as the condition says, so
//! that the sender feels the line as it would a real one.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::line::Link;

/// Bytes that pass in one turn: some segments of a real line.
const PACKET: usize = 4 * 1024;
/// Packets that are on their way behind the bottleneck: more than any delay of a test holds.
const ON_THE_WAY: usize = 256;

/// The two directions of a line, and the counter whose change cuts what is open.
#[derive(Debug, Clone)]
pub(super) struct Wires {
    pub(super) up: Arc<Link>,
    pub(super) down: Arc<Link>,
    pub(super) cuts: watch::Receiver<u64>,
    pub(super) seed: u64,
}

/// Opens the near end.
pub(super) fn listen(at: SocketAddr, queue_bytes: usize) -> io::Result<TcpListener> {
    let socket = if at.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    // Inherited by what is accepted.
    socket.set_recv_buffer_size(u32::try_from(queue_bytes).unwrap_or(u32::MAX))?;
    socket.bind(at)?;
    socket.listen(1_024)
}

/// Accepts and connects through until the relay ends.
pub(super) async fn serve(listener: TcpListener, to: SocketAddr, wires: Wires) {
    let mut number = 0;
    while let Ok((near, _)) = listener.accept().await {
        number += 1;
        let wires = Wires { seed: wires.seed.wrapping_add(number << 32), ..wires.clone() };
        tokio::spawn(async move {
            // A server that is not there closes the near end, as a refused connection would be.
            if let Ok(far) = connect(to, wires.down.condition().queue_bytes).await {
                through(near, far, wires).await;
            }
        });
    }
}

async fn connect(to: SocketAddr, queue_bytes: usize) -> io::Result<TcpStream> {
    let socket = if to.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_recv_buffer_size(u32::try_from(queue_bytes).unwrap_or(u32::MAX))?;
    socket.connect(to).await
}

async fn through(mut near: TcpStream, mut far: TcpStream, mut wires: Wires) {
    let _ = (near.set_nodelay(true), far.set_nodelay(true));
    wires.cuts.mark_unchanged();
    let is_cut = {
        let (near_in, near_out) = near.split();
        let (far_in, far_out) = far.split();
        let both = async { tokio::join!(pump(near_in, far_out, &wires.up, wires.seed), pump(far_in, near_out, &wires.down, !wires.seed)) };
        tokio::select! {
            _ = both => false,
            _ = wires.cuts.changed() => true,
        }
    };
    if is_cut {
        // A reset: what is on its way is gone.
        let _ = (near.set_zero_linger(), far.set_zero_linger());
    }
}

/// Carries one direction to its end; the end is carried too.
async fn pump(from: ReadHalf<'_>, to: WriteHalf<'_>, link: &Link, seed: u64) {
    let (send, receive) = mpsc::channel(ON_THE_WAY);
    tokio::join!(read(from, send, link, seed), write(to, receive));
}

async fn read(mut from: ReadHalf<'_>, send: mpsc::Sender<(Instant, Vec<u8>)>, link: &Link, seed: u64) {
    let mut dice = StdRng::seed_from_u64(seed);
    let mut last = Instant::now();
    let mut buffer = vec![0; PACKET];
    loop {
        let bytes = match from.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(bytes) => bytes,
        };
        link.pass(bytes).await;
        let condition = link.condition();
        let due = Instant::now() + condition.delay + condition.jitter.mul_f64(dice.random_range(0.0..1.0));
        // TCP keeps the order whatever the line does.
        last = last.max(due);
        if send.send((last, buffer[..bytes].to_vec())).await.is_err() {
            return;
        }
    }
}

async fn write(mut to: WriteHalf<'_>, mut receive: mpsc::Receiver<(Instant, Vec<u8>)>) {
    while let Some((due, bytes)) = receive.recv().await {
        tokio::time::sleep_until(due).await;
        if to.write_all(&bytes).await.is_err() {
            return;
        }
    }
    let _ = to.shutdown().await;
}
