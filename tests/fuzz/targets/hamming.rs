#![no_main]
//! What people type into the Hamming lab, and files of blocks: whatever it is, it is taken or refused, and blocks are always judged.

use lectern_fuzz::begin_with;
use lectern_proto::lab::hamming::channel::{Noise, Per};
use lectern_proto::lab::hamming::container::{HEAD, Head};
use lectern_proto::lab::hamming::message::{Codec, Verdicts};
use lectern_proto::lab::hamming::{Code, Order, input};

fn seeds() -> Vec<Vec<u8>> {
    let texts = ["7,4", "(15, 11)", "72/64", "0110 011", "0x48 69", "1, 7,2:1", "5+3", "1023,1013"];
    let head = Head { code: Code::new(4, true, Order::Classic).expect("a code"), length: 3 };
    let coded = |code: &Code| {
        let mut out = Vec::new();
        Codec::new(code.clone()).encode(b"Hi!", &mut out);
        out
    };
    let file = [&head.to_bytes()[..], &coded(&head.code)].concat();
    texts.iter().map(|text| text.as_bytes().to_vec()).chain([file]).collect()
}

libfuzzer_sys::fuzz_target!(init: begin_with(seeds()), |data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    for order in Order::ALL {
        if let Ok(code) = input::code(&text, data.len() % 2 == 1, order) {
            assert!(code.n() > code.k() && code.n() - code.k() == code.rows(), "{code:?}");
        }
    }
    if let Ok((bytes, bits)) = input::bits(&text) {
        assert_eq!(bytes.len() as u64, bits.div_ceil(8));
    }
    let _ = input::hex(&text);
    for (places, burst) in [(input::places(&text, 7), input::burst(&text))] {
        let noises = [places.ok().map(Noise::Hand), burst.ok().map(|(at, bits)| Noise::Burst { at, bits, per: Per::Message })];
        for noise in noises.into_iter().flatten() {
            let _ = noise.check(7, 700);
            assert!(noise.flips(7, 700, 1).all(|bit| bit < 700));
        }
    }
    let Some((head, blocks)) = data.split_first_chunk::<HEAD>() else { return };
    let Ok(head) = Head::read(head) else { return };
    assert_eq!(Head::read(&head.to_bytes()).as_ref(), Ok(&head));
    // Tables take a moment to make, and are the same each time.
    if head.code.n() > 12 && head.code.n() <= 16 {
        return;
    }
    let length = usize::try_from(head.length).unwrap_or(usize::MAX).min(blocks.len());
    let (mut out, mut seen) = (Vec::new(), Verdicts::default());
    Codec::new(head.code.clone()).decode(blocks, length, &mut out, &mut seen);
    assert_eq!((out.len(), seen.blocks()), (length, (length as u64 * 8).div_ceil(head.code.k() as u64)));
});
