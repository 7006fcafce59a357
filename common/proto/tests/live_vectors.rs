//! The golden bytes of live media: a sealed unit, and one conversation over UDP, computed a second time from the RFCs alone.

mod golden;

use std::net::SocketAddr;
use std::time::Duration;

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Key, Nonce};
use golden::{Vectors, bytes_of, document, golden};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use lectern_proto::control::StreamId;
use lectern_proto::datagram::client::{DatagramClientCore, Output};
use lectern_proto::datagram::server::{DatagramServerCore, Reaction};
use lectern_proto::datagram::{Ask, Tell};
use lectern_proto::live::parity::ParityMaker;
use lectern_proto::live::record::LiveSealer;
use lectern_proto::live::{RECORD_MAX, Unit};
use lectern_proto::seal::{MediaSecret, RoomKey};
use sha2::Sha256;

const STREAM: StreamId = StreamId([0xa7; 16]);

fn hkdf(ikm: &[u8], info: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    Hkdf::<Sha256>::new(None, ikm).expand(info, &mut out).expect("32 bytes");
    out
}

fn sealed(key: [u8; 32], number: u64, aad: &[u8], plain: &[u8]) -> Vec<u8> {
    let mut nonce = [0; 12];
    nonce[4..].copy_from_slice(&number.to_be_bytes());
    let mut out = plain.to_vec();
    let tag = Aes256Gcm::new(&Key::<Aes256Gcm>::from(key)).encrypt_inout_detached(&Nonce::from(nonce), aad, (&mut out[..]).into()).expect("short");
    out.extend_from_slice(&tag);
    out
}

#[test]
fn a_live_unit_of_two_records() {
    let room_key = [0x6b; 32];
    let data: Vec<u8> = (0..1_300).map(|i| (i % 251) as u8).collect();
    let unit = Unit { sequence: 0, capture_us: 5_000_000, keyframe: true, data: data.clone().into() };
    let whole = LiveSealer::new(&RoomKey(room_key), 1, STREAM, 3).seal(&unit).expect("numbers are left");

    let key = hkdf(&room_key, &[&b"lectern live v1"[..], &1u32.to_be_bytes(), &STREAM.0, &3u16.to_be_bytes()].concat());
    let plain = [&0u32.to_be_bytes()[..], &5_000_000u64.to_be_bytes(), &data].concat();
    let record = |counter: u32, flags: u8, plain: &[u8]| {
        let header = [&[1, flags, 0, 3][..], &1u32.to_be_bytes(), &counter.to_be_bytes()].concat();
        [&header[..], &sealed(key, u64::from(counter), &header, plain)].concat()
    };
    let (one, two) = plain.split_at(RECORD_MAX - 28);
    let (one, two) = (record(0, 1 | 4, one), record(1, 2 | 4, two));
    assert_eq!(one.len(), RECORD_MAX);
    let header = [&[4, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 3][..], &u32::try_from(one.len() + two.len()).expect("short").to_be_bytes()].concat();
    assert_eq!(whole.frame(), &[header.clone(), one.clone(), two.clone()].concat());
    let all: Vectors = vec![
        ("room key".into(), room_key.into()),
        ("stream".into(), STREAM.0.into()),
        ("live key of epoch 1, track 3".into(), key.into()),
        ("record 0: header".into(), one[..12].into()),
        ("record 0: first 32 bytes of ciphertext".into(), one[12..44].into()),
        ("record 0: tag".into(), one[RECORD_MAX - 16..].into()),
        ("record 1, whole".into(), two),
        ("header of the media port before both".into(), header),
    ];
    golden("live.txt", "A keyframe of 1,300 bytes, byte i being i mod 251, captured at 5 s: the first unit of track 3.", &all);
}

/// The product in GF(2⁸) modulo 0x11D, bit by bit.
fn product(a: u8, b: u8) -> u8 {
    let (mut a, mut sum) = (u16::from(a), 0);
    for bit in 0..8 {
        sum ^= if b >> bit & 1 == 1 { a } else { 0 };
        a <<= 1;
        a ^= if a & 0x100 != 0 { 0x11D } else { 0 };
    }
    sum as u8
}

#[test]
fn the_parity_of_a_block() {
    let room_key = [0x6b; 32];
    let data: Vec<u8> = (0..12_000).map(|i| (i % 251) as u8).collect();
    let unit = Unit { sequence: 0, capture_us: 5_000_000, keyframe: true, data: data.into() };
    let mut sealer = LiveSealer::new(&RoomKey(room_key), 1, STREAM, 3);
    let sealed_unit = sealer.seal(&unit).expect("numbers are left");
    let blocks = ParityMaker::default().unit(&sealed_unit, &sealer, 20);
    let [block] = &blocks[..] else { panic!("one block") };
    let (rows, length) = block.rows(20);
    let rows: Vec<_> = rows.chunks(length).map(<[u8]>::to_vec).collect();

    let key = hkdf(&room_key, &[&b"lectern parity v1"[..], &1u32.to_be_bytes(), &STREAM.0, &3u16.to_be_bytes()].concat());
    let records: Vec<Vec<u8>> = sealed_unit.records().chunks(RECORD_MAX).map(<[u8]>::to_vec).collect();
    assert_eq!((records.len(), rows.len()), (11, 3));
    let inverse = |a: u8| (1..=255).find(|b| product(a, *b) == 1).expect("an inverse");
    for (number, got) in (0u8..).zip(&rows) {
        let header = [&[7, number, 0, 3][..], &1u32.to_be_bytes(), &0u32.to_be_bytes(), &[1, 11]].concat();
        let mut combined = vec![0; 2 + RECORD_MAX];
        for (column, record) in (128u8..).zip(&records) {
            let factor = product(column, inverse(number ^ column));
            let string = [&u16::try_from(record.len()).expect("short").to_be_bytes()[..], record].concat();
            combined.iter_mut().zip(string).for_each(|(to, of)| *to ^= product(factor, of));
        }
        let body = [header, combined].concat();
        let nonce = u64::from_be_bytes([0, 0, 0, 0, 0, 1, 11, number]);
        assert_eq!(*got, [&body[..], &sealed(key, nonce, &body, &[])].concat(), "{number}");
    }
    let mut all: Vectors = vec![("parity key of epoch 1, track 3".into(), key.into()), ("record 10, whole".into(), records[10].clone())];
    for (number, row) in rows.iter().enumerate() {
        all.push((format!("row {number}: header and 32 bytes of the code"), row[..46].into()));
        all.push((format!("row {number}: tag"), row[row.len() - 16..].into()));
    }
    let what = "Parity of 20 % for a keyframe of 12,000 bytes, byte i being i mod 251, captured at 5 s: the first unit of track 3, with the keys of live.txt.";
    golden("parity.txt", what, &all);
}

