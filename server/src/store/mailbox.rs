//! Mailboxes of accounts: the keys by which they are written to while away, and what waits for them as ciphertext.

use lectern_proto::chat::keys::Bundle;
use lectern_proto::chat::stamp::Stamp;
use lectern_proto::chat::{IdentityId, Parcel};
use lectern_proto::control::{Mail, MailboxOwner, PersonId, Refusal, Role};
use lectern_proto::limits::{MAIL_FROM_ONE_MAX, MAIL_SENT_MAX, MAIL_WAITING_BYTES, MAIL_WAITING_MAX};
use lectern_proto::wire;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::accounts::AccountId;
use super::seats::role_of;
use super::{Store, StoreError};

/// Somebody who can be written to while away, with the keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mailbox {
    pub(crate) owner: MailboxOwner,
    pub(crate) bundle: Box<Bundle>,
}

/// A parcel that is to wait.
#[derive(Debug, Clone)]
pub(crate) struct NewParcel {
    pub(crate) from: AccountId,
    pub(crate) to: AccountId,
    /// The sender's.
    pub(crate) bundle: Box<Bundle>,
    pub(crate) parcel: Box<Parcel>,
    pub(crate) stamp: Stamp,
    /// Seconds since 1970.
    pub(crate) now: i64,
    pub(crate) expires_at: i64,
}

impl Store {
    /// Keeps the keys of an account, for this room too; false where there is no such account.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was kept then.
    pub(crate) async fn open_mailbox(&self, id: AccountId, room: &str, identity: IdentityId, bundle: &Bundle, now: i64) -> Result<bool, StoreError> {
        let (room, bundle) = (room.to_owned(), wire::encode(bundle));
        self.change(move |at| {
            Box::pin(async move {
                let there = sqlx::query("SELECT account FROM accounts WHERE account = $1").bind(id.0).fetch_optional(&mut *at).await?;
                if there.is_none() {
                    return Ok(false);
                }
                let upsert = sqlx::query(
                    "INSERT INTO mailboxes (account, identity, bundle, made_at) VALUES ($1, $2, $3, $4)
                     ON CONFLICT (account) DO UPDATE SET identity = excluded.identity, bundle = excluded.bundle, made_at = excluded.made_at",
                );
                upsert.bind(id.0).bind(identity.0.to_vec()).bind(bundle).bind(now).execute(&mut *at).await?;
                let insert = sqlx::query("INSERT INTO mailbox_rooms (account, room) VALUES ($1, $2) ON CONFLICT DO NOTHING");
                insert.bind(id.0).bind(room).execute(at).await?;
                Ok(true)
            })
        })
        .await
    }

