//! A viewer's flow over UDP: the same task as [`super::connection`], with datagrams instead of a connection.

use std::net::SocketAddr;
use std::time::Duration;

use lectern_proto::datagram::client::{DatagramClientCore, Output};
use lectern_proto::datagram::{Ask as Wire, Tell};
use lectern_proto::limits::{DATAGRAM_MAX, LIVE_KEYFRAME_EVERY};
use lectern_proto::live::receive::Way;
use lectern_proto::live::record::RecordHeader;
use socket2::{Domain, Socket, Type};
use tokio::net::UdpSocket;
use tokio::time::Instant;

use super::connection::{Ask, Heard, Left, Subscribed, Task};
use crate::fetch::MediaRoute;

/// What the system holds of datagrams: some keyframes.
const BUFFER: usize = 2 * 1024 * 1024;
/// A subscription whose records do not come is said again after this long.
pub(super) const SAY_AGAIN: Duration = Duration::from_millis(200);
/// Nothing was heard for this long, answers about the clock included: the flow is lost.
const SILENCE: Duration = Duration::from_secs(4);
/// A hole is waited for some round trips, and at least and at most this long.
const PATIENCE: std::ops::RangeInclusive<Duration> = Duration::from_millis(60)..=Duration::from_millis(250);
const PATIENCE_ROUND_TRIPS: u32 = 4;
/// How often it is thought about parity.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Before the first answer.
const ROUND_TRIP_GUESS: Duration = Duration::from_millis(20);

fn open(to: SocketAddr) -> std::io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(to), Type::DGRAM, None)?;
    // The system may give less.
    let _ = socket.set_recv_buffer_size(BUFFER);
    socket.set_nonblocking(true)?;
    socket.connect(&to.into())?;
    UdpSocket::from_std(socket.into())
}

/// One flow while it lasts.
pub(super) struct Flow {
    socket: UdpSocket,
    pub(super) core: DatagramClientCore,
    heard_at: Instant,
    pub(super) said_at: Instant,
    keyframe_at: Instant,
    /// When the lines of the tracks are looked at again.
    pub(super) look_at: Instant,
}

impl Task {
    /// Receives over UDP until the flow is lost, or it is clear that nothing comes through.
    pub(super) async fn flow(&mut self, route: &MediaRoute) -> Left {
        let socket = match open(route.address) {
            Ok(socket) => socket,
            Err(_) => return Left::Blocked,
        };
        // A fresh socket is not known to be writable yet.
        if socket.writable().await.is_err() {
            return Left::Blocked;
        }
        let core = DatagramClientCore::new(self.started.elapsed(), route.session, route.secret.clone());
        let now = Instant::now();
        let mut flow = Flow { socket, core, heard_at: now, said_at: now, keyframe_at: now, look_at: now + LOOK_EVERY };
        let left = self.flow_on(&mut flow, route).await;
        flow.core.ask(&Wire::Bye);
        flow.transmit(self.started.elapsed());
        left
    }

    async fn flow_on(&mut self, flow: &mut Flow, route: &MediaRoute) -> Left {
        let mut buffer = [0; DATAGRAM_MAX];
        let mut question_at = self.first_question();
        loop {
            let now = self.started.elapsed();
            if flow.core.is_blocked() {
                return Left::Blocked;
            }
            if flow.heard_at.elapsed() > SILENCE {
                return Left::Lost("nothing comes from the server over UDP".to_owned());
            }
            let round_trip = self.clock.round_trip().unwrap_or(ROUND_TRIP_GUESS);
            self.ask_for_missing(flow, now, round_trip);
            self.protect(flow, now, round_trip);
            flow.transmit(now);
            if self.hand_on(now).await.is_err() {
                return Left::Over;
            }
            let due = [flow.core.poll_timeout(), self.tracks.values().filter_map(|t| t.receiver.poll_timeout(round_trip)).min()];
            let due = due.into_iter().flatten().min().map(|at| at.saturating_sub(now).max(Duration::from_millis(1)));
            let is_open = flow.core.is_open();
            tokio::select! {
                ready = flow.socket.readable() => {
                    if ready.is_err() {
                        return Left::Blocked;
                    }
                    // A refusal of an earlier datagram comes as an error: nobody listens there.
                    loop {
                        match flow.socket.try_recv(&mut buffer) {
                            Ok(length) => self.datagram(flow, route, &buffer[..length]).await,
                            Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => break,
                            Err(_) if !is_open => return Left::Blocked,
                            Err(_) => break,
                        }
                    }
                }
                ask = self.inbox.recv() => match ask {
                    Some(ask) => self.flow_ask(flow, route, ask),
                    None => return Left::Over,
                },
                () = tokio::time::sleep_until(question_at), if is_open => {
                    flow.core.ask(&Wire::Clock { sent_us: self.clock.stamp_us() });
                    question_at = self.next_question();
                }
                () = tokio::time::sleep(due.unwrap_or(SAY_AGAIN)) => {}
                () = tokio::time::sleep_until(flow.look_at) => {}
                changed = self.route.changed() => {
                    if changed.is_err() {
                        return Left::Over;
                    }
                    let now = self.route_now();
                    match now {
                        Some(now) if now.session == route.session && now.address == route.address => {
                            for (epoch, key) in now.keys {
                                self.tracks.values_mut().for_each(|t| t.receiver.add_key(epoch, &key));
                            }
                        }
                        Some(_) => return Left::Lost("the class was joined anew".to_owned()),
                        None => return Left::Over,
                    }
                }
            }
        }
    }

