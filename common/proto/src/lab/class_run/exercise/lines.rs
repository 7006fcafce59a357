//! The form of an exercise's text: sections, `key = value` lines, comments, and the number of each line. Knows which keys there are, and
//! nothing of their values.

use std::collections::HashMap;

use super::error::Fault;

/// Sections and their keys; those of `[expect]` are quantities.
pub(super) const KEYS: [(&str, &[&str]); 4] = [
    ("exercise", &["title", "text", "kind"]),
    (
        "run",
        &[
            "protocol",
            "window",
            "sequence_bits",
            "unsafe_window",
            "packet",
            "bytes",
            "loss",
            "ack_loss",
            "corrupt",
            "duplicate",
            "timeout_ms",
            "overtaken",
            "delay_ms",
            "rate_kbps",
            "seed",
        ],
    ),
    ("question", &["ask", "about"]),
    ("expect", &["packets", "retransmissions", "acks", "time_s", "goodput_mbps", "efficiency"]),
];
/// Keys whose values are sentences: all of the line belongs to them.
const SENTENCES: [&str; 3] = ["title", "text", "ask"];
/// The key that may stand several times.
const AGAIN: &str = "text";
/// Faults that are told of one text; nobody reads more at once.
pub(super) const FAULTS_MAX: usize = 50;

/// One `key = value` line of a known section and key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) line: u32,
    pub(super) section: &'static str,
    pub(super) key: &'static str,
    pub(super) value: String,
}

/// A text that was cut into lines.
#[derive(Debug, Default)]
pub(super) struct Lines {
    pub(super) entries: Vec<Entry>,
    /// Known sections with the line of their first header.
    pub(super) sections: HashMap<&'static str, u32>,
    pub(super) last: u32,
    pub(super) faults: Vec<Fault>,
}

/// Cuts a text into its lines; what is not of the form stands in [`Lines::faults`].
pub(super) fn cut(text: &str) -> Lines {
    let mut lines = Lines { last: 1, ..Lines::default() };
    // None before the first header; then a known section, or what else stood there.
    let mut section: Option<Result<(&'static str, &'static [&'static str]), ()>> = None;
    let mut seen: HashMap<(&str, &str), u32> = HashMap::new();
    for (number, raw) in (1_u32..).zip(text.trim_start_matches('\u{feff}').lines()) {
        lines.last = number;
        let text = raw.trim();
        if text.is_empty() || text.starts_with(['#', ';']) {
            continue;
        }
        if lines.faults.len() >= FAULTS_MAX {
            break;
        }
        let known = section.and_then(Result::ok);
        let mut fault = |section: Option<&str>, key: Option<&str>, what: String, allowed: &str| {
            lines.faults.push(Fault { line: number, section: section.map(Into::into), key: key.map(shortened), what, allowed: allowed.into() });
        };
        if let Some(rest) = text.strip_prefix('[') {
            let name = rest.split_once(']').filter(|(_, after)| is_comment(after)).map(|(name, _)| name.trim());
            let found = name.and_then(|name| KEYS.into_iter().find(|(known, _)| *known == name));
            section = Some(found.ok_or(()));
            match (name, found) {
                (_, Some((name, _))) => _ = lines.sections.entry(name).or_insert(number),
                (Some(name), None) => {
                    fault(Some(&shortened(name)), None, "there is no such section".into(), "there are [exercise], [run], [question], [expect]");
                }
                (None, None) => fault(None, None, format!("`{}` is not a section", shortened(text)), "write [name]"),
            }
            continue;
        }
        let Some((key, value)) = text.split_once('=').map(|(key, value)| (key.trim(), value.trim())) else {
            let what = format!("`{}` is neither a section, nor a key, nor a comment", shortened(text));
            fault(known.map(|(name, _)| name), None, what, "write key = value, [section] or # comment");
            continue;
        };
        let Some((name, keys)) = known else {
            // What stands in an unknown section was told of with it.
            if section.is_none() {
                fault(None, Some(key), "the key stands before the first section".into(), "put it below its [section]");
            }
            continue;
        };
        let Some(key) = keys.iter().copied().find(|known| *known == key) else {
            fault(Some(name), Some(key), "there is no such key".into(), &format!("[{name}] has {}", keys.join(", ")));
            continue;
        };
        let value = if SENTENCES.contains(&key) { value } else { without_comment(value) };
        if value.contains(char::is_control) {
            fault(Some(name), Some(key), "the value holds a control character".into(), "remove it");
        } else if value.is_empty() {
            fault(Some(name), Some(key), "there is no value".into(), "write one, or put # in front of the line");
        } else if let Some(first) = seen.insert((name, key), number).filter(|_| key != AGAIN) {
            fault(Some(name), Some(key), format!("the key stands twice, first in line {first}"), "keep one of them");
        } else {
            lines.entries.push(Entry { line: number, section: name, key, value: value.to_owned() });
        }
    }
    lines
}

fn is_comment(text: &str) -> bool {
    let text = text.trim();
    text.is_empty() || text.starts_with(['#', ';'])
}

/// A value up to a comment behind it, which begins after a space.
fn without_comment(value: &str) -> &str {
    let begins = |(at, c): (usize, char)| matches!(c, '#' | ';') && (at == 0 || value[..at].ends_with(char::is_whitespace));
    let end = value.char_indices().find(|found| begins(*found)).map_or(value.len(), |(at, _)| at);
    value[..end].trim_end()
}

/// The first characters of something that a person wrote, for a message.
pub(super) fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(40).filter(|c| !c.is_control()).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