    /// Who can be written to in a room; of more than `most` those whose keys are newest.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) async fn mailboxes(&self, room: &str, most: usize) -> Result<Vec<Mailbox>, StoreError> {
        let query = sqlx::query(
            "SELECT a.account AS account, a.name AS name, a.role AS role, m.identity AS identity, m.bundle AS bundle FROM mailbox_rooms r
             JOIN accounts a ON a.account = r.account JOIN mailboxes m ON m.account = r.account WHERE r.room = $1 ORDER BY m.made_at DESC LIMIT $2",
        );
        let rows = query.bind(room.to_owned()).bind(i64::try_from(most).unwrap_or(i64::MAX)).fetch_all(self.read()).await?;
        rows.iter().filter_map(|row| mailbox(row).transpose()).collect()
    }

    /// The mailbox of an account in a room.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) async fn mailbox(&self, id: AccountId, room: &str) -> Result<Option<Mailbox>, StoreError> {
        let query = sqlx::query(
            "SELECT a.account AS account, a.name AS name, a.role AS role, m.identity AS identity, m.bundle AS bundle FROM mailbox_rooms r
             JOIN accounts a ON a.account = r.account JOIN mailboxes m ON m.account = r.account WHERE r.room = $1 AND r.account = $2",
        );
        let row = query.bind(room.to_owned()).bind(id.0).fetch_optional(self.read()).await?;
        Ok(row.as_ref().map(mailbox).transpose()?.flatten())
    }

    /// Keeps a parcel, if there is room for it; returns after the commit.
    ///
    /// # Errors
    /// [`StoreError`]; it was not kept then.
    pub(crate) async fn keep_parcel(&self, new: NewParcel) -> Result<Result<(), Refusal>, StoreError> {
        self.change(move |at| Box::pin(async move { keep(at, new).await })).await
    }

    /// What waits for an account, oldest first, of larger numbers than this and not expired at `now`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) async fn parcels(&self, id: AccountId, after: u64, now: i64, most: usize) -> Result<Vec<Mail>, StoreError> {
        let query = sqlx::query(
            "SELECT p.parcel AS parcel, p.sender AS sender, a.name AS name, p.bundle AS bundle, p.bytes AS bytes, p.at_ms AS at_ms, p.mac AS mac FROM parcels p
             JOIN accounts a ON a.account = p.sender WHERE p.recipient = $1 AND p.parcel > $2 AND p.expires_at > $3 ORDER BY p.parcel LIMIT $4",
        );
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let rows = query.bind(id.0).bind(after).bind(now).bind(i64::try_from(most).unwrap_or(i64::MAX)).fetch_all(self.read()).await?;
        rows.iter().filter_map(|row| mail(row).transpose()).collect()
    }

    /// Forgets parcels of an account that were taken.
    ///
    /// # Errors
    /// [`StoreError`]; none was forgotten then.
    pub(crate) async fn take_parcels(&self, id: AccountId, numbers: Vec<u64>) -> Result<(), StoreError> {
        self.change(move |at| {
            Box::pin(async move {
                for number in numbers {
                    let delete = sqlx::query("DELETE FROM parcels WHERE recipient = $1 AND parcel = $2");
                    delete.bind(id.0).bind(i64::try_from(number).unwrap_or(i64::MAX)).execute(&mut *at).await?;
                }
                Ok(())
            })
        })
        .await
    }

    /// Deletes what has waited too long; gives how many parcels.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget_parcels(&self, now: i64) -> Result<u64, StoreError> {
        self.write_count(sqlx::query("DELETE FROM parcels WHERE expires_at <= $1").bind(now)).await
    }
}

async fn keep(at: &mut AnyConnection, new: NewParcel) -> Result<Result<(), Refusal>, StoreError> {
    let (bundle, bytes) = (wire::encode(&*new.bundle), wire::encode(&*new.parcel));
    let there = sqlx::query("SELECT account FROM mailboxes WHERE account = $1 OR account = $2").bind(new.from.0).bind(new.to.0);
    if there.fetch_all(&mut *at).await?.len() != 2 {
        return Ok(Err(Refusal::NoMailbox));
    }
    sqlx::query("DELETE FROM parcels WHERE expires_at <= $1").bind(new.now).execute(&mut *at).await?;
    let waits = "SELECT CAST(COUNT(*) AS BIGINT) AS parcels, CAST(COALESCE(SUM(LENGTH(bytes) + LENGTH(bundle)), 0) AS BIGINT) AS bytes,
                 CAST(COALESCE(SUM(CASE WHEN sender = $2 THEN 1 ELSE 0 END), 0) AS BIGINT) AS theirs FROM parcels WHERE recipient = $1";
    let row = sqlx::query(waits).bind(new.to.0).bind(new.from.0).fetch_one(&mut *at).await?;
    let sent = sqlx::query("SELECT CAST(COUNT(*) AS BIGINT) AS parcels FROM parcels WHERE sender = $1").bind(new.from.0).fetch_one(&mut *at).await?;
    let (waiting, sum, theirs): (i64, i64, i64) = (row.try_get("parcels")?, row.try_get("bytes")?, row.try_get("theirs")?);
    let sent: i64 = sent.try_get("parcels")?;
    let more = (bytes.len() + bundle.len()) as u64;
    let fits = waiting.unsigned_abs() < MAIL_WAITING_MAX.into()
        && sum.unsigned_abs().saturating_add(more) <= MAIL_WAITING_BYTES
        && theirs.unsigned_abs() < MAIL_FROM_ONE_MAX.into()
        && sent.unsigned_abs() < MAIL_SENT_MAX.into();
    if !fits {
        return Ok(Err(Refusal::MailboxFull));
    }
    let insert = "INSERT INTO parcels (recipient, sender, bundle, bytes, at_ms, mac, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let insert = sqlx::query(insert).bind(new.to.0).bind(new.from.0).bind(bundle).bind(bytes);
    insert.bind(new.stamp.at_ms).bind(new.stamp.mac.to_vec()).bind(new.expires_at).execute(at).await?;
    Ok(Ok(()))
}

