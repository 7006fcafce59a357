//! What of a source could not be read: times on its time line, kept beside what was prepared of it.
//!
//! `lost.jsonl` in the folder of the content: one [`Span`] a line, as it is found. A worker that goes on where another stopped
//! adds to it, and pictures and sound each tell what they miss, so spans may overlap and repeat; whoever reads unites them
//! ([`lectern_proto::manifest::unite`]). Losing this file loses words, no media: nothing fails because of it.

use super::store::Store;
use lectern_proto::limits::LOST_LINES_MAX;
use lectern_proto::manifest::Span;
use std::fs::File;
use std::io::Write;

/// Where losses are noted.
#[derive(Debug, Default)]
pub(crate) struct Losses {
    file: Option<File>,
    lines: usize,
}

impl Losses {
    /// Beside what `store` keeps.
    pub(crate) fn beside(store: &Store) -> Self {
        let file = File::options().create(true).append(true).open(store.path("lost.jsonl"));
        Self { file: file.inspect_err(|error| tracing::warn!(%error, "what is lost cannot be noted")).ok(), lines: 0 }
    }

    /// From and to in microseconds of the presentation; what lies before its start does not count.
    pub(crate) fn add(&mut self, from_us: i64, to_us: i64) {
        let (start_us, end_us) = (u64::try_from(from_us).unwrap_or(0), u64::try_from(to_us).unwrap_or(0));
        let Some(duration_us) = end_us.checked_sub(start_us).filter(|d| *d > 0) else { return };
        if let Some(file) = self.file.as_mut().filter(|_| self.lines < LOST_LINES_MAX) {
            self.lines += 1;
            let mut line = serde_json::to_vec(&Span { start_us, duration_us }).unwrap_or_default();
            line.push(b'\n');
            let _ = file.write_all(&line);
        }
    }
}
