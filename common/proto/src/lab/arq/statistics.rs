//! A mean of runs with different seeds, and how far it can be trusted.

use serde::Serialize;

/// Student's t for 95 % (two-sided) with 1 to 30 degrees of freedom, as in any statistical table (e.g. NIST/SEMATECH e-Handbook,
/// 1.3.6.7.2).
const STUDENT: [f64; 30] = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074,
    2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/// The mean of some numbers with its 95 % confidence interval: mean ± `half`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Mean {
    pub mean: f64,
    /// Half of the interval's width; none of less than two numbers.
    pub half: Option<f64>,
    pub count: u32,
}

impl Mean {
    /// Of numbers that are independent of each other; none of nothing.
    #[must_use]
    pub fn of(numbers: &[f64]) -> Option<Self> {
        let count = numbers.len();
        if count == 0 {
            return None;
        }
        let mean = numbers.iter().sum::<f64>() / count as f64;
        let freedom = count - 1;
        let variance = numbers.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / freedom.max(1) as f64;
        let half = (freedom > 0).then(|| student(freedom) * (variance / count as f64).sqrt());
        Some(Self { mean, half, count: u32::try_from(count).unwrap_or(u32::MAX) })
    }
}

/// Beyond the table: the expansion in 1/n around the normal quantile (Abramowitz & Stegun, 26.7.5).
fn student(freedom: usize) -> f64 {
    let z: f64 = 1.959_964;
    let n = freedom as f64;
    STUDENT.get(freedom - 1).copied().unwrap_or_else(|| z + (z.powi(3) + z) / (4.0 * n) + (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / (96.0 * n * n))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_that_of_the_books() {
        assert_eq!(Mean::of(&[]), None);
        assert_eq!(Mean::of(&[3.0]), Some(Mean { mean: 3.0, half: None, count: 1 }));
        // Standard deviation 1, of three: 4.303 / sqrt(3).
        let mean = Mean::of(&[1.0, 2.0, 3.0]).expect("three");
        assert!((mean.mean - 2.0).abs() < 1e-12 && mean.half.is_some_and(|half| (half - 4.303 / 3_f64.sqrt()).abs() < 1e-9));
        for (freedom, want) in [(31, 2.040), (40, 2.021), (60, 2.000), (120, 1.980), (100_000, 1.960)] {
            assert!((student(freedom) - want).abs() < 0.001, "{freedom}: {}", student(freedom));
        }
    }
}
