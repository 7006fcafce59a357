//! Which chunks may be fetched and where each is: a compact map from a chunk's name to its directory and length.
//!
//! Holds the first eight bytes of a name only (an hour of video in five tracks is 9,000 chunks): a request for another
//! name with the same first bytes finds no file. Written by the library, read by media connections.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

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
}

#[derive(Debug, Default)]
struct Inner {
    /// Prepared content by its number.
    contents: BTreeMap<u32, Content>,
    next: u32,
    places: HashMap<u64, (u32, u32)>,
}

/// The chunks that a room's catalogue holds.
#[derive(Debug, Default)]
pub struct ChunkIndex {
    inner: RwLock<Inner>,
    /// Everything that was prepared before the server started has been published.
    settled: AtomicBool,
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
        inner.remove(objects);
        let number = inner.next;
        inner.next += 1;
        inner.places.extend(chunks.iter().map(|(p, bytes)| (*p, (number, *bytes))));
        inner.contents.insert(number, Content { objects: objects.into(), chunks });
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
            (Arc::clone(&inner.contents.get(number)?.objects), *bytes)
        };
        Some(ChunkPlace { path: objects.join(chunk.to_string()), bytes })
    }
}

impl Inner {
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
}
