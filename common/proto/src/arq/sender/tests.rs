//! The senders of the three protocols: windows, time-outs, what overtakes.

use super::super::sequence::{Protocol, Sequence, Space};
use super::super::timeout::Timeout;
use super::*;

const NONE: [u32; 0] = [];

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// A sender with a fixed time-out of 100 ms and `count` packets handed in.
fn sender(protocol: Protocol, window: u32, overtaken: Option<u32>, count: u8) -> Sender {
    let mut sender = Sender::new(Settings { timeout: Timeout::Fixed(ms(100)), overtaken, ..Settings::new(protocol, window) }).expect("settings");
    (0..count).for_each(|n| sender.push(Bytes::from(vec![n])).expect("room"));
    sender
}

fn sends(sender: &mut Sender, now: u64) -> Vec<u32> {
    std::iter::from_fn(|| sender.poll_transmit(ms(now))).map(|data| data.sequence.0).collect()
}

fn ack(next: u32, transmission: u32, ranges: &[(u32, u32)]) -> Ack {
    let ranges = ranges.iter().map(|&(first, count)| AckRange { first: Sequence(first), count }).collect();
    Ack { next: Sequence(next), transmission, duplicate: false, ranges }
}

#[test]
fn stop_and_wait_waits() {
    let mut sender = sender(Protocol::StopAndWait, 1, None, 1);
    assert_eq!((sends(&mut sender, 0), sender.room()), (vec![0], 0));
    sender.on_timeout(ms(99));
    assert_eq!(sends(&mut sender, 99), NONE);
    sender.on_timeout(ms(100));
    assert_eq!((sends(&mut sender, 100), sender.poll_timeout()), (vec![0], Some(ms(200))));
    sender.handle(ms(150), &ack(1, 1, &[]));
    assert_eq!((sender.base(), sender.room(), sender.poll_timeout()), (1, 1, None));
    assert!(!sender.is_done());
    sender.end();
    assert!(sender.is_done());
    assert_eq!(sender.push(Bytes::from_static(b"x")), Err(Bytes::from_static(b"x")));
}

/// Kurose & Ross, *Computer Networking*, figure 3.22: window 4, packet 2 is lost, 3 to 5 are discarded and all are sent again.
#[test]
fn go_back_n_goes_back() {
    let mut sender = sender(Protocol::GoBackN, 4, None, 4);
    assert_eq!(sends(&mut sender, 0), [0, 1, 2, 3]);
    sender.handle(ms(10), &ack(1, 0, &[]));
    sender.push(Bytes::from_static(b"4")).expect("room");
    assert_eq!(sends(&mut sender, 10), [4]);
    sender.handle(ms(20), &ack(2, 1, &[]));
    sender.push(Bytes::from_static(b"5")).expect("room");
    assert_eq!(sends(&mut sender, 20), [5]);
    for transmission in [3, 4, 5] {
        sender.handle(ms(30), &ack(2, transmission, &[]));
    }
    assert_eq!(sends(&mut sender, 30), NONE);
    sender.on_timeout(ms(100));
    assert_eq!(sends(&mut sender, 100), [2, 3, 4, 5]);
    assert_eq!((sender.counters().again, sender.counters().timeouts, sender.counters().stale_acks), (4, 1, 3));
}

#[test]
fn go_back_n_goes_back_at_once_when_later_packets_are_answered() {
    let mut sender = sender(Protocol::GoBackN, 5, Some(3), 5);
    assert_eq!(sends(&mut sender, 0), [0, 1, 2, 3, 4]);
    sender.handle(ms(10), &ack(0, 2, &[]));
    assert_eq!(sends(&mut sender, 10), NONE);
    sender.handle(ms(10), &ack(0, 3, &[]));
    assert_eq!(sends(&mut sender, 10), [0, 1, 2, 3, 4]);
    sender.handle(ms(10), &ack(0, 4, &[]));
    assert_eq!(sends(&mut sender, 10), NONE, "that was said of those before");
}

