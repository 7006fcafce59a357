//! What is known of files: the contents that were hashed, and which of them failed.

use lectern_proto::control::{FailureKind, FailureReason};
use sqlx::Row;
use sqlx::any::AnyRow;

use super::{Store, StoreError};

/// What a file was when it was hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileStamp {
    pub size: u64,
    /// Nanoseconds since 1970-01-01.
    pub modified_ns: i64,
}

impl Store {
    /// The content of a file that was hashed when it had this stamp.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn file_content(&self, path: &[u8], stamp: FileStamp) -> Result<Option<[u8; 32]>, StoreError> {
        let row = sqlx::query("SELECT sha256 FROM file_contents WHERE path = $1 AND size = $2 AND modified = $3")
            .bind(path)
            .bind(size_number(stamp))
            .bind(stamp.modified_ns)
            .fetch_optional(self.read())
            .await?;
        let Some(row) = row else { return Ok(None) };
        let sha256: Vec<u8> = row.try_get("sha256")?;
        Ok(sha256.try_into().ok())
    }

    /// Remembers the content of a file.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn remember_content(&self, path: &[u8], stamp: FileStamp, sha256: &[u8; 32]) -> Result<(), StoreError> {
        let upsert = sqlx::query(
            "INSERT INTO file_contents (path, size, modified, sha256) VALUES ($1, $2, $3, $4)
             ON CONFLICT (path) DO UPDATE SET size = excluded.size, modified = excluded.modified, sha256 = excluded.sha256",
        );
        self.write(upsert.bind(path).bind(size_number(stamp)).bind(stamp.modified_ns).bind(&sha256[..])).await.map(drop)
    }

    /// Forgets the content of a file that is gone.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget_content(&self, path: &[u8]) -> Result<(), StoreError> {
        self.write(sqlx::query("DELETE FROM file_contents WHERE path = $1").bind(path)).await.map(drop)
    }

    /// Why this maker failed on a content.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn failure(&self, content: &[u8; 32], maker: &str) -> Result<Option<FailureReason>, StoreError> {
        let query = sqlx::query("SELECT reason, kind FROM failures WHERE sha256 = $1 AND maker = $2");
        let row = query.bind(&content[..]).bind(maker).fetch_optional(self.read()).await?;
        let reason = |row: AnyRow| Ok(FailureReason::new(FailureKind::named(&row.try_get::<String, _>("kind")?), row.try_get::<String, _>("reason")?));
        row.map(reason).transpose()
    }

    /// Remembers that this maker failed on a content, and why.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn remember_failure(&self, content: &[u8; 32], maker: &str, reason: &FailureReason) -> Result<(), StoreError> {
        let upsert = sqlx::query(
            "INSERT INTO failures (sha256, maker, reason, kind) VALUES ($1, $2, $3, $4)
             ON CONFLICT (sha256) DO UPDATE SET maker = excluded.maker, reason = excluded.reason, kind = excluded.kind",
        );
        self.write(upsert.bind(&content[..]).bind(maker).bind(reason.sentence.as_str()).bind(reason.kind.name())).await.map(drop)
    }

    /// Forgets that a content failed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget_failure(&self, content: &[u8; 32]) -> Result<(), StoreError> {
        self.write(sqlx::query("DELETE FROM failures WHERE sha256 = $1").bind(&content[..])).await.map(drop)
    }
}

fn size_number(stamp: FileStamp) -> i64 {
    i64::try_from(stamp.size).unwrap_or(i64::MAX)
}
