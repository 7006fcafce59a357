#![no_main]
//! Records and parity of a live stream at a viewer: in any order, twice, not at all, changed, and sealed by another member with numbers of
//! their own. What comes out is what went in, or was sealed by somebody who has the room's key.

use std::time::Duration;

use bytes::Bytes;
use lectern_fuzz::begin_with;
use lectern_proto::control::StreamId;
use lectern_proto::live::Unit;
use lectern_proto::live::parity::ParityMaker;
use lectern_proto::live::receive::{Content, Received, Receiver, Way};
use lectern_proto::live::record::LiveSealer;
use lectern_proto::seal::{LiveCipher, RoomKey};

const STREAM: StreamId = StreamId([0xA7; 16]);
const TRACK: u16 = 3;
const PARITY_PERCENT: u8 = 40;

/// Some of each: a keyframe and others, delivered, left out, changed and forged.
fn seeds() -> Vec<Vec<u8>> {
    let make = |size: u16, keyframe: bool| [&[u8::from(!keyframe) * 8][..], &size.to_be_bytes()].concat();
    let deliver = |n: u8| vec![1, n];
    let forge = |flags: u8, counter: u32, plain: &[u8]| [&[3, flags][..], &counter.to_be_bytes(), &(plain.len() as u16).to_be_bytes(), plain].concat();
    let wait = |ms: u8| vec![4, ms];
    let lesson = [make(3_000, true), deliver(0), deliver(1), deliver(2), make(900, false), deliver(3), wait(10)].concat();
    let losses = [make(9_000, true), deliver(7), deliver(3), deliver(1), wait(200), vec![5, 0], vec![5, 1], wait(200), deliver(0), wait(255)].concat();
    let forged = [forge(7, 0, &[0; 40]), forge(7, u32::MAX, &[0; 40]), forge(3, u32::MAX - 1, &[1; 12]), forge(0, 5_000, &[]), vec![2, 0, 20, 1], wait(250)];
    let all = [lesson, losses, forged.concat()];
    (0..8).flat_map(|setting: u8| all.each_ref().map(|one| [&[setting][..], one].concat())).collect()
}

struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, most: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(most.min(self.0.len()));
        self.0 = rest;
        taken
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).first().copied()
    }

    fn number(&mut self, bytes: usize) -> u32 {
        self.take(bytes).iter().fold(0, |n, b| n << 8 | u32::from(*b))
    }
}

libfuzzer_sys::fuzz_target!(init: begin_with(seeds()), |data: &[u8]| {
    let mut input = Input(data);
    let Some(setting) = input.byte() else { return };
    let key = RoomKey([0x6B; 32]);
    let way = if setting & 1 == 0 { Way::Udp } else { Way::Tcp };
    let content = if setting & 2 == 0 { Content::Video } else { Content::Sound };
    let mut receiver = Receiver::new(STREAM, TRACK, content, way);
    receiver.add_key(1, &key);
    receiver.set_parity(setting & 4 != 0);
    let (mut sealer, mut maker, forger) = (LiveSealer::new(&key, 1, STREAM, TRACK), ParityMaker::default(), LiveCipher::new(&key, 1, &STREAM, TRACK));
    let (mut units, mut records, mut rows): (Vec<Unit>, Vec<Bytes>, Vec<Bytes>) = Default::default();
    let (mut now, mut is_forged) = (Duration::from_secs(1), false);
    while let Some(what) = input.byte() {
        match what % 8 {
            0 if units.len() < 64 => {
                let length = input.number(2) as usize % 12_000;
                let sequence = units.len() as u32;
                let unit = Unit { sequence, capture_us: now.as_micros() as u64, keyframe: what & 8 == 0, data: vec![sequence as u8; length].into() };
                let sealed = sealer.seal(&unit).expect("numbers are left");
                records.extend((0..sealed.record_count()).filter_map(|n| sealed.record(sealed.first_record + n)));
                for block in maker.unit(&sealed, &sealer, PARITY_PERCENT) {
                    let (bytes, length) = block.rows(PARITY_PERCENT);
                    rows.extend(bytes.chunks(length).map(Bytes::copy_from_slice));
                }
                units.push(unit);
            }
            1 => {
                let at = input.number(1) as usize;
                if let Some(record) = records.get(at) {
                    receiver.push(now, record);
                }
            }
            // One byte is another.
            2 => {
                let (at, place, with) = (input.number(1) as usize, input.number(2) as usize, input.number(1) as u8);
                if let Some(record) = records.get(at) {
                    let (mut changed, forged) = (record.to_vec(), receiver.stats().forged);
                    let place = place % changed.len();
                    changed[place] ^= with.max(1);
                    receiver.push(now, &changed);
                    let stats = receiver.stats();
                    assert!(stats.forged > forged || stats.duplicates > 0, "a changed record is taken");
                }
            }
            // Sealed by somebody who has the room's key, with any number and flags.
            3 => {
                let (flags, counter, length) = (input.number(1) as u8, input.number(4), input.number(2) as usize);
                let mut head = vec![1, flags & 7];
                head.extend_from_slice(&TRACK.to_be_bytes());
                head.extend_from_slice(&1u32.to_be_bytes());
                head.extend_from_slice(&counter.to_be_bytes());
                let mut plain = input.take(length).to_vec();
                let tag = forger.seal(counter.into(), &head, &mut plain);
                receiver.push(now, &[&head[..], &plain, &tag].concat());
                is_forged = true;
            }
            4 => now += Duration::from_millis(input.number(1).into()),
            5 => {
                let at = input.number(1) as usize;
                if let Some(row) = rows.get(at) {
                    receiver.push_parity(now, row);
                }
            }
            // Anything.
            6 => {
                let length = input.number(2) as usize;
                let bytes = input.take(length);
                receiver.push(now, bytes);
                receiver.push_parity(now, bytes);
            }
            _ => drop(receiver.poll_nack(now, Duration::from_millis(5))),
        }
        while let Some(received) = receiver.poll(now) {
            if let Received::Unit(unit) = received
                && !is_forged
            {
                assert_eq!(Some(&unit), units.get(unit.sequence as usize), "a unit that nobody sent");
            }
        }
        let _ = (receiver.poll_timeout(Duration::from_millis(5)), receiver.wants_keyframe(), receiver.line());
    }
});
