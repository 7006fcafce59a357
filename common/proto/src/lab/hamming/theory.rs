//! What a code does to a channel that flips each bit with probability p, exactly.
//!
//! The decoder sees nothing but the syndrome, so it is enough to know how likely each syndrome is. That of errors in bits 1..t follows from
//! that of 1..t-1: with h the column of bit t,
//!
//! > P_t(s) = (1 - p) P_{t-1}(s) + p P_{t-1}(s + h)
//!
//! which is the recursion over the trellis of the parity-check matrix (Bahl, Cocke, Jelinek and Raviv, "Optimal Decoding of Linear Codes for
//! Minimizing Symbol Error Rate", IEEE Trans. Inf. Theory 20(2), 1974; Wolf, 24(1), 1978) without the received values. It adds what is
//! positive and subtracts nothing, so that 10^-20 is as exact as 10^-1, and it holds for every code that is told by its columns: shortened,
//! extended, in any order. For codes of full length it agrees with the sum over the weights of their words (MacKay 2003, section 1.5 and
//! chapter 13; tests compare both and an enumeration of all errors).
//!
//! A data bit i is delivered wrong (all sums over the *other* bits' syndrome t):
//!
//! > p (1 - P(t = 0)) + (1 - p) P(t = h_i)
//!
//! since a wrong bit is turned around only when the rest adds up to nothing, and a right one when the rest looks like it. It is delivered
//! wrong without a warning when the receiver accepts or "corrects": p (P(t = h_i) + sum over j other than i of P(t = h_i + h_j)) + (1 - p)
//! P(t = h_i).

use super::{Code, Outcome};

/// Error rates of delivered data bits, averaged over the data bits of a block.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Residual {
    /// All wrong bits.
    pub total: f64,
    /// Those in blocks without a warning; the same for codes that have no warning.
    pub unnoticed: f64,
}

/// The error rate that is left after decoding, for a channel's error rate `p` in [0, 1]; what lies outside counts as the nearer end.
#[must_use]
pub fn residual(code: &Code, p: f64) -> Residual {
    let p = p.clamp(0.0, 1.0);
    let mut state = start(code);
    let is_data = |at: &usize| code.role(*at).is_some_and(|role| matches!(role, super::Role::Data(_)));
    let (data, checks): (Vec<usize>, Vec<usize>) = (0..code.n()).partition(is_data);
    checks.iter().for_each(|at| add(&mut state, code.columns()[*at], p));
    let mut sum = Residual::default();
    without_each(code, &data, state, p, &mut |at, rest| {
        let column = usize::from(code.columns()[at]);
        let likeness = rest[column];
        let other: f64 = rest[1..].iter().sum();
        let misled: f64 = code.columns().iter().map(|c| usize::from(*c)).filter(|c| *c != column).map(|c| rest[column ^ c]).sum();
        sum.total += p * other + (1.0 - p) * likeness;
        sum.unnoticed += p * (likeness + misled) + (1.0 - p) * likeness;
    });
    let k = code.k() as f64;
    Residual { total: sum.total / k, unnoticed: sum.unnoticed / k }
}

/// How likely each outcome of a block is, in the order of [`Outcome::ALL`].
#[must_use]
pub fn outcomes(code: &Code, p: f64) -> [f64; 5] {
    let p = p.clamp(0.0, 1.0);
    let q = 1.0 - p;
    let n = code.n() as i32;
    // Two errors and more; none and one are known, and would hide what is small.
    let mut several = vec![0.0; 1 << code.rows()];
    for (t, column) in code.columns().iter().enumerate() {
        add(&mut several, *column, p);
        let single = p * p * q.powi(t as i32 - 1);
        code.columns()[..t].iter().for_each(|earlier| several[usize::from(earlier ^ column)] += single);
    }
    let mut out = [0.0; 5];
    out[Outcome::NoError as usize] = q.powi(n);
    out[Outcome::Corrected as usize] = f64::from(n) * p * q.powi(n - 1);
    for (syndrome, probability) in several.into_iter().enumerate() {
        let what = match (syndrome, code.place(syndrome as u16)) {
            (0, _) => Outcome::Undetected,
            (_, Some(_)) => Outcome::Miscorrected,
            (_, None) => Outcome::Detected,
        };
        out[what as usize] += probability;
    }
    out
}

/// No bit yet: the syndrome is 0.
fn start(code: &Code) -> Vec<f64> {
    let mut state = vec![0.0; 1 << code.rows()];
    state[0] = 1.0;
    state
}

/// One more bit, with this column.
fn add(state: &mut [f64], column: u16, p: f64) {
    let column = usize::from(column);
    for s in (0..state.len()).filter(|s| *s < s ^ column) {
        let (a, b) = (state[s], state[s ^ column]);
        state[s] = (1.0 - p) * a + p * b;
        state[s ^ column] = (1.0 - p) * b + p * a;
    }
}

