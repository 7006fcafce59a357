//! `lectern chat room`: what everybody in the room reads, the server included.

use std::time::Duration;

use clap::Args;
use lectern_proto::control::{PersonId, Reaction, Role, TakenBy, TalkId, TalkMessage, TalkPage, TalkRefusal};
use lectern_proto::limits::TALK_PAGE;
use serde::Serialize;

use super::{Failure, print};
use crate::class::{Class, ClassState, TalkError, TalkLog};

pub(super) const HELP: &str = "\
Examples:
  lectern chat room 'the switch is up again' --join LINK --name Ana --password P
  lectern chat room '@Ana thank you' --reply 12 --join LINK --name Ben --password P
  lectern chat room --history --count 200 --join LINK --name Ana --password P
  lectern chat room --search 'spanning tree' --join LINK --name Ana --password P
  lectern chat room --react 12 thumbs_up --join LINK --name Ben --password P
  lectern chat room --slow 30 --join INSTRUCTORLINK --name Kim

Everybody in the room reads it, and so does the server, which keeps it. `@NAME` names somebody. Three backticks before and after lines
make them code. Who wrote a message changes it and takes it away while the seat is the same; each run of this program takes a new seat,
so --edit and --delete are for those who moderate, or for who kept the seat.
Reactions: thumbs_up, heart, laugh, party, surprised, question, or their emoji.";

#[derive(Debug, Clone, Args)]
#[command(group = clap::ArgGroup::new("what").args(["history", "search", "edit", "delete", "react", "slow"]).multiple(false))]
pub(super) struct RoomArgs {
    /// 1 to 4096 bytes; with --edit the new text, with --react the reaction
    #[arg(required_unless_present_any = ["history", "search", "delete", "slow"])]
    text: Option<String>,
    /// Answers the message of this number
    #[arg(long, value_name = "ID", conflicts_with = "what")]
    reply: Option<u64>,
    /// Prints what was written, oldest first, one JSON line each
    #[arg(long, conflicts_with = "text")]
    history: bool,
    /// Prints the messages that have all these words, newest first, one JSON line each
    #[arg(long, value_name = "WORDS", conflicts_with = "text")]
    search: Option<String>,
    /// With --history and --search: only messages before this number
    #[arg(long, value_name = "ID")]
    before: Option<u64>,
    /// With --history and --search: at most so many
    #[arg(long, value_name = "N", default_value_t = TALK_PAGE)]
    count: usize,
    /// Changes the message of this number
    #[arg(long, value_name = "ID")]
    edit: Option<u64>,
    /// Takes the message of this number away
    #[arg(long, value_name = "ID", conflicts_with = "text")]
    delete: Option<u64>,
    /// Sticks a reaction to the message of this number
    #[arg(long, value_name = "ID")]
    react: Option<u64>,
    /// With --react: takes it off
    #[arg(long, requires = "react")]
    off: bool,
    /// For who moderates: others write once in so many seconds, 0 to 600; 0 ends it
    #[arg(long, value_name = "SECONDS", conflicts_with = "text")]
    slow: Option<u16>,
}

/// What was done.
#[derive(Debug, Serialize)]
struct Done<'a> {
    room: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
}

/// A message of the room.
#[derive(Debug, Serialize)]
pub(super) struct RoomLine<'a> {
    kind: &'static str,
    id: u64,
    from: &'a str,
    role: Role,
    /// None where it was taken away.
    text: Option<&'a str>,
    /// By the server's calendar, milliseconds since 1970.
    at_ms: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<u64>,
    /// Who is named in it, as it stands there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    mentions: Vec<&'a str>,
    /// Whether one of those is who reads.
    names_you: bool,
    /// How often it was changed.
    edited: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    taken_by: Option<TakenBy>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reactions: Vec<ReactionLine>,
}

#[derive(Debug, Serialize)]
struct ReactionLine {
    reaction: Reaction,
    emoji: &'static str,
    count: u32,
}

impl<'a> RoomLine<'a> {
    pub(super) fn of(message: &'a TalkMessage, me: Option<PersonId>) -> Self {
        Self {
            kind: "room",
            id: message.id.0,
            from: &message.name,
            role: message.role,
            text: message.taken.is_none().then_some(message.text.as_str()),
            at_ms: message.at_ms,
            reply_to: message.reply_to.map(|id| id.0),
            mentions: message.mentions.iter().filter_map(|m| message.text.get(m.start as usize..m.end as usize)).collect(),
            names_you: message.mentions.iter().any(|m| Some(m.person) == me),
            edited: if message.taken.is_none() { message.revision } else { 0 },
            taken_by: message.taken,
            reactions: message.reactions.iter().map(|t| ReactionLine { reaction: t.reaction, emoji: t.reaction.emoji(), count: t.count }).collect(),
        }
    }
}

