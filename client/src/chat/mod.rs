//! Private chat of one member: makes the keys or opens those of the account, offers them at each joining, opens what comes, sends what is
//! written, or leaves it at the server for who is away, and says whether it arrived.
//!
//! One task owns the [`Messenger`](lectern_proto::chat::messenger::Messenger), which decides everything; handles send it what is to be
//! done, read [`ChatState`] snapshots, or take the news one by one.

pub mod files;
pub mod history;
mod ring;
mod seen;
mod task;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lectern_proto::chat::IdentityId;
use lectern_proto::chat::content::MessageId;
pub use ring::rewrap;

pub use lectern_proto::chat::messenger::{Attachment, FileState, Item, News as ChatNews, Reported, Shown, State as ItemState, WriteError};
use lectern_proto::chat::verify::SafetyNumber;
use lectern_proto::control::PersonId;
use tokio::sync::{mpsc, oneshot, watch};

use crate::class::{Changed, Class, StreamError};

/// Orders that may wait.
const QUEUE: usize = 64;
/// How long [`Chat::write`] waits for the server to take a message; it then goes when it can.
const TAKEN_WAIT: Duration = Duration::from_secs(5);

/// Why something was not written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChatError {
    #[error("{0}")]
    Write(#[from] WriteError),
    #[error("{0}")]
    Stream(#[from] StreamError),
    /// The server handed out keys that are not what they say.
    #[error(
        "the keys that the server gives for this person are not signed by their identity, or are somebody else's, so nothing was sent. Tell your instructor."
    )]
    FalseKeys,
    #[error("the keys for private chat could not be made on this machine; start the program again.")]
    NoKeys,
    #[error("private chat has ended with the class.")]
    Ended,
    /// A file cannot be read or written.
    #[error("`{}`: {why}; choose another file, or another folder.", path.display())]
    File { path: PathBuf, why: String },
    #[error("the file did not come: the other's program has ended, or what came was not what was offered. Ask them to send it again.")]
    NotFetched,
    #[error("this computer has no folder for what is fetched.")]
    NoFolder,
}

/// How long this member's keys last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Keeping {
    /// Not known yet.
    #[default]
    Unknown,
    /// For this lesson: the member has no account. Nothing waits for them while they are away.
    Lesson,
    /// They are the account's, on every computer.
    Account,
    /// The account has keys that cannot be opened here: for this lesson.
    Unopened,
    /// The server gives older keys of the account than this computer has seen: nothing that waits there is opened.
    Older,
}

/// What there is to show.
#[derive(Debug, Clone, Default)]
pub struct ChatState {
    pub keeping: Keeping,
    /// This member's identity, once it is made.
    pub own: Option<IdentityId>,
    /// Whether the server tells others that identity; none while that is not known. Where it does not, who writes to this member writes to
    /// somebody else: say so.
    pub own_right: Option<bool>,
    /// By whom they are with. What is in them: [`Shown`].
    pub conversations: BTreeMap<PersonId, Arc<Shown>>,
    /// What was reported to this member.
    pub reports: Vec<Reported>,
    /// Where files that came were written.
    pub saved: BTreeMap<MessageId, PathBuf>,
    /// Whose conversations are kept on this computer, and what they are called, as far as that is known.
    pub kept: Arc<BTreeMap<PersonId, String>>,
    begun: Option<Instant>,
}

impl ChatState {
    /// Messages that were not looked at.
    #[must_use]
    pub fn unread(&self) -> usize {
        self.conversations.values().map(|c| c.unread.len()).sum()
    }

    /// Whether this person writes at this moment.
    #[must_use]
    pub fn is_typing(&self, person: PersonId) -> bool {
        let until = self.conversations.get(&person).and_then(|c| c.typing_until);
        until.zip(self.begun).is_some_and(|(until, begun)| begun.elapsed() < until)
    }
}

type Taken = oneshot::Receiver<Result<(), ChatError>>;

