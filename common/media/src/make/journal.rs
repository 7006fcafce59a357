//! The finished segments of a track that is not complete, by their place, so that a killed worker goes on where it was and
//! segments may be made in any order.
//!
//! JSON lines: first the track without segments, then one segment with its place each. A line that is not whole, or whose
//! object is not, ends what counts. Every segment is told to the parent as it is noted.

use super::events::{Event, Reporter};
use super::failure::Failure;
use super::store::Store;
use lectern_proto::manifest::{Segment, Track};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Write};
use std::path::PathBuf;

/// Longest journal: 190 bytes for each two seconds of two days.
const JOURNAL_BYTES_MAX: u64 = 20 * 1024 * 1024;
/// Places that a journal may have.
const PLACES_MAX: u32 = 1 << 20;

/// A journal that is being written.
#[derive(Debug)]
pub(crate) struct Journal {
    key: String,
    path: PathBuf,
    file: File,
    head: Track,
    segments: BTreeMap<usize, Segment>,
    reporter: Reporter,
}

/// A line after the first.
#[derive(Serialize, Deserialize)]
struct Line {
    place: u32,
    #[serde(flatten)]
    segment: Segment,
}

impl Journal {
    /// The journal of `key`, continued if it describes the same track, else started.
    pub(crate) fn open(store: &Store, key: &str, head: Track, reporter: &Reporter) -> Result<Self, Failure> {
        let path = store.path(&format!("journal/{key}.jsonl"));
        let recovered = recover(store, &path, &head);
        let failed = |e: std::io::Error| Failure::io("write the journal of a track", &e);
        let file = File::create(&path).map_err(failed)?;
        let mut journal = Self { key: key.to_owned(), file, path, head, segments: BTreeMap::new(), reporter: reporter.clone() };
        journal.line(&journal.head.clone())?;
        reporter.tell(&Event::Head { track: key, head: &journal.head });
        for (place, segment) in recovered {
            journal.add(place, segment)?;
        }
        Ok(journal)
    }

    /// Notes a segment whose object is on the disk.
    pub(crate) fn add(&mut self, place: usize, segment: Segment) -> Result<(), Failure> {
        let line = Line { place: u32::try_from(place).unwrap_or(PLACES_MAX), segment };
        self.line(&line)?;
        self.reporter.tell(&Event::Segment { track: &self.key, place: line.place, segment: &line.segment });
        self.segments.insert(place, line.segment);
        Ok(())
    }

    /// Whether the segment of a place is there.
    pub(crate) fn has(&self, place: usize) -> bool {
        self.segments.contains_key(&place)
    }

    /// How many segments are there.
    pub(crate) fn len(&self) -> usize {
        self.segments.len()
    }

    /// The first place from this one on that has no segment.
    pub(crate) fn missing_from(&self, place: usize) -> usize {
        let mut missing = place;
        for have in self.segments.range(place..).map(|(p, _)| *p) {
            if have != missing {
                break;
            }
            missing += 1;
        }
        missing
    }

    /// Publishes the complete track and forgets the journal; false when it is empty.
    pub(crate) fn publish(self, store: &Store) -> Result<bool, Failure> {
        if self.segments.is_empty() {
            return Ok(false);
        }
        let mut track = self.head;
        track.segments = self.segments.into_values().collect();
        // A segment ends where the next one starts, whatever was known of that when it was made.
        for i in 1..track.segments.len() {
            let start = track.segments[i].start;
            let before = &mut track.segments[i - 1];
            before.duration = start.saturating_sub(before.start).max(1);
        }
        store.publish(&format!("tracks/{}.json", self.key), &track)?;
        let _ = std::fs::remove_file(self.path);
        self.reporter.tell(&Event::Track { file: &format!("{}.json", self.key) });
        Ok(true)
    }

    fn line(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        let mut line = serde_json::to_vec(value).map_err(|e| Failure::internal("write JSON", e))?;
        line.push(b'\n');
        self.file.write_all(&line).map_err(|e| Failure::io("write the journal of a track", &e))
    }
}

fn recover(store: &Store, path: &std::path::Path, head: &Track) -> BTreeMap<usize, Segment> {
    let mut text = String::new();
    let read = File::open(path).and_then(|f| f.take(JOURNAL_BYTES_MAX).read_to_string(&mut text));
    if read.is_err() {
        return BTreeMap::new();
    }
    let mut lines = text.split_inclusive('\n').filter_map(|l| l.strip_suffix('\n'));
    let same = lines.next().and_then(|l| serde_json::from_str::<Track>(l).ok()).is_some_and(|t| same_track(&t, head));
    if !same || !store.has(head.init, head.init_bytes.into()) {
        return BTreeMap::new();
    }
    let mut segments: BTreeMap<usize, Segment> = BTreeMap::new();
    for line in lines {
        let Ok(Line { place, segment }) = serde_json::from_str(line) else { break };
        let sane = place < PLACES_MAX && segment.start < u64::MAX / 4 && segment.duration < u64::MAX / 4;
        if !sane || !segment.chunk.is_some_and(|c| store.has(c, segment.bytes.into())) {
            continue;
        }
        segments.insert(place as usize, segment);
    }
    // What does not lie between its neighbours is of another time.
    let mut end = 0;
    segments.retain(|_, s| {
        let follows = s.start >= end;
        end = if follows { s.start + 1 } else { end };
        follows
    });
    segments
}

/// The same but for the rung's name, which does not change what is encoded.
fn same_track(a: &Track, b: &Track) -> bool {
    (a.init, a.init_bytes, a.timescale, &a.codec) == (b.init, b.init_bytes, b.timescale, &b.codec)
}
