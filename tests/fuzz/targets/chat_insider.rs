#![no_main]
//! What somebody says who has the keys, and no good will: any content, rightly sealed, at another's program.

use std::cell::RefCell;

use lectern_fuzz::{begin_with, chat, piece, pieces};
use lectern_proto::chat::content::Body;
use lectern_proto::chat::messenger::Messenger;
use lectern_proto::chat::party::Party;
use lectern_proto::limits::{CHAT_ITEMS_MAX, CHAT_REPORTS_MAX};
use lectern_proto::wire;
use rand::SeedableRng;
use rand::rngs::StdRng;

/// Both begin anew after so many inputs: setting the keys up costs private operations.
const INPUTS: u32 = 2_000;

thread_local! {
    static BOTH: RefCell<(Option<(Party, Messenger)>, u32, StdRng)> = RefCell::new((None, 0, StdRng::seed_from_u64(4)));
}

fn seeds() -> Vec<Vec<u8>> {
    let mut all: Vec<_> = chat::bodies().iter().map(|body| piece(&wire::encode(body))).collect();
    all.push(all.concat());
    all
}

libfuzzer_sys::fuzz_target!(init: begin_with(seeds()), |data: &[u8]| {
    BOTH.with_borrow_mut(|(both, inputs, rng)| {
        *inputs += 1;
        if *inputs % INPUTS == 0 {
            *both = None;
        }
        let (ana, ben) = both.get_or_insert_with(|| (chat::ana(), chat::ben(rng)));
        for bytes in pieces(data) {
            let Ok(body) = wire::decode::<Body>(bytes) else { continue };
            let Ok(parcel) = ana.send(rng, chat::id_of(1), &body) else { continue };
            let key = parcel.message.key;
            ben.received(chat::NOW, rng, chat::ANA, chat::id_of(0), Box::new(parcel), chat::stamp());
            // The envelope goes with the first alone.
            ana.arrived(chat::id_of(1), key);
            chat::answer(ben, rng);
            // What is offered is fetched, so that pieces are waited for.
            let offered = ben.conversations()[&chat::ANA].items.iter().rev().find(|item| item.file.is_some()).map(|item| item.id);
            if let Some(file) = offered {
                let _ = ben.fetch(chat::NOW, rng, chat::ANA, file);
                chat::answer(ben, rng);
            }
            // However it is numbered, what is kept stays bounded.
            assert!(ben.conversations()[&chat::ANA].items.len() <= CHAT_ITEMS_MAX && ben.reports().len() <= CHAT_REPORTS_MAX);
        }
    });
});
