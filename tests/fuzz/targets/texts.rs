#![no_main]
//! Names and messages of others as they are shown, and lines of an operator: whatever they hold, they become text of one form.

use lectern_fuzz::{begin_with, golden};
use lectern_proto::chat::file_name;
use lectern_proto::rung::{RungSpec, parse_bitrate};
use lectern_proto::text::{block, isolated, line};

fn seeds() -> Vec<Vec<u8>> {
    let texts = [
        "  a\u{202E}b \n",
        "e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
        "علي 👩‍🏫\tx",
        "a\r\nb\u{85}c\u{2028}d",
        "1280x720 2500k",
        "40M",
        "a/b:c.txt ",
        "CON.txt",
    ];
    texts.iter().map(|text| text.as_bytes().to_vec()).chain(golden(&["Event.Talk.Message"])).collect()
}

libfuzzer_sys::fuzz_target!(init: begin_with(seeds()), |data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    for form in [line, block] {
        let shown = form(&text).into_owned();
        assert_eq!(form(&shown), shown, "done again it changes something: {text:?}");
        assert!(!shown.chars().any(|c| c.is_control() && c != '\n' && c != '\t'), "{shown:?}");
    }
    assert!(!line(&text).contains(['\n', '\t']));
    let _ = isolated(&text);
    let name = file_name::fit(&text);
    assert!(file_name::is_fit(&name), "done again it is another name: {text:?}, {name:?}");
    let _ = parse_bitrate(&text);
    if let Ok(rung) = RungSpec::parse("720p", &text) {
        let size = rung.fit(lectern_proto::rung::PictureSize { width: 1_920, height: 1_080 });
        assert!(size.width <= rung.box_width && size.height <= rung.box_height);
    }
});
