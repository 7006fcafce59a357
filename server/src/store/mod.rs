//! The database: seats, the contents of files that were hashed, and which of them failed. The one module that names sqlx.
//!
//! SQLite in write-ahead mode through one connection (its work is a few rows); migrations are part of the program.

use std::path::{Path, PathBuf};
use std::time::Duration;

use lectern_proto::control::{FailureKind, FailureReason, PersonId, Role, SeatToken};
use sha2::{Digest, Sha256};
use sqlx::Row;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow, SqliteSynchronous};

use crate::platform;

static MIGRATIONS: Migrator = sqlx::migrate!("src/store/migrations");

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database {} cannot be opened: {error}; restore it, or move it away and a new one is made (people then log in anew)", .path.display())]
    Open { path: PathBuf, error: Box<sqlx::Error> },
    #[error("the database {} is not of this program, or of a newer version: {error}; use that version, or move the file away", .path.display())]
    Version { path: PathBuf, error: Box<MigrateError> },
    #[error("the database failed: {0}")]
    Query(#[from] sqlx::Error),
}

/// A seat as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    pub person: PersonId,
    pub room: String,
    pub name: String,
    pub role: Role,
}

/// What a file was when it was hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileStamp {
    pub size: u64,
    /// Nanoseconds since 1970-01-01.
    pub modified_ns: i64,
}

/// The open database.
#[derive(Debug, Clone)]
pub struct Store {
    pool: SqlitePool,
}

impl Store {
    /// Opens or makes the database and brings it to this version.
    ///
    /// # Errors
    /// [`StoreError::Open`] or [`StoreError::Version`].
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        // Names of people are in it: for its owner alone, and so are the files that SQLite puts beside it.
        if !path.exists() {
            platform::write_private(path, b"").map_err(|error| StoreError::Open { path: path.to_owned(), error: Box::new(error.into()) })?;
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5))
            .pragma("cache_size", "-512");
        let failed = |error| StoreError::Open { path: path.to_owned(), error: Box::new(error) };
        let pool = SqlitePoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None).connect_with(options).await.map_err(failed)?;
        MIGRATIONS.run(&pool).await.map_err(|error| StoreError::Version { path: path.to_owned(), error: Box::new(error) })?;
        Ok(Self { pool })
    }

    /// Takes a new seat; gives its person's number.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn new_seat(&self, room: &str, name: &str, role: Role, token: &SeatToken, expires_at: i64) -> Result<PersonId, StoreError> {
        let done = sqlx::query("INSERT INTO seats (room, name, role, token_hash, expires_at) VALUES (?, ?, ?, ?, ?)")
            .bind(room)
            .bind(name)
            .bind(role_text(role))
            .bind(token_hash(token))
            .bind(expires_at)
            .execute(&self.pool)
            .await?;
        Ok(PersonId(done.last_insert_rowid().unsigned_abs()))
    }

    /// The seat of a token that has not expired at `now`.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn seat(&self, token: &SeatToken, now: i64) -> Result<Option<Seat>, StoreError> {
        let row = sqlx::query("SELECT person, room, name, role FROM seats WHERE token_hash = ? AND expires_at > ?")
            .bind(token_hash(token))
            .bind(now)
            .fetch_optional(&self.pool)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let role: String = row.try_get("role")?;
        let person: i64 = row.try_get("person")?;
        let Some(role) = role_of(&role) else { return Ok(None) };
        Ok(Some(Seat { person: PersonId(person.unsigned_abs()), room: row.try_get("room")?, name: row.try_get("name")?, role }))
    }

    /// Keeps a seat longer, under the name that the room gave it.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn keep_seat(&self, person: PersonId, name: &str, expires_at: i64) -> Result<(), StoreError> {
        sqlx::query("UPDATE seats SET name = ?, expires_at = ? WHERE person = ?").bind(name).bind(expires_at).bind(number(person)).execute(&self.pool).await?;
        Ok(())
    }

    /// Ends a seat: its token is not known any more.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn end_seat(&self, person: PersonId) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM seats WHERE person = ?").bind(number(person)).execute(&self.pool).await?;
        Ok(())
    }

    /// Forgets seats that expired before `now`.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn forget_expired(&self, now: i64) -> Result<u64, StoreError> {
        Ok(sqlx::query("DELETE FROM seats WHERE expires_at <= ?").bind(now).execute(&self.pool).await?.rows_affected())
    }

    /// The content of a file that was hashed when it had this stamp.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn file_content(&self, path: &[u8], stamp: FileStamp) -> Result<Option<[u8; 32]>, StoreError> {
        let row = sqlx::query("SELECT sha256 FROM file_contents WHERE path = ? AND size = ? AND modified = ?")
            .bind(path)
            .bind(size_number(stamp))
            .bind(stamp.modified_ns)
            .fetch_optional(&self.pool)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let sha256: Vec<u8> = row.try_get("sha256")?;
        Ok(sha256.try_into().ok())
    }

    /// Remembers the content of a file.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn remember_content(&self, path: &[u8], stamp: FileStamp, sha256: &[u8; 32]) -> Result<(), StoreError> {
        sqlx::query("INSERT OR REPLACE INTO file_contents (path, size, modified, sha256) VALUES (?, ?, ?, ?)")
            .bind(path)
            .bind(size_number(stamp))
            .bind(stamp.modified_ns)
            .bind(&sha256[..])
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Forgets the content of a file that is gone.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn forget_content(&self, path: &[u8]) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM file_contents WHERE path = ?").bind(path).execute(&self.pool).await?;
        Ok(())
    }

    /// Why this maker failed on a content.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn failure(&self, content: &[u8; 32], maker: &str) -> Result<Option<FailureReason>, StoreError> {
        let query = sqlx::query("SELECT reason, kind FROM failures WHERE sha256 = ? AND maker = ?");
        let row = query.bind(&content[..]).bind(maker).fetch_optional(&self.pool).await?;
        let reason = |row: SqliteRow| Ok(FailureReason::new(FailureKind::named(row.try_get("kind")?), row.try_get::<String, _>("reason")?));
        row.map(reason).transpose()
    }

    /// Remembers that this maker failed on a content, and why.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn remember_failure(&self, content: &[u8; 32], maker: &str, reason: &FailureReason) -> Result<(), StoreError> {
        let insert = sqlx::query("INSERT OR REPLACE INTO failures (sha256, maker, reason, kind) VALUES (?, ?, ?, ?)");
        insert.bind(&content[..]).bind(maker).bind(&reason.sentence).bind(reason.kind.name()).execute(&self.pool).await?;
        Ok(())
    }

    /// Forgets that a content failed.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn forget_failure(&self, content: &[u8; 32]) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM failures WHERE sha256 = ?").bind(&content[..]).execute(&self.pool).await?;
        Ok(())
    }

    /// Writes everything out and closes the file.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

