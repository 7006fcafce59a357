//! Room chat in the database: written in transactions, read in pages.

use std::collections::BTreeMap;

use lectern_proto::control::{Mention, PersonId, Reaction, TakenBy, TalkId, TalkMessage, TalkNonce, TalkPage, TalkRefusal, Tally};
use lectern_proto::hex;
use lectern_proto::limits::{TALK_KEPT, TALK_PAGE};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row};

use super::seats::{number, role_of, role_text};
use super::{Store, StoreError};

/// A change of a room's chat that the room has allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TalkWrite {
    /// The number of the message is not looked at.
    Say {
        message: TalkMessage,
        nonce: TalkNonce,
    },
    Edit {
        id: TalkId,
        by: PersonId,
        text: String,
        mentions: Vec<Mention>,
    },
    Delete {
        id: TalkId,
        by: PersonId,
        moderates: bool,
    },
    React {
        id: TalkId,
        by: PersonId,
        reaction: Reaction,
        on: bool,
    },
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TalkDone {
    /// As the message is now; without reactions.
    Told(Box<TalkMessage>),
    /// It was kept before, under this number.
    Again(TalkId),
    Reacted {
        id: TalkId,
        by: PersonId,
        reaction: Reaction,
        on: bool,
        changed: bool,
    },
}

const COLUMNS: &str = "id, person, name, role, at_ms, text, mentions, reply_to, revision, taken";

impl Store {
    /// Writes all of them as one; each is done or refused for itself.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was written then.
    pub(crate) async fn talk_write(&self, room: &str, writes: Vec<TalkWrite>) -> Result<Vec<Result<TalkDone, TalkRefusal>>, StoreError> {
        let room = room.to_owned();
        self.change(move |at| Box::pin(async move { write_all(at, &room, writes).await })).await
    }

    /// The newest messages, or those before one, oldest of them first, as `me` sees them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) async fn talk_page(&self, room: &str, before: Option<TalkId>, me: PersonId) -> Result<TalkPage, StoreError> {
        let page = format!("SELECT {COLUMNS} FROM talk WHERE room = $1 AND id < $2 ORDER BY id DESC LIMIT $3");
        let rows = sqlx::query(AssertSqlSafe(page)).bind(room).bind(before.map_or(i64::MAX, signed)).bind(TALK_PAGE as i64 + 1).fetch_all(self.read()).await?;
        let mut page = self.page_of(room, &rows, me).await?;
        page.messages.reverse();
        Ok(page)
    }

    /// Messages that have all of these words, which are in lower case, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) async fn talk_search(&self, room: &str, words: &[String], before: Option<TalkId>, me: PersonId) -> Result<TalkPage, StoreError> {
        let has: String = (4..words.len() + 4).map(|n| format!(" AND folded LIKE ${n} ESCAPE '!'")).collect();
        let search = format!("SELECT {COLUMNS} FROM talk WHERE room = $1 AND id < $2 AND taken IS NULL{has} ORDER BY id DESC LIMIT $3");
        let mut query = sqlx::query(AssertSqlSafe(search)).bind(room).bind(before.map_or(i64::MAX, signed)).bind(TALK_PAGE as i64 + 1);
        for word in words {
            query = query.bind(format!("%{}%", escaped(word)));
        }
        let rows = query.fetch_all(self.read()).await?;
        self.page_of(room, &rows, me).await
    }

    /// The messages of rows in falling order; a row more than a page says that there are older ones.
    async fn page_of(&self, room: &str, rows: &[AnyRow], me: PersonId) -> Result<TalkPage, StoreError> {
        let mut messages: Vec<_> = rows.iter().take(TALK_PAGE).map(message).collect::<Result<_, _>>()?;
        if let (Some(newest), Some(oldest)) = (messages.first(), messages.last()) {
            let tallies = "SELECT message, reaction, CAST(COUNT(*) AS BIGINT) AS count, CAST(MAX(CASE WHEN person = $4 THEN 1 ELSE 0 END) AS BIGINT) AS mine FROM talk_reactions \
                           WHERE room = $1 AND message BETWEEN $2 AND $3 GROUP BY message, reaction";
            let query = sqlx::query(tallies).bind(room).bind(signed(oldest.id)).bind(signed(newest.id)).bind(number(me));
            let mut stuck: BTreeMap<i64, Vec<Tally>> = BTreeMap::new();
            for row in query.fetch_all(self.read()).await? {
                let (count, mine): (i64, i64) = (row.try_get("count")?, row.try_get("mine")?);
                if let Some(reaction) = Reaction::named(&row.try_get::<String, _>("reaction")?) {
                    let tally = Tally { reaction, count: u32::try_from(count).unwrap_or(u32::MAX), mine: mine == 1 };
                    stuck.entry(row.try_get("message")?).or_default().push(tally);
                }
            }
            for message in &mut messages {
                message.reactions = stuck.remove(&signed(message.id)).unwrap_or_default();
                message.reactions.sort_by_key(|tally| tally.reaction);
            }
        }
        Ok(TalkPage { messages, more: rows.len() > TALK_PAGE })
    }
}

