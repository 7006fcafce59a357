//! `auto` over simulated lines in virtual time, with the shipped ladder: what a viewer feels, not what a function returns.
//!
//! A line is a rate over time that all viewers who fetch share evenly. A viewer is the player's rule: fetch the first gap
//! within reach, give up what comes too late, fetch again in a higher rung what is shown late enough.

use std::collections::BTreeMap;
use std::time::Duration;

use lectern_proto::quality::auto::{Auto, Outlook, Progress};
use lectern_proto::rung::PictureSize;

const STEP: Duration = Duration::from_millis(10);
const SEGMENT_S: f64 = 2.0;
const AHEAD_S: f64 = 15.0;
/// The shipped ladder, with its sound.
const LADDER: [(u32, u32, f64); 4] = [(256, 144, 150e3), (640, 360, 700e3), (1280, 720, 2_500e3), (2560, 1440, 8_000e3)];
const SOUND_BPS: f64 = 128e3;

/// Seeded numbers from 0 to 1 (xorshift64*, Vigna 2016).
#[derive(Clone)]
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) as f64 / (1u64 << 53) as f64
    }
}

struct Fetch {
    place: usize,
    rung: usize,
    bytes: f64,
    received: f64,
    since: Duration,
}

struct Viewer {
    auto: Auto,
    /// Bytes of each segment by place and rung.
    sizes: Vec<[f64; 4]>,
    starts_at: Duration,
    position: f64,
    playing: bool,
    held: BTreeMap<usize, usize>,
    fetch: Option<Fetch>,
    share_bps: Option<u64>,
    stalls: Vec<f64>,
    received: f64,
    /// Time and rung of each change on the screen, and of each decision.
    shown: Vec<(f64, usize)>,
    decided: Vec<(f64, usize)>,
}

impl Viewer {
    fn new(seed: u64, starts_at: Duration) -> Self {
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let sizes = (0..400).map(|_| LADDER.map(|(_, _, bps)| (bps * (0.75 + 0.5 * dice.next()) + SOUND_BPS) * SEGMENT_S / 8.0)).collect();
        let auto = Auto::new(LADDER.map(|(width, height, _)| PictureSize { width, height }).to_vec());
        Self {
            auto,
            sizes,
            starts_at,
            position: 0.0,
            playing: false,
            held: BTreeMap::new(),
            fetch: None,
            share_bps: None,
            stalls: Vec::new(),
            received: 0.0,
            shown: Vec::new(),
            decided: Vec::new(),
        }
    }

    fn reading(&self) -> usize {
        (self.position / SEGMENT_S) as usize
    }

    fn buffer(&self) -> f64 {
        let end = (self.reading()..).find(|p| !self.held.contains_key(p)).unwrap_or(0);
        (end as f64 * SEGMENT_S - self.position).max(0.0)
    }

    fn due_in(&self, place: usize) -> Duration {
        Duration::from_secs_f64((place as f64 * SEGMENT_S - self.position).max(0.0))
    }

    fn start_next(&mut self, now: Duration) {
        if self.fetch.is_some() || now < self.starts_at {
            return;
        }
        let reach = ((self.position + AHEAD_S) / SEGMENT_S) as usize + 1;
        let gap = (self.reading()..reach).find(|p| !self.held.contains_key(p));
        let at = gap.unwrap_or(self.reading() + 1);
        let needs: Vec<u64> = (0..4).map(|r| (self.sizes[at..at + 5].iter().map(|s| s[r]).sum::<f64>() * 8.0 / (5.0 * SEGMENT_S)) as u64).collect();
        let buffer = self.buffer();
        let outlook = Outlook { now, buffer: Duration::from_secs_f64(buffer), needs_bps: &needs, share_bps: self.share_bps, area: None };
        let replace = |v: &Self, rung: usize| {
            (v.reading() + 1..gap.unwrap_or(reach))
                .find(|p| v.auto.replaces(v.held[p], v.sizes[*p][rung] as u64, v.due_in(*p), Duration::from_secs_f64(buffer), now))
        };
        if gap.is_none() && self.held.range(self.reading() + 1..reach).all(|(_, r)| *r == LADDER.len() - 1) {
            return;
        }
        let rung = self.auto.choose(&outlook).rung;
        if self.decided.last().is_none_or(|(_, r)| *r != rung) {
            self.decided.push((now.as_secs_f64(), rung));
        }
        if let Some(place) = replace(self, rung).or(gap) {
            self.fetch = Some(Fetch { place, rung, bytes: self.sizes[place][rung], received: 0.0, since: now });
            self.auto.throughput.begin(now);
        }
    }

