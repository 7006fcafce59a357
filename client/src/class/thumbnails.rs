//! Thumbnails: fetched when first asked for, kept within a bound.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use lectern_proto::control::ChunkRef;
use lectern_proto::manifest::ChunkHash;
use tokio::sync::watch;

use super::Changed;
use crate::fetch::{Fetcher, MediaRoute};

/// Thumbnails kept, at some 15 kB each; full: all are forgotten and those on the screen fetched again.
const KEPT: usize = 1_000;
/// A thumbnail larger than this is not one.
const BYTES_MAX: u32 = 1 << 20;

#[derive(Clone)]
pub(super) struct Thumbnails {
    runtime: tokio::runtime::Handle,
    route: watch::Receiver<Option<MediaRoute>>,
    changed: Changed,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    fetcher: Option<Fetcher>,
    /// None: being fetched.
    known: HashMap<ChunkHash, Option<Bytes>>,
}

impl std::fmt::Debug for Thumbnails {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Thumbnails").finish_non_exhaustive()
    }
}

impl Thumbnails {
    pub(super) fn new(runtime: tokio::runtime::Handle, route: watch::Receiver<Option<MediaRoute>>, changed: Changed) -> Self {
        Self { runtime, route, changed, shared: Arc::default() }
    }

    pub(super) fn bytes(&self, wanted: ChunkRef) -> Option<Bytes> {
        if wanted.bytes > BYTES_MAX {
            return None;
        }
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = shared.known.get(&wanted.chunk) {
            return known.clone();
        }
        if shared.known.len() >= KEPT {
            shared.known.clear();
        }
        shared.known.insert(wanted.chunk, None);
        let fetcher = shared.fetcher.get_or_insert_with(|| Fetcher::start(&self.runtime, self.route.clone())).clone();
        let this = self.clone();
        self.runtime.spawn(async move {
            let fetched = fetcher.whole(wanted).await;
            let mut shared = this.shared.lock().unwrap_or_else(PoisonError::into_inner);
            match fetched {
                Ok(bytes) => {
                    shared.known.insert(wanted.chunk, Some(bytes));
                }
                // Asked for again at the next look.
                Err(_) => {
                    shared.known.remove(&wanted.chunk);
                }
            }
            drop(shared);
            (this.changed)();
        });
        None
    }
}
