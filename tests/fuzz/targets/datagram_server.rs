#![no_main]
//! What a server hears over UDP: from strangers and from other addresses, and sealed, under any counter, by somebody who is proven.

use std::net::SocketAddr;
use std::time::Duration;

use lectern_fuzz::{begin_with, golden, in_phases, piece, pieces};
use lectern_proto::datagram::SEALED_HEADER;
use lectern_proto::datagram::client::DatagramClientCore;
use lectern_proto::datagram::server::{DatagramServerCore, Reaction};
use lectern_proto::seal::MediaSecret;

const NOW: Duration = Duration::from_secs(1);
const SESSION: u64 = 0x0102_0304_0506_0708;
const SECRET: MediaSecret = MediaSecret([0x53; 32]);

fn address() -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 9], 50_000))
}

fn seeds() -> Vec<Vec<u8>> {
    let numbered = |number: u64, plain: &[u8]| piece(&[&number.to_be_bytes()[..], plain].concat());
    let asks: Vec<_> = golden(&["Ask."]).iter().flat_map(|plain| [0, 1, 200, u64::MAX].map(|number| numbered(number, plain))).collect();
    let whole: Vec<_> = golden(&["knock", "challenge", "hello", "Ask.", "Tell."]).iter().map(|datagram| piece(datagram)).collect();
    in_phases(2, whole).into_iter().chain(in_phases(2, asks)).collect()
}

libfuzzer_sys::fuzz_target!(init: begin_with(seeds()), |data: &[u8]| {
    let Some((phase, said)) = data.split_first() else { return };
    // Not the key of the golden conversation: its proof is no proof here.
    let mut core = DatagramServerCore::new([0x12; 32]);
    let secret = |session: u64| (session == SESSION).then_some(SECRET);
    if phase % 2 == 0 {
        for datagram in pieces(said) {
            match core.receive(NOW, address(), datagram, secret) {
                Reaction::Answer(answer) => assert!(answer.len() <= datagram.len(), "an unproven address gets more than it sent"),
                Reaction::None => {}
                other => panic!("a proof was guessed: {other:?}"),
            }
        }
        return;
    }
    let mut client = DatagramClientCore::new(NOW, SESSION, SECRET);
    let Reaction::Answer(challenge) = core.receive(NOW, address(), &client.poll_transmit(NOW).expect("a knock"), secret) else { panic!("no challenge") };
    assert_eq!(client.receive(&challenge), None);
    assert!(matches!(core.receive(NOW, address(), &client.poll_transmit(NOW).expect("a hello"), secret), Reaction::Opened { session: SESSION, .. }));
    let cookie = challenge[12..].first_chunk().expect("a cookie");
    let (sealing, _) = SECRET.datagram_ciphers(cookie);
    for ask in pieces(said) {
        let Some((number, plain)) = ask.split_first_chunk::<8>() else { continue };
        let number = u64::from_be_bytes(*number);
        let mut datagram = [&[5, 0, 0, 0][..], &SESSION.to_be_bytes(), &number.to_be_bytes(), plain].concat();
        let (head, body) = datagram.split_at_mut(SEALED_HEADER);
        let tag = sealing.seal(number, head, body);
        datagram.extend_from_slice(&tag);
        core.receive(NOW, address(), &datagram, secret);
        assert!(matches!(core.receive(NOW, address(), &datagram, secret), Reaction::None), "the same counter is taken twice");
    }
});
