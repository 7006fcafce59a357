//! The finished segments of a track that is not complete, so that a killed worker goes on where it was.
//!
//! JSON lines: first the track without segments, then one segment each. A line that is not whole, or whose object is
//! not, ends what counts.

use super::failure::Failure;
use super::store::Store;
use lectern_proto::manifest::{Segment, Track};
use std::fs::File;
use std::io::{Read, Write};
use std::path::PathBuf;

/// Longest journal: 170 bytes for each two seconds of two days.
const JOURNAL_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// A journal that is being written.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    file: File,
    track: Track,
}

impl Journal {
    /// The journal of `key`, continued if it describes the same track, else started.
    pub(crate) fn open(store: &Store, key: &str, head: Track) -> Result<Self, Failure> {
        let path = store.path(&format!("journal/{key}.jsonl"));
        let segments = recover(store, &path, &head);
        let failed = |e: std::io::Error| Failure::io("write the journal of a track", &e);
        let mut journal = Self { file: File::create(&path).map_err(failed)?, path, track: head };
        journal.line(&serde_json::to_vec(&journal.track).map_err(|e| Failure::internal("write JSON", e))?)?;
        for segment in segments {
            journal.add(segment)?;
        }
        Ok(journal)
    }

    /// Notes a segment whose object is on the disk.
    pub(crate) fn add(&mut self, segment: Segment) -> Result<(), Failure> {
        self.line(&serde_json::to_vec(&segment).map_err(|e| Failure::internal("write JSON", e))?)?;
        self.track.segments.push(segment);
        Ok(())
    }

    pub(crate) fn segments(&self) -> &[Segment] {
        &self.track.segments
    }

    /// Where the next segment starts, in ticks.
    pub(crate) fn end(&self) -> u64 {
        self.track.segments.last().map_or(0, |s| s.start + s.duration)
    }

    /// Publishes the complete track and forgets the journal.
    pub(crate) fn publish(self, store: &Store, key: &str) -> Result<(), Failure> {
        store.publish(&format!("tracks/{key}.json"), &self.track)?;
        let _ = std::fs::remove_file(self.path);
        Ok(())
    }

    fn line(&mut self, json: &[u8]) -> Result<(), Failure> {
        let mut line = json.to_vec();
        line.push(b'\n');
        self.file.write_all(&line).map_err(|e| Failure::io("write the journal of a track", &e))
    }
}

fn recover(store: &Store, path: &std::path::Path, head: &Track) -> Vec<Segment> {
    let mut text = String::new();
    let read = File::open(path).and_then(|f| f.take(JOURNAL_BYTES_MAX).read_to_string(&mut text));
    if read.is_err() {
        return Vec::new();
    }
    let mut lines = text.split_inclusive('\n').filter_map(|l| l.strip_suffix('\n'));
    let same = lines.next().and_then(|l| serde_json::from_str::<Track>(l).ok()).is_some_and(|t| same_track(&t, head));
    if !same || !store.has(head.init, head.init_bytes.into()) {
        return Vec::new();
    }
    let mut segments: Vec<Segment> = Vec::new();
    for line in lines {
        let Ok(segment) = serde_json::from_str::<Segment>(line) else { break };
        let follows = segments.last().is_none_or(|s| s.start.checked_add(s.duration) == Some(segment.start));
        if !follows || segment.start > u64::MAX / 4 || segment.duration > u64::MAX / 4 || !store.has(segment.chunk, segment.bytes.into()) {
            break;
        }
        segments.push(segment);
    }
    segments
}

/// The same but for the rung's name, which does not change what is encoded.
fn same_track(a: &Track, b: &Track) -> bool {
    (a.init, a.init_bytes, a.timescale, &a.codec) == (b.init, b.init_bytes, b.timescale, &b.codec)
}
