//! Counts connections that have not proven anything yet, in all and by origin.
//!
//! At a limit the oldest connection that has said nothing worth keeping makes room for the newest, so that half-open
//! connections, many as they are, only ever push each other out.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

use super::Origin;

#[derive(Debug)]
struct Entry {
    origin: Origin,
    /// Its proof is being looked at; it is not pushed out.
    settled: bool,
    evicted: CancellationToken,
}

#[derive(Debug, Default)]
struct Inner {
    next: u64,
    /// By age.
    entries: BTreeMap<u64, Entry>,
}

/// The count of one port's unproven connections.
#[derive(Debug, Clone)]
pub(crate) struct Unproven {
    inner: Arc<Mutex<Inner>>,
    most: usize,
    most_per_origin: usize,
}

impl Unproven {
    #[must_use]
    pub(crate) fn new(most: usize, most_per_origin: usize) -> Self {
        Self { inner: Arc::default(), most, most_per_origin }
    }

    /// Counts a new connection; `None` when there is no room and nobody to push out.
    #[must_use]
    pub(crate) fn admit(&self, origin: Origin) -> Option<UnprovenGuard> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let of_origin = inner.entries.values().filter(|e| e.origin == origin).count();
        if of_origin >= self.most_per_origin {
            inner.evict(|e| e.origin == origin)?;
        } else if inner.entries.len() >= self.most {
            inner.evict(|_| true)?;
        }
        let number = inner.next;
        inner.next += 1;
        let evicted = CancellationToken::new();
        inner.entries.insert(number, Entry { origin, settled: false, evicted: evicted.clone() });
        Some(UnprovenGuard { inner: Arc::clone(&self.inner), number, evicted })
    }
}

impl Inner {
    fn evict(&mut self, among: impl Fn(&Entry) -> bool) -> Option<()> {
        let oldest = self.entries.iter().find(|(_, e)| !e.settled && among(e)).map(|(n, _)| *n)?;
        self.entries.remove(&oldest)?.evicted.cancel();
        Some(())
    }
}

/// One counted connection; dropped when it has proven itself or ended.
#[derive(Debug)]
pub(crate) struct UnprovenGuard {
    inner: Arc<Mutex<Inner>>,
    number: u64,
    evicted: CancellationToken,
}

impl UnprovenGuard {
    /// While the proof of a connection is looked at it is not pushed out.
    pub(crate) fn settle(&self, settled: bool) {
        if let Some(entry) = self.inner.lock().unwrap_or_else(PoisonError::into_inner).entries.get_mut(&self.number) {
            entry.settled = settled;
        }
    }

    /// Returns when the connection must make room.
    pub(crate) async fn evicted(&self) {
        self.evicted.cancelled().await;
    }
}

impl Drop for UnprovenGuard {
    fn drop(&mut self) {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).entries.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;

    fn origin(n: u8) -> Origin {
        Origin::from(IpAddr::from([192, 0, 2, n]))
    }

    fn count(unproven: &Unproven) -> usize {
        unproven.inner.lock().expect("not poisoned").entries.len()
    }

    #[test]
    fn the_oldest_half_open_connection_makes_room() {
        let unproven = Unproven::new(3, 2);
        let a = unproven.admit(origin(1)).expect("room");
        let b = unproven.admit(origin(1)).expect("room");
        let c = unproven.admit(origin(1)).expect("pushes a out");
        assert!(a.evicted.is_cancelled() && !b.evicted.is_cancelled());
        drop(a);
        assert_eq!(count(&unproven), 2);
        b.settle(true);
        c.settle(true);
        assert!(unproven.admit(origin(1)).is_none(), "nobody to push out");
        let d = unproven.admit(origin(2)).expect("another origin has room");
        let e = unproven.admit(origin(3)).expect("pushes d out");
        assert!(d.evicted.is_cancelled() && !e.evicted.is_cancelled());
        drop((b, c, d, e));
        assert_eq!(count(&unproven), 0);
    }
}