async fn write_all(at: &mut AnyConnection, room: &str, writes: Vec<TalkWrite>) -> Result<Vec<Result<TalkDone, TalkRefusal>>, StoreError> {
    let mut done = Vec::with_capacity(writes.len());
    let mut is_longer = false;
    for write in writes {
        done.push(match write {
            TalkWrite::Say { message, nonce } => {
                let said = say(at, room, message, nonce).await?;
                is_longer |= matches!(said, TalkDone::Told(_));
                Ok(said)
            }
            TalkWrite::Edit { id, by, text, mentions } => edit(at, room, id, by, text, &mentions).await?,
            TalkWrite::Delete { id, by, moderates } => delete(at, room, id, by, moderates).await?,
            TalkWrite::React { id, by, reaction, on } => react(at, room, id, by, reaction, on).await?,
        });
    }
    if is_longer {
        forget_oldest(at, room).await?;
    }
    Ok(done)
}

type Done = Result<Result<TalkDone, TalkRefusal>, StoreError>;

async fn edit(at: &mut AnyConnection, room: &str, id: TalkId, by: PersonId, text: String, mentions: &[Mention]) -> Done {
    let edit = "UPDATE talk SET text = $1, folded = $2, mentions = $3, revision = revision + 1 WHERE room = $4 AND id = $5 AND person = $6 AND taken IS NULL";
    let folded = text.to_lowercase();
    let query = sqlx::query(edit).bind(text).bind(folded).bind(mentions_text(mentions)).bind(room);
    let edited = query.bind(signed(id)).bind(number(by)).execute(&mut *at).await?.rows_affected();
    changed(at, room, id, edited).await
}

async fn delete(at: &mut AnyConnection, room: &str, id: TalkId, by: PersonId, moderates: bool) -> Done {
    let delete = "UPDATE talk SET text = '', folded = '', mentions = '', revision = revision + 1, taken = CASE WHEN person = $3 THEN 'author' ELSE 'moderator' END \
                  WHERE room = $1 AND id = $2 AND taken IS NULL AND (person = $3 OR $4 = 1)";
    let query = sqlx::query(delete).bind(room).bind(signed(id)).bind(number(by)).bind(i64::from(moderates));
    let deleted = query.execute(&mut *at).await?.rows_affected();
    if deleted > 0 {
        let unstick = sqlx::query("DELETE FROM talk_reactions WHERE room = $1 AND message = $2");
        unstick.bind(room).bind(signed(id)).execute(&mut *at).await?;
    }
    changed(at, room, id, deleted).await
}

