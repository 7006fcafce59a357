#![no_main]
//! `[store] url`: what names a database, and that it is shown without its password.

use std::path::Path;

use lectern_fuzz::begin_with;
use lectern_server::config::StoreUrl;

fn seeds() -> Vec<Vec<u8>> {
    let urls = [
        "sqlite:lectern.db",
        "sqlite:///var/lib/lectern.db",
        "sqlite::memory:",
        "postgres://lectern:secret@db.school:5433/lectern?sslmode=verify-full",
        "postgresql:///lectern?host=/run/postgresql&user=x",
        "postgres://a@[::1]/b",
    ];
    urls.map(|url| url.as_bytes().to_vec()).to_vec()
}

libfuzzer_sys::fuzz_target!(init: begin_with(seeds()), |data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Some(url) = StoreUrl::parse(text, Path::new("data")) else { return };
    let (shown, debug) = (url.to_string(), format!("{url:?}"));
    if let StoreUrl::Postgres(whole) = &url {
        assert_eq!(whole, text);
        // RFC 3986, 3.2: in front of the path, and of the last @ there.
        let authority = text.split_once("://").and_then(|(_, rest)| rest.split(['/', '?', '#']).next());
        let password = authority.and_then(|a| a.rsplit_once('@')).and_then(|(user, _)| user.split_once(':')).map(|(_, password)| password);
        let is_plain = |p: &&str| p.len() > 24 && p.bytes().all(|b| b.is_ascii_alphanumeric());
        // Who calls the host or the database like the password has told it.
        if let Some(password) = password.filter(is_plain).filter(|p| text.matches(p).count() == 1) {
            assert!(!shown.contains(password) && !debug.contains(password), "the password is shown: {shown}");
        }
    }
});
