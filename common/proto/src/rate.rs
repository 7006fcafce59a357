//! A token bucket: so many actions a second, with a burst.

use std::time::Duration;

/// Refills at a fixed rate up to its burst; time is an argument.
#[derive(Debug, Clone)]
pub struct TokenBucket {
    every: Duration,
    burst: u32,
    tokens: u32,
    filled_at: Option<Duration>,
}

impl TokenBucket {
    /// A full bucket of `burst` tokens that refills `per_second` of them a second.
    #[must_use]
    pub fn new(per_second: u32, burst: u32) -> Self {
        Self::with_interval(Duration::from_secs(1) / per_second.max(1), burst)
    }

    /// A full bucket of `burst` tokens that gets one back after each `every`.
    #[must_use]
    pub fn with_interval(every: Duration, burst: u32) -> Self {
        Self { every, burst, tokens: burst, filled_at: None }
    }

    fn refill(&mut self, now: Duration) {
        let since = *self.filled_at.get_or_insert(now);
        let gained = u32::try_from(now.saturating_sub(since).as_nanos() / self.every.as_nanos().max(1)).unwrap_or(u32::MAX);
        if gained > 0 {
            self.tokens = self.tokens.saturating_add(gained).min(self.burst);
            self.filled_at = Some(if self.tokens == self.burst { now } else { since + self.every * gained });
        }
    }

    /// Takes one token, or says that there is none.
    pub fn take(&mut self, now: Duration) -> bool {
        let there = self.available(now);
        if there {
            self.tokens -= 1;
        }
        there
    }

    /// Whether a token is there, without taking it.
    pub fn available(&mut self, now: Duration) -> bool {
        self.refill(now);
        self.tokens > 0
    }

    /// How long until a token is there.
    pub fn wait(&mut self, now: Duration) -> Duration {
        if self.available(now) {
            return Duration::ZERO;
        }
        (self.filled_at.unwrap_or(now) + self.every).saturating_sub(now)
    }

    /// Whether the bucket is full again, so that it need not be remembered.
    pub fn is_full(&mut self, now: Duration) -> bool {
        self.refill(now);
        self.tokens == self.burst
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refills_at_its_rate_and_not_above_its_burst() {
        let s = Duration::from_secs;
        let mut bucket = TokenBucket::with_interval(s(6), 2);
        assert!(bucket.take(s(1)) && bucket.take(s(1)) && !bucket.take(s(1)));
        assert_eq!(bucket.wait(s(2)), s(5));
        assert!(!bucket.take(s(6)));
        assert!(bucket.take(s(7)) && !bucket.take(s(8)));
        assert!(bucket.is_full(s(1_000)));
        assert!(bucket.take(s(1_000)) && bucket.take(s(1_000)) && !bucket.take(s(1_000)));
    }
}
