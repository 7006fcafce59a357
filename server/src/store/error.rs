//! Why the database could not do what it was asked, by what its operator does about it.

use std::sync::Arc;

use sqlx::error::{DatabaseError, ErrorKind};
use sqlx::migrate::MigrateError;

use super::StoreUrl;

/// Why the store could not do what it was asked. Nothing of it was kept.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    #[error("the database {url} cannot be opened: {error}; {}", remedy(.url))]
    Open { url: StoreUrl, error: Arc<sqlx::Error> },
    #[error("the database {url} is not of this program, or of a newer version: {error}; use that version, or {}", another(.url))]
    Version { url: StoreUrl, error: Arc<MigrateError> },
    #[error("another program holds the database and did not let go of it for some seconds; end that program")]
    Locked,
    #[error("the disk of the database is full, or may not be written ({0}); make room there")]
    Full(String),
    #[error("the database does not answer ({0}); start it again, this server finds it by itself")]
    Gone(String),
    #[error("the database is closed: the server ends")]
    Closed,
    /// A unique column has this value already.
    #[error("the database has one of these already")]
    Taken,
    #[error("the database failed: {0}")]
    Query(Arc<sqlx::Error>),
}

fn remedy(url: &StoreUrl) -> &'static str {
    match url {
        StoreUrl::Sqlite(_) => "restore it, or move it away and a new one is made (people then log in anew)",
        StoreUrl::Postgres(_) => "start it, or correct [store] url: the database and its user must exist",
    }
}

fn another(url: &StoreUrl) -> &'static str {
    match url {
        StoreUrl::Sqlite(_) => "move the file away",
        StoreUrl::Postgres(_) => "name another database in [store] url",
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Io(io) => Self::Gone(io.to_string()),
            sqlx::Error::PoolTimedOut => Self::Gone("no connection in time".to_owned()),
            sqlx::Error::PoolClosed => Self::Closed,
            sqlx::Error::Database(database) => of_database(database.as_ref()).unwrap_or(Self::Query(Arc::new(error))),
            _ => Self::Query(Arc::new(error)),
        }
    }
}

/// By the codes of SQLite (its result codes in decimal) and PostgreSQL (SQLSTATE: five characters).
fn of_database(error: &dyn DatabaseError) -> Option<StoreError> {
    if error.kind() == ErrorKind::UniqueViolation {
        return Some(StoreError::Taken);
    }
    let (code, words) = (error.code()?, error.message().to_owned());
    if code.len() == 5 {
        return match &*code {
            "55P03" | "40001" | "40P01" => Some(StoreError::Locked),
            "53100" | "53200" => Some(StoreError::Full(words)),
            c if c.starts_with("08") || c.starts_with("57P") || c.starts_with("53") => Some(StoreError::Gone(words)),
            _ => None,
        };
    }
    // The low byte is the primary result code.
    match code.parse::<u32>().ok()? & 0xff {
        5 | 6 => Some(StoreError::Locked),
        8 | 10 | 13 => Some(StoreError::Full(words)),
        14 => Some(StoreError::Gone(words)),
        _ => None,
    }
}
