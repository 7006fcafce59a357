//! When a sender takes what was not acknowledged for lost: after a fixed time, or after one learned from round trips (RFC 6298).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::sequence::SettingsError;

/// RFC 6298's G: no clock is trusted more finely than this.
const GRANULARITY: Duration = Duration::from_millis(1);
const LEAST: Duration = Duration::from_micros(1);
const MOST: Duration = Duration::from_secs(3_600);

/// The rule for the time-out. In files its times are whole microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Timeout {
    /// Always the same; never backed off.
    #[serde(rename = "fixed_us", with = "micros")]
    Fixed(Duration),
    /// RFC 6298: from smoothed round trip and its variation, doubled at each time-out. `first` holds until a round trip was measured.
    #[serde(rename = "adaptive_us")]
    Adaptive {
        #[serde(with = "micros")]
        first: Duration,
        #[serde(with = "micros")]
        least: Duration,
        #[serde(with = "micros")]
        most: Duration,
        /// Karn's rule (Karn & Partridge 1987; RFC 6298, 3): what was sent more than once says nothing about the round trip, since nobody
        /// can tell which of them was acknowledged. Our acknowledgements do tell (as TCP's timestamps do, for which the RFC lifts the rule),
        /// so it is here to be shown: with much loss a time-out that was doubled stays so.
        karn: bool,
    },
}

/// Times as whole microseconds.
pub(crate) mod micros {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(u64::try_from(time.as_micros()).unwrap_or(u64::MAX))
    }

    pub(crate) fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<Duration, D::Error> {
        u64::deserialize(from).map(Duration::from_micros)
    }
}

impl Timeout {
    /// RFC 6298 with its numbers: first 1 s (2.1), at least 1 s (2.4), at most 60 s (2.5), and Karn's rule.
    pub const RFC_6298: Self = Self::Adaptive { first: Duration::from_secs(1), least: Duration::from_secs(1), most: Duration::from_secs(60), karn: true };
    /// The RFC's rule with the times of a local network, where a least time-out of a second would hide what is shown.
    pub const ADAPTIVE: Self =
        Self::Adaptive { first: Duration::from_millis(200), least: Duration::from_millis(10), most: Duration::from_secs(2), karn: false };

    pub(super) fn check(&self) -> Result<(), SettingsError> {
        let in_order = match *self {
            Self::Fixed(time) => [LEAST, time, time, time, MOST],
            Self::Adaptive { first, least, most, .. } => [LEAST, least, first, most, MOST],
        };
        if in_order.is_sorted() { Ok(()) } else { Err(SettingsError::Timeout) }
    }
}

/// What is known of the round trip, and the time-out that follows from it.
#[derive(Debug, Clone)]
pub struct RoundTrip {
    timeout: Timeout,
    /// Smoothed round trip and its variation, once one was measured.
    measured: Option<(Duration, Duration)>,
    current: Duration,
}

impl RoundTrip {
    #[must_use]
    pub const fn new(timeout: Timeout) -> Self {
        let (Timeout::Fixed(first) | Timeout::Adaptive { first, .. }) = timeout;
        Self { timeout, measured: None, current: first }
    }

    /// The time-out now.
    #[must_use]
    pub const fn timeout(&self) -> Duration {
        self.current
    }

    /// The smoothed round trip (SRTT), and its variation (RTTVAR).
    #[must_use]
    pub const fn measured(&self) -> Option<(Duration, Duration)> {
        self.measured
    }

    /// Takes one measured round trip, of a packet that was sent more than once (`again`) or not.
    pub fn sample(&mut self, took: Duration, again: bool) {
        if again && matches!(self.timeout, Timeout::Adaptive { karn: true, .. }) {
            return;
        }
        let (smoothed, variation) = match self.measured {
            // RFC 6298, 2.2 and 2.3: alpha is 1/8, beta is 1/4.
            None => (took, took / 2),
            Some((smoothed, variation)) => ((smoothed * 7 + took) / 8, (variation * 3 + smoothed.abs_diff(took)) / 4),
        };
        self.measured = Some((smoothed, variation));
        if let Timeout::Adaptive { least, most, .. } = self.timeout {
            self.current = (smoothed + (variation * 4).max(GRANULARITY)).clamp(least, most);
        }
    }

    /// Doubles the time-out until the next round trip is measured (RFC 6298, 5.5).
    pub fn back_off(&mut self) {
        if let Timeout::Adaptive { most, .. } = self.timeout {
            self.current = (self.current * 2).min(most);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn round_trips_are_smoothed_as_the_rfc_says() {
        let mut trip = RoundTrip::new(Timeout::RFC_6298);
        assert_eq!(trip.timeout(), ms(1_000));
        // 2.2: SRTT = R, RTTVAR = R/2, RTO = SRTT + 4 RTTVAR.
        trip.sample(ms(800), false);
        assert_eq!((trip.measured(), trip.timeout()), (Some((ms(800), ms(400))), ms(2_400)));
        // 2.3: RTTVAR = 3/4 of 400 + 1/4 of |800 - 1600|, SRTT = 7/8 of 800 + 1/8 of 1600.
        trip.sample(ms(1_600), false);
        assert_eq!((trip.measured(), trip.timeout()), (Some((ms(900), ms(500))), ms(2_900)));
        // 3.
        trip.sample(ms(5), true);
        assert_eq!(trip.timeout(), ms(2_900));
        // 5.5, 2.5.
        trip.back_off();
        assert_eq!(trip.timeout(), ms(5_800));
        (0..9).for_each(|_| trip.back_off());
        assert_eq!(trip.timeout(), ms(60_000));
        trip.sample(ms(900), false);
        assert_eq!(trip.timeout(), ms(900 + 4 * 375));
        // 2.4.
        (0..100).for_each(|_| trip.sample(ms(100), false));
        assert_eq!(trip.timeout(), ms(1_000));
    }

    #[test]
    fn a_fixed_time_out_stays() {
        let mut trip = RoundTrip::new(Timeout::Fixed(ms(200)));
        trip.sample(ms(900), true);
        trip.back_off();
        assert_eq!(trip.timeout(), ms(200));
    }

    #[test]
    fn times_out_of_order_are_refused() {
        for (timeout, want) in [
            (Timeout::Fixed(Duration::ZERO), false),
            (Timeout::Fixed(ms(200)), true),
            (Timeout::Fixed(Duration::MAX), false),
            (Timeout::RFC_6298, true),
            (Timeout::ADAPTIVE, true),
            (Timeout::Adaptive { first: ms(1), least: ms(2), most: ms(3), karn: true }, false),
            (Timeout::Adaptive { first: ms(2), least: ms(1), most: Duration::MAX, karn: true }, false),
        ] {
            assert_eq!(timeout.check().is_ok(), want, "{timeout:?}");
        }
    }
}