fn token_hash(token: &SeatToken) -> Vec<u8> {
    Sha256::digest(token.0).to_vec()
}

fn number(person: PersonId) -> i64 {
    i64::try_from(person.0).unwrap_or(i64::MAX)
}

fn size_number(stamp: FileStamp) -> i64 {
    i64::try_from(stamp.size).unwrap_or(i64::MAX)
}

fn role_text(role: Role) -> &'static str {
    match role {
        Role::Student => "student",
        Role::Instructor => "instructor",
    }
}

fn role_of(text: &str) -> Option<Role> {
    [Role::Student, Role::Instructor].into_iter().find(|r| role_text(*r) == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn seats_outlive_a_restart_and_expire() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("a.db");
        let token = SeatToken([3; 16]);
        let store = Store::open(&path).await.expect("opened");
        let person = store.new_seat("class", "Ana", Role::Student, &token, 100).await.expect("stored");
        store.close().await;
        let store = Store::open(&path).await.expect("opened again");
        #[cfg(unix)]
        for entry in std::fs::read_dir(dir.path()).expect("readable").flatten() {
            use std::os::unix::fs::MetadataExt;
            assert_eq!(entry.metadata().expect("there").mode() & 0o777, 0o600, "{:?}", entry.file_name());
        }
        let seat = store.seat(&token, 99).await.expect("asked").expect("there");
        assert_eq!(seat, Seat { person, room: "class".into(), name: "Ana".into(), role: Role::Student });
        assert_eq!(store.seat(&token, 100).await.expect("asked"), None);
        store.keep_seat(person, "Ana (2)", 200).await.expect("kept");
        assert_eq!(store.seat(&token, 150).await.expect("asked").expect("there").name, "Ana (2)");
        assert_eq!(store.seat(&SeatToken([4; 16]), 0).await.expect("asked"), None);
        assert_eq!(store.forget_expired(200).await.expect("forgotten"), 1);
        let next = store.new_seat("class", "Bo", Role::Instructor, &token, 100).await.expect("stored");
        assert!(next.0 > person.0, "numbers are not used again");
    }

    #[tokio::test]
    async fn contents_are_known_by_path_and_stamp() {
        let dir = tempfile::tempdir().expect("a directory");
        let store = Store::open(&dir.path().join("a.db")).await.expect("opened");
        let stamp = FileStamp { size: 5, modified_ns: -7 };
        store.remember_content(b"a\xff\n", stamp, &[1; 32]).await.expect("stored");
        assert_eq!(store.file_content(b"a\xff\n", stamp).await.expect("asked"), Some([1; 32]));
        assert_eq!(store.file_content(b"a\xff\n", FileStamp { size: 6, ..stamp }).await.expect("asked"), None);
        store.forget_content(b"a\xff\n").await.expect("forgotten");
        assert_eq!(store.file_content(b"a\xff\n", stamp).await.expect("asked"), None);
    }

    #[tokio::test]
    async fn failures_are_those_of_their_maker() {
        let dir = tempfile::tempdir().expect("a directory");
        let store = Store::open(&dir.path().join("a.db")).await.expect("opened");
        let (no_video, too_long) = (FailureReason::new(FailureKind::NoMedia, "no video"), FailureReason::new(FailureKind::TooSlow, "too long"));
        store.remember_failure(&[1; 32], "one", &no_video).await.expect("stored");
        assert_eq!(store.failure(&[1; 32], "one").await.expect("asked"), Some(no_video));
        assert_eq!(store.failure(&[1; 32], "two").await.expect("asked"), None);
        assert_eq!(store.failure(&[2; 32], "one").await.expect("asked"), None);
        store.remember_failure(&[1; 32], "two", &too_long).await.expect("stored");
        assert_eq!(store.failure(&[1; 32], "two").await.expect("asked"), Some(too_long));
        store.forget_failure(&[1; 32]).await.expect("forgotten");
        assert_eq!(store.failure(&[1; 32], "two").await.expect("asked"), None);
    }

    #[tokio::test]
    async fn a_file_that_is_no_database_is_told() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("a.db");
        std::fs::write(&path, vec![b'x'; 10_000]).expect("writable");
        let error = Store::open(&path).await.expect_err("not a database");
        assert!(error.to_string().contains("a.db"), "{error}");
    }
}