    /// Takes bytes from the line; says how many are left.
    fn take(&mut self, now: Duration, mut bytes: f64) -> f64 {
        while bytes > 0.5 {
            self.start_next(now);
            let Some(fetch) = &mut self.fetch else { break };
            let part = bytes.min(fetch.bytes - fetch.received);
            fetch.received += part;
            bytes -= part;
            self.received += part;
            self.auto.throughput.received(now, part as u64);
            if fetch.received >= fetch.bytes - 0.5 {
                let (place, rung) = (fetch.place, fetch.rung);
                self.fetch = None;
                self.auto.throughput.end(now);
                if place > self.reading() || !self.held.contains_key(&place) {
                    self.held.insert(place, rung);
                }
            }
        }
        bytes
    }

    fn judge(&mut self, now: Duration) {
        let Some(fetch) = &self.fetch else { return };
        // A replacement that comes too late is given up without loss.
        let progress = Progress {
            rung: fetch.rung,
            bytes: fetch.bytes as u64,
            received: fetch.received as u64,
            since_request: now.saturating_sub(fetch.since),
            due_in: self.due_in(fetch.place),
            length: Duration::from_secs_f64(SEGMENT_S),
        };
        let sizes = self.sizes[fetch.place].map(|b| b as u64);
        if let Some(lower) = self.auto.abandon(&progress, &sizes) {
            let place = fetch.place;
            self.auto.throughput.end(now);
            self.auto.give_up(&progress, lower, now);
            self.decided.push((now.as_secs_f64(), lower));
            self.fetch = None;
            if !self.held.contains_key(&place) {
                self.fetch = Some(Fetch { place, rung: lower, bytes: self.sizes[place][lower], received: 0.0, since: now });
                self.auto.throughput.begin(now);
            }
        }
    }

    fn play(&mut self, now: Duration) {
        let Some(rung) = self.held.get(&self.reading()).copied() else {
            if std::mem::take(&mut self.playing) {
                self.stalls.push(now.as_secs_f64());
            }
            return;
        };
        self.playing = true;
        if self.shown.last().is_none_or(|(_, r)| *r != rung) {
            self.shown.push((now.as_secs_f64(), rung));
        }
        self.position += STEP.as_secs_f64();
    }

    fn rung_at(changes: &[(f64, usize)], at: f64) -> usize {
        changes.iter().take_while(|(t, _)| *t <= at).last().map_or(0, |(_, r)| *r)
    }

    fn switches_after(&self, at: f64) -> usize {
        self.shown.iter().filter(|(t, _)| *t > at).count()
    }
}

fn run(viewers: &mut [Viewer], length_s: u64, rate: impl Fn(f64) -> f64) {
    run_on(viewers, 0, length_s, rate);
}

fn run_on(viewers: &mut [Viewer], from_s: u64, to_s: u64, rate: impl Fn(f64) -> f64) {
    for step in from_s * 100 + 1..=to_s * 100 {
        let now = STEP * u32::try_from(step).expect("short");
        let mut budget = rate(now.as_secs_f64()) * STEP.as_secs_f64() / 8.0;
        // Who needs less than an even share leaves the rest to the others.
        let mut hungry: Vec<usize> = (0..viewers.len()).collect();
        while budget > 1.0 && !hungry.is_empty() {
            hungry.iter().for_each(|v| viewers[*v].start_next(now));
            hungry.retain(|v| viewers[*v].fetch.is_some());
            let share = budget / hungry.len().max(1) as f64;
            let left: f64 = hungry.iter().map(|v| viewers[*v].take(now, share)).sum();
            // Crumbs stay.
            budget = if left > viewers.len() as f64 { left } else { 0.0 };
        }
        for viewer in viewers.iter_mut() {
            viewer.judge(now);
            viewer.play(now);
        }
    }
}

fn jain(values: &[f64]) -> f64 {
    let (sum, squares) = (values.iter().sum::<f64>(), values.iter().map(|v| v * v).sum::<f64>());
    sum * sum / (values.len() as f64 * squares)
}