async fn say(at: &mut AnyConnection, room: &str, mut message: TalkMessage, nonce: TalkNonce) -> Result<TalkDone, StoreError> {
    let nonce = hex::write(&nonce.0);
    let again = sqlx::query("SELECT id FROM talk WHERE room = $1 AND person = $2 AND nonce = $3").bind(room).bind(number(message.from)).bind(&nonce);
    if let Some(row) = again.fetch_optional(&mut *at).await? {
        return Ok(TalkDone::Again(id_of(row.try_get("id")?)));
    }
    let newest = sqlx::query("SELECT CAST(COALESCE(MAX(id), 0) AS BIGINT) AS id FROM talk WHERE room = $1").bind(room).fetch_one(&mut *at).await?;
    message.id = TalkId(id_of(newest.try_get("id")?).0 + 1);
    // What is not there any more is answered by nothing.
    message.reply_to = message.reply_to.filter(|to| *to < message.id);
    let insert = "INSERT INTO talk (room, id, person, name, role, nonce, at_ms, text, folded, mentions, reply_to, revision) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0)";
    sqlx::query(insert)
        .bind(room)
        .bind(signed(message.id))
        .bind(number(message.from))
        .bind(&message.name)
        .bind(role_text(message.role))
        .bind(nonce)
        .bind(message.at_ms)
        .bind(&message.text)
        .bind(message.text.to_lowercase())
        .bind(mentions_text(&message.mentions))
        .bind(message.reply_to.map(signed))
        .execute(&mut *at)
        .await?;
    Ok(TalkDone::Told(Box::new(message)))
}

/// The message as it is now; where nothing was changed, why.
async fn changed(at: &mut AnyConnection, room: &str, id: TalkId, rows: u64) -> Done {
    let select = format!("SELECT {COLUMNS} FROM talk WHERE room = $1 AND id = $2");
    let row = sqlx::query(AssertSqlSafe(select)).bind(room).bind(signed(id)).fetch_optional(&mut *at).await?;
    let now = row.as_ref().map(message).transpose()?;
    Ok(match now {
        Some(now) if rows > 0 => Ok(TalkDone::Told(Box::new(now))),
        Some(now) if now.taken.is_none() => Err(TalkRefusal::NotAllowed),
        _ => Err(TalkRefusal::NoSuchMessage),
    })
}

async fn react(
    at: &mut AnyConnection,
    room: &str,
    id: TalkId,
    by: PersonId,
    reaction: Reaction,
    on: bool,
) -> Result<Result<TalkDone, TalkRefusal>, StoreError> {
    let there = sqlx::query("SELECT id FROM talk WHERE room = $1 AND id = $2 AND taken IS NULL").bind(room).bind(signed(id));
    if there.fetch_optional(&mut *at).await?.is_none() {
        return Ok(Err(TalkRefusal::NoSuchMessage));
    }
    let change = if on {
        "INSERT INTO talk_reactions (room, message, person, reaction) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"
    } else {
        "DELETE FROM talk_reactions WHERE room = $1 AND message = $2 AND person = $3 AND reaction = $4"
    };
    let query = sqlx::query(change).bind(room).bind(signed(id)).bind(number(by)).bind(reaction.name());
    let changed = query.execute(&mut *at).await?.rows_affected() > 0;
    Ok(Ok(TalkDone::Reacted { id, by, reaction, on, changed }))
}

async fn forget_oldest(at: &mut AnyConnection, room: &str) -> Result<(), StoreError> {
    for (table, id) in [("talk", "id"), ("talk_reactions", "message")] {
        let forget = format!("DELETE FROM {table} WHERE room = $1 AND {id} <= (SELECT MAX(id) FROM talk WHERE room = $1) - $2");
        sqlx::query(AssertSqlSafe(forget)).bind(room).bind(TALK_KEPT as i64).execute(&mut *at).await?;
    }
    Ok(())
}

