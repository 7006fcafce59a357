//! Why a video cannot be prepared: the server's own sentence about it, and its kind, so that a window can say it in another language.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a video is in the catalogue and cannot be watched.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FailureReason {
    /// What happened, why, and what to do; English.
    pub sentence: String,
    pub kind: FailureKind,
}

impl FailureReason {
    #[must_use]
    pub fn new(kind: FailureKind, sentence: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), kind }
    }
}

impl fmt::Display for FailureReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

/// What kind of failure: one byte on the wire. A byte that is not known is [`FailureKind::Other`], so kinds are added without a
/// new version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "u8", into = "u8")]
pub enum FailureKind {
    /// The sentence alone says it.
    Other,
    /// The file has no bytes.
    Empty,
    /// The file ends before its index or its first picture.
    Truncated,
    /// Not a media file that is read here.
    Unreadable,
    /// A media file without pictures and sound.
    NoMedia,
    /// It lasts no time.
    ZeroDuration,
    /// The file, or what is prepared of it, cannot be read or written.
    Io,
    /// The server's disk is full; it is tried again by itself.
    NoSpace,
    /// Somebody else prepares it.
    Busy,
    /// A fault of the program.
    Internal,
    /// A media file whose content is damaged.
    Damaged,
    /// A media file of a form that is not decoded here.
    Unsupported,
    /// Preparing it needs more memory than it may have.
    NoMemory,
    /// The program that prepares cannot be started.
    NoWorker,
    /// Preparing it took longer than it may, or stood still.
    TooSlow,
    /// The program that prepares ended without a word, or spoke nonsense.
    Crashed,
    /// What was prepared before is damaged.
    Prepared,
}

impl FailureKind {
    /// All kinds, in the order of their bytes.
    pub const ALL: [Self; 17] = [
        Self::Other,
        Self::Empty,
        Self::Truncated,
        Self::Unreadable,
        Self::NoMedia,
        Self::ZeroDuration,
        Self::Io,
        Self::NoSpace,
        Self::Busy,
        Self::Internal,
        Self::Damaged,
        Self::Unsupported,
        Self::NoMemory,
        Self::NoWorker,
        Self::TooSlow,
        Self::Crashed,
        Self::Prepared,
    ];

    /// As documents and the media worker call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Other => "other",
            Self::Empty => "empty",
            Self::Truncated => "truncated",
            Self::Unreadable => "unreadable",
            Self::NoMedia => "no_media",
            Self::ZeroDuration => "zero_duration",
            Self::Io => "io",
            Self::NoSpace => "no_space",
            Self::Busy => "busy",
            Self::Internal => "internal",
            Self::Damaged => "damaged",
            Self::Unsupported => "unsupported",
            Self::NoMemory => "no_memory",
            Self::NoWorker => "no_worker",
            Self::TooSlow => "too_slow",
            Self::Crashed => "crashed",
            Self::Prepared => "prepared",
        }
    }

    /// The kind of this name; [`FailureKind::Other`] for a name that is not known.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|kind| kind.name() == name).unwrap_or(Self::Other)
    }
}

impl From<u8> for FailureKind {
    fn from(byte: u8) -> Self {
        Self::ALL.get(usize::from(byte)).copied().unwrap_or(Self::Other)
    }
}

impl From<FailureKind> for u8 {
    fn from(kind: FailureKind) -> Self {
        kind as Self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire;

    #[test]
    fn every_kind_has_its_byte_and_its_name() {
        for (byte, kind) in (0_u8..).zip(FailureKind::ALL) {
            assert_eq!((u8::from(kind), FailureKind::from(byte), FailureKind::named(kind.name())), (byte, kind, kind));
            assert_eq!(wire::encode(&kind), [byte]);
        }
        assert_eq!(FailureKind::named("given_up"), FailureKind::Other);
    }

    #[test]
    fn a_kind_of_a_later_version_is_another() {
        let bytes = [wire::encode(&"Odd.".to_owned()), vec![250]].concat();
        assert_eq!(wire::decode::<FailureReason>(&bytes).ok(), Some(FailureReason::new(FailureKind::Other, "Odd.")));
    }
}
