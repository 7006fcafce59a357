//! What a membership carries for room chat: requests to the server, and the log of what was written as far as it was fetched.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use lectern_proto::control::{Reaction, Request, TalkEvent, TalkId, TalkMessage, TalkNonce, TalkPage, TalkRefusal, TalkRequest, TalkRules, Tally};
use lectern_proto::limits::{TALK_SEARCH_MAX, TALK_TEXT_MAX};
use lectern_proto::text;
use tokio::sync::oneshot;

use super::membership::{Asked, Membership};
use super::{Class, Command, Phase};
use crate::connect::control::Control;

/// How long a message waits for a connection that was lost.
const BACK_WAIT: Duration = Duration::from_secs(30);

/// Why something about room chat was not done. The text says what happened, why, and what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TalkError {
    #[error("{}", refusal(*.0))]
    Refused(TalkRefusal),
    #[error("the connection to the class is lost; try again when it is back.")]
    NotConnected,
}

fn refusal(refusal: TalkRefusal) -> String {
    let seconds = |ms: u32| ms.div_ceil(1_000);
    match refusal {
        TalkRefusal::NotAllowed => "only who wrote a message changes it, and only who wrote it or moderates the room takes it away.".into(),
        TalkRefusal::Quiet => "it is quiet: only the instructor writes. Try again when the instructor has opened the class.".into(),
        TalkRefusal::Off => "this class has no room chat.".into(),
        TalkRefusal::Length => format!("a message has 1 to {TALK_TEXT_MAX} bytes that can be seen, a search 1 to {TALK_SEARCH_MAX}; send a file instead."),
        TalkRefusal::TooFast { wait_ms } => format!("the room does not take so much from you so fast; try again in {} s.", seconds(wait_ms)),
        TalkRefusal::Slow { wait_ms } => format!("the instructor has slowed the chat; write again in {} s.", seconds(wait_ms)),
        TalkRefusal::NoSuchMessage => "this message is not there any more.".into(),
        TalkRefusal::NotKept => {
            "the server cannot keep messages at present, and nobody has seen it: its disk may be full. Tell your instructor, and try again.".into()
        }
    }
}

/// Room chat as far as it was fetched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TalkLog {
    messages: BTreeMap<TalkId, Arc<TalkMessage>>,
    /// The first page has come.
    pub loaded: bool,
    /// The server has older ones.
    pub more: bool,
    pub rules: TalkRules,
    /// The connection was lost: what is newer than the newest may be missing.
    stale: bool,
}

impl TalkLog {
    /// What a first page makes of it.
    #[must_use]
    pub fn with(page: TalkPage) -> Self {
        let mut log = Self::default();
        log.take_newest(page);
        log
    }

    /// In the order of writing.
    pub fn messages(&self) -> impl DoubleEndedIterator<Item = &Arc<TalkMessage>> {
        self.messages.values()
    }

    #[must_use]
    pub fn message(&self, id: TalkId) -> Option<&TalkMessage> {
        self.messages.get(&id).map(|m| &**m)
    }

    #[must_use]
    pub fn newest(&self) -> Option<TalkId> {
        self.messages.keys().next_back().copied()
    }

    #[must_use]
    pub fn oldest(&self) -> Option<TalkId> {
        self.messages.keys().next().copied()
    }

    fn lost(&mut self) {
        self.stale = true;
    }

    /// Takes the newest page after joining: what stands there is kept where both meet.
    fn take_newest(&mut self, page: TalkPage) {
        let (first, last) = (page.messages.first().map(|m| m.id.0), page.messages.last().map(|m| m.id.0));
        let held = self.newest().map(|id| id.0);
        let meets = matches!((first, last, held), (Some(first), Some(last), Some(held)) if first <= held + 1 && held <= last);
        if !meets || !self.stale {
            self.messages.clear();
            self.more = page.more;
        }
        (self.loaded, self.stale) = (true, false);
        self.insert(page.messages);
    }

    fn take_older(&mut self, page: TalkPage) {
        self.more = page.more;
        self.insert(page.messages);
    }

    fn insert(&mut self, messages: Vec<TalkMessage>) {
        self.messages.extend(messages.into_iter().map(|message| (message.id, Arc::new(plain(message)))));
    }

