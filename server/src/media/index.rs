//! Which chunks may be fetched and where each is: a compact map from a chunk's name to its directory and length.
//!
//! Holds the first eight bytes of a name only (an hour of video in five tracks is 9,000 chunks): a request for another
//! name with the same first bytes finds no file. Written by the library, read by media connections; knows when a chunk of each
//! directory was fetched last, so that the library does not throw away what somebody plays.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use lectern_proto::manifest::ChunkHash;

/// A chunk that may be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChunkPlace {
    pub path: PathBuf,
    pub bytes: u32,
}

#[derive(Debug)]
struct Content {
    objects: Arc<Path>,
    chunks: Vec<(u64, u32)>,
    /// When a chunk was found last: milliseconds since the index was made, counted from 1; 0: never.
    fetched_ms: AtomicU64,
}

#[derive(Debug, Default)]
struct Inner {
    /// Prepared content by its number.
    contents: BTreeMap<u32, Content>,
    next: u32,
    places: HashMap<u64, (u32, u32)>,
}

/// The chunks that a room's catalogue holds.
#[derive(Debug)]
pub struct ChunkIndex {
    inner: RwLock<Inner>,
    /// Everything that was prepared before the server started has been published.
    settled: AtomicBool,
    made: Instant,
}

impl Default for ChunkIndex {
    fn default() -> Self {
        Self { inner: RwLock::default(), settled: AtomicBool::default(), made: Instant::now() }
    }
}

fn prefix(chunk: &ChunkHash) -> u64 {
    u64::from_be_bytes(*chunk.0.first_chunk().unwrap_or(&[0; 8]))
}

impl ChunkIndex {
    /// Publishes the chunks in a directory in place of what was published from it before.
    pub fn publish(&self, objects: &Path, chunks: impl IntoIterator<Item = (ChunkHash, u32)>) {
        let mut chunks: Vec<_> = chunks.into_iter().map(|(c, bytes)| (prefix(&c), bytes)).collect();
        chunks.sort_unstable();
        chunks.dedup();
        chunks.shrink_to_fit();
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        let fetched_ms = inner.of(objects).map_or(0, |c| c.fetched_ms.load(Ordering::Relaxed)).into();
        inner.remove(objects);
        let number = inner.next;
        inner.next += 1;
        inner.places.extend(chunks.iter().map(|(p, bytes)| (*p, (number, *bytes))));
        inner.contents.insert(number, Content { objects: objects.into(), chunks, fetched_ms });
    }

    /// Publishes more chunks of a directory beside what was published from it before.
    pub fn extend(&self, objects: &Path, chunks: impl IntoIterator<Item = (ChunkHash, u32)>) {
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        let Some(number) = inner.contents.iter().find(|(_, c)| *c.objects == *objects).map(|(n, _)| *n) else {
            drop(inner);
            return self.publish(objects, chunks);
        };
        let Inner { contents, places, .. } = &mut *inner;
        let Some(content) = contents.get_mut(&number) else { return };
        for (chunk, bytes) in chunks {
            let fresh = (prefix(&chunk), bytes);
            if let Err(place) = content.chunks.binary_search(&fresh) {
                content.chunks.insert(place, fresh);
                places.insert(fresh.0, (number, bytes));
            }
        }
    }

    /// What was prepared before the server started is published: what is not found is not there.
    pub fn settle(&self) {
        self.settled.store(true, Ordering::Release);
    }

    /// Whether [`Self::settle`] was said.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.settled.load(Ordering::Acquire)
    }

    /// Takes back what was published from a directory.
    pub fn withdraw(&self, objects: &Path) {
        self.inner.write().unwrap_or_else(PoisonError::into_inner).remove(objects);
    }

    /// Where a chunk is, if the catalogue holds it.
    #[must_use]
    pub fn find(&self, chunk: &ChunkHash) -> Option<ChunkPlace> {
        let (objects, bytes) = {
            let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
            let (number, bytes) = inner.places.get(&prefix(chunk))?;
            let content = inner.contents.get(number)?;
            content.fetched_ms.store(self.now_ms(), Ordering::Relaxed);
            (Arc::clone(&content.objects), *bytes)
        };
        Some(ChunkPlace { path: objects.join(chunk.to_string()), bytes })
    }

    /// How long ago a chunk of a directory was fetched last; none: never.
    #[must_use]
    pub fn idle(&self, objects: &Path) -> Option<Duration> {
        let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        let fetched = inner.of(objects)?.fetched_ms.load(Ordering::Relaxed);
        (fetched > 0).then(|| Duration::from_millis(self.now_ms().saturating_sub(fetched)))
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.made.elapsed().as_millis()).unwrap_or(u64::MAX).saturating_add(1)
    }
}

impl Inner {
    fn of(&self, objects: &Path) -> Option<&Content> {
        self.contents.values().find(|c| *c.objects == *objects)
    }

    fn remove(&mut self, objects: &Path) {
        let before = self.contents.len();
        self.contents.retain(|_, c| *c.objects != *objects);
        if self.contents.len() < before {
            // Another content may hold the same chunk: the map is made anew.
            self.places.clear();
            let all = self.contents.iter().flat_map(|(n, c)| c.chunks.iter().map(|(p, bytes)| (*p, (*n, *bytes))));
            self.places.extend(all);
            self.places.shrink_to_fit();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_of_two_contents_outlives_one_of_them() {
        let index = ChunkIndex::default();
        let (shared, own) = (ChunkHash([1; 32]), ChunkHash([2; 32]));
        index.publish(Path::new("a/objects"), [(shared, 10), (own, 20)]);
        index.publish(Path::new("b/objects"), [(shared, 10)]);
        assert_eq!(index.find(&own), Some(ChunkPlace { path: Path::new("a/objects").join(own.to_string()), bytes: 20 }));
        index.withdraw(Path::new("b/objects"));
        assert!(index.find(&shared).expect("still in a").path.starts_with("a"));
        index.publish(Path::new("a/objects"), [(own, 20)]);
        assert_eq!(index.find(&shared), None);
        let more = ChunkHash([3; 32]);
        index.extend(Path::new("a/objects"), [(own, 20), (more, 30)]);
        assert_eq!((index.find(&own).map(|p| p.bytes), index.find(&more).map(|p| p.bytes)), (Some(20), Some(30)));
        index.withdraw(Path::new("a/objects"));
        assert_eq!((index.find(&own), index.find(&more)), (None, None));
        index.extend(Path::new("a/objects"), [(own, 20)]);
        assert!(index.find(&own).is_some());
    }

    #[test]
    fn what_was_fetched_is_in_use_also_when_it_is_published_anew() {
        let index = ChunkIndex::default();
        let (a, b) = (Path::new("a/objects"), Path::new("b/objects"));
        let (one, other) = (ChunkHash([1; 32]), ChunkHash([2; 32]));
        index.publish(a, [(one, 10)]);
        index.publish(b, [(other, 20)]);
        assert_eq!((index.idle(a), index.idle(b)), (None, None));
        assert!(index.find(&one).is_some());
        index.publish(a, [(one, 10)]);
        assert!(index.idle(a).is_some());
        assert_eq!((index.idle(b), index.idle(Path::new("c/objects"))), (None, None));
        index.withdraw(a);
        assert_eq!(index.idle(a), None);
    }
}
