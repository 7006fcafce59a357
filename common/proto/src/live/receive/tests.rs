//! The receiver without sockets: records lost, doubled and reordered at will.

use super::super::RECORD_MAX;
use super::super::record::{LiveSealer, SealedUnit};
use super::*;
use proptest::prelude::*;

const STREAM: StreamId = StreamId([3; 16]);
const KEY: RoomKey = RoomKey([1; 32]);

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn receiver(content: Content, way: Way) -> Receiver {
    let mut receiver = Receiver::new(STREAM, 5, content, way);
    receiver.add_key(1, &KEY);
    receiver
}

/// A keyframe every `every` units; each unit is `records` records long.
fn units(count: u32, every: u32, bytes: usize) -> Vec<SealedUnit> {
    let mut sealer = LiveSealer::new(&KEY, 1, STREAM, 5);
    let unit = |sequence| Unit { sequence, capture_us: u64::from(sequence) * 1_000, keyframe: sequence % every == 0, data: vec![sequence as u8; bytes].into() };
    (0..count).map(|s| sealer.seal(&unit(s)).expect("numbers are left")).collect()
}

fn records(units: &[SealedUnit]) -> Vec<Bytes> {
    units.iter().flat_map(|u| u.records().chunks(RECORD_MAX).map(Bytes::copy_from_slice).collect::<Vec<_>>()).collect()
}

fn drain(receiver: &mut Receiver, now: Duration) -> (Vec<u32>, u32) {
    let (mut given, mut missing) = (Vec::new(), 0);
    while let Some(received) = receiver.poll(now) {
        match received {
            Received::Unit(unit) => {
                assert!(unit.data.iter().all(|b| *b == unit.sequence as u8) && unit.capture_us == u64::from(unit.sequence) * 1_000);
                given.push(unit.sequence);
            }
            Received::Missing(count) => missing += count,
        }
    }
    (given, missing)
}

#[test]
fn in_order_everything_comes_at_once() {
    let mut receiver = receiver(Content::Video, Way::Tcp);
    for (i, unit) in units(10, 5, 3_000).iter().enumerate() {
        for record in unit.records().chunks(RECORD_MAX) {
            receiver.push(ms(0), record);
        }
        assert_eq!(drain(&mut receiver, ms(0)), (vec![i as u32], 0));
    }
    assert!(receiver.window.is_empty() && receiver.poll_timeout(ms(1)).is_none());
}

#[test]
fn who_comes_late_starts_with_a_keyframe() {
    let mut receiver = receiver(Content::Video, Way::Udp);
    records(&units(8, 4, 2_000)).iter().skip(3).for_each(|r| receiver.push(ms(0), r));
    assert_eq!(drain(&mut receiver, ms(0)), (vec![4, 5, 6, 7], 0));
}

#[test]
fn over_tcp_a_gap_is_what_the_server_left_out() {
    let mut receiver = receiver(Content::Video, Way::Tcp);
    let all = units(12, 6, 2_000);
    for unit in all[..2].iter().chain(&all[6..]) {
        unit.records().chunks(RECORD_MAX).for_each(|r| receiver.push(ms(0), r));
    }
    assert_eq!(drain(&mut receiver, ms(0)), (vec![0, 1, 6, 7, 8, 9, 10, 11], 4));
    assert_eq!((receiver.stats().skipped, receiver.stats().lost), (4, 0));
}

#[test]
fn what_is_missing_is_asked_for_and_repaired() {
    let mut receiver = receiver(Content::Video, Way::Udp);
    let all = records(&units(6, 100, 2_000));
    for (i, record) in all.iter().enumerate().filter(|(i, _)| ![3, 4].contains(i)) {
        receiver.push(ms(i as u64), record);
    }
    assert_eq!(drain(&mut receiver, ms(12)), (vec![0], 0));
    assert_eq!(receiver.poll_nack(ms(12), ms(4)), [3..=4]);
    assert!(receiver.poll_nack(ms(13), ms(4)).is_empty(), "an answer takes a round trip");
    assert_eq!(receiver.poll_nack(ms(30), ms(4)), [3..=4], "then it is asked for again");
    receiver.push(ms(31), &all[4]);
    receiver.push(ms(31), &all[3]);
    assert_eq!(drain(&mut receiver, ms(31)), (vec![1, 2, 3, 4, 5], 0));
    let stats = receiver.stats();
    assert_eq!((stats.missing, stats.repaired, stats.lost), (2, 2, 0));
}

