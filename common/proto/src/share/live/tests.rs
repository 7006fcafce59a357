//! Viewers of one live stream in a room with a budget, in virtual time: each chooses by itself, the room says what fits.

use super::*;
use crate::live::choice::{Choice, Seen};
use crate::share::Pacer;

const STREAM: StreamId = StreamId([1; 16]);
const LADDER: [u64; 3] = [200_000, 700_000, 2_500_000];

fn s(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn needs(rung: usize) -> u64 {
    live_needs(LADDER[rung], 0)
}

fn video(stream: StreamId, bps: u64, is_least: bool) -> LiveTrackNeeds {
    LiveTrackNeeds { stream, content: Content::Video, bps, is_least }
}

struct Viewer {
    person: PersonId,
    choice: Choice,
    /// The number of what it takes, and the rung.
    takes: (u64, usize),
    told_bps: u64,
    changes: Vec<u64>,
}

/// A class over a budget; gives the rungs in the end, the most that was taken at once, and who changed in the last part.
struct Class {
    shares: Shares,
    viewers: Vec<Viewer>,
    numbers: u64,
    most_bps: u64,
}

impl Class {
    fn new(budget_bps: u64) -> Self {
        Self { shares: Shares::new(budget_bps), viewers: Vec::new(), numbers: 0, most_bps: 0 }
    }

    /// Takes this rung, or what the room has a place for.
    fn take(shares: &mut Shares, numbers: &mut u64, now: Duration, viewer: &mut Viewer, mut rung: usize) {
        loop {
            *numbers += 1;
            match shares.take_live(now, viewer.person, *numbers, video(STREAM, needs(rung), rung == 0)) {
                Ok(()) => break,
                Err(_) => match viewer.choice.refused(now, rung) {
                    Some(lower) => rung = lower,
                    None => return,
                },
            }
        }
        if viewer.takes.1 != rung {
            viewer.changes.push(now.as_secs());
        }
        shares.let_live_go(viewer.person, viewer.takes.0);
        viewer.takes = (*numbers, rung);
    }

    fn enter(&mut self, now: Duration) {
        let person = PersonId(self.viewers.len() as u64);
        let told_bps = self.shares.entered(now, person);
        let choice = Choice::new(now, (0..LADDER.len()).map(needs).collect());
        let mut viewer = Viewer { person, choice, takes: (0, usize::MAX), told_bps, changes: Vec::new() };
        Self::take(&mut self.shares, &mut self.numbers, now, &mut viewer, LADDER.len() - 1);
        self.viewers.push(viewer);
    }

    fn second(&mut self, now: Duration) {
        for viewer in &mut self.viewers {
            self.shares.sent(viewer.person, (needs(viewer.takes.1) / 8) as usize);
            let seen = Seen {
                came: 30,
                bytes: needs(viewer.takes.1) / 8,
                delay: Some(Duration::from_millis(12)),
                share_bps: Some(viewer.told_bps),
                ..Seen::default()
            };
            if let Some(rung) = viewer.choice.seen(now, &seen) {
                Self::take(&mut self.shares, &mut self.numbers, now, viewer, rung);
            }
        }
        for (person, bps) in self.shares.news(now) {
            self.viewers.iter_mut().filter(|v| v.person == person).for_each(|v| v.told_bps = bps);
        }
        self.most_bps = self.most_bps.max(self.viewers.iter().map(|v| needs(v.takes.1)).sum());
    }

    fn rungs(&self) -> Vec<usize> {
        self.viewers.iter().map(|v| v.takes.1).collect()
    }
}

#[test]
fn all_have_a_rung_within_the_budget_and_settle() {
    for (viewers, budget_bps, rung) in [(4, 1_600_000, 0), (4, 3_200_000, 1), (12, 40_000_000, 2), (30, 24_000_000, 1)] {
        let mut class = Class::new(budget_bps);
        for second in 0..400 {
            if second < viewers {
                class.enter(s(second));
            }
            class.second(s(second));
        }
        let late = class.viewers.iter().flat_map(|v| &v.changes).filter(|at| **at > 300).count();
        let case = format!("{viewers} over {budget_bps}: {:?}, {late} late changes", class.rungs());
        assert!(class.rungs().iter().all(|r| *r >= rung), "{case}");
        assert!(class.rungs().iter().map(|r| needs(*r)).sum::<u64>() <= budget_bps && late <= viewers as usize / 4, "{case}");
    }
}

#[test]
fn what_was_lent_comes_back_to_who_wants_it() {
    let mut shares = Shares::new(3_200_000);
    let (ana, ben) = (PersonId(1), PersonId(2));
    let look = |shares: &mut Shares, at: u64| shares.news(s(at));
    for person in [ana, ben] {
        shares.entered(s(0), person);
    }
    assert_eq!(shares.take_live(s(0), ana, 1, video(STREAM, needs(0), true)), Ok(()));
    look(&mut shares, 1);
    shares.sent(ana, 100_000);
    look(&mut shares, 5);
    assert_eq!(shares.take_live(s(5), ben, 2, video(STREAM, needs(2), false)), Ok(()), "Ana leaves him so much");
    assert!(shares.take_live(s(6), ana, 3, video(STREAM, needs(1), false)).is_err(), "it is lent");
    // Ben keeps what she would not use either: half of the budget, and half less 1.3 times 728.
    let share = 1_600_000 + 1_600_000 - needs(1) * 130 / 100;
    assert_eq!(look(&mut shares, 7), [(ben, share)]);
    assert_eq!((shares.live_over(s(8), ben, 2), shares.live_over(s(7) + LIVE_OVER_SHARE, ben, 2)), (None, Some(share)), "in a while");
    shares.let_live_go(ben, 2);
    assert_eq!(shares.take_live(s(12), ana, 4, video(STREAM, needs(1), false)), Ok(()));
}

#[test]
fn two_rungs_of_one_stream_count_once_and_the_least_is_nobody_refused() {
    let mut shares = Shares::new(1_000_000);
    let ana = PersonId(1);
    assert_eq!(shares.take_live(s(0), ana, 1, video(STREAM, needs(0), true)), Ok(()));
    assert_eq!(shares.take_live(s(0), ana, 2, video(STREAM, needs(1), false)), Ok(()), "208 and 728 together would be 936, counted is the larger");
    assert_eq!(shares.take_live(s(0), ana, 3, video(StreamId([2; 16]), needs(1), false)), Err(1_000_000));
    assert_eq!(shares.take_live(s(0), ana, 3, video(StreamId([2; 16]), 900_000, true)), Ok(()));
    let sound = LiveTrackNeeds { content: Content::Sound, ..video(STREAM, 96_000, true) };
    let before = shares.viewers[&ana].live.bps();
    assert_eq!((shares.take_live(s(0), ana, 4, sound), shares.viewers[&ana].live.bps()), (Ok(()), before + 96_000), "sound comes with the pictures");
}

#[test]
fn parity_is_as_strong_as_the_share_allows() {
    let mut shares = Shares::new(900_000);
    let ana = PersonId(1);
    assert_eq!(shares.take_live(s(0), ana, 1, video(STREAM, needs(1), false)), Ok(()));
    assert_eq!(shares.parity(s(0), ana, 1, LADDER[1], 50), 24, "700 times 1.28 are 896");
    assert_eq!(shares.parity(s(0), ana, 1, LADDER[1], 10), 10);
    assert_eq!(shares.parity(s(0), ana, 9, LADDER[1], 10), 0, "there is no such track");
}

#[test]
fn live_goes_first_and_both_together_keep_the_budget() {
    let mut pacer = Pacer::new(8_000_000);
    // A second of chunks waits; a live unit does not, and the chunks after it wait for it.
    (0..10).for_each(|_| _ = pacer.admit(s(10), 100_000));
    assert_eq!(pacer.admit_live(s(10), 50_000), s(10));
    assert_eq!(pacer.admit(s(10), 100_000), s(10) + Duration::from_millis(1_000 - 250 + 50));
    // What is live alone keeps the budget too.
    let last = (0..20).map(|_| pacer.admit_live(s(20), 100_000)).last().expect("some");
    assert_eq!(last, s(20) + Duration::from_millis(1_900 - 250));
}
