//! Names of files that come from somebody else: one that any system takes in any folder, and that looks like what it is.

use std::borrow::Cow;

use crate::text;

/// Longest name in bytes.
pub const NAME_MAX: usize = 255;

const INSTEAD: char = '_';

/// Whether a name can stand for a file on any system: 1 to [`NAME_MAX`] bytes, nothing that separates folders or streams, that names a
/// device or that cannot be seen, no space before it, no dot or space after it.
#[must_use]
pub fn is_fit(name: &str) -> bool {
    nearer(name) == name
}

/// The nearest name that is fit.
#[must_use]
pub fn fit(name: &str) -> Cow<'_, str> {
    let mut fit = nearer(name);
    // What is taken away may leave something in front that cannot stand there. After the first time it is short.
    for _ in 0..NAME_MAX {
        let again = nearer(&fit).into_owned();
        if again == fit {
            return fit;
        }
        fit = Cow::Owned(again);
    }
    Cow::Borrowed("file")
}

fn nearer(name: &str) -> Cow<'_, str> {
    let seen = text::line(name);
    let mut fit: String = seen.chars().map(|c| if is_forbidden(c) { INSTEAD } else { c }).collect();
    if is_device(&fit) {
        fit.insert(0, INSTEAD);
    }
    // What it is stands at the end.
    let ending = fit.rfind('.').filter(|at| *at > 0 && fit.len() - at <= 16).map_or(String::new(), |at| fit.split_off(at));
    while fit.len() + ending.len() > NAME_MAX {
        fit.pop();
    }
    fit.push_str(&ending);
    let fit = fit.trim_start().trim_end_matches(['.', ' ', '\u{A0}', '\u{202F}', '\u{3000}']);
    let fit = if fit.is_empty() { "file" } else { fit };
    if fit == name { Cow::Borrowed(name) } else { Cow::Owned(fit.to_owned()) }
}

fn is_forbidden(c: char) -> bool {
    c.is_control() || "/\\:*?\"<>|".contains(c)
}

/// Names that Windows keeps for devices, whatever follows a dot.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim().to_ascii_uppercase();
    let port = |device: &str| stem.strip_prefix(device).is_some_and(|n| n.chars().count() == 1 && n.chars().all(|c| "0123456789¹²³".contains(c)));
    ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"].contains(&stem.as_str()) || port("COM") || port("LPT")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_taken_or_made_fit() {
        for name in ["notes.txt", "Übung 3.pdf", "مذكرة.txt", ".config", "a", "archive.tar.gz", "日本.png"] {
            assert!(is_fit(name), "{name}");
        }
        for (name, want) in [
            ("../../etc/passwd", ".._.._etc_passwd"),
            ("C:\\x.exe", "C__x.exe"),
            ("exe.\u{202E}txt", "exe.\u{FFFD}txt"),
            ("con", "_con"),
            ("NUL.txt", "_NUL.txt"),
            ("com7.log", "_com7.log"),
            ("..", "file"),
            ("", "file"),
            (" a. ", "a"),
            ("\u{202F}\u{200D}", "file"),
            ("\u{202F}\u{200D}\u{A0}\u{200D}a", "a"),
            ("a\0b\nc", "a\u{FFFD}b c"),
        ] {
            assert_eq!(fit(name), want, "{name:?}");
        }
        let long = fit(&format!("{}.pdf", "ü".repeat(200))).into_owned();
        assert!(long.len() <= NAME_MAX && long.ends_with("ü.pdf"), "{long}");
    }

    proptest! {
        #[test]
        fn what_was_made_fit_is(name: String) {
            let once = fit(&name).into_owned();
            prop_assert!(is_fit(&once), "{once:?}");
            prop_assert!(!once.contains(['/', '\\', '\0']) && (1..=NAME_MAX).contains(&once.len()));
            prop_assert!(once != "." && once != "..");
        }
    }
}
