//! Wrong passwords of an account, counted for each address apart: whoever guesses locks out that address and nobody else.

use std::collections::HashMap;
use std::time::Duration;

use lectern_proto::limits::{ACCOUNT_FAILURE_FORGIVEN, ACCOUNT_FAILURES_BURST, LOGIN_ADDRESSES_MAX};
use lectern_proto::rate::TokenBucket;

use crate::net::Origin;

/// Who guesses what. Names that have no account count like others.
#[derive(Debug, Default)]
pub(super) struct Attempts(HashMap<(String, Origin), TokenBucket>);

impl Attempts {
    /// How long this address has to wait before it may try this account again.
    pub(super) fn wait(&mut self, skeleton: &str, origin: Origin, now: Duration) -> Duration {
        self.0.get_mut(&(skeleton.to_owned(), origin)).map_or(Duration::ZERO, |bucket| bucket.wait(now))
    }

    /// Counts a wrong password.
    pub(super) fn failed(&mut self, skeleton: &str, origin: Origin, now: Duration) {
        if self.0.len() >= LOGIN_ADDRESSES_MAX {
            self.0.retain(|_, bucket| !bucket.is_full(now));
            let least_guilty = self.0.iter_mut().map(|(key, bucket)| (bucket.wait(now), key.clone())).min_by_key(|(wait, _)| *wait).map(|(_, key)| key);
            if let Some(key) = least_guilty.filter(|_| self.0.len() >= LOGIN_ADDRESSES_MAX) {
                self.0.remove(&key);
            }
        }
        let bucket =
            self.0.entry((skeleton.to_owned(), origin)).or_insert_with(|| TokenBucket::with_interval(ACCOUNT_FAILURE_FORGIVEN, ACCOUNT_FAILURES_BURST));
        bucket.take(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;

    #[test]
    fn who_guesses_locks_out_that_address_alone() {
        let (mut attempts, now) = (Attempts::default(), Duration::from_secs(1));
        let origin = |n: u32| Origin::from(IpAddr::from(n.to_be_bytes()));
        for _ in 0..ACCOUNT_FAILURES_BURST {
            assert_eq!(attempts.wait("ana", origin(1), now), Duration::ZERO);
            attempts.failed("ana", origin(1), now);
        }
        assert_eq!(attempts.wait("ana", origin(1), now), ACCOUNT_FAILURE_FORGIVEN);
        assert_eq!(attempts.wait("ana", origin(2), now), Duration::ZERO, "Ana herself, elsewhere");
        assert_eq!(attempts.wait("ben", origin(1), now), Duration::ZERO, "another account is the address's own limit");
        assert_eq!(attempts.wait("ana", origin(1), now + ACCOUNT_FAILURE_FORGIVEN), Duration::ZERO);
        for n in 0..u32::try_from(LOGIN_ADDRESSES_MAX).expect("small") + 10 {
            attempts.failed("ana", origin(n), now);
        }
        assert!(attempts.0.len() <= LOGIN_ADDRESSES_MAX);
    }
}
