//! A line between clients and a server, made bad on purpose: a user-space relay with real sockets on both sides.
//!
//! ```text
//! client ── 127.0.0.2:port ── Relay ── 127.0.0.1:port ── server
//!                              │ up, down: rate, queue, delay, jitter, stall, loss, duplicates, reordering
//! ```
//! Everything that goes through one relay shares its line, as a class shares an access point. Conditions change while it
//! runs. It knows nothing of the protocol that passes.

mod line;
mod tcp;
mod udp;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use lectern_proto::link::JoinLink;
use tokio::net::UdpSocket;
use tokio::sync::watch;

pub use line::Condition;
use line::Link;
use tcp::Wires;

use crate::stack::Stack;

/// The address that stands for the server on the near side.
const NEAR: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// A running line. Everything that passes ends with it.
#[derive(Debug)]
pub struct Relay {
    runtime: Option<tokio::runtime::Runtime>,
    condition: watch::Sender<Condition>,
    cuts: watch::Sender<u64>,
    wires: Wires,
    datagrams: Arc<AtomicU64>,
}

impl Relay {
    /// A line in a condition; the seed decides over jitter and datagrams.
    pub fn new(seed: u64, condition: Condition) -> Result<Self> {
        // Threads of its own, so that what is measured does not wait for the test, nor the test for it.
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).thread_name("relay").enable_all().build()?;
        let (condition, state) = watch::channel(condition);
        let (cuts, cut) = watch::channel(0);
        let wires = Wires { up: Link::new(state.clone()), down: Link::new(state), cuts: cut, seed };
        Ok(Self { runtime: Some(runtime), condition, cuts, wires, datagrams: Arc::default() })
    }

    /// A line before a server, and the students' link that leads through it.
    pub fn before(stack: &Stack, seed: u64, condition: Condition) -> Result<(Self, JoinLink)> {
        let (relay, link) = Self::without_udp(stack, seed, condition)?;
        for port in ["video", "audio"].map(|name| stack.port(name)) {
            relay.udp((NEAR, port).into(), (Ipv4Addr::LOCALHOST, port).into())?;
        }
        Ok((relay, link))
    }

    /// The same, but datagrams do not come through, as behind many a firewall.
    pub fn without_udp(stack: &Stack, seed: u64, condition: Condition) -> Result<(Self, JoinLink)> {
        let relay = Self::new(seed, condition)?;
        for port in ["control", "video", "audio"].map(|name| stack.port(name)) {
            relay.tcp((NEAR, port).into(), (Ipv4Addr::LOCALHOST, port).into())?;
        }
        let link = JoinLink { hosts: vec![NEAR.to_string()], ..stack.link()? };
        Ok((relay, link))
    }

    fn runtime(&self) -> Result<&tokio::runtime::Runtime> {
        self.runtime.as_ref().context("the relay has ended")
    }

    /// Relays connections to `at`, whose port may be 0, and says where it listens.
    pub fn tcp(&self, at: SocketAddr, to: SocketAddr) -> Result<SocketAddr> {
        let runtime = self.runtime()?;
        let _guard = runtime.enter();
        let listener = tcp::listen(at, self.wires.up.condition().queue_bytes).with_context(|| format!("cannot listen at {at}"))?;
        let at = listener.local_addr()?;
        runtime.spawn(tcp::serve(listener, to, self.wires.clone()));
        Ok(at)
    }

    /// Relays datagrams to `at`, whose port may be 0, and says where it listens.
    pub fn udp(&self, at: SocketAddr, to: SocketAddr) -> Result<SocketAddr> {
        let runtime = self.runtime()?;
        let near = runtime.block_on(UdpSocket::bind(at)).with_context(|| format!("cannot listen at {at}"))?;
        let at = near.local_addr()?;
        runtime.spawn(udp::serve(near, to, self.wires.clone(), self.datagrams.clone()));
        Ok(at)
    }

    /// From now on.
    pub fn set(&self, condition: Condition) {
        self.condition.send_replace(condition);
    }

    /// Goes through conditions, each for its time; the last stays.
    pub fn schedule(&self, steps: Vec<(Duration, Condition)>) -> Result<()> {
        let condition = self.condition.clone();
        self.runtime()?.spawn(async move {
            for (length, step) in steps {
                condition.send_replace(step);
                tokio::time::sleep(length).await;
            }
        });
        Ok(())
    }

    /// Resets every open connection; new ones are let through.
    pub fn cut(&self) {
        self.cuts.send_modify(|n| *n += 1);
    }

    /// Bytes that have gone through to the server and from it.
    #[must_use]
    pub fn passed(&self) -> (u64, u64) {
        (self.wires.up.passed(), self.wires.down.passed())
    }

    /// Datagrams that came, whatever became of them.
    #[must_use]
    pub fn datagrams(&self) -> u64 {
        self.datagrams.load(Ordering::Acquire)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Its addresses are free when this returns.
            runtime.shutdown_timeout(Duration::from_secs(2));
        }
    }
}

/// Makes the kernel hold little of what a test sends, so that a full line is felt.
pub fn small_send_buffer(stream: &std::net::TcpStream, bytes: usize) -> std::io::Result<()> {
    socket2::SockRef::from(stream).set_send_buffer_size(bytes)
}
