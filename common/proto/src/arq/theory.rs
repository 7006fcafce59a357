//! What the textbooks say a protocol achieves, to be drawn beside what is measured.
//!
//! `a` is the one-way delay over the time of a packet; an answer without length comes 1 + 2a packet times after a packet began.
//!
//! - Stop-and-wait: U = (1 - P) / (1 + 2a) where the time-out is the cycle itself.
//! - Go-back-N: U = (1 - P) / (1 + 2aP) for W >= 1 + 2a, else W (1 - P) / ((1 + 2a)(1 - P + WP)).
//! - Selective repeat: U = 1 - P for W >= 1 + 2a, else W (1 - P) / (1 + 2a).
//!
//! These are in Stallings, *Data and Computer Communications*, appendix of chapter 7 (*Data Link Control*), in Tanenbaum & Wetherall, 3.4,
//! in Bertsekas & Gallager, *Data Networks*, 2.4, and in Leon-Garcia & Widjaja, *Communication Networks*, 5.2. All are one idea: the mean
//! time that a packet costs is what it costs without a loss, and for each loss the time until it is noticed. Here that time may be any
//! time-out, doubled or not; where it is the cycle, the formulas above come out. For selective repeat it is an upper bound: packets behind a
//! lost one keep their place in the window. [`Model::by_chain`] counts that in, for windows that are small enough.

mod chain;

use super::sequence::Protocol;
use super::timeout::Timeout;

/// Terms of a sum after which nothing is left of it.
const TERMS: u32 = 4_000;
/// What [`rounds`] goes through at most: packets, times the ways from any of 2^W states to any other.
const WAYS_MAX: u64 = 1 << 27;

/// A line and a sender on it; times in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Model {
    pub protocol: Protocol,
    pub window: u32,
    /// Time of one packet on the line.
    pub packet: f64,
    /// From the beginning of a packet to the end of its acknowledgement.
    pub cycle: f64,
    /// Probability that a data packet does not come whole, and that an acknowledgement does not.
    pub loss: f64,
    pub ack_loss: f64,
    pub timeout: Timeout,
    /// See [`super::Settings::overtaken`].
    pub overtaken: Option<u32>,
}

impl Model {
    /// The share of the time in which the line carries packets that are of use; none where theory has no answer: without a time for a
    /// packet, or where the time-out is over before an answer can come.
    #[must_use]
    pub fn efficiency(&self) -> Option<f64> {
        let first = self.timeout_after(1);
        if self.packet <= 0.0 || first < self.cycle * (1.0 - 1e-9) {
            return None;
        }
        let window = f64::from(self.window.max(1));
        let share = match self.protocol {
            Protocol::StopAndWait => self.packet / (self.cycle + self.waiting(1.0 - (1.0 - self.loss) * (1.0 - self.ack_loss), None)),
            Protocol::GoBackN => self.packet / (self.packet.max(self.cycle / window) + self.waiting(self.unanswered(), self.noticed_after())),
            Protocol::SelectiveRepeat => {
                let lost = self.unanswered();
                (1.0 - lost).min(window * self.packet / (self.cycle + self.waiting(lost, self.noticed_after())))
            }
        };
        Some(share.clamp(0.0, 1.0))
    }

    /// The efficiency of selective repeat with a fixed time-out by a Markov chain over the states of its window, which is not a bound: see
    /// `chain`. None for anything else, where acknowledgements are lost, and for windows with too many states: above 5 to 10, depending
    /// on cycle and time-out.
    #[must_use]
    pub fn by_chain(&self) -> Option<f64> {
        let Timeout::Fixed(timeout) = self.timeout else { return None };
        let is_ours = self.protocol == Protocol::SelectiveRepeat && self.ack_loss == 0.0 && self.overtaken.is_none() && self.packet > 0.0;
        if !is_ours {
            return None;
        }
        chain::efficiency(self.window, self.cycle / self.packet, timeout.as_secs_f64() / self.packet, self.loss)
    }

    /// Probability that a packet is sent again: it is lost, or so are its acknowledgement and all later ones that come before its time-out,
    /// each of which tells of it, too.
    fn unanswered(&self) -> f64 {
        let later = ((self.timeout_after(1) - self.cycle) / self.packet).floor().clamp(0.0, f64::from(self.window.saturating_sub(1)));
        self.loss + (1.0 - self.loss) * self.ack_loss.powf(1.0 + later)
    }

    /// Mean time until a packet is overtaken by as many as are needed, where the window has so many.
    fn noticed_after(&self) -> Option<f64> {
        let overtaken = self.overtaken.filter(|overtaken| *overtaken < self.window)?;
        // The next that arrives behind those counts.
        let more = self.loss / (1.0 - self.loss).max(f64::EPSILON);
        Some(self.cycle + (f64::from(overtaken) + more) * self.packet.max(self.cycle / f64::from(self.window)))
    }

