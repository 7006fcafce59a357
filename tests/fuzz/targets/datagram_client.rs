#![no_main]
//! What a viewer hears over UDP: before it is proven, then records and parity as they come, and what the server has sealed.

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

fn seeds() -> Vec<Vec<u8>> {
    let tells = golden(&["Tell."]).into_iter().map(|plain| piece(&[&7u64.to_be_bytes()[..], &plain].concat())).collect();
    let whole = golden(&["challenge", "Tell.", "record 1", "row 0"]).iter().map(|datagram| piece(datagram)).collect();
    [in_phases(3, whole), in_phases(3, tells)].concat()
}

libfuzzer_sys::fuzz_target!(init: begin_with(seeds()), |data: &[u8]| {
    let Some((phase, said)) = data.split_first() else { return };
    let mut core = DatagramClientCore::new(NOW, SESSION, SECRET);
    let knock = core.poll_transmit(NOW).expect("a knock");
    if phase % 3 == 0 {
        pieces(said).for_each(|datagram| drop(core.receive(datagram)));
        assert!(!core.is_open(), "a proof was guessed");
        return;
    }
    let from = SocketAddr::from(([192, 0, 2, 9], 50_000));
    let (mut server, secret) = (DatagramServerCore::new([0x11; 32]), |_| Some(SECRET));
    let Reaction::Answer(challenge) = server.receive(NOW, from, &knock, secret) else { panic!("no challenge") };
    assert_eq!(core.receive(&challenge), None);
    let Reaction::Opened { answer, .. } = server.receive(NOW, from, &core.poll_transmit(NOW).expect("a hello"), secret) else { panic!("not opened") };
    core.receive(&answer);
    assert!(core.is_open());
    let cookie = challenge[12..].first_chunk().expect("a cookie");
    let (_, sealing) = SECRET.datagram_ciphers(cookie);
    for piece in pieces(said) {
        if phase % 3 == 1 {
            core.receive(piece);
            continue;
        }
        let Some((number, plain)) = piece.split_first_chunk::<8>() else { continue };
        let number = u64::from_be_bytes(*number);
        let mut datagram = [&[6, 0, 0, 0][..], &SESSION.to_be_bytes(), &number.to_be_bytes(), plain].concat();
        let (head, body) = datagram.split_at_mut(SEALED_HEADER);
        let tag = sealing.seal(number, head, body);
        datagram.extend_from_slice(&tag);
        core.receive(&datagram);
        assert_eq!(core.receive(&datagram), None, "the same counter is taken twice");
    }
});
