//! Seats: how a person comes back.
//!
//! Who has an account has one number in every room for good, from [`ACCOUNTS_FROM`] on, and the role that the account has now; everybody
//! else's number and role are those of the seat.

use lectern_proto::control::{PersonId, Role, SeatToken};
use sha2::{Digest, Sha256};
use sqlx::Row;

use super::accounts::AccountId;
use super::{Store, StoreError};

/// The number of account 0; seats without one do not come that far.
const ACCOUNTS_FROM: u64 = 1 << 40;
/// Numbers of accounts; what is above is nobody's.
const ACCOUNTS_END: u64 = 1 << 48;

impl AccountId {
    /// The number that this account's person has in every room.
    #[must_use]
    pub fn person(self) -> PersonId {
        PersonId(ACCOUNTS_FROM + self.0.unsigned_abs())
    }

    /// The account of a person who has one.
    #[must_use]
    pub fn of(person: PersonId) -> Option<Self> {
        let number = (ACCOUNTS_FROM..ACCOUNTS_END).contains(&person.0).then(|| person.0 - ACCOUNTS_FROM)?;
        i64::try_from(number).ok().map(Self)
    }
}

/// A seat as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    pub person: PersonId,
    pub room: String,
    pub name: String,
    pub role: Role,
}

impl Store {
    /// Takes a new seat; gives its person's number.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn new_seat(&self, room: &str, name: &str, role: Role, token: &SeatToken, expires_at: i64) -> Result<PersonId, StoreError> {
        let insert = sqlx::query("INSERT INTO seats (room, name, role, token_hash, expires_at) VALUES ($1, $2, $3, $4, $5) RETURNING person");
        let rows = self.write(insert.bind(room).bind(name).bind(role_text(role)).bind(token_hash(token)).bind(expires_at)).await?;
        let row = rows.first().ok_or(sqlx::Error::RowNotFound)?;
        Ok(PersonId(row.try_get::<i64, _>("person")?.unsigned_abs()))
    }

    /// The seat of a token that has not expired at `now`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn seat(&self, token: &SeatToken, now: i64) -> Result<Option<Seat>, StoreError> {
        let row = sqlx::query("SELECT person, room, name, role FROM seats WHERE token_hash = $1 AND expires_at > $2")
            .bind(token_hash(token))
            .bind(now)
            .fetch_optional(self.read())
            .await?;
        let Some(row) = row else { return self.account_seat(token, now).await };
        let role: String = row.try_get("role")?;
        let person: i64 = row.try_get("person")?;
        let Some(role) = role_of(&role) else { return Ok(None) };
        Ok(Some(Seat { person: PersonId(person.unsigned_abs()), room: row.try_get("room")?, name: row.try_get("name")?, role }))
    }

    async fn account_seat(&self, token: &SeatToken, now: i64) -> Result<Option<Seat>, StoreError> {
        let query = sqlx::query(
            "SELECT a.account AS account, room, name, role FROM account_seats s JOIN accounts a ON a.account = s.account
             WHERE s.token_hash = $1 AND s.expires_at > $2",
        );
        let Some(row) = query.bind(token_hash(token)).bind(now).fetch_optional(self.read()).await? else { return Ok(None) };
        let Some(role) = role_of(&row.try_get::<String, _>("role")?) else { return Ok(None) };
        let person = AccountId(row.try_get("account")?).person();
        Ok(Some(Seat { person, room: row.try_get("room")?, name: row.try_get("name")?, role }))
    }

    /// Keeps a seat longer, under the name that the room gave it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn keep_seat(&self, person: PersonId, name: &str, expires_at: i64) -> Result<(), StoreError> {
        if let Some(account) = AccountId::of(person) {
            let update = sqlx::query("UPDATE account_seats SET expires_at = $1 WHERE account = $2");
            return self.write(update.bind(expires_at).bind(account.0)).await.map(drop);
        }
        let update = sqlx::query("UPDATE seats SET name = $1, expires_at = $2 WHERE person = $3");
        self.write(update.bind(name).bind(expires_at).bind(number(person))).await.map(drop)
    }

    /// Ends a seat: its token is not known any more. Those of an account all end.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn end_seat(&self, person: PersonId) -> Result<(), StoreError> {
        if let Some(account) = AccountId::of(person) {
            return self.write(sqlx::query("DELETE FROM account_seats WHERE account = $1").bind(account.0)).await.map(drop);
        }
        self.write(sqlx::query("DELETE FROM seats WHERE person = $1").bind(number(person))).await.map(drop)
    }

    /// Forgets seats and sessions that expired before `now`; gives how many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget_expired(&self, now: i64) -> Result<u64, StoreError> {
        self.change(move |at| {
            Box::pin(async move {
                let mut forgotten = 0;
                for delete in [
                    "DELETE FROM seats WHERE expires_at <= $1",
                    "DELETE FROM account_seats WHERE expires_at <= $1",
                    "DELETE FROM account_sessions WHERE expires_at <= $1",
                ] {
                    forgotten += sqlx::query(delete).bind(now).execute(&mut *at).await?.rows_affected();
                }
                Ok(forgotten)
            })
        })
        .await
    }
}

pub(super) fn token_hash(token: &SeatToken) -> Vec<u8> {
    Sha256::digest(token.0).to_vec()
}

pub(super) fn number(person: PersonId) -> i64 {
    i64::try_from(person.0).unwrap_or(i64::MAX)
}

pub(super) fn role_text(role: Role) -> &'static str {
    match role {
        Role::Student => "student",
        Role::Instructor => "instructor",
        Role::Assistant => "assistant",
        Role::Guest => "guest",
    }
}

pub(super) fn role_of(text: &str) -> Option<Role> {
    Role::ALL.into_iter().find(|r| role_text(*r) == text)
}
