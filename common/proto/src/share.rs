//! A room's bandwidth budget: when the next frame may go, and how much of the budget is each viewer's.
//!
//! [`Pacer`] is a token bucket in front of everything that a room sends: frames go in the order in which they were
//! ready, one of each viewer at a time, so that sixty who start at once are served one after another instead of fighting
//! on the air. [`Shares`] divides the budget by max-min fairness (Bertsekas, Gallager: *Data Networks*, 6.5.2): who uses
//! less than an even share leaves the rest to those who would use more. Each viewer is told its share and chooses a rung
//! that fits. Live streams come out of the same budget: they go first, and who takes which rung is counted. Pure: time and measurements are arguments.

mod live;

use std::collections::BTreeMap;
use std::time::Duration;

use self::live::LiveTakes;
use crate::control::PersonId;
use crate::limits::{SHARE_CHANGE_PERCENT, SHARE_IDLE, SHARE_WINDOW};

pub use self::live::{LiveTrackNeeds, live_needs};

/// Time of an idle budget that may be used at once: the first picture of a single viewer does not wait.
const BURST: Duration = Duration::from_millis(250);
/// A viewer that uses at most this part of its even share leaves the rest to the others, in hundredths, and is still
/// left this much more than it uses.
const MODEST_PERCENT: u64 = 70;
const ROOM_TO_GROW_PERCENT: u64 = 130;

/// Lets a room's frames go no faster than its budget.
#[derive(Debug, Clone)]
pub struct Pacer {
    budget_bps: u64,
    free_at: Duration,
    /// The same if only live streams had been sent.
    live_free_at: Duration,
}

impl Pacer {
    /// A budget in bits per second, at least 1.
    #[must_use]
    pub fn new(budget_bps: u64) -> Self {
        Self { budget_bps: budget_bps.max(1), free_at: Duration::ZERO, live_free_at: Duration::ZERO }
    }

    /// Takes a place in the queue for a frame, and says when it may go.
    pub fn admit(&mut self, now: Duration, bytes: usize) -> Duration {
        let begins = self.free_at.max(now.saturating_sub(BURST));
        self.free_at = begins + self.time_of(bytes);
        begins.max(now)
    }

    /// The same for something live: it waits for what else is live alone, and all else waits for it.
    pub fn admit_live(&mut self, now: Duration, bytes: usize) -> Duration {
        let (time, earliest) = (self.time_of(bytes), now.saturating_sub(BURST));
        let begins = self.live_free_at.max(earliest);
        self.live_free_at = begins + time;
        self.free_at = self.free_at.max(earliest) + time;
        begins.max(now)
    }

    fn time_of(&self, bytes: usize) -> Duration {
        let nanos = (bytes as u128 * 8_000_000_000 / u128::from(self.budget_bps)).min(u128::from(u64::MAX));
        // Below 585 years by the line before.
        Duration::from_nanos(nanos as u64)
    }
}

#[derive(Debug, Clone, Default)]
struct Viewer {
    /// When it last asked for something, or entered.
    asked_at: Duration,
    /// Bytes sent in the running window and rate in the one before.
    sent: u64,
    used_bps: u64,
    told_bps: Option<u64>,
    live: LiveTakes,
}

/// Who watches, how much each uses, and what each was told.
#[derive(Debug, Clone)]
pub struct Shares {
    budget_bps: u64,
    viewers: BTreeMap<PersonId, Viewer>,
    window_began: Duration,
}

impl Shares {
    /// A budget in bits per second.
    #[must_use]
    pub fn new(budget_bps: u64) -> Self {
        Self { budget_bps, viewers: BTreeMap::new(), window_began: Duration::ZERO }
    }

    /// Somebody asked for something: it counts as watching for [`SHARE_IDLE`].
    pub fn asked(&mut self, now: Duration, person: PersonId) {
        self.viewers.entry(person).or_default().asked_at = now;
    }

    /// Somebody came, anew or again, and counts as one who watches; gives the share to begin with.
    pub fn entered(&mut self, now: Duration, person: PersonId) -> u64 {
        self.viewers.insert(person, Viewer { asked_at: now, ..Viewer::default() });
        let share = self.share_of(now, person);
        if let Some(viewer) = self.viewers.get_mut(&person) {
            viewer.told_bps = Some(share);
        }
        share
    }

    /// What somebody may use, as told, in bits per second.
    fn share_of(&self, now: Duration, person: PersonId) -> u64 {
        let told = self.viewers.get(&person).and_then(|v| v.told_bps);
        told.unwrap_or_else(|| self.divide(now).into_iter().find(|(p, _)| *p == person).map_or(0, |(_, bps)| bps))
    }

    /// A frame was sent.
    pub fn sent(&mut self, person: PersonId, bytes: usize) {
        if let Some(viewer) = self.viewers.get_mut(&person) {
            viewer.sent += bytes as u64;
        }
    }

    /// Somebody is gone, or has connected anew and was told nothing yet.
    pub fn left(&mut self, person: PersonId) {
        self.viewers.remove(&person);
    }