    /// The time-out of a packet's k-th transmission, from 1 on, after time-outs only.
    fn timeout_after(&self, transmission: u32) -> f64 {
        match self.timeout {
            Timeout::Fixed(time) => time.as_secs_f64(),
            // RFC 6298 on a line whose round trip is always the same: its variation goes to 0, and the clock's granularity remains.
            Timeout::Adaptive { least, most, .. } => {
                let once = (self.cycle + 0.001).clamp(least.as_secs_f64(), most.as_secs_f64());
                (once * 2_f64.powi(transmission.saturating_sub(1).min(1_000) as i32)).min(most.as_secs_f64())
            }
        }
    }

    /// Go-back-N that is busy all the time goes back when the packet on the line has ended.
    fn whole(&self, time: f64) -> f64 {
        let packets = time / self.packet;
        let is_busy = self.protocol == Protocol::GoBackN && packets <= f64::from(self.window);
        if is_busy { (packets - 1e-9).ceil() * self.packet } else { time }
    }

    /// Mean time that a packet waits for its repeats: the sum of P^k T_k, since the k-th transmission fails with probability P^k.
    fn waiting(&self, lost: f64, noticed: Option<f64>) -> f64 {
        if lost >= 1.0 {
            return f64::INFINITY;
        }
        let time = |k: u32| self.whole(noticed.map_or(self.timeout_after(k), |noticed| noticed.min(self.timeout_after(k))));
        (1..TERMS).map(|k| (lost.powi(k as i32), k)).take_while(|(weight, _)| *weight > 1e-15).map(|(weight, k)| weight * time(k)).sum()
    }
}

/// The mean number of time-outs, one after the other, until selective repeat has brought `packets` packets through a line without delay,
/// where each transmission fails with probability `lost`. Every time-out is a round: whatever is in the window and not acknowledged is sent
/// once; where the window moves on, new packets are sent in the same round.
///
/// This is exact: a Markov chain over what is acknowledged in the window, solved by dynamic programming. Its work grows with 4^W; none where
/// that is too much (a window of 5 and 100,000 packets are not, nor are 10 and 100), and for a line that lets nothing through.
#[must_use]
pub fn rounds(packets: u64, window: u32, lost: f64) -> Option<f64> {
    let window = u64::from(window).min(packets.max(1));
    let ways = 1_u64.checked_shl(2 * u32::try_from(window).ok()?)?.checked_mul(packets)?;
    if window == 0 || ways > WAYS_MAX || !(0.0..1.0).contains(&lost) {
        return None;
    }
    let (packets, window) = (packets as usize, window as usize);
    let states = 1_usize << window;
    // Means from `base` on with these packets of the window acknowledged, bit 0 being that of `base`, which is not.
    let mut means: Vec<Vec<f64>> = vec![vec![0.0; states]; packets + 1];
    for base in (0..packets).rev() {
        for mask in (0..states >> window.saturating_sub(packets - base)).rev().filter(|mask| mask & 1 == 0) {
            let mut round = Round { packets, window, lost, from: (base, mask), stays: 0.0, mean: 0.0, means: &means };
            round.send(base, mask, base, 1.0);
            let (stays, mean) = (round.stays, round.mean);
            means[base][mask] = (1.0 + mean) / (1.0 - stays);
        }
    }
    // The first round is sent at once; a time-out is before every further one.
    (packets > 0).then(|| means[0][0] - 1.0).or(Some(0.0))
}

/// One round from one state: all that may come of it.
struct Round<'a> {
    packets: usize,
    window: usize,
    lost: f64,
    from: (usize, usize),
    /// Probability that nothing changes, and the mean of the rounds after this one otherwise.
    stays: f64,
    mean: f64,
    means: &'a [Vec<f64>],
}

