//! The place that someone waits for: the parent says it, the work goes there next.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Nobody waits for anything in particular.
const NOWHERE: u64 = u64::MAX;

/// Cheap to clone; all clones are one wish.
#[derive(Debug, Clone)]
pub struct Wish(Arc<AtomicU64>);

impl Default for Wish {
    fn default() -> Self {
        Self(Arc::new(AtomicU64::new(NOWHERE)))
    }
}

impl Wish {
    /// Wants what is shown at this time of the video, in microseconds, next, and what follows it.
    pub fn set(&self, at_us: u64) {
        self.0.store(at_us, Ordering::Relaxed);
    }

    /// The time that is wanted, if one is.
    #[must_use]
    pub fn at_us(&self) -> Option<u64> {
        Some(self.0.load(Ordering::Relaxed)).filter(|at| *at != NOWHERE)
    }

    /// Takes in a line of the parent: `{"from_us": 12000000}`. Others say nothing.
    pub fn read_line(&self, line: &[u8]) {
        #[derive(serde::Deserialize)]
        struct Line {
            from_us: u64,
        }
        if let Ok(Line { from_us }) = serde_json::from_slice(line) {
            self.set(from_us);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_parent() {
        let wish = Wish::default();
        for noise in [&b""[..], b"x", b"{}", b"{\"from_us\":-1}", b"[]"] {
            wish.read_line(noise);
            assert_eq!(wish.at_us(), None);
        }
        wish.read_line(b"{\"from_us\": 12000000}");
        assert_eq!(wish.clone().at_us(), Some(12_000_000));
    }
}
