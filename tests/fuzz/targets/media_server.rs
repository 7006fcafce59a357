#![no_main]
//! What a server hears on the media port: from a stranger, in place of a proof, and sealed by somebody who has proven a session.

use lectern_fuzz::{begin_with, golden, in_phases, is_itself, piece, pieces};
use lectern_proto::media::client::MediaClientCore;
use lectern_proto::media::server::{Input, MediaServerCore};
use lectern_proto::seal::MediaSecret;

const SECRET: MediaSecret = MediaSecret([0x53; 32]);
const CHALLENGE: [u8; 32] = [0xC4; 32];

fn seeds() -> Vec<Vec<u8>> {
    let whole = golden(&["hello ="]);
    let requests: Vec<_> = golden(&["Request."]).iter().map(|plain| piece(plain)).collect();
    in_phases(3, whole).into_iter().chain(in_phases(3, requests)).collect()
}

libfuzzer_sys::fuzz_target!(init: begin_with(seeds()), |data: &[u8]| {
    let Some((phase, said)) = data.split_first() else { return };
    let mut core = MediaServerCore::new(CHALLENGE);
    if phase % 3 == 0 {
        core.receive(said);
        let mut is_proven = false;
        while let Ok(Some(input)) = core.poll_input() {
            match input {
                Input::Hello { session } => is_proven = core.prove((session == 1).then_some(&SECRET), 1).is_ok(),
                Input::Request(_) => unreachable!("a request that nobody sealed"),
            }
        }
        assert!(!is_proven, "a proof was guessed");
        return;
    }
    let mut client = MediaClientCore::new(1, SECRET);
    client.receive(&core.challenge());
    assert_eq!(client.poll_output(), Ok(None));
    core.receive(&client.poll_transmit().expect("a hello"));
    assert_eq!(core.poll_input(), Ok(Some(Input::Hello { session: 1 })));
    core.prove(Some(&SECRET), 1).expect("right");
    if phase % 3 == 2 {
        core.expect_pieces();
    }
    let (mut sealing, _) = SECRET.directions(&CHALLENGE);
    for plain in pieces(said) {
        let Ok(length) = u16::try_from(plain.len() + lectern_proto::seal::TAG_LEN) else { return };
        let prefix = length.to_be_bytes();
        core.receive(&prefix);
        core.receive(&sealing.seal(&prefix, plain));
        match core.poll_input() {
            Ok(Some(Input::Request(request))) => is_itself(&request),
            Ok(other) => panic!("{other:?}"),
            Err(_) => return,
        }
    }
});