/// None where a later version has kept it in another form.
fn mailbox(row: &AnyRow) -> Result<Option<Mailbox>, StoreError> {
    let (identity, bundle): (Vec<u8>, Vec<u8>) = (row.try_get("identity")?, row.try_get("bundle")?);
    let (Ok(identity), Ok(bundle)) = (identity.try_into(), wire::decode(&bundle)) else { return Ok(None) };
    let role = role_of(&row.try_get::<String, _>("role")?).unwrap_or(Role::Guest);
    let person = AccountId(row.try_get("account")?).person();
    let owner = MailboxOwner { person, name: row.try_get("name")?, role, identity: IdentityId(identity) };
    Ok(Some(Mailbox { owner, bundle: Box::new(bundle) }))
}

fn mail(row: &AnyRow) -> Result<Option<Mail>, StoreError> {
    let (bundle, bytes, mac): (Vec<u8>, Vec<u8>, Vec<u8>) = (row.try_get("bundle")?, row.try_get("bytes")?, row.try_get("mac")?);
    let (Ok(bundle), Ok(parcel), Ok(mac)) = (wire::decode(&bundle), wire::decode(&bytes), mac.try_into()) else { return Ok(None) };
    let (number, sender): (i64, i64) = (row.try_get("parcel")?, row.try_get("sender")?);
    let from: PersonId = AccountId(sender).person();
    let stamp = Stamp { at_ms: row.try_get("at_ms")?, mac };
    Ok(Some(Mail { number: number.unsigned_abs(), from, name: row.try_get("name")?, bundle: Box::new(bundle), parcel: Box::new(parcel), stamp }))
}

#[cfg(test)]
mod tests {
    use super::super::accounts::NewAccount;
    use super::super::tests::{on_both, opened};
    use super::*;
    use lectern_proto::account::{AccountSalt, LoginSecret};
    use lectern_proto::chat::KeyId;
    use lectern_proto::chat::keys::PrekeyLife;
    use lectern_proto::chat::message::Message;
    use lectern_proto::control::WrappedIdentity;

    async fn account(store: &Store, name: &str) -> AccountId {
        let secret_hash = super::super::secret_hash(&LoginSecret([1; 32]));
        let new = NewAccount { name: name.into(), skeleton: name.into(), role: Role::Student, salt: AccountSalt([1; 16]), secret_hash, made_at: 1 };
        store.new_account(new, 100).await.expect("stored").expect("made")
    }

    fn bundle(n: u8) -> Box<Bundle> {
        Box::new(Bundle { identity: vec![n], prekey: vec![n], life: PrekeyLife::Mailbox { until_s: 5 }, signature: vec![n] })
    }

    fn parcel(from: AccountId, to: AccountId, n: u64, sealed: usize) -> NewParcel {
        let message = Message { key: KeyId([1; 16]), counter: n, commitment: [1; 32], sealed: vec![7; sealed] };
        let parcel = Box::new(Parcel { envelope: None, message });
        NewParcel { from, to, bundle: bundle(1), parcel, stamp: Stamp { at_ms: -3, mac: [9; 32] }, now: 100, expires_at: 200 }
    }

    #[tokio::test]
    async fn what_waits_is_there_after_a_restart_until_it_is_taken_or_too_old() {
        on_both(async |url| {
            let store = opened(&url).await;
            let (ana, ben) = (account(&store, "ana").await, account(&store, "ben").await);
            assert_eq!(store.keep_parcel(parcel(ana, ben, 0, 10)).await.expect("asked"), Err(Refusal::NoMailbox));
            for (id, n) in [(ana, 1), (ben, 2), (ben, 3)] {
                assert!(store.open_mailbox(id, "class", IdentityId([n; 32]), &bundle(n), 50).await.expect("stored"));
            }
            assert!(!store.open_mailbox(AccountId(99), "class", IdentityId([1; 32]), &bundle(1), 50).await.expect("asked"), "nobody");
            for n in 0..5 {
                store.keep_parcel(parcel(ana, ben, n, 10)).await.expect("stored").expect("kept");
            }
            store.close().await;
            let store = opened(&url).await;
            let boxes = store.mailboxes("class", 10).await.expect("read");
            assert_eq!(boxes.len(), 2);
            let found = store.mailbox(ben, "class").await.expect("read").expect("there");
            assert_eq!((found.owner.name.as_str(), found.owner.identity, found.bundle), ("ben", IdentityId([3; 32]), bundle(3)));
            assert_eq!(store.mailbox(ben, "other").await.expect("read"), None);
            let waiting = store.parcels(ben, 0, 199, 3).await.expect("read");
            assert_eq!(waiting.iter().map(|m| m.parcel.message.counter).collect::<Vec<_>>(), [0, 1, 2], "oldest first");
            assert_eq!((waiting[0].from, waiting[0].name.as_str(), waiting[0].stamp), (ana.person(), "ana", Stamp { at_ms: -3, mac: [9; 32] }));
            assert_eq!(store.parcels(ben, waiting[2].number, 199, 9).await.expect("read").len(), 2);
            assert!(store.parcels(ben, 0, 200, 9).await.expect("read").is_empty(), "too old");
            assert!(store.parcels(ana, 0, 199, 9).await.expect("read").is_empty());
            let numbers: Vec<_> = waiting.iter().map(|m| m.number).collect();
            store.take_parcels(ana, numbers.clone()).await.expect("asked");
            assert_eq!(store.parcels(ben, 0, 199, 9).await.expect("read").len(), 5, "nobody takes another's");
            store.take_parcels(ben, numbers).await.expect("taken");
            assert_eq!(store.parcels(ben, 0, 199, 9).await.expect("read").len(), 2);
            assert_eq!((store.forget_parcels(199).await.expect("asked"), store.forget_parcels(200).await.expect("asked")), (0, 2));
        })
        .await;
    }

