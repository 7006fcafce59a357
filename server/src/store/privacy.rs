//! What is kept of people: who was there from when to when, and what an operator tells or deletes of one of them.

use lectern_proto::control::{PersonId, Stay};
use serde::Serialize;
use sqlx::Row;

use super::seats::{role_of, role_text};
use super::{Store, StoreError};

/// All that is kept under one name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Kept {
    pub accounts: Vec<KeptAccount>,
    /// Places to which a person may come back.
    pub seats: Vec<KeptSeat>,
    pub attendance: Vec<KeptStay>,
    /// Room chat.
    pub messages: Vec<KeptMessage>,
    /// Rooms that this person is kept out of.
    pub bans: Vec<KeptBan>,
    /// Private messages that wait for this account or that it wrote; nobody but the recipient can open one.
    pub parcels: Vec<KeptParcel>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeptAccount {
    pub name: String,
    pub role: String,
    pub made_s: i64,
    /// Bytes of the account's keys for private chat, which only its password opens; 0: none.
    pub keys_bytes: i64,
    /// Whether it can be written to while away.
    pub mailbox: bool,
}

/// Without what is in it, which the server cannot read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeptParcel {
    pub from: String,
    pub to: String,
    /// Milliseconds since 1970-01-01.
    pub at_ms: i64,
    pub bytes: i64,
    pub expires_s: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeptSeat {
    pub room: String,
    pub name: String,
    pub role: String,
    /// Seconds since 1970-01-01, as every time here.
    pub expires_s: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeptStay {
    pub room: String,
    pub name: String,
    pub role: String,
    pub from_s: i64,
    pub until_s: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeptBan {
    pub room: String,
    /// The address that the person came from; of IPv6 the network.
    pub origin: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeptMessage {
    pub room: String,
    /// Milliseconds since 1970-01-01.
    pub at_ms: i64,
    pub text: String,
}

impl Store {
    /// Keeps times that have ended.
    ///
    /// # Errors
    /// [`StoreError`]; none was kept then.
    pub async fn keep_stays(&self, room: &str, stays: Vec<Stay>) -> Result<(), StoreError> {
        let room = room.to_owned();
        self.change(move |at| {
            Box::pin(async move {
                for stay in stays {
                    let insert = sqlx::query("INSERT INTO attendance (room, person, name, role, from_s, until_s) VALUES ($1, $2, $3, $4, $5, $6)");
                    let insert = insert.bind(room.clone()).bind(i64::try_from(stay.person.0).unwrap_or(i64::MAX)).bind(stay.name.clone());
                    insert.bind(role_text(stay.role)).bind(stay.from_s).bind(stay.until_s.unwrap_or(stay.from_s)).execute(&mut *at).await?;
                }
                Ok(())
            })
        })
        .await
    }

    /// The newest times of a room, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn stays(&self, room: &str, most: usize) -> Result<Vec<Stay>, StoreError> {
        let select = sqlx::query("SELECT person, name, role, from_s, until_s FROM attendance WHERE room = $1 ORDER BY stay DESC LIMIT $2");
        let rows = select.bind(room.to_owned()).bind(i64::try_from(most).unwrap_or(i64::MAX)).fetch_all(self.read()).await?;
        let mut stays = Vec::new();
        for row in rows.iter().rev() {
            let Some(role) = role_of(&row.try_get::<String, _>("role")?) else { continue };
            let person = PersonId(row.try_get::<i64, _>("person")?.unsigned_abs());
            stays.push(Stay { person, name: row.try_get("name")?, role, from_s: row.try_get("from_s")?, until_s: Some(row.try_get("until_s")?) });
        }
        Ok(stays)
    }

    /// Deletes times that ended before `now` less so many days; gives how many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget_stays(&self, now: i64, keep_days: u32) -> Result<u64, StoreError> {
        let before = now.saturating_sub(i64::from(keep_days) * 86_400);
        self.write_count(sqlx::query("DELETE FROM attendance WHERE until_s < $1").bind(before)).await
    }

    /// All that is kept under a name, as a room showed it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn kept_of(&self, name: &str) -> Result<Kept, StoreError> {
        let seats =
            sqlx::query("SELECT room, name, role, expires_at FROM seats WHERE name = $1 ORDER BY person").bind(name.to_owned()).fetch_all(self.read()).await?;
        let stays = sqlx::query("SELECT room, name, role, from_s, until_s FROM attendance WHERE name = $1 ORDER BY stay");
        let stays = stays.bind(name.to_owned()).fetch_all(self.read()).await?;
        let mut kept = Kept::default();
        let accounts = sqlx::query(
            "SELECT name, role, made_at, CAST(COALESCE(LENGTH(identity), 0) AS BIGINT) AS keys_bytes,
             CAST((SELECT COUNT(*) FROM mailboxes m WHERE m.account = a.account) AS BIGINT) AS mailboxes FROM accounts a WHERE name = $1",
        );
        for row in &accounts.bind(name.to_owned()).fetch_all(self.read()).await? {
            let (name, role, mailboxes): (_, _, i64) = (row.try_get("name")?, row.try_get("role")?, row.try_get("mailboxes")?);
            let account = KeptAccount { name, role, made_s: row.try_get("made_at")?, keys_bytes: row.try_get("keys_bytes")?, mailbox: mailboxes > 0 };
            kept.accounts.push(account);
        }
        let parcels = sqlx::query(
            "SELECT f.name AS sender, t.name AS recipient, at_ms, CAST(LENGTH(bytes) AS BIGINT) AS size, expires_at FROM parcels p
             JOIN accounts f ON f.account = p.sender JOIN accounts t ON t.account = p.recipient WHERE f.name = $1 OR t.name = $1 ORDER BY parcel",
        );
        for row in &parcels.bind(name.to_owned()).fetch_all(self.read()).await? {
            let (from, to, at_ms) = (row.try_get("sender")?, row.try_get("recipient")?, row.try_get("at_ms")?);
            kept.parcels.push(KeptParcel { from, to, at_ms, bytes: row.try_get("size")?, expires_s: row.try_get("expires_at")? });
        }
        for row in &seats {
            let (room, name, role) = (row.try_get("room")?, row.try_get("name")?, row.try_get("role")?);
            kept.seats.push(KeptSeat { room, name, role, expires_s: row.try_get("expires_at")? });
        }
        for row in &stays {
            let (room, name, role) = (row.try_get("room")?, row.try_get("name")?, row.try_get("role")?);
            kept.attendance.push(KeptStay { room, name, role, from_s: row.try_get("from_s")?, until_s: row.try_get("until_s")? });
        }
        let messages = sqlx::query("SELECT room, at_ms, text FROM talk WHERE name = $1 ORDER BY room, id");
        for row in &messages.bind(name.to_owned()).fetch_all(self.read()).await? {
            kept.messages.push(KeptMessage { room: row.try_get("room")?, at_ms: row.try_get("at_ms")?, text: row.try_get("text")? });
        }
        let bans = sqlx::query("SELECT room, origin FROM bans WHERE name = $1 ORDER BY ban");
        for row in &bans.bind(name.to_owned()).fetch_all(self.read()).await? {
            kept.bans.push(KeptBan { room: row.try_get("room")?, origin: row.try_get("origin")? });
        }
        Ok(kept)
    }

    /// Deletes all that is kept under a name; gives how many rows.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was deleted then.
    pub async fn forget_person(&self, name: &str) -> Result<u64, StoreError> {
        let name = name.to_owned();
        self.change(move |at| {
            Box::pin(async move {
                let mut forgotten = 0;
                for delete in [
                    "DELETE FROM talk_reactions WHERE person IN (SELECT person FROM seats WHERE name = $1 UNION SELECT person FROM talk WHERE name = $1)",
                    "DELETE FROM talk WHERE name = $1",
                    "DELETE FROM guest_seats WHERE person IN (SELECT person FROM seats WHERE name = $1)",
                    "DELETE FROM seats WHERE name = $1",
                    "DELETE FROM attendance WHERE name = $1",
                    "DELETE FROM bans WHERE name = $1",
                    "DELETE FROM parcels WHERE sender IN (SELECT account FROM accounts WHERE name = $1) OR recipient IN (SELECT account FROM accounts WHERE name = $1)",
                    "DELETE FROM mailboxes WHERE account IN (SELECT account FROM accounts WHERE name = $1)",
                    // With its sessions, its seats, what it wrapped and the rooms of its mailbox.
                    "DELETE FROM accounts WHERE name = $1",
                ] {
                    forgotten += sqlx::query(delete).bind(name.clone()).execute(&mut *at).await?.rows_affected();
                }
                Ok(forgotten)
            })
        })
        .await
    }
}
