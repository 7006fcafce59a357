//! Accounts, their sessions and their seats.

use lectern_proto::account::{AccountSalt, LoginSecret, SessionToken};
use lectern_proto::control::{AccountInfo, Role, SeatToken, WrappedIdentity};
use lectern_proto::limits::{ACCOUNT_SESSIONS_MAX, ACCOUNTS_PAGE};
use sha2::{Digest, Sha256};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::seats::{role_of, role_text, token_hash};
use super::{Store, StoreError};

/// Sessions, and seats, of one account.
const SESSIONS_MAX: i64 = ACCOUNT_SESSIONS_MAX as i64;

/// Names an account for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(pub i64);

/// An account as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub id: AccountId,
    pub name: String,
    pub role: Role,
    pub salt: AccountSalt,
    /// SHA-256 of the log-in secret.
    pub secret_hash: [u8; 32],
}

/// An account that is to be made.
#[derive(Debug, Clone)]
pub struct NewAccount {
    pub name: String,
    pub skeleton: String,
    pub role: Role,
    pub salt: AccountSalt,
    pub secret_hash: [u8; 32],
    pub made_at: i64,
}

/// What came of a change that has a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    Done,
    NoSuchAccount,
    /// It was the last instructor's.
    LastInstructor,
}

/// What is kept of a log-in secret. It has the strength of a key, so a fast hash is enough.
#[must_use]
pub fn secret_hash(secret: &LoginSecret) -> [u8; 32] {
    Sha256::digest(secret.0).into()
}

fn session_hash(token: &SessionToken) -> Vec<u8> {
    Sha256::digest(token.0).to_vec()
}

impl Store {
    /// Makes an account, unless there are `most`; none then.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when the name is somebody's or looks like it; [`StoreError`].
    pub async fn new_account(&self, new: NewAccount, most: u32) -> Result<Option<AccountId>, StoreError> {
        self.change(move |at| {
            Box::pin(async move {
                let count: i64 = sqlx::query("SELECT count(*) AS n FROM accounts").fetch_one(&mut *at).await?.try_get("n")?;
                if count >= i64::from(most) {
                    return Ok(None);
                }
                let insert =
                    sqlx::query("INSERT INTO accounts (name, skeleton, role, salt, secret_hash, made_at) VALUES ($1, $2, $3, $4, $5, $6) RETURNING account");
                let insert = insert.bind(new.name).bind(new.skeleton).bind(role_text(new.role));
                let row = insert.bind(new.salt.0.to_vec()).bind(new.secret_hash.to_vec()).bind(new.made_at).fetch_one(at).await?;
                Ok(Some(AccountId(row.try_get("account")?)))
            })
        })
        .await
    }

