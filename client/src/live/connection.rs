//! One media connection for live streams: subscribes, publishes, compares clocks. A task owns it; when it is lost it comes back
//! and subscribes anew.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use lectern_proto::control::StreamId;
use lectern_proto::limits::LIVE_PIECE_MAX;
use lectern_proto::live::protection::Protection;
use lectern_proto::live::receive::{Content, ReceiveStats, Received, Receiver, Way};
use lectern_proto::live::{RECORD_MAX, Unit};
use lectern_proto::media::client::{MediaClientCore, Output};
use lectern_proto::media::{Piece, Reply, Request};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{mpsc, watch};
use tracing::debug;

use super::clock::ServerClock;
use crate::fetch::MediaRoute;
use crate::fetch::way::{self, Stream};

/// Pause before a connection that failed is tried again.
const RETRY: Duration = Duration::from_millis(200);
/// What one read asks for.
const READ: usize = 64 * 1024;
/// Asks that wait to be sent: a publisher's units are dropped by its owner when it is full.
const ASKS: usize = 64;
/// What was heard and waits for its reader. Full: the connection is not read, and the server leaves out what comes too late.
const HEARD: usize = 256;
/// Questions for the clock at the beginning, which may follow one another as soon as the estimator likes; later ones at most so often,
/// whatever becomes of their answers.
const FIRST_QUESTIONS: u32 = 40;
const LATER_EVERY: Duration = Duration::from_millis(100);

/// What a connection is asked.
#[derive(Debug)]
pub(crate) enum Ask {
    Subscribe {
        stream: StreamId,
        track: u16,
        content: Content,
    },
    Unsubscribe {
        track: u16,
    },
    Publish {
        stream: StreamId,
    },
    /// A unit of the stream that is published: its track in the offer.
    Unit {
        track: u8,
        keyframe: bool,
        capture_us: u64,
        data: Bytes,
    },
}

/// What came over it.
#[derive(Debug)]
pub(crate) enum Heard {
    Unit {
        track: u16,
        unit: Unit,
    },
    /// So many units before the next will not come.
    Missing {
        track: u16,
        units: u32,
    },
    /// A track has ended.
    Over {
        track: u16,
    },
    /// It does not fit into this viewer's share of the room's bandwidth, in bits per second, and does not come.
    NotWithinShare {
        track: u16,
        bps: u64,
    },
    /// Whether the units of the stream are taken.
    Publishing {
        taken: bool,
    },
    KeyframeWanted,
    /// The connection was lost; it is tried again.
    Lost(String),
}

/// By what a stream comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Transport {
    /// UDP where it comes through, else TCP.
    #[default]
    Auto,
    Udp,
    Tcp,
}

/// Which of the media ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Port {
    Video,
    /// For sound alone: it goes on where the video port is crowded or closed.
    Audio,
}

impl Port {
    fn of(self, route: MediaRoute) -> MediaRoute {
        match self {
            Self::Video => route,
            Self::Audio => MediaRoute { address: SocketAddr::new(route.address.ip(), route.audio_port), ..route },
        }
    }
}

/// Counts of what was received.
#[derive(Debug, Clone, Default)]
pub(crate) struct LinkStats {
    /// Whether it comes over UDP now.
    pub(crate) is_udp: bool,
    pub(crate) bytes: u64,
    pub(crate) tracks: BTreeMap<u16, ReceiveStats>,
}

/// A handle; the connection ends when it is dropped.
#[derive(Debug)]
pub(crate) struct LiveConnection {
    pub(crate) asks: mpsc::Sender<Ask>,
    pub(crate) clock: Arc<ServerClock>,
    pub(crate) stats: watch::Receiver<LinkStats>,
    /// Changes when the clock was compared.
    pub(crate) compared: watch::Receiver<u64>,
}

impl LiveConnection {
    pub(crate) fn open(
        runtime: &tokio::runtime::Handle,
        route: watch::Receiver<Option<MediaRoute>>,
        transport: Transport,
        port: Port,
    ) -> (Self, mpsc::Receiver<Heard>) {
        let (asks, inbox) = mpsc::channel(ASKS);
        let (heard, out) = mpsc::channel(HEARD);
        let (counts, stats) = watch::channel(LinkStats::default());
        let (exchanges, compared) = watch::channel(0);
        let clock = Arc::new(ServerClock::default());
        let started = Instant::now();
        let task = Task {
            route,
            inbox,
            heard,
            clock: Arc::clone(&clock),
            counts,
            exchanges,
            tracks: BTreeMap::new(),
            is_publishing: false,
            asked: 0,
            started,
            transport,
            port,
        };
        runtime.spawn(task.run());
        (Self { asks, clock, stats, compared }, out)
    }

    /// Waits until the server's time is known.
    pub(crate) async fn clock_known(&mut self) -> bool {
        self.compared.wait_for(|n| *n > 0).await.is_ok()
    }
}

