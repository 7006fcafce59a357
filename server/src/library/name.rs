//! Names of files: which are videos, what their ids and titles are. Pure.

use std::ffi::OsStr;
use std::path::Path;

use lectern_proto::control::VideoId;
use lectern_proto::limits::TITLE_MAX;
use sha2::{Digest, Sha256};

use crate::platform::name_bytes;

/// Endings that programs give to files that are not complete.
const UNFINISHED: &[&str] = &["part", "crdownload", "tmp", "temp", "partial", "download", "opdownload", "filepart", "swp"];

/// Whether a name is no video: hidden, a backup, or on its way.
pub(super) fn is_ignored(name: &OsStr) -> bool {
    let bytes = name_bytes(name);
    let ending = Path::new(name).extension().map(|e| e.to_string_lossy().to_lowercase());
    bytes.first() == Some(&b'.') || bytes.last() == Some(&b'~') || ending.is_some_and(|e| UNFINISHED.contains(&e.as_str()))
}

/// The id of a file: the first 16 hexadecimal digits of SHA-256 of its name's bytes.
pub(super) fn video_id(name: &OsStr) -> VideoId {
    VideoId(Sha256::digest(name_bytes(name)).iter().take(8).map(|b| format!("{b:02x}")).collect())
}

/// A title that can be shown: that of the file's metadata, or the name without its ending.
pub(super) fn title(metadata: Option<&str>, name: &OsStr) -> String {
    let stem = Path::new(name).file_stem().unwrap_or(name).to_string_lossy();
    metadata.map(printable).filter(|t| !t.is_empty()).unwrap_or_else(|| {
        let title = printable(&stem);
        if title.is_empty() { "?".to_owned() } else { title }
    })
}

/// Without control characters and marks that turn the direction of a line, with single spaces, cut to `TITLE_MAX`.
pub(super) fn printable(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let clean: String = text.chars().map(|c| if c.is_control() || c == '\u{2028}' || c == '\u{2029}' { ' ' } else { c }).filter(|c| !turns(*c)).collect();
    let words: Vec<_> = clean.split_whitespace().collect();
    words.join(" ").chars().take(TITLE_MAX).collect::<String>().trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unfinished_and_hidden_files_are_no_videos() {
        for (name, ignored) in [
            ("a.mp4", false),
            ("-1.mp4", false),
            ("a b.MKV", false),
            ("noext", false),
            (".a.mp4", true),
            ("a.mp4.part", true),
            ("a.CRDOWNLOAD", true),
            ("a.mp4~", true),
        ] {
            assert_eq!(is_ignored(OsStr::new(name)), ignored, "{name}");
        }
    }

    #[test]
    fn titles_are_printable() {
        let check = |metadata: Option<&str>, name: &str, want: &str| assert_eq!(title(metadata, OsStr::new(name)), want);
        check(None, "Übung \"eins\" -1.mp4", "Übung \"eins\" -1");
        check(None, "two\nlines\t.mp4", "two lines");
        check(Some("  Wellen \u{202e}und\u{0} Teilchen "), "x.mp4", "Wellen und Teilchen");
        check(Some(" "), "x.tar.gz", "x.tar");
        check(None, "\u{1}.mp4", "?");
        assert_eq!(title(Some(&"ä".repeat(999)), OsStr::new("x")).chars().count(), TITLE_MAX);
    }

    #[cfg(unix)]
    #[test]
    fn ids_are_of_bytes_not_of_what_is_shown() {
        use std::os::unix::ffi::OsStrExt;
        let (a, b) = (OsStr::from_bytes(b"a\xff.mp4"), OsStr::from_bytes(b"a\xfe.mp4"));
        assert_eq!(title(None, a), title(None, b));
        assert_ne!(video_id(a), video_id(b));
        assert_eq!(video_id(OsStr::new("a.mp4")).0.len(), 16);
    }
}