    async fn datagram(&mut self, flow: &mut Flow, route: &MediaRoute, datagram: &[u8]) {
        self.counts.send_modify(|counts| counts.bytes += datagram.len() as u64);
        let Some(output) = flow.core.receive(datagram) else { return };
        flow.heard_at = Instant::now();
        match output {
            Output::Open => {
                self.counts.send_modify(|counts| counts.is_udp = true);
                for (&track, subscribed) in &mut self.tracks {
                    *subscribed = Subscribed::new(route, subscribed.stream, track, subscribed.content, Way::Udp);
                }
                self.say_subscriptions(flow);
            }
            Output::Record(record) => {
                let Some(header) = RecordHeader::read(record) else { return };
                match self.tracks.get_mut(&header.track) {
                    Some(subscribed) => subscribed.receiver.push(self.started.elapsed(), record),
                    // That it is not wanted any more was lost on the way.
                    None if flow.said_at.elapsed() >= SAY_AGAIN => {
                        flow.said_at = Instant::now();
                        flow.core.ask(&Wire::Unsubscribe { track: header.track });
                    }
                    None => {}
                }
            }
            Output::Parity(row) => self.parity(flow, row),
            Output::Tell(Tell::Clock { sent_us, server_us }) => self.answered(sent_us, server_us),
            Output::Tell(Tell::StreamOver { track }) => {
                if self.tracks.remove(&track).is_some() {
                    // Nobody listens any more: seen by the caller.
                    let _ = self.heard.send(Heard::Over { track }).await;
                }
            }
            Output::Tell(Tell::NotWithinShare { track, bps }) => {
                if self.tracks.remove(&track).is_some() {
                    let _ = self.heard.send(Heard::NotWithinShare { track, bps }).await;
                }
            }
            Output::Tell(Tell::Open | Tell::Lab { .. }) => {}
        }
    }

    fn flow_ask(&mut self, flow: &mut Flow, route: &MediaRoute, ask: Ask) {
        match ask {
            Ask::Subscribe { stream, track, content } => {
                self.tracks.insert(track, Subscribed::new(route, stream, track, content, Way::Udp));
                self.say_subscriptions(flow);
            }
            Ask::Unsubscribe { track } => {
                self.tracks.remove(&track);
                flow.core.ask(&Wire::Unsubscribe { track });
            }
            // Who publishes does it over TCP.
            Ask::Publish { .. } | Ask::Unit { .. } => {}
        }
    }

    /// Says what of the subscriptions has not begun to come.
    fn say_subscriptions(&mut self, flow: &mut Flow) {
        flow.said_at = Instant::now();
        for (&track, subscribed) in self.tracks.iter().filter(|(_, t)| t.receiver.stats().records == 0) {
            flow.core.ask(&Wire::Subscribe { stream: subscribed.stream, track });
        }
    }

    fn ask_for_missing(&mut self, flow: &mut Flow, now: Duration, round_trip: Duration) {
        let patience = (round_trip * PATIENCE_ROUND_TRIPS).clamp(*PATIENCE.start(), *PATIENCE.end());
        for (&track, subscribed) in &mut self.tracks {
            subscribed.receiver.set_patience(patience);
            let runs: Vec<_> = subscribed.receiver.poll_nack(now, round_trip).into_iter().map(|r| (*r.start(), *r.end())).collect();
            if !runs.is_empty() {
                flow.core.ask(&Wire::Missing { track, runs });
            }
            if subscribed.receiver.wants_keyframe() && flow.keyframe_at.elapsed() >= LIVE_KEYFRAME_EVERY && subscribed.receiver.stats().records > 0 {
                flow.keyframe_at = Instant::now();
                flow.core.ask(&Wire::Keyframe { track });
            }
        }
        if flow.said_at.elapsed() >= SAY_AGAIN {
            self.say_subscriptions(flow);
        }
    }
}

impl Flow {
    fn transmit(&mut self, now: Duration) {
        while let Some(datagram) = self.core.poll_transmit(now) {
            // What does not go is lost, as on the way.
            let _ = self.socket.try_send(&datagram);
        }
    }
}
