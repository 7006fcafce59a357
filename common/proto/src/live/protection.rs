//! Whether a viewer needs parity, and how much: only where loss comes without rising delay, and asking again would take too long.
//!
//! Records that are lost while nothing queues up were lost on the air; more of them can be sent. Loss with rising delay is a queue that
//! runs over: parity would fill it further, so there is none, and the viewer takes a lower rung ([`super::choice`]). Where a round trip
//! is short, what was lost is asked for again, which costs no more than what was lost. The strength follows from the share of records that is
//! lost and how many are lost in a row. Pure: once a second the viewer says what its line did.

use std::collections::VecDeque;
use std::time::Duration;

use super::record::RecordHeader;
use crate::limits::PARITY_PERCENT_MAX;

/// Seconds over which loss is measured; so many records must be lost in them, and so large a share.
const WINDOW: usize = 5;
const LOST_MIN: u32 = 3;
const LOSS_MIN: f64 = 0.003;
/// Later than the least of the last [`BASE_SECONDS`] by so much: a queue grows.
const RISE_US: i64 = 25_000;
const BASE_SECONDS: usize = 60;
/// After a queue was seen there is no parity for so long, and for longer after parity that made the line lose more.
const AFTER_QUEUE: Duration = Duration::from_secs(10);
const AFTER_HARM: Duration = Duration::from_secs(60);
/// Parity shows within so many seconds whether the line bears it: with it, it must not lose so many times as much and so much more.
const PROOF: usize = 3;
const HARM_FACTOR: f64 = 2.0;
const HARM_MORE: f64 = 0.08;
/// Less is enough only when it was for so long.
const LOWER_AFTER: Duration = Duration::from_secs(10);
/// What may stay lost: of blocks with parity, and of records that are asked for again.
const RESIDUE: f64 = 0.001;
const RESIDUE_ASKED: f64 = 0.001;
/// Asking again is due after a round trip and a quarter, and begins when it is clear that a record is not just late.
const ASK_ROUND: f64 = 1.25;
const ASK_BEGINS: Duration = Duration::from_millis(8);
/// Records of a usual block, for which the strength is reckoned.
const BLOCK: u32 = 10;
/// Delays of one second that are looked at.
const DELAYS: usize = 256;

/// What a line did with the records of one track for a while.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Line {
    /// Records that came without being asked for again, and those that did not.
    pub came: u32,
    pub lost: u32,
    /// Stretches of records that were lost in a row.
    pub runs: u32,
    /// From capture to coming, in the middle, in microseconds; by clocks that need not agree.
    pub delay_us: Option<i64>,
}

/// Gathers that in a receiver.
#[derive(Debug, Clone, Default)]
pub(super) struct Measure {
    line: Line,
    delays_us: Vec<i64>,
}

impl Measure {
    /// A record came. It may have `filled` a hole, and been `asked` for.
    pub(super) fn came(&mut self, now: Duration, header: &RecordHeader, plain: &[u8], filled: bool, asked: bool) {
        if asked {
            return;
        }
        self.line.came += 1;
        if filled {
            // It was overtaken, not lost.
            self.line.lost = self.line.lost.saturating_sub(1);
            self.line.runs = self.line.runs.min(self.line.lost);
        } else if let Some(capture) = plain.get(4..12).and_then(|b| b.first_chunk::<8>()).filter(|_| header.first && self.delays_us.len() < DELAYS) {
            let micros = |d: Duration| i64::try_from(d.as_micros()).unwrap_or(i64::MAX);
            self.delays_us.push(micros(now).saturating_sub(i64::try_from(u64::from_be_bytes(*capture)).unwrap_or(i64::MAX)));
        }
    }

    /// So many records in a row did not come when a later one did.
    pub(super) fn skipped(&mut self, records: u32) {
        self.line.lost = self.line.lost.saturating_add(records);
        self.line.runs += u32::from(records > 0);
    }

    pub(super) fn take(&mut self) -> Line {
        let middle = self.delays_us.len() / 2;
        let delay_us = (!self.delays_us.is_empty()).then(|| *self.delays_us.select_nth_unstable(middle).1);
        self.delays_us.clear();
        Line { delay_us, ..std::mem::take(&mut self.line) }
    }
}

/// One second of a viewer's line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen {
    pub line: Line,
    /// To the server and back.
    pub round_trip: Duration,
    /// How long after its time a record may come and be shown without a lag that is felt.
    pub deadline: Duration,
}