pub(super) async fn room(class: &Class, args: RoomArgs) -> Result<(), Failure> {
    let state = class.state();
    let me = state.me.as_ref().map(|me| me.id);
    let done = |id: Option<TalkId>| print(&Done { room: &state.room, id: id.map(|id| id.0) });
    let text = args.text.unwrap_or_default();
    if args.history {
        return history(class, args.before.map(TalkId), args.count).await;
    }
    if let Some(words) = args.search {
        let mut before = args.before.map(TalkId);
        let mut left = args.count;
        while left > 0 {
            let TalkPage { messages, more } = patiently(|| class.search(words.clone(), before)).await?;
            before = messages.last().map(|m| m.id);
            for message in messages.iter().take(left) {
                print(&RoomLine::of(message, me))?;
            }
            left = if more { left.saturating_sub(messages.len()) } else { 0 };
        }
        return Ok(());
    }
    if let Some(id) = args.edit.map(TalkId) {
        class.edit(id, text).await?;
        return done(Some(id));
    }
    if let Some(id) = args.delete.map(TalkId) {
        class.delete(id).await?;
        return done(Some(id));
    }
    if let Some(id) = args.react.map(TalkId) {
        let all = || Reaction::ALL.map(Reaction::name).join(", ");
        let reaction = Reaction::named(&text).ok_or_else(|| Failure::Usage(format!("`{text}` is not a reaction; there are {}", all())))?;
        class.react(id, reaction, !args.off).await?;
        return done(Some(id));
    }
    if let Some(seconds) = args.slow {
        class.slow(seconds).await?;
        return done(None);
    }
    done(Some(class.say(text, args.reply.map(TalkId)).await?))
}

/// Fetches back until there is enough, then prints.
async fn history(class: &Class, before: Option<TalkId>, count: usize) -> Result<(), Failure> {
    let is_before = |m: &TalkMessage| before.is_none_or(|before| m.id < before);
    let mut state = class.wait_for(|s| s.talk.loaded).await?;
    while state.talk.more && state.talk.messages().filter(|m| is_before(m)).count() < count {
        patiently(|| class.older()).await?;
        state = class.state();
    }
    let me = state.me.as_ref().map(|me| me.id);
    let fitting: Vec<_> = state.talk.messages().filter(|m| is_before(m)).collect();
    fitting[fitting.len().saturating_sub(count)..].iter().try_for_each(|message| print(&RoomLine::of(message, me)))
}

/// Asks for a page, again after the time that the server names where that is too fast.
async fn patiently<F: Future<Output = Result<TalkPage, TalkError>>>(ask: impl Fn() -> F) -> Result<TalkPage, TalkError> {
    loop {
        match ask().await {
            Err(TalkError::Refused(TalkRefusal::TooFast { wait_ms })) => tokio::time::sleep(Duration::from_millis(wait_ms.into())).await,
            page => return page,
        }
    }
}

/// Fetches what lies between what was printed and the log.
pub(super) async fn catch_up(class: &Class, printed: &Printed) -> Result<(), TalkError> {
    while printed.has_gap(&class.state()) {
        patiently(|| class.older()).await?;
    }
    Ok(())
}

/// What of the room's chat was printed: only what is written from now on, and later what changed of it.
#[derive(Debug)]
pub(super) struct Printed {
    since: Option<TalkId>,
    printed: std::collections::BTreeMap<TalkId, u32>,
}

/// Messages whose changes are printed again.
const WATCHED: usize = 1_000;

impl Printed {
    /// Everything up to the newest of a log counts as printed.
    pub(super) fn up_to(log: &TalkLog) -> Self {
        Self { since: log.newest(), printed: std::collections::BTreeMap::new() }
    }

    /// Prints what is new or changed.
    pub(super) fn news(&mut self, state: &ClassState) -> Result<(), Failure> {
        let me = state.me.as_ref().map(|me| me.id);
        for message in state.talk.messages().filter(|m| self.since.is_none_or(|since| m.id > since)) {
            if self.printed.insert(message.id, message.revision) != Some(message.revision) {
                print(&RoomLine::of(message, me))?;
            }
        }
        while self.printed.len() > WATCHED {
            if let Some((oldest, _)) = self.printed.pop_first() {
                self.since = Some(oldest);
            }
        }
        Ok(())
    }

    /// Whether messages were missed between what was printed and the log, and older ones are to be fetched.
    fn has_gap(&self, state: &ClassState) -> bool {
        let last = self.printed.keys().next_back().copied().or(self.since);
        let gap = |last: TalkId| state.talk.oldest().is_some_and(|oldest| oldest.0 > last.0 + 1);
        state.talk.more && last.is_some_and(gap)
    }
}