#[test]
fn selective_repeat_repeats_what_is_missing_and_its_lost_repeat() {
    let mut sender = sender(Protocol::SelectiveRepeat, 16, Some(3), 8);
    assert_eq!(sends(&mut sender, 0).len(), 8);
    sender.handle(ms(10), &ack(1, 3, &[(2, 2)]));
    assert_eq!(sends(&mut sender, 10), NONE, "1 was overtaken by two only");
    sender.handle(ms(10), &ack(1, 4, &[(2, 3)]));
    assert_eq!(sends(&mut sender, 10), [1]);
    (8..12).for_each(|n| sender.push(Bytes::from(vec![n])).expect("room"));
    assert_eq!(sends(&mut sender, 11), [8, 9, 10, 11]);
    // The repeat of 1 was transmission 8.
    sender.handle(ms(20), &ack(1, 10, &[(2, 8)]));
    assert_eq!(sends(&mut sender, 20), NONE);
    sender.handle(ms(20), &ack(1, 11, &[(2, 9)]));
    assert_eq!(sends(&mut sender, 20), [1]);
    assert_eq!((sender.slot(2), sender.slot(11), sender.slot(12)), (Some(Slot::Acknowledged), Some(Slot::Sent), None));
    sender.handle(ms(30), &ack(12, 13, &[]));
    sender.end();
    assert!(sender.is_done());
    assert_eq!((sender.counters().overtaken, sender.counters().timeouts), (2, 0));
}

#[test]
fn each_packet_of_selective_repeat_has_its_time_out() {
    let mut sender = sender(Protocol::SelectiveRepeat, 4, None, 2);
    assert_eq!(sends(&mut sender, 0), [0, 1]);
    sender.push(Bytes::from_static(b"2")).expect("room");
    assert_eq!(sends(&mut sender, 50), [2]);
    sender.handle(ms(60), &ack(0, 1, &[(1, 1)]));
    sender.on_timeout(ms(100));
    assert_eq!((sends(&mut sender, 100), sender.poll_timeout()), (vec![0], Some(ms(150))));
    sender.on_timeout(ms(150));
    assert_eq!((sends(&mut sender, 150), sender.poll_timeout()), (vec![2], Some(ms(200))));
}

#[test]
fn a_range_that_grew_around_a_hole_is_taken_whole() {
    let mut sender = sender(Protocol::SelectiveRepeat, 16, None, 10);
    sends(&mut sender, 0);
    for ranges in [&[(2, 2)][..], &[(5, 4)], &[(2, 7)], &[(2, 7)]] {
        sender.handle(ms(1), &ack(0, 9, ranges));
    }
    let acknowledged: Vec<u64> = (0..10).filter(|nth| sender.slot(*nth) == Some(Slot::Acknowledged)).collect();
    assert_eq!(acknowledged, (2..9).collect::<Vec<_>>());
    assert_eq!(sender.counters().stale_acks, 1);
}

#[test]
fn karns_rule_and_one_back_off_for_what_left_together() {
    let adaptive = Timeout::Adaptive { first: ms(100), least: ms(10), most: ms(1_000), karn: true };
    let mut sender = Sender::new(Settings { timeout: adaptive, overtaken: None, ..Settings::new(Protocol::SelectiveRepeat, 4) }).expect("settings");
    (0..4).for_each(|n| sender.push(Bytes::from(vec![n])).expect("room"));
    sends(&mut sender, 0);
    sender.on_timeout(ms(100));
    assert_eq!((sender.counters().timeouts, sender.round_trip().timeout()), (4, ms(200)));
    assert_eq!(sends(&mut sender, 100), [0, 1, 2, 3]);
    sender.handle(ms(120), &ack(1, 4, &[]));
    assert_eq!(sender.round_trip().measured(), None, "it was sent twice");
    sender.push(Bytes::from_static(b"4")).expect("room");
    sends(&mut sender, 130);
    sender.handle(ms(150), &ack(1, 8, &[(4, 1)]));
    assert_eq!(sender.round_trip().measured(), Some((ms(20), ms(10))));
}

#[test]
fn numbers_wrap() {
    let settings = Settings { space: Space::new(2).expect("2 bits"), ..Settings::new(Protocol::SelectiveRepeat, 2) };
    let mut sender = Sender::new(settings).expect("settings");
    for round in 0..9_u32 {
        sender.push(Bytes::from_static(b"x")).expect("room");
        assert_eq!(sends(&mut sender, 0), [round % 4]);
        sender.handle(ms(1), &ack((round + 1) % 4, round, &[]));
        sender.handle(ms(1), &ack((round + 1) % 4, round, &[]));
    }
    assert_eq!((sender.base(), sender.counters().stale_acks), (9, 9));
}

#[test]
fn hostile_acknowledgements_change_nothing() {
    let mut sender = sender(Protocol::SelectiveRepeat, 8, Some(3), 4);
    sends(&mut sender, 0);
    for (next, transmission, range) in [(5, 9, (0, 5)), (u32::MAX, u32::MAX, (3, u32::MAX)), (0, 0, (4, 1)), (1 << 31, 1 << 31, (u32::MAX, 2))] {
        sender.handle(ms(1), &ack(next, transmission, &[range]));
    }
    assert_eq!((sender.base(), sender.counters().stale_acks), (0, 4));
    assert!((0..4).all(|nth| sender.slot(nth) == Some(Slot::Sent)));
}
