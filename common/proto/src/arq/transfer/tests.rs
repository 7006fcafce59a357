//! A file over a wire that drops packets, in virtual time.

use super::*;
use crate::arq::packet::{Body, Packet};
use crate::arq::sequence::{Protocol, Settings};
use crate::lab::random::Random;
use bytes::Bytes;

/// Sends `file`; one of `drop` packets is lost, both ways.
fn send(file: &[u8], settings: Settings, drop: u64, hash: [u8; 32]) -> (Sending, Receiving, Vec<u8>) {
    let mut now = Duration::ZERO;
    let mut sending = Sending::new(now, 7, settings, "send.txt".into(), file.len() as u64, 100).expect("settings");
    sending.set_hash([1; 32]);
    let (mut receiving, mut got, mut random) = (None::<Receiving>, Vec::new(), Random::seeded(5));
    let mut passes = || random.below(drop) != 0;
    while !sending.stage().is_over() {
        while let Some((at, length)) = sending.wants().filter(|_| sending.room() > 0) {
            sending.push(Bytes::copy_from_slice(&file[at as usize..at as usize + length])).expect("room");
        }
        let mut idle = true;
        while let Some(packet) = sending.poll_transmit(now) {
            idle = false;
            if !passes() {
                continue;
            }
            if let (None, Body::Start(start)) = (&receiving, &packet.body) {
                receiving = Some(Receiving::new(now, packet.transfer, start.clone()).expect("serves it"));
            }
            receiving.as_mut().expect("it was started").handle(now, &Packet::read(&packet.to_vec().into()).expect("whole"));
        }
        if let Some(receiving) = &mut receiving {
            while let Some(payload) = receiving.poll_deliver() {
                got.extend_from_slice(&payload);
            }
            if receiving.is_whole() {
                receiving.set_hash(hash);
            }
            while let Some(packet) = receiving.poll_transmit() {
                idle = false;
                if passes() {
                    sending.handle(now, &packet);
                }
            }
        }
        if idle {
            now = sending.poll_timeout().expect("not over").max(now);
            sending.on_timeout(now);
        }
    }
    (sending, receiving.expect("it was started"), got)
}

#[test]
fn a_file_arrives_over_a_wire_that_loses() {
    let file: Vec<u8> = (0..12_345_u32).map(|n| (n * 7 / 3) as u8).collect();
    for (protocol, window) in [(Protocol::StopAndWait, 1), (Protocol::GoBackN, 8), (Protocol::SelectiveRepeat, 8)] {
        for (length, drop) in [(0, 2), (1, 2), (100, 3), (101, 3), (12_345, 3), (12_345, 1_000_000)] {
            let (sending, receiving, got) = send(&file[..length], Settings::new(protocol, window), drop, [1; 32]);
            assert!(got == file[..length], "{protocol}, {length} bytes");
            let Stage::Done(finished) = sending.stage() else { panic!("{:?}", sending.stage()) };
            assert_eq!((finished.same, receiving.stage()), (true, Stage::Done(finished)));
            assert!(!receiving.may_close(Duration::ZERO) && receiving.may_close(Duration::from_secs(1_000)));
        }
    }
}

#[test]
fn another_hash_is_told() {
    let (sending, ..) = send(b"Hello", Settings::new(Protocol::SelectiveRepeat, 4), 1_000_000, [2; 32]);
    assert!(matches!(sending.stage(), Stage::Done(Finished { same: false, .. })));
}

#[test]
fn who_hears_nothing_gives_up() {
    let mut sending = Sending::new(Duration::ZERO, 7, Settings::new(Protocol::GoBackN, 4), "a".into(), 5, 100).expect("settings");
    let (mut now, mut starts) = (Duration::ZERO, 0);
    while !sending.stage().is_over() {
        starts += usize::from(sending.poll_transmit(now).is_some());
        now = sending.poll_timeout().expect("not over");
        sending.on_timeout(now);
    }
    assert_eq!((sending.stage(), now), (Stage::Failed(Failure::Silent), PATIENCE));
    assert_eq!(starts as u128, PATIENCE.as_millis() / ASK_AGAIN.as_millis());
}

#[test]
fn who_is_refused_says_why() {
    let mut sending = Sending::new(Duration::ZERO, 7, Settings::new(Protocol::GoBackN, 4), "a".into(), 5, 100).expect("settings");
    let refuse = |transfer| Packet { transfer, body: Body::Refuse(Refusal::Busy) };
    sending.handle(Duration::ZERO, &refuse(8));
    assert_eq!(sending.stage(), Stage::Starting, "another transfer's");
    sending.handle(Duration::ZERO, &refuse(7));
    assert_eq!(sending.stage(), Stage::Failed(Failure::Busy));
}

#[test]
fn nobody_makes_us_hold_more_than_the_limit() {
    let settings = Settings::new(Protocol::SelectiveRepeat, 65_536);
    let sending = Sending::new(Duration::ZERO, 7, settings, "a".into(), u64::MAX, 65_000).expect("settings");
    assert_eq!(Receiving::new(Duration::ZERO, 7, sending.start().clone()).map(drop), Err(Refusal::Settings));
}

#[test]
fn hashes_may_take_longer_than_patience() {
    let settings = Settings::new(Protocol::SelectiveRepeat, 4);
    let mut sending = Sending::new(Duration::ZERO, 7, settings, "a".into(), 5, 100).expect("settings");
    let mut receiving = Receiving::new(Duration::ZERO, 7, sending.start().clone()).expect("serves it");
    sending.push(Bytes::from_static(b"Hello")).expect("room");
    // The sender has its hash after this long, and the receiver after as long again.
    let (sends, receives) = (3 * PATIENCE, 6 * PATIENCE);
    let (mut now, mut finishes) = (Duration::ZERO, 0);
    while !sending.stage().is_over() {
        if now >= sends && finishes == 0 {
            sending.set_hash([1; 32]);
        }
        if now >= receives {
            receiving.set_hash([1; 32]);
        }
        let mut is_idle = true;
        while let Some(packet) = sending.poll_transmit(now) {
            finishes += usize::from(matches!(packet.body, Body::Finish(_)));
            receiving.handle(now, &packet);
            is_idle = false;
        }
        while receiving.poll_deliver().is_some() {}
        while let Some(packet) = receiving.poll_transmit() {
            sending.handle(now, &packet);
        }
        if is_idle {
            now = [sending.poll_timeout(), receiving.poll_timeout()].into_iter().flatten().min().expect("not over").max(now);
            sending.on_timeout(now);
            receiving.on_timeout(now);
        }
    }
    assert!(matches!(sending.stage(), Stage::Done(Finished { same: true, packets: 1, .. })), "{:?}", sending.stage());
    assert!(now >= receives && finishes > 100, "{now:?}, {finishes}");
}