#[test]
fn twenty_two_twenty_never_stalls_and_is_at_the_highest_rung_that_fits_six_seconds_after_a_change() {
    for seed in 1..40 {
        let mut viewers = [Viewer::new(seed, Duration::ZERO)];
        run(&mut viewers, 120, |t| if (40.0..80.0).contains(&t) { 2e6 } else { 20e6 });
        let v = &viewers[0];
        let at = |t| (Viewer::rung_at(&v.decided, t), Viewer::rung_at(&v.shown, t));
        assert!(v.stalls.is_empty(), "seed {seed}: {:?} {:?}", v.stalls, v.shown);
        assert_eq!(at(6.0), (3, 3), "seed {seed}, after the start: {:?} {:?}", v.decided, v.shown);
        assert_eq!(at(46.0).0, 1, "seed {seed}, after the fall: {:?}", v.decided);
        assert_eq!(at(79.0), (1, 1), "seed {seed}: {:?}", v.shown);
        assert_eq!(at(86.0).0, 3, "seed {seed}, after the rise: {:?}", v.decided);
        assert_eq!(at(90.0).1, 3, "seed {seed}, on the screen: {:?}", v.shown);
    }
}

#[test]
fn a_line_between_two_rungs_does_not_make_the_picture_swing() {
    for mbit in [1.0, 1.5, 2.4, 2.7, 3.0, 3.4, 4.0, 5.0, 7.0, 8.2, 9.0, 10.0] {
        for seed in 1..6 {
            let mut viewers = [Viewer::new(seed, Duration::ZERO)];
            run(&mut viewers, 300, |_| mbit * 1e6);
            let v = &viewers[0];
            assert!(v.switches_after(30.0) <= 6, "{mbit} Mbit/s, seed {seed}: {:?}", v.shown);
            assert!(v.stalls.is_empty(), "{mbit} Mbit/s, seed {seed}");
        }
    }
}

/// Sixty who come within three seconds; what the second minute looks like.
struct Class {
    fairness: f64,
    switches_each: f64,
    stalls: Vec<f64>,
    rungs: Vec<usize>,
}

fn class(mbit: f64, budget_bps: Option<u64>) -> Class {
    let mut viewers: Vec<_> = (0..60).map(|i| Viewer { share_bps: budget_bps.map(|b| b / 60), ..Viewer::new(i + 1, Duration::from_millis(50 * i)) }).collect();
    run(&mut viewers, 60, |_| mbit * 1e6);
    let before: Vec<_> = viewers.iter().map(|v| v.received).collect();
    run_on(&mut viewers, 60, 120, |_| mbit * 1e6);
    let rates: Vec<_> = viewers.iter().zip(before).map(|(v, b)| v.received - b).collect();
    Class {
        fairness: jain(&rates),
        switches_each: viewers.iter().map(|v| v.switches_after(60.0)).sum::<usize>() as f64 / 60.0,
        stalls: viewers.iter().flat_map(|v| v.stalls.clone()).collect(),
        rungs: viewers.iter().map(|v| Viewer::rung_at(&v.shown, 119.0)).collect(),
    }
}

#[test]
fn sixty_viewers_who_share_a_budget_converge_at_once_and_are_fair() {
    // A budget of 90 % of the line, as the configuration advises.
    for (mbit, rung) in [(22.0, 0), (60.0, 1), (190.0, 2)] {
        let class = class(mbit, Some((mbit * 0.9e6) as u64));
        assert!(class.fairness >= 0.98, "{mbit} Mbit/s: {}", class.fairness);
        assert!(class.stalls.is_empty(), "{mbit} Mbit/s: {:?}", class.stalls);
        assert!(class.switches_each <= 0.2, "{mbit} Mbit/s: {}", class.switches_each);
        assert!(class.rungs.iter().all(|r| *r == rung), "{mbit} Mbit/s: {:?}", class.rungs);
    }
}

/// Without a budget nobody knows of the others: everybody's measurements deceive while those are silent. They settle all
/// the same, and nobody who plays is starved, but who was first may keep more than a fair part.
#[test]
fn sixty_viewers_without_a_budget_settle() {
    for mbit in [30.0, 60.0, 200.0] {
        let class = class(mbit, None);
        assert!(class.switches_each <= 5.0, "{mbit} Mbit/s: {}", class.switches_each);
        let late: Vec<_> = class.stalls.iter().filter(|at| **at > 10.0).collect();
        assert!(late.is_empty(), "{mbit} Mbit/s: {late:?}");
        assert!(class.fairness >= 0.5, "{mbit} Mbit/s: {}", class.fairness);
    }
}
