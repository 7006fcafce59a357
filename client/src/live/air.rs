//! The way of what is published to the server: a media connection, the stream that the room opens, and the units.
//!
//! It is opened when it is wanted. Of one that is to stay, a lost connection is made anew as soon as the class is there again; what
//! the server refuses, or an instructor ends, stays off until it is wanted again.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use lectern_proto::control::{Offer, StreamId};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, watch};

use super::connection::{Ask, Heard, LiveConnection, Port, Transport};
use super::speech::Speech;
use super::worker_time::WorkerTime;
use crate::class::{Class, ClassState, Phase, StreamError};
use crate::fetch::MediaRoute;

/// How long the server has until the first unit can go.
const START_WAIT: Duration = Duration::from_secs(15);
/// Between two attempts to come back.
const AGAIN: Duration = Duration::from_secs(1);
/// A unit that was captured so long before its connection knew the time has the time of before.
const OTHER_TIME_US: u64 = 1_000_000;

/// Why something is not on air that was or was to be. The text says what happened, why, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OffAir {
    #[error(transparent)]
    Refused(StreamError),
    #[error("the server's media port does not answer, so nothing can be published; check its firewall.")]
    NoMediaPort,
    #[error("the connection to the server was lost, and with it the stream; publish it anew when it is back.")]
    Lost,
    #[error("the server does not take this stream any more; publish it anew.")]
    NotTaken,
    #[error("the stream was ended: by an instructor, or because nothing came of it.")]
    ByTheRoom,
}

impl OffAir {
    /// Whether it is worth to be tried again by itself.
    #[must_use]
    pub fn passes(&self) -> bool {
        matches!(self, Self::Lost | Self::NoMediaPort | Self::NotTaken | Self::Refused(StreamError::NotConnected))
    }
}

/// What happened to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Happened {
    /// The server's time is known now.
    Clock,
    Live,
    KeyframeWanted,
    Off(OffAir),
}

type Pending<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The way to the server, as far as it is there.
pub(super) struct Air {
    runtime: tokio::runtime::Handle,
    class: Class,
    route: watch::Receiver<Option<MediaRoute>>,
    time: Arc<WorkerTime>,
    /// It comes back by itself.
    stays: bool,
    wanted: bool,
    offer: Option<Offer>,
    connecting: Option<Pending<Result<Line, OffAir>>>,
    line: Option<Line>,
    publishing: Option<Pending<Result<StreamId, StreamError>>>,
    feed: Option<Feed>,
    speech: Speech,
}

/// A connection whose clock is known.
struct Line {
    connection: LiveConnection,
    heard: mpsc::Receiver<Heard>,
    /// Server time when that was so.
    known_us: u64,
}

/// A stream that the room has opened.
struct Feed {
    stream: StreamId,
    /// Ends when the room has it no more.
    gone: Pending<bool>,
    /// The server takes its units.
    is_taken: bool,
    /// By track: something was left out, so only a keyframe can go.
    is_broken: [bool; 2],
}

impl Air {
    /// Of something that is wanted at once, unless it `stays` when it is off.
    pub(super) fn new(runtime: tokio::runtime::Handle, class: Class, route: watch::Receiver<Option<MediaRoute>>, time: Arc<WorkerTime>, stays: bool) -> Self {
        let (wanted, offer, connecting, line, publishing, feed) = (false, None, None, None, None, None);
        let mut air = Self { runtime, class, route, time, stays, wanted, offer, connecting, line, publishing, feed, speech: Speech::default() };
        if !stays {
            air.want();
        }
        air
    }

    pub(super) fn is_wanted(&self) -> bool {
        self.wanted
    }

    pub(super) fn has_form(&self) -> bool {
        self.offer.is_some()
    }

    /// The stream that is on air.
    pub(super) fn live(&self) -> Option<StreamId> {
        self.feed.as_ref().map(|feed| feed.stream)
    }

    /// It is to be on air.
    pub(super) fn want(&mut self) {
        self.wanted = true;
        if self.line.is_none() && self.connecting.is_none() {
            self.connect(Duration::ZERO);
        }
    }

    fn connect(&mut self, after: Duration) {
        let (runtime, class, route) = (self.runtime.clone(), self.class.clone(), self.route.clone());
        self.connecting = Some(Box::pin(async move {
            if after > Duration::ZERO {
                tokio::time::sleep(after).await;
                class.wait_for(|s| s.phase == Phase::Joined).await.map_err(|_| OffAir::Lost)?;
            }
            let (mut connection, heard) = LiveConnection::open(&runtime, route, Transport::Tcp, Port::Video);
            if tokio::time::timeout(START_WAIT, connection.clock_known()).await != Ok(true) {
                return Err(OffAir::NoMediaPort);
            }
            let known_us = connection.clock.server_us(Instant::now()).unwrap_or(0);
            Ok(Line { connection, heard, known_us })
        }));
    }

    /// What is to be published from now on; a stream that runs is replaced by one of this form.
    pub(super) fn offer(&mut self, offer: Offer) {
        self.offer = Some(offer);
        self.feed = None;
        self.publish();
    }

    fn publish(&mut self) {
        let (true, Some(_), Some(offer)) = (self.wanted, &self.line, self.offer.clone()) else { return };
        let class = self.class.clone();
        self.publishing = Some(Box::pin(async move { class.publish(offer).await }));
    }