    /// Shares that changed enough to be told, in bits per second. Ask a few times a second at most.
    pub fn news(&mut self, now: Duration) -> Vec<(PersonId, u64)> {
        self.viewers.retain(|_, v| !v.live.is_empty() || now.saturating_sub(v.asked_at) < SHARE_IDLE);
        let window = now.saturating_sub(self.window_began);
        if window >= SHARE_WINDOW {
            self.window_began = now;
            for viewer in self.viewers.values_mut() {
                viewer.used_bps = std::mem::take(&mut viewer.sent) * 8_000 / u64::try_from(window.as_millis()).unwrap_or(u64::MAX).max(1);
            }
        }
        let shares = self.divide(now);
        let mut news = Vec::new();
        for (viewer, (person, share)) in self.viewers.values_mut().zip(shares) {
            let differs = |told: u64| told.abs_diff(share) * 100 > told * u64::from(SHARE_CHANGE_PERCENT);
            if viewer.told_bps.is_none_or(differs) {
                viewer.told_bps = Some(share);
                news.push((person, share));
            }
            viewer.live.compare(now, viewer.told_bps.unwrap_or(share));
        }
        news
    }

    /// Everybody's share, in the order of the viewers: even, and what the modest leave goes to the others evenly.
    fn divide(&self, now: Duration) -> Vec<(PersonId, u64)> {
        let even = self.budget_bps / self.viewers.len().max(1) as u64;
        let uses = |v: &Viewer| v.used_bps.max(v.live.bps()).max(v.live.wants_bps(now));
        // A viewer that has not been measured may use all of its share.
        let is_modest = |v: &Viewer| v.told_bps.is_some() && uses(v) > 0 && uses(v) * 100 <= even * MODEST_PERCENT;
        let left: u64 = self.viewers.values().filter(|v| is_modest(v)).map(|v| even.saturating_sub(uses(v) * ROOM_TO_GROW_PERCENT / 100)).sum();
        let hungry = self.viewers.values().filter(|v| !is_modest(v)).count() as u64;
        let more = left.checked_div(hungry).unwrap_or(0);
        self.viewers.iter().map(|(person, v)| (*person, if is_modest(v) { even } else { even + more })).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn the_budget_is_kept_and_the_first_frame_of_an_idle_room_does_not_wait() {
        let mut pacer = Pacer::new(8_000_000);
        assert_eq!(pacer.admit(ms(10_000), 100_000), ms(10_000));
        let last = (0..100).map(|_| pacer.admit(ms(10_000), 100_000)).last().expect("some");
        // 101 frames are 10.1 s of budget, of which a quarter of a second was there and the last begins before it ends.
        assert_eq!(last, ms(10_000 + 10_000 - 250));
        assert_eq!(pacer.admit(ms(90_000), 1), ms(90_000), "an idle time is not saved up");
    }

    #[test]
    fn frames_of_many_go_in_the_order_of_coming() {
        let mut pacer = Pacer::new(1_000_000);
        let times: Vec<_> = (0..60).map(|_| pacer.admit(ms(0), 12_500)).collect();
        assert!(times.windows(2).all(|w| w[1] - w[0] == ms(100)), "{times:?}");
    }

    #[test]
    fn an_even_share_for_everybody_and_news_only_when_it_changes() {
        let mut shares = Shares::new(60_000_000);
        (0..60).for_each(|p| shares.asked(ms(0), PersonId(p)));
        let news = shares.news(ms(10));
        assert!(news.len() == 60 && news.iter().all(|(_, bps)| *bps == 1_000_000), "{news:?}");
        assert!(shares.news(ms(20)).is_empty());
        (0..61).for_each(|p| shares.asked(ms(30), PersonId(p)));
        assert_eq!(shares.news(ms(40)).len(), 1, "two percent less is not worth telling");
        assert_eq!(shares.entered(ms(45), PersonId(60)), 60_000_000 / 61, "who comes again is told again");
        (0..30).for_each(|p| shares.left(PersonId(p)));
        assert_eq!(shares.news(ms(50)).len(), 31);
        assert!(shares.news(ms(50) + SHARE_IDLE).is_empty() && shares.viewers.is_empty(), "who asks for nothing does not count");
    }

    #[test]
    fn what_the_modest_leave_goes_to_the_others_and_comes_back() {
        let mut shares = Shares::new(10_000_000);
        let step = |shares: &mut Shares, at: u64, used: [u64; 2]| {
            (0..2).for_each(|p| shares.asked(ms(at), PersonId(p)));
            (0..2).for_each(|p| shares.sent(PersonId(p), (used[p as usize] / 8 * 4) as usize));
            shares.news(ms(at));
            shares.divide(ms(at)).into_iter().map(|(_, bps)| bps).collect::<Vec<_>>()
        };
        assert_eq!(step(&mut shares, 0, [0, 0]), [5_000_000, 5_000_000]);
        let lent = step(&mut shares, 4_000, [1_000_000, 5_000_000]);
        assert_eq!(lent, [5_000_000, 8_700_000]);
        assert_eq!(step(&mut shares, 8_000, [5_000_000, 5_000_000]), [5_000_000, 5_000_000]);
    }
}
