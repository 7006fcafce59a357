//! UDP through the line: each sender is a flow with a socket of its own, and each datagram has its fate by the seed.
//!
//! What happens to the n-th datagram of a flow follows from the seed alone, whatever the machine does meanwhile.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::line::Link;
use super::tcp::Wires;

/// Flows of one relayed port.
const FLOWS: usize = 1_024;
/// Datagrams that wait for their time in one direction of a flow.
const WAITING: usize = 4_096;
/// Longest datagram.
const DATAGRAM: usize = 65_536;

/// Carries datagrams between everybody who sends to `near` and one address, until the relay ends. `seen` counts those
/// that have come and whose fate is decided.
pub(super) async fn serve(near: UdpSocket, to: SocketAddr, wires: Wires, seen: Arc<AtomicU64>) {
    let near = Arc::new(near);
    let mut flows: HashMap<SocketAddr, (Arc<UdpSocket>, Fate)> = HashMap::new();
    let mut buffer = vec![0; DATAGRAM];
    loop {
        let Ok((bytes, from)) = near.recv_from(&mut buffer).await else { continue };
        if !flows.contains_key(&from) && flows.len() < FLOWS {
            let Ok(far) = open(to).await else { continue };
            let seed = wires.seed.wrapping_add((flows.len() as u64 + 1) << 32);
            let upward = Fate::new(wires.up.clone(), seed, far.clone(), None);
            let downward = Fate::new(wires.down.clone(), !seed, near.clone(), Some(from));
            tokio::spawn(back(far.clone(), downward, seen.clone()));
            flows.insert(from, (far, upward));
        }
        if let Some((_, fate)) = flows.get_mut(&from) {
            fate.meet(&buffer[..bytes]).await;
        }
        seen.fetch_add(1, Ordering::Release);
    }
}

async fn open(to: SocketAddr) -> io::Result<Arc<UdpSocket>> {
    let far = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    far.connect(to).await?;
    Ok(Arc::new(far))
}

async fn back(far: Arc<UdpSocket>, mut fate: Fate, seen: Arc<AtomicU64>) {
    let mut buffer = vec![0; DATAGRAM];
    loop {
        // An error is the answer "nobody listens there" to a datagram sent before.
        let Ok(bytes) = far.recv(&mut buffer).await else { continue };
        fate.meet(&buffer[..bytes]).await;
        seen.fetch_add(1, Ordering::Release);
    }
}

/// Decides over the datagrams of one direction of a flow.
struct Fate {
    link: Arc<Link>,
    dice: StdRng,
    last: Instant,
    out: mpsc::Sender<(Instant, Vec<u8>)>,
}

impl Fate {
    fn new(link: Arc<Link>, seed: u64, socket: Arc<UdpSocket>, to: Option<SocketAddr>) -> Self {
        let (out, waiting) = mpsc::channel(WAITING);
        tokio::spawn(deliver(socket, to, waiting));
        Self { link, dice: StdRng::seed_from_u64(seed), last: Instant::now(), out }
    }

    async fn meet(&mut self, datagram: &[u8]) {
        let condition = self.link.condition();
        // Always four throws, so that one setting does not change what another does to the next datagram.
        let [loss, twice, held, jitter]: [f64; 4] = std::array::from_fn(|_| self.dice.random_range(0.0..1.0));
        if condition.stalled || loss < condition.loss {
            return;
        }
        for _ in 0..=usize::from(twice < condition.duplicate) {
            let Some(left) = self.link.admit(datagram.len()).await else { return };
            let mut due = left + condition.delay + condition.jitter.mul_f64(jitter);
            if held < condition.reorder {
                due += condition.held;
            } else {
                self.last = self.last.max(due);
                due = self.last;
            }
            // Full: lost, as in any queue.
            let _ = self.out.try_send((due, datagram.to_vec()));
        }
    }
}

/// Sends each datagram at its time; those of one time in their order.
async fn deliver(socket: Arc<UdpSocket>, to: Option<SocketAddr>, mut coming: mpsc::Receiver<(Instant, Vec<u8>)>) {
    let mut waiting: BTreeMap<(Instant, u64), Vec<u8>> = BTreeMap::new();
    let mut number = 0;
    loop {
        let next = waiting.first_key_value().map(|((due, _), _)| *due);
        tokio::select! {
            biased;
            came = coming.recv() => match came {
                Some((due, datagram)) => {
                    number += 1;
                    waiting.insert((due, number), datagram);
                }
                None => return,
            },
            () = tokio::time::sleep_until(next.unwrap_or_else(Instant::now)), if next.is_some() => {
                if let Some((_, datagram)) = waiting.pop_first() {
                    let _ = match to {
                        Some(to) => socket.send_to(&datagram, to).await,
                        None => socket.send(&datagram).await,
                    };
                }
            }
        }
    }
}
