//! Packets as bytes: there and back, damaged, cut, and made up.

use super::*;
use crate::arq::sequence::{Protocol, Space};
use proptest::prelude::*;

fn samples() -> Vec<Packet> {
    let start = Start { protocol: Protocol::SelectiveRepeat, space: Space::WIDEST, payload: 1_200, window: 4_096, length: 300_000, name: "send.txt".into() };
    let range = AckRange { first: Sequence(11), count: 3 };
    [
        Body::Start(start),
        Body::Accept(Accept),
        Body::Refuse(Refusal::Unwanted),
        Body::Data(Data { sequence: Sequence(9), transmission: 12, again: true, payload: Bytes::from_static(b"Hello") }),
        Body::Ack(Ack { next: Sequence(9), transmission: 14, duplicate: true, ranges: vec![range, AckRange { first: Sequence(15), count: 1 }] }),
        Body::Finish(Finish { hash: [7; 32] }),
        Body::Finished(Finished { same: true, damaged: 1, packets: 300, duplicates: 20 }),
        Body::Probe(Probe { token: [3; 16] }),
        Body::ProbeAnswer(Probe { token: [3; 16] }),
    ]
    .map(|body| Packet { transfer: 0xC0FF_EE01, body })
    .to_vec()
}

#[test]
fn the_checksum_is_that_of_ieee_802_3() {
    assert_eq!(checksum(&[b"123456789"]), 0xCBF4_3926);
    assert_eq!(checksum(&[b"1234", b"", b"56789"]), 0xCBF4_3926);
}

#[test]
fn what_was_written_is_read() {
    for packet in samples() {
        let bytes = Bytes::from(packet.to_vec());
        assert_eq!(bytes.len(), packet.size());
        assert_eq!(Packet::read(&bytes), Ok(packet));
    }
}

#[test]
fn the_bytes_are_those_of_the_document() {
    let data = Data { sequence: Sequence(9), transmission: 12, again: true, payload: Bytes::from_static(b"Hello") };
    let bytes = Packet { transfer: 0xC0FF_EE01, body: Body::Data(data) }.to_vec();
    let want = "4152510103010005 c0ffee01 00000009 0000000c 29dfcb6b 48656c6c6f".replace(' ', "");
    assert_eq!(bytes.iter().map(|b| format!("{b:02x}")).collect::<String>(), want);
}

#[test]
fn every_damaged_bit_is_noticed() {
    for packet in samples() {
        let whole = packet.to_vec();
        for bit in 0..whole.len() * 8 {
            let mut bytes = whole.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(Packet::read(&bytes.into()).is_err(), "bit {bit} of {packet:?}");
        }
    }
}

#[test]
fn what_is_wrong_is_named() {
    let whole = samples()[3].to_vec();
    let check = |change: &dyn Fn(&mut Vec<u8>), want: PacketError| {
        let mut bytes = whole.clone();
        change(&mut bytes);
        let crc = bytes.split_at_checked(HEADER).map(|(header, payload)| checksum(&[&header[..CHECKED], payload]));
        if let Some(crc) = crc {
            bytes[CHECKED..HEADER].copy_from_slice(&crc.to_be_bytes());
        }
        assert_eq!(Packet::read(&bytes.into()), Err(want));
    };
    check(&|b| b.truncate(23), PacketError::Short(23));
    check(&|b| b[0] = b'B', PacketError::NotOurs);
    check(&|b| b[3] = 2, PacketError::Version(2));
    check(&|b| b[4] = 99, PacketError::Kind(99));
    check(&|b| b.truncate(28), PacketError::Length { said: 5, have: 4 });
    check(&|b| (b.truncate(24), b[7] = 0).1, PacketError::Field("length"));
    check(&|b| b[4] = 4, PacketError::Field("list of ranges"));
}

#[test]
fn a_name_is_no_path() {
    for (name, want) in [("send.txt", true), ("Übung 3.txt", true), ("", false), ("../x", false), ("a\\b", false), ("a\nb", false), ("..", false)] {
        assert_eq!(Start::is_name(name), want, "{name:?}");
    }
}

proptest! {
    #[test]
    fn hostile_bytes_never_panic(kind in 0_u8..9, flags in any::<u8>(), payload in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = Packet::read(&Bytes::from(payload.clone()));
        let mut bytes = vec![b'A', b'R', b'Q', VERSION, kind, flags];
        bytes.extend_from_slice(&(payload.len() as u16).to_be_bytes());
        bytes.extend_from_slice(&[0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3]);
        let crc = checksum(&[&bytes, &payload]);
        bytes.extend_from_slice(&crc.to_be_bytes());
        bytes.extend_from_slice(&payload);
        if let Ok(packet) = Packet::read(&Bytes::from(bytes)) {
            prop_assert_eq!(Packet::read(&Bytes::from(packet.to_vec())), Ok(packet));
        }
    }
}
