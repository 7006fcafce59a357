#![no_main]
//! The configuration file, and what `--set` says over it.

use lectern_fuzz::begin_with;
use lectern_server::config::{Config, Sources};

const SHIPPED: &str = include_str!("../../../config.ini");

fn seeds() -> Vec<Vec<u8>> {
    let mut all: Vec<_> = SHIPPED.split("\n[").map(|section| format!("[{}", section.trim_start_matches('[')).into_bytes()).collect();
    all.push(SHIPPED.as_bytes().to_vec());
    all.push(b"\xef\xbb\xbf[server]\r\nname = Stra\xc3\x9fe\r\n\0limits.people=3\0store.url=postgres://a@b/c".to_vec());
    all
}

libfuzzer_sys::fuzz_target!(init: begin_with(seeds()), |data: &[u8]| {
    // Behind the first zero byte begin the settings.
    let mut parts = data.split(|b| *b == 0);
    let file = parts.next().unwrap_or_default();
    let set = parts.map(|text| String::from_utf8_lossy(text).into_owned()).collect();
    let sources = Sources { file: "class/config.ini".into(), set, data_dir: None };
    match Config::parse(&sources, file) {
        Ok(config) => {
            assert!(!config.ladder.is_empty() && !config.live_ladder.is_empty() && (1..=64).contains(&config.name.len()));
            // That there is a password is shown, and not which; what else is called alike may be.
            let shown = config.to_json();
            let password = shown["settings"].as_array().into_iter().flatten().find(|s| s["section"] == "rooms" && s["key"] == "password");
            let is_told = config.room.password.map_or("(generated)", |_| "(set)");
            assert_eq!(password.and_then(|s| s["value"].as_str()), Some(is_told));
        }
        Err(problems) => assert!(!problems.is_empty() && problems.iter().all(|p| p.to_string().lines().count() == 1), "{problems:?}"),
    }
});