fn message(row: &AnyRow) -> Result<TalkMessage, StoreError> {
    let (person, reply_to): (i64, Option<i64>) = (row.try_get("person")?, row.try_get("reply_to")?);
    let (role, taken): (String, Option<String>) = (row.try_get("role")?, row.try_get("taken")?);
    let revision: i64 = row.try_get("revision")?;
    Ok(TalkMessage {
        id: id_of(row.try_get("id")?),
        from: PersonId(person.unsigned_abs()),
        name: row.try_get("name")?,
        role: role_of(&role).unwrap_or(lectern_proto::control::Role::Student),
        at_ms: row.try_get("at_ms")?,
        text: row.try_get("text")?,
        reply_to: reply_to.map(id_of),
        mentions: mentions_of(&row.try_get::<String, _>("mentions")?),
        revision: u32::try_from(revision).unwrap_or(u32::MAX),
        taken: taken.map(|by| if by == "author" { TakenBy::Author } else { TakenBy::Moderator }),
        reactions: Vec::new(),
    })
}

fn signed(id: TalkId) -> i64 {
    i64::try_from(id.0).unwrap_or(i64::MAX)
}

fn id_of(number: i64) -> TalkId {
    TalkId(number.unsigned_abs())
}

fn mentions_text(mentions: &[Mention]) -> String {
    mentions.iter().map(|m| format!("{}:{}:{}", m.person.0, m.start, m.end)).collect::<Vec<_>>().join(" ")
}

fn mentions_of(text: &str) -> Vec<Mention> {
    let one = |text: &str| {
        let mut parts = text.split(':');
        Some(Mention { person: PersonId(parts.next()?.parse().ok()?), start: parts.next()?.parse().ok()?, end: parts.next()?.parse().ok()? })
    };
    text.split(' ').filter_map(one).collect()
}

/// A word for `LIKE`, with `!` before what means something there.
fn escaped(word: &str) -> String {
    word.replace('!', "!!").replace('%', "!%").replace('_', "!_")
}

#[cfg(test)]
mod tests {
    use super::super::tests::{on_both, opened};
    use super::*;
    use lectern_proto::control::Role;

    const ANA: PersonId = PersonId(7);
    const BEN: PersonId = PersonId(8);

    fn said(nonce: u8, text: &str) -> TalkWrite {
        let mentions = vec![Mention { person: BEN, start: 0, end: 4 }];
        let message = TalkMessage {
            id: TalkId(0),
            from: ANA,
            name: "Ana".into(),
            role: Role::Student,
            at_ms: -5,
            text: text.into(),
            reply_to: Some(TalkId(1)),
            mentions,
            revision: 0,
            taken: None,
            reactions: Vec::new(),
        };
        TalkWrite::Say { message, nonce: TalkNonce([nonce; 16]) }
    }

    fn ids(page: &TalkPage) -> Vec<u64> {
        page.messages.iter().map(|m| m.id.0).collect()
    }

    #[tokio::test]
    async fn what_is_written_is_read_in_pages() {
        on_both(async |url| {
            let store = opened(&url).await;
            let writes = (1..=60).map(|n| said(n, &format!("@Ben {n}% Ü_x"))).collect();
            let done = store.talk_write("class", writes).await.expect("written");
            let Ok(TalkDone::Told(first)) = &done[0] else { panic!("{done:?}") };
            assert_eq!((first.id, first.reply_to, done.len()), (TalkId(1), None, 60), "what is not there is not answered");
            assert_eq!(store.talk_write("class", vec![said(3, "again")]).await.expect("written"), [Ok(TalkDone::Again(TalkId(3)))]);
            store.talk_write("other", vec![said(3, "elsewhere")]).await.expect("written");
            store.close().await;
            let store = opened(&url).await;
            let page = store.talk_page("class", None, BEN).await.expect("read");
            assert_eq!((ids(&page), page.more), ((11..=60).collect(), true));
            let message = &page.messages[0];
            assert_eq!((message.text.as_str(), message.at_ms, message.reply_to, message.mentions.len()), ("@Ben 11% Ü_x", -5, Some(TalkId(1)), 1));
            let page = store.talk_page("class", Some(TalkId(11)), BEN).await.expect("read");
            assert_eq!((ids(&page), page.more), ((1..=10).collect(), false));
            let search = async |words: &[&str]| {
                let words: Vec<_> = words.iter().map(|w| (*w).to_owned()).collect();
                ids(&store.talk_search("class", &words, Some(TalkId(20)), BEN).await.expect("read"))
            };
            assert_eq!(search(&["7%", "ü_"]).await, [17, 7]);
            assert!(search(&["x_"]).await.is_empty() && search(&["'"]).await.is_empty() && search(&["!"]).await.is_empty());
        })
        .await;
    }

