//! Keeps a room's chat: takes what the room has allowed, in order, writes it to the database and says so to the room.
//!
//! What waits is written in one transaction, so that many messages cost one commit; nothing is told before its commit. Pages are read in
//! the same order, so that whoever asks for one misses nothing that is told before or after it. The room never waits for the disk.

use lectern_proto::control::{PersonId, TalkId, TalkPage, TalkRefusal};
use lectern_proto::limits::TALK_WRITES;
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;

use super::Message;
use crate::store::{Store, TalkDone, TalkWrite};

/// Somebody's request about the room's chat.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) by: PersonId,
    pub(super) request: u32,
    pub(super) what: What,
}

#[derive(Debug)]
pub(super) enum What {
    Write(TalkWrite),
    Page { before: Option<TalkId> },
    Search { words: Vec<String>, before: Option<TalkId> },
}

/// What came of an order.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) by: PersonId,
    pub(super) request: u32,
    pub(super) outcome: Outcome,
}

#[derive(Debug)]
pub(super) enum Outcome {
    Written(Result<TalkDone, TalkRefusal>),
    Read(Result<TalkPage, TalkRefusal>),
}

/// Starts the task; it ends when the other end of its queue is dropped.
pub(super) fn start(room: String, store: Store, mailbox: mpsc::WeakSender<Message>, tasks: &TaskTracker) -> mpsc::Sender<Order> {
    let (orders, queue) = mpsc::channel(TALK_WRITES);
    tasks.spawn(run(room, store, queue, mailbox));
    orders
}

async fn run(room: String, store: Store, mut queue: mpsc::Receiver<Order>, mailbox: mpsc::WeakSender<Message>) {
    let mut waiting = Vec::with_capacity(TALK_WRITES);
    while queue.recv_many(&mut waiting, TALK_WRITES).await > 0 {
        let mut kept = Vec::with_capacity(waiting.len());
        let mut orders = waiting.drain(..).peekable();
        while let Some(Order { by, request, what }) = orders.next() {
            let outcome = match what {
                What::Write(first) => {
                    let (mut who, mut writes) = (vec![(by, request)], vec![first]);
                    while let Some(Order { by, request, what: What::Write(write) }) = orders.next_if(|next| matches!(next.what, What::Write(_))) {
                        who.push((by, request));
                        writes.push(write);
                    }
                    let done = store.talk_write(&room, writes).await;
                    let failed = |error| {
                        tracing::error!(room, %error, "room chat cannot be kept and is refused; is the disk full?");
                        vec![Err(TalkRefusal::NotKept); who.len()]
                    };
                    let done = done.unwrap_or_else(failed);
                    kept.extend(who.into_iter().zip(done).map(|((by, request), done)| Kept { by, request, outcome: Outcome::Written(done) }));
                    continue;
                }
                What::Page { before } => store.talk_page(&room, before, by).await,
                What::Search { words, before } => store.talk_search(&room, &words, before, by).await,
            };
            let read = outcome.map_err(|error| {
                tracing::error!(room, %error, "room chat cannot be read");
                TalkRefusal::NotKept
            });
            kept.push(Kept { by, request, outcome: Outcome::Read(read) });
        }
        // The room is ending.
        let Some(mailbox) = mailbox.upgrade() else { return };
        if mailbox.send(Message::TalkKept(kept)).await.is_err() {
            return;
        }
    }
}