#[derive(Debug)]
enum Order {
    Write { to: PersonId, text: String, reply: oneshot::Sender<Result<(MessageId, Taken), ChatError>> },
    Attach { to: PersonId, name: String, bytes: Arc<[u8]>, reply: oneshot::Sender<Result<MessageId, ChatError>> },
    Fetch { of: PersonId, file: MessageId, reply: oneshot::Sender<Result<(), ChatError>> },
    Report { of: PersonId, ids: Vec<MessageId>, to: PersonId, reply: oneshot::Sender<Result<Vec<MessageId>, ChatError>> },
    Forget { whom: Option<PersonId>, reply: oneshot::Sender<Result<usize, ChatError>> },
    Saved(MessageId, PathBuf),
    Seen(PersonId),
    Typing(PersonId),
    Meet(PersonId),
    Accept(PersonId),
    Verified(PersonId, bool),
    Block(PersonId, bool),
}

/// A handle on a member's private chat; it ends with the class.
#[derive(Debug)]
pub struct Chat {
    orders: mpsc::Sender<Order>,
    news: mpsc::Receiver<ChatNews>,
    state: watch::Receiver<Arc<ChatState>>,
}

impl Chat {
    /// Begins to make keys in the background; who is in the class sees by them that this member can be written to. `changed` is called when
    /// there is something new in [`Chat::state`]. A class has one chat: none where it was taken.
    #[must_use]
    pub fn start(class: &Class, changed: Changed) -> Option<Self> {
        Self::start_keeping(class, None, changed)
    }

    /// The same, with conversations of an account kept in a folder from one program to the next; without an account nothing is kept.
    #[must_use]
    pub fn start_keeping(class: &Class, folder: Option<PathBuf>, changed: Changed) -> Option<Self> {
        let letters = class.take_letters()?;
        let ((orders, inbox), (news_out, news), (state_out, state)) = (mpsc::channel(QUEUE), mpsc::channel(QUEUE), watch::channel(Arc::default()));
        class.runtime().spawn(task::run(class.clone(), folder, (letters, inbox), task::Outs { news: news_out, state: state_out, changed }));
        Some(Self { orders, news, state })
    }

    /// What there is to show now.
    #[must_use]
    pub fn state(&self) -> Arc<ChatState> {
        self.state.borrow().clone()
    }

    /// Waits until `wanted` is true of what there is to show.
    ///
    /// # Errors
    /// [`ChatError::Ended`].
    pub async fn wait_for(&self, mut wanted: impl FnMut(&ChatState) -> bool) -> Result<Arc<ChatState>, ChatError> {
        let mut state = self.state.clone();
        let found = state.wait_for(|s| wanted(s)).await.map_err(|_| ChatError::Ended)?;
        Ok(found.clone())
    }

    /// What happened next; none when the class is over. Whoever does not take them loses the oldest: all of it is in the state as well.
    pub async fn next(&mut self) -> Option<ChatNews> {
        self.news.recv().await
    }

    /// This member's identity, once it is there.
    ///
    /// # Errors
    /// [`ChatError::NoKeys`] when it cannot be made.
    pub async fn identity(&self) -> Result<IdentityId, ChatError> {
        self.wait_for(|s| s.own.is_some()).await.ok().and_then(|s| s.own).ok_or(ChatError::NoKeys)
    }

    /// The 60 digits that this member and another compare.
    ///
    /// # Errors
    /// [`ChatError::NoKeys`] when this member has no identity.
    pub async fn safety_number(&self, other: IdentityId) -> Result<SafetyNumber, ChatError> {
        Ok(SafetyNumber::of(self.identity().await?, other))
    }

    /// Writes to somebody. The server has the message when this returns, or it goes as soon as it can; the state and the news tell
    /// how far it is.
    ///
    /// # Errors
    /// [`ChatError`]; nothing was sent then.
    pub async fn write(&self, to: PersonId, text: String) -> Result<MessageId, ChatError> {
        let (reply, answer) = oneshot::channel();
        self.orders.send(Order::Write { to, text, reply }).await.map_err(|_| ChatError::Ended)?;
        let (id, taken) = answer.await.map_err(|_| ChatError::Ended)??;
        match tokio::time::timeout(TAKEN_WAIT, taken).await {
            Ok(Ok(Err(error))) => Err(error),
            Ok(Ok(Ok(()))) | Ok(Err(_)) | Err(_) => Ok(id),
        }
    }

