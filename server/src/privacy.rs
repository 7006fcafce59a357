//! What an operator tells a person who asks what is kept of him or her, and deletes: `lectern-server export` and `forget`.

use crate::clock::Clock;
use crate::config::Config;
use crate::lock::{LockError, Locks};
use crate::store::{Store, StoreError};

pub use crate::store::Kept;

/// Why nothing is told or deleted.
#[derive(Debug, thiserror::Error)]
pub enum PrivacyError {
    /// While a server runs it would write down again what it still has in memory.
    #[error("{0}. End the server first: it still knows what is to be forgotten")]
    Runs(#[from] LockError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("nothing is kept under the name `{0}`; give it as the room showed it, with the number behind it where there was one")]
    Nobody(String),
}

/// All that is kept under a name.
///
/// # Errors
/// [`PrivacyError`].
pub async fn export(config: &Config, name: &str) -> Result<Kept, PrivacyError> {
    let store = Store::open(&config.store).await?;
    let kept = store.kept_of(name).await;
    store.close().await;
    Some(kept?).filter(|kept| *kept != Kept::default()).ok_or_else(|| PrivacyError::Nobody(name.to_owned()))
}

/// Deletes all that is kept under a name; gives how many rows.
///
/// # Errors
/// [`PrivacyError`].
pub async fn forget(config: &Config, name: &str) -> Result<u64, PrivacyError> {
    let _locks = Locks::take(&config.paths)?;
    let store = Store::open(&config.store).await?;
    let forgotten = store.forget_person(name).await;
    store.close().await;
    Some(forgotten?).filter(|rows| *rows > 0).ok_or_else(|| PrivacyError::Nobody(name.to_owned()))
}

/// Deletes what is older than is kept, and codes that are good for nobody any more.
pub(crate) async fn forget_old(store: &Store, clock: Clock, keep_days: u32) -> Result<(), StoreError> {
    store.forget_codes(clock.unix_seconds()).await?;
    let parcels = store.forget_parcels(clock.unix_seconds()).await?;
    if parcels > 0 {
        tracing::info!(parcels, "private messages that nobody came for are deleted");
    }
    let rows = store.forget_stays(clock.unix_seconds(), keep_days).await?;
    if rows > 0 {
        tracing::info!(rows, keep_days, "attendance that was kept long enough is deleted");
    }
    Ok(())
}