    /// A message that is new or changed. What is older than all that was fetched stays out.
    fn take(&mut self, message: TalkMessage) {
        let is_held = self.messages.contains_key(&message.id);
        if is_held || self.newest().is_none_or(|newest| newest < message.id) {
            let reactions = self.messages.get(&message.id).filter(|_| message.taken.is_none()).map(|m| m.reactions.clone());
            let message = TalkMessage { reactions: reactions.unwrap_or_default(), ..plain(message) };
            self.messages.insert(message.id, Arc::new(message));
        }
    }

    fn react(&mut self, id: TalkId, reaction: Reaction, on: bool, mine: bool) {
        let Some(message) = self.messages.get_mut(&id).map(Arc::make_mut) else { return };
        let at = message.reactions.binary_search_by_key(&reaction, |tally| tally.reaction);
        match (at, on) {
            (Ok(at), true) => {
                message.reactions[at].count += 1;
                message.reactions[at].mine |= mine;
            }
            (Ok(at), false) => {
                let tally = &mut message.reactions[at];
                (tally.count, tally.mine) = (tally.count.saturating_sub(1), tally.mine && !mine);
                if tally.count == 0 {
                    message.reactions.remove(at);
                }
            }
            (Err(at), true) => message.reactions.insert(at, Tally { reaction, count: 1, mine }),
            (Err(_), false) => {}
        }
    }
}

/// A message as it may be shown, whatever the server sent.
fn plain(mut message: TalkMessage) -> TalkMessage {
    message.name = text::line(&message.name).into_owned();
    if let std::borrow::Cow::Owned(plain) = text::block(&message.text) {
        message.text = plain;
        // They are of another text.
        message.mentions.clear();
    }
    message.mentions.retain(|m| message.text.get(m.start as usize..m.end as usize).is_some_and(|named| named.starts_with('@')));
    message
}

#[derive(Debug)]
pub(super) enum TalkCommand {
    Say { nonce: TalkNonce, text: String, reply_to: Option<TalkId>, reply: Done },
    Edit { id: TalkId, text: String, reply: Done },
    Delete { id: TalkId, reply: Done },
    React { id: TalkId, reaction: Reaction, on: bool, reply: Done },
    Slow { seconds: u16, reply: Done },
    Older { reply: oneshot::Sender<Result<TalkPage, TalkError>> },
    Search { words: String, before: Option<TalkId>, reply: oneshot::Sender<Result<TalkPage, TalkError>> },
}

pub(super) type Done = oneshot::Sender<Result<Option<TalkId>, TalkError>>;

impl Class {
    /// Writes to the room; the message is on the server's disk when this returns. Where the connection is lost meanwhile it is sent again
    /// once it is back, and kept once.
    ///
    /// # Errors
    /// [`TalkError`] when nobody will see it.
    pub async fn say(&self, text: String, reply_to: Option<TalkId>) -> Result<TalkId, TalkError> {
        fits(&text, TALK_TEXT_MAX)?;
        let nonce = TalkNonce(rand::random());
        loop {
            match self.talk(|reply| TalkCommand::Say { nonce, text: text.clone(), reply_to, reply }).await {
                Err(TalkError::NotConnected) => {
                    let back = tokio::time::timeout(BACK_WAIT, self.wait_for(|s| s.phase == Phase::Joined)).await;
                    back.ok().and_then(Result::ok).ok_or(TalkError::NotConnected)?;
                }
                said => return said?.ok_or(TalkError::NotConnected),
            }
        }
    }

    /// Changes a message of one's own.
    ///
    /// # Errors
    /// [`TalkError`].
    pub async fn edit(&self, id: TalkId, text: String) -> Result<(), TalkError> {
        fits(&text, TALK_TEXT_MAX)?;
        self.talk(|reply| TalkCommand::Edit { id, text, reply }).await.map(drop)
    }

    /// Takes a message of one's own away; who moderates, anybody's.
    ///
    /// # Errors
    /// [`TalkError`].
    pub async fn delete(&self, id: TalkId) -> Result<(), TalkError> {
        self.talk(|reply| TalkCommand::Delete { id, reply }).await.map(drop)
    }

    /// Sticks a reaction to a message, or takes it off.
    ///
    /// # Errors
    /// [`TalkError`].
    pub async fn react(&self, id: TalkId, reaction: Reaction, on: bool) -> Result<(), TalkError> {
        self.talk(|reply| TalkCommand::React { id, reaction, on, reply }).await.map(drop)
    }

