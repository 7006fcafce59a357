//! How fast the line is: what came while something was asked for, averaged over two spans, the lower of which counts.
//!
//! Two exponentially weighted averages, of which the pessimistic one is believed, are what Shaka Player and dash.js use
//! (`EwmaBandwidthEstimator`; dash.js `ThroughputController`). Pauses between segments do not count, what several fetches
//! share counts once. Pure: times are arguments.

use std::time::Duration;

/// Half-lives of the two averages, in time that passed. Short: a classroom's line changes when a door opens, and the
/// buffer covers what a hasty estimate costs.
const FAST: f64 = 1.0;
const SLOW: f64 = 2.5;
/// A sample is closed after this long, and stands for at most [`WEIGHT_MOST`] of time passed, pauses included.
const SAMPLE: Duration = Duration::from_millis(200);
const WEIGHT_MOST: Duration = Duration::from_secs(2);
/// Less than this tells nothing: it measures the round trip.
const SAMPLE_BYTES: u64 = 24 * 1024;
/// A sample that is still open is believed when it lasts for so long: otherwise a line that has stopped would look fast.
const OPEN_COUNTS: Duration = Duration::from_millis(500);

/// Measures what comes.
#[derive(Debug, Clone, Default)]
pub struct Throughput {
    fast: Option<f64>,
    slow: Option<f64>,
    /// Fetches under way, and since when there is one.
    in_flight: u32,
    busy_since: Option<Duration>,
    /// Of the open sample: time with something under way, and bytes.
    busy: Duration,
    bytes: u64,
    sampled_at: Option<Duration>,
}

impl Throughput {
    /// A fetch was asked for.
    pub fn begin(&mut self, now: Duration) {
        if self.in_flight == 0 {
            self.busy_since = Some(now);
        }
        self.in_flight += 1;
    }

    /// Bytes of a fetch came.
    pub fn received(&mut self, now: Duration, bytes: u64) {
        self.bytes += bytes;
        if self.open_for(now) >= SAMPLE && self.bytes >= SAMPLE_BYTES {
            self.close(now);
        }
    }

    /// A fetch came to its end, or was given up.
    pub fn end(&mut self, now: Duration) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if self.in_flight == 0 {
            self.busy = self.open_for(now);
            self.busy_since = None;
            if self.bytes >= SAMPLE_BYTES {
                self.close(now);
            }
        }
    }

    fn open_for(&self, now: Duration) -> Duration {
        self.busy + self.busy_since.map_or(Duration::ZERO, |since| now.saturating_sub(since))
    }

    fn close(&mut self, now: Duration) {
        let busy = self.open_for(now).max(Duration::from_micros(100));
        let bps = self.bytes as f64 * 8.0 / busy.as_secs_f64();
        let passed = self.sampled_at.map_or(WEIGHT_MOST, |at| now.saturating_sub(at)).clamp(busy.min(WEIGHT_MOST), WEIGHT_MOST);
        for (average, half_life) in [(&mut self.fast, FAST), (&mut self.slow, SLOW)] {
            let keep = 0.5_f64.powf(passed.as_secs_f64() / half_life);
            *average = Some(average.map_or(bps, |old| old * keep + bps * (1.0 - keep)));
        }
        self.sampled_at = Some(now);
        self.bytes = 0;
        self.busy = Duration::ZERO;
        self.busy_since = self.busy_since.map(|_| now);
    }

    /// A fetch was so slow that it was given up: what was believed before it is not any more.
    pub fn fall_to(&mut self, bps: f64) {
        for average in [&mut self.fast, &mut self.slow] {
            *average = average.map(|known| known.min(bps));
        }
    }

    /// Bits a second that may be counted on; none until something has come.
    #[must_use]
    pub fn estimate_bps(&self, now: Duration) -> Option<u64> {
        let known = self.fast.zip(self.slow).map(|(fast, slow)| fast.min(slow));
        let open = self.open_for(now);
        let running = (open >= OPEN_COUNTS).then(|| self.bytes as f64 * 8.0 / open.as_secs_f64());
        // Not a number never, negative never: sums of what came over times above zero.
        [known, running].into_iter().flatten().reduce(f64::min).map(|bps| bps as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn pauses_do_not_count_and_what_two_fetches_share_counts_once() {
        let mut line = Throughput::default();
        for second in 0..5 {
            let at = ms(second * 1_000);
            line.begin(at);
            line.begin(at);
            line.received(at + ms(50), 62_500);
            line.end(at + ms(50));
            line.received(at + ms(100), 62_500);
            line.end(at + ms(100));
        }
        let bps = line.estimate_bps(ms(4_900)).expect("measured");
        assert!((9_900_000..=10_100_000).contains(&bps), "{bps}");
    }

    #[test]
    fn a_line_that_stops_is_noticed_before_the_next_byte() {
        let mut line = Throughput::default();
        line.begin(ms(0));
        line.received(ms(300), 1_000_000);
        assert!(line.estimate_bps(ms(310)).is_some_and(|bps| bps > 20_000_000));
        assert_eq!(line.estimate_bps(ms(1_300)), Some(0));
    }

    #[test]
    fn the_pessimistic_average_counts() {
        let mut line = Throughput::default();
        let mut fetch = |at: u64, bytes: u64| {
            line.begin(ms(at));
            line.received(ms(at + 100), bytes);
            line.end(ms(at + 100));
            line.estimate_bps(ms(at + 100)).expect("measured")
        };
        let fast = fetch(0, 1_000_000);
        let down = fetch(2_000, 100_000);
        let up = fetch(4_000, 1_000_000);
        assert!(down < fast / 2, "at once down: {down} of {fast}");
        assert!(up < fast * 8 / 10, "slower up: {up} of {fast}");
    }

    #[test]
    fn a_little_tells_nothing() {
        let mut line = Throughput::default();
        line.begin(ms(0));
        line.received(ms(1), 500);
        line.end(ms(2));
        assert_eq!(line.estimate_bps(ms(3)), None);
    }
}
