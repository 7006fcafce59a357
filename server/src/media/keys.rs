//! The media key of a room: the epoch that is sealed with now.

use std::sync::{Arc, PoisonError, RwLock};

use lectern_proto::seal::RoomKey;

/// One epoch's key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct EpochKey {
    pub epoch: u32,
    pub key: RoomKey,
}

/// The key in use; written by the room alone.
#[derive(Debug)]
pub(crate) struct RoomKeys(RwLock<Arc<EpochKey>>);

impl Default for RoomKeys {
    /// A random key in epoch 1.
    fn default() -> Self {
        Self(RwLock::new(Arc::new(EpochKey { epoch: 1, key: RoomKey(rand::random()) })))
    }
}

impl RoomKeys {
    #[must_use]
    pub(crate) fn current(&self) -> Arc<EpochKey> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn replace(&self, key: Arc<EpochKey>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = key;
    }
}
