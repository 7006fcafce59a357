//! Golden bytes of finding a server: check-words and the beacon, and what `docs/PROTOCOL.md` says of them.
//!
//! A wanted change: `make vectors` writes the file anew; `docs/PROTOCOL.md` changes in the same commit.

use std::fmt::Write as _;
use std::path::Path;

use lectern_proto::beacon::{BEACON_GROUP, BEACON_PORT, Beacon, MDNS_SERVICE, probe};
use lectern_proto::limits;
use lectern_proto::link::Fingerprint;
use lectern_proto::words::CheckWords;

fn document() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/PROTOCOL.md")).expect("docs/PROTOCOL.md")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, b| {
        let _ = write!(out, "{b:02x}");
        out
    })
}

#[test]
fn words_and_datagrams_stay_as_they_are() {
    let mut text = "# Finding a server. Fingerprints and datagrams in hexadecimal; words as they are shown.\n".to_owned();
    for fingerprint in [[0; 32], [0x3f; 32], [0xff; 32], std::array::from_fn(|i| i as u8)] {
        let words = CheckWords::of(&Fingerprint(fingerprint)).expect("computed");
        let _ = write!(text, "\nwords {} = {words}\n", hex(&fingerprint));
    }
    let of = |further: &[&str]| {
        let further = further.iter().map(|r| (*r).to_owned());
        Beacon::new(5511, Fingerprint([0x3f; 32]), "Lab 2.14".into(), "Klasse 7b".into(), further)
    };
    let nonce = 0x0102_0304_0506_0708;
    let asked = probe(nonce);
    assert_eq!(Beacon::asked(&asked), Some(nonce));
    let _ = write!(text, "\nprobe = {}\n", hex(&asked));
    let long = "x".repeat(limits::ROOM_NAME_MAX);
    let answers = [("answer", of(&[])), ("answer of three rooms", of(&["7c", "8"])), ("answer that leaves rooms out", of(&["7c", &long, &long, &long]))].map(
        |(what, beacon)| {
            let answer = beacon.answer(nonce).expect("fits");
            assert_eq!(Beacon::read(&answer), Some((nonce, beacon)));
            let _ = write!(text, "\n{what} = {}\n", hex(&answer));
            hex(&answer)
        },
    );

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/finding.txt");
    if std::env::var_os("LECTERN_WRITE_VECTORS").is_some() {
        std::fs::write(&path, &text).expect("writable");
    }
    assert_eq!(text, std::fs::read_to_string(&path).expect("the golden file"), "the way servers are found has changed");
    let document = document();
    let shown = CheckWords::of(&Fingerprint([0x3f; 32])).expect("computed").to_string();
    let [one, three, _] = answers;
    for needed in [hex(&asked[..16]), one, three, shown, BEACON_PORT.to_string(), BEACON_GROUP.to_string(), MDNS_SERVICE.to_owned()] {
        assert!(document.contains(&needed), "docs/PROTOCOL.md does not say {needed}");
    }
}

#[test]
fn the_document_names_the_limits_of_finding() {
    let ms = |d: std::time::Duration| d.as_millis() as u64;
    let document = document();
    for (name, value) in [
        ("BEACON_DATAGRAM", limits::BEACON_DATAGRAM as u64),
        ("BEACON_ANSWERS_PER_ORIGIN_PER_S", limits::BEACON_ANSWERS_PER_ORIGIN_PER_S.into()),
        ("BEACON_ANSWERS_PER_ORIGIN_BURST", limits::BEACON_ANSWERS_PER_ORIGIN_BURST.into()),
        ("BEACON_ANSWERS_PER_S", limits::BEACON_ANSWERS_PER_S.into()),
        ("BEACON_ANSWERS_BURST", limits::BEACON_ANSWERS_BURST.into()),
        ("BEACON_ORIGINS_MAX", limits::BEACON_ORIGINS_MAX as u64),
        ("BEACON_ROOMS_MAX", limits::BEACON_ROOMS_MAX as u64),
        ("BEACON_EVERY", ms(limits::BEACON_EVERY)),
        ("BEACON_SILENT", ms(limits::BEACON_SILENT)),
        ("FOUND_MAX", limits::FOUND_MAX as u64),
    ] {
        assert!(document.lines().any(|l| l.starts_with(&format!("| `{name}` | {value} "))), "docs/PROTOCOL.md has no row: | `{name}` | {value} ...");
    }
}