/// The parity that one viewer of one track asks for.
#[derive(Debug, Clone, Default)]
pub struct Protection {
    percent: u8,
    seconds: VecDeque<Line>,
    delays_us: VecDeque<i64>,
    /// Since when it is on, in seconds, and what was lost before.
    on_for: usize,
    loss_before: f64,
    not_before: Duration,
    /// Since when less would be enough, and the most of it.
    lower: Option<(Duration, u8)>,
}

impl Protection {
    /// The parity of now, in percent of the records; 0: none.
    #[must_use]
    pub fn percent(&self) -> u8 {
        self.percent
    }

    /// Another second is over; the parity from now on, if it is another.
    pub fn seen(&mut self, now: Duration, seen: &Seen) -> Option<u8> {
        self.seconds.push_back(seen.line);
        if self.seconds.len() > WINDOW {
            self.seconds.pop_front();
        }
        self.on_for += usize::from(self.percent > 0);
        if self.is_queued(seen.line.delay_us) {
            self.not_before = self.not_before.max(now + AFTER_QUEUE);
            // What a queue loses says nothing of the air.
            self.seconds.clear();
            return self.change(0);
        }
        let (loss, burst) = loss_of(self.seconds.iter());
        if self.on_for >= PROOF && loss_of(self.seconds.iter().rev().take(PROOF)).0 > self.loss_before * HARM_FACTOR + HARM_MORE {
            self.not_before = now + AFTER_HARM;
            self.seconds.clear();
            return self.change(0);
        }
        let lost: u32 = self.seconds.iter().map(|line| line.lost).sum();
        let is_lossy = lost >= LOST_MIN && loss >= LOSS_MIN;
        let needed = if is_lossy && repair_time(loss, seen.round_trip) > seen.deadline { strength(loss, burst) } else { 0 };
        if needed >= self.percent {
            self.lower = None;
            if self.percent == 0 {
                self.loss_before = loss;
            }
            return if needed > self.percent && now >= self.not_before { self.change(needed) } else { None };
        }
        let (since, most) = self.lower.map_or((now, needed), |(since, most)| (since, most.max(needed)));
        self.lower = Some((since, most));
        if now < since + LOWER_AFTER { None } else { self.change(most) }
    }

    fn change(&mut self, percent: u8) -> Option<u8> {
        self.lower = None;
        if percent == 0 {
            self.on_for = 0;
        }
        (std::mem::replace(&mut self.percent, percent) != percent).then_some(percent)
    }

    /// Whether what came in the last second came later than it used to.
    fn is_queued(&mut self, delay_us: Option<i64>) -> bool {
        let Some(delay_us) = delay_us else { return false };
        let base = self.delays_us.iter().min().copied();
        self.delays_us.push_back(delay_us);
        if self.delays_us.len() > BASE_SECONDS {
            self.delays_us.pop_front();
        }
        base.is_some_and(|base| delay_us > base.saturating_add(RISE_US))
    }
}

/// The share of records that is lost, and how many in a row.
fn loss_of<'a>(lines: impl Iterator<Item = &'a Line>) -> (f64, f64) {
    let (came, lost, runs) = lines.fold((0, 0, 0), |(came, lost, runs), l| (came + l.came, lost + l.lost, runs + l.runs));
    if lost == 0 {
        return (0.0, 1.0);
    }
    (f64::from(lost) / f64::from(came + lost), (f64::from(lost) / f64::from(runs.max(1))).max(1.0))
}

/// How long it takes until as good as all records that are lost have come by asking for them, again and again.
fn repair_time(loss: f64, round_trip: Duration) -> Duration {
    // Of n rounds loss to the power of n + 1 is left.
    let rounds = (RESIDUE_ASKED.ln() / loss.clamp(1e-6, 0.99).ln()).ceil() - 1.0;
    ASK_BEGINS + round_trip.mul_f64(rounds.max(1.0) * ASK_ROUND)
}

/// The least parity, in percent, with which a usual block can nearly always be restored: bursts of the mean length come by themselves, each
/// takes as many rows as it is long.
fn strength(loss: f64, burst: f64) -> u8 {
    let most = BLOCK * u32::from(PARITY_PERCENT_MAX) / 100;
    let rows = (1..most).find(|rows| {
        let bursts = rows / burst.ceil() as u32;
        more_than(bursts, BLOCK + rows, loss / burst) <= RESIDUE
    });
    // At most the limit.
    (rows.unwrap_or(most) * 100 / BLOCK) as u8
}

