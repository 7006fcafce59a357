//! What a source tells beside its media: its chapters, and what of it could not be read. Part of a
//! [`crate::manifest::Manifest`]; pure data, nothing here opens a file.

use serde::{Deserialize, Serialize};

use crate::limits::{CHAPTERS_MAX, LOST_MAX, TITLE_MAX};

/// Losses closer to one another than this are one, in microseconds.
const APART_US: u64 = 500_000;

/// Chapters and losses, both in order of time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Details {
    /// At most [`CHAPTERS_MAX`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chapters: Vec<Chapter>,
    /// What could not be read: there the picture stands still, or the sound is silent. At most [`LOST_MAX`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<Span>,
}

/// A chapter; it lasts until the next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chapter {
    /// Microseconds from the start of the video.
    pub start_us: u64,
    /// At most [`TITLE_MAX`] characters; empty when the source gives none.
    pub title: String,
}

/// A stretch of the time line, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Span {
    pub start_us: u64,
    pub duration_us: u64,
}

impl Span {
    #[must_use]
    pub fn end_us(&self) -> u64 {
        self.start_us.saturating_add(self.duration_us)
    }
}

impl Details {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.chapters.is_empty() && self.lost.is_empty()
    }

    /// Whether it keeps within its limits.
    #[must_use]
    pub fn is_bounded(&self) -> bool {
        // A character has at most four bytes.
        self.chapters.len() <= CHAPTERS_MAX && self.lost.len() <= LOST_MAX && self.chapters.iter().all(|c| c.title.len() <= TITLE_MAX * 4)
    }
}

/// Spans in order, without overlaps, those that lie close made one; of too many the longest [`LOST_MAX`].
#[must_use]
pub fn unite(mut spans: Vec<Span>) -> Vec<Span> {
    spans.retain(|s| s.duration_us > 0);
    spans.sort_by_key(|s| s.start_us);
    let mut united: Vec<Span> = Vec::new();
    for span in spans {
        match united.last_mut() {
            Some(last) if span.start_us <= last.end_us().saturating_add(APART_US) => {
                last.duration_us = last.end_us().max(span.end_us()) - last.start_us;
            }
            _ => united.push(span),
        }
    }
    if united.len() > LOST_MAX {
        united.sort_by_key(|s| std::cmp::Reverse(s.duration_us));
        united.truncate(LOST_MAX);
        united.sort_by_key(|s| s.start_us);
    }
    united
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn spans(list: &[(u64, u64)]) -> Vec<Span> {
        list.iter().map(|(start_us, duration_us)| Span { start_us: *start_us, duration_us: *duration_us }).collect()
    }

    #[test]
    fn overlapping_and_close_losses_are_one() {
        let check = |input: &[(u64, u64)], want: &[(u64, u64)]| assert_eq!(unite(spans(input)), spans(want), "{input:?}");
        check(&[], &[]);
        check(&[(5, 0)], &[]);
        check(&[(2_000_000, 1_000_000), (1_000_000, 1_500_000)], &[(1_000_000, 2_000_000)]);
        check(&[(0, 10), (500_010, 10), (1_000_021, 10)], &[(0, 500_020), (1_000_021, 10)]);
        check(&[(0, 100), (10, 10)], &[(0, 100)]);
        check(&[(1, u64::MAX), (5, u64::MAX)], &[(1, u64::MAX - 1)]);
    }

    proptest! {
        #[test]
        fn what_is_united_is_ordered_apart_and_bounded(list: Vec<(u32, u32)>) {
            let united = unite(spans(&list.iter().map(|(s, d)| (u64::from(*s), u64::from(*d))).collect::<Vec<_>>()));
            prop_assert!(united.len() <= LOST_MAX);
            prop_assert!(united.windows(2).all(|w| w[0].end_us() + APART_US < w[1].start_us));
        }
    }
}