    #[tokio::test]
    async fn changes_are_their_authors_and_reactions_are_counted_once() {
        on_both(async |url| {
            let store = opened(&url).await;
            let id = TalkId(1);
            let react = |by, on| TalkWrite::React { id, by, reaction: Reaction::Heart, on };
            let edit = |by| TalkWrite::Edit { id, by, text: "new".into(), mentions: Vec::new() };
            let all = vec![said(1, "old"), react(ANA, true), react(BEN, true), react(BEN, true), edit(BEN), edit(ANA)];
            let done = store.talk_write("class", all).await.expect("written");
            let reacted: Vec<_> = done.iter().filter_map(|d| if let Ok(TalkDone::Reacted { changed, .. }) = d { Some(*changed) } else { None }).collect();
            assert_eq!((reacted, &done[4]), (vec![true, true, false], &Err(TalkRefusal::NotAllowed)));
            assert!(matches!(&done[5], Ok(TalkDone::Told(m)) if m.text == "new" && m.revision == 1 && m.mentions.is_empty()));
            let tallies = async |me| store.talk_page("class", None, me).await.expect("read").messages[0].reactions.clone();
            assert_eq!(tallies(BEN).await, [Tally { reaction: Reaction::Heart, count: 2, mine: true }]);
            assert_eq!(tallies(PersonId(9)).await, [Tally { reaction: Reaction::Heart, count: 2, mine: false }]);
            let delete = |by, moderates| TalkWrite::Delete { id, by, moderates };
            let done =
                store.talk_write("class", vec![delete(BEN, false), delete(BEN, true), delete(ANA, false), edit(ANA), react(ANA, true)]).await.expect("written");
            let gone = Err(TalkRefusal::NoSuchMessage);
            assert_eq!((&done[0], &done[2..]), (&Err(TalkRefusal::NotAllowed), &[gone.clone(), gone.clone(), gone][..]));
            assert!(matches!(&done[1], Ok(TalkDone::Told(m)) if m.taken == Some(TakenBy::Moderator) && m.text.is_empty()));
            assert!(tallies(BEN).await.is_empty());
        })
        .await;
    }

    #[tokio::test]
    async fn only_so_many_are_kept() {
        on_both(async |url| {
            let store = opened(&url).await;
            let last = TALK_KEPT + 3;
            let number =
                move |id: u64| sqlx::query("INSERT INTO talk VALUES ('class', $1, 7, 'Ana', 'student', 'n', 0, 'x', 'x', '', NULL, 0, NULL)").bind(id as i64);
            for id in [1, 2, last - 1] {
                store.write(number(id)).await.expect("written");
                // The nonce is one of a kind.
                store.write(sqlx::query("UPDATE talk SET nonce = $1 WHERE id = $2").bind(id.to_string()).bind(id as i64)).await.expect("written");
            }
            store.talk_write("class", vec![said(9, "one more")]).await.expect("written");
            assert_eq!(ids(&store.talk_page("class", None, ANA).await.expect("read")), [last - 1, last]);
        })
        .await;
    }
}
