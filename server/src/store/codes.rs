//! Access codes: their hashes, and how often each has been used.

use lectern_proto::code::AccessCode;
use lectern_proto::control::{CodeInfo, PersonId, VideoId};
use sha2::{Digest, Sha256};
use sqlx::{Row, any::AnyRow};

use super::{Store, StoreError};

/// A code that somebody entered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsedCode {
    pub code: u64,
    /// The one video that its guests see.
    pub video: Option<VideoId>,
}

impl Store {
    /// Keeps a new code.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn new_code(&self, room: &str, code: &AccessCode, mut info: CodeInfo) -> Result<CodeInfo, StoreError> {
        let insert = sqlx::query("INSERT INTO codes (room, hash, video, uses, used, made_at, expires_at) VALUES ($1, $2, $3, $4, 0, $5, $6) RETURNING code");
        let video = info.video.as_ref().map_or("", |v| v.0.as_str()).to_owned();
        let insert = insert.bind(room.to_owned()).bind(hash(code)).bind(video).bind(i64::from(info.uses)).bind(info.made_s).bind(info.expires_s);
        let rows = self.write(insert).await?;
        info.code = rows.first().ok_or(sqlx::Error::RowNotFound)?.try_get::<i64, _>("code")?.unsigned_abs();
        Ok(info)
    }

    /// Spends one use of a code of this room, if it has one left and has not expired at `now`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn use_code(&self, room: &str, code: &AccessCode, now: i64) -> Result<Option<UsedCode>, StoreError> {
        let update = sqlx::query("UPDATE codes SET used = used + 1 WHERE hash = $1 AND room = $2 AND expires_at > $3 AND used < uses RETURNING code, video");
        let rows = self.write(update.bind(hash(code)).bind(room.to_owned()).bind(now)).await?;
        rows.first().map(used).transpose()
    }

    /// Gives back a use of a code that let nobody in.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn give_back_code(&self, code: u64) -> Result<(), StoreError> {
        self.write(sqlx::query("UPDATE codes SET used = used - 1 WHERE code = $1 AND used > 0").bind(number(code))).await.map(drop)
    }

    /// Forgets codes that expired before `now` and by which nobody who has a seat entered; gives how many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget_codes(&self, now: i64) -> Result<u64, StoreError> {
        self.write_count(sqlx::query("DELETE FROM guest_seats WHERE person NOT IN (SELECT person FROM seats)")).await?;
        self.write_count(sqlx::query("DELETE FROM codes WHERE expires_at <= $1 AND code NOT IN (SELECT code FROM guest_seats)").bind(now)).await
    }

    /// Codes of a room that somebody could enter with at `now`, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn codes(&self, room: &str, now: i64) -> Result<Vec<CodeInfo>, StoreError> {
        let select =
            sqlx::query("SELECT code, video, uses, used, made_at, expires_at FROM codes WHERE room = $1 AND expires_at > $2 AND used < uses ORDER BY code");
        let rows = select.bind(room.to_owned()).bind(now).fetch_all(self.read()).await?;
        let count = |row: &AnyRow, name| Ok::<_, sqlx::Error>(u32::try_from(row.try_get::<i64, _>(name)?).unwrap_or(u32::MAX));
        let info = |row: &AnyRow| {
            let UsedCode { code, video } = used(row)?;
            let (made_s, expires_s) = (row.try_get("made_at")?, row.try_get("expires_at")?);
            Ok(CodeInfo { code, video, uses: count(row, "uses")?, used: count(row, "used")?, made_s, expires_s })
        };
        rows.iter().map(info).collect()
    }

    /// Ends a code of a room; says whether there was one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn revoke_code(&self, room: &str, code: u64) -> Result<bool, StoreError> {
        let update = sqlx::query("UPDATE codes SET uses = 0 WHERE code = $1 AND room = $2 AND uses > 0");
        Ok(self.write_count(update.bind(number(code)).bind(room.to_owned())).await? > 0)
    }

    /// Remembers by which code a guest entered.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn keep_guest(&self, person: PersonId, code: u64) -> Result<(), StoreError> {
        self.write(sqlx::query("INSERT INTO guest_seats (person, code) VALUES ($1, $2)").bind(number(person.0)).bind(number(code))).await.map(drop)
    }

    /// By which code a guest entered.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn code_of(&self, person: PersonId) -> Result<Option<UsedCode>, StoreError> {
        let select = sqlx::query("SELECT codes.code, codes.video FROM guest_seats JOIN codes ON codes.code = guest_seats.code WHERE guest_seats.person = $1");
        let row = select.bind(number(person.0)).fetch_optional(self.read()).await?;
        row.as_ref().map(used).transpose()
    }
}

fn used(row: &AnyRow) -> Result<UsedCode, StoreError> {
    let video: String = row.try_get("video")?;
    Ok(UsedCode { code: row.try_get::<i64, _>("code")?.unsigned_abs(), video: Some(video).filter(|v| !v.is_empty()).map(VideoId) })
}

fn number(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn hash(code: &AccessCode) -> Vec<u8> {
    Sha256::digest(code.symbols()).to_vec()
}
