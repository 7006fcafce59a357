//! The database: SQLite in the data folder, or PostgreSQL by URL. The one module that names sqlx.
//!
//! **A table** is made by a file of its own in `migrations/` (the next number; what was shipped is never changed), in SQLite's words:
//! `INTEGER`, `TEXT`, `BLOB`, `INTEGER PRIMARY KEY AUTOINCREMENT` and `WITHOUT ROWID` become PostgreSQL's in `open`, other types are
//! not used. What is done with it stands in a file of its own here, as an `impl Store`:
//!
//! - `self.read()` is for `SELECT`, by several connections at once; what was written and acknowledged is seen.
//! - `self.write(sqlx::query(…).bind(…))` does one statement and gives the rows that it returns (`RETURNING`); `self.change(|at|
//!   Box::pin(async move { … }))` does several as one: all of them or, after an error, none.
//!
//! Writes wait for each other in `group` and are acknowledged after the commit, which is on the disk then. SQL is written once for
//! both: parameters are `$1`, `$2`, numbers are `i64`, sums are cast (`CAST(sum(x) AS BIGINT)`), an upsert is `ON CONFLICT … DO UPDATE`.
//! The tests in `tests` run over both, PostgreSQL a real server.

mod accounts;
mod codes;
mod contents;
mod doors;
mod error;
mod group;
mod mailbox;
mod open;
mod privacy;
mod rooms;
mod seats;
mod talk;
#[cfg(test)]
mod tests;
mod url;

use sqlx::AnyPool;

pub use accounts::{Account, AccountId, Changed, NewAccount, secret_hash};
pub use codes::UsedCode;
pub use contents::FileStamp;
pub(crate) use doors::Ban;
pub use error::StoreError;
pub(crate) use mailbox::{Mailbox, NewParcel};
pub use privacy::Kept;
pub(crate) use rooms::PasswordHash;
pub(crate) use talk::{TalkDone, TalkWrite};
pub use url::StoreUrl;

use group::Group;

/// The open database.
#[derive(Debug, Clone)]
pub struct Store {
    readers: AnyPool,
    group: Group,
}

impl Store {
    /// Opens or makes the database and brings it to this version.
    ///
    /// # Errors
    /// [`StoreError::Open`] or [`StoreError::Version`].
    pub async fn open(url: &StoreUrl) -> Result<Self, StoreError> {
        let (writer, readers) = open::open(url).await?;
        Ok(Self { readers, group: Group::start(writer) })
    }

    /// Writes everything out that waits and closes the database.
    pub async fn close(&self) {
        self.group.close().await;
        self.readers.close().await;
    }

    /// For `SELECT` alone.
    fn read(&self) -> &AnyPool {
        &self.readers
    }
}