    #[tokio::test]
    async fn it_is_bounded_for_one_and_for_all() {
        on_both(async |url| {
            let store = opened(&url).await;
            let (ana, ben) = (account(&store, "ana").await, account(&store, "ben").await);
            for id in [ana, ben] {
                store.open_mailbox(id, "class", IdentityId([1; 32]), &bundle(1), 50).await.expect("stored");
            }
            for n in 0..MAIL_FROM_ONE_MAX {
                assert_eq!(store.keep_parcel(parcel(ana, ben, n.into(), 10)).await.expect("asked"), Ok(()), "{n}");
            }
            assert_eq!(store.keep_parcel(parcel(ana, ben, 0, 10)).await.expect("asked"), Err(Refusal::MailboxFull), "from one");
            assert_eq!(store.keep_parcel(parcel(ben, ana, 0, MAIL_WAITING_BYTES as usize)).await.expect("asked"), Err(Refusal::MailboxFull), "too long");
            let late = NewParcel { now: 200, expires_at: 300, ..parcel(ana, ben, 0, 10) };
            assert_eq!(store.keep_parcel(late).await.expect("asked"), Ok(()), "what is too old makes room");
            assert_eq!(store.parcels(ben, 0, 201, 400).await.expect("read").len(), 1);
        })
        .await;
    }

    #[tokio::test]
    async fn it_goes_with_the_account_with_its_keys_and_is_told() {
        on_both(async |url| {
            let store = opened(&url).await;
            let (ana, ben, eve) = (account(&store, "ana").await, account(&store, "ben").await, account(&store, "eve").await);
            for id in [ana, ben, eve] {
                store.open_mailbox(id, "class", IdentityId([1; 32]), &bundle(1), 50).await.expect("stored");
            }
            assert!(store.keep_identity(ben, WrappedIdentity { version: 1, bytes: vec![1; 30] }).await.expect("kept"));
            for (from, to) in [(ana, ben), (ben, ana), (eve, ana)] {
                store.keep_parcel(parcel(from, to, 0, 10)).await.expect("asked").expect("kept");
            }
            let kept = store.kept_of("ben").await.expect("read");
            assert_eq!((kept.accounts[0].keys_bytes, kept.accounts[0].mailbox, kept.parcels.len()), (30, true, 2));
            // Another password by an instructor: nobody can open what waited.
            assert!(store.set_secret(ben, [2; 32], None).await.expect("set"));
            assert!(store.parcels(ben, 0, 101, 9).await.expect("read").is_empty() && store.mailbox(ben, "class").await.expect("read").is_none());
            assert_eq!(store.parcels(ana, 0, 101, 9).await.expect("read").len(), 2);
            assert!(store.forget_person("ben").await.expect("forgotten") > 0);
            assert_eq!(store.kept_of("ben").await.expect("read"), super::super::Kept::default());
            assert_eq!(store.parcels(ana, 0, 101, 9).await.expect("read").len(), 1);
            store.remove_account(eve).await.expect("removed");
            assert!(store.parcels(ana, 0, 101, 9).await.expect("read").is_empty());
        })
        .await;
    }
}