    /// Lets everybody who does not moderate write once in so many seconds; 0: as before. For who moderates.
    ///
    /// # Errors
    /// [`TalkError`].
    pub async fn slow(&self, seconds: u16) -> Result<(), TalkError> {
        self.talk(|reply| TalkCommand::Slow { seconds, reply }).await.map(drop)
    }

    /// Fetches the messages before the oldest that is known; they come into the log. Gives that page.
    ///
    /// # Errors
    /// [`TalkError`].
    pub async fn older(&self) -> Result<TalkPage, TalkError> {
        self.talk(|reply| TalkCommand::Older { reply }).await
    }

    /// Messages that have all these words, newest first; none of them comes into the log.
    ///
    /// # Errors
    /// [`TalkError`].
    pub async fn search(&self, words: String, before: Option<TalkId>) -> Result<TalkPage, TalkError> {
        fits(&words, TALK_SEARCH_MAX)?;
        let page = self.talk(|reply| TalkCommand::Search { words, before, reply }).await?;
        Ok(TalkPage { messages: page.messages.into_iter().map(plain).collect(), ..page })
    }

    async fn talk<T>(&self, command: impl FnOnce(oneshot::Sender<Result<T, TalkError>>) -> TalkCommand) -> Result<T, TalkError> {
        let (reply, answer) = oneshot::channel();
        let sent = self.0.commands.send(Command::Talk(command(reply))).await.is_ok();
        match (sent, answer.await) {
            (true, Ok(result)) => result,
            _ => Err(TalkError::NotConnected),
        }
    }
}

/// What no server takes is not sent: one that is far too long would end the connection.
fn fits(text: &str, most: usize) -> Result<(), TalkError> {
    if text.len() <= most { Ok(()) } else { Err(TalkError::Refused(TalkRefusal::Length)) }
}

/// What becomes of a page.
#[derive(Debug)]
pub(super) enum Paged {
    /// It is the first after joining.
    Newest,
    Older(oneshot::Sender<Result<TalkPage, TalkError>>),
    Found(oneshot::Sender<Result<TalkPage, TalkError>>),
}

impl Membership {
    pub(super) fn talk_request(&mut self, command: TalkCommand) -> TalkRequest {
        match command {
            TalkCommand::Say { nonce, text, reply_to, reply } => TalkRequest::Say { request: self.ask(Asked::Talk(reply)), nonce, text, reply_to },
            TalkCommand::Edit { id, text, reply } => TalkRequest::Edit { request: self.ask(Asked::Talk(reply)), id, text },
            TalkCommand::Delete { id, reply } => TalkRequest::Delete { request: self.ask(Asked::Talk(reply)), id },
            TalkCommand::React { id, reaction, on, reply } => TalkRequest::React { request: self.ask(Asked::Talk(reply)), id, reaction, on },
            TalkCommand::Slow { seconds, reply } => TalkRequest::Slow { request: self.ask(Asked::Talk(reply)), seconds },
            TalkCommand::Older { reply } => {
                let before = self.state.talk.oldest();
                TalkRequest::Page { request: self.ask(Asked::Page(Paged::Older(reply))), before }
            }
            TalkCommand::Search { words, before, reply } => TalkRequest::Search { request: self.ask(Asked::Page(Paged::Found(reply))), words, before },
        }
    }

    /// Asks for the newest messages, once joined.
    pub(super) fn begin_talk(&mut self, control: &mut Control) {
        Arc::make_mut(&mut self.state.talk).lost();
        let request = self.ask(Asked::Page(Paged::Newest));
        control.request(&Request::Talk(TalkRequest::Page { request, before: None }));
    }

