//! How viewers of a live stream fare: what troubles one, and how far behind the capture all of them show it.
//!
//! Viewers report every [`crate::limits::LIVE_REPORT_EVERY`]. The server sets one target for each stream from what its healthy viewers
//! need, so that a class sees the same moment; who needs more lags alone and is told why.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::control::{PersonId, ViewerReport};
use crate::limits::{LIVE_REPORTS_KEPT, LIVE_TARGET_MAX, LIVE_TARGET_MIN};
use crate::live::choice::Limit;

/// Of a hundred healthy viewers, so many are to show a stream at its target.
const SERVED_PERCENT: usize = 90;
/// The target is a multiple of this, and changes by at least as much.
const STEP_US: u32 = 5_000;
/// A lower target must have been enough for so long.
const LOWER_AFTER: Duration = Duration::from_secs(20);
/// Lost or left out of what was sent, in percent, above which a viewer is not healthy, and above which it is told.
const UNHEALTHY_PERCENT: u32 = 2;
/// This much later than the target is told.
const LAG_TOLD_US: u32 = 100_000;

/// What troubles a viewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trouble {
    /// So many of a hundred pictures were lost on the line or left out for it since the last report.
    Lost { percent: u8 },
    /// The line does not carry the highest rung.
    SlowLine,
    /// The machine cannot decode or show the highest rung.
    SlowMachine,
    /// The viewer's share of the room's bandwidth does not allow the highest rung.
    SmallShare,
    /// It shows what is further behind than the others see, by so many milliseconds.
    Lags { by_ms: u16 },
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Lost { percent } => write!(f, "the line lost {percent} % of the pictures"),
            Self::SlowLine => f.write_str("the line does not carry the highest resolution"),
            Self::SlowMachine => f.write_str("the machine cannot decode the highest resolution"),
            Self::SmallShare => f.write_str("the share of the room's bandwidth does not allow the highest resolution"),
            Self::Lags { by_ms } => write!(f, "pictures come {by_ms} ms later than to the others"),
        }
    }
}

impl Trouble {
    /// What a report tells, worst first; none: all is well.
    #[must_use]
    pub fn of(report: &ViewerReport, target_us: u32) -> Option<Self> {
        let percent = missing_percent(report);
        if percent >= UNHEALTHY_PERCENT {
            return Some(Self::Lost { percent: u8::try_from(percent).unwrap_or(100) });
        }
        match report.limit {
            Some(Limit::Line) => return Some(Self::SlowLine),
            Some(Limit::Machine) => return Some(Self::SlowMachine),
            Some(Limit::Share) => return Some(Self::SmallShare),
            None => {}
        }
        let by_us = report.lag_us.saturating_sub(target_us);
        (by_us > LAG_TOLD_US).then(|| Self::Lags { by_ms: u16::try_from(by_us / 1_000).unwrap_or(u16::MAX) })
    }

    /// For the order: the worst has the highest.
    #[must_use]
    pub fn weight(self) -> u32 {
        match self {
            Self::Lost { percent } => 300 + u32::from(percent),
            Self::SlowMachine => 200,
            Self::SlowLine => 150,
            Self::SmallShare => 120,
            Self::Lags { by_ms } => u32::from(by_ms).min(100),
        }
    }
}

fn missing_percent(report: &ViewerReport) -> u32 {
    let (came, missing) = (u64::from(report.came), u64::from(report.lost) + u64::from(report.skipped));
    if missing == 0 { 0 } else { u32::try_from((missing * 100).div_ceil(came + missing)).unwrap_or(100) }
}

/// What the viewers of one stream reported, and the target that follows.
#[derive(Debug, Clone, Default)]
pub struct StreamHealth {
    reports: BTreeMap<PersonId, (Duration, ViewerReport)>,
    /// Since when a lower target would be enough.
    lower_since: Option<Duration>,
}

impl StreamHealth {
    /// A viewer has reported.
    pub fn report(&mut self, now: Duration, by: PersonId, report: ViewerReport) {
        self.reports.insert(by, (now, report));
    }

    /// Forgets who is gone or silent.
    pub fn expire(&mut self, now: Duration) {
        self.reports.retain(|_, (at, _)| now < *at + LIVE_REPORTS_KEPT);
    }

    /// What each viewer reported last, worst first.
    #[must_use]
    pub fn worst_first(&self, target_us: u32) -> Vec<(PersonId, ViewerReport)> {
        let mut all: Vec<_> = self.reports.iter().map(|(person, (_, report))| (*person, report.clone())).collect();
        let weight = |report: &ViewerReport| Trouble::of(report, target_us).map_or(0, Trouble::weight);
        all.sort_by_key(|(person, report)| (std::cmp::Reverse(weight(report)), *person));
        all
    }