    /// The account whose name looks so.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn account(&self, skeleton: &str) -> Result<Option<Account>, StoreError> {
        let sql = "SELECT account, name, role, salt, secret_hash FROM accounts WHERE skeleton = $1";
        sqlx::query(sql).bind(skeleton).fetch_optional(self.read()).await?.map(|row| account(&row)).transpose()
    }

    /// An account by its number.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn account_of(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        let sql = "SELECT account, name, role, salt, secret_hash FROM accounts WHERE account = $1";
        sqlx::query(sql).bind(id.0).fetch_optional(self.read()).await?.map(|row| account(&row)).transpose()
    }

    /// Accounts in the order of their names' looks, those after this one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn accounts(&self, after: &str, now: i64) -> Result<Vec<AccountInfo>, StoreError> {
        let query = sqlx::query(
            "SELECT name, role, made_at,
             (SELECT count(*) FROM account_sessions s WHERE s.account = a.account AND s.expires_at > $1) AS sessions
             FROM accounts a WHERE skeleton > $2 ORDER BY skeleton LIMIT $3",
        );
        let rows = query.bind(now).bind(after).bind(i64::try_from(ACCOUNTS_PAGE).unwrap_or(i64::MAX)).fetch_all(self.read()).await?;
        rows.iter().map(info).collect()
    }

    /// Begins a session; the oldest of too many end.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn new_session(&self, id: AccountId, token: &SessionToken, now: i64, expires_at: i64) -> Result<(), StoreError> {
        let hash = session_hash(token);
        self.change(move |at| {
            Box::pin(async move {
                let insert = sqlx::query("INSERT INTO account_sessions (token_hash, account, made_at, expires_at) VALUES ($1, $2, $3, $4)");
                insert.bind(hash).bind(id.0).bind(now).bind(expires_at).execute(&mut *at).await?;
                let surplus = sqlx::query(
                    "DELETE FROM account_sessions WHERE account = $1 AND token_hash NOT IN
                     (SELECT token_hash FROM account_sessions WHERE account = $1 ORDER BY made_at DESC, expires_at DESC LIMIT $2)",
                );
                surplus.bind(id.0).bind(SESSIONS_MAX).execute(at).await?;
                Ok(())
            })
        })
        .await
    }

    /// The account of a session that has not expired at `now`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn session(&self, token: &SessionToken, now: i64) -> Result<Option<Account>, StoreError> {
        let query = sqlx::query(
            "SELECT accounts.account AS account, name, role, salt, secret_hash FROM accounts
             JOIN account_sessions s ON s.account = accounts.account WHERE s.token_hash = $1 AND s.expires_at > $2",
        );
        query.bind(session_hash(token)).bind(now).fetch_optional(self.read()).await?.map(|row| account(&row)).transpose()
    }

    /// Ends a session of this account, or all of them and its seats.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn end_sessions(&self, id: AccountId, one: Option<&SessionToken>) -> Result<(), StoreError> {
        match one {
            Some(token) => {
                let delete = sqlx::query("DELETE FROM account_sessions WHERE account = $1 AND token_hash = $2");
                self.write(delete.bind(id.0).bind(session_hash(token))).await.map(drop)
            }
            None => self.change(move |at| Box::pin(async move { forget_entries(at, id).await })).await,
        }
    }

    /// Another password; all sessions end. `identity` is kept as it is given: none, where nobody can open the old one any more. The
    /// version must be the next one, else nothing is changed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_secret(&self, id: AccountId, secret_hash: [u8; 32], identity: Option<WrappedIdentity>) -> Result<bool, StoreError> {
        let is_reset = identity.is_none();
        self.change(move |at| {
            Box::pin(async move {
                let set = match identity {
                    Some(wrapped) => {
                        let update = sqlx::query(
                            "UPDATE accounts SET secret_hash = $1, identity = $2, identity_version = $3 WHERE account = $4 AND identity_version = $3 - 1",
                        );
                        update.bind(secret_hash.to_vec()).bind(wrapped.bytes).bind(i64::try_from(wrapped.version).unwrap_or(i64::MAX)).bind(id.0)
                    }
                    None => {
                        let update = sqlx::query("UPDATE accounts SET secret_hash = $1, identity = NULL, identity_version = 0 WHERE account = $2");
                        update.bind(secret_hash.to_vec()).bind(id.0)
                    }
                };
                if set.execute(&mut *at).await?.rows_affected() == 0 {
                    return Ok(false);
                }
                if is_reset {
                    // The keys by which it could be opened are gone.
                    sqlx::query("DELETE FROM parcels WHERE recipient = $1").bind(id.0).execute(&mut *at).await?;
                    sqlx::query("DELETE FROM mailboxes WHERE account = $1").bind(id.0).execute(&mut *at).await?;
                }
                forget_entries(at, id).await?;
                Ok(true)
            })
        })
        .await
    }

    /// Another role. The last instructor keeps it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_role(&self, id: AccountId, role: Role) -> Result<Changed, StoreError> {
        self.change(move |at| {
            Box::pin(async move {
                if role != Role::Instructor && is_last_instructor(at, id).await? {
                    return Ok(Changed::LastInstructor);
                }
                let done = sqlx::query("UPDATE accounts SET role = $1 WHERE account = $2").bind(role_text(role)).bind(id.0).execute(at).await?;
                Ok(if done.rows_affected() == 0 { Changed::NoSuchAccount } else { Changed::Done })
            })
        })
        .await
    }

    /// Ends an account with its sessions, seats and identity. The last instructor's stays.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn remove_account(&self, id: AccountId) -> Result<Changed, StoreError> {
        self.change(move |at| {
            Box::pin(async move {
                if is_last_instructor(at, id).await? {
                    return Ok(Changed::LastInstructor);
                }
                let done = sqlx::query("DELETE FROM accounts WHERE account = $1").bind(id.0).execute(at).await?;
                Ok(if done.rows_affected() == 0 { Changed::NoSuchAccount } else { Changed::Done })
            })
        })
        .await
    }

    /// The wrapped identity of an account.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn identity(&self, id: AccountId) -> Result<Option<WrappedIdentity>, StoreError> {
        let query = sqlx::query("SELECT identity, identity_version FROM accounts WHERE account = $1 AND identity IS NOT NULL");
        let Some(row) = query.bind(id.0).fetch_optional(self.read()).await? else { return Ok(None) };
        let version: i64 = row.try_get("identity_version")?;
        Ok(Some(WrappedIdentity { version: version.unsigned_abs(), bytes: row.try_get("identity")? }))
    }

    /// Keeps a wrapped identity if its version is the next one; says whether it was.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn keep_identity(&self, id: AccountId, wrapped: WrappedIdentity) -> Result<bool, StoreError> {
        let update = sqlx::query("UPDATE accounts SET identity = $1, identity_version = $2 WHERE account = $3 AND identity_version = $2 - 1");
        let version = i64::try_from(wrapped.version).unwrap_or(i64::MAX);
        Ok(self.write_count(update.bind(wrapped.bytes).bind(version).bind(id.0)).await? > 0)
    }

    /// A new seat of an account; of too many, those that expire first end.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn new_account_seat(&self, id: AccountId, room: &str, token: &SeatToken, expires_at: i64) -> Result<(), StoreError> {
        let (hash, room) = (token_hash(token), room.to_owned());
        self.change(move |at| {
            Box::pin(async move {
                let insert = sqlx::query("INSERT INTO account_seats (token_hash, account, room, expires_at) VALUES ($1, $2, $3, $4)");
                insert.bind(hash).bind(id.0).bind(room).bind(expires_at).execute(&mut *at).await?;
                let surplus = sqlx::query(
                    "DELETE FROM account_seats WHERE account = $1 AND token_hash NOT IN
                     (SELECT token_hash FROM account_seats WHERE account = $1 ORDER BY expires_at DESC LIMIT $2)",
                );
                surplus.bind(id.0).bind(SESSIONS_MAX).execute(at).await?;
                Ok(())
            })
        })
        .await
    }

    /// Whether an account holds a seat of this room at `now`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn has_account_seat(&self, id: AccountId, room: &str, now: i64) -> Result<bool, StoreError> {
        let query = sqlx::query("SELECT account FROM account_seats WHERE account = $1 AND room = $2 AND expires_at > $3 LIMIT 1");
        Ok(query.bind(id.0).bind(room).bind(now).fetch_optional(self.read()).await?.is_some())
    }
}

