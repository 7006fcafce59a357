//! The keys of an account: opened, made where there are none, renewed in their time, and kept at the server for the next computer.

use std::sync::Arc;
use std::time::SystemTime;

use lectern_proto::account::WrappingKey;
use lectern_proto::chat::history::sealed::HistoryKey;
use lectern_proto::chat::keys::Keys;
use lectern_proto::chat::ring::{Memory, Ring};
use lectern_proto::chat::rsa_keys::{PrivateKey, RsaError};
use lectern_proto::control::{AccountRefusal, WrappedIdentity};
use tokio::sync::watch;

use super::Keeping;
use super::seen::SeenRings;
use crate::account::AccountError;
use crate::class::{Class, ClassState, Phase};

/// Seconds since 1970, by this machine's calendar.
pub(super) fn today() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// The ring of the account, as the server has it.
#[derive(Debug)]
pub(super) struct Keeper {
    class: Class,
    account: String,
    wrapping: Arc<WrappingKey>,
    ring: Ring,
    /// The version that the server has; 0: none.
    version: u64,
}

/// What a member begins with.
#[derive(Debug)]
pub(super) struct Begun {
    pub(super) keys: Keys,
    pub(super) memory: Memory,
    /// None: the keys last for this lesson.
    pub(super) keeper: Option<Keeper>,
    pub(super) keeping: Keeping,
}

impl Begun {
    fn lesson(keys: Keys, keeping: Keeping) -> Self {
        Self { keys, memory: Memory::default(), keeper: None, keeping }
    }
}

/// RSA on a thread of its own.
async fn make<T: Send + 'static>(keys: impl FnOnce(&mut rand::rngs::ThreadRng) -> Result<T, RsaError> + Send + 'static) -> Option<T> {
    let made = tokio::task::spawn_blocking(move || keys(&mut rand::rng())).await;
    made.ok().and_then(Result::ok)
}

/// Makes or opens the keys of a member; none where the machine cannot, or the membership ended first.
pub(super) async fn begin(class: &Class, states: &mut watch::Receiver<Arc<ClassState>>) -> Option<Begun> {
    if !class.has_account() {
        return Some(Begun::lesson(make(Keys::generate).await?, Keeping::Lesson));
    }
    // While the server is asked.
    let session = tokio::spawn(make(PrivateKey::generate));
    let state = states.wait_for(|s| s.account.is_some() || matches!(s.phase, Phase::Ended(_))).await.ok().map(|s| Arc::clone(&s))?;
    let account = state.account.clone()?;
    let session = session.await.ok()??;
    let Some(wrapping) = account.wrapping else { return Some(Begun::lesson(make(Keys::generate).await?, Keeping::Unopened)) };
    let mut seen = SeenRings::load();
    loop {
        let connection = states.borrow().connection;
        let (mut ring, version) = match class.wrapped_identity().await {
            Ok(Some(kept)) if kept.version < seen.version(&class.server(), &account.name) => {
                tracing::error!("the server has given older keys of the account than before: what waits there is not opened");
                let ring = Ring::open(&wrapping, kept.version, &kept.bytes).ok();
                let identity = ring.and_then(|ring| ring.lesson_keys(&mut rand::rng(), session.clone()).ok());
                let keys = match identity {
                    Some(keys) => keys,
                    None => make(Keys::generate).await?,
                };
                return Some(Begun::lesson(keys, Keeping::Older));
            }
            Ok(Some(kept)) => match Ring::open(&wrapping, kept.version, &kept.bytes) {
                Ok(ring) => (ring, kept.version),
                Err(error) => {
                    tracing::error!(%error, "private chat has keys for this lesson only");
                    return Some(Begun::lesson(make(Keys::generate).await?, Keeping::Unopened));
                }
            },
            Ok(None) => {
                seen.forget(&class.server(), &account.name);
                (make(|rng| Ring::generate(rng, today())).await?, 0)
            }
            Err(AccountError::NotConnected) => {
                states.wait_for(|s| (s.phase == Phase::Joined && s.connection != connection) || matches!(s.phase, Phase::Ended(_))).await.ok()?;
                if matches!(states.borrow().phase, Phase::Ended(_)) {
                    return None;
                }
                continue;
            }
            Err(error) => {
                tracing::error!(%error, "the keys of the account cannot be fetched: private chat has keys for this lesson only");
                return Some(Begun::lesson(make(Keys::generate).await?, Keeping::Unopened));
            }
        };
        let is_due = ring.tidy(today());
        if is_due {
            ring.renew(make(PrivateKey::generate).await?, today());
        }
        let mut keeper = Keeper { class: class.clone(), account: account.name.clone(), wrapping: Arc::clone(&wrapping), ring, version };
        if is_due || version == 0 {
            match keeper.put().await {
                Ok(()) => {}
                // Another computer was first, or the connection is gone: once more.
                Err(AccountError::NotConnected | AccountError::Refused(AccountRefusal::OtherVersion)) => continue,
                Err(error) => tracing::error!(%error, "the keys of the account cannot be kept at the server: they may be gone after this lesson"),
            }
        }
        keeper.note();
        let keys = keeper.ring.keys(&mut rand::rng(), session.clone()).ok()?;
        return Some(Begun { keys, memory: keeper.ring.memory.clone(), keeper: Some(keeper), keeping: Keeping::Account });
    }
}