#[test]
fn what_stays_missing_is_given_up_and_pictures_go_on_with_a_keyframe() {
    let all = records(&units(9, 6, 2_000));
    let mut pictures = receiver(Content::Video, Way::Udp);
    all.iter().enumerate().filter(|(i, _)| *i != 3).for_each(|(_, r)| pictures.push(ms(0), r));
    assert_eq!(drain(&mut pictures, ms(99)), (vec![0], 0));
    assert!(!pictures.wants_keyframe());
    assert_eq!(pictures.poll_timeout(ms(60)), Some(REORDER_WAIT), "then it is asked for");
    assert_eq!(pictures.poll_timeout(ms(95)), Some(ms(100)), "what would come too late is not");
    assert_eq!(drain(&mut pictures, ms(100)), (vec![6, 7, 8], 5));
    assert_eq!((pictures.stats().lost, pictures.stats().skipped), (1, 4));
    let mut sound = receiver(Content::Sound, Way::Udp);
    let packets = records(&units(9, 1, 100));
    packets.iter().enumerate().filter(|(i, _)| *i != 3).for_each(|(_, r)| sound.push(ms(0), r));
    assert_eq!(drain(&mut sound, ms(100)), (vec![0, 1, 2, 4, 5, 6, 7, 8], 1));
}

#[test]
fn a_jump_beyond_the_window_forgets_what_was_held() {
    let mut receiver = receiver(Content::Sound, Way::Udp);
    let all = records(&units(LIVE_WINDOW + 50, 1, 8));
    receiver.push(ms(0), &all[0]);
    receiver.push(ms(0), &all[2]);
    assert_eq!(drain(&mut receiver, ms(0)), (vec![0], 0));
    receiver.push(ms(0), &all[LIVE_WINDOW as usize + 20]);
    assert_eq!(drain(&mut receiver, ms(0)), (vec![LIVE_WINDOW + 20], LIVE_WINDOW + 19));
    assert!(receiver.window.held() <= 1 && receiver.window.holes().next().is_none());
}

proptest! {
    /// Whatever is lost, doubled and reordered: units come in order, each once, whole; nothing is lost when every hole is
    /// filled in time.
    #[test]
    fn units_come_in_order_and_none_is_lost_when_repairs_come(seed: Vec<(u8, u8)>, sound: bool) {
        let content = if sound { Content::Sound } else { Content::Video };
        let mut receiver = receiver(content, Way::Udp);
        let all = records(&units(40, if sound { 1 } else { 10 }, 2_500));
        let mut now = ms(0);
        let mut given = Vec::new();
        let mut late: Vec<(usize, Bytes)> = Vec::new();
        for (i, record) in all.iter().enumerate() {
            now += ms(1);
            let (what, delay) = seed.get(i % seed.len().max(1)).copied().unwrap_or((0, 0));
            match what % 4 {
                // The first two say where the track begins.
                _ if i < 2 => receiver.push(now, record),
                0 => late.push((i + usize::from(delay % 20), record.clone())),
                1 => { receiver.push(now, record); receiver.push(now, record); }
                2 => {}
                _ => receiver.push(now, record),
            }
            let (due, rest): (Vec<_>, Vec<_>) = late.into_iter().partition(|(at, _)| *at <= i);
            late = rest;
            due.iter().for_each(|(_, r)| receiver.push(now, r));
            for range in receiver.poll_nack(now, ms(3)) {
                range.for_each(|n| receiver.push(now, &all[n as usize]));
            }
            given.extend(drain(&mut receiver, now).0);
        }
        // The end is seen by what comes after it.
        for _ in 0..20 {
            now += ms(5);
            receiver.push(now, &all[all.len() - 1]);
            for range in receiver.poll_nack(now, ms(3)) {
                range.for_each(|n| receiver.push(now, &all[n as usize]));
            }
            given.extend(drain(&mut receiver, now).0);
        }
        prop_assert_eq!(given, (0..40).collect::<Vec<_>>());
    }

    #[test]
    fn noise_never_panics(noise: Vec<Vec<u8>>) {
        let mut receiver = receiver(Content::Video, Way::Udp);
        for record in &noise {
            receiver.push(ms(1), record);
            prop_assert!(receiver.poll(ms(1)).is_none());
        }
    }
}

/// Who has the room's key can seal any number, and over UDP say that it comes from the server.
#[test]
fn the_last_number_is_none_of_a_record() {
    let cipher = crate::seal::LiveCipher::new(&KEY, 1, &STREAM, 5);
    let sealed = |counter: u32| {
        let head = [&[1, 7, 0, 5, 0, 0, 0, 1][..], &counter.to_be_bytes()].concat();
        let mut plain = vec![0; 40];
        let tag = cipher.seal(counter.into(), &head, &mut plain);
        [&head[..], &plain, &tag].concat()
    };
    for way in [Way::Udp, Way::Tcp] {
        let mut receiver = receiver(Content::Video, way);
        receiver.push(ms(1), &sealed(u32::MAX));
        assert_eq!((receiver.stats().forged, receiver.poll(ms(1))), (1, None), "{way:?}");
        receiver.push(ms(1), &sealed(u32::MAX - 1));
        assert!(matches!(receiver.poll(ms(1)), Some(Received::Unit(_))), "{way:?}");
        receiver.push(ms(1), &sealed(u32::MAX));
        assert_eq!((receiver.stats().forged, receiver.poll(ms(1)), receiver.poll_nack(ms(900), ms(1))), (2, None, Vec::new()), "{way:?}");
    }
}