    /// The same for a window, which does not wait: what becomes of the message stands in the state. False where so much waits that
    /// it was not taken.
    #[must_use]
    pub fn post(&self, to: PersonId, text: String) -> bool {
        let (reply, _) = oneshot::channel();
        self.orders.try_send(Order::Write { to, text, reply }).is_ok()
    }

    /// Offers a file to somebody, who can fetch it while this program runs.
    ///
    /// # Errors
    /// [`ChatError`]; nothing was sent then.
    pub async fn attach(&self, to: PersonId, name: String, bytes: Arc<[u8]>) -> Result<MessageId, ChatError> {
        let (reply, answer) = oneshot::channel();
        self.orders.send(Order::Attach { to, name, bytes, reply }).await.map_err(|_| ChatError::Ended)?;
        answer.await.map_err(|_| ChatError::Ended)?
    }

    /// Fetches the file of a message of the other: how far it is, and all of it, stands in the state.
    ///
    /// # Errors
    /// [`ChatError`]; nothing was asked for then.
    pub async fn fetch(&self, of: PersonId, file: MessageId) -> Result<(), ChatError> {
        let (reply, answer) = oneshot::channel();
        self.orders.send(Order::Fetch { of, file, reply }).await.map_err(|_| ChatError::Ended)?;
        answer.await.map_err(|_| ChatError::Ended)?
    }

    /// Shows messages of somebody to an instructor, with what proves that they wrote them, and nothing else.
    ///
    /// # Errors
    /// [`ChatError`]; nothing was sent then.
    pub async fn report(&self, of: PersonId, ids: Vec<MessageId>, to: PersonId) -> Result<Vec<MessageId>, ChatError> {
        let (reply, answer) = oneshot::channel();
        self.orders.send(Order::Report { of, ids, to, reply }).await.map_err(|_| ChatError::Ended)?;
        answer.await.map_err(|_| ChatError::Ended)?
    }

    /// Lets go what is kept on this computer, and shown, of the conversation with somebody, or of all; says how many messages were kept.
    ///
    /// # Errors
    /// [`ChatError`]; what is on the disk is there still, then.
    pub async fn forget(&self, whom: Option<PersonId>) -> Result<usize, ChatError> {
        let (reply, answer) = oneshot::channel();
        self.orders.send(Order::Forget { whom, reply }).await.map_err(|_| ChatError::Ended)?;
        answer.await.map_err(|_| ChatError::Ended)?
    }

    /// A file that came was written there.
    fn saved(&self, file: MessageId, path: PathBuf) {
        self.order(Order::Saved(file, path));
    }

    /// The conversation was looked at: nothing in it is unread any more, and the other is told.
    pub fn seen(&self, of: PersonId) {
        self.order(Order::Seen(of));
    }

    /// Something is being written to this person; may be called at every key.
    pub fn typing(&self, to: PersonId) {
        self.order(Order::Typing(to));
    }

    /// Finds out who somebody is, before anything is written: the identity comes into the state.
    pub fn meet(&self, person: PersonId) {
        self.order(Order::Meet(person));
    }

    /// The identity that the server gives for this person now was looked at, and is believed.
    pub fn accept(&self, person: PersonId) {
        self.order(Order::Accept(person));
    }

    /// The safety number was compared and is the same, or that is taken back.
    pub fn verified(&self, person: PersonId, verified: bool) {
        self.order(Order::Verified(person, verified));
    }

    /// Nothing from this person is opened, and the server is asked to hand nothing on; or again.
    pub fn block(&self, person: PersonId, blocked: bool) {
        self.order(Order::Block(person, blocked));
    }

    fn order(&self, order: Order) {
        // Full only where the machine is hours behind.
        let _ = self.orders.try_send(order);
    }
}