impl Keeper {
    /// Keeps what must not be forgotten. What another program of the account has kept meanwhile is taken along.
    ///
    /// # Errors
    /// [`AccountError`]; nothing was kept then.
    pub(super) async fn keep(&mut self, memory: Memory) -> Result<(), AccountError> {
        self.ring.memory = memory;
        loop {
            match self.put().await {
                Err(AccountError::Refused(AccountRefusal::OtherVersion)) => {
                    let kept = self.class.wrapped_identity().await?.ok_or(AccountError::Refused(AccountRefusal::OtherVersion))?;
                    let theirs = Ring::open(&self.wrapping, kept.version, &kept.bytes).map_err(|_| AccountError::Refused(AccountRefusal::OtherVersion))?;
                    // Keys of another identity mean that the account was made anew: these are nobody's any more.
                    if kept.version <= self.version || !self.ring.merge(theirs) {
                        return Err(AccountError::Refused(AccountRefusal::OtherVersion));
                    }
                    self.ring.tidy(today());
                    self.version = kept.version;
                }
                done => {
                    if done.is_ok() {
                        self.note();
                    }
                    return done;
                }
            }
        }
    }

    /// The account's name.
    pub(super) fn account(&self) -> &str {
        &self.account
    }

    /// The key of what this computer keeps of the account's conversations.
    pub(super) fn history_key(&self) -> Option<HistoryKey> {
        self.ring.history_key().ok()
    }

    /// Puts the ring in place of the version before it.
    async fn put(&mut self) -> Result<(), AccountError> {
        let version = self.version + 1;
        let bytes = self.ring.seal(&mut rand::rng(), &self.wrapping, version).map_err(|_| AccountError::Refused(AccountRefusal::TooLong))?;
        self.class.keep_identity(WrappedIdentity { version, bytes }).await?;
        self.version = version;
        Ok(())
    }

    /// Remembers on this computer how new the keys are, so that older ones are known for what they are.
    fn note(&self) {
        let mut seen = SeenRings::load();
        seen.note(&self.class.server(), &self.account, self.version);
        if let Err(error) = seen.store() {
            tracing::warn!(%error, "it cannot be remembered how new the account's keys are: older ones would not be noticed");
        }
    }
}

/// The ring under another password's key.
#[must_use]
pub fn rewrap(kept: &WrappedIdentity, old: &WrappingKey, new: &WrappingKey) -> Option<Vec<u8>> {
    let ring = Ring::open(old, kept.version, &kept.bytes).ok()?;
    ring.seal(&mut rand::rng(), new, kept.version + 1).ok()
}
