//! The task behind a [`Chat`](super::Chat): carries between the messenger, the class and who looks at it.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use lectern_proto::chat::content::MessageId;
use lectern_proto::chat::messenger::{Messenger, News, Output, Presence};
use lectern_proto::chat::party::Party;
use lectern_proto::control::{Person, PersonId};
use lectern_proto::limits::MAIL_TAKEN_MAX;
use tokio::sync::{mpsc, oneshot, watch};

use super::history::Shelf;
use super::ring::{self, Begun, Keeper};
use super::{ChatError, ChatState, Keeping, Order};
use crate::class::{Changed, ChatCommand, Class, ClassState, Letter, Phase, StreamError};

/// News that wait for who takes them. Full: the oldest goes.
const NEWS: usize = 1_024;
/// How long the server may take to take the own keys.
const KEYS_WAIT: Duration = Duration::from_secs(10);

/// Whom the task tells.
pub(super) struct Outs {
    pub(super) news: mpsc::Sender<News>,
    pub(super) state: watch::Sender<Arc<ChatState>>,
    pub(super) changed: Changed,
}

struct Task {
    class: Class,
    messenger: Messenger,
    outs: Outs,
    begun: Instant,
    /// News that nobody has taken yet.
    news: VecDeque<News>,
    /// Who waits until the server has taken a message.
    waiting: HashMap<MessageId, oneshot::Sender<Result<(), ChatError>>>,
    /// Whom the server is to be told again that they are blocked.
    blocked: BTreeMap<PersonId, bool>,
    saved: BTreeMap<MessageId, PathBuf>,
    /// Keeps what must not be forgotten, where there is an account.
    keeper: Option<Keeper>,
    keeping: Keeping,
    /// Of what was kept last.
    kept: u64,
    /// Keeps conversations on this computer.
    shelf: Option<Shelf>,
    /// What was opened of what waited at the server, and is not kept yet.
    opened: Vec<u64>,
}

pub(super) async fn run(class: Class, folder: Option<PathBuf>, (mut letters, mut orders): (mpsc::Receiver<Letter>, mpsc::Receiver<Order>), outs: Outs) {
    let mut states = class.states();
    let Some(Begun { keys, memory, keeper, keeping }) = ring::begin(&class, &mut states).await else {
        return tracing::error!("there are no keys for private chat");
    };
    let mut messenger = Messenger::new(Party::new(keys));
    messenger.today(ring::today());
    messenger.recall(memory);
    let shelf = match (folder, keeper.as_ref().and_then(|keeper| Some((keeper.account(), keeper.history_key()?)))) {
        (Some(folder), Some((account, key))) => Some(Shelf::open(&folder, &class.server(), account, key).await),
        _ => None,
    };
    if let Some(shelf) = &shelf {
        shelf.with(|history| history.conversations().into_iter().for_each(|(person, kept)| messenger.restore(person, &kept)));
    }
    let blocked = messenger.blocked().into_iter().map(|person| (person, true)).collect();
    let (news, waiting, kept) = (VecDeque::new(), HashMap::new(), messenger.revision());
    let (begun, opened, saved) = (Instant::now(), Vec::new(), BTreeMap::new());
    let mut task = Task { class, messenger, outs, begun, news, waiting, blocked, keeper, keeping, kept, shelf, opened, saved };
    states.mark_changed();
    let news_out = task.outs.news.clone();
    // On which connection the keys were offered.
    let mut offered = None;
    let mut is_new = true;
    loop {
        if std::mem::take(&mut is_new) {
            let state = states.borrow_and_update().clone();
            if matches!(state.phase, Phase::Ended(_)) {
                return;
            }
            let connection = (state.phase == Phase::Joined).then_some(state.connection);
            if offered.is_some() && offered != connection {
                task.messenger.lost();
            }
            offered = offered.filter(|_| offered == connection);
            if connection.is_some() && offered.is_none() && task.offer(&state).await {
                offered = connection;
            }
            task.look(&state);
        }
        task.carry_out().await;
        let due = task.messenger.poll_timeout().map(|at| tokio::time::Instant::from_std(task.begun + at));
        tokio::select! {
            changed = states.changed() => match changed {
                Ok(()) => is_new = true,
                Err(_) => return,
            },
            letter = letters.recv() => match letter {
                Some(letter) => {
                    task.letter(letter);
                    // What came together is remembered together.
                    while let Ok(letter) = letters.try_recv() {
                        task.letter(letter);
                    }
                }
                None => return,
            },
            order = orders.recv() => match order {
                Some(Order::Forget { whom, reply }) => _ = reply.send(task.forget(whom).await),
                Some(order) => task.order(order),
                // Nobody writes or reads any more.
                None => return task.remember().await,
            },
            permit = news_out.reserve(), if !task.news.is_empty() => match (permit, task.news.pop_front()) {
                (Ok(permit), Some(news)) => permit.send(news),
                _ => return,
            },
            () = at(due), if due.is_some() => task.messenger.handle_timeout(task.begun.elapsed(), &mut rand::rng()),
        }
    }
}

