#![no_main]
//! Packets of a transfer as anybody may send them, to both sides at any time; and runs of the lab that are loaded from a file.

use std::time::Duration;

use bytes::Bytes;
use lectern_fuzz::begin_with;
use lectern_proto::arq::packet::{Ack, AckRange, Body, Data, HEADER, Packet, Start, checksum};
use lectern_proto::arq::transfer::{Receiving, Sending};
use lectern_proto::arq::{Protocol, Sequence, Settings, Space};
use lectern_proto::lab::arq::{Scenario, export};

const TRANSFER: u32 = 7;

fn seeds() -> Vec<Vec<u8>> {
    let start = Start { protocol: Protocol::SelectiveRepeat, space: Space::WIDEST, payload: 100, window: 8, length: 900, name: "send.txt".into() };
    let data = |n| Body::Data(Data { sequence: Sequence(n), transmission: n, again: false, payload: Bytes::from(vec![n as u8; 100]) });
    let ranges = vec![AckRange { first: Sequence(3), count: 2 }];
    let ack = Body::Ack(Ack { next: Sequence(1), transmission: 4, duplicate: false, ranges });
    let packets = [Body::Start(start), data(0), data(3), ack, data(1)].map(|body| Packet { transfer: TRANSFER, body }.to_vec());
    let framed: Vec<u8> = packets.iter().flat_map(|p| [&(p.len() as u16).to_be_bytes()[..], p].concat()).collect();
    let run = export::to_json(&Scenario::example()).map(String::into_bytes).unwrap_or_default();
    vec![[vec![0], framed].concat(), [vec![1], run].concat()]
}

/// The packet with the checksum that it should have, so that what is behind it is reached.
fn mended(bytes: &[u8]) -> Bytes {
    let mut bytes = bytes.to_vec();
    if let Some((header, payload)) = bytes.split_at_mut_checked(HEADER) {
        let length = (payload.len() as u16).to_be_bytes();
        header[6..8].copy_from_slice(&length);
        let crc = checksum(&[&header[..20], payload]);
        header[20..].copy_from_slice(&crc.to_be_bytes());
    }
    bytes.into()
}

fn packets(mut input: &[u8]) {
    let settings = Settings { space: Space::new(8).expect("8 bits"), ..Settings::new(Protocol::SelectiveRepeat, 16) };
    let mut sending = Sending::new(Duration::ZERO, TRANSFER, settings, "a".into(), 2_000, 100).expect("settings");
    let mut receiving: Option<Receiving> = None;
    let (mut now, mut given) = (Duration::ZERO, 0);
    while let Some((&[a, b], rest)) = input.split_first_chunk() {
        let (bytes, rest) = rest.split_at(usize::from(u16::from_be_bytes([a, b])).min(rest.len()));
        input = rest;
        now += Duration::from_millis(u64::from(b));
        let _ = Packet::read(&Bytes::copy_from_slice(bytes));
        if let Ok(packet) = Packet::read(&mended(bytes)) {
            assert_eq!(Packet::read(&packet.to_vec().into()).as_ref(), Ok(&packet));
            sending.handle(now, &packet);
            if let (None, Body::Start(start)) = (&receiving, &packet.body) {
                receiving = Receiving::new(now, packet.transfer, start.clone()).ok();
            }
            if let Some(receiving) = &mut receiving {
                receiving.handle(now, &packet);
                while let Some(payload) = receiving.poll_deliver() {
                    given += payload.len() as u64;
                }
                assert!(given <= receiving.start().length && given == receiving.bytes());
                while receiving.poll_transmit().is_some() {}
                receiving.on_timeout(now);
            }
        }
        while let Some((_, length)) = sending.wants().filter(|_| sending.room() > 0) {
            sending.push(vec![0; length].into()).expect("room");
        }
        sending.set_hash([0; 32]);
        sending.on_timeout(now);
        while let Some(packet) = sending.poll_transmit(now) {
            assert!(Packet::read(&packet.to_vec().into()).is_ok());
        }
        assert!(sending.stage().is_over() || sending.poll_timeout().is_some());
    }
}

libfuzzer_sys::fuzz_target!(init: begin_with(seeds()), |data: &[u8]| {
    match data.split_first() {
        Some((0, input)) => packets(input),
        Some((_, input)) => _ = export::from_json(&String::from_utf8_lossy(input)),
        None => {}
    }
});
