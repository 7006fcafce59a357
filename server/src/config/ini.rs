//! The INI form: sections, `key = value` lines, full-line comments, and the number of each line.
//!
//! Knows no key. Comments start a line with `#` or `;`; what follows a value on its line belongs to the value, so that a
//! password may hold any character. A byte order mark, CRLF and any UTF-8 are fine.

use std::collections::HashMap;

/// One `key = value` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) line: u32,
    pub(super) section: String,
    pub(super) key: String,
    pub(super) value: String,
}

/// A line that is not of the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BadLine {
    pub(super) line: u32,
    pub(super) section: Option<String>,
    pub(super) key: Option<String>,
    pub(super) what: String,
    pub(super) allowed: String,
}

/// A file that was cut into lines.
#[derive(Debug, Default)]
pub(super) struct Ini {
    pub(super) entries: Vec<Entry>,
    /// Sections with the line of their first header.
    pub(super) sections: HashMap<String, u32>,
    pub(super) bad: Vec<BadLine>,
}

/// Cuts a file into its lines; what is not readable stands in [`Ini::bad`].
pub(super) fn parse(bytes: &[u8]) -> Ini {
    let mut ini = Ini::default();
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        ini.bad.push(BadLine { line: 1, section: None, key: None, what: "the file is UTF-16".into(), allowed: "save it as UTF-8".into() });
        return ini;
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut section: Option<String> = None;
    let mut seen: HashMap<(String, String), u32> = HashMap::new();
    for (number, raw) in (1u32..).zip(bytes.split(|b| *b == b'\n')) {
        let mut bad = |key: Option<&str>, what: &str, allowed: &str| {
            ini.bad.push(BadLine { line: number, section: section.clone(), key: key.map(str::to_owned), what: what.into(), allowed: allowed.into() });
        };
        let Ok(text) = std::str::from_utf8(raw) else {
            bad(None, "the line is not UTF-8", "save the file as UTF-8");
            continue;
        };
        let text = text.trim();
        if text.is_empty() || text.starts_with(['#', ';']) {
            continue;
        }
        if let Some(rest) = text.strip_prefix('[') {
            match rest.strip_suffix(']').map(str::trim) {
                Some(name) if !name.is_empty() => {
                    ini.sections.entry(name.to_owned()).or_insert(number);
                    section = Some(name.to_owned());
                }
                _ => bad(None, &format!("`{text}` is not a section"), "write [name]"),
            }
            continue;
        }
        let Some((key, value)) = text.split_once('=').map(|(k, v)| (k.trim(), v.trim())) else {
            bad(None, &format!("`{}` is neither a section, nor a key, nor a comment", shortened(text)), "write key = value, [section] or # comment");
            continue;
        };
        let Some(name) = section.clone() else {
            bad(Some(key), "the key stands before the first section", "put it below its [section]");
            continue;
        };
        if value.contains(char::is_control) {
            bad(Some(key), "the value holds a control character", "remove it");
            continue;
        }
        if let Some(first) = seen.insert((name.clone(), key.to_owned()), number) {
            bad(Some(key), &format!("the key stands twice, first in line {first}"), "keep one of them");
            continue;
        }
        ini.entries.push(Entry { line: number, section: name, key: key.to_owned(), value: value.to_owned() });
    }
    ini
}

/// The first characters of something that a person wrote, for a message.
pub(super) fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(40).filter(|c| !c.is_control()).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_marks_line_ends_and_unicode() {
        let ini = parse("\u{feff}# klasse\r\n[server]\r\n name = Straße = 5 ; no comment\r\n\r\n[paths]\r\nvideos=a b\r\n".as_bytes());
        assert!(ini.bad.is_empty(), "{:?}", ini.bad);
        let got: Vec<_> = ini.entries.iter().map(|e| (e.line, e.section.as_str(), e.key.as_str(), e.value.as_str())).collect();
        assert_eq!(got, [(3, "server", "name", "Straße = 5 ; no comment"), (6, "paths", "videos", "a b")]);
        assert_eq!(ini.sections["paths"], 5);
    }

    #[test]
    fn says_what_is_wrong_in_which_line() {
        let check = |text: &[u8], line: u32, part: &str| {
            let ini = parse(text);
            assert_eq!(ini.bad.len(), 1, "{text:?}: {:?}", ini.bad);
            assert_eq!(ini.bad[0].line, line, "{text:?}");
            assert!(ini.bad[0].what.contains(part), "{:?} has no `{part}`", ini.bad[0].what);
        };
        check(b"a = b", 1, "before the first section");
        check(b"[server\n", 1, "not a section");
        check(b"[server]\nhello", 2, "neither");
        check(b"[server]\na = 1\n\na = 2", 4, "first in line 2");
        check(b"[server]\na = \xff", 2, "not UTF-8");
        check(b"[server]\na = \x07", 2, "control");
        check(b"\xff\xfe[\0s\0", 1, "UTF-16");
    }

    proptest! {
        #[test]
        fn noise_never_panics(bytes: Vec<u8>) {
            let _ = parse(&bytes);
        }
    }
}