/// Sessions and seats: every way in but the password.
async fn forget_entries(at: &mut AnyConnection, id: AccountId) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM account_sessions WHERE account = $1").bind(id.0).execute(&mut *at).await?;
    sqlx::query("DELETE FROM account_seats WHERE account = $1").bind(id.0).execute(at).await?;
    Ok(())
}

async fn is_last_instructor(at: &mut AnyConnection, id: AccountId) -> Result<bool, StoreError> {
    let query = sqlx::query("SELECT account FROM accounts WHERE role = 'instructor' LIMIT 2");
    let rows = query.fetch_all(at).await?;
    Ok(matches!(&rows[..], [only] if only.try_get::<i64, _>("account")? == id.0))
}

fn account(row: &AnyRow) -> Result<Account, StoreError> {
    let array = |bytes: Vec<u8>| bytes.try_into().map_err(|_| sqlx::Error::RowNotFound);
    let salt: Vec<u8> = row.try_get("salt")?;
    Ok(Account {
        id: AccountId(row.try_get("account")?),
        name: row.try_get("name")?,
        role: role(row)?,
        salt: AccountSalt(salt.try_into().map_err(|_| sqlx::Error::RowNotFound)?),
        secret_hash: array(row.try_get("secret_hash")?)?,
    })
}

fn role(row: &AnyRow) -> Result<Role, StoreError> {
    // A role of a later version has no rights here.
    Ok(role_of(&row.try_get::<String, _>("role")?).unwrap_or(Role::Guest))
}

fn info(row: &AnyRow) -> Result<AccountInfo, StoreError> {
    let sessions: i64 = row.try_get("sessions")?;
    Ok(AccountInfo { name: row.try_get("name")?, role: role(row)?, made_at: row.try_get("made_at")?, sessions: u32::try_from(sessions).unwrap_or(u32::MAX) })
}
