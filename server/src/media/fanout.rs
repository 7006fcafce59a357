//! One loop for all who take live streams over TCP: what came is written to every socket, as far as it takes it at once.
//!
//! A socket has one writer at a time: the loop while a viewer keeps up, the connection's own task when there is something else to send
//! (a reply, a stored video, the end of a track) or the socket did not take everything. So a picture wakes one task, not one for each
//! viewer, and who does not read costs the others one refused write. What the room's budget holds back, the task holds.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use bytes::{Buf, Bytes};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::LiveTake;
use crate::clock::Clock;
use crate::live::{Subscriptions, Track};

/// Viewers that are served before others of this runtime have their turn.
const TURN: usize = 100;

/// The loop of one port.
#[derive(Debug, Default)]
pub(super) struct Fanout {
    news: Arc<Notify>,
    /// Whom the loop does not know yet.
    joining: Mutex<Vec<Weak<Outlet>>>,
}

/// What one connection takes of live tracks, and who writes it.
#[derive(Debug)]
pub(super) struct Outlet {
    state: Mutex<State>,
    /// There is something for the connection's task.
    call: Arc<Notify>,
    /// None: the task writes everything itself.
    shared: Option<(Arc<TcpStream>, Arc<Fanout>)>,
}

#[derive(Debug)]
struct State {
    live: Subscriptions,
    writer: Writer,
    /// What the loop began and the socket did not take, or what is not to go yet: it goes before everything else.
    rest: Option<Turn>,
    is_known: bool,
}

/// Something live, and when it may go by the room's budget.
#[derive(Debug)]
pub(super) struct Turn {
    pub(super) bytes: Bytes,
    pub(super) at: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Writer {
    Task,
    Loop,
}

impl Fanout {
    /// Serves its viewers until `stop`.
    pub(super) async fn run(self: Arc<Self>, clock: Clock, stop: CancellationToken) {
        let mut outlets: Vec<Weak<Outlet>> = Vec::new();
        while stop.run_until_cancelled(self.news.notified()).await.is_some() {
            outlets.append(&mut self.joining.lock().unwrap_or_else(PoisonError::into_inner));
            outlets.retain(|outlet| outlet.strong_count() > 0);
            for turn in outlets.chunks(TURN) {
                turn.iter().filter_map(Weak::upgrade).for_each(|outlet| outlet.serve(clock.now()));
                if turn.len() == TURN {
                    tokio::task::yield_now().await;
                }
            }
        }
    }
}

impl Outlet {
    /// Of a connection whose socket is not shared.
    pub(super) fn alone() -> Arc<Self> {
        let call = Arc::<Notify>::default();
        Self::new(Subscriptions::sharing(Arc::clone(&call)), call, None)
    }

    /// Of one whose socket the loop may write to.
    pub(super) fn shared(stream: Arc<TcpStream>, fanout: Arc<Fanout>) -> Arc<Self> {
        Self::new(Subscriptions::sharing(Arc::clone(&fanout.news)), Arc::default(), Some((stream, fanout)))
    }

    fn new(live: Subscriptions, call: Arc<Notify>, shared: Option<(Arc<TcpStream>, Arc<Fanout>)>) -> Arc<Self> {
        let state = State { live, writer: Writer::Task, rest: None, is_known: false };
        Arc::new(Self { state: Mutex::new(state), call, shared })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add(self: &Arc<Self>, track: Arc<Track>, now: Duration, take: Option<LiveTake>) {
        let mut state = self.state();
        state.live.add(track, now, take);
        if let Some((_, fanout)) = self.shared.as_ref().filter(|_| !state.is_known) {
            state.is_known = true;
            fanout.joining.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(self));
        }
    }

    pub(super) fn remove(&self, number: u16) {
        self.state().live.remove(number);
    }

    /// A track that is above the viewer's share for too long, and the share in bits per second; it is taken out.
    pub(super) fn over(&self, now: Duration) -> Option<(u16, u64)> {
        let live = &mut self.state().live;
        live.over(now).inspect(|(track, _)| live.remove(*track))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.state().live.is_empty()
    }

    /// From here on the task writes; gives what the loop left unwritten.
    pub(super) fn claim(&self) -> Option<Turn> {
        let mut state = self.state();
        state.writer = Writer::Task;
        state.rest.take()
    }

    /// What the task writes next.
    pub(super) fn next(&self, now: Duration) -> Option<Turn> {
        self.state().next(now)
    }

    /// The task has nothing else to write: the loop goes on. Gives what came meanwhile, which the task still writes.
    pub(super) fn release(&self, now: Duration) -> Option<Turn> {
        let mut state = self.state();
        let next = state.next(now);
        if next.is_none() && self.shared.is_some() {
            state.writer = Writer::Loop;
        }
        next
    }

    /// The number of a track that has ended and of which all was sent; it is taken out.
    pub(super) fn ended(&self) -> Option<u16> {
        self.state().live.ended()
    }

    /// Waits until the task has to look.
    pub(super) async fn called(&self) {
        self.call.notified().await;
    }

    /// Writes what is new, if it is the loop's turn.
    fn serve(&self, now: Duration) {
        let mut state = self.state();
        let Some((stream, _)) = self.shared.as_ref().filter(|_| state.writer == Writer::Loop) else { return };
        while let Some(mut turn) = state.next(now) {
            // An error comes to the task as well, when it goes on.
            let written = if turn.at > now { 0 } else { stream.try_write(&turn.bytes).unwrap_or(0) };
            if written < turn.bytes.len() {
                turn.bytes.advance(written);
                state.rest = Some(turn);
                break;
            }
        }
        if state.rest.is_some() || state.live.has_ended() {
            state.writer = Writer::Task;
            self.call.notify_one();
        }
    }
}

impl State {
    fn next(&mut self, now: Duration) -> Option<Turn> {
        let bytes = self.live.next(now)?.0.frame().clone();
        Some(Turn { at: self.live.admit(now, bytes.len()), bytes })
    }
}
