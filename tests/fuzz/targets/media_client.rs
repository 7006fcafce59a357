#![no_main]
//! What a client hears on the media port: in place of a challenge, records and headers, and replies that the server has sealed.

use lectern_fuzz::{begin_with, golden, in_phases, piece, pieces};
use lectern_proto::manifest::ChunkHash;
use lectern_proto::media::client::{MediaClientCore, Output};
use lectern_proto::media::server::{MediaServerCore, records_header};
use lectern_proto::seal::{ChunkCipher, MediaSecret, RoomKey};

const SECRET: MediaSecret = MediaSecret([0x53; 32]);
const CHALLENGE: [u8; 32] = [0xC4; 32];
const CHUNK: ChunkHash = ChunkHash([3; 32]);

fn key() -> RoomKey {
    RoomKey([0x6B; 32])
}

/// A chunk of two records, as it comes for request 1.
fn chunk() -> Vec<u8> {
    let records = ChunkCipher::new(&key(), 1, &CHUNK).seal(&[7; 17_000]);
    [&records_header(1, 1, records.len() as u32)[..], &records].concat()
}

fn seeds() -> Vec<Vec<u8>> {
    let replies: Vec<_> = golden(&["Reply."]).iter().map(|plain| piece(plain)).collect();
    let whole = [golden(&["challenge =", "header of the media port"]), vec![chunk()]].concat();
    in_phases(3, whole).into_iter().chain(in_phases(3, replies)).collect()
}

fn hear(core: &mut MediaClientCore) {
    while let Ok(Some(output)) = core.poll_output() {
        if let Output::Record { request, data, .. } = output {
            assert!(request == 1 && data.iter().all(|b| *b == 7), "a record that nobody sealed");
        }
    }
}

libfuzzer_sys::fuzz_target!(init: begin_with(seeds()), |data: &[u8]| {
    let Some((phase, said)) = data.split_first() else { return };
    let mut core = MediaClientCore::new(1, SECRET);
    core.add_key(1, key());
    if phase % 3 == 0 {
        core.receive(said);
        hear(&mut core);
        return;
    }
    core.receive(&MediaServerCore::new(CHALLENGE).challenge());
    assert_eq!(core.poll_output(), Ok(None));
    assert_eq!(core.fetch(CHUNK, 0), 1);
    if phase % 3 == 1 {
        core.receive(said);
        hear(&mut core);
        return;
    }
    let (_, mut sealing) = SECRET.directions(&CHALLENGE);
    for plain in pieces(said) {
        // Kind 2, and the length.
        let mut header = [0; 16];
        header[0] = 2;
        header[12..].copy_from_slice(&((plain.len() + lectern_proto::seal::TAG_LEN) as u32).to_be_bytes());
        core.receive(&header);
        core.receive(&sealing.seal(&header, plain));
        hear(&mut core);
    }
});
