//! One direction of a line: how fast, how late and whether at all bytes pass, shared by everything that goes through.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, watch};
use tokio::time::Instant;

/// What a line does to what passes. The rate is for each direction by itself, as on a cable.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Condition {
    /// Bits a second of one direction, all connections and flows together; none: as fast as the machine.
    pub rate_bps: Option<u64>,
    /// Bytes that wait before the bottleneck: of each TCP connection (then the sender waits), of all UDP flows together
    /// (then the newest is dropped).
    pub queue_bytes: usize,
    /// Added to the way of everything.
    pub delay: Duration,
    /// Added to the delay, evenly spread from nothing to this. The order stays.
    pub jitter: Duration,
    /// Nothing passes, nothing is closed: the far end of a half-open connection.
    pub stalled: bool,
    /// Share of datagrams that are lost, 0 to 1.
    pub loss: f64,
    /// Share of datagrams that come twice, 0 to 1.
    pub duplicate: f64,
    /// Share of datagrams that are held back by [`Condition::held`], so that others overtake them; 0 to 1.
    pub reorder: f64,
    /// How long those are held back.
    pub held: Duration,
}

impl Default for Condition {
    /// A perfect line.
    fn default() -> Self {
        Self {
            rate_bps: None,
            queue_bytes: 64 * 1024,
            delay: Duration::ZERO,
            jitter: Duration::ZERO,
            stalled: false,
            loss: 0.0,
            duplicate: 0.0,
            reorder: 0.0,
            held: Duration::from_millis(30),
        }
    }
}

impl Condition {
    /// A line of so many megabits a second, perfect otherwise.
    #[must_use]
    pub fn mbit(rate: f64) -> Self {
        Self { rate_bps: Some((rate * 1e6) as u64), ..Self::default() }
    }
}

/// Time that an idle line may catch up afterwards: the grain of timers on a busy machine.
const CREDIT: Duration = Duration::from_millis(10);

/// The bottleneck of one direction. Who waits is served in the order of coming, a packet each: connections share evenly.
#[derive(Debug)]
pub(super) struct Link {
    condition: watch::Receiver<Condition>,
    /// When what was let through so far has left the bottleneck.
    free_at: Mutex<Instant>,
    passed: AtomicU64,
}

impl Link {
    pub(super) fn new(condition: watch::Receiver<Condition>) -> Arc<Self> {
        Arc::new(Self { condition, free_at: Mutex::new(Instant::now()), passed: AtomicU64::new(0) })
    }

    pub(super) fn condition(&self) -> Condition {
        *self.condition.borrow()
    }

    /// Bytes that have passed so far.
    pub(super) fn passed(&self) -> u64 {
        self.passed.load(Ordering::Relaxed)
    }

    /// Waits until nothing is stalled any more.
    async fn open(&self) {
        let mut condition = self.condition.clone();
        // The sender lives as long as the relay.
        let _ = condition.wait_for(|c| !c.stalled).await;
    }

    /// Waits for its turn, and until so many bytes have gone through.
    pub(super) async fn pass(&self, bytes: usize) {
        let mut free_at = self.free_at.lock().await;
        self.open().await;
        if let Some(rate) = self.condition().rate_bps {
            let now = Instant::now();
            *free_at = (*free_at).max(now.checked_sub(CREDIT).unwrap_or(now)) + time_for(bytes, rate);
            tokio::time::sleep_until(*free_at).await;
        }
        self.passed.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Lets a datagram into the queue and gives the time at which it has left the bottleneck; none: the queue is full.
    pub(super) async fn admit(&self, bytes: usize) -> Option<Instant> {
        let condition = self.condition();
        let now = Instant::now();
        let Some(rate) = condition.rate_bps else {
            self.passed.fetch_add(bytes as u64, Ordering::Relaxed);
            return Some(now);
        };
        let mut free_at = self.free_at.lock().await;
        let begins = (*free_at).max(now);
        if begins - now + time_for(bytes, rate) > time_for(condition.queue_bytes, rate) {
            return None;
        }
        *free_at = begins + time_for(bytes, rate);
        self.passed.fetch_add(bytes as u64, Ordering::Relaxed);
        Some(*free_at)
    }
}

fn time_for(bytes: usize, rate_bps: u64) -> Duration {
    Duration::from_secs_f64(bytes as f64 * 8.0 / rate_bps.max(1) as f64)
}