pub(super) struct Subscribed {
    pub(super) stream: StreamId,
    pub(super) content: Content,
    pub(super) receiver: Receiver,
    pub(super) protection: Protection,
}

impl Subscribed {
    pub(super) fn new(route: &MediaRoute, stream: StreamId, track: u16, content: Content, way: Way) -> Self {
        Self { stream, content, receiver: receiver(route, stream, track, content, way), protection: Protection::default() }
    }
}

pub(super) struct Task {
    pub(super) route: watch::Receiver<Option<MediaRoute>>,
    pub(super) inbox: mpsc::Receiver<Ask>,
    pub(super) heard: mpsc::Sender<Heard>,
    pub(super) clock: Arc<ServerClock>,
    pub(super) counts: watch::Sender<LinkStats>,
    exchanges: watch::Sender<u64>,
    pub(super) tracks: BTreeMap<u16, Subscribed>,
    is_publishing: bool,
    /// Questions for the clock that were asked.
    asked: u32,
    pub(super) started: Instant,
    transport: Transport,
    pub(super) port: Port,
}

/// Why a connection was left.
pub(super) enum Left {
    Over,
    Lost(String),
    /// UDP does not come through.
    Blocked,
}

impl Task {
    async fn run(mut self) {
        loop {
            let found = tokio::select! {
                found = self.route.wait_for(Option::is_some) => found.map(|route| route.clone()),
                // The owner is gone.
                () = self.heard.closed() => return,
            };
            let Ok(Some(route)) = found else { return };
            let route = self.port.of(route);
            let left = match self.transport {
                Transport::Tcp => self.connection(&route).await,
                Transport::Udp | Transport::Auto => self.flow(&route).await,
            };
            let why = match left {
                Left::Over => return,
                Left::Lost(why) => why,
                Left::Blocked if self.transport == Transport::Auto => {
                    self.transport = Transport::Tcp;
                    continue;
                }
                Left::Blocked => "UDP does not come through to the server's media port".to_owned(),
            };
            debug!(%why, "live connection lost");
            if self.heard.send(Heard::Lost(why)).await.is_err() {
                return;
            }
            tokio::time::sleep(RETRY).await;
        }
    }

    async fn connection(&mut self, route: &MediaRoute) -> Left {
        let mut stream = match way::open(route).await {
            Ok(stream) => stream,
            Err(why) => return Left::Lost(why),
        };
        let (mut core, _) = route.core();
        self.is_publishing = false;
        self.counts.send_modify(|counts| counts.is_udp = false);
        self.serve(stream.as_mut(), &mut core, route).await
    }

