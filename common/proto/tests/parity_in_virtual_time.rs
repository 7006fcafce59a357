//! A track's sender and a viewer over a line that loses records, in virtual time: when parity is asked for, what it restores, what it costs.
//!
//! The line is seeded; a test that fails names its seed.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use lectern_proto::control::StreamId;
use lectern_proto::live::parity::ParityMaker;
use lectern_proto::live::protection::{Protection, Seen};
use lectern_proto::live::receive::{Content, ReceiveStats, Received, Receiver, Way};
use lectern_proto::live::record::{LiveSealer, SealedUnit};
use lectern_proto::live::{RECORD_MAX, Unit};
use lectern_proto::seal::RoomKey;

const STREAM: StreamId = StreamId([3; 16]);
const KEY: RoomKey = RoomKey([1; 32]);
const PERIOD: Duration = Duration::from_micros(33_333);
const DEADLINE: Duration = Duration::from_millis(80);
const STEP: Duration = Duration::from_millis(1);

/// SplitMix64 (Steele, Lea, Flood: *Fast Splittable Pseudorandom Number Generators*, 2014), from 0 to 1.
struct Dice(u64);

impl Dice {
    fn throw(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ z >> 31) >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[derive(Debug, Clone, Copy)]
struct Line {
    delay: Duration,
    /// Share of records that are lost, in bursts of this mean length (Gilbert's model).
    loss: f64,
    burst: f64,
    /// Bits per second and what waits for them; the rest is dropped.
    rate_bps: Option<(f64, Duration)>,
}

struct Outcome {
    stats: ReceiveStats,
    /// Pictures that never came whole, or could not be shown for one that did not.
    missing: usize,
    /// The strength in each second.
    percents: Vec<u8>,
    /// Bytes of parity, of a hundred bytes of records.
    overhead: u64,
}

/// A stream of 720p for so many seconds over a line; `protects`: with parity where it is wanted. The line may change.
fn run(seed: u64, seconds: u64, protects: bool, line: impl Fn(Duration) -> Line) -> Outcome {
    let mut dice = Dice(seed);
    let (mut sealer, mut maker, mut protection) = (LiveSealer::new(&KEY, 1, STREAM, 5), ParityMaker::default(), Protection::default());
    let mut receiver = Receiver::new(STREAM, 5, Content::Video, Way::Udp);
    receiver.add_key(1, &KEY);
    let mut sent: Vec<SealedUnit> = Vec::new();
    // Datagrams and asks by their time of coming.
    let (mut down, mut up) = (BTreeMap::<(Duration, u64), Bytes>::new(), BTreeMap::<(Duration, u64), u32>::new());
    let (mut number, mut given, mut free_at, mut in_burst) = (0, 0, Duration::ZERO, false);
    let (mut of_records, mut of_parity, mut percents) = (0, 0, Vec::new());
    let (mut now, mut next_unit, mut next_look, mut told) = (Duration::ZERO, Duration::ZERO, Duration::from_secs(1), vec![(Duration::ZERO, 0u8)]);
    while now < Duration::from_secs(seconds) {
        let at = line(now);
        let mut send = |datagram: Bytes, may_be_lost: bool| {
            let ends = if in_burst { 1.0 / at.burst } else { 1.0 };
            let begins = at.loss / at.burst / (1.0 - at.loss).max(0.01);
            in_burst = dice.throw() < if in_burst { 1.0 - ends } else { begins };
            let mut due = now;
            if let Some((bps, queue)) = at.rate_bps {
                if free_at > now + queue {
                    return;
                }
                free_at = free_at.max(now) + Duration::from_secs_f64(datagram.len() as f64 * 8.0 / bps);
                due = free_at;
            }
            number += 1;
            if !(in_burst && may_be_lost) {
                down.insert((due + at.delay, number), datagram);
            }
        };
        let percent = told.iter().rev().find(|(from, _)| *from <= now).map_or(0, |(_, percent)| *percent);
        if now >= next_unit {
            next_unit += PERIOD;
            let sequence = sent.len() as u32;
            let keyframe = sequence.is_multiple_of(60);
            let unit = Unit { sequence, capture_us: now.as_micros() as u64, keyframe, data: vec![0; if keyframe { 50_000 } else { 9_500 }].into() };
            let sealed = sealer.seal(&unit).expect("numbers are left");
            // The very first is not lost, so that every run begins alike.
            sealed.records().chunks(RECORD_MAX).for_each(|record| send(Bytes::copy_from_slice(record), sequence > 0));
            of_records += sealed.records().len() as u64;
            for (rows, length) in maker.unit(&sealed, &sealer, percent).iter().map(|block| block.rows(percent)) {
                of_parity += rows.len() as u64;
                rows.chunks(length).for_each(|row| send(Bytes::copy_from_slice(row), true));
            }
            sent.push(sealed);
        }
        while let Some(entry) = up.first_entry().filter(|e| e.key().0 <= now) {
            let counter = entry.remove();
            let unit = sent.partition_point(|unit| unit.first_record <= counter) - 1;
            send(sent[unit].record(counter).expect("it was sent"), true);
        }
        while let Some(entry) = down.first_entry().filter(|e| e.key().0 <= now) {
            let datagram = entry.remove();
            if datagram[0] == lectern_proto::live::parity::KIND { receiver.push_parity(now, &datagram) } else { receiver.push(now, &datagram) }
        }
        receiver.set_patience(Duration::from_millis(250).min((at.delay * 8).max(Duration::from_millis(60))));
        for counter in receiver.poll_nack(now, at.delay * 2).into_iter().flatten() {
            number += 1;
            up.insert((now + at.delay, number), counter);
        }
        given += std::iter::from_fn(|| receiver.poll(now)).filter(|r| matches!(r, Received::Unit(_))).count();
        if now >= next_look {
            next_look += Duration::from_secs(1);
            let seen = Seen { line: receiver.line(), round_trip: at.delay * 2, deadline: DEADLINE };
            if let Some(percent) = protection.seen(now, &seen).filter(|_| protects) {
                receiver.set_parity(percent > 0);
                told.push((now + at.delay, percent));
            }
            percents.push(protection.percent());
        }
        now += STEP;
    }
    // What is still on its way is not missing.
    let late = (2.0 * line(now).delay.as_secs_f64() / PERIOD.as_secs_f64()) as usize + 4;
    Outcome { stats: receiver.stats(), missing: sent.len().saturating_sub(given + late), percents, overhead: of_parity * 100 / of_records }
}

fn air(round_trip_ms: u64, loss: f64, burst: f64) -> Line {
    Line { delay: Duration::from_millis(round_trip_ms / 2), loss, burst, rate_bps: None }
}

#[test]
fn far_away_parity_restores_what_the_air_loses() {
    for seed in 0..4 {
        // The part of what was missing that may still be.
        for (loss, burst, part) in [(0.02, 1.0, 0.3), (0.05, 1.0, 0.3), (0.05, 2.0, 0.7)] {
            let line = move |_| air(300, loss, burst);
            let (without, with) = (run(seed, 30, false, line), run(seed, 30, true, line));
            let case = format!("seed {seed}, {loss} in bursts of {burst}: {} without, {} with, {} % more", without.missing, with.missing, with.overhead);
            assert!(without.missing > 300 && (with.missing as f64) < part * without.missing as f64, "{case}");
            assert!(with.stats.restored > 50 && (5..=55).contains(&with.overhead), "{case}");
            assert_eq!(with.stats.forged, 0, "{case}");
            println!("{case}");
        }
    }
}

#[test]
fn nearby_what_is_lost_is_asked_for_again_without_parity() {
    for seed in 0..4 {
        let outcome = run(seed, 15, true, |_| air(10, 0.05, 1.0));
        assert!(outcome.percents.iter().all(|p| *p == 0) && outcome.overhead == 0, "seed {seed}: {:?}", outcome.percents);
        assert!(outcome.missing == 0 && outcome.stats.repaired > 100, "seed {seed}: {:?}", outcome.stats);
    }
}

#[test]
fn a_queue_that_runs_over_gets_no_parity() {
    for seed in 0..4 {
        // It carries the stream for five seconds, and then two thirds of it behind a queue of 200 ms.
        let line = |now: Duration| {
            let rate_bps = if now < Duration::from_secs(5) { 10e6 } else { 1.7e6 };
            Line { rate_bps: Some((rate_bps, Duration::from_millis(200))), ..air(200, 0.0, 1.0) }
        };
        let outcome = run(seed, 25, true, line);
        assert!(outcome.stats.missing > 200, "seed {seed}: {:?}", outcome.stats);
        assert!(outcome.percents.iter().all(|p| *p == 0) && outcome.overhead == 0, "seed {seed}: {:?}", outcome.percents);
    }
}

#[test]
fn when_the_air_is_good_again_it_ends() {
    for seed in 0..4 {
        let outcome = run(seed, 40, true, |now| air(200, if now < Duration::from_secs(12) { 0.05 } else { 0.0 }, 1.0));
        assert!(outcome.percents[6..12].iter().all(|p| *p >= 20), "seed {seed}: {:?}", outcome.percents);
        assert_eq!(outcome.percents.last(), Some(&0), "seed {seed}: {:?}", outcome.percents);
    }
}