/// The probability that of so many independent events of probability `p` more than `most` happen.
fn more_than(most: u32, of: u32, p: f64) -> f64 {
    let mut term = (1.0 - p).powf(f64::from(of));
    let mut at_most = term;
    for n in 0..most {
        term *= f64::from(of - n) / f64::from(n + 1) * p / (1.0 - p);
        at_most += term;
    }
    1.0 - at_most
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    fn line(lost: u32, runs: u32, delay_us: i64) -> Line {
        Line { came: 100 - lost, lost, runs, delay_us: Some(delay_us) }
    }

    fn far(line: Line) -> Seen {
        Seen { line, round_trip: Duration::from_millis(200), deadline: Duration::from_millis(80) }
    }

    #[test]
    fn the_binomial_tail_is_right() {
        // By hand: 1 − 0.9³; 1 − 0.5⁴ · (1 + 4 + 6).
        assert!((more_than(0, 3, 0.1) - 0.271).abs() < 1e-12 && (more_than(2, 4, 0.5) - 0.3125).abs() < 1e-12);
    }

    #[test]
    fn more_loss_and_longer_bursts_need_more_and_never_above_the_limit() {
        let all: Vec<_> = [0.005, 0.01, 0.02, 0.05, 0.1, 0.3].map(|loss| strength(loss, 1.0)).into();
        assert!(all.windows(2).all(|w| w[0] <= w[1]) && all[0] > 0 && all[5] == PARITY_PERCENT_MAX, "{all:?}");
        assert_eq!(strength(0.05, 1.0), 40);
        assert!(strength(0.02, 3.0) > strength(0.02, 1.0));
    }

    #[test]
    fn asking_again_takes_as_many_rounds_as_it_takes() {
        let ms = Duration::from_millis;
        // 0.05² is above a thousandth, 0.05³ below: two rounds.
        assert_eq!(repair_time(0.05, ms(20)), ms(8 + 50));
        assert_eq!(repair_time(0.0001, ms(20)), ms(8 + 25));
    }

    #[test]
    fn it_comes_with_loss_and_goes_after_it() {
        let mut protection = Protection::default();
        assert_eq!(protection.seen(s(1), &far(line(0, 0, 5_000))), None);
        assert_eq!(protection.seen(s(2), &far(line(5, 5, 6_000))), Some(30), "2.5 % of two seconds");
        assert_eq!(protection.seen(s(3), &far(line(8, 8, 4_000))), Some(40), "4.3 % of three");
        let off: Vec<_> = (4..30).filter_map(|n| Some((n, protection.seen(s(n), &far(line(0, 0, 5_000)))?))).collect();
        assert!(off.windows(2).all(|w| w[0].1 > w[1].1) && off.last().is_some_and(|(n, percent)| *percent == 0 && *n >= 14), "{off:?}");
    }

    #[test]
    fn where_asking_again_is_quick_there_is_none() {
        let mut protection = Protection::default();
        for n in 0..20 {
            let seen = Seen { round_trip: Duration::from_millis(15), ..far(line(5, 5, 5_000)) };
            assert_eq!(protection.seen(s(n), &seen), None);
        }
    }

    #[test]
    fn a_queue_that_grows_turns_it_off_at_once_and_keeps_it_off() {
        let mut protection = Protection::default();
        (0..4).for_each(|n| _ = protection.seen(s(n), &far(line(5, 5, 5_000))));
        assert!(protection.percent() > 0);
        assert_eq!(protection.seen(s(4), &far(line(8, 2, 45_000))), Some(0));
        assert!((5..12).all(|n| protection.seen(s(n), &far(line(8, 2, 90_000))).is_none()));
        // The queue is gone, the loss on the air is not.
        let again: Vec<_> = (12..40).filter_map(|n| protection.seen(s(n), &far(line(5, 5, 5_000))).map(|_| n)).collect();
        assert_eq!(again.first(), Some(&21));
    }

    #[test]
    fn parity_that_makes_it_worse_is_taken_back() {
        let mut protection = Protection::default();
        (0..2).for_each(|n| _ = protection.seen(s(n), &far(line(5, 5, 5_000))));
        assert!(protection.percent() > 0);
        let harm: Vec<_> = (2..50).filter_map(|n| Some((n, protection.seen(s(n), &far(line(25, 9, 5_000)))?))).collect();
        let off = harm.iter().find(|(_, percent)| *percent == 0).map(|(n, _)| *n);
        assert!(off.is_some_and(|n| n <= 5) && harm.last().is_some_and(|(_, percent)| *percent == 0), "{harm:?}");
    }
}
