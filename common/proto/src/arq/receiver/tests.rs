//! The receivers of the three protocols, packet by packet.

use super::super::sequence::{Protocol, Sequence, Space};
use super::*;

fn receiver(protocol: Protocol, window: u32, bits: u8) -> Receiver {
    let space = Space::new(bits).expect("1 to 32");
    Receiver::new(Settings { space, unsafe_window: true, ..Settings::new(protocol, window) }).expect("settings")
}

fn data(sequence: u32, transmission: u32) -> Data {
    Data { sequence: Sequence(sequence), transmission, again: false, payload: Bytes::from(vec![sequence as u8]) }
}

fn ranges(ack: &Ack) -> Vec<(u32, u32)> {
    ack.ranges.iter().map(|range| (range.first.0, range.count)).collect()
}

#[test]
fn selective_repeat_keeps_and_tells_what_it_keeps() {
    let mut receiver = receiver(Protocol::SelectiveRepeat, 8, 32);
    assert_eq!(receiver.handle(&data(0, 0)), Taken::Delivered { from: 0, count: 1 });
    let ack = receiver.poll_transmit().expect("owed");
    assert_eq!((ack.next, ranges(&ack), receiver.poll_transmit()), (Sequence(1), vec![], None));
    for (sequence, want) in [(2, vec![(2, 1)]), (4, vec![(4, 1), (2, 1)]), (5, vec![(4, 2), (2, 1)]), (3, vec![(2, 4)])] {
        assert_eq!(receiver.handle(&data(sequence, sequence)), Taken::Kept(u64::from(sequence)));
        let ack = receiver.poll_transmit().expect("owed");
        assert_eq!((ack.next, ranges(&ack)), (Sequence(1), want), "{sequence}");
    }
    assert_eq!(receiver.handle(&data(4, 9)), Taken::Duplicate);
    assert!(receiver.poll_transmit().is_some_and(|ack| ack.duplicate && ack.transmission == 9));
    assert_eq!(receiver.handle(&data(9, 10)), Taken::Discarded, "behind the window");
    assert_eq!(receiver.handle(&data(1, 11)), Taken::Delivered { from: 1, count: 5 });
    assert_eq!(receiver.handle(&data(0, 12)), Taken::Duplicate);
    let given: Vec<u8> = std::iter::from_fn(|| receiver.poll_deliver()).map(|b| b[0]).collect();
    assert_eq!((given, receiver.next()), (vec![0, 1, 2, 3, 4, 5], 6));
    let ReceiverCounters { packets, duplicates, kept, discarded, delivered, bytes, .. } = receiver.counters();
    assert_eq!((packets, duplicates, kept, discarded, delivered, bytes), (9, 2, 4, 1, 6, 6));
}

#[test]
fn go_back_n_keeps_nothing() {
    let mut receiver = receiver(Protocol::GoBackN, 7, 3);
    assert_eq!(receiver.handle(&data(1, 0)), Taken::Discarded);
    assert_eq!(receiver.poll_transmit().map(|ack| ack.next), Some(Sequence(0)));
    assert_eq!(receiver.handle(&data(0, 1)), Taken::Delivered { from: 0, count: 1 });
    assert_eq!(receiver.handle(&data(1, 2)), Taken::Delivered { from: 1, count: 1 });
    assert_eq!(receiver.poll_transmit().map(|ack| (ack.next, ack.transmission)), Some((Sequence(2), 2)));
}

/// Tanenbaum & Wetherall, *Computer Networks*, 3.4.3: with 3 bits and a window of 7, packets 0 to 6 come, their acknowledgements are lost,
/// and packet 0 is taken a second time, as the 7th after it. With a window of 4 it is not.
#[test]
fn a_window_that_is_too_large_takes_an_old_packet_for_a_new_one() {
    for (window, want) in [(7, Taken::Kept(8)), (4, Taken::Duplicate)] {
        let mut receiver = receiver(Protocol::SelectiveRepeat, window, 3);
        (0..window).for_each(|n| assert_eq!(receiver.handle(&data(n, n)), Taken::Delivered { from: u64::from(n), count: 1 }));
        assert_eq!(receiver.handle(&data(0, window)), want, "window {window}");
    }
}

#[test]
fn polled_late_one_acknowledgement_tells_of_many() {
    let mut receiver = receiver(Protocol::SelectiveRepeat, 1_000, 32);
    for n in 0..100 {
        receiver.handle(&data(2 * n + 1, n));
    }
    let mut told: Vec<(u32, u32)> = Vec::new();
    while let Some(ack) = receiver.poll_transmit() {
        assert!(ack.ranges.len() <= ARQ_ACK_RANGES);
        told.extend(ranges(&ack));
    }
    told.sort_unstable();
    told.dedup();
    assert_eq!(told, (0..100).map(|n| (2 * n + 1, 1)).collect::<Vec<_>>());
}

#[test]
fn a_number_that_the_space_has_not_is_dropped() {
    let mut receiver = receiver(Protocol::SelectiveRepeat, 2, 2);
    assert_eq!((receiver.handle(&data(4, 0)), receiver.poll_transmit()), (Taken::Discarded, None));
}