#[test]
fn a_whole_conversation_over_udp() {
    let (secret, session) = ([0x53; 32], 0x0102_0304_0506_0708u64);
    let from = SocketAddr::from(([192, 0, 2, 9], 50_000));
    let now = Duration::from_secs(1);
    let mut client = DatagramClientCore::new(now, session, MediaSecret(secret));
    let mut server = DatagramServerCore::new([0x11; 32]);
    let knock = client.poll_transmit(now).expect("a knock");
    assert_eq!(knock, [&[2, 1, 0, 0][..], &session.to_be_bytes(), &[0; 52]].concat());
    let Reaction::Answer(challenge) = server.receive(now, from, &knock, |_| None) else { panic!("no challenge") };
    let cookie = &challenge[12..];
    assert_eq!(challenge, [&[3, 1, 0, 0][..], &session.to_be_bytes(), cookie].concat());
    client.receive(&challenge);
    let hello = client.poll_transmit(now).expect("a hello");
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&hkdf(&secret, b"lectern media hello v1")).expect("any length");
    mac.update(cookie);
    mac.update(&session.to_be_bytes());
    assert_eq!(hello, [&[4, 1, 0, 0][..], &session.to_be_bytes(), cookie, &mac.finalize().into_bytes()].concat());
    let Reaction::Opened { answer, .. } = server.receive(now, from, &hello, |_| Some(MediaSecret(secret))) else { panic!("not opened") };
    assert_eq!(client.receive(&answer), Some(Output::Open));

    let mut all: Vectors = vec![("knock".into(), knock), ("challenge".into(), challenge.clone()), ("hello".into(), hello)];
    let asks = [
        ("Subscribe", Ask::Subscribe { stream: STREAM, track: 3 }),
        ("Unsubscribe", Ask::Unsubscribe { track: 3 }),
        ("Missing", Ask::Missing { track: 3, runs: vec![(7, 7), (9, 12)] }),
        ("Keyframe", Ask::Keyframe { track: 3 }),
        ("Clock", Ask::Clock { sent_us: 77 }),
        ("Bye", Ask::Bye),
        ("Parity", Ask::Parity { track: 3, percent: 30 }),
        ("Lab", Ask::Lab { run: 5 }),
    ];
    let tells = [
        ("Open", Tell::Open),
        ("Clock", Tell::Clock { sent_us: 77, server_us: 3_000_100 }),
        ("StreamOver", Tell::StreamOver { track: 3 }),
        ("NotWithinShare", Tell::NotWithinShare { track: 3, bps: 400_000 }),
        ("Lab", Tell::Lab { run: 5, seen: Some(std::net::SocketAddr::from(([192, 168, 1, 7], 40_123))) }),
    ];
    let cookie: &[u8] = &challenge[12..];
    let sealed_message = |kind: u8, label: &[u8], number: u64, plain: &[u8]| {
        let header = [&[kind, 0, 0, 0][..], &session.to_be_bytes(), &number.to_be_bytes()].concat();
        [&header[..], &sealed(hkdf(&secret, &[label, cookie].concat()), number, &header, plain)].concat()
    };
    for (number, (name, tell)) in tells.iter().enumerate() {
        let got = if number == 0 { answer.clone() } else { server.tell(from, tell).expect("a peer") };
        assert_eq!(got, sealed_message(6, b"lectern datagram s2c v1", number as u64, &bytes_of(tell)), "{name}");
        all.extend([(format!("Tell.{name}"), bytes_of(tell)), (format!("Tell.{name}, sealed"), got)]);
    }
    for (number, (name, ask)) in asks.iter().enumerate() {
        client.ask(ask);
        let got = client.poll_transmit(now).expect("an ask");
        assert_eq!(got, sealed_message(5, b"lectern datagram c2s v1", number as u64, &bytes_of(ask)), "{name}");
        all.extend([(format!("Ask.{name}"), bytes_of(ask)), (format!("Ask.{name}, sealed"), got)]);
    }
    golden("datagrams.txt", "One conversation over UDP from 192.0.2.9:50000, one second after the server's start; its cookie key is 32 bytes 11.", &all);
    let document = document();
    for name in asks.iter().map(|a| a.0).chain(tells.iter().map(|t| t.0)) {
        assert!(document.contains(&format!("`{name}`")), "docs/PROTOCOL.md does not name {name}");
    }
}