    async fn serve(&mut self, stream: &mut (dyn Stream + '_), core: &mut MediaClientCore, route: &MediaRoute) -> Left {
        let mut buffer = vec![0; READ];
        let mut is_accepted = false;
        let mut question_at = self.first_question();
        loop {
            if let Some(bytes) = core.poll_transmit() {
                let sent = async {
                    stream.write_all(&bytes).await?;
                    stream.flush().await
                };
                if let Err(e) = sent.await {
                    return Left::Lost(e.to_string());
                }
            }
            tokio::select! {
                read = stream.read(&mut buffer) => match read {
                    Ok(0) => return Left::Lost("closed by the server".to_owned()),
                    Err(e) => return Left::Lost(e.to_string()),
                    Ok(n) => {
                        self.counts.send_modify(|counts| counts.bytes += n as u64);
                        core.receive(&buffer[..n]);
                        loop {
                            match core.poll_output() {
                                Ok(None) => break,
                                Ok(Some(Output::Accepted { .. })) => {
                                    is_accepted = true;
                                    self.subscribe_again(core, route);
                                }
                                Ok(Some(output)) => if self.output(output).await.is_err() {
                                    return Left::Over;
                                },
                                Err(e) => return Left::Lost(e.to_string()),
                            }
                        }
                    }
                },
                ask = self.inbox.recv(), if is_accepted => match ask {
                    Some(ask) => self.ask(core, route, ask),
                    None => return Left::Over,
                },
                () = tokio::time::sleep_until(question_at), if is_accepted => {
                    core.ask(&Request::Clock { sent_us: self.clock.stamp_us() });
                    question_at = self.next_question();
                }
                changed = self.route.changed() => {
                    if changed.is_err() {
                        return Left::Over;
                    }
                    let now = self.route_now();
                    match now {
                        Some(now) if now.session == route.session && now.address == route.address => {
                            for (epoch, key) in now.keys {
                                self.tracks.values_mut().for_each(|t| t.receiver.add_key(epoch, &key));
                                core.add_key(epoch, key);
                            }
                        }
                        Some(_) => return Left::Lost("the class was joined anew".to_owned()),
                        None => return Left::Over,
                    }
                }
            }
        }
    }

    fn subscribe_again(&mut self, core: &mut MediaClientCore, route: &MediaRoute) {
        for (&track, subscribed) in &mut self.tracks {
            *subscribed = Subscribed::new(route, subscribed.stream, track, subscribed.content, Way::Tcp);
            core.ask(&Request::Subscribe { stream: subscribed.stream, track });
        }
    }

    fn ask(&mut self, core: &mut MediaClientCore, route: &MediaRoute, ask: Ask) {
        match ask {
            Ask::Subscribe { stream, track, content } => {
                self.tracks.insert(track, Subscribed::new(route, stream, track, content, Way::Tcp));
                core.ask(&Request::Subscribe { stream, track });
            }
            Ask::Unsubscribe { track } => {
                self.tracks.remove(&track);
                core.ask(&Request::Unsubscribe { track });
            }
            Ask::Publish { stream } => core.ask(&Request::Publish { stream }),
            Ask::Unit { .. } if !self.is_publishing => {}
            Ask::Unit { track, keyframe, capture_us, mut data } => {
                // A unit without bytes is one piece too.
                loop {
                    let part = data.split_to(data.len().min(LIVE_PIECE_MAX));
                    // Units are below a MiB.
                    let rest = u32::try_from(data.len()).unwrap_or(u32::MAX);
                    core.ask(&Request::Piece(Piece { track, keyframe, capture_us, rest, data: part }));
                    if rest == 0 {
                        break;
                    }
                }
            }
        }
    }

    /// The route of now, to the port that this is for.
    pub(super) fn route_now(&mut self) -> Option<MediaRoute> {
        self.route.borrow_and_update().clone().map(|route| self.port.of(route))
    }

    pub(super) fn first_question(&mut self) -> tokio::time::Instant {
        self.asked = 0;
        tokio::time::Instant::now()
    }

    /// When the clock is to be asked again after a question.
    pub(super) fn next_question(&mut self) -> tokio::time::Instant {
        self.asked += 1;
        let least = if self.asked < FIRST_QUESTIONS { Duration::ZERO } else { LATER_EVERY };
        tokio::time::Instant::now() + self.clock.ask_again_in().max(least)
    }

    pub(super) fn answered(&self, sent_us: u64, server_us: u64) {
        self.clock.answered(sent_us, server_us);
        self.exchanges.send_modify(|n| *n += 1);
    }

    /// Hands on the units that are whole, and what is missing before them. Fails when nobody listens any more.
    pub(super) async fn hand_on(&mut self, now: Duration) -> Result<(), mpsc::error::SendError<Heard>> {
        for (&track, subscribed) in &mut self.tracks {
            let mut is_news = false;
            while let Some(received) = subscribed.receiver.poll(now) {
                is_news = true;
                self.heard
                    .send(match received {
                        Received::Unit(unit) => Heard::Unit { track, unit },
                        Received::Missing(units) => Heard::Missing { track, units },
                    })
                    .await?;
            }
            if is_news {
                let stats = subscribed.receiver.stats();
                self.counts.send_modify(|counts| {
                    counts.tracks.insert(track, stats);
                });
            }
        }
        Ok(())
    }

    /// Hands on what came. Fails when nobody listens any more.
    async fn output(&mut self, output: Output) -> Result<(), mpsc::error::SendError<Heard>> {
        match output {
            Output::Live { track, records } => {
                let now = self.started.elapsed();
                if let Some(subscribed) = self.tracks.get_mut(&track) {
                    records.chunks(RECORD_MAX).for_each(|record| subscribed.receiver.push(now, record));
                }
                self.hand_on(now).await
            }
            Output::Said(Reply::Clock { sent_us, server_us }) => {
                self.answered(sent_us, server_us);
                Ok(())
            }
            Output::Said(Reply::Publishing { taken, .. }) => {
                self.is_publishing = taken;
                self.heard.send(Heard::Publishing { taken }).await
            }
            Output::Said(Reply::KeyframeWanted) => self.heard.send(Heard::KeyframeWanted).await,
            Output::Said(Reply::StreamOver { track }) => {
                self.tracks.remove(&track);
                self.heard.send(Heard::Over { track }).await
            }
            Output::Said(Reply::NotWithinShare { track, bps }) => {
                self.tracks.remove(&track);
                self.heard.send(Heard::NotWithinShare { track, bps }).await
            }
            // Stored videos have connections of their own.
            Output::Accepted { .. } | Output::Record { .. } | Output::Ended { .. } | Output::Said(Reply::Accepted { .. } | Reply::Ended { .. }) => Ok(()),
        }
    }
}

fn receiver(route: &MediaRoute, stream: StreamId, track: u16, content: Content, way: Way) -> Receiver {
    let mut receiver = Receiver::new(stream, track, content, way);
    route.keys.iter().for_each(|(epoch, key)| receiver.add_key(*epoch, key));
    receiver
}
