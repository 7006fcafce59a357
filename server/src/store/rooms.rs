//! Rooms that instructors opened: they are there again after the next start.

use sqlx::Row;

use super::{Store, StoreError};

/// What is kept of a room's password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PasswordHash {
    pub(crate) salt: [u8; 16],
    pub(crate) hash: [u8; 32],
}

/// What goes with a room, so that nothing of it is found in another of its name. Who was there is kept as long as the configuration says.
const WITH_ROOM: [&str; 9] = [
    "DELETE FROM guest_seats WHERE person IN (SELECT person FROM seats WHERE room = $1)",
    "DELETE FROM seats WHERE room = $1",
    "DELETE FROM codes WHERE room = $1",
    "DELETE FROM talk_reactions WHERE room = $1",
    "DELETE FROM talk WHERE room = $1",
    "DELETE FROM doors WHERE room = $1",
    "DELETE FROM bans WHERE room = $1",
    "DELETE FROM mailbox_rooms WHERE room = $1",
    "DELETE FROM rooms WHERE room = $1",
];

impl Store {
    /// Keeps a room that was opened.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) async fn new_room(&self, room: &str, password: PasswordHash, opened_s: i64) -> Result<(), StoreError> {
        let insert = sqlx::query(
            "INSERT INTO rooms (room, salt, hash, opened_at) VALUES ($1, $2, $3, $4) ON CONFLICT (room) DO UPDATE SET salt = $2, hash = $3, opened_at = $4",
        );
        self.write(insert.bind(room.to_owned()).bind(password.salt.to_vec()).bind(password.hash.to_vec()).bind(opened_s)).await.map(drop)
    }

    /// All rooms that are kept, in the order of their opening.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) async fn rooms(&self) -> Result<Vec<(String, PasswordHash)>, StoreError> {
        let rows = sqlx::query("SELECT room, salt, hash FROM rooms ORDER BY opened_at, room").fetch_all(self.read()).await?;
        let mut rooms = Vec::new();
        for row in rows {
            let (salt, hash) = (row.try_get::<Vec<u8>, _>("salt")?.try_into(), row.try_get::<Vec<u8>, _>("hash")?.try_into());
            let (Ok(salt), Ok(hash)) = (salt, hash) else { continue };
            rooms.push((row.try_get("room")?, PasswordHash { salt, hash }));
        }
        Ok(rooms)
    }

    /// Deletes a room with its seats, codes, door and chat.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was deleted then.
    pub(crate) async fn end_room(&self, room: &str) -> Result<(), StoreError> {
        let room = room.to_owned();
        self.change(move |at| {
            Box::pin(async move {
                for delete in WITH_ROOM {
                    sqlx::query(delete).bind(room.clone()).execute(&mut *at).await?;
                }
                Ok(())
            })
        })
        .await
    }
}