/// Tells `visit` for each of `bits` the syndromes of all others, which `state` has but for `bits`: halves are added to each other's, so
/// that all cost as much as the logarithm of one times each.
fn without_each(code: &Code, bits: &[usize], state: Vec<f64>, p: f64, visit: &mut impl FnMut(usize, &[f64])) {
    match bits {
        [] => {}
        [at] => visit(*at, &state),
        _ => {
            let (left, right) = bits.split_at(bits.len() / 2);
            let with = |others: &[usize]| {
                let mut state = state.clone();
                others.iter().for_each(|at| add(&mut state, code.columns()[*at], p));
                state
            };
            without_each(code, left, with(right), p, visit);
            without_each(code, right, with(left), p, visit);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::hamming::{Order, Word, outcome};

    fn code(k: usize, secded: bool, order: Order) -> Code {
        Code::new(k, secded, order).expect("a code")
    }

    fn is_near(a: f64, b: f64) -> bool {
        (a - b).abs() <= 1e-11 * a.abs().max(b.abs())
    }

    #[test]
    fn every_pattern_of_errors_counted_gives_the_same() {
        let codes = [(1, false), (1, true), (2, false), (4, false), (4, true), (7, false), (7, true), (11, false), (11, true)];
        for (k, secded) in codes {
            let orders = [Order::Classic, Order::Systematic, Order::LinCostello];
            for code in orders.map(|order| code(k, secded, order)) {
                let zero = Word::default();
                // By weight: the polynomial in p, of which each p is one value.
                let (mut total, mut unnoticed, mut happened) = (vec![0u64; 17], vec![0u64; 17], [[0u64; 5]; 17]);
                for errors in 0..1u64 << code.n() {
                    let received = Word::from_low(errors);
                    let decoded = code.decode(&received);
                    let what = outcome(&zero, &received, &decoded);
                    let (weight, wrong) = (received.weight(), decoded.data.weight() as u64);
                    total[weight] += wrong;
                    unnoticed[weight] += if what == Outcome::Detected { 0 } else { wrong };
                    happened[weight][what as usize] += 1;
                }
                for p in [1e-9, 1e-4, 0.01, 0.1, 0.3, 0.5, 0.9, 1.0] {
                    let chance = |w: usize| f64::powi(p, w as i32) * f64::powi(1.0 - p, code.n() as i32 - w as i32);
                    let mean = |counts: &[u64]| (0..=code.n()).map(|w| counts[w] as f64 * chance(w)).sum::<f64>() / code.k() as f64;
                    let Residual { total: t, unnoticed: u } = residual(&code, p);
                    assert!(is_near(t, mean(&total)) && is_near(u, mean(&unnoticed)), "{code:?} at {p}: {t}, {u}");
                    for (i, rate) in outcomes(&code, p).into_iter().enumerate() {
                        let expected: f64 = (0..=code.n()).map(|w| happened[w][i] as f64 * chance(w)).sum();
                        assert!(is_near(rate, expected), "{code:?} at {p}, outcome {i}: {rate} for {expected}");
                    }
                }
            }
        }
    }

    /// Words of each weight of the full Hamming code: the coefficients of ((1 + x)^n + n (1 - x) (1 - x^2)^((n - 1) / 2)) / (n + 1) (Lin and
    /// Costello 2004, equation 4.3). With the extra bit, odd weights move up by one.
    fn weights(n: usize, extended: bool) -> Vec<f64> {
        let choose = |n: usize, k: usize| (0..k).map(|i| (n - i) as f64 / (i + 1) as f64).product::<f64>();
        let plain = (0..=n).map(|w| {
            let sign = if w.div_ceil(2) % 2 == 0 { 1.0 } else { -1.0 };
            ((choose(n, w) + n as f64 * sign * choose((n - 1) / 2, w / 2)) / (n as f64 + 1.0)).round()
        });
        let mut out = vec![0.0; n + 2];
        plain.enumerate().for_each(|(w, words)| out[if extended { w.next_multiple_of(2) } else { w }] += words);
        out
    }

    #[test]
    fn the_sum_over_the_weights_of_words_gives_the_same() {
        assert_eq!(weights(7, false)[..8], [1.0, 0.0, 0.0, 7.0, 7.0, 0.0, 0.0, 1.0]);
        assert_eq!(weights(7, true)[..9], [1.0, 0.0, 0.0, 0.0, 14.0, 0.0, 0.0, 0.0, 1.0]);
        for (k, secded) in [(4, false), (4, true), (11, false), (11, true), (26, false), (26, true), (57, false)] {
            let code = code(k, secded, Order::Classic);
            let n = code.n();
            let words = weights(n - usize::from(secded), secded);
            for p in [1e-6, 1e-3, 0.03, 0.2] {
                let power = |w: usize| f64::powi(p, w as i32) * f64::powi(1.0 - p, n as i32 - w as i32);
                // Errors in the ball of radius 1 around a word become that word; every bit is wrong alike.
                let ball = |w: usize| power(w) + w as f64 * power(w - 1) + if w < n { (n - w) as f64 * power(w + 1) } else { 0.0 };
                let expected: f64 = (1..=n).map(|w| w as f64 * words[w] * ball(w)).sum::<f64>() / n as f64;
                let got = residual(&code, p).unnoticed;
                assert!((got - expected).abs() <= 1e-9 * expected, "{code} at {p}: {got} for {expected}");
            }
        }
    }

    #[test]
    fn known_ends() {
        // MacKay 2003, exercise 1.6: 9 p^2 in the first order for the bit error of (7,4).
        let code = code(4, false, Order::MacKay);
        assert!((residual(&code, 1e-6).total / 9e-12 - 1.0).abs() < 1e-4);
        assert_eq!(residual(&code, 0.0), Residual::default());
        assert!((residual(&code, 0.5).total - 0.5).abs() < 1e-12, "what is noise stays noise");
        for code in [Code::new(64, true, Order::Hsiao), Code::new(64, true, Order::Classic), Code::new(1013, true, Order::Classic)] {
            let code = code.expect("a code");
            let (rates, left) = (outcomes(&code, 1e-3), residual(&code, 1e-3));
            assert!((rates.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{code}: {rates:?}");
            assert!(left.unnoticed < left.total && left.total < 1e-3, "{code}: {left:?}");
        }
    }
}
