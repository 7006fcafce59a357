//! Parity without sockets: records and rows lost, doubled, reordered, cut and forged at will.

use super::super::Unit;
use super::super::receive::{Content, Received, Receiver, Way};
use super::*;
use crate::control::StreamId;
use crate::seal::RoomKey;
use proptest::prelude::*;

const STREAM: StreamId = StreamId([3; 16]);
const KEY: RoomKey = RoomKey([1; 32]);

fn at(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn receiver() -> Receiver {
    let mut receiver = Receiver::new(STREAM, 5, Content::Video, Way::Udp);
    receiver.add_key(1, &KEY);
    receiver.set_parity(true);
    receiver
}

/// What a viewer is sent of units of these lengths at a strength: records and rows, in the order of sending.
fn sent(lengths: &[usize], percent: u8) -> Vec<Bytes> {
    let (mut sealer, mut maker) = (LiveSealer::new(&KEY, 1, STREAM, 5), ParityMaker::default());
    let mut out = Vec::new();
    for (sequence, length) in (0..).zip(lengths) {
        let unit = Unit { sequence, capture_us: u64::from(sequence), keyframe: sequence == 0, data: vec![sequence as u8; *length].into() };
        let sealed = sealer.seal(&unit).expect("numbers are left");
        out.extend(sealed.records().chunks(RECORD_MAX).map(Bytes::copy_from_slice));
        for (rows, length) in maker.unit(&sealed, &sealer, percent).iter().map(|block| block.rows(percent)) {
            out.extend(rows.chunks(length).map(Bytes::copy_from_slice));
        }
    }
    out
}

fn is_row(datagram: &[u8]) -> bool {
    datagram[0] == KIND
}

fn push(receiver: &mut Receiver, datagram: &[u8]) {
    if datagram.first() == Some(&KIND) { receiver.push_parity(at(1), datagram) } else { receiver.push(at(1), datagram) }
}

fn given(receiver: &mut Receiver) -> Vec<u32> {
    let unit = |received| match received {
        Received::Unit(unit) => Some(unit.sequence),
        Received::Missing(_) => None,
    };
    std::iter::from_fn(|| receiver.poll(at(1))).filter_map(unit).collect()
}

#[test]
fn blocks_end_with_a_unit_and_their_parity_is_of_the_strength() {
    // 3 + 3 + 3 records are three units; 12 are enough by themselves; 45 are three blocks of 15.
    let all = sent(&[3_000, 3_000, 3_000, 13_000, 52_000], 30);
    let rows: Vec<_> = all.iter().filter_map(|d| ParityHeader::read(d)).collect();
    let blocks: Vec<_> = rows.iter().filter(|h| h.row == 0).map(|h| (h.first, h.stride, h.count)).collect();
    assert_eq!(blocks, [(0, 1, 9), (9, 1, 12), (21, 3, 15), (22, 3, 15), (23, 3, 15)]);
    let of = |block: (u32, u8, u8)| rows.iter().filter(|h| h.block() == block).count();
    assert_eq!(blocks.iter().map(|b| of(*b)).collect::<Vec<_>>(), [3, 4, 5, 5, 5]);
    assert!(all.iter().all(|d| d.len() <= PARITY_MAX) && PARITY_MAX + 48 <= 1_280);
    assert!(sent(&[3_000; 9], 0).iter().all(|d| !is_row(d)));
}

#[test]
fn who_wants_less_gets_the_first_rows_of_who_wants_most() {
    let (mut sealer, mut maker) = (LiveSealer::new(&KEY, 1, STREAM, 5), ParityMaker::default());
    let unit = Unit { sequence: 0, capture_us: 0, keyframe: true, data: vec![1; 20_000].into() };
    let block = maker.unit(&sealer.seal(&unit).expect("numbers are left"), &sealer, 50).remove(0);
    let (most, length) = block.rows(50);
    assert_eq!((most.len() / length, block.rows(20).0.len() / length, block.rows(0).0.len()), (9, 4, 0));
    assert!(most.starts_with(&block.rows(20).0));
}

#[test]
fn a_burst_of_a_large_unit_takes_something_of_each_block() {
    let all = sent(&[52_000], 30);
    let mut receiver = receiver();
    // Ten of 45 records in a row; one block alone could not spare them.
    all.iter().enumerate().filter(|(n, _)| !(20..30).contains(n)).for_each(|(_, d)| push(&mut receiver, d));
    assert_eq!(given(&mut receiver), [0]);
    assert_eq!((receiver.stats().restored, receiver.stats().repaired, receiver.stats().lost), (10, 10, 0));
}

#[test]
fn the_last_record_is_restored_although_nothing_after_it_came() {
    let all = sent(&[3_000; 3], 20);
    let mut receiver = receiver();
    all.iter().enumerate().filter(|(n, _)| *n != 8).for_each(|(_, d)| push(&mut receiver, d));
    assert_eq!(given(&mut receiver), [0, 1, 2]);
}

#[test]
fn what_parity_cannot_fill_is_asked_for_when_that_is_known() {
    let all = sent(&[3_000; 3], 20);
    let mut receiver = receiver();
    // Three of nine are lost; there are two rows.
    all.iter().enumerate().filter(|(n, _)| ![3, 4, 6].contains(n)).for_each(|(_, d)| push(&mut receiver, d));
    assert!(receiver.poll_nack(at(5), at(2)).is_empty(), "another row may be on its way");
    assert_eq!(receiver.poll_nack(at(9), at(2)), [3..=4, 6..=6]);
    receiver.push(at(10), &all[4]);
    assert_eq!((given(&mut receiver), receiver.stats().restored), (vec![0, 1, 2], 2));
}

#[test]
fn a_row_that_was_changed_or_belongs_elsewhere_is_of_no_use() {
    let all = sent(&[3_000; 3], 20);
    let (rows, records): (Vec<_>, Vec<_>) = all.iter().partition(|d| is_row(d));
    for bit in (0..rows[0].len() * 8).step_by(7).chain(0..PARITY_HEADER * 8) {
        let mut receiver = receiver();
        records.iter().skip(1).for_each(|d| receiver.push(at(1), d));
        let mut forged = rows[0].to_vec();
        forged[bit / 8] ^= 1 << (bit % 8);
        receiver.push_parity(at(1), &forged);
        assert_eq!((receiver.stats().restored, receiver.stats().forged), (0, 1), "{bit}");
        receiver.push_parity(at(1), rows[0]);
        assert_eq!(receiver.stats().restored, 1, "the right one still works");
    }
    for (stream, track, key) in [(4, 5, 1), (3, 6, 1), (3, 5, 2)] {
        let mut other = Receiver::new(StreamId([stream; 16]), track, Content::Video, Way::Udp);
        other.add_key(1, &RoomKey([key; 32]));
        other.set_parity(true);
        other.push_parity(at(1), rows[0]);
        assert_eq!((other.stats().parity, other.stats().forged), (0, 1));
    }
    let mut cut = receiver();
    (0..rows[0].len()).for_each(|length| cut.push_parity(at(1), &rows[0][..length]));
    assert_eq!(cut.stats().parity, 0);
}

proptest! {
    /// Whatever comes, in whatever order and how often: of each block as many datagrams as it has records are enough.
    #[test]
    fn as_many_of_a_block_as_it_has_records_are_enough(
        lengths in prop::collection::vec(0usize..30_000, 3..12),
        percent in 1u8..=PARITY_PERCENT_MAX,
        keep in prop::collection::vec(any::<prop::sample::Index>(), 400),
        order in prop::collection::vec(any::<u16>(), 400),
    ) {
        let all = sent(&lengths, percent);
        let blocks: Vec<_> = all.iter().filter_map(|d| ParityHeader::read(d)).filter(|h| h.row == 0).collect();
        let mut keep = keep.iter().cycle();
        let mut come: Vec<&Bytes> = Vec::new();
        for block in blocks {
            let is_of = |d: &&Bytes| match ParityHeader::read(d) {
                Some(row) => row.block() == block.block(),
                None => super::super::record::RecordHeader::read(d).is_some_and(|h| block.contains(h.counter)),
            };
            let mut those: Vec<_> = all.iter().filter(is_of).collect();
            // The first record says where the track begins; without it the viewer waits for another keyframe.
            come.extend((block.first == 0).then(|| those.remove(0)));
            let more = usize::from(block.count) - usize::from(block.first == 0);
            (0..more).for_each(|_| come.push(those.swap_remove(keep.next().expect("endless").index(those.len()))));
        }
        let first = come.remove(0);
        let mut keyed: Vec<_> = come.iter().zip(order.iter().cycle()).collect();
        keyed.sort_by_key(|(_, key)| **key);
        let mut receiver = receiver();
        push(&mut receiver, first);
        for (datagram, key) in keyed {
            (0..=key % 2).for_each(|_| push(&mut receiver, datagram));
        }
        let last = all.iter().filter_map(|d| ParityHeader::read(d)).flat_map(ParityHeader::records).max().unwrap_or(0);
        let whole = lengths.iter().scan(0, |end, length| { *end += (12 + length).div_ceil(super::super::record::RECORD_PLAIN).max(1) as u32; Some(*end) }).filter(|end| *end <= last + 1).count();
        prop_assert_eq!(given(&mut receiver), (0..whole as u32).collect::<Vec<_>>());
        prop_assert_eq!(receiver.stats().forged, 0);
    }

    #[test]
    fn noise_never_panics(noise: Vec<Vec<u8>>) {
        let mut receiver = receiver();
        for mut row in noise {
            receiver.push_parity(at(1), &row);
            row.insert(0, KIND);
            receiver.push_parity(at(1), &row);
        }
        prop_assert_eq!(receiver.stats().parity, 0);
    }
}
