#![no_main]
//! Every message about private chat as the server and the clients read it, keys of others, and stamps that nobody made.

use lectern_fuzz::{begin_with, chat, golden, is_itself};
use lectern_proto::chat::keys::Bundle;
use lectern_proto::chat::stamp::{Evidence, StampKey};
use lectern_proto::control::{ChatEvent, ChatRequest, Event, Request};
use lectern_proto::wire;

fn seeds() -> Vec<Vec<u8>> {
    let mut all = golden(&["Request.Chat", "Event.Chat"]);
    all.extend([0, 1].map(|who| wire::encode(chat::keys(who).bundle())));
    let keys = ChatRequest::Keys { request: 1, bundle: Box::new(chat::keys(0).bundle().clone()) };
    all.push(wire::encode(&Request::Chat(keys)));
    all.extend(chat::bodies().iter().map(wire::encode));
    all
}

/// Keys that somebody signed are one of those that there are.
fn looked_through(bundle: &Bundle) {
    if bundle.check().is_ok() {
        assert!((0..2).any(|who| chat::keys(who).bundle().identity == bundle.identity), "a signature was guessed");
    }
}

libfuzzer_sys::fuzz_target!(init: begin_with(seeds()), |data: &[u8]| {
    if let Ok(Request::Chat(request)) = wire::decode(data) {
        is_itself(&request);
        match request {
            ChatRequest::Keys { bundle, .. } => looked_through(&bundle),
            ChatRequest::Check { stamped, mac, .. } => assert!(!StampKey([9; 32]).is_stamp(&stamped, &mac), "a stamp was guessed"),
            _ => {}
        }
    }
    if let Ok(Event::Chat(event)) = wire::decode(data) {
        is_itself(&event);
        if let ChatEvent::KeysOf { result: Ok(bundle), .. } = event {
            looked_through(&bundle);
        }
    }
    if let Ok(bundle) = wire::decode::<Bundle>(data) {
        looked_through(&bundle);
    }
    if let Ok(evidence) = wire::decode::<Evidence>(data) {
        assert!(!evidence.shows(), "a commitment was guessed");
    }
});