impl Round<'_> {
    /// `nth` is the next packet to be tried; the state so far has this probability.
    fn send(&mut self, base: usize, mask: usize, nth: usize, probability: f64) {
        if probability < 1e-18 {
            return;
        }
        let nth = nth.max(base);
        if nth >= (base + self.window).min(self.packets) {
            match (base, mask) == self.from {
                true => self.stays += probability,
                false => self.mean += probability * self.means[base][mask],
            }
            return;
        }
        if mask >> (nth - base) & 1 == 1 {
            return self.send(base, mask, nth + 1, probability);
        }
        self.send(base, mask, nth + 1, probability * self.lost);
        let mask = mask | 1 << (nth - base);
        let moved = mask.trailing_ones() as usize;
        self.send(base + moved, mask >> moved, nth + 1, probability * (1.0 - self.lost));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// Times in packets; the time-out is the cycle.
    fn model(protocol: Protocol, window: u32, a: f64, loss: f64) -> Model {
        let cycle = 1.0 + 2.0 * a;
        Model { protocol, window, packet: 1.0, cycle, loss, ack_loss: 0.0, timeout: Timeout::Fixed(Duration::from_secs_f64(cycle)), overtaken: None }
    }

    fn near(got: Option<f64>, want: f64) {
        assert!(got.is_some_and(|got| (got - want).abs() < 1e-9), "{got:?} for {want}");
    }

    #[test]
    fn the_formulas_of_the_books_come_out() {
        for (a, p) in [(0.5, 0.0), (1.5, 0.2), (13.5, 0.01), (100.0, 0.3)] {
            near(model(Protocol::StopAndWait, 1, a, p).efficiency(), (1.0 - p) / (1.0 + 2.0 * a));
            near(model(Protocol::GoBackN, 1_000, a, p).efficiency(), (1.0 - p) / (1.0 + 2.0 * a * p));
            near(model(Protocol::SelectiveRepeat, 1_000, a, p).efficiency(), 1.0 - p);
            for window in [1, 2] {
                let w = f64::from(window);
                near(model(Protocol::GoBackN, window, a, p).efficiency(), w * (1.0 - p) / ((1.0 + 2.0 * a) * (1.0 - p + w * p)));
                near(model(Protocol::SelectiveRepeat, window, a, p).efficiency(), w * (1.0 - p) / (1.0 + 2.0 * a));
            }
        }
    }

    #[test]
    fn worked_examples() {
        // Kurose & Ross, 3.4.2: 1 Gbit/s, 1,000 bytes, a round trip of 30 ms: stop-and-wait uses 0.00027 of the line.
        let (packet, trip) = (8e-6, 0.030);
        let kurose = Model { packet, cycle: packet + trip, timeout: Timeout::Fixed(Duration::from_secs(1)), ..model(Protocol::StopAndWait, 1, 0.0, 0.0) };
        assert!(kurose.efficiency().is_some_and(|u| (u - 0.00027).abs() < 0.000_005));
        // Tanenbaum & Wetherall, 3.4.2: 50 kbit/s over a satellite, 1,000-bit frames, 250 ms each way: below 4 %; with a window of 26 the
        // line is busy all the time.
        let tanenbaum =
            |protocol, window| Model { packet: 0.020, cycle: 0.520, timeout: Timeout::Fixed(Duration::from_secs(1)), ..model(protocol, window, 0.0, 0.0) };
        assert!(tanenbaum(Protocol::StopAndWait, 1).efficiency().is_some_and(|u| u < 0.04));
        near(tanenbaum(Protocol::GoBackN, 26).efficiency(), 1.0);
        assert!(tanenbaum(Protocol::GoBackN, 25).efficiency().is_some_and(|u| u < 1.0));
    }

    #[test]
    fn where_theory_has_no_answer_it_says_so() {
        let good = model(Protocol::GoBackN, 4, 1.0, 0.1);
        assert_eq!(Model { packet: 0.0, ..good }.efficiency(), None);
        assert_eq!(Model { timeout: Timeout::Fixed(Duration::from_secs(1)), ..good }.efficiency(), None);
        near(Model { loss: 1.0, ..good }.efficiency(), 0.0);
        near(Model { loss: 1.0, protocol: Protocol::SelectiveRepeat, ..good }.efficiency(), 0.0);
    }

    #[test]
    fn rounds_of_one_packet_are_geometric_and_of_many_their_longest() {
        near(rounds(0, 5, 0.8), 0.0);
        near(rounds(1, 5, 0.8), 4.0);
        near(rounds(7, 1, 0.8), 28.0);
        // All at once: the mean of the largest of n geometric numbers, by inclusion and exclusion (n = 2: 2 / (1 - P) - 1 / (1 - P^2)).
        near(rounds(2, 2, 0.5), 2.0 / 0.5 - 1.0 / 0.75 - 1.0);
        near(rounds(3, 5, 0.5), 3.0 / 0.5 - 3.0 / 0.75 + 1.0 / 0.875 - 1.0);
        assert_eq!((rounds(100, 13, 0.5), rounds(7, 5, 1.0), rounds(7, 0, 0.5)), (None, None, None));
    }

    #[test]
    fn a_window_between_one_and_all_lies_between() {
        let of = |window| rounds(7, window, 0.8).expect("small");
        assert!(of(7) < of(5) && of(5) < of(3) && of(3) < of(1));
        // A line that lets nothing through almost never ends, yet does.
        assert!(rounds(3, 2, 0.999).is_some_and(|r| r > 1_000.0));
    }
}
