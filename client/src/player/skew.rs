//! Distributions of small time differences: fixed memory, exact to a tenth of a millisecond within half a second.

/// Width of a bin in microseconds and bins on either side of zero.
const BIN_US: i64 = 100;
const BINS: i64 = 5_000;

/// A histogram of time differences in microseconds; what lies outside half a second counts as half a second.
#[derive(Debug, Clone)]
pub struct Distribution {
    bins: Vec<u32>,
    count: u64,
}

impl Default for Distribution {
    fn default() -> Self {
        Self { bins: vec![0; usize::try_from(2 * BINS + 1).unwrap_or(0)], count: 0 }
    }
}

impl Distribution {
    /// Counts one difference.
    pub fn add(&mut self, us: i64) {
        let bin = (us / BIN_US).clamp(-BINS, BINS) + BINS;
        if let Some(bin) = usize::try_from(bin).ok().and_then(|b| self.bins.get_mut(b)) {
            *bin = bin.saturating_add(1);
            self.count += 1;
        }
    }

    /// The value below which this share (0 to 1) of the absolute differences lie, in milliseconds; none without any.
    #[must_use]
    pub fn absolute_ms(&self, share: f64) -> Option<f64> {
        if self.count == 0 {
            return None;
        }
        let centre = usize::try_from(BINS).unwrap_or(0);
        let rank = ((self.count as f64 * share).ceil() as u64).max(1);
        let mut seen = 0u64;
        for distance in 0..=centre {
            seen += u64::from(self.bins[centre + distance]);
            if distance > 0 {
                seen += u64::from(self.bins[centre - distance]);
            }
            if seen >= rank {
                return Some(distance as f64 * BIN_US as f64 / 1_000.0);
            }
        }
        Some(BINS as f64 * BIN_US as f64 / 1_000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Distribution;

    #[test]
    fn quantiles_of_absolute_values() {
        let mut d = Distribution::default();
        assert_eq!(d.absolute_ms(0.5), None);
        for i in -50i64..50 {
            d.add(i * 1_000);
        }
        assert_eq!(d.absolute_ms(0.5), Some(25.0));
        assert_eq!(d.absolute_ms(1.0), Some(50.0));
        d.add(i64::MAX);
        assert_eq!(d.absolute_ms(1.0), Some(500.0));
    }
}
