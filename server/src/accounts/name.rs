//! Which names accounts may have, and which two look alike.
//!
//! A name is brought to NFKC and single spaces. Two names are one when their skeletons are (Unicode UTS 39, 4), whatever their case: nobody
//! can take `Frau Müller` with a Cyrillic `а`, and somebody who types her own name in another case still finds her account.

use lectern_proto::control::NameFault;
use lectern_proto::limits::NAME_MAX;
use unicode_normalization::UnicodeNormalization;
use unicode_security::confusable_detection::skeleton;
use unicode_security::mixed_script::AugmentedScriptSet;

/// A name that an account may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AccountName {
    /// As it is shown.
    pub(crate) shown: String,
    /// What it looks like.
    pub(crate) skeleton: String,
}

impl AccountName {
    /// Reads a name.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, NameFault> {
        // Before anything is made of it: NFKC may make 18 characters of one.
        if text.len() > 4 * NAME_MAX {
            return Err(NameFault::Long);
        }
        let shown = text.nfkc().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ");
        if shown.is_empty() {
            return Err(NameFault::Empty);
        }
        if shown.len() > NAME_MAX {
            return Err(NameFault::Long);
        }
        let has_letter = shown.chars().any(char::is_alphanumeric);
        if !has_letter || !shown.chars().all(is_allowed) || shown.chars().next().is_some_and(is_mark) {
            return Err(NameFault::Characters);
        }
        if AugmentedScriptSet::for_str(&shown).is_empty() {
            return Err(NameFault::MixedScripts);
        }
        // Lower case on both sides: a capital I looks like a small l, and its own small letter does not.
        let skeleton = skeleton(&shown.to_lowercase()).collect::<String>().to_lowercase();
        Ok(Self { shown, skeleton })
    }
}

fn is_allowed(c: char) -> bool {
    c.is_alphanumeric() || is_mark(c) || " -_.'’·".contains(c)
}

/// Combining marks: accents without a letter of their own, and vowel signs of Indic and other scripts.
fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_names_are_names() {
        let check = |name: &str, want: Result<&str, NameFault>| {
            assert_eq!(AccountName::parse(name).map(|n| n.shown).as_deref().map_err(|e| *e), want, "{name:?}");
        };
        check("Ana", Ok("Ana"));
        check("  Frau   Müller-O’Neill ", Ok("Frau Müller-O’Neill"));
        check("ﬁne", Ok("fine"));
        check("Анна", Ok("Анна"));
        check("हिन्दी", Ok("हिन्दी"));
        check("田中 さくら", Ok("田中 さくら"));
        check("", Err(NameFault::Empty));
        check(" \t\u{a0} ", Err(NameFault::Empty));
        check("...", Err(NameFault::Characters));
        check("a\u{202e}na", Err(NameFault::Characters));
        check("a\u{200b}na", Err(NameFault::Characters));
        check("a\0", Err(NameFault::Characters));
        check("ana@x", Err(NameFault::Characters));
        check("\u{301}a", Err(NameFault::Characters));
        check("Pаul", Err(NameFault::MixedScripts));
        check(&"x".repeat(NAME_MAX), Ok(&"x".repeat(NAME_MAX)));
        check(&"x".repeat(NAME_MAX + 1), Err(NameFault::Long));
        check(&"x".repeat(10_000_000), Err(NameFault::Long));
        // One character of 3 bytes that becomes 18.
        check(&"\u{fdfa}".repeat(4), Err(NameFault::Long));
    }

    #[test]
    fn which_names_look_alike() {
        let look = |name: &str| AccountName::parse(name).expect(name).skeleton;
        assert_eq!(look("Ana"), look("ANA"));
        assert_eq!(look("Анна"), look("анна"));
        assert_eq!(look("сосо"), look("coco"), "all Cyrillic, all Latin");
        assert_eq!(look("Frau  Mu\u{308}ller"), look("frau müller"));
        for (one, two) in [("Ana", "Anna"), ("Ben", "Бен"), ("müller", "muller")] {
            assert_ne!(look(one), look(two), "{one} {two}");
        }
    }
}
