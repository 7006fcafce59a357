#![no_main]
//! What anybody on the network says to who looks for a server, and to a server: beacons, and records of multicast DNS.

use std::collections::HashMap;
use std::time::Duration;

use lectern_fuzz::{begin_with, golden};
use lectern_proto::beacon::{Answerer, Beacon, is_shown};
use lectern_proto::limits::{BEACON_DATAGRAM, NAME_MAX, ROOM_NAME_MAX};

fn seeds() -> Vec<Vec<u8>> {
    let mut all = golden(&["probe", "answer"]);
    let fingerprint = "Pz8_Pz8_Pz8_Pz8_Pz8_Pz8_Pz8_Pz8_Pz8_Pz8_Pz8";
    all.push(format!("v=1\nname=Lab 2.14\nroom=Klasse 7b\nfp={fingerprint}").into_bytes());
    all.push(format!("v=1\nname=Lab\nroom=7b\nroom2=7c\nroom3=8\nmore=2\nfp={fingerprint}").into_bytes());
    all
}

fn is_right(beacon: &Beacon) {
    assert!(beacon.control_port != 0 && is_shown(&beacon.name, NAME_MAX) && beacon.rooms.names().all(|room| is_shown(room, ROOM_NAME_MAX)));
    // What was understood is said again, as far as it fits.
    if let Some(answer) = beacon.answer(7) {
        assert!(answer.len() <= BEACON_DATAGRAM);
        assert_eq!(Beacon::read(&answer), Some((7, beacon.clone())));
    }
}

libfuzzer_sys::fuzz_target!(init: begin_with(seeds()), |data: &[u8]| {
    if let Some((_, beacon)) = Beacon::read(data) {
        is_right(&beacon);
        let mut answerer = Answerer::new(beacon);
        if let Some(answer) = answerer.receive(Duration::ZERO, 1, data) {
            assert!(answer.len() <= data.len(), "who asks gets more than was sent");
        }
    }
    if let Some(nonce) = Beacon::asked(data) {
        assert_eq!(&data[8..16], nonce.to_be_bytes());
    }
    if let Ok(text) = std::str::from_utf8(data) {
        let values: HashMap<&str, &str> = text.lines().filter_map(|line| line.split_once('=')).collect();
        if let Some(beacon) = Beacon::of_service(5511, |key| values.get(key).copied()) {
            is_right(&beacon);
        }
    }
});