    /// The target from now on, in microseconds; `now_us` is the one until now, `least_us` what it may not go below.
    pub fn target(&mut self, now: Duration, now_us: u32, least_us: u32) -> u32 {
        let is_healthy = |report: &ViewerReport| {
            missing_percent(report) < UNHEALTHY_PERCENT && !matches!(report.limit, Some(Limit::Line | Limit::Machine)) && report.needed_us <= max_us()
        };
        let mut needed: Vec<u32> = self.reports.values().map(|(_, report)| report).filter(|r| is_healthy(r)).map(|r| r.needed_us).collect();
        if needed.is_empty() {
            return now_us;
        }
        let rank = (needed.len() * SERVED_PERCENT).div_ceil(100) - 1;
        let (_, served, _) = needed.select_nth_unstable(rank);
        let wanted = served.next_multiple_of(STEP_US).clamp(least_us, max_us());
        if wanted >= now_us {
            self.lower_since = None;
            return wanted;
        }
        let since = *self.lower_since.get_or_insert(now);
        if now < since + LOWER_AFTER {
            return now_us;
        }
        // A little at a time: nobody hears it.
        self.lower_since = None;
        wanted.max(now_us.saturating_sub(2 * STEP_US))
    }
}

fn max_us() -> u32 {
    u32::try_from(LIVE_TARGET_MAX.as_micros()).unwrap_or(u32::MAX)
}

/// The least target of a stream with pictures, in microseconds.
#[must_use]
pub fn target_min_us() -> u32 {
    u32::try_from(LIVE_TARGET_MIN.as_micros()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::StreamId;

    fn report(needed_us: u32) -> ViewerReport {
        ViewerReport {
            stream: StreamId([1; 16]),
            track: 1,
            lag_us: needed_us,
            needed_us,
            came: 60,
            lost: 0,
            repaired: 0,
            restored: 0,
            skipped: 0,
            waiting: 2,
            busy_percent: 20,
            round_trip_us: 500,
            is_udp: true,
            limit: None,
        }
    }

    fn s(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn the_target_serves_nine_of_ten_healthy_viewers() {
        let mut health = StreamHealth::default();
        assert_eq!(health.target(s(0), 30_000, 30_000), 30_000, "nobody watches");
        for n in 0..20 {
            health.report(s(1), PersonId(n), report(if n < 18 { 41_000 } else { 180_000 }));
        }
        assert_eq!(health.target(s(1), 30_000, 30_000), 45_000);
        // Who loses, or cannot hold the rung, does not hold the others back.
        for n in 0..15 {
            health.report(s(1), PersonId(n), ViewerReport { needed_us: 300_000, lost: 9, ..report(0) });
        }
        for n in 15..18 {
            health.report(s(1), PersonId(n), ViewerReport { needed_us: 300_000, limit: Some(Limit::Machine), ..report(0) });
        }
        health.report(s(1), PersonId(18), report(70_000));
        health.report(s(1), PersonId(19), report(62_000));
        assert_eq!(health.target(s(1), 45_000, 30_000), 70_000);
    }

    #[test]
    fn it_goes_up_at_once_and_down_slowly_and_knows_who_is_gone() {
        let mut health = StreamHealth::default();
        health.report(s(0), PersonId(1), report(90_000));
        assert_eq!(health.target(s(0), 30_000, 30_000), 90_000);
        health.report(s(2), PersonId(1), report(35_000));
        let mut now_us = 90_000;
        let mut downs = 0;
        for second in 2..600 {
            health.report(s(second), PersonId(1), report(35_000));
            let next = health.target(s(second), now_us, 30_000);
            assert!(next <= now_us && now_us - next <= 10_000);
            downs += u32::from(next < now_us);
            now_us = next;
        }
        assert_eq!((now_us, downs), (35_000, 6));
        health.expire(s(700));
        assert!(health.worst_first(30_000).is_empty());
    }

    #[test]
    fn the_worst_comes_first_with_its_cause() {
        let mut health = StreamHealth::default();
        health.report(s(0), PersonId(1), report(35_000));
        health.report(s(0), PersonId(2), ViewerReport { limit: Some(Limit::Line), ..report(35_000) });
        health.report(s(0), PersonId(3), ViewerReport { came: 92, lost: 5, skipped: 3, ..report(35_000) });
        health.report(s(0), PersonId(4), ViewerReport { lag_us: 160_000, ..report(35_000) });
        let order: Vec<_> = health.worst_first(30_000).iter().map(|(person, report)| (person.0, Trouble::of(report, 30_000))).collect();
        assert_eq!(order, [(3, Some(Trouble::Lost { percent: 8 })), (2, Some(Trouble::SlowLine)), (4, Some(Trouble::Lags { by_ms: 130 })), (1, None)]);
    }
}