async fn at(due: Option<tokio::time::Instant>) {
    if let Some(due) = due {
        tokio::time::sleep_until(due).await;
    }
}

/// By this machine's calendar, milliseconds since 1970.
fn sent_ms() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

impl Task {
    fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Hands the own keys to the server, and says again who is blocked. False where the connection was lost meanwhile: once more then.
    async fn offer(&mut self, state: &ClassState) -> bool {
        let Some(me) = state.me.as_ref().map(|me| me.id) else { return false };
        let offer = self.class.offer_keys(Box::new(self.messenger.bundle().clone()));
        match tokio::time::timeout(KEYS_WAIT, offer).await {
            Ok(Ok(())) => {}
            Ok(Err(StreamError::Refused(why))) => tracing::warn!(?why, "the server does not take the keys for private chat"),
            Ok(Err(StreamError::NotConnected)) | Err(_) => return false,
        }
        self.messenger.today(ring::today());
        self.messenger.joined(self.begun.elapsed(), &mut rand::rng(), me);
        for (person, blocked) in self.blocked.clone() {
            self.tell_blocked(person, blocked);
        }
        // What was opened on the connection before is handed over once more.
        self.opened.clear();
        let Some(bundle) = self.messenger.mailbox_bundle().cloned() else { return true };
        match tokio::time::timeout(KEYS_WAIT, self.class.open_mailbox(Box::new(bundle))).await {
            Ok(Ok(())) => true,
            Ok(Err(StreamError::Refused(why))) => {
                tracing::warn!(?why, "the server does not take the keys for what waits while nobody is here");
                true
            }
            Ok(Err(StreamError::NotConnected)) | Err(_) => false,
        }
    }

    /// Keeps what must not be forgotten at the server, if that has changed, and then lets the server forget what was opened.
    async fn remember(&mut self) {
        let revision = self.messenger.revision();
        let is_kept = match &mut self.keeper {
            Some(keeper) if self.kept != revision => match keeper.keep(self.messenger.memory()).await {
                Ok(()) => {
                    self.kept = revision;
                    true
                }
                Err(error) => {
                    tracing::warn!(%error, "what was opened cannot be remembered: it will be handed over once more");
                    false
                }
            },
            _ => self.kept == revision,
        };
        while is_kept && !self.opened.is_empty() {
            let rest = self.opened.split_off(self.opened.len().min(MAIL_TAKEN_MAX));
            let numbers = std::mem::replace(&mut self.opened, rest);
            self.class.chat(ChatCommand::Taken { numbers }).await;
        }
    }

    fn look(&mut self, state: &ClassState) {
        if state.synchronised {
            self.messenger.allow_attachments(state.attachment_max);
            let away = state.mailboxes.values().map(|o| (o.person, Presence { connected: false, mailbox: true, identity: Some(o.identity) }));
            let presence = |p: &Person| {
                let owner = state.mailboxes.get(&p.id);
                let identity = state.identities.get(&p.id).copied().or(owner.map(|o| o.identity));
                Presence { connected: p.connected, mailbox: owner.is_some(), identity }
            };
            let here = state.people.iter().map(|p| (p.id, presence(p)));
            let people = away.chain(here).collect();
            self.messenger.people(self.now(), &mut rand::rng(), people);
        }
    }

    /// Does what the messenger wants, and shows what there is.
    async fn carry_out(&mut self) {
        while let Some(output) = self.messenger.poll() {
            match output {
                Output::AskKeys { token, person } => self.class.chat(ChatCommand::KeysOf { token, person }).await,
                Output::Send { token, to, parcel } => self.class.chat(ChatCommand::Send { token, to, parcel }).await,
                Output::Leave { token, to, parcel } => self.class.chat(ChatCommand::Leave { token, to, parcel }).await,
                Output::Taken { number } => self.opened.push(number),
                Output::Unread { from } => self.class.chat(ChatCommand::Unread { from }).await,
                Output::Check { token, stamped, mac } => self.class.chat(ChatCommand::Check { token, stamped, mac }).await,
                Output::News(news) => self.tell(news),
            }
        }
        self.publish();
        // Before the server forgets it.
        self.keep_conversations().await;
        self.remember().await;
    }

    async fn keep_conversations(&mut self) {
        let Some(shelf) = &mut self.shelf else { return };
        let before = Arc::clone(shelf.names());
        let state = self.class.state();
        if let Err(error) = shelf.keep(self.messenger.conversations(), &state).await {
            tracing::error!(path = %shelf.path().display(), %error, "conversations cannot be kept on this computer; is the disk full?");
        }
        if !Arc::ptr_eq(&before, shelf.names()) {
            self.publish();
        }
    }

    async fn forget(&mut self, whom: Option<PersonId>) -> Result<usize, ChatError> {
        let all = || self.messenger.conversations().keys().copied().collect();
        for person in whom.map_or_else(all, |person| vec![person]) {
            self.messenger.forget(person);
        }
        let Some(shelf) = &mut self.shelf else { return Ok(0) };
        let path = shelf.path();
        let forgotten = shelf.forget(whom).await.map_err(|error| ChatError::File { path, why: error.to_string() });
        // Whoever asked finds it gone.
        self.publish();
        forgotten
    }

