#![no_main]
//! What people paste and type: join links, addresses, access codes, check-words, keys.

use lectern_fuzz::{begin_with, golden};
use lectern_proto::address::{ServerAddress, Target};
use lectern_proto::code::AccessCode;
use lectern_proto::link::{Fingerprint, InstructorKey, JoinLink, LINK_MAX};
use lectern_proto::words::CheckWords;

fn seeds() -> Vec<Vec<u8>> {
    let mut all = golden(&["join link"]);
    let typed = [
        "192.168.10.4",
        "lab.local:5512",
        "[2001:db8::7]",
        "[fe80::1%2]:5511",
        "lectern://a,b:5511",
        "lectern://a:1/Klasse%207b?code=3467-9ACD",
        "3467-9acd-efgh-jkmn",
        "music deal level",
        "HBwcHBwcHBwcHBwcHBwcHA",
    ];
    all.extend(typed.map(|text| text.as_bytes().to_vec()));
    all
}

libfuzzer_sys::fuzz_target!(init: begin_with(seeds()), |data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(link) = text.parse::<JoinLink>() {
        assert!(text.trim().len() <= LINK_MAX);
        // It may become longer where letters are escaped that need not be.
        let again = link.to_string();
        if again.len() <= LINK_MAX {
            assert_eq!(again.parse().as_ref(), Ok(&link), "{again}");
        }
    }
    if let Ok(address) = text.parse::<ServerAddress>() {
        assert_eq!(address.to_string().parse(), Ok(ServerAddress { room: None, ..address.clone() }), "{address}");
    }
    let _ = text.parse::<Target>();
    if let Some(code) = AccessCode::parse(text) {
        assert!(AccessCode::parse(&code.reveal()) == Some(code));
    }
    if let Some(words) = CheckWords::from_words(text) {
        assert!(words.matches(&words.words().join(" ")));
    }
    if let Some(key) = InstructorKey::parse(text) {
        assert_eq!(key.reveal(), text);
    }
    if let Ok(fingerprint) = text.parse::<Fingerprint>() {
        assert_eq!(fingerprint.to_string(), text);
    }
});
