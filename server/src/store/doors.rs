//! The doors of rooms: what staff has set is there again after the next start, and who is kept out stays out.

use std::net::IpAddr;

use lectern_proto::control::{Door, PersonId};
use lectern_proto::limits::BANS_MAX;
use sqlx::Row;

use super::seats::number;
use super::{Store, StoreError};
use crate::net::Origin;

/// Somebody who is kept out of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ban {
    /// Without the number that tells two of one name apart.
    pub(crate) name: String,
    pub(crate) origin: Origin,
    /// Who has an account.
    pub(crate) account: Option<PersonId>,
}

impl Store {
    /// How a room's door is, and who is kept out, the oldest first; as at first where nothing was set.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) async fn door(&self, room: &str) -> Result<(Door, Vec<Ban>), StoreError> {
        let row = sqlx::query("SELECT locked, waiting_room, guests_wait FROM doors WHERE room = $1").bind(room.to_owned()).fetch_optional(self.read()).await?;
        let door = match row {
            Some(row) => {
                let on = |name| row.try_get::<i64, _>(name).map(|value| value != 0);
                Door { locked: on("locked")?, waiting_room: on("waiting_room")?, guests_wait: on("guests_wait")? }
            }
            None => Door::default(),
        };
        let mut bans = Vec::new();
        for row in sqlx::query("SELECT name, origin, person FROM bans WHERE room = $1 ORDER BY ban").bind(room.to_owned()).fetch_all(self.read()).await? {
            let Ok(address) = row.try_get::<String, _>("origin")?.parse::<IpAddr>() else { continue };
            let account = row.try_get::<Option<i64>, _>("person")?.map(|person| PersonId(person.unsigned_abs()));
            bans.push(Ban { name: row.try_get("name")?, origin: address.into(), account });
        }
        Ok((door, bans))
    }

    /// Keeps how a room's door is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) async fn keep_door(&self, room: &str, door: Door) -> Result<(), StoreError> {
        let upsert = sqlx::query(
            "INSERT INTO doors (room, locked, waiting_room, guests_wait) VALUES ($1, $2, $3, $4)
             ON CONFLICT (room) DO UPDATE SET locked = $2, waiting_room = $3, guests_wait = $4",
        );
        let upsert = upsert.bind(room.to_owned()).bind(i64::from(door.locked)).bind(i64::from(door.waiting_room)).bind(i64::from(door.guests_wait));
        self.write(upsert).await.map(drop)
    }

    /// Keeps somebody out; of too many, the oldest are let in again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) async fn keep_ban(&self, room: &str, ban: Ban) -> Result<(), StoreError> {
        let room = room.to_owned();
        self.change(move |at| {
            Box::pin(async move {
                let insert = sqlx::query("INSERT INTO bans (room, name, origin, person) VALUES ($1, $2, $3, $4)");
                let insert = insert.bind(room.clone()).bind(ban.name).bind(ban.origin.to_string()).bind(ban.account.map(number));
                insert.execute(&mut *at).await?;
                let surplus = sqlx::query("DELETE FROM bans WHERE room = $1 AND ban NOT IN (SELECT ban FROM bans WHERE room = $1 ORDER BY ban DESC LIMIT $2)");
                surplus.bind(room).bind(i64::try_from(BANS_MAX).unwrap_or(i64::MAX)).execute(at).await?;
                Ok(())
            })
        })
        .await
    }

    /// Keeps people of these names out of a room no longer.
    ///
    /// # Errors
    /// [`StoreError`]; nobody was let in again then.
    pub(crate) async fn end_bans(&self, room: &str, names: Vec<String>) -> Result<(), StoreError> {
        let room = room.to_owned();
        self.change(move |at| {
            Box::pin(async move {
                for name in names {
                    sqlx::query("DELETE FROM bans WHERE room = $1 AND name = $2").bind(room.clone()).bind(name).execute(&mut *at).await?;
                }
                Ok(())
            })
        })
        .await
    }
}