    fn tell(&mut self, news: News) {
        let settled = match &news {
            News::Sent { id, .. } | News::Kept { id, .. } => Some((*id, Ok(()))),
            News::Refused { id, why, .. } => Some((*id, Err(StreamError::Refused(*why).into()))),
            _ => None,
        };
        if let Some((id, result)) = settled
            && let Some(reply) = self.waiting.remove(&id)
        {
            let _ = reply.send(result);
        }
        if let News::FalseKeys { ids, .. } = &news {
            for reply in ids.iter().filter_map(|id| self.waiting.remove(id)).collect::<Vec<_>>() {
                let _ = reply.send(Err(ChatError::FalseKeys));
            }
        }
        self.news.push_back(news);
        if self.news.len() > NEWS {
            self.news.pop_front();
        }
    }

    fn publish(&mut self) {
        self.waiting.retain(|_, reply| !reply.is_closed());
        let conversations: BTreeMap<_, _> = self.messenger.conversations().iter().map(|(p, c)| (*p, c.shown())).collect();
        let before = self.outs.state.borrow().clone();
        let same = before.conversations.len() == conversations.len()
            && before.conversations.iter().zip(&conversations).all(|((a, x), (b, y))| a == b && Arc::ptr_eq(x, y))
            && before.own_right == self.messenger.own_right()
            && before.reports.len() == self.messenger.reports().len()
            && before.saved.len() == self.saved.len()
            && self.shelf.as_ref().is_none_or(|shelf| Arc::ptr_eq(&before.kept, shelf.names()))
            && before.own.is_some();
        if same {
            return;
        }
        let state = ChatState {
            keeping: self.keeping,
            own: Some(self.messenger.id()),
            own_right: self.messenger.own_right(),
            conversations,
            reports: self.messenger.reports().to_vec(),
            saved: self.saved.clone(),
            kept: self.shelf.as_ref().map(|shelf| Arc::clone(shelf.names())).unwrap_or_default(),
            begun: Some(self.begun),
        };
        self.outs.state.send_replace(Arc::new(state));
        (self.outs.changed)();
    }

    fn order(&mut self, order: Order) {
        let (now, rng) = (self.now(), &mut rand::rng());
        match order {
            Order::Write { to, text, reply } => {
                let (taken, wait) = oneshot::channel();
                let written = self.messenger.write(now, rng, to, sent_ms(), text);
                if let Ok(id) = written {
                    self.waiting.insert(id, taken);
                }
                let _ = reply.send(written.map(|id| (id, wait)).map_err(ChatError::Write));
            }
            Order::Attach { to, name, bytes, reply } => {
                let _ = reply.send(self.messenger.attach(now, rng, to, sent_ms(), (&name, bytes)).map_err(ChatError::Write));
            }
            Order::Fetch { of, file, reply } => {
                let done = self.messenger.fetch(now, rng, of, file).map_err(ChatError::Write);
                // Whoever asked looks at the state for what becomes of it: not at the one before.
                self.publish();
                let _ = reply.send(done);
            }
            Order::Report { of, ids, to, reply } => _ = reply.send(self.messenger.report(now, rng, of, &ids, to).map_err(ChatError::Write)),
            // Before it comes here.
            Order::Forget { .. } => {}
            Order::Saved(file, path) => _ = self.saved.insert(file, path),
            Order::Seen(of) => self.messenger.seen(now, rng, of),
            Order::Typing(to) => self.messenger.typing(now, rng, to),
            Order::Meet(person) => self.messenger.meet(now, person),
            Order::Accept(person) => self.messenger.accept(now, rng, person),
            Order::Verified(person, verified) => self.messenger.verify(person, verified),
            Order::Block(person, blocked) => {
                self.messenger.block(person, blocked);
                self.blocked.insert(person, blocked);
                self.tell_blocked(person, blocked);
            }
        }
    }

    /// Whatever the server makes of it, this program opens nothing of theirs.
    fn tell_blocked(&self, person: PersonId, blocked: bool) {
        let class = self.class.clone();
        self.class.runtime().spawn(async move {
            if let Err(error) = class.block(person, blocked).await {
                tracing::debug!(%error, "the server was not told who is blocked");
            }
        });
    }

    fn letter(&mut self, letter: Letter) {
        let (now, rng) = (self.now(), &mut rand::rng());
        match letter {
            Letter::Parcel { from, identity, parcel, stamp } => self.messenger.received(now, rng, from, identity, parcel, stamp),
            Letter::Unread { by } => self.messenger.unread(now, rng, by),
            Letter::Answered { token, result } => self.messenger.answered(now, rng, token, result),
            Letter::Keys { token, result } => self.messenger.keys(now, rng, token, result.as_deref().map_err(|why| *why)),
            Letter::Checked { token, is_own } => self.messenger.checked(token, is_own),
            Letter::Mail(mail) => self.messenger.mail(now, rng, *mail),
            Letter::NewKeys { person } => self.messenger.new_keys(now, rng, person),
        }
    }
}