    pub(super) fn talk_event(&mut self, event: TalkEvent) {
        let me = self.state.me.as_ref().map(|me| me.id);
        let log = Arc::make_mut(&mut self.state.talk);
        match event {
            TalkEvent::Done { request, result } => {
                if let Some(Asked::Talk(reply)) = self.asked.remove(&request) {
                    let _ = reply.send(result.map_err(TalkError::Refused));
                }
            }
            TalkEvent::Page { request, result } => match (self.asked.remove(&request), result) {
                (Some(Asked::Page(Paged::Newest)), Ok(page)) => log.take_newest(page),
                (Some(Asked::Page(Paged::Newest)), Err(why)) => tracing::warn!(?why, "the room's chat was not handed out"),
                (Some(Asked::Page(Paged::Older(reply))), result) => {
                    if let Ok(page) = &result {
                        log.take_older(page.clone());
                    }
                    let _ = reply.send(result.map_err(TalkError::Refused));
                }
                (Some(Asked::Page(Paged::Found(reply))), result) => _ = reply.send(result.map_err(TalkError::Refused)),
                _ => {}
            },
            TalkEvent::Message(message) => log.take(message),
            TalkEvent::Reacted { id, by, reaction, on } => log.react(id, reaction, on, me == Some(by)),
            TalkEvent::Rules(rules) => log.rules = rules,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lectern_proto::control::{Mention, PersonId, Role};

    fn message(id: u64, text: &str) -> TalkMessage {
        TalkMessage {
            id: TalkId(id),
            from: PersonId(7),
            name: "Ana".into(),
            role: Role::Student,
            at_ms: 0,
            text: text.into(),
            reply_to: None,
            mentions: Vec::new(),
            revision: 0,
            taken: None,
            reactions: Vec::new(),
        }
    }

    fn page(ids: std::ops::RangeInclusive<u64>, more: bool) -> TalkPage {
        TalkPage { messages: ids.map(|id| message(id, "x")).collect(), more }
    }

    fn ids(log: &TalkLog) -> Vec<u64> {
        log.messages().map(|m| m.id.0).collect()
    }

    #[test]
    fn a_log_has_no_gap() {
        let mut log = TalkLog::default();
        log.take(message(3, "told before the page"));
        log.take_newest(page(2..=3, true));
        log.take(message(4, "new"));
        log.take(message(1, "edited, but not fetched"));
        assert_eq!((ids(&log), log.more), (vec![2, 3, 4], true));
        log.take_older(page(1..=1, false));
        assert_eq!((ids(&log), log.more), (vec![1, 2, 3, 4], false));
        log.lost();
        log.take_newest(page(3..=6, true));
        assert_eq!((ids(&log), log.more), (vec![1, 2, 3, 4, 5, 6], false), "both meet: older ones stay");
        log.lost();
        log.take_newest(page(8..=9, true));
        assert_eq!((ids(&log), log.more), (vec![8, 9], true), "too much was missed");
        log.lost();
        log.take_newest(page(1..=1, false));
        assert_eq!((ids(&log), log.more), (vec![1], false), "another database");
    }

    #[test]
    fn reactions_are_counted() {
        let mut log = TalkLog::default();
        log.take_newest(page(1..=1, false));
        let tallies = |log: &TalkLog| log.message(TalkId(1)).map(|m| m.reactions.iter().map(|t| (t.reaction, t.count, t.mine)).collect::<Vec<_>>());
        log.react(TalkId(1), Reaction::Party, true, false);
        log.react(TalkId(1), Reaction::ThumbsUp, true, true);
        log.react(TalkId(1), Reaction::Party, true, true);
        assert_eq!(tallies(&log), Some(vec![(Reaction::ThumbsUp, 1, true), (Reaction::Party, 2, true)]));
        log.react(TalkId(1), Reaction::Party, false, true);
        log.react(TalkId(1), Reaction::ThumbsUp, false, true);
        log.react(TalkId(1), Reaction::Heart, false, true);
        assert_eq!(tallies(&log), Some(vec![(Reaction::Party, 1, false)]));
        log.take(message(1, "edited"));
        assert_eq!(tallies(&log), Some(vec![(Reaction::Party, 1, false)]), "an edit leaves them");
    }

    #[test]
    fn a_server_that_sends_something_else_than_text() {
        let mut log = TalkLog::default();
        let mentions = vec![Mention { person: PersonId(1), start: 1, end: 2 }, Mention { person: PersonId(1), start: 0, end: 9_999 }];
        log.take(TalkMessage { name: "A\nna\u{202E}".into(), mentions: mentions.clone(), ..message(1, "ü\u{1b}@") });
        log.take(TalkMessage { mentions, ..message(2, "ü @x") });
        let shown: Vec<_> = log.messages().map(|m| (m.name.as_str(), m.text.as_str(), m.mentions.len())).collect();
        assert_eq!(shown, [("A na\u{FFFD}", "ü\u{FFFD}@", 0), ("Ana", "ü @x", 0)]);
    }
}
