//! Text that somebody else wrote, as it may be shown: text and nothing else.
//!
//! Names and messages come from people and through servers that nobody vouches for. What would reorder its surroundings, look like a part
//! of the program, hide or pile up over other lines is taken out or made visible here; what scripts and emoji need stays. The server
//! keeps room chat in this form, and every client brings what it shows into it. Done again it changes nothing.

use std::borrow::Cow;

use unicode_general_category::{GeneralCategory, get_general_category};

/// Stands for what may not be shown: U+FFFD, the replacement character.
pub const MARK: char = '\u{FFFD}';
/// Combining marks on one character; Vietnamese needs two, pointed Hebrew and Tibetan some more. Further ones are left out.
pub const COMBINING_MAX: usize = 8;

/// A name or title: one line. Breaks and tabs become spaces.
#[must_use]
pub fn line(text: &str) -> Cow<'_, str> {
    plain(text, false)
}

/// A message: its own line breaks and tabs stay.
#[must_use]
pub fn block(text: &str) -> Cow<'_, str> {
    plain(text, true)
}

/// A name inside a sentence: a right-to-left one is set apart (UAX #9, first strong isolate), so that it does not reorder the words
/// around it. The result is for a layout that knows isolates.
#[must_use]
pub fn isolated(name: &str) -> Cow<'_, str> {
    let name = line(name);
    if name.chars().any(is_right_to_left) { Cow::Owned(format!("\u{2068}{name}\u{2069}")) } else { name }
}

/// Whether a character belongs to a script that is written from right to left, by the blocks of UAX #9.
#[must_use]
pub fn is_right_to_left(c: char) -> bool {
    matches!(u32::from(c), 0x0590..=0x08FF | 0xFB1D..=0xFDFF | 0xFE70..=0xFEFC | 0x1_0800..=0x1_0FFF | 0x1_E800..=0x1_EFFF)
}

/// What is done with one character.
enum Fate {
    Keep,
    /// Shown as [`MARK`].
    Visible,
    Drop,
    Space,
    Break,
}

fn plain(text: &str, may_break: bool) -> Cow<'_, str> {
    if text.bytes().all(|b| matches!(b, b' '..=b'~') || (may_break && matches!(b, b'\n' | b'\t'))) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let (mut before, mut marks) = (None, 0);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        marks = if is_combining(c) { marks + 1 } else { 0 };
        let fate = match c {
            '\r' if chars.peek() == Some(&'\n') => Fate::Drop,
            _ if marks > COMBINING_MAX => Fate::Drop,
            // Joiners shape letters and emoji; between Latin letters they only make two names of one look.
            '\u{200C}' | '\u{200D}' if before.is_none_or(|b: char| b.is_ascii()) => Fate::Drop,
            _ => fate(c),
        };
        let kept = match fate {
            Fate::Keep => c,
            Fate::Visible => MARK,
            Fate::Drop => continue,
            Fate::Break if may_break => '\n',
            Fate::Space if may_break && c == '\t' => '\t',
            Fate::Break | Fate::Space => ' ',
        };
        out.push(kept);
        before = Some(kept);
    }
    if out == text { Cow::Borrowed(text) } else { Cow::Owned(out) }
}

fn is_combining(c: char) -> bool {
    matches!(get_general_category(c), GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark)
}

fn fate(c: char) -> Fate {
    match c {
        '\n' | '\r' | '\u{0B}' | '\u{0C}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Fate::Break,
        '\t' => Fate::Space,
        // Embeddings, overrides and isolates reorder what stands around them; who wrote one meant to, or to deceive.
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => Fate::Visible,
        '\u{200C}' | '\u{200D}' => Fate::Keep,
        // Numbers under one sign, and the like: these are seen.
        '\u{600}'..='\u{605}' | '\u{6DD}' | '\u{70F}' | '\u{890}' | '\u{891}' | '\u{8E2}' => Fate::Keep,
        // Letters that are blank.
        '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FFA0}' | '\u{2800}' => Fate::Drop,
        _ => match get_general_category(c) {
            GeneralCategory::Control | GeneralCategory::PrivateUse | GeneralCategory::Surrogate => Fate::Visible,
            // Direction marks, zero widths, soft hyphens, tags: not seen, but they make two texts of one look.
            GeneralCategory::Format => Fate::Drop,
            _ if (u32::from(c) & 0xFFFE) == 0xFFFE || ('\u{FDD0}'..='\u{FDEF}').contains(&c) => Fate::Visible,
            GeneralCategory::SpaceSeparator if !may_stay(c) => Fate::Space,
            _ => Fate::Keep,
        },
    }
}

/// Spaces that are as wide as they say; the others become the common one.
fn may_stay(c: char) -> bool {
    matches!(c, ' ' | '\u{A0}' | '\u{202F}' | '\u{3000}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_scripts_and_emoji_need_stays() {
        for text in ["Ana", "Ренé Ü", "مرحبا بالعالم", "שָׁלוֹם", "नमस्ते", "می\u{200C}خواهم", "👩\u{200D}🏫 👍🏽 🇩🇪 ❤\u{FE0F}", "Việt", "ไทย", "日本 語", "a\u{A0}b"]
        {
            assert_eq!(line(text), text);
            assert_eq!(block(text), text);
        }
        assert_eq!(block("fn main() {\n\tx();\n}"), "fn main() {\n\tx();\n}");
    }

    #[test]
    fn what_would_deceive_does_not() {
        let check = |text: &str, want: &str| assert_eq!(line(text), want, "{text:?}");
        check("Ana\u{202E}nimda", "Ana\u{FFFD}nimda");
        check("\u{2067}x\u{2069}", "\u{FFFD}x\u{FFFD}");
        check("A\u{200B}n\u{AD}a\u{FEFF}\u{200E}\u{E0041}", "Ana");
        check("A\u{200D}na", "Ana");
        check("a\u{1B}[31mb\u{9B}c\u{0}", "a\u{FFFD}[31mb\u{FFFD}c\u{FFFD}");
        check("a\nb\r\nc\u{2028}d\te", "a b c d e");
        check("a\u{2003}b\u{3164}", "a b");
        check("seal \u{E6A0}", "seal \u{FFFD}");
        check(&format!("e{}x", "\u{301}".repeat(40)), &format!("e{}x", "\u{301}".repeat(COMBINING_MAX)));
        assert_eq!(block("a\r\nb\rc\u{2029}d"), "a\nb\nc\nd");
        assert_eq!(block("x = \"\u{202E}\";\n\u{202A}"), "x = \"\u{FFFD}\";\n\u{FFFD}");
    }

    #[test]
    fn only_right_to_left_names_are_set_apart() {
        assert_eq!(isolated("Ana (2)"), "Ana (2)");
        assert_eq!(isolated("علي"), "\u{2068}علي\u{2069}");
        assert_eq!(isolated("Ana\u{2069}\u{5D0}"), "\u{2068}Ana\u{FFFD}\u{5D0}\u{2069}", "nobody ends the isolate from within");
    }

    proptest! {
        #[test]
        fn done_again_nothing_changes_and_nothing_bad_is_left(text: String) {
            for out in [line(&text), block(&text)] {
                let bad = |c: char| matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200B}' | '\u{FEFF}') || (c.is_control() && c != '\n' && c != '\t');
                prop_assert!(!out.contains(bad));
                prop_assert_eq!(block(&out).into_owned(), out.clone().into_owned());
            }
            prop_assert!(!line(&text).contains(['\n', '\t']));
            prop_assert_eq!(line(&line(&text)).into_owned(), line(&text).into_owned());
        }
    }
}