    /// Says of the stream that runs that its pictures stand still, or go on.
    pub(super) fn say_frozen(&self, frozen: bool) {
        if let Some(stream) = self.live() {
            let class = self.class.clone();
            // What the room does not take, no viewer is told; the picture stands still all the same.
            self.runtime.spawn(async move { class.freeze_stream(stream, frozen).await });
        }
    }

    /// Takes how loud its microphone is, in dB below full scale, ten times a second: the class is told when somebody speaks.
    pub(super) fn heard(&mut self, peak_db: f32) {
        let live = self.live();
        self.speech.heard(Instant::now(), peak_db, live, |stream, speaking| self.class.speaking(stream, speaking));
    }

    /// Takes it off the air.
    pub(super) async fn close(&mut self) {
        self.wanted = false;
        (self.connecting, self.line) = (None, None);
        let stream = match (self.publishing.take(), self.feed.take()) {
            // What the room opens meanwhile would go on.
            (Some(publishing), _) => publishing.await.ok(),
            (None, feed) => feed.map(|feed| feed.stream),
        };
        if let Some(stream) = stream {
            // A class that is gone has ended it by itself.
            let _ = self.class.end_stream(stream).await;
        }
    }

    /// What happens next; may be dropped and called again.
    pub(super) async fn next(&mut self) -> Happened {
        loop {
            let heard = self.line.as_mut().map(|line| line.heard.recv());
            tokio::select! {
                line = or_never(self.connecting.as_mut()) => {
                    self.connecting = None;
                    match line {
                        Ok(line) => {
                            self.time.follow(Arc::clone(&line.connection.clock));
                            self.line = Some(line);
                            self.publish();
                            return Happened::Clock;
                        }
                        Err(why) => return self.off(why),
                    }
                }
                published = or_never(self.publishing.as_mut()) => {
                    self.publishing = None;
                    match published {
                        Ok(stream) => {
                            let gone = Box::pin(gone(self.class.clone(), stream));
                            self.feed = Some(Feed { stream, gone, is_taken: false, is_broken: [true; 2] });
                            if let Some(line) = &self.line {
                                let _ = line.connection.asks.send(Ask::Publish { stream }).await;
                            }
                            return Happened::Live;
                        }
                        Err(why) => return self.off(OffAir::Refused(why)),
                    }
                }
                by_the_room = or_never(self.feed.as_mut().map(|feed| feed.gone.as_mut())) => {
                    // There is nothing to end any more.
                    self.feed = None;
                    return self.off(if by_the_room { OffAir::ByTheRoom } else { OffAir::Lost });
                }
                heard = or_never(heard) => match heard {
                    Some(Heard::Publishing { taken: true }) => {
                        if let Some(feed) = &mut self.feed {
                            feed.is_taken = true;
                        }
                        return Happened::KeyframeWanted;
                    }
                    Some(Heard::Publishing { taken: false }) => return self.off(OffAir::NotTaken),
                    Some(Heard::KeyframeWanted) => return Happened::KeyframeWanted,
                    Some(Heard::Lost(why)) => {
                        tracing::info!(%why, "the connection that publishes was lost");
                        return self.off(OffAir::Lost);
                    }
                    Some(Heard::Unit { .. } | Heard::Missing { .. } | Heard::Over { .. } | Heard::NotWithinShare { .. }) => {}
                    None => return self.off(OffAir::Lost),
                },
            }
        }
    }

    /// It is off the air for this reason, and perhaps soon on it again.
    fn off(&mut self, why: OffAir) -> Happened {
        (self.line, self.publishing) = (None, None);
        if let Some(feed) = self.feed.take() {
            let class = self.class.clone();
            self.runtime.spawn(async move { class.end_stream(feed.stream).await });
        }
        self.wanted = self.wanted && self.stays && why.passes();
        if self.wanted {
            self.connect(AGAIN);
        }
        Happened::Off(why)
    }

    /// Sends a unit on; says whether a keyframe is needed because one could not go.
    pub(super) fn unit(&mut self, track: u8, keyframe: bool, capture_us: u64, data: Bytes) -> bool {
        let (Some(line), Some(feed)) = (&self.line, self.feed.as_mut().filter(|feed| feed.is_taken)) else { return false };
        let Some(is_broken) = feed.is_broken.get_mut(usize::from(track)) else { return false };
        if (*is_broken && !keyframe) || capture_us + OTHER_TIME_US < line.known_us {
            return false;
        }
        match line.connection.asks.try_send(Ask::Unit { track, keyframe, capture_us, data }) {
            Ok(()) => *is_broken = false,
            Err(TrySendError::Full(_) | TrySendError::Closed(_)) => *is_broken = true,
        }
        *is_broken
    }
}

/// Waits until the stream runs, and then until it does not. True: the room ended it; false: the class was lost.
async fn gone(class: Class, stream: StreamId) -> bool {
    let runs = |s: &ClassState| s.streams.iter().any(|r| r.id == stream);
    if class.wait_for(runs).await.is_err() {
        return false;
    }
    // The streams are known anew after the class was lost; it did not outlive that.
    class.wait_for(|s| !runs(s) || s.phase != Phase::Joined).await.is_ok_and(|s| s.phase == Phase::Joined)
}

/// Waits for a future that may not be there.
async fn or_never<F: Future>(future: Option<F>) -> F::Output {
    match future {
        Some(future) => future.await,
        None => std::future::pending().await,
    }
}
