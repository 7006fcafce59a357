#![no_main]
//! Parcels that a server hands to somebody's program after the keys were set up: changed, twice, in another order. What is shown was sent.

use std::cell::RefCell;
use std::sync::LazyLock;

use lectern_fuzz::{begin_with, chat, piece, pieces};
use lectern_proto::chat::Parcel;
use lectern_proto::chat::messenger::{Messenger, News, Output};
use lectern_proto::wire;
use rand::SeedableRng;
use rand::rngs::StdRng;

static SENT: LazyLock<Vec<Parcel>> = LazyLock::new(|| {
    let (mut ana, mut rng) = (chat::ana(), StdRng::seed_from_u64(2));
    chat::bodies().iter().map(|body| ana.send(&mut rng, chat::id_of(1), body).expect("sent")).collect()
});

/// A program is made anew after so many inputs: making one costs two private operations.
const INPUTS: u32 = 200;

thread_local! {
    static BEN: RefCell<(Option<Messenger>, u32, StdRng)> = RefCell::new((None, 0, StdRng::seed_from_u64(3)));
}

fn seeds() -> Vec<Vec<u8>> {
    let mut all: Vec<_> = SENT.iter().map(|parcel| piece(&wire::encode(parcel))).collect();
    // Without the envelope, as the second message goes.
    let later = SENT.iter().map(|parcel| piece(&wire::encode(&Parcel { envelope: None, message: parcel.message.clone() })));
    all.extend(later.collect::<Vec<_>>());
    all.push(all.concat());
    all
}

libfuzzer_sys::fuzz_target!(init: begin_with(seeds()), |data: &[u8]| {
    BEN.with_borrow_mut(|(ben, inputs, rng)| {
        *inputs += 1;
        if *inputs % INPUTS == 0 {
            *ben = None;
        }
        let ben = ben.get_or_insert_with(|| chat::ben(rng));
        for bytes in pieces(data) {
            let Ok(parcel) = wire::decode::<Parcel>(bytes) else { continue };
            let is_right = SENT.iter().any(|sent| sent.message == parcel.message);
            ben.received(chat::NOW, rng, chat::ANA, chat::id_of(0), Box::new(parcel), chat::stamp());
            for output in chat::answer(ben, rng) {
                assert!(is_right || !matches!(output, Output::News(News::Text { .. } | News::File { .. } | News::Reported(_)) | Output::Check { .. }), "{output:?}");
            }
        }
    });
});
